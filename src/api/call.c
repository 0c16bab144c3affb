/* One call from its parameters to its reply, whoever made it. */
#include "api/api_impl.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/random.h"
#include "base/time.h"
#include "base/trace.h"
#include "core/audit.h"
#include "loop/clock.h"
#include "loop/task.h"

#define ALONE_WAIT_US (INT64_C(10) * SW_US_PER_S)
enum { PAUSE_FIRST_US = 250, PAUSE_DOUBLINGS = 8 };

void sw_call_render(struct sw_call *c)
{
	struct sw_buf body = { .arena = c->arena };
	struct sw_json_out out = { .buf = &body };
	if (!c->endpoint->fields)
		return;
	sw_buf_reserve(&body, 1024);
	sw_json_object(&out);
	sw_schema_render(c->endpoint->fields, c->endpoint->style, c->base_url, c->result, &out);
	sw_json_end_object(&out);
	c->body = sw_buf_str(&body);
}

struct sw_str sw_call_error_page(const struct sw_call *c, int code)
{
	return sw_str_fmt(c->arena, "%.*s/docs/errors/%d",
			  SW_FMT(sw_str_sub(c->base_url, 0, c->base_url.n - c->prefix.n)), code);
}

struct sw_str sw_error_render(const struct sw_call *c, const struct sw_error *err)
{
	struct sw_buf body = { .arena = c->arena };
	struct sw_json_out out = { .buf = &body };
	sw_json_object(&out);
	sw_json_add_int(&out, "code", err->row->code);
	sw_json_add_str(&out, "message", sw_str_of(sw_error_message(err)));
	sw_json_add_str(&out, "more_info", sw_call_error_page(c, err->row->code));
	sw_json_add_int(&out, "status", err->row->status);
	sw_json_end_object(&out);
	return sw_buf_str(&body);
}

int sw_call_not_found(const struct sw_call *c, struct sw_error *err)
{
	bool suffix = sw_str_starts(c->path, SW_S("/2010-04-01/")) && !sw_str_ends(c->path, SW_S(".json"));
	return sw_fail(err, 20404, "The requested resource %.*s%.*s was not found%s", SW_FMT(c->prefix),
		       SW_FMT(c->path), suffix ? "; paths of the 2010 API end in .json" : "");
}

struct sw_txn *sw_call_txn(struct sw_call *c)
{
	return sw_txn_new(c->core->store, c->arena, c->account->bucket);
}

void sw_call_trace(struct sw_call *c, struct sw_id id)
{
	sw_trace_at(id, c->start_us, "net", "request read");
	sw_trace_at(id, c->routed_us, "api", "routed and authenticated");
	sw_trace_at(id, c->decoded_us, "api", "parameters decoded");
}

/* ---- idempotency ---- */

enum { TWIN_WAIT_US = 10 * 1000000, TWIN_LOOK_US = 5000 };

/* An answer that shows a secret is kept sealed, as secrets are wherever they are stored. */
static bool shows_secret(const struct sw_endpoint *e)
{
	for (const struct sw_field *f = e->fields; f && f->name; f++)
		if (f->flags & SW_SECRET)
			return true;
	return false;
}

static struct sw_str seal_body(struct sw_call *c, struct sw_str body)
{
	return shows_secret(c->endpoint)
		       ? sw_base64_encode(c->arena, sw_secret_seal(c->core, c->arena, c->keys_of->sid, body))
		       : body;
}

static int open_body(struct sw_call *c, struct sw_str stored, struct sw_str *ret)
{
	*ret = stored;
	if (!shows_secret(c->endpoint))
		return 0;
	int failed = sw_base64_decode(c->arena, stored, ret);
	return failed ? failed
		      : sw_unseal(c->arena, c->core->seal_key, sw_sid_text(c->arena, c->keys_of->sid), *ret, ret);
}

static int take_stored_wait(struct sw_call *c, struct sw_error *err)
{
	struct sw_stored_reply stored;
	c->key_open = false;
	int failed = sw_idempotency_find_wait(c->task, c->core, c->keys_of, &c->idempotency, &stored);
	if (failed == SW_ENOTFOUND)
		return 0;
	if (failed == SW_ECONFLICT)
		return sw_fail(err, 20422, NULL);
	if (failed)
		return sw_fail_internal(err, failed);
	if (open_body(c, stored.body, &stored.body))
		return sw_fail_internal(err, SW_ECORRUPT);
	c->status = stored.status;
	c->body = stored.body;
	c->replayed = true;
	sw_count(&sw_api_metrics, API_REPLAYED, 1);
	return 0;
}

