/* Further master accounts: the operator's, who holds the first account. */
#include "product/identity/identity.h"

#include "core/core_sql.h"
#include "loop/clock.h"

struct master {
	struct sw_sid sid;
	struct sw_str friendly_name, auth_token, status, currency;
	int64_t date_created, opening_balance;
};

#define OPENING_MAX_MICROS (INT64_C(1000000000) * 1000000)

/* clang-format off */
#define M struct master
static const struct sw_field params[] = {
	{ .name = "friendly_name", .doc = "A name for people, at most 64 characters.", .type = SW_STR, SW_TEXT_AT(M, friendly_name), .max = 64, .def = "Account", .used_by = "account.list", .example = "Our shop" },
	{ .name = "opening_balance", .doc = "Money that it begins with, a decimal number, 0 too; absent: the setting opening_balance of the server.", .type = SW_MICROS, .min = 2, SW_INT_AT(M, opening_balance), .used_by = "core.ledger" },
	{ .name = "currency", .doc = "Must be the installation's currency.", .type = SW_STR, .max = 3, SW_TEXT_AT(M, currency), .used_by = "account.create" },
	{ 0 },
};
static const struct sw_field fields[] = {
	{ .name = "sid", .doc = "Identifier, and the user name to sign in with.", .type = SW_SID, .kinds = "AC", SW_SID_AT(M, sid) },
	{ .name = "friendly_name", .doc = "Its name for people.", .type = SW_STR, SW_TEXT_AT(M, friendly_name) },
	{ .name = "auth_token", .doc = "Password to sign in with.", .type = SW_STR, .flags = SW_SECRET, SW_TEXT_AT(M, auth_token) },
	{ .name = "status", .doc = "active.", .type = SW_STR, SW_TEXT_AT(M, status) },
	{ .name = "date_created", .doc = "When it was created.", .type = SW_TIME, SW_INT_AT(M, date_created) },
	{ 0 },
};
/* clang-format on */

static int create(struct sw_call *c, struct sw_error *err)
{
	const struct master *args = c->args;
	struct master *result = c->result;
	int64_t now = sw_wall_us();
	int failed = sw_call_operator_only(c, err);
	if (failed)
		return failed;
	int64_t opening = args->opening_balance == SW_NONE ? c->core->opening_micros : args->opening_balance;
	if (args->currency.p && !sw_str_eq(args->currency, c->core->currency))
		return sw_fail(err, 20001, "The parameter 'currency' must be %.*s, the installation's currency.",
			       SW_FMT(c->core->currency));
	if (opening < 0 || opening > OPENING_MAX_MICROS)
		return sw_fail(err, 20001, "The parameter 'opening_balance' must be from 0 to 1000000000.");
	struct sw_account a = {
		.sid = sw_sid_random("AC"),
		.friendly_name = args->friendly_name,
		.status = SW_S("active"),
		.type = SW_S("Full"),
		.token = sw_secret_new(c->arena),
		.created_us = now,
		.updated_us = now,
	};
	a.owner = a.sid;
	a.bucket = sw_sid_account_bucket(a.sid.id);
	*result = (struct master){
		.sid = a.sid,
		.friendly_name = a.friendly_name,
		.auth_token = a.token,
		.status = a.status,
		.date_created = now,
	};
	struct sw_txn *txn = sw_txn_new(c->core->store, c->arena, a.bucket);
	sw_txn_trace(txn, a.sid.id);
	sw_account_insert(c->core, c->arena, txn, opening, &a);
	sw_event_add(txn, a.sid.id, a.sid, "account.created", identity_event_data(c->arena, a.friendly_name));
	struct sw_account *made = SW_ARENA_NEW(c->arena, struct sw_account);
	*made = a;
	c->account = made; /* whose bucket has the audit row */
	return sw_call_commit_wait(c, txn, err);
}

/* clang-format off */
const struct sw_endpoint identity_master_endpoints[] = {
	{ "POST", "/v1/accounts", "CreateMasterAccount", "Make a further master account, apart from all others; for the first account only.", SW_STYLE_NATIVE, .params = params, .args_bytes = sizeof(struct master), .fields = fields, .result_bytes = sizeof(struct master), .status = 201, .handler = create, .flags = SW_NO_KEYS | SW_READS | SW_AUDIT, .rate_class = "write" },
	{ 0 },
};
/* clang-format on */
