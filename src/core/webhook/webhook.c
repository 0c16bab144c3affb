#include "core/webhook.h"

#include <time.h>

#include "base/num.h"
#include "base/time.h"
#include "core/alert/alert.h"
#include "core/webhook/certificate.h"
#include "core/webhook/tap.h"
#include "core/webhook/endpoint.h"
#include "core/webhook/record.h"
#include "loop/clock.h"
#include "loop/task.h"
#include "wire/json/json.h"
#include "wire/signature/signature.h"

enum { RETRY_AFTER_MAX_S = 3600 };
enum { HEADERS_MAX = 10, CODE_URL = 11100, CODE_STATUS = 11200, CODE_REDIRECT = 11215, CODE_OVERRIDE = 11243 };

/* A request on its way out. */
struct outbound {
	struct sw_fetch fetch;
	struct sw_http_header headers[HEADERS_MAX];
	struct sw_overrides overrides;
	struct sw_str fragment; /* as given */
};

/* No answer: its code, and the retry policy that tries again. */
static const struct {
	int code;
	unsigned policy;
} failures[SW_FETCH_ERRORS] = {
	[SW_FETCH_BAD_REQUEST] = { CODE_URL, 0 },
	[SW_FETCH_DNS] = { 11210, SW_RETRY_CONNECT },
	[SW_FETCH_CONNECT] = { 11202, SW_RETRY_CONNECT },
	[SW_FETCH_CONNECT_TIMEOUT] = { 11201, SW_RETRY_CONNECT },
	[SW_FETCH_LOST] = { 11205, SW_RETRY_READ },
	[SW_FETCH_TLS] = { 11220, 0 },
	[SW_FETCH_TLS_HOST] = { 11235, 0 },
	[SW_FETCH_TLS_EXPIRED] = { 11236, 0 },
	[SW_FETCH_TLS_CHAIN] = { 11237, 0 },
	[SW_FETCH_TIMEOUT] = { 11203, SW_RETRY_READ },
	[SW_FETCH_TOO_LARGE] = { 11750, 0 },
	[SW_FETCH_REFUSED_ADDRESS] = { 11205, 0 },
	[SW_FETCH_PROTOCOL] = { 11206, SW_RETRY_READ },
	[SW_FETCH_BUSY] = { CODE_STATUS, 0 },
};

/* ---- the request ---- */

static void add_header(struct outbound *out, struct sw_str name, struct sw_str value)
{
	SW_BUG_ON(out->fetch.headers_n == HEADERS_MAX);
	out->headers[out->fetch.headers_n++] = (struct sw_http_header){ name, value };
}

static struct sw_str form_text(struct sw_arena *arena, const struct sw_webhook *webhook)
{
	struct sw_buf text = { .arena = arena };
	if (webhook->encoded.p)
		return webhook->encoded;
	for (size_t i = 0; webhook->params && i < webhook->params->n; i++)
		sw_form_add(&text, webhook->params->v[i].name, webhook->params->v[i].value);
	return sw_buf_str(&text);
}

static void add_credentials(struct sw_arena *arena, struct outbound *out, struct sw_str userinfo)
{
	struct sw_str plain;
	if (!userinfo.p)
		return;
	if (sw_percent_decode(arena, userinfo, &plain))
		plain = userinfo;
	if (sw_str_index(plain, ':') < 0)
		plain = sw_str_fmt(arena, "%.*s:", SW_FMT(plain));
	struct sw_str basic = sw_base64_encode(arena, plain);
	add_header(out, SW_S("Authorization"), sw_str_fmt(arena, "Basic %.*s", SW_FMT(basic)));
}

/* While two tokens are good, by both: whoever changes his secret first is not shut out. */
static struct sw_str standard_signatures(struct sw_arena *arena, const struct sw_webhook *webhook, int64_t now_s,
					 struct sw_str body)
{
	const struct sw_account *account = webhook->account;
	struct sw_str first = sw_standard_signature(arena, account->token, webhook->token, now_s, body);
	if (!account->secondary_token.p)
		return first;
	struct sw_str second = sw_standard_signature(arena, account->secondary_token, webhook->token, now_s, body);
	return sw_str_fmt(arena, "%.*s %.*s", SW_FMT(first), SW_FMT(second));
}

