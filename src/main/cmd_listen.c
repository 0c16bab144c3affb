/* strowger listen: an account's webhooks, played against a server on this machine. */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/num.h"
#include "base/time.h"
#include "loop/clock.h"
#include "main/command.h"
#include "net/courier.h"
#include "wire/form/form.h"
#include "wire/json/json.h"

enum { QUIET_S = 45, BACKOFF_MAX_S = 30, HEADERS_MAX = 24, LOCAL_TIMEOUT_MS = 15000, LINE_MAX = 4 * 1024 * 1024 };

struct listen {
	struct client client;
	struct sw_str forward, path; /* scheme and authority; the path there, absent: the original's */
	bool answer, connected, ended;
	int64_t left; /* webhooks until the end; 0: no end */
	struct sw_buf line, data;
	bool is_webhook, is_end;
	int backoff_s;
};

/* ---- one webhook ---- */

/* The path and query of the URL, or the path that was given with the query. */
static struct sw_str local_url(struct sw_arena *arena, const struct listen *listen, struct sw_str url)
{
	ptrdiff_t at = sw_str_find(url, SW_S("://"));
	struct sw_str rest = sw_str_from(url, at < 0 ? 0 : (size_t)at + 3);
	size_t n = 0;
	while (n < rest.n && rest.p[n] != '/' && rest.p[n] != '?')
		n++;
	rest = sw_str_from(rest, n);
	if (listen->path.p) {
		ptrdiff_t query = sw_str_index(rest, '?');
		rest = query < 0 ? SW_S("") : sw_str_from(rest, (size_t)query);
	}
	return sw_str_fmt(arena, "%.*s%.*s%.*s", SW_FMT(listen->forward), SW_FMT(listen->path), SW_FMT(rest));
}

static void add(struct sw_http_header *headers, size_t *n, struct sw_str name, struct sw_str value)
{
	if (*n < HEADERS_MAX)
		headers[(*n)++] = (struct sw_http_header){ name, value };
}

/* As a proxy in front of the developer's server would: who rebuilds the URL to check the signature finds it. */
static size_t local_headers(const struct sw_json *webhook, struct sw_http_header headers[HEADERS_MAX])
{
	struct sw_str url = sw_json_get_str(webhook, "url"), rest = url, scheme = sw_str_cut(&rest, ':');
	struct sw_str host = sw_str_from(rest, 2);
	const struct sw_json *given = sw_json_get(webhook, "headers");
	size_t n = 0, end = 0;
	while (end < host.n && host.p[end] != '/' && host.p[end] != '?')
		end++;
	host = sw_str_sub(host, 0, end);
	add(headers, &n, SW_S("Host"), host);
	add(headers, &n, SW_S("X-Forwarded-Host"), host);
	add(headers, &n, SW_S("X-Forwarded-Proto"), scheme);
	add(headers, &n, SW_S("X-Strowger-Original-Url"), url);
	for (const struct sw_json *h = given ? given->child : NULL; h; h = h->next)
		add(headers, &n, h->name, h->text);
	return n;
}

static void print_line(struct sw_arena *arena, const struct sw_json *webhook, const struct sw_fetched *got, int err)
{
	static const char *const names[] = {
		"MessageStatus", "SmsStatus", "EventType", "MessageSid", "SmsSid", "Body"
	};
	struct sw_form form = { 0 };
	struct sw_str url = sw_json_get_str(webhook, "url"), time = sw_json_get_str(webhook, "time");
	if (sw_form_decode(arena, sw_json_get_str(webhook, "body"), 100, &form))
		form.n = 0;
	printf("%.*s  %.*s %.*s", SW_FMT(sw_str_sub(time, 11, 8)), SW_FMT(sw_json_get_str(webhook, "method")),
	       SW_FMT(url));
	for (size_t i = 0; i < SW_COUNTOF(names); i++) {
		struct sw_str value = sw_form_get(&form, names[i]);
		if (value.n && !(i == 1 && sw_form_get(&form, names[0]).n) &&
		    !(i == 4 && sw_form_get(&form, names[3]).n))
			printf("  %.*s", SW_FMT(command_tame(arena, sw_str_sub(value, 0, 60))));
	}
	if (err)
		printf("  -> %.*s\n", SW_FMT(command_tame(arena, got->why)));
	else
		printf("  -> %d  %lld ms\n", got->status, (long long)(got->total_us / 1000));
	fflush(stdout);
}

