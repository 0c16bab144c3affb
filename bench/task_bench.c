/* What a task costs: nanoseconds a switch, a request with five waits, a first run. One line. */
#include <stdio.h>

#include "loop/clock.h"
#include "loop/loop.h"
#include "loop/task.h"
#include "loop/timer.h"

#define REQUESTS 1000000
#define FRESH 400
#define WAITS 5

static struct sw_wait *waiting;
static struct sw_wait *suspended[FRESH];
static unsigned suspended_n;

static void request(struct sw_task *task, void *arg)
{
	for (int i = 0; i < WAITS; i++) {
		struct sw_wait wait = { .task = task };
		waiting = &wait;
		if (sw_wait_begin(&wait))
			++*(int *)arg;
	}
}

static void first_wait(struct sw_task *task, void *arg)
{
	struct sw_wait wait = { .task = task };
	suspended[suspended_n++] = &wait;
	if (sw_wait_begin(&wait))
		++*(int *)arg;
}

static void run(struct sw_timer *timer)
{
	int failed = 0;
	int64_t start_us = sw_mono_us();
	for (int i = 0; i < FRESH; i++)
		sw_task_spawn(timer->loop, first_wait, &failed);
	double fresh_us = (double)(sw_mono_us() - start_us) / FRESH;
	for (int i = 0; i < FRESH; i++)
		sw_wait_end(suspended[i], 0);

	start_us = sw_mono_us();
	for (int i = 0; i < REQUESTS; i++) {
		sw_task_spawn(timer->loop, request, &failed);
		for (int w = 0; w < WAITS; w++)
			sw_wait_end(waiting, 0);
	}
	double request_ns = (double)(sw_mono_us() - start_us) * 1000 / REQUESTS;
	/* In and out for the start and for each wait. */
	printf("task: %.1f ns a switch, %.0f ns a request with %d waits, %.2f us the first run of a new stack%s\n",
	       request_ns / (2 * (WAITS + 1)), request_ns, WAITS, fresh_us, failed ? " FAILED" : "");
	sw_loop_stop(timer->loop);
}

int main(void)
{
	struct sw_loop *loop = sw_loop_new("bench");
	struct sw_timer timer = { 0 };
	sw_timer_start(loop, &timer, SW_CLOCK_MONO, 0, run);
	sw_loop_run(loop);
	sw_loop_free(loop);
	return 0;
}
