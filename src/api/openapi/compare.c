#include "api/openapi/compare.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/map.h"

enum { DEPTH_MAX = 6 };

const struct sw_json_bounds sw_openapi_bounds = { .depth = 64, .nodes = 4000000 };

/* One description, with what is asked of it often. */
struct surface {
	struct sw_arena *arena;
	const struct sw_json *root;
	struct sw_str prefix;
	struct sw_map operations; /* "POST /v1/Services/{}": its object */
};

static void say(struct sw_comparison *c, const char *format, ...) SW_PRINTF(2, 3);
static void say(struct sw_comparison *c, const char *format, ...)
{
	char line[400];
	va_list args;
	c->complaints++;
	if (!c->out)
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	sw_buf_add_fmt(c->out, "%s\n", line);
}

struct sw_str sw_openapi_product(const struct sw_json *description)
{
	const struct sw_json *servers = sw_json_get(description, "servers");
	struct sw_str url = sw_json_get_str(servers ? servers->child : NULL, "url"), label;
	if (!sw_str_starts(url, SW_S("https://")))
		return SW_STR_NULL;
	url = sw_str_from(url, 8);
	label = sw_str_cut(&url, '.');
	return label;
}

/* ---- reading a description ---- */

static const struct sw_json *resolve(const struct surface *s, const struct sw_json *schema)
{
	struct sw_str name = SW_S(""), section, ref = sw_json_get_str(schema, "$ref");
	for (int i = 0; ref.p && i < DEPTH_MAX; i++) {
		for (section = name; ref.p; name = sw_str_cut(&ref, '/'))
			section = name;
		const struct sw_json *all =
			sw_json_get(sw_json_get(s->root, "components"), sw_str_cstr(s->arena, section));
		schema = sw_json_get(all, sw_str_cstr(s->arena, name));
		ref = sw_json_get_str(schema, "$ref");
	}
	return schema;
}

/* "/v1/Services/{}": whatever its variables are called. */
static struct sw_str plain_path(struct sw_arena *arena, struct sw_str prefix, struct sw_str path)
{
	struct sw_buf plain = { .arena = arena };
	sw_buf_add_str(&plain, prefix);
	for (size_t i = 0; i < path.n; i++) {
		sw_buf_add_char(&plain, path.p[i]);
		if (path.p[i] != '{')
			continue;
		while (i + 1 < path.n && path.p[i] != '}')
			i++;
		sw_buf_add_char(&plain, '}');
	}
	return sw_buf_str(&plain);
}

static bool is_method(struct sw_str name)
{
	static const char *const methods[] = { "get", "post", "put", "patch", "delete" };
	for (size_t i = 0; i < SW_COUNTOF(methods); i++)
		if (sw_str_is(name, methods[i]))
			return true;
	return false;
}

static void open_surface(struct surface *s, struct sw_arena *arena, const struct sw_json *root)
{
	struct sw_str product = sw_openapi_product(root);
	const struct sw_json *paths = sw_json_get(root, "paths");
	*s = (struct surface){ .arena = arena, .root = root, .prefix = SW_S("") };
	if (product.p && !sw_str_is(product, "api"))
		s->prefix = sw_str_fmt(arena, "/%.*s", SW_FMT(product));
	for (const struct sw_json *path = paths ? paths->child : NULL; path; path = path->next)
		for (const struct sw_json *op = path->child; op; op = op->next)
			if (is_method(op->name))
				sw_map_put(&s->operations,
					   sw_str_fmt(arena, "%.*s %.*s", SW_FMT(op->name),
						      SW_FMT(plain_path(arena, s->prefix, path->name))),
					   (void *)(uintptr_t)op);
}

/* ---- schemas ---- */

/* Where one is, for a complaint. */
struct place {
	struct sw_comparison *c;
	const struct surface *wanted, *served;
	struct sw_str operation; /* "CreateMessage" */
	const char *what;        /* "parameter", "field" */
	int64_t *n, *n_served;
	bool reply;
};

static bool has_text(const struct sw_json *list, struct sw_str text)
{
	for (const struct sw_json *item = list ? list->child : NULL; item; item = item->next)
		if (item->kind == SW_JSON_STRING && sw_str_eq(item->text, text))
			return true;
	return false;
}

