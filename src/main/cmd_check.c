/* strowger check: prove the tables and prepare every statement; openapi, migrate and version beside it. */
#include <stdio.h>
#include <unistd.h>

#include "api/api.h"
#include "base/arena.h"
#include "base/log.h"
#include "carrier/smpp/smpp.h"
#include "core/fsm.h"
#include "main/command.h"
#include "main/lint.h"
#include "main/modules.h"
#include "main/server.h"
#include "main/open.h"

static struct sw_api *make_api(struct sw_core *core)
{
	return sw_api_new(core, sw_modules);
}

static struct sw_store_config check_config(struct sw_arena *arena)
{
	return (struct sw_store_config){
		.url = "sqlite::memory:",
		.tables = sw_module_tables(arena),
		.queries = sw_module_queries(arena),
		.migrations = sw_migrations,
	};
}

/* The state machines as diagrams, for the docs. */
static void write_states(struct sw_buf *out)
{
	for (const struct sw_module *const *m = sw_modules; *m; m++) {
		if (!(*m)->fsm)
			continue;
		const struct sw_fsm *fsm = (*m)->fsm->fsm;
		sw_buf_add_fmt(out, "## %s\n\n```mermaid\n", fsm->name);
		sw_fsm_mermaid(fsm, out);
		sw_buf_add_cstr(out, "```\n\n| from | event | to | why |\n|---|---|---|---|\n");
		for (unsigned i = 0; i < fsm->n_rules; i++) {
			const struct sw_fsm_rule *r = &fsm->rules[i];
			sw_buf_add_fmt(out, "| %s | %s | %s | %s |\n", fsm->states[r->from], fsm->events[r->on],
				       fsm->states[r->to], r->why);
		}
	}
}

/* Every type of event with its data, for the docs. */
static void write_events(struct sw_arena *arena, const struct sw_event_catalogue *events, struct sw_buf *out)
{
	const struct sw_event_type *type;
	for (size_t i = 0; (type = sw_event_type_at(events, i)); i++) {
		sw_buf_add_fmt(out, "## %.*s\n\n%.*s In the log `%.*s`, schema `%.*s`.\n\n", SW_FMT(type->name),
			       SW_FMT(type->doc), SW_FMT(type->type), SW_FMT(type->schema));
		for (const struct sw_field *f = type->data; f && f->name; f++)
			if (!(f->flags & (SW_HIDDEN | SW_SECRET)) && sw_field_bytes(f))
				sw_buf_add_fmt(out, "- `%.*s`: %s\n",
					       SW_FMT(sw_event_member(arena, type, sw_str_of(f->name))), f->doc);
		sw_buf_add_cstr(out, type->data ? "\n" : "");
	}
}

/* The configuration that serve would have with these flags, this environment and this file. */
static int check_settings(struct sw_arena *arena, const struct config *config)
{
	struct sw_buf found = { .arena = arena };
	int code = server_check(arena, config);
	if (code)
		return code;
	if (!lint(arena, config, &found))
		return EXIT_OK;
	printf("the configuration has:\n%.*s", SW_FMT(sw_buf_str(&found)));
	return sw_str_is(config->strict, "true") ? EXIT_FAILED : EXIT_OK;
}

static int check(struct sw_arena *arena, const struct config *config, const struct sw_strs *given)
{
	struct sw_strs words = *given;
	struct sw_core core = { 0 };
	struct sw_buf complaints = { 0 };
	const struct sw_store_config store = check_config(arena);
	bool dump = command_flag(&words, "sql-dump"), states = command_flag(&words, "states"),
	     smpp = command_flag(&words, "smpp"), data = command_flag(&words, "data"),
	     events = command_flag(&words, "events");
	if (words.n)
		return command_usage(&command_check, "'%.*s' is not understood", SW_FMT(words.v[0]));
	if (data)
		return check_data(arena, config);
	if (dump) {
		sw_store_check_script(arena, &store, &complaints);
		return command_print(&complaints);
	}
	sw_log_set_level(SW_LOG_ERROR); /* complaints are what counts here */
	if (smpp) {
		sw_carrier_smpp_describe(&complaints);
		return command_print(&complaints);
	}
	if (states) {
		write_states(&complaints);
		return command_print(&complaints);
	}
	struct sw_api *api = make_api(&core);
	if (events) {
		write_events(arena, sw_api_events(api), &complaints);
		sw_api_free(api);
		return command_print(&complaints);
	}
	sw_api_check(api, &complaints);
	int err = sw_store_check(arena, &store, &complaints);
	sw_api_free(api);
	if (!err && complaints.n == 0) {
		printf("every table and statement is sound\n");
		return check_settings(arena, config);
	}
	fwrite(complaints.p ? complaints.p : "", 1, complaints.n, stderr);
	sw_buf_done(&complaints);
	return EXIT_FAILED;
}

static int migrate(struct sw_arena *arena, const struct config *config, const struct sw_strs *words)
{
	struct sw_store *store;
	if (words->n)
		return command_usage(&command_migrate, "'%.*s' is not understood", SW_FMT(words->v[0]));
	int code = command_open_store(arena, config, false, &store);
	if (code)
		return code;
	sw_store_close(store);
	printf("%.*s has this program's schema\n", SW_FMT(config->store));
	return EXIT_OK;
}

static int version(struct sw_arena *arena, const struct config *config, const struct sw_strs *words)
{
	(void)arena;
	(void)config;
	(void)words;
	printf("strowger " SW_VERSION "\n");
	return EXIT_OK;
}

const struct command command_check = {
	.name = "check",
	.arguments = "[settings] [--strict] [--data] [--sql-dump] [--states] [--events] [--smpp]",
	.doc = "prove the tables, prepare every statement, look the settings over",
	.run = check,
};

const struct command command_migrate = {
	.name = "migrate",
	.arguments = "[--store URL]",
	.doc = "bring a store to this program's schema",
	.run = migrate,
};

const struct command command_version = {
	.name = "version",
	.arguments = "",
	.doc = "print the version",
	.run = version,
};
