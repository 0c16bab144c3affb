/* `strowger check`: the tables prove themselves. */
#include "api/api_impl.h"
#include "api/sample/sample.h"
#include "base/time.h"
#include "core/deprecation.h"
#include "core/fsm.h"

enum { DEPRECATED_DAYS_MIN = 180 };

struct checking {
	const struct sw_endpoint *endpoint;
	const char *what;
	struct sw_buf *out;
};

static void complain(const struct checking *k, const struct sw_field *f, const char *why)
{
	sw_buf_add_fmt(k->out, "%s: %s %s: %s\n", k->endpoint->operation, k->what, f->name, why);
}

static bool is_snake(const char *name)
{
	for (const char *p = name; *p; p++)
		if (!(*p >= 'a' && *p <= 'z') && !(*p >= '0' && *p <= '9') && *p != '_')
			return false;
	return name[0] != 0;
}

static void check_codes(const struct checking *k, const struct sw_field *f)
{
	const int codes[] = { f->bad, f->missing, f->too_long };
	for (size_t i = 0; i < SW_COUNTOF(codes); i++)
		if (codes[i] && !sw_error_find(codes[i]))
			complain(k, f, "names an error code that the catalogue does not have");
}

static void check_deprecation(const struct checking *k, const struct sw_deprecation *d, const char *name)
{
	int64_t since, sunset = INT64_MAX;
	if (!d)
		return;
	if (!d->since || sw_time_parse_date(sw_str_of(d->since), &since) ||
	    (d->sunset && sw_time_parse_date(sw_str_of(d->sunset), &sunset)))
		sw_buf_add_fmt(k->out, "%s: %s is deprecated from or until a day that is none\n",
			       k->endpoint->operation, name);
	else if (sunset < since + DEPRECATED_DAYS_MIN * SW_US_PER_DAY)
		sw_buf_add_fmt(k->out, "%s: %s goes within %d days of being deprecated\n", k->endpoint->operation, name,
			       DEPRECATED_DAYS_MIN);
	if (!d->replacement || !d->why)
		sw_buf_add_fmt(k->out, "%s: %s is deprecated without a why or what to use\n", k->endpoint->operation,
			       name);
}

static void check_field(const struct checking *k, const struct sw_field *f)
{
	if (!is_snake(f->name) && k->endpoint->style == SW_STYLE_NATIVE)
		complain(k, f, "the name is not snake_case");
	if (!f->doc || strlen(f->doc) < 4 || f->doc[strlen(f->doc) - 1] != '.')
		complain(k, f, "has no sentence of documentation");
	if (f->type == SW_ENUM && (!f->values || !f->values[0]))
		complain(k, f, "is one of a list that is empty");
	if (f->type == SW_SID && !f->kinds)
		complain(k, f, "is a SID of no kind");
	if (f->type == SW_STRS && !f->max)
		complain(k, f, "may repeat without a limit");
	if ((f->type == SW_OBJECT || f->type == SW_OBJECTS) != (f->fields != NULL))
		complain(k, f, "has parts and is no object, or the other way round");
	if (f->type == SW_OBJECTS && !f->max)
		complain(k, f, "may repeat without a limit");
	if (f->flags & SW_UNIQUE && f->type != SW_STR && f->type != SW_PHONE)
		complain(k, f, "is a unique name and no text");
	for (const struct sw_field *part = f->fields; part && part->name; part++)
		check_field(k, part);
	if (f->type == SW_PATTERN && !f->pattern)
		complain(k, f, "has no pattern");
	if (f->type == SW_LINKS && !f->links)
		complain(k, f, "has no links");
	check_codes(k, f);
	check_deprecation(k, f->deprecated, f->name);
}

/* The rule that keeps the platform honest: what can be written says who reads it, or why nobody does yet. */
static void check_consumer(const struct checking *k, const struct sw_field *f)
{
	bool writes = strcmp(k->endpoint->method, "GET") != 0 && strcmp(k->endpoint->method, "DELETE") != 0;
	if (!writes || f->flags & SW_PATH)
		return;
	if (!f->used_by && !f->inert)
		complain(k, f, "is writable and names neither its consumer (.used_by) nor why it has none (.inert)");
	if (f->used_by && f->inert)
		complain(k, f, "has a consumer and is inert");
}

static void check_default(const struct checking *k, const struct sw_field *f, struct sw_arena *arena)
{
	struct sw_error err;
	void *object = sw_arena_alloc(arena, f->at + 64 + f->bytes);
	if (f->def && sw_field_parse(arena, f, sw_str_of(f->name), sw_str_of(f->def), object, &err))
		complain(k, f, "has a default that its own checks refuse");
}

