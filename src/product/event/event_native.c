/* Native subscriptions: a URL that is given events, sink and subscription in one. */
#include "product/event/event_sink.h"

#include "base/num.h"
#include "loop/task.h"

enum { PATTERNS_MAX = 100, PAUSE_MOST_S = 3600, OFF_MOST_H = 720 };

static const char *const refusals[] = { "retry", "drop", NULL };

/* clang-format off */
#define USED .used_by = "event.follow"
static const struct sw_field fields[] = {
	{ .name = "sid", .doc = "Identifier of the subscription.", .type = SW_SID, .kinds = "EU" },
	{ .name = "account_sid", .doc = "Account whose events they are.", .type = SW_SID, .kinds = "AC" },
	{ .name = "date_created", .doc = "When it was created.", .type = SW_TIME },
	{ .name = "date_updated", .doc = "When it last changed.", .type = SW_TIME },
	{ .name = "description", .doc = "A text for people.", .type = SW_STR, .flags = SW_WRITE, .max = 256, .used_by = "event_subscription.list" },
	{ .name = "filter", .doc = "Only events of which this is true, as for GET /v1/events: type == 'message.failed' AND data.error_code == 30003.", .type = SW_STR, .flags = SW_WRITE | SW_EMPTY_OK, .max = SW_EXPR_CHARS_MAX, USED },
	{ .name = "in_flight", .doc = "Requests at once, to http and https.", .type = SW_INT, .flags = SW_WRITE, .min = 1, .max = EVENT_IN_FLIGHT_MAX, .def = "4", USED },
	{ .name = "include_subaccounts", .doc = "Whether a master account's subscription takes its subaccounts' events too.", .type = SW_BOOL, .flags = SW_WRITE, .def = "true", USED },
	{ .name = "max_batch", .doc = "Events a request or publication at most.", .type = SW_INT, .flags = SW_WRITE, .min = 1, .max = EVENT_BATCH_MAX, .def = "100", USED },
	{ .name = "off_h", .doc = "Hours of only failures until it is switched off; any change switches it on again.", .type = SW_INT, .flags = SW_WRITE, .min = 1, .max = OFF_MOST_H, .def = "120", USED },
	{ .name = "pause_max_s", .doc = "Longest pause between attempts; they begin with a second and double.", .type = SW_INT, .flags = SW_WRITE, .min = 1, .max = PAUSE_MOST_S, .def = "64", USED },
	{ .name = "rate", .doc = "Events a second at most; 0: no limit.", .type = SW_INT, .flags = SW_WRITE, .min = 0, .max = EVENT_RATE_MAX, .def = "0", USED },
	{ .name = "refused", .doc = "What becomes of events that are answered with a status of 4xx (other than 429): they are tried again, or dropped.", .type = SW_ENUM, .flags = SW_WRITE, .values = refusals, .def = "retry", USED },
	{ .name = "status", .doc = "initialized, active once something arrived, or failed: switched off after hours of only failures.", .type = SW_ENUM, .flags = SW_QUERY, .values = event_statuses },
	{ .name = "types", .doc = "Types it takes, as the log has them: message.delivered, message.* or *.", .type = SW_STRS, .flags = SW_WRITE | SW_REQUIRED, .max = PATTERNS_MAX, USED, .example = "[\"message.delivered\",\"message.failed\"]" },
	{ .name = "url", .doc = "Where they go: an http or https URL, nats://HOST/SUBJECT or kafka://HOST/TOPIC; a password in it is not shown.", .type = SW_STR, .flags = SW_WRITE | SW_REQUIRED | SW_SECRET, .max = 8192, USED, .example = "https://example.org/hook" },
	{ 0 },
};
/* clang-format on */

/* ---- reading ---- */

static bool matches(struct sw_str pattern, struct sw_str type)
{
	if (sw_str_is(pattern, "*"))
		return true;
	if (sw_str_ends(pattern, SW_S(".*")))
		return sw_str_starts(type, sw_str_sub(pattern, 0, pattern.n - 1));
	return sw_str_eq(pattern, type);
}

static int read_types(struct sw_arena *arena, const struct sw_core *core, const struct sw_strs *patterns,
		      struct event_wanted *ret, struct sw_error *err)
{
	const struct sw_event_type *type;
	size_t n = 0;
	while (sw_event_type_at(core->events, n))
		n++;
	ret->types = SW_ARENA_ARRAY(arena, const struct sw_event_type *, n * patterns->n + 1);
	for (size_t i = 0; i < patterns->n; i++) {
		size_t before = ret->types_n;
		for (size_t k = 0; (type = sw_event_type_at(core->events, k)); k++)
			if (matches(patterns->v[i], type->type))
				ret->types[ret->types_n++] = type;
		if (ret->types_n == before)
			return sw_fail(err, 20001,
				       "The parameter 'types' is not valid: there is no event type '%.*s'; "
				       "docs/event-types.md lists them as the log has them.",
				       SW_FMT(sw_str_sub(patterns->v[i], 0, 100)));
	}
	return 0;
}

