/*
 * Short codes: numbers of five or six digits that one carrier gave to one account.  They are rows of the same table as
 * other numbers, so that messages come in and go out the same way; here they have their own surface.  The contract has
 * no way to add one: whoever runs the server does (number_sender.c).
 */
#include "product/number/number.h"

#include "core/core_sql.h"
#include "loop/clock.h"
#include "loop/task.h"
#include "store/event.h"

static const char *const methods[] = { "GET", "POST", NULL };
static const char *const versions[] = { "2010-04-01", "2008-08-01", NULL };

#define BASE "/2010-04-01/Accounts/{AccountSid}/SMS/ShortCodes"
#define INBOUND .used_by = "message.inbound"

struct short_args {
	struct sw_sid account_sid;
	struct sw_str short_code, friendly_name;
};

/* clang-format off */
#define N struct number
#define S struct short_args
#define ACCOUNT(T) { .name = "account_sid", .doc = "The account.", .type = SW_SID, .flags = SW_PATH, .kinds = "AC", SW_SID_AT(T, account_sid) }
#define ONE { .name = "sid", .doc = "SID of the short code.", .type = SW_SID, .flags = SW_PATH, .kinds = "SC", SW_SID_AT(N, sid) }
#define URL(member, doc_) { .name = #member, .doc = doc_, .type = SW_URL, .flags = SW_UPDATE | SW_EMPTY_OK, SW_TEXT_AT(N, member), INBOUND }
#define METHOD(member, doc_) { .name = #member, .doc = doc_, .type = SW_ENUM, .flags = SW_UPDATE, .values = methods, SW_TEXT_AT(N, member), INBOUND }
static const struct sw_field one_params[] = { ACCOUNT(N), ONE, { 0 } };
static const struct sw_field update_params[] = {
	ACCOUNT(N),
	ONE,
	{ .name = "friendly_name", .doc = "A name for people, at most 64 characters.", .type = SW_STR, .flags = SW_UPDATE, SW_TEXT_AT(N, friendly_name), .max = 64, .used_by = "number.list", .example = "Our shop" },
	{ .name = "api_version", .doc = "API version that its TwiML sessions begin with.", .type = SW_ENUM, .flags = SW_UPDATE, .values = versions, SW_TEXT_AT(N, api_version), .inert = "TwiML for messages is the same in both versions." },
	METHOD(sms_fallback_method, "Method for sms_fallback_url."),
	URL(sms_fallback_url, "URL asked when sms_url fails."),
	METHOD(sms_method, "Method for sms_url."),
	URL(sms_url, "URL asked what to do with an incoming message."),
	{ 0 },
};
static const struct sw_field list_params[] = {
	ACCOUNT(S),
	{ .name = "friendly_name", .doc = "Only those of this name.", .type = SW_STR, .flags = SW_QUERY, SW_TEXT_AT(S, friendly_name), .max = 64, .column = "friendly_name" },
	{ .name = "short_code", .doc = "Only this one.", .type = SW_STR, .flags = SW_QUERY, SW_TEXT_AT(S, short_code), .max = 8, .column = "phone_number" },
	{ 0 },
};

#define SHOW(member, doc_) { .name = #member, .doc = doc_, .type = SW_STR, SW_TEXT_AT(N, member) }
static const struct sw_field short_fields[] = {
	{ .name = "account_sid", .doc = "Account that owns it.", .type = SW_SID, .kinds = "AC", SW_SID_AT(N, account_sid) },
	SHOW(api_version, "API version that its TwiML sessions begin with."),
	{ .name = "date_created", .doc = "When the account got it.", .type = SW_TIME, SW_INT_AT(N, date_created) },
	{ .name = "date_updated", .doc = "When it last changed.", .type = SW_TIME, SW_INT_AT(N, date_updated) },
	SHOW(friendly_name, "Its name for people."),
	{ .name = "short_code", .doc = "Its digits.", .type = SW_STR, SW_TEXT_AT(N, phone_number) },
	{ .name = "sid", .doc = "Identifier.", .type = SW_SID, .kinds = "SC", SW_SID_AT(N, sid) },
	SHOW(sms_fallback_method, "Method for sms_fallback_url."),
	SHOW(sms_fallback_url, "URL asked when sms_url fails."),
	SHOW(sms_method, "Method for sms_url."),
	SHOW(sms_url, "URL asked what to do with an incoming message."),
	{ .name = "uri", .doc = "Where it is.", .type = SW_PATTERN, .pattern = "/2010-04-01/Accounts/{account_sid}/SMS/ShortCodes/{sid}.json" },
	{ 0 },
};
/* clang-format on */

