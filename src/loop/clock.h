/*
 * loop/clock.h - the two clocks.
 *
 * sw_wall_us: virtual wall time, microseconds since 1970 UTC: due times, dates, expiry.
 * sw_mono_us: monotonic, never virtual: I/O, socket time-outs, latency.
 *
 * The virtual clock is real time plus an offset that only sw_clock_advance_wait() moves.
 * Advancing is a barrier: it returns when every loop has run all wall timers that became
 * due and no work counted by sw_clock_busy() is left, so a test that moves 35 days ahead
 * sees everything that those days bring.
 *
 * Thread: any, but where said otherwise.
 */
#ifndef SW_LOOP_CLOCK_H
#define SW_LOOP_CLOCK_H

#include <stdint.h>

#include "base/err.h"

struct sw_task;

int64_t sw_wall_us(void);
int64_t sw_mono_us(void);

/** Work that the barrier must wait for has begun (+1) or ended (-1): due rows under way, carriers' simulated receipts.
 */
void sw_clock_busy(int delta);

/**
 * Move the wall clock by step after step to now + delta_us, stopping at each due timer.
 * From a task. @return 0, SW_EINVAL (negative delta), SW_EBUSY (somebody else is advancing), SW_ECANCELED
 */
int sw_clock_advance_wait(struct sw_task *task, int64_t delta_us) SW_MUST_CHECK;

#endif
