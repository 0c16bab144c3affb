/*
 * base/str.h - slices of bytes: struct sw_str {pointer, length}.
 *
 * A slice borrows its bytes: it never frees them and is not NUL-terminated.
 * p == NULL means "absent" (null in JSON, not given in a form); an empty text has
 * n == 0 and p != NULL.  Slices are passed by value.
 *
 * Thread: any.  Errors: none, but where a function says so.
 */
#ifndef SW_BASE_STR_H
#define SW_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/err.h"

struct sw_arena;

struct sw_str {
	const char *p;
	size_t n; /* bytes */
};

/* Several slices, e.g. a repeated parameter. */
struct sw_strs {
	struct sw_str *v;
	size_t n;
};

/* A slice of a string literal (constant expression, usable in tables). */
#define SW_S(literal) ((struct sw_str){ "" literal, sizeof(literal) - 1 })
#define SW_STR_NULL ((struct sw_str){ NULL, 0 })
/* printf: "%.*s", SW_FMT(str) */
#define SW_FMT(str) ((int)(str).n), ((str).p ? (str).p : "")

static inline struct sw_str sw_str_of(const char *cstr)
{
	return (struct sw_str){ cstr, cstr ? strlen(cstr) : 0 };
}

static inline bool sw_str_eq(struct sw_str a, struct sw_str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* Most comparisons are with names of a table and end at the first byte. */
static inline bool sw_str_is(struct sw_str a, const char *cstr)
{
	if (a.n && a.p[0] != cstr[0])
		return false;
	return a.p && sw_str_eq(a, sw_str_of(cstr));
}

/** ASCII case is ignored. */
bool sw_str_eq_nocase(struct sw_str a, struct sw_str b);
/** memcmp order, then shorter first; <0, 0, >0. */
int sw_str_cmp(struct sw_str a, struct sw_str b);
bool sw_str_starts(struct sw_str s, struct sw_str prefix);
bool sw_str_ends(struct sw_str s, struct sw_str suffix);
/** Bytes from..end; from past the end gives an empty slice. */
struct sw_str sw_str_from(struct sw_str s, size_t from);
/** At most n bytes starting at from. */
struct sw_str sw_str_sub(struct sw_str s, size_t from, size_t n);
/** Without spaces, tabs, CR and LF at both ends. */
struct sw_str sw_str_trim(struct sw_str s);
/** Index of the first c, or -1. */
ptrdiff_t sw_str_index(struct sw_str s, char c);
/** Index of the first needle, or -1; an empty needle is at 0. */
ptrdiff_t sw_str_find(struct sw_str s, struct sw_str needle);
/**
 * Cut at the first c: returns what stands before and moves *rest behind it.
 * Without c, returns all and leaves *rest absent (p == NULL).
 */
struct sw_str sw_str_cut(struct sw_str *rest, char c);

/** Copy into the arena, with a NUL behind (not counted); absent stays absent. */
struct sw_str sw_str_dup(struct sw_arena *arena, struct sw_str s);
/** NUL-terminated copy in the arena; absent gives "". */
char *sw_str_cstr(struct sw_arena *arena, struct sw_str s);
/** Formatted text in the arena. */
struct sw_str sw_str_fmt(struct sw_arena *arena, const char *format, ...) SW_PRINTF(2, 3);
/** ASCII lower case copy in the arena. */
struct sw_str sw_str_lower(struct sw_arena *arena, struct sw_str s);

#endif
