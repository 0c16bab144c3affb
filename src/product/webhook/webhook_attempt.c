/* The attempt log over HTTP: what was sent, what came back, how long each part of it took. */
#include "product/webhook/webhook.h"

#include "api/live/follow.h"
#include "core/webhook/endpoint.h"
#include "loop/task.h"
#include "net/courier.h"
#include "store/attempt.h"

static const char *const results[] = { "delivered", "failed", NULL };
static const char *const lanes[] = { [SW_LANE_INTERACTIVE] = "interactive",
				     [SW_LANE_CALLBACK] = "callback",
				     [SW_LANE_STREAM] = "stream",
				     [SW_LANE_OPS] = "ops",
				     NULL };

struct attempt {
	struct sw_sid id, account_sid, endpoint_id;
	struct sw_str sid, url, method, result, lane, token, error, why, peer;
	struct sw_str request_headers, request_body, response_headers, response_body;
	int64_t attempt, repetition, date_started, date_next_attempt, date_event, status, error_code;
	int64_t queued_us, dns_us, connect_us, tls_us, first_byte_us, total_us, request_body_bytes, response_body_bytes;
	int8_t connection_reused;
};

struct attempt_args {
	struct sw_sid id, sid, endpoint_id;
	struct sw_str url, result, status_class, cursor;
	int64_t since, until;
};

/* clang-format off */
#define A struct attempt
#define TEXT(member, doc_) { .name = #member, .doc = doc_, .type = SW_STR, SW_TEXT_AT(A, member) }
#define NUMBER(member, doc_) { .name = #member, .doc = doc_, .type = SW_INT, SW_INT_AT(A, member) }
#define TIME(member, doc_) { .name = #member, .doc = doc_, .type = SW_TIME, SW_INT_AT(A, member) }
#define SUMMARY \
	{ .name = "id", .doc = "Identifier.", .type = SW_SID, .kinds = WEBHOOK_ATTEMPT, SW_SID_AT(A, id) }, \
	{ .name = "account_sid", .doc = "Account whose URL was asked.", .type = SW_SID, .kinds = "AC", SW_SID_AT(A, account_sid) }, \
	TEXT(sid, "What the request was about; null: nothing that has a SID."), \
	{ .name = "endpoint_id", .doc = "Endpoint that it went to; null: it is not counted.", .type = SW_SID, .kinds = SW_HOOK_SID, SW_SID_AT(A, endpoint_id) }, \
	TEXT(url, "URL asked, without user and password."), \
	TEXT(method, "GET or POST."), \
	{ .name = "lane", .doc = "callback: durable and tried again; interactive: somebody waited for the answer.", .type = SW_ENUM, .values = lanes, SW_TEXT_AT(A, lane) }, \
	{ .name = "result", .doc = "delivered: a 2xx came.", .type = SW_ENUM, .values = results, SW_TEXT_AT(A, result) }, \
	NUMBER(attempt, "Attempt of the callback, from 1; null: no callback."), \
	NUMBER(repetition, "Request within the attempt, from 1: connection overrides may repeat one at once."), \
	TEXT(token, "Its I-Twilio-Idempotency-Token, the same over all attempts."), \
	TIME(date_started, "When it was sent."), \
	TIME(date_next_attempt, "When it is tried again; null: not."), \
	TIME(date_event, "When what it tells of happened."), \
	NUMBER(status, "Status of the answer; null: none came."), \
	NUMBER(error_code, "What was wrong; null: nothing."), \
	TEXT(error, "Why no answer came: dns, connect, connect-timeout, timeout, lost, tls …; null: one came."), \
	TEXT(why, "The same in a sentence."), \
	NUMBER(queued_us, "Time it waited for its turn, before all that follows."), \
	NUMBER(total_us, "From its start to the last byte.")
