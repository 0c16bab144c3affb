/*
 * wire/sms/udh.h - the user data header of a short message (3GPP TS 23.040 section 9.2.3.24).
 *
 * Of its information elements only the concatenation is read (0x00 with an 8 bit reference, 0x08 with 16); others
 * (ports, special messages) are skipped.  A concatenation whose numbers cannot be is ignored, as the standard says.
 * Thread: any.
 */
#ifndef SW_WIRE_SMS_UDH_H
#define SW_WIRE_SMS_UDH_H

#include "base/str.h"

struct sw_sms_udh {
	size_t bytes; /* of the header with its length octet: the text starts behind it */
	bool concat;  /* the message is a part: */
	bool wide;    /* the reference has 16 bits */
	uint16_t reference;
	uint8_t total, part; /* part 1..total */
};

/** @return 0, SW_EINVAL (the header does not fit the octets, or an element does not fit the header) */
int sw_sms_udh_parse(struct sw_str octets, struct sw_sms_udh *ret) SW_MUST_CHECK;
/** Write the concatenation header: 6 or, with a wide reference, 7 octets. @return how many */
size_t sw_sms_udh_write(const struct sw_sms_udh *udh, uint8_t out[7]);

#endif
