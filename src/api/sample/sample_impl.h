/*
 * api/sample/sample_impl.h - what the files of this folder share.
 *
 * sample.c   values; which parameters are shown
 * literal.c  values in each language
 * plain.c    by HTTP alone
 * sdk.c      by the official SDKs
 * sample_api.c  POST /v1/samples
 */
#ifndef SW_API_SAMPLE_SAMPLE_IMPL_H
#define SW_API_SAMPLE_SAMPLE_IMPL_H

#include "api/router.h"
#include "api/sample/sample.h"

/* A parameter with its value. */
struct sample_arg {
	const struct sw_field *field;
	struct sw_str name; /* as it goes over the wire: "StatusCallback" */
	const struct sw_json *value;
};

/* One operation, ready to be written down. */
struct sample {
	struct sw_arena *arena;
	const struct sw_endpoint *endpoint;
	struct sw_str base;
	const struct sw_json *given;               /* NULL: the fields' own values */
	struct sample_arg path[SW_PATH_VARIABLES]; /* in the order of the path */
	size_t path_n;
	struct sample_arg *args; /* the others that are shown */
	size_t args_n;
	bool query, json; /* where args go: behind the path, as JSON, else as a form */
};

/** True when the value is the account's own SID, which stands in the environment. */
bool sample_is_account(const struct sw_json *value);
/** True when the reply is a stream without end. */
bool sample_endless(const struct sw_endpoint *endpoint);

/** A value as the language writes it. */
void sample_literal(struct sw_buf *out, enum sw_sample_language language, const struct sw_json *value);
void sample_quoted(struct sw_buf *out, struct sw_str text, char quote);
/** The value's text as forms have it. */
struct sw_str sample_text(struct sw_arena *arena, const struct sw_json *value);
/** All args as one JSON object; for the account's own SID a line feed, which JSON has nowhere else. */
void sample_object(const struct sample *s, struct sw_buf *out);

typedef void sample_fn(const struct sample *s, struct sw_buf *out);
sample_fn sample_curl, sample_fetch, sample_urllib, sample_net_http;
sample_fn sample_sdk_node, sample_sdk_python, sample_sdk_go;

#endif