static void send_answer(struct sw_arena *arena, const struct listen *listen, struct sw_str id,
			const struct sw_fetched *got)
{
	struct sw_buf form = { .arena = arena };
	struct sw_str ignored;
	char status[24];
	sw_form_add(&form, SW_S("status"), sw_num_format(got->status, status));
	if (got->content_type.n)
		sw_form_add(&form, SW_S("content_type"), got->content_type);
	if (got->body.n)
		sw_form_add(&form, SW_S("body"), got->body);
	struct sw_str path = sw_str_fmt(arena, "/v1/webhooks/stream/%.*s", SW_FMT(id));
	int answered = client_call(arena, &listen->client, path.p, sw_buf_str(&form), &ignored);
	if (answered != 204)
		fprintf(stderr, "strowger listen: the answer came too late, or was not taken (status %d)\n", answered);
}

static void take_webhook(struct listen *listen, struct sw_str text)
{
	struct sw_arena arena;
	struct sw_http_header headers[HEADERS_MAX];
	const struct sw_json *webhook;
	struct sw_fetched got;
	sw_arena_init(&arena);
	if (sw_json_parse(&arena, text, NULL, &webhook, NULL) == 0) {
		struct sw_str id = sw_json_get_str(webhook, "id"), method = sw_json_get_str(webhook, "method");
		struct sw_fetch fetch = {
			.method = method,
			.url = local_url(&arena, listen, sw_json_get_str(webhook, "url")),
			.headers = headers,
			.headers_n = local_headers(webhook, headers),
			.body = sw_str_is(method, "GET") ? SW_STR_NULL : sw_json_get_str(webhook, "body"),
			.total_timeout_ms = LOCAL_TIMEOUT_MS,
			.response_max_bytes = 64 * 1024,
			.trusted = true,
		};
		int err = sw_http_call_now(&fetch, &arena, &got);
		print_line(&arena, webhook, &got, err);
		if (id.n && !err)
			send_answer(&arena, listen, id, &got);
		else if (id.n) /* what a gateway says when there is nobody behind it */
			send_answer(&arena, listen, id, &(struct sw_fetched){ .status = 502 });
		if (listen->left && --listen->left == 0)
			listen->ended = true;
	}
	sw_arena_done(&arena);
}

/* ---- the stream ---- */

static void take_end(struct sw_str text)
{
	struct sw_arena arena;
	const struct sw_json *end;
	sw_arena_init(&arena);
	if (sw_json_parse(&arena, text, NULL, &end, NULL) == 0)
		fprintf(stderr, "strowger listen: the server ended the stream: %.*s\n",
			SW_FMT(sw_json_get_str(end, "message")));
	sw_arena_done(&arena);
}

static void take_line(struct listen *listen, struct sw_str line)
{
	if (sw_str_starts(line, SW_S("event: "))) {
		listen->is_webhook = sw_str_is(sw_str_from(line, 7), "webhook");
		listen->is_end = sw_str_is(sw_str_from(line, 7), "end");
	} else if (sw_str_starts(line, SW_S("data: "))) {
		sw_buf_add_str(&listen->data, sw_str_from(line, 6));
	} else if (line.n == 0) {
		if (listen->is_webhook && listen->data.n)
			take_webhook(listen, sw_buf_str(&listen->data));
		else if (listen->is_end)
			take_end(sw_buf_str(&listen->data));
		listen->data.n = 0;
		listen->is_webhook = listen->is_end = false;
	}
}

static bool on_bytes(void *owner, struct sw_str bytes)
{
	struct listen *listen = owner;
	if (!listen->connected) {
		listen->connected = true;
		listen->backoff_s = 1;
		printf("listening to the webhooks of %.*s, forwarding to %.*s%.*s%s\n", SW_FMT(listen->client.sid),
		       SW_FMT(listen->forward), SW_FMT(listen->path), listen->answer ? ", answering from there" : "");
		fflush(stdout);
	}
	for (struct sw_str rest = bytes; rest.p && !listen->ended;) {
		struct sw_str piece = sw_str_cut(&rest, '\n');
		sw_buf_add_str(&listen->line, piece);
		if (!rest.p)
			break;
		take_line(listen, sw_buf_str(&listen->line));
		listen->line.n = 0;
	}
	return !listen->ended && listen->line.n < LINE_MAX;
}

