/* Changing the auth token without an outage: a secondary one beside it, then its promotion. */
#include "product/identity/identity.h"

#include "core/core_sql.h"
#include "loop/clock.h"
#include "loop/task.h"

struct tokens {
	struct sw_sid account_sid;
	struct sw_str auth_token, secondary_auth_token;
	int64_t date_created, date_updated;
};

/* clang-format off */
#define T struct tokens
#define SHOWN(path) \
	{ .name = "account_sid", .doc = "The account.", .type = SW_SID, .kinds = "AC", SW_SID_AT(T, account_sid) }, \
	{ .name = "date_created", .doc = "When the token was made; after a promotion, when that was.", .type = SW_TIME, SW_INT_AT(T, date_created) }, \
	{ .name = "date_updated", .doc = "When the account's tokens last changed.", .type = SW_TIME, SW_INT_AT(T, date_updated) }, \
	{ .name = "url", .doc = "Where it is.", .type = SW_PATTERN, .pattern = path }
static const struct sw_field secondary_fields[] = {
	SHOWN("/v1/AuthTokens/Secondary"),
	{ .name = "secondary_auth_token", .doc = "Signs in as well as the primary token; shown this once.", .type = SW_STR, .flags = SW_SECRET, SW_TEXT_AT(T, secondary_auth_token) },
	{ 0 },
};
static const struct sw_field promotion_fields[] = {
	SHOWN("/v1/AuthTokens/Promote"),
	{ .name = "auth_token", .doc = "The primary token from now on: the former secondary one.", .type = SW_STR, .flags = SW_SECRET, SW_TEXT_AT(T, auth_token) },
	{ 0 },
};
/* clang-format on */

static int finish_wait(struct sw_call *c, struct sw_txn *txn, const char *event, struct sw_error *err)
{
	sw_txn_trace(txn, c->account->sid.id);
	c->changed = c->account->sid;
	sw_event_add(txn, c->account->sid.id, c->account->sid, event, SW_S("{}"));
	int failed = sw_call_commit_wait(c, txn, err);
	sw_account_forget(c->account->sid);
	return failed;
}

static struct sw_txn *begin(struct sw_call *c, struct tokens *result)
{
	*result = (struct tokens){
		.account_sid = c->account->sid,
		.date_created = sw_wall_us(),
		.date_updated = sw_wall_us(),
	};
	return sw_call_txn(c);
}

static int create(struct sw_call *c, struct sw_error *err)
{
	struct tokens *result = c->result;
	struct sw_txn *txn = begin(c, result);
	result->secondary_auth_token = sw_secret_new(c->arena);
	sw_txn_do(txn, CORE_SQL(SQL_TOKEN_SECOND), SW_GUARD_ONE, SW_EEXIST, SW_I(c->account->bucket),
		  SW_ID(c->account->sid.id), SW_I(result->date_updated),
		  SW_B(sw_secret_seal(c->core, c->arena, c->account->sid, result->secondary_auth_token)));
	int failed = finish_wait(c, txn, "auth_token.secondary_created", err);
	return failed == SW_EEXIST
		       ? sw_fail(err, 20409, "The account has a secondary auth token: promote or delete it first.")
		       : failed;
}

/* Read back, for the answer: which token it is that was promoted. */
static int promote(struct sw_call *c, struct sw_error *err)
{
	struct tokens *result = c->result;
	struct sw_account a;
	struct sw_rows rows;
	int failed = sw_query_wait(c->task, c->core->store, c->arena, CORE_SQL(SQL_ACCOUNT_GET), &rows,
				   SW_I(c->account->bucket), SW_ID(c->account->sid.id));
	if (!failed && rows.n == 0)
		return sw_call_not_found(c, err);
	if (!failed)
		failed = sw_account_read(c->core, c->arena, rows.row[0], &a);
	if (failed)
		return sw_fail_internal(err, failed);
	if (!a.secondary_token.p)
		return sw_fail(err, 20404, "The account has no secondary auth token: create one first.");
	struct sw_txn *txn = begin(c, result);
	result->auth_token = a.secondary_token;
	sw_txn_do(txn, CORE_SQL(SQL_TOKEN_PROMOTE), SW_GUARD_ONE, 20409, SW_I(c->account->bucket),
		  SW_ID(c->account->sid.id), SW_I(result->date_updated), SW_B(sw_row_str(rows.row[0], 9)));
	return finish_wait(c, txn, "auth_token.promoted", err);
}

static int delete_one(struct sw_call *c, struct sw_error *err)
{
	struct sw_txn *txn = sw_call_txn(c);
	sw_txn_do(txn, CORE_SQL(SQL_TOKEN_DROP), SW_GUARD_ONE, SW_EEXIST, SW_I(c->account->bucket),
		  SW_ID(c->account->sid.id), SW_I(sw_wall_us()));
	int failed = finish_wait(c, txn, "auth_token.secondary_deleted", err);
	return failed == SW_EEXIST ? sw_fail(err, 20404, "The account has no secondary auth token.") : failed;
}

/* clang-format off */
#define HERE .style = SW_STYLE_V1, .product = "accounts", .result_bytes = sizeof(struct tokens), .flags = SW_NO_KEYS | SW_AUDIT, .rate_class = "write"
const struct sw_endpoint identity_rotate_endpoints[] = {
	{ "POST", "/v1/AuthTokens/Secondary", "CreateSecondaryAuthToken", "Make a second auth token, good beside the first.", HERE, .fields = secondary_fields, .status = 201, .handler = create, .sdk = "secondaryAuthToken()" },
	{ "DELETE", "/v1/AuthTokens/Secondary", "DeleteSecondaryAuthToken", "Take the second auth token back.", HERE, .status = 204, .handler = delete_one, .sdk = "secondaryAuthToken()", .errors = SW_ERRORS(20404) },
	{ "POST", "/v1/AuthTokens/Promote", "UpdateAuthTokenPromotion", "Make the second auth token the first; the old first one ends.", HERE, .fields = promotion_fields, .status = 200, .handler = promote, .sdk = "authTokenPromotion()", .errors = SW_ERRORS(20404) },
	{ 0 },
};
/* clang-format on */
