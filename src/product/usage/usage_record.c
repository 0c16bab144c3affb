/* Usage records: the contract's nine views of what was used. */
#include "product/usage/usage.h"
#include "product/usage/usage_count.h"

#include "base/num.h"
#include "base/time.h"
#include "loop/clock.h"
#include "loop/task.h"

#define RECORDS "/2010-04-01/Accounts/{account_sid}/Usage/Records"

enum { DAYS_MAX = 366 * 200, OFFSET_DAYS_MAX = 36500 };

struct record {
	struct sw_sid account_sid;
	struct sw_str api_version, as_of, category, count, count_unit, description, start_date, end_date, price_unit,
		usage, usage_unit, uri;
	int64_t price;
};

struct args {
	struct sw_sid account_sid;
	struct sw_str category, start_date, end_date;
	int8_t include_subaccounts;
};

/* A view: how its range is cut into records, and which range it has when that is fixed. */
struct view {
	const char *recurring;                                               /* NULL: one record for the whole range */
	void (*range)(int64_t today, int64_t *ret_first, int64_t *ret_last); /* NULL: StartDate to EndDate */
};

/* clang-format off */
#define R struct record
static const struct sw_link views_of[] = {
	{ "all_time", RECORDS "/AllTime.json?Category={category}" },
	{ "daily", RECORDS "/Daily.json?Category={category}" },
	{ "last_month", RECORDS "/LastMonth.json?Category={category}" },
	{ "monthly", RECORDS "/Monthly.json?Category={category}" },
	{ "this_month", RECORDS "/ThisMonth.json?Category={category}" },
	{ "today", RECORDS "/Today.json?Category={category}" },
	{ "yearly", RECORDS "/Yearly.json?Category={category}" },
	{ "yesterday", RECORDS "/Yesterday.json?Category={category}" },
	{ 0 },
};
static const struct sw_field record_fields[] = {
	{ .name = "account_sid", .doc = "Account that used it.", .type = SW_SID, .kinds = "AC", SW_SID_AT(R, account_sid) },
	{ .name = "api_version", .doc = "Version of the API.", .type = SW_STR, SW_TEXT_AT(R, api_version) },
	{ .name = "as_of", .doc = "Until when everything is counted.", .type = SW_STR, SW_TEXT_AT(R, as_of) },
	{ .name = "category", .doc = "What was used.", .type = SW_STR, SW_TEXT_AT(R, category) },
	{ .name = "count", .doc = "How many; null where only the price counts.", .type = SW_STR, SW_TEXT_AT(R, count) },
	{ .name = "count_unit", .doc = "What is counted.", .type = SW_STR, SW_TEXT_AT(R, count_unit) },
	{ .name = "description", .doc = "The category in words.", .type = SW_STR, SW_TEXT_AT(R, description) },
	{ .name = "end_date", .doc = "Last day of the record.", .type = SW_STR, SW_TEXT_AT(R, end_date) },
	{ .name = "price", .doc = "What it cost, refunds taken off.", .type = SW_MICROS, SW_INT_AT(R, price) },
	{ .name = "price_unit", .doc = "Currency of the price.", .type = SW_STR, SW_TEXT_AT(R, price_unit) },
	{ .name = "start_date", .doc = "First day of the record.", .type = SW_STR, SW_TEXT_AT(R, start_date) },
	{ .name = "subresource_uris", .doc = "The other views of the category.", .type = SW_LINKS, .links = views_of },
	{ .name = "uri", .doc = "Where this record is.", .type = SW_STR, SW_TEXT_AT(R, uri) },
	{ .name = "usage", .doc = "How much was used.", .type = SW_STR, SW_TEXT_AT(R, usage) },
	{ .name = "usage_unit", .doc = "What usage is measured in.", .type = SW_STR, SW_TEXT_AT(R, usage_unit) },
	{ 0 },
};

#define A struct args
static const struct sw_field params[] = {
	{ .name = "account_sid", .doc = "The account.", .type = SW_SID, .flags = SW_PATH, .kinds = "AC", SW_SID_AT(A, account_sid) },
	{ .name = "category", .doc = "Only this category; without it, each that is counted here.", .type = SW_STR, .flags = SW_QUERY, .max = 80, SW_TEXT_AT(A, category) },
	{ .name = "start_date", .doc = "First day (2026-01-31), or days from today (-30days); not for views of a fixed time.", .type = SW_STR, .flags = SW_QUERY, .max = 20, SW_TEXT_AT(A, start_date) },
	{ .name = "end_date", .doc = "Last day, in the same way.", .type = SW_STR, .flags = SW_QUERY, .max = 20, SW_TEXT_AT(A, end_date) },
	{ .name = "include_subaccounts", .doc = "Whether a master account's records count its subaccounts too.", .type = SW_BOOL, .flags = SW_QUERY, .def = "true", SW_BOOL_AT(A, include_subaccounts) },
	{ 0 },
};
/* clang-format on */

/* ---- ranges ---- */

