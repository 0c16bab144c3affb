/*
 * wire/form/form.h - application/x-www-form-urlencoded and percent encoding (WHATWG URL section 5, RFC 3986).
 *
 * Decoding is strict, since forms are signed and stored: a '%' without two hex digits, bytes that are not valid
 * UTF-8 and NUL are refused.  Names may repeat and be empty; empty pieces ("a=1&&b=2") are skipped.
 * Pairs and texts live in the arena.  Thread: any.
 */
#ifndef SW_WIRE_FORM_FORM_H
#define SW_WIRE_FORM_FORM_H

#include "base/buf.h"
#include "base/str.h"

struct sw_form_pair {
	struct sw_str name, value; /* value: "" when there was no '=' */
};

/* Also what multipart/form-data and query strings are decoded to. In the order sent. */
struct sw_form {
	struct sw_form_pair *v;
	size_t n;
};

/** '+' is a blank. @return 0, SW_EINVAL (malformed), SW_ELIMIT (more than pairs_max pairs) */
int sw_form_decode(struct sw_arena *arena, struct sw_str text, size_t pairs_max, struct sw_form *ret) SW_MUST_CHECK;
/** The first value of that name (case matters); absent when there is none. */
struct sw_str sw_form_get(const struct sw_form *form, const char *name);
/** Append "name=value", behind an '&' unless the buffer is empty or ends with '?' or '&'. A blank becomes '+'. */
void sw_form_add(struct sw_buf *buf, struct sw_str name, struct sw_str value);

/** '+' stays '+'. @return 0, SW_EINVAL (malformed, not UTF-8, NUL) */
int sw_percent_decode(struct sw_arena *arena, struct sw_str text, struct sw_str *ret) SW_MUST_CHECK;
/** All but unreserved characters (letters, digits, "-._~") become %XX. */
void sw_percent_encode(struct sw_buf *buf, struct sw_str text);

#endif