/* What a program of yesterday would stumble over. A parameter may accept more, a reply may show less. */
static void compare_schema(const struct place *p, struct sw_str name, const struct sw_json *wanted,
			   const struct sw_json *served)
{
	struct sw_str old = sw_json_get_str(wanted, "type"), new = sw_json_get_str(served, "type");
	if (old.p && new.p && !sw_str_eq(old, new))
		say(p->c, "changed %s %.*s of %.*s: %.*s became %.*s", p->what, SW_FMT(name), SW_FMT(p->operation),
		    SW_FMT(old), SW_FMT(new));
	const struct sw_json *values = sw_json_get(wanted, "enum"), *now = sw_json_get(served, "enum");
	for (const struct sw_json *v = values ? values->child : NULL; v && now && !p->reply; v = v->next)
		if (v->kind == SW_JSON_STRING && !has_text(now, v->text))
			say(p->c, "changed %s %.*s of %.*s: the value %.*s is gone", p->what, SW_FMT(name),
			    SW_FMT(p->operation), SW_FMT(v->text));
	for (const struct sw_json *v = now && p->reply ? now->child : NULL; v && values; v = v->next)
		if (v->kind == SW_JSON_STRING && !has_text(values, v->text))
			say(p->c, "changed %s %.*s of %.*s: the value %.*s is new", p->what, SW_FMT(name),
			    SW_FMT(p->operation), SW_FMT(v->text));
	static const struct {
		const char *bound;
		bool upper;
	} bounds[] = { { "maxLength", true }, { "maximum", true }, { "minLength", false }, { "minimum", false } };
	for (size_t i = 0; i < SW_COUNTOF(bounds) && !p->reply; i++) {
		const struct sw_json *was = sw_json_get(wanted, bounds[i].bound),
				     *is = sw_json_get(served, bounds[i].bound);
		bool tighter = is && (!was || (bounds[i].upper ? is->number < was->number : is->number > was->number));
		if (tighter && (was || bounds[i].upper))
			say(p->c, "changed %s %.*s of %.*s: %s is %.0f now", p->what, SW_FMT(name),
			    SW_FMT(p->operation), bounds[i].bound, is->number);
	}
}

static void compare_properties(const struct place *p, struct sw_str above, const struct sw_json *wanted,
			       const struct sw_json *served, int depth);

static void compare_value(const struct place *p, struct sw_str name, const struct sw_json *wanted,
			  const struct sw_json *served, int depth)
{
	wanted = resolve(p->wanted, wanted);
	served = resolve(p->served, served);
	if (p->c->breaking)
		compare_schema(p, name, wanted, served);
	const struct sw_json *items = sw_json_get(wanted, "items"), *own = sw_json_get(served, "items");
	if (items && own)
		compare_value(p, sw_str_fmt(p->wanted->arena, "%.*s[]", SW_FMT(name)), items, own, depth + 1);
	else if (depth < DEPTH_MAX)
		compare_properties(p, sw_str_fmt(p->wanted->arena, "%.*s.", SW_FMT(name)), wanted, served, depth + 1);
}

static void compare_properties(const struct place *p, struct sw_str above, const struct sw_json *wanted,
			       const struct sw_json *served, int depth)
{
	const struct sw_json *properties = sw_json_get(resolve(p->wanted, wanted), "properties"),
			     *own = sw_json_get(resolve(p->served, served), "properties");
	/* An object that is served whole, as JSON or a map of links, has all of its parts. */
	if (!own && served && above.n > 1)
		own = properties;
	for (const struct sw_json *f = properties ? properties->child : NULL; f; f = f->next) {
		const struct sw_json *mine = sw_json_get(own, sw_str_cstr(p->wanted->arena, f->name));
		++*p->n;
		if (!mine) {
			say(p->c, "missing %s %.*s%.*s of %.*s", p->what, SW_FMT(above), SW_FMT(f->name),
			    SW_FMT(p->operation));
			continue;
		}
		++*p->n_served;
		if (own != properties)
			compare_value(p, sw_str_fmt(p->wanted->arena, "%.*s%.*s", SW_FMT(above), SW_FMT(f->name)), f,
				      mine, depth);
	}
}

/* ---- operations ---- */

/* The schema of a body, whatever its content type; replies: of the first success. */
static const struct sw_json *content_schema(const struct sw_json *holder)
{
	const struct sw_json *content = sw_json_get(holder, "content");
	return content && content->child ? sw_json_get(content->child, "schema") : NULL;
}

static const struct sw_json *reply_schema(const struct sw_json *operation)
{
	const struct sw_json *responses = sw_json_get(operation, "responses");
	for (const struct sw_json *r = responses ? responses->child : NULL; r; r = r->next)
		if (r->name.n == 3 && r->name.p[0] == '2' && content_schema(r))
			return content_schema(r);
	return NULL;
}

