/*
 * Monitor Alarms: who is told when alerts come too often.  The contract changes them with PUT and answers with a SID,
 * which declared resources do not; what they mean is core/alert/alarm.h.
 */
#include "product/debugger/debugger.h"

#include "core/alert/alarm.h"
#include "core/alert/alert.h"
#include "core/alert/alert_sql.h"
#include "loop/clock.h"
#include "loop/task.h"

enum { TRIGGER_MAX = 1000000000 };

struct alarm {
	struct sw_sid sid;
	struct sw_str friendly_name, description, query_type, query, time_window, webhook, product, order;
	struct sw_strs email;
	int64_t trigger_value, created, updated;
	int8_t console_indicator, enabled;
};

/* clang-format off */
#define M struct alarm
#define FIELDS(flags_, needed_, by) \
	{ .name = "friendlyName", .param = "friendlyName", .doc = "A name for people.", .type = SW_STR, .flags = needed_, .max = 256, SW_TEXT_AT(M, friendly_name), by, .example = "Many failures" }, \
	{ .name = "queryType", .param = "queryType", .doc = "What it counts: alerts of codes, of a level, or all.", .type = SW_ENUM, .flags = needed_, .values = sw_alarm_query_types, SW_TEXT_AT(M, query_type), by, .example = "ALL" }, \
	{ .name = "query", .param = "query", .doc = "The code, or several with commas between; or the level.", .type = SW_STR, .flags = flags_ | SW_EMPTY_OK, .max = 256, SW_TEXT_AT(M, query), by }, \
	{ .name = "triggerValue", .param = "triggerValue", .doc = "It fires at so many alerts within the window.", .type = SW_INT, .flags = needed_, .min = 1, .max = TRIGGER_MAX, SW_INT_AT(M, trigger_value), by, .example = "100" }, \
	{ .name = "timeWindow", .param = "timeWindow", .doc = "The window; it fires once in it.", .type = SW_ENUM, .flags = needed_, .values = sw_alarm_windows, SW_TEXT_AT(M, time_window), by }, \
	{ .name = "email", .param = "email", .doc = "Addresses that get mail; refused, since there is no carrier for mail.", .type = SW_STRS, .flags = flags_, .max = 20, SW_STRS_AT(M, email), by }, \
	{ .name = "webhook", .param = "webhook", .doc = "URL that is told by a signed POST of JSON when it fires; empty: none.", .type = SW_URL, .flags = flags_ | SW_EMPTY_OK, SW_TEXT_AT(M, webhook), by }, \
	{ .name = "consoleIndicator", .param = "consoleIndicator", .doc = "Whether its event asks a console to show it.", .type = SW_BOOL, .flags = flags_, SW_BOOL_AT(M, console_indicator), by }, \
	{ .name = "description", .param = "description", .doc = "What it is for.", .type = SW_STR, .flags = needed_ | SW_EMPTY_OK, .max = 1024, SW_TEXT_AT(M, description), by, .example = "More failures than usual" }, \
	{ .name = "enabled", .param = "enabled", .doc = "Whether it may fire.", .type = SW_BOOL, .flags = needed_, SW_BOOL_AT(M, enabled), by }
#define SELF { .name = "sid", .doc = "SID of the alarm.", .type = SW_SID, .flags = SW_PATH, .kinds = "AK", SW_SID_AT(M, sid) }
static const char *const orders[] = { "asc", "desc", NULL };
static const struct sw_field create_params[] = { FIELDS(0, SW_REQUIRED, .used_by = "alert.watch"), { 0 } };
static const struct sw_field update_params[] = { SELF, FIELDS(0, SW_REQUIRED, .used_by = "alert.watch"), { 0 } };
static const struct sw_field one_params[] = { SELF, { 0 } };
static const struct sw_field status_params[] = {
	SELF,
	{ .name = "enabled", .param = "enabled", .doc = "Whether it may fire.", .type = SW_BOOL, .flags = SW_REQUIRED, SW_BOOL_AT(M, enabled), .used_by = "alert.watch" },
	{ 0 },
};
static const struct sw_field list_params[] = {
	{ .name = "sort_order", .doc = "desc: newest first, the default; asc: oldest first.", .type = SW_ENUM, .flags = SW_QUERY, .values = orders, SW_TEXT_AT(M, order) },
	{ 0 },
};
static const struct sw_field fields[] = {
	FIELDS(0, 0, .def = NULL),
	{ .name = "product", .doc = "Always debugger.", .type = SW_STR, SW_TEXT_AT(M, product) },
	{ .name = "alertConfigSid", .doc = "Identifier.", .type = SW_SID, .kinds = "AK", SW_SID_AT(M, sid) },
	{ .name = "dateUpdated", .doc = "When it last changed.", .type = SW_TIME, SW_INT_AT(M, updated) },
	{ .name = "dateCreated", .doc = "When it was created.", .type = SW_TIME, SW_INT_AT(M, created) },
	{ 0 },
};
static const struct sw_field sid_fields[] = {
	{ .name = "sid", .doc = "Identifier.", .type = SW_SID, .kinds = "AK", SW_SID_AT(M, sid) },
	{ 0 },
};
/* clang-format on */

