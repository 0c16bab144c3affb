/* Calls through the whole of the room, in-process, on a module made for the test. */
#include "api/api_fixture.h"
#include "base/buf.h"
#include "base/test.h"
#include "core/core_sql.h"
#include "loop/clock.h"

struct note {
	struct sw_sid account_sid, sid;
	struct sw_str text;
	int64_t date_created;
};

/* clang-format off */
static const struct sw_field params[] = {
	{ .name = "account_sid", .doc = "Account.", .type = SW_SID, .flags = SW_PATH | SW_CONTRACT, .kinds = "AC", SW_SID_AT(struct note, account_sid) },
	{ .name = "text", .doc = "Text.", .type = SW_STR, .flags = SW_REQUIRED, SW_TEXT_AT(struct note, text), .max = 10, .used_by = "test" },
	{ 0 },
};
static const struct sw_field note_fields[] = {
	{ .name = "sid", .doc = "SID.", .type = SW_SID, .kinds = "NO", SW_SID_AT(struct note, sid) },
	{ .name = "text", .doc = "Text.", .type = SW_STR, .flags = SW_SECRET, SW_TEXT_AT(struct note, text) },
	{ .name = "date_created", .doc = "Created.", .type = SW_TIME, SW_INT_AT(struct note, date_created) },
	{ 0 },
};
static const struct sw_field widget_fields[] = {
	{ .name = "sid", .doc = "SID.", .type = SW_SID, .kinds = "WG" },
	{ .name = "account_sid", .doc = "Account.", .type = SW_SID, .kinds = "AC" },
	{ .name = "friendly_name", .doc = "Name.", .type = SW_STR, .flags = SW_WRITE | SW_INDEXED | SW_REQUIRED, .max = 64, .used_by = "test" },
	{ .name = "colour", .doc = "Colour.", .type = SW_STR, .flags = SW_WRITE | SW_INDEXED | SW_EMPTY_OK, .def = "red", .used_by = "test" },
	{ .name = "date_created", .doc = "Created.", .type = SW_TIME },
	{ .name = "date_updated", .doc = "Updated.", .type = SW_TIME },
	{ 0 },
};
/* clang-format on */

static const struct sw_resource widget = {
	.name = "Widget",
	.plural = "widgets",
	.doc = "A widget.",
	.kind = "WG",
	.path = "/2010-04-01/Accounts/{AccountSid}/Widgets.json",
	.list_key = "widgets",
	.product = "api",
	.style = SW_STYLE_2010,
	.fields = widget_fields,
};

static int made; /* how often the handler did its work */

static int create_note(struct sw_call *c, struct sw_error *err)
{
	const struct note *args = c->args;
	struct note *note = c->result;
	*note = (struct note){ .sid = sw_sid_new("NO", c->account->bucket),
			       .text = args->text,
			       .date_created = sw_wall_us() };
	made++;
	return sw_call_commit_wait(c, sw_call_txn(c), err);
}

static const struct sw_endpoint endpoints[] = {
	{ "POST", "/2010-04-01/Accounts/{AccountSid}/Notes.json", "CreateNote", "Make a note.", SW_STYLE_2010, "api",
	  params, sizeof(struct note), note_fields, sizeof(struct note), 201, create_note, .rate_class = "write" },
	{ 0 },
};

static const struct sw_resource *const resources[] = { &widget, NULL };
static const struct sw_module test_module = { .name = "test", .endpoints = endpoints, .resources = resources };
static const struct sw_module *const modules[] = { &test_module, NULL };

