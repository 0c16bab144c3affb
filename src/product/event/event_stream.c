/* GET /v1/events/stream: the event log as it grows. */
#include "base/num.h"
#include "base/ref.h"
#include "core/expr.h"
#include "loop/task.h"
#include "product/event/event_live.h"

enum { LAST_MAX = 100000, AGAIN_US = 250 * 1000 };

struct stream_args {
	struct event_asked asked;
	struct sw_str cursor;
	int64_t last;
};

/* clang-format off */
static const struct sw_field stream_params[] = {
	{ .name = "type", .doc = "Only events of this type.", .type = SW_STR, .flags = SW_QUERY, SW_TEXT_AT(struct stream_args, asked.type), .max = 100 },
	{ .name = "sid", .doc = "Only events about this SID.", .type = SW_STR, .flags = SW_QUERY, SW_TEXT_AT(struct stream_args, asked.sid), .max = 34 },
	{ .name = "filter", .doc = "Only events of which this is true, as for GET /v1/events; see docs/events.md.", .type = SW_STR, .flags = SW_QUERY, SW_TEXT_AT(struct stream_args, asked.filter), .max = SW_EXPR_CHARS_MAX },
	{ .name = "cursor", .doc = "Go on behind this event: the id of the last one seen, or a next_cursor. The header Last-Event-ID says the same and goes before.", .type = SW_STR, .flags = SW_QUERY, SW_TEXT_AT(struct stream_args, cursor), .max = 20 },
	{ .name = "last", .doc = "Without a cursor: begin at most this many events before the newest.", .type = SW_INT, .flags = SW_QUERY, SW_INT_AT(struct stream_args, last), .min = 0, .max = LAST_MAX, .def = "0" },
	{ 0 },
};
/* clang-format on */

static void listener_destroy(void *object)
{
	sw_unref(((struct listener *)object)->channel);
}

/* ---- catching up ---- */

/* One page behind the cursor. @return 0 (*ret_end: there is no more), or a store error */
static int read_page_wait(struct sw_task *task, struct listener *listener, struct sw_arena *arena, bool *ret_end)
{
	struct channel *channel = listener->channel;
	struct sw_event_filter filter = channel->filter;
	struct sw_buf lines = { .arena = arena };
	struct sw_event *events;
	int64_t last;
	size_t n;
	filter.after_seq = listener->cursor;
	filter.limit = EVENT_BATCH;
	/* Asked for before reading: filtered reads up to here have then missed nothing. */
	int err = sw_event_last_wait(task, channel->follower->core->store, channel->follower->bucket, &last);
	if (!err)
		err = sw_event_read_wait(task, channel->follower->core->store, arena, channel->follower->bucket,
					 &filter, &events, &n);
	if (!err)
		err = event_channel_lines_wait(task, arena, channel, events, n, &lines);
	if (err)
		return err;
	*ret_end = n < EVENT_BATCH;
	if (n)
		listener->cursor = events[n - 1].seq;
	if (*ret_end && last > listener->cursor)
		listener->cursor = last;
	if (lines.n && listener->live && !sw_live_send(listener->live, sw_buf_str(&lines)))
		return SW_EBUSY;
	return 0;
}

static void catch_up(struct sw_task *task, void *arg)
{
	struct listener *listener = arg;
	int err = 0;
	while (listener->live && err != SW_EBUSY && err != SW_ECANCELED && err != SW_ECLOSED) {
		struct sw_arena arena;
		bool end = false;
		sw_arena_init(&arena);
		err = read_page_wait(task, listener, &arena, &end);
		sw_arena_done(&arena);
		if (!err && end && listener->live && event_channel_join(listener))
			break;
		if (err && err != SW_EBUSY && err != SW_ECANCELED && err != SW_ECLOSED && sw_sleep_wait(task, AGAIN_US))
			break;
	}
	listener->busy = false; /* behind EBUSY, room() begins again */
	sw_unref(listener);
}

void event_listener_catch_up(struct listener *listener)
{
	if (listener->busy || !listener->live)
		return;
	listener->busy = true;
	sw_task_spawn(listener->channel->follower->loop, catch_up, sw_ref(listener));
}

/* ---- a listener ---- */

static void on_begun(struct sw_live *live, struct sw_task *task, void *owner)
{
	struct listener *listener = owner;
	(void)task;
	listener->live = live;
	event_listener_catch_up(listener);
}

static void on_room(void *owner)
{
	event_listener_catch_up(owner);
}

static void on_beat(void *owner, struct sw_buf *out)
{
	sw_buf_add_fmt(out, "id: %lld\n", (long long)((struct listener *)owner)->cursor);
}

static void on_gone(void *owner)
{
	struct listener *listener = owner;
	event_channel_leave(listener);
	listener->live = NULL;
	sw_unref(listener);
}

static const struct sw_live_kind kind = { .begun = on_begun, .room = on_room, .beat = on_beat, .gone = on_gone };

/* ---- what is asked for ---- */

/* Where to begin, when a cursor says so: not behind the end, not before what is left of the log. */
static int check_cursor_wait(struct sw_call *c, struct sw_str text, int64_t last, int64_t *ret, struct sw_error *err)
{
	if (sw_num_parse(text, ret) || *ret < 0 || *ret > last)
		return sw_fail(err, 20001, "The cursor '%.*s' is not one that this server gave.", SW_FMT(text));
	return event_cursor_check_wait(c, *ret, err);
}

static int begin_wait(struct sw_call *c, int64_t *ret, struct sw_error *err)
{
	const struct stream_args *args = c->args;
	struct sw_str cursor = c->request ? sw_http_field(&c->request->head, "Last-Event-ID") : SW_STR_NULL;
	int64_t last;
	int failed = sw_event_last_wait(c->task, c->core->store, c->account->bucket, &last);
	if (failed)
		return sw_fail_internal(err, failed);
	if (!cursor.n)
		cursor = args->cursor;
	if (cursor.n)
		return check_cursor_wait(c, cursor, last, ret, err);
	*ret = last > args->last ? last - args->last : 0;
	return 0;
}

static int stream(struct sw_call *c, struct sw_error *err)
{
	const struct stream_args *args = c->args;
	struct sw_event_filter filter;
	const struct sw_expr *condition;
	int64_t cursor;
	int failed = event_asked_read(c, &args->asked, &filter, &condition, err);
	if (!failed)
		failed = begin_wait(c, &cursor, err);
	if (failed)
		return failed;
	struct listener *listener = sw_new(struct listener, listener_destroy);
	sw_list_init(&listener->node);
	listener->cursor = cursor;
	listener->channel = event_channel_get(c, &filter, args->asked.filter);
	failed = sw_call_live(c, &kind, listener, err);
	if (failed)
		sw_unref(listener);
	return failed;
}

/* clang-format off */
const struct sw_endpoint event_stream_endpoints[] = {
	{ "GET", "/v1/events/stream", "StreamEvents", "Follow the event log: server-sent events, from now on or from a cursor.", SW_STYLE_NATIVE, NULL, stream_params, sizeof(struct stream_args), NULL, 0, 200, stream, .flags = SW_RAW | SW_WAITS, .rate_class = "read", .errors = SW_ERRORS(20414) },
	{ 0 },
};
/* clang-format on */
