/*
 * Validating a caller id.  The contract calls the number and lets its owner type a code.  Calls are not offered yet, so
 * only numbers of the simulated carrier can be validated: nobody owns them, and no call is needed to know that.
 */
#include "product/account/account.h"

#include "base/random.h"
#include "core/core_sql.h"
#include "loop/clock.h"

#define SIMULATED "+1500555" /* and four digits */

static const char *const methods[] = { "GET", "POST", NULL };

struct validation {
	struct sw_sid account_sid, call_sid;
	struct sw_str friendly_name, phone_number, validation_code, extension, status_callback, status_callback_method;
	int64_t call_delay;
};

/* clang-format off */
#define V struct validation
#define NO_CALL .inert = "No validation call is made: calls are not offered yet."
static const struct sw_field params[] = {
	ACCOUNT_PATH(V),
	{ .name = "phone_number", .doc = "Number to validate; until calls are offered, one of the simulated carrier's: " SIMULATED " and four digits.", .type = SW_PHONE, .flags = SW_REQUIRED, SW_TEXT_AT(V, phone_number), .bad = 21421, .used_by = "outgoing_caller_id.list", .example = "+15005551234" },
	{ .name = "friendly_name", .doc = "A name for people, at most 64 characters; the number by default.", .type = SW_STR, SW_TEXT_AT(V, friendly_name), .max = 64, .used_by = "outgoing_caller_id.list", .example = "Our shop" },
	{ .name = "call_delay", .doc = "Seconds to wait before the call, 0 to 60.", .type = SW_INT, SW_INT_AT(V, call_delay), .min = 0, .max = 60, NO_CALL },
	{ .name = "extension", .doc = "Digits to dial once the call is answered.", .type = SW_STR, SW_TEXT_AT(V, extension), .max = 32, NO_CALL },
	{ .name = "status_callback", .doc = "URL told how the validation ended.", .type = SW_URL, SW_TEXT_AT(V, status_callback), NO_CALL },
	{ .name = "status_callback_method", .doc = "Method for status_callback.", .type = SW_ENUM, .values = methods, SW_TEXT_AT(V, status_callback_method), .def = "POST", NO_CALL },
	{ 0 },
};

static const struct sw_field fields[] = {
	{ .name = "account_sid", .doc = "Account that owns the caller id.", .type = SW_SID, .kinds = "AC", SW_SID_AT(V, account_sid) },
	{ .name = "call_sid", .doc = "The validation call; in the simulation none is made.", .type = SW_SID, .kinds = "CA", SW_SID_AT(V, call_sid) },
	{ .name = "friendly_name", .doc = "Its name for people.", .type = SW_STR, SW_TEXT_AT(V, friendly_name) },
	{ .name = "phone_number", .doc = "The number.", .type = SW_PHONE, SW_TEXT_AT(V, phone_number) },
	{ .name = "validation_code", .doc = "Code that the call would ask for.", .type = SW_STR, SW_TEXT_AT(V, validation_code) },
	{ 0 },
};
/* clang-format on */

static int is_known_wait(struct sw_call *c, struct sw_str number, bool *ret)
{
	struct sw_query *query = sw_query_new(c->arena, &sw_resource_filtered);
	const struct sw_page_key page = { .limit = 1 };
	struct sw_rows rows;
	sw_query_where(query, "k.bucket", SW_OP_EQ, SW_I(c->account->bucket));
	sw_query_where(query, "k.account_sid", SW_OP_EQ, SW_ID(c->account->sid.id));
	sw_query_where(query, "k.kind", SW_OP_EQ, SW_T(SW_S("PN")));
	sw_query_where(query, "k.field", SW_OP_EQ, SW_T(SW_S("phone_number")));
	sw_query_where(query, "k.value", SW_OP_EQ, SW_T(number));
	sw_query_page(query, &page);
	int failed = sw_query_run_wait(c->task, c->core->store, query, &rows);
	*ret = !failed && rows.n > 0;
	return failed;
}

static int check(struct sw_call *c, struct sw_str number, struct sw_error *err)
{
	bool known = false;
	if (!sw_str_starts(number, SW_S(SIMULATED)) || number.n != sizeof(SIMULATED) - 1 + 4)
		return sw_fail(err, 20001,
			       "The number %.*s cannot be validated: that takes a phone call, and calls are not "
			       "offered yet. Numbers of the "
			       "simulated carrier (" SIMULATED " and four digits) can.",
			       SW_FMT(number));
	int failed = is_known_wait(c, number, &known);
	if (failed)
		return sw_fail_internal(err, failed);
	return known ? sw_fail(err, 21450, NULL) : 0;
}

static void insert(struct sw_call *c, struct sw_txn *txn, const struct validation *v)
{
	const struct sw_resource_type *type = sw_api_resource(c->api, account_caller_id.name);
	struct sw_sid sid = sw_sid_new("PN", c->account->bucket);
	int64_t now = sw_wall_us();
	void *object = sw_resource_object(c->arena, type, c->account, sid, now, now);
	const struct sw_resource_change change = {
		.task = c->task,
		.core = c->core,
		.account = c->account,
		.type = type,
		.object = object,
		.txn = txn,
	};
	sw_resource_set_text(type, object, "friendly_name", v->friendly_name);
	sw_resource_set_text(type, object, "phone_number", v->phone_number);
	sw_txn_trace(txn, sid.id);
	sw_resource_insert(c->arena, &change);
}

static int create(struct sw_call *c, struct sw_error *err)
{
	const struct validation *args = c->args;
	struct validation *result = c->result;
	int failed = check(c, args->phone_number, err);
	if (failed)
		return failed;
	*result = (struct validation){
		.account_sid = c->account->sid,
		.call_sid = sw_sid_new("CA", c->account->bucket),
		.friendly_name = args->friendly_name.p ? args->friendly_name : args->phone_number,
		.phone_number = args->phone_number,
		.validation_code = sw_str_fmt(c->arena, "%06u", (unsigned)sw_random_below(1000000)),
	};
	struct sw_txn *txn = sw_call_txn(c);
	insert(c, txn, result);
	return sw_call_commit_wait(c, txn, err);
}

/* clang-format off */
const struct sw_endpoint account_caller_endpoints[] = {
	{ "POST", "/2010-04-01/Accounts/{AccountSid}/OutgoingCallerIds.json", "CreateValidationRequest", "Validate a number as a caller id.", SW_STYLE_2010, "api", params, sizeof(struct validation), fields, sizeof(struct validation), 200, create, .flags = SW_AUDIT, .rate_class = "write", .sdk = "validationRequests", .errors = SW_ERRORS(21450) },
	{ 0 },
};
/* clang-format on */
