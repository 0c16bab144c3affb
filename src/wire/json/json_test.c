#include <stdlib.h>

#include <math.h>

#include "base/arena.h"
#include "base/test.h"
#include "wire/json/json.h"

/* written: the value written again; NULL: the same text */
static const struct {
	struct sw_str text;
	const char *written;
} good[] = {
#define TEXT(literal)                           \
	{                                       \
		"" literal, sizeof(literal) - 1 \
	}
	{ TEXT("{}") },
	{ TEXT("[]") },
	{ TEXT("null") },
	{ TEXT("true") },
	{ TEXT("false") },
	{ TEXT("0") },
	{ TEXT("-0"), "-0" },
	{ TEXT("-1") },
	{ TEXT("42") },
	{ TEXT("9007199254740991") },
	{ TEXT("-9007199254740991") },
	{ TEXT("9007199254740993"), "9007199254740992" },
	{ TEXT("123456789012345678901234567890"), "1.2345678901234568e+29" },
	{ TEXT("1.5") },
	{ TEXT("0.1") },
	{ TEXT("-0.0075") },
	{ TEXT("1.0"), "1" },
	{ TEXT("1e3"), "1000" },
	{ TEXT("1E+2"), "100" },
	{ TEXT("1e-7"), "1e-07" },
	{ TEXT("0e0"), "0" },
	{ TEXT("1e-999"), "0" },
	{ TEXT("1.7976931348623157e+308"), "1.7976931348623157e+308" },
	{ TEXT("\"\"") },
	{ TEXT("\"a\"") },
	{ TEXT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), "\"\\\"\\\\/\\b\\f\\n\\r\\t\"" },
	{ TEXT("\"\\u0041\\u00e9\\u20AC\""), "\"A\xc3\xa9\xe2\x82\xac\"" },
	{ TEXT("\"\\uD83D\\ude00\""), "\"\xf0\x9f\x98\x80\"" },
	{ TEXT("\"\\u0001\\u001f\"") },
	{ TEXT("\"\x7f\"") },
	{ TEXT("\"\xf0\x9f\x98\x80\"") },
	{ TEXT("\"\\uFFFF\""), "\"\xef\xbf\xbf\"" },
	{ TEXT("\"\xef\xbf\xbd\"") },
	{ TEXT("\" \xe2\x80\xa8\"") },
	{ TEXT(" \t\r\n[ 1 , 2 ] \n"), "[1,2]" },
	{ TEXT("[[],{},\"\",0,null,[[[]]]]") },
	{ TEXT("{\"a\":{\"b\":[1,2,{\"c\":null}]},\"\":1}") },
	{ TEXT("{\"a\":1,\"A\":2}") },
	{ TEXT("{\"1\":1,\"2\":1,\"3\":1,\"4\":1,\"5\":1,\"6\":1,\"7\":1,\"8\":1,\"9\":1,\"10\":1,\"11\":1,\"12\":1,"
	       "\"13\":1,"
	       "\"14\":1,\"15\":1,\"16\":1,\"17\":1}") },
};

