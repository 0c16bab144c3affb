#include <stdlib.h>

#include "base/list.h"
#include "base/test.h"
#include "base/time.h"
#include "loop/clock.h"
#include "loop/loop.h"
#include "loop/task.h"
#include "loop/timer.h"
#include "loop/worker.h"

/*
 * Two loops.  On each a task does something every six virtual hours for 35 days and hands a mail to the
 * other loop, where it starts a wall timer that is due half an hour later.
 */
#define DAYS 35
#define PER_DAY 4

static struct {
	struct sw_loop *loop[2];
	atomic_int tickers, ticks, receipts, works, cancelled;
	_Atomic int64_t last_us;
	atomic_int backwards;
} world;

struct receipt {
	struct sw_mail mail;
	struct sw_timer timer;
	struct sw_loop *loop;
	int64_t due_us;
};

static void saw(int64_t due_us)
{
	/* Due times are seen in order, up to the real time that passes during the test. */
	if (due_us < atomic_load(&world.last_us))
		atomic_fetch_add(&world.backwards, 1);
	atomic_store(&world.last_us, due_us);
}

static void receipt_due(struct sw_timer *timer)
{
	struct receipt *receipt = SW_CONTAINER(timer, struct receipt, timer);
	saw(receipt->due_us);
	atomic_fetch_add(&world.receipts, 1);
	free(receipt);
}

static void receipt_arrived(struct sw_mail *mail)
{
	struct receipt *receipt = SW_CONTAINER(mail, struct receipt, mail);
	sw_timer_start(receipt->loop, &receipt->timer, SW_CLOCK_WALL, receipt->due_us, receipt_due);
}

static int some_work(void *arg)
{
	atomic_fetch_add((atomic_int *)arg, 1);
	return 0;
}

static void ticker(struct sw_task *task, void *arg)
{
	struct sw_loop *other = arg;
	int64_t due_us = sw_wall_us() + (other == world.loop[0] ? SW_US_PER_S : 2 * SW_US_PER_S);
	atomic_fetch_add(&world.tickers, 1); /* behind the reading: from here on the clock may be moved */
	for (int i = 0; i < DAYS * PER_DAY; i++) {
		due_us += SW_US_PER_DAY / PER_DAY;
		if (sw_until_wait(task, due_us)) {
			atomic_fetch_add(&world.cancelled, 1);
			return;
		}
		saw(due_us);
		atomic_fetch_add(&world.ticks, 1);
		sw_clock_busy(1);
		SW_CHECK_INT(sw_work_wait(task, some_work, &world.works), 0);
		struct receipt *receipt = calloc(1, sizeof(*receipt));
		receipt->mail.deliver = receipt_arrived;
		receipt->loop = other;
		receipt->due_us = due_us + 1800 * SW_US_PER_S;
		sw_loop_post(other, &receipt->mail);
		sw_clock_busy(-1);
	}
}

static void start_ticker(struct sw_mail *mail)
{
	(void)mail;
	sw_task_spawn(world.loop[1], ticker, world.loop[0]);
}

static void second_advance(struct sw_task *task, void *arg)
{
	*(int *)arg = sw_clock_advance_wait(task, 1);
}

static void advance(struct sw_task *task, void *arg)
{
	(void)arg;
	struct sw_mail mail = { .deliver = start_ticker };
	sw_loop_post(world.loop[1], &mail);
	sw_task_spawn(world.loop[0], ticker, world.loop[1]);
	while (atomic_load(&world.tickers) < 2)
		SW_CHECK_INT(sw_sleep_wait(task, 100), 0);
	SW_CHECK_INT(sw_clock_advance_wait(task, -1), SW_EINVAL);
	SW_CHECK_INT(sw_clock_advance_wait(task, 0), 0);
	SW_CHECK_INT(atomic_load(&world.ticks), 0);

	int64_t wall = sw_wall_us(), mono = sw_mono_us();
	SW_CHECK_INT(sw_clock_advance_wait(task, SW_US_PER_DAY), 0);
	SW_CHECK_INT(atomic_load(&world.ticks), 2 * (PER_DAY - 1));
	SW_CHECK_INT(sw_clock_advance_wait(task, (DAYS - 1) * SW_US_PER_DAY), 0);
	SW_CHECK_INT(sw_clock_advance_wait(task, 3600 * SW_US_PER_S), 0);
	int64_t took_us = sw_mono_us() - mono;
	/* Rounded: the two clocks of the kernel do not run quite alike. */
	SW_CHECK_INT((sw_wall_us() - wall - took_us + SW_US_PER_S / 2) / SW_US_PER_S, DAYS * 86400 + 3600);
	SW_CHECK_INT(atomic_load(&world.ticks), 2 * DAYS * PER_DAY);
	SW_CHECK_INT(atomic_load(&world.works), 2 * DAYS * PER_DAY);
	SW_CHECK_INT(atomic_load(&world.receipts), 2 * DAYS * PER_DAY);
	SW_CHECK_INT(atomic_load(&world.backwards), 0);
	/* 560 due times; generous for sanitizers and a busy machine. */
	SW_CHECK(took_us < 10 * SW_US_PER_S);
	sw_loop_stop(world.loop[1]);
	sw_loop_stop(world.loop[0]);
}

SW_TEST(thirty_five_virtual_days)
{
	world.loop[0] = sw_loop_new("first");
	world.loop[1] = sw_loop_new("second");
	sw_loop_start(world.loop[1]);
	sw_task_spawn(world.loop[0], advance, NULL);
	sw_loop_run(world.loop[0]);
	sw_loop_join(world.loop[1]);
	sw_loop_free(world.loop[0]);
	sw_loop_free(world.loop[1]);
}

static void only_one(struct sw_task *task, void *arg)
{
	(void)arg;
	int second = 1;
	sw_clock_busy(1);
	struct sw_task *first = sw_task_spawn(sw_task_loop(task), second_advance, &second);
	SW_CHECK(first != NULL);
	SW_CHECK_INT(sw_clock_advance_wait(task, 1), SW_EBUSY);
	/* The first waits for the work; it can be told to give up. */
	SW_CHECK_INT(sw_sleep_wait(task, 2000), 0);
	SW_CHECK_INT(second, 1);
	sw_task_cancel(first);
	SW_CHECK_INT(sw_sleep_wait(task, 0), 0);
	SW_CHECK_INT(second, SW_ECANCELED);
	sw_clock_busy(-1);
	SW_CHECK_INT(sw_clock_advance_wait(task, 1), 0);
	sw_loop_stop(sw_task_loop(task));
}

SW_TEST(only_one_advances_and_may_be_cancelled)
{
	struct sw_loop *loop = sw_loop_new("one");
	sw_task_spawn(loop, only_one, NULL);
	sw_loop_run(loop);
	sw_loop_free(loop);
}