static const struct sw_field summary_fields[] = { SUMMARY, { 0 } };
static const struct sw_field attempt_fields[] = {
	SUMMARY,
	NUMBER(dns_us, "From its start until the name was resolved."),
	NUMBER(connect_us, "Until it was connected."),
	NUMBER(tls_us, "Until TLS was agreed on; null: none."),
	NUMBER(first_byte_us, "Until the answer began."),
	{ .name = "connection_reused", .doc = "An open connection was used.", .type = SW_BOOL, SW_BOOL_AT(A, connection_reused) },
	TEXT(peer, "Address connected to."),
	{ .name = "request_headers", .doc = "Header fields sent, an object; credentials and cookies as ***.", .type = SW_JSON, SW_TEXT_AT(A, request_headers) },
	TEXT(request_body, "The first 4096 bytes of what was sent; null: nothing."),
	NUMBER(request_body_bytes, "How long it was."),
	{ .name = "response_headers", .doc = "Header fields of the answer, an object, cookies as ***; null: none came.", .type = SW_JSON, SW_TEXT_AT(A, response_headers) },
	TEXT(response_body, "The first 4096 bytes of the answer."),
	NUMBER(response_body_bytes, "How long it was."),
	{ 0 },
};

#define F struct attempt_args
static const struct sw_field one_params[] = {
	{ .name = "id", .doc = "Identifier of the attempt.", .type = SW_SID, .flags = SW_PATH, .kinds = WEBHOOK_ATTEMPT, SW_SID_AT(F, id) },
	{ 0 },
};
#define FILTERS \
	{ .name = "endpoint_id", .doc = "Only requests to this endpoint.", .type = SW_SID, .flags = SW_QUERY, .kinds = SW_HOOK_SID, SW_SID_AT(F, endpoint_id) }, \
	{ .name = "url", .doc = "Only requests to this URL, or to those that begin with it.", .type = SW_STR, .flags = SW_QUERY, SW_TEXT_AT(F, url), .max = 2048 }, \
	{ .name = "result", .doc = "Only those that were delivered, or failed.", .type = SW_ENUM, .flags = SW_QUERY, .values = results, SW_TEXT_AT(F, result) }, \
	{ .name = "status_class", .doc = "Only those that were answered so; none: not at all.", .type = SW_ENUM, .flags = SW_QUERY, .values = webhook_classes, SW_TEXT_AT(F, status_class) }, \
	{ .name = "sid", .doc = "Only requests about this SID.", .type = SW_SID, .flags = SW_QUERY, .kinds = "*", SW_SID_AT(F, sid) }
static const struct sw_field list_params[] = {
	FILTERS,
	{ .name = "since", .doc = "Only those started then or later.", .type = SW_TIME, .flags = SW_QUERY, SW_INT_AT(F, since) },
	{ .name = "until", .doc = "Only those started then or before.", .type = SW_TIME, .flags = SW_QUERY, SW_INT_AT(F, until) },
	{ 0 },
};
static const struct sw_field stream_params[] = {
	FILTERS,
	{ .name = "cursor", .doc = "Go on behind this attempt: the id of the last one seen. The header Last-Event-ID says the same and goes before.", .type = SW_STR, .flags = SW_QUERY, SW_TEXT_AT(F, cursor), .max = 34 },
	{ 0 },
};
/* clang-format on */

/* ---- showing ---- */

static int64_t or_none(int64_t value)
{
	return value ? value : SW_NONE;
}

/* "Name: value\n" … as an object; a name that comes again joins the first. */
static struct sw_str header_object(struct sw_arena *arena, struct sw_str lines)
{
	struct sw_buf text = { .arena = arena };
	struct sw_json_out out = { .buf = &text };
	if (!lines.p)
		return SW_STR_NULL;
	sw_json_object(&out);
	for (struct sw_str rest = lines; rest.n;) {
		struct sw_str value = sw_str_cut(&rest, '\n'), name = sw_str_cut(&value, ':');
		sw_json_key(&out, name);
		sw_json_str(&out, sw_str_trim(value));
	}
	sw_json_end_object(&out);
	return sw_buf_str(&text);
}

