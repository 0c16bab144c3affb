#include "base/arena.h"
#include "base/utf8.h"
#include "wire/sms/gsm7.h"
#include "wire/smpp/smpp.h"

enum { TON_INTERNATIONAL = 1, TON_NETWORK = 3, TON_ALPHANUMERIC = 5, NPI_ISDN = 1 };

static bool is_digits(struct sw_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n > 0;
}

static int check_name(struct sw_str text)
{
	size_t n = 0;
	for (size_t at = 0; at < text.n; n++) {
		uint8_t code[2];
		uint32_t cp = sw_utf8_next(text, &at);
		/* Beyond ASCII an SMSC would read octets of its own alphabet; NUL ends the field. */
		if (cp < 0x20 || cp > 0x7E || !sw_gsm7_of(cp, code))
			return SW_EINVAL;
	}
	return n > 0 && n <= SW_SMPP_SENDER_MAX_CHARACTERS ? 0 : SW_EINVAL;
}

int sw_smpp_address(struct sw_str text, struct sw_smpp_address *ret)
{
	bool plus = text.n && text.p[0] == '+';
	struct sw_str digits = sw_str_from(text, plus);
	*ret = (struct sw_smpp_address){ .digits = digits };
	if (is_digits(digits)) {
		bool code = !plus && digits.n <= SW_SMPP_SHORT_CODE_MAX_DIGITS;
		ret->ton = code ? TON_NETWORK : TON_INTERNATIONAL;
		ret->npi = code ? 0 : NPI_ISDN;
		return digits.n <= 20 ? 0 : SW_EINVAL;
	}
	*ret = (struct sw_smpp_address){ .ton = TON_ALPHANUMERIC, .digits = text };
	return check_name(text);
}

struct sw_str sw_smpp_address_text(struct sw_arena *arena, uint8_t ton, struct sw_str digits)
{
	struct sw_str bare = sw_str_from(digits, digits.n && digits.p[0] == '+');
	/* Many SMSCs leave the type of number unknown: longer than any short code, it is international. */
	bool international = ton == TON_INTERNATIONAL || (ton == 0 && bare.n > SW_SMPP_SHORT_CODE_MAX_DIGITS);
	if (is_digits(bare) && (international || bare.n < digits.n))
		return sw_str_fmt(arena, "+%.*s", SW_FMT(bare));
	return sw_str_dup(arena, digits);
}
