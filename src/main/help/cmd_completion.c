/* strowger completion: scripts for three shells, made from the tables of commands and settings. */
#include <stdio.h>

#include "base/arena.h"
#include "main/help/help.h"

/* One thing that may be typed behind a command.  doc and values may be NULL. */
struct choice {
	struct sw_str flag; /* without its dashes */
	const char *doc;
	const char *const *values;
	bool takes; /* a value behind it */
};

static bool is_word_char(char c)
{
	return (c >= 'a' && c <= 'z') || c == '-';
}

/* The next --flag of a usage line. */
static bool next_flag(struct sw_str *text, struct choice *ret)
{
	for (;;) {
		ptrdiff_t at = sw_str_find(*text, SW_S("--"));
		if (at < 0)
			return false;
		*text = sw_str_from(*text, (size_t)at + 2);
		size_t n = 0;
		while (n < text->n && is_word_char(text->p[n]))
			n++;
		if (n == 0)
			continue; /* "-- COMMAND" */
		*ret = (struct choice){ .flag = sw_str_sub(*text, 0, n) };
		*text = sw_str_from(*text, n);
		ret->takes = text->n > 1 && text->p[0] == ' ' && text->p[1] >= 'A' && text->p[1] <= 'Z';
		return true;
	}
}

/* The next bare word of a usage line: what stands in lower case without dashes, such as create or [bash|zsh|fish];
 * [settings] is not one. */
static bool next_word(struct sw_str *text, struct sw_str *ret)
{
	while (text->n) {
		size_t n = 0;
		while (n < text->n && text->p[n] != ' ' && text->p[n] != '[' && text->p[n] != ']' && text->p[n] != '|')
			n++;
		struct sw_str word = sw_str_sub(*text, 0, n);
		*text = sw_str_from(*text, n < text->n ? n + 1 : n);
		if (word.n && word.p[0] >= 'a' && word.p[0] <= 'z' && !sw_str_is(word, "settings")) {
			*ret = word;
			return true;
		}
	}
	return false;
}

static bool setting_choice(struct sw_arena *arena, size_t i, struct choice *ret)
{
	const struct config_setting *setting = config_setting_at(i);
	struct sw_buf flag = { .arena = arena };
	if (!setting)
		return false;
	help_add_flag(&flag, setting->name);
	bool alone = config_is_switch(setting);
	*ret = (struct choice){ sw_buf_str(&flag), setting->doc, alone ? NULL : setting->values, !alone };
	return true;
}

/* For single quotes: of POSIX shells '\'', of fish \'. */
static void add_quoted(struct sw_buf *out, const char *text, bool fish, bool colons)
{
	for (const char *p = text; *p; p++) {
		if (*p == '\'')
			sw_buf_add_cstr(out, fish ? "\\'" : "'\\''");
		else if (*p == '\\' || (colons && *p == ':'))
			sw_buf_add_fmt(out, "\\%c", *p);
		else
			sw_buf_add_char(out, *p);
	}
}

static void add_values(struct sw_buf *out, const char *const *values)
{
	for (const char *const *v = values; *v; v++)
		sw_buf_add_fmt(out, "%s%s", v == values ? "" : " ", *v);
}

/* ---- bash ---- */

/* What stands behind a setting that takes a value is one of its values, or whatever bash offers by itself: files. */
static void bash_values(struct sw_arena *arena, struct sw_buf *out)
{
	struct choice c;
	sw_buf_add_cstr(out, "\tcase $last in\n\t--carrier");
	for (size_t i = 0; setting_choice(arena, i, &c); i++)
		if (c.takes && !c.values)
			sw_buf_add_fmt(out, "|--%.*s", SW_FMT(c.flag));
	sw_buf_add_cstr(out, ") return ;;\n");
	for (size_t i = 0; setting_choice(arena, i, &c); i++) {
		if (!c.values)
			continue;
		sw_buf_add_fmt(out, "\t--%.*s) COMPREPLY=($(compgen -W '", SW_FMT(c.flag));
		add_values(out, c.values);
		sw_buf_add_cstr(out, "' -- \"$word\")); return ;;\n");
	}
	sw_buf_add_cstr(out, "\tesac\n");
}

