/* strowger account create: a further master account, by the first one's credentials, on a running server. */
#include <stdio.h>

#include "base/arena.h"
#include "main/command.h"
#include "wire/form/form.h"
#include "wire/json/json.h"

static int account(struct sw_arena *arena, const struct config *config, const struct sw_strs *given)
{
	struct sw_strs words = *given;
	struct sw_buf form = { .arena = arena };
	const struct sw_json *reply;
	struct client client;
	struct sw_str body, name = command_option(&words, "friendly-name");
	if (words.n != 1 || !sw_str_is(words.v[0], "create"))
		return command_usage(&command_account, "say what to do: create");
	sw_form_add(&form, SW_S("friendly_name"), name.p ? name : SW_S("Account"));
	if (!config_is_default(config, "opening_balance"))
		sw_form_add(&form, SW_S("opening_balance"), config->opening_balance);
	int code = client_open(arena, config, &client);
	if (code)
		return code;
	int status = client_call(arena, &client, "/v1/accounts", sw_buf_str(&form), &body);
	if (status < 0)
		return EXIT_UNAVAILABLE;
	if (sw_json_parse(arena, body, NULL, &reply, NULL))
		return EXIT_FAILED;
	if (status != 201) {
		fprintf(stderr, "strowger account: refused: %.*s\n", SW_FMT(sw_json_get_str(reply, "message")));
		return EXIT_FAILED;
	}
	printf("Account SID  %.*s\nAuth token   %.*s\n", SW_FMT(sw_json_get_str(reply, "sid")),
	       SW_FMT(sw_json_get_str(reply, "auth_token")));
	return EXIT_OK;
}

const struct command command_account = {
	.name = "account",
	.arguments = "create [--friendly-name TEXT] [--opening-balance AMOUNT]",
	.doc = "make a further master account on a running server",
	.run = account,
};