static const struct {
	struct sw_str text;
	int err; /* 0: SW_EINVAL */
} bad[] = {
	/* structure */
	{ TEXT("") },
	{ TEXT(" ") },
	{ TEXT("[") },
	{ TEXT("]") },
	{ TEXT("{") },
	{ TEXT("}") },
	{ TEXT("[}") },
	{ TEXT("{]") },
	{ TEXT("[1,]") },
	{ TEXT("[,1]") },
	{ TEXT("[,]") },
	{ TEXT("[1,,2]") },
	{ TEXT("[1 2]") },
	{ TEXT("[1:2]") },
	{ TEXT("[\"a\":1]") },
	{ TEXT("[1]]") },
	{ TEXT("[1]x") },
	{ TEXT("[][]") },
	{ TEXT("1 2") },
	{ TEXT("{}{}") },
	{ TEXT("{}}") },
	{ TEXT("{},") },
	{ TEXT(",") },
	{ TEXT(":") },
	{ TEXT("::::") },
	{ TEXT("{1:1}") },
	{ TEXT("{null:1}") },
	{ TEXT("{a:1}") },
	{ TEXT("{'a':1}") },
	{ TEXT("{\"a\"}") },
	{ TEXT("{\"a\":}") },
	{ TEXT("{\"a\" 1}") },
	{ TEXT("{\"a\":1,}") },
	{ TEXT("{,\"a\":1}") },
	{ TEXT("{\"a\":1 \"b\":2}") },
	{ TEXT("{\"a\"::1}") },
	{ TEXT("{\"a\":1:2}") },
	{ TEXT("{\"a\",1}") },
	{ TEXT("{:1}") },
	{ TEXT("{\"a\":1,\"a\":2}") },
	{ TEXT("{\"a\":1,\"\\u0061\":2}") },
	{ TEXT("[{\"x\":{\"a\":1,\"b\":2,\"a\":3}}]") },
	{ TEXT("{\"1\":1,\"2\":1,\"3\":1,\"4\":1,\"5\":1,\"6\":1,\"7\":1,\"8\":1,\"9\":1,\"10\":1,\"11\":1,\"12\":1,"
	       "\"13\":1,"
	       "\"14\":1,\"15\":1,\"16\":1,\"1\":1}") },
	{ TEXT("[1]\0") },
	{ TEXT("\0") },
	{ TEXT("[1]\xc2\xa0") },
	{ TEXT("[1\f]") },
	{ TEXT("[1\v,2]") },
	{ TEXT("\xef\xbb\xbf[1]") },
	{ TEXT("\xff\xfe[\0]\0") },
	{ TEXT("// c\n1") },
	{ TEXT("1 /* c */") },
	{ TEXT("# c\n1") },
	/* words */
	{ TEXT("True") },
	{ TEXT("TRUE") },
	{ TEXT("tru") },
	{ TEXT("truee") },
	{ TEXT("nul") },
	{ TEXT("nullx") },
	{ TEXT("undefined") },
	{ TEXT("NaN") },
	{ TEXT("nan") },
	{ TEXT("Infinity") },
	{ TEXT("-Infinity") },
	{ TEXT("[nulltrue]") },
	/* numbers */
	{ TEXT("+1") },
	{ TEXT("-") },
	{ TEXT("--1") },
	{ TEXT("01") },
	{ TEXT("-01") },
	{ TEXT("00") },
	{ TEXT("1.") },
	{ TEXT(".1") },
	{ TEXT("-.1") },
	{ TEXT("1.e1") },
	{ TEXT("1e") },
	{ TEXT("1e+") },
	{ TEXT("1e1.5") },
	{ TEXT("1.2.3") },
	{ TEXT("0x1") },
	{ TEXT("1_000") },
	{ TEXT("1a") },
	{ TEXT("1-1") },
	{ TEXT("1+1") },
	{ TEXT("- 1") },
	{ TEXT("1,5") },
	{ TEXT("1e999") },
	{ TEXT("-1e999") },
	{ TEXT("1111111111111111111111111111111111111111111111111111111111111") },
	{ TEXT("\xef\xbc\x91") },
	/* strings */
	{ TEXT("\"") },
	{ TEXT("\"a") },
	{ TEXT("a\"") },
	{ TEXT("'a'") },
	{ TEXT("\"a\nb\"") },
	{ TEXT("\"a\tb\"") },
	{ TEXT("\"a\0b\"") },
	{ TEXT("\"\x1f\"") },
	{ TEXT("\"\\\"") },
	{ TEXT("\"\\") },
	{ TEXT("\"\\x41\"") },
	{ TEXT("\"\\a\"") },
	{ TEXT("\"\\'\"") },
	{ TEXT("\"\\0\"") },
	{ TEXT("\"\\\0\"") },
	{ TEXT("\"\\U0041\"") },
	{ TEXT("\"\\u\"") },
	{ TEXT("\"\\u004\"") },
	{ TEXT("\"\\u00g0\"") },
	{ TEXT("\"\\u 041\"") },
	{ TEXT("\"\\u+041\"") },
	{ TEXT("\"\\u0000\"") },
	{ TEXT("{\"\\u0000\":1}") },
	{ TEXT("\"\\uD800\"") },
	{ TEXT("\"\\uD800x\"") },
	{ TEXT("\"\\uDC00\"") },
	{ TEXT("\"\\uD800\\uD800\"") },
	{ TEXT("\"\\uD800\\u0041\"") },
	{ TEXT("\"\\uD800\\n\"") },
	{ TEXT("\"\\uD800\\u\"") },
	{ TEXT("\"\\uD800\\uDC0\"") },
	{ TEXT("\"\\uDE00\\uD83D\"") },
	{ TEXT("\"\xff\"") },
	{ TEXT("\"\xc0\x80\"") },
	{ TEXT("\"\xe2\x82\"") },
	{ TEXT("\"\xed\xa0\x80\"") },
	{ TEXT("\"\xf4\x90\x80\x80\"") },
	/* bounds: depth 8, 20 values */
	{ TEXT("[[[[[[[[[]]]]]]]]]"), SW_ELIMIT },
	{ TEXT("[[[[[[[[["), SW_ELIMIT },
	{ TEXT("[1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0]"), SW_ELIMIT },
};

