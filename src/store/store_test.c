#include "store/store.h"

#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/list.h"
#include "base/log.h"
#include "base/test.h"
#include "loop/loop.h"
#include "loop/task.h"
#include "store/event.h"
#include "store/store_fixture.h"

static int put(struct sw_store *store, struct sw_arena *arena, unsigned n, int64_t amount)
{
	struct sw_txn *txn = sw_txn_new(store, arena, 1);
	sw_txn_do(txn, &test_sql[TEST_PUT], SW_GUARD_ONE, 7, SW_ID(test_id(n)), SW_I(amount), SW_NULL);
	return sw_commit_now(txn, NULL);
}

static int64_t amount_of(struct sw_store *store, struct sw_arena *arena, unsigned n)
{
	struct sw_rows rows;
	int err = sw_query_now(store, arena, &test_sql[TEST_GET], &rows, SW_ID(test_id(n)));
	SW_CHECK_INT(err, 0);
	return rows.n ? sw_row_int(rows.row[0], 0) : -1;
}

SW_TEST(a_commit_is_seen_by_the_next_query)
{
	struct sw_arena *arena = sw_arena_new();
	struct sw_store *store = test_store(arena, "sqlite::memory:", 0);
	SW_CHECK_INT(put(store, arena, 1, 100), 0);
	SW_CHECK_INT(amount_of(store, arena, 1), 100);
	SW_CHECK_INT(amount_of(store, arena, 2), -1);
	sw_store_close(store);
	sw_arena_free(arena);
}

SW_TEST(a_failed_guard_undoes_its_transaction_and_says_which)
{
	struct sw_arena *arena = sw_arena_new();
	struct sw_store *store = test_store(arena, "sqlite::memory:", 0);
	SW_CHECK_INT(put(store, arena, 1, 100), 0);
	SW_CHECK_INT(put(store, arena, 2, 10), 0);
	struct sw_txn *txn = sw_txn_new(store, arena, 1);
	struct sw_result result;
	sw_txn_do(txn, &test_sql[TEST_ADD], SW_GUARD_ONE, 1, SW_ID(test_id(1)), SW_I(50));
	sw_txn_event(txn, &(struct sw_event){ .type = SW_S("purse.taken") });
	unsigned take = sw_txn_do(txn, &test_sql[TEST_TAKE], SW_GUARD_ONE, 20003, SW_ID(test_id(2)), SW_I(50));
	SW_CHECK_INT(sw_commit_now(txn, &result), SW_EGUARD);
	SW_CHECK_INT(result.failed, take);
	SW_CHECK_INT(result.code, 20003);
	SW_CHECK_INT(amount_of(store, arena, 1), 100);

	txn = sw_txn_new(store, arena, 1);
	take = sw_txn_do(txn, &test_sql[TEST_TAKE], SW_GUARD_ONE, 20003, SW_ID(test_id(1)), SW_I(30));
	sw_txn_event(txn, &(struct sw_event){ .type = SW_S("purse.taken") });
	SW_CHECK_INT(sw_commit_now(txn, &result), 0);
	SW_CHECK_INT(result.step[take].rows.n, 1);
	SW_CHECK_INT(sw_row_int(result.step[take].rows.row[0], 0), 70);
	SW_CHECK_INT(result.seq, 1); /* the number of the failed one was given back */

	SW_CHECK_INT(put(store, arena, 1, 5), SW_EGUARD); /* the key is there */
	txn = sw_txn_new(store, arena, 1);
	sw_txn_do(txn, &test_sql[TEST_SET], SW_GUARD_ONE, 1, SW_ID(test_id(1)), SW_I(5));
	SW_CHECK_INT(sw_commit_now(txn, &result), 0);
	SW_CHECK_INT(amount_of(store, arena, 1), 5);
	sw_store_close(store);
	sw_arena_free(arena);
}

/* ---- several loops, files, other processes ---- */

struct crowd {
	struct sw_store *store;
	struct sw_mail mail;
	sem_t over;
	int tasks, errors;
	int64_t last_seq[2];
};

