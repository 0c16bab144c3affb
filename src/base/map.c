#include <stdlib.h>

#include "base/hash.h"
#include "base/map.h"

struct sw_map_slot {
	uint64_t hash;
	char *key; /* NULL: free; TOMB: was used */
	size_t key_n;
	void *value;
};

static char tomb[1];

void sw_map_done(struct sw_map *map)
{
	for (size_t i = 0; i < map->cap; i++)
		if (map->slots[i].key != tomb)
			free(map->slots[i].key);
	free(map->slots);
	*map = (struct sw_map){ 0 };
}

static bool is_key(const struct sw_map_slot *slot, uint64_t hash, struct sw_str key)
{
	return slot->key != tomb && slot->hash == hash && slot->key_n == key.n &&
	       (key.n == 0 || memcmp(slot->key, key.p, key.n) == 0);
}

static struct sw_map_slot *find(const struct sw_map *map, uint64_t hash, struct sw_str key)
{
	if (!map->cap)
		return NULL;
	for (size_t i = hash & (map->cap - 1); map->slots[i].key; i = (i + 1) & (map->cap - 1))
		if (is_key(&map->slots[i], hash, key))
			return &map->slots[i];
	return NULL;
}

static struct sw_map_slot *find_free(struct sw_map *map, uint64_t hash)
{
	size_t i = hash & (map->cap - 1);
	while (map->slots[i].key && map->slots[i].key != tomb)
		i = (i + 1) & (map->cap - 1);
	return &map->slots[i];
}

static void resize(struct sw_map *map)
{
	struct sw_map old = *map;
	size_t cap = old.cap ? old.cap : 16;
	while (cap < (old.used + 1) * 2)
		cap *= 2;
	map->slots = calloc(cap, sizeof(*map->slots));
	if (!map->slots)
		abort();
	map->cap = cap;
	map->dead = 0;
	for (size_t i = 0; i < old.cap; i++)
		if (old.slots[i].key && old.slots[i].key != tomb)
			*find_free(map, old.slots[i].hash) = old.slots[i];
	free(old.slots);
}

void *sw_map_find(const struct sw_map *map, struct sw_str key)
{
	if (!map->cap)
		return NULL;
	struct sw_map_slot *slot = find(map, sw_hash64(key.p, key.n), key);
	return slot ? slot->value : NULL;
}

void *sw_map_put(struct sw_map *map, struct sw_str key, void *value)
{
	SW_BUG_ON(!value);
	uint64_t hash = sw_hash64(key.p, key.n);
	struct sw_map_slot *slot = find(map, hash, key);
	if (slot) {
		void *old = slot->value;
		slot->value = value;
		return old;
	}
	if ((map->used + map->dead + 1) * 4 > map->cap * 3)
		resize(map);
	slot = find_free(map, hash);
	if (slot->key == tomb)
		map->dead--;
	char *copy = malloc(key.n + 1);
	if (!copy)
		abort();
	if (key.n)
		memcpy(copy, key.p, key.n);
	copy[key.n] = 0;
	*slot = (struct sw_map_slot){ .hash = hash, .key = copy, .key_n = key.n, .value = value };
	map->used++;
	return NULL;
}

void *sw_map_take(struct sw_map *map, struct sw_str key)
{
	if (!map->cap)
		return NULL;
	struct sw_map_slot *slot = find(map, sw_hash64(key.p, key.n), key);
	if (!slot)
		return NULL;
	void *value = slot->value;
	free(slot->key);
	*slot = (struct sw_map_slot){ .key = tomb };
	map->used--;
	map->dead++;
	return value;
}

bool sw_map_next(const struct sw_map *map, size_t *cursor, struct sw_str *ret_key, void **ret_value)
{
	while (*cursor < map->cap) {
		const struct sw_map_slot *slot = &map->slots[(*cursor)++];
		if (!slot->key || slot->key == tomb)
			continue;
		if (ret_key)
			*ret_key = (struct sw_str){ slot->key, slot->key_n };
		if (ret_value)
			*ret_value = slot->value;
		return true;
	}
	return false;
}
