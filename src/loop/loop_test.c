#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/list.h"
#include "base/test.h"
#include "base/time.h"
#include "loop/clock.h"
#include "loop/loop.h"
#include "loop/task.h"
#include "loop/timer.h"
#include "loop/worker.h"

/* Run fn as a task of a fresh loop on this thread until it stops the loop. */
static void run_task(sw_task_fn *fn, void *arg)
{
	struct sw_loop *loop = sw_loop_new("test");
	sw_task_spawn(loop, fn, arg);
	sw_loop_run(loop);
	sw_loop_free(loop);
}

/* ---- mailboxes ---- */

struct numbered {
	struct sw_mail mail;
	int sender, number;
};

#define SENDERS 4
#define MAILS 20000

static struct {
	struct sw_loop *loop;
	int next[SENDERS], out_of_order, left;
} post;

static void on_numbered(struct sw_mail *mail)
{
	struct numbered *n = SW_CONTAINER(mail, struct numbered, mail);
	post.out_of_order += n->number != post.next[n->sender]++;
	free(n);
	if (--post.left == 0)
		sw_loop_stop(post.loop);
}

static void *send_many(void *arg)
{
	for (int i = 0; i < MAILS; i++) {
		struct numbered *n = calloc(1, sizeof(*n));
		*n = (struct numbered){ .mail.deliver = on_numbered, .sender = *(int *)arg, .number = i };
		sw_loop_post(post.loop, &n->mail);
	}
	return NULL;
}

SW_TEST(mails_of_each_sender_arrive_in_order)
{
	pthread_t thread[SENDERS];
	int id[SENDERS];
	post.loop = sw_loop_new("mails");
	post.left = SENDERS * MAILS;
	for (int i = 0; i < SENDERS; i++) {
		id[i] = i;
		pthread_create(&thread[i], NULL, send_many, &id[i]);
	}
	sw_loop_run(post.loop);
	for (int i = 0; i < SENDERS; i++)
		pthread_join(thread[i], NULL);
	SW_CHECK_INT(post.out_of_order, 0);
	SW_CHECK_INT(post.left, 0);
	sw_loop_free(post.loop);
}

/* ---- loops ---- */

static void on_own_mail(struct sw_mail *mail)
{
	(void)mail;
	SW_CHECK(sw_loop_current() == post.loop);
	SW_CHECK_STR(sw_str_of(sw_loop_name(sw_loop_current())), "own");
}

SW_TEST(a_loop_runs_on_a_thread_of_its_own)
{
	struct sw_mail mail = { .deliver = on_own_mail };
	post.loop = sw_loop_new("own");
	sw_loop_start(post.loop);
	sw_loop_post(post.loop, &mail);
	/* A mail posted before the stop is delivered before the end. */
	sw_loop_stop(post.loop);
	sw_loop_join(post.loop);
	SW_CHECK(sw_loop_current() == NULL);
	sw_loop_free(post.loop);
}

struct tally {
	int begun, asked;
};

static atomic_int dropped, dropped_asked;

static void tally_init(void *object)
{
	struct tally *tally = object;
	SW_CHECK_INT(tally->begun, 0);
	tally->begun = 7;
}

static void tally_drop(void *object)
{
	struct tally *tally = object;
	dropped++;
	dropped_asked += tally->asked;
}

static struct sw_loop_local tallies = { .bytes = sizeof(struct tally), .init = tally_init, .drop = tally_drop };
static struct sw_loop_local others = { .bytes = sizeof(struct tally), .drop = tally_drop };
static struct sw_loop_local plain = { .bytes = 1000 };

static void on_local_mail(struct sw_mail *mail)
{
	struct sw_loop *loop = sw_loop_current();
	struct tally *tally = sw_loop_local(loop, &tallies), *other = sw_loop_local(loop, &others);
	char *bytes = sw_loop_local(loop, &plain);
	(void)mail;
	SW_CHECK_INT(tally->begun, 7);
	SW_CHECK_INT(other->begun, 0);
	SW_CHECK_INT(bytes[0], tally->asked);
	SW_CHECK_INT(bytes[999], tally->asked);
	tally->asked++;
	bytes[0]++;
	bytes[999]++;
}

