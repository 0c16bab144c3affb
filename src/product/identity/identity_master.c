/* Further master accounts: the operator's, who holds the first account. */
#include "product/identity/identity.h"

#include "core/core_sql.h"
#include "loop/clock.h"

struct master {
	struct sw_sid sid;
	struct sw_str friendly_name, auth_token, status;
	int64_t date_created;
};

/* clang-format off */
#define M struct master
static const struct sw_field params[] = {
	{ .name = "friendly_name", .doc = "A name for people, at most 64 characters.", .type = SW_STR, SW_TEXT_AT(M, friendly_name), .max = 64, .def = "Account", .used_by = "account.list" },
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
	*result = (struct master){ a.sid, a.friendly_name, a.token, a.status, now };
	struct sw_txn *txn = sw_txn_new(c->core->store, c->arena, a.bucket);
	sw_txn_trace(txn, a.sid.id);
	sw_account_insert(c->core, c->arena, txn, &a);
	sw_call_event(c, txn, a.sid.id, a.sid, "account.created", identity_event_data(c->arena, a.friendly_name));
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
