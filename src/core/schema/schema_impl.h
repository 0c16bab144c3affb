/* core/schema/schema_impl.h - what the files of the schema share. */
#ifndef SW_CORE_SCHEMA_IMPL_H
#define SW_CORE_SCHEMA_IMPL_H

#include "core/schema.h"

/** A JSON value into an SW_OBJECT (cleared first) or behind the values of an SW_OBJECTS. at: the field's place */
int sw_nested_parse(struct sw_arena *arena, const struct sw_field *field, struct sw_str name,
		    const struct sw_json *value, bool strict, void *at, struct sw_error *err) SW_MUST_CHECK;

#endif
