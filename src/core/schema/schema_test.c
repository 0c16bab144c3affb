#include "base/test.h"
#include "core/schema.h"

struct thing {
	struct sw_str name, url, phone, sender, colour, extra;
	int64_t count, when, price;
	int8_t on;
	struct sw_sid sid;
	struct sw_strs tags;
};

static const char *const colours[] = { "red", "blue", NULL };
static const struct sw_link links[] = { { "parts", "/things/{sid}/Parts.json" }, { 0 } };

/* clang-format off */
#define T struct thing
static const struct sw_field fields[] = {
	{ .name = "friendly_name", .doc = "Name.", .type = SW_STR, .flags = SW_REQUIRED, SW_TEXT_AT(T, name), .max = 5, .missing = 21604, .too_long = 21617 },
	{ .name = "call_url", .doc = "URL.", .type = SW_URL, .flags = SW_EMPTY_OK, SW_TEXT_AT(T, url), .bad = 21609 },
	{ .name = "to", .doc = "Number.", .type = SW_PHONE, SW_TEXT_AT(T, phone), .bad = 21211 },
	{ .name = "sender", .doc = "Sender.", .type = SW_PHONE, .flags = SW_ANY_SENDER, SW_TEXT_AT(T, sender) },
	{ .name = "colour", .doc = "Colour.", .type = SW_ENUM, .values = colours, SW_TEXT_AT(T, colour), .def = "red" },
	{ .name = "extra", .doc = "JSON.", .type = SW_JSON, SW_TEXT_AT(T, extra) },
	{ .name = "count", .doc = "Count.", .type = SW_INT, .flags = SW_AS_TEXT, SW_INT_AT(T, count), .min = 1, .max = 10 },
	{ .name = "date_created", .doc = "Time.", .type = SW_TIME, SW_INT_AT(T, when) },
	{ .name = "price", .doc = "Price.", .type = SW_MICROS, .min = 5, SW_INT_AT(T, price) },
	{ .name = "enabled", .doc = "Flag.", .type = SW_BOOL, SW_BOOL_AT(T, on) },
	{ .name = "sid", .doc = "SID.", .type = SW_SID, .kinds = "SM,MM", SW_SID_AT(T, sid) },
	{ .name = "tags", .doc = "Tags.", .type = SW_STRS, SW_STRS_AT(T, tags), .max = 2, .too_long = 21623 },
	{ .name = "uri", .doc = "URI.", .type = SW_PATTERN, .pattern = "/things/{sid}.json" },
	{ .name = "links", .doc = "Links.", .type = SW_LINKS, .links = links },
	{ 0 },
};
/* clang-format on */

struct fixture {
	struct sw_arena arena;
	struct sw_str names[SW_COUNTOF(fields)];
	struct thing thing;
	struct sw_error err;
};

static void begin(struct fixture *f, enum sw_style style)
{
	*f = (struct fixture){ 0 };
	sw_arena_init(&f->arena);
	for (unsigned i = 0; fields[i].name; i++)
		f->names[i] = sw_field_param(&f->arena, &fields[i], style);
}

static int decode(struct fixture *f, const char *form, bool strict, bool overlay)
{
	struct sw_input input = { .strict = strict, .overlay = overlay };
	f->err = (struct sw_error){ 0 };
	SW_CHECK_INT(sw_form_decode(&f->arena, sw_str_of(form), 50, &input.pairs), 0);
	return sw_schema_decode(&f->arena, fields, f->names, 0, &input, &f->thing, &f->err);
}

