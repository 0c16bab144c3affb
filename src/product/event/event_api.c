/* Events and traces over HTTP. */
#include "product/event/event.h"

#include "base/num.h"
#include "base/time.h"
#include "base/trace.h"
#include "core/expr.h"
#include "loop/clock.h"
#include "loop/task.h"
#include "product/event/event_sink.h"
#include "store/event.h"

/* Events of others in the bucket are skipped in steps of at least SCAN_MIN rows; a SID that is still in the flight
 * recorder has its events among the last TRACE_BACK of its bucket. */
enum { SCAN_MIN = 100, WAIT_MAX_S = 25, LAST_MAX = 100000, TRACE_BACK = 200000, LOOK_US = 500 * 1000 };

struct event {
	struct sw_str id, type, sid, data;
	int64_t time;
	struct sw_sid account_sid;
};

struct list_args {
	struct event_asked asked;
	int64_t wait_s, last;
};

struct trace {
	struct sw_str sid, steps;
};

/* clang-format off */
static const struct sw_field event_fields[] = {
	{ .name = "id", .doc = "Identifier of the event.", .type = SW_STR, SW_TEXT_AT(struct event, id) },
	{ .name = "type", .doc = "What happened, such as message.delivered.", .type = SW_STR, SW_TEXT_AT(struct event, type) },
	{ .name = "time", .doc = "When it happened.", .type = SW_TIME, SW_INT_AT(struct event, time) },
	{ .name = "account_sid", .doc = "Account it happened in.", .type = SW_SID, .kinds = "AC", SW_SID_AT(struct event, account_sid) },
	{ .name = "sid", .doc = "What it happened to.", .type = SW_STR, SW_TEXT_AT(struct event, sid) },
	{ .name = "data", .doc = "What else there is to know, an object.", .type = SW_JSON, SW_TEXT_AT(struct event, data) },
	{ 0 },
};

static const struct sw_field list_params[] = {
	{ .name = "type", .doc = "Only events of this type.", .type = SW_STR, .flags = SW_QUERY, SW_TEXT_AT(struct list_args, asked.type), .max = 100 },
	{ .name = "sid", .doc = "Only events about this SID.", .type = SW_STR, .flags = SW_QUERY, SW_TEXT_AT(struct list_args, asked.sid), .max = 34 },
	{ .name = "filter", .doc = "Only events of which this is true: type == 'message.failed' AND data.error_code IN [30003, 30004]; see docs/events.md.", .type = SW_STR, .flags = SW_QUERY, SW_TEXT_AT(struct list_args, asked.filter), .max = SW_EXPR_CHARS_MAX },
	{ .name = "wait_s", .doc = "Seconds to wait for an event when there is none, 0 to 25.", .type = SW_INT, .flags = SW_QUERY, SW_INT_AT(struct list_args, wait_s), .min = 0, .max = WAIT_MAX_S, .def = "0" },
	{ .name = "last", .doc = "Without a cursor: begin at most this many events before the newest.", .type = SW_INT, .flags = SW_QUERY, SW_INT_AT(struct list_args, last), .min = 0, .max = LAST_MAX },
	{ 0 },
};

static const struct sw_field trace_params[] = {
	{ .name = "sid", .doc = "SID whose way through the program is asked for.", .type = SW_STR, .flags = SW_PATH, SW_TEXT_AT(struct trace, sid), .max = 34, .example = "SM0123456789abcdef0123456789abcdef" },
	{ 0 },
};

static const struct sw_field trace_fields[] = {
	{ .name = "sid", .doc = "The SID asked for.", .type = SW_STR, SW_TEXT_AT(struct trace, sid) },
	{ .name = "steps", .doc = "Steps in order: at_us (microseconds since the first), room, step.", .type = SW_JSON, SW_TEXT_AT(struct trace, steps) },
	{ 0 },
};
/* clang-format on */

/* ---- the log ---- */

static struct event to_row(struct sw_arena *arena, int bucket, const struct sw_event *e)
{
	return (struct event){
		.id = sw_str_fmt(arena, "%d-%lld", bucket, (long long)e->seq),
		.type = e->type,
		.time = e->time_us,
		.account_sid = sw_sid_of("AC", e->account),
		.sid = e->kind.n == 2 ? sw_sid_text(arena, sw_sid_of(e->kind.p, e->sid)) : SW_STR_NULL,
		.data = e->data,
	};
}

static void add_event(struct sw_call *c, const struct sw_event *e)
{
	struct event row = to_row(c->arena, c->account->bucket, e);
	sw_call_add_row(c, &row);
}

