/* Replays of many dead letters: a batch a second, each in a transaction with how far the replay is. */
#include "base/arena.h"
#include "base/time.h"
#include "core/core_sql.h"
#include "core/webhook/dead.h"
#include "loop/clock.h"
#include "loop/task.h"

/* Set by sw_replay_use(), before loops run. */
static const struct sw_core *core;

void sw_replay_use(const struct sw_core *given)
{
	core = given;
}

static struct sw_id ceiling(void)
{
	struct sw_id id;
	memset(id.b, 0xff, sizeof(id.b));
	return id;
}

/* From the first to behind the last: SIDs are made of the time. */
static void bounds(const struct sw_replay_filter *filter, struct sw_id *ret_after, struct sw_id *ret_before)
{
	*ret_after = filter->since_us ? sw_sid_floor(filter->since_us) : (struct sw_id){ { 0 } };
	*ret_before = filter->until_us ? sw_sid_floor(filter->until_us + SW_US_PER_MS) : ceiling();
}

static struct sw_val id_or_null(struct sw_arena *arena, struct sw_id id)
{
	return sw_id_is_zero(id) ? SW_NULL
				 : SW_B(sw_str_dup(arena, (struct sw_str){ (const char *)id.b, sizeof(id.b) }));
}

int sw_replay_count_wait(struct sw_task *task, const struct sw_core *given, const struct sw_account *account,
			 const struct sw_replay_filter *filter, int64_t *ret)
{
	struct sw_arena *arena = sw_task_arena(task);
	struct sw_id after, before;
	struct sw_rows rows;
	bounds(filter, &after, &before);
	int err =
		sw_query_wait(task, given->store, arena, CORE_SQL(SQL_DEAD_COUNT), &rows, SW_I(account->bucket),
			      SW_ID(account->sid.id), SW_ID(after), SW_ID(before), id_or_null(arena, filter->endpoint),
			      id_or_null(arena, filter->ref), SW_T(filter->status_class));
	*ret = !err && rows.n ? sw_row_int(rows.row[0], 0) : 0;
	return err;
}

void sw_txn_replay(struct sw_txn *txn, const struct sw_account *account, const struct sw_replay_filter *filter,
		   struct sw_replay *replay)
{
	struct sw_arena *arena = sw_txn_arena(txn);
	struct sw_id after, before, now_id;
	replay->id = sw_sid_new(SW_REPLAY_SID, account->bucket);
	replay->created_us = replay->updated_us = sw_wall_us();
	bounds(filter, &after, &before);
	/* What is given up from now on, maybe by this very replay, is for another. */
	now_id = sw_sid_new(SW_DEAD_SID, account->bucket).id;
	if (memcmp(before.b, now_id.b, sizeof(before.b)) > 0)
		before = now_id;
	sw_txn_do(txn, CORE_SQL(SQL_REPLAY_INSERT), SW_GUARD_ONE, SW_ECONFLICT, SW_I(account->bucket),
		  SW_ID(account->sid.id), SW_ID(replay->id.id), SW_T(replay->status), SW_T(replay->filter),
		  id_or_null(arena, filter->endpoint), id_or_null(arena, filter->ref), SW_T(filter->status_class),
		  SW_ID(after), SW_ID(before), SW_I(replay->total), SW_I(replay->replayed), SW_I(replay->created_us));
	if (!sw_str_is(replay->status, "running"))
		return;
	struct sw_due due = {
		.due_us = sw_wall_us(),
		.kind = &sw_replay_due,
		.account = account->sid.id,
		.ref_kind = { SW_REPLAY_SID[0], SW_REPLAY_SID[1] },
		.ref = replay->id.id,
	};
	sw_txn_due(txn, &due);
}

void sw_txn_replay_event(struct sw_txn *txn, struct sw_id account, const struct sw_replay *replay, const char *type)
{
	sw_event_add(txn, account, replay->id, type,
		     sw_str_fmt(sw_txn_arena(txn), "{\"request\":%.*s,\"total\":%lld,\"replayed\":%lld}",
				SW_FMT(replay->filter), (long long)replay->total, (long long)replay->replayed));
}

void sw_replay_read(struct sw_row row, struct sw_replay *ret)
{
	*ret = (struct sw_replay){
		.id = sw_sid_of(SW_REPLAY_SID, sw_row_id(row, 0)),
		.status = sw_row_str(row, 1),
		.filter = sw_row_str(row, 2),
		.total = sw_row_int(row, 3),
		.replayed = sw_row_int(row, 4),
		.created_us = sw_row_int(row, 5),
		.updated_us = sw_row_int(row, 6),
	};
}

/* ---- a turn ---- */

