/*
 * Durable callbacks without messages: callback_bench [--count N] | [--rate R --seconds S [--hang H]]  [--store URL]
 * [--log BYTES]
 *
 * --count: N due rows written in transactions of 20 as fast as they go, to one receiver: callbacks a second, CPU of the
 * whole process (receiver's thread apart) for each; --log 0: without the attempt log.  --rate: R a second to four
 * receivers that answer at once and H a second to one that never does; from the commit to the receiver, p50 and p99 of
 * those that are answered.
 */
#include <getopt.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <pthread.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/num.h"
#include "core/account.h"
#include "core/alert/alert.h"
#include "core/alert/alert_sql.h"
#include "core/callback.h"
#include "core/idempotency.h"
#include "core/webhook.h"
#include "loop/clock.h"
#include "loop/loop.h"
#include "loop/task.h"
#include "net/metrics.h"
#include "store/attempt.h"
#include "store/due.h"

enum {
	GOOD = 4,
	PORTS = GOOD + 1,
	EVENTS = 64,
	IN_MAX = 8192,
	CONNS_MAX = 4096,
	LATENCIES_MAX = 1 << 20,
	TXN_ROWS = 20
};

static struct {
	int64_t count, rate, seconds, hang;
	int64_t log_bytes;
	const char *store_url;
	struct sw_core core;
	struct sw_account account;
	struct sw_loop *loops[2];
	int port[PORTS];
	int64_t made;
	atomic_llong answered, hung;
	int64_t latency_us[LATENCIES_MAX];
	int64_t sink_cpu_us;
} bench = { .seconds = 10, .log_bytes = 1 << 30, .store_url = "sqlite::memory:" };

/* ---- the receivers, on one thread ---- */

struct conn {
	int fd;
	bool hangs, listens;
	size_t n;
	char in[IN_MAX];
};

static int64_t cpu_us(int who)
{
	struct rusage usage;
	getrusage(who, &usage);
	return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * INT64_C(1000000) + usage.ru_utime.tv_usec +
	       usage.ru_stime.tv_usec;
}

static void watch(int epoll, int fd, bool hangs, bool listens)
{
	struct conn *conn = calloc(1, sizeof(*conn));
	SW_BUG_ON(!conn);
	*conn = (struct conn){ .fd = fd, .hangs = hangs, .listens = listens };
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = conn };
	SW_BUG_ON(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
}

static void note(struct sw_str body)
{
	ptrdiff_t at = sw_str_find(body, SW_S("At="));
	int64_t made_us, now = sw_mono_us();
	long long n = atomic_fetch_add(&bench.answered, 1);
	if (at >= 0 && sw_num_parse(sw_str_from(body, (size_t)at + 3), &made_us) == 0 && n < LATENCIES_MAX)
		bench.latency_us[n] = now - made_us;
}

/* Whole requests of a form; the At is last in the body. */
static void serve(struct conn *conn)
{
	static const char answer[] = "HTTP/1.1 204 No Content\r\n\r\n";
	struct sw_str in = { conn->in, conn->n };
	for (;;) {
		ptrdiff_t head = sw_str_find(in, SW_S("\r\n\r\n")), at = sw_str_find(in, SW_S("Content-Length: "));
		if (head < 0 || at < 0)
			break;
		size_t length = strtoul(in.p + at + 16, NULL, 10), whole = (size_t)head + 4 + length;
		if (in.n < whole)
			break;
		if (conn->hangs) {
			atomic_fetch_add(&bench.hung, 1);
		} else {
			note(sw_str_sub(in, (size_t)head + 4, length));
			SW_BUG_ON(write(conn->fd, answer, sizeof(answer) - 1) < 0);
		}
		in = sw_str_from(in, whole);
	}
	memmove(conn->in, in.p, in.n);
	conn->n = in.n;
}

static void *receivers(void *arg)
{
	int epoll = *(int *)arg;
	struct epoll_event events[EVENTS];
	for (;;) {
		int n = epoll_wait(epoll, events, EVENTS, -1);
		for (int i = 0; i < n; i++) {
			struct conn *conn = events[i].data.ptr;
			if (conn->listens) {
				watch(epoll, accept(conn->fd, NULL, NULL), conn->hangs, false);
				continue;
			}
			ssize_t got = read(conn->fd, conn->in + conn->n, IN_MAX - conn->n);
			if (got <= 0) {
				close(conn->fd);
				free(conn);
				continue;
			}
			conn->n += (size_t)got;
			serve(conn);
		}
		bench.sink_cpu_us = cpu_us(RUSAGE_THREAD);
	}
	return NULL;
}

