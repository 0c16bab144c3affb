/* The rows of one loop: a timer each, places for handlers, what becomes of them. */
#include "store/due/queue.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/random.h"
#include "loop/clock.h"

enum {
	RUNNING_MAX = 4096, /* handlers at once on one loop */
	RETRY_FIRST_US = 1000000,
	RETRY_LAST_US = 300 * 1000000,
};

static void pump(struct sw_due_shard *shard);

/* Rows about nothing hang by their own id. */
static uint64_t hash_of(const struct sw_due *due)
{
	const struct sw_id *key = sw_id_is_zero(due->ref) ? &due->id : &due->ref;
	return sw_hash64(key->b, sizeof(key->b));
}

struct sw_due_shard *sw_due_shard_of(struct sw_due_queue *queue, const struct sw_due *due)
{
	return &queue->shard[(hash_of(due) >> 32) % queue->shard_n];
}

static unsigned kind_number(const struct sw_due_entry *entry)
{
	const struct sw_due_queue *queue = entry->shard->queue;
	unsigned i = 0;
	while (queue->kinds[i] != entry->due.kind)
		i++;
	return i;
}

/* ---- entries ---- */

static void entry_free(struct sw_due_queue *queue, struct sw_due_entry *entry)
{
	sw_timer_stop(&entry->timer);
	sw_list_del(&entry->node);
	free(entry);
	sw_due_released(queue);
}

struct sw_due_entry *sw_due_entry_new(struct sw_due_queue *queue, const struct sw_due *due)
{
	struct sw_due_entry *entry = calloc(1, sizeof(*entry) + due->data.n + 1);
	SW_BUG_ON(!entry);
	entry->due = *due;
	if (due->data.p) {
		memcpy(entry->text, due->data.p, due->data.n);
		entry->due.data.p = entry->text;
	}
	sw_list_init(&entry->node);
	entry->shard = sw_due_shard_of(queue, due);
	atomic_fetch_add_explicit(&queue->held, 1, memory_order_relaxed);
	return entry;
}

static struct sw_due_entry **place_of(struct sw_due_shard *shard, const struct sw_due *due)
{
	return &shard->table[hash_of(due) & (shard->table_n - 1)];
}

static void grow(struct sw_due_shard *shard)
{
	size_t old_n = shard->table_n;
	struct sw_due_entry **old = shard->table;
	shard->table_n = old_n ? old_n * 2 : 256;
	shard->table = calloc(shard->table_n, sizeof(struct sw_due_entry *));
	SW_BUG_ON(!shard->table);
	for (size_t i = 0; i < old_n; i++)
		while (old[i]) {
			struct sw_due_entry *entry = old[i];
			old[i] = entry->chain;
			struct sw_due_entry **place = place_of(shard, &entry->due);
			entry->chain = *place;
			*place = entry;
		}
	free(old);
}

static void unchain(struct sw_due_entry *entry)
{
	struct sw_due_entry **place = place_of(entry->shard, &entry->due);
	while (*place != entry)
		place = &(*place)->chain;
	*place = entry->chain;
	entry->shard->entry_n--;
}

static void drop(struct sw_due_entry *entry)
{
	struct sw_due_queue *queue = entry->shard->queue;
	unchain(entry);
	entry_free(queue, entry);
}

/* What the loader may have an older picture of is kept until that picture is here. */
void sw_due_shard_drop(struct sw_due_entry *entry)
{
	struct sw_due_shard *shard = entry->shard;
	if (!shard->stopped && atomic_load(&shard->loading)) {
		entry->state = SW_DUE_OVER;
		sw_list_push(&shard->over, &entry->node);
	} else {
		drop(entry);
	}
}

/* ---- places ---- */

static bool take_place(struct sw_due_queue *queue, unsigned kind)
{
	int max = (int)queue->kinds[kind]->max_running;
	if (!max)
		return true;
	if (atomic_fetch_add(&queue->running[kind], 1) < max)
		return true;
	atomic_fetch_sub(&queue->running[kind], 1);
	return false;
}

static void on_nudge(struct sw_mail *mail)
{
	struct sw_due_shard *shard = SW_CONTAINER(mail, struct sw_due_shard, nudge);
	atomic_store(&shard->nudged, false);
	pump(shard);
	sw_clock_busy(-1);
}

