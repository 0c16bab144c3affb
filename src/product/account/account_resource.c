/* Applications, addresses and verified caller ids: declared, not programmed. */
#include "product/account/account.h"

#include "core/deprecation.h"

static const char *const methods[] = { "GET", "POST", NULL };
static const char *const versions[] = { "2010-04-01", "2008-08-01", NULL };

/* The contract keeps both names and so do we: it is told, not taken away. */
static const struct sw_deprecation old_callback = {
	.since = "2026-11-21",
	.replacement = "MessageStatusCallback",
	.why = "Two names for one URL; the contract calls this one old.",
};

#define BASE "/2010-04-01/Accounts/{AccountSid}/"
#define NO_CALLS .inert = "Calls are not offered yet."
#define INBOUND .used_by = "message.inbound"
#define NO_REGULATION .inert = "Kept with the address; no carrier or authority asks for it yet."

/* clang-format off */
#define OWN(kind_, what, path) \
	{ .name = "account_sid", .doc = "Account that owns it.", .type = SW_SID, .kinds = "AC" }, \
	{ .name = "date_created", .doc = "When it was created.", .type = SW_TIME }, \
	{ .name = "date_updated", .doc = "When it last changed.", .type = SW_TIME }, \
	{ .name = "sid", .doc = "Identifier of the " what ".", .type = SW_SID, .kinds = kind_ }, \
	{ .name = "uri", .doc = "Where it is.", .type = SW_PATTERN, .pattern = "/2010-04-01/Accounts/{account_sid}/" path "/{sid}.json" }
#define URL(name_, doc_, ...) { .name = name_, .doc = doc_, .type = SW_URL, .flags = SW_WRITE | SW_EMPTY_OK, __VA_ARGS__ }
#define METHOD(name_, doc_, why) { .name = name_, .doc = doc_, .type = SW_ENUM, .flags = SW_WRITE, .values = methods, .def = "POST", why }

static const struct sw_field application_fields[] = {
	OWN("AP", "application", "Applications"),
	{ .name = "api_version", .doc = "API version that its TwiML sessions begin with.", .type = SW_ENUM, .flags = SW_WRITE, .values = versions, .def = "2010-04-01", NO_CALLS },
	{ .name = "friendly_name", .doc = "A name for people, at most 64 characters.", .type = SW_STR, .flags = SW_WRITE | SW_INDEXED, .max = 64, .used_by = "application.list", .example = "Our shop" },
	URL("message_status_callback", "URL told of each change of a message's status.", .used_by = "message.callback"),
	{ .name = "public_application_connect_enabled", .doc = "Whether other accounts may dial this application.", .type = SW_BOOL, .flags = SW_WRITE, .def = "false", NO_CALLS },
	METHOD("sms_fallback_method", "Method for sms_fallback_url.", INBOUND),
	URL("sms_fallback_url", "URL asked when sms_url fails.", INBOUND),
	METHOD("sms_method", "Method for sms_url.", INBOUND),
	URL("sms_status_callback", "Old name of message_status_callback.", .used_by = "message.callback", .deprecated = &old_callback),
	URL("sms_url", "URL asked what to do with an incoming message.", INBOUND),
	URL("status_callback", "URL told of each change of a call's status.", NO_CALLS),
	METHOD("status_callback_method", "Method for status_callback.", NO_CALLS),
	{ .name = "voice_caller_id_lookup", .doc = "Whether the caller's name is looked up.", .type = SW_BOOL, .flags = SW_WRITE, .def = "false", NO_CALLS },
	METHOD("voice_fallback_method", "Method for voice_fallback_url.", NO_CALLS),
	URL("voice_fallback_url", "URL asked when voice_url fails.", NO_CALLS),
	METHOD("voice_method", "Method for voice_url.", NO_CALLS),
	URL("voice_url", "URL asked what to do with an incoming call.", NO_CALLS),
	{ 0 },
};