static int64_t number(const struct sw_resource_type *type, const void *object, const char *name)
{
	return *(const int64_t *)sw_resource_field(type, object, name);
}

int event_native_read(struct sw_arena *arena, const struct sw_core *core, const struct sw_resource_type *type,
		      const void *object, struct event_target *ret_target, struct event_wanted *ret_wanted,
		      struct sw_error *err)
{
	struct event_target *target = ret_target;
	int failed = event_target_of_url(arena, sw_str_dup(arena, sw_resource_text(type, object, "url")), target, err);
	if (failed)
		return failed;
	target->batch_max = number(type, object, "max_batch");
	if (target->in_flight > 1)
		target->in_flight = number(type, object, "in_flight");
	target->rate = number(type, object, "rate");
	target->pause_max_s = number(type, object, "pause_max_s");
	target->off_h = number(type, object, "off_h");
	target->insist = sw_str_is(sw_resource_text(type, object, "refused"), "retry");
	/* It began where the log ended: that says since when, not a clock that may be set back. */
	*ret_wanted = (struct event_wanted){
		.subaccounts = *(const int8_t *)sw_resource_field(type, object, "include_subaccounts") == 1,
	};
	failed = read_types(arena, core, sw_resource_field(type, object, "types"), ret_wanted, err);
	return failed ? failed
		      : event_filter_parse(arena, SW_S("filter"),
					   sw_str_dup(arena, sw_resource_text(type, object, "filter")),
					   &ret_wanted->filter, err);
}

/* ---- rules ---- */

static int check(const struct sw_resource_change *change, struct sw_error *err)
{
	struct event_target target;
	struct event_wanted wanted;
	int failed = event_native_read(sw_task_arena(change->task), change->core, change->type, change->object, &target,
				       &wanted, err);
	return failed || change->before ? failed : event_sink_limit(change, SW_S("EU"), err);
}

static int show_wait(const struct sw_resource_change *change)
{
	struct event_state state;
	struct sw_str url = sw_resource_text(change->type, change->object, "url");
	struct sw_sid sid = sw_resource_sid(change->type, change->object);
	int err = event_state_wait(change->task, change->core, change->account->bucket, change->account->sid.id, sid.id,
				   &state);
	if (err && err != SW_ENOTFOUND)
		return err;
	sw_resource_set_text(change->type, change->object, "status",
			     sw_str_of(event_statuses[err ? EVENT_INITIALIZED : state.status]));
	if (event_url_has_user(url))
		sw_resource_set_text(change->type, change->object, "url",
				     event_url_shown(sw_task_arena(change->task), url));
	return 0;
}

static void created(const struct sw_resource_change *change)
{
	sw_txn_do(change->txn, &event_sql[SQL_EVENT_SINK_PUT], SW_GUARD_ONE, SW_EEXIST, SW_I(change->account->bucket),
		  SW_ID(change->account->sid.id), SW_ID(sw_resource_sid(change->type, change->object).id),
		  SW_T(SW_S("EU")), SW_I(1));
}

/* It was changed because it failed, as often as not. */
static void updated(const struct sw_resource_change *change)
{
	sw_txn_do(change->txn, &event_sql[SQL_EVENT_SINK_STATUS], SW_GUARD_ONE, SW_ENOTFOUND,
		  SW_I(change->account->bucket), SW_ID(change->account->sid.id),
		  SW_ID(sw_resource_sid(change->type, change->object).id), SW_I(EVENT_INITIALIZED));
}

static void deleted(const struct sw_resource_change *change)
{
	sw_txn_do(change->txn, &event_sql[SQL_EVENT_SINK_DROP], SW_GUARD_ONE, SW_ENOTFOUND,
		  SW_I(change->account->bucket), SW_ID(change->account->sid.id),
		  SW_ID(sw_resource_sid(change->type, change->before).id));
}

const struct sw_resource event_native = {
	.name = "EventSubscription",
	.plural = "native event subscriptions",
	.doc = "A URL that is given events.",
	.kind = "EU",
	.path = "/v1/event_subscriptions",
	.style = SW_STYLE_NATIVE,
	.fields = fields,
	.check = check,
	.show_wait = show_wait,
	.created = created,
	.updated = updated,
	.deleted = deleted,
};
