/* Monitor Alerts: what went wrong, with the request and its answer. */
#include "product/debugger/debugger.h"

#include "core/alert/alert.h"
#include "core/alert/alert_sql.h"
#include "loop/task.h"

struct alert {
	struct sw_sid account_sid, resource_sid, service_sid, sid;
	struct sw_str alert_text, api_version, error_code, log_level, more_info, request_method, request_url,
		request_variables, request_headers, response_headers, response_body;
	int64_t date_created, date_generated, date_updated;
};

struct alert_args {
	struct sw_sid sid;
	struct sw_str log_level;
	int64_t start_date, end_date;
};

/* clang-format off */
#define L struct alert
#define TEXT(member, doc_) { .name = #member, .doc = doc_, .type = SW_STR, SW_TEXT_AT(L, member) }
#define SHOWN \
	{ .name = "account_sid", .doc = "Account that it happened to.", .type = SW_SID, .kinds = "AC", SW_SID_AT(L, account_sid) }, \
	TEXT(alert_text, "What the code means, what was wrong this time, and how often it came within five minutes."), \
	TEXT(api_version, "Version of the API that the request was made to, or made by."), \
	{ .name = "date_created", .doc = "When it was written down.", .type = SW_TIME, SW_INT_AT(L, date_created) }, \
	{ .name = "date_generated", .doc = "When it happened first.", .type = SW_TIME, SW_INT_AT(L, date_generated) }, \
	{ .name = "date_updated", .doc = "When it happened last.", .type = SW_TIME, SW_INT_AT(L, date_updated) }, \
	TEXT(error_code, "Code of the error."), \
	TEXT(log_level, "error, warning, notice or debug."), \
	TEXT(more_info, "Page about the code."), \
	TEXT(request_method, "Method of the request: of yours to the API, or of one to your server."), \
	TEXT(request_url, "URL of the request, without user and password."), \
	{ .name = "resource_sid", .doc = "What it is about; null when it is about nothing in particular.", .type = SW_SID, .kinds = "*", SW_SID_AT(L, resource_sid) }, \
	{ .name = "service_sid", .doc = "Service that it belongs to; null: none.", .type = SW_SID, .kinds = "*", SW_SID_AT(L, service_sid) }, \
	{ .name = "sid", .doc = "Identifier.", .type = SW_SID, .kinds = "NO", SW_SID_AT(L, sid) }, \
	{ .name = "url", .doc = "Where it is.", .type = SW_PATTERN, .pattern = "/v1/Alerts/{sid}" }
static const struct sw_field list_fields[] = { SHOWN, { 0 } };
static const struct sw_field one_fields[] = {
	SHOWN,
	TEXT(request_variables, "Parameters of the request, as a form or as its body was; secrets as ***."),
	TEXT(request_headers, "Header fields of the request, a line each; credentials as ***."),
	TEXT(response_headers, "Header fields of the answer, a line each."),
	TEXT(response_body, "Body of the answer, at most 16 kB."),
	{ 0 },
};
#define A struct alert_args
static const struct sw_field one_params[] = {
	{ .name = "sid", .doc = "SID of the alert.", .type = SW_SID, .flags = SW_PATH, .kinds = "NO", SW_SID_AT(A, sid) },
	{ 0 },
};
static const struct sw_field list_params[] = {
	{ .name = "log_level", .doc = "Only alerts of this level: error, warning, notice or debug.", .type = SW_ENUM, .flags = SW_QUERY, .values = sw_alert_levels, SW_TEXT_AT(A, log_level) },
	{ .name = "start_date", .doc = "Only what happened from then on.", .type = SW_TIME, .flags = SW_QUERY, SW_INT_AT(A, start_date) },
	{ .name = "end_date", .doc = "Only what happened until then.", .type = SW_TIME, .flags = SW_QUERY, SW_INT_AT(A, end_date) },
	{ 0 },
};
/* clang-format on */

static struct sw_str given(struct sw_str text)
{
	return text.n ? text : SW_STR_NULL;
}

static struct sw_sid sid_of(struct sw_row row, unsigned column)
{
	struct sw_str kind = sw_row_str(row, column);
	return kind.n == 2 ? sw_sid_of(kind.p, sw_row_id(row, column + 1)) : (struct sw_sid){ 0 };
}

