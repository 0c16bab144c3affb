/* Lists: the page asked for, its rows, and the three ways to write it down; and one row of a list. */
#include "api/api_impl.h"
#include "base/num.h"

enum { PAGE_DEFAULT = 50, PAGE_MAX = 1000, OFFSET_MAX = 10000 };

struct page_args {
	int64_t limit, page;
	struct sw_str cursor;
};

#define P struct page_args
const struct sw_field sw_page_fields[] = {
	{ .name = "limit",
	  .param = "PageSize",
	  .doc = "Rows a page, 1 to 1000.",
	  .type = SW_INT,
	  SW_INT_AT(P, limit),
	  .min = 1,
	  .max = PAGE_MAX,
	  .def = "50" },
	{ .name = "page",
	  .doc = "Number of the page, from 0.",
	  .type = SW_INT,
	  .flags = SW_CONTRACT,
	  SW_INT_AT(P, page),
	  .min = 0,
	  .max = INT32_MAX,
	  .def = "0" },
	{ .name = "cursor",
	  .param = "PageToken",
	  .doc = "Where the page begins, from the page before.",
	  .type = SW_STR,
	  SW_TEXT_AT(P, cursor),
	  .max = 64 },
	{ 0 },
};

/* A token is PA (behind a row) or PB (before one) and the row's SID. */
static int read_token(struct sw_call *c, struct sw_str token, struct sw_error *err)
{
	struct sw_sid sid;
	bool after = sw_str_starts(token, SW_S("PA")), before = sw_str_starts(token, SW_S("PB"));
	if ((!after && !before) || sw_sid_parse(sw_str_from(token, 2), NULL, &sid))
		return sw_fail(err, 20001, "The page token is not one that this server gave.");
	memcpy(c->page.token_kind, sid.kind, 2);
	if (after)
		c->page.after = sid.id;
	else
		c->page.before = sid.id;
	return 0;
}

static bool is_known(struct sw_call *c, const struct sw_str *names, struct sw_str name)
{
	for (const struct sw_field *f = sw_page_fields; f->name; f++)
		if (sw_str_eq(sw_field_param(c->arena, f, c->endpoint->style), name))
			return true;
	for (unsigned i = 0; c->endpoint->params && c->endpoint->params[i].name; i++)
		if (sw_str_eq(names[i], name))
			return true;
	return false;
}

int sw_page_decode(struct sw_call *c, struct sw_error *err)
{
	struct page_args args;
	struct sw_str names[4];
	const struct sw_input input = { .pairs = c->filters };
	for (unsigned i = 0; sw_page_fields[i].name; i++)
		names[i] = sw_field_param(c->arena, &sw_page_fields[i], c->endpoint->style);
	const struct sw_route *route = sw_router_operation(c->api->router, c->endpoint->operation);
	for (size_t i = 0; c->endpoint->style == SW_STYLE_NATIVE && i < c->filters.n; i++)
		if (!is_known(c, route->names, c->filters.v[i].name))
			return sw_fail(err, 20001, "There is no parameter '%.*s' here.", SW_FMT(c->filters.v[i].name));
	int failed = sw_schema_decode(c->arena, sw_page_fields, names, 0, &input, &args, err);
	if (failed)
		return failed;
	c->page = (struct sw_page){ .number = args.page == SW_NONE ? 0 : args.page, .size = args.limit };
	c->page.cursor = args.cursor;
	if (c->endpoint->flags & SW_OWN_CURSOR)
		return 0;
	if (args.cursor.p)
		return read_token(c, args.cursor, err);
	if (c->page.number * c->page.size > OFFSET_MAX)
		return sw_fail(err, 20001, "Page %lld is too far to reach by number; follow next_page_uri.",
			       (long long)c->page.number);
	return 0;
}

void sw_call_where(struct sw_call *c, struct sw_query *query)
{
	for (const struct sw_field *f = c->endpoint->params; f->name; f++) {
		if (!(f->flags & SW_QUERY) || !f->column || sw_field_absent(f, c->args))
			continue;
		const void *at = (const char *)c->args + f->at;
		if (f->type == SW_SID)
			sw_query_where(query, f->column, f->op, SW_ID(((const struct sw_sid *)at)->id));
		else if (f->type == SW_INT || f->type == SW_TIME)
			sw_query_where(query, f->column, f->op, SW_I(*(const int64_t *)at));
		else
			sw_query_where(query, f->column, f->op, SW_T(*(const struct sw_str *)at));
	}
}

