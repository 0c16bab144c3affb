/*
 * Rows whose work is done outside the store: deleted together, shortly after.
 *
 * They stay in memory until the deletion is committed, so that the loader, which may still see them in the table, does
 * not fire them again.
 */
#include "loop/clock.h"
#include "loop/task.h"
#include "store/due/queue.h"

enum { BATCH = 128, DELAY_US = 20 * 1000, AGAIN_US = 1000 * 1000 };

static void flush_task(struct sw_task *task, void *arg);

static void on_time(struct sw_timer *timer)
{
	struct sw_due_shard *shard = SW_CONTAINER(timer, struct sw_due_shard, soon_timer);
	(void)sw_task_spawn(shard->loop, flush_task, shard);
}

/* Up to BATCH rows of the bucket of the first, out of the list. */
static unsigned take(struct sw_due_shard *shard, struct sw_due_entry *batch[BATCH])
{
	unsigned n = 0;
	for (struct sw_list *node = shard->soon.next, *next; node != &shard->soon && n < BATCH; node = next) {
		struct sw_due_entry *entry = SW_CONTAINER(node, struct sw_due_entry, node);
		next = node->next;
		if (n && entry->due.bucket != batch[0]->due.bucket)
			continue;
		sw_list_del(&entry->node);
		batch[n++] = entry;
	}
	shard->soon_n -= n;
	return n;
}

static int delete_wait(struct sw_task *task, struct sw_store *store, struct sw_due_entry *const *batch, unsigned n)
{
	struct sw_txn *txn = sw_txn_new(store, sw_task_arena(task), batch[0]->due.bucket);
	for (unsigned i = 0; i < n; i++)
		(void)sw_txn_do(txn, &sw_store_sql[SW_SQL_DUE_DONE], SW_GUARD_ANY, 0, SW_ID(batch[i]->due.id),
				SW_I(batch[i]->due.bucket));
	return sw_commit_wait(task, txn, NULL);
}

static void flush_task(struct sw_task *task, void *arg)
{
	struct sw_due_shard *shard = arg;
	struct sw_due_entry *batch[BATCH];
	unsigned n;
	while ((n = take(shard, batch)) > 0) {
		int err = delete_wait(task, shard->queue->store, batch, n);
		for (unsigned i = 0; i < n; i++) {
			if (err && !shard->stopped) {
				sw_list_push(&shard->soon, &batch[i]->node);
				shard->soon_n++;
			} else {
				sw_due_shard_drop(batch[i]);
				sw_clock_busy(-1);
			}
		}
		if (err && !shard->stopped) {
			sw_timer_start(shard->loop, &shard->soon_timer, SW_CLOCK_MONO, sw_mono_us() + AGAIN_US,
				       on_time);
			return;
		}
	}
}

void sw_due_soon_add(struct sw_due_shard *shard, struct sw_due_entry *entry)
{
	entry->state = SW_DUE_OVER;
	sw_list_push(&shard->soon, &entry->node);
	sw_clock_busy(1);
	if (++shard->soon_n == BATCH || shard->stopped)
		sw_timer_start(shard->loop, &shard->soon_timer, SW_CLOCK_MONO, sw_mono_us(), on_time);
	else if (shard->soon_n == 1)
		sw_timer_start(shard->loop, &shard->soon_timer, SW_CLOCK_MONO, sw_mono_us() + DELAY_US, on_time);
}

void sw_due_soon_stop(struct sw_due_shard *shard)
{
	sw_timer_stop(&shard->soon_timer);
	(void)sw_task_spawn(shard->loop, flush_task, shard);
}
