/* One reader of the log a bucket and loop; channels; what they show. */
#include "base/ref.h"
#include "base/time.h"
#include "core/expr.h"
#include "loop/clock.h"
#include "loop/loop.h"
#include "loop/task.h"
#include "product/event/event_live.h"

/* Between batches, so that many listeners are not woken for each event; how often it looks who is there. */
enum { PACE_US = 10 * 1000, LOOK_US = 1000 * 1000, AGAIN_US = 250 * 1000 };

/* ---- channels ---- */

static void channel_destroy(void *object)
{
	struct channel *channel = object;
	sw_list_del(&channel->node);
	event_sight_done(&channel->sight);
	sw_arena_done(&channel->arena);
	sw_unref(channel->follower);
}

static void follower_destroy(void *object)
{
	sw_list_del(&((struct follower *)object)->node);
}

static void followers_init(void *list)
{
	sw_list_init(list);
}

static struct sw_loop_local followers = { .bytes = sizeof(struct sw_list), .init = followers_init };

static struct follower *follower_get(struct sw_call *c)
{
	struct sw_loop *loop = sw_task_loop(c->task);
	struct sw_list *list = sw_loop_local(loop, &followers);
	for (struct sw_list *at = list->next; at != list; at = at->next)
		if (SW_CONTAINER(at, struct follower, node)->bucket == c->account->bucket)
			return sw_ref(SW_CONTAINER(at, struct follower, node));
	struct follower *follower = sw_new(struct follower, follower_destroy);
	sw_list_init(&follower->channels);
	follower->core = c->core;
	follower->loop = loop;
	follower->bucket = c->account->bucket;
	sw_list_push(list, &follower->node);
	return follower;
}

static bool is_same(const struct channel *channel, const struct sw_call *c, const struct sw_event_filter *filter,
		    struct sw_str text)
{
	return sw_sid_eq(channel->sight.viewer, c->account->sid) && sw_str_eq(channel->filter_text, text) &&
	       sw_str_eq(channel->filter.type, filter->type) && sw_id_eq(channel->filter.sid, filter->sid);
}

struct channel *event_channel_get(struct sw_call *c, const struct sw_event_filter *filter, struct sw_str filter_text)
{
	struct follower *follower = follower_get(c);
	struct sw_expr_error error;
	for (struct sw_list *at = follower->channels.next; at != &follower->channels; at = at->next) {
		struct channel *channel = SW_CONTAINER(at, struct channel, node);
		if (!is_same(channel, c, filter, filter_text))
			continue;
		sw_unref(follower);
		return sw_ref(channel);
	}
	struct channel *channel = sw_new(struct channel, channel_destroy);
	sw_arena_init(&channel->arena);
	sw_list_init(&channel->listeners);
	channel->follower = follower;
	channel->sight = event_sight_of(c->account);
	channel->filter = *filter;
	channel->filter.type = sw_str_dup(&channel->arena, filter->type);
	channel->filter_text = sw_str_dup(&channel->arena, filter_text);
	if (filter_text.p)
		SW_BUG_ON(sw_expr_parse(&channel->arena, channel->filter_text, &channel->condition, &error));
	sw_list_push(&follower->channels, &channel->node);
	return channel;
}

static bool passes(const struct channel *channel, const struct sw_event *event)
{
	const struct sw_event_filter *filter = &channel->filter;
	return (!filter->type.p || sw_str_eq(filter->type, event->type)) &&
	       (sw_id_is_zero(filter->sid) || sw_id_eq(filter->sid, event->sid));
}

int event_channel_lines_wait(struct sw_task *task, struct sw_arena *arena, struct channel *channel,
			     const struct sw_event *events, size_t n, struct sw_buf *out)
{
	for (size_t i = 0; i < n; i++) {
		bool seen;
		if (!passes(channel, &events[i]))
			continue;
		int err = event_sight_wait(task, channel->follower->core, &channel->sight, events[i].account, &seen);
		if (err)
			return err;
		if (!seen || !event_is_wanted(arena, channel->condition, &events[i]))
			continue;
		sw_buf_add_fmt(out, "id: %lld\ndata: ", (long long)events[i].seq);
		event_render(arena, channel->follower->bucket, &events[i], out);
		sw_buf_add_cstr(out, "\n\n");
	}
	return 0;
}

