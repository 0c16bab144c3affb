/*
 * What may be kept of a request and its answer: everything but what the tables call a secret, and the user and password
 * of a URL.  Most endpoints have no secrets and most bodies no '@': those cost a look at each byte.
 */
#include <ctype.h>

#include "api/request/request_impl.h"

enum { SECRETS_MAX = 64, PAIRS_MAX = 1024 };

#define HIDDEN SW_S("***")

/* ---- which names ---- */

/* params: by the names that they have in this style, too. */
static void add_secrets(struct sw_arena *arena, const struct sw_field *fields, enum sw_style style, bool params,
			struct sw_strs *ret)
{
	for (const struct sw_field *f = fields; f && f->name; f++) {
		if (f->flags & SW_SECRET) {
			SW_BUG_ON(ret->n + 2 > SECRETS_MAX);
			if (!ret->v)
				ret->v = SW_ARENA_ARRAY(arena, struct sw_str, SECRETS_MAX);
			ret->v[ret->n++] = sw_str_of(f->name);
			if (params)
				ret->v[ret->n++] = sw_field_param(arena, f, style);
		} else
			add_secrets(arena, f->fields, style, params, ret);
	}
}

void sw_request_secrets(struct sw_arena *arena, struct sw_route *route)
{
	const struct sw_endpoint *e = route->endpoint;
	add_secrets(arena, e->params, e->style, true, &route->secret_params);
	add_secrets(arena, e->fields, e->style, false, &route->secret_fields);
}

static bool is_among(const struct sw_strs *names, struct sw_str name)
{
	for (size_t i = 0; i < names->n; i++)
		if (sw_str_eq_nocase(names->v[i], name))
			return true;
	return false;
}

/* Of "Configuration.Password" each part. */
static bool is_secret(const struct sw_strs *secrets, struct sw_str name)
{
	while (secrets->n && name.p)
		if (is_among(secrets, sw_str_cut(&name, '.')))
			return true;
	return false;
}

/* ---- values ---- */

/* Of URLs with user and password, the same with three stars in their place. */
static struct sw_str without_user(struct sw_arena *arena, struct sw_str text)
{
	struct sw_buf out = { .arena = arena };
	ptrdiff_t colon;
	if (sw_str_index(text, '@') < 0)
		return text;
	while ((colon = sw_str_find(text, SW_S("://"))) >= 0) {
		size_t from = (size_t)colon + 3, at = from, end = from;
		for (; end < text.n && !memchr("/?# \\\r\n", text.p[end], 7); end++)
			if (text.p[end] == '@')
				at = end;
		sw_buf_add_fmt(&out, "%.*s%s", SW_FMT(sw_str_sub(text, 0, from)), at > from ? "***" : "");
		text = sw_str_from(text, at);
	}
	sw_buf_add_str(&out, text);
	return sw_buf_str(&out);
}

/* Names of parameters look like "To", "sink_configuration", "DateSent>": anything else was no form, as multipart is. */
static bool is_name(struct sw_str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (!isalnum((unsigned char)name.p[i]) && !memchr("_-.<>[]", name.p[i], 7))
			return false;
	return true;
}

static struct sw_str mask_form(struct sw_arena *arena, struct sw_str text, const struct sw_strs *secrets)
{
	struct sw_buf out = { .arena = arena };
	struct sw_form form;
	if (sw_form_decode(arena, text, PAIRS_MAX, &form))
		return SW_STR_NULL;
	for (size_t i = 0; i < form.n; i++) {
		if (!is_name(form.v[i].name))
			return SW_STR_NULL;
		sw_form_add(&out, form.v[i].name,
			    is_secret(secrets, form.v[i].name) ? HIDDEN : without_user(arena, form.v[i].value));
	}
	return sw_buf_str(&out);
}

static void mask_value(struct sw_arena *arena, struct sw_json *value, const struct sw_strs *secrets)
{
	if (value->name.p && value->kind != SW_JSON_NULL && is_among(secrets, value->name))
		*value = (struct sw_json){
			.kind = SW_JSON_STRING, .name = value->name, .text = HIDDEN, .next = value->next
		};
	if (value->kind == SW_JSON_STRING)
		value->text = without_user(arena, value->text);
	for (struct sw_json *child = value->child; child; child = child->next)
		mask_value(arena, child, secrets);
}

