#include "base/test.h"
#include "core/sid.h"

SW_TEST(sids_of_flows_sort_by_time_and_name_their_bucket)
{
	char a[SW_SID_CHARS], b[SW_SID_CHARS];
	struct sw_sid last = sw_sid_new("SM", 0x123);
	for (int i = 0; i < 100000; i++) {
		struct sw_sid next = sw_sid_new("SM", 0x123);
		if (memcmp(last.id.b, next.id.b, 16) >= 0) {
			SW_CHECK(!"a later SID sorts behind an earlier one");
			break;
		}
		last = next;
	}
	struct sw_sid other = sw_sid_new("SM", 0xfff);
	SW_CHECK_INT(sw_sid_bucket(last.id), 0x123);
	SW_CHECK_INT(sw_sid_bucket(other.id), 0xfff);
	SW_CHECK(sw_str_cmp(sw_sid_format(last, a), sw_sid_format(other, b)) < 0);
	int64_t time_us = sw_sid_time_us(other.id);
	struct sw_id floor = sw_sid_floor(time_us), above = sw_sid_floor(time_us + 1000);
	SW_CHECK(memcmp(floor.b, other.id.b, 16) <= 0 && memcmp(other.id.b, above.b, 16) < 0);
}

SW_TEST(sids_as_text)
{
	static const struct {
		const char *text, *kinds;
		int err;
	} rows[] = {
		{ "SM0123456789abcdef0123456789abcdef", "SM,MM", 0 },
		{ "MM0123456789ABCDEF0123456789abcdef", "SM,MM", 0 },
		{ "SM0123456789abcdef0123456789abcdef", NULL, 0 },
		{ "AC0123456789abcdef0123456789abcdef", "SM,MM", SW_EINVAL },
		{ "SM0123456789abcdef0123456789abcde", "SM,MM", SW_EINVAL },
		{ "SM0123456789abcdef0123456789abcdef0", "SM,MM", SW_EINVAL },
		{ "SM0123456789abcdef0123456789abcdeg", "SM,MM", SW_EINVAL },
		{ "sm0123456789abcdef0123456789abcdef", NULL, SW_EINVAL },
		{ "", NULL, SW_EINVAL },
	};
	for (size_t i = 0; i < SW_COUNTOF(rows); i++) {
		struct sw_sid sid;
		char buf[SW_SID_CHARS];
		SW_CHECK_INT(sw_sid_parse(sw_str_of(rows[i].text), rows[i].kinds, &sid), rows[i].err);
		if (!rows[i].err)
			SW_CHECK(sw_str_eq_nocase(sw_sid_format(sid, buf), sw_str_of(rows[i].text)));
	}
	struct sw_sid absent = { 0 };
	char buf[SW_SID_CHARS];
	SW_CHECK(sw_sid_format(absent, buf).p == NULL);
}
