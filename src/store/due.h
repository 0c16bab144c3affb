/*
 * store/due.h - the due queue: what must happen, inserted in the transaction that causes it.
 *
 * due(bucket, due_us, id, kind, account_sid, ref_kind, ref_sid, attempt, data).  The table is the
 * authority; a window of it is held in memory and fires by the wall clock.  A row inserted near is
 * pushed to memory right after its commit, without a read.  When a row is due its kind's handler runs
 * in a task of a loop chosen by sw_due_start(); the handler deletes the row in the same transaction as
 * its effect (sw_txn_due_done), or moves it (sw_txn_due_again).  A handler that returns an error leaves
 * the row; if it is still there it is tried again after a delay with jitter (1 s .. 5 min).
 * After a crash every row not done fires again: handlers must be idempotent, usually by a guard.
 * sw_clock_busy() counts each row from when it is due until its handler returns.
 *
 * Thread: as store.h.
 */
#ifndef SW_STORE_DUE_H
#define SW_STORE_DUE_H

#include "store/store.h"

struct sw_loop;

struct sw_due {
	int bucket;
	int64_t due_us; /* wall */
	struct sw_id id;
	const struct sw_due_kind *kind;
	struct sw_id account;
	char ref_kind[2]; /* letters of the SID it is about */
	struct sw_id ref;
	int64_t attempt;
	struct sw_str data; /* small text the handler wants back; borrowed */
	bool restored;      /* read back from the table: after a start, or because it was far away */
};

/**
 * Runs in a task. @return 0 (the row is gone or moved), SW_DUE_DONE (its work is done outside the store; the row is
 * deleted with others shortly after: a crash before that repeats it), or a negative error: tried again later, quietly
 * when it is SW_EBUSY
 */
typedef int sw_due_fn(struct sw_task *task, struct sw_store *store, const struct sw_due *due);

enum { SW_DUE_DONE = 1 };

/* A kind of due work; listed in a NULL-terminated array given to sw_due_start(). */
struct sw_due_kind {
	const char *name; /* stored in the row: never renamed */
	sw_due_fn *run;
	unsigned max_running; /* at once per process; 0: no limit */
	bool cancellable;     /* sw_txn_due_cancel() may be used; its rows pay for an index entry */
};

/** Insert a row; id is drawn here (time-ordered by due_us). The struct and its data are copied. */
void sw_txn_due(struct sw_txn *txn, struct sw_due *due);
/** Delete the row (guard: exactly one, SW_ECONFLICT: somebody else did it). */
void sw_txn_due_done(struct sw_txn *txn, const struct sw_due *due);
/** Let it fire again at due_us, attempt + 1. The last eight bytes of its id stay: they are random, and name it to
 * others (the idempotency tokens of callbacks). */
void sw_txn_due_again(struct sw_txn *txn, const struct sw_due *due, int64_t due_us);
/** The same without counting an attempt: nothing was tried. */
void sw_txn_due_later(struct sw_txn *txn, const struct sw_due *due, int64_t due_us);
/** Delete the rows of one kind about one SID, whenever due (a cancelled schedule). */
void sw_txn_due_cancel(struct sw_txn *txn, const struct sw_due_kind *kind, struct sw_id account, struct sw_id ref);

/**
 * Load what is due and begin to fire, spreading handlers over the loops by ref: the same ref is always
 * on the same loop.  loops: n running loops, borrowed until sw_due_stop().  At most
 * sw_store_config.due_max rows are held in memory; the rest waits in the table, oldest first.
 * Thread: any but the loops' own, once per store.
 */
int sw_due_start(struct sw_store *store, const struct sw_due_kind *const *kinds, struct sw_loop **loops,
		 unsigned n) SW_MUST_CHECK;
/** Fire no more; handlers under way go on. Before the loops stop. Thread: any but the loops' own. */
void sw_due_stop(struct sw_store *store);
/** The loop that runs what is about ref; NULL before sw_due_start(). Thread: any. */
struct sw_loop *sw_due_loop(struct sw_store *store, struct sw_id ref);
/** Rows known to be due that were not done yet, under way or waiting for a free place. For /metrics and tests. */
int64_t sw_due_backlog(struct sw_store *store);

#endif
