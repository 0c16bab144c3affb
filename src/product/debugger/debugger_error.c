/* What errors mean, what fails most, and how soon new accounts succeed. */
#include "product/debugger/debugger.h"

#include "base/time.h"
#include "core/alert/alert.h"
#include "core/alert/alert_sql.h"
#include "loop/clock.h"
#include "loop/task.h"

enum { TOP_MAX = 100, WINDOW_LEAST_S = 600, WINDOW_MOST_S = 30 * 86400 };

struct group {
	struct sw_str message, method, path, sdk, more_info;
	int64_t code, status, count, accounts, date_first_seen, date_last_seen;
};

struct top {
	int64_t window_s, limit, since, as_of;
	int8_t all;
	struct sw_objects errors;
};

struct meaning {
	int64_t code, status;
	struct sw_str message, cause, action, more_info;
};

struct onboarding {
	int64_t window_s, since, accounts, called, p50_s, p90_s;
};

/* clang-format off */
#define G struct group
static const struct sw_field group_fields[] = {
	{ .name = "code", .doc = "Code of the error.", .type = SW_INT, SW_INT_AT(G, code) },
	{ .name = "status", .doc = "HTTP status.", .type = SW_INT, SW_INT_AT(G, status) },
	{ .name = "message", .doc = "What the code means.", .type = SW_STR, SW_TEXT_AT(G, message) },
	{ .name = "more_info", .doc = "Page about the code.", .type = SW_URL, SW_TEXT_AT(G, more_info) },
	{ .name = "method", .doc = "Method of the requests; null: of several, too many to tell apart.", .type = SW_STR, SW_TEXT_AT(G, method) },
	{ .name = "path", .doc = "Path of the endpoint, with variables as {AccountSid}; null: of several.", .type = SW_STR, SW_TEXT_AT(G, path) },
	{ .name = "sdk", .doc = "First word of the User-Agent, such as twilio-node/5.3.0; null: none, or several.", .type = SW_STR, SW_TEXT_AT(G, sdk) },
	{ .name = "count", .doc = "How many requests.", .type = SW_INT, SW_INT_AT(G, count) },
	{ .name = "accounts", .doc = "Of how many accounts.", .type = SW_INT, SW_INT_AT(G, accounts) },
	{ .name = "date_first_seen", .doc = "The first of them.", .type = SW_TIME, SW_INT_AT(G, date_first_seen) },
	{ .name = "date_last_seen", .doc = "The last of them.", .type = SW_TIME, SW_INT_AT(G, date_last_seen) },
	{ 0 },
};
#define T struct top
static const struct sw_field top_fields[] = {
	{ .name = "window_s", .doc = "Seconds looked back.", .type = SW_INT, SW_INT_AT(T, window_s) },
	{ .name = "since", .doc = "Begin of the window, at a full ten minutes.", .type = SW_TIME, SW_INT_AT(T, since) },
	{ .name = "as_of", .doc = "End of the window; counts come in a second later.", .type = SW_TIME, SW_INT_AT(T, as_of) },
	{ .name = "errors", .doc = "The errors that came most often first.", .type = SW_OBJECTS, SW_OBJECTS_AT(T, errors, group_fields, G), .max = TOP_MAX },
	{ 0 },
};
static const struct sw_field top_params[] = {
	{ .name = "window_s", .doc = "Seconds to look back, 600 to 2592000; a day by default.", .type = SW_INT, .flags = SW_QUERY, .min = WINDOW_LEAST_S, .max = WINDOW_MOST_S, .def = "86400", SW_INT_AT(T, window_s) },
	{ .name = "limit", .doc = "How many errors, 1 to 100; 20 by default.", .type = SW_INT, .flags = SW_QUERY, .min = 1, .max = TOP_MAX, .def = "20", SW_INT_AT(T, limit) },
	{ .name = "all", .doc = "true: of all accounts, and of requests that nobody signed; only for the operator.", .type = SW_BOOL, .flags = SW_QUERY, .def = "false", SW_BOOL_AT(T, all) },
	{ 0 },
};
#define O struct onboarding
static const struct sw_field onboarding_fields[] = {
	{ .name = "window_s", .doc = "Seconds looked back.", .type = SW_INT, SW_INT_AT(O, window_s) },
	{ .name = "since", .doc = "Accounts created from then on.", .type = SW_TIME, SW_INT_AT(O, since) },
	{ .name = "accounts", .doc = "How many there are.", .type = SW_INT, SW_INT_AT(O, accounts) },
	{ .name = "called", .doc = "How many of them had a request answered well.", .type = SW_INT, SW_INT_AT(O, called) },
	{ .name = "p50_s", .doc = "Seconds from its creation to the first of them that half of those needed at most; null: nobody called.", .type = SW_INT, SW_INT_AT(O, p50_s) },
	{ .name = "p90_s", .doc = "The same of nine in ten.", .type = SW_INT, SW_INT_AT(O, p90_s) },
	{ 0 },
};
static const struct sw_field onboarding_params[] = {
	{ .name = "window_s", .doc = "Accounts created within so many seconds, 600 to 2592000; 30 days by default.", .type = SW_INT, .flags = SW_QUERY, .min = WINDOW_LEAST_S, .max = WINDOW_MOST_S, .def = "2592000", SW_INT_AT(O, window_s) },
	{ 0 },
};
#define M struct meaning
static const struct sw_field meaning_fields[] = {
	{ .name = "code", .doc = "Code of the error.", .type = SW_INT, SW_INT_AT(M, code) },
	{ .name = "status", .doc = "HTTP status.", .type = SW_INT, SW_INT_AT(M, status) },
	{ .name = "message", .doc = "What it says.", .type = SW_STR, SW_TEXT_AT(M, message) },
	{ .name = "cause", .doc = "Why it comes.", .type = SW_STR, SW_TEXT_AT(M, cause) },
	{ .name = "action", .doc = "What to do.", .type = SW_STR, SW_TEXT_AT(M, action) },
	{ .name = "more_info", .doc = "Page about the code.", .type = SW_URL, SW_TEXT_AT(M, more_info) },
	{ 0 },
};
static const struct sw_field meaning_params[] = {
	{ .name = "code", .doc = "Code of the error.", .type = SW_INT, .flags = SW_PATH, .example = "21211", .min = 1, .max = 999999, SW_INT_AT(M, code) },
	{ 0 },
};
/* clang-format on */

