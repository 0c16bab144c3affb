/*
 * Requests that were answered with an error: counted by code, endpoint and SDK (GET /v1/errors/top), and alerts of the
 * account; and the first request of an account that was answered well.  All of it is gathered (api/gather.h): a request
 * waits for none of it, and one that goes well pays a comparison.
 */
#include "api/api_impl.h"
#include "api/gather.h"
#include "api/request/request.h"
#include "base/log.h"
#include "base/time.h"
#include "core/alert/alert.h"
#include "core/alert/alert_sql.h"
#include "loop/clock.h"
#include "loop/task.h"
#include "store/event.h"

enum {
	FAULTS_MAX = 1024, /* different ones of a loop in a second; more are not counted */
	AGENT_MAX = 64,
	STEPS_MAX = 64, /* faults in a transaction */
	ERRORS = -1,    /* what sw_alike_find() tells apart */
	NOT_FOUND = 404,
	PAIRS_MAX = 1024,
};

/* One kind of error of one account since the last writing; the alert tells of the first. */
struct fault {
	int bucket;
	struct sw_str method, path, sdk;
	bool tells, written;
	struct sw_alert alert;
};

/* ---- writing ---- */

static void count_step(struct sw_txn *txn, const struct fault *f)
{
	const struct sw_alert *a = &f->alert;
	struct sw_arena *arena = sw_txn_arena(txn);
	int64_t slot = a->last_us / SW_US_PER_S / sw_alert_limits.error_slot_s;
	struct sw_str all = sw_str_fmt(arena, "%lld %d %.*s %.*s %.*s", (long long)slot, a->code, SW_FMT(f->method),
				       SW_FMT(f->path), SW_FMT(f->sdk));
	bool others =
		sw_alike_find(f->bucket, a->account, ERRORS, all, sw_alert_limits.error_slot_s, sw_alert_limits.errors)
			.others;
	sw_txn_do(txn, ALERT_SQL(SQL_ERROR_COUNT), SW_GUARD_ANY, 0, SW_I(f->bucket), SW_ID(a->account), SW_I(slot),
		  SW_I(a->code), SW_T(others ? SW_S("") : f->method), SW_T(others ? SW_S("") : f->path),
		  SW_T(others ? SW_S("") : f->sdk), SW_I(a->n), SW_I(a->first_us), SW_I(a->last_us));
}

/* A transaction has one bucket. @return whether there are more */
static bool add_batch(struct sw_txn *txn, struct sw_gathered *g, int bucket)
{
	size_t cursor = 0;
	void *value;
	int left = STEPS_MAX;
	while (sw_map_next(&g->entries, &cursor, NULL, &value)) {
		struct fault *f = value;
		if (f->written || f->bucket != bucket)
			continue;
		if (left-- == 0)
			return true;
		count_step(txn, f);
		if (f->tells)
			sw_txn_alert(txn, &f->alert);
		f->written = true;
	}
	return false;
}

static void write_faults_wait(struct sw_task *task, struct sw_gathered *g)
{
	size_t cursor = 0;
	void *value;
	int err = 0;
	while (!err && sw_map_next(&g->entries, &cursor, NULL, &value)) {
		const struct fault *f = value;
		bool more = !f->written;
		while (more && !err) {
			struct sw_txn *txn = sw_txn_new(g->core->store, &g->arena, f->bucket);
			more = add_batch(txn, g, f->bucket);
			err = sw_commit_wait(task, txn, NULL);
		}
		if (!err)
			err = sw_alert_begin_sweep_wait(task, f->bucket, f->alert.account);
	}
	if (err && err != SW_ECANCELED)
		sw_warn("api", "errors of a second were not counted", SW_KERR(err));
}

/* ---- what a fault is ---- */

struct sw_str sw_agent_of(const struct sw_http_request *request)
{
	struct sw_str agent = sw_http_field(&request->head, "User-Agent");
	return agent.p ? sw_str_sub(agent, 0, AGENT_MAX) : SW_S("");
}

static struct sw_str path_of(const struct sw_call *c)
{
	const struct sw_endpoint *e = c->endpoint;
	if (!e)
		return SW_S("(no such path)");
	bool shared = !e->product || strcmp(e->product, "api") == 0;
	return sw_str_fmt(c->arena, "%s%s%s", shared ? "" : "/", shared ? "" : e->product, e->path);
}