static void replay(struct sw_task *task, struct core_fixture *f)
{
	struct sw_str first, second, other, bad;
	made = 0;
	SW_CHECK_INT(api_call(task, f, "CreateNote", "Text=hello", "k", &first), 201);
	SW_CHECK_INT(api_call(task, f, "CreateNote", "Text=hello", "k", &second), 201);
	SW_CHECK(sw_str_eq(first, second));
	SW_CHECK_INT(made, 1);
	SW_CHECK_INT(api_call(task, f, "CreateNote", "Text=other", "k", &other), 422);
	SW_CHECK_INT(api_code(task, other), 20422);
	SW_CHECK_INT(api_call(task, f, "CreateNote", "Text=hello", "k2", &other), 201);
	SW_CHECK(!sw_str_eq(first, other));
	/* A refused request leaves its key free. */
	SW_CHECK_INT(api_call(task, f, "CreateNote", "Text=much+too+long", "k3", &bad), 400);
	SW_CHECK_INT(api_call(task, f, "CreateNote", "Text=shorter", "k3", &bad), 201);
	SW_CHECK_INT(api_call(task, f, "CreateNote", "", "k4", &bad), 400);
	SW_CHECK_INT(api_code(task, bad), 20001);
	SW_CHECK_INT(api_call(task, f, "CreateNote", "Text=hello", "", &bad), 400);
	SW_CHECK_INT(api_call(task, f, "CreateNote", "Text=hello", "k\xff", &bad), 400);
	/* An answer with a secret in it is stored sealed. */
	struct sw_rows rows;
	SW_CHECK_INT(sw_query_wait(task, f->core.store, sw_task_arena(task), CORE_SQL(SQL_IDEMPOTENCY_GET), &rows,
				   SW_I(f->account.bucket), SW_ID(f->account.sid.id), SW_T(SW_S("k"))),
		     0);
	SW_CHECK(rows.n == 1 && sw_row_str(rows.row[0], 2).n > first.n &&
		 sw_str_find(sw_row_str(rows.row[0], 2), SW_S("hello")) < 0);
}

SW_TEST(a_key_has_one_effect_and_one_answer)
{
	api_fixture_run(modules, replay);
}

static void live(struct sw_task *task, struct core_fixture *f)
{
	struct sw_str body;
	struct sw_arena *arena = sw_task_arena(task);
	SW_CHECK_INT(api_call(task, f, "CreateWidget", "", NULL, &body), 400);
	SW_CHECK_INT(api_call(task, f, "CreateWidget", "FriendlyName=first", NULL, &body), 201);
	struct sw_str sid = sw_json_get_str(api_parsed(task, body), "sid");
	SW_CHECK_STR(sw_json_get_str(api_parsed(task, body), "colour"), "red");
	const char *one = sw_str_fmt(arena, "Sid=%.*s", SW_FMT(sid)).p;
	SW_CHECK_INT(api_call(task, f, "FetchWidget", one, NULL, &body), 200);
	SW_CHECK_INT(api_call(task, f, "UpdateWidget", sw_str_fmt(arena, "%s&Colour=blue", one).p, NULL, &body), 200);
	SW_CHECK_STR(sw_json_get_str(api_parsed(task, body), "friendly_name"), "first");
	SW_CHECK_STR(sw_json_get_str(api_parsed(task, body), "colour"), "blue");
	SW_CHECK_INT(api_call(task, f, "UpdateWidget", sw_str_fmt(arena, "%s&Colour=", one).p, NULL, &body), 200);
	SW_CHECK_STR(sw_json_get_str(api_parsed(task, body), "colour"), "");
	SW_CHECK_INT(api_call(task, f, "FetchWidget", "Sid=WG00000000000000000000000000000000", NULL, &body), 404);
	SW_CHECK_INT(api_code(task, body), 20404);
	SW_CHECK_INT(api_call(task, f, "FetchWidget", "Sid=XX00000000000000000000000000000000", NULL, &body), 404);
	SW_CHECK_INT(api_call(task, f, "DeleteWidget", one, NULL, &body), 204);
	SW_CHECK_INT(api_call(task, f, "DeleteWidget", one, NULL, &body), 404);
}

SW_TEST(a_declared_resource_needs_no_code)
{
	api_fixture_run(modules, live);
}

