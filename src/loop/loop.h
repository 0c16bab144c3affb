/*
 * loop/loop.h - one libuv loop on one thread, with a mailbox, timers and tasks.
 *
 * Objects belong to one loop; across loops only mails travel (loop/mailbox.h).
 * libuv's header is not included here: sw_loop_uv() gives rooms that do I/O the uv_loop_t.
 */
#ifndef SW_LOOP_LOOP_H
#define SW_LOOP_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "loop/mailbox.h"

struct sw_loop;
struct uv_loop_s;

/** A loop, not running yet. name: static, shown as the thread's name (15 bytes). Owned by the caller. */
struct sw_loop *sw_loop_new(const char *name);
/** Not running any more; tasks still suspended are cancelled and run to their end first. */
void sw_loop_free(struct sw_loop *loop);

/** Run on the calling thread until sw_loop_stop(). */
void sw_loop_run(struct sw_loop *loop);
/** Run on a thread of its own. */
void sw_loop_start(struct sw_loop *loop);
/** Ask the loop to end after the current turn. Thread: any. */
void sw_loop_stop(struct sw_loop *loop);
/** Cancel every wait that can be abandoned: what remains ends soon. Thread: the loop's own. */
void sw_loop_cancel_tasks(struct sw_loop *loop);
/** Wait for a started loop's thread. */
void sw_loop_join(struct sw_loop *loop);

/** Cancel its tasks and turn the loop until all have ended. Thread: any, while the loop does not run. */
void sw_loop_finish(struct sw_loop *loop);
/** The same for several: what a task of one waits for may come from another. None of them runs. */
void sw_loops_finish(struct sw_loop *const *loops, unsigned n);

/** Hand a mail to the loop; mail->deliver runs on it. Mails of one sender arrive in order. Thread: any. */
void sw_loop_post(struct sw_loop *loop, struct sw_mail *mail);

/** The loop that runs on this thread; NULL on others. */
struct sw_loop *sw_loop_current(void);
struct uv_loop_s *sw_loop_uv(struct sw_loop *loop);
const char *sw_loop_name(const struct sw_loop *loop);

/* What each loop has one of. Static and shared by all loops; its address is its name. */
struct sw_loop_local {
	size_t bytes;
	void (*init)(void *object); /* on zeroed bytes; may be NULL */
	void (*drop)(void *object); /* of what it holds, not of itself; may be NULL */
	_Atomic unsigned slot;      /* the loop room's own; 0: not drawn yet */
};
#define SW_LOOP_LOCALS_MAX 16

/**
 * The loop's own object, made when it is first asked for; dropped and freed with the loop.
 * Thread: the loop's own; any, while the loop does not run.
 */
void *sw_loop_local(struct sw_loop *loop, struct sw_loop_local *local);

#endif