static const struct sw_json_bounds small = { .depth = 8, .nodes = 20 };

SW_TEST(json_good_texts_are_read_and_written_again)
{
	struct sw_arena arena;

	sw_arena_init(&arena);
	for (size_t i = 0; i < SW_COUNTOF(good); i++) {
		struct sw_buf buf = { .arena = &arena };
		struct sw_json_out out = { .buf = &buf };
		const struct sw_json *tree = NULL;
		const char *why = "";

		if (sw_json_parse(&arena, good[i].text, &small, &tree, &why)) {
			sw_test_fail(__FILE__, __LINE__, "%s: %s", good[i].text.p, why);
			continue;
		}
		sw_json_value(&out, tree);
		SW_CHECK_STR(sw_buf_str(&buf), good[i].written ? good[i].written : good[i].text.p);
	}
	sw_arena_done(&arena);
}

SW_TEST(json_bad_texts_are_refused)
{
	struct sw_arena arena;

	sw_arena_init(&arena);
	for (size_t i = 0; i < SW_COUNTOF(bad); i++) {
		const struct sw_json *tree = NULL;
		const char *why = NULL;
		int err = sw_json_parse(&arena, bad[i].text, &small, &tree, &why);

		if (err != (bad[i].err ? bad[i].err : SW_EINVAL) || !why || tree)
			sw_test_fail(__FILE__, __LINE__, "%s: %s (%s)", bad[i].text.p, sw_err_name(err),
				     why ? why : "");
	}
	sw_arena_done(&arena);
}

SW_TEST(json_members_by_name_and_kind)
{
	static const char text[] = "{\"s\":\"x\",\"i\":-7,\"d\":1.5,\"b\":true,\"n\":null,\"a\":[1,2,3],\"big\":1e300}";
	struct sw_arena arena;
	const struct sw_json *tree = NULL;

	sw_arena_init(&arena);
	SW_CHECK_INT(sw_json_parse(&arena, sw_str_of(text), NULL, &tree, NULL), 0);
	SW_CHECK_INT(tree->n, 7);
	SW_CHECK_STR(sw_json_get_str(tree, "s"), "x");
	SW_CHECK(!sw_json_get_str(tree, "i").p);
	SW_CHECK(sw_json_get(tree, "i")->is_int && sw_json_get(tree, "i")->i == -7);
	SW_CHECK(!sw_json_get(tree, "d")->is_int && sw_json_get(tree, "d")->number == 1.5);
	SW_CHECK(!sw_json_get(tree, "big")->is_int && sw_json_get(tree, "big")->i == 0);
	SW_CHECK(sw_json_get(tree, "b")->b);
	SW_CHECK_INT(sw_json_get(tree, "n")->kind, SW_JSON_NULL);
	SW_CHECK_INT(sw_json_get(tree, "a")->n, 3);
	SW_CHECK_INT(sw_json_get(tree, "a")->child->next->i, 2);
	SW_CHECK(!sw_json_get(tree, "S") && !sw_json_get(NULL, "s") && !sw_json_get(sw_json_get(tree, "a"), "s"));
	sw_arena_done(&arena);
}

SW_TEST(json_writer_places_commas_and_escapes)
{
	struct sw_buf buf = { 0 };
	struct sw_json_out out = { .buf = &buf };

	sw_json_object(&out);
	sw_json_key(&out, SW_S("a"));
	sw_json_array(&out);
	sw_json_int(&out, INT64_MIN);
	sw_json_array(&out);
	sw_json_end_array(&out);
	sw_json_object(&out);
	sw_json_end_object(&out);
	sw_json_bool(&out, false);
	sw_json_end_array(&out);
	sw_json_key(&out, SW_S("b\"\n"));
	sw_json_str(&out, SW_STR_NULL);
	sw_json_key(&out, SW_S("c"));
	sw_json_str(&out, (struct sw_str){ "x\xff\0y\xe2\x82", 6 });
	sw_json_key(&out, SW_S("d"));
	sw_json_double(&out, NAN);
	sw_json_key(&out, SW_S("e"));
	sw_json_raw(&out, SW_S("{\"f\":1}"));
	sw_json_add_str(&out, "g", SW_STR_NULL);
	sw_json_add_str(&out, "h", SW_S("\""));
	sw_json_add_int(&out, "i", -1);
	sw_json_add_bool(&out, "j", true);
	sw_json_end_object(&out);
	SW_CHECK_STR(sw_buf_str(&buf),
		     "{\"a\":[-9223372036854775808,[],{},false],\"b\\\"\\n\":null,"
		     "\"c\":\"x\xef\xbf\xbd\\u0000y\xef\xbf\xbd\xef\xbf\xbd\",\"d\":null,\"e\":{\"f\":1},"
		     "\"g\":null,\"h\":\"\\\"\",\"i\":-1,\"j\":true}");
	sw_buf_done(&buf);
}

