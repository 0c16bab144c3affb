#include "store/query.h"

#include <semaphore.h>

#include "base/buf.h"
#include "base/list.h"
#include "base/test.h"
#include "base/trace.h"
#include "loop/clock.h"
#include "loop/loop.h"
#include "loop/task.h"
#include "store/driver.h"
#include "store/event.h"
#include "store/store_fixture.h"

static const struct sw_query_def purses = {
	.name = "purse.list",
	.select = "SELECT id, amount, note FROM purse",
	.out = "biT",
	.key = "id",
	.key_type = 'b',
	.columns = (const struct sw_query_column[]){ { "amount", 'i' }, { "note", 't' }, { 0 } },
};

/* Twenty purses, amounts 0..19. */
static struct sw_store *twenty(struct sw_arena *arena)
{
	struct sw_store *store = test_store(arena, "sqlite::memory:", 0);
	struct sw_txn *txn = sw_txn_new(store, arena, 1);
	for (unsigned i = 0; i < 20; i++)
		sw_txn_do(txn, &test_sql[TEST_PUT], SW_GUARD_ONE, 7, SW_ID(test_id(i)), SW_I(i),
			  SW_T(i % 2 ? SW_S("odd") : SW_S("even")));
	SW_CHECK_INT(sw_commit_now(txn, NULL), 0);
	return store;
}

static void check_page(struct sw_store *store, struct sw_arena *arena, struct sw_page_key page, int64_t first,
		       int64_t last, size_t n)
{
	struct sw_query *query = sw_query_new(arena, &purses);
	struct sw_rows rows;
	sw_query_page(query, &page);
	SW_CHECK_INT(sw_query_run_now(store, query, &rows), 0);
	SW_CHECK_INT(rows.n, n);
	if (rows.n != n || n == 0)
		return;
	SW_CHECK_INT(sw_row_int(rows.row[0], 1), first);
	SW_CHECK_INT(sw_row_int(rows.row[n - 1], 1), last);
}

SW_TEST(pages_go_both_ways_newest_or_oldest_first)
{
	struct sw_arena *arena = sw_arena_new();
	struct sw_store *store = twenty(arena);
	check_page(store, arena, (struct sw_page_key){ .limit = 5 }, 19, 15, 5);
	check_page(store, arena, (struct sw_page_key){ .limit = 5, .after = SW_ID(test_id(15)) }, 14, 10, 5);
	check_page(store, arena, (struct sw_page_key){ .limit = 5, .before = SW_ID(test_id(9)) }, 14, 10, 5);
	check_page(store, arena, (struct sw_page_key){ .limit = 5, .before = SW_ID(test_id(17)) }, 19, 18, 2);
	check_page(store, arena, (struct sw_page_key){ .limit = 5, .after = SW_ID(test_id(0)) }, 0, 0, 0);
	check_page(store, arena, (struct sw_page_key){ .limit = 5, .offset = 5 }, 14, 10, 5);
	check_page(store, arena, (struct sw_page_key){ .limit = 5, .ascending = true }, 0, 4, 5);
	check_page(store, arena, (struct sw_page_key){ .limit = 5, .ascending = true, .after = SW_ID(test_id(4)) }, 5,
		   9, 5);
	check_page(store, arena, (struct sw_page_key){ .limit = 5, .ascending = true, .before = SW_ID(test_id(10)) }, 5,
		   9, 5);
	sw_store_close(store);
	sw_arena_free(arena);
}

SW_TEST(filters_are_bound_and_the_text_is_the_same_for_the_same_shape)
{
	struct sw_arena *arena = sw_arena_new();
	struct sw_store *store = twenty(arena);
	for (int64_t low = 0; low < 10; low++) {
		struct sw_query *query = sw_query_new(arena, &purses);
		struct sw_rows rows;
		sw_query_where(query, "amount", SW_OP_GE, SW_I(low));
		sw_query_where(query, "note", SW_OP_EQ, SW_T(SW_S("odd' OR 1=1 --")));
		sw_query_page(query, &(struct sw_page_key){ .limit = 50 });
		SW_CHECK_STR(sw_query_text(query), "SELECT id, amount, note FROM purse WHERE amount >= $1 AND note = $2"
						   " ORDER BY id DESC LIMIT $3");
		SW_CHECK_INT(sw_query_run_now(store, query, &rows), 0);
		SW_CHECK_INT(rows.n, 0);
	}
	struct sw_query *query = sw_query_new(arena, &purses);
	struct sw_rows rows;
	sw_query_where(query, "amount", SW_OP_LT, SW_I(6));
	sw_query_where(query, "note", SW_OP_EQ, SW_T(SW_S("odd")));
	SW_CHECK_INT(sw_query_run_now(store, query, &rows), 0);
	SW_CHECK_INT(rows.n, 3);
	sw_store_close(store);
	sw_arena_free(arena);
}

/* ---- events ---- */

struct event_stage {
	struct sw_store *store;
	struct sw_mail mail;
	sem_t over;
	int errors;
};

