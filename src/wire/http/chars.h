/*
 * wire/http/chars.h - character classes of HTTP/1.1 (RFC 9110 section 5.6, RFC 9112), for this room only.
 */
#ifndef SW_WIRE_HTTP_CHARS_H
#define SW_WIRE_HTTP_CHARS_H

#include "base/str.h"

enum {
	SW_HTTP_TCHAR = 1,  /* of a token: methods, field names */
	SW_HTTP_VALUE = 2,  /* of a field value: visible, blank, tab, obs-text */
	SW_HTTP_TARGET = 4, /* of a request target: visible ASCII but '#' */
	SW_HTTP_HOST = 8,   /* of a host with port; no sub-delims, which no real host name has */
	SW_HTTP_HEX = 16,
};

extern const uint8_t sw_http_chars[256];

/** Number of leading bytes of that class. */
static inline size_t sw_http_span(struct sw_str s, unsigned char_class)
{
	size_t n = 0;

	while (n < s.n && (sw_http_chars[(uint8_t)s.p[n]] & char_class))
		n++;
	return n;
}

#endif
