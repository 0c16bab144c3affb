/* Phone numbers over HTTP: tables, and thin handlers. */
#include "product/number/number.h"

#include "core/core_sql.h"
#include "loop/task.h"
#include "wire/phone/phone.h"

static const char *const methods[] = { "GET", "POST", NULL };
static const char *const versions[] = { "2010-04-01", "2008-08-01", NULL };
static const char *const emergency_statuses[] = { "Active", "Inactive", NULL };
static const char *const receive_modes[] = { "voice", "fax", NULL };
static const char *const origins[] = { "twilio", "hosted", NULL };

#define BASE "/2010-04-01/Accounts/{AccountSid}/IncomingPhoneNumbers"
#define NO_CALLS .inert = "Calls are not offered yet."
#define INBOUND .used_by = "message.inbound"

/* clang-format off */
#define N struct number
#define ACCOUNT(T) { .name = "account_sid", .doc = "The account.", .type = SW_SID, .flags = SW_PATH, .kinds = "AC", SW_SID_AT(T, account_sid) }
#define ONE { .name = "sid", .doc = "SID of the number.", .type = SW_SID, .flags = SW_PATH, .kinds = "PN", SW_SID_AT(N, sid) }
#define URL(member, doc_, why) { .name = #member, .doc = doc_, .type = SW_URL, .flags = SW_UPDATE | SW_EMPTY_OK, SW_TEXT_AT(N, member), why }
#define METHOD(member, doc_, why) { .name = #member, .doc = doc_, .type = SW_ENUM, .flags = SW_UPDATE, .values = methods, SW_TEXT_AT(N, member), why }
#define SID(member, kinds_, doc_, ...) { .name = #member, .doc = doc_, .type = SW_SID, .flags = SW_UPDATE | SW_EMPTY_OK, .kinds = kinds_, SW_SID_AT(N, member), __VA_ARGS__ }

const struct sw_field number_params[] = {
	ACCOUNT(N),
	ONE,
	{ .name = "target_account_sid", .param = "AccountSid", .doc = "Account that the number goes to: the master account or one of its subaccounts.", .type = SW_SID, .flags = SW_UPDATE, .kinds = "AC", SW_SID_AT(N, target_account_sid), .used_by = "number.transfer" },
	{ .name = "friendly_name", .doc = "A name for people, at most 64 characters.", .type = SW_STR, .flags = SW_UPDATE, SW_TEXT_AT(N, friendly_name), .max = 64, .used_by = "number.list", .example = "Our shop" },
	{ .name = "api_version", .doc = "API version that its TwiML sessions begin with.", .type = SW_ENUM, .flags = SW_UPDATE, .values = versions, SW_TEXT_AT(N, api_version), NO_CALLS },
	SID(address_sid, "AD", "Address of who uses the number.", .used_by = "number.dependents"),
	SID(bundle_sid, "BU", "Regulatory bundle.", .used_by = "number.check (refused until bundles exist)"),
	SID(emergency_address_sid, "AD", "Address for emergency services.", .used_by = "number.dependents"),
	{ .name = "emergency_status", .doc = "Whether emergency calls may be made; Active is refused.", .type = SW_ENUM, .flags = SW_UPDATE, .values = emergency_statuses, SW_TEXT_AT(N, emergency_status), .used_by = "number.check (Active is refused)" },
	SID(identity_sid, "RI", "Identity document.", .used_by = "number.check (refused until identities exist)"),
	SID(sms_application_sid, "AP", "Application that handles its messages.", .bad = 22108, INBOUND),
	METHOD(sms_fallback_method, "Method for sms_fallback_url.", INBOUND),
	URL(sms_fallback_url, "URL asked when sms_url fails.", INBOUND),
	METHOD(sms_method, "Method for sms_url.", INBOUND),
	URL(sms_url, "URL asked what to do with an incoming message.", INBOUND),
	URL(status_callback, "URL told of each change of a call's status.", NO_CALLS),
	METHOD(status_callback_method, "Method for status_callback.", NO_CALLS),
	SID(trunk_sid, "TK", "Trunk that takes its calls.", .used_by = "number.check (refused until trunks exist)"),
	SID(voice_application_sid, "AP", "Application that handles its calls.", .bad = 22108, NO_CALLS),
	{ .name = "voice_caller_id_lookup", .doc = "Whether the caller's name is looked up.", .type = SW_BOOL, .flags = SW_UPDATE, SW_BOOL_AT(N, voice_caller_id_lookup), NO_CALLS },
	METHOD(voice_fallback_method, "Method for voice_fallback_url.", NO_CALLS),
	URL(voice_fallback_url, "URL asked when voice_url fails.", NO_CALLS),
	METHOD(voice_method, "Method for voice_url.", NO_CALLS),
	{ .name = "voice_receive_mode", .doc = "Whether calls are taken as voice or fax.", .type = SW_ENUM, .flags = SW_UPDATE, .values = receive_modes, SW_TEXT_AT(N, voice_receive_mode), NO_CALLS },
	URL(voice_url, "URL asked what to do with an incoming call.", NO_CALLS),
	{ 0 },
};

