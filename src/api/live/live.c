/* Listeners: places, heartbeats, those who do not read, and the last word. */
#include <stdatomic.h>
#include <stdlib.h>

#include "api/live/live_impl.h"
#include "base/time.h"
#include "core/limit/under_way.h"
#include "loop/clock.h"
#include "loop/loop.h"
#include "loop/task.h"

enum { TICK_US = 250 * 1000 };

const struct sw_live_limits sw_live_limits = {
	.of_account = 1000,
	.in_all = 5000,
	.queue_bytes = 32 * 1024,
	.send_buffer_bytes = 64 * 1024,
	.stall_us = 5 * SW_US_PER_S,
	.beat_us = 15 * SW_US_PER_S,
	.check_us = SW_US_PER_S / 2,
	.look_us = SW_US_PER_S / 10,
};

static const struct sw_metric metric_rows[SW_LIVE_METRICS_N] = {
	[SW_LIVE_LISTENERS] = { "strowger_live_listeners", "Clients that listen to a stream.", SW_GAUGE },
	[SW_LIVE_BEGUN] = { "strowger_live_begun_total", "Streams begun.", SW_COUNTER },
	[SW_LIVE_SLOW] = { "strowger_live_slow_total", "Streams ended since the client did not read.", SW_COUNTER },
	[SW_LIVE_REVOKED] = { "strowger_live_revoked_total", "Streams ended since the credentials are good no more.",
			      SW_COUNTER },
};
struct sw_metric_set sw_live_metrics = SW_METRIC_SET(metric_rows);

/* ---- places, of all loops together ---- */

static _Atomic int64_t places;

/* Counted beside the account's requests, under a name of their own. */
static struct sw_sid counted_as(struct sw_sid account)
{
	for (size_t i = 0; i < sizeof(account.id.b); i++)
		account.id.b[i] ^= 0x5a;
	return account;
}

static void leave_place(unsigned place)
{
	sw_under_way_leave(place);
	atomic_fetch_sub(&places, 1);
}

static int take_place(struct sw_call *c, unsigned *ret, struct sw_error *err)
{
	int64_t of_account, in_all = atomic_fetch_add(&places, 1) + 1;
	unsigned place = sw_under_way_enter(counted_as(c->account->sid), &of_account);
	bool account_full = of_account > sw_live_limits.of_account;
	*ret = place;
	if (!account_full && in_all <= sw_live_limits.in_all)
		return 0;
	leave_place(place);
	err->retry_after_s = 5;
	sw_fail(err, 20429,
		account_full ? "The account has %lld listeners already, as many as it may: end one, or share one."
			     : "The server has %lld listeners already, as many as it may: try again later.",
		(long long)(account_full ? sw_live_limits.of_account : sw_live_limits.in_all));
	err->retry_after_s = 5;
	return SW_EAPI;
}

int sw_call_live(struct sw_call *c, const struct sw_live_kind *kind, void *owner, struct sw_error *err)
{
	if (!c->request)
		return sw_fail(err, 20001, "A stream cannot be asked for from inside.");
	int failed = take_place(c, &c->live_place, err);
	if (failed)
		return failed;
	c->live = kind;
	c->live_owner = owner;
	sw_call_header(c, SW_S("Cache-Control"), SW_S("no-store"));
	sw_call_header(c, SW_S("X-Accel-Buffering"), SW_S("no")); /* proxies are to pass on each event as it comes */
	c->content_type = SW_S("text/event-stream");
	c->body = SW_S("");
	return 0;
}

void sw_live_abandon(struct sw_call *c)
{
	leave_place(c->live_place);
	c->live->gone(c->live_owner);
	c->live = NULL;
}

/* ---- a loop's listeners ---- */

static void drop_lives(void *here)
{
	sw_timer_stop(&((struct sw_lives *)here)->timer);
}

static void on_tick(struct sw_timer *timer);

static struct sw_lives *lives_here(struct sw_api *api, struct sw_loop *loop)
{
	static struct sw_loop_local lives = { .bytes = sizeof(struct sw_lives), .drop = drop_lives };
	struct sw_lives *here = sw_loop_local(loop, &lives);
	if (!here->loop) {
		here->loop = loop;
		here->api = api;
		sw_list_init(&here->lives);
		sw_list_init(&here->sessions);
	}
	if (!here->timer.slot)
		sw_timer_start(loop, &here->timer, SW_CLOCK_MONO, sw_mono_us() + TICK_US, on_tick);
	return here;
}

static void live_free(struct sw_live *live)
{
	sw_list_del(&live->node);
	sw_session_leave(live);
	leave_place(live->place);
	sw_count(&sw_live_metrics, SW_LIVE_LISTENERS, -1);
	live->kind->gone(live->owner);
	if (live->gone)
		*live->gone = true;
	free(live);
}