static void start_receivers(void)
{
	static int epoll;
	pthread_t thread;
	epoll = epoll_create1(0);
	for (int i = 0; i < PORTS; i++) {
		struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
		socklen_t n = sizeof(address);
		int fd = socket(AF_INET, SOCK_STREAM, 0);
		SW_BUG_ON(bind(fd, (struct sockaddr *)&address, n) || listen(fd, 511) ||
			  getsockname(fd, (struct sockaddr *)&address, &n));
		bench.port[i] = ntohs(address.sin_port);
		watch(epoll, fd, i == GOOD, true);
	}
	SW_BUG_ON(pthread_create(&thread, NULL, receivers, &epoll));
}

/* ---- the callbacks ---- */

static void add(struct sw_txn *txn, int to)
{
	struct sw_arena *arena = sw_txn_arena(txn);
	struct sw_sid sid = sw_sid_new("SM", bench.account.bucket);
	struct sw_str text = sw_sid_text(arena, sid);
	struct sw_form_pair pairs[] = {
		{ SW_S("MessageSid"), text },
		{ SW_S("SmsSid"), text },
		{ SW_S("MessageStatus"), SW_S("sent") },
		{ SW_S("SmsStatus"), SW_S("sent") },
		{ SW_S("AccountSid"), sw_sid_text(arena, bench.account.sid) },
		{ SW_S("From"), SW_S("+15005550006") },
		{ SW_S("To"), SW_S("+15005550010") },
		{ SW_S("ApiVersion"), SW_S("2010-04-01") },
		{ SW_S("At"), sw_str_fmt(arena, "%lld", (long long)sw_mono_us()) },
	};
	const struct sw_form form = { pairs, SW_COUNTOF(pairs) };
	const struct sw_callback callback = {
		.account = bench.account.sid.id,
		.ref_kind = { 'S', 'M' },
		.ref = sid.id,
		.method = SW_S("POST"),
		.url = sw_str_fmt(arena, "http://127.0.0.1:%d/status", bench.port[to]),
		.params = &form,
		.event_time_us = sw_wall_us(),
	};
	sw_txn_callback(txn, &callback);
}

static void make_wait(struct sw_task *task, int64_t n, int to)
{
	while (n > 0) {
		struct sw_arena arena;
		sw_arena_init(&arena);
		struct sw_txn *txn = sw_txn_new(bench.core.store, &arena, bench.account.bucket);
		for (int i = 0; i < TXN_ROWS && n > 0; i++, n--, bench.made++)
			add(txn, to < 0 ? (int)(bench.made % GOOD) : to);
		if (sw_commit_wait(task, txn, NULL))
			abort();
		sw_arena_done(&arena);
	}
}

static void flood(struct sw_task *task, void *arg)
{
	(void)arg;
	while (bench.made < bench.count) {
		make_wait(task, TXN_ROWS, 0);
		while (bench.made - atomic_load(&bench.answered) > 20000)
			if (sw_sleep_wait(task, 1000))
				return;
	}
	while (atomic_load(&bench.answered) < bench.made)
		if (sw_sleep_wait(task, 1000))
			return;
	sw_loop_stop(sw_task_loop(task));
}

/* One at a time, evenly. */
static void paced(struct sw_task *task, void *arg)
{
	int64_t rate = arg ? bench.hang : bench.rate, start_us = sw_mono_us(), n = 0;
	while (n < rate * bench.seconds) {
		int64_t ahead_us = start_us + n * 1000000 / rate - sw_mono_us();
		if (ahead_us > 0 && sw_sleep_wait(task, ahead_us))
			return;
		make_wait(task, 1, arg ? GOOD : -1);
		n++;
	}
	while (!arg && atomic_load(&bench.answered) < n)
		if (sw_sleep_wait(task, 1000))
			return;
	if (!arg)
		sw_loop_stop(sw_task_loop(task));
}

/* ---- the whole ---- */

