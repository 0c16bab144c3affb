#include "base/utf8.h"

enum { REPLACEMENT = 0xFFFD };

/* Bytes of the sequence at s[at], decoded to *cp; 0 when it is not valid. */
static size_t decode(struct sw_str s, size_t at, uint32_t *cp)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char c = (unsigned char)s.p[at];
	if (c < 0x80) {
		*cp = c;
		return 1;
	}
	size_t n = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2;
	if (c < 0xC2 || c > 0xF4 || s.n - at < n)
		return 0;
	uint32_t value = c & (0x7Fu >> n);
	for (size_t i = 1; i < n; i++) {
		unsigned char next = (unsigned char)s.p[at + i];
		if ((next & 0xC0) != 0x80)
			return 0;
		value = value << 6 | (next & 0x3Fu);
	}
	if (value < smallest[n] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
		return 0;
	*cp = value;
	return n;
}

bool sw_utf8_valid(struct sw_str s)
{
	size_t at = 0;
	while (at < s.n) {
		uint32_t cp;
		size_t n = decode(s, at, &cp);
		if (!n)
			return false;
		at += n;
	}
	return true;
}

size_t sw_utf8_count(struct sw_str s)
{
	size_t count = 0;
	for (size_t at = 0; at < s.n; count++)
		sw_utf8_next(s, &at);
	return count;
}

uint32_t sw_utf8_next(struct sw_str s, size_t *at)
{
	uint32_t cp;
	size_t n = decode(s, *at, &cp);
	*at += n ? n : 1;
	return n ? cp : REPLACEMENT;
}

size_t sw_utf8_put(uint32_t cp, char out[4])
{
	if (cp > 0x10FFFF || (cp >= 0xD800 && cp <= 0xDFFF))
		cp = REPLACEMENT;
	if (cp < 0x80) {
		out[0] = (char)cp;
		return 1;
	}
	size_t n = cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
	for (size_t i = n - 1; i > 0; i--, cp >>= 6)
		out[i] = (char)(0x80 | (cp & 0x3F));
	out[0] = (char)((0xF00u >> n & 0xF0) | cp);
	return n;
}
