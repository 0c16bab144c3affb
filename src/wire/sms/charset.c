#include "wire/sms/charset.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/utf8.h"
#include "wire/sms/gsm7.h"
#include "wire/sms/ucs2.h"

/* The last code point of the alphabets in which an octet is a code point. */
static uint32_t last_of(enum sw_charset charset)
{
	return charset == SW_CHARSET_LATIN1 ? 0xFF : 0x7F;
}

static struct sw_str decode_octets(struct sw_arena *arena, uint32_t last, struct sw_str octets)
{
	struct sw_buf out = { .arena = arena };
	sw_buf_reserve(&out, octets.n * 2 + 1);
	for (size_t i = 0; i < octets.n; i++) {
		uint32_t cp = (uint8_t)octets.p[i];
		char utf8[4];
		sw_buf_add(&out, utf8, sw_utf8_put(cp > last ? 0xFFFD : cp, utf8));
	}
	return sw_buf_str(&out);
}

static struct sw_str decode_utf8(struct sw_arena *arena, struct sw_str octets)
{
	struct sw_buf out = { .arena = arena };
	if (sw_utf8_valid(octets))
		return sw_str_dup(arena, octets);
	for (size_t at = 0; at < octets.n;) {
		char utf8[4];
		sw_buf_add(&out, utf8, sw_utf8_put(sw_utf8_next(octets, &at), utf8));
	}
	return sw_buf_str(&out);
}

static struct sw_str decode_ucs2(struct sw_arena *arena, struct sw_str octets)
{
	uint16_t *units = SW_ARENA_ARRAY(arena, uint16_t, octets.n / 2 + 1);
	sw_ucs2_from_bytes((const uint8_t *)octets.p, octets.n, units);
	return sw_ucs2_decode(arena, units, octets.n / 2);
}

struct sw_str sw_charset_decode(struct sw_arena *arena, enum sw_charset charset, struct sw_str octets)
{
	switch (charset) {
	case SW_CHARSET_GSM7:
		return sw_gsm7_decode(arena, (const uint8_t *)octets.p, octets.n);
	case SW_CHARSET_UCS2:
		return decode_ucs2(arena, octets);
	case SW_CHARSET_UTF8:
		return decode_utf8(arena, octets);
	case SW_CHARSET_LATIN1:
	case SW_CHARSET_ASCII:
		break;
	}
	return decode_octets(arena, last_of(charset), octets);
}

static int encode_octets(struct sw_arena *arena, uint32_t last, struct sw_str utf8, struct sw_str *ret)
{
	char *octets = sw_arena_bytes(arena, utf8.n + 1);
	size_t n = 0;
	for (size_t at = 0; at < utf8.n;) {
		uint32_t cp = sw_utf8_next(utf8, &at);
		if (cp > last)
			return SW_EUNSUPPORTED;
		octets[n++] = (char)cp;
	}
	*ret = (struct sw_str){ octets, n };
	return 0;
}

int sw_charset_encode(struct sw_arena *arena, enum sw_charset charset, struct sw_str utf8, struct sw_str *ret)
{
	uint16_t *units;
	uint8_t *octets;
	size_t n;
	switch (charset) {
	case SW_CHARSET_GSM7:
		if (sw_gsm7_encode(arena, utf8, &octets, &n))
			return SW_EUNSUPPORTED;
		*ret = (struct sw_str){ (char *)octets, n };
		return 0;
	case SW_CHARSET_UCS2:
		sw_ucs2_encode(arena, utf8, &units, &n);
		octets = (uint8_t *)sw_arena_bytes(arena, 2 * n + 1);
		sw_ucs2_to_bytes(units, n, octets);
		*ret = (struct sw_str){ (char *)octets, 2 * n };
		return 0;
	case SW_CHARSET_UTF8:
		*ret = utf8;
		return 0;
	case SW_CHARSET_LATIN1:
	case SW_CHARSET_ASCII:
		break;
	}
	return encode_octets(arena, last_of(charset), utf8, ret);
}
