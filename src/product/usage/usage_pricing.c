/* The contract's Pricing API: what the price book asks of this account now. */
#include "product/usage/usage.h"

#include "core/money/country.h"
#include "core/money/price.h"
#include "base/num.h"
#include "loop/clock.h"
#include "loop/task.h"

enum { PRODUCTS_MAX = 4, CARRIERS_MAX = 50 };

struct country {
	struct sw_str country, iso_country, price_unit;
	struct sw_str number, destination_number, origination_number;
	struct sw_str inbound, outbound; /* JSON, called differently by each product */
};

/* One of the contract's families: whose prices, and what is written. */
struct family {
	const char *products[PRODUCTS_MAX]; /* a country is listed when one of them has a price there */
	void (*write)(struct sw_call *c, const struct sw_price_book *book, const struct sw_country *country,
		      struct country *ret);
};

/* clang-format off */
#define N struct country
#define NAME { .name = "country", .doc = "Name of the country.", .type = SW_STR, SW_TEXT_AT(N, country) }
#define CODE { .name = "iso_country", .doc = "Its two letters, ISO 3166.", .type = SW_STR, SW_TEXT_AT(N, iso_country) }
#define UNIT { .name = "price_unit", .doc = "Currency of the prices.", .type = SW_STR, SW_TEXT_AT(N, price_unit) }
#define URL(path) { .name = "url", .doc = "Where it is.", .type = SW_PATTERN, .pattern = path }
#define JSON(name_, doc_, at) { .name = name_, .doc = doc_, .type = SW_JSON, SW_TEXT_AT(N, at) }
#define LIST_FIELDS(table, path) static const struct sw_field table[] = { NAME, CODE, URL(path "/{iso_country}"), { 0 } }
#define COUNTRY_FIELDS(table, path, in, out) \
	static const struct sw_field table[] = { NAME, CODE, UNIT, URL(path "/{iso_country}"), JSON(in, "Prices of what comes in, by type of number.", inbound), JSON(out, "Prices of what goes out.", outbound), { 0 } }

LIST_FIELDS(messaging_list, "/v1/Messaging/Countries");
LIST_FIELDS(number_list, "/v1/PhoneNumbers/Countries");
LIST_FIELDS(voice1_list, "/v1/Voice/Countries");
LIST_FIELDS(voice2_list, "/v2/Voice/Countries");
LIST_FIELDS(trunking_list, "/v2/Trunking/Countries");
COUNTRY_FIELDS(messaging_fields, "/v1/Messaging/Countries", "inbound_sms_prices", "outbound_sms_prices");
COUNTRY_FIELDS(voice1_fields, "/v1/Voice/Countries", "inbound_call_prices", "outbound_prefix_prices");
COUNTRY_FIELDS(voice2_fields, "/v2/Voice/Countries", "inbound_call_prices", "outbound_prefix_prices");
COUNTRY_FIELDS(trunking_fields, "/v2/Trunking/Countries", "originating_call_prices", "terminating_prefix_prices");
static const struct sw_field number_fields[] = { NAME, CODE, UNIT, URL("/v1/PhoneNumbers/Countries/{iso_country}"), JSON("phone_number_prices", "Prices a month, by type of number.", outbound), { 0 } };

#define DESTINATION \
	{ .name = "destination_number", .doc = "The number called.", .type = SW_STR, SW_TEXT_AT(N, destination_number) }, \
	{ .name = "origination_number", .doc = "The number calling.", .type = SW_STR, SW_TEXT_AT(N, origination_number) }
static const struct sw_field voice1_number[] = { NAME, CODE, UNIT, { .name = "number", .doc = "The number called.", .type = SW_STR, SW_TEXT_AT(N, number) }, JSON("inbound_call_price", "Price of being called there; for numbers of one's own only.", inbound), JSON("outbound_call_price", "Price of a minute to it.", outbound), URL("/v1/Voice/Numbers/{number}"), { 0 } };
static const struct sw_field voice2_number[] = { NAME, CODE, UNIT, DESTINATION, JSON("inbound_call_price", "Price of being called there; for numbers of one's own only.", inbound), JSON("outbound_call_prices", "Prices of a minute to it.", outbound), URL("/v2/Voice/Numbers/{destination_number}"), { 0 } };
static const struct sw_field trunking_number[] = { NAME, CODE, UNIT, DESTINATION, JSON("originating_call_price", "Price of being called there; for numbers of one's own only.", inbound), JSON("terminating_prefix_prices", "Prices of a minute to it.", outbound), URL("/v2/Trunking/Numbers/{destination_number}"), { 0 } };

