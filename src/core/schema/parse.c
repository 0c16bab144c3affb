/* Text and JSON into typed values, each type with its checks. */
#include "base/num.h"
#include "base/time.h"
#include "base/utf8.h"
#include "core/money/country.h"
#include "core/schema/schema_impl.h"
#include "wire/phone/phone.h"

struct parsing {
	struct sw_arena *arena;
	const struct sw_field *field;
	struct sw_str name, text;
	void *at;
	struct sw_error *err;
};

static int bad(const struct parsing *p, const char *want)
{
	int code = p->field->bad ? p->field->bad : 20001;
	if (p->field->flags & SW_SECRET || p->text.n > 100)
		return sw_fail(p->err, code, "The parameter '%.*s' is not valid: it must be %s.", SW_FMT(p->name),
			       want);
	return sw_fail(p->err, code, "The parameter '%.*s' is not valid: '%.*s' is not %s.", SW_FMT(p->name),
		       SW_FMT(p->text), want);
}

static int put_text(const struct parsing *p)
{
	*(struct sw_str *)p->at = p->text;
	return 0;
}

static int parse_str(const struct parsing *p)
{
	size_t max = p->field->max ? (size_t)p->field->max : 1024;
	if (p->text.n > max && sw_utf8_count(p->text) > max) {
		int code = p->field->too_long ? p->field->too_long : p->field->bad ? p->field->bad : 20001;
		return sw_fail(p->err, code, "The parameter '%.*s' has more than %zu characters.", SW_FMT(p->name),
			       max);
	}
	if (p->field->min && sw_utf8_count(p->text) < (size_t)p->field->min)
		return sw_fail(p->err, p->field->bad ? p->field->bad : 20001,
			       "The parameter '%.*s' has fewer than %lld characters.", SW_FMT(p->name),
			       (long long)p->field->min);
	return put_text(p);
}

static int put_int(const struct parsing *p, int64_t value)
{
	const struct sw_field *f = p->field;
	bool bounded = f->type == SW_INT && (f->min || f->max); /* of money, min is the number of places */
	if (bounded && (value < f->min || value > f->max))
		return sw_fail(p->err, f->bad ? f->bad : 20001, "The parameter '%.*s' must be between %lld and %lld.",
			       SW_FMT(p->name), (long long)f->min, (long long)f->max);
	*(int64_t *)p->at = value;
	return 0;
}

static int parse_int(const struct parsing *p)
{
	int64_t value;
	return sw_num_parse(p->text, &value) ? bad(p, "a whole number") : put_int(p, value);
}

static int parse_bool(const struct parsing *p)
{
	bool yes = sw_str_eq_nocase(p->text, SW_S("true"));
	if (!yes && !sw_str_eq_nocase(p->text, SW_S("false")))
		return bad(p, "true or false");
	*(int8_t *)p->at = yes;
	return 0;
}

static int parse_time(const struct parsing *p)
{
	return sw_time_parse(p->text, p->at) ? bad(p, "a date (2026-01-31) or a time (2026-01-31T10:00:00Z)") : 0;
}

static int parse_micros(const struct parsing *p)
{
	return sw_micros_parse(p->text, p->at) ? bad(p, "a decimal number with at most six places") : 0;
}

static int parse_sid(const struct parsing *p)
{
	if (p->text.n == 0 && p->field->flags & SW_EMPTY_OK) {
		*(struct sw_sid *)p->at = SW_SID_CLEARED;
		return 0;
	}
	if (sw_sid_parse(p->text, p->field->kinds, p->at))
		return bad(p, p->field->kinds && !strchr(p->field->kinds, ',')
				      ? "a SID of this kind (two letters and 32 hex digits)"
				      : "a SID (two letters and 32 hex digits)");
	return 0;
}

/* Host names as RFC 1123 has them: no underscore, which the contract refuses too. */
static bool is_host(struct sw_str host)
{
	if (host.n == 0 || host.n > 253)
		return false;
	for (size_t i = 0; i < host.n; i++) {
		char c = host.p[i];
		bool word = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		if (!word && c != '-' && c != '.')
			return false;
		if (!word && (i == 0 || host.p[i - 1] == '.'))
			return false;
	}
	return true;
}

static bool is_authority(struct sw_str authority)
{
	ptrdiff_t at = sw_str_index(authority, '@'); /* user:password@host is passed on in the URL */
	struct sw_str host = sw_str_from(authority, (size_t)(at + 1)), port = SW_STR_NULL;
	if (host.n && host.p[0] == '[') {
		ptrdiff_t end = sw_str_index(host, ']');
		if (end < 3)
			return false;
		port = sw_str_from(host, (size_t)end + 1);
		if (port.n && port.p[0] != ':')
			return false;
		port = port.n ? sw_str_from(port, 1) : SW_STR_NULL;
	} else {
		port = host;
		host = sw_str_cut(&port, ':');
		if (!is_host(host))
			return false;
	}
	int64_t number;
	return !port.p || (sw_num_parse(port, &number) == 0 && number >= 1 && number <= 65535);
}