SW_TEST(parameter_names_follow_the_style)
{
	struct sw_arena arena;
	const struct sw_field sent = { .name = "date_sent", .op = SW_OP_LE },
			      iso = { .name = "limit", .param = "PageSize" };
	sw_arena_init(&arena);
	SW_CHECK_STR(sw_field_param(&arena, &fields[0], SW_STYLE_2010), "FriendlyName");
	SW_CHECK_STR(sw_field_param(&arena, &fields[0], SW_STYLE_NATIVE), "friendly_name");
	SW_CHECK_STR(sw_field_param(&arena, &sent, SW_STYLE_2010), "DateSent<");
	SW_CHECK_STR(sw_field_param(&arena, &sent, SW_STYLE_NATIVE), "date_sent_before");
	SW_CHECK_STR(sw_field_param(&arena, &iso, SW_STYLE_V1), "PageSize");
	sw_arena_done(&arena);
}

SW_TEST(a_form_is_decoded_and_checked)
{
	static const struct {
		const char *form;
		int code; /* 0: accepted */
		const char *says;
	} rows[] = {
		{ "FriendlyName=abc", 0, NULL },
		{ "FriendlyName=%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9", 0, NULL }, /* five characters, ten bytes */
		{ "FriendlyName=abcdef", 21617, "more than 5 characters" },
		{ "", 21604, NULL },
		{ "FriendlyName=", 21604, NULL },
		{ "FriendlyName=a&FriendlyName=b", 20001, "more than once" },
		{ "FriendlyName=a&CallUrl=http://example.com/x%3Fa=b%23rc=2", 0, NULL },
		{ "FriendlyName=a&CallUrl=https://u:p@example.com:8443/", 0, NULL },
		{ "FriendlyName=a&CallUrl=http://[::1]:80/", 0, NULL },
		{ "FriendlyName=a&CallUrl=", 0, NULL },
		{ "FriendlyName=a&CallUrl=http://under_score.example.com/", 21609, "absolute http" },
		{ "FriendlyName=a&CallUrl=ftp://example.com/", 21609, NULL },
		{ "FriendlyName=a&CallUrl=http:///x", 21609, NULL },
		{ "FriendlyName=a&CallUrl=http://example.com:99999/", 21609, NULL },
		{ "FriendlyName=a&CallUrl=http://exa+mple.com/", 21609, NULL },
		{ "FriendlyName=a&To=%2B15005550010", 0, NULL },
		{ "FriendlyName=a&To=whatsapp:%2B15005550010", 0, NULL },
		{ "FriendlyName=a&To=15005550010", 21211, "E.164" },
		{ "FriendlyName=a&To=12345", 21211, NULL },
		{ "FriendlyName=a&Sender=12345", 0, NULL },
		{ "FriendlyName=a&Sender=MyBrand", 0, NULL },
		{ "FriendlyName=a&Sender=123456789012", 20001, NULL },
		{ "FriendlyName=a&Colour=green", 20001, "one of: red, blue" },
		{ "FriendlyName=a&Extra=%7B%22a%22:1%7D", 0, NULL },
		{ "FriendlyName=a&Extra=%7B", 20001, "JSON" },
		{ "FriendlyName=a&Count=0", 20001, "between 1 and 10" },
		{ "FriendlyName=a&Count=2.5", 20001, "whole number" },
		{ "FriendlyName=a&Enabled=True", 0, NULL },
		{ "FriendlyName=a&Enabled=yes", 20001, "true or false" },
		{ "FriendlyName=a&Sid=SM0123456789abcdef0123456789abcdef", 0, NULL },
		{ "FriendlyName=a&Sid=XX0123456789abcdef0123456789abcdef", 20001, "SID" },
		{ "FriendlyName=a&Tags=x&Tags=y", 0, NULL },
		{ "FriendlyName=a&Tags=x&Tags=y&Tags=z", 21623, "more than 2 times" },
		{ "FriendlyName=a&DateCreated=2026-13-01", 20001, "a date" },
		{ "FriendlyName=a&Price=0.0075", 0, NULL },
		{ "FriendlyName=a&Price=0.00000001", 20001, "six places" },
		{ "FriendlyName=a&Unknown=1", 0, NULL },
	};
	struct fixture f;
	begin(&f, SW_STYLE_2010);
	for (size_t i = 0; i < SW_COUNTOF(rows); i++) {
		int failed = decode(&f, rows[i].form, false, false);
		if ((f.err.row ? f.err.row->code : 0) != rows[i].code || !failed != !rows[i].code)
			sw_test_fail(__FILE__, __LINE__, "%s: code %d", rows[i].form, f.err.row ? f.err.row->code : 0);
		if (rows[i].says && (!f.err.row || !strstr(sw_error_message(&f.err), rows[i].says)))
			sw_test_fail(__FILE__, __LINE__, "%s: says %s", rows[i].form,
				     f.err.row ? sw_error_message(&f.err) : "nothing");
	}
	SW_CHECK_INT(decode(&f, "FriendlyName=a&Unknown=1", true, false), SW_EAPI);
	sw_arena_done(&f.arena);
}

