/* The reference, from the OpenAPI document that the program emits: what is said there is said here. */
#include "console/docs.h"
#include "loop/loop.h"
#include "wire/json/json.h"

static const struct {
	const char *key;
	struct sw_str method;
} methods[] = {
	{ "get", { "GET", 3 } },     { "post", { "POST", 4 } },     { "put", { "PUT", 3 } },
	{ "patch", { "PATCH", 5 } }, { "delete", { "DELETE", 6 } },
};

/* The tables do not change while the program runs: each loop reads the document once. */
struct operations {
	struct sw_arena *arena;
	struct docs_operation *all;
	size_t n;
};

static void operations_drop(void *object)
{
	struct operations *o = object;
	if (o->arena)
		sw_arena_free(o->arena);
}

static void read_document(struct sw_api *api, struct operations *o)
{
	const struct sw_json_bounds bounds = { .depth = 64, .nodes = 1000000 };
	struct sw_buf text = { .arena = o->arena };
	const struct sw_json *document;
	size_t room = 0;
	sw_api_openapi(api, &text);
	SW_BUG_ON(sw_json_parse(o->arena, sw_buf_str(&text), &bounds, &document, NULL));
	const struct sw_json *paths = sw_json_get(document, "paths");
	for (const struct sw_json *path = paths->child; path; path = path->next)
		room += path->n;
	o->all = SW_ARENA_ARRAY(o->arena, struct docs_operation, room);
	for (const struct sw_json *path = paths->child; path; path = path->next)
		for (size_t i = 0; i < SW_COUNTOF(methods); i++) {
			const struct sw_json *about = sw_json_get(path, methods[i].key);
			if (about)
				o->all[o->n++] = (struct docs_operation){ methods[i].method, path->name,
									  sw_json_get_str(about, "operationId"),
									  sw_json_get_str(about, "summary"), about };
		}
}

const struct docs_operation *docs_operations(struct sw_api *api, size_t *ret_n)
{
	static struct sw_loop_local local = { .bytes = sizeof(struct operations), .drop = operations_drop };
	struct operations *o = sw_loop_local(sw_loop_current(), &local);
	if (!o->arena) {
		o->arena = sw_arena_new();
		read_document(api, o);
	}
	*ret_n = o->n;
	return o->all;
}

/* ---- one operation ---- */

/* "integer, 1 to 1000", "one of: free", "SID: PN", "array of string" */
static void add_type(struct sw_buf *out, const struct sw_json *schema)
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

