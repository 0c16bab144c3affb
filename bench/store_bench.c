/*
 * Commits accepted messages (tests/store/unit.h) as fast as the store takes them, N in flight, and prints one line.
 *
 *	store_bench [--dir DIR] [--in-flight N] [--seconds N] [--accounts N] [--reply BYTES] [--loops N]
 *
 * Beside it stands the fdatasync time of the same disk, measured before: 4 KiB appended, 300 times.
 */
#include <fcntl.h>
#include <getopt.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/list.h"
#include "base/log.h"
#include "base/num.h"
#include "base/random.h"
#include "loop/clock.h"
#include "loop/loop.h"
#include "loop/task.h"
#include "unit.h"

enum { LOOPS_MAX = 16, SAMPLES_MAX = 4 * 1000 * 1000 };

struct bench {
	const char *dir;
	int64_t in_flight, seconds, accounts, reply, loops;
	struct sw_store *store;
	struct sw_loop *loop[LOOPS_MAX];
	struct sw_mail mail[LOOPS_MAX];
	sem_t ended;
	int64_t stop_us;
	atomic_llong done, refused, number;
	int32_t *sample; /* microseconds */
	atomic_int tasks;
};

static struct bench bench = {
	.dir = "build/store_bench.d", .in_flight = 128, .seconds = 5, .accounts = 1000, .reply = 600, .loops = 1
};

static int run_due(struct sw_task *task, struct sw_store *store, const struct sw_due *due)
{
	(void)task;
	(void)store;
	(void)due;
	return 0;
}

static const struct sw_due_kind due_kind = { .name = "unit.send", .run = run_due };

static void client(struct sw_task *task, void *arg)
{
	(void)arg;
	struct sw_arena arena;
	sw_arena_init(&arena);
	while (sw_mono_us() < bench.stop_us) {
		int64_t began = sw_mono_us();
		struct unit unit = {
			.number = (uint64_t)atomic_fetch_add(&bench.number, 1),
			.account = (unsigned)sw_random_below((uint64_t)bench.accounts),
			.price = UNIT_PRICE,
			.reply_bytes = (unsigned)bench.reply,
			.due = &due_kind,
		};
		int err = sw_commit_wait(task, unit_txn(bench.store, &arena, &unit), NULL);
		if (err) {
			atomic_fetch_add(&bench.refused, 1);
		} else {
			long long n = atomic_fetch_add(&bench.done, 1);
			if (n < SAMPLES_MAX)
				bench.sample[n] = (int32_t)(sw_mono_us() - began);
		}
		sw_arena_clear(&arena);
	}
	sw_arena_done(&arena);
	if (atomic_fetch_sub(&bench.tasks, 1) == 1)
		sem_post(&bench.ended);
}

static void on_start(struct sw_mail *mail)
{
	(void)mail;
	for (int64_t i = 0; i < bench.in_flight / bench.loops; i++)
		(void)sw_task_spawn(sw_loop_current(), client, NULL);
}

static int by_value(const void *a, const void *b)
{
	return *(const int32_t *)a - *(const int32_t *)b;
}

static double cpu_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* p99 of an append and fdatasync in the same directory. */
static int32_t disk_p99_us(void)
{
	enum { N = 300 };
	static char block[4096];
	static int32_t us[N];
	char path[512];
	snprintf(path, sizeof(path), "%s/fdatasync", bench.dir);
	int fd = open(path, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	for (int i = 0; i < N; i++) {
		int64_t began = sw_mono_us();
		if (write(fd, block, sizeof(block)) != sizeof(block) || fdatasync(fd) != 0)
			break;
		us[i] = (int32_t)(sw_mono_us() - began);
	}
	close(fd);
	unlink(path);
	qsort(us, N, sizeof(us[0]), by_value);
	return us[N * 99 / 100];
}

static void parse(int argc, char **argv)
{
	static const struct option options[] = {
		{ "dir", required_argument, NULL, 'd' },
		{ "in-flight", required_argument, NULL, 'n' },
		{ "seconds", required_argument, NULL, 's' },
		{ "accounts", required_argument, NULL, 'a' },
		{ "reply", required_argument, NULL, 'r' },
		{ "loops", required_argument, NULL, 'l' },
		{ NULL, 0, NULL, 0 },
	};
	int option;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		int64_t *number = option == 'n'   ? &bench.in_flight
				  : option == 's' ? &bench.seconds
				  : option == 'a' ? &bench.accounts
				  : option == 'r' ? &bench.reply
				  : option == 'l' ? &bench.loops
						  : NULL;
		if (option == 'd')
			bench.dir = optarg;
		else if (!number || sw_num_parse(sw_str_of(optarg), number) != 0)
			exit(2);
	}
	if (bench.loops < 1 || bench.loops > LOOPS_MAX || bench.reply > 4096 || bench.accounts < 1)
		exit(2);
}

int main(int argc, char **argv)
{
	char url[512];
	struct sw_arena *arena = sw_arena_new();
	parse(argc, argv);
	sw_log_set_level(SW_LOG_WARN);
	snprintf(url, sizeof(url), "sqlite:%s", bench.dir);
	bench.store = unit_store_open(arena, url);
	if (unit_accounts(bench.store, (unsigned)bench.accounts) != 0)
		return 2;
	int32_t disk_us = disk_p99_us();
	atomic_store(&bench.number, sw_wall_us()); /* keys of an earlier run are not met again */
	bench.sample = calloc(SAMPLES_MAX, sizeof(*bench.sample));
	if (!bench.sample || sem_init(&bench.ended, 0, 0) != 0)
		return 2;
	bench.stop_us = sw_mono_us() + bench.seconds * 1000000;
	atomic_store(&bench.tasks, (int)(bench.in_flight / bench.loops * bench.loops));
	double cpu = cpu_us();
	int64_t began = sw_mono_us();
	for (int64_t i = 0; i < bench.loops; i++) {
		bench.loop[i] = sw_loop_new("bench-loop");
		sw_loop_start(bench.loop[i]);
		bench.mail[i].deliver = on_start;
		sw_loop_post(bench.loop[i], &bench.mail[i]);
	}
	while (sem_wait(&bench.ended) != 0)
		;
	double seconds = (double)(sw_mono_us() - began) / 1e6;
	cpu = cpu_us() - cpu;
	long long n = atomic_load(&bench.done), samples = n < SAMPLES_MAX ? n : SAMPLES_MAX;
	qsort(bench.sample, (size_t)samples, sizeof(*bench.sample), by_value);
	for (int64_t i = 0; i < bench.loops; i++) {
		sw_loop_stop(bench.loop[i]);
		sw_loop_join(bench.loop[i]);
		sw_loop_free(bench.loop[i]);
	}
	sw_store_close(bench.store);
	printf("store_bench in_flight=%lld accounts=%lld reply_bytes=%lld units=%lld refused=%lld units_per_s=%.0f "
	       "cpu_us_per_unit=%.1f p50_us=%d p99_us=%d fdatasync_p99_us=%d\n",
	       (long long)bench.in_flight, (long long)bench.accounts, (long long)bench.reply, n,
	       (long long)atomic_load(&bench.refused), (double)n / seconds, cpu / (double)(n ? n : 1),
	       samples ? bench.sample[samples / 2] : 0, samples ? bench.sample[samples * 99 / 100] : 0, disk_us);
	free(bench.sample);
	sw_arena_free(arena);
	return n ? 0 : 1;
}
