#include "base/test.h"
#include "core/schema.h"

struct hours {
	struct sw_str opens, closes;
	int64_t late_min;
};

struct rule {
	struct sw_str country, type;
	int8_t enabled;
};

struct shop {
	struct sw_str name;
	struct hours hours;
	struct sw_objects rules;
};

static const char *const kinds[] = { "sms", "voice", NULL };

/* clang-format off */
static const struct sw_field hours_rows[] = {
	{ .name = "opens", .doc = "When.", .type = SW_STR, SW_TEXT_AT(struct hours, opens), .max = 5, .flags = SW_REQUIRED },
	{ .name = "closes", .doc = "When.", .type = SW_STR, SW_TEXT_AT(struct hours, closes), .def = "17:00" },
	{ .name = "late_min", .doc = "Minutes.", .type = SW_INT, SW_INT_AT(struct hours, late_min), .min = 0, .max = 60 },
	{ 0 },
};
static const struct sw_field rule_rows[] = {
	{ .name = "country_code", .doc = "Where.", .type = SW_STR, SW_TEXT_AT(struct rule, country), .flags = SW_REQUIRED },
	{ .name = "type", .doc = "What.", .type = SW_ENUM, .values = kinds, SW_TEXT_AT(struct rule, type) },
	{ .name = "enabled", .doc = "Whether.", .type = SW_BOOL, SW_BOOL_AT(struct rule, enabled), .def = "true" },
	{ 0 },
};
static const struct sw_field rows[] = {
	{ .name = "name", .doc = "Name.", .type = SW_STR, SW_TEXT_AT(struct shop, name) },
	{ .name = "open_hours", .doc = "Hours.", .type = SW_OBJECT, SW_OBJECT_AT(struct shop, hours, hours_rows) },
	{ .name = "permissions", .doc = "Rules.", .type = SW_OBJECTS, SW_OBJECTS_AT(struct shop, rules, rule_rows, struct rule), .max = 2, .too_long = 21623 },
	{ 0 },
};
/* clang-format on */

struct fixture {
	struct sw_arena arena;
	struct sw_str names[SW_COUNTOF(rows)];
	struct shop shop;
	struct sw_error err;
};

static void begin(struct fixture *f, enum sw_style style)
{
	*f = (struct fixture){ 0 };
	sw_arena_init(&f->arena);
	for (unsigned i = 0; rows[i].name; i++)
		f->names[i] = sw_field_param(&f->arena, &rows[i], style);
}

static int decode_form(struct fixture *f, const char *form, bool strict)
{
	struct sw_input input = { .strict = strict, .style = SW_STYLE_V1 };
	f->err = (struct sw_error){ 0 };
	SW_CHECK_INT(sw_form_decode(&f->arena, sw_str_of(form), 50, &input.pairs), 0);
	return sw_schema_decode(&f->arena, rows, f->names, 0, &input, &f->shop, &f->err);
}

static int decode_json(struct fixture *f, const char *text)
{
	struct sw_input input = { .strict = true, .style = SW_STYLE_NATIVE };
	f->err = (struct sw_error){ 0 };
	SW_CHECK_INT(sw_json_parse(&f->arena, sw_str_of(text), NULL, &input.json, NULL), 0);
	return sw_schema_decode(&f->arena, rows, f->names, 0, &input, &f->shop, &f->err);
}

static struct sw_str render(struct fixture *f, enum sw_style style)
{
	struct sw_buf text = { .arena = &f->arena };
	struct sw_json_out out = { .buf = &text };
	sw_json_object(&out);
	sw_schema_render(rows, style, SW_STR_NULL, &f->shop, &out);
	sw_json_end_object(&out);
	return sw_buf_str(&text);
}

