#include "base/arena.h"
#include "base/buf.h"
#include "base/utf8.h"
#include "wire/sms/gsm7.h"
#include "wire/sms/sms.h"
#include "wire/sms/ucs2.h"

#define MESSAGE_OCTETS 140

/* Units of one encoding that fit beside a header of so many octets. */
static size_t room(enum sw_sms_encoding encoding, size_t header_octets)
{
	size_t octets = MESSAGE_OCTETS - header_octets;

	return encoding == SW_SMS_GSM7 ? octets * 8 / 7 : octets / 2;
}

/* The unit that must not be the last of a part: an escape, or the first of a surrogate pair. */
static bool leads(const struct sw_sms_plan *plan, size_t at)
{
	if (plan->encoding == SW_SMS_GSM7)
		return plan->septets[at] == SW_GSM7_ESCAPE;
	return plan->ucs2_units[at] >> 10 == 0xD800 >> 10;
}

/* parts may be NULL, to count only. */
static size_t cut(const struct sw_sms_plan *plan, size_t header_octets, struct sw_sms_part *parts)
{
	bool single = plan->units <= room(plan->encoding, 0);
	size_t max = room(plan->encoding, single ? 0 : header_octets);
	size_t n = 0, at = 0;

	do {
		size_t take = plan->units - at < max ? plan->units - at : max;

		if (at + take < plan->units && leads(plan, at + take - 1))
			take--;
		if (parts)
			parts[n] = (struct sw_sms_part){ at, take };
		at += take;
		n++;
	} while (at < plan->units);
	return n;
}

size_t sw_sms_parts(struct sw_arena *arena, const struct sw_sms_plan *plan, enum sw_sms_header header,
		    struct sw_sms_part **ret)
{
	*ret = SW_ARENA_ARRAY(arena, struct sw_sms_part, cut(plan, header, NULL));
	return cut(plan, header, *ret);
}

/* The text with every look-alike replaced; absent when a character would still be outside the GSM alphabet. */
static struct sw_str smarten(struct sw_arena *arena, struct sw_str utf8)
{
	struct sw_buf out = { .arena = arena };

	for (size_t at = 0, from = 0; at < utf8.n; from = at) {
		uint32_t cp = sw_utf8_next(utf8, &at);
		struct sw_str substitute;
		uint8_t code[2];

		if (sw_gsm7_of(cp, code)) {
			sw_buf_add_str(&out, sw_str_sub(utf8, from, at - from));
			continue;
		}
		substitute = sw_sms_smart(cp);
		if (!substitute.p)
			return SW_STR_NULL;
		sw_buf_add_str(&out, substitute);
	}
	return sw_buf_str(&out);
}

static bool try_gsm7(struct sw_arena *arena, struct sw_sms_plan *plan)
{
	uint8_t *septets;

	if (sw_gsm7_encode(arena, plan->text, &septets, &plan->units))
		return false;
	plan->encoding = SW_SMS_GSM7;
	plan->septets = septets;
	return true;
}

int sw_sms_plan(struct sw_arena *arena, struct sw_str utf8, bool smart, struct sw_sms_plan *ret)
{
	struct sw_sms_plan plan = { .text = utf8 };
	uint16_t *units;

	if (!sw_utf8_valid(utf8))
		return SW_EINVAL;
	if (!try_gsm7(arena, &plan)) {
		struct sw_str substitute = smart ? smarten(arena, utf8) : SW_STR_NULL;

		plan.smart = substitute.p != NULL;
		if (plan.smart)
			plan.text = substitute;
		if (!plan.smart || !try_gsm7(arena, &plan)) {
			sw_ucs2_encode(arena, utf8, &units, &plan.units);
			plan.encoding = SW_SMS_UCS2;
			plan.ucs2_units = units;
		}
	}
	plan.characters = sw_utf8_count(plan.text);
	plan.segments = (unsigned)cut(&plan, SW_SMS_REFERENCE_8BIT, NULL);
	*ret = plan;
	return 0;
}
