#include "base/test.h"
#include "wire/phone/phone.h"

static const struct {
	const char *text;
	const char *region;
	unsigned code;
	enum sw_phone_fit fit;
	enum sw_phone_type type; /* UNKNOWN: not valid */
	const char *e164;        /* NULL: as given */
} numbers[] = {
	{ "+14155552671", "US", 1, SW_PHONE_POSSIBLE, SW_PHONE_FIXED_OR_MOBILE },
	{ "+15005550006", "US", 1, SW_PHONE_POSSIBLE, SW_PHONE_PERSONAL },
	{ "+15555555555", "", 1, SW_PHONE_POSSIBLE, SW_PHONE_UNKNOWN },
	{ "+18005551212", "US", 1, SW_PHONE_POSSIBLE, SW_PHONE_TOLL_FREE },
	{ "+19005551212", "US", 1, SW_PHONE_POSSIBLE, SW_PHONE_PREMIUM },
	{ "+14165551234", "CA", 1, SW_PHONE_POSSIBLE, SW_PHONE_FIXED_OR_MOBILE },
	{ "+18765551234", "JM", 1, SW_PHONE_POSSIBLE, SW_PHONE_MOBILE },
	{ "+1415555267", "", 1, SW_PHONE_TOO_SHORT, SW_PHONE_UNKNOWN },
	{ "+141555526711", "", 1, SW_PHONE_TOO_LONG, SW_PHONE_UNKNOWN },
	{ "+447912345678", "GB", 44, SW_PHONE_POSSIBLE, SW_PHONE_MOBILE },
	{ "+447700900123", "", 44, SW_PHONE_POSSIBLE, SW_PHONE_UNKNOWN },
	{ "+442079460018", "GB", 44, SW_PHONE_POSSIBLE, SW_PHONE_FIXED_LINE },
	{ "+4407912345678", "GB", 44, SW_PHONE_POSSIBLE, SW_PHONE_MOBILE, "+447912345678" },
	{ "+44791112345", "", 44, SW_PHONE_POSSIBLE, SW_PHONE_UNKNOWN },
	{ "+447911123", "", 44, SW_PHONE_POSSIBLE, SW_PHONE_UNKNOWN },
	{ "+441481256789", "GG", 44, SW_PHONE_POSSIBLE, SW_PHONE_FIXED_LINE },
	{ "+447624412345", "IM", 44, SW_PHONE_POSSIBLE, SW_PHONE_MOBILE },
	{ "+390612345678", "IT", 39, SW_PHONE_POSSIBLE, SW_PHONE_FIXED_LINE },
	{ "+390669812345", "VA", 39, SW_PHONE_POSSIBLE, SW_PHONE_FIXED_LINE },
	{ "+393123456789", "IT", 39, SW_PHONE_POSSIBLE, SW_PHONE_MOBILE },
	{ "+22501234567", "CI", 225, SW_PHONE_TOO_SHORT, SW_PHONE_UNKNOWN },
	{ "+2250123456789", "CI", 225, SW_PHONE_POSSIBLE, SW_PHONE_MOBILE },
	{ "+525512345678", "MX", 52, SW_PHONE_POSSIBLE, SW_PHONE_FIXED_OR_MOBILE },
	{ "+5215512345678", "MX", 52, SW_PHONE_POSSIBLE, SW_PHONE_FIXED_OR_MOBILE, "+525512345678" },
	{ "+4915123456789", "DE", 49, SW_PHONE_POSSIBLE, SW_PHONE_MOBILE },
	{ "+79161234567", "RU", 7, SW_PHONE_POSSIBLE, SW_PHONE_MOBILE },
	{ "+77012345678", "KZ", 7, SW_PHONE_POSSIBLE, SW_PHONE_MOBILE },
	{ "+3581812345", "AX", 358, SW_PHONE_POSSIBLE, SW_PHONE_FIXED_LINE },
	{ "+80012345678", "001", 800, SW_PHONE_POSSIBLE, SW_PHONE_TOLL_FREE },
	{ "+979123456789", "001", 979, SW_PHONE_POSSIBLE, SW_PHONE_PREMIUM },
	{ "+870773111632", "001", 870, SW_PHONE_POSSIBLE, SW_PHONE_MOBILE },
	{ "+9991234567", "", 0, SW_PHONE_BAD_CALLING_CODE, SW_PHONE_UNKNOWN },
	{ "+2101234567", "", 0, SW_PHONE_BAD_CALLING_CODE, SW_PHONE_UNKNOWN },
	{ "+6834000", "NU", 683, SW_PHONE_POSSIBLE, SW_PHONE_FIXED_LINE },
};