SW_TEST(each_loop_has_objects_of_its_own)
{
	struct sw_mail mail[2][2];
	struct sw_loop *loop[2] = { sw_loop_new("one"), sw_loop_new("two") };
	for (int i = 0; i < 2; i++)
		sw_loop_start(loop[i]); /* both ask first at about the same time */
	for (int i = 0; i < 4; i++) {
		mail[i / 2][i % 2] = (struct sw_mail){ .deliver = on_local_mail };
		sw_loop_post(loop[i % 2], &mail[i / 2][i % 2]);
	}
	for (int i = 0; i < 2; i++) {
		sw_loop_stop(loop[i]);
		sw_loop_join(loop[i]);
	}
	SW_CHECK(tallies.slot && others.slot && plain.slot);
	SW_CHECK(tallies.slot != others.slot && others.slot != plain.slot && plain.slot != tallies.slot);
	struct tally *one = sw_loop_local(loop[0], &tallies), *two = sw_loop_local(loop[1], &tallies);
	SW_CHECK(one != two);
	SW_CHECK_INT(one->asked, 2);
	SW_CHECK_INT(two->asked, 2);
	SW_CHECK_INT(dropped, 0);
	sw_loop_free(loop[0]);
	SW_CHECK_INT(dropped, 2);
	sw_loop_free(loop[1]);
	SW_CHECK_INT(dropped, 4);
	SW_CHECK_INT(dropped_asked, 4);
}

/* ---- timers ---- */

#define TIMERS 300

static struct {
	struct sw_timer timer[TIMERS];
	int fired, wrong, again;
	int64_t last_us;
	uint64_t last_seq;
} clockwork;

static void on_timer(struct sw_timer *timer)
{
	bool early = sw_mono_us() < timer->at_us;
	bool order = timer->at_us < clockwork.last_us ||
		     (timer->at_us == clockwork.last_us && timer->seq < clockwork.last_seq);
	clockwork.wrong += early || order;
	clockwork.last_us = timer->at_us;
	clockwork.last_seq = timer->seq;
	clockwork.fired++;
	size_t i = (size_t)(timer - clockwork.timer);
	if (i % 3 == 0)
		sw_timer_stop(&clockwork.timer[(i + 7) % TIMERS]);
}

static void timers_end(struct sw_timer *timer)
{
	sw_loop_stop(timer->loop);
}

SW_TEST(timers_fire_in_order_and_stop)
{
	struct sw_loop *loop = sw_loop_new("timers");
	int64_t start = sw_mono_us();
	struct sw_timer end = { 0 };
	for (int i = 0; i < TIMERS; i++)
		sw_timer_start(loop, &clockwork.timer[i], SW_CLOCK_MONO, start + i * 7919 % 20 * 1000, on_timer);
	sw_timer_start(loop, &clockwork.timer[1], SW_CLOCK_MONO, start + 30 * 1000, on_timer);
	sw_timer_start(loop, &end, SW_CLOCK_MONO, start + 60 * 1000, timers_end);
	sw_loop_run(loop);
	SW_CHECK(clockwork.fired > TIMERS / 2);
	SW_CHECK(clockwork.fired < TIMERS);
	SW_CHECK_INT(clockwork.wrong, 0);
	for (int i = 0; i < TIMERS; i++)
		SW_CHECK(!clockwork.timer[i].slot);
	sw_loop_free(loop);
}

static void on_past(struct sw_timer *timer)
{
	if (++clockwork.again < 5)
		sw_timer_start(timer->loop, timer, SW_CLOCK_WALL, 1, on_past);
	else
		sw_loop_stop(timer->loop);
}

SW_TEST(a_timer_in_the_past_fires_on_the_next_turn)
{
	struct sw_loop *loop = sw_loop_new("past");
	struct sw_timer timer = { 0 };
	sw_timer_start(loop, &timer, SW_CLOCK_WALL, 1, on_past);
	SW_CHECK_INT(clockwork.again, 0);
	sw_loop_run(loop);
	SW_CHECK_INT(clockwork.again, 5);
	sw_loop_free(loop);
}

/* ---- tasks ---- */

#define TASKS 1000

static struct {
	int alive, slept, cancelled;
	struct sw_task *task[TASKS];
} many;

