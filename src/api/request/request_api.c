/* GET /v1/requests and GET /v1/requests/stream: the request log, as a list and as it grows. */
#include "api/live/follow.h"
#include "api/request/request_impl.h"
#include "base/num.h"
#include "loop/task.h"

enum { CURSOR_MAX = 20, US_PER_MS = 1000 };

struct wanted_args {
	struct sw_str method, status, path, search, cursor;
	int64_t code;
};

/* A record as it is shown. */
struct shown {
	struct sw_sid account_sid, key_sid, resource_sid;
	struct sw_str request_id, method, path, operation, user_agent, source_ip, request_body, response_body;
	int64_t date, status, code, duration_ms, request_bytes, response_bytes;
};

/* clang-format off */
#define A struct wanted_args
#define FILTERS \
	{ .name = "method", .doc = "Only requests of this method.", .type = SW_STR, .flags = SW_QUERY, SW_TEXT_AT(A, method), .max = 16 }, \
	{ .name = "status", .doc = "Only requests answered with this status: 404, or 4xx for all that begin with 4.", .type = SW_STR, .flags = SW_QUERY, SW_TEXT_AT(A, status), .max = 3 }, \
	{ .name = "path", .doc = "Only requests whose path begins like this.", .type = SW_STR, .flags = SW_QUERY, SW_TEXT_AT(A, path), .max = 512 }, \
	{ .name = "code", .doc = "Only requests refused with this error code.", .type = SW_INT, .flags = SW_QUERY, SW_INT_AT(A, code), .min = 1, .max = 999999 }, \
	{ .name = "search", .doc = "Only requests with this text in path, bodies, operation, user agent, address or SIDs; upper and lower case are alike.", .type = SW_STR, .flags = SW_QUERY, SW_TEXT_AT(A, search), .max = 200 }
static const struct sw_field list_params[] = { FILTERS, { 0 } };
static const struct sw_field stream_params[] = {
	FILTERS,
	{ .name = "cursor", .doc = "Go on behind this record: the id of the last one seen. The header Last-Event-ID says the same and goes before.", .type = SW_STR, .flags = SW_QUERY, SW_TEXT_AT(A, cursor), .max = CURSOR_MAX },
	{ 0 },
};

#define S struct shown
static const struct sw_field fields[] = {
	{ .name = "request_id", .doc = "The request: what Twilio-Request-Id said.", .type = SW_STR, SW_TEXT_AT(S, request_id) },
	{ .name = "account_sid", .doc = "Account that it acted on.", .type = SW_SID, .kinds = "AC", SW_SID_AT(S, account_sid) },
	{ .name = "date", .doc = "When it was answered; a stream's, when that began.", .type = SW_TIME, SW_INT_AT(S, date) },
	{ .name = "method", .doc = "Its method.", .type = SW_STR, SW_TEXT_AT(S, method) },
	{ .name = "path", .doc = "Path and query as they were sent, secrets as ***.", .type = SW_STR, SW_TEXT_AT(S, path) },
	{ .name = "operation", .doc = "The operationId of the endpoint; null when there is no such path.", .type = SW_STR, SW_TEXT_AT(S, operation) },
	{ .name = "status", .doc = "HTTP status of the answer.", .type = SW_INT, SW_INT_AT(S, status) },
	{ .name = "code", .doc = "Error code; null when it went well.", .type = SW_INT, SW_INT_AT(S, code) },
	{ .name = "duration_ms", .doc = "From its first byte to its answer.", .type = SW_INT, SW_INT_AT(S, duration_ms) },
	{ .name = "user_agent", .doc = "What made it, as it says itself.", .type = SW_STR, SW_TEXT_AT(S, user_agent) },
	{ .name = "source_ip", .doc = "Address that it came from.", .type = SW_STR, SW_TEXT_AT(S, source_ip) },
	{ .name = "key_sid", .doc = "API key or OAuth application that signed in; null: an auth token, or a key of an account that is not yours.", .type = SW_SID, .kinds = "SK,OQ", SW_SID_AT(S, key_sid) },
	{ .name = "request_body", .doc = "Beginning of its body, secrets as ***; null when it had none that may be kept.", .type = SW_STR, SW_TEXT_AT(S, request_body) },
	{ .name = "request_bytes", .doc = "Length of its whole body.", .type = SW_INT, SW_INT_AT(S, request_bytes) },
	{ .name = "response_body", .doc = "Beginning of the answer's body, secrets as ***; null when it had none that may be kept.", .type = SW_STR, SW_TEXT_AT(S, response_body) },
	{ .name = "response_bytes", .doc = "Length of the answer's whole body.", .type = SW_INT, SW_INT_AT(S, response_bytes) },
	{ .name = "resource_sid", .doc = "What it made, or what its path names; null: nothing in particular.", .type = SW_SID, .kinds = "*", SW_SID_AT(S, resource_sid) },
	{ 0 },
};
/* clang-format on */