static const struct sw_field country_params[] = {
	{ .name = "iso_country", .doc = "Two letters, ISO 3166.", .type = SW_STR, .flags = SW_PATH, .max = 2, SW_TEXT_AT(N, iso_country), .example = "US" },
	{ 0 },
};
static const struct sw_field number1_params[] = {
	{ .name = "number", .doc = "The number called, E.164.", .type = SW_PHONE, .flags = SW_PATH, SW_TEXT_AT(N, number), .example = "+14155552671" },
	{ 0 },
};
static const struct sw_field number2_params[] = {
	{ .name = "destination_number", .doc = "The number called, E.164.", .type = SW_PHONE, .flags = SW_PATH, SW_TEXT_AT(N, destination_number), .example = "+14155552671" },
	{ .name = "origination_number", .doc = "The number calling, E.164; prices do not depend on it.", .type = SW_PHONE, .flags = SW_QUERY, SW_TEXT_AT(N, origination_number) },
	{ 0 },
};
static const struct sw_field no_params[] = { { 0 } };
/* clang-format on */

/* ---- quotes ---- */

/* What everybody is asked, and what this account is. */
struct quote {
	const struct sw_price *base, *current;
};

static struct quote quote(struct sw_call *c, const struct sw_price_book *book, const char *product,
			  const struct sw_country *country, const char *direction, struct sw_str carrier)
{
	struct sw_price_query query = {
		.product = sw_str_of(product),
		.country = sw_str_of(country->code),
		.carrier = carrier,
		.direction = sw_str_of(direction),
		.at_us = sw_wall_us(),
	};
	struct quote quote = { .base = sw_price_book_find(book, &query) };
	query.payer = c->account->owner.id;
	quote.current = sw_price_book_find(book, &query);
	return quote;
}

static void write_price(struct sw_json_out *out, const char *name, const struct sw_price *price, bool free)
{
	char text[32];
	sw_json_add_str(out, name, price || free ? sw_micros_format(price ? price->micros : 0, 3, text) : SW_STR_NULL);
}

/* free: what has no price costs nothing, rather than not being offered */
static void write_quote(struct sw_json_out *out, const struct quote *quote, bool free)
{
	write_price(out, "base_price", quote->base, free);
	write_price(out, "current_price", quote->current, free);
}

static void write_typed(struct sw_json_out *out, const struct quote *quote, const char *number_type, bool free)
{
	if (!quote->current && !free)
		return;
	sw_json_object(out);
	write_quote(out, quote, free);
	sw_json_add_str(out, "number_type", sw_str_of(number_type));
	sw_json_end_object(out);
}

static void write_nothing(struct sw_json_out *out)
{
	static const struct quote none = { 0 };
	sw_json_object(out);
	write_quote(out, &none, false);
	sw_json_add_str(out, "number_type", SW_STR_NULL);
	sw_json_end_object(out);
}

static void write_list(struct sw_json_out *out, const char *name, const char *text)
{
	sw_json_key(out, sw_str_of(name));
	sw_json_array(out);
	sw_json_str(out, sw_str_of(text));
	sw_json_end_array(out);
}

static const char *prefix_of(struct sw_call *c, const struct sw_country *country)
{
	return sw_str_fmt(c->arena, "%d", country->calling_code).p;
}

/* ---- families ---- */

/* Carriers that rows name, each once; the list ends with any other. */
static size_t find_carriers(const struct sw_price_book *book, const char *product, struct sw_str *ret)
{
	const struct sw_price *rows;
	size_t n = 0, all = sw_price_book_rows(book, &rows);
	for (size_t i = 0; i < all && n < CARRIERS_MAX; i++) {
		bool is_new = rows[i].carrier.n && sw_str_is(rows[i].product, product);
		for (size_t k = 0; k < n && is_new; k++)
			is_new = !sw_str_eq(ret[k], rows[i].carrier);
		if (is_new)
			ret[n++] = rows[i].carrier;
	}
	ret[n++] = SW_STR_NULL;
	return n;
}

