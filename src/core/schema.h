/*
 * core/schema.h - fields: one row says name, type, bounds, error codes, documentation and where in a C struct
 * the value stands.  From the rows come decoding of forms and JSON, validation, rendering, OpenAPI and docs.
 *
 * Names are snake_case; a style derives its parameter names (2010 and v1: MediaUrl from media_url).
 *
 * Absent values: text p == NULL, number and time SW_NONE, boolean -1, SID kind { 0, 0 }, texts n == 0.
 * sw_schema_clear() sets a struct to "all absent".
 *
 * Thread: any.  Decoded slices are borrowed from the input's arena.
 */
#ifndef SW_CORE_SCHEMA_H
#define SW_CORE_SCHEMA_H

#include "base/arena.h"
#include "core/error.h"
#include "core/sid.h"
#include "store/query.h"
#include "wire/form/form.h"
#include "wire/json/json.h"

#define SW_NONE INT64_MIN

enum sw_style {
	SW_STYLE_2010,   /* RFC 2822 dates, uri, numbers as text where the contract has them */
	SW_STYLE_V1,     /* ISO dates, url, links, meta */
	SW_STYLE_NATIVE, /* RFC 3339 dates, money as decimal text, snake_case both ways */
	SW_STYLE_STORED, /* documents of declared resources: times and money as integers */
};

enum sw_type {
	SW_STR,     /* sw_str: .max characters */
	SW_INT,     /* int64_t: .min .. .max */
	SW_BOOL,    /* int8_t: 1, 0, -1 absent */
	SW_TIME,    /* int64_t microseconds; accepts a date or RFC 3339 */
	SW_MICROS,  /* int64_t micros of the currency; shown as decimal text with at least .min places */
	SW_SID,     /* sw_sid: .kinds */
	SW_URL,     /* sw_str: absolute http or https */
	SW_PHONE,   /* sw_str: E.164, or a channel address; with SW_ANY_SENDER also short codes and sender ids */
	SW_ENUM,    /* sw_str: .values */
	SW_COUNTRY, /* sw_str: two capital letters of ISO 3166 */
	SW_JSON,    /* sw_str: the text of a JSON value, rendered as it is */
	SW_STRS,    /* sw_strs: repeated; .max of them */
	SW_OBJECT,  /* a struct in place, by the rows .fields; absent when all of them are */
	SW_OBJECTS, /* sw_objects: repeated structs by the rows .fields; .max of them */
	SW_PATTERN, /* rendered only: text made of the struct's other fields, .pattern */
	SW_LINKS,   /* rendered only: an object of texts made the same way, .links */
	SW_TYPES,
};

enum {
	SW_REQUIRED = 1 << 0,
	SW_PATH = 1 << 1,       /* stands in the path */
	SW_AS_TEXT = 1 << 2,    /* a number that the 2010 style shows as text */
	SW_SECRET = 1 << 3,     /* redacted in logs */
	SW_CONTRACT = 1 << 4,   /* only in the contract's styles */
	SW_NATIVE = 1 << 5,     /* only in the native style */
	SW_ANY_SENDER = 1 << 6, /* SW_PHONE: short codes and alphanumeric sender ids too */
	SW_EMPTY_OK = 1 << 7,   /* the empty text is a value (it clears a URL or SID, redacts a body) */
	SW_QUERY = 1 << 8,      /* a filter of a list; of a declared resource: by what show_wait fills in */
	/* declared resources (core/resource.h): */
	SW_CREATE = 1 << 9,   /* a parameter of create */
	SW_UPDATE = 1 << 10,  /* a parameter of update */
	SW_INDEXED = 1 << 11, /* kept in resource_key, may be filtered by */
	SW_HIDDEN = 1 << 12,  /* stored, not shown */
	SW_UNIQUE = 1 << 13,  /* a name that no other of the kind under the same parent may have */
	SW_PARENT = 1 << 14,  /* SID of what it belongs to, from the path's variable of this name */
	SW_IS_SID = 1 << 16,  /* the resource's own SID, when it is not called sid */
	SW_RANGE = 1 << 15,   /* date_created and date_updated: lists may be cut by it */
	SW_WRITE = SW_CREATE | SW_UPDATE,
};

/* Values of SW_OBJECTS. */
struct sw_objects {
	const void *v; /* n structs of the field's .bytes */
	size_t n;
};

struct sw_deprecation;

struct sw_link {
	const char *name, *pattern; /* name NULL ends */
};

struct sw_field {
	const char *name; /* NULL ends a table */
	const char *doc;  /* one sentence */
	enum sw_type type;
	unsigned flags;
	size_t at; /* offset in the struct: SW_TEXT_AT and friends */
	int64_t min, max;
	const char *const *values; /* SW_ENUM and SW_STRS, NULL-terminated */
	const char *kinds;         /* SW_SID: "SM,MM"; "*": any */
	const char *def;           /* value when absent, as text */
	const char *pattern;       /* SW_PATTERN: "/2010-04-01/Accounts/{account_sid}/Messages/{sid}.json" */
	const struct sw_link *links;
	const char *param;             /* parameter name in contract styles when it is not the derived one */
	enum sw_op op;                 /* SW_QUERY: DateSent< is SW_OP_LE… */
	const char *column;            /* SW_QUERY: column of the list's sw_query_def */
	const struct sw_field *fields; /* SW_OBJECT, SW_OBJECTS: rows of the inner struct … */
	size_t bytes;                  /* … and its size */
	int bad, missing;              /* catalogue codes when malformed, when absent though required; 0: 20001 */
	int too_long;                  /* when longer than .max; 0: bad */
	int taken;                     /* SW_UNIQUE, when another has it; 0: 20409 */
	const struct sw_deprecation *deprecated; /* NULL: not */
	const char *used_by;                     /* every writable field names its consumer … */
	const char *inert;                       /* … or says why it has none yet */
	const char *example; /* what examples put there, as text or JSON; they show it though it may be left out */
};

