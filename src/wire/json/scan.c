#include "wire/json/scan.h"
#include "wire/json/text.h"

#define NUMBER_MAX_BYTES 60 /* libcjson cuts at 63 */

struct scan {
	struct sw_str in;
	size_t at;
	unsigned depth, nodes;
	const struct sw_json_bounds *bounds;
	const char *why;
};

static int refuse(struct scan *scan, int err, const char *why)
{
	scan->why = why;
	return err;
}

/* ---- strings ---- */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The four digits behind "\u"; -1 when they are not there. */
static int hex4(const struct scan *scan, size_t at)
{
	int value = 0;

	if (scan->in.n - at < 4)
		return -1;
	for (size_t i = 0; i < 4; i++) {
		int digit = hex_digit(scan->in.p[at + i]);

		if (digit < 0)
			return -1;
		value = value * 16 + digit;
	}
	return value;
}

/* at stands behind "\u". */
static int scan_unicode(struct scan *scan)
{
	int unit = hex4(scan, scan->at);

	if (unit < 0)
		return refuse(scan, SW_EINVAL, "\\u without four hex digits");
	if (unit == 0)
		return refuse(scan, SW_EINVAL, "\\u0000 is not taken");
	scan->at += 4;
	if (unit < 0xD800 || unit > 0xDFFF)
		return 0;
	if (unit < 0xDC00 && sw_str_starts(sw_str_from(scan->in, scan->at), SW_S("\\u"))) {
		unit = hex4(scan, scan->at + 2);
		scan->at += 6;
		if (unit >= 0xDC00 && unit <= 0xDFFF)
			return 0;
	}
	return refuse(scan, SW_EINVAL, "a lone surrogate in a string");
}

/* at stands behind the backslash. */
static int scan_escape(struct scan *scan)
{
	char c = scan->at < scan->in.n ? scan->in.p[scan->at] : '\0';

	scan->at++;
	if (c == 'u')
		return scan_unicode(scan);
	return c && strchr("\"\\/bfnrt", c) ? 0 : refuse(scan, SW_EINVAL, "an unknown escape in a string");
}

static int scan_string(struct scan *scan)
{
	int err = 0;

	for (scan->at++; !err;) {
		size_t n;
		char c;

		scan->at += sw_json_plain_span(sw_str_from(scan->in, scan->at));
		if (scan->at >= scan->in.n)
			return refuse(scan, SW_EINVAL, "a string has no end");
		c = scan->in.p[scan->at];
		n = c & 0x80 ? sw_json_sequence(scan->in, scan->at) : 1;
		scan->at += n;
		if (c == '"')
			break;
		if (c == '\\')
			err = scan_escape(scan);
		else if (n < 2)
			err = refuse(scan, SW_EINVAL, n ? "a control character in a string" : "not valid UTF-8");
	}
	return err;
}

/* ---- numbers and words ---- */

static bool skip_digits(struct scan *scan)
{
	size_t from = scan->at;

	while (scan->at < scan->in.n && scan->in.p[scan->at] >= '0' && scan->in.p[scan->at] <= '9')
		scan->at++;
	return scan->at > from;
}

static bool skip_any(struct scan *scan, const char *set)
{
	bool there = scan->at < scan->in.n && scan->in.p[scan->at] && strchr(set, scan->in.p[scan->at]);

	scan->at += there;
	return there;
}

/* [ "-" ] int [ frac ] [ exp ] */
static int scan_number(struct scan *scan)
{
	size_t from = scan->at;
	bool good;

	skip_any(scan, "-");
	good = skip_any(scan, "0") || skip_digits(scan);
	if (good && skip_any(scan, "."))
		good = skip_digits(scan);
	if (good && skip_any(scan, "eE")) {
		skip_any(scan, "+-");
		good = skip_digits(scan);
	}
	/* libcjson takes whatever strtod() would: it must see the number end where it ended here. */
	if (!good || (scan->at < scan->in.n && !strchr(" \t\r\n,]}", scan->in.p[scan->at])))
		return refuse(scan, SW_EINVAL, "a malformed number");
	if (scan->at - from > NUMBER_MAX_BYTES)
		return refuse(scan, SW_EINVAL, "a number of more than 60 characters");
	return 0;
}

static int scan_word(struct scan *scan)
{
	static const struct sw_str words[] = { { "true", 4 }, { "false", 5 }, { "null", 4 } };

	for (size_t i = 0; i < SW_COUNTOF(words); i++)
		if (sw_str_starts(sw_str_from(scan->in, scan->at), words[i])) {
			scan->at += words[i].n;
			return 0;
		}
	return refuse(scan, SW_EINVAL, "an unknown word");
}

/* ---- punctuation ---- */

static int scan_skip(struct scan *scan)
{
	scan->at++;
	return 0;
}

static int scan_open(struct scan *scan)
{
	scan->at++;
	if (++scan->depth > scan->bounds->depth)
		return refuse(scan, SW_ELIMIT, "nested too deeply");
	return 0;
}

static int scan_close(struct scan *scan)
{
	scan->at++;
	if (scan->depth == 0)
		return refuse(scan, SW_EINVAL, "a bracket closes nothing");
	scan->depth--;
	return 0;
}

/* The string before was a name, no value. */
static int scan_colon(struct scan *scan)
{
	scan->at++;
	scan->nodes -= scan->nodes > 0;
	return 0;
}

struct token {
	int (*scan)(struct scan *scan);
	bool value;
};

static const struct token tokens[256] = {
	[' '] = { scan_skip },
	['\t'] = { scan_skip },
	['\r'] = { scan_skip },
	['\n'] = { scan_skip },
	[','] = { scan_skip },
	[':'] = { scan_colon },
	['{'] = { scan_open, true },
	['['] = { scan_open, true },
	['}'] = { scan_close },
	[']'] = { scan_close },
	['"'] = { scan_string, true },
	['-'] = { scan_number, true },
	['0' ... '9'] = { scan_number, true },
	['t'] = { scan_word, true },
	['f'] = { scan_word, true },
	['n'] = { scan_word, true },
};

static int scan_all(struct scan *scan)
{
	while (scan->at < scan->in.n) {
		const struct token *token = &tokens[(uint8_t)scan->in.p[scan->at]];
		int err;

		if (!token->scan)
			return refuse(scan, SW_EINVAL, "an unexpected character");
		err = token->scan(scan);
		if (err)
			return err;
		scan->nodes += token->value;
		if (scan->nodes > scan->bounds->nodes + 1) /* one may turn out to be a name */
			return refuse(scan, SW_ELIMIT, "too many values");
	}
	if (scan->nodes > scan->bounds->nodes)
		return refuse(scan, SW_ELIMIT, "too many values");
	return scan->depth ? refuse(scan, SW_EINVAL, "a bracket is not closed") : 0;
}

int sw_json_scan(struct sw_str text, const struct sw_json_bounds *bounds, const char **ret_why)
{
	struct scan scan = { .in = text, .bounds = bounds };
	int err = scan_all(&scan);

	*ret_why = scan.why;
	return err;
}
