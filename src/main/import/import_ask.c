/* Requests of an import, to either server. */
#include <unistd.h>

#include "base/num.h"
#include "main/import/import.h"
#include "net/courier.h"

enum { PAUSE_MAX_S = 60 };

struct sw_str import_url(struct sw_arena *arena, const struct import_end *end, const char *product, struct sw_str path,
			 struct sw_str sid)
{
	struct sw_buf url = { .arena = arena };
	struct sw_str server = end->client.server, rest = path;
	ptrdiff_t host = sw_str_find(server, SW_S("://"));
	if (product && end->by_host) {
		size_t at = (size_t)host + 3;
		sw_buf_add_str(&url, sw_str_sub(server, 0, at));
		sw_buf_add_cstr(&url, product);
		sw_buf_add_str(&url, sw_str_from(server, at + 3)); /* "api" */
	} else {
		sw_buf_add_str(&url, server);
		if (product)
			sw_buf_add_fmt(&url, "/%s", product);
	}
	while (rest.p) {
		sw_buf_add_str(&url, sw_str_cut(&rest, '{'));
		if (rest.p)
			sw_buf_add_str(&url, sw_str_is(sw_str_cut(&rest, '}'), "AccountSid") ? end->client.sid : sid);
	}
	return sw_buf_str(&url);
}

bool import_well(const struct import_reply *reply)
{
	return reply->status >= 200 && reply->status < 300;
}

/* ---- one request ---- */

/* Seconds until the next try; -1: there is none. */
static int pause_s(const struct sw_fetched *got, int err, int tries)
{
	int64_t asked;
	bool busy = got->status == 429 || got->status == 502 || got->status == 503 || got->status == 504;
	if ((!err && !busy) || tries >= IMPORT_TRIES)
		return -1;
	for (size_t i = 0; !err && i < got->headers_n; i++)
		if (sw_str_eq_nocase(got->headers[i].name, SW_S("Retry-After")) &&
		    sw_num_parse(got->headers[i].value, &asked) == 0 && asked >= 0)
			return (int)(asked < PAUSE_MAX_S ? asked : PAUSE_MAX_S);
	return 1 << (tries - 1);
}

static struct sw_str complaint(struct sw_arena *arena, const struct sw_fetched *got, int err,
			       const struct sw_json *json)
{
	struct sw_str said = sw_json_get_str(json, "message");
	const struct sw_json *code = sw_json_get(json, "code");
	if (err)
		return got->why;
	if (code && code->is_int)
		return sw_str_fmt(arena, "error %lld: %.*s", (long long)code->i, SW_FMT(said));
	return sw_str_fmt(arena, "HTTP status %d", got->status);
}

void import_ask(struct sw_arena *arena, const struct import_end *end, const char *method, struct sw_str url,
		struct sw_str form, struct sw_str sid, struct import_reply *ret)
{
	const struct client_request request = { .method = method, .url = url, .form = form, .sid = sid };
	struct sw_fetched got;
	int err, pause, tries = 0;
	for (;;) {
		err = client_ask(arena, &end->client, &request, &got);
		pause = pause_s(&got, err, ++tries);
		if (pause < 0)
			break;
		sleep((unsigned)pause);
	}
	*ret = (struct import_reply){ .status = err ? 0 : got.status };
	if (!err && sw_json_parse(arena, got.body, NULL, &ret->json, NULL))
		ret->json = NULL;
	if (!import_well(ret))
		ret->why = complaint(arena, &got, err, ret->json);
}

/* ---- lists ---- */

static void add(struct sw_arena *arena, struct import_rows *rows, const struct sw_json *row)
{
	if (rows->n == rows->cap) {
		size_t cap = rows->cap ? rows->cap * 2 : 64;
		const struct sw_json **v = SW_ARENA_ARRAY(arena, const struct sw_json *, cap);
		if (rows->n)
			memcpy(v, rows->v, rows->n * sizeof(*v));
		rows->v = v;
		rows->cap = cap;
	}
	rows->v[rows->n++] = row;
}

/* The query of where the next page is said to be; absent: there is none.  Only the query: who answers does not choose
 * whom the next request, with its credentials, goes to. */
static struct sw_str next_query(const struct sw_json *page)
{
	struct sw_str next = sw_json_get_str(page, "next_page_uri");
	if (!next.n)
		next = sw_json_get_str(sw_json_get(page, "meta"), "next_page_url");
	sw_str_cut(&next, '?');
	return next;
}

int import_list(struct sw_arena *arena, const struct import_end *end, struct sw_str url, const char *list_key,
		struct import_rows *ret, struct sw_str *ret_why)
{
	struct sw_str query = sw_str_fmt(arena, "PageSize=%d", IMPORT_PAGE);
	*ret = (struct import_rows){ 0 };
	while (query.n) {
		struct import_reply page;
		struct sw_str at = sw_str_fmt(arena, "%.*s?%.*s", SW_FMT(url), SW_FMT(query));
		import_ask(arena, end, "GET", at, SW_STR_NULL, SW_STR_NULL, &page);
		const struct sw_json *rows = sw_json_get(page.json, list_key);
		if (!import_well(&page) || !rows || rows->kind != SW_JSON_ARRAY) {
			*ret_why = page.why.p ? page.why : sw_str_fmt(arena, "the reply has no list '%s'", list_key);
			return page.status && !import_well(&page) ? page.status : -1;
		}
		for (const struct sw_json *row = rows->child; row; row = row->next)
			add(arena, ret, row);
		if (ret->n > IMPORT_LIST_MAX) {
			*ret_why = sw_str_fmt(arena, "it has more than %d rows", IMPORT_LIST_MAX);
			return -1;
		}
		struct sw_str next = next_query(page.json);
		if (!rows->child || sw_str_eq(next, query)) /* a list that leads to itself ends */
			break;
		query = next;
	}
	return 0;
}
