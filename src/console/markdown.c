/* The reference as one text, for who reads without a server: Markdown. */
#include "api/sample/sample.h"
#include "console/docs.h"
#include "core/error.h"
#include "wire/json/json.h"

/* A bar ends a cell. */
static void add_cell(struct sw_buf *out, struct sw_str text)
{
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '|')
			sw_buf_add_char(out, '\\');
		sw_buf_add_char(out, text.p[i]);
	}
}

static void add_row(struct sw_buf *out, struct sw_str name, const char *where, const struct sw_json *schema)
{
	struct sw_buf type = { 0 };
	struct sw_str inert = sw_json_get_str(schema, "x-inert");
	sw_buf_add_fmt(out, "| `%.*s` %s | ", SW_FMT(name), where);
	docs_type(&type, schema);
	add_cell(out, sw_buf_str(&type));
	sw_buf_done(&type);
	sw_buf_add_cstr(out, " | ");
	add_cell(out, sw_json_get_str(schema, "description"));
	if (inert.n) {
		sw_buf_add_cstr(out, " **No effect:** ");
		add_cell(out, inert);
	}
	sw_buf_add_cstr(out, " |\n");
}

static void add_parameters(struct sw_buf *out, const struct docs_operation *o)
{
	if (!docs_parameters(o, NULL, out))
		return;
	sw_buf_add_cstr(out, "\n| parameter | type | meaning |\n|---|---|---|\n");
	docs_parameters(o, add_row, out);
}

static void add_errors(struct sw_buf *out, const struct docs_operation *o)
{
	const struct sw_json *codes = sw_json_get(o->about, "x-errors");
	sw_buf_add_cstr(out, "\nErrors:");
	for (const struct sw_json *code = codes ? codes->child : NULL; code; code = code->next)
		sw_buf_add_fmt(out, "%s %lld", code == codes->child ? "" : ",", (long long)code->i);
	sw_buf_add_cstr(out, ".\n");
}

static void add_operation(struct sw_api *api, struct sw_arena *arena, struct sw_str base, struct sw_buf *out,
			  const struct docs_operation *o)
{
	static const char *const fences[SW_SAMPLE_LANGUAGES] = { "sh", "js", "python", "go" };
	struct sw_str refused = sw_json_get_str(o->about, "x-refused");
	sw_buf_add_fmt(out, "\n### %.*s\n\n`%.*s %.*s`\n\n%.*s\n", SW_FMT(o->name), SW_FMT(o->method), SW_FMT(o->path),
		       SW_FMT(o->summary));
	if (refused.n)
		sw_buf_add_fmt(out, "\n**It is always refused:** %.*s\n", SW_FMT(refused));
	add_parameters(out, o);
	add_errors(out, o);
	for (enum sw_sample_language l = 0; l < SW_SAMPLE_LANGUAGES; l++)
		sw_buf_add_fmt(out, "\n```%s\n%.*s\n```\n", fences[l],
			       SW_FMT(sw_api_sample(api, arena, o->name, l, base)));
}

/* Every code once: what it means, and what to do. */
static void add_catalogue(struct sw_buf *out)
{
	size_t n;
	const struct sw_error_row *rows = sw_error_rows(&n);
	sw_buf_add_cstr(out, "\n## Errors\n\n| code | status | meaning | what to do |\n|---|---|---|---|\n");
	for (size_t i = 0; i < n; i++)
		sw_buf_add_fmt(out, "| %d | %d | %s %s | %s |\n", rows[i].code, rows[i].status, rows[i].message,
			       rows[i].cause, rows[i].action);
}

void console_reference(struct sw_api *api, struct sw_str base, struct sw_buf *out)
{
	size_t n;
	struct sw_arena arena;
	const struct docs_operation *all = docs_operations(api, &n);
	sw_arena_init(&arena);
	sw_buf_add_fmt(out,
		       "# Reference\n\nStrowger " SW_VERSION ", %zu operations, from the tables that serve them.\n", n);
	for (size_t i = 0; i < n; i++) {
		if (!docs_begins_group(all, i))
			continue;
		struct sw_str group = docs_group(all[i].path);
		sw_buf_add_fmt(out, "\n## %.*s\n", SW_FMT(group));
		for (size_t k = i; k < n; k++)
			if (sw_str_eq(docs_group(all[k].path), group))
				add_operation(api, &arena, base, out, &all[k]);
	}
	add_catalogue(out);
	sw_arena_done(&arena);
}
