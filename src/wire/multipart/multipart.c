#include "base/arena.h"
#include "base/utf8.h"
#include "wire/http/chars.h"
#include "wire/multipart/multipart.h"

#define BOUNDARY_MAX_BYTES 70 /* RFC 2046 section 5.1.1 */
#define PART_HEAD_MAX_BYTES 4096

/* ---- parameters of a field value ---- */

static struct sw_str skip_blanks(struct sw_str s)
{
	size_t n = 0;

	while (n < s.n && (s.p[n] == ' ' || s.p[n] == '\t'))
		n++;
	return sw_str_from(s, n);
}

/* The text behind an opening quote, unescaped; *rest moves behind the closing one. */
static int take_quoted(struct sw_arena *arena, struct sw_str *rest, struct sw_str *ret)
{
	char *out = sw_arena_bytes(arena, rest->n + 1);
	size_t n = 0;

	for (size_t i = 0; i < rest->n; i++) {
		char c = rest->p[i];

		if (c == '"') {
			*ret = (struct sw_str){ out, n };
			*rest = sw_str_from(*rest, i + 1);
			return 0;
		}
		/* Some browsers send C:\dir\file: a backslash escapes only a quote or a backslash. */
		if (c == '\\' && i + 1 < rest->n && (rest->p[i + 1] == '"' || rest->p[i + 1] == '\\'))
			c = rest->p[++i];
		out[n++] = c;
	}
	return SW_EINVAL;
}

/* ";" name "=" ( token / quoted-string ). @return 0, SW_ENOTFOUND (no more), SW_EINVAL */
static int next_param(struct sw_arena *arena, struct sw_str *rest, struct sw_str *ret_name, struct sw_str *ret_value)
{
	struct sw_str s = skip_blanks(*rest);
	size_t n;

	if (s.n == 0)
		return SW_ENOTFOUND;
	if (s.p[0] != ';')
		return SW_EINVAL;
	s = skip_blanks(sw_str_from(s, 1));
	n = sw_http_span(s, SW_HTTP_TCHAR);
	if (n == 0 || n == s.n || s.p[n] != '=')
		return SW_EINVAL;
	*ret_name = sw_str_sub(s, 0, n);
	*rest = sw_str_from(s, n + 1);
	if (rest->n && rest->p[0] == '"') {
		*rest = sw_str_from(*rest, 1);
		return take_quoted(arena, rest, ret_value);
	}
	n = sw_http_span(*rest, SW_HTTP_TCHAR);
	*ret_value = sw_str_sub(*rest, 0, n);
	*rest = sw_str_from(*rest, n);
	return n ? 0 : SW_EINVAL;
}

/* bchars of RFC 2046 section 5.1.1; no blank at the end. */
static bool is_boundary(struct sw_str s)
{
	if (s.n == 0 || s.n > BOUNDARY_MAX_BYTES || s.p[s.n - 1] == ' ')
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		char letter = c | 0x20;

		if (!(letter >= 'a' && letter <= 'z') && !(c >= '0' && c <= '9') && (!c || !strchr("'()+_,-./:=? ", c)))
			return false;
	}
	return true;
}

int sw_multipart_boundary(struct sw_arena *arena, struct sw_str content_type, struct sw_str *ret)
{
	struct sw_str rest = content_type, boundary = SW_STR_NULL;
	struct sw_str name, value;
	struct sw_str type = sw_str_trim(sw_str_cut(&rest, ';'));
	int err;

	if (!sw_str_eq_nocase(type, SW_S("multipart/form-data")))
		return SW_EUNSUPPORTED;
	rest = sw_str_from(content_type, rest.p ? (size_t)(rest.p - content_type.p) - 1 : content_type.n);
	while ((err = next_param(arena, &rest, &name, &value)) == 0) {
		if (!sw_str_eq_nocase(name, SW_S("boundary")))
			continue;
		if (boundary.p || !is_boundary(value))
			return SW_EINVAL;
		boundary = value;
	}
	if (err != SW_ENOTFOUND || !boundary.p)
		return SW_EINVAL;
	*ret = sw_str_dup(arena, boundary);
	return 0;
}

/* ---- delimiters ---- */

struct reader {
	struct sw_arena *arena;
	struct sw_str delimiter; /* with CRLF in front */
	struct sw_str rest;      /* of the body */
	bool last;               /* the delimiter passed was the closing one */
};

/* Behind a delimiter's text: "--" closes; otherwise blanks and CRLF. Anything else is no delimiter but content. */
static bool is_delimiter_end(struct sw_str s, size_t *ret_bytes, bool *ret_last)
{
	struct sw_str line;

	*ret_last = sw_str_starts(s, SW_S("--"));
	line = skip_blanks(*ret_last ? sw_str_from(s, 2) : s);
	*ret_bytes = s.n - line.n + (line.n > 0) * 2;
	return sw_str_starts(line, SW_S("\r\n")) || (*ret_last && line.n == 0);
}