static int parse_url(const struct parsing *p)
{
	size_t max = p->field->max ? (size_t)p->field->max : 4000;
	size_t scheme = sw_str_eq_nocase(sw_str_sub(p->text, 0, 8), SW_S("https://"))  ? 8
			: sw_str_eq_nocase(sw_str_sub(p->text, 0, 7), SW_S("http://")) ? 7
										       : 0;
	struct sw_str rest = sw_str_from(p->text, scheme);
	size_t end = 0;
	while (end < rest.n && !strchr("/?#", rest.p[end]))
		end++;
	bool clean = true;
	for (size_t i = 0; i < p->text.n; i++)
		clean &= (unsigned char)p->text.p[i] > ' ' && p->text.p[i] != 0x7f;
	if (p->text.n == 0)
		return put_text(p);
	if (!scheme || !clean || p->text.n > max || !is_authority(sw_str_sub(rest, 0, end)))
		return bad(p, "an absolute http or https URL");
	return put_text(p);
}

static int parse_phone(const struct parsing *p)
{
	bool any = p->field->flags & SW_ANY_SENDER;
	enum sw_address_kind kind = sw_address_parse(p->text).kind;
	bool bare_plus = p->text.n > 1 && p->text.p[0] == ' ' && p->text.p[1] >= '1' && p->text.p[1] <= '9';
	if (bare_plus)
		return bad(p, "an E.164 number; in a form a + is written %2B, or it means a space");
	if (kind == SW_ADDRESS_BAD || (!any && kind != SW_ADDRESS_E164 && kind != SW_ADDRESS_CHANNEL))
		return bad(p, any ? "an E.164 number, short code, sender id or channel address"
				  : "an E.164 number such as +15005550010");
	return put_text(p);
}

static int parse_enum(const struct parsing *p)
{
	for (const char *const *v = p->field->values; *v; v++)
		if (sw_str_is(p->text, *v))
			return put_text(p);
	struct sw_buf list = { .arena = p->arena };
	for (const char *const *v = p->field->values; *v; v++)
		sw_buf_add_fmt(&list, "%s%s", list.n ? ", " : "", *v);
	return sw_fail(p->err, p->field->bad ? p->field->bad : 20001, "The parameter '%.*s' must be one of: %.*s.",
		       SW_FMT(p->name), SW_FMT(sw_buf_str(&list)));
}

static int parse_country(const struct parsing *p)
{
	return sw_country_find(p->text) ? put_text(p) : bad(p, "a country (two capital letters, such as DE)");
}

static int parse_json(const struct parsing *p)
{
	const struct sw_json *tree;
	const char *why;
	size_t max = p->field->max ? (size_t)p->field->max : 16384;
	if (p->text.n > max || sw_json_parse(p->arena, p->text, NULL, &tree, &why))
		return bad(p, "JSON");
	return put_text(p);
}

static int parse_one_of_many(const struct parsing *p)
{
	struct sw_str *one = SW_ARENA_NEW(p->arena, struct sw_str);
	*one = p->text;
	*(struct sw_strs *)p->at = (struct sw_strs){ one, 1 };
	return 0;
}

/* An object in a form is the text of its JSON. */
static int parse_nested(const struct parsing *p)
{
	const struct sw_json *tree;
	if (sw_json_parse(p->arena, p->text, NULL, &tree, NULL))
		return bad(p, "JSON");
	return sw_nested_parse(p->arena, p->field, p->name, tree, false, p->at, p->err);
}

static int (*const parsers[SW_TYPES])(const struct parsing *p) = {
	[SW_STR] = parse_str,        [SW_INT] = parse_int,          [SW_BOOL] = parse_bool,
	[SW_TIME] = parse_time,      [SW_MICROS] = parse_micros,    [SW_SID] = parse_sid,
	[SW_URL] = parse_url,        [SW_PHONE] = parse_phone,      [SW_ENUM] = parse_enum,
	[SW_JSON] = parse_json,      [SW_STRS] = parse_one_of_many, [SW_OBJECT] = parse_nested,
	[SW_OBJECTS] = parse_nested, [SW_COUNTRY] = parse_country,
};

