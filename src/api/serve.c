/* The HTTP edge: request in, task, reply out. */
#include <stdio.h>

#include "api/live/live_impl.h"
#include "api/request/request.h"
#include "base/log.h"
#include "base/random.h"
#include "base/time.h"
#include "loop/clock.h"
#include "loop/loop.h"
#include "loop/task.h"

enum { PAIRS_MAX = 64 };

static const struct sw_metric metric_rows[API_METRICS_N] = {
	[API_REQUESTS] = { "strowger_api_requests_total", "Requests answered.", SW_COUNTER },
	[API_REFUSED] = { "strowger_api_refused_total", "Requests answered with a 4xx status.", SW_COUNTER },
	[API_FAILED] = { "strowger_api_failed_total", "Requests answered with a 5xx status.", SW_COUNTER },
	[API_REPLAYED] = { "strowger_api_replayed_total", "Answers replayed for an idempotency key.", SW_COUNTER },
	[API_LATENCY] = { "strowger_api_request_seconds", "From the first byte of a request to its answer.",
			  SW_HISTOGRAM_US },
	[API_LOGIN_FAILED] = { "strowger_api_login_failed_total", "Attempts to sign in with wrong credentials.",
			       SW_COUNTER },
	[API_LOGIN_DELAYED] = { "strowger_api_login_delayed_total",
				"Attempts to sign in refused for those before them.", SW_COUNTER },
	[API_UNCOUNTED] = { "strowger_api_uncounted_total",
			    "Errors that GET /v1/errors/top leaves out: too many kinds at once.", SW_COUNTER },
};

struct sw_metric_set sw_api_metrics = SW_METRIC_SET(metric_rows);

/* ---- one request ---- */

static int refuse_path(struct sw_call *c, const struct sw_match *match, struct sw_error *err)
{
	if (match->path_known)
		return sw_fail(err, 20004, NULL);
	return sw_call_not_found(c, err);
}

/* Only what creates is guarded: an update sent twice changes nothing, and after A and B a second A is meant. */
static bool is_guarded(const struct sw_call *c)
{
	return c->account->auto_idempotency_s > 0 && (c->endpoint->status == 201 || c->endpoint->status == 202);
}

static void take_key(struct sw_call *c, const struct sw_http_request *request)
{
	if (!sw_str_is(request->head.method_text, "POST") || c->endpoint->flags & SW_READS || !c->account)
		return;
	struct sw_str key = sw_http_field(&request->head, "Idempotency-Key");
	if (!key.p)
		key = sw_http_field(&request->head, "X-Twilio-Idempotency-Key");
	if (!key.p && !is_guarded(c))
		return;
	/* The operation stands for the method and, since paths come without it here, for the product. */
	struct sw_str path = c->path, sid = sw_http_field(&request->head, "Strowger-Sid");
	if (sid.p)
		path = sw_str_fmt(c->arena, "%.*s %.*s", SW_FMT(path), SW_FMT(sid));
	sw_idempotency_fingerprint(&c->idempotency, sw_str_of(c->endpoint->operation), path, request->body);
	if (key.p)
		c->idempotency.key = key;
	else
		sw_idempotency_automatic(c->arena, &c->idempotency, c->caller.key,
					 c->account->auto_idempotency_s * SW_US_PER_S);
}

static struct sw_str method_of(const struct sw_http_request *request)
{
	return request->head.method == SW_HTTP_HEAD ? SW_S("GET") : request->head.method_text;
}

static int handle_wait(struct sw_call *c, const struct sw_http_request *request, const struct sw_match *match,
		       struct sw_error *err)
{
	struct sw_str method = method_of(request);
	c->path = match->path;
	c->prefix = match->prefix;
	if (match->prefix.n)
		c->base_url = sw_str_fmt(c->arena, "%.*s%.*s", SW_FMT(c->base_url), SW_FMT(match->prefix));
	if (!match->route) {
		sw_sign_in_for_log_wait(c);
		return refuse_path(c, match, err);
	}
	c->endpoint = match->route->endpoint;
	struct sw_input input = { 0 };
	int failed = c->endpoint->flags & SW_OPEN ? 0 : sw_sign_in_wait(c, match->route, err);
	if (!failed && !(c->endpoint->flags & SW_OPEN))
		failed = sw_enter_account_wait(c, match, err);
	if (!failed)
		failed = sw_limit_call_wait(c, err);
	c->routed_us = sw_mono_us();
	if (!failed && c->query.p && sw_form_decode(c->arena, c->query, PAIRS_MAX, &c->filters))
		failed = sw_fail(err, 20001, "The query of the URL is not well-formed UTF-8 in percent encoding.");
	if (!failed)
		failed = sw_input_decode(c, request, &input, err);
	if (failed)
		return failed;
	if (sw_str_is(method, "GET") || sw_str_is(method, "DELETE"))
		input = (struct sw_input){ .pairs = c->filters,
					   .strict = input.strict && !(c->endpoint->flags & (SW_LIST | SW_FREE_BODY)) };
	else if (input.strict && c->filters.n && !(c->endpoint->flags & SW_FREE_BODY))
		return sw_fail(err, 20001, "The parameter '%.*s' stands in the URL; here parameters stand in the body.",
			       SW_FMT(c->filters.v[0].name));
	take_key(c, request);
	return sw_call_run_wait(c, match->route, match->value, &input, err);
}

