/* Values: the schema of one field. */
#include "api/openapi/openapi_impl.h"
#include "api/sample/sample.h"

void openapi_text(struct sw_json_out *out, const char *key, const char *value)
{
	sw_json_key(out, sw_str_of(key));
	sw_json_str(out, sw_str_of(value));
}

void openapi_open(struct sw_json_out *out, const char *key)
{
	sw_json_key(out, sw_str_of(key));
	sw_json_object(out);
}

static void bounds(struct sw_json_out *out, const struct sw_field *f)
{
	const char *low = f->type == SW_INT ? "minimum" : "minLength",
		   *high = f->type == SW_INT ? "maximum" : "maxLength";
	if (f->type == SW_MICROS || f->type == SW_STRS || f->fields)
		return;
	if (f->min || (f->max && f->type == SW_INT))
		sw_json_add_int(out, low, f->min);
	if (f->max)
		sw_json_add_int(out, high, f->max);
}

static void pattern_of_kinds(struct sw_json_out *out, const char *kinds)
{
	struct sw_buf pattern = { 0 };
	struct sw_str rest = sw_str_of(kinds);
	sw_buf_add_cstr(&pattern, "^(");
	while (rest.p) {
		struct sw_str kind = sw_str_cut(&rest, ',');
		sw_buf_add_str(&pattern, sw_str_is(kind, "*") ? SW_S("[A-Z]{2}") : kind);
		if (rest.p)
			sw_buf_add_char(&pattern, '|');
	}
	sw_buf_add_cstr(&pattern, ")[0-9a-fA-F]{32}$");
	sw_json_add_str(out, "pattern", sw_buf_str(&pattern));
	sw_buf_done(&pattern);
}

/* Parts go by their own names: they stand in JSON, also where a form holds it. */
static void parts(struct sw_json_out *out, const struct sw_field *fields, enum sw_style style, bool reply)
{
	openapi_open(out, "properties");
	for (const struct sw_field *f = fields; f->name; f++) {
		sw_json_plain_key(out, f->name);
		openapi_schema(out, f, style, reply);
	}
	sw_json_end_object(out);
}

static void example(struct sw_json_out *out, const struct sw_field *f)
{
	struct sw_arena arena;
	sw_arena_init(&arena);
	const struct sw_json *value = sw_sample_value(&arena, f);
	if (value) {
		sw_json_key(out, SW_S("example"));
		sw_json_value(out, value);
	}
	sw_arena_done(&arena);
}

void openapi_schema(struct sw_json_out *out, const struct sw_field *f, enum sw_style style, bool reply)
{
	bool as_text = reply && f->flags & SW_AS_TEXT && style == SW_STYLE_2010;
	const char *format, *type = sw_type_json(f->type, &format);
	sw_json_object(out);
	if (type)
		openapi_text(out, "type", as_text ? "string" : type);
	if (format && !as_text)
		openapi_text(out, "format",
			     f->type == SW_TIME && style == SW_STYLE_2010 && reply ? "date-time-rfc-2822" : format);
	if (f->type == SW_STRS)
		openapi_open(out, "items"), openapi_text(out, "type", "string"), sw_json_end_object(out);
	if (f->type == SW_OBJECT)
		parts(out, f->fields, style, reply);
	if (f->type == SW_OBJECTS) {
		openapi_open(out, "items");
		openapi_text(out, "type", "object");
		parts(out, f->fields, style, reply);
		sw_json_end_object(out);
	}
	if (f->type == SW_SID && f->kinds)
		pattern_of_kinds(out, f->kinds);
	if (f->type == SW_ENUM) {
		sw_json_key(out, SW_S("enum"));
		sw_json_array(out);
		for (const char *const *v = f->values; *v; v++)
			sw_json_str(out, sw_str_of(*v));
		sw_json_end_array(out);
	}
	if (!reply)
		bounds(out, f);
	if (f->def && !reply)
		openapi_text(out, "default", f->def);
	if (reply)
		sw_json_add_bool(out, "nullable", true);
	openapi_text(out, "description", f->doc);
	if (f->deprecated && !reply)
		sw_json_add_bool(out, "deprecated", true);
	if (f->inert && !reply)
		openapi_text(out, "x-inert", f->inert);
	if (!reply)
		example(out, f);
	sw_json_end_object(out);
}
