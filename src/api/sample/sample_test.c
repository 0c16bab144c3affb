#include "api/api_fixture.h"
#include "api/sample/sample.h"
#include "base/test.h"

struct parcel {
	struct sw_sid account_sid, sid, depot_sid;
	struct sw_str from, note, where;
	struct sw_strs tags;
	int8_t fragile;
};

/* clang-format off */
#define P struct parcel
static const struct sw_field create_params[] = {
	{ .name = "account_sid", .doc = "Account.", .type = SW_SID, .flags = SW_PATH, .kinds = "AC", SW_SID_AT(P, account_sid) },
	{ .name = "depot_sid", .doc = "Depot.", .type = SW_SID, .flags = SW_PATH, .kinds = "DE", SW_SID_AT(P, depot_sid) },
	{ .name = "from", .doc = "Who.", .type = SW_PHONE, .flags = SW_REQUIRED, SW_TEXT_AT(P, from), .used_by = "test" },
	{ .name = "note", .doc = "Note.", .type = SW_STR, SW_TEXT_AT(P, note), .max = 40, .used_by = "test", .example = "it's\n\"new\"" },
	{ .name = "where", .doc = "Place.", .type = SW_JSON, SW_TEXT_AT(P, where), .used_by = "test", .example = "{\"x\":1,\"y\":[\"a\",null]}" },
	{ .name = "fragile", .doc = "Breaks.", .type = SW_BOOL, .flags = SW_REQUIRED, SW_BOOL_AT(P, fragile), .used_by = "test" },
	{ .name = "tags", .doc = "Tags.", .type = SW_STRS, SW_STRS_AT(P, tags), .max = 4, .used_by = "test" },
	{ 0 },
};
static const struct sw_field one_params[] = {
	{ .name = "sid", .doc = "SID.", .type = SW_SID, .flags = SW_PATH, .kinds = "PA", SW_SID_AT(P, sid) },
	{ 0 },
};
static const struct sw_field fields[] = { { .name = "sid", .doc = "SID.", .type = SW_SID, .kinds = "PA", SW_SID_AT(P, sid) }, { 0 } };
#define SIZES sizeof(P), fields, sizeof(P)
static const struct sw_endpoint endpoints[] = {
	{ "POST", "/2010-04-01/Accounts/{AccountSid}/Depots/{DepotSid}/Parcels.json", "CreateParcel", "Make one.", SW_STYLE_2010, "api", create_params, SIZES, 201, .rate_class = "write" },
	{ "DELETE", "/v2/Parcels/{Sid}", "DeletePostParcel", "Delete one.", SW_STYLE_V1, "post", one_params, sizeof(P), NULL, 0, 204, .rate_class = "write", .sdk = "lost.oldParcels", .contract = "DeleteParcel" },
	{ "GET", "/v1/parcels/{sid}", "GetParcel", "Fetch one.", SW_STYLE_NATIVE, NULL, one_params, SIZES, 200, .rate_class = "read" },
	{ 0 },
};
/* clang-format on */
static const struct sw_module module = { .name = "parcel", .endpoints = endpoints };
static const struct sw_module *const modules[] = { &module, NULL };

static void check(const char *operation, enum sw_sample_language language, const char *const *parts, size_t n)
{
	struct sw_core core = { 0 };
	struct sw_arena *arena = sw_arena_new();
	struct sw_api *api = sw_api_new(&core, modules);
	struct sw_str text = sw_api_sample(api, arena, sw_str_of(operation), language, SW_S("http://here"));
	for (size_t i = 0; i < n; i++)
		if (sw_str_find(text, sw_str_of(parts[i])) < 0)
			sw_test_fail(__FILE__, __LINE__, "not in it: %s\n%.*s", parts[i], SW_FMT(text));
	sw_api_free(api);
	sw_arena_free(arena);
}
#define CHECK(operation, language, ...)                               \
	do {                                                          \
		static const char *const parts[] = { __VA_ARGS__ };   \
		check(operation, language, parts, SW_COUNTOF(parts)); \
	} while (0)

SW_TEST(values_are_written_as_each_language_quotes_them)
{
	CHECK("CreateParcel", SW_SAMPLE_CURL,
	      "/2010-04-01/Accounts/$SID/Depots/DE0123456789abcdef0123456789abcdef/Parcels.json", "'From=+15005550010'",
	      "'Note=it'\\''s\n\"new\"'", "'Where={\"x\":1,\"y\":[\"a\",null]}'", "'Fragile=true'");
	CHECK("CreateParcel", SW_SAMPLE_NODE, "client.depots('DE0123456789abcdef0123456789abcdef').parcels.create({",
	      "client.api.baseUrl = 'http://here';", "  note: 'it\\'s\\n\"new\"',\n",
	      "  where: { x: 1, y: ['a', null] },\n", "  fragile: true,\n});");
	CHECK("CreateParcel", SW_SAMPLE_PYTHON, "    from_=\"+15005550010\",\n", "note=\"it's\\n\\\"new\\\"\"",
	      "where={\"x\": 1, \"y\": [\"a\", None]}", "fragile=True");
	CHECK("CreateParcel", SW_SAMPLE_GO, "params := &api.CreateParcelParams{}", "params.SetFrom(\"+15005550010\")",
	      "params.SetWhere(map[string]interface{}{\"x\": 1, \"y\": []interface{}{\"a\", nil}})",
	      "client.Api.CreateParcel(\"DE0123456789abcdef0123456789abcdef\", params)");
}

SW_TEST(a_row_says_what_sdks_call_otherwise)
{
	CHECK("DeletePostParcel", SW_SAMPLE_NODE, "client.post.baseUrl = 'http://here/post';",
	      "await client.post.v2.lost.oldParcels('PA0123456789abcdef0123456789abcdef').remove();");
	CHECK("DeletePostParcel", SW_SAMPLE_PYTHON,
	      "client.post.v2.lost.old_parcels(\"PA0123456789abcdef0123456789abcdef\").delete()");
	CHECK("DeletePostParcel", SW_SAMPLE_GO,
	      "err := client.PostV2.DeleteParcel(\"PA0123456789abcdef0123456789abcdef\")");
	CHECK("DeletePostParcel", SW_SAMPLE_CURL, "-X DELETE http://here/post/v2/Parcels/PA");
}

SW_TEST(the_native_style_needs_no_sdk)
{
	CHECK("GetParcel", SW_SAMPLE_NODE,
	      "await fetch('http://here/v1/parcels/PA0123456789abcdef0123456789abcdef', {");
	CHECK("GetParcel", SW_SAMPLE_PYTHON, "from urllib.request import", "method=\"GET\"");
	CHECK("GetParcel", SW_SAMPLE_GO, "http.NewRequest(\"GET\", \"http://here/v1/parcels/PA");
}
