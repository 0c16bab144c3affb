#include "wire/tls/hello.h"

#include "base/buf.h"
#include "base/test.h"

static void add16(struct sw_buf *buf, size_t n)
{
	sw_buf_add_char(buf, (char)(n >> 8));
	sw_buf_add_char(buf, (char)n);
}

/* A hello as RFC 8446 has it, with an extension before that of the name. */
static struct sw_buf hello(const char *name)
{
	struct sw_buf extensions = { 0 }, body = { 0 }, record = { 0 };
	add16(&extensions, 43); /* supported_versions */
	add16(&extensions, 3);
	sw_buf_add(&extensions, "\x02\x03\x04", 3);
	if (name) {
		size_t n = strlen(name);
		add16(&extensions, 0);
		add16(&extensions, n + 5);
		add16(&extensions, n + 3);
		sw_buf_add_char(&extensions, 0);
		add16(&extensions, n);
		sw_buf_add_cstr(&extensions, name);
	}
	sw_buf_add(&body, "\x03\x03", 2);
	for (int i = 0; i < 32; i++)
		sw_buf_add_char(&body, (char)i);
	sw_buf_add(&body, "\x04sess\x00\x02\x13\x01\x01\x00", 11);
	add16(&body, extensions.n);
	sw_buf_add_str(&body, sw_buf_str(&extensions));
	sw_buf_add(&record, "\x16\x03\x01", 3);
	add16(&record, body.n + 4);
	sw_buf_add(&record, "\x01\x00", 2);
	add16(&record, body.n);
	sw_buf_add_str(&record, sw_buf_str(&body));
	sw_buf_done(&extensions);
	sw_buf_done(&body);
	return record;
}

SW_TEST(a_hello_names_its_server)
{
	struct sw_buf bytes = hello("api.example.org");
	struct sw_str name;
	for (size_t n = 0; n < bytes.n; n++)
		SW_CHECK_INT(sw_tls_hello_name((struct sw_str){ bytes.p, n }, &name), SW_EMORE);
	SW_CHECK_INT(sw_tls_hello_name(sw_buf_str(&bytes), &name), 0);
	SW_CHECK_STR(name, "api.example.org");
	sw_buf_done(&bytes);
	bytes = hello(NULL);
	SW_CHECK_INT(sw_tls_hello_name(sw_buf_str(&bytes), &name), 0);
	SW_CHECK(!name.p);
	sw_buf_done(&bytes);
}

SW_TEST(what_is_no_hello_is_known_by_its_first_bytes)
{
	struct sw_str name;
	SW_CHECK_INT(sw_tls_hello_name(SW_S("GET / HTTP/1.1"), &name), SW_EINVAL);
	SW_CHECK_INT(sw_tls_hello_name(SW_S("\x16\x02"), &name), SW_EINVAL);
	SW_CHECK_INT(sw_tls_hello_name((struct sw_str){ "\x16\x03\x01\x00\x04\x02\x00\x00\x00", 9 }, &name), SW_EINVAL);
}