static void add_row(struct sw_buf *out, struct sw_str name, struct sw_str where, const struct sw_json *schema)
{
	struct sw_str inert = sw_json_get_str(schema, "x-inert");
	sw_buf_add_fmt(out, "<tr><td><code>%.*s</code>", SW_FMT(name));
	if (where.n)
		sw_buf_add_fmt(out, " <span class=\"where\">%.*s</span>", SW_FMT(where));
	sw_buf_add_cstr(out, "</td><td>");
	add_type(out, schema);
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

static const struct sw_json *body_of(const struct docs_operation *o, bool *ret_json)
{
	const struct sw_json *content = sw_json_get(sw_json_get(o->about, "requestBody"), "content");
	const struct sw_json *first = content ? content->child : NULL;
	*ret_json = first && sw_str_is(first->name, "application/json");
	return sw_json_get(first, "schema");
}

static bool is_in(const struct sw_json *list, struct sw_str name)
{
	for (const struct sw_json *one = list ? list->child : NULL; one; one = one->next)
		if (sw_str_eq(one->text, name))
			return true;
	return false;
}

static void add_parameters(struct sw_buf *out, const struct docs_operation *o)
{
	bool json;
	const struct sw_json *parameters = sw_json_get(o->about, "parameters"), *body = body_of(o, &json),
			     *fields = sw_json_get(body, "properties"), *required = sw_json_get(body, "required");
	if (!(parameters && parameters->n) && !(fields && fields->n))
		return;
	begin_table(out, "Parameters");
	for (const struct sw_json *p = parameters ? parameters->child : NULL; p; p = p->next)
		add_row(out, sw_json_get_str(p, "name"), sw_json_get_str(p, "in"), sw_json_get(p, "schema"));
	for (const struct sw_json *f = fields ? fields->child : NULL; f; f = f->next)
		add_row(out, f->name, is_in(required, f->name) ? SW_S("required") : SW_S(""), f);
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
		add_row(out, name, SW_S(""), f);
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

/* What a value of that type looks like; the required ones make a call that can be pasted. */
static struct sw_str sample_of(const struct sw_json *schema)
{
	static const struct {
		const char *format;
		struct sw_str sample;
	} samples[] = {
		{ "phone-number", { "+15005550010", 12 } },
		{ "uri", { "https://example.org/hook", 24 } },
		{ "date-time", { "2030-01-01T00:00:00Z", 20 } },
		{ "decimal", { "1.5", 3 } },
		{ "int64", { "1", 1 } },
	};
	const struct sw_json *words = sw_json_get(schema, "enum");
	struct sw_str format = sw_json_get_str(schema, "format");
	if (words && words->child)
		return words->child->text;
	for (size_t i = 0; i < SW_COUNTOF(samples); i++)
		if (sw_str_is(format, samples[i].format))
			return samples[i].sample;
	return sw_str_is(sw_json_get_str(schema, "type"), "boolean") ? SW_S("true") : SW_S("text");
}

static void add_curl(const struct sw_web_ask *ask, struct sw_buf *out, const struct docs_operation *o)
{
	bool json;
	const struct sw_json *body = body_of(o, &json), *fields = sw_json_get(body, "properties"),
			     *required = sw_json_get(body, "required");
	struct sw_buf text = { .arena = ask->arena };
	struct sw_str rest = o->path;
	sw_buf_add_cstr(&text, "curl -u $SID:$TOKEN");
	bool form = required && !json; /* makes it a POST */
	if (!sw_str_is(o->method, "GET") && !(form && sw_str_is(o->method, "POST")))
		sw_buf_add_fmt(&text, " -X %.*s", SW_FMT(o->method));
	sw_buf_add_fmt(&text, " %.*s", SW_FMT(ask->base_url));
	while (rest.p) {
		struct sw_str plain = sw_str_cut(&rest, '{'), name = rest.p ? sw_str_cut(&rest, '}') : SW_STR_NULL;
		sw_buf_add_str(&text, plain);
		if (name.p)
			sw_buf_add_fmt(&text, "$%.*s", SW_FMT(sw_str_is(name, "AccountSid") ? SW_S("SID") : name));
	}
	for (const struct sw_json *f = fields && required ? fields->child : NULL; f; f = f->next)
		if (is_in(required, f->name))
			sw_buf_add_fmt(&text, " \\\n  --data-urlencode '%.*s=%.*s'", SW_FMT(f->name),
				       SW_FMT(sample_of(f)));
	sw_buf_add_cstr(out, "<h2>By curl</h2>\n<pre tabindex=\"0\"><code>");
	docs_escape(out, sw_buf_str(&text));
	sw_buf_add_cstr(out, "</code></pre>\n");
}

static int one_operation(const struct sw_web_ask *ask, const struct docs_operation *o, struct sw_buf *out)
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
	add_curl(ask, out, o);
	add_parameters(out, o);
	add_reply(ask->arena, out, o);
	sw_buf_add_cstr(out,
			"<p>Errors have a code and say what to do: <a href=\"/docs/errors\">all of them</a>.</p>\n");
	docs_foot(out);
	return 200;
}

/* ---- all of them ---- */

/* "messaging" of "/messaging/v1/Services"; the two that have no prefix by their names. */
static struct sw_str group_of(struct sw_str path)
{
	struct sw_str rest = sw_str_from(path, 1), first = sw_str_cut(&rest, '/');
	return sw_str_is(first, "2010-04-01") ? SW_S("api (2010-04-01)")
	       : sw_str_is(first, "v1")       ? SW_S("native")
					      : first;
}

static void add_group(struct sw_arena *arena, struct sw_buf *out, const struct docs_operation *all, size_t n)
{
	struct sw_str group = group_of(all[0].path);
	sw_buf_add_fmt(out, "<h2 id=\"%.*s\">%.*s</h2>\n<ul>\n", SW_FMT(docs_anchor(arena, group)), SW_FMT(group));
	for (size_t i = 0; i < n; i++) {
		const struct docs_operation *o = &all[i];
		if (!sw_str_eq(group_of(o->path), group))
			continue;
		sw_buf_add_fmt(out,
			       "<li><span class=\"method\">%.*s</span> <a href=\"/docs/reference/%.*s\">%.*s</a>: ",
			       SW_FMT(o->method), SW_FMT(o->name), SW_FMT(o->path));
		docs_escape(out, o->summary);
		sw_buf_add_cstr(out, "</li>\n");
	}
	sw_buf_add_cstr(out, "</ul>\n");
}

int docs_reference(struct sw_api *api, const struct sw_web_ask *ask, struct sw_buf *out)
{
	size_t n;
	const struct docs_operation *all = docs_operations(api, &n);
	for (size_t i = 0; i < n && ask->rest.n; i++)
		if (sw_str_eq(all[i].name, sw_str_from(ask->rest, 1)))
			return one_operation(ask, &all[i], out);
	if (ask->rest.n)
		return 404;
	docs_head(out, SW_S("Reference"), SW_S(""));
	sw_buf_add_fmt(out,
		       "<h1>Reference</h1>\n<p>%zu operations, from the tables that serve them. For machines: "
		       "<a href=\"/openapi.json\">openapi.json</a>.</p>\n",
		       n);
	for (size_t i = 0; i < n; i++) {
		bool seen = false;
		for (size_t k = 0; k < i && !seen; k++)
			seen = sw_str_eq(group_of(all[k].path), group_of(all[i].path));
		if (!seen)
			add_group(ask->arena, out, all + i, n - i);
	}
	docs_foot(out);
	return 200;
}
