/*
 * wire/json/json.h - JSON (RFC 8259): a strict reader into an arena tree, and a fast writer.
 *
 * Reading.  The whole text must be one value in valid UTF-8 without a byte order mark.  Refused beyond the
 * grammar: a member name given twice, \u0000 and lone surrogates in strings, numbers that no double can hold
 * (1e999) or of more than 60 characters, and whatever passes the bounds.  The tree and its texts live in the
 * arena; texts are decoded.  libcjson builds the tree (on the heap, for the time of the call); it forgives much,
 * so every token is checked here before.
 *
 * Writing.  No allocation but the buffer's; commas are tracked by one flag.  The caller keeps the order: a key
 * before each value of an object, each container ended.  Nothing is indented.
 *
 * Thread: any; one writer or tree at a time.
 */
#ifndef SW_WIRE_JSON_JSON_H
#define SW_WIRE_JSON_JSON_H

#include "base/buf.h"
#include "base/str.h"

enum sw_json_kind { SW_JSON_NULL, SW_JSON_BOOL, SW_JSON_NUMBER, SW_JSON_STRING, SW_JSON_ARRAY, SW_JSON_OBJECT };

struct sw_json {
	enum sw_json_kind kind;
	bool b;             /* SW_JSON_BOOL */
	bool is_int;        /* SW_JSON_NUMBER: whole and between -2^53 and 2^53; 1.0 and 1e3 are whole too */
	double number;      /* SW_JSON_NUMBER */
	int64_t i;          /* when is_int; 0 otherwise */
	struct sw_str name; /* of a member; absent elsewhere */
	struct sw_str text; /* SW_JSON_STRING, decoded; absent elsewhere */
	struct sw_json *child, *next;
	unsigned n; /* children of an array or object */
};

struct sw_json_bounds {
	unsigned depth; /* containers within each other; at most SW_JSON_DEPTH_MAX; 0: 32 */
	unsigned nodes; /* values in all; 0: 100,000 */
};
#define SW_JSON_DEPTH_MAX 64 /* the reader recurses, on a task's stack */

/**
 * @param bounds   NULL: the defaults above
 * @param ret_why  static sentence on failure; may be NULL
 * @return 0, SW_EINVAL (no JSON, or refused as above), SW_ELIMIT (bounds)
 */
int sw_json_parse(struct sw_arena *arena, struct sw_str text, const struct sw_json_bounds *bounds,
		  const struct sw_json **ret, const char **ret_why) SW_MUST_CHECK;

/** The member of that name; NULL when there is none, when object is NULL or no object. */
const struct sw_json *sw_json_get(const struct sw_json *object, const char *name);
/** The text of a string member; absent when it is missing or no string. */
struct sw_str sw_json_get_str(const struct sw_json *object, const char *name);

/**
 * The next member of an object that is known to be well-formed (we wrote it): nothing is decoded or checked.
 * *rest begins as the whole text and moves on; raw is the value's text ("\"abc\"", "12", "{...}").
 * @return false at the end. A text that is not as it should be ends early, never reads outside.
 */
bool sw_json_next_member(struct sw_str *rest, struct sw_str *ret_name, struct sw_str *ret_raw);

/* { .buf = &buf } begins. */
struct sw_json_out {
	struct sw_buf *buf;
	bool comma; /* a value stands before: the next one needs a comma */
};

void sw_json_object(struct sw_json_out *out);
void sw_json_end_object(struct sw_json_out *out);
void sw_json_array(struct sw_json_out *out);
void sw_json_end_array(struct sw_json_out *out);
void sw_json_key(struct sw_json_out *out, struct sw_str name);
/** A name of a table (letters, digits, underscores): nothing in it needs escaping, so nothing is looked at. */
void sw_json_plain_key(struct sw_json_out *out, const char *name);
/** Absent text is written as null; a byte that is no UTF-8 as U+FFFD. */
void sw_json_str(struct sw_json_out *out, struct sw_str text);
void sw_json_int(struct sw_json_out *out, int64_t value);
/** Shortest text that reads back as the same double; infinity and NaN are written as null. */
void sw_json_double(struct sw_json_out *out, double value);
void sw_json_bool(struct sw_json_out *out, bool value);
void sw_json_null(struct sw_json_out *out);
/** A member of an object; its name is as in sw_json_plain_key(). */
void sw_json_add_str(struct sw_json_out *out, const char *name, struct sw_str text);
void sw_json_add_int(struct sw_json_out *out, const char *name, int64_t value);
void sw_json_add_bool(struct sw_json_out *out, const char *name, bool value);
/** JSON text that is known to be valid, word for word; absent is written as null. */
void sw_json_raw(struct sw_json_out *out, struct sw_str json);
/** A tree as one value; its own name is not written. */
void sw_json_value(struct sw_json_out *out, const struct sw_json *value);

#endif
