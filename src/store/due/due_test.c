#include "store/due.h"

#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/list.h"
#include "base/test.h"
#include "base/time.h"
#include "loop/clock.h"
#include "loop/loop.h"
#include "loop/task.h"
#include "store/store_fixture.h"

static atomic_int fired, failed_first, at_once, most_at_once, restored;
static _Atomic int64_t last_fired_us;

static int run_once(struct sw_task *task, struct sw_store *store, const struct sw_due *due)
{
	struct sw_txn *txn = sw_txn_new(store, sw_task_arena(task), due->bucket);
	sw_txn_due_done(txn, due);
	SW_CHECK(due->due_us <= sw_wall_us());
	int err = sw_commit_wait(task, txn, NULL);
	if (err)
		return err;
	atomic_fetch_add(&fired, 1);
	atomic_fetch_add(&restored, due->restored);
	atomic_store(&last_fired_us, sw_wall_us());
	return 0;
}

static int run_fail_first(struct sw_task *task, struct sw_store *store, const struct sw_due *due)
{
	if (atomic_fetch_add(&failed_first, 1) == 0)
		return SW_EIO;
	return run_once(task, store, due);
}

/* Comes three times, each an hour later. */
static int run_again(struct sw_task *task, struct sw_store *store, const struct sw_due *due)
{
	SW_CHECK_STR(due->data, "word");
	if (due->attempt == 2)
		return run_once(task, store, due);
	struct sw_txn *txn = sw_txn_new(store, sw_task_arena(task), due->bucket);
	sw_txn_due_again(txn, due, due->due_us + 3600 * SW_US_PER_S);
	int err = sw_commit_wait(task, txn, NULL);
	atomic_fetch_add(&fired, !err);
	return err;
}

static int run_slow(struct sw_task *task, struct sw_store *store, const struct sw_due *due)
{
	int now = atomic_fetch_add(&at_once, 1) + 1;
	int most = atomic_load(&most_at_once);
	while (now > most && !atomic_compare_exchange_weak(&most_at_once, &most, now))
		;
	int err = sw_sleep_wait(task, 1000);
	atomic_fetch_sub(&at_once, 1);
	return err ? err : run_once(task, store, due);
}

/* Three times an hour apart under one name, then its row is deleted with others. */
static int run_outside(struct sw_task *task, struct sw_store *store, const struct sw_due *due)
{
	static uint8_t name[8];
	atomic_fetch_add(&fired, 1);
	if (!sw_id_eq(due->ref, test_id(0)))
		return SW_DUE_DONE;
	if (due->attempt == 0)
		memcpy(name, due->id.b + 8, sizeof(name));
	SW_CHECK(memcmp(name, due->id.b + 8, sizeof(name)) == 0);
	if (due->attempt == 2)
		return SW_DUE_DONE;
	struct sw_txn *txn = sw_txn_new(store, sw_task_arena(task), due->bucket);
	sw_txn_due_again(txn, due, due->due_us + 3600 * SW_US_PER_S);
	return sw_commit_wait(task, txn, NULL);
}

static const struct sw_due_kind kind_outside = { .name = "test.outside", .run = run_outside };
static const struct sw_due_kind kind_once = { .name = "test.once", .run = run_once, .cancellable = true };
static const struct sw_due_kind kind_fail = { .name = "test.fail", .run = run_fail_first };
static const struct sw_due_kind kind_again = { .name = "test.again", .run = run_again };
static const struct sw_due_kind kind_slow = { .name = "test.slow", .run = run_slow, .max_running = 3 };
static const struct sw_due_kind *const kinds[] = {
	&kind_once, &kind_fail, &kind_again, &kind_slow, &kind_outside, NULL
};

/* ---- two loops, a store, and one task that plays the test ---- */

struct stage {
	struct sw_arena *arena;
	struct sw_store *store;
	struct sw_loop *loops[2];
	sem_t over;
	void (*play)(struct stage *stage, struct sw_task *task);
	struct sw_mail mail;
};

static void play_task(struct sw_task *task, void *arg)
{
	struct stage *stage = arg;
	stage->play(stage, task);
	sem_post(&stage->over);
}

static void on_play(struct sw_mail *mail)
{
	(void)sw_task_spawn(sw_loop_current(), play_task, SW_CONTAINER(mail, struct stage, mail));
}