/* ---- what is asked for ---- */

/* "404", "4xx" */
static int read_status(struct sw_str text, int64_t *ret, struct sw_error *err)
{
	struct sw_str digits = text;
	*ret = SW_NONE;
	if (!text.p)
		return 0;
	if (text.n == 3 && sw_str_eq_nocase(sw_str_from(text, 1), SW_S("xx")))
		digits.n = 1;
	int64_t least = digits.n == 1 ? 1 : 100, most = digits.n == 1 ? 5 : 599;
	if (text.n == 3 && !sw_num_parse(digits, ret) && *ret >= least && *ret <= most)
		return 0;
	return sw_fail(err, 20001, "The parameter 'status' is not valid: it is a status such as 404, or 4xx.");
}

static int read_wanted(const struct sw_call *c, struct request_wanted *ret, struct sw_error *err)
{
	const struct wanted_args *args = c->args;
	*ret = (struct request_wanted){
		.viewer = c->account->sid,
		.method = args->method,
		.path = args->path,
		.search = args->search,
		.code = args->code,
	};
	return read_status(args->status, &ret->status, err);
}

static int read_cursor(struct sw_str text, struct request_key *ret, struct sw_error *err)
{
	struct sw_str rest = text, us = sw_str_cut(&rest, '-');
	uint64_t time_us, loop;
	if (!rest.p || sw_num_parse_hex(us, &time_us) || sw_num_parse_hex(rest, &loop) || time_us > INT64_MAX ||
	    loop > REQUEST_LOOP_LAST)
		return sw_fail(err, 20001, "The cursor is not one that this server gave.");
	*ret = (struct request_key){ (int64_t)time_us, (unsigned)loop };
	return 0;
}

static struct sw_str write_cursor(struct sw_arena *arena, struct request_key key)
{
	return sw_str_fmt(arena, "%llx-%x", (unsigned long long)key.us, key.loop);
}

/* ---- a record ---- */

static void show(const struct request_record *r, struct sw_sid viewer, struct shown *ret)
{
	bool ours = sw_sid_eq(r->caller, viewer) || sw_sid_eq(r->caller_owner, viewer);
	*ret = (struct shown){
		.request_id = r->id,
		.account_sid = r->account,
		.key_sid = ours ? r->api_key : (struct sw_sid){ 0 },
		.resource_sid = r->resource,
		.method = r->method,
		.path = r->path,
		.operation = r->endpoint ? sw_str_of(r->endpoint->operation) : SW_STR_NULL,
		.user_agent = r->user_agent,
		.source_ip = r->source_ip,
		.request_body = r->request_body,
		.response_body = r->response_body,
		.date = r->key.us,
		.status = r->status,
		.code = r->code ? r->code : SW_NONE,
		.duration_ms = (r->duration_us + US_PER_MS / 2) / US_PER_MS,
		.request_bytes = (int64_t)r->request_bytes,
		.response_bytes = (int64_t)r->response_bytes,
	};
}

/* ---- the list ---- */

