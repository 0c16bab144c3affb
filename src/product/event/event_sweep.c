/* Events that are older than the operator keeps them, and that everybody has read, go. */
#include "product/event/event_follow.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/time.h"
#include "loop/clock.h"
#include "loop/task.h"

/* Slices, so that nobody waits long for the writer. */
enum { SLICE = 500, EVERY_US = 600 * 1000000 };

/* @return how many went; negative: an error */
static int slice_wait(struct sw_task *task, const struct sw_core *core, int bucket, int64_t oldest_us)
{
	struct sw_rows rows, needed;
	struct sw_arena *arena = sw_task_arena(task);
	int64_t last = 0;
	int n = 0;
	int err = sw_query_wait(task, core->store, arena, &event_sql[SQL_EVENT_NEEDED], &needed, SW_I(bucket));
	if (err || !needed.n)
		return err;
	int64_t usage = sw_row_int(needed.row[0], 0), sinks = sw_row_int(needed.row[0], 1);
	int64_t read = usage < sinks ? usage : sinks;
	err = sw_query_wait(task, core->store, arena, &event_sql[SQL_EVENT_OLDEST], &rows, SW_I(bucket), SW_I(SLICE));
	for (size_t i = 0; !err && i < rows.n; i++, n++) {
		if (sw_row_int(rows.row[i], 0) > read || sw_row_int(rows.row[i], 1) >= oldest_us)
			break;
		last = sw_row_int(rows.row[i], 0);
	}
	if (err || !n)
		return err;
	struct sw_txn *txn = sw_txn_new(core->store, arena, bucket);
	sw_txn_do(txn, &event_sql[SQL_EVENT_DROP], SW_GUARD_ANY, 0, SW_I(bucket), SW_I(last));
	err = sw_commit_wait(task, txn, NULL);
	return err ? err : n;
}

static int sweep_all_wait(struct sw_task *task, const struct sw_core *core)
{
	struct sw_rows rows;
	int64_t oldest_us = sw_wall_us() - core->event_days * SW_US_PER_DAY;
	int err = sw_query_step_wait(task, core->store, sw_task_arena(task), &event_sql[SQL_EVENT_BUCKETS], NULL, 0,
				     &rows);
	size_t n = err ? 0 : rows.n;
	int *buckets = calloc(n + 1, sizeof(*buckets));
	SW_BUG_ON(!buckets);
	for (size_t i = 0; i < n; i++)
		buckets[i] = (int)sw_row_int(rows.row[i], 0);
	for (size_t i = 0; i < n && err >= 0; i++)
		do {
			sw_arena_clear(sw_task_arena(task));
			err = slice_wait(task, core, buckets[i], oldest_us);
		} while (err == SLICE);
	free(buckets);
	return err < 0 ? err : 0;
}

void event_sweep(struct sw_task *task, void *arg)
{
	const struct sw_core *core = arg;
	int err = 0;
	while (err != SW_ECANCELED && err != SW_ECLOSED) {
		err = sw_until_wait(task, sw_wall_us() + EVERY_US);
		if (!err)
			err = sweep_all_wait(task, core);
		if (err && err != SW_ECANCELED && err != SW_ECLOSED)
			sw_warn("event", "old events could not be removed and this is tried again", SW_KERR(err));
		sw_arena_clear(sw_task_arena(task));
	}
}
