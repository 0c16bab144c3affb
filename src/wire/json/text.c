#include "base/utf8.h"
#include "wire/json/text.h"

/* True when one of eight bytes is not plain: below 0x20, '"', '\\' or above 0x7f. May also be true without need. */
static bool eight_need_care(const char *p)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), highs = ones * 0x80;
	uint64_t x, quote, backslash;

	memcpy(&x, p, sizeof(x));
	quote = x ^ ones * '"';
	backslash = x ^ ones * '\\';
	return (x | (x - ones * 0x20) | (quote - ones) | (backslash - ones)) & highs;
}

size_t sw_json_plain_span(struct sw_str text)
{
	size_t n = 0;

	while (text.n - n >= 8 && !eight_need_care(text.p + n))
		n += 8;
	while (n < text.n && (uint8_t)text.p[n] >= 0x20 && (uint8_t)text.p[n] < 0x80 && text.p[n] != '"' &&
	       text.p[n] != '\\')
		n++;
	return n;
}

size_t sw_json_sequence(struct sw_str text, size_t at)
{
	size_t end = at;

	/* U+FFFD stands for a bad byte, and is three bytes long when it was sent itself. */
	if (sw_utf8_next(text, &end) == 0xFFFD && end - at == 1)
		return 0;
	return end - at;
}
