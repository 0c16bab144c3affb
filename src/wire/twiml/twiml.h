/*
 * wire/twiml/twiml.h - TwiML: a small XML document (XML 1.0) read into a tree in the arena.
 *
 * The root is <Response>, its children are verbs.  What verbs there are and what they mean is for others to know.
 * Refused: what is not well-formed, any document type (so there are no entities but the five of XML, and no external
 * ones), a root of another name, and whatever passes the limits below.  Comments and processing instructions are
 * skipped; namespaces have no meaning here.  Texts come out as UTF-8.  libexpat reads (on the heap, for the time of
 * the call).
 *
 * Thread: any.
 */
#ifndef SW_WIRE_TWIML_TWIML_H
#define SW_WIRE_TWIML_TWIML_H

#include "base/str.h"

enum {
	SW_TWIML_BYTES = 64 * 1024,
	SW_TWIML_DEPTH = 16,      /* elements within each other */
	SW_TWIML_ELEMENTS = 1000, /* in all */
	SW_TWIML_ATTRIBUTES = 64, /* of one element */
};

struct sw_twiml_attribute {
	struct sw_str name, value;
};

/* An element, or a piece of text between elements (name absent). */
struct sw_twiml {
	struct sw_str name;
	struct sw_str text; /* of a piece of text: as it stands, blanks and line ends included */
	const struct sw_twiml_attribute *attributes;
	unsigned attributes_n;
	struct sw_twiml *child, *next;
	unsigned line, column; /* of its first byte, both from 1 */
};

enum sw_twiml_fault_kind {
	SW_TWIML_MALFORMED = 1,
	SW_TWIML_DOCTYPE,
	SW_TWIML_ROOT, /* well-formed so far, but the root is not <Response> */
	SW_TWIML_TOO_MUCH,
};

struct sw_twiml_fault {
	enum sw_twiml_fault_kind kind;
	unsigned line, column; /* both from 1 */
	const char *why;       /* static, a few words */
};

/** @return 0 with the root, SW_EINVAL (*ret_fault says what and where) */
int sw_twiml_parse(struct sw_arena *arena, struct sw_str document, const struct sw_twiml **ret,
		   struct sw_twiml_fault *ret_fault) SW_MUST_CHECK;
/** The value of an attribute; absent when there is none. */
struct sw_str sw_twiml_get(const struct sw_twiml *element, const char *name);
/** All text directly within an element, in the arena; "" when there is none. */
struct sw_str sw_twiml_text(struct sw_arena *arena, const struct sw_twiml *element);

#endif
