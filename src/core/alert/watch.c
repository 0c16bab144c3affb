/* What happens behind alerts: a look at the alarms, and a row a day that sweeps what is old. */
#include "base/time.h"
#include "core/alert/alarm.h"
#include "core/alert/alert.h"
#include "core/alert/alert_sql.h"
#include "loop/clock.h"
#include "loop/task.h"

/* Set by sw_core_init, before loops run. */
static const struct sw_core *core;

void sw_alert_use(const struct sw_core *given)
{
	core = given;
}

static struct sw_due sweep_of(struct sw_id account)
{
	return (struct sw_due){
		.due_us = sw_wall_us() + SW_US_PER_DAY,
		.kind = &sw_alert_sweep_due,
		.account = account,
		.ref_kind = { 'A', 'C' },
		.ref = account,
	};
}

/* Asked for once a day by each loop; the guard says whether it is there already. */
int sw_alert_begin_sweep_wait(struct sw_task *task, int bucket, struct sw_id account)
{
	enum { SWEEP = -3, DAY_S = 86400 };
	if (!sw_alike_find(bucket, account, SWEEP, SW_S(""), DAY_S, 1).first)
		return 0;
	struct sw_txn *txn = sw_txn_new(core->store, sw_task_arena(task), bucket);
	struct sw_due sweep = sweep_of(account);
	sw_txn_do(txn, ALERT_SQL(SQL_ALERT_SWEEP_BEGIN), SW_GUARD_ONE, SW_EEXIST, SW_I(bucket), SW_ID(account));
	sw_txn_due(txn, &sweep);
	int err = sw_commit_wait(task, txn, NULL);
	return err == SW_EGUARD ? 0 : err;
}

static int run_watch(struct sw_task *task, struct sw_store *store, const struct sw_due *due)
{
	const struct sw_account *account;
	(void)store;
	int err = sw_account_get_wait(task, core, sw_sid_of("AC", due->account), &account);
	if (!err)
		err = sw_alarms_look_wait(task, core, account);
	if (!err || err == SW_ENOTFOUND)
		err = sw_alert_begin_sweep_wait(task, due->bucket, due->account);
	return err ? err : SW_DUE_DONE;
}

const struct sw_due_kind sw_alert_watch_due = { .name = "alert.watch", .run = run_watch, .max_running = 32 };

static int run_sweep(struct sw_task *task, struct sw_store *store, const struct sw_due *due)
{
	int64_t oldest_us = sw_alert_oldest_us(core);
	struct sw_id oldest = sw_sid_floor(oldest_us);
	(void)store;
	int err = sw_sweep_wait(task, core->store, due->bucket, ALERT_SQL(SQL_ALERT_SWEEP), SW_I(due->bucket),
				SW_ID(due->account), SW_ID(oldest));
	if (err)
		return err;
	struct sw_txn *txn = sw_txn_new(core->store, sw_task_arena(task), due->bucket);
	sw_txn_do(txn, ALERT_SQL(SQL_ALERT_SWEEP_COUNTS), SW_GUARD_ANY, 0, SW_I(due->bucket), SW_ID(due->account),
		  SW_I(oldest_us / SW_US_PER_S / 60));
	sw_txn_do(txn, ALERT_SQL(SQL_ALERT_SWEEP_ERRORS), SW_GUARD_ANY, 0, SW_I(due->bucket), SW_ID(due->account),
		  SW_I(oldest_us / SW_US_PER_S / sw_alert_limits.error_slot_s));
	sw_txn_due_again(txn, due, sw_wall_us() + SW_US_PER_DAY);
	return sw_commit_wait(task, txn, NULL);
}

const struct sw_due_kind sw_alert_sweep_due = { .name = "alert.sweep", .run = run_sweep, .max_running = 4 };
