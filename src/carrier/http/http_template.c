/* Templates that are filled in, and values that are picked out. */
#include "carrier/http/http_impl.h"

#include "base/num.h"
#include "base/time.h"
#include "core/sid.h"
#include "loop/clock.h"

enum { PATH_WORD_MAX = 64 };

/* ---- templates ---- */

static struct sw_str no_plus(struct sw_str number)
{
	return sw_str_starts(number, SW_S("+")) ? sw_str_from(number, 1) : number;
}

static struct sw_str value_of(const struct gateway *gateway, struct sw_arena *arena, struct sw_str name,
			      const struct sw_message_out *out)
{
	const struct {
		const char *name;
		struct sw_str value;
	} plain[] = {
		{ "from", out->from },
		{ "to", out->to },
		{ "from_digits", no_plus(out->from) },
		{ "to_digits", no_plus(out->to) },
		{ "body", out->body },
	};
	for (size_t i = 0; i < SW_COUNTOF(plain); i++)
		if (sw_str_is(name, plain[i].name))
			return plain[i].value;
	if (sw_str_is(name, "sid"))
		return sw_sid_text(arena, sw_sid_of(out->ticket.kind, out->ticket.sid));
	if (sw_str_is(name, "account"))
		return sw_sid_text(arena, sw_sid_of("AC", out->ticket.account));
	if (sw_str_is(name, "expires")) {
		char *buf = sw_arena_bytes(arena, SW_TIME_BUF);
		return sw_time_rfc3339(out->expires_us, buf);
	}
	if (sw_str_is(name, "expires_s")) {
		int64_t left_s = (out->expires_us - sw_wall_us()) / 1000000;
		return sw_num_format(left_s < 1 ? 1 : left_s, sw_arena_bytes(arena, 24));
	}
	for (size_t i = 0; i < gateway->secrets.n; i++)
		if (sw_str_starts(name, SW_S("secret.")) && sw_str_eq(sw_str_from(name, 7), gateway->secrets.v[i].name))
			return gateway->secrets.v[i].value;
	return SW_STR_NULL;
}

static void add_escaped(struct sw_buf *buf, struct sw_str value, enum gateway_escape escape)
{
	if (escape == ESCAPE_NONE) {
		sw_buf_add_str(buf, value);
	} else if (escape == ESCAPE_PERCENT) {
		sw_percent_encode(buf, value);
	} else { /* without the quotes around it: those stand in the template */
		struct sw_buf quoted = { 0 };
		struct sw_json_out out = { .buf = &quoted };
		sw_json_str(&out, value);
		sw_buf_add(buf, quoted.p + 1, quoted.n - 2);
		sw_buf_done(&quoted);
	}
}

/* "{name}" at the beginning of text: small letters, digits, '_', '.', '-'. */
static bool placeholder(struct sw_str text, struct sw_str *ret_name)
{
	size_t n = 1;
	while (n < text.n && ((text.p[n] >= 'a' && text.p[n] <= 'z') || (text.p[n] >= '0' && text.p[n] <= '9') ||
			      text.p[n] == '_' || text.p[n] == '.' || text.p[n] == '-'))
		n++;
	*ret_name = sw_str_sub(text, 1, n - 1);
	return text.p[0] == '{' && n > 1 && n < text.n && text.p[n] == '}';
}

int gateway_fill(const struct gateway *gateway, struct sw_str template, enum gateway_escape escape,
		 const struct sw_message_out *out, struct sw_buf *buf, struct sw_str *ret_name)
{
	struct sw_arena arena;
	int err = 0;
	sw_arena_init(&arena);
	for (size_t i = 0; i < template.n && !err; i++) {
		struct sw_str name;
		if (!placeholder(sw_str_from(template, i), &name)) {
			sw_buf_add_char(buf, template.p[i]);
			continue;
		}
		struct sw_str value = value_of(gateway, &arena, name, out);
		err = value.p ? 0 : SW_EINVAL;
		*ret_name = name;
		add_escaped(buf, value, escape);
		i += name.n + 1;
	}
	sw_arena_done(&arena);
	return err;
}

enum gateway_escape gateway_escape_of(const struct gateway *gateway)
{
	return sw_str_is(gateway->content, "json") ? ESCAPE_JSON : ESCAPE_PERCENT;
}

/* ---- values ---- */

const struct sw_json *gateway_find(const struct sw_json *root, struct sw_str path)
{
	const struct sw_json *at = root;
	if (sw_str_is(path, "."))
		return at;
	while (path.p && at) {
		struct sw_str word = sw_str_cut(&path, '.');
		char name[PATH_WORD_MAX];
		int64_t index;
		if (at->kind == SW_JSON_ARRAY) {
			if (sw_num_parse(word, &index) || index < 0 || index >= at->n)
				return NULL;
			for (at = at->child; index; index--)
				at = at->next;
			continue;
		}
		if (word.n >= sizeof(name))
			return NULL;
		memcpy(name, word.p, word.n);
		name[word.n] = 0;
		at = sw_json_get(at, name);
	}
	return at;
}

static struct sw_str text_of(struct sw_arena *arena, const struct sw_json *value)
{
	if (!value || value->kind == SW_JSON_NULL || value->kind == SW_JSON_ARRAY || value->kind == SW_JSON_OBJECT)
		return SW_STR_NULL;
	if (value->kind == SW_JSON_STRING)
		return value->text;
	if (value->kind == SW_JSON_BOOL)
		return value->b ? SW_S("true") : SW_S("false");
	struct sw_buf buf = { .arena = arena };
	struct sw_json_out out = { .buf = &buf };
	if (value->is_int)
		sw_json_int(&out, value->i);
	else
		sw_json_double(&out, value->number);
	return sw_buf_str(&buf);
}

/* Behind the words at the beginning of a line, up to the next blank or comma. */
static struct sw_str behind(struct sw_str text, struct sw_str words)
{
	while (text.p) {
		struct sw_str line = sw_str_trim(sw_str_cut(&text, '\n'));
		if (!sw_str_starts(line, words))
			continue;
		struct sw_str rest = sw_str_trim(sw_str_from(line, words.n));
		rest = sw_str_cut(&rest, ' ');
		return sw_str_cut(&rest, ',');
	}
	return SW_STR_NULL;
}

struct sw_str gateway_pick(struct sw_arena *arena, const struct gateway_document *document, struct sw_str where)
{
	if (!where.n)
		return SW_STR_NULL;
	if (document->json)
		return text_of(arena, gateway_find(document->json, where));
	if (document->text.p)
		return behind(document->text, where);
	return sw_form_get(&document->form, sw_str_cstr(arena, where));
}