static const struct sw_field *find_param(const struct sw_call *c, const struct sw_field *f, struct sw_str name)
{
	for (; f && f->name; f++)
		if (sw_str_eq_nocase(sw_field_param(c->arena, f, c->endpoint->style), name) || sw_str_is(name, f->name))
			return f;
	return NULL;
}

/* Only what a row declares and does not call a secret. */
static bool may_show(const struct sw_call *c, struct sw_str name)
{
	if (!c->endpoint || !sw_alert_may_show(name))
		return false;
	const struct sw_field *f = find_param(c, c->endpoint->params, name);
	if (!f && c->endpoint->flags & SW_LIST)
		f = find_param(c, sw_page_fields, name);
	return f && !(f->flags & SW_SECRET);
}

static void add_form(const struct sw_call *c, struct sw_str text, struct sw_buf *out)
{
	struct sw_form form = { 0 };
	if (sw_form_decode(c->arena, text, PAIRS_MAX, &form))
		return;
	for (size_t i = 0; i < form.n; i++)
		sw_form_add(out, form.v[i].name, may_show(c, form.v[i].name) ? form.v[i].value : SW_S("***"));
}

static struct sw_str url_of(const struct sw_call *c)
{
	struct sw_buf out = { .arena = c->arena };
	sw_buf_add_str(&out, c->base_url);
	sw_buf_add_str(&out, c->path);
	if (c->query.n) {
		sw_buf_add_char(&out, '?');
		add_form(c, sw_request_hide_users(c->arena, c->query), &out);
	}
	return sw_buf_str(&out);
}

static struct sw_str variables_of(const struct sw_call *c)
{
	struct sw_buf out = { .arena = c->arena };
	struct sw_str rest = sw_request_hide_users(c->arena, c->request->body), name, raw;
	bool json = sw_str_starts(sw_str_trim(rest), SW_S("{"));
	if (!json)
		add_form(c, rest, &out);
	const struct sw_json *object = NULL;
	if (json && sw_json_parse(c->arena, rest, NULL, &object, NULL))
		return SW_S("");
	rest = sw_str_trim(rest);
	while (json && sw_json_next_member(&rest, &name, &raw))
		sw_form_add(&out, name, may_show(c, name) ? raw : SW_S("***"));
	return sw_buf_str(&out);
}

/* To ask whether something is there is no fault, and who is not known has nobody to tell. */
static bool is_told(const struct sw_call *c, const struct sw_error *err)
{
	bool reads = c->request->head.method == SW_HTTP_GET || c->request->head.method == SW_HTTP_HEAD;
	return c->account && !(reads && err->row->status == NOT_FOUND);
}

static struct sw_str request_headers(const struct sw_call *c)
{
	static const char *const shown[] = { "Host",   "User-Agent",      "Content-Type",
					     "Accept", "Idempotency-Key", "If-Match" };
	struct sw_http_header headers[SW_COUNTOF(shown)];
	size_t n = 0;
	for (size_t i = 0; i < SW_COUNTOF(shown); i++) {
		struct sw_str value = sw_http_field(&c->request->head, shown[i]);
		if (value.p)
			headers[n++] = (struct sw_http_header){ sw_str_of(shown[i]), value };
	}
	return sw_alert_headers(c->arena, headers, n);
}

struct sw_sid sw_call_path_sid(const struct sw_call *c)
{
	struct sw_str rest = c->path;
	struct sw_sid found = { 0 }, sid;
	while (rest.p) {
		struct sw_str word = sw_str_sub(sw_str_cut(&rest, '/'), 0, SW_SID_CHARS);
		if (sw_sid_parse(word, NULL, &sid) == 0)
			found = sid;
	}
	return found.kind[0] == 'A' && found.kind[1] == 'C' ? (struct sw_sid){ 0 } : found;
}

static void fill_alert(const struct sw_call *c, const struct sw_error *err, const struct sw_http_reply *reply,
		       struct sw_arena *arena, struct fault *f)
{
	struct sw_str version = sw_str_from(c->path, 1);
	size_t most = sw_alert_limits.text_bytes;
	f->alert.why = sw_str_dup(arena, sw_str_of(err->detail));
	f->alert.resource = sw_call_path_sid(c);
	f->alert.about = sw_str_fmt(arena, "%.*s %.*s", SW_FMT(f->method), SW_FMT(f->path));
	f->alert.api_version = sw_str_dup(arena, sw_str_cut(&version, '/'));
	f->alert.method = f->method;
	f->alert.url = sw_str_dup(arena, url_of(c));
	f->alert.variables = sw_str_dup(arena, sw_str_sub(variables_of(c), 0, most));
	f->alert.request_headers = sw_str_dup(arena, request_headers(c));
	f->alert.response_headers = sw_str_dup(arena, sw_alert_headers(c->arena, c->headers, c->headers_n));
	f->alert.response_body = sw_str_dup(arena, sw_str_sub(reply->body, 0, most));
}