static void open_core(struct sw_arena *arena)
{
	static const struct sw_sql_table *const tables[] = { &sw_core_sql, &sw_alert_sql, NULL };
	const struct sw_store_config config = { .url = bench.store_url, .tables = tables, .migrations = sw_migrations };
	static const struct sw_courier_config courier = { .allow_loopback = true };
	struct sw_store *store;
	struct sw_str why;
	bool created;
	if (sw_store_open(arena, &config, &store, &why)) {
		fprintf(stderr, "callback_bench: %.*s\n", SW_FMT(why));
		exit(2);
	}
	sw_net_register_metrics();
	sw_metric_register(&sw_webhook_metrics);
	sw_core_init(&bench.core, store);
	SW_BUG_ON(sw_core_load_key(&bench.core, arena, SW_STR_NULL, &why));
	SW_BUG_ON(sw_account_bootstrap_now(&bench.core, arena, SW_S(""), SW_S(""), &bench.account, &created, &why));
	bench.core.courier = sw_courier_new(&courier);
	const struct sw_attempt_config log = { bench.store_url, bench.log_bytes, INT64_C(86400) * 1000000 };
	SW_BUG_ON(bench.log_bytes && sw_attempt_open(arena, &log, &bench.core.attempts, &why));
}

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return x < y ? -1 : x > y;
}

static void report(int64_t took_us, int64_t spent_us)
{
	int64_t n = atomic_load(&bench.answered);
	qsort(bench.latency_us, (size_t)(n < LATENCIES_MAX ? n : LATENCIES_MAX), sizeof(int64_t), compare);
	printf("callbacks: answered=%lld per_s=%lld cpu_us_each=%.1f p50_us=%lld p99_us=%lld max_us=%lld hung=%lld "
	       "deferred=%lld\n",
	       (long long)n, (long long)(n * 1000000 / took_us), (double)spent_us / (double)(n ? n : 1),
	       (long long)bench.latency_us[n / 2], (long long)bench.latency_us[n * 99 / 100],
	       (long long)bench.latency_us[n - 1], (long long)atomic_load(&bench.hung),
	       (long long)sw_metric_value(&sw_webhook_metrics, SW_CALLBACK_DEFERRED));
}

static void read_options(int argc, char **argv)
{
	static const struct option options[] = { { "count", 1, NULL, 'c' },
						 { "rate", 1, NULL, 'r' },
						 { "seconds", 1, NULL, 's' },
						 { "hang", 1, NULL, 'h' },
						 { "store", 1, NULL, 'S' },
						 { "log", 1, NULL, 'l' },
						 { 0 } };
	int64_t *const places[] = {
		['c'] = &bench.count, ['r'] = &bench.rate,      ['s'] = &bench.seconds,
		['h'] = &bench.hang,  ['l'] = &bench.log_bytes,
	};
	for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (o == 'S')
			bench.store_url = optarg;
		else if (o == '?' || sw_num_parse(sw_str_of(optarg), places[o]))
			exit(2);
	}
	if (!bench.count == !bench.rate) {
		fprintf(stderr, "callback_bench --count N | --rate R [--seconds S] [--hang H]\n");
		exit(2);
	}
}

int main(int argc, char **argv)
{
	static const struct sw_due_kind *const kinds[] = { &sw_callback_due, &sw_idempotency_sweep, &sw_alert_watch_due,
						    &sw_alert_sweep_due, NULL };
	struct sw_arena arena;
	sw_arena_init(&arena);
	read_options(argc, argv);
	sw_log_set_level(SW_LOG_ERROR);
	start_receivers();
	open_core(&arena);
	for (int i = 0; i < 2; i++)
		sw_loop_start(bench.loops[i] = sw_loop_new("work"));
	SW_BUG_ON(sw_due_start(bench.core.store, kinds, bench.loops, 2));
	struct sw_loop *loop = sw_loop_new("maker");
	int64_t start_us = sw_mono_us(), cpu = cpu_us(RUSAGE_SELF), sink = bench.sink_cpu_us;
	sw_task_spawn(loop, bench.count ? flood : paced, NULL);
	if (bench.hang)
		sw_task_spawn(loop, paced, &bench.hang);
	sw_loop_run(loop);
	report(sw_mono_us() - start_us, cpu_us(RUSAGE_SELF) - cpu - (bench.sink_cpu_us - sink));
	fflush(stdout);
	_exit(0); /* what hangs need not be waited for */
}