const struct sw_resource account_application = {
	.name = "Application",
	.plural = "applications",
	.doc = "The URLs that serve several numbers at once.",
	.kind = "AP",
	.path = BASE "Applications.json",
	.list_key = "applications",
	.product = "api",
	.style = SW_STYLE_2010,
	.fields = application_fields,
};

static const struct sw_field address_fields[] = {
	OWN("AD", "address", "Addresses"),
	{ .name = "auto_correct_address", .doc = "Whether the address may be corrected.", .type = SW_BOOL, .flags = SW_WRITE | SW_HIDDEN, .inert = "Addresses are not compared with a directory yet, so nothing is corrected." },
	{ .name = "city", .doc = "City.", .type = SW_STR, .flags = SW_WRITE | SW_REQUIRED, .max = 100, NO_REGULATION, .example = "Berlin" },
	{ .name = "customer_name", .doc = "Who lives or works there.", .type = SW_STR, .flags = SW_WRITE | SW_REQUIRED | SW_INDEXED, .max = 100, .used_by = "address.list", .example = "Erika Example" },
	{ .name = "emergency_enabled", .doc = "Whether it may be told to emergency services.", .type = SW_BOOL, .flags = SW_WRITE | SW_INDEXED, .def = "false", .used_by = "address.list" },
	{ .name = "friendly_name", .doc = "A name for people, at most 64 characters.", .type = SW_STR, .flags = SW_WRITE | SW_INDEXED, .max = 64, .used_by = "address.list", .example = "Our shop" },
	{ .name = "iso_country", .doc = "Country: two capital letters of ISO 3166.", .type = SW_COUNTRY, .flags = SW_CREATE | SW_REQUIRED | SW_INDEXED, .used_by = "address.list", .example = "DE" },
	{ .name = "postal_code", .doc = "Postal code.", .type = SW_STR, .flags = SW_WRITE | SW_REQUIRED, .max = 20, NO_REGULATION, .example = "10115" },
	{ .name = "region", .doc = "State or region.", .type = SW_STR, .flags = SW_WRITE | SW_REQUIRED, .max = 100, NO_REGULATION, .example = "Berlin" },
	{ .name = "street", .doc = "Street and house number.", .type = SW_STR, .flags = SW_WRITE | SW_REQUIRED, .max = 200, NO_REGULATION, .example = "Invalidenstr. 116" },
	{ .name = "street_secondary", .doc = "Second line of the address.", .type = SW_STR, .flags = SW_WRITE | SW_EMPTY_OK, .max = 200, NO_REGULATION },
	{ .name = "validated", .doc = "Whether it was found in a directory of addresses; there is none here.", .type = SW_BOOL, .def = "false" },
	{ .name = "verified", .doc = "Whether documents proved it; nobody checks any here.", .type = SW_BOOL, .def = "false" },
	{ 0 },
};

static const struct sw_field caller_id_fields[] = {
	OWN("PN", "caller id", "OutgoingCallerIds"),
	{ .name = "friendly_name", .doc = "A name for people, at most 64 characters.", .type = SW_STR, .flags = SW_UPDATE | SW_INDEXED, .max = 64, .used_by = "outgoing_caller_id.list", .example = "Our shop" },
	{ .name = "phone_number", .doc = "The validated number.", .type = SW_PHONE, .flags = SW_INDEXED },
	{ 0 },
};
/* clang-format on */

const struct sw_resource account_address = {
	.name = "Address",
	.plural = "addresses",
	.doc = "A postal address that numbers may need.",
	.kind = "AD",
	.path = BASE "Addresses.json",
	.list_key = "addresses",
	.product = "api",
	.style = SW_STYLE_2010,
	.fields = address_fields,
};

/* Made by CreateValidationRequest (account_caller.c). */
const struct sw_resource account_caller_id = {
	.name = "OutgoingCallerId",
	.plural = "caller ids",
	.doc = "A number that the account proved to be its own.",
	.kind = "PN",
	.path = BASE "OutgoingCallerIds.json",
	.list_key = "outgoing_caller_ids",
	.product = "api",
	.style = SW_STYLE_2010,
	.without = SW_NO_CREATE,
	.fields = caller_id_fields,
};