static struct sw_str mask_json(struct sw_arena *arena, struct sw_str text, const struct sw_strs *secrets)
{
	const struct sw_json *value;
	struct sw_buf out = { .arena = arena };
	struct sw_json_out json = { .buf = &out };
	if (sw_json_parse(arena, text, NULL, &value, NULL))
		return SW_STR_NULL;
	struct sw_json whole = *value; /* its members are this arena's, and nobody else has seen them */
	mask_value(arena, &whole, secrets);
	sw_json_value(&json, &whole);
	return sw_buf_str(&out);
}

/* ---- texts ---- */

/* At most so many bytes, and no half character. */
static struct sw_str cut(struct sw_str text, size_t most)
{
	if (text.n <= most)
		return text;
	while (most && ((unsigned char)text.p[most] & 0xc0) == 0x80)
		most--;
	return sw_str_sub(text, 0, most);
}

/* ---- what we wrote ourselves: read as text, and no further than it is kept ---- */

enum { USER_MAX = 512 }; /* what may stand before the '@' of a URL that is cut */

/* Where the first member with a secret name begins, its '{' or ',' included; -1: there is none. */
static ptrdiff_t find_member(struct sw_str text, const struct sw_strs *secrets)
{
	ptrdiff_t first = -1;
	for (size_t i = 0; i < secrets->n; i++) {
		struct sw_str name = secrets->v[i], rest = text;
		for (ptrdiff_t at; (at = sw_str_find(rest, name)) >= 0; rest = sw_str_from(rest, (size_t)at + 1)) {
			size_t from = (size_t)(rest.p - text.p) + (size_t)at;
			bool quoted = from >= 2 && text.p[from - 1] == '"' &&
				      sw_str_starts(sw_str_from(text, from + name.n), SW_S("\":"));
			if (!quoted)
				continue;
			if (first < 0 || (ptrdiff_t)from - 2 < first)
				first = (ptrdiff_t)from - 2;
			break;
		}
	}
	return first;
}

static int hide_members(struct sw_str text, const struct sw_strs *secrets, size_t most, struct sw_buf *out)
{
	struct sw_str name, raw;
	ptrdiff_t at;
	while (out->n < most && (at = find_member(sw_str_sub(text, 0, most), secrets)) >= 0) {
		sw_buf_add_str(out, sw_str_sub(text, 0, (size_t)at + 1));
		text = sw_str_from(text, (size_t)at);
		if (!sw_json_next_member(&text, &name, &raw))
			return SW_EINVAL;
		sw_buf_add_fmt(out, "\"%.*s\":%s", SW_FMT(name), sw_str_is(raw, "null") ? "null" : "\"***\"");
	}
	sw_buf_add_str(out, sw_str_sub(text, 0, most));
	return 0;
}

static struct sw_str hide_users(struct sw_arena *arena, struct sw_str text)
{
	struct sw_buf out = { .arena = arena };
	while (text.p) {
		struct sw_str string = sw_str_cut(&text, '"');
		sw_buf_add_str(&out, without_user(arena, string));
		if (text.p)
			sw_buf_add_char(&out, '"');
	}
	return sw_buf_str(&out);
}

struct sw_str request_mask_own(struct sw_arena *arena, struct sw_str text, const struct sw_strs *secrets, size_t most)
{
	struct sw_buf out = { .arena = arena };
	if (secrets->n) {
		if (hide_members(text, secrets, most + USER_MAX, &out))
			return SW_STR_NULL;
		text = sw_buf_str(&out);
	}
	text = sw_str_sub(text, 0, most + USER_MAX);
	return cut(sw_str_index(text, '@') < 0 ? text : hide_users(arena, text), most);
}

/* ---- what others wrote ---- */

/* The '@' may be escaped, in JSON or in percent encoding. */
static bool may_have_user(struct sw_str text, bool json)
{
	return sw_str_index(text, '@') >= 0 || sw_str_find(text, json ? SW_S("\\u0040") : SW_S("%40")) >= 0;
}

struct sw_str request_mask(struct sw_arena *arena, struct sw_str text, const struct sw_strs *secrets, size_t most)
{
	struct sw_str trimmed = sw_str_trim(text), masked;
	bool json = trimmed.n && (trimmed.p[0] == '{' || trimmed.p[0] == '[');
	if (!secrets->n && !may_have_user(text, json))
		return cut(text, most);
	if (text.n > sw_request_limits.mask_bytes)
		return SW_STR_NULL;
	masked = (json ? mask_json : mask_form)(arena, text, secrets);
	return cut(masked, most);
}

struct sw_str sw_request_hide_users(struct sw_arena *arena, struct sw_str text)
{
	static const struct sw_strs none;
	return request_mask(arena, text, &none, SIZE_MAX);
}
