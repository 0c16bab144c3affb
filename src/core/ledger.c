#include "core/core_sql.h"
#include "core/ledger.h"
#include "loop/clock.h"
#include "loop/task.h"

static void move(struct sw_txn *txn, const struct sw_account *spender, struct sw_sid sid, const char *reason,
		 int64_t micros, const struct sw_sql *sql, int64_t amount, int code)
{
	int bucket = spender->bucket;
	sw_txn_do(txn, sql, SW_GUARD_ONE, code, SW_I(bucket), SW_ID(spender->owner.id), SW_I(amount));
	sw_txn_do(txn, CORE_SQL(SQL_LEDGER_INSERT), SW_GUARD_ONE, SW_ECONFLICT, SW_I(bucket), SW_ID(spender->owner.id),
		  SW_ID(sid.id), SW_T(sw_str_of(reason)), SW_I(micros), SW_ID(spender->sid.id), SW_I(sw_wall_us()));
}

void sw_ledger_debit(struct sw_txn *txn, const struct sw_account *spender, struct sw_sid sid, const char *reason,
		     int64_t micros, int code)
{
	SW_BUG_ON(micros < 0);
	if (micros)
		move(txn, spender, sid, reason, -micros, CORE_SQL(SQL_BALANCE_DEBIT), micros, code);
}

void sw_ledger_credit(struct sw_txn *txn, const struct sw_account *spender, struct sw_sid sid, const char *reason,
		      int64_t micros)
{
	SW_BUG_ON(micros < 0);
	if (micros)
		move(txn, spender, sid, reason, micros, CORE_SQL(SQL_BALANCE_CREDIT), micros, SW_ENOTFOUND);
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