#define SHOW_TEXT(member, doc_, ...) { .name = #member, .doc = doc_, .type = SW_STR, .flags = SW_EMPTY_OK, .max = 4000, SW_TEXT_AT(N, member), __VA_ARGS__ }
#define SHOW_SID(member, kinds_, doc_, ...) { .name = #member, .doc = doc_, .type = SW_SID, .flags = SW_EMPTY_OK, .kinds = kinds_, SW_SID_AT(N, member), __VA_ARGS__ }
#define SHOW_TIME(member, doc_) { .name = #member, .doc = doc_, .type = SW_TIME, SW_INT_AT(N, member) }
#define SHOW_BOOL(member, doc_) { .name = #member, .doc = doc_, .type = SW_BOOL, SW_BOOL_AT(N, member), .def = "false" }
#define URI { .name = "uri", .doc = "Where it is.", .type = SW_PATTERN, .pattern = "/2010-04-01/Accounts/{account_sid}/IncomingPhoneNumbers/{sid}.json" }
#define SHARED \
	SHOW_SID(account_sid, "AC", "Account that owns the number."), \
	SHOW_TEXT(address_requirements, "Which addresses its country asks for.", .def = "none"), \
	SHOW_TEXT(api_version, "API version that its TwiML sessions begin with.", .def = "2010-04-01"), \
	SHOW_TIME(date_created, "When the account got it."), \
	SHOW_TIME(date_updated, "When it last changed."), \
	SHOW_SID(emergency_address_sid, "AD", "Address for emergency services."), \
	SHOW_TEXT(emergency_status, "Whether emergency calls may be made.", .def = "Inactive"), \
	SHOW_TEXT(friendly_name, "Its name for people."), \
	SHOW_TEXT(phone_number, "The number, E.164."), \
	SHOW_SID(sid, "PN", "Identifier."), \
	SHOW_SID(sms_application_sid, "AP", "Application that handles its messages.", .def = ""), \
	SHOW_TEXT(sms_fallback_method, "Method for sms_fallback_url.", .def = "POST"), \
	SHOW_TEXT(sms_fallback_url, "URL asked when sms_url fails.", .def = ""), \
	SHOW_TEXT(sms_method, "Method for sms_url.", .def = "POST"), \
	SHOW_TEXT(sms_url, "URL asked what to do with an incoming message.", .def = ""), \
	SHOW_TEXT(status_callback, "URL told of each change of a call's status.", .def = ""), \
	SHOW_TEXT(status_callback_method, "Method for status_callback.", .def = "POST"), \
	SHOW_SID(trunk_sid, "TK", "Trunk that takes its calls."), \
	URI, \
	SHOW_SID(voice_application_sid, "AP", "Application that handles its calls.", .def = ""), \
	SHOW_BOOL(voice_caller_id_lookup, "Whether the caller's name is looked up."), \
	SHOW_TEXT(voice_fallback_method, "Method for voice_fallback_url.", .def = "POST"), \
	SHOW_TEXT(voice_fallback_url, "URL asked when voice_url fails."), \
	SHOW_TEXT(voice_method, "Method for voice_url.", .def = "POST"), \
	SHOW_TEXT(voice_url, "URL asked what to do with an incoming call.")

