#include "base/arena.h"
#include "base/buf.h"
#include "base/test.h"
#include "wire/multipart/multipart.h"

#define PART(name, value) "--b\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n" value "\r\n"

static const struct {
	struct sw_str body;
	int err;
	const char *want; /* name=value, joined by '|' */
} bodies[] = {
#define TEXT(literal)                           \
	{                                       \
		"" literal, sizeof(literal) - 1 \
	}
	{ TEXT(PART("To", "+1415") PART("Body", "Hi") "--b--\r\n"), 0, "To=+1415|Body=Hi" },
	{ TEXT(PART("To", "+1415") "--b--"), 0, "To=+1415" },
	{ TEXT("preamble\r\n" PART("a", "1") "--b--\r\nepilogue"), 0, "a=1" },
	{ TEXT("\r\n" PART("a", "1") "--b--"), 0, "a=1" },
	{ TEXT("--b--\r\n"), 0, "" },
	{ TEXT(PART("a", "") PART("", "x") "--b--"), 0, "a=|=x" },
	{ TEXT(PART("a", "1") PART("a", "2") "--b--"), 0, "a=1|a=2" },
	{ TEXT(PART("a", "line\r\nline\nline\r") "--b--"), 0, "a=line\r\nline\nline\r" },
	{ TEXT(PART("a", "x--b") "--b--"), 0, "a=x--b" },
	{ TEXT(PART("a", "1\r\n--bc\r\n2\r\n--b-") "--b--"), 0, "a=1\r\n--bc\r\n2\r\n--b-" },
	{ TEXT(PART("h\xc3\xa9", "\xe2\x82\xac") "--b--"), 0, "h\xc3\xa9=\xe2\x82\xac" },
	{ TEXT(PART("a\\\"b\\\\c\\d", "1") "--b--"), 0, "a\"b\\c\\d=1" },
	{ TEXT("--b \t\r\ncontent-disposition:form-data;NAME=a\r\n\r\n1\r\n--b-- \r\n"), 0, "a=1" },
	{ TEXT("--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"
	       "Content-Disposition: form-data; name=\"a\"\r\nX-Y: z\r\n\r\n1\r\n--b--"),
	  0, "a=1" },

	{ TEXT(""), SW_EINVAL },
	{ TEXT("--b"), SW_EINVAL },
	{ TEXT("--b\r\n"), SW_EINVAL },
	{ TEXT("--c\r\n\r\n--c--"), SW_EINVAL },
	{ TEXT(PART("a", "1")), SW_EINVAL },
	{ TEXT(PART("a", "1") "--b"), SW_EINVAL },
	{ TEXT(PART("a", "1") "--b-"), SW_EINVAL },
	{ TEXT("--b\nContent-Disposition: form-data; name=\"a\"\n\n1\n--b--"), SW_EINVAL },
	{ TEXT("--b\r\nContent-Disposition: form-data; name=\"a\"\r\n--b--"), SW_EINVAL },
	{ TEXT("--b\r\n\r\n1\r\n--b--"), SW_EINVAL },
	{ TEXT("--b\r\nContent-Disposition: form-data\r\n\r\n1\r\n--b--"), SW_EINVAL },
	{ TEXT("--b\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\n1\r\n--b--"), SW_EINVAL },
	{ TEXT("--b\r\nContent-Disposition: form-data; name=\"a\r\n\r\n1\r\n--b--"), SW_EINVAL },
	{ TEXT("--b\r\nContent-Disposition: form-data; name=\r\n\r\n1\r\n--b--"), SW_EINVAL },
	{ TEXT("--b\r\nContent-Disposition: form-data; name=\"a\"x\r\n\r\n1\r\n--b--"), SW_EINVAL },
	{ TEXT("--b\r\nContent-Disposition: form-data; name=\"a\"; name=\"c\"\r\n\r\n1\r\n--b--"), SW_EINVAL },
	{ TEXT("--b\r\nContent-Disposition: form-data; name=a\r\nContent-Disposition: form-data; "
	       "name=c\r\n\r\n1\r\n--b--"),
	  SW_EINVAL },
	{ TEXT("--b\r\nContent-Disposition : form-data; name=\"a\"\r\n\r\n1\r\n--b--"), SW_EINVAL },
	{ TEXT("--b\r\nContent-Disposition: form-data;\r\n name=\"a\"\r\n\r\n1\r\n--b--"), SW_EINVAL },
	{ TEXT("--b\r\nnothing\r\n\r\n1\r\n--b--"), SW_EINVAL },
	{ TEXT(PART("a", "--b") "--b--"), SW_EINVAL }, /* the head of the first part has no end */
	{ TEXT(PART("a", "\0") "--b--"), SW_EINVAL },
	{ TEXT(PART("a", "\xff") "--b--"), SW_EINVAL },
	{ TEXT(PART("\xff", "1") "--b--"), SW_EINVAL },
	{ TEXT("--b\r\nContent-Disposition: form-data; name=\"a\"; filename=\"x.txt\"\r\n\r\n1\r\n--b--"),
	  SW_EUNSUPPORTED },
	{ TEXT("--b\r\nContent-Disposition: form-data; name=\"a\"; filename*=utf-8''x\r\n\r\n1\r\n--b--"),
	  SW_EUNSUPPORTED },
	{ TEXT("--b\r\nContent-Disposition: form-data; name=\"a\"\r\nContent-Transfer-Encoding: "
	       "base64\r\n\r\nMQ==\r\n--b--"),
	  SW_EUNSUPPORTED },
	{ TEXT(PART("1", "") PART("2", "") PART("3", "") PART("4", "") "--b--"), 0, "1=|2=|3=|4=" },
	{ TEXT(PART("1", "") PART("2", "") PART("3", "") PART("4", "") PART("5", "") "--b--"), SW_ELIMIT },
};