static void bash_command(struct sw_arena *arena, struct sw_buf *out, const struct command *command)
{
	struct sw_str text = sw_str_of(command->arguments), word;
	struct choice c;
	sw_buf_add_fmt(out, "\t*:%s) words='--help --carrier", command->name);
	while (next_word(&text, &word))
		sw_buf_add_fmt(out, " %.*s", SW_FMT(word));
	text = sw_str_of(command->arguments);
	while (next_flag(&text, &c))
		sw_buf_add_fmt(out, " --%.*s", SW_FMT(c.flag));
	for (size_t i = 0; setting_choice(arena, i, &c); i++)
		sw_buf_add_fmt(out, " --%.*s", SW_FMT(c.flag));
	sw_buf_add_cstr(out, "' ;;\n");
}

static void bash(struct sw_arena *arena, struct sw_buf *out)
{
	sw_buf_add_cstr(out, "_strowger() {\n\tlocal word=${COMP_WORDS[COMP_CWORD]} last=${COMP_WORDS[COMP_CWORD-1]} "
			     "words\n\tCOMPREPLY=()\n"
			     "\t[[ \" ${COMP_WORDS[*]:0:COMP_CWORD} \" == *' -- '* ]] && return # another program's\n");
	bash_values(arena, out);
	sw_buf_add_cstr(out, "\tcase $COMP_CWORD:${COMP_WORDS[1]} in\n\t1:*) words='");
	for (const struct command *const *c = commands; *c; c++)
		sw_buf_add_fmt(out, "%s ", (*c)->name);
	sw_buf_add_cstr(out, "--help' ;;\n");
	for (const struct command *const *c = commands; *c; c++)
		bash_command(arena, out, *c);
	sw_buf_add_cstr(out, "\tesac\n\tCOMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n}\n"
			     "complete -o default -F _strowger strowger\n");
}

/* ---- zsh ---- */

static void zsh_choice(struct sw_buf *out, const struct choice *c)
{
	sw_buf_add_fmt(out, " '--%.*s", SW_FMT(c->flag));
	if (c->doc) {
		sw_buf_add_char(out, ':');
		add_quoted(out, c->doc, false, true);
	}
	sw_buf_add_char(out, '\'');
}

static void zsh_settings(struct sw_arena *arena, struct sw_buf *out)
{
	struct choice c;
	sw_buf_add_cstr(out, "\tflags=('--help:say what the command takes' '--carrier:NAME=URL, a road to a network'");
	for (size_t i = 0; setting_choice(arena, i, &c); i++)
		zsh_choice(out, &c);
	sw_buf_add_cstr(out, ")\n\tcase $words[CURRENT-1] in\n\t--carrier");
	for (size_t i = 0; setting_choice(arena, i, &c); i++)
		if (c.takes && !c.values)
			sw_buf_add_fmt(out, "|--%.*s", SW_FMT(c.flag));
	sw_buf_add_cstr(out, ") _files; return ;;\n");
	for (size_t i = 0; setting_choice(arena, i, &c); i++) {
		if (!c.values)
			continue;
		sw_buf_add_fmt(out, "\t--%.*s) compadd ", SW_FMT(c.flag));
		add_values(out, c.values);
		sw_buf_add_cstr(out, "; return ;;\n");
	}
	sw_buf_add_cstr(out, "\tesac\n");
}

static void zsh_command(struct sw_buf *out, const struct command *command)
{
	struct sw_str text = sw_str_of(command->arguments), word;
	struct choice c;
	sw_buf_add_fmt(out, "\t%s) flags+=(", command->name);
	while (next_flag(&text, &c))
		zsh_choice(out, &c);
	sw_buf_add_cstr(out, ") choices=(");
	text = sw_str_of(command->arguments);
	while (next_word(&text, &word))
		sw_buf_add_fmt(out, " %.*s", SW_FMT(word));
	sw_buf_add_cstr(out, ") ;;\n");
}

