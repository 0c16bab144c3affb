/*
 * core/idempotency.h - a request with a key has one effect and one answer.
 *
 * The answer is stored in the commit that makes the effect (sw_idempotency_insert), under (bucket, account, key) with
 * a fingerprint of method, path and body.  A key under way in this process is claimed in a fixed table of atomic
 * words, so that a second request is told 409 at once instead of racing to the commit; the insert's guard decides
 * whatever the claim cannot see (other processes, a full table).  Rows live SW_IDEMPOTENCY_KEEP_US.
 *
 * Most keys are used once, so looking each up first would cost every request what only a repeat needs.  The claim says
 * whether this process saw the key lately: then the stored answer is looked for before the work; otherwise the work is
 * tried, and its commit refused when the key is there already.  Whoever then commits nothing must look afterwards.
 *
 * An account may have the guard of sw_idempotency_automatic(): then a request without a key gets one made of itself,
 * good for a window instead of SW_IDEMPOTENCY_KEEP_US.
 *
 * Source: draft-ietf-httpapi-idempotency-key-header-07.
 * Thread: any.
 */
#ifndef SW_CORE_IDEMPOTENCY_H
#define SW_CORE_IDEMPOTENCY_H

#include "core/account.h"
#include "store/due.h"

#define SW_IDEMPOTENCY_KEY_MAX 255
#define SW_IDEMPOTENCY_KEEP_US (INT64_C(24) * 3600 * 1000000)

struct sw_idempotency {
	struct sw_str key; /* absent: the request has none */
	uint8_t fingerprint[32];
	uint64_t claim;    /* word in the table of keys under way; 0: none */
	int64_t window_us; /* of a key made of the request; 0: the client gave it */
	bool seen;         /* by this process, lately; told by the claim */
};

struct sw_stored_reply {
	int status;
	struct sw_str body;
};

void sw_idempotency_fingerprint(struct sw_idempotency *ret, struct sw_str method, struct sw_str path,
				struct sw_str body);
/** Make a key of the fingerprint and whoever calls (absent: by the auth token), good for window_us. It has a byte that
 * no client's key can have. */
void sw_idempotency_automatic(struct sw_arena *arena, struct sw_idempotency *idem, struct sw_sid caller_key,
			      int64_t window_us);
/** Claim the key in this process. @return 0, SW_EBUSY (another request has it) */
int sw_idempotency_claim(struct sw_idempotency *idem, const struct sw_account *account) SW_MUST_CHECK;
/** Give the claim back; harmless without one. */
void sw_idempotency_release(struct sw_idempotency *idem);
/** Look for a stored answer. @return 0 (in *ret), SW_ENOTFOUND, SW_ECONFLICT (the key belongs to another request) or a
 * store error */
int sw_idempotency_find_wait(struct sw_task *task, const struct sw_core *core, const struct sw_account *account,
			     const struct sw_idempotency *idem, struct sw_stored_reply *ret) SW_MUST_CHECK;
/** Add the answer to the transaction of the effect. @return the step whose guard fails (SW_EEXIST) when the key is
 * there already */
unsigned sw_idempotency_insert(struct sw_txn *txn, const struct sw_account *account, const struct sw_idempotency *idem,
			       const struct sw_stored_reply *reply);

/** Keys older than SW_IDEMPOTENCY_KEEP_US are swept, some at a time, every hour: one due row for each master account's
 * bucket. */
extern const struct sw_due_kind sw_idempotency_sweep;
/** The steps that begin the sweeping for a new master account. */
void sw_idempotency_begin_sweep(struct sw_txn *txn, const struct sw_account *account);

#endif