static void today_only(int64_t today, int64_t *first, int64_t *last)
{
	*first = *last = today;
}

static void yesterday_only(int64_t today, int64_t *first, int64_t *last)
{
	*first = *last = today - 1;
}

static void this_month(int64_t today, int64_t *first, int64_t *last)
{
	*first = usage_period_day(SW_S("monthly"), today);
	*last = today;
}

static void last_month(int64_t today, int64_t *first, int64_t *last)
{
	*last = usage_period_day(SW_S("monthly"), today) - 1;
	*first = usage_period_day(SW_S("monthly"), *last);
}

int usage_date_parse(struct sw_str text, int64_t today, int64_t *ret_day)
{
	int64_t us, days;
	struct sw_str number = sw_str_from(text, 1);
	if (sw_time_parse_date(text, &us) == 0) {
		*ret_day = usage_day(us);
		return us < 0 ? SW_EINVAL : 0;
	}
	number = sw_str_ends(number, SW_S("days"))  ? sw_str_sub(number, 0, number.n - 4)
		 : sw_str_ends(number, SW_S("day")) ? sw_str_sub(number, 0, number.n - 3)
						    : SW_STR_NULL;
	bool signed_ = text.n && (text.p[0] == '+' || text.p[0] == '-');
	if (!signed_ || !number.n || sw_num_parse(number, &days) || days > OFFSET_DAYS_MAX || number.p[0] == '-')
		return SW_EINVAL;
	*ret_day = today + (text.p[0] == '-' ? -days : days);
	return 0;
}

static int read_date(struct sw_str text, const char *name, int64_t today, int64_t *ret, struct sw_error *err)
{
	if (!text.n || usage_date_parse(text, today, ret) == 0)
		return 0;
	return sw_fail(err, 20001,
		       "The parameter '%s' is not valid: '%.*s' is neither a date (2026-01-31) nor days from today "
		       "(-30days).",
		       name, SW_FMT(text));
}

/* From the account's first day to today, unless others are asked for. */
static int read_range(const struct sw_call *c, const struct view *view, int64_t *first, int64_t *last,
		      struct sw_error *err)
{
	const struct args *args = c->args;
	int64_t today = usage_day(sw_wall_us());
	*first = usage_day(c->account->created_us);
	*last = today;
	if (view->range) {
		view->range(today, first, last);
		return 0;
	}
	int failed = read_date(args->start_date, "StartDate", today, first, err);
	if (!failed && args->end_date.n)
		failed = read_date(args->end_date, "EndDate", today, last, err);
	else if (*last < *first)
		*last = *first;
	if (failed)
		return failed;
	if (*last < *first && !args->start_date.n)
		*first = *last;
	if (*last < *first)
		return sw_fail(err, 20001, "The parameter 'EndDate' is before 'StartDate'.");
	return *last - *first <= DAYS_MAX ? 0
					  : sw_fail(err, 20001, "StartDate and EndDate are more than 200 years apart.");
}

/* The period of the range that ends on `last`. @return its first day */
static int64_t period_begin(const struct view *view, int64_t first, int64_t last)
{
	int64_t begin = view->recurring ? usage_period_day(sw_str_of(view->recurring), last) : first;
	return begin > first ? begin : first;
}

/* ---- records ---- */

struct listing {
	struct sw_call *c;
	const struct view *view;
	struct usage_category categories[32];
	size_t categories_n;
	int64_t first, last; /* days */
	struct sw_rows rows;
	struct sw_str as_of;
	int64_t index, begin; /* of the next record, of the first one to show */
};

static struct sw_str date_text(struct sw_arena *arena, int64_t day)
{
	char text[SW_TIME_BUF];
	return sw_str_dup(arena, sw_str_sub(sw_time_iso(day * SW_US_PER_DAY, text), 0, 10));
}

static struct sw_str number_text(struct sw_arena *arena, int64_t number)
{
	return sw_str_fmt(arena, "%lld", (long long)number);
}

static struct sw_str unit_of(struct sw_arena *arena, struct sw_str currency)
{
	struct sw_str text = sw_str_dup(arena, currency);
	for (size_t i = 0; i < text.n; i++)
		((char *)(uintptr_t)text.p)[i] |= 0x20;
	return text;
}

static void add_record(struct listing *l, const struct usage_category *category, int64_t first, int64_t last)
{
	struct sw_call *c = l->c;
	char price[32];
	const struct usage_sum sum = usage_sum(&l->rows, category->leaves, first, last);
	bool money = category->leaves == ~0u;
	struct record record = {
		.account_sid = c->account->sid,
		.api_version = SW_S("2010-04-01"),
		.as_of = l->as_of,
		.category = sw_str_of(category->name),
		.count = money ? SW_STR_NULL : number_text(c->arena, sum.items),
		.count_unit = sw_str_of(category->count_unit),
		.description = sw_str_of(category->description),
		.start_date = date_text(c->arena, first),
		.end_date = date_text(c->arena, last),
		.price = sum.micros,
		.price_unit = unit_of(c->arena, c->core->currency),
		.usage = money ? sw_str_dup(c->arena, sw_micros_format(sum.micros, 0, price))
			       : number_text(c->arena, sum.units),
		.usage_unit = money ? unit_of(c->arena, c->core->currency) : sw_str_of(category->usage_unit),
	};
	record.uri = sw_str_fmt(c->arena, "%.*s?Category=%s&StartDate=%.*s&EndDate=%.*s", SW_FMT(c->path),
				category->name, SW_FMT(record.start_date), SW_FMT(record.end_date));
	sw_call_add_row(c, &record);
}

