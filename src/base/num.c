#include "base/num.h"

enum { PLACES = 6 };

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

int sw_num_parse(struct sw_str text, int64_t *ret)
{
	bool negative = text.n && text.p[0] == '-';
	struct sw_str digits = sw_str_from(text, negative);
	if (digits.n == 0)
		return SW_EINVAL;
	int64_t value = 0;
	bool over = false;
	for (size_t i = 0; i < digits.n; i++) {
		if (!is_digit(digits.p[i]))
			return SW_EINVAL;
		/* counted downwards, because the smallest number has no positive twin */
		over |= __builtin_mul_overflow(value, 10, &value) ||
			__builtin_sub_overflow(value, digits.p[i] - '0', &value);
	}
	if (!negative)
		over |= __builtin_mul_overflow(value, -1, &value);
	if (over)
		return SW_ELIMIT;
	*ret = value;
	return 0;
}

static int hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int sw_num_parse_hex(struct sw_str text, uint64_t *ret)
{
	if (text.n == 0)
		return SW_EINVAL;
	uint64_t value = 0;
	for (size_t i = 0; i < text.n; i++) {
		int digit = hex_digit(text.p[i]);
		if (digit < 0)
			return SW_EINVAL;
		value = value << 4 | (uint64_t)digit;
	}
	if (text.n > 16)
		return SW_ELIMIT;
	*ret = value;
	return 0;
}

int sw_micros_parse(struct sw_str text, int64_t *ret)
{
	bool negative = text.n && text.p[0] == '-';
	struct sw_str fraction = sw_str_from(text, negative);
	struct sw_str whole = sw_str_cut(&fraction, '.');
	if (whole.n == 0 || !is_digit(whole.p[0]) || (fraction.p && fraction.n == 0))
		return SW_EINVAL;
	if (fraction.n > PLACES)
		return SW_ELIMIT;
	int64_t units, micros = 0;
	int err = sw_num_parse(whole, &units);
	if (err)
		return err;
	for (size_t i = 0; i < PLACES; i++) {
		if (i < fraction.n && !is_digit(fraction.p[i]))
			return SW_EINVAL;
		micros = micros * 10 + (i < fraction.n ? fraction.p[i] - '0' : 0);
	}
	int64_t value;
	if (__builtin_mul_overflow(units, 1000000, &value) || __builtin_add_overflow(value, micros, &value))
		return SW_ELIMIT;
	*ret = negative ? -value : value;
	return 0;
}

struct sw_str sw_num_format(int64_t value, char buf[24])
{
	char *end = buf + 24, *at = end;
	uint64_t left = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
	do {
		*--at = (char)('0' + left % 10);
		left /= 10;
	} while (left);
	if (value < 0)
		*--at = '-';
	return (struct sw_str){ at, (size_t)(end - at) };
}

struct sw_str sw_micros_format(int64_t micros, unsigned min_places, char buf[32])
{
	uint64_t left = micros < 0 ? 0 - (uint64_t)micros : (uint64_t)micros;
	unsigned places = PLACES;
	uint64_t fraction = left % 1000000, whole = left / 1000000;
	while (places > min_places && fraction % 10 == 0) {
		fraction /= 10;
		places--;
	}
	char *end = buf + 32, *at = end;
	for (unsigned i = 0; i < places; i++, fraction /= 10)
		*--at = (char)('0' + fraction % 10);
	if (places)
		*--at = '.';
	do {
		*--at = (char)('0' + whole % 10);
		whole /= 10;
	} while (whole);
	if (micros < 0)
		*--at = '-';
	return (struct sw_str){ at, (size_t)(end - at) };
}
