#include "core/core_sql.h"
#include "core/money/ledger.h"
#include "loop/clock.h"
#include "loop/task.h"

/* What one kind of movement does to the balance. */
struct way {
	unsigned sql;
	int sign, code;
};

static void move(struct sw_txn *txn, const struct sw_account *spender, const struct sw_ledger_entry *e,
		 const struct way *way)
{
	int bucket = spender->bucket;
	SW_BUG_ON(e->micros < 0);
	if (!e->micros)
		return;
	sw_txn_do(txn, CORE_SQL(way->sql), SW_GUARD_ONE, way->code, SW_I(bucket), SW_ID(spender->owner.id),
		  SW_I(e->micros));
	sw_txn_do(txn, CORE_SQL(SQL_LEDGER_INSERT), SW_GUARD_ONE, SW_ECONFLICT, SW_I(bucket), SW_ID(spender->owner.id),
		  SW_ID(e->sid.id), SW_T(sw_str_of(e->reason)), SW_I(way->sign * e->micros), SW_ID(spender->sid.id),
		  SW_I(sw_wall_us()), SW_T(sw_str_dup(sw_txn_arena(txn), (struct sw_str){ e->sid.kind, 2 })),
		  sw_sid_given(e->price) ? SW_ID(e->price.id) : SW_NULL, SW_I(e->quantity));
}

void sw_ledger_debit(struct sw_txn *txn, const struct sw_account *spender, const struct sw_ledger_entry *entry,
		     int code)
{
	move(txn, spender, entry, &(struct way){ SQL_BALANCE_DEBIT, -1, code });
}

void sw_ledger_charge(struct sw_txn *txn, const struct sw_account *spender, const struct sw_ledger_entry *entry)
{
	move(txn, spender, entry, &(struct way){ SQL_BALANCE_CHARGE, -1, SW_ENOTFOUND });
}

void sw_ledger_credit(struct sw_txn *txn, const struct sw_account *spender, const struct sw_ledger_entry *entry)
{
	move(txn, spender, entry, &(struct way){ SQL_BALANCE_CREDIT, 1, SW_ELIMIT });
}

int sw_balance_wait(struct sw_task *task, const struct sw_core *core, const struct sw_account *account,
		    int64_t *ret_micros, struct sw_str *ret_currency)
{
	struct sw_rows rows;
	int err = sw_query_wait(task, core->store, sw_task_arena(task), CORE_SQL(SQL_BALANCE_GET), &rows,
				SW_I(account->bucket), SW_ID(account->owner.id));
	if (err)
		return err;
	if (rows.n != 1)
		return SW_ENOTFOUND;
	*ret_micros = sw_row_int(rows.row[0], 0);
	*ret_currency = sw_row_str(rows.row[0], 1);
	return 0;
}
