/*
 * What an outbound request costs: courier_bench URL [TASKS [FETCHES]].  Tasks post 500 bytes over and over to URL
 * (bench/http_bench answers).  One line: rate, CPU of this process a fetch, latency.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "loop/clock.h"
#include "loop/loop.h"
#include "loop/task.h"
#include "net/courier.h"

static struct {
	struct sw_courier *courier;
	struct sw_str url;
	int64_t left, running, failed, latency_us;
	char body[500];
} bench;

static void ask(struct sw_task *task, void *arg)
{
	struct sw_fetch fetch = { .method = SW_S("POST"),
				  .url = bench.url,
				  .body = { bench.body, sizeof(bench.body) },
				  .lane = SW_LANE_CALLBACK,
				  .trusted = true };
	(void)arg;
	/* A task a fetch, as a callback is: its memory goes with it. */
	struct sw_fetched got;
	int64_t start_us = sw_mono_us();
	bench.failed += sw_courier_fetch_wait(task, bench.courier, &fetch, &got) != 0;
	bench.latency_us += sw_mono_us() - start_us;
	if (bench.left-- > 0)
		sw_task_spawn(sw_task_loop(task), ask, NULL);
	else if (--bench.running == 0)
		sw_loop_stop(sw_task_loop(task));
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	int64_t tasks = argc > 2 ? strtol(argv[2], NULL, 10) : 32,
		fetches = argc > 3 ? strtol(argv[3], NULL, 10) : 50000;
	struct sw_courier_config config = { 0 };
	struct sw_loop *loop = sw_loop_new("bench");
	bench.url = sw_str_of(argv[1]);
	bench.courier = sw_courier_new(&config);
	bench.left = fetches - tasks;
	bench.running = tasks;
	memset(bench.body, 'a', sizeof(bench.body));
	int64_t start_us = sw_mono_us();
	for (int64_t i = 0; i < tasks; i++)
		sw_task_spawn(loop, ask, NULL);
	sw_loop_run(loop);
	double took_us = (double)(sw_mono_us() - start_us);
	double cpu_us = (double)clock() * 1e6 / CLOCKS_PER_SEC;
	printf("courier: %.0f/s, %.1f us CPU a fetch, %.2f ms mean, %lld failed (%lld tasks)\n",
	       (double)fetches * 1e6 / took_us, cpu_us / (double)fetches,
	       (double)bench.latency_us / (double)fetches / 1000, (long long)bench.failed, (long long)tasks);
	sw_courier_free(bench.courier);
	sw_loop_free(loop);
	return bench.failed != 0;
}
