/* Members of an object that we wrote ourselves, without decoding them. */
#include "wire/json/json.h"

/* Behind the string that begins at s[0]; 0 when it does not end. */
static size_t string_end(struct sw_str s)
{
	for (size_t at = 1; at < s.n; at++) {
		const char *quote = memchr(s.p + at, '"', s.n - at);
		if (!quote)
			return 0;
		size_t end = (size_t)(quote - s.p), slashes = 0;
		while (s.p[end - 1 - slashes] == '\\')
			slashes++;
		if (slashes % 2 == 0)
			return end + 1;
		at = end;
	}
	return 0;
}

/* Behind the value that begins at s[0]; 0 when it does not end. */
static size_t value_end(struct sw_str s)
{
	size_t depth = 0;
	for (size_t at = 0; at < s.n;) {
		char c = s.p[at];
		if (c == '"') {
			size_t n = string_end(sw_str_from(s, at));
			if (!n)
				return 0;
			at += n;
			if (depth == 0)
				return at;
			continue;
		}
		if (depth == 0 && (c == ',' || c == '}'))
			return at;
		depth += c == '{' || c == '[';
		depth -= c == '}' || c == ']';
		at++;
		if (depth == 0 && (c == '}' || c == ']'))
			return at;
	}
	return 0;
}

bool sw_json_next_member(struct sw_str *rest, struct sw_str *ret_name, struct sw_str *ret_raw)
{
	struct sw_str s = sw_str_from(*rest, 1); /* behind '{' or ',' */
	if (s.n == 0 || s.p[0] != '"')
		return false;
	size_t name = string_end(s);
	if (!name || name >= s.n || s.p[name] != ':')
		return false;
	struct sw_str value = sw_str_from(s, name + 1);
	size_t end = value_end(value);
	if (!end)
		return false;
	*ret_name = sw_str_sub(s, 1, name - 2);
	*ret_raw = sw_str_sub(value, 0, end);
	*rest = sw_str_from(value, end);
	return true;
}
