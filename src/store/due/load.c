/* The loader: reads due rows in the order of firing, page by page, and hands them to the shards. */
#include <stdlib.h>

#include "base/log.h"
#include "loop/clock.h"
#include "store/due/queue.h"

enum { PAGE = 1000, AGAIN_US = 1000000 };

static void load(struct sw_task *task, void *arg);

/* ---- when to read ---- */

static bool has_room(struct sw_due_queue *queue)
{
	return atomic_load(&queue->held) <= queue->store->due_max / 2;
}

static void start_load(struct sw_due_queue *queue)
{
	if (queue->loading || atomic_load(&queue->stopping) || (atomic_load(&queue->full) && !has_room(queue)))
		return;
	queue->loading = true;
	sw_clock_busy(1);
	(void)sw_task_spawn(queue->home, load, queue);
}

static void on_alarm(struct sw_timer *timer)
{
	start_load(SW_CONTAINER(timer, struct sw_due_queue, alarm));
}

/* The first row beyond the window decides; rows that come in nearer are never turned away. */
static void set_alarm(struct sw_due_queue *queue)
{
	int64_t far = atomic_load(&queue->far_us);
	if (far == INT64_MAX || atomic_load(&queue->stopping))
		sw_timer_stop(&queue->alarm);
	else
		sw_timer_start(queue->home, &queue->alarm, SW_CLOCK_WALL, far - SW_DUE_LEAD_US, on_alarm);
}

void sw_due_on_kick(struct sw_mail *mail)
{
	struct sw_due_queue *queue = SW_CONTAINER(mail, struct sw_due_queue, kick);
	atomic_store(&queue->kicked, false);
	if (atomic_load(&queue->full))
		start_load(queue);
	else if (!queue->loading)
		set_alarm(queue);
	sw_clock_busy(-1);
}

void sw_due_kick(struct sw_due_queue *queue)
{
	if (atomic_load(&queue->stopping) || atomic_exchange(&queue->kicked, true))
		return;
	sw_clock_busy(1);
	sw_loop_post(queue->home, &queue->kick);
}

void sw_due_released(struct sw_due_queue *queue)
{
	atomic_fetch_sub(&queue->held, 1);
	if (atomic_load(&queue->full) && has_room(queue))
		sw_due_kick(queue);
}

/* ---- a page ---- */

/* One mail for each shard and page; it comes back when the shard has taken its rows in. */
struct parcel {
	struct sw_mail mail;
	struct sw_due_shard *shard;
	struct page *page;
	struct sw_due_entry *first; /* linked by chain */
};

struct page {
	struct sw_wait wait;
	unsigned left;
	struct parcel parcel[];
};

static void on_parcel_back(struct sw_mail *mail)
{
	struct page *page = SW_CONTAINER(mail, struct parcel, mail)->page;
	if (--page->left == 0)
		sw_wait_end(&page->wait, 0);
}

static void on_parcel(struct sw_mail *mail)
{
	struct parcel *parcel = SW_CONTAINER(mail, struct parcel, mail);
	for (struct sw_due_entry *entry = parcel->first, *next; entry; entry = next) {
		next = entry->chain;
		sw_due_shard_add(parcel->shard, entry);
	}
	sw_due_shard_page_end(parcel->shard);
	mail->deliver = on_parcel_back;
	sw_loop_post(parcel->shard->queue->home, mail);
}

