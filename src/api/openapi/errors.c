/* Which errors an operation can answer: by what every request of its kind passes, by its parameters, by its row. */
#include <stdlib.h>

#include "api/openapi/errors.h"

/* ---- whom the engine refuses what ---- */

static bool is(const struct sw_route *route, const char *method)
{
	return strcmp(route->endpoint->method, method) == 0;
}

static bool has(const struct sw_route *route, unsigned flags)
{
	return (route->endpoint->flags & flags) == flags;
}

static bool everybody(const struct sw_route *route)
{
	(void)route;
	return true;
}

static bool signs_in(const struct sw_route *route)
{
	return !has(route, SW_OPEN);
}

static bool is_told(const struct sw_route *route)
{
	const struct sw_field *params = route->endpoint->params;
	return (params && params[0].name) || has(route, SW_LIST);
}

/* By its path or a parameter. */
static bool names_something(const struct sw_route *route)
{
	const struct sw_field *f = route->endpoint->params;
	while (f && f->name && f->type != SW_SID && !(f->flags & SW_UNIQUE && f->flags & SW_QUERY))
		f++;
	return route->path_n > 0 || (f && f->name);
}

static bool has_body(const struct sw_route *route)
{
	return !is(route, "GET") && !is(route, "DELETE");
}

static bool changes(const struct sw_route *route)
{
	return !is(route, "GET") && !has(route, SW_OPEN);
}

/* It takes an Idempotency-Key. */
static bool is_repeatable(const struct sw_route *route)
{
	return is(route, "POST") && !has(route, SW_READS) && !has(route, SW_OPEN);
}

/* It takes If-Match. */
static bool has_version(const struct sw_route *route)
{
	return route->endpoint->about && !is(route, "GET") && route->path_n > 0;
}

static bool is_leaving(const struct sw_route *route)
{
	return route->deprecates;
}

static bool is_stream(const struct sw_route *route)
{
	return has(route, SW_RAW | SW_WAITS);
}

static const struct {
	int code;
	bool (*whom)(const struct sw_route *route);
} general[] = {
	{ 10001, signs_in },  { 20001, is_told },       { 20003, signs_in },    { 20005, changes },
	{ 20006, signs_in },  { 20101, signs_in },      { 20104, signs_in },    { 20404, names_something },
	{ 20409, changes },   { 20410, is_leaving },    { 20412, has_version }, { 20413, has_body },
	{ 20415, has_body },  { 20422, is_repeatable }, { 20429, everybody },   { 20431, is_stream },
	{ 20500, everybody }, { 20503, everybody },     { 70051, signs_in },
};

/* ---- the list ---- */

static void add(struct sw_error_codes *codes, int code)
{
	for (size_t i = 0; i < codes->n; i++)
		if (codes->v[i] == code)
			return;
	SW_BUG_ON(codes->n == SW_ERROR_CODES_MAX);
	if (code)
		codes->v[codes->n++] = code;
}

static void add_fields(struct sw_error_codes *codes, const struct sw_field *fields)
{
	for (const struct sw_field *f = fields; f && f->name; f++) {
		const int own[] = { f->bad, f->missing, f->too_long, f->taken };
		for (size_t i = 0; i < SW_COUNTOF(own); i++)
			add(codes, own[i]);
		add_fields(codes, f->fields);
	}
}

static int ascending(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

void sw_error_codes(const struct sw_route *route, struct sw_error_codes *ret)
{
	*ret = (struct sw_error_codes){ .n = 0 };
	for (size_t i = 0; i < SW_COUNTOF(general); i++)
		if (general[i].whom(route))
			add(ret, general[i].code);
	add_fields(ret, route->endpoint->params);
	for (const int *code = route->endpoint->errors; code && *code; code++)
		add(ret, *code);
	qsort(ret->v, ret->n, sizeof(*ret->v), ascending);
}