/* Deep enough to touch the stack, with locals that must live across the wait. */
static int nested_wait(struct sw_task *task, int depth)
{
	volatile char local[256];
	for (size_t i = 0; i < sizeof(local); i++)
		local[i] = (char)(i + (size_t)depth);
	int err = depth ? nested_wait(task, depth - 1) : sw_sleep_wait(task, 1000);
	for (size_t i = 0; i < sizeof(local); i++)
		SW_CHECK(local[i] == (char)(i + (size_t)depth));
	return err;
}

static void sleeper(struct sw_task *task, void *arg)
{
	int *left = arg;
	char *text = sw_arena_alloc(sw_task_arena(task), 100);
	text[99] = 'x';
	for (int i = 0; i < 5; i++)
		many.slept += nested_wait(task, i) == 0;
	SW_CHECK(text[99] == 'x');
	SW_CHECK(sw_task_current() == task);
	if (--*left == 0)
		sw_loop_stop(sw_task_loop(task));
}

static void spawner(struct sw_task *task, void *arg)
{
	(void)arg;
	static int left = TASKS;
	for (int i = 0; i < TASKS; i++) {
		SW_CHECK(sw_task_spawn(sw_task_loop(task), sleeper, &left) != NULL);
		SW_CHECK(sw_task_current() == task);
	}
	SW_CHECK_INT(sw_task_count(sw_task_loop(task)), TASKS + 1);
}

SW_TEST(many_tasks_with_nested_waits)
{
	run_task(spawner, NULL);
	SW_CHECK_INT(many.slept, 5 * TASKS);
	SW_CHECK(sw_task_current() == NULL);
}

static void wait_forever(struct sw_task *task, void *arg)
{
	(void)arg;
	many.cancelled += sw_sleep_wait(task, 3600 * SW_US_PER_S) == SW_ECANCELED;
	many.cancelled += sw_until_wait(task, sw_wall_us() + SW_US_PER_DAY) == SW_ECANCELED;
}

static void canceller(struct sw_task *task, void *arg)
{
	struct sw_loop *loop = sw_task_loop(task);
	for (int i = 0; i < TASKS; i++)
		many.task[i] = sw_task_spawn(loop, wait_forever, arg);
	for (int i = 0; i < TASKS; i++)
		sw_task_cancel(many.task[i]);
	/* They go on when this task waits, not before. */
	SW_CHECK_INT(many.cancelled, 0);
	SW_CHECK_INT(sw_sleep_wait(task, 0), 0);
	SW_CHECK_INT(many.cancelled, 2 * TASKS);
	SW_CHECK_INT(sw_task_count(loop), 1);
	sw_loop_stop(loop);
}

SW_TEST(a_cancelled_task_sees_it_at_each_wait)
{
	many.cancelled = 0;
	run_task(canceller, NULL);
}

SW_TEST(freeing_a_loop_ends_its_tasks)
{
	many.cancelled = 0;
	struct sw_loop *loop = sw_loop_new("free");
	for (int i = 0; i < 10; i++)
		SW_CHECK(sw_task_spawn(loop, wait_forever, NULL) != NULL);
	SW_CHECK(sw_loop_current() == NULL);
	sw_loop_free(loop);
	SW_CHECK_INT(many.cancelled, 20);
}

/* Two tasks hand a ball to and fro: waits ended from inside a task, resumed on later turns. */
static struct {
	struct sw_wait *waiting;
	int passes;
} ball;

static bool pass_ball(void)
{
	struct sw_wait *other = ball.waiting;
	ball.waiting = NULL;
	if (other)
		sw_wait_end(other, 42);
	return other != NULL;
}

static void player(struct sw_task *task, void *arg)
{
	(void)arg;
	while (ball.passes < 1000) {
		struct sw_wait wait = { .task = task };
		ball.passes++;
		pass_ball();
		ball.waiting = &wait;
		SW_CHECK_INT(sw_wait_begin(&wait), 42);
	}
	if (!pass_ball())
		sw_loop_stop(sw_task_loop(task));
}

SW_TEST(tasks_resume_each_other)
{
	struct sw_loop *loop = sw_loop_new("ball");
	sw_task_spawn(loop, player, NULL);
	sw_task_spawn(loop, player, NULL);
	sw_loop_run(loop);
	SW_CHECK(ball.passes >= 1000);
	sw_loop_free(loop);
}

