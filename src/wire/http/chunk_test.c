#include "base/buf.h"
#include "base/test.h"
#include "wire/http/http.h"

#define BODY_MAX 20

static const struct {
	const char *name;
	struct sw_str text;
	int err;
	const char *body; /* on success */
	size_t left;      /* bytes behind the body */
} cases[] = {
#define TEXT(literal)                           \
	{                                       \
		"" literal, sizeof(literal) - 1 \
	}
	{ "one chunk", TEXT("5\r\nhello\r\n0\r\n\r\n"), 0, "hello", 0 },
	{ "two chunks", TEXT("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"), 0, "hello world", 0 },
	{ "nothing", TEXT("0\r\n\r\n"), 0, "", 0 },
	{ "many zeros", TEXT("0005\r\nhello\r\n000\r\n\r\n"), 0, "hello", 0 },
	{ "hex in both cases", TEXT("a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n"), 0, "01234567890123456789", 0 },
	{ "the next request stays", TEXT("0\r\n\r\nGET / HTTP/1.1"), 0, "", 14 },
	{ "data that looks like chunks", TEXT("5\r\n0\r\n\r\n\r\n0\r\n\r\n"), 0, "0\r\n\r\n", 0 },
	{ "extension", TEXT("5;a=b\r\nhello\r\n0;x\r\n\r\n"), 0, "hello", 0 },
	{ "quoted extension", TEXT("5;a=\"b;c\"\r\nhello\r\n0\r\n\r\n"), 0, "hello", 0 },
	{ "trailers", TEXT("5\r\nhello\r\n0\r\nA: b\r\nC:\r\n\r\n"), 0, "hello", 0 },
	{ "trailer that would frame", TEXT("0\r\nContent-Length: 5\r\n\r\n"), 0, "", 0 },

	{ "no end yet", TEXT("5\r\nhel"), SW_EMORE },
	{ "no last line yet", TEXT("5\r\nhello\r\n0\r\n"), SW_EMORE },
	{ "no input", TEXT(""), SW_EMORE },

	{ "0x5", TEXT("0x5\r\nhello\r\n0\r\n\r\n"), SW_EINVAL },
	{ "-1", TEXT("-1\r\n\r\n"), SW_EINVAL },
	{ "+5", TEXT("+5\r\nhello\r\n0\r\n\r\n"), SW_EINVAL },
	{ "no size", TEXT("\r\nhello\r\n0\r\n\r\n"), SW_EINVAL },
	{ "only an extension", TEXT(";a\r\n0\r\n\r\n"), SW_EINVAL },
	{ "blank before size", TEXT(" 5\r\nhello\r\n0\r\n\r\n"), SW_EINVAL },
	{ "blank behind size", TEXT("5 \r\nhello\r\n0\r\n\r\n"), SW_EINVAL },
	{ "blank before extension", TEXT("5 ;a\r\nhello\r\n0\r\n\r\n"), SW_EINVAL },
	{ "letter", TEXT("g\r\n\r\n"), SW_EINVAL },
	{ "comma", TEXT("5,5\r\nhello\r\n0\r\n\r\n"), SW_EINVAL },
	{ "underscore", TEXT("1_0\r\n"), SW_EINVAL },
	{ "17 hex digits", TEXT("10000000000000000\r\n"), SW_EINVAL },
	{ "overflow to 5", TEXT("10000000000000005\r\nhello\r\n0\r\n\r\n"), SW_EINVAL },
	{ "all bits", TEXT("ffffffffffffffff\r\n"), SW_EINVAL },
	{ "bare LF behind size", TEXT("5\nhello\r\n0\r\n\r\n"), SW_EINVAL },
	{ "bare CR behind size", TEXT("5\rhello\r\n0\r\n\r\n"), SW_EINVAL },
	{ "LF in extension", TEXT("5;a\nb\r\nhello\r\n0\r\n\r\n"), SW_EINVAL },
	{ "CR in extension", TEXT("5;a\rb\r\nhello\r\n0\r\n\r\n"), SW_EINVAL },
	{ "NUL in extension", TEXT("5;\0\r\nhello\r\n0\r\n\r\n"), SW_EINVAL },
	{ "data without CRLF", TEXT("5\r\nhello0\r\n\r\n"), SW_EINVAL },
	{ "data with bare LF", TEXT("5\r\nhello\n0\r\n\r\n"), SW_EINVAL },
	{ "data with bare CR", TEXT("5\r\nhello\r0\r\n\r\n"), SW_EINVAL },
	{ "data longer than size", TEXT("4\r\nhello\r\n0\r\n\r\n"), SW_EINVAL },
	{ "trailer without colon", TEXT("0\r\nA\r\n\r\n"), SW_EINVAL },
	{ "trailer without name", TEXT("0\r\n: b\r\n\r\n"), SW_EINVAL },
	{ "trailer with blank in name", TEXT("0\r\nA : b\r\n\r\n"), SW_EINVAL },
	{ "trailer folded", TEXT("0\r\nA: b\r\n c\r\n\r\n"), SW_EINVAL },
	{ "trailer with bare LF", TEXT("0\r\nA: b\n\r\n"), SW_EINVAL },
	{ "end with bare LF", TEXT("0\r\n\n"), SW_EINVAL },
	{ "end with bare CR", TEXT("0\r\n\rX"), SW_EINVAL },

	{ "one byte too large", TEXT("15\r\n"), SW_ELIMIT },
	{ "too large together", TEXT("a\r\n0123456789\r\nb\r\n"), SW_ELIMIT },
	{ "much too large", TEXT("fffffffffffffff\r\n"), SW_ELIMIT },
#undef TEXT
};