static bool read_row(struct sw_due_queue *queue, struct sw_row row, struct sw_due *ret)
{
	const struct sw_due_kind *kind = NULL;
	for (unsigned i = 0; i < queue->kind_n; i++)
		if (sw_str_is(sw_row_str(row, 3), queue->kinds[i]->name))
			kind = queue->kinds[i];
	if (!kind) {
		sw_warn("store", "a due row of an unknown kind stays in the table", SW_KS("kind", sw_row_str(row, 3)));
		return false;
	}
	*ret = (struct sw_due){
		.id = sw_row_id(row, 0),
		.bucket = (int)sw_row_int(row, 1),
		.due_us = sw_row_int(row, 2),
		.kind = kind,
		.account = sw_row_id(row, 4),
		.ref = sw_row_id(row, 6),
		.attempt = sw_row_int(row, 7),
		.data = sw_row_str(row, 8),
		.restored = true,
	};
	if (sw_row_str(row, 5).n == sizeof(ret->ref_kind))
		memcpy(ret->ref_kind, sw_row_str(row, 5).p, sizeof(ret->ref_kind));
	return true;
}

/* Hand the rows out and wait until every shard has them: then what is held is counted. */
static void deal_wait(struct sw_task *task, struct sw_due_queue *queue, struct sw_arena *arena, struct sw_rows rows)
{
	struct page *page = sw_arena_alloc(arena, sizeof(*page) + queue->shard_n * sizeof(struct parcel));
	struct sw_due_entry ***tails = SW_ARENA_ARRAY(arena, struct sw_due_entry **, queue->shard_n);
	page->wait = (struct sw_wait){ .task = task };
	page->left = queue->shard_n;
	for (unsigned i = 0; i < queue->shard_n; i++)
		tails[i] = &page->parcel[i].first;
	for (size_t i = 0; i < rows.n; i++) {
		struct sw_due due;
		if (!read_row(queue, rows.row[i], &due))
			continue;
		struct sw_due_entry *entry = sw_due_entry_new(queue, &due);
		unsigned shard = (unsigned)(entry->shard - queue->shard);
		*tails[shard] = entry;
		tails[shard] = &entry->chain;
	}
	for (unsigned i = 0; i < queue->shard_n; i++) {
		struct parcel *parcel = &page->parcel[i];
		parcel->mail.deliver = on_parcel;
		parcel->shard = &queue->shard[i];
		parcel->page = page;
		sw_loop_post(parcel->shard->loop, &parcel->mail);
	}
	int err = sw_wait_begin(&page->wait);
	(void)err; /* a cancellation shows at the next query */
}

static int load_page_wait(struct sw_task *task, struct sw_due_queue *queue, struct sw_id end, size_t *ret_n)
{
	struct sw_arena arena;
	struct sw_rows rows;
	sw_arena_init(&arena);
	for (unsigned i = 0; i < queue->shard_n; i++)
		atomic_store(&queue->shard[i].loading, true);
	int err = sw_query_wait(task, queue->store, &arena, &sw_store_sql[SW_SQL_DUE_WINDOW], &rows,
				SW_ID(queue->cursor), SW_ID(end), SW_I(PAGE));
	deal_wait(task, queue, &arena, rows);
	if (!err && rows.n)
		queue->cursor = sw_row_id(rows.row[rows.n - 1], 0);
	*ret_n = rows.n;
	sw_arena_done(&arena);
	return err;
}

/* ---- a window ---- */

static void lower_far(struct sw_due_queue *queue, int64_t due_us)
{
	int64_t far = atomic_load(&queue->far_us);
	while (due_us < far && !atomic_compare_exchange_weak(&queue->far_us, &far, due_us))
		;
}

static int64_t id_due_us(const struct sw_id *id)
{
	uint64_t us = 0;
	for (unsigned i = 0; i < 8; i++)
		us = us << 8 | id->b[i];
	return (int64_t)us;
}

/* Read up to end_us, or until memory is full. */
static int load_window_wait(struct sw_task *task, struct sw_due_queue *queue, int64_t end_us)
{
	struct sw_id end = sw_due_last_id(end_us - 1);
	while (!atomic_load(&queue->stopping)) {
		size_t n;
		/* Accept what is committed from now on before looking at what was. */
		atomic_store(&queue->accept_us, end_us);
		atomic_store(&queue->full, false);
		int err = load_page_wait(task, queue, end, &n);
		if (err)
			return err;
		if (n < PAGE) {
			queue->cursor = end;
			return 0;
		}
		if (atomic_load(&queue->held) < queue->store->due_max)
			continue;
		atomic_store(&queue->full, true);
		atomic_store(&queue->accept_us, id_due_us(&queue->cursor) + 1);
		/* What was let go before `full` was seen has not called. */
		if (!has_room(queue))
			return 0;
	}
	return SW_ECANCELED;
}