static int read_row(struct sw_call *c, struct sw_row row, void *result, struct sw_error *err)
{
	struct sw_alarm a;
	struct alarm *m = result;
	(void)c;
	(void)err;
	sw_alarm_read(row, &a);
	*m = (struct alarm){
		.sid = a.sid,
		.friendly_name = a.friendly_name,
		.description = a.description,
		.query_type = a.query_type,
		.query = a.query,
		.time_window = a.time_window,
		.webhook = a.webhook,
		.product = SW_S("debugger"),
		.trigger_value = a.trigger_value,
		.created = a.created_us,
		.updated = a.updated_us,
		.console_indicator = a.console_indicator,
		.enabled = a.enabled,
	};
	return 0;
}

static struct sw_query *own_alarms(struct sw_call *c)
{
	struct sw_query *query = sw_query_new(c->arena, &sw_alarm_list);
	sw_query_where(query, "bucket", SW_OP_EQ, SW_I(c->account->bucket));
	sw_query_where(query, "account_sid", SW_OP_EQ, SW_ID(c->account->sid.id));
	return query;
}

static int list(struct sw_call *c, struct sw_error *err)
{
	const struct alarm *args = c->args;
	c->page.ascending = sw_str_is(args->order, "asc");
	return sw_call_list_wait(c, own_alarms(c), "AK", read_row, err);
}

static int fetch(struct sw_call *c, struct sw_error *err)
{
	const struct alarm *args = c->args;
	return sw_call_fetch_wait(c, own_alarms(c), args->sid, read_row, err);
}

/* What no single field can say. */
static int check(const struct alarm *args, struct sw_error *err)
{
	const char *wrong = sw_alarm_query_wrong(args->query_type, args->query);
	if (wrong)
		return sw_fail(err, 20001, "The parameter 'query' %s.", wrong);
	if (args->email.n)
		return sw_fail(err, 20001,
			       "The parameter 'email' cannot be used: there is no carrier for mail; give a 'webhook'.");
	return 0;
}

static int check_room_wait(struct sw_call *c, struct sw_error *err)
{
	struct sw_rows rows;
	int failed = sw_query_wait(c->task, c->core->store, c->arena, ALERT_SQL(SQL_ALARM_ALL), &rows,
				   SW_I(c->account->bucket), SW_ID(c->account->sid.id));
	if (failed)
		return sw_fail_internal(err, failed);
	return rows.n < SW_ALARMS_MAX
		       ? 0
		       : sw_fail(err, 20409, "The account has %d alarms already, as many as it may.", SW_ALARMS_MAX);
}

static void put_step(struct sw_call *c, struct sw_txn *txn, const struct sw_sql *sql, struct sw_sid sid)
{
	const struct alarm *a = c->args;
	sw_txn_do(txn, sql, SW_GUARD_ONE, SW_ENOTFOUND, SW_I(c->account->bucket), SW_ID(c->account->sid.id),
		  SW_ID(sid.id), SW_T(a->friendly_name), SW_T(a->description), SW_T(a->query_type),
		  SW_T(a->query.p ? a->query : SW_S("")), SW_I(a->trigger_value), SW_T(a->time_window),
		  SW_T(a->webhook.p ? a->webhook : SW_S("")), SW_I(a->console_indicator == 1), SW_I(a->enabled == 1),
		  SW_I(sw_wall_us()));
}

static struct sw_str event_data(struct sw_call *c)
{
	const struct alarm *a = c->args;
	struct sw_buf text = { .arena = c->arena };
	struct sw_json_out out = { .buf = &text };
	sw_json_object(&out);
	if (a->friendly_name.p)
		sw_json_add_str(&out, "friendly_name", a->friendly_name);
	if (a->enabled >= 0)
		sw_json_add_bool(&out, "enabled", a->enabled == 1);
	sw_json_end_object(&out);
	return sw_buf_str(&text);
}

