/* GET /docs/search?q=: guides by section, operations and errors that have all of the words. */
#include <stdlib.h>

#include "base/num.h"
#include "console/docs.h"
#include "core/error.h"
#include "wire/form/form.h"

enum { WORDS_MAX = 8, FOUND_MAX = 50, SHOWN_BYTES = 220, PAIRS_MAX = 8 };

struct word {
	struct sw_str text; /* in lower case */
};

/* A place that has all words; weight: how much it is about them. */
struct found {
	struct sw_str href, title, text;
	int weight;
};

struct search {
	struct sw_arena *arena;
	struct word word[WORDS_MAX];
	size_t words;
	struct found *found; /* FOUND_MAX */
	size_t n;
};

static int occurrences(struct sw_str text, struct sw_str word)
{
	int n = 0;
	for (ptrdiff_t at; n < 9 && (at = sw_str_find(text, word)) >= 0; n++)
		text = sw_str_from(text, (size_t)at + word.n);
	return n;
}

/* In the title a word counts more; the lightest gives way when there are too many. */
static void look(struct search *s, struct sw_str href, struct sw_str title, struct sw_str text)
{
	struct sw_str low_title = sw_str_lower(s->arena, title), low_text = sw_str_lower(s->arena, text);
	int weight = 0;
	for (size_t i = 0; i < s->words; i++) {
		int in_title = occurrences(low_title, s->word[i].text),
		    in_text = occurrences(low_text, s->word[i].text);
		if (!in_title && !in_text)
			return;
		weight += 20 * (in_title > 0) + in_text;
	}
	struct found *to = s->found;
	for (size_t i = 1; i < s->n; i++)
		to = s->found[i].weight < to->weight ? &s->found[i] : to;
	if (s->n < FOUND_MAX)
		to = &s->found[s->n++];
	else if (to->weight >= weight)
		return;
	*to = (struct found){ href, title, text, weight };
}

/* Each heading with what stands under it. */
static void look_at_guide(struct search *s, const struct sw_text_file *file)
{
	struct sw_str address = docs_address(s->arena, file), title = docs_title(file), rest = file->text,
		      heading = title;
	const char *begin = rest.p;
	bool code = false;
	while (rest.p && rest.n) {
		struct sw_str line = sw_str_cut(&rest, '\n');
		code = code != sw_str_starts(line, SW_S("```"));
		if (code || !sw_str_starts(line, SW_S("#")))
			continue;
		struct sw_str text = { begin, (size_t)(line.p - begin) };
		struct sw_str anchor = docs_anchor(s->arena, heading);
		bool first = sw_str_eq(heading, title);
		look(s, first ? address : sw_str_fmt(s->arena, "%.*s#%.*s", SW_FMT(address), SW_FMT(anchor)),
		     first ? title : sw_str_fmt(s->arena, "%.*s: %.*s", SW_FMT(title), SW_FMT(heading)), text);
		while (sw_str_starts(line, SW_S("#")))
			line = sw_str_from(line, 1);
		heading = sw_str_trim(line);
		begin = line.p + line.n;
	}
	struct sw_str anchor = docs_anchor(s->arena, heading);
	look(s, sw_str_fmt(s->arena, "%.*s#%.*s", SW_FMT(address), SW_FMT(anchor)),
	     sw_str_fmt(s->arena, "%.*s: %.*s", SW_FMT(title), SW_FMT(heading)),
	     (struct sw_str){ begin, (size_t)(file->text.p + file->text.n - begin) });
}

static void look_everywhere(struct search *s, struct sw_api *api)
{
	size_t n;
	const struct sw_error_row *rows = sw_error_rows(&n);
	for (size_t i = 0; i < n; i++)
		look(s, sw_str_fmt(s->arena, "/docs/errors/%d", rows[i].code),
		     sw_str_fmt(s->arena, "Error %d: %s", rows[i].code, rows[i].message),
		     sw_str_fmt(s->arena, "%s %s", rows[i].cause, rows[i].action));
	const struct docs_operation *all = docs_operations(api, &n);
	for (size_t i = 0; i < n; i++)
		look(s, sw_str_fmt(s->arena, "/docs/reference/%.*s", SW_FMT(all[i].name)),
		     sw_str_fmt(s->arena, "%.*s %.*s", SW_FMT(all[i].method), SW_FMT(all[i].path)),
		     sw_str_fmt(s->arena, "%.*s %.*s", SW_FMT(all[i].name), SW_FMT(all[i].summary)));
	for (const struct sw_text_file *f = sw_text_files; f->path.p; f++)
		if (sw_str_ends(f->path, SW_S(".md")))
			look_at_guide(s, f);
}

