/*
 * product/event/event_live.h - listeners of the event log, inside this room.
 *
 * On each loop one follower a bucket reads the log once, for all listeners there: those of the same account and filter
 * stand together in a channel, for which the lines of a batch are written once.  A listener that is behind (it came
 * with a cursor, or did not read fast enough) reads the log by itself, in a task, until it has caught up.
 *
 * event_stream.c   the endpoint; a listener and its catching up
 * event_follow_live.c   followers and channels
 */
#ifndef EVENT_LIVE_H
#define EVENT_LIVE_H

#include "api/live/live.h"
#include "base/list.h"
#include "product/event/event.h"

enum { EVENT_BATCH = 64 };

struct follower;

/* What is asked for; listeners that ask for the same share it. Counted by its listeners and those who use it. */
struct channel {
	struct sw_list node, listeners; /* in the follower; those that keep up */
	struct sw_arena arena;
	struct follower *follower;
	struct event_sight sight;
	struct sw_str filter_text;
	struct sw_event_filter filter; /* type, sid and, unless master, account */
	const struct sw_expr *condition;
};

struct listener {
	struct sw_list node;  /* in its channel, while it keeps up */
	struct sw_live *live; /* NULL: gone */
	struct channel *channel;
	int64_t cursor; /* the last event looked at */
	bool busy;      /* a task catches up */
};

/* What a bucket's listeners on a loop share. */
struct follower {
	struct sw_list node, channels;
	const struct sw_core *core;
	struct sw_loop *loop;
	int bucket;
	int64_t seq;        /* the last event that channels were given */
	unsigned listeners; /* that keep up */
	bool running;
};

/** The channel for what is asked for, with a reference. Texts are copied; the condition was parsed once already. */
struct channel *event_channel_get(struct sw_call *c, const struct sw_event_filter *filter, struct sw_str filter_text);
/** The lines of those of the events that the channel shows. @return 0 or a store error */
int event_channel_lines_wait(struct sw_task *task, struct sw_arena *arena, struct channel *channel,
			     const struct sw_event *events, size_t n, struct sw_buf *out) SW_MUST_CHECK;
/** Give the listener what comes from now on. @return false: it has not caught up yet */
bool event_channel_join(struct listener *listener);
void event_channel_leave(struct listener *listener);
/** Read the log from listener->cursor on, until it has caught up or does not read. */
void event_listener_catch_up(struct listener *listener);

#endif
