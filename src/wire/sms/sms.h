/*
 * wire/sms/sms.h - how a text is sent as short messages: encoding, parts, smart encoding.
 *
 * One message carries 140 octets: 160 septets or 70 UCS-2 units.  A longer text is cut into parts, each with a
 * user data header in front (3GPP TS 23.040 section 9.2.3.24): 153 septets or 67 units with an 8 bit reference,
 * 152 or 66 with a 16 bit one.  Neither an escape and its character nor a surrogate pair is cut apart.
 * The number of segments (what is priced and shown) counts parts with an 8 bit reference.
 *
 * Smart encoding replaces characters that only look nicer (typographic quotes, dashes, blanks, fractions) when the
 * whole text then fits the GSM alphabet; otherwise the text is left as it is, since nothing would be won.
 *
 * Thread: any.  Everything returned lives in the arena.
 */
#ifndef SW_WIRE_SMS_SMS_H
#define SW_WIRE_SMS_SMS_H

#include "base/str.h"

enum sw_sms_encoding { SW_SMS_GSM7, SW_SMS_UCS2 };

struct sw_sms_plan {
	enum sw_sms_encoding encoding;
	unsigned segments;          /* at least 1, also for an empty text */
	size_t units;               /* septets or UCS-2 units of the whole text */
	size_t characters;          /* code points of text */
	bool smart;                 /* smart encoding changed the text */
	struct sw_str text;         /* UTF-8 as it is sent; the one given unless .smart */
	const uint8_t *septets;     /* SW_SMS_GSM7: one a byte */
	const uint16_t *ucs2_units; /* SW_SMS_UCS2 */
};

/** @param smart  replace look-alikes. @return 0, SW_EINVAL (not valid UTF-8) */
int sw_sms_plan(struct sw_arena *arena, struct sw_str utf8, bool smart, struct sw_sms_plan *ret) SW_MUST_CHECK;

/* Bytes of the concatenation header with its length byte. */
enum sw_sms_header { SW_SMS_REFERENCE_8BIT = 6, SW_SMS_REFERENCE_16BIT = 7 };

struct sw_sms_part {
	size_t at, n; /* in plan->septets or plan->ucs2_units */
};

/** The parts, in order; a text that fits one message is one part without header. @return how many */
size_t sw_sms_parts(struct sw_arena *arena, const struct sw_sms_plan *plan, enum sw_sms_header header,
		    struct sw_sms_part **ret);

/** The substitute of a character under smart encoding: "" drops it; absent when there is none. */
struct sw_str sw_sms_smart(uint32_t cp);

#endif
