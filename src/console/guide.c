/* Guides: Markdown to HTML, with anchors at headings and links that lead to where the files are served. */
#include <md4c-html.h>

#include "console/docs.h"

struct sw_str docs_title(const struct sw_text_file *file)
{
	struct sw_str rest = file->text, line;
	while (rest.p && rest.n) {
		line = sw_str_cut(&rest, '\n');
		if (sw_str_starts(line, SW_S("# ")))
			return sw_str_from(line, 2);
	}
	return file->path;
}

/* "docs/webhooks.md" is /docs/webhooks, "CHANGELOG.md" is /docs/changelog. */
struct sw_str docs_address(struct sw_arena *arena, const struct sw_text_file *file)
{
	struct sw_str name = file->path;
	if (sw_str_ends(name, SW_S(".css")) || sw_str_ends(name, SW_S(".svg")))
		return SW_STR_NULL;
	bool guide = sw_str_starts(name, SW_S("docs/"));
	if (guide)
		name = sw_str_from(name, 5);
	if (sw_str_ends(name, SW_S(".md")))
		name = sw_str_sub(name, 0, name.n - 3);
	return sw_str_fmt(arena, "/docs/%.*s", SW_FMT(guide ? name : sw_str_lower(arena, name)));
}

struct sw_str docs_anchor(struct sw_arena *arena, struct sw_str heading)
{
	struct sw_buf out = { .arena = arena };
	bool tag = false;
	for (size_t i = 0; i < heading.n; i++) {
		char c = heading.p[i];
		tag = c == '<' || (tag && c != '>');
		if (tag || c == '>')
			continue;
		if (c >= 'A' && c <= 'Z')
			c = (char)(c | 0x20);
		if (c == ' ')
			sw_buf_add_char(&out, '-');
		else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_')
			sw_buf_add_char(&out, c);
	}
	return sw_buf_str(&out);
}

/* ---- links ---- */

/* "../bench/RESULTS.md" from "docs/money.md" is "bench/RESULTS.md". */
static struct sw_str resolve(struct sw_arena *arena, struct sw_str from, struct sw_str link)
{
	while (from.n && from.p[from.n - 1] != '/')
		from.n--;
	while (sw_str_starts(link, SW_S("../"))) {
		link = sw_str_from(link, 3);
		if (from.n)
			from.n--;
		while (from.n && from.p[from.n - 1] != '/')
			from.n--;
	}
	return sw_str_fmt(arena, "%.*s%.*s", SW_FMT(from), SW_FMT(link));
}

/* What a link of the source becomes; absent: what it means is not served. */
static struct sw_str target_of(struct sw_arena *arena, const struct sw_text_file *file, struct sw_str link)
{
	struct sw_str anchor = link, name = sw_str_cut(&anchor, '#');
	if (sw_str_find(link, SW_S("://")) >= 0 || sw_str_starts(link, SW_S("/")) || !name.n)
		return link;
	struct sw_str path = resolve(arena, file->path, name);
	for (const struct sw_text_file *f = sw_text_files; f->path.p; f++)
		if (sw_str_eq(f->path, path))
			return sw_str_fmt(arena, "%.*s%s%.*s", SW_FMT(docs_address(arena, f)), anchor.p ? "#" : "",
					  SW_FMT(anchor));
	return SW_STR_NULL;
}

/* ---- the page ---- */

static void collect(const MD_CHAR *text, MD_SIZE n, void *buf)
{
	sw_buf_add(buf, text, n);
}

/* '<a href="' was met: the link up to its closing quote. @return what is left */
static struct sw_str add_link(struct sw_arena *arena, const struct sw_text_file *file, struct sw_str rest,
			      struct sw_buf *out)
{
	struct sw_str link = sw_str_cut(&rest, '"'), target = target_of(arena, file, link);
	if (target.p)
		sw_buf_add_fmt(out, "<a href=\"%.*s\"", SW_FMT(target));
	else
		sw_buf_add_fmt(out, "<a title=\"%.*s in the source\"", SW_FMT(link));
	return rest;
}

/* '<hN>' was met: the same with an anchor. */
static void add_heading(struct sw_arena *arena, char level, struct sw_str rest, struct sw_buf *out)
{
	ptrdiff_t end = sw_str_find(rest, SW_S("</h"));
	struct sw_str anchor = docs_anchor(arena, sw_str_sub(rest, 0, end < 0 ? 0 : (size_t)end));
	sw_buf_add_fmt(out, "<h%c id=\"%.*s\">", level, SW_FMT(anchor));
}

/* What scrolls by itself does so by keyboard too; a cell that heads nothing is no header. */
static const struct {
	struct sw_str tag, instead;
} tags[] = {
	{ { "<table>", 7 }, { "<div class=\"wide\" tabindex=\"0\"><table>", 38 } },
	{ { "</table>", 8 }, { "</table></div>", 14 } },
	{ { "<th></th>", 9 }, { "<td></td>", 9 } },
	{ { "<pre>", 5 }, { "<pre tabindex=\"0\">", 18 } },
};

/* html begins with '<'. @return what is left behind what was added */
static struct sw_str add_tag(struct sw_arena *arena, const struct sw_text_file *file, struct sw_str html,
			     struct sw_buf *out)
{
	static const struct sw_str link = { "<a href=\"", 9 };
	if (sw_str_starts(html, link))
		return add_link(arena, file, sw_str_from(html, link.n), out);
	if (html.n > 4 && html.p[1] == 'h' && html.p[2] >= '1' && html.p[2] <= '6' && html.p[3] == '>') {
		add_heading(arena, html.p[2], sw_str_from(html, 4), out);
		return sw_str_from(html, 4);
	}
	for (size_t i = 0; i < SW_COUNTOF(tags); i++)
		if (sw_str_starts(html, tags[i].tag)) {
			sw_buf_add_str(out, tags[i].instead);
			return sw_str_from(html, tags[i].tag.n);
		}
	sw_buf_add_char(out, '<');
	return sw_str_from(html, 1);
}

static void add_html(struct sw_arena *arena, const struct sw_text_file *file, struct sw_str html, struct sw_buf *out)
{
	for (ptrdiff_t at; (at = sw_str_index(html, '<')) >= 0;) {
		sw_buf_add_str(out, sw_str_sub(html, 0, (size_t)at));
		html = add_tag(arena, file, sw_str_from(html, (size_t)at), out);
	}
	sw_buf_add_str(out, html);
}

static const struct sw_text_file *find(struct sw_arena *arena, struct sw_str address)
{
	for (const struct sw_text_file *f = sw_text_files; f->path.p; f++)
		if (sw_str_eq(docs_address(arena, f), address))
			return f;
	return NULL;
}

int docs_guide(struct sw_api *api, const struct sw_web_ask *ask, struct sw_buf *out)
{
	const struct sw_text_file *file = find(ask->arena, ask->path);
	(void)api;
	if (!file)
		return 404;
	docs_head(out, docs_title(file), SW_S(""));
	if (sw_str_ends(file->path, SW_S(".md"))) {
		struct sw_buf html = { .arena = ask->arena };
		SW_BUG_ON(md_html(file->text.p, (MD_SIZE)file->text.n, collect, &html, MD_DIALECT_GITHUB, 0) != 0);
		add_html(ask->arena, file, sw_buf_str(&html), out);
	} else {
		sw_buf_add_fmt(out, "<h1>%.*s</h1>\n<pre tabindex=\"0\">", SW_FMT(file->path));
		docs_escape(out, file->text);
		sw_buf_add_cstr(out, "</pre>\n");
	}
	docs_foot(out);
	return 200;
}
