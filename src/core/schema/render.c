/* Typed values as JSON, in the style of the product. */
#include "base/num.h"
#include "base/time.h"
#include "core/schema.h"

struct rendering {
	const struct sw_field *field, *fields;
	enum sw_style style;
	struct sw_str base_url;
	const void *object, *at;
	struct sw_json_out *out;
};

static void render_text(const struct rendering *r)
{
	sw_json_str(r->out, *(const struct sw_str *)r->at);
}

static void render_int(const struct rendering *r)
{
	char buf[24];
	int64_t value = *(const int64_t *)r->at;
	if (r->field->flags & SW_AS_TEXT && r->style == SW_STYLE_2010)
		sw_json_str(r->out, sw_num_format(value, buf));
	else
		sw_json_int(r->out, value);
}

static void render_bool(const struct rendering *r)
{
	sw_json_bool(r->out, *(const int8_t *)r->at > 0);
}

static void render_time(const struct rendering *r)
{
	char buf[SW_TIME_BUF];
	int64_t us = *(const int64_t *)r->at;
	if (r->style == SW_STYLE_STORED)
		sw_json_int(r->out, us);
	else if (r->style == SW_STYLE_2010)
		sw_json_str(r->out, sw_time_rfc2822(us, buf));
	else if (r->style == SW_STYLE_V1)
		sw_json_str(r->out, sw_time_iso(us, buf));
	else
		sw_json_str(r->out, sw_time_rfc3339(us, buf));
}

static void render_micros(const struct rendering *r)
{
	char buf[32];
	int64_t micros = *(const int64_t *)r->at;
	if (r->style == SW_STYLE_STORED)
		sw_json_int(r->out, micros);
	else
		sw_json_str(r->out, sw_micros_format(micros, (unsigned)r->field->min, buf));
}

static void render_sid(const struct rendering *r)
{
	char buf[SW_SID_CHARS];
	sw_json_str(r->out, sw_sid_format(*(const struct sw_sid *)r->at, buf));
}

static void render_json(const struct rendering *r)
{
	sw_json_raw(r->out, *(const struct sw_str *)r->at);
}

static void render_texts(const struct rendering *r)
{
	const struct sw_strs *list = r->at;
	sw_json_array(r->out);
	for (size_t i = 0; i < list->n; i++)
		sw_json_str(r->out, list->v[i]);
	sw_json_end_array(r->out);
}

static void render_inner(const struct rendering *r, const void *object)
{
	sw_json_object(r->out);
	sw_schema_render(r->field->fields, r->style, r->base_url, object, r->out);
	sw_json_end_object(r->out);
}

static void render_object(const struct rendering *r)
{
	render_inner(r, r->at);
}

static void render_objects(const struct rendering *r)
{
	const struct sw_objects *list = r->at;
	sw_json_array(r->out);
	for (size_t i = 0; i < list->n; i++)
		render_inner(r, (const char *)list->v + i * r->field->bytes);
	sw_json_end_array(r->out);
}

/* A field as it stands in a path. */
static void add_plain(struct sw_buf *buf, const struct rendering *r, struct sw_str name)
{
	char sid[SW_SID_CHARS];
	const struct sw_field *field = sw_schema_find(r->fields, name);
	SW_BUG_ON(!field);
	const void *at = (const char *)r->object + field->at;
	if (field->type == SW_SID)
		sw_buf_add_str(buf, sw_sid_format(*(const struct sw_sid *)at, sid));
	else if (field->type == SW_INT)
		sw_buf_add_int(buf, *(const int64_t *)at);
	else
		sw_buf_add_str(buf, *(const struct sw_str *)at);
}

static void render_made(const struct rendering *r, const char *pattern)
{
	struct sw_buf text = { 0 };
	struct sw_str rest = sw_str_of(pattern);
	if (r->style == SW_STYLE_V1)
		sw_buf_add_str(&text, r->base_url);
	while (rest.p) {
		sw_buf_add_str(&text, sw_str_cut(&rest, '{'));
		if (rest.p)
			add_plain(&text, r, sw_str_cut(&rest, '}'));
	}
	sw_json_str(r->out, sw_buf_str(&text));
	sw_buf_done(&text);
}

static void render_pattern(const struct rendering *r)
{
	render_made(r, r->field->pattern);
}

static void render_links(const struct rendering *r)
{
	sw_json_object(r->out);
	for (const struct sw_link *link = r->field->links; link->name; link++) {
		sw_json_key(r->out, sw_str_of(link->name));
		render_made(r, link->pattern);
	}
	sw_json_end_object(r->out);
}

static void (*const renderers[SW_TYPES])(const struct rendering *r) = {
	[SW_STR] = render_text,        [SW_INT] = render_int,       [SW_BOOL] = render_bool,
	[SW_TIME] = render_time,       [SW_MICROS] = render_micros, [SW_SID] = render_sid,
	[SW_URL] = render_text,        [SW_PHONE] = render_text,    [SW_ENUM] = render_text,
	[SW_JSON] = render_json,       [SW_STRS] = render_texts,    [SW_PATTERN] = render_pattern,
	[SW_LINKS] = render_links,     [SW_COUNTRY] = render_text,  [SW_OBJECT] = render_object,
	[SW_OBJECTS] = render_objects,
};

void sw_field_render(const struct sw_field *field, const struct sw_field *fields, enum sw_style style,
		     struct sw_str base_url, const void *object, struct sw_json_out *out)
{
	const struct rendering r = { field, fields, style, base_url, object, (const char *)object + field->at, out };
	bool list = field->type == SW_STRS || field->type == SW_OBJECTS;
	if (!list && sw_field_absent(field, object))
		sw_json_null(out);
	else
		renderers[field->type](&r);
}

void sw_schema_render(const struct sw_field *fields, enum sw_style style, struct sw_str base_url, const void *object,
		      struct sw_json_out *out)
{
	for (const struct sw_field *f = fields; f->name; f++) {
		if (!sw_field_in_style(f, style) || (f->flags & SW_HIDDEN && style != SW_STYLE_STORED))
			continue;
		sw_json_plain_key(out, f->name);
		sw_field_render(f, fields, style, base_url, object, out);
	}
}
