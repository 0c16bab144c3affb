#include "product/usage/usage_count.h"

#include "base/test.h"
#include "base/time.h"

static int64_t day_of(const char *date)
{
	int64_t us = -1;
	SW_CHECK_INT(sw_time_parse_date(sw_str_of(date), &us), 0);
	return usage_day(us);
}

SW_TEST(dates_may_be_relative)
{
	static const struct {
		const char *text;
		int64_t want; /* days from today; with a date: absolute */
		bool bad;
	} cases[] = {
		{ "-30days", 100 - 30, false },
		{ "+30days", 130, false },
		{ "-1day", 99, false },
		{ "1970-01-03", 2, false },
		{ "-0days", 100, false },
		{ "30days", 0, true },
		{ "+days", 0, true },
		{ "days", 0, true },
		{ "-30", 0, true },
		{ "-+3days", 0, true },
		{ "+-3days", 0, true },
		{ "-3 days", 0, true },
		{ "today", 0, true },
		{ "", 0, true },
		{ "1969-12-31", 0, true },
		{ "2026-02-29", 0, true },
		{ "-99999999days", 0, true },
		{ "2026-01-01T00:00:00Z", 0, true },
	};
	for (size_t i = 0; i < SW_COUNTOF(cases); i++) {
		int64_t day = -1;
		int err = usage_date_parse(sw_str_of(cases[i].text), 100, &day);
		SW_CHECK_INT(err, cases[i].bad ? SW_EINVAL : 0);
		if (!cases[i].bad)
			SW_CHECK_INT(day, cases[i].want);
	}
}

SW_TEST(periods_begin_on_their_first_day)
{
	SW_CHECK_INT(usage_period_day(SW_S("daily"), day_of("2024-02-29")), day_of("2024-02-29"));
	SW_CHECK_INT(usage_period_day(SW_S("monthly"), day_of("2024-02-29")), day_of("2024-02-01"));
	SW_CHECK_INT(usage_period_day(SW_S("monthly"), day_of("2024-02-01")), day_of("2024-02-01"));
	SW_CHECK_INT(usage_period_day(SW_S("yearly"), day_of("2024-12-31")), day_of("2024-01-01"));
	SW_CHECK_INT(usage_period_day(SW_S("alltime"), day_of("2024-12-31")), 0);
	SW_CHECK_INT(usage_period_end(SW_S("daily"), day_of("2024-02-29")), day_of("2024-02-29"));
	SW_CHECK_INT(usage_period_end(SW_S("monthly"), day_of("2024-02-01")), day_of("2024-02-29"));
	SW_CHECK_INT(usage_period_end(SW_S("monthly"), day_of("2023-12-01")), day_of("2023-12-31"));
	SW_CHECK_INT(usage_period_end(SW_S("yearly"), day_of("2023-01-01")), day_of("2023-12-31"));
	SW_CHECK_INT(usage_period_end(SW_S("yearly"), day_of("2024-01-01")), day_of("2024-12-31"));
	SW_CHECK(usage_period_end(SW_S("alltime"), 0) > day_of("2999-12-31"));
}

SW_TEST(categories_and_what_they_count)
{
	struct sw_arena *arena = sw_arena_new();
	struct usage_category category;
	SW_CHECK_INT(usage_leaf(SW_S("sms"), SW_S("outbound-reply")), USAGE_SMS_OUT);
	SW_CHECK_INT(usage_leaf(SW_S("mms"), SW_S("inbound")), USAGE_MMS_IN);
	SW_CHECK_INT(usage_leaf(SW_S("tea"), SW_S("inbound")), 0);
	SW_CHECK(usage_category_find(arena, SW_S("sms"), &category));
	SW_CHECK_INT(category.leaves, 1u << USAGE_SMS_OUT | 1u << USAGE_SMS_IN);
	SW_CHECK(usage_category_find(arena, SW_S("calls-inbound-local"), &category));
	SW_CHECK_INT(category.leaves, 0);
	SW_CHECK_STR(sw_str_of(category.description), "Calls inbound local");
	SW_CHECK(!usage_category_find(arena, SW_S("tea"), &category));
	SW_CHECK(!usage_category_find(arena, SW_S(""), &category));
	sw_arena_free(arena);
}

SW_TEST(sums_take_days_and_leaves)
{
	const struct sw_val values[][5] = {
		{ SW_I(1), SW_I(USAGE_SMS_OUT), SW_I(1), SW_I(2), SW_I(15000) },
		{ SW_I(2), SW_I(USAGE_SMS_OUT), SW_I(3), SW_I(4), SW_I(30000) },
		{ SW_I(2), SW_I(USAGE_SMS_IN), SW_I(5), SW_I(5), SW_I(0) },
		{ SW_I(3), SW_I(USAGE_MMS_OUT), SW_I(1), SW_I(1), SW_I(20000) },
	};
	struct sw_row list[SW_COUNTOF(values)];
	for (size_t i = 0; i < SW_COUNTOF(values); i++)
		list[i].v = values[i];
	const struct sw_rows rows = { list, SW_COUNTOF(list) };
	struct usage_sum sum = usage_sum(&rows, 1u << USAGE_SMS_OUT, 1, 3);
	SW_CHECK_INT(sum.items, 4);
	SW_CHECK_INT(sum.units, 6);
	SW_CHECK_INT(sum.micros, 45000);
	sum = usage_sum(&rows, ~0u, 2, 2);
	SW_CHECK_INT(sum.items, 8);
	SW_CHECK_INT(sum.micros, 30000);
	SW_CHECK_INT(usage_sum(&rows, ~0u, 4, 9).items, 0);
}
