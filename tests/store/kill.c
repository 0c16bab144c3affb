/*
 * Kills a process that commits units at random moments and looks at what is left.
 *
 *	store_kill [ROUNDS]
 *
 * The child runs 32 tasks that commit units (unit.h), each asking again for what was not answered before the last
 * kill; due rows move their message to "sent".  It writes the number of each unit to a pipe once it was answered.
 * After each SIGKILL the parent reads the pipe; the next child opens the same directory and first checks that
 *   - every answered unit is there (nothing lost),
 *   - idempotency rows, messages, ledger rows and "accepted" events are equally many (nothing double, nothing half),
 *   - the balance plus the ledger is what it began with,
 *   - messages sent, "sent" events and missing due rows are equally many,
 *   - event numbers have no gaps.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/list.h"
#include "base/log.h"
#include "base/num.h"
#include "base/random.h"
#include "loop/clock.h"
#include "loop/loop.h"
#include "loop/task.h"
#include "store/event.h"
#include "unit.h"

enum { TASKS = 32, ACCOUNTS = 20, UNITS_MAX = 4 * 1000 * 1000 };

static struct sw_store *store;
static int pipe_fd;
/* Of the parent, seen by each child as it was at the fork. */
static uint8_t *acked;       /* by unit number */
static uint64_t next[TASKS]; /* first number of the task that was not answered */

static int run_sent(struct sw_task *task, struct sw_store *where, const struct sw_due *due)
{
	struct sw_txn *txn = sw_txn_new(where, sw_task_arena(task), due->bucket);
	sw_txn_due_done(txn, due);
	sw_txn_do(txn, &unit_sql[UNIT_SENT], SW_GUARD_ONE, 500, SW_I(due->bucket), SW_ID(due->account), SW_ID(due->ref),
		  SW_I(2), SW_I(sw_wall_us()));
	sw_txn_event(txn, &(struct sw_event){ .account = due->account, .type = SW_S("unit.sent"), .sid = due->ref });
	return sw_commit_wait(task, txn, NULL);
}

static const struct sw_due_kind kind_send = { .name = "unit.send", .run = run_sent };
static const struct sw_due_kind *const kinds[] = { &kind_send, NULL };

/* Task t asks for the numbers t, t + TASKS, t + 2 * TASKS … one behind the other. */
static void client(struct sw_task *task, void *arg)
{
	uint64_t number = *(uint64_t *)arg;
	struct sw_arena arena;
	sw_arena_init(&arena);
	for (;; number += TASKS) {
		struct unit unit = {
			.number = number,
			.account = (unsigned)(number * 7 % ACCOUNTS),
			.price = UNIT_PRICE,
			.reply_bytes = 200,
			.due = &kind_send,
		};
		struct sw_result result;
		int err = sw_commit_wait(task, unit_txn(store, &arena, &unit), &result);
		/* a replay: committed before the kill, and answered now */
		bool replay = err == SW_EGUARD && result.code == 409;
		if (err && !replay)
			break;
		if (write(pipe_fd, &number, sizeof(number)) != sizeof(number))
			break;
		sw_arena_clear(&arena);
	}
	sw_arena_done(&arena);
}

static void on_start(struct sw_mail *mail)
{
	(void)mail;
	for (unsigned i = 0; i < TASKS; i++)
		(void)sw_task_spawn(sw_loop_current(), client, &next[i]);
}

/* ---- what must hold ---- */

static int complain(const char *what, int64_t a, int64_t b)
{
	fprintf(stderr, "store_kill: %s: %lld and %lld\n", what, (long long)a, (long long)b);
	return 1;
}

static int check_counts(struct sw_arena *arena, uint64_t answered)
{
	struct sw_rows rows;
	if (sw_query_now(store, arena, &unit_sql[UNIT_COUNTS], &rows) != 0)
		return complain("the counts cannot be read", 0, 0);
	enum { IDEMPOTENCY, MESSAGES, LEDGER, ACCEPTED, SENT_EVENTS, DUE, SENT, EVENTS, SEQS };
	int64_t n[9];
	for (unsigned i = 0; i < 9; i++)
		n[i] = sw_row_int(rows.row[0], i);
	int bad = 0;
	if (n[MESSAGES] < (int64_t)answered)
		bad += complain("fewer messages than answered units", n[MESSAGES], (int64_t)answered);
	if (n[MESSAGES] > (int64_t)answered + TASKS)
		bad += complain("more messages than were asked for", n[MESSAGES], (int64_t)answered);
	if (n[IDEMPOTENCY] != n[MESSAGES] || n[LEDGER] != n[MESSAGES] || n[ACCEPTED] != n[MESSAGES])
		bad += complain("half a unit", n[MESSAGES], n[LEDGER]);
	if (n[SENT] != n[SENT_EVENTS] || n[SENT] + n[DUE] != n[MESSAGES])
		bad += complain("half a due row", n[SENT], n[SENT_EVENTS]);
	if (n[EVENTS] != n[SEQS])
		bad += complain("a gap in event numbers", n[EVENTS], n[SEQS]);
	return bad;
}

