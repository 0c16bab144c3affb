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

static void drop_all(void *map)
{
	struct sw_map *entries = map;
	size_t cursor = 0;
	void *entry;
	while (sw_map_next(entries, &cursor, NULL, &entry))
		sw_unref(entry);
	sw_map_done(entries);
}

static void drop_entry(void *entry)
{
	sw_unref(entry);
}

static struct sw_map *here(void)
{
	static struct sw_loop_local caches = { .bytes = sizeof(struct sw_map), .drop = drop_all };
	return sw_loop_local(sw_loop_current(), &caches);
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

const void *sw_cache_find(struct sw_task *task, struct sw_str name)
{
	struct sw_cached *entry = sw_map_find(here(), name);
	return entry && entry->until_us >= sw_mono_us() ? held(task, entry) : NULL;
}

const void *sw_cache_find_stale(struct sw_task *task, struct sw_str name)
{
	struct sw_cached *entry = sw_map_find(here(), name);
	bool serves = entry && entry->exists && entry->until_us + SW_CACHE_STALE_US >= sw_mono_us();
	return serves ? held(task, entry) : NULL;
}

const void *sw_cache_put(struct sw_task *task, struct sw_str name, void *object)
{
	struct sw_cached *entry = object;
	struct sw_map *entries = here();
	entry->until_us = sw_mono_us() + SW_CACHE_US;
	if (entries->used >= SW_CACHE_MAX)
		drop_all(entries);
	sw_unref(sw_map_put(entries, name, entry));
	return held(task, entry);
}

const void *sw_cache_settle(struct sw_task *task, struct sw_str name, void *entry, int err)
{
	if (!err)
		return sw_cache_put(task, name, entry);
	sw_unref(entry);
	return NULL;
}

void sw_cache_forget(struct sw_str name)
{
	sw_unref(sw_map_take(here(), name));
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
