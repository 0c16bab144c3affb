/* What a segment costs by destination, and which media a message may carry. */
#include "product/message/message.h"
#include "wire/phone/phone.h"

/* Micros of a US dollar a segment. The price book of the account replaces this table once there is one. */
/* clang-format off */
static const struct {
	const char *region;
	int64_t micros;
} prices[] = {
	{ "US", 7500 },	 { "CA", 7500 },  { "PR", 7500 },  { "GB", 40000 }, { "DE", 75000 }, { "FR", 70000 }, { "ES", 65000 },
	{ "IT", 75000 }, { "NL", 80000 }, { "IN", 40000 }, { "AU", 45000 }, { "BR", 35000 }, { "MX", 38000 }, { "JP", 70000 },
};
/* clang-format on */
enum { PRICE_ELSEWHERE = 60000, PRICE_CHANNEL = 5000 };

int64_t message_price_micros(struct sw_str to, int64_t segments)
{
	struct sw_phone phone;
	if (sw_phone_parse(to, &phone))
		return PRICE_CHANNEL; /* a channel address: by message, not by segment */
	if (phone.calling_code == 1 && !phone.region[0])
		return prices[0].micros * segments; /* North America's shared codes, such as the test numbers */
	for (size_t i = 0; i < SW_COUNTOF(prices); i++)
		if (strcmp(prices[i].region, phone.region) == 0)
			return prices[i].micros * segments;
	return PRICE_ELSEWHERE * segments;
}

/* clang-format off */
static const struct {
	const char *type; /* a family ends with '/' */
	int64_t max_bytes;
} media_types[] = {
	{ "image/svg+xml", 0 }, /* runs scripts where it is shown */
	{ "image/jpeg", 5000000 }, { "image/png", 5000000 }, { "image/gif", 5000000 }, { "image/", 500000 },
	{ "audio/", 500000 },	   { "video/", 500000 },     { "text/vcard", 500000 }, { "text/x-vcard", 500000 },
	{ "text/csv", 500000 },	   { "text/rtf", 500000 },   { "text/calendar", 500000 }, { "application/pdf", 500000 },
};
/* clang-format on */

int64_t message_media_max_bytes(struct sw_str content_type)
{
	struct sw_str rest = content_type, type = sw_str_trim(sw_str_cut(&rest, ';'));
	for (size_t i = 0; i < SW_COUNTOF(media_types); i++) {
		struct sw_str known = sw_str_of(media_types[i].type);
		bool family = known.p[known.n - 1] == '/';
		if (family ? sw_str_eq_nocase(sw_str_sub(type, 0, known.n), known) : sw_str_eq_nocase(type, known))
			return media_types[i].max_bytes;
	}
	return 0;
}