const struct sw_field number_fields[] = {
	SHARED,
	SHOW_SID(address_sid, "AD", "Address of who uses the number."),
	SHOW_BOOL(beta, "Whether the number is new to the platform."),
	SHOW_SID(bundle_sid, "BU", "Regulatory bundle."),
	{ .name = "capabilities", .doc = "What the number can do.", .type = SW_JSON, SW_TEXT_AT(N, capabilities) },
	SHOW_TEXT(emergency_address_status, "Whether the emergency address is registered.", .def = "unregistered"),
	SHOW_SID(identity_sid, "RI", "Identity document."),
	SHOW_TEXT(origin, "Where the number comes from.", .def = "twilio"),
	SHOW_TEXT(status, "in-use: it is the account's.", .def = "in-use"),
	SHOW_TEXT(type, "local, mobile or toll-free, by its country's plan."),
	SHOW_TEXT(voice_receive_mode, "Whether calls are taken as voice or fax.", .def = "voice"),
	{ 0 },
};

const struct sw_field number_dependent_fields[] = {
	SHARED,
	{ .name = "capabilities", .doc = "What the number can do.", .type = SW_JSON, SW_TEXT_AT(N, capitals) },
	{ 0 },
};

static const struct sw_field one_params[] = { ACCOUNT(N), ONE, { 0 } };

struct list_args { struct sw_sid account_sid, address_sid; struct sw_str friendly_name, phone_number, origin; int8_t beta; };
#define L struct list_args
static const struct sw_field list_params[] = {
	ACCOUNT(L),
	{ .name = "beta", .doc = "Whether numbers new to the platform are shown; there are none.", .type = SW_BOOL, .flags = SW_QUERY, SW_BOOL_AT(L, beta) },
	{ .name = "friendly_name", .doc = "Only numbers of this name.", .type = SW_STR, .flags = SW_QUERY, SW_TEXT_AT(L, friendly_name), .max = 64, .column = "friendly_name" },
	{ .name = "phone_number", .doc = "Only numbers with these digits in a row; * stands for any digit.", .type = SW_STR, .flags = SW_QUERY, SW_TEXT_AT(L, phone_number), .max = 20 },
	{ .name = "origin", .doc = "Only numbers from there.", .type = SW_ENUM, .flags = SW_QUERY, .values = origins, SW_TEXT_AT(L, origin) },
	{ 0 },
};
static const struct sw_field dependent_params[] = {
	ACCOUNT(L),
	{ .name = "address_sid", .doc = "SID of the address.", .type = SW_SID, .flags = SW_PATH, .kinds = "AD", SW_SID_AT(L, address_sid) },
	{ 0 },
};
/* clang-format on */

static int fetch(struct sw_call *c, struct sw_error *err)
{
	struct sw_number row;
	int failed = number_get_wait(c, &row, err);
	if (!failed)
		number_show(c->arena, &row, c->result);
	return failed;
}

/* ---- lists ---- */

static bool matches_at(struct sw_str number, size_t at, struct sw_str pattern)
{
	for (size_t i = 0; i < pattern.n; i++)
		if (pattern.p[i] != '*' && pattern.p[i] != number.p[at + i])
			return false;
	return true;
}

static bool matches(struct sw_str number, struct sw_str pattern)
{
	for (size_t at = 0; at + pattern.n <= number.n; at++)
		if (matches_at(number, at, pattern))
			return true;
	return false;
}

/* The store cannot tell these; so a page may come out short, which the contract allows. */
static bool is_wanted(const struct sw_call *c, const struct number *n)
{
	const struct list_args *args = c->args;
	const char *type = c->endpoint->about;
	return (!type || sw_str_is(n->type, type)) &&
	       (!args->phone_number.p || matches(n->phone_number, args->phone_number)) &&
	       (!args->origin.p || sw_str_eq(args->origin, n->origin));
}

static int read_row(struct sw_call *c, struct sw_row row, void *result, struct sw_error *err)
{
	struct sw_number number;
	(void)err;
	sw_number_read(row, &number);
	number_show(c->arena, &number, result);
	return is_wanted(c, result) ? 0 : SW_ENOTFOUND;
}

static struct sw_query *all_numbers(struct sw_call *c)
{
	struct sw_query *query = sw_query_new(c->arena, &sw_number_list);
	sw_query_where(query, "bucket", SW_OP_EQ, SW_I(c->account->bucket));
	sw_query_where(query, "account_sid", SW_OP_EQ, SW_ID(c->account->sid.id));
	sw_query_where(query, "phone_number", SW_OP_LT, SW_T(SW_S(SW_SHORT_CODES_FROM)));
	return query;
}

