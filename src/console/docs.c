/* /docs: the table of pages, and what surrounds them. */
#include "console/app.h"
#include "console/docs.h"

void docs_escape(struct sw_buf *out, struct sw_str text)
{
	static const struct sw_str names[256] = { ['&'] = { "&amp;", 5 },
						  ['<'] = { "&lt;", 4 },
						  ['>'] = { "&gt;", 4 },
						  ['"'] = { "&quot;", 6 },
						  ['\''] = { "&#39;", 5 } };
	for (size_t i = 0; i < text.n; i++) {
		struct sw_str name = names[(unsigned char)text.p[i]];
		if (name.p)
			sw_buf_add_str(out, name);
		else
			sw_buf_add_char(out, text.p[i]);
	}
}

/* ---- around a page ---- */

static const struct {
	const char *href, *words;
} places[] = {
	{ "/docs", "Guides" },
	{ "/docs/reference", "Reference" },
	{ "/docs/errors", "Errors" },
	{ "/docs/event-types", "Events" },
	{ "/docs/compatibility", "Compatibility" },
	{ "/docs/deprecations", "Deprecations" },
	{ "/docs/changelog", "Changes" },
	{ "/console", "Console" },
};

void docs_head(struct sw_buf *out, struct sw_str title, struct sw_str query)
{
	sw_buf_add_cstr(out, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
			     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
			     "<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
	docs_escape(out, title);
	sw_buf_add_cstr(
		out, " - Strowger</title>\n<link rel=\"icon\" type=\"image/svg+xml\" href=\"/docs/icon.svg\">\n<link "
		     "rel=\"stylesheet\" href=\"/docs/style.css\">\n</head>\n<body>\n"
		     "<a class=\"skip\" href=\"#main\">Skip to the text</a>\n<header>\n"
		     "<a class=\"name\" href=\"/docs\">Strowger <small>" SW_VERSION "</small></a>\n"
		     "<nav aria-label=\"Documentation\"><ul>\n");
	for (size_t i = 0; i < SW_COUNTOF(places); i++)
		sw_buf_add_fmt(out, "<li><a href=\"%s\">%s</a></li>\n", places[i].href, places[i].words);
	sw_buf_add_cstr(out, "</ul></nav>\n<form role=\"search\" action=\"/docs/search\">\n"
			     "<label for=\"q\">Search</label> <input id=\"q\" name=\"q\" type=\"search\" value=\"");
	docs_escape(out, query);
	sw_buf_add_cstr(out, "\"> <button>Find</button>\n</form>\n</header>\n<main id=\"main\">\n");
}

void docs_foot(struct sw_buf *out)
{
	sw_buf_add_cstr(out, "</main>\n</body>\n</html>\n");
}

/* ---- the front page ---- */

/* The guide that begins each; the others follow in the order of docs/meson.build. */
static const struct {
	const char *first, *title;
} chapters[] = {
	{ "docs/start.md", "Get started" },
	{ "docs/authentication.md", "Use the API" },
	{ "docs/webhooks.md", "Webhooks and events" },
	{ "docs/testing.md", "Test" },
	{ "docs/carriers.md", "Carriers" },
	{ "docs/packaging.md", "Install and operate" },
	{ "docs/compatibility.md", "Compatibility" },
	{ "README.md", "About Strowger" },
};

static void add_guides(struct sw_arena *arena, struct sw_buf *out)
{
	size_t next = 0;
	for (const struct sw_text_file *f = sw_text_files; f->path.p; f++) {
		struct sw_str address = docs_address(arena, f);
		if (!address.p || !sw_str_ends(f->path, SW_S(".md")))
			continue;
		if (next < SW_COUNTOF(chapters) && sw_str_is(f->path, chapters[next].first)) {
			sw_buf_add_fmt(out, "%s<section>\n<h2>%s</h2>\n<ul>\n", next ? "</ul>\n</section>\n" : "",
				       chapters[next].title);
			next++;
		}
		sw_buf_add_fmt(out, "<li><a href=\"%.*s\">", SW_FMT(address));
		docs_escape(out, docs_title(f));
		sw_buf_add_cstr(out, "</a></li>\n");
	}
	SW_BUG_ON(next != SW_COUNTOF(chapters));
	sw_buf_add_cstr(out, "</ul>\n</section>\n");
}

int docs_front(struct sw_api *api, const struct sw_web_ask *ask, struct sw_buf *out)
{
	(void)api;
	docs_head(out, SW_S("Documentation"), SW_S(""));
	sw_buf_add_cstr(out,
			"<h1>Documentation</h1>\n<p>The guides of the version that runs here. Every operation with its "
			"parameters and examples is in the <a href=\"/docs/reference\">reference</a>, every error with "
			"its cause in the <a href=\"/docs/errors\">list of errors</a>. <a href=\"/console\">The console"
			"</a> shows your account live. For machines: <a href=\"/openapi.json\">openapi.json</a>, <a "
			"href=\"/metrics\">metrics</a> and <a href=\"/healthz\">healthz</a>.</p>\n"
			"<div class=\"guides\">\n");
	add_guides(ask->arena, out);
	sw_buf_add_cstr(out, "</div>\n");
	docs_foot(out);
	return 200;
}

static int add_file(const char *path, struct sw_buf *out)
{
	for (const struct sw_text_file *f = sw_text_files; f->path.p; f++)
		if (sw_str_is(f->path, path))
			sw_buf_add_str(out, f->text);
	return out->n ? 200 : 404;
}

static int style(struct sw_api *api, const struct sw_web_ask *ask, struct sw_buf *out)
{
	(void)api;
	(void)ask;
	return add_file("src/console/docs.css", out);
}

static int icon(struct sw_api *api, const struct sw_web_ask *ask, struct sw_buf *out)
{
	(void)api;
	(void)ask;
	return add_file("src/console/icon.svg", out);
}

#define HTML "text/html; charset=utf-8"
static const struct sw_web_page pages[] = {
	{ "/", .type = HTML, .write = docs_front },
	{ "/console", .below = true, .file = app_file, .policy = APP_POLICY },
	{ "/docs", .type = HTML, .write = docs_front },
	{ "/docs/style.css", .type = "text/css; charset=utf-8", .write = style },
	{ "/docs/icon.svg", .type = "image/svg+xml", .write = icon },
	{ "/docs/errors", .below = true, .type = HTML, .write = docs_errors },
	{ "/docs/deprecations", .type = HTML, .write = docs_deprecations },
	{ "/docs/reference", .below = true, .type = HTML, .write = docs_reference },
	{ "/docs/search", .type = HTML, .write = docs_search },
	{ "/docs", .below = true, .type = HTML, .write = docs_guide },
	{ 0 },
};

int docs_page(struct sw_api *api, struct sw_web_ask *ask, struct sw_buf *out)
{
	int status = 404;
	for (const struct sw_web_page *page = pages; page->path && status != 200; page++)
		if (page->write && sw_web_fits(page, ask))
			status = page->write(api, ask, out);
	return status;
}

const struct sw_module console_module = { .name = "console", .pages = pages };