enum { REPLAYS_KEPT_DAYS = 30 };

/* Columns behind those of sw_replay_read() in webhook_replay.get. */
enum { ENDPOINT = 7, REF, STATUS_CLASS, AFTER, BEFORE };

static struct sw_val nullable(struct sw_row row, unsigned column)
{
	return sw_row_null(row, column) ? SW_NULL : SW_B(sw_row_str(row, column));
}

static int next_letters_wait(struct sw_task *task, const struct sw_account *account, struct sw_row row,
			     struct sw_rows *ret)
{
	return sw_query_wait(task, core->store, sw_task_arena(task), CORE_SQL(SQL_DEAD_NEXT), ret,
			     SW_I(account->bucket), SW_ID(account->sid.id), SW_B(sw_row_str(row, AFTER)),
			     SW_B(sw_row_str(row, BEFORE)), nullable(row, ENDPOINT), nullable(row, REF),
			     SW_T(sw_row_str(row, STATUS_CLASS)), SW_I(core->replay_rate));
}

/* Somebody else may have taken one of the letters meanwhile: then the turn fails as a whole and comes again. */
static int turn_wait(struct sw_task *task, const struct sw_due *due, const struct sw_account *account,
		     struct sw_row row, const struct sw_rows *letters)
{
	struct sw_txn *txn = sw_txn_new(core->store, sw_task_arena(task), due->bucket);
	struct sw_replay replay;
	struct sw_dead_letter letter;
	struct sw_str after = sw_row_str(row, AFTER);
	sw_replay_read(row, &replay);
	for (size_t i = 0; i < letters->n; i++) {
		sw_dead_letter_read(letters->row[i], &letter);
		sw_txn_replay_letter(txn, account, &letter, (unsigned)i);
		after = sw_row_str(letters->row[i], 0);
	}
	bool end = (int64_t)letters->n < core->replay_rate;
	int64_t now = sw_wall_us();
	sw_txn_do(txn, CORE_SQL(SQL_REPLAY_STEP), SW_GUARD_ONE, SW_ECONFLICT, SW_I(due->bucket), SW_ID(due->account),
		  SW_ID(due->ref), SW_T(end ? SW_S("completed") : SW_S("running")), SW_B(after), SW_I(letters->n),
		  SW_I(now));
	if (end) {
		replay.replayed += (int64_t)letters->n;
		sw_txn_replay_event(txn, due->account, &replay, "webhook.replay_completed");
		sw_txn_due_done(txn, due);
	} else {
		sw_txn_due_later(txn, due, now + SW_US_PER_S);
	}
	return sw_commit_wait(task, txn, NULL);
}

static int run(struct sw_task *task, struct sw_store *store, const struct sw_due *due)
{
	const struct sw_account *account;
	struct sw_rows rows, letters;
	int err = sw_account_get_wait(task, core, sw_sid_of("AC", due->account), &account);
	if (!err)
		err = sw_query_wait(task, store, sw_task_arena(task), CORE_SQL(SQL_REPLAY_GET), &rows,
				    SW_I(due->bucket), SW_ID(due->account), SW_ID(due->ref));
	if (err == SW_ENOTFOUND || (!err && !rows.n))
		return SW_DUE_DONE;
	if (!err)
		err = next_letters_wait(task, account, rows.row[0], &letters);
	return err ? err : turn_wait(task, due, account, rows.row[0], &letters);
}

const struct sw_due_kind sw_replay_due = { .name = "webhook.replay", .run = run, .max_running = 16 };

/* ---- sweeping ---- */

int sw_webhook_sweep_wait(struct sw_task *task, struct sw_store *store, int bucket)
{
	int64_t now = sw_wall_us();
	struct sw_id letters = sw_sid_floor(now - core->dead_letter_us);
	struct sw_id replays = sw_sid_floor(now - REPLAYS_KEPT_DAYS * SW_US_PER_DAY);
	int err = sw_sweep_wait(task, store, bucket, CORE_SQL(SQL_DEAD_SWEEP), SW_I(bucket), SW_ID(letters),
				SW_I(SW_SWEEP_SLICE));
	if (!err)
		err = sw_sweep_wait(task, store, bucket, CORE_SQL(SQL_REPLAY_SWEEP), SW_I(bucket), SW_ID(replays),
				    SW_I(SW_SWEEP_SLICE));
	if (err)
		return err;
	struct sw_txn *txn = sw_txn_new(store, sw_task_arena(task), bucket);
	sw_txn_do(txn, CORE_SQL(SQL_HOLD_SWEEP), SW_GUARD_ANY, 0, SW_I(bucket), SW_I(now - SW_US_PER_DAY));
	return sw_commit_wait(task, txn, NULL);
}