void sw_call_add_row(struct sw_call *c, const void *result)
{
	struct sw_json_out out = { .buf = &c->items, .comma = c->items.n > 0 };
	sw_json_object(&out);
	sw_schema_render(c->endpoint->fields, c->endpoint->style, c->base_url, result, &out);
	sw_json_end_object(&out);
	c->page.rows++;
}

int sw_call_list_wait(struct sw_call *c, struct sw_query *query, const char kind[2], sw_call_read_fn *read,
		      struct sw_error *err)
{
	struct sw_page *page = &c->page;
	bool backwards = !sw_id_is_zero(page->before), forwards = !sw_id_is_zero(page->after);
	const struct sw_page_key key = {
		.after = forwards ? SW_ID(page->after) : SW_NULL,
		.before = backwards ? SW_ID(page->before) : SW_NULL,
		.offset = forwards || backwards ? 0 : page->number * page->size,
		.limit = page->size + 1, /* one more tells whether there is a next page */
		.ascending = page->ascending,
	};
	struct sw_rows rows;
	if (page->token_kind[0] && memcmp(page->token_kind, kind, 2) != 0)
		return sw_fail(err, 20001, "The page token is of another list.");
	sw_query_page(query, &key);
	int failed = sw_query_run_wait(c->task, c->core->store, query, &rows);
	if (failed)
		return sw_fail_internal(err, failed);
	bool more = (int64_t)rows.n > page->size;
	size_t first = more && backwards ? 1 : 0, n = more ? rows.n - 1 : rows.n;
	memcpy(page->kind, kind, 2);
	page->has_next = backwards || more;
	page->has_previous = backwards ? more : page->number > 0;
	for (size_t i = 0; i < n; i++) {
		struct sw_row row = rows.row[first + i];
		if (i == 0)
			page->first = sw_row_id(row, 0);
		page->last = sw_row_id(row, 0);
		sw_schema_clear(c->endpoint->fields, c->result);
		failed = read(c, row, c->result, err);
		if (failed && failed != SW_ENOTFOUND)
			return failed;
		if (!failed)
			sw_call_add_row(c, c->result);
		if (i == 0) /* the other rows will be much like the first: grow once */
			sw_buf_reserve(&c->items, (c->items.n + 64) * n);
	}
	return 0;
}

int sw_call_fetch_wait(struct sw_call *c, struct sw_query *query, struct sw_sid sid, sw_call_read_fn *read,
		       struct sw_error *err)
{
	const struct sw_page_key one = { .limit = 1 };
	struct sw_rows rows;
	sw_query_where(query, "sid", SW_OP_EQ, SW_ID(sid.id));
	sw_query_page(query, &one);
	int failed = sw_query_run_wait(c->task, c->core->store, query, &rows);
	if (failed)
		return sw_fail_internal(err, failed);
	return rows.n ? read(c, rows.row[0], c->result, err) : sw_call_not_found(c, err);
}

/* ---- writing ---- */

/* The list's own URI with its filters, for page `number` (-1: as it was asked). */
static struct sw_str page_uri(struct sw_call *c, int64_t number, const char *way, struct sw_id key)
{
	struct sw_buf uri = { .arena = c->arena };
	char text[24], sid[SW_SID_CHARS];
	if (c->endpoint->style == SW_STYLE_V1)
		sw_buf_add_str(&uri, c->base_url);
	sw_buf_add_str(&uri, c->path);
	sw_buf_add_char(&uri, '?');
	for (size_t i = 0; i < c->filters.n; i++) {
		struct sw_str name = c->filters.v[i].name;
		if (!sw_str_is(name, "PageSize") && !sw_str_is(name, "Page") && !sw_str_is(name, "PageToken"))
			sw_form_add(&uri, name, c->filters.v[i].value);
	}
	sw_form_add(&uri, SW_S("PageSize"), sw_num_format(c->page.size, text));
	sw_form_add(&uri, SW_S("Page"), sw_num_format(number, text));
	if (way) {
		struct sw_str token =
			sw_str_fmt(c->arena, "%s%.*s", way, SW_FMT(sw_sid_format(sw_sid_of(c->page.kind, key), sid)));
		sw_form_add(&uri, SW_S("PageToken"), token);
	}
	return sw_buf_str(&uri);
}