/* Offsets with a guard: a member of another type does not compile. */
#define SW_AT_(T, m, ctype) .at = offsetof(T, m) + 0 * sizeof(_Generic(((T *)0)->m, ctype : 1))
#define SW_TEXT_AT(T, m) SW_AT_(T, m, struct sw_str)
#define SW_INT_AT(T, m) SW_AT_(T, m, int64_t)
#define SW_BOOL_AT(T, m) SW_AT_(T, m, int8_t)
#define SW_SID_AT(T, m) SW_AT_(T, m, struct sw_sid)
#define SW_STRS_AT(T, m) SW_AT_(T, m, struct sw_strs)
#define SW_OBJECT_AT(T, m, rows) .at = offsetof(T, m), .fields = rows, .bytes = sizeof(((T *)0)->m)
#define SW_OBJECTS_AT(T, m, rows, E) SW_AT_(T, m, struct sw_objects), .fields = rows, .bytes = sizeof(E)

/* One value of a struct, whatever its type. */
size_t sw_field_bytes(const struct sw_field *field);
const char *sw_type_name(enum sw_type type);
/** "integer", NULL when any value goes; *ret_format (may be NULL): "int64" or NULL. */
const char *sw_type_json(enum sw_type type, const char **ret_format);
void sw_schema_clear(const struct sw_field *fields, void *object);
const struct sw_field *sw_schema_find(const struct sw_field *fields, struct sw_str name);
/** True when the value is absent. */
bool sw_field_absent(const struct sw_field *field, const void *object);

/** "mediaUrl" of "media_url"; upper: "MediaUrl". In the arena. */
struct sw_str sw_camel(struct sw_arena *arena, struct sw_str snake, bool upper);
/** The name of a parameter in a style: "MediaUrl" or "media_url"; with the op's sign for filters ("DateSent<"). In the
 * arena. */
struct sw_str sw_field_param(struct sw_arena *arena, const struct sw_field *field, enum sw_style style);
/** True when the field is part of a style's interface. */
bool sw_field_in_style(const struct sw_field *field, enum sw_style style);

/* Most rows of a table: decoding keeps a bit for each. */
enum { SW_FIELDS_MAX = 128 };

/* What came with a request: pairs of path, query and form, or a JSON object instead of the form. */
struct sw_input {
	struct sw_form pairs;
	const struct sw_json *json; /* NULL: none */
	bool strict;                /* names nobody declared are refused */
	enum sw_style style;        /* how the parts of nested parameters are called: Configuration.Url */
	bool overlay;               /* keep what the object has: no clearing, no defaults, nothing required */
};

/**
 * Decode and check the fields of one style into *object (cleared first, defaults set).  Fields that stand in the
 * path are left to the router.
 * @param names   parameter names, one a field, as sw_field_param() gave them
 * @param accept  only fields with one of these flags (0: all)
 * @return 0, SW_EAPI (err says which parameter and why)
 */
int sw_schema_decode(struct sw_arena *arena, const struct sw_field *fields, const struct sw_str *names, unsigned accept,
		     const struct sw_input *input, void *object, struct sw_error *err) SW_MUST_CHECK;
/** True when the input has a parameter of this field: under its name, or as one of its parts. */
bool sw_input_has(const struct sw_input *input, const struct sw_field *field, struct sw_str name);
/** One text into one field of *object, checked. */
int sw_field_parse(struct sw_arena *arena, const struct sw_field *field, struct sw_str name, struct sw_str text,
		   void *object, struct sw_error *err) SW_MUST_CHECK;
/** A JSON value (a stored document, a native body) into one field, checked. */
int sw_field_parse_json(struct sw_arena *arena, const struct sw_field *field, struct sw_str name,
			const struct sw_json *value, bool strict, void *object, struct sw_error *err) SW_MUST_CHECK;

/** One part of a nested parameter of a form: rest "Url" of "Configuration.Url".
 * @return 0, SW_EAPI, SW_ENOTFOUND (the object has no such part) */
int sw_field_parse_part(struct sw_arena *arena, const struct sw_field *field, enum sw_style style, struct sw_str name,
			struct sw_str rest, struct sw_str text, void *object, struct sw_error *err) SW_MUST_CHECK;
/** Defaults of an object's absent parts; SW_EAPI when a required one is missing. */
int sw_field_complete(struct sw_arena *arena, const struct sw_field *field, struct sw_str name, void *object,
		      struct sw_error *err) SW_MUST_CHECK;

/** The JSON text of a value that was checked before it was stored, taken as it is. A value of another type is left
 * absent. */
void sw_field_load(struct sw_arena *arena, const struct sw_field *field, struct sw_str raw, void *object);

/** The members of *object, with null where absent, into an object that the caller opened. base_url: for V1 patterns */
void sw_schema_render(const struct sw_field *fields, enum sw_style style, struct sw_str base_url, const void *object,
		      struct sw_json_out *out);
/** One value as JSON. */
void sw_field_render(const struct sw_field *field, const struct sw_field *fields, enum sw_style style,
		     struct sw_str base_url, const void *object, struct sw_json_out *out);

#endif
