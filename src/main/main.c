/* strowger: the command line. */
#include <stdarg.h>
#include <stdio.h>

#include "base/arena.h"
#include "main/command.h"
#include "main/help/help.h"
#include "main/open.h"

const struct command *const commands[] = {
	&command_serve,   &command_run,     &command_env,    &command_send,       &command_sim,       &command_tail,
	&command_listen,  &command_account, &command_check,  &command_openapi,    &command_reference, &command_migrate,
	&command_version, &command_cert,    &command_import, &command_completion, &command_help,      NULL
};

static void drop(struct sw_strs *words, size_t at, size_t n)
{
	memmove(words->v + at, words->v + at + n, (words->n - at - n) * sizeof(*words->v));
	words->n -= n;
}

struct sw_str command_option(struct sw_strs *words, const char *name)
{
	for (size_t i = 0; i < words->n && !sw_str_is(words->v[i], "--"); i++) {
		struct sw_str value = words->v[i], flag = sw_str_cut(&value, '=');
		if (!sw_str_starts(flag, SW_S("--")) || !sw_str_is(sw_str_from(flag, 2), name))
			continue;
		bool own = value.p != NULL;
		if (!own && i + 1 == words->n)
			return SW_STR_NULL;
		if (!own)
			value = words->v[i + 1];
		drop(words, i, own ? 1 : 2);
		return value;
	}
	return SW_STR_NULL;
}

bool command_flag(struct sw_strs *words, const char *name)
{
	for (size_t i = 0; i < words->n && !sw_str_is(words->v[i], "--"); i++)
		if (sw_str_starts(words->v[i], SW_S("--")) && sw_str_is(sw_str_from(words->v[i], 2), name)) {
			drop(words, i, 1);
			return true;
		}
	return false;
}

int command_usage(const struct command *command, const char *format, ...)
{
	va_list args;
	fprintf(stderr, "strowger %s: ", command->name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\nusage: strowger %s %s\n", command->name, command->arguments);
	return EXIT_USAGE;
}

struct sw_str command_tame(struct sw_arena *arena, struct sw_str text)
{
	char *out = sw_arena_bytes(arena, text.n + 1);
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i], before = i ? (unsigned char)text.p[i - 1] : 0;
		bool control = c < ' ' || c == 0x7f || (before == 0xc2 && c < 0xa0); /* C0, DEL, C1 in UTF-8 */
		out[i] = control ? '?' : (char)c;
	}
	return (struct sw_str){ out, text.n };
}

int command_print(struct sw_buf *out)
{
	bool ok = fwrite(out->p ? out->p : "", 1, out->n, stdout) == out->n && fflush(stdout) == 0;
	sw_buf_done(out);
	return ok ? EXIT_OK : EXIT_FAILED;
}

int command_open_store(struct sw_arena *arena, const struct config *config, bool read_only, struct sw_store **ret)
{
	struct sw_str why;
	int err = store_open(arena, config, read_only, ret, &why);
	if (!err)
		return 0;
	fprintf(stderr, "strowger: the store %.*s cannot be opened: %.*s\n", SW_FMT(config->store), SW_FMT(why));
	return err == SW_EBUSY ? EXIT_UNAVAILABLE : EXIT_FAILED;
}

static int run(struct sw_arena *arena, const struct command *command, int argc, char **argv)
{
	struct config config;
	struct sw_strs words;
	struct sw_str why = SW_S("the environment has a setting that cannot be read");
	/* Help is for those too whose settings are wrong. */
	if (config_read(arena, argc, argv, &config, &words, &why) && command != &command_help)
		return command_usage(command, "%.*s", SW_FMT(why));
	if (command_flag(&words, "help")) {
		printf("strowger %s %s\n  %s\n", command->name, command->arguments, command->doc);
		return EXIT_OK;
	}
	return command->run(arena, &config, &words);
}

int main(int argc, char **argv)
{
	struct sw_str name = argc > 1 ? sw_str_of(argv[1]) : SW_S("--help");
	if (sw_str_is(name, "--help") || sw_str_is(name, "-h")) {
		struct sw_buf out = { 0 };
		help_text(&out);
		fwrite(out.p, 1, out.n, stdout);
		sw_buf_done(&out);
		return argc > 1 ? EXIT_OK : EXIT_USAGE;
	}
	if (sw_str_is(name, "--version"))
		name = SW_S("version");
	for (const struct command *const *c = commands; *c; c++) {
		if (!sw_str_is(name, (*c)->name))
			continue;
		struct sw_arena *arena = sw_arena_new();
		int code = run(arena, *c, argc - 2, argv + 2);
		sw_arena_free(arena);
		return code;
	}
	fprintf(stderr, "strowger: there is no command '%s'; see strowger --help\n", argv[1]);
	return EXIT_USAGE;
}
