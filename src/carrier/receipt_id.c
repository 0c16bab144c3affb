/* One id, written in the ways that networks write it. */
#include "carrier/carrier_impl.h"

#include <inttypes.h>
#include <stdio.h>

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

int sw_receipt_id(struct sw_str id, char ret[SW_CARRIER_ID_MAX])
{
	while (id.n > 1 && id.p[0] == '0')
		id = sw_str_from(id, 1);
	if (id.n == 0 || id.n >= SW_CARRIER_ID_MAX)
		return SW_EINVAL;
	for (size_t i = 0; i < id.n; i++)
		ret[i] = lower(id.p[i]);
	ret[id.n] = 0;
	return 0;
}

static int digit_of(char c, unsigned base)
{
	int value = c >= '0' && c <= '9' ? c - '0' : lower(c) >= 'a' && lower(c) <= 'f' ? lower(c) - 'a' + 10 : -1;
	return value >= 0 && (unsigned)value < base ? value : -1;
}

static int parse(struct sw_str id, unsigned base, uint64_t *ret)
{
	uint64_t value = 0;
	if (id.n == 0)
		return SW_EINVAL;
	for (size_t i = 0; i < id.n; i++) {
		int digit = digit_of(id.p[i], base);
		if (digit < 0 || __builtin_mul_overflow(value, base, &value) ||
		    __builtin_add_overflow(value, (unsigned)digit, &value))
			return SW_EINVAL;
	}
	*ret = value;
	return 0;
}

int sw_receipt_id_as(struct sw_str id, enum id_form form, char ret[SW_CARRIER_ID_MAX])
{
	uint64_t value;
	if (form == ID_TEXT)
		return sw_receipt_id(id, ret);
	if (parse(id, form == ID_HEX ? 16 : 10, &value))
		return SW_EINVAL;
	snprintf(ret, SW_CARRIER_ID_MAX, form == ID_HEX ? "%" PRIu64 : "%" PRIx64, value);
	return 0;
}

struct sw_str sw_receipt_digits(struct sw_str address, char ret[32])
{
	size_t n = 0;
	for (size_t i = 0; i < address.n && n < 31; i++)
		if (address.p[i] != '+' && address.p[i] != ' ')
			ret[n++] = lower(address.p[i]);
	ret[n] = 0;
	return (struct sw_str){ ret, n };
}
