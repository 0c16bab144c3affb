/* Pages of the server itself; open to everybody who can reach the port. */
#include "api/api_impl.h"
#include "base/num.h"
#include "core/deprecation.h"

static int health(struct sw_api *api, struct sw_str rest, struct sw_buf *out)
{
	(void)api;
	(void)rest;
	sw_buf_add_cstr(out, "ok\n");
	return 200;
}

static int metrics(struct sw_api *api, struct sw_str rest, struct sw_buf *out)
{
	(void)api;
	(void)rest;
	sw_metrics_render(out);
	return 200;
}

static int openapi(struct sw_api *api, struct sw_str rest, struct sw_buf *out)
{
	(void)rest;
	sw_api_openapi(api, out);
	return 200;
}

static void add_error(struct sw_buf *out, const struct sw_error_row *row)
{
	sw_buf_add_fmt(out, "<h2 id=\"%d\">%d: %s</h2>\n<p>HTTP status %d. %s</p>\n<p><b>What to do:</b> %s</p>\n",
		       row->code, row->code, row->message, row->status, row->cause, row->action);
}

/* Catalogue texts are ours and hold no markup; what came with the URL is only compared. */
static int errors(struct sw_api *api, struct sw_str rest, struct sw_buf *out)
{
	size_t n;
	int64_t code = 0;
	const struct sw_error_row *rows = sw_error_rows(&n);
	(void)api;
	if (rest.n && sw_num_parse(sw_str_from(rest, 1), &code))
		return 404;
	const struct sw_error_row *one = code > 0 && code < INT32_MAX ? sw_error_find((int)code) : NULL;
	if (rest.n && !one)
		return 404;
	sw_buf_add_cstr(out, "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>Strowger "
			     "errors</title>\n<h1>Errors</h1>\n");
	for (size_t i = 0; i < n; i++)
		if (!one || one == &rows[i])
			add_error(out, &rows[i]);
	sw_buf_add_cstr(out, "</html>\n");
	return 200;
}

/* For a person who opened the address in a browser. */
static int front(struct sw_api *api, struct sw_str rest, struct sw_buf *out)
{
	(void)api;
	(void)rest;
	sw_buf_add_cstr(out,
			"<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>Strowger</title>\n"
			"<h1>Strowger " SW_VERSION "</h1>\n<ul>\n"
			"<li><a href=\"/openapi.json\">/openapi.json</a>: every operation</li>\n"
			"<li><a href=\"/docs/errors\">/docs/errors</a>: what error codes mean and what to do</li>\n"
			"<li><a href=\"/docs/deprecations\">/docs/deprecations</a>: what is leaving</li>\n"
			"<li><a href=\"/metrics\">/metrics</a>, <a href=\"/healthz\">/healthz</a></li>\n"
			"</ul>\n<p>The guides are in docs/ of the source.</p>\n</html>\n");
	return 200;
}

static void add_deprecation(struct sw_buf *out, struct sw_str name, const struct sw_deprecation *d)
{
	sw_buf_add_fmt(out, "<h2>%.*s</h2>\n<p>Deprecated since %s; %s%s. %s</p>\n<p><b>Use instead:</b> %s</p>\n",
		       SW_FMT(name), d->since, d->sunset ? "refused from " : "it stays", d->sunset ? d->sunset : "",
		       d->why, d->replacement);
}

/* The tables' texts are ours and hold no markup. */
static int deprecations(struct sw_api *api, struct sw_str rest, struct sw_buf *out)
{
	struct sw_arena arena;
	(void)rest;
	sw_arena_init(&arena);
	sw_buf_add_cstr(out,
			"<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>Strowger "
			"deprecations</title>\n<h1>What is leaving</h1>\n<p>GET /v1/deprecations says who still calls "
			"it.</p>\n");
	for (size_t i = 0; i < sw_router_count(api->router); i++) {
		const struct sw_route *route = sw_router_at(api->router, i);
		const struct sw_endpoint *e = route->endpoint;
		if (e->deprecated)
			add_deprecation(out, sw_deprecation_name(&arena, route, SW_WHOLE), e->deprecated);
		for (unsigned k = 0; route->deprecates && e->params && e->params[k].name; k++)
			if (e->params[k].deprecated)
				add_deprecation(out, sw_deprecation_name(&arena, route, k), e->params[k].deprecated);
	}
	sw_buf_add_cstr(out, "</html>\n");
	sw_arena_done(&arena);
	return 200;
}

static const struct {
	const char *path;
	bool below; /* paths under it too */
	const char *type;
	int (*write)(struct sw_api *api, struct sw_str rest, struct sw_buf *out);
} pages[] = {
	{ "/healthz", false, "text/plain; charset=utf-8", health },
	{ "/metrics", false, "text/plain; version=0.0.4; charset=utf-8", metrics },
	{ "/openapi.json", false, "application/json", openapi },
	{ "/", false, "text/html; charset=utf-8", front },
	{ "/docs", false, "text/html; charset=utf-8", front },
	{ "/docs/errors", true, "text/html; charset=utf-8", errors },
	{ "/docs/deprecations", false, "text/html; charset=utf-8", deprecations },
};

bool sw_builtin_serve(struct sw_api *api, struct sw_http_request *request)
{
	struct sw_str path = request->head.path;
	bool reads = request->head.method == SW_HTTP_GET || request->head.method == SW_HTTP_HEAD;
	for (size_t i = 0; i < SW_COUNTOF(pages) && reads; i++) {
		struct sw_str own = sw_str_of(pages[i].path), rest = sw_str_from(path, own.n);
		if (!sw_str_starts(path, own) || (rest.n && (!pages[i].below || rest.p[0] != '/')))
			continue;
		struct sw_buf body = { .arena = request->arena };
		int status = pages[i].write(api, rest, &body);
		if (status != 200)
			return false;
		const struct sw_http_reply reply = { .status = status,
						     .content_type = sw_str_of(pages[i].type),
						     .body = sw_buf_str(&body) };
		sw_http_reply(request, &reply);
		return true;
	}
	return false;
}
