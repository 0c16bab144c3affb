/* One operation: what it takes, how it is called, what it answers. */
#include "api/sample/sample.h"
#include "console/docs.h"
#include "core/error.h"
#include "wire/json/json.h"

/* "integer, 1 to 1000", "one of: free", "SID: PN", "array of string" */
void docs_type(struct sw_buf *out, const struct sw_json *schema)
{
	const struct sw_json *items = sw_json_get(schema, "items"), *words = sw_json_get(schema, "enum"),
			     *low = sw_json_get(schema, "minimum"), *high = sw_json_get(schema, "maximum"),
			     *longest = sw_json_get(schema, "maxLength");
	struct sw_str format = sw_json_get_str(schema, "format"), pattern = sw_json_get_str(schema, "pattern");
	if (items)
		sw_buf_add_cstr(out, "list of ");
	if (items && !words)
		schema = items;
	struct sw_str type = sw_json_get_str(schema, "type");
	docs_escape(out, format.n && !sw_str_is(format, "int64") ? format : type.n ? type : SW_S("JSON"));
	if (pattern.n)
		sw_buf_add_fmt(out, ", <code>%.*s</code>", SW_FMT(pattern));
	if (low)
		sw_buf_add_fmt(out, ", from %lld", (long long)low->i);
	if (high)
		sw_buf_add_fmt(out, " to %lld", (long long)high->i);
	if (longest)
		sw_buf_add_fmt(out, ", at most %lld characters", (long long)longest->i);
	for (const struct sw_json *word = words ? words->child : NULL; word; word = word->next)
		sw_buf_add_fmt(out, "%s<code>%.*s</code>", word == words->child ? ": " : ", ", SW_FMT(word->text));
}

static void add_row(struct sw_buf *out, struct sw_str name, const char *where, const struct sw_json *schema)
{
	struct sw_str inert = sw_json_get_str(schema, "x-inert");
	sw_buf_add_fmt(out, "<tr><td><code>%.*s</code>", SW_FMT(name));
	if (where[0])
		sw_buf_add_fmt(out, " <span class=\"where\">%s</span>", where);
	sw_buf_add_cstr(out, "</td><td>");
	docs_type(out, schema);
	sw_buf_add_cstr(out, "</td><td>");
	docs_escape(out, sw_json_get_str(schema, "description"));
	if (inert.n) {
		sw_buf_add_cstr(out, " <b>No effect:</b> ");
		docs_escape(out, inert);
	}
	sw_buf_add_cstr(out, "</td></tr>\n");
}

static void begin_table(struct sw_buf *out, const char *title)
{
	sw_buf_add_fmt(out,
		       "<h2>%s</h2>\n<div class=\"wide\" tabindex=\"0\"><table>\n"
		       "<thead><tr><th>Name</th><th>Type</th><th>Meaning</th></tr></thead><tbody>\n",
		       title);
}

static const struct sw_json *body_of(const struct docs_operation *o)
{
	const struct sw_json *content = sw_json_get(sw_json_get(o->about, "requestBody"), "content");
	return sw_json_get(content ? content->child : NULL, "schema");
}

static bool is_in(const struct sw_json *list, struct sw_str name)
{
	for (const struct sw_json *one = list ? list->child : NULL; one; one = one->next)
		if (sw_str_eq(one->text, name))
			return true;
	return false;
}

size_t docs_parameters(const struct docs_operation *o, docs_parameter_fn *add, struct sw_buf *out)
{
	const struct sw_json *parameters = sw_json_get(o->about, "parameters"), *body = body_of(o),
			     *fields = sw_json_get(body, "properties"), *required = sw_json_get(body, "required");
	for (const struct sw_json *p = add && parameters ? parameters->child : NULL; p; p = p->next) {
		bool path = sw_str_is(sw_json_get_str(p, "in"), "path"), needed = sw_json_get(p, "required")->b;
		add(out, sw_json_get_str(p, "name"),
		    path     ? "path"
		    : needed ? "query, required"
			     : "query",
		    sw_json_get(p, "schema"));
	}
	for (const struct sw_json *f = add && fields ? fields->child : NULL; f; f = f->next)
		add(out, f->name, is_in(required, f->name) ? "required" : "", f);
	return (parameters ? parameters->n : 0) + (fields ? fields->n : 0);
}

static void add_parameters(struct sw_buf *out, const struct docs_operation *o)
{
	if (!docs_parameters(o, NULL, out))
		return;
	begin_table(out, "Parameters");
	docs_parameters(o, add_row, out);
	sw_buf_add_cstr(out, "</tbody></table></div>\n");
}