static void ended_before(struct sw_task *task, void *arg)
{
	(void)arg;
	struct sw_wait wait = { .task = task };
	sw_wait_end(&wait, SW_ENOTFOUND);
	SW_CHECK_INT(sw_wait_begin(&wait), SW_ENOTFOUND);
	sw_task_cancel(task);
	SW_CHECK(sw_task_cancelled(task));
	SW_CHECK_INT(sw_sleep_wait(task, 1), SW_ECANCELED);
	sw_loop_stop(sw_task_loop(task));
}

SW_TEST(a_wait_that_ended_before_it_began)
{
	run_task(ended_before, NULL);
}

/* ---- workers ---- */

static int square(void *arg)
{
	int *n = arg;
	*n *= *n;
	return *n;
}

static void ask_workers(struct sw_task *task, void *arg)
{
	int *left = arg;
	for (int i = 1; i <= 20; i++) {
		int n = i;
		SW_CHECK_INT(sw_work_wait(task, square, &n), i * i);
		SW_CHECK_INT(n, i * i);
	}
	if (--*left == 0)
		sw_loop_stop(sw_task_loop(task));
}

static void ask_from_many(struct sw_task *task, void *arg)
{
	for (int i = 0; i < *(int *)arg; i++)
		sw_task_spawn(sw_task_loop(task), ask_workers, arg);
}

SW_TEST(work_on_the_pool)
{
	int left = 20;
	run_task(ask_from_many, &left);
	SW_CHECK_INT(left, 0);
}

/* A wait that cannot be abandoned ends first; only then does the cancellation show. */
static struct sw_task *working;

static int slow(void *arg)
{
	usleep(2000);
	return *(int *)arg;
}

static void work_cancelled(struct sw_task *task, void *arg)
{
	int n = 5;
	SW_CHECK_INT(sw_work_wait(task, slow, &n), 5);
	SW_CHECK_INT(sw_work_wait(task, slow, &n), SW_ECANCELED);
	*(bool *)arg = true;
	sw_loop_stop(sw_task_loop(task));
}

static void cancel_working(struct sw_timer *timer)
{
	(void)timer;
	sw_task_cancel(working);
}

SW_TEST(work_is_not_cut_short)
{
	bool done = false;
	struct sw_loop *loop = sw_loop_new("work");
	struct sw_timer timer = { 0 };
	working = sw_task_spawn(loop, work_cancelled, &done);
	sw_timer_start(loop, &timer, SW_CLOCK_MONO, 0, cancel_working);
	sw_loop_run(loop);
	SW_CHECK(done);
	sw_loop_free(loop);
}

/* ---- the end of several loops ---- */

struct errand {
	struct sw_mail mail;
	struct sw_wait wait;
	struct sw_loop *home, *other;
	int result;
};

static void on_errand_home(struct sw_mail *mail)
{
	sw_wait_end(&SW_CONTAINER(mail, struct errand, mail)->wait, 7);
}

static void on_errand(struct sw_mail *mail)
{
	struct errand *errand = SW_CONTAINER(mail, struct errand, mail);
	SW_CHECK(sw_loop_current() == errand->other);
	mail->deliver = on_errand_home;
	sw_loop_post(errand->home, mail);
}

/* Begins when its loop ends already: nobody turns the other one any more, but who finishes it. */
static void run_errand(struct sw_task *task, void *arg)
{
	struct errand *errand = arg;
	errand->wait = (struct sw_wait){ .task = task };
	errand->mail.deliver = on_errand;
	sw_loop_post(errand->other, &errand->mail);
	errand->result = sw_wait_begin(&errand->wait);
}

SW_TEST(loops_end_together_when_one_waits_for_another)
{
	struct sw_loop *loops[] = { sw_loop_new("one"), sw_loop_new("two") };
	struct errand errands[] = { { .home = loops[0], .other = loops[1] }, { .home = loops[1], .other = loops[0] } };
	for (int i = 0; i < 2; i++)
		sw_task_spawn(loops[i], run_errand, &errands[i]);
	sw_loops_finish(loops, 2);
	for (int i = 0; i < 2; i++)
		SW_CHECK(errands[i].result);
	for (int i = 0; i < 2; i++)
		sw_loop_free(loops[i]);
}
