/*
 * core/limit/gate.h - overload: what cannot be done in time is refused at once, least important first.
 *
 * The gate measures how long requests take that are let in, from the first byte to the answer: that is the delay of
 * the loop, of the store's queue and of its commit.  A burst passes when it can be answered within three times the
 * usual delay.  A delay that stands is overload: the mean of SW_GATE_LATE intervals in a row above twice the usual, at
 * least SW_GATE_LATE_MIN_US (as in RFC 8289).  From then on as many requests are let in at once as can be answered
 * within the target (Little's law), a tenth fewer after each interval that is above it and a few more after each that
 * is not (as in RFC 5681), until nothing had to be refused for SW_GATE_CALM_US.  The target is one and a half times the
 * usual, at least SW_GATE_TARGET_MIN_US; usual is what requests took lately while nothing was refused.  So a queue
 * never grows long enough to matter, whatever the machine or the disk can do, and no utilisation is guessed.
 *
 * Each level may use its share of that number; so the lower levels are refused first, and one-time passwords have room
 * that ordinary messages never take.  Reads and writes have a lane each: they wait for different things.
 *
 * Thread: any; a few atomic words for the process.
 */
#ifndef SW_CORE_LIMIT_GATE_H
#define SW_CORE_LIMIT_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/metrics.h"

/* Lowest first: this is the order of shedding within a lane. */
enum sw_level {
	SW_LEVEL_BULK,
	SW_LEVEL_LIST,
	SW_LEVEL_READ,
	SW_LEVEL_MARKETING,
	SW_LEVEL_WRITE,
	SW_LEVEL_SEND,
	SW_LEVEL_URGENT, /* one-time passwords */
	SW_LEVELS,
};

enum { SW_GATE_INTERVAL_US = 50000, SW_GATE_LATE_MIN_US = 25000, SW_GATE_TARGET_MIN_US = 5000 };
enum {
	SW_GATE_FLOOR = 64,
	SW_GATE_BURST_MIN = 256,
	SW_GATE_CEILING = 1024,
	SW_GATE_LATE = 2,
	SW_GATE_CALM_US = 1000000
};
/* Refusals of one loop are this far apart once SW_GATE_PACE_BURST_US of them went out; so many may wait for their turn. */
enum { SW_GATE_PACE_US = 100, SW_GATE_PACE_BURST_US = 5000, SW_GATE_HELD = 2048 };

/** Let a request of a level in: it is under way until sw_gate_leave(). @return false: refuse it */
bool sw_gate_enter(enum sw_level level);
/** A second look, when what a request is turns out later. Does not change whether it is under way. */
bool sw_gate_still(enum sw_level level);
/** The request is answered. took_us: from its first byte; -1: says nothing of the load (it waited for something else)
 */
void sw_gate_leave(enum sw_level level, int64_t took_us);
const char *sw_level_name(enum sw_level level);

enum { SW_GATE_SHED, SW_GATE_READS = SW_GATE_SHED + SW_LEVELS, SW_GATE_WRITES, SW_GATE_METRICS_N };
extern struct sw_metric_set sw_gate_metrics;

#endif
