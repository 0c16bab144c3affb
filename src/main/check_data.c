/* strowger check --data: the money of a store proved, while a server runs on it or not. */
#include <stdio.h>

#include "base/num.h"
#include "core/core_sql.h"
#include "main/command.h"
#include "main/modules.h"
#include "product/message/message.h"
#include "product/usage/usage_count.h"

struct totals {
	int64_t accounts, entries, messages, days, events;
};

/* Every master account's balance against the sum of its ledger. */
static int prove_balances(struct sw_store *store, struct sw_arena *arena, struct sw_buf *out, struct totals *totals)
{
	struct sw_rows rows;
	int64_t bucket = -1, days;
	int err = sw_query_step_now(store, arena, CORE_SQL(SQL_PROOF_BALANCE), NULL, 0, &rows);
	for (size_t i = 0; i < rows.n && !err; i++) {
		struct sw_row row = rows.row[i];
		char balance[32], sum[32];
		struct sw_str account = sw_sid_text(arena, sw_sid_of("AC", sw_row_id(row, 1)));
		int64_t micros = sw_row_int(row, 2), ledger = sw_row_int(row, 4);
		struct sw_str has = sw_micros_format(micros, 2, balance), want = sw_micros_format(ledger, 2, sum);
		printf("%.*s: balance %.*s %.*s, %lld ledger rows make %.*s\n", SW_FMT(account), SW_FMT(has),
		       SW_FMT(sw_row_str(row, 3)), (long long)sw_row_int(row, 5), SW_FMT(want));
		if (micros != ledger)
			sw_buf_add_fmt(out, "%.*s: the balance is %.*s, but its ledger makes %.*s\n", SW_FMT(account),
				       SW_FMT(has), SW_FMT(want));
		totals->accounts++;
		totals->entries += sw_row_int(row, 5);
		if (sw_row_int(row, 0) == bucket)
			continue;
		bucket = sw_row_int(row, 0);
		err = usage_prove_now(store, arena, (int)bucket, out, &days);
		totals->days += err ? 0 : days;
	}
	return err;
}

static int prove_credit(struct sw_store *store, struct sw_arena *arena, struct sw_buf *out)
{
	struct sw_rows rows;
	int err = sw_query_step_now(store, arena, CORE_SQL(SQL_PROOF_CREDIT), NULL, 0, &rows);
	for (size_t i = 0; i < rows.n && !err; i++)
		sw_buf_add_fmt(out, "%.*s: credit %.*s is of %lld micros, but the ledger has %lld\n",
			       SW_FMT(sw_sid_text(arena, sw_sid_of("AC", sw_row_id(rows.row[i], 0)))),
			       SW_FMT(sw_sid_text(arena, sw_sid_of("LE", sw_row_id(rows.row[i], 1)))),
			       (long long)sw_row_int(rows.row[i], 2), (long long)sw_row_int(rows.row[i], 3));
	return err;
}

/* An event that no table declares could not be rendered, subscribed to or explained. */
static int prove_events(struct sw_store *store, struct sw_arena *arena, struct sw_buf *out, struct totals *totals)
{
	struct sw_core core = { 0 };
	struct sw_rows rows;
	struct sw_api *api = sw_api_new(&core, sw_modules);
	int err = sw_query_step_now(store, arena, CORE_SQL(SQL_PROOF_EVENTS), NULL, 0, &rows);
	for (size_t i = 0; i < rows.n && !err; i++) {
		struct sw_str type = sw_row_str(rows.row[i], 0);
		totals->events += sw_row_int(rows.row[i], 1);
		if (!sw_event_type_find(sw_api_events(api), type))
			sw_buf_add_fmt(out, "the log has %lld events %.*s, a type that no table declares\n",
				       (long long)sw_row_int(rows.row[i], 1), SW_FMT(type));
	}
	sw_api_free(api);
	return err;
}

int check_data(struct sw_arena *arena, const struct config *config)
{
	struct sw_store *store;
	struct sw_buf out = { 0 };
	struct totals totals = { 0 };
	if (command_open_store(arena, config, true, &store))
		return EXIT_UNAVAILABLE;
	int err = prove_balances(store, arena, &out, &totals);
	if (!err)
		err = message_prove_now(store, arena, &out, &totals.messages);
	if (!err)
		err = prove_credit(store, arena, &out);
	if (!err)
		err = prove_events(store, arena, &out, &totals);
	sw_store_close(store);
	if (err)
		fprintf(stderr, "strowger check: the store cannot be read: %s\n", sw_err_text(err));
	else if (out.n)
		printf("%.*s", (int)out.n, out.p);
	else
		printf("%lld accounts, %lld ledger rows, %lld messages, %lld sums of usage, %lld events: everything agrees\n",
		       (long long)totals.accounts, (long long)totals.entries, (long long)totals.messages,
		       (long long)totals.days, (long long)totals.events);
	int code = err || out.n ? EXIT_FAILED : EXIT_OK;
	sw_buf_done(&out);
	return code;
}