/* Each task commits ten times; every third transaction fails behind its event. */
static void crowd_task(struct sw_task *task, void *arg)
{
	struct crowd *crowd = arg;
	for (unsigned i = 0; i < 10; i++) {
		struct sw_txn *txn = sw_txn_new(crowd->store, sw_task_arena(task), (int)(i % 2));
		struct sw_result result;
		sw_txn_do(txn, &test_sql[TEST_ADD], SW_GUARD_ONE, 1, SW_ID(test_id(1)), SW_I(1));
		sw_txn_event(txn, &(struct sw_event){ .type = SW_S("crowd") });
		if (i % 3 == 2)
			sw_txn_do(txn, &test_sql[TEST_ADD], SW_GUARD_ONE, 2, SW_ID(test_id(99)), SW_I(1));
		int err = sw_commit_wait(task, txn, &result);
		crowd->errors += err != (i % 3 == 2 ? SW_EGUARD : 0);
		if (err)
			continue;
		/* answers of one loop come in the order of the numbers */
		crowd->errors += result.seq <= crowd->last_seq[i % 2];
		crowd->last_seq[i % 2] = result.seq;
	}
	if (--crowd->tasks == 0)
		sem_post(&crowd->over);
}

static void on_crowd(struct sw_mail *mail)
{
	struct crowd *crowd = SW_CONTAINER(mail, struct crowd, mail);
	for (unsigned i = 0; i < 50; i++)
		(void)sw_task_spawn(sw_loop_current(), crowd_task, crowd);
}

static int64_t count_events(struct sw_store *store, struct sw_arena *arena, int bucket)
{
	struct sw_rows rows;
	SW_CHECK_INT(sw_query_now(store, arena, &test_sql[TEST_EVENTS], &rows, SW_I(bucket)), 0);
	SW_CHECK_INT(sw_row_int(rows.row[0], 0), sw_row_int(rows.row[0], 1)); /* no gaps: highest number is the count */
	return sw_row_int(rows.row[0], 0);
}

SW_TEST(tasks_of_two_loops_share_groups_and_event_numbers_have_no_gaps)
{
	struct sw_arena *arena = sw_arena_new();
	struct sw_store *store = test_store(arena, "sqlite::memory:", 0);
	struct sw_loop *loops[2];
	struct crowd crowds[2] = { 0 };
	SW_CHECK_INT(put(store, arena, 1, 0), 0);
	for (unsigned i = 0; i < 2; i++) {
		crowds[i] = (struct crowd){ .store = store, .mail = { .deliver = on_crowd }, .tasks = 50 };
		sem_init(&crowds[i].over, 0, 0);
		loops[i] = sw_loop_new("test-loop");
		sw_loop_start(loops[i]);
		sw_loop_post(loops[i], &crowds[i].mail);
	}
	for (unsigned i = 0; i < 2; i++) {
		while (sem_wait(&crowds[i].over) != 0)
			;
		SW_CHECK_INT(crowds[i].errors, 0);
		sem_destroy(&crowds[i].over);
	}
	SW_CHECK_INT(amount_of(store, arena, 1), 700);
	SW_CHECK_INT(count_events(store, arena, 0) + count_events(store, arena, 1), 700);
	for (unsigned i = 0; i < 2; i++) {
		sw_loop_stop(loops[i]);
		sw_loop_join(loops[i]);
		sw_loop_free(loops[i]);
	}
	sw_store_close(store);
	sw_arena_free(arena);
}

static void drop_scratch(struct sw_arena *arena, const char *dir)
{
	static const char *const names[] = { "strowger.db", "strowger.db-wal", "strowger.db-shm", "strowger.lock" };
	for (unsigned i = 0; i < SW_COUNTOF(names); i++)
		(void)unlink(sw_str_cstr(arena, sw_str_fmt(arena, "%s/%s", dir, names[i])));
	SW_CHECK(rmdir(dir) == 0);
}

static const char *url_of(struct sw_arena *arena, const char *dir)
{
	return sw_str_cstr(arena, sw_str_fmt(arena, "sqlite:%s", dir));
}

SW_TEST(what_was_committed_is_there_after_a_restart)
{
	struct sw_arena *arena = sw_arena_new();
	const char *dir = sw_test_folder();
	const char *url = url_of(arena, dir);
	for (int64_t round = 1; round <= 3; round++) {
		struct sw_store *store = test_store(arena, url, 0);
		struct sw_result result;
		struct sw_txn *txn = sw_txn_new(store, arena, 7);
		sw_txn_do(txn, &test_sql[TEST_PUT], SW_GUARD_ONE, 1, SW_ID(test_id((unsigned)round)), SW_I(round),
			  SW_NULL);
		sw_txn_event(txn, &(struct sw_event){ .type = SW_S("restart") });
		SW_CHECK_INT(sw_commit_now(txn, &result), 0);
		SW_CHECK_INT(result.seq, round);
		SW_CHECK_INT(amount_of(store, arena, 1), 1);
		sw_store_close(store);
	}
	drop_scratch(arena, dir);
	sw_arena_free(arena);
}