/* Kept as text, which other bytes need not be. */
static bool key_fits(struct sw_str key)
{
	for (size_t i = 0; i < key.n; i++)
		if (key.p[i] < ' ' || key.p[i] > '~')
			return false;
	return key.n > 0 && key.n <= SW_IDEMPOTENCY_KEY_MAX;
}

/*
 * A client that gave a key knows what 409 means.  One that merely tries again because the first answer was late would
 * take it for a failure: it is made to wait for that answer.
 */
static int claim_wait(struct sw_call *c)
{
	int64_t until_us = sw_mono_us() + TWIN_WAIT_US;
	int err;
	while ((err = sw_idempotency_claim(&c->idempotency, c->keys_of)) != 0)
		if (!c->idempotency.window_us || sw_mono_us() >= until_us || sw_sleep_wait(c->task, TWIN_LOOK_US))
			return err;
	return 0;
}

int sw_call_replay_wait(struct sw_call *c, struct sw_error *err)
{
	if (!c->idempotency.key.p)
		return 0;
	if (!c->idempotency.window_us && !key_fits(c->idempotency.key))
		return sw_fail(err, 20001, "The Idempotency-Key must have 1 to %d printable ASCII characters.",
			       SW_IDEMPOTENCY_KEY_MAX);
	if (claim_wait(c)) {
		sw_fail(err, 20409,
			c->idempotency.window_us ? "An equal request is still under way."
						 : "A request with this idempotency key is still under way.");
		err->retry_after_s = 1;
		return SW_EAPI;
	}
	c->key_open = !c->idempotency.seen;
	return c->key_open ? 0 : take_stored_wait(c, err);
}

static int guard_error(struct sw_call *c, const struct sw_result *result, struct sw_error *err)
{
	if (result->code > 0)
		return sw_fail(err, result->code, NULL);
	if (result->code == SW_ENOTFOUND)
		return sw_call_not_found(c, err);
	return result->code ? result->code : SW_EGUARD;
}

/* ---- audit ---- */

/* "UpdateApplication": application.updated. */
static struct sw_str event_type(struct sw_arena *arena, const struct sw_call *c)
{
	static const struct {
		const char *verb, *past;
	} verbs[] = { { "Create", "created" }, { "Update", "updated" }, { "Delete", "deleted" } };
	const char *operation = c->endpoint->operation;
	for (size_t i = 0; i < SW_COUNTOF(verbs); i++) {
		size_t n = strlen(verbs[i].verb);
		if (strncmp(operation, verbs[i].verb, n) == 0)
			return sw_str_fmt(arena, "%.*s.%s", SW_FMT(sw_snake(arena, operation + n)), verbs[i].past);
	}
	return sw_snake(arena, operation);
}

struct sw_sid sw_call_sid_in(const struct sw_field *fields, const void *object)
{
	const struct sw_field *f = fields ? sw_schema_find(fields, SW_S("sid")) : NULL;
	if (!f || f->type != SW_SID)
		return (struct sw_sid){ 0 };
	return *(const struct sw_sid *)(const void *)((const char *)object + f->at);
}

static void add_audit(struct sw_call *c, struct sw_txn *txn)
{
	struct sw_audit audit = {
		.event_type = event_type(c->arena, c),
		.resource = c->changed,
		.actor = !c->request ? SW_S("system")
				     : sw_sid_text(c->arena, sw_sid_given(c->caller.key) ? c->caller.key
											 : c->caller.account->sid),
		.request_id = c->request_id,
		.source_ip = c->request ? c->request->peer : SW_S(""),
		.changes = c->changes.p ? c->changes : SW_S("{}"),
	};
	if (!sw_sid_given(audit.resource))
		audit.resource = sw_call_sid_in(c->endpoint->fields, c->result);
	if (!sw_sid_given(audit.resource))
		audit.resource = sw_call_sid_in(c->endpoint->params, c->args);
	sw_audit_add(txn, c->account, &audit);
}

