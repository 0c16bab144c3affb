/* Nothing is read outside of the bytes; a name stands inside; more bytes behind a whole hello change nothing. */
#include "wire/tls/hello.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sw_str bytes = { (const char *)data, size }, name, whole;
	int err = sw_tls_hello_name(bytes, &name);
	SW_BUG_ON(name.p && (err || name.p < bytes.p || name.p + name.n > bytes.p + bytes.n));
	for (size_t n = 0; n < size && n < 400; n++) {
		int part = sw_tls_hello_name(sw_str_sub(bytes, 0, n), &whole);
		SW_BUG_ON(part != SW_EMORE && part != err);
		SW_BUG_ON(!part && !sw_str_eq(whole, name));
	}
	return 0;
}
