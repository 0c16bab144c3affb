/* Subscriptions of Event Streams: which types a sink is given, by which condition. */
#include "product/event/event_sink.h"

#include "base/num.h"
#include "core/core_sql.h"
#include "loop/clock.h"
#include "loop/task.h"

/* clang-format off */
static const struct sw_link links[] = { { "subscribed_events", "/v1/Subscriptions/{sid}/SubscribedEvents" }, { 0 } };

static const struct sw_field fields[] = {
	{ .name = "account_sid", .doc = "Account whose events they are.", .type = SW_SID, .kinds = "AC" },
	{ .name = "date_created", .doc = "When it was created.", .type = SW_TIME },
	{ .name = "date_updated", .doc = "When it last changed.", .type = SW_TIME },
	{ .name = "description", .doc = "A text for people.", .type = SW_STR, .flags = SW_WRITE | SW_REQUIRED, .max = 256, .used_by = "subscription.list", .example = "Deliveries" },
	{ .name = "filter", .doc = "Only events of whose data this is true: messageStatus == 'FAILED' AND errorCode == 30004; see docs/events.md.", .type = SW_STR, .flags = SW_WRITE | SW_HIDDEN | SW_EMPTY_OK, .max = SW_EXPR_CHARS_MAX, .used_by = "event.follow" },
	{ .name = "links", .doc = "Its types.", .type = SW_LINKS, .links = links },
	{ .name = "receive_events_from_subaccounts", .doc = "Whether a master account's subscription takes its subaccounts' events too.", .type = SW_BOOL, .flags = SW_WRITE | SW_HIDDEN, .def = "false", .used_by = "event.follow" },
	{ .name = "sid", .doc = "Identifier of the subscription.", .type = SW_SID, .kinds = "DF" },
	{ .name = "since_seq", .doc = "Where the log ended when it was made: a clock may be set back.", .type = SW_INT, .flags = SW_HIDDEN },
	{ .name = "sink_sid", .doc = "Sink that is given the events.", .type = SW_SID, .kinds = "DG", .flags = SW_CREATE | SW_REQUIRED | SW_INDEXED, .used_by = "event.follow" },
	{ .name = "types", .doc = "Types it takes: objects with type and schema_version.", .type = SW_STRS, .flags = SW_CREATE | SW_REQUIRED | SW_HIDDEN, .max = EVENT_TYPES_MAX, .used_by = "event.follow", .example = "[{\"type\":\"com.twilio.messaging.message.delivered\",\"schema_version\":1}]" },
	{ .name = "url", .doc = "Where it is.", .type = SW_PATTERN, .pattern = "/v1/Subscriptions/{sid}" },
	{ 0 },
};
/* clang-format on */

/* ---- types: objects in JSON, as they came ---- */

int event_type_check(const struct sw_core *core, struct sw_str name, int64_t version, struct event_type_wanted *ret,
		     struct sw_error *err)
{
	ret->type = sw_event_type_named(core->events, name);
	ret->version = version;
	if (!ret->type)
		return sw_fail(err, 20001,
			       "There is no event type '%.*s'; GET /events/v1/Types lists those that there are.",
			       SW_FMT(sw_str_sub(name, 0, 100)));
	if (version != SW_EVENT_VERSION)
		return sw_fail(err, 20001, "The event type '%.*s' has schema version %d, not %lld.", SW_FMT(name),
			       SW_EVENT_VERSION, (long long)version);
	return 0;
}

static int read_type(struct sw_arena *arena, const struct sw_core *core, struct sw_str text,
		     struct event_type_wanted *ret, struct sw_error *err)
{
	const struct sw_json *object, *version;
	const char *why = NULL;
	if (sw_json_parse(arena, text, NULL, &object, &why) || object->kind != SW_JSON_OBJECT)
		return sw_fail(err, 20001,
			       "The parameter 'Types' is not valid: each is an object in JSON, "
			       "{\"type\":\"com.twilio.messaging.message.delivered\",\"schema_version\":1}%s%s.",
			       why ? "; this one has a fault: " : "", why ? why : "");
	version = sw_json_get(object, "schema_version");
	if (version && version->kind != SW_JSON_NULL && !version->is_int)
		return sw_fail(err, 20001, "The parameter 'Types' is not valid: schema_version is a whole number.");
	return event_type_check(core, sw_json_get_str(object, "type"),
				version && version->is_int ? version->i : SW_EVENT_VERSION, ret, err);
}

static struct sw_str write_type(struct sw_arena *arena, const struct event_type_wanted *t)
{
	return sw_str_fmt(arena, "{\"type\":\"%.*s\",\"schema_version\":%lld}", SW_FMT(t->type->name),
			  (long long)t->version);
}

int event_types_read(struct sw_arena *arena, const struct sw_core *core, const struct sw_resource_type *type,
		     const void *object, struct event_types *ret, struct sw_error *err)
{
	const struct sw_strs *texts = sw_resource_field(type, object, "types");
	int failed = 0;
	*ret = (struct event_types){ .v = SW_ARENA_ARRAY(arena, struct event_type_wanted, texts->n + 1) };
	for (size_t i = 0; i < texts->n && !failed; i++)
		failed = read_type(arena, core, texts->v[i], &ret->v[ret->n++], err);
	return failed;
}

void event_types_write(struct sw_arena *arena, const struct sw_resource_type *type, void *object,
		       const struct event_types *types)
{
	struct sw_strs texts = { .v = SW_ARENA_ARRAY(arena, struct sw_str, types->n + 1) };
	for (size_t i = 0; i < types->n; i++)
		texts.v[texts.n++] = write_type(arena, &types->v[i]);
	sw_resource_set(type, object, "types", &texts);
}

