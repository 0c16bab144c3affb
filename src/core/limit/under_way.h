/*
 * core/limit/under_way.h - requests of an account that are not answered yet, counted over all loops.
 *
 * One word an account, SW_UNDER_WAY_WORDS of them, tag and count together; an account that finds no place among
 * SW_UNDER_WAY_PROBES is not counted.  Thread: any.
 */
#ifndef SW_CORE_LIMIT_UNDER_WAY_H
#define SW_CORE_LIMIT_UNDER_WAY_H

#include "core/sid.h"

enum { SW_UNDER_WAY_WORDS = 16384, SW_UNDER_WAY_PROBES = 16 };

/** Requests of an account under way. */
int64_t sw_under_way(struct sw_sid account);
/** One more. @param ret_count  with this one. @return its place, to leave; 0: all are taken by others */
unsigned sw_under_way_enter(struct sw_sid account, int64_t *ret_count);
/** One less; 0: nothing. */
void sw_under_way_leave(unsigned place);

#endif
