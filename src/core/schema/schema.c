#include "core/schema.h"

static const struct {
	const char *name;
	size_t bytes;
	const char *json, *format; /* of OpenAPI and JSON Schema */
} types[SW_TYPES] = {
	[SW_STR] = { "text", sizeof(struct sw_str), "string", NULL },
	[SW_INT] = { "integer", sizeof(int64_t), "integer", "int64" },
	[SW_BOOL] = { "boolean", sizeof(int8_t), "boolean", NULL },
	[SW_TIME] = { "time", sizeof(int64_t), "string", "date-time" },
	[SW_MICROS] = { "decimal", sizeof(int64_t), "string", "decimal" },
	[SW_SID] = { "SID", sizeof(struct sw_sid), "string", NULL },
	[SW_URL] = { "URL", sizeof(struct sw_str), "string", "uri" },
	[SW_PHONE] = { "phone number", sizeof(struct sw_str), "string", "phone-number" },
	[SW_ENUM] = { "one of a list", sizeof(struct sw_str), "string", NULL },
	[SW_COUNTRY] = { "country", sizeof(struct sw_str), "string", "iso-country-code" },
	[SW_JSON] = { "JSON", sizeof(struct sw_str), NULL, NULL },
	[SW_STRS] = { "texts", sizeof(struct sw_strs), "array", NULL },
	[SW_OBJECT] = { "object", 0, "object", NULL }, /* .bytes */
	[SW_OBJECTS] = { "list of objects", sizeof(struct sw_objects), "array", NULL },
	[SW_PATTERN] = { "text", 0, "string", NULL },
	[SW_LINKS] = { "object", 0, "object", "uri-map" },
};

size_t sw_field_bytes(const struct sw_field *field)
{
	return field->type == SW_OBJECT ? field->bytes : types[field->type].bytes;
}

const char *sw_type_json(enum sw_type type, const char **ret_format)
{
	if (ret_format)
		*ret_format = types[type].format;
	return types[type].json;
}

const char *sw_type_name(enum sw_type type)
{
	return types[type].name;
}

static void clear(const struct sw_field *field, void *object)
{
	char *at = (char *)object + field->at;
	memset(at, 0, sw_field_bytes(field));
	if (field->type == SW_OBJECT)
		sw_schema_clear(field->fields, at);
	else if (field->type == SW_INT || field->type == SW_TIME || field->type == SW_MICROS)
		*(int64_t *)(void *)at = SW_NONE;
	else if (field->type == SW_BOOL)
		*(int8_t *)at = -1;
}

void sw_schema_clear(const struct sw_field *fields, void *object)
{
	for (const struct sw_field *f = fields; f->name; f++)
		clear(f, object);
}

const struct sw_field *sw_schema_find(const struct sw_field *fields, struct sw_str name)
{
	for (const struct sw_field *f = fields; f->name; f++)
		if (sw_str_is(name, f->name))
			return f;
	return NULL;
}

static bool all_absent(const struct sw_field *fields, const void *object)
{
	for (const struct sw_field *f = fields; f->name; f++)
		if (!sw_field_absent(f, object))
			return false;
	return true;
}

bool sw_field_absent(const struct sw_field *field, const void *object)
{
	const char *at = (const char *)object + field->at;
	switch (field->type) {
	case SW_INT:
	case SW_TIME:
	case SW_MICROS:
		return *(const int64_t *)(const void *)at == SW_NONE;
	case SW_BOOL:
		return *(const int8_t *)at < 0;
	case SW_SID:
		return ((const struct sw_sid *)(const void *)at)->kind[0] == 0;
	case SW_STRS:
		return ((const struct sw_strs *)(const void *)at)->n == 0;
	case SW_OBJECTS:
		return ((const struct sw_objects *)(const void *)at)->n == 0;
	case SW_OBJECT:
		return all_absent(field->fields, at);
	case SW_PATTERN:
	case SW_LINKS:
		return false;
	default:
		return ((const struct sw_str *)(const void *)at)->p == NULL;
	}
}

bool sw_field_in_style(const struct sw_field *field, enum sw_style style)
{
	if (style == SW_STYLE_NATIVE)
		return !(field->flags & SW_CONTRACT);
	return style == SW_STYLE_STORED || !(field->flags & SW_NATIVE);
}

