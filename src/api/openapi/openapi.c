/* The surface as OpenAPI 3.0, from the same rows that serve it. */
#include "api/api_impl.h"
#include "api/openapi/errors.h"
#include "api/sample/sample.h"
#include "base/num.h"

static void text(struct sw_json_out *out, const char *key, const char *value)
{
	sw_json_key(out, sw_str_of(key));
	sw_json_str(out, sw_str_of(value));
}

static void open_object(struct sw_json_out *out, const char *key)
{
	sw_json_key(out, sw_str_of(key));
	sw_json_object(out);
}

/* ---- values ---- */

static void bounds(struct sw_json_out *out, const struct sw_field *f)
{
	const char *low = f->type == SW_INT ? "minimum" : "minLength",
		   *high = f->type == SW_INT ? "maximum" : "maxLength";
	if (f->type == SW_MICROS || f->type == SW_STRS || f->fields)
		return;
	if (f->min || (f->max && f->type == SW_INT))
		sw_json_add_int(out, low, f->min);
	if (f->max)
		sw_json_add_int(out, high, f->max);
}

static void pattern_of_kinds(struct sw_json_out *out, const char *kinds)
{
	struct sw_buf pattern = { 0 };
	struct sw_str rest = sw_str_of(kinds);
	sw_buf_add_cstr(&pattern, "^(");
	while (rest.p) {
		struct sw_str kind = sw_str_cut(&rest, ',');
		sw_buf_add_str(&pattern, sw_str_is(kind, "*") ? SW_S("[A-Z]{2}") : kind);
		if (rest.p)
			sw_buf_add_char(&pattern, '|');
	}
	sw_buf_add_cstr(&pattern, ")[0-9a-fA-F]{32}$");
	sw_json_add_str(out, "pattern", sw_buf_str(&pattern));
	sw_buf_done(&pattern);
}

static void schema(struct sw_json_out *out, const struct sw_field *f, enum sw_style style, bool reply);

/* Parts go by their own names: they stand in JSON, also where a form holds it. */
static void parts(struct sw_json_out *out, const struct sw_field *fields, enum sw_style style, bool reply)
{
	open_object(out, "properties");
	for (const struct sw_field *f = fields; f->name; f++) {
		sw_json_plain_key(out, f->name);
		schema(out, f, style, reply);
	}
	sw_json_end_object(out);
}

static void example(struct sw_json_out *out, const struct sw_field *f)
{
	struct sw_arena arena;
	sw_arena_init(&arena);
	const struct sw_json *value = sw_sample_value(&arena, f);
	if (value) {
		sw_json_key(out, SW_S("example"));
		sw_json_value(out, value);
	}
	sw_arena_done(&arena);
}

static void schema(struct sw_json_out *out, const struct sw_field *f, enum sw_style style, bool reply)
{
	bool as_text = reply && f->flags & SW_AS_TEXT && style == SW_STYLE_2010;
	const char *format, *type = sw_type_json(f->type, &format);
	sw_json_object(out);
	if (type)
		text(out, "type", as_text ? "string" : type);
	if (format && !as_text)
		text(out, "format",
		     f->type == SW_TIME && style == SW_STYLE_2010 && reply ? "date-time-rfc-2822" : format);
	if (f->type == SW_STRS)
		open_object(out, "items"), text(out, "type", "string"), sw_json_end_object(out);
	if (f->type == SW_OBJECT)
		parts(out, f->fields, style, reply);
	if (f->type == SW_OBJECTS) {
		open_object(out, "items");
		text(out, "type", "object");
		parts(out, f->fields, style, reply);
		sw_json_end_object(out);
	}
	if (f->type == SW_SID && f->kinds)
		pattern_of_kinds(out, f->kinds);
	if (f->type == SW_ENUM) {
		sw_json_key(out, SW_S("enum"));
		sw_json_array(out);
		for (const char *const *v = f->values; *v; v++)
			sw_json_str(out, sw_str_of(*v));
		sw_json_end_array(out);
	}
	if (!reply)
		bounds(out, f);
	if (f->def && !reply)
		text(out, "default", f->def);
	if (reply)
		sw_json_add_bool(out, "nullable", true);
	text(out, "description", f->doc);
	if (f->deprecated && !reply)
		sw_json_add_bool(out, "deprecated", true);
	if (f->inert && !reply)
		text(out, "x-inert", f->inert);
	if (!reply)
		example(out, f);
	sw_json_end_object(out);
}

