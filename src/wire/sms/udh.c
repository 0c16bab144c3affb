#include "wire/sms/udh.h"

enum { CONCAT_8BIT = 0x00, CONCAT_16BIT = 0x08 };

static void read_concat(const uint8_t *data, bool wide, struct sw_sms_udh *udh)
{
	const uint8_t *counts = data + 1 + wide;
	if (counts[0] == 0 || counts[1] == 0 || counts[1] > counts[0])
		return;
	udh->concat = true;
	udh->wide = wide;
	udh->reference = (uint16_t)(wide ? data[0] << 8 | data[1] : data[0]);
	udh->total = counts[0];
	udh->part = counts[1];
}

int sw_sms_udh_parse(struct sw_str octets, struct sw_sms_udh *ret)
{
	const uint8_t *p = (const uint8_t *)octets.p;
	*ret = (struct sw_sms_udh){ 0 };
	if (!octets.n || (size_t)p[0] + 1 > octets.n)
		return SW_EINVAL;
	size_t end = (size_t)p[0] + 1;
	for (size_t at = 1; at < end;) {
		if (end - at < 2 || p[at + 1] > end - at - 2)
			return SW_EINVAL;
		uint8_t element = p[at], n = p[at + 1];
		bool wide = element == CONCAT_16BIT;
		if ((element == CONCAT_8BIT || wide) && n != 3 + wide)
			return SW_EINVAL;
		if (element == CONCAT_8BIT || wide)
			read_concat(p + at + 2, wide, ret); /* of several the last counts (9.2.3.24) */
		at += 2u + n;
	}
	ret->bytes = end;
	return 0;
}

size_t sw_sms_udh_write(const struct sw_sms_udh *udh, uint8_t out[7])
{
	uint8_t *p = out;
	*p++ = udh->wide ? 6 : 5;
	*p++ = udh->wide ? CONCAT_16BIT : CONCAT_8BIT;
	*p++ = udh->wide ? 4 : 3;
	if (udh->wide)
		*p++ = (uint8_t)(udh->reference >> 8);
	*p++ = (uint8_t)udh->reference;
	*p++ = udh->total;
	*p++ = udh->part;
	return (size_t)(p - out);
}