static struct meaning explain(const struct sw_call *c, const struct sw_error_row *row)
{
	return (struct meaning){ .code = row->code,
				 .status = row->status,
				 .message = sw_str_of(row->message),
				 .cause = sw_str_of(row->cause),
				 .action = sw_str_of(row->action),
				 .more_info = sw_call_error_page(c, row->code) };
}

/* The whole catalogue at once: it is part of the program. */
static int list_meanings(struct sw_call *c, struct sw_error *err)
{
	size_t n;
	const struct sw_error_row *rows = sw_error_rows(&n);
	(void)err;
	for (size_t i = 0; i < n; i++) {
		struct meaning meaning = explain(c, &rows[i]);
		sw_call_add_row(c, &meaning);
	}
	return 0;
}

static int fetch_meaning(struct sw_call *c, struct sw_error *err)
{
	const struct meaning *args = c->args;
	const struct sw_error_row *row = sw_error_find((int)args->code);
	if (!row)
		return sw_call_not_found(c, err);
	*(struct meaning *)c->result = explain(c, row);
	return 0;
}

static struct sw_str given(struct sw_str text)
{
	return text.n ? text : SW_STR_NULL;
}

static void read_group(const struct sw_call *c, struct sw_row row, struct group *ret)
{
	int code = (int)sw_row_int(row, 0);
	const struct sw_error_row *error = sw_error_find(code);
	*ret = (struct group){
		.code = code,
		.status = error ? error->status : SW_NONE,
		.message = error ? sw_str_of(error->message) : SW_STR_NULL,
		.more_info = sw_call_error_page(c, code),
		.method = given(sw_row_str(row, 1)),
		.path = given(sw_row_str(row, 2)),
		.sdk = given(sw_row_str(row, 3)),
		.count = sw_row_int(row, 4),
		.date_first_seen = sw_row_int(row, 5),
		.date_last_seen = sw_row_int(row, 6),
		.accounts = sw_row_int(row, 7),
	};
}

