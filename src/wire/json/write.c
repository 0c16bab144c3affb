#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "wire/json/json.h"
#include "wire/json/text.h"

/* 0: as it is. 'u': \u00XX. 'x': a byte of a longer UTF-8 sequence. Otherwise the letter behind the backslash. */
static const char escapes[256] = {
	[0x00 ... 0x07] = 'u', ['\b'] = 'b',          ['\t'] = 't', ['\n'] = 'n',  [0x0b] = 'u',          ['\f'] = 'f',
	['\r'] = 'r',          [0x0e ... 0x1f] = 'u', ['"'] = '"',  ['\\'] = '\\', [0x80 ... 0xff] = 'x',
};

static void before_value(struct sw_json_out *out)
{
	if (out->comma)
		sw_buf_add_char(out->buf, ',');
	out->comma = true;
}

static void open_container(struct sw_json_out *out, char bracket)
{
	before_value(out);
	sw_buf_add_char(out->buf, bracket);
	out->comma = false;
}

void sw_json_object(struct sw_json_out *out)
{
	open_container(out, '{');
}

void sw_json_end_object(struct sw_json_out *out)
{
	sw_buf_add_char(out->buf, '}');
	out->comma = true;
}

void sw_json_array(struct sw_json_out *out)
{
	open_container(out, '[');
}

void sw_json_end_array(struct sw_json_out *out)
{
	sw_buf_add_char(out->buf, ']');
	out->comma = true;
}

static void add_escape(struct sw_buf *buf, uint8_t c)
{
	static const char hex[] = "0123456789abcdef";
	const char full[] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };
	const char brief[] = { '\\', escapes[c] };

	if (escapes[c] == 'u')
		sw_buf_add(buf, full, sizeof(full));
	else
		sw_buf_add(buf, brief, sizeof(brief));
}

static void add_escaped(struct sw_buf *buf, struct sw_str text)
{
	size_t run = 0, at = 0;

	while (at < text.n) {
		uint8_t c = (uint8_t)text.p[at];
		size_t n = 1;

		if (escapes[c] == 'x')
			n = sw_json_sequence(text, at);
		if (n && (!escapes[c] || escapes[c] == 'x')) {
			at += n;
			continue;
		}
		sw_buf_add(buf, text.p + run, at - run);
		if (n)
			add_escape(buf, c);
		else
			sw_buf_add_cstr(buf, "\xef\xbf\xbd");
		run = ++at;
	}
	sw_buf_add(buf, text.p + run, at - run);
}

/* The hot path of the program's replies: one reservation and one copy for a plain text. */
static void add_quoted(struct sw_json_out *out, struct sw_str text, char behind)
{
	struct sw_buf *buf = out->buf;
	size_t plain = sw_json_plain_span(text);
	char *to = sw_buf_reserve(buf, text.n + 4);
	char *from = to;

	if (out->comma)
		*to++ = ',';
	*to++ = '"';
	if (plain)
		memcpy(to, text.p, plain);
	to += plain;
	buf->n += (size_t)(to - from);
	if (plain < text.n)
		add_escaped(buf, sw_str_from(text, plain));
	sw_buf_add_char(buf, '"');
	if (behind)
		sw_buf_add_char(buf, behind);
	out->comma = !behind;
}

void sw_json_key(struct sw_json_out *out, struct sw_str name)
{
	add_quoted(out, name, ':');
}

void sw_json_plain_key(struct sw_json_out *out, const char *name)
{
	size_t n = strlen(name);
	char *at = sw_buf_reserve(out->buf, n + 4), *begin = at;
	if (out->comma)
		*at++ = ',';
	*at++ = '"';
	memcpy(at, name, n);
	at += n;
	*at++ = '"';
	*at++ = ':';
	out->buf->n += (size_t)(at - begin);
	out->comma = false;
}

void sw_json_str(struct sw_json_out *out, struct sw_str text)
{
	if (text.p)
		add_quoted(out, text, '\0');
	else
		sw_json_null(out);
}

void sw_json_int(struct sw_json_out *out, int64_t value)
{
	before_value(out);
	sw_buf_add_int(out->buf, value);
}

void sw_json_double(struct sw_json_out *out, double value)
{
	char text[40];

	if (!isfinite(value)) {
		sw_json_null(out);
		return;
	}
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	before_value(out);
	sw_buf_add_cstr(out->buf, text);
}

void sw_json_bool(struct sw_json_out *out, bool value)
{
	sw_json_raw(out, value ? SW_S("true") : SW_S("false"));
}

void sw_json_null(struct sw_json_out *out)
{
	sw_json_raw(out, SW_S("null"));
}

void sw_json_add_str(struct sw_json_out *out, const char *name, struct sw_str text)
{
	sw_json_plain_key(out, name);
	sw_json_str(out, text);
}

void sw_json_add_int(struct sw_json_out *out, const char *name, int64_t value)
{
	sw_json_plain_key(out, name);
	sw_json_int(out, value);
}

void sw_json_add_bool(struct sw_json_out *out, const char *name, bool value)
{
	sw_json_plain_key(out, name);
	sw_json_bool(out, value);
}

void sw_json_raw(struct sw_json_out *out, struct sw_str json)
{
	before_value(out);
	sw_buf_add_str(out->buf, json.p ? json : SW_S("null"));
}

static void write_children(struct sw_json_out *out, const struct sw_json *value)
{
	bool object = value->kind == SW_JSON_OBJECT;

	open_container(out, object ? '{' : '[');
	for (const struct sw_json *child = value->child; child; child = child->next) {
		if (object)
			sw_json_key(out, child->name);
		sw_json_value(out, child);
	}
	sw_buf_add_char(out->buf, object ? '}' : ']');
	out->comma = true;
}

void sw_json_value(struct sw_json_out *out, const struct sw_json *value)
{
	switch (value->kind) {
	case SW_JSON_NULL:
		sw_json_null(out);
		break;
	case SW_JSON_BOOL:
		sw_json_bool(out, value->b);
		break;
	case SW_JSON_NUMBER:
		if (value->is_int && (value->i || !signbit(value->number)))
			sw_json_int(out, value->i);
		else
			sw_json_double(out, value->number);
		break;
	case SW_JSON_STRING:
		sw_json_str(out, value->text);
		break;
	case SW_JSON_ARRAY:
	case SW_JSON_OBJECT:
		write_children(out, value);
		break;
	}
}
