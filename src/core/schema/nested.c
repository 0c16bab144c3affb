/* Objects within objects: decoded from JSON or from the parts of a form, completed, never flattened. */
#include "core/schema/schema_impl.h"

static struct sw_str part_name(struct sw_arena *arena, struct sw_str whole, struct sw_str part)
{
	return sw_str_fmt(arena, "%.*s.%.*s", SW_FMT(whole), SW_FMT(part));
}

static int complete(struct sw_arena *arena, const struct sw_field *fields, struct sw_str name, void *object,
		    struct sw_error *err)
{
	int failed = 0;
	for (const struct sw_field *f = fields; f->name && !failed; f++) {
		struct sw_str part = part_name(arena, name, sw_str_of(f->name));
		if (!sw_field_absent(f, object))
			failed = sw_field_complete(arena, f, part, object, err);
		else if (f->def)
			failed = sw_field_parse(arena, f, part, sw_str_of(f->def), object, err);
		else if (f->flags & SW_REQUIRED)
			failed = sw_fail(err, f->missing ? f->missing : 20001, "The parameter '%.*s' is required.",
					 SW_FMT(part));
	}
	return failed;
}

/* Texts that repeat may be of a list. */
static int check_texts(struct sw_arena *arena, const struct sw_field *field, struct sw_str name,
		       const struct sw_strs *texts, struct sw_error *err)
{
	struct sw_str one;
	const struct sw_field word = {
		.name = field->name, .type = SW_ENUM, .values = field->values, .bad = field->bad
	};
	for (size_t i = 0; i < texts->n; i++) {
		int failed = sw_field_parse(arena, &word, name, texts->v[i], &one, err);
		if (failed)
			return failed;
	}
	return 0;
}

int sw_field_complete(struct sw_arena *arena, const struct sw_field *field, struct sw_str name, void *object,
		      struct sw_error *err)
{
	const void *at = (const char *)object + field->at;
	if (field->type == SW_STRS && field->values)
		return check_texts(arena, field, name, at, err);
	return field->type == SW_OBJECT ? complete(arena, field->fields, name, (char *)object + field->at, err)
					: 0; /* the values of a list were completed one by one */
}

static int parse_object(struct sw_arena *arena, const struct sw_field *field, struct sw_str name,
			const struct sw_json *value, bool strict, void *object, struct sw_error *err)
{
	if (value->kind != SW_JSON_OBJECT)
		return sw_fail(err, field->bad ? field->bad : 20001, "The parameter '%.*s' must be an object.",
			       SW_FMT(name));
	sw_schema_clear(field->fields, object);
	for (const struct sw_json *m = value->child; m; m = m->next) {
		struct sw_str part = part_name(arena, name, m->name);
		const struct sw_field *f = sw_schema_find(field->fields, m->name);
		int failed = 0;
		if (f)
			failed = sw_field_parse_json(arena, f, part, m, strict, object, err);
		else if (strict)
			failed = sw_fail(err, 20001, "There is no parameter '%.*s' here.", SW_FMT(part));
		if (failed)
			return failed;
	}
	return complete(arena, field->fields, name, object, err);
}

/* One more value of a list, at its end. */
static int add_object(struct sw_arena *arena, const struct sw_field *field, struct sw_str name,
		      const struct sw_json *value, bool strict, struct sw_objects *list, struct sw_error *err)
{
	if ((int64_t)list->n >= field->max)
		return sw_fail(err, field->too_long ? field->too_long : 20001,
			       "The parameter '%.*s' has more than %lld values.", SW_FMT(name), (long long)field->max);
	char *grown = (char *)(uintptr_t)list->v;
	if ((list->n & (list->n - 1)) == 0) { /* full: there is always room up to the next power of two */
		grown = sw_arena_alloc(arena, (list->n ? 2 * list->n : 1) * field->bytes);
		if (list->n)
			memcpy(grown, list->v, list->n * field->bytes);
	}
	struct sw_str item = sw_str_fmt(arena, "%.*s[%zu]", SW_FMT(name), list->n);
	int failed = parse_object(arena, field, item, value, strict, grown + list->n * field->bytes, err);
	*list = (struct sw_objects){ grown, list->n + 1 };
	return failed;
}

int sw_nested_parse(struct sw_arena *arena, const struct sw_field *field, struct sw_str name,
		    const struct sw_json *value, bool strict, void *at, struct sw_error *err)
{
	if (field->type == SW_OBJECT)
		return parse_object(arena, field, name, value, strict, at, err);
	if (value->kind != SW_JSON_ARRAY)
		return add_object(arena, field, name, value, strict, at, err);
	int failed = 0;
	for (const struct sw_json *item = value->child; item && !failed; item = item->next)
		failed = add_object(arena, field, name, item, strict, at, err);
	return failed;
}

int sw_field_parse_part(struct sw_arena *arena, const struct sw_field *field, enum sw_style style, struct sw_str name,
			struct sw_str rest, struct sw_str text, void *object, struct sw_error *err)
{
	void *inner = (char *)object + field->at;
	struct sw_str deeper = rest, first = sw_str_cut(&deeper, '.');
	for (const struct sw_field *f = field->fields; f->name; f++) {
		struct sw_str own = sw_field_param(arena, f, style);
		if (sw_str_eq(own, rest))
			return text.n || f->flags & SW_EMPTY_OK ? sw_field_parse(arena, f, name, text, inner, err) : 0;
		if (deeper.p && f->type == SW_OBJECT && sw_str_eq(own, first))
			return sw_field_parse_part(arena, f, style, name, deeper, text, inner, err);
	}
	return SW_ENOTFOUND;
}
