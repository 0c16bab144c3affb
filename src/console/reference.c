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
	sw_api_openapi(api, SW_STR_NULL, &text);
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
	static struct operations alone; /* of a command, which has no loop */
	struct operations *o = sw_loop_current() ? sw_loop_local(sw_loop_current(), &local) : &alone;
	if (!o->arena) {
		o->arena = sw_arena_new();
		read_document(api, o);
	}
	*ret_n = o->n;
	return o->all;
}

/* ---- all of them ---- */

struct sw_str docs_group(struct sw_str path)
{
	struct sw_str rest = sw_str_from(path, 1), first = sw_str_cut(&rest, '/');
	return sw_str_is(first, "2010-04-01") ? SW_S("api (2010-04-01)")
	       : sw_str_is(first, "v1")       ? SW_S("native")
					      : first;
}

bool docs_begins_group(const struct docs_operation *all, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (sw_str_eq(docs_group(all[k].path), docs_group(all[i].path)))
			return false;
	return true;
}

static void add_group(struct sw_arena *arena, struct sw_buf *out, const struct docs_operation *all, size_t n)
{
	struct sw_str group = docs_group(all[0].path);
	sw_buf_add_fmt(out, "<h2 id=\"%.*s\">%.*s</h2>\n<ul>\n", SW_FMT(docs_anchor(arena, group)), SW_FMT(group));
	for (size_t i = 0; i < n; i++) {
		const struct docs_operation *o = &all[i];
		if (!sw_str_eq(docs_group(o->path), group))
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
			return docs_operation(api, ask, &all[i], out);
	if (ask->rest.n)
		return 404;
	docs_head(out, SW_S("Reference"), SW_S(""));
	sw_buf_add_fmt(out,
		       "<h1>Reference</h1>\n<p>%zu operations, from the tables that serve them. For machines: "
		       "<a href=\"/openapi.json\">openapi.json</a>.</p>\n",
		       n);
	for (size_t i = 0; i < n; i++)
		if (docs_begins_group(all, i))
			add_group(ask->arena, out, all + i, n - i);
	docs_foot(out);
	return 200;
}
