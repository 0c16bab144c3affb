#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/num.h"

void sw_buf_done(struct sw_buf *buf)
{
	if (!buf->arena)
		free(buf->p);
	*buf = (struct sw_buf){ .arena = buf->arena };
}

char *sw_buf_reserve(struct sw_buf *buf, size_t more)
{
	if (buf->cap - buf->n >= more)
		return buf->p + buf->n;
	size_t cap = buf->cap ? buf->cap * 2 : 256;
	while (cap - buf->n < more)
		cap *= 2;
	if (buf->arena) {
		char *p = sw_arena_bytes(buf->arena, cap);
		if (buf->n)
			memcpy(p, buf->p, buf->n);
		buf->p = p;
	} else {
		buf->p = realloc(buf->p, cap);
		if (!buf->p)
			abort();
	}
	buf->cap = cap;
	return buf->p + buf->n;
}

void sw_buf_add(struct sw_buf *buf, const void *bytes, size_t n)
{
	if (n == 0)
		return;
	memcpy(sw_buf_reserve(buf, n), bytes, n);
	buf->n += n;
}

void sw_buf_add_str(struct sw_buf *buf, struct sw_str s)
{
	sw_buf_add(buf, s.p, s.n);
}

void sw_buf_add_cstr(struct sw_buf *buf, const char *cstr)
{
	sw_buf_add(buf, cstr, strlen(cstr));
}

void sw_buf_add_int(struct sw_buf *buf, int64_t value)
{
	char text[24];
	sw_buf_add_str(buf, sw_num_format(value, text));
}

void sw_buf_add_fmt(struct sw_buf *buf, const char *format, ...)
{
	va_list args;
	SW_BUG_ON(!format); /* also tells gcc's sanitizers, which else see a path with none */
	va_start(args, format);
	int n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	SW_BUG_ON(n < 0);
	char *at = sw_buf_reserve(buf, (size_t)n + 1);
	va_start(args, format);
	vsnprintf(at, (size_t)n + 1, format, args);
	va_end(args);
	buf->n += (size_t)n;
}

void sw_buf_drop(struct sw_buf *buf, size_t n)
{
	SW_BUG_ON(n > buf->n);
	buf->n -= n;
	if (buf->n)
		memmove(buf->p, buf->p + n, buf->n);
}