/* One period's records. @return false: the page is full */
static bool add_period(struct listing *l, int64_t first, int64_t last)
{
	for (size_t i = 0; i < l->categories_n; i++, l->index++) {
		if (l->index < l->begin)
			continue;
		if (sw_call_place_full(l->c, l->index))
			return false;
		add_record(l, &l->categories[i], first, last);
	}
	return true;
}

static int choose_categories(struct listing *l, struct sw_error *err)
{
	const struct args *args = l->c->args;
	if (args->category.n) {
		l->categories_n = 1;
		return usage_category_find(l->c->arena, args->category, &l->categories[0])
			       ? 0
			       : sw_fail(err, 20001,
					 "The parameter 'Category' is not valid: there is no category '%.*s'.",
					 SW_FMT(args->category));
	}
	for (; usage_categories[l->categories_n].name; l->categories_n++) {
		SW_BUG_ON(l->categories_n == SW_COUNTOF(l->categories));
		l->categories[l->categories_n] = usage_categories[l->categories_n];
	}
	return 0;
}

static int read_usage_wait(struct listing *l, struct sw_error *err)
{
	struct sw_call *c = l->c;
	const struct args *args = c->args;
	char text[SW_TIME_BUF];
	int64_t as_of_us = 0;
	bool master = sw_sid_eq(c->account->sid, c->account->owner);
	const struct usage_span span = { c->account->bucket, c->account->sid.id, master && args->include_subaccounts,
					 l->first, l->last };
	/* A full disk keeps new usage from being counted, not from being shown as far as it is. */
	(void)!usage_count_wait(c->task, c->core, c->api, c->account->bucket, &as_of_us);
	int failed = usage_read_wait(c->task, c->core, &span, &l->rows);
	l->as_of = sw_str_fmt(c->arena, "%.*s+00:00", SW_FMT(sw_str_sub(sw_time_iso(as_of_us, text), 0, 19)));
	return sw_fail_internal(err, failed);
}

static int list(struct sw_call *c, struct sw_error *err)
{
	struct listing l = { .c = c, .view = c->endpoint->about };
	int failed = read_range(c, l.view, &l.first, &l.last, err);
	if (!failed)
		failed = choose_categories(&l, err);
	if (!failed)
		failed = read_usage_wait(&l, err);
	if (failed)
		return failed;
	l.begin = sw_call_place(c, "UR");
	for (int64_t last = l.last; last >= l.first;) { /* the newest first */
		int64_t first = period_begin(l.view, l.first, last);
		if (!add_period(&l, first, last))
			break;
		last = first - 1;
	}
	return 0;
}

/* clang-format off */
static const struct view whole = { NULL, NULL }, daily = { "daily", NULL }, monthly = { "monthly", NULL }, yearly = { "yearly", NULL },
			 of_last_month = { NULL, last_month }, of_this_month = { NULL, this_month }, of_today = { NULL, today_only },
			 of_yesterday = { NULL, yesterday_only };

#define VIEW(name_, path_, about_, doc_) \
	{ "GET", "/2010-04-01/Accounts/{AccountSid}/Usage/Records" path_ ".json", "ListUsageRecord" name_, doc_, .style = SW_STYLE_2010, .product = "api", .params = params, .args_bytes = sizeof(struct args), .fields = record_fields, .result_bytes = sizeof(struct record), .status = 200, .handler = list, .flags = SW_LIST, .list_key = "usage_records", .rate_class = "read", .about = about_ }

const struct sw_endpoint usage_record_endpoints[] = {
	VIEW("", "", &whole, "List usage by category over a range of days."),
	VIEW("AllTime", "/AllTime", &whole, "List usage by category since the account began."),
	VIEW("Daily", "/Daily", &daily, "List usage by day and category, the newest first."),
	VIEW("Monthly", "/Monthly", &monthly, "List usage by month and category, the newest first."),
	VIEW("Yearly", "/Yearly", &yearly, "List usage by year and category, the newest first."),
	VIEW("LastMonth", "/LastMonth", &of_last_month, "List last month's usage by category."),
	VIEW("ThisMonth", "/ThisMonth", &of_this_month, "List this month's usage by category."),
	VIEW("Today", "/Today", &of_today, "List today's usage by category."),
	VIEW("Yesterday", "/Yesterday", &of_yesterday, "List yesterday's usage by category."),
	{ 0 },
};
/* clang-format on */