static void stage_start(struct stage *stage, struct sw_store *store)
{
	stage->store = store;
	for (unsigned i = 0; i < 2; i++) {
		stage->loops[i] = sw_loop_new("test-loop");
		sw_loop_start(stage->loops[i]);
	}
	atomic_store(&fired, 0);
	atomic_store(&failed_first, 0);
	atomic_store(&most_at_once, 0);
	atomic_store(&restored, 0);
	SW_CHECK_INT(sw_due_start(store, kinds, stage->loops, 2), 0);
}

static void stage_play(struct stage *stage, void (*play)(struct stage *, struct sw_task *))
{
	stage->play = play;
	stage->mail.deliver = on_play;
	SW_CHECK(sem_init(&stage->over, 0, 0) == 0);
	sw_loop_post(stage->loops[1], &stage->mail);
	while (sem_wait(&stage->over) != 0)
		;
	sem_destroy(&stage->over);
}

static void stage_end(struct stage *stage)
{
	sw_due_stop(stage->store);
	for (unsigned i = 0; i < 2; i++) {
		sw_loop_stop(stage->loops[i]);
		sw_loop_join(stage->loops[i]);
		sw_loop_free(stage->loops[i]);
	}
	sw_store_close(stage->store);
}

static void insert(struct sw_store *store, const struct sw_due_kind *kind, unsigned n, int64_t due_us)
{
	struct sw_arena arena;
	sw_arena_init(&arena);
	struct sw_txn *txn = sw_txn_new(store, &arena, 1);
	struct sw_due due = {
		.due_us = due_us, .kind = kind, .ref_kind = { 'S', 'M' }, .ref = test_id(n), .data = SW_S("word")
	};
	sw_txn_due(txn, &due);
	SW_CHECK_INT(sw_commit_now(txn, NULL), 0);
	sw_arena_done(&arena);
}

static void insert_many(struct sw_store *store, const struct sw_due_kind *kind, unsigned n, int64_t due_us,
			int64_t step_us)
{
	for (unsigned i = 0; i < n;) {
		struct sw_arena arena;
		sw_arena_init(&arena);
		struct sw_txn *txn = sw_txn_new(store, &arena, 1);
		for (unsigned k = 0; k < 500 && i < n; k++, i++) {
			struct sw_due due = {
				.due_us = due_us + i * step_us, .kind = kind, .ref = test_id(i), .data = SW_S("word")
			};
			sw_txn_due(txn, &due);
		}
		SW_CHECK_INT(sw_commit_now(txn, NULL), 0);
		sw_arena_done(&arena);
	}
}

static int64_t rows_left(struct sw_store *store)
{
	struct sw_arena arena;
	struct sw_rows rows;
	sw_arena_init(&arena);
	SW_CHECK_INT(sw_query_now(store, &arena, &test_sql[TEST_COUNT_DUE], &rows, SW_I(0)), 0);
	int64_t n = rows.n ? sw_row_int(rows.row[0], 0) : -1;
	sw_arena_done(&arena);
	return n;
}

/* ---- what must hold ---- */

static void play_thirty_five_days(struct stage *stage, struct sw_task *task)
{
	int64_t start = sw_wall_us();
	for (unsigned day = 0; day < 36; day++)
		insert(stage->store, &kind_once, day, start + day * SW_US_PER_DAY);
	insert(stage->store, &kind_again, 99, start + 1000);
	SW_CHECK_INT(sw_clock_advance_wait(task, 35 * SW_US_PER_DAY + SW_US_PER_S), 0);
	SW_CHECK_INT(atomic_load(&fired), 36 + 3);
	SW_CHECK_INT(rows_left(stage->store), 0);
	SW_CHECK_INT(sw_due_backlog(stage->store), 0);
}

SW_TEST(due_rows_of_thirty_five_days_fire_when_the_clock_is_moved)
{
	struct stage stage = { .arena = sw_arena_new() };
	stage_start(&stage, test_store(stage.arena, "sqlite::memory:", 0));
	stage_play(&stage, play_thirty_five_days);
	stage_end(&stage);
	sw_arena_free(stage.arena);
}

static void play_failure(struct stage *stage, struct sw_task *task)
{
	insert(stage->store, &kind_fail, 1, sw_wall_us());
	SW_CHECK_INT(sw_clock_advance_wait(task, 2 * SW_US_PER_S), 0);
	SW_CHECK_INT(atomic_load(&failed_first), 2);
	SW_CHECK_INT(atomic_load(&fired), 1);
}

