/*
 * api/openapi/compare.h - what one description of an HTTP surface (OpenAPI 3) has and another lacks.
 *
 * Operations are matched by method and path (names of path variables do not count), parameters and reply fields by
 * name.  Against a contract it tells how much of it is served; against this program's own description of yesterday,
 * whether somebody's program breaks today.
 *
 * Thread: any.
 */
#ifndef SW_API_COMPARE_H
#define SW_API_COMPARE_H

#include "base/buf.h"
#include "wire/json/json.h"

struct sw_comparison {
	struct sw_buf *out; /* a line each: "missing operation POST /v1/Things (CreateThing)"; NULL: counts only */
	bool breaking;      /* of what both have, tell also what got narrower: types, required parameters, values */
	int64_t operations, operations_served;
	int64_t params, params_served; /* of operations served */
	int64_t fields, fields_served;
	int64_t complaints;
};

/** The bounds that a contract's file needs. */
extern const struct sw_json_bounds sw_openapi_bounds;

/** What `wanted` has and `served` lacks. Counts in *c are added to. */
void sw_openapi_compare(struct sw_arena *arena, const struct sw_json *wanted, const struct sw_json *served,
			struct sw_comparison *c);
/** The label of the product that a description's servers name: "api", "messaging"; absent: none. */
struct sw_str sw_openapi_product(const struct sw_json *description);

#endif
