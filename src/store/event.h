/*
 * store/event.h - the event log: every change, one row, in the transaction that makes it.
 *
 * event(bucket, seq, account_sid, type, sid, time_us, data).  seq comes from the bucket's counter row,
 * raised once per physical commit, so commit order and seq order are the same and a cursor misses
 * nothing.  `data` holds what a reader needs to render the change as of then (JSON text, small).
 *
 * Thread: as store.h.
 */
#ifndef SW_STORE_EVENT_H
#define SW_STORE_EVENT_H

#include "store/store.h"

struct sw_event {
	int64_t seq; /* filled when read */
	struct sw_id account;
	struct sw_str type; /* "message.delivered"; borrowed */
	struct sw_str kind; /* two letters of the SID it is about */
	struct sw_id sid;
	int64_t time_us;
	struct sw_str data; /* JSON object text */
};

/** Append one event to the transaction. Texts are borrowed as in sw_txn_do(). */
void sw_txn_event(struct sw_txn *txn, const struct sw_event *event);

/** What to read: absent or zero fields do not filter. */
struct sw_event_filter {
	struct sw_id account; /* zero: every account of the bucket */
	struct sw_id sid;
	struct sw_str type;
	int64_t after_seq;
	unsigned limit;
};

/** Events of a bucket in seq order, in the arena. */
int sw_event_read_wait(struct sw_task *task, struct sw_store *store, struct sw_arena *arena, int bucket,
		       const struct sw_event_filter *filter, struct sw_event **ret, size_t *ret_n) SW_MUST_CHECK;
/** Wait until the bucket has an event behind after_seq, or until timeout_us (monotonic) passed. @return 0,
 * SW_ETIMEDOUT, SW_ECANCELED */
int sw_event_wait(struct sw_task *task, struct sw_store *store, int bucket, int64_t after_seq,
		  int64_t timeout_us) SW_MUST_CHECK;
/** Number of the bucket's newest event. */
int sw_event_last_wait(struct sw_task *task, struct sw_store *store, int bucket, int64_t *ret_seq) SW_MUST_CHECK;
/** Number of the oldest event that is still there; 0: none is. */
int sw_event_first_wait(struct sw_task *task, struct sw_store *store, int bucket, int64_t *ret_seq) SW_MUST_CHECK;

#endif
