#include "base/arena.h"
#include "base/test.h"
#include "wire/form/form.h"

static const struct {
	const char *text;
	int err;
	const char *want; /* name=value, joined by '|' */
} cases[] = {
	{ "", 0, "" },
	{ "a=1", 0, "a=1" },
	{ "a=1&b=2&a=3", 0, "a=1|b=2|a=3" },
	{ "a", 0, "a=" },
	{ "a=", 0, "a=" },
	{ "=b", 0, "=b" },
	{ "=", 0, "=" },
	{ "&&a=1&&b=2&", 0, "a=1|b=2" },
	{ "a=b=c", 0, "a=b=c" },
	{ "a+b=c+d%2B", 0, "a b=c d+" },
	{ "To=%2B14155552671&Body=h%C3%A9%20%F0%9F%98%80", 0, "To=+14155552671|Body=h\xc3\xa9 \xf0\x9f\x98\x80" },
	{ "DateSent%3E=2020&DateSent<=2021", 0, "DateSent>=2020|DateSent<=2021" },
	{ "Configuration.Url=x", 0, "Configuration.Url=x" },
	{ "a=%e2%82%ac", 0, "a=\xe2\x82\xac" },
	{ "a=;b", 0, "a=;b" },
	{ "a=%", SW_EINVAL },
	{ "a=%4", SW_EINVAL },
	{ "a=%4g", SW_EINVAL },
	{ "a=%+4", SW_EINVAL },
	{ "a=%-1", SW_EINVAL },
	{ "a=%%20", SW_EINVAL },
	{ "%zz=1", SW_EINVAL },
	{ "a=%4&b=1", SW_EINVAL },
	{ "a=%00", SW_EINVAL },
	{ "a%00=1", SW_EINVAL },
	{ "a=%ff", SW_EINVAL },
	{ "a=\xc3", SW_EINVAL },
	{ "a=%c0%80", SW_EINVAL },
	{ "a=%ed%a0%80", SW_EINVAL },
	{ "a=%f4%90%80%80", SW_EINVAL },
	{ "1=&2=&3=&4=&5=&6=&7=&8=", 0, "1=|2=|3=|4=|5=|6=|7=|8=" },
	{ "1=&2=&3=&4=&5=&6=&7=&8=&9=", SW_ELIMIT },
};

SW_TEST(forms_are_decoded_strictly)
{
	struct sw_arena arena;

	sw_arena_init(&arena);
	for (size_t i = 0; i < SW_COUNTOF(cases); i++) {
		struct sw_buf got = { .arena = &arena };
		struct sw_form form = { 0 };
		int err = sw_form_decode(&arena, sw_str_of(cases[i].text), 8, &form);

		if (err != cases[i].err)
			sw_test_fail(__FILE__, __LINE__, "%s: %s", cases[i].text, sw_err_name(err));
		if (err || cases[i].err)
			continue;
		for (size_t p = 0; p < form.n; p++)
			sw_buf_add_fmt(&got, "%s%.*s=%.*s", p ? "|" : "", SW_FMT(form.v[p].name),
				       SW_FMT(form.v[p].value));
		SW_CHECK_STR(sw_buf_str(&got), cases[i].want);
	}
	sw_arena_done(&arena);
}

SW_TEST(forms_round_trip_every_ascii_byte)
{
	struct sw_arena arena;
	struct sw_buf buf = { 0 };
	struct sw_form form = { 0 };
	struct sw_str back = { 0 };
	char all[127];

	sw_arena_init(&arena);
	for (int i = 0; i < 127; i++)
		all[i] = (char)(i + 1);
	sw_form_add(&buf, (struct sw_str){ all, 127 }, SW_S("a b"));
	sw_form_add(&buf, SW_S("x"), SW_S(""));
	SW_CHECK_INT(sw_form_decode(&arena, sw_buf_str(&buf), 2, &form), 0);
	SW_CHECK(form.n == 2 && sw_str_eq(form.v[0].name, (struct sw_str){ all, 127 }));
	SW_CHECK_STR(sw_form_get(&form, "x"), "");
	SW_CHECK(!sw_form_get(&form, "y").p);
	buf.n = 0;
	sw_percent_encode(&buf, SW_S("a-._~/ +\xc3\xa9"));
	SW_CHECK_STR(sw_buf_str(&buf), "a-._~%2F%20%2B%C3%A9");
	SW_CHECK_INT(sw_percent_decode(&arena, sw_buf_str(&buf), &back), 0);
	SW_CHECK_STR(back, "a-._~/ +\xc3\xa9");
	SW_CHECK_INT(sw_percent_decode(&arena, SW_S("a+b"), &back), 0);
	SW_CHECK_STR(back, "a+b");
	SW_CHECK_INT(sw_percent_decode(&arena, SW_S("a%2"), &back), SW_EINVAL);
	buf.n = 0;
	sw_buf_add_cstr(&buf, "http://h/?");
	sw_form_add(&buf, SW_S("a"), SW_S("b c"));
	sw_form_add(&buf, SW_S("d"), SW_S("e"));
	SW_CHECK_STR(sw_buf_str(&buf), "http://h/?a=b+c&d=e");
	sw_buf_done(&buf);
	sw_arena_done(&arena);
}