static int find_next_wait(struct sw_task *task, struct sw_due_queue *queue)
{
	struct sw_rows rows;
	atomic_store(&queue->far_us, INT64_MAX);
	int err = sw_query_wait(task, queue->store, sw_task_arena(task), &sw_store_sql[SW_SQL_DUE_NEXT], &rows,
				SW_ID(queue->cursor));
	if (!err && rows.n)
		lower_far(queue, sw_row_int(rows.row[0], 0));
	return err;
}

static void load(struct sw_task *task, void *arg)
{
	struct sw_due_queue *queue = arg;
	int err;
	do {
		if (atomic_exchange(&queue->lost, false))
			memset(&queue->cursor, 0, sizeof(queue->cursor));
		err = load_window_wait(task, queue, sw_wall_us() + SW_DUE_WINDOW_US);
		/* Turned away meanwhile for want of room: begin again, at once or when there is room. */
		if (atomic_load(&queue->lost))
			atomic_store(&queue->full, true);
	} while (!err && atomic_load(&queue->lost) && has_room(queue));
	if (!err && !atomic_load(&queue->full))
		err = find_next_wait(task, queue);
	queue->loading = false;
	if (!err && !atomic_load(&queue->full)) {
		set_alarm(queue);
	} else if (err && err != SW_ECANCELED && err != SW_ECLOSED && !atomic_load(&queue->stopping)) {
		sw_warn("store", "due rows could not be read; trying again", SW_KERR(err));
		sw_timer_start(queue->home, &queue->alarm, SW_CLOCK_WALL, sw_wall_us() + AGAIN_US, on_alarm);
	}
	sw_clock_busy(-1);
}

/* ---- after a commit ---- */

struct cancel {
	struct sw_mail mail;
	struct sw_due_shard *shard;
	struct sw_due due;
};

static void on_cancel(struct sw_mail *mail)
{
	struct cancel *cancel = SW_CONTAINER(mail, struct cancel, mail);
	sw_due_shard_cancel(cancel->shard, &cancel->due);
	free(cancel);
	sw_clock_busy(-1);
}

static void on_push(struct sw_mail *mail)
{
	struct sw_due_entry *entry = SW_CONTAINER(mail, struct sw_due_entry, mail);
	sw_due_shard_add(entry->shard, entry);
	sw_clock_busy(-1);
}

static void hand_over(struct sw_due_shard *shard, struct sw_mail *mail)
{
	sw_clock_busy(1);
	if (sw_loop_current() == shard->loop)
		mail->deliver(mail);
	else
		sw_loop_post(shard->loop, mail);
}

/* Not for this memory: it is behind the cursor and will be read, or there is no room at all. */
static bool turn_away(struct sw_due_queue *queue, const struct sw_due *due)
{
	bool full = atomic_load(&queue->full);
	int64_t accept = atomic_load(&queue->accept_us), near = sw_wall_us() + SW_DUE_WINDOW_US;
	if (!full && near > accept)
		accept = near;
	if (due->due_us >= accept) {
		int64_t far = atomic_load(&queue->far_us);
		lower_far(queue, due->due_us);
		if (due->due_us < far && !full)
			sw_due_kick(queue);
		return true;
	}
	if (atomic_load(&queue->held) < 2 * queue->store->due_max)
		return false;
	atomic_store(&queue->lost, true);
	atomic_store(&queue->full, true);
	return true;
}