/* ---- filters ---- */

int event_filter_parse(struct sw_arena *arena, struct sw_str name, struct sw_str text, const struct sw_expr **ret,
		       struct sw_error *err)
{
	struct sw_expr_error error;
	*ret = NULL;
	if (!text.n || sw_expr_parse(arena, text, ret, &error) == 0)
		return 0;
	return sw_fail(err, 20001, "The parameter '%.*s' is not valid at character %zu: %s.", SW_FMT(name),
		       error.at + 1, error.why);
}

void event_wanted_read(struct sw_arena *arena, const struct sw_core *core, const struct sw_resource_type *type,
		       const void *object, struct event_wanted *ret)
{
	struct event_types types;
	struct sw_error ignored;
	*ret = (struct event_wanted){
		.since_seq = *(const int64_t *)sw_resource_field(type, object, "since_seq"),
		.subaccounts = *(const int8_t *)sw_resource_field(type, object, "receive_events_from_subaccounts") == 1,
	};
	/* Both were checked when they were given. */
	if (event_types_read(arena, core, type, object, &types, &ignored) ||
	    event_filter_parse(arena, SW_S("Filter"), sw_str_dup(arena, sw_resource_text(type, object, "filter")),
			       &ret->filter, &ignored))
		return;
	ret->types = SW_ARENA_ARRAY(arena, const struct sw_event_type *, types.n + 1);
	for (size_t i = 0; i < types.n; i++)
		ret->types[ret->types_n++] = types.v[i].type;
}

/* ---- rules ---- */

static int check_limit(const struct sw_resource_change *change, struct sw_error *err)
{
	struct sw_rows rows;
	int failed = sw_query_wait(change->task, change->core->store, sw_task_arena(change->task),
				   &event_sql[SQL_EVENT_SINK_COUNT], &rows, SW_I(change->account->bucket),
				   SW_ID(change->account->sid.id), SW_T(SW_S("DG")));
	if (failed)
		return sw_fail_internal(err, failed);
	if (sw_row_int(rows.row[0], 1) >= EVENT_SUBSCRIPTIONS_MAX)
		return sw_fail(err, 20001, "The account has %d subscriptions, which is the most; delete one first.",
			       EVENT_SUBSCRIPTIONS_MAX);
	return 0;
}

static int check_sink(const struct sw_resource_change *change, struct sw_error *err)
{
	struct event_state state;
	struct sw_sid sink = *(const struct sw_sid *)sw_resource_field(change->type, change->object, "sink_sid");
	int failed = event_state_wait(change->task, change->core, change->account->bucket, change->account->sid.id,
				      sink.id, &state);
	if (failed == SW_ENOTFOUND)
		return sw_fail(err, 20001, "The parameter 'SinkSid' is not valid: the account has no sink %.*s.",
			       SW_FMT(sw_sid_text(sw_task_arena(change->task), sink)));
	if (!failed && state.status == EVENT_FAILED)
		return sw_fail(err, 20001,
			       "The parameter 'SinkSid' is not valid: the sink failed for days and was switched off; "
			       "test it first.");
	return sw_fail_internal(err, failed);
}

static int begin_wait(const struct sw_resource_change *change, struct sw_error *err)
{
	int64_t last = 0;
	int failed = sw_event_last_wait(change->task, change->core->store, change->account->bucket, &last);
	sw_resource_set(change->type, change->object, "since_seq", &last);
	return sw_fail_internal(err, failed);
}

static int check(const struct sw_resource_change *change, struct sw_error *err)
{
	struct sw_arena *arena = sw_task_arena(change->task);
	struct event_types types;
	const struct sw_expr *filter;
	struct sw_str text = sw_resource_text(change->type, change->object, "filter");
	int failed = event_types_read(arena, change->core, change->type, change->object, &types, err);
	if (failed)
		return failed;
	event_types_write(arena, change->type, change->object, &types);
	failed = event_filter_parse(arena, SW_S("Filter"), text, &filter, err);
	if (!failed && !change->before)
		failed = check_limit(change, err);
	if (!failed && !change->before)
		failed = check_sink(change, err);
	return failed || change->before ? failed : begin_wait(change, err);
}

/* The sink's row counts its subscriptions: it must be there, and is not deleted while one is. */
static void count(const struct sw_resource_change *change, const void *object, int by)
{
	const struct sw_sid *sink = sw_resource_field(change->type, object, "sink_sid");
	sw_txn_do(change->txn, &event_sql[SQL_EVENT_SINK_USE], by > 0 ? SW_GUARD_ONE : SW_GUARD_ANY, SW_ENOTFOUND,
		  SW_I(change->account->bucket), SW_ID(change->account->sid.id), SW_ID(sink->id), SW_I(by));
}

static void created(const struct sw_resource_change *change)
{
	count(change, change->object, 1);
}

static void deleted(const struct sw_resource_change *change)
{
	count(change, change->before, -1);
}

const struct sw_resource event_subscription = {
	.name = "Subscription",
	.plural = "subscriptions",
	.doc = "Types of events that a sink is given.",
	.kind = "DF",
	.path = "/v1/Subscriptions",
	.list_key = "subscriptions",
	.product = "events",
	.style = SW_STYLE_V1,
	.fields = fields,
	.check = check,
	.created = created,
	.deleted = deleted,
};
