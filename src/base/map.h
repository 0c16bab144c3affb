/*
 * base/map.h - hash map from bytes to pointers, open addressing, keyed hash.
 *
 * Keys are copied into the map; values are borrowed.  The hash is seeded at random in
 * each process, so that a stranger who chooses the keys cannot make them collide.
 *
 * Thread: one at a time.
 */
#ifndef SW_BASE_MAP_H
#define SW_BASE_MAP_H

#include "base/str.h"

struct sw_map_slot;

struct sw_map {
	struct sw_map_slot *slots; /* NULL until the first put */
	size_t used, cap, dead;
};

void sw_map_done(struct sw_map *map);
/** @return the value, or NULL when the key is not there */
void *sw_map_find(const struct sw_map *map, struct sw_str key);
/** Put or replace; value must not be NULL. @return the value replaced, or NULL */
void *sw_map_put(struct sw_map *map, struct sw_str key, void *value);
/** @return the value taken out, or NULL */
void *sw_map_take(struct sw_map *map, struct sw_str key);
/** Next used slot from *cursor (start with 0); false at the end. The map must not change meanwhile. */
bool sw_map_next(const struct sw_map *map, size_t *cursor, struct sw_str *ret_key, void **ret_value);

#endif
