/*
 * wire/phone/phone.h - phone numbers (ITU-T E.164) and the other addresses that stand in To and From.
 *
 * sw_phone_parse() takes strict E.164 only: '+', 7 to 15 digits, no leading zero.  Then tables made from
 * libphonenumber's metadata (phone_data.def, renewed by `make phone-data`) tell country, possibility, validity
 * and type.  The tables are one acyclic automaton per calling code, read-only: no start-up cost, no lock.
 *
 * Refuse only what is not `possible`: metadata ages, so a number that is possible but not valid may well exist
 * (and test numbers such as +15555555555 do not).
 *
 * Thread: any.
 */
#ifndef SW_WIRE_PHONE_PHONE_H
#define SW_WIRE_PHONE_PHONE_H

#include "base/str.h"

enum sw_phone_type {
	SW_PHONE_UNKNOWN, /* always when not valid */
	SW_PHONE_FIXED_LINE,
	SW_PHONE_MOBILE,
	SW_PHONE_FIXED_OR_MOBILE, /* the plan does not tell, as in North America */
	SW_PHONE_TOLL_FREE,
	SW_PHONE_PREMIUM,
	SW_PHONE_SHARED_COST,
	SW_PHONE_VOIP,
	SW_PHONE_PERSONAL,
	SW_PHONE_PAGER,
	SW_PHONE_UAN,
	SW_PHONE_VOICEMAIL,
	SW_PHONE_TYPES
};

/* By the number's length alone. */
enum sw_phone_fit {
	SW_PHONE_POSSIBLE,
	SW_PHONE_BAD_CALLING_CODE,
	SW_PHONE_TOO_SHORT,
	SW_PHONE_TOO_LONG,
	SW_PHONE_BAD_LENGTH
};

struct sw_phone {
	/* With '+'. A trunk prefix that does not belong there is taken out (+52 1 55... -> +5255...). */
	char e164[17];
	unsigned national_at;  /* where the national number starts in e164 */
	char region[4];        /* ISO 3166 "US"; "001" for no country (+800); "" when not known */
	unsigned calling_code; /* 0: unassigned */
	enum sw_phone_fit fit;
	bool possible; /* fit == SW_PHONE_POSSIBLE */
	bool valid;    /* in an assigned range, as of the metadata */
	enum sw_phone_type type;
};

/** @return 0 (look at .possible), SW_EINVAL (not E.164: *ret is untouched) */
int sw_phone_parse(struct sw_str text, struct sw_phone *ret) SW_MUST_CHECK;
/** "mobile", "fixed-line"...; static */
const char *sw_phone_type_name(enum sw_phone_type type);
/** Version of the metadata, e.g. "1.13.16"; static */
const char *sw_phone_data_version(void);

enum sw_address_kind {
	SW_ADDRESS_BAD,
	SW_ADDRESS_E164,       /* +14155552671 */
	SW_ADDRESS_SHORT_CODE, /* 3 to 8 digits */
	SW_ADDRESS_ALPHA,      /* sender name: at most 11 of letters, digits, blank, "+-_&.", at least one letter */
	SW_ADDRESS_CHANNEL,    /* whatsapp:+1415..., messenger:123 */
};

struct sw_address {
	enum sw_address_kind kind;
	struct sw_str channel; /* "whatsapp"; absent without one */
	struct sw_str rest;    /* behind the channel's colon, or all */
};

/** Which kind of address a text is, by its grammar alone. For whatsapp the rest must be E.164 too. */
struct sw_address sw_address_parse(struct sw_str text);

#endif
