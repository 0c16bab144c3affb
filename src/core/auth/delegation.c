#include "core/auth/delegation.h"

#include "core/core_sql.h"
#include "loop/task.h"

void sw_delegation_put(struct sw_txn *txn, const struct sw_account *account, struct sw_sid to, struct sw_sid app,
		       bool may_write)
{
	sw_txn_do(txn, CORE_SQL(SQL_DELEGATION_PUT), SW_GUARD_ONE, 20409, SW_I(account->bucket), SW_ID(account->sid.id),
		  SW_ID(to.id), SW_ID(app.id), SW_I(may_write));
}

void sw_delegation_drop(struct sw_txn *txn, const struct sw_account *account, struct sw_sid to, struct sw_sid app)
{
	sw_txn_do(txn, CORE_SQL(SQL_DELEGATION_DROP), SW_GUARD_ANY, 0, SW_I(account->bucket), SW_ID(account->sid.id),
		  SW_ID(to.id), SW_ID(app.id));
}

int sw_delegation_check_wait(struct sw_task *task, const struct sw_core *core, const struct sw_account *account,
			     struct sw_sid to, bool writes)
{
	struct sw_rows rows;
	int err = sw_query_wait(task, core->store, sw_task_arena(task), CORE_SQL(SQL_DELEGATION_GET), &rows,
				SW_I(account->bucket), SW_ID(account->sid.id), SW_ID(to.id));
	for (size_t i = 0; !err && i < rows.n; i++)
		if (!writes || sw_row_int(rows.row[i], 0))
			return 0;
	return err ? err : SW_EPERM;
}