static int say(struct sw_task *task, struct sw_store *store, struct sw_arena *arena, const char *type)
{
	struct sw_txn *txn = sw_txn_new(store, arena, 3);
	sw_txn_event(txn, &(struct sw_event){ .account = test_id(1),
					      .type = sw_str_of(type),
					      .kind = SW_S("SM"),
					      .sid = test_id(2),
					      .time_us = 42,
					      .data = SW_S("{\"a\":1}") });
	return task ? sw_commit_wait(task, txn, NULL) : sw_commit_now(txn, NULL);
}

static void speaker(struct sw_task *task, void *arg)
{
	struct event_stage *stage = arg;
	if (sw_sleep_wait(task, 2000) != 0 || say(task, stage->store, sw_task_arena(task), "second") != 0)
		stage->errors++;
}

static void listener(struct sw_task *task, void *arg)
{
	struct event_stage *stage = arg;
	struct sw_arena *arena = sw_task_arena(task);
	struct sw_event *events;
	size_t n;
	int64_t last = -1;
	SW_CHECK_INT(sw_event_last_wait(task, stage->store, 3, &last), 0);
	SW_CHECK_INT(last, 1);
	SW_CHECK_INT(sw_event_wait(task, stage->store, 3, 0, sw_mono_us() + 1000000), 0); /* is there already */
	SW_CHECK_INT(sw_event_wait(task, stage->store, 3, 1, sw_mono_us() + 1000), SW_ETIMEDOUT);
	(void)sw_task_spawn(sw_loop_current(), speaker, stage);
	SW_CHECK_INT(sw_event_wait(task, stage->store, 3, 1, sw_mono_us() + 5000000), 0);
	SW_CHECK_INT(sw_event_read_wait(task, stage->store, arena, 3, &(struct sw_event_filter){ .after_seq = 0 },
					&events, &n),
		     0);
	SW_CHECK_INT(n, 2);
	SW_CHECK_STR(events[0].type, "first");
	SW_CHECK_STR(events[1].type, "second");
	SW_CHECK_INT(events[1].seq, 2);
	SW_CHECK_INT(events[1].time_us, 42);
	SW_CHECK_STR(events[1].data, "{\"a\":1}");
	SW_CHECK(sw_id_eq(events[1].sid, test_id(2)));
	struct sw_event_filter filter = { .type = SW_S("second"), .account = test_id(1), .limit = 1 };
	SW_CHECK_INT(sw_event_read_wait(task, stage->store, arena, 3, &filter, &events, &n), 0);
	SW_CHECK_INT(n, 1);
	filter.account = test_id(9);
	SW_CHECK_INT(sw_event_read_wait(task, stage->store, arena, 3, &filter, &events, &n), 0);
	SW_CHECK_INT(n, 0);
	sem_post(&stage->over);
}

static void on_listen(struct sw_mail *mail)
{
	(void)sw_task_spawn(sw_loop_current(), listener, SW_CONTAINER(mail, struct event_stage, mail));
}

SW_TEST(who_waits_for_events_is_woken_by_the_commit)
{
	struct sw_arena *arena = sw_arena_new();
	struct event_stage stage = { .store = test_store(arena, "sqlite::memory:", 0),
				     .mail = { .deliver = on_listen } };
	SW_CHECK(sem_init(&stage.over, 0, 0) == 0);
	SW_CHECK_INT(say(NULL, stage.store, arena, "first"), 0);
	struct sw_loop *loop = sw_loop_new("test-loop");
	sw_loop_start(loop);
	sw_loop_post(loop, &stage.mail);
	while (sem_wait(&stage.over) != 0)
		;
	sw_loop_stop(loop);
	sw_loop_join(loop);
	sw_store_close(stage.store); /* joins the writer: every mail is posted */
	sw_loop_free(loop);
	SW_CHECK_INT(stage.errors, 0);
	sem_destroy(&stage.over);
	sw_arena_free(arena);
}

/* ---- checks ---- */

static const struct sw_query_table purse_table = { "test", &purses, 1 };
static const struct sw_query_table *const query_tables[] = { &purse_table, NULL };

SW_TEST(the_rooms_own_statements_fit_the_schema)
{
	struct sw_arena *arena = sw_arena_new();
	struct sw_buf complaints = { .arena = arena }, script = { .arena = arena };
	struct sw_store_config config = test_config("");
	config.queries = query_tables;
	SW_CHECK_INT(sw_store_check(arena, &config, &complaints), 0);
	SW_CHECK_STR(sw_buf_str(&complaints), "");
	sw_store_check_script(arena, &config, &script);
	SW_CHECK(sw_str_find(sw_buf_str(&script), SW_S("PREPARE \"test.add\" (bytea, bigint) AS UPDATE purse")) > 0);
	SW_CHECK(sw_str_find(sw_buf_str(&script), SW_S("FROM purse WHERE note = $1 AND id < $2 ORDER BY id DESC")) > 0);
	sw_arena_free(arena);
}