SW_TEST(phone_numbers_are_known_by_their_plan)
{
	for (size_t i = 0; i < SW_COUNTOF(numbers); i++) {
		struct sw_phone phone = { 0 };
		const char *want = numbers[i].e164 ? numbers[i].e164 : numbers[i].text;

		SW_CHECK_INT(sw_phone_parse(sw_str_of(numbers[i].text), &phone), 0);
		if (strcmp(phone.region, numbers[i].region) || phone.calling_code != numbers[i].code ||
		    phone.fit != numbers[i].fit || phone.type != numbers[i].type || strcmp(phone.e164, want) ||
		    phone.possible != (phone.fit == SW_PHONE_POSSIBLE) ||
		    phone.valid != (numbers[i].type != SW_PHONE_UNKNOWN))
			sw_test_fail(__FILE__, __LINE__, "%s: region %s, code %u, fit %d, type %s, %s", numbers[i].text,
				     phone.region, phone.calling_code, (int)phone.fit, sw_phone_type_name(phone.type),
				     phone.e164);
	}
}

SW_TEST(phone_grammar_is_strict)
{
	static const struct sw_str bad[] = {
#define TEXT(literal) { "" literal, sizeof(literal) - 1 }
		TEXT(""),
		TEXT("+"),
		TEXT("14155552671"),
		TEXT("+04155552671"),
		TEXT("++14155552671"),
		TEXT("+1415555267a"),
		TEXT("+1415555 2671"),
		TEXT("+14155552671\n"),
		TEXT(" +14155552671"),
		TEXT("+14155552671\0"),
		TEXT("+123456"),
		TEXT("+1234567890123456"),
		TEXT("+1-800-FLOWERS"),
		TEXT("+14155552671;ext=5"),
		TEXT("\xef\xbc\x8b"
		     "14155552671"),
		TEXT("+\xef\xbc\x91"
		     "4155552671"),
		TEXT("whatsapp:+14155552671"),
#undef TEXT
	};
	struct sw_phone phone;

	for (size_t i = 0; i < SW_COUNTOF(bad); i++)
		if (sw_phone_parse(bad[i], &phone) != SW_EINVAL)
			sw_test_fail(__FILE__, __LINE__, "%s is taken", bad[i].p);
	SW_CHECK_INT(sw_phone_parse(SW_S("+123456789012345"), &phone), 0);
	SW_CHECK_INT(sw_phone_parse(SW_S("+1234567"), &phone), 0);
}

SW_TEST(phone_addresses_by_kind)
{
	static const struct {
		const char *text;
		enum sw_address_kind kind;
		const char *channel, *rest;
	} rows[] = {
		{ "+14155552671", SW_ADDRESS_E164, NULL, "+14155552671" },
		{ "+1415", SW_ADDRESS_BAD },
		{ "+ACME", SW_ADDRESS_BAD },
		{ "14155552671", SW_ADDRESS_BAD },
		{ "12", SW_ADDRESS_BAD },
		{ "123", SW_ADDRESS_SHORT_CODE, NULL, "123" },
		{ "12345678", SW_ADDRESS_SHORT_CODE, NULL, "12345678" },
		{ "123456789", SW_ADDRESS_BAD },
		{ "ACME", SW_ADDRESS_ALPHA, NULL, "ACME" },
		{ "My Shop 24", SW_ADDRESS_ALPHA, NULL, "My Shop 24" },
		{ "A1234567890", SW_ADDRESS_ALPHA, NULL, "A1234567890" },
		{ "A12345678901", SW_ADDRESS_BAD },
		{ "123-456", SW_ADDRESS_BAD },
		{ "caf\xc3\xa9", SW_ADDRESS_BAD },
		{ "ACME!", SW_ADDRESS_BAD },
		{ "", SW_ADDRESS_BAD },
		{ "whatsapp:+14155552671", SW_ADDRESS_CHANNEL, "whatsapp", "+14155552671" },
		{ "whatsapp:14155552671", SW_ADDRESS_BAD },
		{ "whatsapp:", SW_ADDRESS_BAD },
		{ "messenger:12345", SW_ADDRESS_CHANNEL, "messenger", "12345" },
		{ "rcs:brand_agent", SW_ADDRESS_CHANNEL, "rcs", "brand_agent" },
		{ "sip:a@b:5060", SW_ADDRESS_CHANNEL, "sip", "a@b:5060" },
		{ "client:al\nice", SW_ADDRESS_BAD },
		{ ":x", SW_ADDRESS_BAD },
		{ "What:x", SW_ADDRESS_BAD },
		{ "1x:x", SW_ADDRESS_BAD },
	};

	for (size_t i = 0; i < SW_COUNTOF(rows); i++) {
		struct sw_address address = sw_address_parse(sw_str_of(rows[i].text));

		if (address.kind != rows[i].kind)
			sw_test_fail(__FILE__, __LINE__, "%s: kind %d", rows[i].text, (int)address.kind);
		if (address.kind == SW_ADDRESS_BAD)
			continue;
		SW_CHECK_STR(address.channel, rows[i].channel);
		SW_CHECK_STR(address.rest, rows[i].rest);
	}
}
