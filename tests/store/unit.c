#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/random.h"
#include "loop/clock.h"
#include "store/event.h"

const struct sw_sql unit_sql[UNIT_SQL_N] = {
	[UNIT_IDEMPOTENCY] = { .name = "unit.idempotency",
			       .text = "INSERT INTO unit_idempotency (bucket, account_sid, key, fingerprint, status, "
				       "body,"
				       " created_us) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
			       .in = "ibtbiti" },
	[UNIT_DEBIT] = { .name = "unit.debit",
			 .text = "UPDATE unit_balance SET micros = micros - $3"
				 " WHERE bucket = $1 AND account_sid = $2 AND micros >= $3",
			 .in = "ibi" },
	[UNIT_MESSAGE] = { .name = "unit.message",
			   .text = "INSERT INTO unit_message VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,"
				   " $13, $14, $15, $16, $17, $18, $19, $20, $21)",
			   .in = "ibbiitttiiitiBiiIitTi" },
	[UNIT_LEDGER] = { .name = "unit.ledger",
			  .text = "INSERT INTO unit_ledger (bucket, account_sid, sid, reason, micros, time_us)"
				  " VALUES ($1, $2, $3, $4, $5, $6)",
			  .in = "ibbtii" },
	[UNIT_SENT] = { .name = "unit.sent",
			.text = "UPDATE unit_message SET status = $4, updated_us = $5"
				" WHERE bucket = $1 AND account_sid = $2 AND sid = $3 AND status = 1",
			.in = "ibbii" },
	[UNIT_ACCOUNT] = { .name = "unit.account",
			   .text = "INSERT INTO unit_balance (bucket, account_sid, micros) VALUES ($1, $2, $3)"
				   " ON CONFLICT DO NOTHING",
			   .in = "ibi" },
	[UNIT_SUMS] = { .name = "unit.sums",
			.text = "SELECT b.micros + COALESCE((SELECT SUM(l.micros) FROM unit_ledger l WHERE l.bucket = "
				"b.bucket"
				" AND l.account_sid = b.account_sid), 0) FROM unit_balance b",
			.out = "i" },
	[UNIT_COUNTS] = { .name = "unit.counts",
			  .text = "SELECT (SELECT COUNT(*) FROM unit_idempotency), (SELECT COUNT(*) FROM unit_message),"
				  " (SELECT COUNT(*) FROM unit_ledger),"
				  " (SELECT COUNT(*) FROM event WHERE type = 'unit.accepted'),"
				  " (SELECT COUNT(*) FROM event WHERE type = 'unit.sent'), (SELECT COUNT(*) FROM due),"
				  " (SELECT COUNT(*) FROM unit_message WHERE status = 2),"
				  " (SELECT COUNT(*) FROM event), (SELECT COALESCE(SUM(seq), 0) FROM event_seq)",
			  .out = "iiiiiiiii" },
	[UNIT_FIND] = { .name = "unit.find",
			.text = "SELECT status FROM unit_idempotency WHERE bucket = $1 AND account_sid = $2 AND key = "
				"$3",
			.in = "ibt",
			.out = "i" },
};
static const struct sw_sql_table table = { "unit", unit_sql, UNIT_SQL_N };
static const struct sw_sql_table *const tables[] = { &table, NULL };

static const char schema[] =
	"CREATE TABLE unit_idempotency (bucket SMALLINT NOT NULL, account_sid BYTEA NOT NULL, key TEXT NOT NULL,"
	" fingerprint BYTEA NOT NULL, status BIGINT NOT NULL, body TEXT NOT NULL, created_us BIGINT NOT NULL,"
	" PRIMARY KEY (bucket, account_sid, key));"
	"CREATE TABLE unit_balance (bucket SMALLINT NOT NULL, account_sid BYTEA NOT NULL, micros BIGINT NOT NULL,"
	" PRIMARY KEY (bucket, account_sid)) /*sqlite WITHOUT ROWID*/;"
	"CREATE TABLE unit_message (bucket SMALLINT NOT NULL, account_sid BYTEA NOT NULL, sid BYTEA NOT NULL,"
	" direction SMALLINT NOT NULL, status SMALLINT NOT NULL, from_addr TEXT NOT NULL, to_addr TEXT NOT NULL,"
	" body TEXT NOT NULL, segments SMALLINT NOT NULL, media SMALLINT NOT NULL, price_micros BIGINT NOT NULL,"
	" currency TEXT NOT NULL, error_code BIGINT NOT NULL, service_sid BYTEA, created_us BIGINT NOT NULL,"
	" updated_us BIGINT NOT NULL, sent_us BIGINT, validity_s BIGINT NOT NULL, callback_url TEXT NOT NULL,"
	" route TEXT, version BIGINT NOT NULL, PRIMARY KEY (bucket, account_sid, sid));"
	"CREATE TABLE unit_ledger (bucket SMALLINT NOT NULL, account_sid BYTEA NOT NULL, sid BYTEA NOT NULL,"
	" reason TEXT NOT NULL, micros BIGINT NOT NULL, time_us BIGINT NOT NULL,"
	" PRIMARY KEY (bucket, account_sid, sid, reason)) /*sqlite WITHOUT ROWID*/;";

static char filler[4096];

struct sw_id unit_account_id(unsigned account)
{
	struct sw_id id = { { 0 } };
	uint64_t mixed = (account + 1) * UINT64_C(0x9e3779b97f4a7c15);
	memcpy(id.b, &mixed, sizeof(mixed));
	memcpy(id.b + 8, &mixed, sizeof(mixed));
	return id;
}