SW_TEST(a_statement_that_does_not_fit_is_named)
{
	static const struct sw_sql wrong[] = {
		{ .name = "wrong.count", .text = "SELECT amount FROM purse WHERE id = $1", .in = "bb", .out = "i" },
		{ .name = "wrong.type", .text = "SELECT amount FROM purse", .out = "t" },
		{ .name = "wrong.null", .text = "SELECT note FROM purse", .out = "t" },
		{ .name = "wrong.columns", .text = "SELECT note, id FROM purse", .out = "T" },
		{ .name = "wrong.table", .text = "SELECT note FROM purses", .out = "T" },
		{ .name = "wrong.two", .text = "SELECT note FROM purse; SELECT 1", .out = "T" },
		{ .name = "wrong.two", .text = "SELECT note FROM purse", .out = "T" },
	};
	static const struct sw_sql_table wrong_table = { "wrong", wrong, SW_COUNTOF(wrong) };
	static const struct sw_sql_table *const wrong_tables[] = { &wrong_table, NULL };
	struct sw_arena *arena = sw_arena_new();
	struct sw_buf complaints = { .arena = arena };
	struct sw_store_config config = test_config("");
	config.tables = wrong_tables;
	SW_CHECK_INT(sw_store_check(arena, &config, &complaints), 7);
	for (unsigned i = 0; i < SW_COUNTOF(wrong); i++)
		SW_CHECK(sw_str_find(sw_buf_str(&complaints), sw_str_of(wrong[i].name)) >= 0);
	struct sw_store *store;
	struct sw_str why;
	config.url = "sqlite::memory:";
	SW_CHECK_INT(sw_store_open(arena, &config, &store, &why), SW_EINVAL);
	SW_CHECK(sw_str_starts(why, SW_S("wrong.count: ")));
	sw_arena_free(arena);
}

SW_TEST(the_steps_of_a_traced_transaction_are_found_again)
{
	struct sw_arena *arena = sw_arena_new();
	struct sw_store *store = twenty(arena);
	struct sw_trace_step *steps;
	struct sw_txn *txn = sw_txn_new(store, arena, 1);
	sw_txn_trace(txn, test_id(4711));
	sw_txn_do(txn, &test_sql[TEST_ADD], SW_GUARD_ONE, 1, SW_ID(test_id(1)), SW_I(1));
	sw_txn_do(txn, &test_sql[TEST_SET], SW_GUARD_ONE, 1, SW_ID(test_id(2)), SW_I(1));
	SW_CHECK_INT(sw_commit_now(txn, NULL), 0);
	SW_CHECK_INT(sw_trace_find(arena, test_id(4711), &steps), 3);
	SW_CHECK_STR(sw_str_of(steps[0].what), "test.add");
	SW_CHECK_STR(sw_str_of(steps[2].what), "commit");
	SW_CHECK_STR(sw_str_of(steps[2].room), "store");
	sw_store_close(store);
	sw_arena_free(arena);
}

/* ---- a queue that is full ---- */

struct queue_stage {
	struct sw_store *store;
	struct sw_mail mail;
	sem_t over;
	int left, done, turned_away;
};

static void hurried(struct sw_task *task, void *arg)
{
	struct queue_stage *stage = arg;
	int err = say(task, stage->store, sw_task_arena(task), "hurried");
	stage->done += !err;
	stage->turned_away += err == SW_ELIMIT;
	if (--stage->left == 0)
		sem_post(&stage->over);
}

static void on_hurry(struct sw_mail *mail)
{
	struct queue_stage *stage = SW_CONTAINER(mail, struct queue_stage, mail);
	for (int i = 0; i < 500; i++)
		(void)sw_task_spawn(sw_loop_current(), hurried, stage);
}

SW_TEST(a_full_queue_turns_transactions_away_at_once)
{
	struct sw_arena *arena = sw_arena_new();
	struct sw_store_config config = test_config("sqlite::memory:");
	struct queue_stage stage = { .mail = { .deliver = on_hurry }, .left = 500 };
	struct sw_str why;
	config.queue_max = 1; /* a commit takes longer than asking for one */
	SW_CHECK_INT(sw_store_open(arena, &config, &stage.store, &why), 0);
	SW_CHECK(sem_init(&stage.over, 0, 0) == 0);
	struct sw_loop *loop = sw_loop_new("test-loop");
	sw_loop_start(loop);
	sw_loop_post(loop, &stage.mail);
	while (sem_wait(&stage.over) != 0)
		;
	sw_loop_stop(loop);
	sw_loop_join(loop);
	sw_loop_free(loop);
	SW_CHECK_INT(stage.done + stage.turned_away, 500);
	SW_CHECK(stage.done > 0);
	SW_CHECK(stage.turned_away > 0);
	SW_CHECK_INT(sw_metric_value(&sw_store_metrics, STORE_QUEUE), 0);
	sem_destroy(&stage.over);
	sw_store_close(stage.store);
	sw_arena_free(arena);
}
