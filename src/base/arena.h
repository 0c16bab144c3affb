/*
 * base/arena.h - memory with one end: a bump allocator dropped whole.
 *
 * One arena per task, attempt or packet.  Nothing in it is freed singly.  Memory is
 * zeroed.  Out of memory aborts (DESIGN section 5): there are no ENOMEM paths.
 * sw_arena_hold() is the bridge to reference counts: a function run when the arena is
 * cleared, last held first.
 *
 * Thread: one thread at a time; an arena may be handed to another thread whole.
 */
#ifndef SW_BASE_ARENA_H
#define SW_BASE_ARENA_H

#include <stddef.h>

struct sw_arena_chunk;
struct sw_arena_hold;

struct sw_arena {
	struct sw_arena_chunk *chunk; /* newest first */
	struct sw_arena_hold *holds;
	char *at, *end;
	size_t total_bytes; /* of all chunks */
};

/** Ready an arena in place; allocates nothing yet. */
void sw_arena_init(struct sw_arena *arena);
/** Run the holds and free every chunk. */
void sw_arena_done(struct sw_arena *arena);
/** Run the holds, keep one chunk (at most 64 KiB) for reuse, forget the rest. */
void sw_arena_clear(struct sw_arena *arena);

/** An arena on the heap that lives in its own first chunk; sw_arena_free() ends it. */
struct sw_arena *sw_arena_new(void);
void sw_arena_free(struct sw_arena *arena);

/** Zeroed, aligned for any type, valid until the arena is cleared. */
void *sw_arena_alloc(struct sw_arena *arena, size_t bytes) __attribute__((malloc, alloc_size(2)));
/** As sw_arena_alloc, without zeroing and without alignment: for text. */
char *sw_arena_bytes(struct sw_arena *arena, size_t bytes) __attribute__((malloc, alloc_size(2)));

#define SW_ARENA_NEW(arena, type) ((type *)sw_arena_alloc((arena), sizeof(type)))
#define SW_ARENA_ARRAY(arena, type, count) ((type *)sw_arena_alloc((arena), sizeof(type) * (count)))

typedef void sw_arena_hold_fn(void *object);
/** Call fn(object) when the arena is cleared, e.g. to drop a reference. */
void sw_arena_hold(struct sw_arena *arena, sw_arena_hold_fn *fn, void *object);

#endif
