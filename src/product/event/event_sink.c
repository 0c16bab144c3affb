/* Sinks of Event Streams: where events go, how they fare there, and going back in the log. */
#include "product/event/event_sink.h"

#include "base/num.h"
#include "loop/task.h"

const char *const event_statuses[] = { "initialized", "validating", "active", "failed", NULL };
static const char *const sink_types[] = { "kinesis", "webhook", "segment", "email", "kafka", "nats", NULL };

struct sink_args {
	struct sw_sid sid;
	struct sw_str test_id;
	int64_t since;
};

/* What the native view and the two answers show. */
struct sink_view {
	struct sw_sid sid, account_sid;
	struct sw_str result, status, why;
	int64_t subscriptions, behind, date_failing;
};

/* clang-format off */
static const struct sw_link links[] = { { "sink_test", "/v1/Sinks/{sid}/Test" }, { "sink_validate", "/v1/Sinks/{sid}/Validate" }, { 0 } };

static const struct sw_field fields[] = {
	{ .name = "account_sid", .doc = "Account that owns it.", .type = SW_SID, .kinds = "AC", .flags = SW_HIDDEN },
	{ .name = "date_created", .doc = "When it was created.", .type = SW_TIME },
	{ .name = "date_updated", .doc = "When it last changed.", .type = SW_TIME },
	{ .name = "description", .doc = "A text for people.", .type = SW_STR, .flags = SW_WRITE | SW_REQUIRED, .max = 256, .used_by = "sink.list", .example = "Deliveries" },
	{ .name = "in_use", .doc = "Whether a subscription has it.", .type = SW_BOOL, .flags = SW_HIDDEN | SW_QUERY },
	{ .name = "links", .doc = "Its tests.", .type = SW_LINKS, .links = links },
	{ .name = "sid", .doc = "Identifier of the sink.", .type = SW_SID, .kinds = "DG" },
	{ .name = "sink_configuration", .doc = "Where it is: for webhook destination, method, batch_events, max_batch, in_flight and rate; for kafka and nats url; see docs/event-streams.md.", .type = SW_JSON, .flags = SW_CREATE | SW_REQUIRED | SW_SECRET, .max = 16384, .used_by = "event.follow", .example = "{\"destination\":\"https://example.org/hook\",\"method\":\"POST\"}" },
	{ .name = "sink_type", .doc = "webhook, kafka or nats.", .type = SW_ENUM, .flags = SW_CREATE | SW_REQUIRED | SW_INDEXED, .values = sink_types, .used_by = "event.follow", .example = "webhook" },
	{ .name = "status", .doc = "initialized, validating, active, or failed: switched off after days of failures.", .type = SW_ENUM, .flags = SW_QUERY, .values = event_statuses },
	{ .name = "url", .doc = "Where it is.", .type = SW_PATTERN, .pattern = "/v1/Sinks/{sid}" },
	{ 0 },
};

#define A struct sink_args
#define V struct sink_view
#define ONE_OF(kinds_) { .name = "sid", .doc = "SID of the sink or native subscription.", .type = SW_SID, .flags = SW_PATH, .kinds = kinds_, SW_SID_AT(A, sid) }
#define ONE { .name = "sid", .doc = "SID of the sink.", .type = SW_SID, .flags = SW_PATH, .kinds = "DG", SW_SID_AT(A, sid) }
static const struct sw_field one_params[] = { ONE, { 0 } };
static const struct sw_field validate_params[] = {
	ONE,
	{ .name = "test_id", .doc = "The id of the test event that arrived.", .type = SW_STR, .flags = SW_REQUIRED, .max = 64, SW_TEXT_AT(A, test_id), .used_by = "sink.validate", .example = "id-of-the-test-event" },
	{ 0 },
};
static const struct sw_field any_params[] = { ONE_OF("DG,EU"), { 0 } };
static const struct sw_field replay_params[] = {
	ONE_OF("DG,EU"),
	{ .name = "since", .doc = "Time of the first event that is given again.", .type = SW_TIME, .flags = SW_REQUIRED, SW_INT_AT(A, since), .used_by = "sink.replay", .example = "2024-01-01T00:00:00Z" },
	{ 0 },
};
static const struct sw_field result_fields[] = {
	{ .name = "result", .doc = "submitted; valid or invalid.", .type = SW_STR, SW_TEXT_AT(V, result) },
	{ 0 },
};
static const struct sw_field view_fields[] = {
	{ .name = "sid", .doc = "Identifier of the sink or native subscription.", .type = SW_SID, .kinds = "DG,EU", SW_SID_AT(V, sid) },
	{ .name = "account_sid", .doc = "Account that owns it.", .type = SW_SID, .kinds = "AC", SW_SID_AT(V, account_sid) },
	{ .name = "status", .doc = "initialized, validating, active or failed.", .type = SW_STR, SW_TEXT_AT(V, status) },
	{ .name = "subscriptions", .doc = "How many have it.", .type = SW_INT, SW_INT_AT(V, subscriptions) },
	{ .name = "behind", .doc = "Events of the log that it was not looked at for yet, its account's and others'.", .type = SW_INT, SW_INT_AT(V, behind) },
	{ .name = "date_failing", .doc = "Since when every attempt failed; null: the last one did not.", .type = SW_TIME, SW_INT_AT(V, date_failing) },
	{ .name = "why", .doc = "Why the last attempt failed; null: it did not.", .type = SW_STR, SW_TEXT_AT(V, why) },
	{ 0 },
};
/* clang-format on */

