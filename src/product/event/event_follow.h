/*
 * product/event/event_follow.h - within the room: a sink's way through the log.
 *
 * One task per sink reads its bucket's log page by page.  What its subscriptions want goes out in lanes, each with the
 * events of some SIDs, in order; a lane tries until the sink takes them.  Then the cursor moves.  So a sink gets every
 * event at least once and those of one SID in order, and one that is down costs nothing but its place in the log.
 */
#ifndef EVENT_FOLLOW_H
#define EVENT_FOLLOW_H

#include "product/event/event_sink.h"

struct sw_loop;

/* How soon a new sink, a change, a replay or a deletion is seen. */
enum { EVENT_LOOK_US = 500 * 1000 };
/* A sink that has only failed for EVENT_DOWN_US is given EVENT_PROBE events at a time, so that one that is down holds
 * little memory. */
enum { EVENT_DOWN_US = 60 * 1000000, EVENT_PROBE = 16 };

/** Serve every sink there is and will be, spread over the loops. Before the loops run. */
void event_follow(struct sw_loop *const *loops, unsigned n, const struct sw_core *core, struct sw_api *api);

/** A task that removes what is older than core->event_days and read by everybody; arg: the core. */
void event_sweep(struct sw_task *task, void *arg);

/* A sink while it is served. Lives on one loop. */
struct event_follower {
	const struct sw_core *core;
	int bucket;
	struct sw_id account;
	struct sw_sid sink;
	struct sw_arena arena; /* of what was loaded */
	struct event_target target;
	bool native; /* what is sink and subscription in one */
	struct event_wanted *wanted;
	size_t wanted_n;
	struct event_state state;
	int64_t failing_us, notices; /* as in the row, at once */
	int64_t next_us;             /* when the rate allows the next event, monotonic */
	int64_t looked_us;           /* when a lane last looked at the row, monotonic */
	bool recovered;              /* it took something behind failures: not told yet */
	bool resting;                /* its account is not active */
	bool gone;                   /* switched off, deleted, changed or moved: what is under way ends unsent */
};

/** Those that it is given, rendered; in the task's arena. outs: room for n. @return 0 or why an account cannot be read */
int event_choose_wait(struct sw_task *task, const struct event_follower *f, const struct sw_event *events, size_t n,
		      struct event_out *outs, size_t *ret_n);
bool event_is_down(const struct event_follower *f);
/** Send them until all are taken. @return 0, SW_ECLOSED (gone), SW_EAGAIN (down: with fewer), SW_ECANCELED */
int event_deliver_wait(struct sw_task *task, struct event_follower *f, struct event_out *events, size_t n);

#endif