static void sign(struct sw_arena *arena, const struct sw_webhook *webhook, const struct sw_form *signed_params,
		 struct outbound *out)
{
	/* A receiver compares it with its own clock: never the virtual one. */
	int64_t now_s = time(NULL);
	char *event_time = sw_arena_bytes(arena, SW_TIME_BUF);
	add_header(out, SW_S("X-Twilio-Signature"),
		   sw_twilio_signature(arena, webhook->account->token, out->fetch.url, signed_params));
	add_header(out, SW_S("I-Twilio-Idempotency-Token"), webhook->token);
	add_header(out, SW_S("webhook-id"), webhook->token);
	add_header(out, SW_S("webhook-timestamp"), sw_str_fmt(arena, "%lld", (long long)now_s));
	add_header(out, SW_S("webhook-signature"), standard_signatures(arena, webhook, now_s, out->fetch.body));
	add_header(out, SW_S("X-Strowger-Event-Time"), sw_time_rfc3339(webhook->event_time_us, event_time));
}

/* @return 0, or the code of what is wrong with the URL */
static int compose(struct sw_arena *arena, const struct sw_webhook *webhook, struct outbound *out,
		   struct sw_webhooked *ret)
{
	struct sw_hook_url url;
	struct sw_str bad, shown;
	const struct sw_form *posted = NULL;
	bool get = sw_str_is(webhook->method, "GET");
	ret->url = SW_S("");
	ret->method = webhook->method;
	ret->why = SW_S("it is not an absolute http or https URL");
	if (sw_hook_url_split(arena, webhook->url, &url))
		return CODE_URL;
	shown = url.url;
	ret->url = sw_str_cut(&shown, '?');
	if (sw_overrides_parse(url.fragment, &out->overrides, &bad)) {
		ret->why = sw_str_fmt(arena, "'%.*s' is not a connection override", SW_FMT(bad));
		return CODE_OVERRIDE;
	}
	out->fragment = url.fragment;
	add_header(out, SW_S("User-Agent"), SW_S("TwilioProxy/1.1"));
	out->fetch.method = webhook->method;
	out->fetch.lane = webhook->lane;
	out->fetch.response_max_bytes = webhook->response_max_bytes;
	if (get) {
		out->fetch.url = webhook->params ? sw_hook_url_add(arena, url.url, webhook->params) : url.url;
	} else if (webhook->body.p) {
		out->fetch.url = sw_hook_url_add_digest(arena, url.url, webhook->body);
		out->fetch.body = webhook->body;
		add_header(out, SW_S("Content-Type"), webhook->content_type);
	} else {
		out->fetch.url = url.url;
		out->fetch.body = form_text(arena, webhook);
		posted = webhook->params;
		add_header(out, SW_S("Content-Type"), SW_S("application/x-www-form-urlencoded"));
	}
	add_credentials(arena, out, url.userinfo);
	sign(arena, webhook, posted, out);
	out->fetch.headers = out->headers;
	ret->sent_url = out->fetch.url;
	ret->variables = out->fetch.body;
	ret->headers = out->headers;
	ret->headers_n = out->fetch.headers_n;
	return 0;
}

/* ---- the answer ---- */

static unsigned policy_of(const struct sw_fetched *fetched)
{
	if (fetched->error)
		return failures[fetched->error].policy;
	return fetched->status >= 500 ? SW_RETRY_5XX : fetched->status >= 400 ? SW_RETRY_4XX : 0;
}

