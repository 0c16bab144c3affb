#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "base/arena.h"
#include "base/trace.h"

/*
 * A slot is guarded by a sequence word: odd while its thread writes it (a seqlock with one writer).
 * Fields are atomics so that a torn read is impossible for the language too.
 */
struct slot {
	_Atomic uint64_t sequence, id[2];
	_Atomic int64_t time_us;
	_Atomic(const char *) room, what;
};

struct ring {
	struct ring *next;
	uint64_t at;
	struct slot slot[SW_TRACE_RING];
};

static _Atomic(struct ring *) rings;
static _Thread_local struct ring *own;

static struct ring *own_ring(void)
{
	if (own)
		return own;
	own = calloc(1, sizeof(*own));
	if (!own)
		abort();
	own->next = atomic_load(&rings);
	while (!atomic_compare_exchange_weak(&rings, &own->next, own))
		;
	return own;
}

static int64_t now_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

void sw_trace(struct sw_id id, const char *room, const char *what)
{
	sw_trace_at(id, now_us(), room, what);
}

void sw_trace_at(struct sw_id id, int64_t time_us, const char *room, const char *what)
{
	struct ring *ring = own_ring();
	struct slot *slot = &ring->slot[ring->at % SW_TRACE_RING];
	uint64_t sequence = ring->at++ * 2 + 1, word[2];
	memcpy(word, id.b, sizeof(word));
	atomic_store_explicit(&slot->sequence, sequence, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
	for (int i = 0; i < 2; i++)
		atomic_store_explicit(&slot->id[i], word[i], memory_order_relaxed);
	atomic_store_explicit(&slot->time_us, time_us, memory_order_relaxed);
	atomic_store_explicit(&slot->room, room, memory_order_relaxed);
	atomic_store_explicit(&slot->what, what, memory_order_relaxed);
	atomic_store_explicit(&slot->sequence, sequence + 1, memory_order_release);
}

static bool read_slot(struct slot *slot, struct sw_trace_step *ret)
{
	uint64_t before = atomic_load_explicit(&slot->sequence, memory_order_acquire), word[2];
	if (before == 0 || before & 1)
		return false;
	for (int i = 0; i < 2; i++)
		word[i] = atomic_load_explicit(&slot->id[i], memory_order_relaxed);
	ret->time_us = atomic_load_explicit(&slot->time_us, memory_order_relaxed);
	ret->room = atomic_load_explicit(&slot->room, memory_order_relaxed);
	ret->what = atomic_load_explicit(&slot->what, memory_order_relaxed);
	memcpy(ret->id.b, word, sizeof(word));
	ret->order = before;
	atomic_thread_fence(memory_order_acquire);
	return atomic_load_explicit(&slot->sequence, memory_order_relaxed) == before;
}

static int by_time(const void *a, const void *b)
{
	const struct sw_trace_step *x = a, *y = b;
	if (x->time_us != y->time_us)
		return x->time_us < y->time_us ? -1 : 1;
	return (x->order > y->order) - (x->order < y->order);
}

size_t sw_trace_find(struct sw_arena *arena, struct sw_id id, struct sw_trace_step **ret)
{
	enum { STEPS_MAX = 512 };
	struct sw_trace_step *found = SW_ARENA_ARRAY(arena, struct sw_trace_step, STEPS_MAX);
	size_t n = 0;
	for (struct ring *ring = atomic_load(&rings); ring; ring = ring->next)
		for (unsigned i = 0; i < SW_TRACE_RING && n < STEPS_MAX; i++)
			if (read_slot(&ring->slot[i], &found[n]) && sw_id_eq(found[n].id, id))
				n++;
	qsort(found, n, sizeof(*found), by_time);
	*ret = found;
	return n;
}