/* @return an exit code, or -1: try again */
static int follow(struct listen *listen)
{
	struct sw_arena arena;
	struct sw_fetched got;
	int code = -1;
	sw_arena_init(&arena);
	struct sw_fetch_identity trust;
	const struct sw_http_header header = { SW_S("Authorization"), client_basic(&arena, &listen->client) };
	const struct sw_fetch fetch = {
		.method = SW_S("GET"),
		.url = sw_str_fmt(&arena, "%.*s/v1/webhooks/stream?mode=%s", SW_FMT(listen->client.server),
				  listen->answer ? "divert" : "copy"),
		.headers = &header,
		.headers_n = 1,
		.trusted = true,
		.identity = client_trust(&arena, &listen->client, &trust),
	};
	listen->connected = false;
	listen->line.n = listen->data.n = 0;
	listen->is_webhook = listen->is_end = false;
	int err = sw_http_follow_now(&fetch, &arena, QUIET_S, on_bytes, listen, &got);
	if (listen->ended) {
		code = EXIT_OK;
	} else if (!err && got.status >= 400 && got.status < 500 && got.status != 429 && got.status != 408) {
		const struct sw_json *reply;
		bool said = sw_json_parse(&arena, got.body, NULL, &reply, NULL) == 0;
		fprintf(stderr, "strowger listen: the server refused (%d): %.*s\n", got.status,
			SW_FMT(said ? sw_json_get_str(reply, "message") : SW_S("")));
		code = EXIT_FAILED;
	} else if (!listen->connected) {
		fprintf(stderr, "strowger listen: %.*s does not answer%s%.*s; trying again in %d s\n",
			SW_FMT(listen->client.server), err ? ": " : "", SW_FMT(err ? got.why : SW_S("")),
			listen->backoff_s);
	}
	sw_arena_done(&arena);
	return code;
}

static int run_all(struct listen *listen)
{
	int code;
	while ((code = follow(listen)) < 0) {
		sleep((unsigned)listen->backoff_s);
		listen->backoff_s = listen->backoff_s * 2 < BACKOFF_MAX_S ? listen->backoff_s * 2 : BACKOFF_MAX_S;
	}
	sw_buf_done(&listen->line);
	sw_buf_done(&listen->data);
	return code;
}

/* "http://127.0.0.1:3000/path": a path other than "/" stands for every webhook's own. */
static bool read_forward(struct listen *listen, struct sw_str url)
{
	ptrdiff_t at = sw_str_find(url, SW_S("://"));
	if (!sw_str_starts(url, SW_S("http://")) && !sw_str_starts(url, SW_S("https://")))
		return false;
	struct sw_str rest = sw_str_from(url, (size_t)at + 3);
	ptrdiff_t slash = sw_str_index(rest, '/');
	size_t n = slash < 0 ? rest.n : (size_t)slash;
	listen->forward = sw_str_sub(url, 0, (size_t)at + 3 + n);
	struct sw_str path = sw_str_from(rest, n);
	if (path.n > 1)
		listen->path = path;
	return n > 0;
}

static int run(struct sw_arena *arena, const struct config *config, const struct sw_strs *given)
{
	struct sw_strs words = *given;
	struct listen listen = { .backoff_s = 1 };
	struct sw_str forward = command_option(&words, "forward"), path = command_option(&words, "path"),
		      count = command_option(&words, "count");
	listen.answer = command_flag(&words, "answer");
	if (words.n)
		return command_usage(&command_listen, "'%.*s' is not understood", SW_FMT(words.v[0]));
	if (!forward.n || !read_forward(&listen, forward))
		return command_usage(&command_listen, "give --forward URL, such as http://127.0.0.1:3000");
	if (path.p)
		listen.path = path;
	if (listen.path.p && (listen.path.p[0] != '/' || sw_str_index(listen.path, '?') >= 0))
		return command_usage(&command_listen, "the path must begin with '/' and have no '?'");
	if (count.p && (sw_num_parse(count, &listen.left) || listen.left < 1))
		return command_usage(&command_listen, "--count must be a number from 1");
	int code = client_open(arena, config, &listen.client);
	return code ? code : run_all(&listen);
}

const struct command command_listen = {
	.name = "listen",
	.arguments = "--forward URL [--path PATH] [--answer] [--count N]",
	.doc = "play the account's webhooks to a server on this machine (--answer: it answers them)",
	.run = run,
};