void sw_call_header(struct sw_call *c, struct sw_str name, struct sw_str value)
{
	SW_BUG_ON(c->headers_n == SW_COUNTOF(c->headers));
	c->headers[c->headers_n++] = (struct sw_http_header){ name, value };
}

static void reply_error(struct sw_call *c, const struct sw_match *match, const struct sw_error *err,
			struct sw_http_reply *reply)
{
	reply->status = err->row->status;
	reply->body = sw_error_render(c, err);
	if (err->row->status == 401)
		sw_call_header(c, SW_S("WWW-Authenticate"),
			       sw_str_of(c->challenge ? c->challenge : "Basic realm=\"" SW_REALM "\""));
	if (err->retry_after_s)
		sw_call_header(c, SW_S("Retry-After"), sw_str_fmt(c->arena, "%lld", (long long)err->retry_after_s));
	if (err->row->status == 405) {
		struct sw_buf allow = { .arena = c->arena };
		for (unsigned i = 0; i < SW_COUNTOF(match->allow) && match->allow[i]; i++)
			sw_buf_add_fmt(&allow, "%s%s", allow.n ? ", " : "", match->allow[i]);
		sw_call_header(c, SW_S("Allow"), sw_buf_str(&allow));
	}
	if (err->row->status >= 500)
		sw_error_log("api", "request failed", SW_KS("request", c->request_id), SW_KS("path", c->path),
			     SW_KC("why", sw_error_message(err)));
}

static void count(const struct sw_call *c, int status)
{
	sw_count(&sw_api_metrics, API_REQUESTS, 1);
	if (status >= 400)
		sw_count(&sw_api_metrics, status >= 500 ? API_FAILED : API_REFUSED, 1);
	sw_observe_us(&sw_api_metrics, API_LATENCY, sw_mono_us() - c->start_us);
}

struct sw_str sw_request_base(struct sw_arena *arena, const struct sw_http_request *request)
{
	struct sw_str host = request->head.host.n ? request->head.host : SW_S("localhost");
	bool https = request->tls || sw_hosted(host);
	return sw_str_fmt(arena, "%s://%.*s", https ? "https" : "http", SW_FMT(host));
}

static void serve_task(struct sw_task *task, void *arg)
{
	struct sw_http_request *request = arg;
	struct sw_arrival *arrival = request->user;
	struct sw_api *api = arrival->api;
	const struct sw_match *match = &arrival->match;
	struct sw_error err = { 0 };
	struct sw_call c = {
		.api = api,
		.core = api->core,
		.task = task,
		.arena = sw_task_arena(task),
		.path = request->head.path,
		.query = request->head.query,
		.base_url = sw_request_base(sw_task_arena(task), request),
		.request_id = sw_sid_text(sw_task_arena(task), sw_sid_random("RQ")),
		.request = request,
		.start_us = request->start_us,
	};
	struct sw_http_reply reply = { .content_type = SW_S("application/json"), .headers = c.headers };
	sw_call_header(&c, SW_S("Twilio-Request-Id"), c.request_id);
	int failed = handle_wait(&c, request, match, &err);
	if (failed && c.live)
		sw_live_abandon(&c);
	if (failed) {
		reply_error(&c, match, &err, &reply);
		sw_fault_count(&c, &err, &reply);
	} else {
		if (c.caller.account && c.caller.account->first_call_us == SW_NONE)
			sw_fault_first_call(&c);
		reply.status = c.status;
		reply.body = c.body;
		if (!c.body.p || c.status == 204)
			reply.content_type = SW_STR_NULL;
		else if (c.content_type.p) {
			reply.content_type = c.content_type;
			sw_call_header(&c, SW_S("X-Content-Type-Options"), SW_S("nosniff"));
		}
		if (c.replayed)
			sw_call_header(&c, SW_S("Idempotent-Replayed"),
				       c.idempotency.window_us ? SW_S("auto") : SW_S("true"));
	}
	sw_limit_headers(&c);
	sw_limit_leave(&c.pass, reply.status >= 400 || c.replayed);
	sw_call_header(&c, SW_S("Twilio-Request-Duration"),
		       sw_str_fmt(c.arena, "%.3f", (double)(sw_mono_us() - c.start_us) / 1e6));
	reply.headers_n = c.headers_n;
	count(&c, reply.status);
	if (arrival->gated)
		sw_gate_leave(arrival->level, sw_mono_us() - c.start_us);
	sw_request_keep(&c, match->route, failed ? &err : NULL, &reply);
	if (c.live && request->head.method == SW_HTTP_HEAD)
		sw_live_abandon(&c);
	if (c.live)
		sw_live_begin(&c, request, &reply, match->route);
	else
		sw_http_reply(request, &reply);
}