/* ---- the row ---- */

int event_state_wait(struct sw_task *task, const struct sw_core *core, int bucket, struct sw_id account,
		     struct sw_id sink, struct event_state *ret)
{
	struct sw_rows rows;
	int err = sw_query_wait(task, core->store, sw_task_arena(task), &event_sql[SQL_EVENT_SINK_GET], &rows,
				SW_I(bucket), SW_ID(account), SW_ID(sink));
	if (err || !rows.n)
		return err ? err : SW_ENOTFOUND;
	struct sw_row row = rows.row[0];
	*ret = (struct event_state){
		.seq = sw_row_int(row, 0),
		.status = sw_row_int(row, 1),
		.subscriptions = sw_row_int(row, 2),
		.failing_us = sw_row_int(row, 3),
		.notices = sw_row_int(row, 4),
		.replay_seq = sw_row_int(row, 5),
		.changes = sw_row_int(row, 6),
		.why = sw_row_str(row, 7),
	};
	if (ret->status < 0 || ret->status >= EVENT_STATUSES)
		return SW_ECORRUPT;
	return 0;
}

/* ---- rules of the resource ---- */

int event_sink_limit(const struct sw_resource_change *change, struct sw_str kind, struct sw_error *err)
{
	struct sw_rows rows;
	int failed = sw_query_wait(change->task, change->core->store, sw_task_arena(change->task),
				   &event_sql[SQL_EVENT_SINK_COUNT], &rows, SW_I(change->account->bucket),
				   SW_ID(change->account->sid.id), SW_T(kind));
	if (!failed && sw_row_int(rows.row[0], 0) >= EVENT_SINKS_MAX)
		return sw_fail(err, 20001, "The account has %d of these, which is the most; delete one first.",
			       EVENT_SINKS_MAX);
	return sw_fail_internal(err, failed);
}

static int check(const struct sw_resource_change *change, struct sw_error *err)
{
	struct event_target target;
	if (change->before)
		return 0;
	int failed = event_target_read(
		sw_task_arena(change->task), sw_resource_text(change->type, change->object, "sink_type"),
		sw_resource_text(change->type, change->object, "sink_configuration"), &target, err);
	if (failed)
		return failed;
	return event_sink_limit(change, SW_S("DG"), err);
}

/*
 * A password in a URL is for the other end only: "nats://user:***@host".  What stands there alone is a user's name with
 * HTTP, and a token with NATS.
 */
static struct sw_str without_password(struct sw_arena *arena, struct sw_str url)
{
	ptrdiff_t scheme = sw_str_find(url, SW_S("://"));
	size_t from = scheme < 0 ? url.n : (size_t)scheme + 3, end = from, at = from;
	for (; end < url.n && url.p[end] != '/' && url.p[end] != '?'; end++)
		if (url.p[end] == '@')
			at = end;
	ptrdiff_t colon = sw_str_index(sw_str_sub(url, from, at - from), ':');
	if (at == from || (colon < 0 && sw_str_starts(url, SW_S("http"))))
		return url;
	return sw_str_fmt(arena, "%.*s***%.*s", (int)(colon < 0 ? from : from + (size_t)colon + 1), url.p,
			  SW_FMT(sw_str_from(url, at)));
}

/* Read as JSON: a URL can be written there in more than one way. */
static int show_config(struct sw_arena *arena, struct sw_str config, struct sw_str *ret)
{
	const struct sw_json *object;
	struct sw_buf out = { .arena = arena };
	struct sw_json_out json = { .buf = &out };
	if (sw_json_parse(arena, config, NULL, &object, NULL))
		return SW_ECORRUPT;
	for (struct sw_json *member = object->child; member; member = member->next)
		if (member->kind == SW_JSON_STRING)
			member->text = without_password(arena, member->text);
	sw_json_value(&json, object);
	*ret = sw_buf_str(&out);
	return 0;
}