static void show(struct sw_arena *arena, const struct sw_attempt *from, struct attempt *to)
{
	bool about = from->kind[0] != 0, answered = from->status != 0;
	*to = (struct attempt){
		.id = sw_sid_of(WEBHOOK_ATTEMPT, from->id),
		.account_sid = sw_sid_of("AC", from->account),
		.sid = about ? sw_sid_text(arena, sw_sid_of(from->kind, from->sid)) : SW_STR_NULL,
		.endpoint_id =
			sw_id_is_zero(from->endpoint) ? (struct sw_sid){ 0 } : sw_sid_of(SW_HOOK_SID, from->endpoint),
		.url = from->url,
		.method = from->method,
		.lane = from->lane >= 0 && from->lane < SW_LANES ? sw_str_of(lanes[from->lane]) : SW_STR_NULL,
		.result = sw_str_of(results[from->code != 0]),
		.attempt = or_none(from->number),
		.repetition = from->repetition,
		.token = from->token,
		.date_started = from->started_us,
		.date_next_attempt = or_none(from->next_us),
		.date_event = or_none(from->event_us),
		.status = or_none(from->status),
		.error_code = or_none(from->code),
		.error = from->error,
		.why = from->why,
		.queued_us = from->queued_us,
		.total_us = from->total_us,
		.dns_us = from->dns_us,
		.connect_us = from->connect_us,
		.tls_us = or_none(from->tls_us),
		.first_byte_us = from->first_byte_us,
		.connection_reused = from->reused != 0,
		.peer = from->peer.n ? from->peer : SW_STR_NULL,
		.request_headers = header_object(arena, from->request_headers),
		.request_body = from->request_body,
		.request_body_bytes = from->request_bytes,
		.response_headers = header_object(arena, from->response_headers),
		.response_body = from->response_body,
		.response_body_bytes = answered ? from->response_bytes : SW_NONE,
	};
}

/* ---- choosing ---- */

static bool has_class(const struct sw_attempt *a, struct sw_str class)
{
	int64_t digit = a->status / 100;
	return digit ? class.p[0] == '0' + digit : sw_str_is(class, "none");
}

static bool is_wanted(const struct sw_attempt *a, const void *arg)
{
	const struct attempt_args *args = arg;
	return (!sw_sid_given(args->endpoint_id) || sw_id_eq(args->endpoint_id.id, a->endpoint)) &&
	       (!args->url.p || sw_str_starts(a->url, args->url)) &&
	       (!args->result.p || sw_str_is(args->result, results[a->code != 0])) &&
	       (!args->status_class.p || has_class(a, args->status_class)) &&
	       (!sw_sid_given(args->sid) || sw_sid_eq(args->sid, sw_sid_of(a->kind, a->sid)));
}

static int read_cursor(struct sw_str text, struct sw_sid *ret, struct sw_error *err)
{
	return text.p && sw_sid_parse(text, WEBHOOK_ATTEMPT, ret)
		       ? sw_fail(err, 20001, "The cursor is not one that this server gave.")
		       : 0;
}

static int list(struct sw_call *c, struct sw_error *err)
{
	const struct attempt_args *args = c->args;
	struct sw_sid before = { 0 };
	struct sw_attempt *found;
	struct sw_id next;
	struct attempt row;
	size_t n;
	int failed = read_cursor(c->page.cursor, &before, err);
	if (failed)
		return failed;
	const struct sw_attempt_filter filter = {
		.account = c->account->sid.id,
		.before = before.id,
		.since_us = args->since == SW_NONE ? 0 : args->since,
		.until_us = args->until == SW_NONE ? 0 : args->until,
		.wanted = is_wanted,
		.arg = args,
		.limit = (size_t)c->page.size,
	};
	failed = sw_attempt_list_wait(c->task, c->core->attempts, c->arena, &filter, &found, &n, &next);
	for (size_t i = 0; i < n && !failed; i++) {
		show(c->arena, &found[i], &row);
		sw_call_add_row(c, &row);
	}
	if (!failed && !sw_id_is_zero(next))
		c->page.next = sw_sid_text(c->arena, sw_sid_of(WEBHOOK_ATTEMPT, next));
	return sw_fail_internal(err, failed);
}

static int fetch(struct sw_call *c, struct sw_error *err)
{
	const struct attempt_args *args = c->args;
	struct sw_attempt found;
	int failed = sw_attempt_get_wait(c->task, c->core->attempts, c->arena, c->account->sid.id, args->id.id, &found);
	if (failed == SW_ENOTFOUND)
		return sw_call_not_found(c, err);
	if (failed)
		return sw_fail_internal(err, failed);
	show(c->arena, &found, c->result);
	return 0;
}