static int finish_wait(struct sw_call *c, struct sw_txn *txn, struct sw_sid sid, const char *event,
		       struct sw_error *err)
{
	c->changed = sid;
	c->changes = event_data(c);
	sw_event_add(txn, c->account->sid.id, sid, event, c->changes);
	return sw_call_commit_wait(c, txn, err);
}

static int create(struct sw_call *c, struct sw_error *err)
{
	struct alarm *result = c->result;
	int failed = check(c->args, err);
	if (!failed)
		failed = check_room_wait(c, err);
	if (failed)
		return failed;
	struct sw_txn *txn = sw_call_txn(c);
	result->sid = sw_sid_new("AK", c->account->bucket);
	put_step(c, txn, ALERT_SQL(SQL_ALARM_INSERT), result->sid);
	return finish_wait(c, txn, result->sid, "alarm.created", err);
}

static int update(struct sw_call *c, struct sw_error *err)
{
	const struct alarm *args = c->args;
	struct alarm *result = c->result;
	int failed = check(args, err);
	if (failed)
		return failed;
	struct sw_txn *txn = sw_call_txn(c);
	result->sid = args->sid;
	put_step(c, txn, ALERT_SQL(SQL_ALARM_UPDATE), args->sid);
	return finish_wait(c, txn, args->sid, "alarm.updated", err);
}

static int update_status(struct sw_call *c, struct sw_error *err)
{
	const struct alarm *args = c->args;
	struct sw_txn *txn = sw_call_txn(c);
	sw_txn_do(txn, ALERT_SQL(SQL_ALARM_ENABLE), SW_GUARD_ONE, SW_ENOTFOUND, SW_I(c->account->bucket),
		  SW_ID(c->account->sid.id), SW_ID(args->sid.id), SW_I(args->enabled == 1), SW_I(sw_wall_us()));
	return finish_wait(c, txn, args->sid, "alarm.updated", err);
}

static int delete_one(struct sw_call *c, struct sw_error *err)
{
	const struct alarm *args = c->args;
	struct sw_txn *txn = sw_call_txn(c);
	sw_txn_do(txn, ALERT_SQL(SQL_ALARM_DELETE), SW_GUARD_ONE, SW_ENOTFOUND, SW_I(c->account->bucket),
		  SW_ID(c->account->sid.id), SW_ID(args->sid.id));
	return finish_wait(c, txn, args->sid, "alarm.deleted", err);
}

/* clang-format off */
#define CONTRACT .style = SW_STYLE_V1, .product = "monitor", .args_bytes = sizeof(M), .result_bytes = sizeof(M)
#define WRITES .flags = SW_JSON_BODY | SW_AUDIT, .rate_class = "write"
const struct sw_endpoint debugger_alarm_endpoints[] = {
	{ "GET", "/v2/Alarms", "ListAlarm", "List the account's alarms.", CONTRACT, .params = list_params, .fields = fields, .status = 200, .handler = list, .flags = SW_LIST, .list_key = "alarms", .rate_class = "read", .sdk = "" },
	{ "POST", "/v2/Alarms", "CreateAlarm", "Create an alarm.", CONTRACT, .params = create_params, .fields = sid_fields, .status = 201, .handler = create, WRITES },
	{ "GET", "/v2/Alarms/{Sid}", "FetchAlarm", "Fetch one alarm.", CONTRACT, .params = one_params, .fields = fields, .status = 200, .handler = fetch, .rate_class = "read", .sdk = "" },
	{ "PUT", "/v2/Alarms/{Sid}", "UpdateAlarm", "Change an alarm: every value is given anew.", CONTRACT, .params = update_params, .fields = sid_fields, .status = 200, .handler = update, WRITES },
	{ "DELETE", "/v2/Alarms/{Sid}", "DeleteAlarm", "Delete an alarm.", CONTRACT, .params = one_params, .status = 204, .handler = delete_one, .flags = SW_AUDIT, .rate_class = "write", .sdk = "" },
	{ "PUT", "/v2/Alarms/{Sid}/status", "UpdateAlarmStatus", "Switch an alarm on or off.", CONTRACT, .params = status_params, .status = 204, .handler = update_status, WRITES },
	{ 0 },
};
/* clang-format on */
