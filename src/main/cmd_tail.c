/* strowger tail: an account's events as they happen, or the way of one message through the program. */
#include <stdio.h>

#include "base/arena.h"
#include "main/command.h"
#include "wire/form/form.h"
#include "wire/json/json.h"

enum { WAIT_S = 20, LAST = 20 };

/* Ask, and parse what comes; NULL when it failed, which was said. */
static const struct sw_json *ask(struct sw_arena *arena, const struct client *client, const char *path,
				 struct sw_str *ret_text)
{
	const struct sw_json *reply;
	int status = client_call(arena, client, path, SW_STR_NULL, ret_text);
	if (status < 0)
		return NULL;
	if (sw_json_parse(arena, *ret_text, NULL, &reply, NULL)) {
		fprintf(stderr, "strowger tail: HTTP status %d with a body that is no JSON\n", status);
		return NULL;
	}
	if (status == 200)
		return reply;
	if (status != 401) /* that was said */
		fprintf(stderr, "strowger tail: %.*s\n", SW_FMT(sw_json_get_str(reply, "message")));
	return NULL;
}

static void print_text(struct sw_arena *arena, const struct sw_json *event)
{
	struct sw_buf data = { .arena = arena };
	struct sw_json_out out = { .buf = &data };
	const struct sw_json *more = sw_json_get(event, "data");
	if (more && more->n)
		sw_json_value(&out, more);
	printf("%.*s  %.*s  %-24.*s %.*s\n", SW_FMT(sw_json_get_str(event, "time")),
	       SW_FMT(sw_json_get_str(event, "sid")), SW_FMT(sw_json_get_str(event, "type")),
	       SW_FMT(sw_buf_str(&data)));
}

static void print_json(struct sw_arena *arena, const struct sw_json *event)
{
	struct sw_buf line = { .arena = arena };
	struct sw_json_out out = { .buf = &line };
	sw_json_value(&out, event);
	printf("%.*s\n", SW_FMT(sw_buf_str(&line)));
}

static int follow(const struct client *client, bool json, bool once, bool all)
{
	char cursor[64] = "";
	for (;;) {
		struct sw_arena arena;
		struct sw_str text;
		sw_arena_init(&arena);
		struct sw_str path =
			cursor[0] ? sw_str_fmt(&arena, "/v1/events?wait_s=%d&cursor=%s", once ? 0 : WAIT_S, cursor)
			: all     ? SW_S("/v1/events?limit=1000")
				  : sw_str_fmt(&arena, "/v1/events?last=%d", LAST);
		const struct sw_json *reply = ask(&arena, client, path.p, &text);
		const struct sw_json *events = sw_json_get(reply, "data");
		for (const struct sw_json *e = events ? events->child : NULL; e; e = e->next)
			(json ? print_json : print_text)(&arena, e);
		fflush(stdout);
		struct sw_str next = sw_json_get_str(reply, "next_cursor");
		if (next.p)
			snprintf(cursor, sizeof(cursor), "%.*s", SW_FMT(next));
		bool ends = !reply || ferror(stdout) || (once && !(events && events->n));
		sw_arena_done(&arena);
		if (ends)
			return reply ? EXIT_OK : EXIT_UNAVAILABLE;
	}
}

static int trace(struct sw_arena *arena, const struct client *client, struct sw_str sid, bool json)
{
	struct sw_str text;
	const struct sw_json *reply = ask(arena, client, sw_str_fmt(arena, "/v1/traces/%.*s", SW_FMT(sid)).p, &text);
	if (!reply)
		return EXIT_FAILED;
	const struct sw_json *steps = sw_json_get(reply, "steps");
	for (const struct sw_json *s = steps ? steps->child : NULL; s; s = s->next) {
		const struct sw_json *at = sw_json_get(s, "at_us");
		if (json)
			print_json(arena, s);
		else
			printf("%10lld us  %-8.*s %.*s\n", at ? (long long)at->i : 0LL,
			       SW_FMT(sw_json_get_str(s, "room")), SW_FMT(sw_json_get_str(s, "step")));
	}
	return EXIT_OK;
}

static int tail(struct sw_arena *arena, const struct config *config, const struct sw_strs *given)
{
	struct sw_strs words = *given;
	struct client client;
	bool json = command_flag(&words, "json"), once = command_flag(&words, "once"),
	     all = command_flag(&words, "all");
	struct sw_str sid = command_option(&words, "trace");
	if (words.n == 1 && sw_str_is(words.v[0], "--trace"))
		return command_usage(&command_tail, "--trace needs a SID");
	if (words.n)
		return command_usage(&command_tail, "'%.*s' is not understood", SW_FMT(words.v[0]));
	int code = client_open(arena, config, &client);
	if (code)
		return code;
	return sid.p ? trace(arena, &client, sid, json) : follow(&client, json, once, all);
}

const struct command command_tail = {
	.name = "tail",
	.arguments = "[--json] [--all] [--once] [--trace SID]",
	.doc = "print the last 20 events (--all: every one) and those to come (--once: not), or one message's way",
	.run = tail,
};
