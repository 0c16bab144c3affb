/*
 * base/id.h - 16 raw bytes that name one thing: a SID without its two letters.
 * Meaning and layout are in core/sid.h; rooms below core only carry them.
 */
#ifndef SW_BASE_ID_H
#define SW_BASE_ID_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct sw_id {
	uint8_t b[16];
};

static inline bool sw_id_eq(struct sw_id a, struct sw_id b)
{
	return memcmp(a.b, b.b, 16) == 0;
}

static inline bool sw_id_is_zero(struct sw_id a)
{
	static const struct sw_id zero;
	return memcmp(a.b, zero.b, 16) == 0;
}

#endif