static int show_wait(const struct sw_resource_change *change)
{
	struct event_state state;
	struct sw_sid sid = sw_resource_sid(change->type, change->object);
	struct sw_str config;
	int8_t in_use;
	int err = event_state_wait(change->task, change->core, change->account->bucket, change->account->sid.id, sid.id,
				   &state);
	if (err == SW_ENOTFOUND) /* it is just being created */
		state = (struct event_state){ .status = EVENT_INITIALIZED };
	else if (err)
		return err;
	err = show_config(sw_task_arena(change->task),
			  sw_resource_text(change->type, change->object, "sink_configuration"), &config);
	if (err)
		return err;
	in_use = state.subscriptions > 0;
	sw_resource_set_text(change->type, change->object, "sink_configuration", config);
	sw_resource_set_text(change->type, change->object, "status", sw_str_of(event_statuses[state.status]));
	sw_resource_set(change->type, change->object, "in_use", &in_use);
	return 0;
}

static void created(const struct sw_resource_change *change)
{
	struct sw_sid sid = sw_resource_sid(change->type, change->object);
	sw_txn_do(change->txn, &event_sql[SQL_EVENT_SINK_PUT], SW_GUARD_ONE, SW_EEXIST, SW_I(change->account->bucket),
		  SW_ID(change->account->sid.id), SW_ID(sid.id), SW_T(SW_S("DG")), SW_I(0));
}

static void deleted(const struct sw_resource_change *change)
{
	struct sw_sid sid = sw_resource_sid(change->type, change->before);
	sw_txn_do(change->txn, &event_sql[SQL_EVENT_SINK_DROP], SW_GUARD_ONE, 20411, SW_I(change->account->bucket),
		  SW_ID(change->account->sid.id), SW_ID(sid.id));
}

const struct sw_resource event_sink = {
	.name = "Sink",
	.plural = "sinks",
	.doc = "A place that events are sent to.",
	.kind = "DG",
	.path = "/v1/Sinks",
	.list_key = "sinks",
	.product = "events",
	.style = SW_STYLE_V1,
	.undeletable = SW_ERRORS(20411),
	.fields = fields,
	.check = check,
	.show_wait = show_wait,
	.created = created,
	.deleted = deleted,
};

/* ---- testing ---- */

static int load_wait(struct sw_call *c, struct event_state *ret, struct sw_error *err)
{
	const struct sink_args *args = c->args;
	int failed = event_state_wait(c->task, c->core, c->account->bucket, c->account->sid.id, args->sid.id, ret);
	c->changed = args->sid;
	return failed == SW_ENOTFOUND ? sw_call_not_found(c, err) : sw_fail_internal(err, failed);
}

static void set_status(struct sw_call *c, struct sw_txn *txn, struct sw_sid sink, enum event_status status)
{
	sw_txn_do(txn, &event_sql[SQL_EVENT_SINK_STATUS], SW_GUARD_ONE, SW_ENOTFOUND, SW_I(c->account->bucket),
		  SW_ID(c->account->sid.id), SW_ID(sink.id), SW_I(status));
}

/* The event stands in the log like any other: the sink is given it in its turn, behind what waits for it. */
static int test(struct sw_call *c, struct sw_error *err)
{
	const struct sink_args *args = c->args;
	struct sink_view *result = c->result;
	struct event_state state;
	int failed = load_wait(c, &state, err);
	if (failed)
		return failed;
	struct sw_txn *txn = sw_call_txn(c);
	set_status(c, txn, args->sid, EVENT_VALIDATING);
	sw_event_add(txn, c->account->sid.id, args->sid, "sink.tested", SW_S("{}"));
	result->result = SW_S("submitted");
	return sw_call_commit_wait(c, txn, err);
}

/* Does the id name a test of this sink? */
static int is_test_wait(struct sw_call *c, const struct sink_args *args, bool *ret)
{
	struct sw_event *events;
	size_t n = 0;
	int64_t seq;
	*ret = false;
	if (sw_event_id_parse(args->test_id, c->account->bucket, &seq))
		return 0;
	const struct sw_event_filter filter = { .sid = args->sid.id, .after_seq = seq - 1, .limit = 1 };
	int err = sw_event_read_wait(c->task, c->core->store, c->arena, c->account->bucket, &filter, &events, &n);
	*ret = !err && n && events[0].seq == seq && sw_str_is(events[0].type, "sink.tested") &&
	       sw_id_eq(events[0].account, c->account->sid.id);
	return err;
}

