#include <stdarg.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/str.h"

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

bool sw_str_eq_nocase(struct sw_str a, struct sw_str b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	return true;
}

int sw_str_cmp(struct sw_str a, struct sw_str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n ? memcmp(a.p, b.p, n) : 0;
	return order ? order : (a.n > b.n) - (a.n < b.n);
}

bool sw_str_starts(struct sw_str s, struct sw_str prefix)
{
	return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

bool sw_str_ends(struct sw_str s, struct sw_str suffix)
{
	return s.n >= suffix.n && (suffix.n == 0 || memcmp(s.p + s.n - suffix.n, suffix.p, suffix.n) == 0);
}

struct sw_str sw_str_from(struct sw_str s, size_t from)
{
	if (from > s.n)
		from = s.n;
	return (struct sw_str){ s.p ? s.p + from : NULL, s.n - from };
}

struct sw_str sw_str_sub(struct sw_str s, size_t from, size_t n)
{
	s = sw_str_from(s, from);
	if (s.n > n)
		s.n = n;
	return s;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct sw_str sw_str_trim(struct sw_str s)
{
	while (s.n && is_blank(s.p[0]))
		s.p++, s.n--;
	while (s.n && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

ptrdiff_t sw_str_index(struct sw_str s, char c)
{
	const char *at = s.n ? memchr(s.p, c, s.n) : NULL;
	return at ? at - s.p : -1;
}

ptrdiff_t sw_str_find(struct sw_str s, struct sw_str needle)
{
	if (needle.n == 0)
		return 0;
	const char *at = s.n ? memmem(s.p, s.n, needle.p, needle.n) : NULL;
	return at ? at - s.p : -1;
}

struct sw_str sw_str_cut(struct sw_str *rest, char c)
{
	struct sw_str all = *rest;
	ptrdiff_t at = sw_str_index(all, c);
	if (at < 0) {
		*rest = SW_STR_NULL;
		return all;
	}
	*rest = sw_str_from(all, (size_t)at + 1);
	return sw_str_sub(all, 0, (size_t)at);
}

struct sw_str sw_str_dup(struct sw_arena *arena, struct sw_str s)
{
	return s.p ? (struct sw_str){ sw_str_cstr(arena, s), s.n } : s;
}

char *sw_str_cstr(struct sw_arena *arena, struct sw_str s)
{
	char *copy = sw_arena_bytes(arena, s.n + 1);
	if (s.n)
		memcpy(copy, s.p, s.n);
	copy[s.n] = 0;
	return copy;
}

struct sw_str sw_str_fmt(struct sw_arena *arena, const char *format, ...)
{
	char small[256];
	va_list args;
	va_start(args, format);
	int n = vsnprintf(small, sizeof(small), format, args);
	va_end(args);
	SW_BUG_ON(n < 0);
	if ((size_t)n < sizeof(small))
		return sw_str_dup(arena, (struct sw_str){ small, (size_t)n });
	char *large = sw_arena_bytes(arena, (size_t)n + 1);
	va_start(args, format);
	vsnprintf(large, (size_t)n + 1, format, args);
	va_end(args);
	return (struct sw_str){ large, (size_t)n };
}

struct sw_str sw_str_lower(struct sw_arena *arena, struct sw_str s)
{
	char *copy = sw_str_cstr(arena, s);
	for (size_t i = 0; i < s.n; i++)
		copy[i] = lower(copy[i]);
	return (struct sw_str){ copy, s.n };
}