struct page_uris {
	struct sw_str self, first, next, previous;
};

static struct page_uris make_uris(struct sw_call *c)
{
	const struct sw_page *p = &c->page;
	bool back = !sw_id_is_zero(p->before), forth = !sw_id_is_zero(p->after);
	struct page_uris uris = {
		.self = page_uri(c, p->number,
				 back    ? "PB"
				 : forth ? "PA"
					 : NULL,
				 back ? p->before : p->after),
		.first = page_uri(c, 0, NULL, p->first),
	};
	if (p->has_next && !sw_id_is_zero(p->last))
		uris.next = page_uri(c, p->number + 1, "PA", p->last);
	if (p->has_previous && !sw_id_is_zero(p->first))
		uris.previous = page_uri(c, p->number ? p->number - 1 : 0, "PB", p->first);
	return uris;
}

static void add_items(struct sw_call *c, struct sw_json_out *out, const char *name)
{
	sw_json_key(out, sw_str_of(name));
	sw_json_array(out);
	if (c->items.n)
		sw_json_raw(out, sw_buf_str(&c->items));
	sw_json_end_array(out);
}

static void render_2010(struct sw_call *c, struct sw_json_out *out)
{
	struct page_uris uris = make_uris(c);
	int64_t start = c->page.number * c->page.size;
	sw_json_add_str(out, "first_page_uri", uris.first);
	sw_json_add_int(out, "end", c->page.rows ? start + c->page.rows - 1 : start);
	sw_json_add_str(out, "previous_page_uri", uris.previous);
	add_items(c, out, c->endpoint->list_key);
	sw_json_add_str(out, "uri", uris.self);
	sw_json_add_int(out, "page_size", c->page.size);
	sw_json_add_int(out, "start", start);
	sw_json_add_str(out, "next_page_uri", uris.next);
	sw_json_add_int(out, "page", c->page.number);
}

static void render_v1(struct sw_call *c, struct sw_json_out *out)
{
	struct page_uris uris = make_uris(c);
	add_items(c, out, c->endpoint->list_key);
	sw_json_key(out, SW_S("meta"));
	sw_json_object(out);
	sw_json_add_int(out, "page", c->page.number);
	sw_json_add_int(out, "page_size", c->page.size);
	sw_json_add_str(out, "first_page_url", uris.first);
	sw_json_add_str(out, "previous_page_url", uris.previous);
	sw_json_add_str(out, "url", uris.self);
	sw_json_add_str(out, "next_page_url", uris.next);
	sw_json_add_str(out, "key", sw_str_of(c->endpoint->list_key));
	sw_json_end_object(out);
}

static void render_native(struct sw_call *c, struct sw_json_out *out)
{
	struct sw_str cursor = c->page.next;
	char sid[SW_SID_CHARS];
	if (c->page.has_next && !sw_id_is_zero(c->page.last))
		cursor = sw_str_fmt(c->arena, "PA%.*s",
				    SW_FMT(sw_sid_format(sw_sid_of(c->page.kind, c->page.last), sid)));
	add_items(c, out, "data");
	sw_json_add_str(out, "next_cursor", cursor);
}

void sw_page_render(struct sw_call *c)
{
	static void (*const renderers[])(struct sw_call * c, struct sw_json_out * out) = {
		[SW_STYLE_2010] = render_2010,
		[SW_STYLE_V1] = render_v1,
		[SW_STYLE_NATIVE] = render_native,
	};
	struct sw_buf body = { .arena = c->arena };
	struct sw_json_out out = { .buf = &body };
	sw_json_object(&out);
	renderers[c->endpoint->style](c, &out);
	sw_json_end_object(&out);
	c->body = sw_buf_str(&body);
}