SW_TEST(absent_values_defaults_and_overlays)
{
	struct fixture f;
	begin(&f, SW_STYLE_2010);
	SW_CHECK_INT(decode(&f, "FriendlyName=a", false, false), 0);
	SW_CHECK_STR(f.thing.colour, "red");
	SW_CHECK(f.thing.count == SW_NONE && f.thing.on == -1 && !f.thing.url.p && !sw_sid_given(f.thing.sid));
	SW_CHECK_INT(decode(&f, "Count=3&CallUrl=&Tags=x", false, true), 0);
	SW_CHECK_STR(f.thing.name, "a");
	SW_CHECK_INT(f.thing.count, 3);
	SW_CHECK(f.thing.url.p && f.thing.url.n == 0);
	SW_CHECK_INT(decode(&f, "Tags=y", false, true), 0);
	SW_CHECK(f.thing.tags.n == 1 && sw_str_is(f.thing.tags.v[0], "y"));
	sw_arena_done(&f.arena);
}

static int decode_json(struct fixture *f, const char *text)
{
	struct sw_input input = { .strict = true };
	f->err = (struct sw_error){ 0 };
	SW_CHECK_INT(sw_json_parse(&f->arena, sw_str_of(text), NULL, &input.json, NULL), 0);
	return sw_schema_decode(&f->arena, fields, f->names, 0, &input, &f->thing, &f->err);
}

SW_TEST(a_json_body_is_decoded_by_the_same_rows)
{
	static const struct {
		const char *json;
		int code;
	} rows[] = {
		{ "{\"friendly_name\":\"a\",\"count\":2,\"enabled\":true,\"tags\":[\"x\",\"y\"],\"extra\":{\"k\":[1]},"
		  "\"to\":null}",
		  0 },
		{ "{\"friendly_name\":\"a\",\"count\":\"2\"}", 0 },
		{ "{\"friendly_name\":\"a\",\"tags\":\"x\"}", 0 },
		{ "{\"friendly_name\":7}", 20001 },
		{ "{\"friendly_name\":null}", 21604 },
		{ "{\"friendly_name\":\"abcdef\"}", 21617 },
		{ "{\"friendly_name\":\"a\",\"count\":11}", 20001 },
		{ "{\"friendly_name\":\"a\",\"count\":2.5}", 20001 },
		{ "{\"friendly_name\":\"a\",\"tags\":[1]}", 20001 },
		{ "{\"friendly_name\":\"a\",\"tags\":[\"1\",\"2\",\"3\"]}", 21623 },
		{ "{\"friendly_name\":\"a\",\"other\":1}", 20001 },
	};
	struct fixture f;
	begin(&f, SW_STYLE_NATIVE);
	for (size_t i = 0; i < SW_COUNTOF(rows); i++) {
		decode_json(&f, rows[i].json);
		if ((f.err.row ? f.err.row->code : 0) != rows[i].code)
			sw_test_fail(__FILE__, __LINE__, "%s: code %d %s", rows[i].json,
				     f.err.row ? f.err.row->code : 0, f.err.row ? sw_error_message(&f.err) : "");
	}
	sw_arena_done(&f.arena);
}

