/* strowger completion: a bash completion script, made from the table of commands. */
#include <stdio.h>

#include "main/command.h"

/* The --words of a usage line, each once. */
static void add_flags(struct sw_buf *out, struct sw_str text)
{
	while (text.n) {
		ptrdiff_t at = sw_str_find(text, SW_S("--"));
		if (at < 0)
			return;
		text = sw_str_from(text, (size_t)at);
		size_t n = 2;
		while (n < text.n && ((text.p[n] >= 'a' && text.p[n] <= 'z') || text.p[n] == '-'))
			n++;
		sw_buf_add_char(out, ' ');
		sw_buf_add_str(out, sw_str_sub(text, 0, n));
		text = sw_str_from(text, n);
	}
}

static int completion(struct sw_arena *arena, const struct config *config, const struct sw_strs *words)
{
	struct sw_buf out = { .arena = arena }, settings = { .arena = arena };
	(void)config;
	if (words->n > 1 || (words->n && !sw_str_is(words->v[0], "bash")))
		return command_usage(&command_completion, "only bash is known");
	config_help(&settings);
	sw_buf_add_cstr(&out, "_strowger() {\n\tlocal word=${COMP_WORDS[COMP_CWORD]} words\n\tcase "
			      "$COMP_CWORD:${COMP_WORDS[1]} in\n\t1:*) words='");
	for (const struct command *const *c = commands; *c; c++)
		sw_buf_add_fmt(&out, "%s ", (*c)->name);
	sw_buf_add_cstr(&out, "--help' ;;\n");
	for (const struct command *const *c = commands; *c; c++) {
		sw_buf_add_fmt(&out, "\t*:%s) words='--help", (*c)->name);
		add_flags(&out, sw_str_of((*c)->arguments));
		add_flags(&out, sw_buf_str(&settings));
		sw_buf_add_cstr(&out, "' ;;\n");
	}
	sw_buf_add_cstr(&out, "\tesac\n\tCOMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n}\ncomplete -o default -F "
			      "_strowger strowger\n");
	fwrite(out.p, 1, out.n, stdout);
	return EXIT_OK;
}

const struct command command_completion = {
	.name = "completion",
	.arguments = "[bash]",
	.doc = "print a completion script: source <(strowger completion)",
	.run = completion,
};