int unit_bucket(unsigned account)
{
	return (int)(account % UNIT_BUCKETS);
}

struct sw_store *unit_store_open(struct sw_arena *arena, const char *url)
{
	static struct sw_migration list[64];
	unsigned n = 0;
	for (; sw_migrations[n].room; n++)
		list[n] = sw_migrations[n];
	list[n] = (struct sw_migration){ "unit", 1, "unit", schema };
	struct sw_store_config config = { .url = url, .tables = tables, .migrations = list };
	struct sw_store *store;
	struct sw_str why;
	memset(filler, 'x', sizeof(filler));
	if (sw_store_open(arena, &config, &store, &why) != 0) {
		fprintf(stderr, "%.*s\n", SW_FMT(why));
		exit(2);
	}
	return store;
}

int unit_accounts(struct sw_store *store, unsigned accounts)
{
	int err = 0;
	for (unsigned i = 0; i < accounts && !err;) {
		struct sw_arena arena;
		sw_arena_init(&arena);
		struct sw_txn *txn = sw_txn_new(store, &arena, 0);
		for (unsigned k = 0; k < 500 && i < accounts; k++, i++)
			sw_txn_do(txn, &unit_sql[UNIT_ACCOUNT], SW_GUARD_ANY, 0, SW_I(unit_bucket(i)),
				  SW_ID(unit_account_id(i)), SW_I(UNIT_BALANCE));
		err = sw_commit_now(txn, NULL);
		sw_arena_done(&arena);
	}
	return err;
}

/* 12 hex digits of milliseconds, 4 of a counter, 3 of the bucket, 13 random: DESIGN section 6. */
static struct sw_id draw_sid(int64_t now_us, int bucket)
{
	static _Thread_local uint16_t counter;
	struct sw_id id;
	uint64_t ms = (uint64_t)now_us / 1000;
	counter++;
	for (unsigned i = 0; i < 6; i++)
		id.b[i] = (uint8_t)(ms >> (40 - 8 * i));
	id.b[6] = (uint8_t)(counter >> 8);
	id.b[7] = (uint8_t)counter;
	sw_random_bytes(id.b + 8, 8);
	id.b[8] = (uint8_t)(bucket >> 4);
	id.b[9] = (uint8_t)((bucket & 15) << 4 | (id.b[9] & 15));
	return id;
}

struct sw_str unit_key(struct sw_arena *arena, uint64_t number)
{
	unsigned long long mixed = number * UINT64_C(0x9e3779b97f4a7c15);
	return sw_str_fmt(arena, "%016llx-%016llx", mixed, (unsigned long long)number);
}

struct sw_txn *unit_txn(struct sw_store *store, struct sw_arena *arena, const struct unit *unit)
{
	static const char body[] =
		"Your appointment with Dr. Strowger is tomorrow at half past nine. Reply C to confirm, "
		"or call us to choose another day. -KC";
	int bucket = unit_bucket(unit->account);
	int64_t now = sw_wall_us();
	struct sw_id account = unit_account_id(unit->account), sid = draw_sid(now, bucket);
	struct sw_str fingerprint = { filler, 32 }, reply = { filler, unit->reply_bytes };
	struct sw_str key = unit_key(arena, unit->number);
	struct sw_txn *txn = sw_txn_new(store, arena, bucket);
	sw_txn_do(txn, &unit_sql[UNIT_IDEMPOTENCY], SW_GUARD_ONE, 409, SW_I(bucket), SW_ID(account), SW_T(key),
		  SW_B(fingerprint), SW_I(201), SW_T(reply), SW_I(now));
	sw_txn_do(txn, &unit_sql[UNIT_DEBIT], SW_GUARD_ONE, 402, SW_I(bucket), SW_ID(account), SW_I(unit->price));
	sw_txn_do(txn, &unit_sql[UNIT_MESSAGE], SW_GUARD_ONE, 500, SW_I(bucket), SW_ID(account), SW_ID(sid), SW_I(1),
		  SW_I(1), SW_T(SW_S("+15005550006")), SW_T(SW_S("+15005550010")), SW_T(sw_str_of(body)), SW_I(1),
		  SW_I(0), SW_I(unit->price), SW_T(SW_S("USD")), SW_I(0), SW_B(fingerprint), SW_I(now), SW_I(now),
		  SW_NULL, SW_I(14400), SW_T(SW_S("https://hooks.example.org/messages/status?tenant=4711&secret=x")),
		  SW_T(SW_S("sim: only carrier")), SW_I(1));
	sw_txn_do(txn, &unit_sql[UNIT_LEDGER], SW_GUARD_ONE, 500, SW_I(bucket), SW_ID(account), SW_ID(sid),
		  SW_T(SW_S("message")), SW_I(unit->price), SW_I(now));
	sw_txn_event(txn, &(struct sw_event){ .account = account,
					      .type = SW_S("unit.accepted"),
					      .kind = SW_S("SM"),
					      .sid = sid,
					      .time_us = now,
					      .data = SW_S("{\"status\":\"accepted\",\"to\":\"+15005550010\"}") });
	if (unit->due) {
		struct sw_due due = {
			.due_us = now, .kind = unit->due, .account = account, .ref_kind = { 'S', 'M' }, .ref = sid
		};
		sw_txn_due(txn, &due);
	}
	return txn;
}