void event_render(struct sw_arena *arena, int bucket, const struct sw_event *e, struct sw_buf *out)
{
	struct event row = to_row(arena, bucket, e);
	struct sw_json_out json = { .buf = out };
	sw_json_object(&json);
	sw_schema_render(event_fields, SW_STYLE_NATIVE, SW_S(""), &row, &json);
	sw_json_end_object(&json);
}

/* ---- conditions ---- */

/* One event as a condition sees it: type, sid, account_sid, and what is in data. */
struct seen {
	struct sw_arena *arena;
	const struct sw_event *event;
	const struct sw_json *data; /* NULL: not read yet */
	struct sw_json value[2];    /* a comparison looks at two */
	unsigned turn;
};

static const struct sw_json *member(void *context, struct sw_str path)
{
	struct seen *seen = context;
	struct sw_str rest = path, first = sw_str_cut(&rest, '.');
	struct sw_json *value = &seen->value[seen->turn++ % 2];
	*value = (struct sw_json){ .kind = SW_JSON_STRING };
	if (sw_str_is(path, "type"))
		value->text = seen->event->type;
	else if (sw_str_is(path, "account_sid"))
		value->text = sw_sid_text(seen->arena, sw_sid_of("AC", seen->event->account));
	else if (sw_str_is(path, "sid") && seen->event->kind.n == 2)
		value->text = sw_sid_text(seen->arena, sw_sid_of(seen->event->kind.p, seen->event->sid));
	if (value->text.p || !sw_str_is(first, "data"))
		return value->text.p ? value : NULL;
	if (!seen->data && sw_json_parse(seen->arena, seen->event->data, NULL, &seen->data, NULL))
		return NULL;
	return rest.p ? sw_expr_get_json((void *)(uintptr_t)seen->data, rest) : seen->data;
}

bool event_is_wanted(struct sw_arena *arena, const struct sw_expr *condition, const struct sw_event *event)
{
	struct seen seen = { .arena = arena, .event = event };
	return !condition || sw_expr_eval(condition, member, &seen);
}

/* Render what there is behind *seq, and move *seq to the last event looked at. */
static int collect_wait(struct sw_call *c, struct sw_event_filter *filter, const struct sw_expr *condition,
			int64_t *seq)
{
	struct event_sight sight = event_sight_of(c->account);
	struct sw_event *events;
	size_t n;
	int64_t last = *seq;
	/* Asked for before reading: filtered reads up to here have then missed nothing. */
	int failed = sw_event_last_wait(c->task, c->core->store, c->account->bucket, &last);
	while (!failed && c->page.rows < c->page.size) {
		filter->after_seq = *seq;
		int64_t room = c->page.size - c->page.rows;
		filter->limit = (unsigned)(room > SCAN_MIN ? room : SCAN_MIN);
		failed = sw_event_read_wait(c->task, c->core->store, c->arena, c->account->bucket, filter, &events, &n);
		for (size_t i = 0; i < n && !failed && c->page.rows < c->page.size; i++) {
			bool seen = false;
			failed = event_sight_wait(c->task, c->core, &sight, events[i].account, &seen);
			if (!failed && seen && event_is_wanted(c->arena, condition, &events[i]))
				add_event(c, &events[i]);
			*seq = events[i].seq;
		}
		if (failed || n < filter->limit)
			break;
	}
	event_sight_done(&sight);
	if (!failed && c->page.rows < c->page.size && last > *seq)
		*seq = last;
	return failed;
}

/* Looks now and then whether the client is still there, so that one who left is not counted among those under way. */
static int wait_for_more(struct sw_call *c, int64_t seq, int64_t until_us)
{
	int failed = SW_ETIMEDOUT;
	while (failed == SW_ETIMEDOUT && sw_mono_us() < until_us && !(c->request && sw_http_request_left(c->request))) {
		int64_t look_us = sw_mono_us() + LOOK_US;
		failed = sw_event_wait(c->task, c->core->store, c->account->bucket, seq,
				       look_us < until_us ? look_us : until_us);
	}
	return failed;
}

int event_cursor_check_wait(struct sw_call *c, int64_t cursor, struct sw_error *err)
{
	int64_t first;
	int failed = cursor ? sw_event_first_wait(c->task, c->core->store, c->account->bucket, &first) : 0;
	if (failed || !cursor)
		return sw_fail_internal(err, failed);
	if (first > cursor + 1)
		return sw_fail(err, 20414,
			       "The log begins at event %lld; those between it and your cursor %lld are removed.",
			       (long long)first, (long long)cursor);
	return 0;
}