SW_TEST(a_form_has_parts_by_dots_and_objects_as_json)
{
	struct fixture f;
	begin(&f, SW_STYLE_V1);
	SW_CHECK_INT(decode_form(&f,
				 "Name=x&OpenHours.Opens=08:00&OpenHours.LateMin=5"
				 "&Permissions={\"country_code\":\"US\",\"type\":\"sms\",\"enabled\":\"false\"}"
				 "&Permissions={\"country_code\":\"DE\",\"other\":1}",
				 false),
		     0);
	SW_CHECK_STR(render(&f, SW_STYLE_V1),
		     "{\"name\":\"x\",\"open_hours\":{\"opens\":\"08:00\",\"closes\":\"17:00\",\"late_min\":5},"
		     "\"permissions\":[{\"country_code\":\"US\",\"type\":\"sms\",\"enabled\":false},"
		     "{\"country_code\":\"DE\",\"type\":null,\"enabled\":true}]}");
	SW_CHECK_INT(decode_form(&f, "Name=y", false), 0);
	SW_CHECK_STR(render(&f, SW_STYLE_V1), "{\"name\":\"y\",\"open_hours\":null,\"permissions\":[]}");
	SW_CHECK_INT(decode_form(&f, "Permissions=[{\"country_code\":\"US\"},{\"country_code\":\"DE\"}]", false), 0);
	SW_CHECK_INT(f.shop.rules.n, 2);
	SW_CHECK_INT(decode_form(&f, "OpenHours={\"opens\":\"9:00\"}", false), 0);
	SW_CHECK_STR(f.shop.hours.opens, "9:00");
	sw_arena_done(&f.arena);
}

SW_TEST(what_is_wrong_within_is_named_by_its_whole_path)
{
	static const struct {
		const char *form;
		int code;
		const char *says;
	} wrong[] = {
		{ "OpenHours.LateMin=61&OpenHours.Opens=1", 20001, "OpenHours.LateMin" },
		{ "OpenHours.LateMin=6", 20001, "'OpenHours.opens' is required" },
		{ "OpenHours.Nothing=6", 20001, "There is no parameter 'OpenHours.Nothing'" },
		{ "OpenHours.Opens=123456", 20001, "OpenHours.Opens" },
		{ "OpenHours=[1]", 20001, "'OpenHours' must be an object" },
		{ "Permissions={\"type\":\"sms\"}", 20001, "'Permissions[0].country_code' is required" },
		{ "Permissions={\"country_code\":1}", 20001, "Permissions[0].country_code" },
		{ "Permissions={\"country_code\":\"US\",\"type\":\"fax\"}", 20001, "Permissions[0].type" },
		{ "Permissions={", 20001, "Permissions" },
		{ "Permissions=[1]", 20001, "'Permissions[0]' must be an object" },
		{ "Permissions=[{\"country_code\":\"A\"},{\"country_code\":\"A\"},{\"country_code\":\"A\"}]", 21623,
		  "more than 2" },
	};
	struct fixture f;
	begin(&f, SW_STYLE_V1);
	for (size_t i = 0; i < SW_COUNTOF(wrong); i++) {
		SW_CHECK_INT(decode_form(&f, wrong[i].form, true), SW_EAPI);
		SW_CHECK_INT(f.err.row ? f.err.row->code : 0, wrong[i].code);
		SW_CHECK(strstr(sw_error_message(&f.err), wrong[i].says) != NULL);
	}
	sw_arena_done(&f.arena);
}

SW_TEST(json_nests_as_it_is_and_a_stored_document_comes_back)
{
	struct fixture f;
	begin(&f, SW_STYLE_NATIVE);
	SW_CHECK_INT(decode_json(&f, "{\"open_hours\":{\"opens\":\"8\"},\"permissions\":[{\"country_code\":\"US\"}]}"),
		     0);
	struct sw_str stored = render(&f, SW_STYLE_STORED), rest = stored, name, raw;
	sw_schema_clear(rows, &f.shop);
	while (sw_json_next_member(&rest, &name, &raw))
		sw_field_load(&f.arena, sw_schema_find(rows, name), raw, &f.shop);
	SW_CHECK(sw_str_eq(render(&f, SW_STYLE_STORED), stored));
	SW_CHECK_INT(f.shop.rules.n, 1);
	SW_CHECK_INT(decode_json(&f, "{\"open_hours\":{\"opens\":\"8\",\"x\":1}}"), SW_EAPI);
	SW_CHECK(strstr(sw_error_message(&f.err), "open_hours.x") != NULL);
	SW_CHECK_INT(decode_json(&f, "{\"open_hours\":\"8\"}"), SW_EAPI);
	sw_arena_done(&f.arena);
}
