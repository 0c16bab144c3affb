/* strowger send: one message through a running server. */
#include <stdio.h>

#include "base/arena.h"
#include "main/command.h"
#include "wire/form/form.h"
#include "wire/json/json.h"

static int print_reply(struct sw_arena *arena, int status, struct sw_str body)
{
	const struct sw_json *reply;
	const char *why;
	if (status < 0)
		return EXIT_UNAVAILABLE;
	if (sw_json_parse(arena, body, NULL, &reply, &why)) {
		fprintf(stderr, "strowger send: HTTP status %d with a body that is no JSON: %s\n", status, why);
		return EXIT_FAILED;
	}
	if (status != 201) {
		const struct sw_json *code = sw_json_get(reply, "code");
		fprintf(stderr, "strowger send: refused with error %lld: %.*s\n", code ? (long long)code->i : 0LL,
			SW_FMT(sw_json_get_str(reply, "message")));
		return EXIT_FAILED;
	}
	printf("%.*s %.*s\n", SW_FMT(sw_json_get_str(reply, "sid")), SW_FMT(sw_json_get_str(reply, "status")));
	return EXIT_OK;
}

static int send_message(struct sw_arena *arena, const struct config *config, const struct sw_strs *given)
{
	static const char *const options[] = { "to", "from", "body", "media_url", "send_at" };
	struct sw_strs words = *given;
	struct sw_buf form = { .arena = arena };
	struct client client;
	struct sw_str body;
	bool has[SW_COUNTOF(options)] = { false };
	for (size_t i = 0; i < SW_COUNTOF(options); i++) {
		struct sw_str flag = sw_str_of(options[i]);
		char name[16];
		for (size_t k = 0; k <= flag.n; k++)
			name[k] = flag.p[k] == '_' ? '-' : flag.p[k];
		for (struct sw_str value = command_option(&words, name); value.p;
		     value = command_option(&words, name)) {
			sw_form_add(&form, flag, value);
			has[i] = true;
		}
	}
	if (words.n)
		return command_usage(&command_send, "'%.*s' is not understood", SW_FMT(words.v[0]));
	if (!has[0] || (!has[2] && !has[3]))
		return command_usage(&command_send, "give --to and --body or --media-url");
	if (!has[1])
		sw_form_add(&form, SW_S("from"), SW_S("+15005550006"));
	int code = client_open(arena, config, &client);
	if (code)
		return code;
	return print_reply(arena, client_call(arena, &client, "/v1/messages", sw_buf_str(&form), &body), body);
}

const struct command command_send = {
	.name = "send",
	.arguments = "--to NUMBER --body TEXT [--from NUMBER] [--media-url URL]... [--send-at TIME]",
	.doc = "send a message through a running server",
	.run = send_message,
};
