/*
 * core/money/country.h - the countries there are, sorted by their letters (ISO 3166).
 *
 * Those with a numbering plan of their own or a part in one (wire/phone).  Thread: any.
 */
#ifndef SW_CORE_MONEY_COUNTRY_H
#define SW_CORE_MONEY_COUNTRY_H

#include "base/str.h"

struct sw_country {
	char code[3];
	const char *name;
	int calling_code; /* ITU-T E.164 */
};

extern const struct sw_country sw_countries[];
extern const size_t sw_countries_n;

/** By its two capital letters. @return NULL when there is none */
const struct sw_country *sw_country_find(struct sw_str code);

#endif