int sw_call_commit_wait(struct sw_call *c, struct sw_txn *txn, struct sw_error *err)
{
	struct sw_result result;
	unsigned idempotency_step = UINT32_MAX;
	if (!c->body.p)
		sw_call_render(c);
	if (c->endpoint->flags & SW_AUDIT)
		add_audit(c, txn);
	if (c->idempotency.key.p) {
		const struct sw_stored_reply reply = { c->status, c->body.p ? seal_body(c, c->body) : SW_S("") };
		idempotency_step = sw_idempotency_insert(txn, c->keys_of, &c->idempotency, &reply);
	}
	int failed = sw_commit_wait(c->task, txn, &result);
	c->key_open = c->key_open && failed;
	if (failed == SW_EGUARD && result.failed == idempotency_step) {
		c->body = SW_STR_NULL;
		failed = take_stored_wait(c, err); /* the key was used before this process saw it */
		return failed || c->replayed ? failed : sw_fail(err, 20409, NULL);
	}
	if (failed)
		c->body = SW_STR_NULL;
	return failed == SW_EGUARD ? guard_error(c, &result, err) : sw_fail_internal(err, failed);
}

/* Each round somebody gets through; the pauses differ, so that it is not always the others. */
int sw_call_until_alone_wait(struct sw_call *c, int (*once)(struct sw_call *c, struct sw_error *err),
			     struct sw_error *err)
{
	int64_t end_us = sw_mono_us() + ALONE_WAIT_US;
	int failed = once(c, err);
	for (int i = 1; failed == SW_ECONFLICT; i++) {
		if (sw_mono_us() > end_us)
			return sw_fail(err, 20409, NULL);
		unsigned pause_us = (unsigned)PAUSE_FIRST_US << (i < PAUSE_DOUBLINGS ? i : PAUSE_DOUBLINGS);
		failed = sw_sleep_wait(c->task, (int64_t)sw_random_below(pause_us));
		if (!failed)
			failed = once(c, err);
	}
	return failed;
}

/* ---- running ---- */

static int decode_path(struct sw_call *c, const struct sw_route *route, const struct sw_str *values)
{
	for (unsigned i = 0; i < route->path_n; i++) {
		struct sw_error ignored;
		if (sw_field_parse(c->arena, route->path[i], SW_S(""), values[i], c->args, &ignored))
			return SW_ENOTFOUND;
	}
	return 0;
}

static int decode(struct sw_call *c, const struct sw_route *route, const struct sw_str *values, struct sw_input *input,
		  struct sw_error *err)
{
	const struct sw_endpoint *e = c->endpoint;
	int failed = 0;
	input->style = e->style;
	c->args = sw_arena_alloc(c->arena, e->args_bytes ? e->args_bytes : 1);
	c->result = sw_arena_alloc(c->arena, e->result_bytes ? e->result_bytes : 1);
	if (e->fields)
		sw_schema_clear(e->fields, c->result);
	if (e->flags & SW_LIST)
		failed = sw_page_decode(c, err);
	if (!failed && e->params)
		failed = sw_schema_decode(c->arena, e->params, route->names, e->accept, input, c->args, err);
	if (!failed && decode_path(c, route, values))
		failed = sw_call_not_found(c, err);
	if (!failed)
		failed = sw_deprecation_check(c, route, input, err);
	c->decoded_us = sw_mono_us();
	return failed;
}

static int work_wait(struct sw_call *c, const struct sw_route *route, const struct sw_str *values,
		     struct sw_input *input, struct sw_error *err)
{
	unsigned headers_n = c->headers_n;
	int failed = decode(c, route, values, input, err);
	if (!failed)
		failed = c->endpoint->handler(c, err);
	if (c->key_open) { /* nothing was committed, so an older answer outranks this one */
		int looked = take_stored_wait(c, err);
		failed = looked || c->replayed ? looked : failed;
	}
	if (c->replayed) {
		c->headers_n = headers_n;
		c->content_type = SW_STR_NULL;
	} else if (!failed && c->endpoint->flags & SW_LIST)
		sw_page_render(c);
	else if (!failed && !c->body.p)
		sw_call_render(c);
	return failed;
}

int sw_call_run_wait(struct sw_call *c, const struct sw_route *route, const struct sw_str *values,
		     struct sw_input *input, struct sw_error *err)
{
	c->status = c->endpoint->status;
	c->items.arena = c->arena;
	c->keys_of = c->account;
	int failed = sw_call_replay_wait(c, err);
	if (!failed && !c->replayed)
		failed = work_wait(c, route, values, input, err);
	sw_idempotency_release(&c->idempotency);
	return sw_fail_internal(err, failed);
}
