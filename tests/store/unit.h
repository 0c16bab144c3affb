/*
 * tests/store/unit.h - one accepted message as the store sees it, for the load and the kill program.
 *
 * A unit: idempotency row, guarded debit, message row (21 columns, about 400 bytes), ledger row, event, due row.
 */
#ifndef STORE_UNIT_H
#define STORE_UNIT_H

#include "store/due.h"
#include "store/store.h"

enum unit_sql {
	UNIT_IDEMPOTENCY,
	UNIT_DEBIT,
	UNIT_MESSAGE,
	UNIT_LEDGER,
	UNIT_SENT,
	UNIT_ACCOUNT,
	UNIT_SUMS,
	UNIT_COUNTS,
	UNIT_FIND,
	UNIT_SQL_N,
};
extern const struct sw_sql unit_sql[UNIT_SQL_N];

#define UNIT_BALANCE INT64_C(1000000000000)
#define UNIT_PRICE 7500
#define UNIT_BUCKETS 16

struct unit {
	uint64_t number; /* the idempotency key; the same number is the same request */
	unsigned account;
	int64_t price;
	unsigned reply_bytes;
	const struct sw_due_kind *due; /* NULL: no due row */
};

struct sw_id unit_account_id(unsigned account);
int unit_bucket(unsigned account);
/** Open with the unit's tables. Prints what is wrong and exits on failure. */
struct sw_store *unit_store_open(struct sw_arena *arena, const char *url);
/** Insert the accounts that are not there yet. */
int unit_accounts(struct sw_store *store, unsigned accounts);
/** The idempotency key of a number, spread like a UUID. */
struct sw_str unit_key(struct sw_arena *arena, uint64_t number);
/** The transaction, ready to commit. */
struct sw_txn *unit_txn(struct sw_store *store, struct sw_arena *arena, const struct unit *unit);

#endif
