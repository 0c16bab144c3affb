/* Monitor Events: who changed what. */
#include "product/debugger/debugger.h"

#include "core/audit.h"
#include "core/core_sql.h"
#include "core/event/event_type.h"
#include "loop/task.h"

struct event {
	struct sw_sid account_sid, resource_sid, sid;
	struct sw_str actor_sid, actor_type, description, event_data, event_type, resource_type, source,
		source_ip_address, links;
	int64_t event_date;
};

struct event_args {
	struct sw_sid sid, resource_sid;
	struct sw_str actor_sid, event_type, source_ip_address;
	int64_t start_date, end_date;
};

/* clang-format off */
#define E struct event
#define TEXT(member, doc_) { .name = #member, .doc = doc_, .type = SW_STR, SW_TEXT_AT(E, member) }
static const struct sw_field fields[] = {
	{ .name = "account_sid", .doc = "Account that was changed.", .type = SW_SID, .kinds = "AC", SW_SID_AT(E, account_sid) },
	TEXT(actor_sid, "Account, API key or OAuth application that made the change; null: the platform itself."),
	TEXT(actor_type, "account, key, application or system."),
	TEXT(description, "Always null."),
	{ .name = "event_data", .doc = "Each changed value, as it was and as it is; secrets as ***.", .type = SW_JSON, SW_TEXT_AT(E, event_data) },
	{ .name = "event_date", .doc = "When.", .type = SW_TIME, SW_INT_AT(E, event_date) },
	TEXT(event_type, "What happened: application.updated."),
	{ .name = "resource_sid", .doc = "What was changed.", .type = SW_SID, SW_SID_AT(E, resource_sid), .kinds = "*" },
	TEXT(resource_type, "Its type: application."),
	{ .name = "sid", .doc = "Identifier.", .type = SW_SID, .kinds = "AE", SW_SID_AT(E, sid) },
	TEXT(source, "api, or twilio when the platform did it by itself."),
	TEXT(source_ip_address, "Where the request came from."),
	{ .name = "url", .doc = "Where it is.", .type = SW_PATTERN, .pattern = "/v1/Events/{sid}" },
	{ .name = "links", .doc = "The actor and what was changed, where they have a page.", .type = SW_JSON, SW_TEXT_AT(E, links) },
	{ 0 },
};
#define A struct event_args
static const struct sw_field one_params[] = {
	{ .name = "sid", .doc = "SID of the event.", .type = SW_SID, .flags = SW_PATH, .kinds = "AE", SW_SID_AT(A, sid) },
	{ 0 },
};
static const struct sw_field list_params[] = {
	{ .name = "actor_sid", .doc = "Only what this account, key or application did.", .type = SW_STR, .flags = SW_QUERY, SW_TEXT_AT(A, actor_sid), .max = 34, .column = "actor" },
	{ .name = "event_type", .doc = "Only this type.", .type = SW_STR, .flags = SW_QUERY, SW_TEXT_AT(A, event_type), .max = 64, .column = "event_type" },
	{ .name = "resource_sid", .doc = "Only what was done to this.", .type = SW_SID, .flags = SW_QUERY, .kinds = "*", SW_SID_AT(A, resource_sid), .column = "resource_sid" },
	{ .name = "source_ip_address", .doc = "Only what came from there.", .type = SW_STR, .flags = SW_QUERY, SW_TEXT_AT(A, source_ip_address), .max = 64, .column = "source_ip" },
	{ .name = "start_date", .doc = "Only from then on.", .type = SW_TIME, .flags = SW_QUERY, SW_INT_AT(A, start_date) },
	{ .name = "end_date", .doc = "Only until then.", .type = SW_TIME, .flags = SW_QUERY, SW_INT_AT(A, end_date) },
	{ 0 },
};
/* clang-format on */

static const char *actor_type(struct sw_str actor)
{
	static const struct {
		const char *letters, *type;
	} rows[] = { { "AC", "account" }, { "SK", "key" }, { "OQ", "application" } };
	for (size_t i = 0; i < SW_COUNTOF(rows); i++)
		if (sw_str_starts(actor, sw_str_of(rows[i].letters)))
			return rows[i].type;
	return "system";
}

static struct sw_str links_of(struct sw_call *c, const struct event *e)
{
	struct sw_buf text = { .arena = c->arena };
	struct sw_json_out out = { .buf = &text };
	struct sw_str account =
		sw_str_fmt(c->arena, "/2010-04-01/Accounts/%.*s.json", SW_FMT(sw_sid_text(c->arena, e->account_sid)));
	sw_json_object(&out);
	sw_json_add_str(&out, "actor", sw_str_is(e->actor_type, "account") ? account : SW_STR_NULL);
	sw_json_add_str(&out, "resource", sw_sid_eq(e->resource_sid, e->account_sid) ? account : SW_STR_NULL);
	sw_json_end_object(&out);
	return sw_buf_str(&text);
}

