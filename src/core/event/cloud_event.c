#include "base/arena.h"
#include "base/hash.h"
#include "base/num.h"
#include "base/time.h"
#include "core/event/event_type.h"

struct sw_str sw_event_id(struct sw_arena *arena, int bucket, int64_t seq)
{
	return sw_str_fmt(arena, "EZ%016llx%016llx", (unsigned long long)bucket, (unsigned long long)seq);
}

int sw_event_id_parse(struct sw_str text, int bucket, int64_t *ret_seq)
{
	uint8_t bytes[16];
	uint64_t place = 0, seq = 0;
	if (text.n != 2 + 2 * sizeof(bytes) || !sw_str_starts(text, SW_S("EZ")) ||
	    sw_hex_decode(sw_str_from(text, 2), bytes, sizeof(bytes)))
		return SW_EINVAL;
	for (size_t i = 0; i < 8; i++) {
		place = place << 8 | bytes[i];
		seq = seq << 8 | bytes[8 + i];
	}
	if (place != (uint64_t)bucket || !seq || seq > INT64_MAX)
		return SW_EINVAL;
	*ret_seq = (int64_t)seq;
	return 0;
}

struct sw_str sw_event_member(struct sw_arena *arena, const struct sw_event_type *type, struct sw_str name)
{
	return type->contract ? sw_camel(arena, name, false) : name;
}

static struct sw_str shout(struct sw_arena *arena, struct sw_str text)
{
	char *out = sw_arena_bytes(arena, text.n + 1);
	for (size_t i = 0; i < text.n; i++)
		out[i] = text.p[i] >= 'a' && text.p[i] <= 'z' ? (char)(text.p[i] - 32) : text.p[i];
	return (struct sw_str){ out, text.n };
}

static struct sw_str subject_sid(struct sw_arena *arena, const struct sw_event *event)
{
	return event->kind.n == 2 ? sw_sid_text(arena, sw_sid_of(event->kind.p, event->sid)) : SW_STR_NULL;
}

struct member_names {
	struct sw_str account, sid, status, time;
};

static struct member_names names_of(struct sw_arena *arena, const struct sw_event_type *type)
{
	if (!type->contract)
		return (struct member_names){ SW_S("account_sid"), SW_S("sid"), SW_STR_NULL, SW_S("time") };
	struct sw_str subject = sw_camel(arena, type->subject, false);
	return (struct member_names){
		.account = SW_S("accountSid"),
		.sid = sw_str_fmt(arena, "%.*sSid", SW_FMT(subject)),
		.status = sw_str_fmt(arena, "%.*sStatus", SW_FMT(subject)),
		.time = SW_S("timestamp"),
	};
}

static void add_text(struct sw_json_out *out, struct sw_str name, struct sw_str value)
{
	sw_json_key(out, name);
	sw_json_str(out, value);
}

void sw_cloud_event_data(struct sw_arena *arena, const struct sw_event_type *type, const struct sw_event *event,
			 struct sw_json_out *out)
{
	const struct member_names names = names_of(arena, type);
	struct sw_str rest = event->data, name, raw;
	char time[SW_TIME_BUF];
	sw_json_object(out);
	add_text(out, names.account, sw_sid_text(arena, sw_sid_of("AC", event->account)));
	add_text(out, names.sid, subject_sid(arena, event));
	if (names.status.p)
		add_text(out, names.status, shout(arena, type->status));
	add_text(out, names.time, sw_time_rfc3339(event->time_us, time));
	while (sw_json_next_member(&rest, &name, &raw)) {
		if (sw_str_eq(name, names.account) || sw_str_eq(name, names.sid) || sw_str_eq(name, names.time))
			continue;
		sw_json_key(out, sw_event_member(arena, type, name));
		sw_json_raw(out, raw);
	}
	sw_json_end_object(out);
}