/* ---- parameters ---- */

static void parameter(struct sw_json_out *out, const struct sw_field *f, struct sw_str name, enum sw_style style)
{
	bool path = f->flags & SW_PATH;
	sw_json_object(out);
	sw_json_add_str(out, "name", name);
	text(out, "in", path ? "path" : "query");
	sw_json_add_bool(out, "required", f->flags & (SW_PATH | SW_REQUIRED));
	sw_json_key(out, SW_S("schema"));
	schema(out, f, style, false);
	sw_json_end_object(out);
}

static bool in_body(const struct sw_endpoint *e, const struct sw_field *f)
{
	return !(f->flags & SW_PATH) && strcmp(e->method, "GET") != 0 && strcmp(e->method, "DELETE") != 0;
}

static void parameters(struct sw_arena *arena, struct sw_json_out *out, const struct sw_route *route)
{
	const struct sw_endpoint *e = route->endpoint;
	sw_json_key(out, SW_S("parameters"));
	sw_json_array(out);
	for (unsigned i = 0; e->params && e->params[i].name; i++)
		if (!in_body(e, &e->params[i]) && sw_field_in_style(&e->params[i], e->style))
			parameter(out, &e->params[i], route->names[i], e->style);
	for (const struct sw_field *f = sw_page_fields; e->flags & SW_LIST && f->name; f++)
		if (sw_field_in_style(f, e->style))
			parameter(out, f, sw_field_param(arena, f, e->style), e->style);
	sw_json_end_array(out);
}

static void body(struct sw_json_out *out, const struct sw_route *route)
{
	const struct sw_endpoint *e = route->endpoint;
	bool any = false;
	for (const struct sw_field *f = e->params; f && f->name; f++)
		any |= in_body(e, f) && sw_field_in_style(f, e->style);
	if (!any)
		return;
	open_object(out, "requestBody");
	open_object(out, "content");
	open_object(out, e->style == SW_STYLE_NATIVE || e->flags & SW_JSON_BODY ? "application/json"
										: "application/x-www-form-urlencoded");
	open_object(out, "schema");
	text(out, "type", "object");
	open_object(out, "properties");
	for (unsigned i = 0; e->params[i].name; i++)
		if (in_body(e, &e->params[i]) && sw_field_in_style(&e->params[i], e->style)) {
			sw_json_key(out, route->names[i]);
			schema(out, &e->params[i], e->style, false);
		}
	sw_json_end_object(out);
	sw_json_key(out, SW_S("required"));
	sw_json_array(out);
	for (unsigned i = 0; e->params[i].name; i++)
		if (in_body(e, &e->params[i]) && e->params[i].flags & SW_REQUIRED)
			sw_json_str(out, route->names[i]);
	sw_json_end_array(out);
	for (int i = 0; i < 4; i++)
		sw_json_end_object(out);
}

/* ---- replies ---- */

static void properties(struct sw_json_out *out, const struct sw_endpoint *e)
{
	sw_json_object(out);
	text(out, "type", "object");
	open_object(out, "properties");
	for (const struct sw_field *f = e->fields; f->name; f++) {
		if (!sw_field_in_style(f, e->style) || f->flags & SW_HIDDEN)
			continue;
		sw_json_key(out, sw_str_of(f->name));
		schema(out, f, e->style, true);
	}
	sw_json_end_object(out);
	sw_json_end_object(out);
}