void sw_due_committed(struct sw_store *store, const struct sw_due_note *notes)
{
	struct sw_due_queue *queue = atomic_load(&store->due);
	if (!queue || atomic_load(&queue->stopping))
		return;
	for (const struct sw_due_note *note = notes; note; note = note->next) {
		if (note->cancelled) {
			struct cancel *cancel = calloc(1, sizeof(*cancel));
			SW_BUG_ON(!cancel);
			cancel->mail.deliver = on_cancel;
			cancel->shard = sw_due_shard_of(queue, &note->due);
			cancel->due = note->due;
			hand_over(cancel->shard, &cancel->mail);
		} else if (!turn_away(queue, &note->due)) {
			struct sw_due_entry *entry = sw_due_entry_new(queue, &note->due);
			entry->mail.deliver = on_push;
			hand_over(entry->shard, &entry->mail);
		}
	}
}

/* ---- start and stop ---- */

void sw_due_free(struct sw_store *store)
{
	struct sw_due_queue *queue = atomic_exchange(&store->due, NULL);
	if (!queue)
		return;
	SW_BUG_ON(!atomic_load(&queue->stopping)); /* sw_due_stop() comes first, while the loops run */
	for (unsigned i = 0; i < queue->shard_n; i++)
		sw_due_shard_done(&queue->shard[i]);
	sem_destroy(&queue->stopped);
	free(queue);
}

int sw_due_start(struct sw_store *store, const struct sw_due_kind *const *kinds, struct sw_loop **loops, unsigned n)
{
	SW_BUG_ON(atomic_load(&store->due) || n == 0);
	struct sw_due_queue *queue = calloc(1, sizeof(*queue) + n * sizeof(struct sw_due_shard));
	SW_BUG_ON(!queue || sem_init(&queue->stopped, 0, 0) != 0);
	queue->store = store;
	queue->kinds = kinds;
	while (kinds[queue->kind_n])
		queue->kind_n++;
	SW_BUG_ON(queue->kind_n > SW_DUE_KINDS);
	queue->home = loops[0];
	queue->shard_n = n;
	queue->kick.deliver = sw_due_on_kick;
	atomic_store(&queue->far_us, INT64_MAX);
	/* As if memory were full before the first row: nothing is accepted until the loader has begun. */
	atomic_store(&queue->full, true);
	for (unsigned i = 0; i < n; i++)
		sw_due_shard_init(queue, i, loops[i]);
	atomic_store(&store->due, queue);
	sw_due_kick(queue);
	return 0;
}

static void on_stop(struct sw_mail *mail)
{
	struct sw_due_shard *shard = SW_CONTAINER(mail, struct sw_due_shard, stop);
	if (shard->loop == shard->queue->home)
		sw_timer_stop(&shard->queue->alarm);
	sw_due_shard_stop(shard);
	sem_post(&shard->queue->stopped);
}

void sw_due_stop(struct sw_store *store)
{
	struct sw_due_queue *queue = atomic_load(&store->due);
	if (!queue || atomic_exchange(&queue->stopping, true))
		return;
	for (unsigned i = 0; i < queue->shard_n; i++) {
		queue->shard[i].stop.deliver = on_stop;
		sw_loop_post(queue->shard[i].loop, &queue->shard[i].stop);
	}
	for (unsigned i = 0; i < queue->shard_n; i++)
		while (sem_wait(&queue->stopped) != 0)
			;
}

struct sw_loop *sw_due_loop(struct sw_store *store, struct sw_id ref)
{
	struct sw_due_queue *queue = atomic_load(&store->due);
	const struct sw_due due = { .ref = ref };
	return queue ? sw_due_shard_of(queue, &due)->loop : NULL;
}

int64_t sw_due_backlog(struct sw_store *store)
{
	struct sw_due_queue *queue = atomic_load(&store->due);
	if (!queue)
		return 0;
	return atomic_load(&queue->backlog) + atomic_load(&queue->full);
}