static struct sw_str text_of(struct sw_call *c, const struct sw_error_row *row, struct sw_str why, int64_t n)
{
	struct sw_buf text = { .arena = c->arena };
	sw_buf_add_cstr(&text, row ? row->message : "An error of an older version.");
	if (why.n)
		sw_buf_add_fmt(&text, " %.*s", SW_FMT(why));
	if (n > 1)
		sw_buf_add_fmt(&text, " (%lld times)", (long long)n);
	return sw_buf_str(&text);
}

static int read_row(struct sw_call *c, struct sw_row row, void *result, struct sw_error *err)
{
	struct alert *a = result;
	int code = (int)sw_row_int(row, 2);
	(void)err;
	*a = (struct alert){
		.sid = sw_sid_of("NO", sw_row_id(row, 0)),
		.account_sid = c->account->sid,
		.log_level = sw_str_of(sw_alert_levels[sw_row_int(row, 1)]),
		.error_code = sw_str_fmt(c->arena, "%d", code),
		.alert_text = text_of(c, sw_error_find(code), sw_row_str(row, 3), sw_row_int(row, 17)),
		.more_info = sw_call_error_page(c, code),
		.resource_sid = sid_of(row, 4),
		.service_sid = sid_of(row, 6),
		.api_version = given(sw_row_str(row, 8)),
		.request_method = given(sw_row_str(row, 9)),
		.request_url = given(sw_row_str(row, 10)),
		.request_variables = given(sw_row_str(row, 11)),
		.request_headers = given(sw_row_str(row, 12)),
		.response_headers = given(sw_row_str(row, 13)),
		.response_body = given(sw_row_str(row, 14)),
		.date_created = sw_sid_time_us(sw_row_id(row, 0)),
		.date_generated = sw_row_int(row, 15),
		.date_updated = sw_row_int(row, 16),
	};
	return 0;
}

static struct sw_query *own_alerts(struct sw_call *c)
{
	struct sw_query *query = sw_query_new(c->arena, &sw_alert_list);
	sw_query_where(query, "bucket", SW_OP_EQ, SW_I(c->account->bucket));
	sw_query_where(query, "account_sid", SW_OP_EQ, SW_ID(c->account->sid.id));
	sw_query_where(query, "last_us", SW_OP_GE, SW_I(sw_alert_oldest_us(c->core)));
	return query;
}

static int list(struct sw_call *c, struct sw_error *err)
{
	const struct alert_args *args = c->args;
	struct sw_query *query = own_alerts(c);
	for (int level = 0; args->log_level.p && sw_alert_levels[level]; level++)
		if (sw_str_is(args->log_level, sw_alert_levels[level]))
			sw_query_where(query, "level", SW_OP_EQ, SW_I(level));
	if (args->start_date != SW_NONE)
		sw_query_where(query, "last_us", SW_OP_GE, SW_I(args->start_date));
	if (args->end_date != SW_NONE)
		sw_query_where(query, "first_us", SW_OP_LE, SW_I(args->end_date));
	return sw_call_list_wait(c, query, "NO", read_row, err);
}

static int fetch(struct sw_call *c, struct sw_error *err)
{
	const struct alert_args *args = c->args;
	return sw_call_fetch_wait(c, own_alerts(c), args->sid, read_row, err);
}

/* clang-format off */
#define CONTRACT .style = SW_STYLE_V1, .product = "monitor", .args_bytes = sizeof(A), .result_bytes = sizeof(L), .status = 200, .rate_class = "read"
const struct sw_endpoint debugger_alert_endpoints[] = {
	{ "GET", "/v1/Alerts", "ListAlert", "List what went wrong.", CONTRACT, .params = list_params, .fields = list_fields, .handler = list, .flags = SW_LIST, .list_key = "alerts" },
	{ "GET", "/v1/Alerts/{Sid}", "FetchAlert", "Fetch one alert, with its request and the answer.", CONTRACT, .params = one_params, .fields = one_fields, .handler = fetch },
	{ 0 },
};
/* clang-format on */
