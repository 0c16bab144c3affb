/* strowger.1, in the macros that every man program knows. */
#include "main/help/help.h"

/* What a row says may hold anything but markup: `...` is bold here; a point or quote in front of a line is a request to
 * roff, and so is every backslash; a bare '-' becomes another character that cannot be pasted. */
static void add_text(struct sw_buf *out, const char *text)
{
	bool bold = false, front = true;
	for (const char *p = text; *p; p++, front = p[-1] == '\n') {
		if (front && (*p == '.' || *p == '\''))
			sw_buf_add_cstr(out, "\\&");
		if (*p == '`') {
			bold = !bold;
			sw_buf_add_cstr(out, bold ? "\\fB" : "\\fR");
		} else if (*p == '\\') {
			sw_buf_add_cstr(out, "\\e");
		} else if (*p == '-') {
			sw_buf_add_cstr(out, "\\-");
		} else if (*p == '\'') {
			sw_buf_add_cstr(out, "\\(aq");
		} else {
			sw_buf_add_char(out, *p);
		}
	}
}

static void add_section(struct sw_buf *out, const char *name)
{
	sw_buf_add_fmt(out, ".SH %s\n", name);
}

static void add_row(struct sw_buf *out, const char *name, const char *doc)
{
	sw_buf_add_cstr(out, ".TP\n\\fB");
	add_text(out, name);
	sw_buf_add_cstr(out, "\\fR\n");
	add_text(out, doc);
	sw_buf_add_cstr(out, "\n");
}

static void add_rows(struct sw_buf *out, const struct help_row *row)
{
	for (; row->name; row++)
		add_row(out, row->name, row->doc);
}

static void add_commands(struct sw_buf *out)
{
	add_section(out, "COMMANDS");
	for (const struct command *const *c = commands; *c; c++) {
		sw_buf_add_fmt(out, ".TP\n\\fB%s\\fR ", (*c)->name);
		add_text(out, (*c)->arguments);
		sw_buf_add_cstr(out, "\n");
		add_text(out, (*c)->doc);
		sw_buf_add_cstr(out, "\n");
	}
}

static void add_settings(struct sw_buf *out)
{
	const struct config_setting *setting;
	add_section(out, "SETTINGS");
	add_text(out,
		 "Every command takes them, as flags, in the environment or in the file that --config names, in this "
		 "order of weight.  In the file and in the environment a name has _ for -:\n");
	sw_buf_add_cstr(out, ".PP\n.nf\n");
	add_text(out, "    --log-level debug\n    STROWGER_LOG_LEVEL=debug\n    log_level = debug\n");
	sw_buf_add_cstr(out, ".fi\n");
	for (size_t i = 0; (setting = config_setting_at(i)); i++) {
		sw_buf_add_cstr(out, ".TP\n\\fB\\-\\-");
		struct sw_buf flag = { 0 };
		help_add_flag(&flag, setting->name);
		sw_buf_add_char(&flag, '\0');
		add_text(out, flag.p);
		sw_buf_done(&flag);
		sw_buf_add_cstr(out, "\\fR\n");
		add_text(out, setting->doc);
		if (setting->def[0]) {
			sw_buf_add_cstr(out, " (");
			add_text(out, setting->def);
			sw_buf_add_cstr(out, ")");
		}
		sw_buf_add_cstr(out, "\n");
	}
	add_rows(out, help_settings);
}

void help_man(struct sw_buf *out)
{
	sw_buf_add_cstr(out, ".TH STROWGER 1 \"\" \"strowger " SW_VERSION "\" \"User Commands\"\n");
	add_section(out, "NAME");
	sw_buf_add_cstr(out, "strowger \\- communications platform that you run yourself\n");
	add_section(out, "SYNOPSIS");
	sw_buf_add_cstr(out, "\\fBstrowger\\fR \\fIcommand\\fR [\\fIsettings\\fR] [\\fIarguments\\fR]\n");
	add_section(out, "DESCRIPTION");
	add_text(out,
		 "Serves the APIs that developers know from Twilio, messaging first, from one program with an embedded "
		 "store.  The official SDKs work against it unmodified.  `strowger serve` runs until SIGTERM, SIGINT "
		 "or SIGHUP; the other commands talk to a running server or look at a store.  The server itself "
		 "serves the guides at /docs.\n");
	add_commands(out);
	add_settings(out);
	add_section(out, "ENVIRONMENT");
	add_row(out, "STROWGER_NAME", "each setting; the name in capitals");
	add_rows(out, help_variables);
	add_section(out, "FILES");
	add_rows(out, help_files);
	add_section(out, "EXIT STATUS");
	add_rows(out, help_exits);
	add_section(out, "EXAMPLES");
	sw_buf_add_cstr(out, ".nf\n");
	add_text(out, "strowger serve --store sqlite:/var/lib/strowger/data\n"
		      "strowger send --to +15005550010 --body hello\n"
		      "strowger tail\n");
	sw_buf_add_cstr(out, ".fi\n");
}
