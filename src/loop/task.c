#include "loop/task.h"

#include <stdlib.h>

#include "loop/clock.h"
#include "loop/loop_impl.h"

/* Finished tasks kept for the next: all with their stack, the first few with their arena's memory too. */
#define POOL_MAX 512
#define POOL_WITH_ARENA 64

/* The sanitizers' red zones and spills make frames several times as large. */
#if SW_ASAN || SW_TSAN
#define STACK_BYTES (4 * SW_TASK_STACK_BYTES)
#else
#define STACK_BYTES SW_TASK_STACK_BYTES
#endif

struct sw_task {
	struct sw_stack stack;
	struct sw_loop *loop;
	struct sw_stack *back; /* who let it run: another task or the loop */
	struct sw_list node;   /* among the alive or in the pool */
	struct sw_list ready;  /* linked: will be resumed by sw_tasks_run_ready() */
	struct sw_wait *wait;  /* suspended in */
	sw_task_fn *fn;
	void *arg;
	struct sw_arena arena;
	bool cancelled, finished;
};

static void task_free(struct sw_task *task)
{
	sw_arena_done(&task->arena);
	sw_stack_done(&task->stack);
	free(task);
}

void sw_tasks_done(struct sw_loop *loop)
{
	SW_BUG_ON(loop->alive_n);
	struct sw_list *node;
	while ((node = sw_list_pop(&loop->pool)))
		task_free(SW_CONTAINER(node, struct sw_task, node));
	loop->pool_n = 0;
}

/* Runs on the task's stack, for one fn after the other. */
static void task_main(void *arg)
{
	struct sw_task *task = arg;
	for (;;) {
		task->fn(task, task->arg);
		sw_arena_clear(&task->arena);
		task->finished = true;
		sw_stack_switch(&task->stack, task->back);
	}
}

static struct sw_task *task_take(struct sw_loop *loop)
{
	struct sw_list *node = sw_list_pop(&loop->pool);
	if (node) {
		loop->pool_n--;
		return SW_CONTAINER(node, struct sw_task, node);
	}
	struct sw_task *task = calloc(1, sizeof(*task));
	SW_BUG_ON(!task);
	task->loop = loop;
	sw_list_init(&task->node);
	sw_list_init(&task->ready);
	sw_arena_init(&task->arena);
	sw_stack_init(&task->stack, loop->current ? &loop->current->stack : &loop->root, STACK_BYTES, task_main, task);
	return task;
}

static void task_give_back(struct sw_task *task)
{
	struct sw_loop *loop = task->loop;
	sw_list_del(&task->node);
	loop->alive_n--;
	if (loop->pool_n >= POOL_MAX) {
		task_free(task);
		return;
	}
	if (loop->pool_n >= POOL_WITH_ARENA)
		sw_arena_done(&task->arena);
	/* The last used comes first again: its stack is warm. */
	sw_list_add_after(&loop->pool, &task->node);
	loop->pool_n++;
}

/* Let a task run until it suspends or ends. @return false when it ended */
static bool task_enter(struct sw_task *task)
{
	struct sw_loop *loop = task->loop;
	struct sw_task *before = loop->current;
	task->back = before ? &before->stack : &loop->root;
	loop->current = task;
	sw_stack_switch(task->back, &task->stack);
	loop->current = before;
	if (!task->finished)
		return true;
	task_give_back(task);
	return false;
}

struct sw_task *sw_task_current(void)
{
	struct sw_loop *loop = sw_loop_current();
	return loop ? loop->current : NULL;
}

struct sw_loop *sw_task_loop(struct sw_task *task)
{
	return task->loop;
}

struct sw_arena *sw_task_arena(struct sw_task *task)
{
	return &task->arena;
}

unsigned sw_task_count(struct sw_loop *loop)
{
	return loop->alive_n;
}

bool sw_task_cancelled(const struct sw_task *task)
{
	return task->cancelled;
}

static void on_more(uv_idle_t *more)
{
	sw_tasks_run_ready(more->data);
}

/* One round: who becomes ready meanwhile waits for the next turn, so that tasks which wake each other
 * cannot keep the loop from its sockets. */