SW_TEST(a_due_row_whose_handler_failed_is_tried_again)
{
	struct stage stage = { .arena = sw_arena_new() };
	stage_start(&stage, test_store(stage.arena, "sqlite::memory:", 0));
	stage_play(&stage, play_failure);
	stage_end(&stage);
	sw_arena_free(stage.arena);
}

static void play_cancel(struct stage *stage, struct sw_task *task)
{
	int64_t now = sw_wall_us();
	insert(stage->store, &kind_once, 1, now + 5 * SW_US_PER_S);
	insert(stage->store, &kind_once, 1, now + 9 * SW_US_PER_DAY);
	insert(stage->store, &kind_once, 2, now + 5 * SW_US_PER_S);
	struct sw_txn *txn = sw_txn_new(stage->store, sw_task_arena(task), 1);
	sw_txn_due_cancel(txn, &kind_once, (struct sw_id){ { 0 } }, test_id(1));
	SW_CHECK_INT(sw_commit_wait(task, txn, NULL), 0);
	SW_CHECK_INT(rows_left(stage->store), 1);
	SW_CHECK_INT(sw_clock_advance_wait(task, 10 * SW_US_PER_DAY), 0);
	SW_CHECK_INT(atomic_load(&fired), 1);
}

SW_TEST(a_cancelled_due_row_does_not_fire)
{
	struct stage stage = { .arena = sw_arena_new() };
	stage_start(&stage, test_store(stage.arena, "sqlite::memory:", 0));
	stage_play(&stage, play_cancel);
	stage_end(&stage);
	sw_arena_free(stage.arena);
}

static void play_places(struct stage *stage, struct sw_task *task)
{
	insert_many(stage->store, &kind_slow, 60, sw_wall_us(), 0);
	SW_CHECK_INT(sw_clock_advance_wait(task, 1000), 0);
	SW_CHECK_INT(atomic_load(&fired), 60);
	SW_CHECK(atomic_load(&most_at_once) <= 3);
	SW_CHECK(atomic_load(&most_at_once) >= 2);
}

SW_TEST(no_more_handlers_run_than_their_kind_allows)
{
	struct stage stage = { .arena = sw_arena_new() };
	stage_start(&stage, test_store(stage.arena, "sqlite::memory:", 0));
	stage_play(&stage, play_places);
	stage_end(&stage);
	sw_arena_free(stage.arena);
}

static void play_outside(struct stage *stage, struct sw_task *task)
{
	insert_many(stage->store, &kind_outside, 1, sw_wall_us(), 0);
	SW_CHECK_INT(sw_clock_advance_wait(task, 3 * 3600 * SW_US_PER_S), 0);
	SW_CHECK_INT(atomic_load(&fired), 3);
	SW_CHECK_INT(rows_left(stage->store), 0);
	for (unsigned i = 1; i <= 300; i++)
		insert(stage->store, &kind_outside, i, sw_wall_us());
	SW_CHECK_INT(sw_clock_advance_wait(task, SW_US_PER_S), 0);
	SW_CHECK_INT(atomic_load(&fired), 303);
	SW_CHECK_INT(rows_left(stage->store), 0);
}

SW_TEST(rows_done_outside_the_store_are_deleted_together)
{
	struct stage stage = { .arena = sw_arena_new() };
	stage_start(&stage, test_store(stage.arena, "sqlite::memory:", 0));
	stage_play(&stage, play_outside);
	stage_end(&stage);
	sw_arena_free(stage.arena);
}

static void play_backlog(struct stage *stage, struct sw_task *task)
{
	insert_many(stage->store, &kind_once, 3000, sw_wall_us() + 1000, 1);
	SW_CHECK_INT(sw_clock_advance_wait(task, 3600 * SW_US_PER_S), 0);
	SW_CHECK_INT(atomic_load(&fired), 8000);
	SW_CHECK(atomic_load(&restored) >= 5000);
	SW_CHECK_INT(rows_left(stage->store), 0);
}

/* 5,000 rows were there before the start, most of them due; memory holds 1,500. */
SW_TEST(a_backlog_larger_than_memory_fires_once_each)
{
	struct stage stage = { .arena = sw_arena_new() };
	struct sw_store *store = test_store(stage.arena, "sqlite::memory:", 1500);
	insert_many(store, &kind_once, 5000, sw_wall_us() - 4000000, 1000);
	stage_start(&stage, store);
	stage_play(&stage, play_backlog);
	stage_end(&stage);
	sw_arena_free(stage.arena);
}