static int validate(struct sw_call *c, struct sw_error *err)
{
	const struct sink_args *args = c->args;
	struct sink_view *result = c->result;
	struct event_state state;
	bool valid = false;
	int failed = load_wait(c, &state, err);
	if (!failed)
		failed = sw_fail_internal(err, is_test_wait(c, args, &valid));
	if (failed)
		return failed;
	struct sw_txn *txn = sw_call_txn(c);
	result->result = valid ? SW_S("valid") : SW_S("invalid");
	if (valid)
		set_status(c, txn, args->sid, EVENT_ACTIVE);
	return sw_call_commit_wait(c, txn, err);
}

/* ---- natively ---- */

static int show(struct sw_call *c, const struct event_state *state, struct sw_error *err)
{
	const struct sink_args *args = c->args;
	struct sink_view *result = c->result;
	int64_t last = state->seq;
	int failed = sw_event_last_wait(c->task, c->core->store, c->account->bucket, &last);
	result->sid = args->sid;
	result->account_sid = c->account->sid;
	result->status = sw_str_of(event_statuses[state->status]);
	result->why = state->why.n ? state->why : SW_STR_NULL;
	result->subscriptions = state->subscriptions;
	result->behind = last > state->seq ? last - state->seq : 0;
	result->date_failing = state->failing_us ? state->failing_us : SW_NONE;
	return sw_fail_internal(err, failed);
}

static int fetch(struct sw_call *c, struct sw_error *err)
{
	struct event_state state;
	int failed = load_wait(c, &state, err);
	return failed ? failed : show(c, &state, err);
}

static int replay(struct sw_call *c, struct sw_error *err)
{
	const struct sink_args *args = c->args;
	struct event_state state;
	struct sw_rows rows;
	int failed = load_wait(c, &state, err);
	if (failed)
		return failed;
	failed = sw_query_wait(c->task, c->core->store, c->arena, &event_sql[SQL_EVENT_BEFORE], &rows,
			       SW_I(c->account->bucket), SW_I(args->since));
	if (failed)
		return sw_fail_internal(err, failed);
	state.seq = sw_row_int(rows.row[0], 0);
	state.failing_us = 0;
	if (state.status == EVENT_FAILED)
		state.status = EVENT_INITIALIZED;
	failed = show(c, &state, err);
	if (failed)
		return failed;
	struct sw_txn *txn = sw_call_txn(c);
	sw_txn_do(txn, &event_sql[SQL_EVENT_SINK_REPLAY], SW_GUARD_ONE, SW_ENOTFOUND, SW_I(c->account->bucket),
		  SW_ID(c->account->sid.id), SW_ID(args->sid.id), SW_I(state.seq));
	sw_event_add(
		txn, c->account->sid.id, args->sid, "sink.replayed",
		sw_str_fmt(c->arena, "{\"behind\":%lld}", (long long)((const struct sink_view *)c->result)->behind));
	return sw_call_commit_wait(c, txn, err);
}

/* clang-format off */
#define CONTRACT SW_STYLE_V1, "events"
#define RESULT result_fields, sizeof(struct sink_view), 201
#define VIEW view_fields, sizeof(struct sink_view), 200
#define ARGS(params) params, sizeof(struct sink_args)
const struct sw_endpoint event_sink_endpoints[] = {
	{ "POST", "/v1/Sinks/{Sid}/Test", "CreateSinkTest", "Send a sink a test event.", CONTRACT, ARGS(one_params), RESULT, test, .flags = SW_AUDIT, .rate_class = "write", .sdk = "sinks().sinkTest" },
	{ "POST", "/v1/Sinks/{Sid}/Validate", "CreateSinkValidate", "Confirm that a test event arrived.", CONTRACT, ARGS(validate_params), RESULT, validate, .flags = SW_AUDIT, .rate_class = "write", .sdk = "sinks().sinkValidate" },
	{ "GET", "/v1/event_sinks/{sid}", "GetEventSink", "Fetch how a sink fares.", SW_STYLE_NATIVE, NULL, ARGS(any_params), VIEW, fetch, .rate_class = "read" },
	{ "POST", "/v1/event_sinks/{sid}/replay", "ReplayEventSink", "Give a sink the events since a time again.", SW_STYLE_NATIVE, NULL, ARGS(replay_params), VIEW, replay, .flags = SW_AUDIT, .rate_class = "write" },
	{ 0 },
};
/* clang-format on */
