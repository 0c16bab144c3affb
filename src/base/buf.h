/*
 * base/buf.h - a growing byte buffer, on the heap or in an arena.
 *
 * { 0 } is an empty heap buffer; set .arena for one whose growth lives in an arena
 * (then sw_buf_done() is not needed).  Invariant: n <= cap; p may be NULL while cap is 0.
 *
 * Thread: one at a time.  Out of memory aborts.
 */
#ifndef SW_BASE_BUF_H
#define SW_BASE_BUF_H

#include "base/str.h"

struct sw_buf {
	char *p;
	size_t n, cap;
	struct sw_arena *arena; /* borrowed; NULL: heap */
};

void sw_buf_done(struct sw_buf *buf);
/** Room for at least `more` further bytes; returns where to write them. */
char *sw_buf_reserve(struct sw_buf *buf, size_t more);
void sw_buf_add(struct sw_buf *buf, const void *bytes, size_t n);
void sw_buf_add_str(struct sw_buf *buf, struct sw_str s);
void sw_buf_add_cstr(struct sw_buf *buf, const char *cstr);
void sw_buf_add_int(struct sw_buf *buf, int64_t value);
void sw_buf_add_fmt(struct sw_buf *buf, const char *format, ...) SW_PRINTF(2, 3);

static inline void sw_buf_add_char(struct sw_buf *buf, char c)
{
	if (buf->n == buf->cap)
		sw_buf_reserve(buf, 1);
	buf->p[buf->n++] = c;
}

static inline struct sw_str sw_buf_str(const struct sw_buf *buf)
{
	return (struct sw_str){ buf->p ? buf->p : "", buf->n };
}

/** Drop the first n bytes, moving the rest down. */
void sw_buf_drop(struct sw_buf *buf, size_t n);

#endif
