/*
 * wire/http/http.h - HTTP/1.1 heads and bodies as bytes (RFC 9112), strictly.
 *
 * sw_http_parse_head() looks at what has arrived so far and says: a whole head, more needed, or refused.
 * It keeps no state but `scanned`, so that bytes are not looked at twice.  Slices point into the input.
 *
 * Refused with 400: CL with TE, repeated, listed or malformed Content-Length, white space around a field name,
 * empty field name, control bytes in values, obs-fold, bare CR or LF line ends, missing or repeated Host in 1.1,
 * a chunked coding that is not last, any transfer coding in 1.0.  501: another transfer coding, CONNECT (but by a
 * proxy).  505: a version other than 1.0 and 1.1.  414 and 431: the bounds.  The answer does not depend on how the
 * bytes were cut into reads.  One empty line before the request line is skipped. No allocation but the caller's arena.
 * Thread: any.
 */
#ifndef SW_WIRE_HTTP_HTTP_H
#define SW_WIRE_HTTP_HTTP_H

#include "base/str.h"

#define SW_HTTP_HEADERS_MAX 64

enum sw_http_method {
	SW_HTTP_GET,
	SW_HTTP_HEAD,
	SW_HTTP_POST,
	SW_HTTP_PUT,
	SW_HTTP_PATCH,
	SW_HTTP_DELETE,
	SW_HTTP_OPTIONS,
	SW_HTTP_OTHER,
	SW_HTTP_METHODS
};

struct sw_http_field {
	struct sw_str name, value; /* value trimmed */
};

struct sw_http_head {
	enum sw_http_method method;
	struct sw_str method_text;
	struct sw_str target; /* as sent: origin-form, or absolute-form ("http://host/path") */
	struct sw_str path;   /* from '/' up to '?'; still percent-encoded */
	struct sw_str query;  /* behind '?'; absent without one */
	struct sw_str host;   /* of the Host field or of an absolute target; absent in 1.0 without */
	int minor;            /* HTTP/1.minor: 0 or 1 */
	struct sw_http_field field[SW_HTTP_HEADERS_MAX];
	unsigned fields;
	int64_t content_length; /* -1: none */
	bool chunked;
	bool keep_alive; /* after this request */
	bool expect_continue;
	size_t bytes; /* of the head with its empty line */
};

struct sw_http_refusal {
	int status;      /* 400, 414, 431, 501, 505 */
	const char *why; /* static sentence */
};

struct sw_http_bounds {
	size_t head_bytes, target_bytes;
	unsigned fields; /* at most SW_HTTP_HEADERS_MAX */
	bool proxy;      /* CONNECT is taken: head->host is the target, head->path absent */
};

/**
 * @param scanned  in/out: bytes already known to hold no end of head; start with 0
 * @return 0, SW_EMORE, SW_EINVAL (*ret_refusal says why)
 */
int sw_http_parse_head(struct sw_str input, const struct sw_http_bounds *bounds, size_t *scanned,
		       struct sw_http_head *ret, struct sw_http_refusal *ret_refusal) SW_MUST_CHECK;

/** The first field of that name (any case); absent when there is none. */
struct sw_str sw_http_field(const struct sw_http_head *head, const char *name);
/** Number of fields of that name. */
unsigned sw_http_field_count(const struct sw_http_head *head, const char *name);
/** Reason phrase ("Created"); static; "" when unknown. */
const char *sw_http_reason(int status);

/* Incremental chunked decoder (RFC 9112 section 7.1). Trailers are read and dropped. { 0 } begins. */
struct sw_http_chunks {
	int state;
	uint64_t left;
	unsigned line; /* bytes of the present size line or trailer */
};

/**
 * Decode from *input (moved on) and append to out at most up to out_max bytes in all.
 * @return 0 (the last chunk and its trailer were read), SW_EMORE, SW_EINVAL, SW_ELIMIT (body too large)
 */
struct sw_buf;
int sw_http_dechunk(struct sw_http_chunks *chunks, struct sw_str *input, struct sw_buf *out,
		    size_t out_max) SW_MUST_CHECK;

#endif