/* ---- as they are made ---- */

struct watcher {
	struct sw_follower follower; /* first */
	struct sw_attempt_log *log;
	struct sw_id account, at; /* everything up to here was sent */
	struct attempt_args args;
};

static uint64_t news(const struct sw_follower *follower)
{
	return sw_attempt_news(((const struct watcher *)follower)->log);
}

static int next_wait(struct sw_task *task, struct sw_follower *follower, struct sw_buf *lines, bool *ret_more)
{
	struct watcher *watcher = (struct watcher *)follower;
	struct sw_arena *arena = sw_task_arena(task);
	const struct sw_attempt_filter filter = { .account = watcher->account,
						  .wanted = is_wanted,
						  .arg = &watcher->args };
	struct sw_attempt *found;
	struct attempt row;
	size_t n;
	int err = sw_attempt_follow_wait(task, watcher->log, arena, &filter, &watcher->at, &found, &n, ret_more);
	for (size_t i = 0; i < n && !err; i++) {
		show(arena, &found[i], &row);
		sw_follow_add(lines, sw_sid_text(arena, row.id), summary_fields, &row);
	}
	return err;
}

static struct sw_str place(const struct sw_follower *follower, struct sw_arena *arena)
{
	return sw_sid_text(arena, sw_sid_of(WEBHOOK_ATTEMPT, ((const struct watcher *)follower)->at));
}

static const struct sw_follow_kind kind = { .news = news, .next_wait = next_wait, .place = place };

static int stream(struct sw_call *c, struct sw_error *err)
{
	const struct attempt_args *args = c->args;
	struct sw_str cursor = sw_follow_cursor(c, args->cursor);
	struct sw_id latest = sw_attempt_latest(c->core->attempts);
	struct sw_sid from = sw_sid_of(WEBHOOK_ATTEMPT, latest);
	int failed = read_cursor(cursor, &from, err);
	if (failed)
		return failed;
	if (memcmp(from.id.b, latest.b, sizeof(latest.b)) > 0)
		from.id = (struct sw_id){ { 0 } }; /* of a log that is gone: all of this one is news */
	struct watcher *watcher = SW_FOLLOWER_NEW(struct watcher, &kind);
	struct sw_arena *arena = &watcher->follower.arena;
	watcher->log = c->core->attempts;
	watcher->account = c->account->sid.id;
	watcher->at = from.id;
	watcher->args = *args;
	watcher->args.url = sw_str_dup(arena, args->url);
	watcher->args.result = sw_str_dup(arena, args->result);
	watcher->args.status_class = sw_str_dup(arena, args->status_class);
	return sw_call_follow(c, &watcher->follower, err);
}

/* clang-format off */
static const struct sw_endpoint endpoints[] = {
	{ "GET", "/v1/webhooks/attempts", "ListWebhookAttempts", "List requests to the account's URLs, newest first; a page may have fewer than asked for, and the list ends where next_cursor is null.", SW_STYLE_NATIVE, NULL, list_params, sizeof(F), summary_fields, sizeof(A), 200, list, .flags = SW_LIST | SW_OWN_CURSOR, .rate_class = "read" },
	{ "GET", "/v1/webhooks/attempts/stream", "StreamWebhookAttempts", "Follow the attempt log: server-sent events, from now on or from a cursor.", SW_STYLE_NATIVE, NULL, stream_params, sizeof(F), NULL, 0, 200, stream, .flags = SW_RAW | SW_WAITS, .rate_class = "read" },
	{ "GET", "/v1/webhooks/attempts/{id}", "GetWebhookAttempt", "Show one request, what was sent and what came back.", SW_STYLE_NATIVE, NULL, one_params, sizeof(F), attempt_fields, sizeof(A), 200, fetch, .rate_class = "read" },
	{ 0 },
};
/* clang-format on */

static const struct sw_endpoint *const more[] = { webhook_endpoint_endpoints, webhook_dead_endpoints,
						  webhook_replay_endpoints, NULL };

const struct sw_module webhook_module = {
	.name = "webhook",
	.group = "webhooks",
	.endpoints = endpoints,
	.more = more,
	.events = webhook_events,
};
