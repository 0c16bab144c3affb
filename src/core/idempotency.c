#include <stdatomic.h>

#include "base/arena.h"
#include "core/core_sql.h"
#include "core/idempotency.h"
#include "core/webhook/dead.h"
#include "loop/clock.h"
#include "loop/task.h"

/*
 * Keys under way, as hashes.  A key looks only at the PROBES words behind its hash, so claiming and releasing need no
 * lock; when all are taken by others the claim is skipped, and the guard of the insert decides.
 */
enum { WORDS = 8192, PROBES = 16 };
static _Atomic uint64_t under_way[WORDS];

/* The last key that fell on each word: a key found here was seen lately, one pushed out merely looks new. */
enum { LATELY = 65536 };
static _Atomic uint64_t lately[LATELY];

void sw_idempotency_fingerprint(struct sw_idempotency *ret, struct sw_str method, struct sw_str path,
				struct sw_str body)
{
	uint8_t parts[3][32];
	sw_sha256(method, parts[0]);
	sw_sha256(path, parts[1]);
	sw_sha256(body, parts[2]);
	sw_sha256((struct sw_str){ (const char *)parts, sizeof(parts) }, ret->fingerprint);
}

void sw_idempotency_automatic(struct sw_arena *arena, struct sw_idempotency *idem, struct sw_sid caller_key,
			      int64_t window_us)
{
	uint8_t parts[sizeof(idem->fingerprint) + sizeof(caller_key.id.b)], hash[32];
	char hex[2 * sizeof(hash)];
	memcpy(parts, idem->fingerprint, sizeof(idem->fingerprint));
	memcpy(parts + sizeof(idem->fingerprint), caller_key.id.b, sizeof(caller_key.id.b));
	sw_sha256((struct sw_str){ (const char *)parts, sizeof(parts) }, hash);
	sw_hex_encode(hash, sizeof(hash), hex);
	idem->key = sw_str_fmt(arena, "\x01%.*s", (int)sizeof(hex), hex);
	idem->window_us = window_us;
}

int sw_idempotency_claim(struct sw_idempotency *idem, const struct sw_account *account)
{
	uint64_t both[2] = { sw_hash64(account->sid.id.b, 16), sw_hash64(idem->key.p, idem->key.n) };
	uint64_t word = sw_hash64(both, sizeof(both)) | 1;
	/* Looking first and claiming behind it would let two in; so claim a free word, then look for an older twin. */
	_Atomic uint64_t *mine = NULL;
	for (unsigned i = 0; i < PROBES; i++) {
		_Atomic uint64_t *at = &under_way[(word + i) % WORDS];
		uint64_t there = atomic_load(at);
		if (there == word)
			goto busy;
		if (there == 0 && !mine && atomic_compare_exchange_strong(at, &there, word))
			mine = at;
		else if (there == word)
			goto busy;
	}
	idem->claim = mine ? (uint64_t)(mine - under_way) + 1 : 0;
	idem->seen = atomic_exchange(&lately[(word >> 1) % LATELY], word) == word;
	return 0;
busy:
	if (mine)
		atomic_store(mine, 0);
	return SW_EBUSY;
}

void sw_idempotency_release(struct sw_idempotency *idem)
{
	if (idem->claim)
		atomic_store(&under_way[idem->claim - 1], 0);
	idem->claim = 0;
}

int sw_idempotency_find_wait(struct sw_task *task, const struct sw_core *core, const struct sw_account *account,
			     const struct sw_idempotency *idem, struct sw_stored_reply *ret)
{
	struct sw_rows rows;
	int err = sw_query_wait(task, core->store, sw_task_arena(task), CORE_SQL(SQL_IDEMPOTENCY_GET), &rows,
				SW_I(account->bucket), SW_ID(account->sid.id), SW_T(idem->key));
	if (err || rows.n == 0)
		return err ? err : SW_ENOTFOUND;
	if (idem->window_us && sw_row_int(rows.row[0], 3) < sw_wall_us() - idem->window_us)
		return SW_ENOTFOUND;
	if (!sw_str_eq(sw_row_str(rows.row[0], 0),
		       (struct sw_str){ (const char *)idem->fingerprint, sizeof(idem->fingerprint) }))
		return SW_ECONFLICT;
	*ret = (struct sw_stored_reply){ .status = (int)sw_row_int(rows.row[0], 1),
					 .body = sw_row_str(rows.row[0], 2) };
	return 0;
}

unsigned sw_idempotency_insert(struct sw_txn *txn, const struct sw_account *account, const struct sw_idempotency *idem,
			       const struct sw_stored_reply *reply)
{
	struct sw_str fingerprint = { (const char *)idem->fingerprint, sizeof(idem->fingerprint) };
	if (idem->window_us) /* what is past its window makes room */
		sw_txn_do(txn, CORE_SQL(SQL_IDEMPOTENCY_EXPIRE), SW_GUARD_ANY, 0, SW_I(account->bucket),
			  SW_ID(account->sid.id), SW_T(idem->key), SW_I(sw_wall_us() - idem->window_us));
	return sw_txn_do(txn, CORE_SQL(SQL_IDEMPOTENCY_INSERT), SW_GUARD_ONE, SW_EEXIST, SW_I(account->bucket),
			 SW_ID(account->sid.id), SW_T(idem->key), SW_B(fingerprint), SW_I(reply->status),
			 SW_T(reply->body), SW_I(sw_wall_us()));
}

/* ---- sweeping ---- */

static const int64_t sweep_every_us = INT64_C(3600) * 1000000;

static int run_sweep(struct sw_task *task, struct sw_store *store, const struct sw_due *due)
{
	int err = sw_sweep_wait(task, store, due->bucket, CORE_SQL(SQL_IDEMPOTENCY_SWEEP), SW_I(due->bucket),
				SW_I(sw_wall_us() - SW_IDEMPOTENCY_KEEP_US));
	if (!err)
		err = sw_webhook_sweep_wait(task, store, due->bucket); /* has a bucket's hour too */
	if (err)
		return err;
	struct sw_txn *txn = sw_txn_new(store, sw_task_arena(task), due->bucket);
	sw_txn_due_again(txn, due, sw_wall_us() + sweep_every_us);
	return sw_commit_wait(task, txn, NULL);
}

const struct sw_due_kind sw_idempotency_sweep = { .name = "idempotency.sweep", .run = run_sweep, .max_running = 4 };

void sw_idempotency_begin_sweep(struct sw_txn *txn, const struct sw_account *account)
{
	struct sw_due due = {
		.due_us = sw_wall_us() + sweep_every_us,
		.kind = &sw_idempotency_sweep,
		.account = account->sid.id,
		.ref_kind = { 'A', 'C' },
		.ref = account->sid.id,
	};
	sw_txn_due(txn, &due);
}
