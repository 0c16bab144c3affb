#include "base/arena.h"
#include "base/buf.h"
#include "base/utf8.h"
#include "wire/sms/ucs2.h"

void sw_ucs2_encode(struct sw_arena *arena, struct sw_str utf8, uint16_t **ret, size_t *ret_n)
{
	uint16_t *units = SW_ARENA_ARRAY(arena, uint16_t, utf8.n + 1);
	size_t n = 0;

	for (size_t at = 0; at < utf8.n;) {
		uint32_t cp = sw_utf8_next(utf8, &at);

		if (cp < 0x10000) {
			units[n++] = (uint16_t)cp;
			continue;
		}
		cp -= 0x10000;
		units[n++] = (uint16_t)(0xD800 | cp >> 10);
		units[n++] = (uint16_t)(0xDC00 | (cp & 0x3FF));
	}
	*ret = units;
	*ret_n = n;
}

struct sw_str sw_ucs2_decode(struct sw_arena *arena, const uint16_t *units, size_t n)
{
	struct sw_buf out = { .arena = arena };

	sw_buf_reserve(&out, n + 1);
	for (size_t i = 0; i < n; i++) {
		uint32_t cp = units[i];
		char utf8[4];

		if (cp >> 10 == 0xD800 >> 10 && i + 1 < n && units[i + 1] >> 10 == 0xDC00 >> 10)
			cp = 0x10000 + ((cp & 0x3FF) << 10 | (units[++i] & 0x3FFu));
		sw_buf_add(&out, utf8, sw_utf8_put(cp, utf8)); /* a lone surrogate is put as U+FFFD */
	}
	return sw_buf_str(&out);
}

void sw_ucs2_to_bytes(const uint16_t *units, size_t n, uint8_t *out)
{
	for (size_t i = 0; i < n; i++) {
		out[2 * i] = (uint8_t)(units[i] >> 8);
		out[2 * i + 1] = (uint8_t)units[i];
	}
}

void sw_ucs2_from_bytes(const uint8_t *bytes, size_t n, uint16_t *out)
{
	for (size_t i = 0; i < n / 2; i++)
		out[i] = (uint16_t)(bytes[2 * i] << 8 | bytes[2 * i + 1]);
}
