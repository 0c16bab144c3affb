#include <stdatomic.h>

#include "base/hash.h"
#include "base/map.h"
#include "base/ref.h"
#include "core/cache.h"
#include "loop/clock.h"
#include "loop/loop.h"
#include "loop/task.h"

enum { STAMPS = 4096 };

static _Atomic uint32_t stamps[STAMPS];

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

static uint32_t place_of(struct sw_str name)
{
	return (uint32_t)(sw_hash64(name.p, name.n) % STAMPS);
}

void *sw_cache_new(size_t bytes, struct sw_str name)
{
	struct sw_cached *entry = sw_ref_new(bytes, entry_destroy);
	sw_cache_depends(entry, name);
	return entry;
}

void sw_cache_depends(struct sw_cached *entry, struct sw_str name)
{
	SW_BUG_ON(entry->names == SW_CACHE_NAMES);
	uint32_t place = place_of(name);
	entry->name[entry->names].place = place;
	entry->name[entry->names++].stamp = atomic_load(&stamps[place]);
}

bool sw_cache_is_current(const struct sw_cached *entry)
{
	for (unsigned i = 0; i < entry->names; i++)
		if (entry->name[i].stamp != atomic_load(&stamps[entry->name[i].place]))
			return false;
	return true;
}

const void *sw_cache_hold(struct sw_task *task, void *entry)
{
	sw_arena_hold(sw_task_arena(task), drop_entry, entry);
	return entry;
}

static const void *held(struct sw_task *task, struct sw_cached *entry)
{
	return sw_cache_hold(task, sw_ref(entry));
}

const void *sw_cache_find(struct sw_task *task, struct sw_str name)
{
	struct sw_cached *entry = sw_map_find(here(), name);
	return entry && entry->until_us >= sw_mono_us() && sw_cache_is_current(entry) ? held(task, entry) : NULL;
}

const void *sw_cache_find_stale(struct sw_task *task, struct sw_str name)
{
	struct sw_cached *entry = sw_map_find(here(), name);
	bool serves = entry && entry->exists && entry->until_us + SW_CACHE_STALE_US >= sw_mono_us();
	return serves && sw_cache_is_current(entry) ? held(task, entry) : NULL;
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
	atomic_fetch_add(&stamps[place_of(name)], 1);
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