SW_TEST(multipart_bodies_are_decoded_strictly)
{
	struct sw_arena arena;

	sw_arena_init(&arena);
	for (size_t i = 0; i < SW_COUNTOF(bodies); i++) {
		struct sw_buf got = { .arena = &arena };
		struct sw_form form = { 0 };
		int err = sw_multipart_decode(&arena, bodies[i].body, SW_S("b"), 4, &form);

		if (err != bodies[i].err)
			sw_test_fail(__FILE__, __LINE__, "%s: %s", bodies[i].body.p, sw_err_name(err));
		if (err || bodies[i].err)
			continue;
		for (size_t p = 0; p < form.n; p++)
			sw_buf_add_fmt(&got, "%s%.*s=%.*s", p ? "|" : "", SW_FMT(form.v[p].name),
				       SW_FMT(form.v[p].value));
		SW_CHECK_STR(sw_buf_str(&got), bodies[i].want);
	}
	sw_arena_done(&arena);
}

SW_TEST(multipart_boundaries_are_found)
{
	static const struct {
		const char *type;
		int err;
		const char *boundary;
	} rows[] = {
		{ "multipart/form-data; boundary=abc", 0, "abc" },
		{ "Multipart/Form-Data;Boundary=\"a b:c\"", 0, "a b:c" },
		{ "multipart/form-data ; charset=utf-8 ; boundary=----WebKitFormBoundary7MA4", 0,
		  "----WebKitFormBoundary7MA4" },
		{ "multipart/form-data; boundary=abc; charset=utf-8", 0, "abc" },
		{ "multipart/form-data", SW_EINVAL },
		{ "multipart/form-data;", SW_EINVAL },
		{ "multipart/form-data; boundary=", SW_EINVAL },
		{ "multipart/form-data; boundary=\"\"", SW_EINVAL },
		{ "multipart/form-data; boundary=\"abc", SW_EINVAL },
		{ "multipart/form-data; boundary=\"abc \"", SW_EINVAL },
		{ "multipart/form-data; boundary=a b", SW_EINVAL },
		{ "multipart/form-data; boundary=\"a\\\"b\"", SW_EINVAL },
		{ "multipart/form-data; boundary=a; boundary=b", SW_EINVAL },
		{ "multipart/form-data; "
		  "boundary=01234567890123456789012345678901234567890123456789012345678901234567890",
		  SW_EINVAL },
		{ "multipart/form-data boundary=abc", SW_EUNSUPPORTED },
		{ "multipart/mixed; boundary=abc", SW_EUNSUPPORTED },
		{ "application/json", SW_EUNSUPPORTED },
		{ "", SW_EUNSUPPORTED },
	};
	struct sw_arena arena;

	sw_arena_init(&arena);
	for (size_t i = 0; i < SW_COUNTOF(rows); i++) {
		struct sw_str boundary = SW_STR_NULL;
		int err = sw_multipart_boundary(&arena, sw_str_of(rows[i].type), &boundary);

		if (err != rows[i].err)
			sw_test_fail(__FILE__, __LINE__, "%s: %s", rows[i].type, sw_err_name(err));
		SW_CHECK_STR(boundary, rows[i].boundary);
	}
	sw_arena_done(&arena);
}
