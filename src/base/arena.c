#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"

enum {
	ALIGN = 16,
	CHUNK_FIRST = 4096,
	CHUNK_MAX = 256 * 1024,
	KEEP_MAX = 64 * 1024,
};

struct sw_arena_chunk {
	struct sw_arena_chunk *older;
	size_t bytes; /* of the whole chunk with this head */
};

struct sw_arena_hold {
	struct sw_arena_hold *older;
	sw_arena_hold_fn *fn;
	void *object;
};

enum { HEAD = (sizeof(struct sw_arena_chunk) + ALIGN - 1) / ALIGN * ALIGN };

static void run_holds(struct sw_arena *arena)
{
	while (arena->holds) {
		struct sw_arena_hold *hold = arena->holds;
		arena->holds = hold->older;
		hold->fn(hold->object);
	}
}

static void free_chunks(struct sw_arena_chunk *chunk)
{
	while (chunk) {
		struct sw_arena_chunk *older = chunk->older;
		free(chunk);
		chunk = older;
	}
}

void sw_arena_init(struct sw_arena *arena)
{
	*arena = (struct sw_arena){ 0 };
}

void sw_arena_done(struct sw_arena *arena)
{
	run_holds(arena);
	free_chunks(arena->chunk);
	sw_arena_init(arena);
}

void sw_arena_clear(struct sw_arena *arena)
{
	run_holds(arena);
	struct sw_arena_chunk *keep = arena->chunk;
	if (!keep)
		return;
	free_chunks(keep->older);
	keep->older = NULL;
	if (keep->bytes > KEEP_MAX) {
		free(keep);
		sw_arena_init(arena);
		return;
	}
	arena->at = (char *)keep + HEAD;
	arena->end = (char *)keep + keep->bytes;
	arena->total_bytes = keep->bytes;
}

struct sw_arena *sw_arena_new(void)
{
	struct sw_arena first;
	sw_arena_init(&first);
	struct sw_arena *self = sw_arena_alloc(&first, sizeof(*self));
	*self = first;
	return self;
}

void sw_arena_free(struct sw_arena *arena)
{
	if (!arena)
		return;
	run_holds(arena);
	struct sw_arena_chunk *chunk = arena->chunk; /* the arena itself lies in the oldest */
	free_chunks(chunk);
}

static void grow(struct sw_arena *arena, size_t bytes)
{
	size_t size = arena->chunk ? arena->chunk->bytes * 2 : CHUNK_FIRST;
	if (size > CHUNK_MAX)
		size = CHUNK_MAX;
	SW_BUG_ON(bytes > SIZE_MAX / 2);
	if (size < bytes + HEAD)
		size = (bytes + HEAD + ALIGN - 1) / ALIGN * ALIGN;
	struct sw_arena_chunk *chunk = malloc(size);
	if (!chunk) {
		fputs("level=error msg=\"out of memory\"\n", stderr);
		abort();
	}
	chunk->older = arena->chunk;
	chunk->bytes = size;
	arena->chunk = chunk;
	arena->at = (char *)chunk + HEAD;
	arena->end = (char *)chunk + size;
	arena->total_bytes += size;
}

void *sw_arena_alloc(struct sw_arena *arena, size_t bytes)
{
	uintptr_t at = ((uintptr_t)arena->at + ALIGN - 1) / ALIGN * ALIGN;
	if (!arena->at || at + bytes > (uintptr_t)arena->end || at + bytes < at) {
		grow(arena, bytes);
		at = (uintptr_t)arena->at;
	}
	arena->at = (char *)at + bytes;
	return memset((void *)at, 0, bytes);
}

char *sw_arena_bytes(struct sw_arena *arena, size_t bytes)
{
	if (!arena->at || bytes > (size_t)(arena->end - arena->at))
		grow(arena, bytes);
	char *at = arena->at;
	arena->at += bytes;
	return at;
}

void sw_arena_hold(struct sw_arena *arena, sw_arena_hold_fn *fn, void *object)
{
	struct sw_arena_hold *hold = sw_arena_alloc(arena, sizeof(*hold));
	*hold = (struct sw_arena_hold){ .older = arena->holds, .fn = fn, .object = object };
	arena->holds = hold;
}