static const struct sw_json *find_param(const struct sw_json *operation, struct sw_str name)
{
	const struct sw_json *params = sw_json_get(operation, "parameters");
	for (const struct sw_json *p = params ? params->child : NULL; p; p = p->next)
		if (sw_str_eq(sw_json_get_str(p, "name"), name))
			return p;
	return NULL;
}

static bool is_required(const struct sw_json *param)
{
	const struct sw_json *required = sw_json_get(param, "required");
	return required && required->b;
}

static void compare_params(const struct place *p, const struct sw_json *wanted, const struct sw_json *served)
{
	const struct sw_json *params = sw_json_get(wanted, "parameters");
	for (const struct sw_json *each = params ? params->child : NULL; each; each = each->next) {
		const struct sw_json *q = resolve(p->wanted, each);
		struct sw_str name = sw_json_get_str(q, "name");
		if (sw_str_is(sw_json_get_str(q, "in"), "path"))
			continue;
		const struct sw_json *mine = find_param(served, name);
		++*p->n;
		if (!mine && !sw_str_is(sw_json_get_str(q, "in"), "header")) {
			say(p->c, "missing parameter %.*s of %.*s", SW_FMT(name), SW_FMT(p->operation));
			continue;
		}
		++*p->n_served; /* headers are the engine's: If-Match and the like */
		if (p->c->breaking && mine)
			compare_schema(p, name, resolve(p->wanted, sw_json_get(q, "schema")),
				       resolve(p->served, sw_json_get(mine, "schema")));
	}
}

/* A parameter that must be given now and was not there, or could be left out. */
static void compare_required(const struct place *p, const struct sw_json *wanted, const struct sw_json *served)
{
	const struct sw_json *params = sw_json_get(served, "parameters");
	for (const struct sw_json *q = params ? params->child : NULL; q; q = q->next)
		if (is_required(q) && !sw_str_is(sw_json_get_str(q, "in"), "path") &&
		    !is_required(find_param(wanted, sw_json_get_str(q, "name"))))
			say(p->c, "changed parameter %.*s of %.*s: it is required now",
			    SW_FMT(sw_json_get_str(q, "name")), SW_FMT(p->operation));
	const struct sw_json *old = sw_json_get(content_schema(sw_json_get(wanted, "requestBody")), "required"),
			     *new = sw_json_get(content_schema(sw_json_get(served, "requestBody")), "required");
	for (const struct sw_json *name = new ? new->child : NULL; name; name = name->next)
		if (name->kind == SW_JSON_STRING && !has_text(old, name->text))
			say(p->c, "changed parameter %.*s of %.*s: it is required now", SW_FMT(name->text),
			    SW_FMT(p->operation));
}

static void compare_operation(const struct surface *wanted, const struct surface *served, struct sw_str key,
			      const struct sw_json *operation, struct sw_comparison *c)
{
	const struct sw_json *mine = sw_map_find(&served->operations, key);
	struct sw_str name = sw_json_get_str(operation, "operationId");
	c->operations++;
	if (!mine) {
		say(c, "missing operation %.*s (%.*s)", SW_FMT(name), SW_FMT(key));
		return;
	}
	c->operations_served++;
	struct place p = {
		.c = c,
		.wanted = wanted,
		.served = served,
		.operation = name,
		.what = "parameter",
		.n = &c->params,
		.n_served = &c->params_served,
	};
	compare_params(&p, operation, mine);
	compare_properties(&p, SW_S(""), content_schema(sw_json_get(operation, "requestBody")),
			   content_schema(sw_json_get(mine, "requestBody")), 0);
	if (c->breaking)
		compare_required(&p, operation, mine);
	p.what = "field";
	p.reply = true;
	p.n = &c->fields;
	p.n_served = &c->fields_served;
	compare_properties(&p, SW_S(""), reply_schema(operation), reply_schema(mine), 0);
}

void sw_openapi_compare(struct sw_arena *arena, const struct sw_json *wanted, const struct sw_json *served,
			struct sw_comparison *c)
{
	struct surface old, new;
	const struct sw_json *paths = sw_json_get(wanted, "paths");
	open_surface(&old, arena, wanted);
	open_surface(&new, arena, served);
	for (const struct sw_json *path = paths ? paths->child : NULL; path; path = path->next)
		for (const struct sw_json *op = path->child; op; op = op->next)
			if (is_method(op->name))
				compare_operation(&old, &new,
						  sw_str_fmt(arena, "%.*s %.*s", SW_FMT(op->name),
							     SW_FMT(plain_path(arena, old.prefix, path->name))),
						  op, c);
	sw_map_done(&old.operations);
	sw_map_done(&new.operations);
}
