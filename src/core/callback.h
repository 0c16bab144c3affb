/*
 * core/callback.h - durable callbacks: a due row that asks a customer's URL until it answers.
 *
 * The row is written in the transaction that causes the callback and holds all there is to send, so that firing reads
 * nothing.  An answer of 2xx ends it.  Otherwise it is tried again after 5 s, 30 s, 2 min, 10 min, 30 min, 2 h, 5 h and
 * 12 h (20 % more or less), or later when the answer's Retry-After says so (seconds, up to an hour); 410 ends it at
 * once.  The idempotency token is the same every time, also after a crash.  The first failure and the giving up are
 * events about the SID: webhook.failed, webhook.abandoned.
 *
 * Callbacks about one SID go out in the order in which they were caused, each when the one before was answered or has
 * failed; trying one again holds up none behind it.  Only a host that does not keep up may hear of them out of order.
 * Thread: sw_txn_callback as store.h.
 */
#ifndef SW_CORE_CALLBACK_H
#define SW_CORE_CALLBACK_H

#include "core/core.h"
#include "store/due.h"
#include "wire/form/form.h"

struct sw_callback {
	struct sw_id account;
	char ref_kind[2]; /* letters of the SID it is about */
	struct sw_id ref;
	struct sw_str method, url;    /* "POST" or "GET"; http or https, checked when it was given */
	const struct sw_form *params; /* small; NULL: json */
	struct sw_str json;           /* a body in place of params */
	int64_t event_time_us;        /* wall: when what it tells of happened */
};

/** Add the due row. Nothing of *callback is borrowed. */
void sw_txn_callback(struct sw_txn *txn, const struct sw_callback *callback);

extern const struct sw_due_kind sw_callback_due;

/** Its idempotency token: another one for each callback, the same at each attempt. In the arena, or due->data's. */
struct sw_str sw_callback_token(struct sw_arena *arena, const struct sw_due *due);

/** How long after the attempt-th failure (from 1) it is tried again, without jitter; 0: given up. */
int64_t sw_callback_delay_us(int64_t attempt);
/** Whose courier sends them; by sw_core_init(). */
void sw_callback_use(const struct sw_core *core);

#endif
