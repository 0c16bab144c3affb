/* What of receipts is kept in the store: in products' transactions, at the start, and for how long. */
#include "carrier/carrier_impl.h"

#include "base/arena.h"
#include "base/log.h"
#include "core/core.h"
#include "loop/clock.h"
#include "loop/task.h"

enum { PAGE = 1000, SWEEPS_PER_HOUR = 60, LOOK_TICK_US = 5000 };
static const int64_t minute_us = INT64_C(60) * 1000000;

/* Reports wait that long for their answer, and repetitions of inbound messages are known. */
static int64_t hold_us(void)
{
	return 10 * minute_us;
}

/* Networks give up sooner. */
static int64_t keep_parts_us(void)
{
	return 3 * 24 * 60 * minute_us;
}

static struct sw_str name_of(const struct sw_carrier *carrier)
{
	return sw_str_of(carrier->name);
}

/* ---- in transactions of products ---- */

void sw_carrier_txn_sent(struct sw_txn *txn, struct sw_carrier *carrier, const struct sw_ticket *ticket,
			 struct sw_str to, const struct sw_submitted *submitted)
{
	struct sw_str rest = submitted->ids, kind = { ticket->kind, sizeof(ticket->kind) };
	char id[SW_CARRIER_ID_MAX], digits[32];
	if (!carrier->kind->receipts_by_id || !submitted->receipt_expected)
		return;
	for (unsigned part = 0; part < submitted->parts; part++)
		if (!sw_receipt_id(sw_str_cut(&rest, '\n'), id))
			sw_txn_do(txn, CARRIER_SQL(SW_SQL_PART_PUT), SW_GUARD_ONE, SW_ECONFLICT, SW_T(name_of(carrier)),
				  SW_T(sw_str_dup(sw_txn_arena(txn), sw_str_of(id))), SW_I(ticket->bucket),
				  SW_ID(ticket->account), SW_ID(ticket->sid), SW_T(sw_str_dup(sw_txn_arena(txn), kind)),
				  SW_I(part), SW_I(submitted->parts),
				  SW_T(sw_str_dup(sw_txn_arena(txn), sw_receipt_digits(to, digits))),
				  SW_I(sw_wall_us()));
}

void sw_carrier_txn_receipt(struct sw_txn *txn, const struct sw_receipt *receipt)
{
	const struct sw_carrier *carrier = receipt->carrier;
	bool more_may_come = receipt->state == SW_RECEIPT_DELIVERED && carrier && carrier->kind->tells_reads;
	if (receipt->id[0] && !more_may_come)
		sw_txn_do(txn, CARRIER_SQL(SW_SQL_PART_END), SW_GUARD_ANY, 0, SW_T(name_of(carrier)),
			  SW_T(sw_str_of(receipt->id)));
	if (receipt->held[0])
		sw_txn_do(txn, CARRIER_SQL(SW_SQL_ORPHAN_END), SW_GUARD_ANY, 0, SW_T(name_of(carrier)),
			  SW_T(sw_str_of(receipt->held)));
}

void sw_carrier_txn_unknown(struct sw_txn *txn, struct sw_carrier *carrier, const struct sw_message_out *out)
{
	char from[32], to[32];
	struct sw_arena *arena = sw_txn_arena(txn);
	struct sw_str kind = { out->ticket.kind, sizeof(out->ticket.kind) };
	if (!carrier->kind->receipts_by_id)
		return;
	sw_txn_do(txn, CARRIER_SQL(SW_SQL_UNKNOWN_PUT), SW_GUARD_ONE, SW_ECONFLICT, SW_ID(out->ticket.sid),
		  SW_T(name_of(carrier)), SW_T(sw_str_dup(arena, sw_receipt_digits(out->from, from))),
		  SW_T(sw_str_dup(arena, sw_receipt_digits(out->to, to))), SW_I(out->ticket.bucket),
		  SW_ID(out->ticket.account), SW_T(sw_str_dup(arena, kind)), SW_I(sw_wall_us()));
}

void sw_carrier_txn_known(struct sw_txn *txn, struct sw_id sid)
{
	sw_txn_do(txn, CARRIER_SQL(SW_SQL_UNKNOWN_END), SW_GUARD_ANY, 0, SW_ID(sid));
}

/* ---- at the start ---- */