/* Objects within objects: "data[].sid". */
static void add_fields(struct sw_arena *arena, struct sw_buf *out, struct sw_str prefix, const struct sw_json *schema,
		       unsigned depth)
{
	const struct sw_json *fields = sw_json_get(schema, "properties");
	for (const struct sw_json *f = fields && depth < 4 ? fields->child : NULL; f; f = f->next) {
		struct sw_str name = sw_str_fmt(arena, "%.*s%.*s", SW_FMT(prefix), SW_FMT(f->name));
		const struct sw_json *items = sw_json_get(f, "items");
		add_row(out, name, "", f);
		add_fields(arena, out, sw_str_fmt(arena, "%.*s.", SW_FMT(name)), f, depth + 1);
		add_fields(arena, out, sw_str_fmt(arena, "%.*s[].", SW_FMT(name)), items, depth + 1);
	}
}

static void add_reply(struct sw_arena *arena, struct sw_buf *out, const struct docs_operation *o)
{
	const struct sw_json *replies = sw_json_get(o->about, "responses");
	const struct sw_json *good = replies ? replies->child : NULL, *content = sw_json_get(good, "content");
	if (!good)
		return;
	sw_buf_add_fmt(out, "<p>Answers <b>%.*s</b>%s.</p>\n", SW_FMT(good->name), content ? "" : " without a body");
	const struct sw_json *schema = sw_json_get(content ? content->child : NULL, "schema");
	if (!sw_json_get(schema, "properties"))
		return;
	begin_table(out, "Reply");
	add_fields(arena, out, SW_S(""), schema, 0);
	sw_buf_add_cstr(out, "</tbody></table></div>\n");
}

/* One after the other for who reads without the style sheet, one at a time by buttons for who has it. */
static void add_samples(struct sw_api *api, const struct sw_web_ask *ask, struct sw_buf *out,
			const struct docs_operation *o)
{
	struct sw_str refused = sw_json_get_str(o->about, "x-refused");
	sw_buf_add_cstr(out, "<h2 id=\"examples\">Examples</h2>\n<p><a href=\"/docs/examples\">What they need</a>.");
	if (refused.n)
		sw_buf_add_fmt(out, " <b>It is always refused:</b> %.*s", SW_FMT(refused));
	sw_buf_add_cstr(out, "</p>\n<fieldset class=\"samples\">\n<legend>Language</legend>\n");
	for (enum sw_sample_language l = 0; l < SW_SAMPLE_LANGUAGES; l++)
		sw_buf_add_fmt(
			out, "<input type=\"radio\" name=\"language\" id=\"in-%d\"%s><label for=\"in-%d\">%s</label>\n",
			(int)l, l ? "" : " checked", (int)l, sw_sample_label(l));
	for (enum sw_sample_language l = 0; l < SW_SAMPLE_LANGUAGES; l++) {
		sw_buf_add_fmt(out, "<figure><figcaption>%s</figcaption>\n<pre tabindex=\"0\"><code>",
			       sw_sample_label(l));
		docs_escape(out, sw_api_sample(api, ask->arena, o->name, l, ask->base_url));
		sw_buf_add_cstr(out, "</code></pre></figure>\n");
	}
	sw_buf_add_cstr(out, "</fieldset>\n");
}

static void add_errors(struct sw_buf *out, const struct docs_operation *o)
{
	const struct sw_json *codes = sw_json_get(o->about, "x-errors");
	sw_buf_add_cstr(out, "<h2>Errors</h2>\n<div class=\"wide\" tabindex=\"0\"><table>\n"
			     "<thead><tr><th>Code</th><th>Status</th><th>Meaning</th></tr></thead><tbody>\n");
	for (const struct sw_json *code = codes ? codes->child : NULL; code; code = code->next) {
		const struct sw_error_row *row = sw_error_find((int)code->i);
		if (row)
			sw_buf_add_fmt(out,
				       "<tr><td><a href=\"/docs/errors/%d\">%d</a></td><td>%d</td><td>%s</td></tr>\n",
				       row->code, row->code, row->status, row->message);
	}
	sw_buf_add_cstr(out, "</tbody></table></div>\n<p>Each page says what to do. A reply has the code, the page's "
			     "address and what was wrong in this very request.</p>\n");
}

int docs_operation(struct sw_api *api, const struct sw_web_ask *ask, const struct docs_operation *o, struct sw_buf *out)
{
	struct sw_str permission = sw_json_get_str(o->about, "x-permission");
	docs_head(out, o->name, SW_S(""));
	sw_buf_add_fmt(out, "<h1>%.*s</h1>\n<p>", SW_FMT(o->name));
	docs_escape(out, o->summary);
	sw_buf_add_fmt(out, "</p>\n<pre tabindex=\"0\"><code>%.*s %.*s</code></pre>\n", SW_FMT(o->method),
		       SW_FMT(o->path));
	if (permission.n)
		sw_buf_add_fmt(out,
			       "<p>A restricted key needs <code>%.*s</code> "
			       "(<a href=\"/docs/authentication\">authentication</a>).</p>\n",
			       SW_FMT(permission));
	add_samples(api, ask, out, o);
	add_parameters(out, o);
	add_reply(ask->arena, out, o);
	add_errors(out, o);
	docs_foot(out);
	return 200;
}