/* ---- following ---- */

/* Everybody in the channel who stands where the batch begins gets it; who does not reads by itself. */
static void give(struct channel *channel, struct sw_str lines, int64_t from, int64_t to)
{
	struct sw_list walk;
	struct sw_list *node;
	sw_list_init(&walk);
	while ((node = sw_list_pop(&channel->listeners)))
		sw_list_push(&walk, node);
	while ((node = sw_list_pop(&walk))) {
		struct listener *listener = sw_ref(SW_CONTAINER(node, struct listener, node));
		sw_list_push(&channel->listeners, node);
		if (listener->cursor == from) {
			listener->cursor = to;
			if (lines.n && !sw_live_send(listener->live, lines))
				event_channel_leave(listener); /* it is gone, or goes on when there is room */
		} else if (listener->cursor < to) {
			event_channel_leave(listener);
			event_listener_catch_up(listener);
		}
		sw_unref(listener);
	}
}

/* *ret_n: events read */
static int read_batch_wait(struct sw_task *task, struct follower *follower, struct sw_arena *arena, size_t *ret_n)
{
	const struct sw_event_filter all = { .after_seq = follower->seq, .limit = EVENT_BATCH };
	struct sw_event *events;
	size_t n = 0, channels_n = 0;
	int err = sw_event_read_wait(task, follower->core->store, arena, follower->bucket, &all, &events, &n);
	*ret_n = n;
	if (err || n == 0)
		return err;
	int64_t from = follower->seq, to = events[n - 1].seq;
	for (struct sw_list *at = follower->channels.next; at != &follower->channels; at = at->next)
		channels_n++;
	/* Channels come and go while accounts are looked up. */
	struct channel **channels = SW_ARENA_ARRAY(arena, struct channel *, channels_n + 1);
	struct sw_buf *lines = SW_ARENA_ARRAY(arena, struct sw_buf, channels_n + 1);
	channels_n = 0;
	for (struct sw_list *at = follower->channels.next; at != &follower->channels; at = at->next)
		channels[channels_n++] = sw_ref(SW_CONTAINER(at, struct channel, node));
	for (size_t i = 0; i < channels_n && !err; i++) {
		lines[i].arena = arena;
		err = event_channel_lines_wait(task, arena, channels[i], events, n, &lines[i]);
	}
	/* All at once, without waiting: who joins behind this has read as far by itself. */
	if (!err)
		follower->seq = to;
	for (size_t i = 0; i < channels_n; i++) {
		if (!err)
			give(channels[i], sw_buf_str(&lines[i]), from, to);
		sw_unref(channels[i]);
	}
	return err;
}

static void follow(struct sw_task *task, void *arg)
{
	struct follower *follower = arg;
	int err = 0;
	while (follower->listeners && err != SW_ECANCELED && err != SW_ECLOSED) {
		struct sw_arena arena;
		size_t n = 0;
		sw_arena_init(&arena);
		err = sw_event_wait(task, follower->core->store, follower->bucket, follower->seq,
				    sw_mono_us() + LOOK_US);
		/* Also when nothing was heard: another process may have written. */
		if (!err || err == SW_ETIMEDOUT)
			err = read_batch_wait(task, follower, &arena, &n);
		sw_arena_done(&arena);
		bool more = !err && n == EVENT_BATCH;
		if (err != SW_ECANCELED && err != SW_ECLOSED && !more && sw_sleep_wait(task, err ? AGAIN_US : PACE_US))
			err = SW_ECANCELED;
	}
	follower->running = false;
	sw_unref(follower);
}

bool event_channel_join(struct listener *listener)
{
	struct follower *follower = listener->channel->follower;
	if (follower->running && listener->cursor < follower->seq)
		return false;
	follower->listeners++;
	sw_list_push(&listener->channel->listeners, &listener->node);
	if (!follower->running) {
		follower->running = true;
		follower->seq = listener->cursor;
		sw_task_spawn(follower->loop, follow, sw_ref(follower));
	}
	return true;
}

void event_channel_leave(struct listener *listener)
{
	if (sw_list_empty(&listener->node))
		return;
	sw_list_del(&listener->node);
	listener->channel->follower->listeners--;
}