void sw_live_end(struct sw_live *live, int code, const char *message, bool reconnect)
{
	struct sw_buf text = { 0 };
	struct sw_json_out out = { .buf = &text };
	const struct sw_error_row *row = sw_error_find(code);
	SW_BUG_ON(!row);
	sw_buf_add_cstr(&text, "event: end\ndata: ");
	sw_json_object(&out);
	sw_json_add_int(&out, "code", code);
	sw_json_add_str(&out, "message", sw_str_of(message ? message : row->message));
	sw_json_add_bool(&out, "reconnect", reconnect);
	sw_json_end_object(&out);
	sw_buf_add_cstr(&text, "\n\n");
	sw_http_stream_end(live->stream, sw_buf_str(&text));
	sw_buf_done(&text);
	live_free(live);
}

/* @return false: it was ended */
static bool look_at(struct sw_live *live, int64_t now_us)
{
	size_t queued = sw_http_stream_queued(live->stream);
	if (queued == 0 || queued < live->queued)
		live->moved_us = now_us;
	live->queued = queued;
	if (now_us - live->moved_us < sw_live_limits.stall_us)
		return true;
	sw_count(&sw_live_metrics, SW_LIVE_SLOW, 1);
	sw_live_end(live, 20431, NULL, true);
	return false;
}

static void beat(struct sw_live *live, int64_t now_us)
{
	struct sw_buf text = { 0 };
	if (now_us - live->beat_us < sw_live_limits.beat_us || live->queued)
		return;
	live->beat_us = now_us;
	sw_buf_add_cstr(&text, ": still here\n");
	if (live->kind->beat)
		live->kind->beat(live->owner, &text);
	sw_buf_add_char(&text, '\n');
	(void)sw_live_send(live, sw_buf_str(&text));
	sw_buf_done(&text);
}

static void on_tick(struct sw_timer *timer)
{
	struct sw_lives *here = SW_CONTAINER(timer, struct sw_lives, timer);
	int64_t now_us = sw_mono_us();
	/* Who is looked at goes to the end: the list may change meanwhile. */
	struct sw_list walk;
	struct sw_list *node;
	sw_list_init(&walk);
	while ((node = sw_list_pop(&here->lives)))
		sw_list_push(&walk, node);
	while ((node = sw_list_pop(&walk))) {
		struct sw_live *live = SW_CONTAINER(node, struct sw_live, node);
		sw_list_push(&here->lives, node);
		if (look_at(live, now_us))
			beat(live, now_us);
	}
	if (now_us - here->checked_us >= sw_live_limits.check_us) {
		here->checked_us = now_us;
		sw_sessions_check(here);
	}
	if (!sw_list_empty(&here->lives) || here->checks)
		sw_timer_start(here->loop, timer, SW_CLOCK_MONO, now_us + TICK_US, on_tick);
}

/* ---- one listener ---- */

bool sw_live_send(struct sw_live *live, struct sw_str lines)
{
	size_t queued =
		sw_http_stream_send(live->stream, lines); /* the listener may be gone now: only the number counts */
	if (queued <= sw_live_limits.queue_bytes)
		return true;
	live->full = true; /* so much is queued of a stream that is there */
	return false;
}

static void on_closed(void *owner)
{
	live_free(owner);
}

static void on_drained(void *owner)
{
	struct sw_live *live = owner;
	bool was_full = live->full;
	live->full = false;
	live->moved_us = sw_mono_us();
	if (was_full && live->kind->room)
		live->kind->room(live->owner);
}

static void on_ending(void *owner)
{
	sw_live_end(owner, 20503, "The server is ending: come again in a moment.", true);
}

static const struct sw_http_stream_events events = { .closed = on_closed, .drained = on_drained, .ending = on_ending };

void sw_live_begin(struct sw_call *c, struct sw_http_request *request, const struct sw_http_reply *reply,
		   const struct sw_route *route)
{
	struct sw_lives *here = lives_here(c->api, sw_task_loop(c->task));
	struct sw_live *live = calloc(1, sizeof(*live));
	SW_BUG_ON(!live);
	live->kind = c->live;
	live->owner = c->live_owner;
	live->place = c->live_place;
	live->moved_us = live->beat_us = sw_mono_us();
	live->session = sw_session_join(here, live, c, route);
	sw_list_push(&here->lives, &live->node);
	sw_count(&sw_live_metrics, SW_LIVE_LISTENERS, 1);
	sw_count(&sw_live_metrics, SW_LIVE_BEGUN, 1);
	c->request = NULL; /* it goes with the head of the reply */
	live->stream = sw_http_stream_begin(request, reply, sw_live_limits.send_buffer_bytes, &events, live);
	if (!live->stream) {
		live_free(live);
		return;
	}
	/* A client that went away while it was answered is noticed by the first write. */
	bool gone = false;
	live->gone = &gone;
	(void)sw_live_send(live, SW_S("retry: 1000\n\n"));
	if (gone)
		return;
	live->gone = NULL;
	live->kind->begun(live, c->task, live->owner);
}