void sw_fault_count(const struct sw_call *c, const struct sw_error *err, const struct sw_http_reply *reply)
{
	struct sw_gathered *g = sw_gathered_here(SW_GATHER_FAULTS, c->core, write_faults_wait);
	struct sw_sid account = c->account ? c->account->sid : (struct sw_sid){ 0 };
	/* "twilio-node/5.3.0" of "twilio-node/5.3.0 (linux x64) node/22" */
	struct sw_str path = path_of(c), agent = sw_agent_of(c->request), sdk = sw_str_cut(&agent, ' ');
	struct sw_str name = sw_str_fmt(c->arena, "%.*s %d %.*s %.*s %.*s",
					SW_FMT(c->account ? sw_sid_text(c->arena, account) : SW_S("")), err->row->code,
					SW_FMT(c->request->head.method_text), SW_FMT(path), SW_FMT(sdk));
	struct fault *f = sw_map_find(&g->entries, name);
	if (!f && g->entries.used >= FAULTS_MAX) {
		sw_count(&sw_api_metrics, API_UNCOUNTED, 1);
		return;
	}
	if (!f) {
		f = SW_ARENA_NEW(&g->arena, struct fault);
		*f = (struct fault){
			.bucket = c->account ? c->account->bucket : sw_sid_account_bucket(c->core->operator_sid.id),
			.method = sw_str_dup(&g->arena, c->request->head.method_text),
			.path = sw_str_dup(&g->arena, path),
			.sdk = sw_str_dup(&g->arena, sdk),
			.tells = is_told(c, err),
			.alert = { .account = account.id, .code = err->row->code, .first_us = sw_wall_us() },
		};
		if (f->tells)
			fill_alert(c, err, reply, &g->arena, f);
		sw_map_put(&g->entries, name, f);
	}
	f->alert.last_us = sw_wall_us();
	f->alert.n++;
}

/* ---- the first call ---- */

struct first_call {
	struct sw_sid account;
	int bucket;
	int64_t at_us, created_us;
};

static int write_first_wait(struct sw_task *task, struct sw_gathered *g, const struct first_call *f)
{
	struct sw_txn *txn = sw_txn_new(g->core->store, &g->arena, f->bucket);
	const struct sw_event event = {
		.account = f->account.id,
		.type = SW_S("account.first_call"),
		.kind = SW_S("AC"),
		.sid = f->account.id,
		.time_us = f->at_us,
		.data = sw_str_fmt(&g->arena, "{\"time_to_first_call_s\":%lld}",
				   (long long)((f->at_us - f->created_us) / SW_US_PER_S)),
	};
	sw_txn_do(txn, ALERT_SQL(SQL_FIRST_CALL_PUT), SW_GUARD_ONE, SW_EEXIST, SW_I(f->bucket), SW_ID(f->account.id),
		  SW_I(f->at_us));
	sw_txn_event(txn, &event);
	int err = sw_commit_wait(task, txn, NULL);
	sw_account_forget(f->account);
	return err == SW_EGUARD ? 0 : err; /* another loop's was first */
}

static void write_firsts_wait(struct sw_task *task, struct sw_gathered *g)
{
	size_t cursor = 0;
	void *value;
	while (sw_map_next(&g->entries, &cursor, NULL, &value)) {
		int err = write_first_wait(task, g, value);
		if (err && err != SW_ECANCELED)
			sw_warn("api", "an account's first call was not written down", SW_KERR(err));
	}
}

void sw_fault_first_call(const struct sw_call *c)
{
	struct sw_gathered *g = sw_gathered_here(SW_GATHER_FIRST_CALLS, c->core, write_firsts_wait);
	const struct sw_account *account = c->caller.account;
	struct sw_str name = { (const char *)account->sid.id.b, sizeof(account->sid.id.b) };
	if (sw_map_find(&g->entries, name))
		return;
	struct first_call *f = SW_ARENA_NEW(&g->arena, struct first_call);
	*f = (struct first_call){ .account = account->sid,
				  .bucket = account->bucket,
				  .at_us = sw_wall_us(),
				  .created_us = account->created_us };
	sw_map_put(&g->entries, name, f);
}