struct sw_str sw_camel(struct sw_arena *arena, struct sw_str snake, bool upper)
{
	struct sw_buf out = { .arena = arena };
	for (size_t i = 0; i < snake.n; i++) {
		char c = snake.p[i];
		bool lower = c >= 'a' && c <= 'z';
		if (c != '_')
			sw_buf_add_char(&out, upper && lower ? (char)(c - 32) : c);
		upper = c == '_';
	}
	return sw_buf_str(&out);
}

struct sw_str sw_field_param(struct sw_arena *arena, const struct sw_field *field, enum sw_style style)
{
	static const char *const signs[] = {
		[SW_OP_EQ] = "", [SW_OP_LT] = "<", [SW_OP_LE] = "<", [SW_OP_GT] = ">", [SW_OP_GE] = ">"
	};
	static const char *const words[] = { [SW_OP_EQ] = "",
					     [SW_OP_LT] = "_before",
					     [SW_OP_LE] = "_before",
					     [SW_OP_GT] = "_after",
					     [SW_OP_GE] = "_after" };
	if (style == SW_STYLE_NATIVE || style == SW_STYLE_STORED)
		return sw_str_fmt(arena, "%s%s", field->name, words[field->op]);
	struct sw_str name = field->param ? sw_str_of(field->param) : sw_camel(arena, sw_str_of(field->name), true);
	return sw_str_fmt(arena, "%.*s%s", SW_FMT(name), signs[field->op]);
}

/* ---- decoding ---- */

static bool accepted(const struct sw_field *field, unsigned accept)
{
	return sw_field_bytes(field) && !(field->flags & SW_PATH) && (accept == 0 || field->flags & accept);
}

static int add_text(struct sw_arena *arena, struct sw_strs *list, const struct sw_field *field, struct sw_str name,
		    struct sw_str value, struct sw_error *err)
{
	if ((int64_t)list->n >= field->max)
		return sw_fail(err, field->too_long ? field->too_long : 20001,
			       "The parameter '%.*s' was given more than %lld times.", SW_FMT(name),
			       (long long)field->max);
	struct sw_str *grown = SW_ARENA_ARRAY(arena, struct sw_str, list->n + 1);
	if (list->n)
		memcpy(grown, list->v, list->n * sizeof(*grown));
	grown[list->n] = value;
	*list = (struct sw_strs){ grown, list->n + 1 };
	return 0;
}

struct decoding {
	struct sw_arena *arena;
	const struct sw_field *fields;
	const struct sw_str *names;
	unsigned accept;
	const struct sw_input *input;
	void *object;
	struct sw_error *err;
};

/* "MediaUrl" and "media_url" are much the same. */
static struct sw_str plain(struct sw_arena *arena, struct sw_str name)
{
	struct sw_buf out = { .arena = arena };
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] != '_' && name.p[i] != '-')
			sw_buf_add_char(&out, name.p[i]);
	return sw_buf_str(&out);
}

static int refuse_unknown(const struct decoding *d, struct sw_str name)
{
	if (!d->input->strict)
		return 0;
	for (unsigned i = 0; d->fields[i].name; i++)
		if (accepted(&d->fields[i], d->accept) &&
		    sw_str_eq_nocase(plain(d->arena, d->names[i]), plain(d->arena, name)))
			return sw_fail(d->err, 20001, "There is no parameter '%.*s' here; did you mean '%.*s'?",
				       SW_FMT(name), SW_FMT(d->names[i]));
	return sw_fail(d->err, 20001, "There is no parameter '%.*s' here.", SW_FMT(name));
}

/* "Configuration.Url": one part of an object. */
static int decode_part(const struct decoding *d, const struct sw_form_pair *pair)
{
	struct sw_str rest = pair->name, first = sw_str_cut(&rest, '.');
	for (unsigned i = 0; rest.p && d->fields[i].name; i++) {
		const struct sw_field *field = &d->fields[i];
		if (field->type != SW_OBJECT || !sw_str_eq(d->names[i], first) || !accepted(field, d->accept))
			continue;
		int failed = sw_field_parse_part(d->arena, field, d->input->style, pair->name, rest, pair->value,
						 d->object, d->err);
		if (failed != SW_ENOTFOUND)
			return failed;
	}
	return refuse_unknown(d, pair->name);
}

