/* Pages: those of the server itself, and those of the modules; open to everybody who can reach the port. */
#include "api/api_impl.h"

static int health(struct sw_api *api, const struct sw_web_ask *ask, struct sw_buf *out)
{
	(void)api;
	(void)ask;
	sw_buf_add_cstr(out, "ok\n");
	return 200;
}

static int metrics(struct sw_api *api, const struct sw_web_ask *ask, struct sw_buf *out)
{
	(void)api;
	(void)ask;
	sw_metrics_render(out);
	return 200;
}

static int openapi(struct sw_api *api, const struct sw_web_ask *ask, struct sw_buf *out)
{
	sw_api_openapi(api, sw_str_is(ask->query, "samples=1") ? ask->base_url : SW_STR_NULL, out);
	return 200;
}

static const struct sw_web_page own[] = {
	{ "/healthz", false, "text/plain; charset=utf-8", health },
	{ "/metrics", false, "text/plain; version=0.0.4; charset=utf-8", metrics },
	{ "/openapi.json", false, "application/json", openapi },
	{ 0 },
};

/* What a page may do in a browser: show itself, in our style. */
#define HEADER(name, value)                      \
	{                                        \
		{ name, sizeof(name) - 1 },      \
		{                                \
			value, sizeof(value) - 1 \
		}                                \
	}
static const struct sw_http_header guards[] = {
	HEADER("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
					  "base-uri 'none'; frame-ancestors 'none'"),
	HEADER("X-Content-Type-Options", "nosniff"),
	HEADER("Referrer-Policy", "same-origin"),
};

static bool serve_from(struct sw_api *api, struct sw_http_request *request, const struct sw_web_page *pages)
{
	struct sw_web_ask ask = { .arena = request->arena, .path = request->head.path, .query = request->head.query };
	for (const struct sw_web_page *page = pages; page && page->path; page++) {
		struct sw_str path = sw_str_of(page->path);
		ask.rest = sw_str_from(ask.path, path.n);
		if (!sw_str_starts(ask.path, path) || (ask.rest.n && (!page->below || ask.rest.p[0] != '/')))
			continue;
		struct sw_buf body = { .arena = request->arena };
		ask.base_url = sw_request_base(request->arena, request);
		if (page->write(api, &ask, &body) != 200)
			continue;
		const struct sw_http_reply reply = { .status = 200,
						     .content_type = sw_str_of(page->type),
						     .headers = guards,
						     .headers_n = SW_COUNTOF(guards),
						     .body = sw_buf_str(&body) };
		sw_http_reply(request, &reply);
		return true;
	}
	return false;
}

bool sw_builtin_serve(struct sw_api *api, struct sw_http_request *request)
{
	if (request->head.method != SW_HTTP_GET && request->head.method != SW_HTTP_HEAD)
		return false;
	bool served = serve_from(api, request, own);
	for (const struct sw_module *const *m = api->modules; *m && !served; m++)
		served = serve_from(api, request, (*m)->pages);
	return served;
}
