/*
 * How fast an event log reaches a broker: publish_bench [EVENTS [SERVERS [URL]]].  Fills a log in a temporary folder,
 * then follows it from its beginning with batches of 1,000, some under way at once, until the broker has acknowledged
 * each event.  Without URL: as many nats-server processes as said (3), their stream kept by all of them.  One line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/file.h"
#include "base/time.h"
#include "loop/clock.h"
#include "loop/loop.h"
#include "loop/task.h"
#include "net/publish.h"
#include "net/publish/test_nats.h"
#include "store/event.h"

enum { FILL = 200, BATCH = 1000, LANES = 6, EVENTS_OF_ONE = 4 };

static struct {
	struct sw_store *store;
	struct sw_publish *publish;
	struct sw_publish_target target;
	int64_t events, cursor, acked, again, start_us, cpu_us;
	unsigned lanes;
} bench;

static struct sw_id id_of(int64_t n)
{
	struct sw_id id = { { 1 } };
	for (int i = 0; i < 8; i++)
		id.b[8 + i] = (uint8_t)((uint64_t)n >> (56 - 8 * i));
	return id;
}

static void fill(struct sw_task *task)
{
	static const char data[] = "{\"from\":\"+15005550006\",\"to\":\"+15005550010\",\"direction\":\"outbound-api\","
				   "\"status\":\"delivered\","
				   "\"num_segments\":1,\"price\":\"-0.0075\",\"price_unit\":\"USD\",\"carrier\":"
				   "\"main\",\"error_code\":null}";
	for (int64_t at = 0; at < bench.events; at += FILL) {
		struct sw_arena arena;
		struct sw_result result;
		sw_arena_init(&arena);
		struct sw_txn *txn = sw_txn_new(bench.store, &arena, 0);
		for (int64_t i = at; i < at + FILL; i++)
			sw_txn_event(txn, &(struct sw_event){ .account = id_of(1),
							      .type = SW_S("message.delivered"),
							      .kind = SW_S("SM"),
							      .sid = id_of(i / EVENTS_OF_ONE),
							      .time_us = sw_wall_us(),
							      .data = sw_str_of(data) });
		SW_BUG_ON(sw_commit_wait(task, txn, &result));
		sw_arena_done(&arena);
	}
}

static void to_item(struct sw_arena *arena, const struct sw_event *event, struct sw_publish_item *item)
{
	char time[SW_TIME_BUF];
	unsigned long long sid;
	memcpy(&sid, event->sid.b + 8, sizeof(sid));
	item->key = sw_str_fmt(arena, "SM%032llx", sid);
	item->id = sw_str_fmt(arena, "0-%lld", (long long)event->seq);
	item->subject = event->type;
	item->content_type = SW_S("application/cloudevents+json");
	item->body = sw_str_fmt(
		arena,
		"{\"specversion\":\"1.0\",\"id\":\"%.*s\",\"type\":\"%.*s\",\"source\":\"/strowger\","
		"\"subject\":\"%.*s\",\"time\":\"%.*s\",\"datacontenttype\":\"application/json\",\"data\":%.*s}",
		SW_FMT(item->id), SW_FMT(event->type), SW_FMT(item->key), SW_FMT(sw_time_rfc3339(event->time_us, time)),
		SW_FMT(event->data));
}

/* The lanes take turns at the log: whichever is free reads on from where the last one stopped. */
static bool one_batch(struct sw_task *task, struct sw_arena *arena)
{
	static bool reading;
	struct sw_event *events;
	size_t n;
	while (reading)
		if (sw_sleep_wait(task, 100))
			return false;
	reading = true;
	const struct sw_event_filter filter = { .after_seq = bench.cursor, .limit = BATCH };
	SW_BUG_ON(sw_event_read_wait(task, bench.store, arena, 0, &filter, &events, &n));
	if (n)
		bench.cursor = events[n - 1].seq;
	reading = false;
	struct sw_publish_item *items = SW_ARENA_ARRAY(arena, struct sw_publish_item, n + 1);
	struct sw_published *results = SW_ARENA_ARRAY(arena, struct sw_published, n + 1);
	for (size_t i = 0; i < n; i++)
		to_item(arena, &events[i], &items[i]);
	for (int err = n ? SW_EAGAIN : 0; err;) {
		err = sw_publish_batch_wait(task, bench.publish, &bench.target, items, n, results);
		bench.again += err != 0;
		if (err == SW_EIO) {
			for (size_t i = 0; i < n; i++)
				if (results[i].error && !results[i].retryable) {
					fprintf(stderr, "publish_bench: %.*s\n", SW_FMT(results[i].why));
					exit(1);
				}
		}
		if (err && sw_sleep_wait(task, 50000))
			return false;
	}
	bench.acked += (int64_t)n;
	return n > 0;
}

