/*
 * core/webhook/line.h - callbacks about one SID, one behind the other.
 *
 * They fire on one loop, in the order of their causes.  The next is asked for when the one before was answered or has
 * failed: two connections could overtake each other.  For an endpoint that wants strict order one that failed also
 * holds back those behind it until it is through, at most ten minutes; the store remembers that.
 * Thread: tasks of the loop that the SID's due rows run on.
 */
#ifndef SW_CORE_WEBHOOK_LINE_H
#define SW_CORE_WEBHOOK_LINE_H

#include "core/core.h"
#include "store/due.h"

struct sw_task;

enum { SW_HOLD_MAX_S = 600 };

/** @return 0 (sw_line_leave() ends it), SW_EBUSY (one before it is deferred), SW_ECANCELED */
int sw_line_enter_wait(struct sw_task *task, const struct sw_due *due) SW_MUST_CHECK;
/** deferred: it comes again from memory, before those behind it. */
void sw_line_leave(const struct sw_due *due, bool deferred);

/** Strict order: is it held back? @return 0, SW_EBUSY (until *ret_us), or a store error */
int sw_line_held_wait(struct sw_task *task, struct sw_store *store, const struct sw_due *due,
		      int64_t *ret_us) SW_MUST_CHECK;
/** It failed and is tried again at next_us: it holds back those behind it. */
void sw_line_hold(struct sw_txn *txn, const struct sw_due *due, int64_t next_us);
/** Does it hold back others? */
bool sw_line_holds(const struct sw_due *due);
/** It is through: they may go. */
void sw_line_release(struct sw_txn *txn, const struct sw_due *due);

#endif
