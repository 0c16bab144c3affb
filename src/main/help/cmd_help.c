/* strowger help: every command and setting, as text or as a man page. */
#include <stdio.h>

#include "base/arena.h"
#include "main/help/help.h"

const struct help_row help_settings[] = {
	{ "--carrier NAME=URL", "a road to a network, may repeat; not in the environment (sim=sim:)" },
	{ "tier.NAME = read=100/s, write=20/s, send=10/s, concurrent=25, daily_send=10000 ...",
	  "in the file only: docs/limits.md" },
	{ NULL, NULL },
};

const struct help_row help_exits[] = {
	{ "0", "done" }, { "1", "failed" }, { "2", "wrong usage" }, { "69", "no server or store to be had" },
	{ NULL, NULL },
};

const struct help_row help_variables[] = {
	{ "STROWGER_KEY", "64 hex digits: the key that seals tokens and secrets, instead of the file install.key" },
	{ "TMPDIR", "where sqlite::memory: keeps its files when there is no /dev/shm" },
	{ "XDG_DATA_HOME", "strowger run keeps its certificates below it (~/.local/share)" },
	{ NULL, NULL },
};

const struct help_row help_files[] = {
	{ "DIR/strowger.db", "the store sqlite:DIR, with its write-ahead log beside it" },
	{ "DIR/install.key", "the key that seals tokens and secrets; the store is of no use without it" },
	{ "DIR/attempts.db", "the log of requests to customers' URLs; may be deleted while no server runs" },
	{ "DIR/server.run", "address and sealed token of the running server, for the commands that talk to it" },
	{ "/etc/strowger/strowger.conf", "settings of the service strowger.service" },
	{ NULL, NULL },
};

void help_add_flag(struct sw_buf *out, const char *setting)
{
	for (const char *p = setting; *p; p++)
		sw_buf_add_char(out, *p == '_' ? '-' : *p);
}

static void add_settings(struct sw_buf *out)
{
	const struct config_setting *setting;
	for (size_t i = 0; (setting = config_setting_at(i)); i++) {
		struct sw_buf flag = { 0 };
		help_add_flag(&flag, setting->name);
		sw_buf_add_fmt(out, "  --%-16.*s %s%s%s%s\n", SW_FMT(sw_buf_str(&flag)), setting->doc,
			       setting->def[0] ? " (" : "", setting->def, setting->def[0] ? ")" : "");
		sw_buf_done(&flag);
	}
	for (const struct help_row *row = help_settings; row->name; row++)
		sw_buf_add_fmt(out, "  %s %s\n", row->name, row->doc);
}

void help_text(struct sw_buf *out)
{
	sw_buf_add_cstr(out, "strowger " SW_VERSION ": a communications platform that you run yourself\n\n");
	for (const struct command *const *c = commands; *c; c++)
		sw_buf_add_fmt(out, "  strowger %-10s %-44s %s\n", (*c)->name, (*c)->arguments, (*c)->doc);
	sw_buf_add_cstr(
		out,
		"\nSettings, as flags, in the environment (STROWGER_LISTEN) or in the file that --config names:\n");
	add_settings(out);
	sw_buf_add_cstr(out, "\nExit codes:");
	for (const struct help_row *row = help_exits; row->name; row++)
		sw_buf_add_fmt(out, " %s %s%s", row->name, row->doc, row[1].name ? "," : ".\n");
}

static int help(struct sw_arena *arena, const struct config *config, const struct sw_strs *given)
{
	struct sw_strs words = *given;
	struct sw_buf out = { .arena = arena };
	bool man = command_flag(&words, "man");
	(void)config;
	if (words.n)
		return command_usage(&command_help, "'%.*s' is not understood", SW_FMT(words.v[0]));
	if (man)
		help_man(&out);
	else
		help_text(&out);
	return command_print(&out);
}

const struct command command_help = {
	.name = "help",
	.arguments = "[--man]",
	.doc = "print this, or the man page: strowger help --man | man -l -",
	.run = help,
};