static void lane(struct sw_task *task, void *arg)
{
	bool more = true;
	(void)arg;
	while (more) {
		struct sw_arena arena;
		sw_arena_init(&arena);
		more = one_batch(task, &arena);
		sw_arena_done(&arena);
	}
	if (--bench.lanes == 0)
		sw_loop_stop(sw_task_loop(task));
}

static int64_t cpu_us(void)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_utime.tv_sec * SW_US_PER_S + usage.ru_utime.tv_usec + usage.ru_stime.tv_sec * SW_US_PER_S +
	       usage.ru_stime.tv_usec;
}

static void run(struct sw_task *task, void *arg)
{
	struct sw_publish_item first = { .id = SW_S("first"), .subject = SW_S("first"), .body = SW_S("{}") };
	struct sw_published result;
	(void)arg;
	fill(task);
	/* Servers need a while to make a cluster of themselves, and the stream. */
	while (sw_publish_batch_wait(task, bench.publish, &bench.target, &first, 1, &result))
		if (sw_sleep_wait(task, 100000))
			return;
	bench.start_us = sw_mono_us();
	bench.cpu_us = cpu_us();
	for (bench.lanes = 0; bench.lanes < LANES; bench.lanes++)
		sw_task_spawn(sw_task_loop(task), lane, NULL);
}

int main(int argc, char **argv)
{
	static struct test_nats servers = { .jetstream = true };
	struct sw_arena arena;
	struct sw_str why = SW_STR_NULL;
	struct sw_str folder;
	unsigned servers_n = argc > 2 ? (unsigned)strtol(argv[2], NULL, 10) : 3;
	sw_arena_init(&arena);
	bench.events = argc > 1 ? strtol(argv[1], NULL, 10) : 200000;
	bench.events -= bench.events % FILL;
	SW_BUG_ON(sw_folder_draw(&arena, "/tmp/strowger-publish", &folder));
	const struct sw_store_config config = { .url = sw_str_fmt(&arena, "sqlite:%.*s", SW_FMT(folder)).p,
						.migrations = sw_migrations,
						.readers = 2 };
	if (argc <= 3 && !test_nats_start(&servers, servers_n))
		return 2;
	bench.target = (struct sw_publish_target){ argc > 3 ? sw_str_of(argv[3])
							    : test_nats_url(&arena, &servers, "",
									    servers_n > 1 ? "ev?stream=EV&replicas=3"
											  : "ev?stream=EV"),
						   true };
	SW_BUG_ON(sw_store_open(&arena, &config, &bench.store, &why));
	struct sw_loop *loop = sw_loop_new("bench");
	bench.publish = sw_publish_new(&(struct sw_publish_config){ 0 });
	sw_task_spawn(loop, run, NULL);
	sw_loop_run(loop);
	double took_us = (double)(sw_mono_us() - bench.start_us);
	printf("publish: %.0f/s, %lld events acknowledged, %.1f us CPU an event here, %lld batches again (%u "
	       "servers)\n",
	       (double)bench.acked * 1e6 / took_us, (long long)bench.acked,
	       (double)(cpu_us() - bench.cpu_us) / (double)bench.acked, (long long)bench.again, servers_n);
	sw_publish_free(bench.publish);
	sw_loop_free(loop);
	sw_store_close(bench.store);
	if (argc <= 3)
		test_nats_stop(&servers);
	(void)sw_folder_remove(folder.p);
	return 0;
}