static void judge(struct sw_arena *arena, struct sw_webhooked *ret)
{
	const struct sw_fetched *fetched = &ret->fetched;
	int status = fetched->status;
	ret->code = 0;
	ret->why = fetched->why;
	if (fetched->error) {
		ret->code = failures[fetched->error].code;
	} else if (status >= 300 && status < 400) {
		ret->code = CODE_REDIRECT;
		ret->why = sw_str_fmt(arena, "the answer was a redirection (%d); they are not followed", status);
	} else if (status < 200 || status >= 400) {
		ret->code = CODE_STATUS;
		ret->why = sw_str_fmt(arena, "the answer was status %d", status);
	}
	sw_count(&sw_webhook_metrics, ret->code ? SW_WEBHOOK_FAILED : SW_WEBHOOK_ANSWERED, 1);
}

static int64_t smaller(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* One request, counted and recorded. @return 0, or why there was none */
/* For the attempt log, which gets it when it is known whether another follows. */
static void record(struct sw_arena *arena, const struct sw_core *core, const struct sw_webhook *webhook,
		   const struct sw_hook *hook, const struct outbound *out, struct sw_webhooked *ret)
{
	if (!core->attempts)
		return;
	ret->unlogged = sw_webhook_record(arena, webhook, &out->fetch, out->fragment, ret);
	ret->unlogged->endpoint = hook ? hook->id : (struct sw_id){ { 0 } };
}

static int ask_wait(struct sw_task *task, const struct sw_core *core, const struct sw_webhook *webhook,
		    struct sw_hook *hook, struct outbound *out, struct sw_webhooked *ret)
{
	struct sw_arena *arena = sw_task_arena(task);
	sw_webhook_log(core, ret, sw_wall_us()); /* the one before this */
	int err = sw_courier_fetch_wait(task, core->courier, &out->fetch, &ret->fetched);
	if (err == SW_EBUSY || err == SW_ECLOSED || err == SW_ECANCELED)
		return err;
	ret->attempts++;
	ret->asked = true;
	judge(arena, ret);
	if (hook)
		sw_hook_count(hook, !ret->code, ret->fetched.total_us, sw_wall_us());
	record(arena, core, webhook, hook, out, ret);
	return 0;
}

/* Nobody asks the breaker before a request that somebody waits for, but it learns of the answer. */
static int settle_wait(struct sw_task *task, const struct sw_core *core, struct sw_hook *hook,
		       const struct sw_webhooked *got)
{
	const struct sw_hook_outcome outcome = { .good = !got->code };
	unsigned changes = hook && got->asked ? sw_hook_settle(hook, &outcome, sw_wall_us()) : 0;
	if (!changes)
		return 0;
	struct sw_txn *txn = sw_txn_new(core->store, sw_task_arena(task), hook->bucket);
	sw_txn_hook(txn, hook, changes);
	return sw_commit_wait(task, txn, NULL);
}

int sw_webhook_fetch_wait(struct sw_task *task, const struct sw_core *core, const struct sw_webhook *webhook,
			  struct sw_webhooked *ret)
{
	struct sw_arena *arena = sw_task_arena(task);
	struct outbound *out = SW_ARENA_NEW(arena, struct outbound);
	const struct sw_overrides *o = &out->overrides;
	struct sw_hook *hook = webhook->endpoint;
	*ret = (struct sw_webhooked){ 0 };
	ret->code = compose(arena, webhook, out, ret);
	int err = 0;
	if (!ret->code && !hook)
		err = sw_hook_of_wait(task, core, webhook->account, webhook->url, &hook);
	int64_t left_ms = o->total_ms;
	/* Who listens answers, or only looks on. */
	if (!err && !ret->code && sw_tap_wait(task, webhook->account, &out->fetch, left_ms, &ret->fetched)) {
		ret->attempts++;
		judge(arena, ret);
		record(arena, core, webhook, hook, out, ret);
		if (!webhook->attempt)
			sw_webhook_log(core, ret, 0);
		return 0;
	}
	if (!err && !ret->code)
		err = sw_certificate_find_wait(task, core, webhook->account, out->fetch.url, &out->fetch.identity);
	while (!err &&
	       (!ret->code || (policy_of(&ret->fetched) & o->policy && ret->attempts <= o->retries && left_ms > 0))) {
		out->fetch.connect_timeout_ms = smaller(o->connect_ms, left_ms);
		out->fetch.read_timeout_ms = o->read_ms < left_ms ? o->read_ms : 0;
		out->fetch.total_timeout_ms = left_ms;
		err = ask_wait(task, core, webhook, hook, out, ret);
		left_ms -= ret->fetched.total_us / 1000;
		if (!ret->code)
			break;
	}
	if (webhook->attempt)
		return err;
	sw_webhook_log(core, ret, 0);
	return err ? err : settle_wait(task, core, hook, ret);
}

struct sw_str sw_webhook_shown(struct sw_arena *arena, struct sw_str url)
{
	struct sw_hook_url split;
	if (sw_hook_url_split(arena, url, &split))
		return SW_S("");
	return sw_str_cut(&split.url, '?');
}

int64_t sw_webhook_retry_after_us(const struct sw_webhooked *got)
{
	int64_t seconds = 0;
	for (size_t i = 0; i < got->fetched.headers_n; i++)
		if (sw_str_eq_nocase(got->fetched.headers[i].name, SW_S("Retry-After")) &&
		    sw_num_parse(got->fetched.headers[i].value, &seconds) == 0 && seconds > 0)
			return (seconds < RETRY_AFTER_MAX_S ? seconds : RETRY_AFTER_MAX_S) * SW_US_PER_S;
	return 0;
}

void sw_webhook_log(const struct sw_core *core, struct sw_webhooked *got, int64_t next_us)
{
	if (!got->unlogged)
		return;
	got->unlogged->next_us = next_us;
	sw_attempt_add(core->attempts, got->unlogged);
	got->unlogged = NULL;
}

/* ---- events ---- */

static void add_alert(struct sw_txn *txn, const struct sw_webhook_event *about, const struct sw_webhooked *failed)
{
	struct sw_arena *arena = sw_txn_arena(txn);
	const struct sw_fetched *answer = &failed->fetched;
	struct sw_str why = failed->why;
	if (failed->line)
		why = sw_str_fmt(arena, "%.*s (line %u, column %u)", SW_FMT(why), failed->line, failed->column);
	const struct sw_alert alert = {
		.account = about->account,
		.code = failed->code,
		.why = why,
		.about = failed->url,
		.resource = sw_sid_of(about->kind, about->sid),
		.api_version = SW_S("2010-04-01"),
		.method = failed->method,
		.url = failed->sent_url.p ? sw_alert_url(arena, failed->sent_url) : failed->url,
		.variables = failed->variables.p ? sw_alert_form(arena, failed->variables) : SW_STR_NULL,
		.request_headers = sw_alert_headers(arena, failed->headers, failed->headers_n),
		.response_headers = sw_alert_headers(arena, answer->headers, answer->headers_n),
		.response_body = answer->body,
	};
	sw_txn_alert(txn, &alert);
}

void sw_webhook_event(struct sw_txn *txn, const struct sw_webhook_event *about, const struct sw_webhooked *failed)
{
	const struct sw_error_row *row = sw_error_find(failed->code);
	struct sw_buf text = { .arena = sw_txn_arena(txn) };
	struct sw_json_out out = { .buf = &text };
	char next[SW_TIME_BUF];
	SW_BUG_ON(!row);
	sw_json_object(&out);
	sw_json_add_int(&out, "error_code", failed->code);
	sw_json_add_str(&out, "message", sw_str_of(row->message));
	sw_json_add_str(&out, "what_to_do", sw_str_of(row->action));
	sw_json_add_str(&out, "why", failed->why);
	sw_json_add_str(&out, "method", failed->method);
	sw_json_add_str(&out, "url", failed->url);
	sw_json_add_int(&out, "status", failed->fetched.status);
	if (about->token.n)
		sw_json_add_str(&out, "token", about->token);
	if (failed->line) {
		sw_json_add_int(&out, "line", failed->line);
		sw_json_add_int(&out, "column", failed->column);
	}
	if (about->attempt)
		sw_json_add_int(&out, "attempt", about->attempt);
	if (about->next_attempt_us)
		sw_json_add_str(&out, "next_attempt", sw_time_rfc3339(about->next_attempt_us, next));
	sw_json_end_object(&out);
	sw_event_add(txn, about->account, sw_sid_of(about->kind, about->sid), about->type, sw_buf_str(&text));
	add_alert(txn, about, failed);
}

static const struct sw_field failure[] = {
	SW_EVENT_INT("error_code", "Code of the catalogue."),
	SW_EVENT_TEXT("message", "What the code means."),
	SW_EVENT_TEXT("what_to_do", "What helps."),
	SW_EVENT_TEXT("why", "What went wrong this time."),
	SW_EVENT_TEXT("method", "Method of the request."),
	SW_EVENT_TEXT("url", "Where it went, without user, password and query."),
	SW_EVENT_INT("status", "Status of the answer; 0: none came."),
	SW_EVENT_TEXT("token", "Idempotency token, the same over all attempts."),
	SW_EVENT_INT("line", "Line of the answer's document that it is about, from 1."),
	SW_EVENT_INT("column", "Column in that line, from 1."),
	SW_EVENT_INT("attempt", "Which attempt failed, from 1."),
	SW_EVENT_TIME("next_attempt", "When it is tried again."),
	{ 0 },
};

const struct sw_event_row sw_webhook_events[] = {
	{ "webhook.failed", "A request to a URL failed for the first time; callbacks are tried again.", failure, NULL,
	  "Strowger.RequestFailure" },
	{ "webhook.abandoned", "A callback was given up.", failure, NULL, "Strowger.RequestFailure" },
	{ "twiml.failed", "Instructions could not be followed.", failure, NULL, "Strowger.RequestFailure" },
	{ "twiml.warning", "Instructions were followed, but for a part of them.", failure, NULL,
	  "Strowger.RequestFailure" },
	{ 0 },
};

static const struct sw_metric metrics[SW_WEBHOOK_METRICS] = {
	[SW_WEBHOOK_ANSWERED] = { "strowger_webhook_answered_total", "Requests to customers answered with 2xx.",
				  SW_COUNTER },
	[SW_WEBHOOK_FAILED] = { "strowger_webhook_failed_total", "Requests to customers that failed.", SW_COUNTER },
	[SW_CALLBACK_AGAIN] = { "strowger_callback_again_total", "Callbacks that will be tried again.", SW_COUNTER },
	[SW_CALLBACK_ABANDONED] = { "strowger_callback_abandoned_total", "Callbacks given up.", SW_COUNTER },
	[SW_CALLBACK_DEFERRED] = { "strowger_callback_deferred_total",
				   "Callbacks put off because their host had enough waiting.", SW_COUNTER },
	[SW_CALLBACK_HELD] = { "strowger_callback_held_total",
			       "Callbacks put off because their endpoint's breaker is open, or its limits are reached, "
			       "or "
			       "one before them failed.",
			       SW_COUNTER },
	[SW_CALLBACK_DEAD] = { "strowger_dead_letters_total", "Callbacks given up and kept.", SW_COUNTER },
	[SW_CALLBACK_REPLAYED] = { "strowger_callback_replayed_total",
				   "Callbacks sent again because somebody asked for it.", SW_COUNTER },
	[SW_ENDPOINT_OPENED] = { "strowger_endpoint_opened_total", "Breakers of customers' endpoints that opened.",
				 SW_COUNTER },
	[SW_ENDPOINT_CLOSED] = { "strowger_endpoint_closed_total", "Breakers that closed again.", SW_COUNTER },
	[SW_ENDPOINT_FAILING] = { "strowger_endpoint_failing_total", "Notices that an endpoint does nothing but fail.",
				  SW_COUNTER },
	[SW_ENDPOINT_DISABLED] = { "strowger_endpoint_disabled_total", "Endpoints disabled.", SW_COUNTER },
};
struct sw_metric_set sw_webhook_metrics = SW_METRIC_SET(metrics);
