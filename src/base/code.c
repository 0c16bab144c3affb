/* Hex and base64 (RFC 4648). */
#include "base/arena.h"
#include "base/hash.h"

static const char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void sw_hex_encode(const void *bytes, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *in = bytes;
	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[in[i] >> 4];
		out[2 * i + 1] = digits[in[i] & 15];
	}
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 32);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int sw_hex_decode(struct sw_str hex, void *out, size_t n)
{
	if (hex.n != 2 * n)
		return SW_EINVAL;
	for (size_t i = 0; i < hex.n; i++)
		if (hex_value(hex.p[i]) < 0)
			return SW_EINVAL;
	for (size_t i = 0; i < n; i++)
		((uint8_t *)out)[i] = (uint8_t)(hex_value(hex.p[2 * i]) << 4 | hex_value(hex.p[2 * i + 1]));
	return 0;
}

struct sw_str sw_base64_encode(struct sw_arena *arena, struct sw_str data)
{
	size_t n = (data.n + 2) / 3 * 4;
	char *out = sw_arena_bytes(arena, n + 1);
	const uint8_t *in = (const uint8_t *)data.p;
	for (size_t i = 0, k = 0; i < data.n; i += 3, k += 4) {
		size_t have = data.n - i;
		uint32_t word =
			(uint32_t)in[i] << 16 | (have > 1 ? (uint32_t)in[i + 1] << 8 : 0) | (have > 2 ? in[i + 2] : 0);
		for (size_t d = 0; d < 4; d++)
			out[k + d] = d <= have ? base64_digits[word >> (18 - 6 * d) & 63] : '=';
	}
	out[n] = 0;
	return (struct sw_str){ out, n };
}

static int base64_value(char c)
{
	const char *at = c ? strchr(base64_digits, c) : NULL;
	return at ? (int)(at - base64_digits) : -1;
}

int sw_base64_decode(struct sw_arena *arena, struct sw_str text, struct sw_str *ret)
{
	if (text.n % 4)
		return SW_EINVAL;
	size_t pad = text.n && text.p[text.n - 1] == '=' ? 1 + (text.p[text.n - 2] == '=') : 0;
	char *out = sw_arena_bytes(arena, text.n / 4 * 3 + 1);
	size_t n = 0;
	for (size_t i = 0; i < text.n; i += 4) {
		uint32_t word = 0;
		size_t digits = i + 4 == text.n ? 4 - pad : 4;
		for (size_t d = 0; d < 4; d++) {
			int value = d < digits ? base64_value(text.p[i + d]) : 0;
			if (value < 0)
				return SW_EINVAL;
			word = word << 6 | (uint32_t)value;
		}
		if ((digits == 2 && word & 0xffff) || (digits == 3 && word & 0xff))
			return SW_EINVAL; /* bits behind the last byte: another text for the same bytes */
		for (size_t b = 0; b + 1 < digits; b++)
			out[n++] = (char)(word >> (16 - 8 * b));
	}
	*ret = (struct sw_str){ out, n };
	return 0;
}