int sw_field_parse(struct sw_arena *arena, const struct sw_field *field, struct sw_str name, struct sw_str text,
		   void *object, struct sw_error *err)
{
	const struct parsing p = { arena, field, name, text, (char *)object + field->at, err };
	SW_BUG_ON(!parsers[field->type]);
	return parsers[field->type](&p);
}

static int parse_json_texts(const struct parsing *p, const struct sw_json *value)
{
	struct sw_strs list = { 0 };
	if (value->kind == SW_JSON_STRING)
		return parse_one_of_many(p);
	if (value->kind != SW_JSON_ARRAY)
		return bad(p, "an array of texts");
	if ((int64_t)value->n > p->field->max)
		return sw_fail(p->err, p->field->too_long ? p->field->too_long : 20001,
			       "The parameter '%.*s' has more than %lld values.", SW_FMT(p->name),
			       (long long)p->field->max);
	list.v = SW_ARENA_ARRAY(p->arena, struct sw_str, value->n);
	for (const struct sw_json *item = value->child; item; item = item->next) {
		if (item->kind != SW_JSON_STRING)
			return bad(p, "an array of texts");
		list.v[list.n++] = item->text;
	}
	*(struct sw_strs *)p->at = list;
	return 0;
}

static bool takes_number(enum sw_type type)
{
	return type == SW_INT || type == SW_TIME || type == SW_MICROS;
}

int sw_field_parse_json(struct sw_arena *arena, const struct sw_field *field, struct sw_str name,
			const struct sw_json *value, bool strict, void *object, struct sw_error *err)
{
	struct parsing p = { arena, field, name, value->text, (char *)object + field->at, err };
	if (value->kind == SW_JSON_NULL)
		return 0;
	if (field->type == SW_STRS)
		return parse_json_texts(&p, value);
	if (field->fields)
		return sw_nested_parse(arena, field, name, value, strict, p.at, err);
	if (field->type == SW_JSON) {
		struct sw_buf text = { .arena = arena };
		struct sw_json_out out = { .buf = &text };
		sw_json_value(&out, value);
		p.text = sw_buf_str(&text);
		return parse_json(&p);
	}
	if (value->kind == SW_JSON_BOOL && field->type == SW_BOOL) {
		*(int8_t *)p.at = value->b;
		return 0;
	}
	if (value->kind == SW_JSON_NUMBER && value->is_int && takes_number(field->type))
		return put_int(&p, value->i);
	if (value->kind != SW_JSON_STRING)
		return sw_fail(err, field->bad ? field->bad : 20001, "The parameter '%.*s' must be a %s.", SW_FMT(name),
			       sw_type_name(field->type));
	return p.text.n == 0 && !(field->flags & SW_EMPTY_OK) ? 0 : parsers[field->type](&p);
}

/* ---- stored values ---- */

/* Most texts have nothing escaped and are borrowed as they stand. */
static struct sw_str load_text(struct sw_arena *arena, struct sw_str raw)
{
	const struct sw_json *value;
	if (raw.n < 2 || raw.p[0] != '"')
		return SW_STR_NULL;
	if (!memchr(raw.p, '\\', raw.n))
		return sw_str_sub(raw, 1, raw.n - 2);
	return sw_json_parse(arena, raw, NULL, &value, NULL) ? SW_STR_NULL : value->text;
}

static void load_tree(struct sw_arena *arena, const struct sw_field *field, struct sw_str raw, void *object)
{
	const struct sw_json *value;
	struct sw_error ignored;
	if (sw_json_parse(arena, raw, NULL, &value, NULL) == 0 &&
	    sw_field_parse_json(arena, field, SW_S(""), value, false, object, &ignored))
		return; /* the table does not take it any more */
}

void sw_field_load(struct sw_arena *arena, const struct sw_field *field, struct sw_str raw, void *object)
{
	void *at = (char *)object + field->at;
	int64_t number;
	switch (field->type) {
	case SW_INT:
	case SW_TIME:
	case SW_MICROS:
		if (sw_num_parse(raw, &number) == 0)
			*(int64_t *)at = number;
		break;
	case SW_BOOL:
		*(int8_t *)at = sw_str_is(raw, "true") ? 1 : sw_str_is(raw, "false") ? 0 : -1;
		break;
	case SW_SID:
		if (sw_sid_parse(load_text(arena, raw), NULL, at))
			*(struct sw_sid *)at = (struct sw_sid){ 0 };
		break;
	case SW_STRS:
	case SW_OBJECT:
	case SW_OBJECTS:
		load_tree(arena, field, raw, object);
		break;
	case SW_JSON:
		*(struct sw_str *)at = sw_str_is(raw, "null") ? SW_STR_NULL : raw;
		break;
	default:
		*(struct sw_str *)at = load_text(arena, raw);
	}
}