/* What stands before the next delimiter, which is passed. */
static int take_until_delimiter(struct reader *reader, struct sw_str *ret)
{
	size_t from = 0;

	for (;;) {
		struct sw_str rest = sw_str_from(reader->rest, from);
		ptrdiff_t at = sw_str_find(rest, reader->delimiter);
		struct sw_str behind;
		size_t bytes;

		if (at < 0)
			return SW_EINVAL;
		behind = sw_str_from(rest, (size_t)at + reader->delimiter.n);
		if (is_delimiter_end(behind, &bytes, &reader->last)) {
			*ret = sw_str_sub(reader->rest, 0, from + (size_t)at);
			reader->rest = sw_str_from(behind, bytes);
			return 0;
		}
		from += (size_t)at + 1;
	}
}

/* The first delimiter may stand at the very start, without CRLF in front. */
static int skip_preamble(struct reader *reader)
{
	struct sw_str bare = sw_str_from(reader->delimiter, 2), preamble;
	struct sw_str behind = sw_str_from(reader->rest, bare.n);
	size_t bytes;

	if (sw_str_starts(reader->rest, bare) && is_delimiter_end(behind, &bytes, &reader->last)) {
		reader->rest = sw_str_from(behind, bytes);
		return 0;
	}
	return take_until_delimiter(reader, &preamble);
}

/* ---- parts ---- */

static int on_disposition(struct sw_arena *arena, struct sw_str value, struct sw_str *name)
{
	size_t n = sw_http_span(value, SW_HTTP_TCHAR);
	struct sw_str rest = sw_str_from(value, n), param, text;
	int err;

	if (name->p || !sw_str_eq_nocase(sw_str_sub(value, 0, n), SW_S("form-data")))
		return SW_EINVAL;
	while ((err = next_param(arena, &rest, &param, &text)) == 0) {
		if (sw_str_eq_nocase(param, SW_S("filename")) || sw_str_eq_nocase(param, SW_S("filename*")))
			return SW_EUNSUPPORTED;
		if (!sw_str_eq_nocase(param, SW_S("name")))
			continue;
		if (name->p)
			return SW_EINVAL;
		*name = text;
	}
	return err == SW_ENOTFOUND && name->p ? 0 : SW_EINVAL;
}

static int on_encoding(struct sw_arena *arena, struct sw_str value, struct sw_str *name)
{
	static const struct sw_str plain[] = { { "7bit", 4 }, { "8bit", 4 }, { "binary", 6 } };

	(void)arena;
	(void)name;
	for (size_t i = 0; i < SW_COUNTOF(plain); i++)
		if (sw_str_eq_nocase(value, plain[i]))
			return 0;
	return SW_EUNSUPPORTED;
}

static const struct {
	struct sw_str name;
	int (*on)(struct sw_arena *arena, struct sw_str value, struct sw_str *name);
} fields[] = {
	{ { "Content-Disposition", 19 }, on_disposition },
	{ { "Content-Transfer-Encoding", 25 }, on_encoding },
};

static int read_field(struct sw_arena *arena, struct sw_str line, struct sw_str *name)
{
	size_t n = sw_http_span(line, SW_HTTP_TCHAR);
	struct sw_str value = sw_str_from(line, n + 1);

	if (n == 0 || n == line.n || line.p[n] != ':' || sw_http_span(value, SW_HTTP_VALUE) != value.n)
		return SW_EINVAL;
	for (size_t i = 0; i < SW_COUNTOF(fields); i++)
		if (sw_str_eq_nocase(sw_str_sub(line, 0, n), fields[i].name))
			return fields[i].on(arena, sw_str_trim(value), name);
	return 0;
}

static bool is_text(struct sw_str s)
{
	return sw_str_index(s, '\0') < 0 && sw_utf8_valid(s);
}

static int read_part(struct reader *reader, struct sw_form_pair *ret)
{
	struct sw_str rest, name = SW_STR_NULL;
	int err = take_until_delimiter(reader, &rest);

	for (size_t head = 0; !err; head += 2) {
		ptrdiff_t end = sw_str_find(rest, SW_S("\r\n"));
		struct sw_str line = sw_str_sub(rest, 0, end < 0 ? 0 : (size_t)end);

		head += line.n;
		if (end < 0 || head > PART_HEAD_MAX_BYTES)
			return SW_EINVAL;
		rest = sw_str_from(rest, line.n + 2);
		if (line.n == 0)
			break;
		err = read_field(reader->arena, line, &name);
	}
	if (err)
		return err;
	if (!name.p || !is_text(name) || !is_text(rest))
		return SW_EINVAL;
	*ret = (struct sw_form_pair){ sw_str_dup(reader->arena, name), sw_str_dup(reader->arena, rest) };
	return 0;
}

int sw_multipart_decode(struct sw_arena *arena, struct sw_str body, struct sw_str boundary, size_t parts_max,
			struct sw_form *ret)
{
	struct reader reader = { .arena = arena, .rest = body };
	struct sw_form form = { .v = SW_ARENA_ARRAY(arena, struct sw_form_pair, parts_max) };
	int err;

	reader.delimiter = sw_str_fmt(arena, "\r\n--%.*s", SW_FMT(boundary));
	err = skip_preamble(&reader);
	while (!err && !reader.last) {
		if (form.n == parts_max)
			return SW_ELIMIT;
		err = read_part(&reader, &form.v[form.n]);
		form.n += !err;
	}
	if (!err)
		*ret = form;
	return err;
}
