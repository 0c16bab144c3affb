#include "carrier/http/http.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/num.h"
#include "carrier/http/flight.h"
#include "carrier/http/http_impl.h"

enum { ANSWER_PAIRS_MAX = 256 };

struct http {
	struct sw_carrier *carrier;
	struct gateway gateway;
	struct http_flights flights;
};

static void stop_http(void *state)
{
	struct http *http = state;
	http_flights_stop(&http->flights);
}

static void close_http(void *state)
{
	struct http *http = state;
	sw_arena_free(http->gateway.arena);
	free(http);
}

/* ---- the request ---- */

static struct sw_str fill(const struct http *http, struct sw_arena *arena, struct sw_str template,
			  enum gateway_escape escape, const struct sw_message_out *out)
{
	struct sw_buf buf = { .arena = arena };
	struct sw_str name;
	int err = gateway_fill(&http->gateway, template, escape, out, &buf, &name);
	SW_BUG_ON(err); /* checked when the file was read */
	return sw_buf_str(&buf);
}

static size_t add_headers(const struct http *http, struct sw_arena *arena, const struct sw_message_out *out,
			  struct sw_http_header *headers)
{
	const struct gateway *gateway = &http->gateway;
	bool typed = sw_str_is(gateway->content, "query");
	size_t n = 0;
	for (size_t i = 0; i < gateway->headers.n && n < HEADERS_MAX - 1; i++) {
		const struct gateway_pair *pair = &gateway->headers.v[i];
		headers[n++] = (struct sw_http_header){ pair->name, fill(http, arena, pair->value, ESCAPE_NONE, out) };
		typed |= sw_str_eq_nocase(pair->name, SW_S("Content-Type"));
	}
	if (!typed)
		headers[n++] = (struct sw_http_header){ SW_S("Content-Type"),
							sw_str_is(gateway->content, "json")
								? SW_S("application/json")
								: SW_S("application/x-www-form-urlencoded") };
	return n;
}

static struct sw_fetch request(void *kind, struct sw_arena *arena, const struct sw_message_out *out)
{
	const struct http *http = kind;
	const struct gateway *gateway = &http->gateway;
	struct sw_http_header *headers = SW_ARENA_ARRAY(arena, struct sw_http_header, HEADERS_MAX);
	struct sw_str body = fill(http, arena, gateway->body, gateway_escape_of(gateway), out);
	struct sw_fetch fetch = http_fetch(gateway->timeout_ms);
	fetch.method = gateway->method;
	fetch.url = fill(http, arena, gateway->url, ESCAPE_PERCENT, out);
	fetch.headers_n = add_headers(http, arena, out, headers);
	fetch.headers = headers;
	fetch.body = body;
	if (sw_str_is(gateway->content, "query")) {
		char glue = sw_str_index(fetch.url, '?') >= 0 ? '&' : '?';
		fetch.url = sw_str_fmt(arena, "%.*s%c%.*s", SW_FMT(fetch.url), glue, SW_FMT(body));
		fetch.body = SW_STR_NULL;
	}
	return fetch;
}

/* ---- the answer ---- */

/* @return SW_EINVAL: it is not what the gateway was said to answer */
static int read_answer(const struct gateway *gateway, struct sw_arena *arena, struct sw_str body,
		       struct gateway_document *ret)
{
	*ret = (struct gateway_document){ 0 };
	if (sw_str_is(gateway->answer, "json"))
		return sw_json_parse(arena, body, NULL, &ret->json, NULL);
	if (sw_str_is(gateway->answer, "form"))
		return sw_form_decode(arena, sw_str_trim(body), ANSWER_PAIRS_MAX, &ret->form);
	ret->text = body;
	return 0;
}

static bool is_accepted(const struct gateway *gateway, struct sw_arena *arena, int status,
			const struct gateway_document *document)
{
	char number[24];
	bool good = gateway->accepted_status.n
			    ? gateway_listed(&gateway->accepted_status, sw_num_format(status, number))
			    : status >= 200 && status <= 299;
	if (!good || !gateway->accepted_field.n)
		return good;
	struct sw_str value = gateway_pick(arena, document, gateway->accepted_field);
	return gateway->accepted_values.n ? gateway_listed(&gateway->accepted_values, value) : value.p != NULL;
}