static int check(struct sw_arena *arena, uint64_t answered)
{
	struct sw_rows rows;
	int bad = check_counts(arena, answered);
	if (sw_query_now(store, arena, &unit_sql[UNIT_SUMS], &rows) != 0)
		return complain("the sums cannot be read", 0, 0);
	for (size_t i = 0; i < rows.n; i++)
		if (sw_row_int(rows.row[i], 0) != UNIT_BALANCE)
			bad += complain("balance and ledger", sw_row_int(rows.row[i], 0), UNIT_BALANCE);
	return bad;
}

/* Those answered last, one by one; the counts speak for the rest. */
static int check_answered(struct sw_arena *arena)
{
	int bad = 0;
	for (unsigned t = 0; t < TASKS; t++) {
		if (next[t] < TASKS) /* not one yet */
			continue;
		uint64_t number = next[t] - TASKS;
		unsigned account = (unsigned)(number * 7 % ACCOUNTS);
		struct sw_str key = unit_key(arena, number);
		struct sw_rows rows;
		int err = sw_query_now(store, arena, &unit_sql[UNIT_FIND], &rows, SW_I(unit_bucket(account)),
				       SW_ID(unit_account_id(account)), SW_T(key));
		if (err || rows.n != 1)
			bad += complain("an answered unit is lost", (int64_t)number, err);
	}
	return bad;
}

static int child(const char *url, uint64_t answered)
{
	struct sw_arena *arena = sw_arena_new();
	sw_log_set_level(SW_LOG_WARN);
	store = unit_store_open(arena, url);
	if (unit_accounts(store, ACCOUNTS) != 0)
		return 2;
	if (check(arena, answered) + check_answered(arena))
		return 3;
	struct sw_loop *loops[2] = { sw_loop_new("kill-loop"), sw_loop_new("kill-loop") };
	struct sw_mail mail = { .deliver = on_start };
	for (unsigned i = 0; i < 2; i++)
		sw_loop_start(loops[i]);
	if (sw_due_start(store, kinds, loops, 2) != 0)
		return 2;
	sw_loop_post(loops[0], &mail);
	for (;;)
		pause();
}

/* ---- the parent ---- */

static uint64_t read_answers(int fd)
{
	uint64_t number, n = 0;
	while (read(fd, &number, sizeof(number)) == sizeof(number)) {
		if (number >= UNITS_MAX)
			abort();
		n += !acked[number];
		acked[number] = 1;
		if (next[number % TASKS] <= number)
			next[number % TASKS] = number + TASKS;
	}
	return n;
}

/* @return the child's exit status, -1 when it was killed as meant; adds what it answered */
static int round_of(const char *url, int64_t delay_us, uint64_t *answered)
{
	int fds[2];
	/* Room for all answers of a round: nobody reads while the child runs. */
	if (pipe(fds) != 0 || fcntl(fds[1], F_SETPIPE_SZ, 1 << 20) < 0)
		return 2;
	pid_t pid = fork();
	if (pid == 0) {
		close(fds[0]);
		pipe_fd = fds[1];
		_exit(child(url, *answered));
	}
	close(fds[1]);
	/* The delay counts from the first answer: opening a larger database takes longer. */
	struct pollfd first = { .fd = fds[0], .events = POLLIN };
	(void)poll(&first, 1, 10000);
	int64_t until = sw_mono_us() + delay_us;
	while (sw_mono_us() < until) {
		struct pollfd none = { .fd = -1 };
		(void)poll(&none, 1, 1);
	}
	kill(pid, SIGKILL);
	int status = 0;
	waitpid(pid, &status, 0);
	*answered += read_answers(fds[0]);
	close(fds[0]);
	return WIFSIGNALED(status) ? -1 : WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
	int64_t rounds = 20, answered_before;
	char url[64];
	struct sw_arena *names = sw_arena_new();
	struct sw_str dir;
	uint64_t answered = 0;
	if ((argc > 1 && sw_num_parse(sw_str_of(argv[1]), &rounds) != 0) || sw_folder_draw(names, "store-kill", &dir))
		return 2;
	snprintf(url, sizeof(url), "sqlite:%s", dir.p);
	acked = calloc(UNITS_MAX, 1);
	if (!acked)
		return 2;
	for (unsigned t = 0; t < TASKS; t++)
		next[t] = t;
	int64_t empty = 0;
	for (int64_t i = 0; i < rounds; i++) {
		answered_before = (int64_t)answered;
		int status = round_of(url, (int64_t)sw_random_below(60000), &answered);
		if (status >= 0) {
			fprintf(stderr, "store_kill: round %lld ended by itself with %d; kept: %s\n", (long long)i,
				status, dir.p);
			return 1;
		}
		empty += (int64_t)answered == answered_before;
	}
	pid_t pid = fork();
	if (pid == 0) {
		struct sw_arena *arena = sw_arena_new();
		sw_log_set_level(SW_LOG_WARN);
		store = unit_store_open(arena, url);
		_exit(check(arena, answered) + check_answered(arena) ? 3 : 0);
	}
	int status = -1;
	waitpid(pid, &status, 0);
	printf("store_kill rounds=%lld rounds_without_answer=%lld answered=%llu result=%s\n", (long long)rounds,
	       (long long)empty, (unsigned long long)answered, status == 0 ? "ok" : "FAILED");
	if (status != 0)
		return 1;
	(void)sw_folder_remove(dir.p);
	sw_arena_free(names);
	free(acked);
	return 0;
}