static void load_task(struct sw_task *task, void *arg)
{
	struct sw_carrier *carrier = arg;
	struct sw_str after = SW_S("");
	struct sw_rows rows = { .n = PAGE };
	while (rows.n == PAGE && !carrier->book.stopped) {
		int err = sw_query_wait(task, carrier->env.core->store, sw_task_arena(task),
					CARRIER_SQL(SW_SQL_ORPHAN_LIST), &rows, SW_T(name_of(carrier)), SW_T(after),
					SW_I(PAGE));
		if (err) {
			sw_warn("carrier", "reports held before the start could not be read", SW_KERR(err));
			return;
		}
		/* Each is a task with a stack: a flood of them must not end the program. */
		for (size_t i = 0; i < rows.n; i++) {
			while (carrier->book.looking >= SW_LOOK_AGAIN_MAX)
				if (sw_sleep_wait(task, LOOK_TICK_US))
					return;
			sw_receipts_take_back(carrier, rows.row[i]);
		}
		if (rows.n)
			after = sw_row_str(rows.row[rows.n - 1], 0);
	}
}

/* ---- over time ---- */

static int sweep_parts_wait(struct sw_task *task, struct sw_carrier *carrier)
{
	struct sw_rows rows = { .n = PAGE };
	struct sw_store *store = carrier->env.core->store;
	/* Looked for by a reader: the writer only deletes by key. */
	while (rows.n == PAGE && !carrier->book.stopped) {
		int err = sw_query_wait(task, store, sw_task_arena(task), CARRIER_SQL(SW_SQL_PART_OLD), &rows,
					SW_T(name_of(carrier)), SW_I(sw_wall_us() - keep_parts_us()), SW_I(PAGE));
		if (err || rows.n == 0)
			return err;
		struct sw_txn *txn = sw_txn_new(store, sw_task_arena(task), 1);
		for (size_t i = 0; i < rows.n; i++)
			sw_txn_do(txn, CARRIER_SQL(SW_SQL_PART_END), SW_GUARD_ANY, 0, SW_T(name_of(carrier)),
				  SW_T(sw_row_str(rows.row[i], 0)));
		err = sw_commit_wait(task, txn, NULL);
		if (err)
			return err;
	}
	return 0;
}

static void sweep_task(struct sw_task *task, void *arg)
{
	struct sw_carrier *carrier = arg;
	int64_t before_us = sw_wall_us() - hold_us();
	sw_clock_busy(1);
	unsigned n = sw_receipts_expire(carrier, before_us);
	if (n)
		sw_warn("carrier", "delivery reports whose message was not found in ten minutes are given up",
			SW_KC("carrier", carrier->name), SW_KI("reports", n));
	struct sw_txn *txn = sw_txn_new(carrier->env.core->store, sw_task_arena(task), 1);
	sw_txn_do(txn, CARRIER_SQL(SW_SQL_ORPHAN_SWEEP), SW_GUARD_ANY, 0, SW_T(name_of(carrier)), SW_I(before_us));
	sw_txn_do(txn, CARRIER_SQL(SW_SQL_INBOUND_SWEEP), SW_GUARD_ANY, 0, SW_I(before_us));
	int err = sw_commit_wait(task, txn, NULL);
	if (!err)
		sw_receipts_look_again(carrier);
	if (!err && carrier->book.sweeps++ % SWEEPS_PER_HOUR == 0)
		err = sweep_parts_wait(task, carrier);
	if (err && err != SW_ECANCELED && err != SW_ECLOSED)
		sw_warn("carrier", "old receipts could not be swept; again in a minute", SW_KERR(err));
	sw_clock_busy(-1);
}

static void on_sweep(struct sw_timer *timer)
{
	struct sw_carrier *carrier = SW_CONTAINER(timer, struct sw_carrier, book.sweep);
	sw_timer_start(carrier->env.loop, timer, SW_CLOCK_WALL, sw_wall_us() + minute_us, on_sweep);
	(void)sw_task_spawn(carrier->env.loop, sweep_task, carrier);
}

void sw_receipts_start(struct sw_carrier *carrier)
{
	if (!carrier->kind->receipts_by_id || !carrier->env.core)
		return;
	sw_timer_start(carrier->env.loop, &carrier->book.sweep, SW_CLOCK_WALL, sw_wall_us() + minute_us, on_sweep);
	(void)sw_task_spawn(carrier->env.loop, load_task, carrier);
}

void sw_receipts_stop(struct sw_carrier *carrier)
{
	carrier->book.stopped = true;
	sw_timer_stop(&carrier->book.sweep);
}
