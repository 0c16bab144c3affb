/* What the files of the http carrier share: the gateway as its file describes it, templates, and values in documents.
 */
#ifndef SW_CARRIER_HTTP_IMPL_H
#define SW_CARRIER_HTTP_IMPL_H

#include "base/arena.h"
#include "base/buf.h"
#include "carrier/carrier.h"
#include "wire/form/form.h"
#include "wire/json/json.h"

/* ---- the file ---- */

struct gateway_pair {
	struct sw_str name, value;
};

struct gateway_pairs {
	struct gateway_pair *v;
	size_t n, cap;
};

/* What an answer of the gateway means for the message. */
struct gateway_verdict {
	struct sw_str value; /* of the error field or the HTTP status; "default" */
	enum sw_submit_result result;
	int code;
	int64_t retry_us;
};

struct gateway_verdicts {
	struct gateway_verdict *v;
	size_t n, cap;
};

struct gateway {
	struct sw_arena *arena; /* of all texts here */
	struct sw_str method, url, content, body, answer;
	struct gateway_pairs headers, secrets;
	int64_t timeout_ms, concurrency, rate;
	/* the answer: */
	struct sw_strs accepted_status, accepted_values;
	struct sw_str accepted_field, id, error;
	struct gateway_verdicts errors, statuses;
	/* what it asks of us: */
	struct sw_str token, reply;
	struct {
		struct sw_str list, id, status, error, from, to, done_date;
		struct sw_strs delivered, read, failed;
		struct gateway_verdicts codes;
	} receipt;
	struct {
		struct sw_str list, from, to, body, id;
	} inbound;
};

enum { GATEWAY_FILE_MAX = 64 * 1024, HEADERS_MAX = 32 /* with the content type */ };

/** @param ret_why  in the arena. @return 0, SW_EINVAL, SW_EIO */
int gateway_read(struct sw_arena *arena, struct sw_str path, struct gateway *ret, struct sw_str *ret_why) SW_MUST_CHECK;
/** The same from a text. */
int gateway_parse(struct sw_arena *arena, struct sw_str text, struct gateway *ret,
		  struct sw_str *ret_why) SW_MUST_CHECK;
bool gateway_listed(const struct sw_strs *list, struct sw_str value);
/** NULL: that value is not mentioned. */
const struct gateway_verdict *gateway_verdict_of(const struct gateway_verdicts *verdicts, struct sw_str value);

/* ---- templates ---- */

/* How a value is written into a template. */
enum gateway_escape { ESCAPE_NONE, ESCAPE_JSON, ESCAPE_PERCENT };

/**
 * The template with its placeholders filled: {from} {to} {from_digits} {to_digits} {body} {sid} {account} {expires}
 * {expires_s} {secret.NAME}.
 * @return 0, SW_EINVAL (*ret_name is no placeholder)
 */
int gateway_fill(const struct gateway *gateway, struct sw_str template, enum gateway_escape escape,
		 const struct sw_message_out *out, struct sw_buf *buf, struct sw_str *ret_name) SW_MUST_CHECK;
enum gateway_escape gateway_escape_of(const struct gateway *gateway);

/* ---- values ---- */

/* An answer, or a request that the gateway makes of us. */
struct gateway_document {
	const struct sw_json *json; /* NULL: none */
	struct sw_form form;
	struct sw_str text; /* plain; absent: none */
};

/**
 * The value at "messages.0.id" in JSON, of a field of a form, or behind these words at the beginning of a line of
 * text up to the next blank or comma.  Numbers and truth values as text, in the arena.
 * @return absent: there is none
 */
struct sw_str gateway_pick(struct sw_arena *arena, const struct gateway_document *document, struct sw_str where);
/** The JSON value at "a.0.b"; NULL: none. "." is the root. */
const struct sw_json *gateway_find(const struct sw_json *root, struct sw_str path);

/** http_hook.c: a kind's hook (carrier.h). */
int gateway_hook_wait(const struct gateway *gateway, struct sw_carrier *carrier, struct sw_task *task,
		      const struct sw_carrier_hook *hook, struct sw_str *ret) SW_MUST_CHECK;

#endif
