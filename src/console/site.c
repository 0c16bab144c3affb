/* Every page of /docs as a file: what the server shows, with links that lead from file to file. */
#include "base/num.h"
#include "console/docs.h"
#include "core/error.h"

struct site {
	struct sw_api *api;
	struct sw_str base;
	console_write_fn *write;
	void *owner;
};

/* "webhooks.html" of "/docs/webhooks"; "index.html" of "/docs"; what has an ending of its own keeps it. */
static struct sw_str file_of(struct sw_arena *arena, struct sw_str path)
{
	struct sw_str name = sw_str_from(path, sizeof("/docs/") - 1);
	if (!name.n)
		return SW_S("index.html");
	bool whole = sw_str_ends(name, SW_S(".css")) || sw_str_ends(name, SW_S(".svg"));
	return sw_str_fmt(arena, "%.*s%s", SW_FMT(name), whole ? "" : ".html");
}

/* A link of the server's as one from the file. */
static void add_link(struct site *site, struct sw_arena *arena, struct sw_str link, struct sw_str from,
		     struct sw_buf *out)
{
	struct sw_str anchor = link, path = sw_str_cut(&anchor, '#');
	bool page = sw_str_is(path, "/docs") || sw_str_starts(path, SW_S("/docs/"));
	if (!page || sw_str_starts(path, SW_S("/docs/search"))) {
		sw_buf_add_fmt(out, "%.*s%.*s", SW_FMT(site->base), SW_FMT(link));
		return;
	}
	for (size_t i = 0; i < from.n; i++)
		if (from.p[i] == '/')
			sw_buf_add_cstr(out, "../");
	sw_buf_add_str(out, file_of(arena, path));
	if (anchor.p)
		sw_buf_add_fmt(out, "#%.*s", SW_FMT(anchor));
}

/* The form of the search needs a server. */
static struct sw_str without_form(struct sw_arena *arena, struct sw_str html)
{
	ptrdiff_t from = sw_str_find(html, SW_S("<form role=\"search\"")), to = sw_str_find(html, SW_S("</form>"));
	if (from < 0 || to < from)
		return html;
	return sw_str_fmt(arena, "%.*s%.*s", (int)from, html.p, SW_FMT(sw_str_from(html, (size_t)to + 7)));
}

static void relink(struct site *site, struct sw_arena *arena, struct sw_str html, struct sw_str from,
		   struct sw_buf *out)
{
	static const struct sw_str mark = { " href=\"/", 8 };
	for (ptrdiff_t at; (at = sw_str_find(html, mark)) >= 0;) {
		sw_buf_add_str(out, sw_str_sub(html, 0, (size_t)at + mark.n - 1));
		html = sw_str_from(html, (size_t)at + mark.n - 1);
		struct sw_str rest = html, link = sw_str_cut(&rest, '"');
		add_link(site, arena, link, from, out);
		html = sw_str_from(html, link.n);
	}
	sw_buf_add_str(out, html);
}

static int add_page(struct site *site, struct sw_str path)
{
	struct sw_arena arena;
	sw_arena_init(&arena);
	struct sw_web_ask ask = { .arena = &arena, .path = path, .base_url = site->base };
	struct sw_buf page = { .arena = &arena }, file = { .arena = &arena };
	struct sw_str name = file_of(&arena, path);
	SW_BUG_ON(docs_page(site->api, &ask, &page) != 200);
	relink(site, &arena, without_form(&arena, sw_buf_str(&page)), name, &file);
	int failed = site->write(site->owner, name, sw_buf_str(&file));
	sw_arena_done(&arena);
	return failed;
}

static int add_named(struct site *site, const char *folder, struct sw_str name)
{
	struct sw_arena arena;
	sw_arena_init(&arena);
	int failed = add_page(site, sw_str_fmt(&arena, "/docs/%s/%.*s", folder, SW_FMT(name)));
	sw_arena_done(&arena);
	return failed;
}

static int add_guides(struct site *site)
{
	struct sw_arena arena;
	int failed = 0;
	sw_arena_init(&arena);
	for (const struct sw_text_file *f = sw_text_files; f->path.p && !failed; f++) {
		struct sw_str address = docs_address(&arena, f);
		failed = address.p ? add_page(site, address) : 0;
	}
	sw_arena_done(&arena);
	return failed;
}

int console_site(struct sw_api *api, struct sw_str base, console_write_fn *write, void *owner)
{
	static const char *const alone[] = { "/docs",        "/docs/style.css",    "/docs/icon.svg",
					     "/docs/errors", "/docs/deprecations", "/docs/reference" };
	struct site site = { api, base, write, owner };
	size_t n, errors_n;
	const struct docs_operation *operations = docs_operations(api, &n);
	const struct sw_error_row *errors = sw_error_rows(&errors_n);
	int failed = add_guides(&site);
	for (size_t i = 0; i < SW_COUNTOF(alone) && !failed; i++)
		failed = add_page(&site, sw_str_of(alone[i]));
	for (size_t i = 0; i < n && !failed; i++)
		failed = add_named(&site, "reference", operations[i].name);
	for (size_t i = 0; i < errors_n && !failed; i++) {
		char code[24];
		failed = add_named(&site, "errors", sw_num_format(errors[i].code, code));
	}
	return failed;
}
