/*
 * loop/timer.h - timers of a loop, on either clock, in a heap.
 *
 * A timer is embedded in its owner ({ 0 } at first), belongs to one loop and fires once.  It is late by up to
 * a millisecond (libuv's timers count those), never early.
 * Thread: the loop's own.
 */
#ifndef SW_LOOP_TIMER_H
#define SW_LOOP_TIMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sw_loop;

enum sw_clock { SW_CLOCK_MONO, SW_CLOCK_WALL };

struct sw_timer;
typedef void sw_timer_fn(struct sw_timer *timer);

struct sw_timer {
	sw_timer_fn *fn;
	int64_t at_us; /* on its clock */
	uint64_t seq;  /* equal times fire in the order of their starts */
	size_t slot;   /* place in the heap + 1; 0: not started */
	struct sw_loop *loop;
	enum sw_clock clock;
};

/** Start, or move when already started. at_us is absolute; the past fires on the next turn. */
void sw_timer_start(struct sw_loop *loop, struct sw_timer *timer, enum sw_clock clock, int64_t at_us, sw_timer_fn *fn);
/** Harmless when not started. */
void sw_timer_stop(struct sw_timer *timer);

#endif