static int run(struct sw_str text, bool bytewise, struct sw_buf *out, size_t *ret_left)
{
	struct sw_http_chunks chunks = { 0 };
	size_t step = bytewise ? 1 : text.n;
	size_t at = 0;
	int err = SW_EMORE;

	out->n = 0;
	do {
		struct sw_str piece = sw_str_sub(text, at, step);
		size_t had = piece.n;

		err = sw_http_dechunk(&chunks, &piece, out, BODY_MAX);
		at += had - piece.n;
	} while (err == SW_EMORE && at < text.n);
	*ret_left = text.n - at;
	return err;
}

SW_TEST(http_chunks_are_taken_or_refused_as_rfc_9112_says)
{
	struct sw_buf out = { 0 };

	for (size_t i = 0; i < SW_COUNTOF(cases); i++)
		for (int bytewise = 0; bytewise < 2; bytewise++) {
			size_t left;
			int err = run(cases[i].text, bytewise, &out, &left);

			if (err != cases[i].err)
				sw_test_fail(__FILE__, __LINE__, "%s: got %s, want %s", cases[i].name, sw_err_name(err),
					     sw_err_name(cases[i].err));
			if (err)
				continue;
			SW_CHECK_STR(sw_buf_str(&out), cases[i].body);
			SW_CHECK_INT(left, cases[i].left);
		}
	sw_buf_done(&out);
}

SW_TEST(http_chunk_lines_and_trailers_are_bounded)
{
	struct sw_http_chunks chunks = { 0 };
	struct sw_buf text = { 0 }, out = { 0 };
	struct sw_str input;

	sw_buf_add_cstr(&text, "5;");
	for (int i = 0; i < 300; i++)
		sw_buf_add_char(&text, 'x');
	input = sw_buf_str(&text);
	SW_CHECK_INT(sw_http_dechunk(&chunks, &input, &out, 100), SW_EINVAL);
	chunks = (struct sw_http_chunks){ 0 };
	text.n = 0;
	sw_buf_add_cstr(&text, "0\r\n");
	for (int i = 0; i < 1000; i++)
		sw_buf_add_cstr(&text, "A: b\r\n");
	input = sw_buf_str(&text);
	SW_CHECK_INT(sw_http_dechunk(&chunks, &input, &out, 100), SW_EINVAL);
	sw_buf_done(&text);
	sw_buf_done(&out);
}
