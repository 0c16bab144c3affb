/* What an event of a type may look like, from its row: for tests of those who receive events. */
#include "base/arena.h"
#include "base/time.h"
#include "core/event/event_type.h"

/* A subject that is not there: no SID that was ever drawn is so small. */
static struct sw_sid example_sid(const char *kinds)
{
	struct sw_id id = { { 0 } };
	id.b[sizeof(id.b) - 1] = 1;
	return sw_sid_of(kinds && kinds[0] != '*' ? kinds : "AC", id);
}

/* As JSON; types that are not here are null. */
static const char *const values[SW_TYPES] = {
	[SW_STR] = "\"example\"",
	[SW_BOOL] = "true",
	[SW_MICROS] = "\"1.00\"",
	[SW_URL] = "\"https://example.com/\"",
	[SW_PHONE] = "\"+15005550006\"",
	[SW_COUNTRY] = "\"US\"",
	[SW_STRS] = "[\"example\"]",
	[SW_OBJECT] = "{}",
	[SW_OBJECTS] = "[]",
};

static void add_value(struct sw_json_out *out, const struct sw_field *f, int64_t time_us)
{
	char time[SW_TIME_BUF], sid[SW_SID_CHARS];
	if (f->type == SW_INT)
		sw_json_int(out, f->min > 1 ? f->min : 1);
	else if (f->type == SW_TIME)
		sw_json_str(out, sw_time_rfc3339(time_us, time));
	else if (f->type == SW_SID)
		sw_json_str(out, sw_sid_format(example_sid(f->kinds), sid));
	else if (f->type == SW_ENUM)
		sw_json_str(out, sw_str_of(f->values[0]));
	else if (values[f->type])
		sw_json_raw(out, sw_str_of(values[f->type]));
	else
		sw_json_null(out);
}

struct sw_event sw_event_example(struct sw_arena *arena, const struct sw_event_type *type, struct sw_id account,
				 int64_t time_us)
{
	struct sw_buf text = { .arena = arena };
	struct sw_json_out out = { .buf = &text };
	sw_json_object(&out);
	for (const struct sw_field *f = type->data; f && f->name; f++) {
		if (f->flags & (SW_HIDDEN | SW_SECRET) || !sw_field_bytes(f))
			continue;
		sw_json_plain_key(&out, f->name);
		add_value(&out, f, time_us);
	}
	sw_json_end_object(&out);
	return (struct sw_event){
		.seq = INT64_MAX,
		.account = account,
		.type = type->type,
		.kind = sw_str_of(type->kind),
		.sid = example_sid(NULL).id,
		.time_us = time_us,
		.data = sw_buf_str(&text),
	};
}
