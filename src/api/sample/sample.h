/*
 * api/sample/sample.h - programs that call an operation, in four languages, made from its row.
 *
 * What the official SDKs know is called by them, the chain of names derived from the path (`.sdk` of the row where they
 * took another); the rest by HTTP as each language's own library does it.  Values come from the fields: `.example`, or
 * what the type says.  A SID of somebody's own is shown as SM0123456789abcdef0123456789abcdef; the account and its
 * token stand in the environment, SID and TOKEN.  tests/api/samples.test.mjs runs all of them.
 *
 * Thread: any.  Texts live in the arena.
 */
#ifndef SW_API_SAMPLE_SAMPLE_H
#define SW_API_SAMPLE_SAMPLE_H

#include "api/api.h"

enum sw_sample_language { SW_SAMPLE_CURL, SW_SAMPLE_NODE, SW_SAMPLE_PYTHON, SW_SAMPLE_GO, SW_SAMPLE_LANGUAGES };

struct sw_route;

/** "Shell", "JavaScript", "Python", "Go", as readers of x-codeSamples know them. */
const char *sw_sample_name(enum sw_sample_language language);
/** "curl", "Node", "Python", "Go", for people. */
const char *sw_sample_label(enum sw_sample_language language);
/**
 * @param base   where the server is: "http://127.0.0.1:8080"
 * @param given  values by parameter, an object: these are shown and no others; NULL: the fields' own
 */
struct sw_str sw_sample(struct sw_arena *arena, const struct sw_route *route, enum sw_sample_language language,
			struct sw_str base, const struct sw_json *given);
/** The same by operation name; absent: there is none. */
struct sw_str sw_api_sample(const struct sw_api *api, struct sw_arena *arena, struct sw_str operation,
			    enum sw_sample_language language, struct sw_str base);
/** "SM0123456789abcdef0123456789abcdef" of "SM,MM". */
const char *sw_sample_sid(struct sw_arena *arena, const char *kinds);
/** Lists and objects, whose examples are JSON. */
bool sw_sample_is_json(const struct sw_field *field);
/** What examples put into a field; NULL: they leave it out. */
const struct sw_json *sw_sample_value(struct sw_arena *arena, const struct sw_field *field);

/* POST /v1/samples */
extern const struct sw_module sw_sample_module;

#endif
