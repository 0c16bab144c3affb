#include "store/store.h"

#include <stdlib.h>
#include <string.h>

#include "base/test.h"
#include "store/event.h"
#include "store/query.h"
#include "store/store_fixture.h"

static int put(struct sw_store *store, struct sw_arena *arena, unsigned n, int64_t amount)
{
	struct sw_txn *txn = sw_txn_new(store, arena, 1);
	sw_txn_do(txn, &test_sql[TEST_PUT], SW_GUARD_ONE, 7, SW_ID(test_id(n)), SW_I(amount), SW_NULL);
	return sw_commit_now(txn, NULL);
}

static int64_t amount_of(struct sw_store *store, struct sw_arena *arena, unsigned n)
{
	struct sw_rows rows;
	int err = sw_query_now(store, arena, &test_sql[TEST_GET], &rows, SW_ID(test_id(n)));
	SW_CHECK_INT(err, 0);
	return rows.n ? sw_row_int(rows.row[0], 0) : -1;
}

SW_TEST(a_commit_is_seen_by_the_next_query)
{
	struct sw_arena *arena = sw_arena_new();
	struct sw_store *store = test_store(arena, "sqlite::memory:", 0);
	SW_CHECK_INT(put(store, arena, 1, 100), 0);
	SW_CHECK_INT(amount_of(store, arena, 1), 100);
	SW_CHECK_INT(amount_of(store, arena, 2), -1);
	sw_store_close(store);
	sw_arena_free(arena);
}

SW_TEST(a_failed_guard_undoes_its_transaction_and_says_which)
{
	struct sw_arena *arena = sw_arena_new();
	struct sw_store *store = test_store(arena, "sqlite::memory:", 0);
	SW_CHECK_INT(put(store, arena, 1, 100), 0);
	SW_CHECK_INT(put(store, arena, 2, 10), 0);
	struct sw_txn *txn = sw_txn_new(store, arena, 1);
	struct sw_result result;
	sw_txn_do(txn, &test_sql[TEST_ADD], SW_GUARD_ONE, 1, SW_ID(test_id(1)), SW_I(50));
	sw_txn_event(txn, &(struct sw_event){ .type = SW_S("purse.taken") });
	unsigned take = sw_txn_do(txn, &test_sql[TEST_TAKE], SW_GUARD_ONE, 20003, SW_ID(test_id(2)), SW_I(50));
	SW_CHECK_INT(sw_commit_now(txn, &result), SW_EGUARD);
	SW_CHECK_INT(result.failed, take);
	SW_CHECK_INT(result.code, 20003);
	SW_CHECK_INT(amount_of(store, arena, 1), 100);

	txn = sw_txn_new(store, arena, 1);
	take = sw_txn_do(txn, &test_sql[TEST_TAKE], SW_GUARD_ONE, 20003, SW_ID(test_id(1)), SW_I(30));
	sw_txn_event(txn, &(struct sw_event){ .type = SW_S("purse.taken") });
	SW_CHECK_INT(sw_commit_now(txn, &result), 0);
	SW_CHECK_INT(result.step[take].rows.n, 1);
	SW_CHECK_INT(sw_row_int(result.step[take].rows.row[0], 0), 70);
	SW_CHECK_INT(result.seq, 1); /* the number of the failed one was given back */

	SW_CHECK_INT(put(store, arena, 1, 5), SW_EGUARD); /* the key is there */
	txn = sw_txn_new(store, arena, 1);
	sw_txn_do(txn, &test_sql[TEST_SET], SW_GUARD_ONE, 1, SW_ID(test_id(1)), SW_I(5));
	SW_CHECK_INT(sw_commit_now(txn, &result), 0);
	SW_CHECK_INT(amount_of(store, arena, 1), 5);
	sw_store_close(store);
	sw_arena_free(arena);
}
