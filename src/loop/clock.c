#include "loop/clock.h"

#include <stdlib.h>
#include <time.h>

#include "loop/loop_impl.h"

static _Atomic int64_t offset_us; /* virtual time is real time plus this */
static atomic_int busy;
static atomic_bool advancing;
static _Atomic(struct sw_loop *) idle_wanted_by; /* wants to hear when busy falls to zero */

static pthread_mutex_t loops_lock = PTHREAD_MUTEX_INITIALIZER;
static struct sw_list loops = { &loops, &loops };
static unsigned loops_n;

static int64_t clock_us(clockid_t id)
{
	struct timespec now;
	clock_gettime(id, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t sw_wall_us(void)
{
	return clock_us(CLOCK_REALTIME) + atomic_load_explicit(&offset_us, memory_order_relaxed);
}

int64_t sw_mono_us(void)
{
	return clock_us(CLOCK_MONOTONIC);
}

void sw_clock_loop_begins(struct sw_loop *loop)
{
	pthread_mutex_lock(&loops_lock);
	sw_list_push(&loops, &loop->running_node);
	loops_n++;
	pthread_mutex_unlock(&loops_lock);
}

/* Under the lock a loop is either asked before this (and answers, since it still delivers) or never. */
void sw_clock_loop_ends(struct sw_loop *loop)
{
	pthread_mutex_lock(&loops_lock);
	sw_list_del(&loop->running_node);
	loops_n--;
	pthread_mutex_unlock(&loops_lock);
}

/* One question to every loop: run what is due, then say what comes next. */
struct round {
	struct sw_wait wait; /* of the one who advances; only its loop touches this */
	struct sw_loop *home;
	unsigned left;
	int64_t next_us; /* earliest wall timer of all */
	uint64_t fired;  /* wall timers run so far, of all */
};

struct question {
	struct sw_mail mail;
	struct round *round;
	struct sw_loop *loop;
	int64_t next_us;
	uint64_t fired;
};

static void on_answer(struct sw_mail *mail)
{
	struct question *question = SW_CONTAINER(mail, struct question, mail);
	struct round *round = question->round;
	if (question->next_us < round->next_us)
		round->next_us = question->next_us;
	round->fired += question->fired;
	free(question);
	if (--round->left == 0)
		sw_wait_end(&round->wait, 0);
}

static void on_question(struct sw_mail *mail)
{
	struct question *question = SW_CONTAINER(mail, struct question, mail);
	sw_timers_run(question->loop);
	question->next_us = sw_timers_next_wall(question->loop);
	question->fired = question->loop->wall_fired;
	question->mail.deliver = on_answer;
	sw_loop_post(question->round->home, &question->mail);
}

static int ask_all_wait(struct round *round)
{
	pthread_mutex_lock(&loops_lock);
	round->left = loops_n;
	for (struct sw_list *node = loops.next; node != &loops; node = node->next) {
		struct question *question = calloc(1, sizeof(*question));
		SW_BUG_ON(!question);
		question->mail.deliver = on_question;
		question->round = round;
		question->loop = SW_CONTAINER(node, struct sw_loop, running_node);
		sw_loop_post(question->loop, &question->mail);
	}
	pthread_mutex_unlock(&loops_lock);
	return round->left ? sw_wait_begin(&round->wait) : 0;
}

/* ---- work that the barrier waits for ---- */

static void on_idle(struct sw_mail *mail)
{
	struct sw_loop *loop = sw_loop_current();
	struct sw_wait *wait = loop->idle_wait;
	free(mail);
	/* A mail that comes late finds nothing, or a later wait that will simply look again. */
	loop->idle_wait = NULL;
	if (wait)
		sw_wait_end(wait, 0);
}

static void idle_abandon(struct sw_wait *wait)
{
	atomic_store(&idle_wanted_by, NULL);
	sw_task_loop(wait->task)->idle_wait = NULL;
}

void sw_clock_busy(int delta)
{
	int now = atomic_fetch_add(&busy, delta) + delta;
	SW_BUG_ON(now < 0);
	if (now > 0 || delta >= 0)
		return;
	struct sw_loop *loop = atomic_exchange(&idle_wanted_by, NULL);
	if (!loop)
		return;
	struct sw_mail *mail = calloc(1, sizeof(*mail));
	SW_BUG_ON(!mail);
	mail->deliver = on_idle;
	sw_loop_post(loop, mail);
}

static int idle_wait(struct sw_task *task)
{
	struct sw_loop *loop = sw_task_loop(task);
	struct sw_wait wait = { .task = task, .abandon = idle_abandon };
	loop->idle_wait = &wait;
	atomic_store(&idle_wanted_by, loop);
	/* It may have fallen to zero just before the wish was known; whoever takes the wish back ends the wait. */
	if (atomic_load(&busy) == 0 && atomic_exchange(&idle_wanted_by, NULL)) {
		loop->idle_wait = NULL;
		return 0;
	}
	return sw_wait_begin(&wait);
}

/* ---- the barrier ---- */

/* Until two rounds in a row find nothing done and nothing to do: what one loop handed to another in the first
 * has arrived by the second. */
static int settle_wait(struct sw_task *task, int64_t *ret_next_us)
{
	uint64_t fired = UINT64_MAX;
	for (int quiet = 0; quiet < 2;) {
		if (sw_task_cancelled(task))
			return SW_ECANCELED;
		struct round round = { .wait = { .task = task }, .home = sw_task_loop(task), .next_us = INT64_MAX };
		int err = ask_all_wait(&round);
		if (err)
			return err;
		if (atomic_load(&busy) > 0) {
			quiet = 0;
			err = idle_wait(task);
			if (err)
				return err;
			continue;
		}
		bool nothing = round.fired == fired && round.next_us > sw_wall_us();
		quiet = nothing ? quiet + 1 : 0;
		fired = round.fired;
		*ret_next_us = round.next_us;
	}
	return 0;
}

int sw_clock_advance_wait(struct sw_task *task, int64_t delta_us)
{
	if (delta_us < 0)
		return SW_EINVAL;
	if (sw_task_cancelled(task))
		return SW_ECANCELED;
	if (atomic_exchange(&advancing, true))
		return SW_EBUSY;
	int64_t end_us = atomic_load(&offset_us) + delta_us;
	int err;
	for (;;) {
		int64_t next_us = INT64_MAX;
		err = settle_wait(task, &next_us);
		int64_t left = end_us - atomic_load(&offset_us);
		if (err || left == 0)
			break;
		int64_t step = next_us == INT64_MAX ? left : next_us - sw_wall_us();
		atomic_fetch_add(&offset_us, step < 0 ? 0 : step > left ? left : step);
	}
	atomic_store(&advancing, false);
	return err;
}