static void write_messaging(struct sw_call *c, const struct sw_price_book *book, const struct sw_country *country,
			    struct country *ret)
{
	struct sw_str carriers[CARRIERS_MAX + 1];
	size_t n = find_carriers(book, "sms", carriers);
	struct sw_buf in = { .arena = c->arena }, text = { .arena = c->arena };
	struct sw_json_out out = { .buf = &text }, inbound = { .buf = &in };
	const struct quote received = quote(c, book, "sms", country, "inbound", SW_STR_NULL);
	sw_json_array(&inbound);
	write_typed(&inbound, &received, "local", true);
	write_typed(&inbound, &received, "mobile", true);
	write_typed(&inbound, &received, "toll free", true);
	sw_json_end_array(&inbound);
	sw_json_array(&out);
	for (size_t i = 0; i < n; i++) {
		const struct quote sent = quote(c, book, "sms", country, "outbound", carriers[i]);
		sw_json_object(&out);
		sw_json_add_str(&out, "carrier", carriers[i].n ? carriers[i] : SW_S("any"));
		sw_json_add_str(&out, "mcc", SW_S(""));
		sw_json_add_str(&out, "mnc", SW_S(""));
		sw_json_key(&out, SW_S("prices"));
		sw_json_array(&out);
		write_typed(&out, &sent, "mobile", true);
		sw_json_end_array(&out);
		sw_json_end_object(&out);
	}
	sw_json_end_array(&out);
	ret->inbound = sw_buf_str(&in);
	ret->outbound = sw_buf_str(&text);
}

static void write_numbers(struct sw_call *c, const struct sw_price_book *book, const struct sw_country *country,
			  struct country *ret)
{
	static const struct {
		const char *product, *type;
	} types[] = { { "number-local", "local" }, { "number-mobile", "mobile" }, { "number-toll-free", "toll free" } };
	struct sw_buf text = { .arena = c->arena };
	struct sw_json_out out = { .buf = &text };
	sw_json_array(&out);
	for (size_t i = 0; i < SW_COUNTOF(types); i++) {
		const struct quote month = quote(c, book, types[i].product, country, "outbound", SW_STR_NULL);
		write_typed(&out, &month, types[i].type, false);
	}
	sw_json_end_array(&out);
	ret->outbound = sw_buf_str(&text);
}

/* Calls of one kind in both directions; v1 names only where they go to, v2 also where they come from. */
static void write_calls(struct sw_call *c, const struct sw_price_book *book, const struct sw_country *country,
			const char *const products[2], const char *what, struct country *ret)
{
	struct sw_buf in = { .arena = c->arena }, text = { .arena = c->arena };
	struct sw_json_out inbound = { .buf = &in }, out = { .buf = &text };
	const struct quote local = quote(c, book, products[0], country, "inbound", SW_STR_NULL);
	const struct quote free_of_toll = quote(c, book, products[1], country, "inbound", SW_STR_NULL);
	const struct quote minute = quote(c, book, products[0], country, "outbound", SW_STR_NULL);
	bool first_version = sw_str_starts(c->path, SW_S("/v1/"));
	sw_json_array(&inbound);
	write_typed(&inbound, &local, "local", false);
	write_typed(&inbound, &free_of_toll, "toll free", false);
	sw_json_end_array(&inbound);
	sw_json_array(&out);
	if (minute.current) {
		sw_json_object(&out);
		write_quote(&out, &minute, false);
		write_list(&out, first_version ? "prefixes" : "destination_prefixes", prefix_of(c, country));
		if (!first_version)
			write_list(&out, "origination_prefixes", "ALL");
		sw_json_add_str(&out, "friendly_name", sw_str_fmt(c->arena, "%s - %s", what, country->name));
		sw_json_end_object(&out);
	}
	sw_json_end_array(&out);
	ret->inbound = sw_buf_str(&in);
	ret->outbound = sw_buf_str(&text);
}