/* Names are compared one with another, or, when there are many, through a map. */
SW_TEST(json_repeated_names_are_found_in_objects_of_any_size)
{
	for (int n = 1; n < 80; n++) {
		struct sw_buf buf = { 0 };
		struct sw_arena arena;
		const struct sw_json *tree;

		sw_arena_init(&arena);
		sw_buf_add_char(&buf, '{');
		for (int i = 0; i < n; i++)
			sw_buf_add_fmt(&buf, "\"n%d\":1,", i);
		sw_buf_add_fmt(&buf, "\"n%d\":1}", n);
		SW_CHECK_INT(sw_json_parse(&arena, sw_buf_str(&buf), NULL, &tree, NULL), 0);
		buf.n--;
		sw_buf_add_fmt(&buf, ",\"n%d\":1}", n / 2);
		SW_CHECK_INT(sw_json_parse(&arena, sw_buf_str(&buf), NULL, &tree, NULL), SW_EINVAL);
		sw_buf_done(&buf);
		sw_arena_done(&arena);
	}
}

/* A byte that needs care, at every place of texts around the eight bytes looked at together. */
SW_TEST(json_escapes_at_every_place)
{
	static const char *const special[] = { "\"", "\\", "\x01", "\x1f", "\xc3\xa9", "\xff" };
	static const char *const escaped[] = { "\\\"", "\\\\", "\\u0001", "\\u001f", "\xc3\xa9", "\xef\xbf\xbd" };

	for (size_t s = 0; s < SW_COUNTOF(special); s++)
		for (int before = 0; before < 20; before++)
			for (int after = 0; after < 20; after++) {
				struct sw_buf text = { 0 }, want = { 0 }, got = { 0 };
				struct sw_json_out out = { .buf = &got };

				sw_buf_add_fmt(&text, "%.*s%s%.*s", before, "~~~~~~~~~ !#[]^~{}az", special[s], after,
					       "~~~~~~~~~ !#[]^~{}az");
				sw_buf_add_fmt(&want, "\"%.*s%s%.*s\"", before, "~~~~~~~~~ !#[]^~{}az", escaped[s],
					       after, "~~~~~~~~~ !#[]^~{}az");
				sw_json_str(&out, sw_buf_str(&text));
				SW_CHECK(sw_str_eq(sw_buf_str(&got), sw_buf_str(&want)));
				sw_buf_done(&text);
				sw_buf_done(&want);
				sw_buf_done(&got);
			}
}

SW_TEST(members_of_our_own_objects_are_found_without_decoding)
{
	static const char text[] =
		"{\"a\":\"x\",\"b\":12,\"c\":{\"d\":[1,\"}]\"]},\"e\":\"q\\\"\\\\\",\"f\":null,\"g\":[]}";
	static const char *const want[][2] = { { "a", "\"x\"" },         { "b", "12" },   { "c", "{\"d\":[1,\"}]\"]}" },
					       { "e", "\"q\\\"\\\\\"" }, { "f", "null" }, { "g", "[]" } };
	struct sw_str rest = sw_str_of(text), name, raw;
	for (size_t i = 0; i < SW_COUNTOF(want); i++) {
		SW_CHECK(sw_json_next_member(&rest, &name, &raw));
		SW_CHECK_STR(name, want[i][0]);
		SW_CHECK_STR(raw, want[i][1]);
	}
	SW_CHECK(!sw_json_next_member(&rest, &name, &raw));
	rest = SW_S("{}");
	SW_CHECK(!sw_json_next_member(&rest, &name, &raw));
	/* Cut anywhere, it ends early. */
	for (size_t n = 0; n < sizeof(text); n++) {
		char *cut = malloc(n + 1);
		memcpy(cut, text, n);
		rest = (struct sw_str){ cut, n };
		while (sw_json_next_member(&rest, &name, &raw))
			SW_CHECK(raw.n > 0);
		free(cut);
	}
}
