#include "loop/timer.h"

#include <stdlib.h>

#include "loop/clock.h"
#include "loop/loop_impl.h"

/* The system's clock may be set: look again this often, however far the next wall timer is. */
#define WALL_LOOK_US (10 * INT64_C(1000000))

void sw_timers_done(struct sw_loop *loop)
{
	for (int clock = 0; clock < 2; clock++) {
		for (size_t i = 0; i < loop->heap[clock].n; i++)
			loop->heap[clock].v[i]->slot = 0;
		free(loop->heap[clock].v);
		loop->heap[clock] = (struct sw_timer_heap){ 0 };
	}
}

/* Equal times fire in the order in which they were started. */
static bool earlier(const struct sw_timer *a, const struct sw_timer *b)
{
	return a->at_us != b->at_us ? a->at_us < b->at_us : a->seq < b->seq;
}

static void put_at(struct sw_timer_heap *heap, size_t i, struct sw_timer *timer)
{
	heap->v[i] = timer;
	timer->slot = i + 1;
}

static void sift_up(struct sw_timer_heap *heap, size_t i)
{
	struct sw_timer *timer = heap->v[i];
	while (i > 0 && earlier(timer, heap->v[(i - 1) / 2])) {
		put_at(heap, i, heap->v[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	put_at(heap, i, timer);
}

static void sift_down(struct sw_timer_heap *heap, size_t i)
{
	struct sw_timer *timer = heap->v[i];
	for (;;) {
		size_t child = 2 * i + 1;
		if (child >= heap->n)
			break;
		if (child + 1 < heap->n && earlier(heap->v[child + 1], heap->v[child]))
			child++;
		if (!earlier(heap->v[child], timer))
			break;
		put_at(heap, i, heap->v[child]);
		i = child;
	}
	put_at(heap, i, timer);
}

static void heap_add(struct sw_timer_heap *heap, struct sw_timer *timer)
{
	if (heap->n == heap->cap) {
		heap->cap = heap->cap ? heap->cap * 2 : 64;
		heap->v = realloc(heap->v, heap->cap * sizeof(struct sw_timer *));
		SW_BUG_ON(!heap->v);
	}
	heap->v[heap->n++] = timer;
	sift_up(heap, heap->n - 1);
}

static void heap_del(struct sw_timer_heap *heap, struct sw_timer *timer)
{
	size_t i = timer->slot - 1;
	struct sw_timer *last = heap->v[--heap->n];
	timer->slot = 0;
	if (last == timer)
		return;
	put_at(heap, i, last);
	sift_up(heap, i);
	sift_down(heap, last->slot - 1);
}

static void on_alarm(uv_timer_t *alarm)
{
	struct sw_loop *loop = alarm->data;
	loop->armed_us = INT64_MAX;
	sw_timers_run(loop);
}

/* The alarm only ever moves earlier here; one that rings for a stopped timer costs a turn and is set anew. */
static void arm(struct sw_loop *loop)
{
	int64_t now = sw_mono_us(), at = INT64_MAX;
	if (loop->heap[SW_CLOCK_MONO].n)
		at = loop->heap[SW_CLOCK_MONO].v[0]->at_us;
	if (loop->heap[SW_CLOCK_WALL].n) {
		int64_t delay = loop->heap[SW_CLOCK_WALL].v[0]->at_us - sw_wall_us();
		delay = delay < 0 ? 0 : delay > WALL_LOOK_US ? WALL_LOOK_US : delay;
		if (now + delay < at)
			at = now + delay;
	}
	if (at >= loop->armed_us)
		return;
	loop->armed_us = at;
	uv_update_time(&loop->uv);
	uint64_t delay_ms = at <= now ? 0 : ((uint64_t)(at - now) + 999) / 1000;
	uv_timer_start(&loop->alarm, on_alarm, delay_ms, 0);
}

void sw_timer_start(struct sw_loop *loop, struct sw_timer *timer, enum sw_clock clock, int64_t at_us, sw_timer_fn *fn)
{
	SW_BUG_ON(loop->running && sw_loop_current() != loop);
	sw_timer_stop(timer);
	timer->fn = fn;
	timer->at_us = at_us;
	timer->loop = loop;
	timer->clock = clock;
	timer->seq = ++loop->timer_seq;
	heap_add(&loop->heap[clock], timer);
	if (timer->slot == 1)
		arm(loop);
}

void sw_timer_stop(struct sw_timer *timer)
{
	if (!timer->slot)
		return;
	SW_BUG_ON(timer->loop->running && sw_loop_current() != timer->loop);
	heap_del(&timer->loop->heap[timer->clock], timer);
}

static unsigned run_clock(struct sw_loop *loop, enum sw_clock clock, int64_t now, uint64_t last_seq)
{
	struct sw_timer_heap *heap = &loop->heap[clock];
	unsigned fired = 0;
	/* What a timer starts meanwhile, in the past or not, waits for the next turn. */
	while (heap->n && heap->v[0]->at_us <= now && heap->v[0]->seq <= last_seq) {
		struct sw_timer *timer = heap->v[0];
		heap_del(heap, timer);
		fired++;
		timer->fn(timer);
	}
	return fired;
}

void sw_timers_run(struct sw_loop *loop)
{
	uint64_t last_seq = loop->timer_seq;
	run_clock(loop, SW_CLOCK_MONO, sw_mono_us(), last_seq);
	loop->wall_fired += run_clock(loop, SW_CLOCK_WALL, sw_wall_us(), last_seq);
	arm(loop);
}

int64_t sw_timers_next_wall(const struct sw_loop *loop)
{
	return loop->heap[SW_CLOCK_WALL].n ? loop->heap[SW_CLOCK_WALL].v[0]->at_us : INT64_MAX;
}