static void write_voice(struct sw_call *c, const struct sw_price_book *book, const struct sw_country *country,
			struct country *ret)
{
	static const char *const products[] = { "call", "call-toll-free" };
	write_calls(c, book, country, products, "Outbound minute", ret);
}

static void write_trunking(struct sw_call *c, const struct sw_price_book *book, const struct sw_country *country,
			   struct country *ret)
{
	static const char *const products[] = { "trunk", "trunk" };
	write_calls(c, book, country, products, "Trunking outbound minute", ret);
}

/* One number: v1 has one price, v2 a list by where the call comes from. */
static void write_number(struct sw_call *c, const struct sw_price_book *book, const struct sw_country *country,
			 const char *product, struct country *ret)
{
	struct sw_buf in = { .arena = c->arena }, text = { .arena = c->arena };
	struct sw_json_out inbound = { .buf = &in }, out = { .buf = &text };
	const struct quote minute = quote(c, book, product, country, "outbound", SW_STR_NULL);
	bool trunk = product[0] == 't', first_version = sw_str_starts(c->path, SW_S("/v1/"));
	write_nothing(&inbound);
	if (!first_version)
		sw_json_array(&out);
	if (first_version || minute.current) {
		sw_json_object(&out);
		write_quote(&out, &minute, false);
		if (!first_version)
			write_list(&out, "origination_prefixes", "ALL");
		if (trunk) {
			write_list(&out, "destination_prefixes", prefix_of(c, country));
			sw_json_add_str(&out, "friendly_name",
					sw_str_fmt(c->arena, "Trunking outbound minute - %s", country->name));
		}
		sw_json_end_object(&out);
	}
	if (!first_version)
		sw_json_end_array(&out);
	ret->inbound = sw_buf_str(&in);
	ret->outbound = sw_buf_str(&text);
}

static void write_voice_number(struct sw_call *c, const struct sw_price_book *book, const struct sw_country *country,
			       struct country *ret)
{
	write_number(c, book, country, "call", ret);
}

static void write_trunking_number(struct sw_call *c, const struct sw_price_book *book, const struct sw_country *country,
				  struct country *ret)
{
	write_number(c, book, country, "trunk", ret);
}

static const struct family messaging = { { "sms" }, write_messaging },
			   numbers = { { "number-local", "number-mobile", "number-toll-free" }, write_numbers },
			   voice = { { "call", "call-toll-free" }, write_voice },
			   trunking = { { "trunk" }, write_trunking },
			   voice_number = { { "call" }, write_voice_number },
			   trunking_number_family = { { "trunk" }, write_trunking_number };

/* ---- handlers ---- */

static bool is_offered(struct sw_call *c, const struct sw_price_book *book, const struct sw_country *country)
{
	static const char *const directions[] = { "outbound", "inbound" };
	const struct family *family = c->endpoint->about;
	for (size_t i = 0; i < PRODUCTS_MAX && family->products[i]; i++)
		for (size_t k = 0; k < SW_COUNTOF(directions); k++)
			if (quote(c, book, family->products[i], country, directions[k], SW_STR_NULL).current)
				return true;
	return false;
}

static int list(struct sw_call *c, struct sw_error *err)
{
	const struct sw_price_book *book;
	int failed = sw_price_book_wait(c->task, c->core, &book);
	if (failed)
		return sw_fail_internal(err, failed);
	int64_t place = 0, begin = sw_call_place(c, "UR");
	for (size_t i = 0; i < sw_countries_n; i++) {
		if (!is_offered(c, book, &sw_countries[i]) || place++ < begin)
			continue;
		if (sw_call_place_full(c, place - 1))
			break;
		struct country row = { .country = sw_str_of(sw_countries[i].name),
				       .iso_country = sw_str_of(sw_countries[i].code) };
		sw_call_add_row(c, &row);
	}
	return 0;
}

