/*
 * Fills a store with messages of its first account, as an accept and two receipts leave them: for `make bench`.
 *
 *	fill DIR MESSAGES
 *
 * SIDs go back in time from now, 200 a second, so that new messages still come behind them.
 */
#include <stdio.h>

#include "base/num.h"
#include "base/random.h"
#include "core/core_sql.h"
#include "loop/clock.h"
#include "main/modules.h"
#include "product/message/message.h"
#include "store/event.h"

enum { PER_UNIT = 300, STEP_US = 5000 };

struct fill {
	struct sw_store *store;
	int bucket;
	struct sw_id account;
	int64_t first_us;
};

static struct sw_sid sid_at(const struct fill *fill, int64_t number)
{
	struct sw_sid sid = sw_sid_of("SM", sw_sid_floor(fill->first_us + number * STEP_US));
	sid.id.b[8] = (uint8_t)(fill->bucket >> 4);
	sid.id.b[9] = (uint8_t)(fill->bucket << 4);
	sw_random_bytes(sid.id.b + 10, 6);
	return sid;
}

static void add(const struct fill *fill, struct sw_arena *arena, struct sw_txn *txn, int64_t number)
{
	static const char *const types[] = { "message.queued", "message.sending", "message.sent", "message.delivered" };
	struct sw_sid sid = sid_at(fill, number);
	int64_t now = fill->first_us + number * STEP_US;
	struct sw_str to = sw_str_fmt(arena, "+1415555%04d", (int)(number % 10000));
	sw_txn_do(txn, &message_sql[SQL_MESSAGE_INSERT], SW_GUARD_ANY, 0, SW_I(fill->bucket), SW_ID(fill->account),
		  SW_ID(sid.id), SW_I(MESSAGE_API), SW_I(MESSAGE_DELIVERED), SW_T(SW_S("+15005550006")), SW_T(to),
		  SW_T(SW_S("The quick brown fox jumps over the lazy dog")), SW_I(1), SW_I(0), SW_I(7500),
		  SW_T(SW_S("USD")), SW_T(SW_S("sim")), SW_T(SW_S("the only carrier")), SW_NULL, SW_I(now), SW_I(now),
		  SW_I(now));
	sw_txn_do(txn, CORE_SQL(SQL_LEDGER_INSERT), SW_GUARD_ANY, 0, SW_I(fill->bucket), SW_ID(fill->account),
		  SW_ID(sid.id), SW_T(SW_S("message")), SW_I(-7500), SW_ID(fill->account), SW_I(now));
	for (size_t i = 0; i < SW_COUNTOF(types); i++) {
		const struct sw_event event = { .account = fill->account,
						.type = sw_str_of(types[i]),
						.kind = SW_S("SM"),
						.sid = sid.id,
						.time_us = now,
						.data = SW_S("{}") };
		sw_txn_event(txn, &event);
	}
}

static int open_store(struct sw_arena *arena, const char *dir, struct fill *fill)
{
	struct sw_str why;
	struct sw_rows rows;
	struct sw_sid sid;
	const struct sw_store_config config = {
		.url = sw_str_fmt(arena, "sqlite:%s", dir).p,
		.tables = sw_module_tables(arena),
		.queries = sw_module_queries(arena),
		.migrations = sw_migrations,
	};
	if (sw_store_open(arena, &config, &fill->store, &why)) {
		fprintf(stderr, "fill: %.*s\n", SW_FMT(why));
		return 1;
	}
	if (sw_query_now(fill->store, arena, CORE_SQL(SQL_SETTING_GET), &rows, SW_T(SW_S("first_account"))) ||
	    rows.n == 0 || sw_sid_parse(sw_row_str(rows.row[0], 0), "AC", &sid)) {
		fprintf(stderr, "fill: start a server on %s once, so that it has an account\n", dir);
		return 1;
	}
	fill->account = sid.id;
	fill->bucket = sw_sid_account_bucket(sid.id);
	return 0;
}

int main(int argc, char **argv)
{
	struct fill fill = { 0 };
	struct sw_arena *arena = sw_arena_new();
	int64_t total;
	if (argc != 3 || sw_num_parse(sw_str_of(argv[2]), &total)) {
		fprintf(stderr, "usage: fill DIR MESSAGES\n");
		return 2;
	}
	if (open_store(arena, argv[1], &fill))
		return 1;
	fill.first_us = sw_wall_us() - total * STEP_US - 1000000;
	int err = 0;
	for (int64_t done = 0; done < total && !err;) {
		struct sw_arena *unit = sw_arena_new();
		struct sw_txn *txn = sw_txn_new(fill.store, unit, fill.bucket);
		for (int i = 0; i < PER_UNIT && done < total; i++)
			add(&fill, unit, txn, done++);
		err = sw_commit_now(txn, NULL);
		sw_arena_free(unit);
	}
	sw_store_close(fill.store);
	sw_arena_free(arena);
	return err != 0;
}
