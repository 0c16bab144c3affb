/* main/modules.h - the only list of products and carriers in the program. */
#ifndef SW_MAIN_MODULES_H
#define SW_MAIN_MODULES_H

#include "api/api.h"
#include "carrier/carrier.h"
#include "store/due.h"

extern const struct sw_module *const sw_modules[];
extern const struct sw_carrier_kind *const sw_carrier_kinds[];

/* What the store wants to know of all modules, computed from the list. In the arena, NULL-terminated. */
const struct sw_sql_table *const *sw_module_tables(struct sw_arena *arena);
const struct sw_query_table *const *sw_module_queries(struct sw_arena *arena);
const struct sw_due_kind *const *sw_module_dues(struct sw_arena *arena);

#endif