static void turn_pages(struct sw_task *task, struct core_fixture *f)
{
	struct sw_str body;
	struct sw_arena *arena = sw_task_arena(task);
	for (int i = 0; i < 7; i++)
		SW_CHECK_INT(api_call(task, f, "CreateWidget",
				      sw_str_fmt(arena, "FriendlyName=w%d&Colour=%s", i, i % 2 ? "blue" : "green").p,
				      NULL, &body),
			     201);
	unsigned pages = 0, rows = 0;
	const char *query = "PageSize=3";
	struct sw_str back = SW_STR_NULL;
	while (query) {
		SW_CHECK_INT(api_call(task, f, "ListWidget", query, NULL, &body), 200);
		const struct sw_json *page = api_parsed(task, body);
		SW_CHECK_INT(page->n, 9);
		rows += sw_json_get(page, "widgets")->n;
		pages++;
		struct sw_str next = sw_json_get_str(page, "next_page_uri"),
			      previous = sw_json_get_str(page, "previous_page_uri");
		SW_CHECK(!previous.p == (pages == 1));
		if (previous.p)
			back = previous;
		query = next.p ? sw_str_cstr(arena, sw_str_from(next, (size_t)sw_str_index(next, '?') + 1)) : NULL;
	}
	SW_CHECK_INT(pages, 3);
	SW_CHECK_INT(rows, 7);
	/* From the last page back: the three before it. */
	SW_CHECK_INT(api_call(task, f, "ListWidget",
			      sw_str_cstr(arena, sw_str_from(back, (size_t)sw_str_index(back, '?') + 1)), NULL, &body),
		     200);
	SW_CHECK_INT(sw_json_get(api_parsed(task, body), "widgets")->n, 3);
	SW_CHECK(sw_json_get_str(api_parsed(task, body), "next_page_uri").p != NULL);

	SW_CHECK_INT(api_call(task, f, "ListWidget", "Colour=blue", NULL, &body), 200);
	SW_CHECK_INT(sw_json_get(api_parsed(task, body), "widgets")->n, 3);
	SW_CHECK_INT(api_call(task, f, "ListWidget", "Colour=blue&FriendlyName=w1", NULL, &body), 200);
	SW_CHECK_INT(sw_json_get(api_parsed(task, body), "widgets")->n, 1);
	SW_CHECK_INT(api_call(task, f, "ListWidget", "PageToken=nonsense", NULL, &body), 400);
	SW_CHECK_INT(api_call(task, f, "ListWidget", "PageSize=1001", NULL, &body), 400);
	SW_CHECK_INT(api_call(task, f, "ListWidget", "Page=2&PageSize=3", NULL, &body), 200);
	SW_CHECK_INT(sw_json_get(api_parsed(task, body), "widgets")->n, 1);
	SW_CHECK_INT(api_call(task, f, "ListWidget", "Page=1000000", NULL, &body), 400);
}

SW_TEST(pages_are_turned_both_ways_and_filtered)
{
	api_fixture_run(modules, turn_pages);
}

SW_TEST(the_surface_is_written_as_json)
{
	struct sw_core core = { 0 };
	struct sw_arena arena;
	struct sw_buf out = { 0 };
	const struct sw_json *tree;
	sw_arena_init(&arena);
	struct sw_api *api = sw_api_new(&core, modules);
	sw_api_openapi(api, SW_STR_NULL, &out);
	SW_CHECK_INT(sw_json_parse(&arena, sw_buf_str(&out), NULL, &tree, NULL), 0);
	SW_CHECK(sw_json_get(sw_json_get(tree, "paths"), "/2010-04-01/Accounts/{AccountSid}/Widgets/{Sid}.json") !=
		 NULL);
	sw_api_free(api);
	sw_buf_done(&out);
	sw_arena_done(&arena);
}

/* ---- check ---- */

/* clang-format off */
static const struct sw_field bad_params[] = {
	{ .name = "BadName", .doc = "x", .type = SW_STR, SW_TEXT_AT(struct note, text), .bad = 99 },
	{ .name = "kind", .doc = "Kind.", .type = SW_ENUM, SW_TEXT_AT(struct note, text), .used_by = "test" },
	{ .name = "count", .doc = "Count.", .type = SW_INT, SW_INT_AT(struct note, date_created), .min = 1, .max = 2, .def = "3", .used_by = "test", .example = "4" },
	{ .name = "tags", .doc = "Tags.", .type = SW_JSON, .flags = SW_REQUIRED, SW_TEXT_AT(struct note, text), .used_by = "test" },
	{ 0 },
};
/* clang-format on */