static int list(struct sw_call *c, struct sw_error *err)
{
	const struct list_args *args = c->args;
	struct sw_event_filter filter;
	const struct sw_expr *condition;
	int64_t seq = 0, until_us = sw_mono_us() + args->wait_s * SW_US_PER_S;
	if (c->page.cursor.p && (sw_num_parse(c->page.cursor, &seq) || seq < 0))
		return sw_fail(err, 20001, "The cursor is not one that this server gave.");
	int failed = event_cursor_check_wait(c, seq, err);
	if (!failed)
		failed = event_asked_read(c, &args->asked, &filter, &condition, err);
	if (failed)
		return failed;
	if (!c->page.cursor.p && args->last != SW_NONE) {
		failed = sw_event_last_wait(c->task, c->core->store, c->account->bucket, &seq);
		seq = seq > args->last ? seq - args->last : 0;
	}
	if (!failed)
		failed = collect_wait(c, &filter, condition, &seq);
	while (!failed && c->page.rows == 0 && sw_mono_us() < until_us) {
		failed = wait_for_more(c, seq, until_us);
		if (failed == SW_ETIMEDOUT ||
		    failed == SW_ECANCELED) { /* nothing came, or the server ends: an empty page */
			failed = 0;
			break;
		}
		if (!failed)
			failed = collect_wait(c, &filter, condition, &seq);
	}
	c->page.next = sw_str_fmt(c->arena, "%lld", (long long)seq);
	return sw_fail_internal(err, failed);
}

/* ---- traces ---- */

/* A SID belongs to the account when the log has an event about it there. */
static int is_owned_wait(struct sw_call *c, struct sw_id id, bool *ret)
{
	struct event_sight sight = event_sight_of(c->account);
	struct sw_event *events;
	size_t n = 0;
	int64_t last = 0;
	*ret = false;
	int failed = sw_event_last_wait(c->task, c->core->store, c->account->bucket, &last);
	if (failed)
		return failed;
	const struct sw_event_filter filter = { .sid = id,
						.after_seq = last > TRACE_BACK ? last - TRACE_BACK : 0,
						.limit = 1 };
	failed = sw_event_read_wait(c->task, c->core->store, c->arena, c->account->bucket, &filter, &events, &n);
	if (!failed && n)
		failed = event_sight_wait(c->task, c->core, &sight, events[0].account, ret);
	event_sight_done(&sight);
	return failed;
}

static struct sw_str render_steps(struct sw_call *c, const struct sw_trace_step *steps, size_t n)
{
	struct sw_buf text = { .arena = c->arena };
	struct sw_json_out out = { .buf = &text };
	sw_json_array(&out);
	for (size_t i = 0; i < n; i++) {
		sw_json_object(&out);
		sw_json_add_int(&out, "at_us", steps[i].time_us - steps[0].time_us);
		sw_json_add_str(&out, "room", sw_str_of(steps[i].room));
		sw_json_add_str(&out, "step", sw_str_of(steps[i].what));
		sw_json_end_object(&out);
	}
	sw_json_end_array(&out);
	return sw_buf_str(&text);
}

static int fetch_trace(struct sw_call *c, struct sw_error *err)
{
	const struct trace *args = c->args;
	struct trace *result = c->result;
	struct sw_trace_step *steps = NULL;
	struct sw_sid sid;
	bool owned = false;
	size_t n = sw_sid_parse(args->sid, NULL, &sid) ? 0 : sw_trace_find(c->arena, sid.id, &steps);
	int failed = n ? is_owned_wait(c, sid.id, &owned) : 0;
	if (failed)
		return sw_fail_internal(err, failed);
	if (!owned)
		return sw_fail(err, 20404,
			       "There is no trace of %.*s: it is not known, or its last step was too long ago.",
			       SW_FMT(args->sid));
	result->sid = args->sid;
	result->steps = render_steps(c, steps, n);
	return 0;
}

/* clang-format off */
const struct sw_endpoint event_log_endpoints[] = {
	{ "GET", "/v1/events", "ListEvents", "Read the event log, oldest first, from the cursor on.", SW_STYLE_NATIVE, NULL, list_params, sizeof(struct list_args), event_fields, sizeof(struct event), 200, list, .flags = SW_LIST | SW_OWN_CURSOR | SW_WAITS, .rate_class = "read", .errors = SW_ERRORS(20414) },
	{ "GET", "/v1/traces/{sid}", "GetTrace", "Show the way of one message or call through the program.", SW_STYLE_NATIVE, NULL, trace_params, sizeof(struct trace), trace_fields, sizeof(struct trace), 200, fetch_trace, .rate_class = "read" },
	{ 0 },
};
/* clang-format on */