static void zsh(struct sw_arena *arena, struct sw_buf *out)
{
	sw_buf_add_cstr(out, "#compdef strowger\n_strowger() {\n\tlocal -a commands flags choices\n\tcommands=(");
	for (const struct command *const *c = commands; *c; c++) {
		sw_buf_add_fmt(out, " '%s:", (*c)->name);
		add_quoted(out, (*c)->doc, false, true);
		sw_buf_add_char(out, '\'');
	}
	sw_buf_add_cstr(out,
			")\n\tif (( CURRENT == 2 )); then\n\t\t_describe -t commands command commands\n\t\treturn\n"
			"\tfi\n\tif (( ${words[2,CURRENT-1][(I)--]} )); then # another program's\n"
			"\t\t_files\n\t\treturn\n\tfi\n");
	zsh_settings(arena, out);
	sw_buf_add_cstr(out, "\tcase $words[2] in\n");
	for (const struct command *const *c = commands; *c; c++)
		zsh_command(out, *c);
	/* Found on the path of functions, the file is the body of _strowger; sourced, it registers itself. */
	sw_buf_add_cstr(out, "\tesac\n\t(( $#choices )) && compadd -a choices\n\t_describe -o flag flags\n}\n"
			     "if [[ $funcstack[1] == _strowger ]]; then\n\t_strowger \"$@\"\nelse\n"
			     "\tcompdef _strowger strowger\nfi\n");
}

/* ---- fish ---- */

static void fish_choice(struct sw_buf *out, const char *when, const struct choice *c)
{
	sw_buf_add_fmt(out, "complete -c strowger -n '%s' -l %.*s", when, SW_FMT(c->flag));
	if (c->values) {
		sw_buf_add_cstr(out, " -xa '");
		add_values(out, c->values);
		sw_buf_add_char(out, '\'');
	} else if (c->takes) {
		sw_buf_add_cstr(out, " -r");
	}
	if (c->doc) {
		sw_buf_add_cstr(out, " -d '");
		add_quoted(out, c->doc, true, false);
		sw_buf_add_char(out, '\'');
	}
	sw_buf_add_char(out, '\n');
}

static void fish_command(struct sw_arena *arena, struct sw_buf *out, const struct command *command)
{
	struct sw_str when = sw_str_fmt(arena, "__fish_seen_subcommand_from %s", command->name),
		      text = sw_str_of(command->arguments), word;
	struct choice c;
	sw_buf_add_fmt(out, "complete -c strowger -n __fish_use_subcommand -fa %s -d '", command->name);
	add_quoted(out, command->doc, true, false);
	sw_buf_add_cstr(out, "'\n");
	while (next_word(&text, &word))
		sw_buf_add_fmt(out, "complete -c strowger -n '%.*s' -fa %.*s\n", SW_FMT(when), SW_FMT(word));
	text = sw_str_of(command->arguments);
	while (next_flag(&text, &c))
		fish_choice(out, sw_str_cstr(arena, when), &c);
}

static void fish(struct sw_arena *arena, struct sw_buf *out)
{
	const char *const behind = "not __fish_use_subcommand";
	struct choice c;
	for (const struct command *const *p = commands; *p; p++)
		fish_command(arena, out, *p);
	fish_choice(out, behind, &(struct choice){ SW_S("help"), "say what the command takes", NULL, false });
	fish_choice(out, behind, &(struct choice){ SW_S("carrier"), "NAME=URL, a road to a network", NULL, true });
	for (size_t i = 0; setting_choice(arena, i, &c); i++)
		fish_choice(out, behind, &c);
}

static const struct shell {
	const char *name;
	void (*write)(struct sw_arena *arena, struct sw_buf *out);
} shells[] = { { "bash", bash }, { "zsh", zsh }, { "fish", fish } };

static int completion(struct sw_arena *arena, const struct config *config, const struct sw_strs *words)
{
	struct sw_buf out = { .arena = arena };
	struct sw_str name = words->n ? words->v[0] : SW_S("bash");
	(void)config;
	for (size_t i = 0; i < SW_COUNTOF(shells) && words->n <= 1; i++)
		if (sw_str_is(name, shells[i].name)) {
			shells[i].write(arena, &out);
			return command_print(&out);
		}
	return command_usage(&command_completion, "the shells known are bash, zsh and fish");
}

const struct command command_completion = {
	.name = "completion",
	.arguments = "[bash|zsh|fish]",
	.doc = "print a completion script: source <(strowger completion)",
	.run = completion,
};
