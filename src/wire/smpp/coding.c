#include "wire/smpp/coding.h"

#include "base/arena.h"
#include "wire/sms/gsm7.h"

/* The first row that fits counts. Binary texts (2, 4, 0xF4) are read as Latin-1: every octet shows. */
static const struct {
	uint8_t mask, value;
	enum sw_charset charset;
} rules[] = {
	{ 0xFF, 0x01, SW_CHARSET_ASCII },
	{ 0xFF, 0x02, SW_CHARSET_LATIN1 },
	{ 0xFF, 0x03, SW_CHARSET_LATIN1 },
	{ 0xFF, 0x04, SW_CHARSET_LATIN1 },
	{ 0xFF, 0x08, SW_CHARSET_UCS2 },
	/* General data coding and message waiting of TS 23.038, sections 4 and 5: */
	{ 0xDC, 0x18, SW_CHARSET_UCS2 },
	{ 0xF0, 0xE0, SW_CHARSET_UCS2 },
	{ 0xF4, 0xF4, SW_CHARSET_LATIN1 },
	{ 0xF4, 0xF0, SW_CHARSET_GSM7 },
	{ 0xE0, 0xC0, SW_CHARSET_GSM7 },
	{ 0xDC, 0x10, SW_CHARSET_GSM7 },
	{ 0xDC, 0x14, SW_CHARSET_LATIN1 },
};

enum sw_charset sw_smpp_charset(uint8_t data_coding, enum sw_charset charset0)
{
	for (size_t i = 0; i < SW_COUNTOF(rules); i++)
		if ((data_coding & rules[i].mask) == rules[i].value)
			return rules[i].charset;
	return charset0;
}

struct sw_str sw_smpp_unpack(struct sw_arena *arena, struct sw_str octets, size_t header_bytes)
{
	unsigned fill = (unsigned)(7 - header_bytes * 8 % 7) % 7;
	size_t n = octets.n ? (octets.n * 8 - fill) / 7 : 0;
	char *septets = sw_arena_bytes(arena, n + 1);
	sw_gsm7_unpack((const uint8_t *)octets.p, n, fill, (uint8_t *)septets);
	bool padded = n && (octets.n * 8 - fill) % 7 == 0 && septets[n - 1] == '\r';
	return (struct sw_str){ septets, n - padded };
}