static struct sw_str source_of(struct sw_arena *arena, const struct sw_event_type *type, const struct sw_event *event)
{
	struct sw_buf out = { .arena = arena };
	struct sw_str rest = type->source;
	while (rest.p) {
		sw_buf_add_str(&out, sw_str_cut(&rest, '{'));
		if (!rest.p)
			break;
		struct sw_str variable = sw_str_cut(&rest, '}');
		sw_buf_add_str(&out, sw_str_is(variable, "sid") ? subject_sid(arena, event)
								: sw_sid_text(arena, sw_sid_of("AC", event->account)));
	}
	return sw_buf_str(&out);
}

void sw_cloud_event(struct sw_arena *arena, const struct sw_event_type *type, int bucket, const struct sw_event *event,
		    struct sw_str base_url, struct sw_json_out *out)
{
	char time[SW_TIME_BUF];
	sw_json_object(out);
	add_text(out, SW_S("specversion"), SW_S("1.0"));
	add_text(out, SW_S("type"), type->name);
	add_text(out, SW_S("source"), source_of(arena, type, event));
	add_text(out, SW_S("id"), sw_event_id(arena, bucket, event->seq));
	add_text(out, SW_S("dataschema"), sw_event_schema_url(arena, base_url, type->schema));
	add_text(out, SW_S("datacontenttype"), SW_S("application/json"));
	add_text(out, SW_S("time"), sw_time_rfc3339(event->time_us, time));
	sw_json_key(out, SW_S("data"));
	sw_cloud_event_data(arena, type, event, out);
	sw_json_end_object(out);
}

/* ---- schemas ---- */

struct sw_str sw_event_schema_url(struct sw_arena *arena, struct sw_str base_url, struct sw_str schema)
{
	return sw_str_fmt(arena, "%.*s/v1/event_schemas/%.*s/%d", SW_FMT(base_url), SW_FMT(schema), SW_EVENT_VERSION);
}

static void property(struct sw_json_out *out, struct sw_str name, const char *type, const char *doc)
{
	sw_json_key(out, name);
	sw_json_object(out);
	if (type)
		add_text(out, SW_S("type"), sw_str_of(type));
	add_text(out, SW_S("description"), sw_str_of(doc));
	sw_json_end_object(out);
}

/* Types that share a schema have one table of members or none. */
static const struct sw_event_type *first_of(const struct sw_event_catalogue *catalogue, struct sw_str schema)
{
	const struct sw_event_type *type, *plain = NULL;
	for (size_t i = 0; (type = sw_event_type_at(catalogue, i)); i++)
		if (sw_str_eq(type->schema, schema)) {
			if (type->data)
				return type;
			plain = type;
		}
	return plain;
}

int sw_event_schema(struct sw_arena *arena, const struct sw_event_catalogue *catalogue, struct sw_str schema,
		    struct sw_json_out *out)
{
	const struct sw_event_type *type = first_of(catalogue, schema);
	if (!type)
		return SW_ENOTFOUND;
	const struct member_names names = names_of(arena, type);
	sw_json_object(out);
	add_text(out, SW_S("$schema"), SW_S("http://json-schema.org/draft-07/schema#"));
	add_text(out, SW_S("title"), schema);
	add_text(out, SW_S("type"), SW_S("object"));
	sw_json_key(out, SW_S("properties"));
	sw_json_object(out);
	property(out, names.account, "string", "Account it happened in.");
	property(out, names.sid, "string", "What it happened to.");
	if (names.status.p)
		property(out, names.status, "string", "What it became.");
	property(out, names.time, "string", "When it happened (RFC 3339).");
	for (const struct sw_field *f = type->data; f && f->name; f++) {
		struct sw_str name = sw_str_of(f->name);
		if (!(f->flags & (SW_HIDDEN | SW_SECRET)) && sw_field_bytes(f) && !sw_str_eq(name, names.account) &&
		    !sw_str_eq(name, names.sid))
			property(out, sw_event_member(arena, type, name), sw_type_json(f->type, NULL), f->doc);
	}
	sw_json_end_object(out);
	sw_json_key(out, SW_S("required"));
	sw_json_array(out);
	sw_json_str(out, names.account);
	sw_json_str(out, names.sid);
	sw_json_str(out, names.time);
	sw_json_end_array(out);
	sw_json_end_object(out);
	return 0;
}
