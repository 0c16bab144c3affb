/*
 * api/live/follow.h - streams of a log that others write: one task a loop looks for news, for all who follow there.
 *
 * A kind of log says when it has news and renders what is behind a follower's place; who is gone, who does not read and
 * when to look again is done here.  A handler makes a follower, notes in it what was asked for and from where, and
 * returns what sw_call_follow() does.
 *
 * Thread: a follower belongs to the loop of its request.
 */
#ifndef SW_API_LIVE_FOLLOW_H
#define SW_API_LIVE_FOLLOW_H

#include "api/live/live.h"
#include "base/list.h"

struct sw_follower;

struct sw_follow_kind {
	/** Changes whenever there is something new. */
	uint64_t (*news)(const struct sw_follower *follower);
	/** Append the lines that come next and move the place behind them; at most a batch. Texts in the task's arena.
	 * @param ret_more  there are more already. @return 0, or an error: tried again at the next look */
	int (*next_wait)(struct sw_task *task, struct sw_follower *follower, struct sw_buf *lines, bool *ret_more);
	/** The place, as the id that a heartbeat has. In the arena. */
	struct sw_str (*place)(const struct sw_follower *follower, struct sw_arena *arena);
};

/* First member of what a kind keeps of a follower. */
struct sw_follower {
	struct sw_list node; /* its loop's */
	const struct sw_follow_kind *kind;
	struct sw_arena arena; /* for what it asked for */
	struct sw_live *live;  /* NULL: gone */
	uint64_t seen;         /* the news then */
	bool full;             /* the client does not read */
};

/** Zeroed, to fill. */
void *sw_follower_new(size_t bytes, const struct sw_follow_kind *kind);
#define SW_FOLLOWER_NEW(type, kind) ((type *)sw_follower_new(sizeof(type), kind))
/** From a handler, as sw_call_live(). The follower is taken, whatever comes of it. */
int sw_call_follow(struct sw_call *c, struct sw_follower *follower, struct sw_error *err) SW_MUST_CHECK;
/** A row as an event of the protocol. */
void sw_follow_add(struct sw_buf *lines, struct sw_str id, const struct sw_field *fields, const void *row);
/** Where a client was: Last-Event-ID, or the parameter that says the same; absent: nowhere. */
struct sw_str sw_follow_cursor(const struct sw_call *c, struct sw_str param);

#endif
