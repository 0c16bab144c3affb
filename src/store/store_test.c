#include "store/store.h"

#include <stdlib.h>
#include <string.h>

#include "base/test.h"
#include "store/event.h"
#include "store/query.h"

enum { PUT, ADD, TAKE, GET, SWAP, LIST_ALL, SQL_N };

static const struct sw_sql sql[SQL_N] = {
	[PUT] = { .name = "test.put", .text = "INSERT INTO purse (id, amount, note) VALUES ($1, $2, $3)", .in = "biT" },
	[ADD] = { .name = "test.add", .text = "UPDATE purse SET amount = amount + $2 WHERE id = $1", .in = "bi" },
	[TAKE] = { .name = "test.take",
		   .text = "UPDATE purse SET amount = amount - $2 WHERE id = $1 AND amount >= $2 RETURNING amount",
		   .in = "bi",
		   .out = "i" },
	[GET] = { .name = "test.get", .text = "SELECT amount, note FROM purse WHERE id = $1", .in = "b", .out = "iT" },
	/* $2 appears before $1: bound by name */
	[SWAP] = { .name = "test.swap", .text = "UPDATE purse SET amount = $2 WHERE id = $1", .in = "bi" },
	[LIST_ALL] = { .name = "test.list", .text = "SELECT id, amount FROM purse ORDER BY id", .out = "bi" },
};
static const struct sw_sql_table table = { "test", sql, SQL_N };
static const struct sw_sql_table *const tables[] = { &table, NULL };

static struct sw_migration migrations[16];

static const struct sw_migration *test_migrations(void)
{
	unsigned n = 0;
	for (; sw_migrations[n].room; n++)
		migrations[n] = sw_migrations[n];
	migrations[n] = (struct sw_migration){ "test", 1, "purse",
					       "CREATE TABLE purse (id BYTEA NOT NULL PRIMARY KEY, amount BIGINT NOT NULL,"
					       " note TEXT);" };
	return migrations;
}

static struct sw_store *open_store(struct sw_arena *arena, const char *url)
{
	struct sw_store_config config = {
		.url = url, .tables = tables, .migrations = test_migrations(), .readers = 2
	};
	struct sw_store *store = NULL;
	struct sw_str why;
	int err = sw_store_open(arena, &config, &store, &why);
	SW_CHECK_INT(err, 0);
	if (err)
		sw_test_fail(__FILE__, __LINE__, "%.*s", SW_FMT(why));
	return store;
}

static struct sw_id id_of(unsigned n)
{
	struct sw_id id = { { 0 } };
	id.b[14] = (uint8_t)(n >> 8);
	id.b[15] = (uint8_t)n;
	return id;
}

static int put(struct sw_store *store, struct sw_arena *arena, unsigned n, int64_t amount)
{
	struct sw_txn *txn = sw_txn_new(store, arena, 1);
	sw_txn_do(txn, &sql[PUT], SW_GUARD_ONE, 7, SW_ID(id_of(n)), SW_I(amount), SW_NULL);
	return sw_commit_now(txn, NULL);
}

static int64_t amount_of(struct sw_store *store, struct sw_arena *arena, unsigned n)
{
	struct sw_rows rows;
	int err = sw_query_now(store, arena, &sql[GET], &rows, SW_ID(id_of(n)));
	SW_CHECK_INT(err, 0);
	return rows.n ? sw_row_int(rows.row[0], 0) : -1;
}

SW_TEST(a_commit_is_seen_by_the_next_query)
{
	struct sw_arena *arena = sw_arena_new();
	struct sw_store *store = open_store(arena, "sqlite::memory:");
	SW_CHECK_INT(put(store, arena, 1, 100), 0);
	SW_CHECK_INT(amount_of(store, arena, 1), 100);
	SW_CHECK_INT(amount_of(store, arena, 2), -1);
	sw_store_close(store);
	sw_arena_free(arena);
}

SW_TEST(a_failed_guard_undoes_its_transaction_and_says_which)
{
	struct sw_arena *arena = sw_arena_new();
	struct sw_store *store = open_store(arena, "sqlite::memory:");
	SW_CHECK_INT(put(store, arena, 1, 100), 0);
	SW_CHECK_INT(put(store, arena, 2, 10), 0);
	struct sw_txn *txn = sw_txn_new(store, arena, 1);
	struct sw_result result;
	sw_txn_do(txn, &sql[ADD], SW_GUARD_ONE, 1, SW_ID(id_of(1)), SW_I(50));
	sw_txn_event(txn, &(struct sw_event){ .type = SW_S("purse.taken") });
	unsigned take = sw_txn_do(txn, &sql[TAKE], SW_GUARD_ONE, 20003, SW_ID(id_of(2)), SW_I(50));
	SW_CHECK_INT(sw_commit_now(txn, &result), SW_EGUARD);
	SW_CHECK_INT(result.failed, take);
	SW_CHECK_INT(result.code, 20003);
	SW_CHECK_INT(amount_of(store, arena, 1), 100);

	txn = sw_txn_new(store, arena, 1);
	take = sw_txn_do(txn, &sql[TAKE], SW_GUARD_ONE, 20003, SW_ID(id_of(1)), SW_I(30));
	sw_txn_event(txn, &(struct sw_event){ .type = SW_S("purse.taken") });
	SW_CHECK_INT(sw_commit_now(txn, &result), 0);
	SW_CHECK_INT(result.step[take].rows.n, 1);
	SW_CHECK_INT(sw_row_int(result.step[take].rows.row[0], 0), 70);
	SW_CHECK_INT(result.seq, 1); /* the number of the failed one was given back */

	SW_CHECK_INT(put(store, arena, 1, 5), SW_EGUARD); /* the key is there */
	txn = sw_txn_new(store, arena, 1);
	sw_txn_do(txn, &sql[SWAP], SW_GUARD_ONE, 1, SW_ID(id_of(1)), SW_I(5));
	SW_CHECK_INT(sw_commit_now(txn, &result), 0);
	SW_CHECK_INT(amount_of(store, arena, 1), 5);
	sw_store_close(store);
	sw_arena_free(arena);
}
