/* strowger openapi: the HTTP surface, and what it lacks of another one. */
#include <stdio.h>

#include "api/openapi/compare.h"
#include "base/arena.h"
#include "base/file.h"
#include "main/command.h"
#include "main/modules.h"

enum { FILE_MAX = 64 * 1024 * 1024 };

static int parse_file(struct sw_arena *arena, struct sw_str path, const struct sw_json **ret)
{
	struct sw_str text;
	const char *why = "it cannot be read";
	if (sw_file_read(arena, path, FILE_MAX, &text) == 0 &&
	    sw_json_parse(arena, text, &sw_openapi_bounds, ret, &why) == 0 && sw_json_get(*ret, "paths"))
		return 0;
	fprintf(stderr, "strowger openapi: %.*s is no OpenAPI description in JSON: %s\n", SW_FMT(path), why);
	return SW_EINVAL;
}

static void print_row(struct sw_str name, const struct sw_comparison *c)
{
	printf("| %.*s | %lld of %lld | %lld of %lld | %lld of %lld |\n", SW_FMT(name), (long long)c->operations_served,
	       (long long)c->operations, (long long)c->params_served, (long long)c->params, (long long)c->fields_served,
	       (long long)c->fields);
}

static void add(struct sw_comparison *total, const struct sw_comparison *c)
{
	total->operations += c->operations;
	total->operations_served += c->operations_served;
	total->params += c->params;
	total->params_served += c->params_served;
	total->fields += c->fields;
	total->fields_served += c->fields_served;
}

/* "twilio_api_v2010.json": "api_v2010". */
static struct sw_str file_name(struct sw_str path)
{
	struct sw_str rest = path, name = path;
	while (rest.p) {
		name = rest;
		sw_str_cut(&rest, '/');
	}
	if (sw_str_starts(name, SW_S("twilio_")))
		name = sw_str_from(name, 7);
	return sw_str_ends(name, SW_S(".json")) ? sw_str_sub(name, 0, name.n - 5) : name;
}

/* Each file against what is served: what is missing, line by line, or with --summary a table. */
static int compare(struct sw_arena *arena, const struct sw_json *served, const struct sw_strs *files, bool summary,
		   bool breaking)
{
	struct sw_comparison total = { 0 };
	struct sw_buf out = { 0 };
	if (summary)
		printf("| product | operations | parameters of these | fields of these |\n|---|---|---|---|\n");
	for (size_t i = 0; i < files->n; i++) {
		struct sw_comparison c = { .out = summary ? NULL : &out, .breaking = breaking };
		const struct sw_json *wanted;
		if (parse_file(arena, files->v[i], &wanted))
			return EXIT_FAILED;
		sw_openapi_compare(arena, wanted, served, &c);
		add(&total, &c);
		total.complaints += c.complaints;
		if (summary)
			print_row(file_name(files->v[i]), &c);
	}
	fwrite(out.p ? out.p : "", 1, out.n, stdout);
	sw_buf_done(&out);
	if (summary)
		print_row(SW_S("all"), &total);
	else if (!breaking)
		printf("served: %lld of %lld operations, %lld of %lld parameters and %lld of %lld reply fields of "
		       "these\n",
		       (long long)total.operations_served, (long long)total.operations, (long long)total.params_served,
		       (long long)total.params, (long long)total.fields_served, (long long)total.fields);
	return breaking && total.complaints ? EXIT_FAILED : EXIT_OK;
}

static int openapi(struct sw_arena *arena, const struct config *config, const struct sw_strs *given)
{
	struct sw_strs words = *given;
	struct sw_core core = { 0 };
	struct sw_buf out = { 0 };
	const struct sw_json *served;
	bool inert = command_flag(&words, "inert"), against = command_flag(&words, "compare"),
	     summary = command_flag(&words, "summary"), breaking = command_flag(&words, "breaking"),
	     samples = command_flag(&words, "samples");
	(void)config;
	if (words.n && !against)
		return command_usage(&command_openapi, "'%.*s' is not understood", SW_FMT(words.v[0]));
	if (against && !words.n)
		return command_usage(&command_openapi, "--compare needs a file to compare with");
	struct sw_api *api = sw_api_new(&core, sw_modules);
	if (inert)
		sw_api_inert(api, &out);
	else
		sw_api_openapi(api, samples ? SW_S(EXAMPLES_BASE) : SW_STR_NULL, &out);
	sw_api_free(api);
	if (!against)
		return command_print(&out);
	SW_BUG_ON(sw_json_parse(arena, sw_buf_str(&out), &sw_openapi_bounds, &served, NULL));
	sw_buf_done(&out);
	return compare(arena, served, &words, summary, breaking);
}

const struct command command_openapi = {
	.name = "openapi",
	.arguments = "[--inert] [--samples] [--compare [--summary] [--breaking] FILE...]",
	.doc = "print the HTTP surface as OpenAPI, what has no effect yet, or what of other descriptions is missing",
	.run = openapi,
};