/* What stands beside the rows of a list; as page.c renders it. */
static const struct {
	enum sw_style style;
	const char *name, *type;
	bool nullable;
} paging[] = {
	{ SW_STYLE_2010, "end", "integer", false },
	{ SW_STYLE_2010, "first_page_uri", "string", false },
	{ SW_STYLE_2010, "next_page_uri", "string", true },
	{ SW_STYLE_2010, "page", "integer", false },
	{ SW_STYLE_2010, "page_size", "integer", false },
	{ SW_STYLE_2010, "previous_page_uri", "string", true },
	{ SW_STYLE_2010, "start", "integer", false },
	{ SW_STYLE_2010, "uri", "string", false },
	{ SW_STYLE_V1, "first_page_url", "string", false },
	{ SW_STYLE_V1, "key", "string", false },
	{ SW_STYLE_V1, "next_page_url", "string", true },
	{ SW_STYLE_V1, "page", "integer", false },
	{ SW_STYLE_V1, "page_size", "integer", false },
	{ SW_STYLE_V1, "previous_page_url", "string", true },
	{ SW_STYLE_V1, "url", "string", false },
	{ SW_STYLE_NATIVE, "next_cursor", "string", true },
};

static void paging_properties(struct sw_json_out *out, enum sw_style style)
{
	bool inner = style == SW_STYLE_V1;
	if (inner)
		open_object(out, "meta"), text(out, "type", "object"), open_object(out, "properties");
	for (size_t i = 0; i < SW_COUNTOF(paging); i++) {
		if (paging[i].style != style)
			continue;
		open_object(out, paging[i].name);
		text(out, "type", paging[i].type);
		sw_json_add_bool(out, "nullable", paging[i].nullable);
		sw_json_end_object(out);
	}
	if (inner)
		sw_json_end_object(out), sw_json_end_object(out);
}

static void list_schema(struct sw_json_out *out, const struct sw_endpoint *e)
{
	sw_json_object(out);
	text(out, "type", "object");
	open_object(out, "properties");
	open_object(out, e->style == SW_STYLE_NATIVE ? "data" : e->list_key);
	text(out, "type", "array");
	sw_json_key(out, SW_S("items"));
	properties(out, e);
	sw_json_end_object(out);
	paging_properties(out, e->style);
	sw_json_end_object(out);
	sw_json_end_object(out);
}

static void reply(struct sw_json_out *out, const struct sw_endpoint *e)
{
	char number[24];
	open_object(out, "responses");
	sw_json_key(out, sw_num_format(e->status, number));
	sw_json_object(out);
	text(out, "description", e->doc);
	if (e->fields) {
		open_object(out, "content");
		open_object(out, "application/json");
		sw_json_key(out, SW_S("schema"));
		(e->flags & SW_LIST ? list_schema : properties)(out, e);
		sw_json_end_object(out);
		sw_json_end_object(out);
	}
	sw_json_end_object(out);
	sw_json_end_object(out);
}

/* Who may: everybody, or whoever signs in; and what a restricted key needs for it. */
static void security(struct sw_json_out *out, const struct sw_route *route)
{
	static const char *const schemes[] = { "basic", "bearer" };
	bool open = route->endpoint->flags & SW_OPEN, by_secret = route->endpoint->flags & SW_BY_SECRET;
	size_t n = open ? 0 : by_secret ? 1 : SW_COUNTOF(schemes);
	sw_json_key(out, SW_S("security"));
	sw_json_array(out);
	for (size_t i = 0; i < n; i++) {
		sw_json_object(out);
		sw_json_plain_key(out, schemes[i]);
		sw_json_array(out);
		sw_json_end_array(out);
		sw_json_end_object(out);
	}
	sw_json_end_array(out);
	if (!open && !by_secret) {
		sw_json_key(out, SW_S("x-permission"));
		sw_json_str(out, route->permission);
	}
}

static void errors(struct sw_json_out *out, const struct sw_route *route)
{
	struct sw_error_codes codes;
	sw_error_codes(route, &codes);
	sw_json_key(out, SW_S("x-errors"));
	sw_json_array(out);
	for (size_t i = 0; i < codes.n; i++)
		sw_json_int(out, codes.v[i]);
	sw_json_end_array(out);
}

