/*
 * core/cache.h - what a loop looked up lately: entries by name, each fresh for SW_CACHE_US.
 *
 * Per loop, so without locks.  What is forgotten is forgotten by every loop at once: each name has a stamp in a table that
 * all loops share, an entry remembers the stamps of the names it depends on, and sw_cache_forget() changes the name's.
 * Names that share a stamp are looked up once more, no harm.  The short life is for what other processes change.  Absence
 * is remembered too.  When SW_CACHE_MAX entries are there, all are dropped.
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

/* Names that one entry can depend on. */
enum { SW_CACHE_NAMES = 4 };

/* First member of what is kept; made by sw_cache_new(). */
struct sw_cached {
	struct sw_arena arena; /* for the entry's texts */
	int64_t until_us;      /* monotonic */
	bool exists;           /* false: known to be absent */
	unsigned names;
	struct {
		uint32_t place, stamp;
	} name[SW_CACHE_NAMES]; /* as they were before the rows were read */
};

/** A zeroed entry to fill and put (or drop with sw_unref); made before its rows are read. It depends on its name. */
void *sw_cache_new(size_t bytes, struct sw_str name);
#define SW_CACHE_NEW(type, name) ((type *)sw_cache_new(sizeof(type), name))
/** It is worthless, too, once this name is forgotten. Before the rows are read that the name stands for. */
void sw_cache_depends(struct sw_cached *entry, struct sw_str name);
/** Nothing that it depends on was forgotten since. */
bool sw_cache_is_current(const struct sw_cached *entry);
/** @return a fresh, current entry, or NULL */
const void *sw_cache_find(struct sw_task *task, struct sw_str name);
/** @return an entry that is current but no longer fresh, or NULL: for when the store does not answer; absence does not
 * last */
const void *sw_cache_find_stale(struct sw_task *task, struct sw_str name);
/** Keep an entry from now on; the caller's reference is taken. @return entry */
const void *sw_cache_put(struct sw_task *task, struct sw_str name, void *entry);
/** The end of a look-up that filled a new entry: kept when err is 0, dropped otherwise. @return entry, or NULL */
const void *sw_cache_settle(struct sw_task *task, struct sw_str name, void *entry, int err);
/** For this task alone: held by its arena, not kept; the caller's reference is taken. @return entry */
const void *sw_cache_hold(struct sw_task *task, void *entry);
/** After a change is committed, and before anybody is told of it: every loop looks the name up anew. */
void sw_cache_forget(struct sw_str name);
/** The name of what belongs to an account: its id as bytes, and what it is. In the arena. */
struct sw_str sw_cache_name(struct sw_arena *arena, struct sw_sid account, struct sw_str what);

#endif
