/* strowger reference: every operation as Markdown, or all of /docs as files. */
#include <stdio.h>

#include "base/arena.h"
#include "base/file.h"
#include "console/console.h"
#include "main/command.h"
#include "main/modules.h"

struct writing {
	struct sw_str dir;
	unsigned n;
};

static int write_page(void *owner, struct sw_str name, struct sw_str text)
{
	struct writing *w = owner;
	struct sw_arena arena;
	sw_arena_init(&arena);
	struct sw_str path = sw_str_fmt(&arena, "%.*s/%.*s", SW_FMT(w->dir), SW_FMT(name)), folder = path;
	while (folder.p[folder.n - 1] != '/')
		folder.n--;
	folder.n--;
	int failed = sw_folder_make(&arena, folder, 0755);
	if (!failed)
		failed = sw_file_write(&arena, path, text, 0644);
	if (failed)
		fprintf(stderr, "strowger reference: %.*s cannot be written: %s\n", SW_FMT(path), strerror(failed));
	w->n++;
	sw_arena_done(&arena);
	return failed;
}

static int write_site(struct sw_api *api, struct sw_str base, struct sw_str dir)
{
	struct writing w = { .dir = dir };
	if (console_site(api, base, write_page, &w))
		return EXIT_FAILED;
	printf("%u files: %.*s/index.html\n", w.n, SW_FMT(dir));
	return EXIT_OK;
}

static int write_text(struct sw_api *api, struct sw_str base)
{
	struct sw_buf out = { 0 };
	console_reference(api, base, &out);
	return command_print(&out);
}

static int reference(struct sw_arena *arena, const struct config *config, const struct sw_strs *given)
{
	struct sw_strs words = *given;
	struct sw_core core = { 0 };
	struct sw_str dir = command_option(&words, "out"),
		      base = config->server.n ? config->server : SW_S(EXAMPLES_BASE);
	(void)arena;
	if (words.n)
		return command_usage(&command_reference, "'%.*s' is not understood", SW_FMT(words.v[0]));
	struct sw_api *api = sw_api_new(&core, sw_modules);
	int code = dir.n ? write_site(api, base, dir) : write_text(api, base);
	sw_api_free(api);
	return code;
}

const struct command command_reference = {
	.name = "reference",
	.arguments = "[--out DIR] [--server URL]",
	.doc = "print every operation with parameters, errors and examples as Markdown, or write all of /docs as files",
	.run = reference,
};