/* Other loops may wait for the place that becomes free here. */
static void give_place(struct sw_due_shard *shard, unsigned kind)
{
	struct sw_due_queue *queue = shard->queue;
	if (!queue->kinds[kind]->max_running)
		return;
	atomic_fetch_sub(&queue->running[kind], 1);
	for (unsigned i = 0; i < queue->shard_n; i++) {
		struct sw_due_shard *other = &queue->shard[i];
		if (other == shard || !atomic_load(&other->blocked[kind]) || atomic_load(&queue->stopping) ||
		    atomic_exchange(&other->nudged, true))
			continue;
		sw_clock_busy(1);
		sw_loop_post(other->loop, &other->nudge);
	}
}

/* ---- firing ---- */

static void on_due(struct sw_timer *timer)
{
	struct sw_due_entry *entry = SW_CONTAINER(timer, struct sw_due_entry, timer);
	struct sw_due_shard *shard = entry->shard;
	entry->state = SW_DUE_READY;
	sw_clock_busy(1);
	atomic_fetch_add_explicit(&shard->queue->backlog, 1, memory_order_relaxed);
	sw_list_push(&shard->ready[kind_number(entry)], &entry->node);
	pump(shard);
}

static void wait_until(struct sw_due_entry *entry, int64_t at_us)
{
	entry->state = SW_DUE_WAITING;
	sw_timer_start(entry->shard->loop, &entry->timer, SW_CLOCK_WALL, at_us, on_due);
}

/* 1 s, 2 s, 4 s … 5 min, each shortened by up to half so that what failed together does not come back together. */
static int64_t retry_us(unsigned failures)
{
	int64_t delay = failures > 8 ? RETRY_LAST_US : (int64_t)RETRY_FIRST_US << (failures - 1);
	if (delay > RETRY_LAST_US)
		delay = RETRY_LAST_US;
	return delay - (int64_t)sw_random_below((uint64_t)delay / 2);
}

static void finish(struct sw_due_entry *entry, int err)
{
	struct sw_due_shard *shard = entry->shard;
	struct sw_due_queue *queue = shard->queue;
	shard->running--;
	give_place(shard, kind_number(entry));
	atomic_fetch_sub_explicit(&queue->backlog, 1, memory_order_relaxed);
	if (err == SW_DUE_DONE) {
		sw_due_soon_add(shard, entry);
	} else if (shard->stopped) {
		drop(entry);
	} else if (err) {
		if (err != SW_EBUSY) /* put off, by a handler that counts it itself */
			sw_warn("store", "due work failed and will be tried again",
				SW_KC("kind", entry->due.kind->name), SW_KERR(err),
				SW_KI("failures", entry->failures + 1));
		entry->failures++;
		wait_until(entry, sw_wall_us() + retry_us(entry->failures));
	} else {
		sw_due_shard_drop(entry);
	}
	pump(shard);
	sw_clock_busy(-1);
}

/* What failed because the row was done or cancelled by somebody else is not tried again. */
static bool row_is_gone(struct sw_task *task, struct sw_due_entry *entry)
{
	struct sw_rows rows;
	int err = sw_query_wait(task, entry->shard->queue->store, sw_task_arena(task), &sw_store_sql[SW_SQL_DUE_STILL],
				&rows, SW_ID(entry->due.id), SW_I(entry->due.bucket));
	return !err && !rows.n;
}

static void run_entry(struct sw_task *task, void *arg)
{
	struct sw_due_entry *entry = arg;
	int err = entry->due.kind->run(task, entry->shard->queue->store, &entry->due);
	if (err < 0 && err != SW_EBUSY && row_is_gone(task, entry))
		err = 0;
	finish(entry, err);
}