static int top(struct sw_call *c, struct sw_error *err)
{
	const struct top *args = c->args;
	struct top *result = c->result;
	struct sw_rows rows;
	int failed = args->all == 1 ? sw_call_operator_only(c, err) : 0;
	if (failed)
		return failed;
	int64_t now_us = sw_wall_us(), slot_us = sw_alert_limits.error_slot_s * SW_US_PER_S;
	int64_t slot = (now_us - args->window_s * SW_US_PER_S) / slot_us;
	failed = args->all == 1 ? sw_query_wait(c->task, c->core->store, c->arena, ALERT_SQL(SQL_ERROR_TOP_ALL), &rows,
						SW_I(slot), SW_I(args->limit))
				: sw_query_wait(c->task, c->core->store, c->arena, ALERT_SQL(SQL_ERROR_TOP), &rows,
						SW_I(c->account->bucket), SW_ID(c->account->sid.id), SW_I(slot),
						SW_I(args->limit));
	if (failed)
		return sw_fail_internal(err, failed);
	struct group *groups = SW_ARENA_ARRAY(c->arena, struct group, rows.n + 1);
	for (size_t i = 0; i < rows.n; i++)
		read_group(c, rows.row[i], &groups[i]);
	*result = (struct top){
		.window_s = args->window_s, .since = slot * slot_us, .as_of = now_us, .errors = { groups, rows.n }
	};
	return 0;
}

/* The value that so many percent of n are not above. */
static int percentile_wait(struct sw_call *c, int64_t since_us, int64_t n, int percent, int64_t *ret_s)
{
	struct sw_rows rows;
	*ret_s = SW_NONE;
	if (!n)
		return 0;
	int failed = sw_query_wait(c->task, c->core->store, c->arena, ALERT_SQL(SQL_FIRST_CALL_NTH), &rows,
				   SW_I(since_us), SW_I((n * percent + 99) / 100 - 1));
	if (!failed && rows.n)
		*ret_s = sw_row_int(rows.row[0], 0) / SW_US_PER_S;
	return failed;
}

static int onboarding(struct sw_call *c, struct sw_error *err)
{
	const struct onboarding *args = c->args;
	struct onboarding *result = c->result;
	struct sw_rows rows;
	int failed = sw_call_operator_only(c, err);
	if (failed)
		return failed;
	*result =
		(struct onboarding){ .window_s = args->window_s, .since = sw_wall_us() - args->window_s * SW_US_PER_S };
	failed = sw_query_wait(c->task, c->core->store, c->arena, ALERT_SQL(SQL_FIRST_CALL_COUNT), &rows,
			       SW_I(result->since));
	if (failed)
		return sw_fail_internal(err, failed);
	result->accounts = sw_row_int(rows.row[0], 0);
	result->called = sw_row_int(rows.row[0], 1);
	failed = percentile_wait(c, result->since, result->called, 50, &result->p50_s);
	if (!failed)
		failed = percentile_wait(c, result->since, result->called, 90, &result->p90_s);
	return sw_fail_internal(err, failed);
}

/* clang-format off */
const struct sw_endpoint debugger_error_endpoints[] = {
	{ "GET", "/v1/errors", "ListErrors", "List every error that there is: what it means, why it comes, what to do.", SW_STYLE_NATIVE, .fields = meaning_fields, .result_bytes = sizeof(M), .status = 200, .handler = list_meanings, .flags = SW_LIST | SW_OWN_CURSOR, .rate_class = "read" },
	{ "GET", "/v1/errors/{code}", "GetError", "Explain an error.", SW_STYLE_NATIVE, .params = meaning_params, .args_bytes = sizeof(M), .fields = meaning_fields, .result_bytes = sizeof(M), .status = 200, .handler = fetch_meaning, .rate_class = "read" },
	{ "GET", "/v1/errors/top", "GetTopErrors", "Which errors came most often, by code, endpoint and SDK.", SW_STYLE_NATIVE, .params = top_params, .args_bytes = sizeof(T), .fields = top_fields, .result_bytes = sizeof(T), .status = 200, .handler = top, .rate_class = "read" },
	{ "GET", "/v1/onboarding", "GetOnboarding", "How long new accounts take to their first request that goes well.", SW_STYLE_NATIVE, .params = onboarding_params, .args_bytes = sizeof(O), .fields = onboarding_fields, .result_bytes = sizeof(O), .status = 200, .handler = onboarding, .flags = SW_NO_KEYS, .rate_class = "read" },
	{ 0 },
};
/* clang-format on */
