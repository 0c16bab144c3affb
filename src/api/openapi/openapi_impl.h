/* api/openapi/openapi_impl.h - what openapi.c and value.c share. */
#ifndef SW_API_OPENAPI_OPENAPI_IMPL_H
#define SW_API_OPENAPI_OPENAPI_IMPL_H

#include "core/schema.h"

/** A member with a text of a table. */
void openapi_text(struct sw_json_out *out, const char *key, const char *value);
/** A member that is an object, whose end is the caller's to write. */
void openapi_open(struct sw_json_out *out, const char *key);
/** The schema of a field, as a parameter or as part of a reply. */
void openapi_schema(struct sw_json_out *out, const struct sw_field *f, enum sw_style style, bool reply);

#endif