static void reply_overload(struct sw_http_request *request)
{
	static const char *const seconds[] = { "0", "1", "2", "3" };
	struct sw_buf body = { .arena = request->arena };
	const struct sw_http_header headers[] = { { SW_S("Retry-After"), sw_str_of(seconds[sw_gate_retry_s()]) } };
	struct sw_http_reply reply = { .status = 503, .headers = headers, .headers_n = SW_COUNTOF(headers) };
	reply.content_type = sw_api_error_body(NULL, 503, "", &body);
	reply.body = sw_buf_str(&body);
	sw_count(&sw_api_metrics, API_REQUESTS, 1);
	sw_count(&sw_api_metrics, API_FAILED, 1);
	sw_http_reply(request, &reply);
}

static _Thread_local int64_t refusals_until_us;
static _Thread_local unsigned refusals_held;

static void late_refusal_task(struct sw_task *task, void *arg)
{
	struct sw_http_request *request = arg;
	const struct sw_arrival *arrival = request->user;
	refusals_held++;
	int ended = sw_sleep_wait(task, arrival->refuse_us - sw_mono_us()); /* early when the loop ends: no matter */
	(void)ended;
	reply_overload(request);
	refusals_held--;
}

/*
 * Before anything is looked up, so that a refusal costs next to nothing.  Clients that ask again at once would still
 * take the loop from its work; the answers to them are paced, and who waits for an answer does not ask.
 */
static void refuse_overload(struct sw_http_request *request, struct sw_arrival *arrival)
{
	int64_t now_us = sw_mono_us();
	int64_t turn_us = SW_GATE_PACE_US + (refusals_until_us > now_us ? refusals_until_us : now_us);
	if (refusals_held >= SW_GATE_HELD) {
		reply_overload(request);
		return;
	}
	refusals_until_us = arrival->refuse_us = turn_us;
	if (turn_us - now_us <= SW_GATE_PACE_BURST_US)
		reply_overload(request);
	else
		sw_task_spawn(sw_loop_current(), late_refusal_task, request);
}

void sw_api_on_request(void *owner, struct sw_http_request *request)
{
	struct sw_api *api = owner;
	if (sw_builtin_serve(owner, request))
		return;
	struct sw_arrival *arrival = SW_ARENA_NEW(request->arena, struct sw_arrival);
	*arrival = (struct sw_arrival){ .api = api, .match = { .prefix = SW_S("") } };
	sw_router_find(api->router, request->arena, method_of(request), request->head.host, request->head.path,
		       &arrival->match);
	request->user = arrival;
	if (sw_gate_request(arrival, request))
		sw_task_spawn(sw_loop_current(), serve_task, request);
	else
		refuse_overload(request, arrival);
}

struct sw_str sw_api_error_body(void *owner, int status, const char *why, struct sw_buf *buf)
{
	static const struct {
		int status, code;
	} codes[] = { { 413, 20413 }, { 503, 20503 }, { 500, 20500 } };
	struct sw_json_out out = { .buf = buf };
	char link[32]; /* without a host: there may be no request that names one */
	int code = 20001;
	(void)owner;
	for (size_t i = 0; i < SW_COUNTOF(codes); i++)
		if (codes[i].status == status)
			code = codes[i].code;
	sw_json_object(&out);
	sw_json_add_int(&out, "code", code);
	sw_json_add_str(&out, "message", sw_str_of(code == 20001 ? why : sw_error_find(code)->message));
	sw_json_add_str(&out, "more_info",
			(struct sw_str){ link, (size_t)snprintf(link, sizeof(link), "/docs/errors/%d", code) });
	sw_json_add_int(&out, "status", status);
	sw_json_end_object(&out);
	return SW_S("application/json");
}