static int list(struct sw_call *c, struct sw_error *err)
{
	struct request_ask ask = { .from = { INT64_MAX, REQUEST_LOOP_LAST }, .most = (size_t)c->page.size + 1 };
	struct request_answer answer;
	int failed = read_wanted(c, &ask.wanted, err);
	if (!failed && c->page.cursor.p)
		failed = read_cursor(c->page.cursor, &ask.from, err);
	if (failed)
		return failed;
	failed = request_ask_wait(c->task, &ask, &answer);
	if (failed)
		return sw_fail_internal(err, failed);
	for (size_t i = 0; i < answer.n && i < (size_t)c->page.size; i++) {
		show(answer.records[i], c->account->sid, c->result);
		sw_call_add_row(c, c->result);
	}
	if (answer.n > (size_t)c->page.size)
		c->page.next = write_cursor(c->arena, answer.records[c->page.size - 1]->key);
	return 0;
}

/* ---- streams ---- */

struct watcher {
	struct sw_follower follower; /* first */
	struct request_wanted wanted;
	struct request_key at; /* everything up to here was sent */
};

static uint64_t news(const struct sw_follower *follower)
{
	(void)follower;
	return request_news();
}

static int next_wait(struct sw_task *task, struct sw_follower *follower, struct sw_buf *lines, bool *ret_more)
{
	struct watcher *watcher = (struct watcher *)follower;
	struct request_answer answer;
	struct shown row;
	const struct request_ask ask = {
		.wanted = watcher->wanted, .from = watcher->at, .forward = true, .most = sw_request_limits.batch
	};
	int err = request_ask_wait(task, &ask, &answer);
	if (err)
		return err;
	for (size_t i = 0; i < answer.n; i++) {
		show(answer.records[i], watcher->wanted.viewer, &row);
		sw_follow_add(lines, write_cursor(lines->arena, answer.records[i]->key), fields, &row);
	}
	watcher->at = answer.until;
	*ret_more = answer.more;
	return 0;
}

static struct sw_str place(const struct sw_follower *follower, struct sw_arena *arena)
{
	return write_cursor(arena, ((const struct watcher *)follower)->at);
}

static const struct sw_follow_kind kind = { .news = news, .next_wait = next_wait, .place = place };

static int stream(struct sw_call *c, struct sw_error *err)
{
	const struct wanted_args *args = c->args;
	struct sw_str cursor = sw_follow_cursor(c, args->cursor);
	struct request_key from = { request_now_us(), REQUEST_LOOP_LAST };
	struct request_wanted wanted;
	int failed = read_wanted(c, &wanted, err);
	if (!failed && cursor.n)
		failed = read_cursor(cursor, &from, err);
	if (failed)
		return failed;
	if (from.us > request_now_us())
		from = (struct request_key){ 0 }; /* given before the clock was set back: all of it is news */
	struct watcher *watcher = SW_FOLLOWER_NEW(struct watcher, &kind);
	watcher->at = from;
	watcher->wanted = request_wanted_dup(&watcher->follower.arena, wanted);
	return sw_call_follow(c, &watcher->follower, err);
}

/* clang-format off */
static const struct sw_endpoint endpoints[] = {
	{ "GET", "/v1/requests", "ListRequests", "List what the account and its subaccounts asked the API lately, newest first; kept in memory only.", SW_STYLE_NATIVE, NULL, list_params, sizeof(A), fields, sizeof(S), 200, list, .flags = SW_LIST | SW_OWN_CURSOR | SW_UNLOGGED, .rate_class = "read" },
	{ "GET", "/v1/requests/stream", "StreamRequests", "Follow the request log: server-sent events, from now on or from a cursor.", SW_STYLE_NATIVE, NULL, stream_params, sizeof(A), NULL, 0, 200, stream, .flags = SW_RAW | SW_WAITS | SW_UNLOGGED, .rate_class = "read" },
	{ 0 },
};
/* clang-format on */

const struct sw_module sw_request_module = { .name = "request", .group = "monitor", .endpoints = endpoints };
