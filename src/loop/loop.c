#include "loop/loop.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>

#include "loop/loop_impl.h"

static _Thread_local struct sw_loop *current_loop;

struct sw_loop *sw_loop_current(void)
{
	return current_loop;
}

void sw_loop_set_current(struct sw_loop *loop)
{
	current_loop = loop;
}

/* @return whether there was any */
static bool deliver_all(struct sw_loop *loop)
{
	struct sw_mail *mail = sw_mailbox_take(&loop->box), *first = mail;
	while (mail) {
		struct sw_mail *next = mail->next;
		mail->deliver(mail);
		mail = next;
	}
	return first;
}

/* Until nothing is left that it could do now. */
static void finish_turn(struct sw_loop *loop)
{
	struct sw_loop *before = current_loop;
	current_loop = loop;
	atomic_store(&loop->stop, false);
	do {
		sw_tasks_cancel_all(loop);
		uv_run(&loop->uv, UV_RUN_NOWAIT);
	} while (deliver_all(loop));
	current_loop = before;
}

/* Something happened to one of them, or its timer is due. */
static void await_any(struct sw_loop *const *loops, unsigned n, struct pollfd *fds)
{
	int most_ms = -1;
	for (unsigned i = 0; i < n; i++) {
		int ms = uv_backend_timeout(&loops[i]->uv);
		fds[i] = (struct pollfd){ .fd = uv_backend_fd(&loops[i]->uv), .events = POLLIN };
		if (ms >= 0 && (most_ms < 0 || ms < most_ms))
			most_ms = ms;
	}
	(void)poll(fds, n, most_ms);
}

static bool any_alive(struct sw_loop *const *loops, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (loops[i]->alive_n)
			return true;
	return false;
}

/* Tasks that wait for something that cannot be abandoned need the loops to turn until it comes: their own, and the one
 * that it comes from. */
void sw_loops_finish(struct sw_loop *const *loops, unsigned n)
{
	struct pollfd *fds = calloc(n, sizeof(*fds));
	SW_BUG_ON(!fds);
	for (bool first = true;; first = false) {
		for (unsigned i = 0; i < n; i++) {
			SW_BUG_ON(loops[i]->running);
			finish_turn(loops[i]);
		}
		if (!first && !any_alive(loops, n))
			break; /* what the last ones posted is delivered, too */
		if (!first)
			await_any(loops, n, fds);
	}
	free(fds);
}

void sw_loop_finish(struct sw_loop *loop)
{
	sw_loops_finish(&loop, 1);
}

void sw_loop_cancel_tasks(struct sw_loop *loop)
{
	sw_tasks_cancel_all(loop);
}

static void drop_own(struct sw_loop *loop)
{
	for (struct sw_loop_own *own = loop->own; own < loop->own + SW_LOOP_LOCALS_MAX; own++) {
		if (own->object && own->drop)
			own->drop(own->object);
		free(own->object);
	}
}

void sw_loop_free(struct sw_loop *loop)
{
	if (!loop)
		return;
	sw_loop_finish(loop);
	drop_own(loop);
	uv_close((uv_handle_t *)&loop->wake, NULL);
	uv_close((uv_handle_t *)&loop->alarm, NULL);
	uv_close((uv_handle_t *)&loop->more, NULL);
	/* Close callbacks come in the turn after the close, also those of rooms above. */
	for (int turn = 0; turn < 3; turn++)
		uv_run(&loop->uv, UV_RUN_NOWAIT);
	/* Busy here: a room above has not closed a handle of its own. */
	SW_BUG_ON(uv_loop_close(&loop->uv) != 0);
	sw_tasks_done(loop);
	sw_timers_done(loop);
	free(loop);
}

static void on_wake(uv_async_t *wake)
{
	struct sw_loop *loop = wake->data;
	deliver_all(loop);
	if (atomic_load(&loop->stop))
		uv_stop(&loop->uv);
}

struct sw_loop *sw_loop_new(const char *name)
{
	struct sw_loop *loop = calloc(1, sizeof(*loop));
	SW_BUG_ON(!loop);
	loop->name = name;
	loop->armed_us = INT64_MAX;
	sw_list_init(&loop->alive);
	sw_list_init(&loop->ready);
	sw_list_init(&loop->pool);
	sw_list_init(&loop->running_node);
	SW_BUG_ON(uv_loop_init(&loop->uv) != 0);
	SW_BUG_ON(uv_async_init(&loop->uv, &loop->wake, on_wake) != 0);
	SW_BUG_ON(uv_timer_init(&loop->uv, &loop->alarm) != 0);
	SW_BUG_ON(uv_idle_init(&loop->uv, &loop->more) != 0);
	loop->uv.data = loop->wake.data = loop->alarm.data = loop->more.data = loop;
	/* libuv writes to sockets without MSG_NOSIGNAL. */
	signal(SIGPIPE, SIG_IGN);
	return loop;
}

void sw_loop_run(struct sw_loop *loop)
{
	SW_BUG_ON(loop->running || current_loop);
	current_loop = loop;
	loop->running = true;
	sw_clock_loop_begins(loop);
	sw_tasks_run_ready(loop);
	sw_timers_run(loop);
	while (!atomic_load(&loop->stop))
		uv_run(&loop->uv, UV_RUN_DEFAULT);
	sw_clock_loop_ends(loop);
	/* What was posted before the end is delivered: senders count on it. */
	deliver_all(loop);
	loop->running = false;
	atomic_store(&loop->stop, false);
	current_loop = NULL;
}

static void *thread_main(void *arg)
{
	struct sw_loop *loop = arg;
	pthread_setname_np(pthread_self(), loop->name);
	sw_loop_run(loop);
	return NULL;
}

void sw_loop_start(struct sw_loop *loop)
{
	SW_BUG_ON(loop->started);
	loop->started = true;
	SW_BUG_ON(pthread_create(&loop->thread, NULL, thread_main, loop) != 0);
}

void sw_loop_stop(struct sw_loop *loop)
{
	atomic_store(&loop->stop, true);
	uv_async_send(&loop->wake);
}

void sw_loop_join(struct sw_loop *loop)
{
	SW_BUG_ON(!loop->started);
	pthread_join(loop->thread, NULL);
	loop->started = false;
}

void sw_loop_post(struct sw_loop *loop, struct sw_mail *mail)
{
	if (sw_mailbox_push(&loop->box, mail))
		uv_async_send(&loop->wake);
}

struct uv_loop_s *sw_loop_uv(struct sw_loop *loop)
{
	return &loop->uv;
}

const char *sw_loop_name(const struct sw_loop *loop)
{
	return loop->name;
}

/* Under a lock: two loops that ask first at the same time draw one slot. */
static unsigned draw_slot(struct sw_loop_local *local)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static unsigned drawn;
	pthread_mutex_lock(&lock);
	if (!local->slot)
		local->slot = ++drawn;
	pthread_mutex_unlock(&lock);
	return local->slot;
}

void *sw_loop_local(struct sw_loop *loop, struct sw_loop_local *local)
{
	unsigned slot = local->slot;
	if (!slot)
		slot = draw_slot(local);
	SW_BUG_ON(slot > SW_LOOP_LOCALS_MAX);
	struct sw_loop_own *own = &loop->own[slot - 1];
	if (own->object)
		return own->object;
	own->object = calloc(1, local->bytes);
	SW_BUG_ON(!own->object);
	own->drop = local->drop;
	if (local->init)
		local->init(own->object);
	return own->object;
}