static const struct sw_endpoint bad_endpoints[] = {
	{ "POST", "/bad", "Bad", "no full stop", SW_STYLE_NATIVE, NULL, bad_params, sizeof(struct note), NULL, 0, 201,
	  create_note },
	{ 0 },
};
static const struct sw_module bad_module = { .name = "bad", .endpoints = bad_endpoints };
static const struct sw_module *const bad_modules[] = { &bad_module, NULL };

/* ---- one native API ---- */

struct odd {
	int64_t when, delay, amount;
	struct sw_str text;
};

/* clang-format off */
static const struct sw_field odd_fields[] = {
	{ .name = "created", .doc = "When.", .type = SW_TIME, SW_INT_AT(struct odd, when) },
	{ .name = "delay", .doc = "How long.", .type = SW_INT, SW_INT_AT(struct odd, delay) },
	{ .name = "amount", .doc = "How much.", .type = SW_MICROS, SW_INT_AT(struct odd, amount) },
	{ 0 },
};
static const struct sw_field odd_params[] = {
	{ .name = "delay", .doc = "How long.", .type = SW_STR, SW_TEXT_AT(struct odd, text), .used_by = "test" },
	{ 0 },
};
#define ODD(method_, path_, operation_, status_, ...) \
	{ method_, path_, operation_, "Odd.", SW_STYLE_NATIVE, NULL, odd_params, sizeof(struct odd), odd_fields, sizeof(struct odd), status_, create_note, .rate_class = "write", __VA_ARGS__ }
static const struct sw_endpoint odd_endpoints[] = {
	ODD("POST", "/v1/Things", "CreateThing", 201),
	ODD("GET", "/v1/widgets", "ListWidgets", 200),
	ODD("POST", "/v1/widget", "CreateWidget", 200),
	ODD("PUT", "/v1/gadgets", "ReplaceGadget", 200),
	{ 0 },
};
/* clang-format on */
static const struct sw_module odd_module = { .name = "odd", .endpoints = odd_endpoints };
static const struct sw_module *const odd_modules[] = { &odd_module, NULL };

static void check_complains(const struct sw_module *const *of, const char *const *complaints, size_t n)
{
	struct sw_core core = { 0 };
	struct sw_buf out = { 0 };
	struct sw_api *api = sw_api_new(&core, of);
	sw_api_check(api, &out);
	for (size_t i = 0; i < n; i++)
		if (sw_str_find(sw_buf_str(&out), sw_str_of(complaints[i])) < 0)
			sw_test_fail(__FILE__, __LINE__, "no complaint: %s", complaints[i]);
	sw_api_free(api);
	sw_buf_done(&out);
}

SW_TEST(the_check_holds_native_endpoints_to_one_another)
{
	static const char *const complaints[] = {
		"CreateThing (POST /v1/Things) : segments",
		"ListWidgets (GET /v1/widgets) : a plural noun",
		"CreateWidget (POST /v1/widget) : POST goes",
		"CreateWidget (POST /v1/widget) : POST answers",
		"ReplaceGadget (PUT /v1/gadgets) : POST creates",
		"ReplaceGadget (PUT /v1/gadgets) : operations are",
		"created: times are called",
		"delay: a quantity has its unit",
		"amount: money stands beside",
		"delay: a parameter and the field",
	};
	check_complains(odd_modules, complaints, SW_COUNTOF(complaints));
}

SW_TEST(the_check_finds_what_is_wrong_with_a_table)
{
	static const char *const complaints[] = {
		"has no sentence of documentation",
		"has no rate class",
		"must begin with /v1/",
		"not snake_case",
		"catalogue does not have",
		"names neither its consumer",
		"one of a list that is empty",
		"count: has a default that its own checks refuse",
		"count: has an example that its own checks refuse",
		"tags: is required, and no type says what an example",
		"a body that has no fields",
	};
	struct sw_core core = { 0 };
	struct sw_buf out = { 0 };
	struct sw_api *api = sw_api_new(&core, modules);
	sw_api_check(api, &out);
	SW_CHECK_STR(sw_buf_str(&out), "");
	sw_api_free(api);
	sw_buf_done(&out);
	check_complains(bad_modules, complaints, SW_COUNTOF(complaints));
}
