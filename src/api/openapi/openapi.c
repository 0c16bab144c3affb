/* The surface as OpenAPI 3.0, from the same rows that serve it. */
#include "api/api_impl.h"
#include "api/openapi/errors.h"
#include "api/openapi/openapi_impl.h"
#include "api/sample/sample.h"
#include "base/num.h"

/* ---- parameters ---- */

static void parameter(struct sw_json_out *out, const struct sw_field *f, struct sw_str name, enum sw_style style)
{
	bool path = f->flags & SW_PATH;
	sw_json_object(out);
	sw_json_add_str(out, "name", name);
	openapi_text(out, "in", path ? "path" : "query");
	sw_json_add_bool(out, "required", f->flags & (SW_PATH | SW_REQUIRED));
	sw_json_key(out, SW_S("schema"));
	openapi_schema(out, f, style, false);
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
	openapi_open(out, "requestBody");
	openapi_open(out, "content");
	openapi_open(out, e->style == SW_STYLE_NATIVE || e->flags & SW_JSON_BODY ? "application/json"
										 : "application/x-www-form-urlencoded");
	openapi_open(out, "schema");
	openapi_text(out, "type", "object");
	openapi_open(out, "properties");
	for (unsigned i = 0; e->params[i].name; i++)
		if (in_body(e, &e->params[i]) && sw_field_in_style(&e->params[i], e->style)) {
			sw_json_key(out, route->names[i]);
			openapi_schema(out, &e->params[i], e->style, false);
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
	openapi_text(out, "type", "object");
	openapi_open(out, "properties");
	for (const struct sw_field *f = e->fields; f->name; f++) {
		if (!sw_field_in_style(f, e->style) || f->flags & SW_HIDDEN)
			continue;
		sw_json_key(out, sw_str_of(f->name));
		openapi_schema(out, f, e->style, true);
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
		openapi_open(out, "meta"), openapi_text(out, "type", "object"), openapi_open(out, "properties");
	for (size_t i = 0; i < SW_COUNTOF(paging); i++) {
		if (paging[i].style != style)
			continue;
		openapi_open(out, paging[i].name);
		openapi_text(out, "type", paging[i].type);
		sw_json_add_bool(out, "nullable", paging[i].nullable);
		sw_json_end_object(out);
	}
	if (inner)
		sw_json_end_object(out), sw_json_end_object(out);
}

static void list_schema(struct sw_json_out *out, const struct sw_endpoint *e)
{
	sw_json_object(out);
	openapi_text(out, "type", "object");
	openapi_open(out, "properties");
	openapi_open(out, e->style == SW_STYLE_NATIVE ? "data" : e->list_key);
	openapi_text(out, "type", "array");
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
	openapi_open(out, "responses");
	sw_json_key(out, sw_num_format(e->status, number));
	sw_json_object(out);
	openapi_text(out, "description", e->doc);
	if (e->fields) {
		openapi_open(out, "content");
		openapi_open(out, "application/json");
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
		openapi_text(out, "lang", sw_sample_name(l));
		openapi_text(out, "label", sw_sample_label(l));
		sw_json_add_str(out, "source", sw_sample(arena, route, l, base, NULL));
		sw_json_end_object(out);
	}
	sw_json_end_array(out);
}

static void operation(struct sw_arena *arena, struct sw_json_out *out, const struct sw_route *route, struct sw_str base)
{
	struct sw_str method = sw_str_lower(arena, sw_str_of(route->endpoint->method));
	sw_json_key(out, method);
	sw_json_object(out);
	openapi_text(out, "operationId", route->endpoint->operation);
	openapi_text(out, "summary", route->endpoint->doc);
	if (route->endpoint->deprecated)
		sw_json_add_bool(out, "deprecated", true);
	security(out, route);
	parameters(arena, out, route);
	body(out, route);
	reply(out, route->endpoint);
	errors(out, route);
	if (route->endpoint->refused)
		openapi_text(out, "x-refused", route->endpoint->refused);
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
	openapi_text(&out, "openapi", "3.0.3");
	openapi_open(&out, "info");
	openapi_text(&out, "title", "Strowger");
	openapi_text(&out, "version", SW_VERSION);
	sw_json_end_object(&out);
	openapi_open(&out, "paths");
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
	openapi_open(&out, "components");
	openapi_open(&out, "securitySchemes");
	for (size_t i = 0; i < 2; i++) {
		openapi_open(&out, i ? "bearer" : "basic");
		openapi_text(&out, "type", "http");
		openapi_text(&out, "scheme", i ? "bearer" : "basic");
		sw_json_end_object(&out);
	}
	for (int i = 0; i < 3; i++)
		sw_json_end_object(&out);
	sw_arena_done(&arena);
}