void sw_tasks_run_ready(struct sw_loop *loop)
{
	if (loop->in_ready || sw_list_empty(&loop->ready)) {
		if (!loop->in_ready && uv_is_active((uv_handle_t *)&loop->more))
			uv_idle_stop(&loop->more);
		return;
	}
	struct sw_list batch = loop->ready;
	batch.next->prev = batch.prev->next = &batch;
	sw_list_init(&loop->ready);
	loop->in_ready = true;
	struct sw_list *node;
	while ((node = sw_list_pop(&batch)))
		task_enter(SW_CONTAINER(node, struct sw_task, ready));
	loop->in_ready = false;
	if (!sw_list_empty(&loop->ready))
		uv_idle_start(&loop->more, on_more);
	else if (uv_is_active((uv_handle_t *)&loop->more))
		uv_idle_stop(&loop->more);
}

struct sw_task *sw_task_spawn(struct sw_loop *loop, sw_task_fn *fn, void *arg)
{
	struct sw_loop *outside = sw_loop_current();
	SW_BUG_ON(loop->running && outside != loop);
	if (!loop->running)
		sw_loop_set_current(loop);
	struct sw_task *task = task_take(loop);
	task->fn = fn;
	task->arg = arg;
	task->cancelled = task->finished = false;
	task->wait = NULL;
	sw_list_push(&loop->alive, &task->node);
	loop->alive_n++;
	if (!task_enter(task))
		task = NULL;
	/* Not sw_tasks_run_ready(): the new task might end in it, and the caller gets its address. */
	if (!loop->current && !loop->in_ready && !sw_list_empty(&loop->ready))
		uv_idle_start(&loop->more, on_more);
	if (!loop->running)
		sw_loop_set_current(outside);
	return task;
}

static void resume(struct sw_task *task)
{
	struct sw_loop *loop = task->loop;
	if (loop->current) {
		sw_list_push(&loop->ready, &task->ready);
		return;
	}
	task_enter(task);
	sw_tasks_run_ready(loop);
}

int sw_wait_begin(struct sw_wait *wait)
{
	struct sw_task *task = wait->task;
	SW_BUG_ON(task->loop->current != task || sw_loop_current() != task->loop);
	bool cancelled_before = task->cancelled;
	if (!wait->done && cancelled_before && wait->abandon) {
		wait->abandon(wait);
		wait->done = true;
	}
	if (!wait->done) {
		wait->suspended = true;
		task->wait = wait;
		sw_stack_switch(&task->stack, task->back);
		task->wait = NULL;
		wait->suspended = false;
	}
	return cancelled_before ? SW_ECANCELED : wait->result;
}

void sw_wait_end(struct sw_wait *wait, int result)
{
	struct sw_task *task = wait->task;
	SW_BUG_ON(wait->done || sw_loop_current() != task->loop);
	wait->done = true;
	wait->result = result;
	if (wait->suspended)
		resume(task);
}

void sw_task_cancel(struct sw_task *task)
{
	SW_BUG_ON(sw_loop_current() != task->loop);
	if (task->cancelled)
		return;
	task->cancelled = true;
	struct sw_wait *wait = task->wait;
	if (!wait || wait->done || !wait->abandon)
		return;
	wait->abandon(wait);
	sw_wait_end(wait, SW_ECANCELED);
}

void sw_tasks_cancel_all(struct sw_loop *loop)
{
	/* A cancelled task may end, and its neighbour with it: begin again behind each. */
	for (bool again = true; again;) {
		again = false;
		for (struct sw_list *node = loop->alive.next; node != &loop->alive; node = node->next) {
			struct sw_task *task = SW_CONTAINER(node, struct sw_task, node);
			if (task->cancelled)
				continue;
			sw_task_cancel(task);
			again = true;
			break;
		}
	}
}

struct timed_wait {
	struct sw_wait wait;
	struct sw_timer timer;
};

static void timed_abandon(struct sw_wait *wait)
{
	sw_timer_stop(&SW_CONTAINER(wait, struct timed_wait, wait)->timer);
}

static void timed_out(struct sw_timer *timer)
{
	sw_wait_end(&SW_CONTAINER(timer, struct timed_wait, timer)->wait, 0);
}

static int wait_for_clock(struct sw_task *task, enum sw_clock clock, int64_t at_us)
{
	struct timed_wait timed = { .wait = { .task = task, .abandon = timed_abandon } };
	sw_timer_start(task->loop, &timed.timer, clock, at_us, timed_out);
	return sw_wait_begin(&timed.wait);
}

int sw_sleep_wait(struct sw_task *task, int64_t delay_us)
{
	return wait_for_clock(task, SW_CLOCK_MONO, sw_mono_us() + delay_us);
}

int sw_until_wait(struct sw_task *task, int64_t at_us)
{
	return wait_for_clock(task, SW_CLOCK_WALL, at_us);
}