static int read_row(struct sw_call *c, struct sw_row row, void *result, struct sw_error *err)
{
	struct event *e = result;
	struct sw_audit a;
	(void)err;
	sw_audit_read(row, &a);
	struct sw_str rest = a.event_type;
	bool system = sw_str_is(a.actor, "system");
	*e = (struct event){
		.account_sid = sw_sid_of("AC", sw_row_id(row, 1)),
		.actor_sid = system ? SW_STR_NULL : a.actor,
		.actor_type = sw_str_of(actor_type(a.actor)),
		.event_data = a.changes,
		.event_date = a.time_us,
		.event_type = a.event_type,
		.resource_sid = a.resource,
		.resource_type = sw_str_cut(&rest, '.'),
		.sid = a.sid,
		.source = system ? SW_S("twilio") : SW_S("api"),
		.source_ip_address = a.source_ip.n ? a.source_ip : SW_STR_NULL,
	};
	e->links = links_of(c, e);
	return 0;
}

static struct sw_query *own_events(struct sw_call *c)
{
	struct sw_query *query = sw_query_new(c->arena, &sw_audit_list);
	sw_query_where(query, "bucket", SW_OP_EQ, SW_I(c->account->bucket));
	sw_query_where(query, "account_sid", SW_OP_EQ, SW_ID(c->account->sid.id));
	return query;
}

static int list(struct sw_call *c, struct sw_error *err)
{
	const struct event_args *args = c->args;
	struct sw_query *query = own_events(c);
	sw_call_where(c, query);
	if (args->start_date != SW_NONE)
		sw_query_where(query, "time_us", SW_OP_GE, SW_I(args->start_date));
	if (args->end_date != SW_NONE)
		sw_query_where(query, "time_us", SW_OP_LE, SW_I(args->end_date));
	return sw_call_list_wait(c, query, "AE", read_row, err);
}

static int fetch(struct sw_call *c, struct sw_error *err)
{
	const struct event_args *args = c->args;
	return sw_call_fetch_wait(c, own_events(c), args->sid, read_row, err);
}

/* clang-format off */
#define CONTRACT .style = SW_STYLE_V1, .product = "monitor"
#define REPLY .fields = fields, .result_bytes = sizeof(struct event), .status = 200
static const struct sw_endpoint endpoints[] = {
	{ "GET", "/v1/Events", "ListEvent", "List who changed what.", CONTRACT, .params = list_params, .args_bytes = sizeof(A), REPLY, .handler = list, .flags = SW_LIST, .list_key = "events", .rate_class = "read" },
	{ "GET", "/v1/Events/{Sid}", "FetchEvent", "Fetch one change.", CONTRACT, .params = one_params, .args_bytes = sizeof(A), REPLY, .handler = fetch, .rate_class = "read" },
	{ 0 },
};
/* clang-format on */

static const struct sw_endpoint *const more[] = { debugger_alert_endpoints, debugger_alarm_endpoints,
						  debugger_error_endpoints, NULL };

static const struct sw_field alert_data[] = {
	SW_EVENT_INT("error_code", "Code of the error."),
	SW_EVENT_TEXT("log_level", "error, warning or notice."),
	SW_EVENT_TEXT("message", "What the code means."),
	SW_EVENT_TEXT("why", "What was wrong this time."),
	SW_EVENT_TEXT("resource_sid", "What it is about; null: nothing in particular."),
	{ 0 },
};
static const struct sw_field alarm_data[] = {
	SW_EVENT_TEXT("friendly_name", "Its name for people."),
	SW_EVENT_BOOL("enabled", "Whether it may fire."),
	SW_EVENT_TEXT("query_type", "What it counts."),
	SW_EVENT_TEXT("query", "The codes, or the level."),
	SW_EVENT_INT("trigger_value", "It fires at so many."),
	SW_EVENT_TEXT("time_window", "Within this window."),
	SW_EVENT_INT("count", "So many there were."),
	SW_EVENT_BOOL("console_indicator", "Whether a console is asked to show it."),
	{ 0 },
};
static const struct sw_field first_call_data[] = {
	SW_EVENT_INT("time_to_first_call_s", "Seconds since the account was created."),
	{ 0 },
};
static const struct sw_event_row events[] = {
	{ "alert.created", "Something went wrong, for the first time within five minutes.", alert_data },
	{ "alarm.created", "An alarm was made.", alarm_data },
	{ "alarm.updated", "An alarm was changed, or switched on or off.", alarm_data },
	{ "alarm.deleted", "An alarm was deleted.", alarm_data },
	{ "alarm.triggered", "An alarm fired.", alarm_data },
	{ "account.first_call", "A request with the account's credentials was answered well for the first time.",
	  first_call_data, NULL, "Strowger.FirstCall" },
	{ 0 },
};

const struct sw_module debugger_module = {
	.name = "debugger",
	.group = "monitor",
	.endpoints = endpoints,
	.more = more,
	.events = events,
};
