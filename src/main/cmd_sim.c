/* strowger sim: plays what happens in the simulated network. */
#include <stdio.h>

#include "base/arena.h"
#include "main/command.h"
#include "wire/form/form.h"
#include "wire/json/json.h"

static int complain(int status, struct sw_str body, const struct sw_json *reply)
{
	const struct sw_json *code = sw_json_get(reply, "code");
	if (code)
		fprintf(stderr, "strowger sim: refused with error %lld: %.*s\n", (long long)code->i,
			SW_FMT(sw_json_get_str(reply, "message")));
	else
		fprintf(stderr, "strowger sim: HTTP status %d: %.*s\n", status, SW_FMT(sw_str_sub(body, 0, 200)));
	return EXIT_FAILED;
}

/* @param form  absent: GET. @return 0 or an exit code, which was said why */
static int call(struct sw_arena *arena, const struct client *client, const char *path, struct sw_str form,
		const struct sw_json **ret)
{
	struct sw_str body;
	int status = client_call(arena, client, path, form, &body);
	*ret = NULL;
	if (status < 0)
		return EXIT_UNAVAILABLE;
	int err = sw_json_parse(arena, body, NULL, ret, NULL);
	return err || status >= 300 ? complain(status, body, *ret) : EXIT_OK;
}

/* The first carrier that is simulated. */
static int find_carrier(struct sw_arena *arena, const struct client *client, struct sw_str *ret)
{
	const struct sw_json *reply;
	int code = call(arena, client, "/v1/carriers", SW_STR_NULL, &reply);
	const struct sw_json *items = sw_json_get(reply, "data");
	for (const struct sw_json *item = items ? items->child : NULL; item && !code; item = item->next)
		if (sw_str_is(sw_json_get_str(item, "scheme"), "sim")) {
			*ret = sw_json_get_str(item, "name");
			return EXIT_OK;
		}
	if (!code)
		fprintf(stderr,
			"strowger sim: the server has no simulated carrier; start it with --carrier sim=sim:\n");
	return code ? code : EXIT_FAILED;
}

static int receive(struct sw_arena *arena, const struct config *config, struct sw_strs *words)
{
	static const char *const options[] = { "from", "to", "body" };
	struct sw_str carrier = command_option(words, "over");
	struct sw_buf form = { .arena = arena }, path = { .arena = arena };
	struct client client;
	const struct sw_json *reply;
	for (size_t i = 0; i < SW_COUNTOF(options); i++) {
		struct sw_str value = command_option(words, options[i]);
		if (!value.p)
			return command_usage(&command_sim, "give --%s", options[i]);
		sw_form_add(&form, sw_str_of(options[i]), value);
	}
	if (words->n)
		return command_usage(&command_sim, "'%.*s' is not understood", SW_FMT(words->v[0]));
	int code = client_open(arena, config, &client);
	if (!code && !carrier.p)
		code = find_carrier(arena, &client, &carrier);
	if (code)
		return code;
	sw_buf_add_cstr(&path, "/v1/carriers/");
	sw_percent_encode(&path, carrier);
	sw_buf_add_cstr(&path, "/simulate");
	code = call(arena, &client, sw_str_cstr(arena, sw_buf_str(&path)), sw_buf_str(&form), &reply);
	if (!code)
		printf("received %.*s\n", SW_FMT(sw_json_get_str(reply, "to")));
	return code;
}

static int sim(struct sw_arena *arena, const struct config *config, const struct sw_strs *given)
{
	struct sw_strs words = *given;
	if (!words.n || !sw_str_is(words.v[0], "receive"))
		return command_usage(&command_sim, "there is one kind of play: receive");
	words.v++;
	words.n--;
	return receive(arena, config, &words);
}

const struct command command_sim = {
	.name = "sim",
	.arguments = "receive --from NUMBER --to NUMBER --body TEXT [--over CARRIER]",
	.doc = "play an inbound message of the simulated carrier in a running server",
	.run = sim,
};