static int decode_pair(const struct decoding *d, const struct sw_form_pair *pair, uint64_t *seen)
{
	for (unsigned i = 0; d->fields[i].name; i++) {
		const struct sw_field *field = &d->fields[i];
		if (!sw_str_eq(d->names[i], pair->name) || !accepted(field, d->accept))
			continue;
		void *at = (char *)d->object + field->at;
		bool again = seen[i / 64] & UINT64_C(1) << i % 64;
		seen[i / 64] |= UINT64_C(1) << i % 64;
		if (!again && (field->type == SW_STRS || field->type == SW_OBJECTS))
			clear(field, d->object);
		if (field->type == SW_STRS)
			return pair->value.n ? add_text(d->arena, at, field, pair->name, pair->value, d->err) : 0;
		if (again && field->type != SW_OBJECTS)
			return sw_fail(d->err, 20001, "The parameter '%.*s' was given more than once.",
				       SW_FMT(pair->name));
		/* An empty value means "not given", as SDKs send unset parameters, unless it can mean something. */
		if (pair->value.n == 0 && !(field->flags & SW_EMPTY_OK))
			return 0;
		return sw_field_parse(d->arena, field, pair->name, pair->value, d->object, d->err);
	}
	return decode_part(d, pair);
}

static int decode_member(const struct decoding *d, const struct sw_json *member)
{
	for (unsigned i = 0; d->fields[i].name; i++) {
		const struct sw_field *field = &d->fields[i];
		/* In JSON the contract's parameters go by their field's name. */
		struct sw_str name = d->input->style == SW_STYLE_NATIVE ? d->names[i] : sw_str_of(field->name);
		if (!sw_str_eq(name, member->name) || !accepted(field, d->accept))
			continue;
		/* Stored documents have times and money as counts of micros; what a person writes has no such thing. */
		if (member->kind == SW_JSON_NUMBER && (field->type == SW_TIME || field->type == SW_MICROS))
			return sw_fail(d->err, field->bad ? field->bad : 20001,
				       "The parameter '%.*s' must be a %s, given as text.", SW_FMT(member->name),
				       sw_type_name(field->type));
		return sw_field_parse_json(d->arena, field, member->name, member, d->input->strict, d->object, d->err);
	}
	return refuse_unknown(d, member->name);
}

static int finish(const struct decoding *d)
{
	for (unsigned i = 0; d->fields[i].name; i++) {
		const struct sw_field *field = &d->fields[i];
		if (!accepted(field, d->accept))
			continue;
		if (!sw_field_absent(field, d->object)) {
			int err = sw_field_complete(d->arena, field, d->names[i], d->object, d->err);
			if (err)
				return err;
			continue;
		}
		if (field->def) {
			int err =
				sw_field_parse(d->arena, field, d->names[i], sw_str_of(field->def), d->object, d->err);
			if (err)
				return err;
		} else if (field->flags & SW_REQUIRED) {
			if (field->missing)
				return sw_fail(d->err, field->missing, NULL);
			return sw_fail(d->err, 20001, "The parameter '%.*s' is required.", SW_FMT(d->names[i]));
		}
	}
	return 0;
}

int sw_schema_decode(struct sw_arena *arena, const struct sw_field *fields, const struct sw_str *names, unsigned accept,
		     const struct sw_input *input, void *object, struct sw_error *err)
{
	const struct decoding d = { arena, fields, names, accept, input, object, err };
	uint64_t seen[SW_FIELDS_MAX / 64] = { 0 };
	int failed = 0;
	if (!input->overlay)
		sw_schema_clear(fields, object);
	for (size_t i = 0; i < input->pairs.n && !failed; i++)
		failed = decode_pair(&d, &input->pairs.v[i], seen);
	for (const struct sw_json *m = input->json ? input->json->child : NULL; m && !failed; m = m->next)
		failed = decode_member(&d, m);
	return failed || input->overlay ? failed : finish(&d);
}

bool sw_input_has(const struct sw_input *input, const struct sw_field *field, struct sw_str name)
{
	for (size_t i = 0; i < input->pairs.n; i++) {
		struct sw_str rest = input->pairs.v[i].name, first = sw_str_cut(&rest, '.');
		if (sw_str_eq(input->pairs.v[i].name, name) || (rest.p && field->fields && sw_str_eq(first, name)))
			return true;
	}
	return input->json && sw_json_get(input->json, field->name) != NULL;
}
