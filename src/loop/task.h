/*
 * loop/task.h - stackful coroutines: product code that reads from top to bottom.
 *
 * A task runs on one loop from its first line to its last and may be suspended only inside
 * functions whose name ends in _wait.  ucontext creates it, sigsetjmp switches (as in QEMU's
 * util/coroutine-ucontext); stacks are SW_TASK_STACK_BYTES with a guard page, pooled per loop;
 * the switches are announced to ASan and TSan.
 *
 * Rules: locals live across waits; nothing borrowed from another loop does; no lock and no
 * pointer to thread-local data lives across a wait; large arrays and deep recursion stay off
 * the stack.  A cancelled wait returns SW_ECANCELED and every later wait does too.
 *
 * Each task owns an arena, dropped when its function returns (after transactions that hold it
 * have completed: they complete before the wait returns).
 *
 * Thread: the loop's own, but where said otherwise.
 */
#ifndef SW_LOOP_TASK_H
#define SW_LOOP_TASK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

struct sw_loop;
struct sw_task;

#define SW_TASK_STACK_BYTES (64 * 1024)

typedef void sw_task_fn(struct sw_task *task, void *arg);

/**
 * Start fn(task, arg) on the current loop (or on one that does not run yet): it runs at once, until its first wait.
 * The task frees itself at the end of fn; the returned pointer is valid until then
 * (NULL when fn already returned).
 */
struct sw_task *sw_task_spawn(struct sw_loop *loop, sw_task_fn *fn, void *arg);

/** The task running on this thread; NULL outside tasks. */
struct sw_task *sw_task_current(void);
struct sw_loop *sw_task_loop(struct sw_task *task);
struct sw_arena *sw_task_arena(struct sw_task *task);

/** End the present wait of a task with SW_ECANCELED; each later wait fails the same way. */
void sw_task_cancel(struct sw_task *task);
/** A _wait function asks this before it starts something that it could not abandon. */
bool sw_task_cancelled(const struct sw_task *task);

/*
 * The one primitive under every _wait function.  The callee keeps the sw_wait, starts
 * something, calls sw_wait_begin(); whoever finishes it calls sw_wait_end() on the loop.
 * A wait that may be abandoned (timers) gives an abandon function, run on cancellation;
 * a wait without one cannot be cut short: sw_wait_begin() returns only after sw_wait_end(),
 * and the cancellation shows at the next wait.
 */
struct sw_wait {
	struct sw_task *task;
	int result;
	bool done, suspended;
	void (*abandon)(struct sw_wait *wait); /* NULL: not abandonable */
};

/** Suspend until sw_wait_end(); returns at once when that was called before. @return wait->result or SW_ECANCELED */
int sw_wait_begin(struct sw_wait *wait) SW_MUST_CHECK;
/** Finish a wait and resume its task (at once when called from the loop outside tasks, else on the next turn). */
void sw_wait_end(struct sw_wait *wait, int result);

/** Let delay_us of monotonic time pass. @return 0, SW_ECANCELED */
int sw_sleep_wait(struct sw_task *task, int64_t delay_us) SW_MUST_CHECK;
/** Wait until the wall clock reaches at_us. @return 0, SW_ECANCELED */
int sw_until_wait(struct sw_task *task, int64_t at_us) SW_MUST_CHECK;

/** Tasks alive on this loop, running or suspended. */
unsigned sw_task_count(struct sw_loop *loop);

#endif
