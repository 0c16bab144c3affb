/*
 * core/cache.h - what a loop looked up lately: entries by name, each fresh for SW_CACHE_US.
 *
 * Per loop, so without locks.  The short life is the invalidation across loops and processes; what must be seen at once
 * has stamps of its own (core/auth/credential.c).  Absence is remembered too.  When SW_CACHE_MAX entries are there, all
 * are dropped.
 *
 * Ownership: an entry found or put is held by the task's arena until that is cleared.
 * Thread: tasks of any loop.
 */
#ifndef SW_CORE_CACHE_H
#define SW_CORE_CACHE_H

#include "base/arena.h"
#include "core/core.h"

struct sw_task;

#define SW_CACHE_US (500 * 1000)
#define SW_CACHE_MAX 10000
/* So long an entry may serve when the store does not answer. */
#define SW_CACHE_STALE_US (60 * 1000 * 1000)

/* First member of what is kept; made by sw_cache_new(). */
struct sw_cached {
	struct sw_arena arena; /* for the entry's texts */
	int64_t until_us;      /* monotonic */
	bool exists;           /* false: known to be absent */
};

/** A zeroed entry to fill and put (or drop with sw_unref). */
void *sw_cache_new(size_t bytes);
#define SW_CACHE_NEW(type) ((type *)sw_cache_new(sizeof(type)))
/** @return a fresh entry, or NULL */
const void *sw_cache_find(struct sw_task *task, struct sw_str name);
/** @return an entry that is no longer fresh, or NULL: for when the store does not answer; absence does not last */
const void *sw_cache_find_stale(struct sw_task *task, struct sw_str name);
/** Keep an entry from now on; the caller's reference is taken. @return entry */
const void *sw_cache_put(struct sw_task *task, struct sw_str name, void *entry);
/** The end of a look-up that filled a new entry: kept when err is 0, dropped otherwise. @return entry, or NULL */
const void *sw_cache_settle(struct sw_task *task, struct sw_str name, void *entry, int err);
void sw_cache_forget(struct sw_str name);
/** The name of what belongs to an account: its id as bytes, and what it is. In the arena. */
struct sw_str sw_cache_name(struct sw_arena *arena, struct sw_sid account, struct sw_str what);

#endif