static int fetch(struct sw_call *c, struct sw_error *err)
{
	const struct country *args = c->args;
	const struct family *family = c->endpoint->about;
	struct country *result = c->result;
	struct sw_str number = args->number.p ? args->number : args->destination_number;
	const struct sw_price_book *book;
	int failed = sw_price_book_wait(c->task, c->core, &book);
	if (failed)
		return sw_fail_internal(err, failed);
	const struct sw_country *country = sw_country_find(number.p ? sw_price_country(number) : args->iso_country);
	if (!country || !is_offered(c, book, country))
		return sw_call_not_found(c, err);
	*result = *args;
	result->country = sw_str_of(country->name);
	result->iso_country = sw_str_of(country->code);
	result->price_unit = c->core->currency;
	family->write(c, book, country, result);
	return 0;
}

/* clang-format off */
#define ROW(path_, operation_, doc_, params_, fields_, handler_, about_, ...) \
	{ "GET", path_, operation_, doc_, .style = SW_STYLE_V1, .product = "pricing", .params = params_, .args_bytes = sizeof(struct country), .fields = fields_, .result_bytes = sizeof(struct country), .status = 200, .handler = handler_, .about = about_, .rate_class = "read", __VA_ARGS__ }
#define COUNTRIES .flags = SW_LIST, .list_key = "countries"

/* Of numbers: the SDK for Go cannot read prices that are null, as they are in the contract too. */
const struct sw_endpoint usage_pricing_endpoints[] = {
	ROW("/v1/Messaging/Countries", "ListMessagingCountry", "List the countries that messages have a price to.", no_params, messaging_list, list, &messaging, COUNTRIES),
	ROW("/v1/Messaging/Countries/{IsoCountry}", "FetchMessagingCountry", "Fetch the prices of messages of a country.", country_params, messaging_fields, fetch, &messaging, .flags = 0),
	ROW("/v1/PhoneNumbers/Countries", "ListPhoneNumberCountry", "List the countries that numbers have a price in.", no_params, number_list, list, &numbers, COUNTRIES),
	ROW("/v1/PhoneNumbers/Countries/{IsoCountry}", "FetchPhoneNumberCountry", "Fetch the prices of a country's numbers.", country_params, number_fields, fetch, &numbers, .flags = 0),
	ROW("/v1/Voice/Countries", "ListVoiceCountry", "List the countries that calls have a price to.", no_params, voice1_list, list, &voice, COUNTRIES),
	ROW("/v1/Voice/Countries/{IsoCountry}", "FetchVoiceCountry", "Fetch the prices of calls of a country.", country_params, voice1_fields, fetch, &voice, .flags = 0),
	ROW("/v1/Voice/Numbers/{Number}", "FetchVoiceNumber", "Fetch the price of calling a number.", number1_params, voice1_number, fetch, &voice_number, .flags = 0, .contract = ""),
	ROW("/v2/Voice/Countries", "ListVoiceCountryV2", "List the countries that calls have a price to.", no_params, voice2_list, list, &voice, COUNTRIES, .contract = "ListVoiceCountry"),
	ROW("/v2/Voice/Countries/{IsoCountry}", "FetchVoiceCountryV2", "Fetch the prices of calls of a country, by where they come from.", country_params, voice2_fields, fetch, &voice, .flags = 0, .contract = "FetchVoiceCountry"),
	ROW("/v2/Voice/Numbers/{DestinationNumber}", "FetchVoiceNumberV2", "Fetch the prices of calling a number.", number2_params, voice2_number, fetch, &voice_number, .flags = 0, .contract = ""),
	ROW("/v2/Trunking/Countries", "ListTrunkingCountry", "List the countries that trunks have a price to.", no_params, trunking_list, list, &trunking, COUNTRIES, .sdk = "countries"),
	ROW("/v2/Trunking/Countries/{IsoCountry}", "FetchTrunkingCountry", "Fetch the prices of a country's trunk calls.", country_params, trunking_fields, fetch, &trunking, .flags = 0, .sdk = "countries"),
	ROW("/v2/Trunking/Numbers/{DestinationNumber}", "FetchTrunkingNumber", "Fetch the prices of calling a number by trunk.", number2_params, trunking_number, fetch, &trunking_number_family, .flags = 0, .sdk = "numbers", .contract = ""),
	{ 0 },
};
/* clang-format on */
