/*
 * loop/loop_impl.h - what the files of this room share about a loop.  Not for other rooms.
 */
#ifndef SW_LOOP_LOOP_IMPL_H
#define SW_LOOP_LOOP_IMPL_H

#include <pthread.h>
#include <uv.h>

#include "base/list.h"
#include "base/metrics.h"
#include "loop/loop.h"
#include "loop/stack.h"
#include "loop/task.h"
#include "loop/timer.h"

struct sw_timer_heap {
	struct sw_timer **v; /* v[0] is the earliest */
	size_t n, cap;
};

/* Of one struct sw_loop_local; object is NULL until it is asked for. */
struct sw_loop_own {
	void *object;
	void (*drop)(void *object);
};

struct sw_loop {
	uv_loop_t uv;
	uv_async_t wake;
	uv_timer_t alarm; /* for the earliest timer of both heaps */
	uv_idle_t more;   /* active while tasks are ready to go on */
	struct sw_mailbox box;
	const char *name;
	pthread_t thread;
	bool started, running;
	atomic_bool stop;

	struct sw_timer_heap heap[2]; /* by enum sw_clock */
	uint64_t timer_seq;
	uint64_t wall_fired; /* wall timers run so far */
	int64_t armed_us;    /* monotonic; INT64_MAX: the alarm is off */

	struct sw_stack root;    /* the thread's own stack */
	struct sw_task *current; /* NULL: the loop itself runs */
	struct sw_list alive, ready, pool;
	unsigned alive_n, pool_n;
	bool in_ready;

	struct sw_loop_own own[SW_LOOP_LOCALS_MAX]; /* by slot - 1 */
	struct sw_list running_node;                /* among the loops that the clock's barrier asks */
	struct sw_wait *idle_wait;                  /* of the task that advances the clock, while work is under way */
};

/** What sw_loop_current() answers on this thread from now on. */
void sw_loop_set_current(struct sw_loop *loop);

/** Run the timers that are due on both clocks and set the alarm for the next. */
void sw_timers_run(struct sw_loop *loop);
/** When the earliest wall timer is due; INT64_MAX: none. */
int64_t sw_timers_next_wall(const struct sw_loop *loop);
void sw_timers_done(struct sw_loop *loop);

/** Let ready tasks go on. */
void sw_tasks_run_ready(struct sw_loop *loop);
/** Cancel every suspended task once. */
void sw_tasks_cancel_all(struct sw_loop *loop);
void sw_tasks_done(struct sw_loop *loop);

/** A loop begins or ends to take part in the clock's barrier. */
void sw_clock_loop_begins(struct sw_loop *loop);
void sw_clock_loop_ends(struct sw_loop *loop);

#endif