SW_TEST(a_second_process_is_told_who_has_the_directory)
{
	struct sw_arena *arena = sw_arena_new();
	const char *dir = sw_test_folder();
	struct sw_store_config config = test_config(url_of(arena, dir));
	struct sw_store *store = test_store(arena, config.url, 0);
	pid_t child = fork();
	if (child == 0) {
		struct sw_store *second;
		struct sw_str why;
		int err = sw_store_open(arena, &config, &second, &why);
		_exit(err == SW_EBUSY && sw_str_find(why, SW_S("another process, pid ")) >= 0 ? 0 : 1);
	}
	int status = -1;
	SW_CHECK(waitpid(child, &status, 0) == child);
	SW_CHECK_INT(status, 0);
	sw_store_close(store);
	drop_scratch(arena, dir);
	sw_arena_free(arena);
}

SW_TEST(an_unknown_or_newer_or_changed_schema_is_refused_with_words)
{
	struct sw_arena *arena = sw_arena_new();
	const char *dir = sw_test_folder();
	struct sw_store_config config = test_config(url_of(arena, dir));
	struct sw_store *store;
	struct sw_str why;
	config.no_migrate = true;
	SW_CHECK_INT(sw_store_open(arena, &config, &store, &why), SW_EINVAL);
	SW_CHECK(sw_str_find(why, SW_S("strowger migrate")) > 0);
	sw_store_close(test_store(arena, config.url, 0));
	config.no_migrate = false;
	config.migrations = sw_migrations; /* an older program */
	SW_CHECK_INT(sw_store_open(arena, &config, &store, &why), SW_ECORRUPT);
	SW_CHECK(sw_str_find(why, SW_S("newer than this program")) > 0);
	config.url = "sqlight:x";
	SW_CHECK_INT(sw_store_open(arena, &config, &store, &why), SW_EINVAL);
	drop_scratch(arena, dir);
	sw_arena_free(arena);
}

/* In a child whose files may not grow beyond 4 MB: writes fail as on a full disk (EFBIG instead of ENOSPC). */
static int fill_disk(const char *url)
{
	struct sw_arena *arena = sw_arena_new();
	struct sw_store *store = test_store(arena, url, 0);
	char note[4000];
	memset(note, 'n', sizeof(note));
	signal(SIGXFSZ, SIG_IGN);
	struct rlimit limit = { 4 << 20, RLIM_INFINITY };
	if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
		return 2;
	unsigned n = 0;
	int err = 0;
	while (!err && n < 5000) {
		struct sw_txn *txn = sw_txn_new(store, arena, 1);
		sw_txn_do(txn, &test_sql[TEST_PUT], SW_GUARD_ONE, 7, SW_ID(test_id(n)), SW_I(n),
			  SW_T(((struct sw_str){ note, sizeof(note) })));
		sw_txn_event(txn, &(struct sw_event){ .type = SW_S("disk") });
		err = sw_commit_now(txn, NULL);
		n += !err;
	}
	if (err != SW_ENOSPC || n < 100)
		return 3;
	if (amount_of(store, arena, n) != -1 || amount_of(store, arena, n - 1) != n - 1 ||
	    count_events(store, arena, 1) != n)
		return 4;
	limit.rlim_cur = RLIM_INFINITY;
	if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
		return 5;
	/* room again: the next one works without a restart, and takes the number that failed */
	if (put(store, arena, n, n) != 0 || amount_of(store, arena, n) != n || count_events(store, arena, 1) != n)
		return 6;
	sw_store_close(store);
	return 0;
}

SW_TEST(a_full_disk_fails_the_group_whole_and_is_over_when_there_is_room)
{
	struct sw_arena *arena = sw_arena_new();
	const char *dir = sw_test_folder();
	const char *url = url_of(arena, dir);
	pid_t child = fork();
	if (child == 0) {
		sw_log_set_level(SW_LOG_OFF);
		_exit(fill_disk(url));
	}
	int status = -1;
	SW_CHECK(waitpid(child, &status, 0) == child);
	SW_CHECK_INT(status >> 8, 0);
	SW_CHECK_INT(status & 0x7f, 0);
	struct sw_store *store = test_store(arena, url, 0);
	(void)count_events(store, arena, 1);
	sw_store_close(store);
	drop_scratch(arena, dir);
	sw_arena_free(arena);
}