/* Where other numbers show an empty URL, short codes show none. */
static void show(struct sw_arena *arena, const struct sw_number *row, struct number *ret)
{
	number_show(arena, row, ret);
	if (!ret->sms_url.n)
		ret->sms_url = SW_STR_NULL;
	if (!ret->sms_fallback_url.n)
		ret->sms_fallback_url = SW_STR_NULL;
}

static int fetch(struct sw_call *c, struct sw_error *err)
{
	struct sw_number row;
	int failed = number_get_wait(c, &row, err);
	if (!failed)
		show(c->arena, &row, c->result);
	return failed;
}

/* The rules are those of every number; what its table has and this one lacks counts as not given. */
static int update(struct sw_call *c, struct sw_error *err)
{
	const struct number *args = c->args;
	struct number *whole = SW_ARENA_NEW(c->arena, struct number);
	sw_schema_clear(number_params, whole);
	whole->account_sid = args->account_sid;
	whole->sid = args->sid;
	for (const struct sw_field *f = update_params; f->name; f++)
		if (f->flags & SW_UPDATE)
			memcpy((char *)whole + f->at, (const char *)args + f->at, sw_field_bytes(f));
	c->args = whole;
	return number_update_wait(c, err);
}

static int read_row(struct sw_call *c, struct sw_row row, void *result, struct sw_error *err)
{
	struct sw_number number;
	(void)err;
	sw_number_read(row, &number);
	show(c->arena, &number, result);
	return 0;
}

static int list(struct sw_call *c, struct sw_error *err)
{
	struct sw_query *query = sw_query_new(c->arena, &sw_number_list);
	sw_query_where(query, "bucket", SW_OP_EQ, SW_I(c->account->bucket));
	sw_query_where(query, "account_sid", SW_OP_EQ, SW_ID(c->account->sid.id));
	sw_query_where(query, "phone_number", SW_OP_GE, SW_T(SW_S(SW_SHORT_CODES_FROM)));
	sw_query_where(query, "phone_number", SW_OP_LT, SW_T(SW_S(SW_SENDER_NAMES_FROM)));
	sw_call_where(c, query);
	return sw_call_list_wait(c, query, "SC", read_row, err);
}

/* clang-format off */
#define CONTRACT .style = SW_STYLE_2010, .product = "api"
#define REPLY .fields = short_fields, .result_bytes = sizeof(struct number)
const struct sw_endpoint number_short_endpoints[] = {
	{ "GET", BASE ".json", "ListShortCode", "List the account's short codes.", CONTRACT, list_params, sizeof(S), REPLY, 200, list, .flags = SW_LIST, .list_key = "short_codes", .rate_class = "read", .sdk = "shortCodes" },
	{ "GET", BASE "/{Sid}.json", "FetchShortCode", "Fetch a short code.", CONTRACT, one_params, sizeof(N), REPLY, 200, fetch, .rate_class = "read", .sdk = "shortCodes" },
	{ "POST", BASE "/{Sid}.json", "UpdateShortCode", "Change what a short code does.", CONTRACT, update_params, sizeof(N), REPLY, 200, update, .flags = SW_AUDIT, .rate_class = "write", .sdk = "shortCodes" },
	{ 0 },
};
/* clang-format on */