/* What examples show must be accepted; lists and objects are JSON, and their handlers look into them. */
static void check_example(const struct checking *k, const struct sw_field *f, struct sw_arena *arena)
{
	const struct sw_json *parsed;
	struct sw_error err;
	bool json = sw_sample_is_json(f);
	if (!f->example && json && f->flags & SW_REQUIRED)
		complain(k, f, "is required, and no type says what an example of it is");
	if (!f->example)
		return;
	if (json ? sw_json_parse(arena, sw_str_of(f->example), NULL, &parsed, NULL)
		 : sw_field_parse(arena, f, sw_str_of(f->name), sw_str_of(f->example),
				  sw_arena_alloc(arena, f->at + 64 + f->bytes), &err))
		complain(k, f, "has an example that its own checks refuse");
}

static void check_endpoint(const struct sw_endpoint *e, struct sw_buf *out)
{
	struct sw_arena arena;
	struct checking k = { e, "parameter", out };
	sw_arena_init(&arena);
	if (!e->doc || !e->doc[0] || e->doc[strlen(e->doc) - 1] != '.')
		sw_buf_add_fmt(out, "%s: has no sentence of documentation\n", e->operation);
	if (!e->rate_class || sw_rate_class_of(e->rate_class) == SW_RATE_CLASSES)
		sw_buf_add_fmt(out, "%s: has no rate class that there is (core/limit/tier.h)\n", e->operation);
	if (!e->handler)
		sw_buf_add_fmt(out, "%s: has no handler\n", e->operation);
	if (e->flags & SW_LIST && !e->list_key && e->style != SW_STYLE_NATIVE)
		sw_buf_add_fmt(out, "%s: is a list without a key\n", e->operation);
	if (e->flags & SW_OWN_CURSOR && (!(e->flags & SW_LIST) || e->style != SW_STYLE_NATIVE))
		sw_buf_add_fmt(out, "%s: only native lists may have a cursor of their own\n", e->operation);
	if (e->style == SW_STYLE_NATIVE && strncmp(e->path, "/v1/", 4) != 0)
		sw_buf_add_fmt(out, "%s: a native path must begin with /v1/\n", e->operation);
	if (e->status != 204 && !e->fields && !(e->flags & SW_RAW))
		sw_buf_add_fmt(out, "%s: replies with a body that has no fields\n", e->operation);
	for (const struct sw_field *f = e->params; f && f->name; f++) {
		check_field(&k, f);
		check_consumer(&k, f);
		check_default(&k, f, &arena);
		check_example(&k, f, &arena);
	}
	check_deprecation(&k, e->deprecated, "it");
	for (const int *code = e->errors; code && *code; code++)
		if (!sw_error_find(*code))
			sw_buf_add_fmt(out, "%s: answers error %d, which the catalogue does not have\n", e->operation,
				       *code);
	sw_check_native(e, out);
	k.what = "field";
	for (const struct sw_field *f = e->fields; f && f->name; f++) {
		check_field(&k, f);
		check_default(&k, f, &arena);
	}
	sw_arena_done(&arena);
}

static void check_catalogue(struct sw_buf *out)
{
	size_t n;
	const struct sw_error_row *rows = sw_error_rows(&n);
	for (size_t i = 0; i < n; i++) {
		if (i && rows[i].code <= rows[i - 1].code)
			sw_buf_add_fmt(out, "errors.def: %d is out of order\n", rows[i].code);
		if (rows[i].status < 400 || rows[i].status > 599 || !rows[i].message[0] || !rows[i].cause[0] ||
		    !rows[i].action[0])
			sw_buf_add_fmt(out, "errors.def: %d is incomplete\n", rows[i].code);
	}
}

void sw_api_check(const struct sw_api *api, struct sw_buf *complaints)
{
	check_catalogue(complaints);
	for (size_t i = 0; i < sw_router_count(api->router); i++)
		check_endpoint(sw_router_at(api->router, i)->endpoint, complaints);
	for (const struct sw_module *const *m = api->modules; *m; m++)
		if ((*m)->fsm)
			sw_fsm_check((*m)->fsm->fsm, complaints);
	sw_event_catalogue_check(api->events, complaints);
}

void sw_api_inert(const struct sw_api *api, struct sw_buf *out)
{
	sw_buf_add_cstr(out, "| operation | parameter | why it has no effect yet |\n|---|---|---|\n");
	for (size_t i = 0; i < sw_router_count(api->router); i++) {
		const struct sw_route *route = sw_router_at(api->router, i);
		for (unsigned k = 0; route->endpoint->params && route->endpoint->params[k].name; k++)
			if (route->endpoint->params[k].inert && !(route->endpoint->flags & SW_LIST))
				sw_buf_add_fmt(out, "| %s | %.*s | %s |\n", route->endpoint->operation,
					       SW_FMT(route->names[k]), route->endpoint->params[k].inert);
	}
}
