/* A header that is accepted lies within the octets; a concatenation is one that is written the same way. */
#include "wire/sms/udh.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sw_sms_udh udh, again;
	uint8_t out[7];
	if (sw_sms_udh_parse((struct sw_str){ (const char *)data, size }, &udh))
		return 0;
	SW_BUG_ON(udh.bytes == 0 || udh.bytes > size);
	if (!udh.concat)
		return 0;
	SW_BUG_ON(udh.part == 0 || udh.part > udh.total);
	size_t n = sw_sms_udh_write(&udh, out);
	SW_BUG_ON(sw_sms_udh_parse((struct sw_str){ (char *)out, n }, &again));
	SW_BUG_ON(again.reference != udh.reference || again.part != udh.part || again.total != udh.total);
	return 0;
}
