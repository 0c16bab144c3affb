#include "base/arena.h"
#include "base/utf8.h"
#include "wire/form/form.h"

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The decoded text is never longer, so one copy is enough. */
static int decode(struct sw_arena *arena, struct sw_str text, bool plus_is_blank, struct sw_str *ret)
{
	char *out = sw_arena_bytes(arena, text.n + 1);
	struct sw_str decoded = { out, 0 };

	for (size_t i = 0; i < text.n; i++) {
		int c = (uint8_t)text.p[i];

		if (c == '+' && plus_is_blank) {
			c = ' ';
		} else if (c == '%') {
			int high = i + 2 < text.n ? hex_value(text.p[i + 1]) : -1;
			int low = i + 2 < text.n ? hex_value(text.p[i + 2]) : -1;

			if (high < 0 || low < 0)
				return SW_EINVAL;
			c = high * 16 + low;
			i += 2;
		}
		if (c == 0)
			return SW_EINVAL;
		out[decoded.n++] = (char)c;
	}
	out[decoded.n] = '\0';
	if (!sw_utf8_valid(decoded))
		return SW_EINVAL;
	*ret = decoded;
	return 0;
}

static size_t count_pairs(struct sw_str text)
{
	size_t n = 0;

	while (text.p)
		n += sw_str_cut(&text, '&').n > 0;
	return n;
}

int sw_form_decode(struct sw_arena *arena, struct sw_str text, size_t pairs_max, struct sw_form *ret)
{
	size_t n = count_pairs(text);
	struct sw_form form = { .v = NULL };

	if (n > pairs_max)
		return SW_ELIMIT;
	form.v = SW_ARENA_ARRAY(arena, struct sw_form_pair, n);
	while (text.p) {
		struct sw_str value = sw_str_cut(&text, '&');
		struct sw_form_pair *pair = &form.v[form.n];
		struct sw_str name;
		int err;

		if (value.n == 0)
			continue;
		name = sw_str_cut(&value, '=');
		err = decode(arena, name, true, &pair->name);
		if (!err)
			err = decode(arena, value.p ? value : SW_S(""), true, &pair->value);
		if (err)
			return err;
		form.n++;
	}
	*ret = form;
	return 0;
}

struct sw_str sw_form_get(const struct sw_form *form, const char *name)
{
	struct sw_str want = sw_str_of(name);

	for (size_t i = 0; i < form->n; i++)
		if (sw_str_eq(form->v[i].name, want))
			return form->v[i].value;
	return SW_STR_NULL;
}

int sw_percent_decode(struct sw_arena *arena, struct sw_str text, struct sw_str *ret)
{
	return decode(arena, text, false, ret);
}

/* RFC 3986 section 2.3 */
static const bool unreserved[256] = {
	['A' ... 'Z'] = true, ['a' ... 'z'] = true, ['0' ... '9'] = true, ['-'] = true,
	['.'] = true,         ['_'] = true,         ['~'] = true,
};

static void encode(struct sw_buf *buf, struct sw_str text, bool blank_is_plus)
{
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = (uint8_t)text.p[i];
		const char escape[] = { '%', hex[c >> 4], hex[c & 15] };

		if (unreserved[c])
			sw_buf_add_char(buf, (char)c);
		else if (c == ' ' && blank_is_plus)
			sw_buf_add_char(buf, '+');
		else
			sw_buf_add(buf, escape, sizeof(escape));
	}
}

void sw_percent_encode(struct sw_buf *buf, struct sw_str text)
{
	encode(buf, text, false);
}

void sw_form_add(struct sw_buf *buf, struct sw_str name, struct sw_str value)
{
	if (buf->n && buf->p[buf->n - 1] != '?' && buf->p[buf->n - 1] != '&')
		sw_buf_add_char(buf, '&');
	encode(buf, name, true);
	sw_buf_add_char(buf, '=');
	encode(buf, value, true);
}