/* As documentation tools read them. */
static void samples(struct sw_arena *arena, struct sw_json_out *out, const struct sw_route *route, struct sw_str base)
{
	sw_json_key(out, SW_S("x-codeSamples"));
	sw_json_array(out);
	for (enum sw_sample_language l = 0; l < SW_SAMPLE_LANGUAGES; l++) {
		sw_json_object(out);
		text(out, "lang", sw_sample_name(l));
		text(out, "label", sw_sample_label(l));
		sw_json_add_str(out, "source", sw_sample(arena, route, l, base));
		sw_json_end_object(out);
	}
	sw_json_end_array(out);
}

static void operation(struct sw_arena *arena, struct sw_json_out *out, const struct sw_route *route, struct sw_str base)
{
	struct sw_str method = sw_str_lower(arena, sw_str_of(route->endpoint->method));
	sw_json_key(out, method);
	sw_json_object(out);
	text(out, "operationId", route->endpoint->operation);
	text(out, "summary", route->endpoint->doc);
	if (route->endpoint->deprecated)
		sw_json_add_bool(out, "deprecated", true);
	security(out, route);
	parameters(arena, out, route);
	body(out, route);
	reply(out, route->endpoint);
	errors(out, route);
	if (route->endpoint->refused)
		text(out, "x-refused", route->endpoint->refused);
	if (base.p)
		samples(arena, out, route, base);
	sw_json_end_object(out);
}

struct sw_str sw_endpoint_path(struct sw_arena *arena, const struct sw_endpoint *e)
{
	bool prefixed = e->product && strcmp(e->product, "api") != 0;
	return sw_str_fmt(arena, "%s%s%s", prefixed ? "/" : "", prefixed ? e->product : "", e->path);
}

static bool same_path(const struct sw_endpoint *a, const struct sw_endpoint *b)
{
	return strcmp(a->path, b->path) == 0 &&
	       strcmp(a->product ? a->product : "api", b->product ? b->product : "api") == 0;
}

static bool seen_before(const struct sw_router *router, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (same_path(sw_router_at(router, k)->endpoint, sw_router_at(router, i)->endpoint))
			return true;
	return false;
}

void sw_api_openapi(const struct sw_api *api, struct sw_str samples_base, struct sw_buf *buf)
{
	struct sw_json_out out = { .buf = buf };
	struct sw_arena arena;
	size_t n = sw_router_count(api->router);
	sw_arena_init(&arena);
	sw_json_object(&out);
	text(&out, "openapi", "3.0.3");
	open_object(&out, "info");
	text(&out, "title", "Strowger");
	text(&out, "version", SW_VERSION);
	sw_json_end_object(&out);
	open_object(&out, "paths");
	for (size_t i = 0; i < n; i++) {
		if (seen_before(api->router, i))
			continue;
		sw_buf_add_cstr(buf, out.comma ? ",\n" : "\n"); /* a line a path, for people who compare two */
		out.comma = false;
		sw_json_key(&out, sw_endpoint_path(&arena, sw_router_at(api->router, i)->endpoint));
		sw_json_object(&out);
		for (size_t k = i; k < n; k++)
			if (same_path(sw_router_at(api->router, k)->endpoint, sw_router_at(api->router, i)->endpoint))
				operation(&arena, &out, sw_router_at(api->router, k), samples_base);
		sw_json_end_object(&out);
	}
	sw_json_end_object(&out);
	open_object(&out, "components");
	open_object(&out, "securitySchemes");
	for (size_t i = 0; i < 2; i++) {
		open_object(&out, i ? "bearer" : "basic");
		text(&out, "type", "http");
		text(&out, "scheme", i ? "bearer" : "basic");
		sw_json_end_object(&out);
	}
	for (int i = 0; i < 3; i++)
		sw_json_end_object(&out);
	sw_arena_done(&arena);
}