static int list(struct sw_call *c, struct sw_error *err)
{
	const struct list_args *args = c->args;
	struct sw_query *query = all_numbers(c);
	struct sw_phone phone;
	sw_call_where(c, query);
	if (args->phone_number.p && sw_phone_parse(args->phone_number, &phone) == 0 && phone.possible)
		sw_query_where(query, "phone_number", SW_OP_EQ, SW_T(args->phone_number));
	return sw_call_list_wait(c, query, "PN", read_row, err);
}

static int read_dependent(struct sw_call *c, struct sw_row row, void *result, struct sw_error *err)
{
	const struct list_args *args = c->args;
	struct sw_number number;
	struct number *n = result;
	(void)err;
	sw_number_read(row, &number);
	number_show(c->arena, &number, n);
	return sw_sid_eq(n->address_sid, args->address_sid) || sw_sid_eq(n->emergency_address_sid, args->address_sid)
		       ? 0
		       : SW_ENOTFOUND;
}

static int list_dependents(struct sw_call *c, struct sw_error *err)
{
	const struct list_args *args = c->args;
	struct sw_rows rows;
	int failed = sw_query_wait(c->task, c->core->store, c->arena, CORE_SQL(SQL_RESOURCE_GET), &rows,
				   SW_I(c->account->bucket), SW_ID(c->account->sid.id), SW_T(SW_S("AD")),
				   SW_ID(args->address_sid.id));
	if (failed)
		return sw_fail_internal(err, failed);
	if (rows.n == 0)
		return sw_call_not_found(c, err);
	return sw_call_list_wait(c, all_numbers(c), "PN", read_dependent, err);
}

/* clang-format off */
#define CONTRACT .style = SW_STYLE_2010, .product = "api"
#define REPLY .fields = number_fields, .result_bytes = sizeof(struct number)
#define LIST(path_, operation_, about_) \
	{ "GET", BASE path_ ".json", operation_, "List the account's numbers.", CONTRACT, list_params, sizeof(struct list_args), REPLY, 200, list, .flags = SW_LIST, .list_key = "incoming_phone_numbers", .rate_class = "read", .about = about_ }

static const struct sw_endpoint endpoints[] = {
	LIST("", "ListIncomingPhoneNumber", NULL),
	LIST("/Local", "ListIncomingPhoneNumberLocal", "local"),
	LIST("/Mobile", "ListIncomingPhoneNumberMobile", "mobile"),
	LIST("/TollFree", "ListIncomingPhoneNumberTollFree", "toll-free"),
	{ "GET", BASE "/{Sid}.json", "FetchIncomingPhoneNumber", "Fetch a number.", CONTRACT, one_params, sizeof(struct number), REPLY, 200, fetch, .rate_class = "read" },
	{ "POST", BASE "/{Sid}.json", "UpdateIncomingPhoneNumber", "Change what a number does, or give it to another account.", CONTRACT, number_params, sizeof(struct number), REPLY, 200, number_update_wait, .flags = SW_AUDIT, .rate_class = "write" },
	{ "GET", "/2010-04-01/Accounts/{AccountSid}/Addresses/{AddressSid}/DependentPhoneNumbers.json", "ListDependentPhoneNumber", "List the numbers that use an address.", CONTRACT, dependent_params, sizeof(struct list_args), number_dependent_fields, sizeof(struct number), 200, list_dependents, .flags = SW_LIST, .list_key = "dependent_phone_numbers", .rate_class = "read" },
	{ 0 },
};
/* clang-format on */

static const struct sw_endpoint *const more[] = { number_short_endpoints, number_sender_endpoints, NULL };
static const struct sw_field transfer_data[] = {
	SW_EVENT_TEXT("from", "Account that had it."),
	SW_EVENT_TEXT("to", "Account that has it now."),
	{ 0 },
};
static const struct sw_field sender_data[] = { SW_EVENT_TEXT("sender", "The number, short code or name."), { 0 } };
static const struct sw_event_row events[] = {
	{ "phone_number.updated", "What a number does was changed.", NULL, NULL, NULL },
	{ "phone_number.transferred", "A number went to another account.", transfer_data, NULL,
	  "Strowger.PhoneNumberTransfer" },
	{ "short_code.updated", "What a short code does was changed.", NULL, NULL, NULL },
	{ "sender.created", "The operator gave the account a sender.", sender_data, NULL, NULL },
	{ "sender.deleted", "The operator took a sender away.", sender_data, NULL, NULL },
	{ 0 },
};

const struct sw_module number_module = {
	.name = "number", .group = "phone-numbers", .endpoints = endpoints, .more = more, .events = events
};
