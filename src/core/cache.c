#include <pthread.h>

#include "base/map.h"
#include "base/ref.h"
#include "core/cache.h"
#include "loop/clock.h"
#include "loop/loop.h"
#include "loop/task.h"

static void entry_destroy(void *object)
{
	struct sw_cached *entry = object;
	sw_arena_done(&entry->arena);
}

static void drop_all(struct sw_map *entries)
{
	size_t cursor = 0;
	void *entry;
	while (sw_map_next(entries, &cursor, NULL, &entry))
		sw_unref(entry);
	sw_map_done(entries);
}

static void cache_destroy(void *object)
{
	drop_all(object);
}

static void drop_cache(void *cache)
{
	sw_unref(cache);
}

static void drop_entry(void *entry)
{
	sw_unref(entry);
}

static unsigned slot;

static void draw_slot(void)
{
	slot = sw_loop_slot_new(drop_cache);
}

unsigned sw_cache_slot(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, draw_slot);
	return slot;
}

static struct sw_map *here(const struct sw_core *core)
{
	struct sw_loop *loop = sw_loop_current();
	struct sw_map *entries = sw_loop_slot_get(loop, core->cache_slot);
	if (!entries) {
		entries = sw_new(struct sw_map, cache_destroy);
		sw_loop_slot_set(loop, core->cache_slot, entries);
	}
	return entries;
}

void *sw_cache_new(size_t bytes)
{
	return sw_ref_new(bytes, entry_destroy);
}

static const void *held(struct sw_task *task, struct sw_cached *entry)
{
	sw_arena_hold(sw_task_arena(task), drop_entry, sw_ref(entry));
	return entry;
}

const void *sw_cache_find(struct sw_task *task, const struct sw_core *core, struct sw_str name)
{
	struct sw_cached *entry = sw_map_find(here(core), name);
	return entry && entry->until_us >= sw_mono_us() ? held(task, entry) : NULL;
}

const void *sw_cache_find_stale(struct sw_task *task, const struct sw_core *core, struct sw_str name)
{
	struct sw_cached *entry = sw_map_find(here(core), name);
	bool serves = entry && entry->exists && entry->until_us + SW_CACHE_STALE_US >= sw_mono_us();
	return serves ? held(task, entry) : NULL;
}

const void *sw_cache_put(struct sw_task *task, const struct sw_core *core, struct sw_str name, void *object)
{
	struct sw_cached *entry = object;
	struct sw_map *entries = here(core);
	entry->until_us = sw_mono_us() + SW_CACHE_US;
	if (entries->used >= SW_CACHE_MAX)
		drop_all(entries);
	sw_unref(sw_map_put(entries, name, entry));
	return held(task, entry);
}

const void *sw_cache_settle(struct sw_task *task, const struct sw_core *core, struct sw_str name, void *entry, int err)
{
	if (!err)
		return sw_cache_put(task, core, name, entry);
	sw_unref(entry);
	return NULL;
}

void sw_cache_forget(const struct sw_core *core, struct sw_str name)
{
	sw_unref(sw_map_take(here(core), name));
}

struct sw_str sw_cache_name(struct sw_arena *arena, struct sw_sid account, struct sw_str what)
{
	size_t n = sizeof(account.id.b);
	char *name = sw_arena_bytes(arena, n + what.n);
	memcpy(name, account.id.b, n);
	if (what.n)
		memcpy(name + n, what.p, what.n);
	return (struct sw_str){ name, n + what.n };
}