static struct sw_str render(struct fixture *f, enum sw_style style)
{
	struct sw_buf buf = { .arena = &f->arena };
	struct sw_json_out out = { .buf = &buf };
	sw_json_object(&out);
	sw_schema_render(fields, style, SW_S("http://h/p"), &f->thing, &out);
	sw_json_end_object(&out);
	return sw_buf_str(&buf);
}

/* Micros are how documents keep times and money; from outside, 5 would be anything but 0.000005. */
SW_TEST(times_and_money_are_numbers_in_documents_only)
{
	struct fixture f;
	begin(&f, SW_STYLE_NATIVE);
	SW_CHECK_INT(decode_json(&f, "{\"friendly_name\":\"a\",\"price\":\"5\",\"date_created\":\"2026-01-31\"}"), 0);
	SW_CHECK_INT(f.thing.price, 5000000);
	SW_CHECK_INT(decode_json(&f, "{\"friendly_name\":\"a\",\"price\":5}"), SW_EAPI);
	SW_CHECK_INT(decode_json(&f, "{\"friendly_name\":\"a\",\"date_created\":1700000000}"), SW_EAPI);
	const struct sw_json *five;
	const struct sw_field *price = sw_schema_find(fields, SW_S("price"));
	SW_CHECK_INT(sw_json_parse(&f.arena, SW_S("5"), NULL, &five, NULL), 0);
	SW_CHECK_INT(sw_field_parse_json(&f.arena, price, SW_S("price"), five, false, &f.thing, &f.err), 0);
	SW_CHECK_INT(f.thing.price, 5);
	sw_arena_done(&f.arena);
}

SW_TEST(every_style_writes_its_own_dates_numbers_and_addresses)
{
	struct fixture f;
	begin(&f, SW_STYLE_2010);
	SW_CHECK_INT(decode(&f,
			    "FriendlyName=a&Count=3&DateCreated=2015-07-30T20:12:31Z&Price=-0.0075&Enabled=true&Sid="
			    "SM0123456789abcdef0123456789abcdef"
			    "&Extra=%5B1%5D&Tags=x",
			    false, false),
		     0);
	SW_CHECK_STR(render(&f, SW_STYLE_2010),
		     "{\"friendly_name\":\"a\",\"call_url\":null,\"to\":null,\"sender\":null,\"colour\":\"red\","
		     "\"extra\":[1],\"count\":\"3\","
		     "\"date_created\":\"Thu, 30 Jul 2015 20:12:31 +0000\",\"price\":\"-0.00750\",\"enabled\":true,"
		     "\"sid\":\"SM0123456789abcdef0123456789abcdef\",\"tags\":[\"x\"],\"uri\":\"/things/"
		     "SM0123456789abcdef0123456789abcdef.json\","
		     "\"links\":{\"parts\":\"/things/SM0123456789abcdef0123456789abcdef/Parts.json\"}}");
	struct sw_str v1 = render(&f, SW_STYLE_V1), native = render(&f, SW_STYLE_NATIVE),
		      stored = render(&f, SW_STYLE_STORED);
	SW_CHECK(sw_str_find(v1, SW_S("\"date_created\":\"2015-07-30T20:12:31Z\"")) > 0);
	SW_CHECK(sw_str_find(v1, SW_S("\"uri\":\"http://h/p/things/SM")) > 0);
	SW_CHECK(sw_str_find(v1, SW_S("\"count\":3")) > 0);
	SW_CHECK(sw_str_find(native, SW_S("\"date_created\":\"2015-07-30T20:12:31.000000Z\"")) > 0);
	SW_CHECK(sw_str_find(stored, SW_S("\"date_created\":1438287151000000,\"price\":-7500")) > 0);
	sw_schema_clear(fields, &f.thing);
	SW_CHECK(sw_str_find(render(&f, SW_STYLE_2010), SW_S("\"count\":null,\"date_created\":null,\"price\":null,"
							     "\"enabled\":null,\"sid\":null,\"tags\":[]")) > 0);
	sw_arena_done(&f.arena);
}