static int by_weight(const void *a, const void *b)
{
	return ((const struct found *)b)->weight - ((const struct found *)a)->weight;
}

/* ---- what is shown ---- */

/* The text around the first word, with every word marked. */
static void add_piece(struct search *s, struct sw_str text, struct sw_buf *out)
{
	struct sw_str low = sw_str_lower(s->arena, text);
	ptrdiff_t at = sw_str_find(low, s->word[0].text);
	size_t begin = at > 60 ? (size_t)at - 60 : 0;
	while (begin && begin < text.n && (unsigned char)text.p[begin] >= 0x80)
		begin++; /* not into a character */
	size_t end = begin + SHOWN_BYTES < text.n ? begin + SHOWN_BYTES : text.n;
	while (end < text.n && (unsigned char)text.p[end] >= 0x80)
		end++;
	while (begin < end) {
		size_t next = end, length = 0;
		for (size_t i = 0; i < s->words; i++) {
			ptrdiff_t to = sw_str_find(sw_str_sub(low, begin, end - begin), s->word[i].text);
			if (to >= 0 && begin + (size_t)to < next) {
				next = begin + (size_t)to;
				length = s->word[i].text.n;
			}
		}
		docs_escape(out, sw_str_sub(text, begin, next - begin));
		if (length) {
			sw_buf_add_cstr(out, "<mark>");
			docs_escape(out, sw_str_sub(text, next, length));
			sw_buf_add_cstr(out, "</mark>");
		}
		begin = next + length;
	}
}

static void show(struct search *s, struct sw_buf *out)
{
	qsort(s->found, s->n, sizeof(*s->found), by_weight);
	sw_buf_add_fmt(out, "<p role=\"status\">%zu%s found.</p>\n<ol>\n", s->n, s->n == FOUND_MAX ? " or more" : "");
	for (size_t i = 0; i < s->n; i++) {
		sw_buf_add_fmt(out, "<li><a href=\"%.*s\">", SW_FMT(s->found[i].href));
		docs_escape(out, s->found[i].title);
		sw_buf_add_cstr(out, "</a><p>");
		add_piece(s, s->found[i].text, out);
		sw_buf_add_cstr(out, "</p></li>\n");
	}
	sw_buf_add_cstr(out, "</ol>\n");
}

static struct sw_str asked(const struct sw_web_ask *ask)
{
	struct sw_form form = { 0 };
	if (!ask->query.p || sw_form_decode(ask->arena, ask->query, PAIRS_MAX, &form))
		return SW_S("");
	struct sw_str q = sw_form_get(&form, "q");
	return q.p ? sw_str_sub(q, 0, 200) : SW_S("");
}

int docs_search(struct sw_api *api, const struct sw_web_ask *ask, struct sw_buf *out)
{
	struct search s = { .arena = ask->arena, .found = SW_ARENA_ARRAY(ask->arena, struct found, FOUND_MAX) };
	struct sw_str query = asked(ask), rest = sw_str_lower(ask->arena, query);
	while (rest.p && s.words < WORDS_MAX) {
		struct sw_str word = sw_str_trim(sw_str_cut(&rest, ' '));
		if (word.n)
			s.word[s.words++].text = word;
	}
	if (s.words)
		look_everywhere(&s, api);
	docs_head(out, SW_S("Search"), query);
	sw_buf_add_cstr(out, "<h1>Search</h1>\n");
	if (s.words)
		show(&s, out);
	else
		sw_buf_add_cstr(out, "<p>Words, an error code, a path or the name of an operation.</p>\n");
	docs_foot(out);
	return 200;
}