/* By what the file says of the error, then of the status, then by what statuses mean. */
static struct sw_submitted not_accepted(const struct gateway *gateway, struct sw_arena *arena,
					const struct sw_fetched *fetched, const struct gateway_document *document)
{
	char number[24];
	int status = fetched->status;
	struct sw_str reason = gateway_pick(arena, document, gateway->error);
	bool speaks = status == 429 || status >= 500; /* such a status says enough when no reason is given */
	const struct gateway_verdict *said = gateway_verdict_of(&gateway->errors, reason);
	if (!said)
		said = gateway_verdict_of(&gateway->statuses, sw_num_format(status, number));
	if (!said && gateway->error.n && (reason.n || !speaks))
		said = gateway_verdict_of(&gateway->errors, SW_S("default"));
	struct sw_submitted submitted = { .result = SW_SUBMIT_REFUSED, .code = 30008 };
	if (said)
		submitted = (struct sw_submitted){ said->result, said->code, said->retry_us };
	else if (status == 429 || status == 503)
		submitted.result = SW_SUBMIT_BUSY;
	else if (status >= 500)
		submitted.result = SW_SUBMIT_UNKNOWN;
	if (submitted.result == SW_SUBMIT_BUSY && !submitted.retry_us)
		submitted.retry_us = http_retry_after_us(fetched);
	return submitted;
}

static struct sw_submitted accepted(const struct http *http, struct sw_arena *arena,
				    const struct gateway_document *document)
{
	const struct gateway *gateway = &http->gateway;
	struct sw_submitted submitted = { .result = SW_SUBMIT_ACCEPTED, .parts = 1 };
	struct sw_str id = gateway_pick(arena, document, gateway->id);
	if (id.n && id.n < SW_CARRIER_ID_MAX && sw_str_index(id, '\n') < 0) {
		submitted.ids = id;
		submitted.receipt_expected = gateway->receipt.id.n > 0;
	} else if (gateway->id.n) {
		sw_warn("carrier", "a gateway took a message without naming it: no receipt can be matched",
			SW_KC("carrier", sw_carrier_name(http->carrier)), SW_KS("id", gateway->id));
	}
	return submitted;
}

static struct sw_submitted judge(void *kind, struct sw_arena *arena, const struct sw_fetched *fetched)
{
	const struct http *http = kind;
	const struct gateway *gateway = &http->gateway;
	struct gateway_document document;
	bool unreadable = read_answer(gateway, arena, fetched->body, &document) != 0;
	if (unreadable)
		document = (struct gateway_document){ 0 };
	if (is_accepted(gateway, arena, fetched->status, &document))
		return accepted(http, arena, &document);
	if (unreadable && fetched->status >= 200 && fetched->status <= 299)
		return (struct sw_submitted){ .result = SW_SUBMIT_UNKNOWN };
	return not_accepted(gateway, arena, fetched, &document);
}

/* ---- the kind ---- */

static void submit(void *state, const struct sw_message_out *out, sw_submitted_fn *done, void *arg)
{
	struct http *http = state;
	http_flights_submit(&http->flights, out, done, arg);
}

static int hook_wait(void *state, struct sw_task *task, const struct sw_carrier_hook *hook, struct sw_str *ret)
{
	struct http *http = state;
	return gateway_hook_wait(&http->gateway, http->carrier, task, hook, ret);
}

static int open_http(struct sw_carrier *carrier, struct sw_str url, void **ret_state, struct sw_str *ret_why)
{
	struct sw_str path = sw_str_from(url, strlen("http:"));
	struct sw_arena *arena = sw_arena_new();
	struct gateway gateway;
	struct sw_str why = SW_S("names a file, as in http:/etc/strowger/gateway.conf; the gateway's URL stands in it");
	int err = !path.n || sw_str_starts(path, SW_S("//")) ? SW_EINVAL : gateway_read(arena, path, &gateway, &why);
	if (err) {
		*ret_why = sw_str_fmt(sw_carrier_opening(carrier), "http: %.*s: %.*s", SW_FMT(path), SW_FMT(why));
		sw_arena_free(arena);
		return SW_EINVAL;
	}
	struct http *http = calloc(1, sizeof(*http));
	SW_BUG_ON(!http);
	*http = (struct http){ .carrier = carrier,
			       .gateway = gateway,
			       .flights = { .carrier = carrier,
					    .kind = http,
					    .rate = gateway.rate,
					    .request = request,
					    .judge = judge } };
	http_flights_init(&http->flights);
	sw_carrier_set_places(carrier, (int)gateway.concurrency);
	*ret_state = http;
	return 0;
}

const struct sw_carrier_kind sw_carrier_http = {
	.scheme = "http",
	.doc = "http:FILE: a gateway with an HTTP interface, as the file describes it.",
	.open = open_http,
	.close = close_http,
	.stop = stop_http,
	.submit = submit,
	.hook = hook_wait,
	.receipts_by_id = true,
};