/* Start one ready row of a kind. @return false: none, or no place */
static bool start_one(struct sw_due_shard *shard, unsigned kind)
{
	struct sw_due_queue *queue = shard->queue;
	if (sw_list_empty(&shard->ready[kind]) || shard->running == RUNNING_MAX)
		return false;
	if (!take_place(queue, kind)) {
		/* Say so first, then look again: who gives a place back between the two sees one of them. */
		atomic_store(&shard->blocked[kind], true);
		if (!take_place(queue, kind))
			return false;
	}
	atomic_store(&shard->blocked[kind], false);
	struct sw_due_entry *entry = SW_CONTAINER(sw_list_pop(&shard->ready[kind]), struct sw_due_entry, node);
	entry->state = SW_DUE_RUNNING;
	shard->running++;
	(void)sw_task_spawn(shard->loop, run_entry, entry);
	return true;
}

/* Kinds take turns. A handler that ends at once comes back here through finish(): no recursion. */
static void pump(struct sw_due_shard *shard)
{
	if (shard->pumping || shard->stopped)
		return;
	shard->pumping = true;
	for (bool more = true; more && !shard->stopped;) {
		more = false;
		for (unsigned kind = 0; kind < shard->queue->kind_n; kind++)
			more = start_one(shard, kind) || more;
	}
	shard->pumping = false;
}

/* ---- in and out ---- */

void sw_due_shard_add(struct sw_due_shard *shard, struct sw_due_entry *entry)
{
	struct sw_due_queue *queue = shard->queue;
	if (shard->entry_n >= shard->table_n)
		grow(shard);
	struct sw_due_entry **place = place_of(shard, &entry->due);
	struct sw_due_entry *same = *place;
	while (same && !sw_id_eq(same->due.id, entry->due.id))
		same = same->chain;
	if (same || shard->stopped) {
		entry_free(queue, entry);
		return;
	}
	entry->chain = *place;
	*place = entry;
	shard->entry_n++;
	wait_until(entry, entry->due.due_us);
}

void sw_due_shard_cancel(struct sw_due_shard *shard, const struct sw_due *due)
{
	if (!shard->table_n)
		return;
	struct sw_due_entry *entry = *place_of(shard, due);
	while (entry) {
		struct sw_due_entry *next = entry->chain;
		if (sw_id_eq(entry->due.ref, due->ref) && entry->due.kind == due->kind) {
			if (entry->state == SW_DUE_READY) {
				atomic_fetch_sub_explicit(&shard->queue->backlog, 1, memory_order_relaxed);
				sw_clock_busy(-1);
			}
			if (entry->state == SW_DUE_WAITING || entry->state == SW_DUE_READY)
				drop(entry);
		}
		entry = next;
	}
}

void sw_due_shard_page_end(struct sw_due_shard *shard)
{
	atomic_store(&shard->loading, false);
	while (!sw_list_empty(&shard->over))
		drop(SW_CONTAINER(shard->over.next, struct sw_due_entry, node));
}

void sw_due_shard_stop(struct sw_due_shard *shard)
{
	shard->stopped = true;
	for (size_t i = 0; i < shard->table_n; i++)
		for (struct sw_due_entry *entry = shard->table[i], *next; entry; entry = next) {
			next = entry->chain;
			if (entry->state == SW_DUE_READY) {
				atomic_fetch_sub_explicit(&shard->queue->backlog, 1, memory_order_relaxed);
				sw_clock_busy(-1);
			}
			if (entry->state == SW_DUE_WAITING || entry->state == SW_DUE_READY)
				drop(entry);
		}
	sw_due_shard_page_end(shard);
	sw_due_soon_stop(shard);
}

void sw_due_shard_init(struct sw_due_queue *queue, unsigned i, struct sw_loop *loop)
{
	struct sw_due_shard *shard = &queue->shard[i];
	shard->queue = queue;
	shard->loop = loop;
	shard->nudge.deliver = on_nudge;
	for (unsigned kind = 0; kind < SW_DUE_KINDS; kind++)
		sw_list_init(&shard->ready[kind]);
	sw_list_init(&shard->over);
	sw_list_init(&shard->soon);
	grow(shard);
}

/* After the loops: handlers that were under way have ended. */
void sw_due_shard_done(struct sw_due_shard *shard)
{
	SW_BUG_ON(shard->running);
	while (!sw_list_empty(&shard->soon)) { /* the store refused to delete them: they come again */
		drop(SW_CONTAINER(shard->soon.next, struct sw_due_entry, node));
		sw_clock_busy(-1);
	}
	free(shard->table);
}
