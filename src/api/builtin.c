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
	{ "/healthz", .type = "text/plain; charset=utf-8", .write = health },
	{ "/metrics", .type = "text/plain; version=0.0.4; charset=utf-8", .write = metrics },
	{ "/openapi.json", .type = "application/json", .write = openapi },
	{ 0 },
};

/* What a page may do in a browser: show itself, in our style. */
#define POLICY                                                                                        \
	"default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; " \
	"frame-ancestors 'none'"

/* The header of a page, of a file too. */
struct page_head {
	struct sw_http_header v[8];
	size_t n;
};

static void add_header(struct page_head *head, const char *name, struct sw_str value)
{
	head->v[head->n++] = (struct sw_http_header){ sw_str_of(name), value };
}

static struct page_head guards(const struct sw_web_page *page)
{
	struct page_head head = { .n = 0 };
	add_header(&head, "Content-Security-Policy", sw_str_of(page->policy ? page->policy : POLICY));
	add_header(&head, "X-Content-Type-Options", SW_S("nosniff"));
	add_header(&head, "Referrer-Policy", SW_S("same-origin"));
	return head;
}

/* ---- files, in the coding that the client takes (RFC 9110 section 12.5.3) ---- */

/* "q=0", "q=0.000": by no means. */
static bool is_nothing(struct sw_str weight)
{
	if (!sw_str_starts(weight, SW_S("q=0")))
		return false;
	for (size_t i = 3; i < weight.n; i++)
		if (weight.p[i] != '0' && weight.p[i] != '.')
			return false;
	return true;
}

static bool takes(struct sw_str accept, const char *coding)
{
	while (accept.p) {
		struct sw_str one = sw_str_cut(&accept, ',');
		struct sw_str name = sw_str_trim(sw_str_cut(&one, ';'));
		if (!sw_str_eq_nocase(name, sw_str_of(coding)))
			continue;
		return !is_nothing(sw_str_trim(one));
	}
	return false;
}

static struct sw_str choose(const struct sw_web_file *file, struct sw_str accept, const char **ret_coding)
{
	const struct {
		const char *coding;
		struct sw_str text;
	} coded[] = { { "br", file->brotli }, { "gzip", file->gzip } };
	for (size_t i = 0; i < SW_COUNTOF(coded); i++)
		if (coded[i].text.p && takes(accept, coded[i].coding)) {
			*ret_coding = coded[i].coding;
			return coded[i].text;
		}
	*ret_coding = "";
	return file->plain;
}

/* If-None-Match: a list, or "*"; compared weakly (RFC 9110 section 13.1.2). */
static bool known(struct sw_str list, struct sw_str etag)
{
	while (list.p) {
		struct sw_str one = sw_str_trim(sw_str_cut(&list, ','));
		if (sw_str_starts(one, SW_S("W/")))
			one = sw_str_from(one, 2);
		if (sw_str_is(one, "*") || sw_str_eq(one, etag))
			return true;
	}
	return false;
}

static void reply_file(struct sw_http_request *request, const struct sw_web_page *page, const struct sw_web_file *file)
{
	const char *coding;
	struct page_head head = guards(page);
	struct sw_str body = choose(file, sw_http_field(&request->head, "Accept-Encoding"), &coding);
	struct sw_str etag =
		sw_str_fmt(request->arena, "\"%.*s%s%s\"", SW_FMT(file->digest), *coding ? "-" : "", coding);
	bool same = known(sw_http_field(&request->head, "If-None-Match"), etag);
	add_header(&head, "ETag", etag);
	add_header(&head, "Vary", SW_S("Accept-Encoding"));
	add_header(&head, "Cache-Control",
		   file->immutable ? SW_S("public, max-age=31536000, immutable") : SW_S("no-cache"));
	if (*coding && !same)
		add_header(&head, "Content-Encoding", sw_str_of(coding));
	const struct sw_http_reply reply = { .status = same ? 304 : 200,
					     .content_type = same ? SW_STR_NULL : file->type,
					     .headers = head.v,
					     .headers_n = head.n,
					     .body = same ? SW_S("") : body };
	sw_http_reply(request, &reply);
}

/* ---- all of them ---- */

static bool reply_page(struct sw_api *api, struct sw_http_request *request, const struct sw_web_page *page,
		       struct sw_web_ask *ask)
{
	struct sw_buf body = { .arena = request->arena };
	if (page->file) {
		const struct sw_web_file *file = page->file(ask);
		if (file)
			reply_file(request, page, file);
		return file;
	}
	ask->base_url = sw_request_base(request->arena, request);
	if (page->write(api, ask, &body) != 200)
		return false;
	struct page_head head = guards(page);
	const struct sw_http_reply reply = { .status = 200,
					     .content_type = sw_str_of(page->type),
					     .headers = head.v,
					     .headers_n = head.n,
					     .body = sw_buf_str(&body) };
	sw_http_reply(request, &reply);
	return true;
}

bool sw_web_fits(const struct sw_web_page *page, struct sw_web_ask *ask)
{
	struct sw_str path = sw_str_of(page->path);
	ask->rest = sw_str_from(ask->path, path.n);
	return sw_str_starts(ask->path, path) && (!ask->rest.n || (page->below && ask->rest.p[0] == '/'));
}

static bool serve_from(struct sw_api *api, struct sw_http_request *request, const struct sw_web_page *pages)
{
	struct sw_web_ask ask = { .arena = request->arena, .path = request->head.path, .query = request->head.query };
	for (const struct sw_web_page *page = pages; page && page->path; page++)
		if (sw_web_fits(page, &ask) && reply_page(api, request, page, &ask))
			return true;
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
