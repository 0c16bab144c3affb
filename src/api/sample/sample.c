/* Values; which parameters are shown. */
#include "api/api_impl.h"
#include "api/sample/sample_impl.h"
#include "base/num.h"

enum { PAGE_FIELDS = 8 };
#define SAMPLE_HEX "0123456789abcdef0123456789abcdef"

/* ---- values ---- */

/* What a value of that type looks like. */
static const struct {
	enum sw_type type;
	const char *text;
} by_type[] = {
	{ SW_STR, "Example" },        { SW_INT, "1" },
	{ SW_BOOL, "true" },          { SW_TIME, "2030-01-01T00:00:00Z" },
	{ SW_MICROS, "1.5" },         { SW_URL, "https://example.org/hook" },
	{ SW_PHONE, "+15005550010" }, { SW_COUNTRY, "US" },
};

const char *sw_sample_sid(struct sw_arena *arena, const char *kinds)
{
	return sw_str_fmt(arena, "%.2s" SAMPLE_HEX, kinds[0] == '*' ? "SM" : kinds).p;
}

static const char *text_of(struct sw_arena *arena, const struct sw_field *f)
{
	if (f->example)
		return f->example;
	if (f->type == SW_ENUM)
		return f->values[0];
	if (f->type == SW_SID)
		return sw_sample_sid(arena, f->kinds);
	for (size_t i = 0; i < SW_COUNTOF(by_type); i++)
		if (by_type[i].type == f->type)
			return by_type[i].text;
	return NULL;
}

bool sw_sample_is_json(const struct sw_field *f)
{
	return f->type == SW_JSON || f->type == SW_STRS || f->type == SW_OBJECT || f->type == SW_OBJECTS;
}

const struct sw_json *sw_sample_value(struct sw_arena *arena, const struct sw_field *f)
{
	const char *text = text_of(arena, f);
	const struct sw_json *parsed;
	if (!text || (!f->example && !(f->flags & (SW_PATH | SW_REQUIRED))))
		return NULL;
	if (sw_sample_is_json(f)) {
		SW_BUG_ON(sw_json_parse(arena, sw_str_of(text), NULL, &parsed, NULL));
		return parsed;
	}
	struct sw_json *value = SW_ARENA_ARRAY(arena, struct sw_json, 1);
	*value = (struct sw_json){ .kind = SW_JSON_STRING, .text = sw_str_of(text) };
	if (f->type == SW_BOOL)
		*value = (struct sw_json){ .kind = SW_JSON_BOOL, .b = strcmp(text, "true") == 0 };
	if (f->type == SW_INT && !sw_num_parse(sw_str_of(text), &value->i)) {
		value->kind = SW_JSON_NUMBER;
		value->is_int = true;
		value->number = (double)value->i;
	}
	return value;
}

bool sample_is_account(const struct sw_json *value)
{
	return value->kind == SW_JSON_STRING && sw_str_is(value->text, "AC" SAMPLE_HEX);
}

/* ---- which are shown ---- */

static bool has_sdk(const struct sw_endpoint *e, enum sw_sample_language language)
{
	if (language == SW_SAMPLE_GO && e->contract && !e->contract[0])
		return false;
	return e->style != SW_STYLE_NATIVE && !(e->sdk && !e->sdk[0]) &&
	       !(e->flags & (SW_OPEN | SW_RAW | SW_JSON_BODY));
}

bool sample_endless(const struct sw_endpoint *e)
{
	return e->flags & SW_RAW && e->flags & SW_WAITS;
}

static void take(struct sample *s, const struct sw_field *f, struct sw_str name)
{
	const struct sw_json *value =
		s->given ? sw_json_get(s->given, sw_str_cstr(s->arena, name)) : sw_sample_value(s->arena, f);
	bool filter = !s->given && s->endpoint->flags & SW_LIST && !(f->flags & SW_REQUIRED);
	if (value && !(f->flags & SW_PATH) && !filter && sw_field_in_style(f, s->endpoint->style))
		s->args[s->args_n++] = (struct sample_arg){ f, name, value };
}

/* SDKs turn the pages by themselves: they are told how large ones to ask for, and no more. */
static void take_page(struct sample *s, const struct sw_field *f)
{
	if (s->endpoint->style == SW_STYLE_NATIVE || strcmp(f->name, "limit") == 0)
		take(s, f, sw_field_param(s->arena, f, s->endpoint->style));
}

/* A path needs all of its values. */
static const struct sw_json *path_value(const struct sample *s, const struct sw_route *route, unsigned i)
{
	struct sw_str name = sw_field_param(s->arena, route->path[i], s->endpoint->style);
	const struct sw_json *given = sw_json_get(s->given, sw_str_cstr(s->arena, name));
	return given ? given : sw_sample_value(s->arena, route->path[i]);
}

static void prepare(struct sample *s, const struct sw_route *route)
{
	const struct sw_endpoint *e = route->endpoint;
	size_t n = 0;
	while (e->params && e->params[n].name)
		n++;
	s->args = SW_ARENA_ARRAY(s->arena, struct sample_arg, n + PAGE_FIELDS);
	for (size_t i = 0; i < n; i++)
		take(s, &e->params[i], route->names[i]);
	for (size_t i = 0; s->given && e->flags & SW_LIST && i < PAGE_FIELDS && sw_page_fields[i].name; i++)
		take_page(s, &sw_page_fields[i]);
	for (unsigned i = 0; i < route->path_n; i++)
		s->path[s->path_n++] =
			(struct sample_arg){ route->path[i], sw_str_of(route->path[i]->name), path_value(s, route, i) };
	s->query = strcmp(e->method, "GET") == 0 || strcmp(e->method, "DELETE") == 0;
	s->json = !s->query && !(e->flags & SW_FREE_BODY) && (e->style == SW_STYLE_NATIVE || e->flags & SW_JSON_BODY);
}

/* ---- languages ---- */

static const struct {
	const char *name, *label;
	sample_fn *plain, *sdk;
} languages[SW_SAMPLE_LANGUAGES] = {
	[SW_SAMPLE_CURL] = { "Shell", "curl", sample_curl, sample_curl },
	[SW_SAMPLE_NODE] = { "JavaScript", "Node", sample_fetch, sample_sdk_node },
	[SW_SAMPLE_PYTHON] = { "Python", "Python", sample_urllib, sample_sdk_python },
	[SW_SAMPLE_GO] = { "Go", "Go", sample_net_http, sample_sdk_go },
};

const char *sw_sample_name(enum sw_sample_language language)
{
	return languages[language].name;
}

const char *sw_sample_label(enum sw_sample_language language)
{
	return languages[language].label;
}

struct sw_str sw_sample(struct sw_arena *arena, const struct sw_route *route, enum sw_sample_language language,
			struct sw_str base, const struct sw_json *given)
{
	struct sample s = { .arena = arena, .endpoint = route->endpoint, .base = base, .given = given };
	struct sw_buf out = { .arena = arena };
	prepare(&s, route);
	bool sdk = has_sdk(s.endpoint, language);
	(sdk ? languages[language].sdk : languages[language].plain)(&s, &out);
	return sw_buf_str(&out);
}

struct sw_str sw_api_sample(const struct sw_api *api, struct sw_arena *arena, struct sw_str operation,
			    enum sw_sample_language language, struct sw_str base)
{
	const struct sw_route *route = sw_router_operation(api->router, sw_str_cstr(arena, operation));
	return route ? sw_sample(arena, route, language, base, NULL) : SW_STR_NULL;
}
