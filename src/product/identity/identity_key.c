/*
 * API keys over HTTP: one table, on three surfaces of the contract: Keys and SigningKeys of the 2010 API, and IAM's
 * Keys, which have policies, and the account in the form instead of the path.
 */
#include "product/identity/identity.h"

#include "base/time.h"
#include "core/core_sql.h"
#include "loop/clock.h"
#include "loop/task.h"

struct key {
	struct sw_sid sid;
	struct sw_str friendly_name, secret, policy;
	int64_t date_created, date_updated;
	/* IAM writes RFC 2822 dates into replies of the v1 style: */
	struct sw_str created, updated;
	struct sw_strs flags;
};

struct key_args {
	struct sw_sid account_sid, sid;
	struct sw_str friendly_name, key_type, policy;
};

static const char *const key_types[] = { "restricted", NULL };

/* clang-format off */
#define K struct key
#define KEY_FIELDS \
	{ .name = "date_created", .doc = "When it was created.", .type = SW_TIME, SW_INT_AT(K, date_created) }, \
	{ .name = "date_updated", .doc = "When it last changed.", .type = SW_TIME, SW_INT_AT(K, date_updated) }, \
	{ .name = "friendly_name", .doc = "Its name for people.", .type = SW_STR, SW_TEXT_AT(K, friendly_name) }, \
	{ .name = "sid", .doc = "Identifier, and the user name to sign in with.", .type = SW_SID, .kinds = "SK", SW_SID_AT(K, sid) }
static const struct sw_field key_fields[] = { KEY_FIELDS, { 0 } };
static const struct sw_field new_key_fields[] = {
	KEY_FIELDS,
	{ .name = "secret", .doc = "Password to sign in with; shown this once.", .type = SW_STR, .flags = SW_SECRET, SW_TEXT_AT(K, secret) },
	{ 0 },
};

#define A struct key_args
#define ONE { .name = "sid", .doc = "SID of the key.", .type = SW_SID, .flags = SW_PATH, .kinds = "SK", SW_SID_AT(A, sid) }
#define NAME { .name = "friendly_name", .doc = "A name for people, at most 64 characters.", .type = SW_STR, SW_TEXT_AT(A, friendly_name), .max = 64, .used_by = "key.list", .example = "Our shop" }
static const struct sw_field list_params[] = { ACCOUNT_PATH(A), { 0 } };
static const struct sw_field create_params[] = { ACCOUNT_PATH(A), NAME, { 0 } };
static const struct sw_field one_params[] = { ACCOUNT_PATH(A), ONE, { 0 } };
static const struct sw_field update_params[] = { ACCOUNT_PATH(A), ONE, NAME, { 0 } };

#define IAM_FIELDS \
	{ .name = "sid", .doc = "Identifier, and the user name to sign in with.", .type = SW_SID, .kinds = "SK", SW_SID_AT(K, sid) }, \
	{ .name = "friendly_name", .doc = "Its name for people.", .type = SW_STR, SW_TEXT_AT(K, friendly_name) }, \
	{ .name = "date_created", .doc = "When it was created.", .type = SW_STR, SW_TEXT_AT(K, created) }, \
	{ .name = "date_updated", .doc = "When it last changed.", .type = SW_STR, SW_TEXT_AT(K, updated) }
#define POLICY_FIELD { .name = "policy", .doc = "What a restricted key may; null for others.", .type = SW_JSON, SW_TEXT_AT(K, policy) }
static const struct sw_field iam_new_fields[] = {
	IAM_FIELDS, POLICY_FIELD,
	{ .name = "secret", .doc = "Password to sign in with; shown this once.", .type = SW_STR, .flags = SW_SECRET, SW_TEXT_AT(K, secret) },
	{ 0 },
};
static const struct sw_field iam_fields[] = { IAM_FIELDS, POLICY_FIELD, { 0 } };
static const struct sw_field iam_list_fields[] = {
	IAM_FIELDS,
	{ .name = "flags", .doc = "What it is good for.", .type = SW_STRS, .max = 8, SW_STRS_AT(K, flags) },
	{ 0 },
};
#define OF_ACCOUNT { .name = "account_sid", .doc = "The account: the caller's own or a subaccount.", .type = SW_SID, .flags = SW_REQUIRED, .kinds = "AC", SW_SID_AT(A, account_sid), .used_by = "api.sign_in" }
#define POLICY { .name = "policy", .doc = "What it may: {\"allow\":[\"/twilio/messaging/messages/read\"]}; docs/authentication.md has all permissions.", .type = SW_JSON, SW_TEXT_AT(A, policy), .max = 16384, .used_by = "api.permission" }
static const struct sw_field iam_create_params[] = {
	OF_ACCOUNT, NAME,
	{ .name = "key_type", .doc = "restricted: a key that may do what its policy says; a standard key by default.", .type = SW_ENUM, .values = key_types, SW_TEXT_AT(A, key_type), .used_by = "api.permission" },
	POLICY,
	{ 0 },
};
static const struct sw_field iam_list_params[] = { OF_ACCOUNT, { 0 } };
static const struct sw_field iam_one_params[] = { ONE, { 0 } };
static const struct sw_field iam_update_params[] = { ONE, NAME, POLICY, { 0 } };
/* clang-format on */

/* What IAM shows otherwise. */
static void dress(struct sw_call *c, struct key *key)
{
	static struct sw_str flags[] = { SW_S("rest_api"), SW_S("signing") };
	char buf[SW_TIME_BUF];
	key->created = sw_str_dup(c->arena, sw_time_rfc2822(key->date_created, buf));
	key->updated = sw_str_dup(c->arena, sw_time_rfc2822(key->date_updated, buf));
	key->flags = (struct sw_strs){ flags, key->policy.p ? 1 : 2 };
}

static void show(struct sw_call *c, const struct sw_api_key *key, struct key *ret)
{
	*ret = (struct key){
		.sid = key->sid,
		.friendly_name = key->friendly_name,
		.policy = key->policy,
		.date_created = key->created_us,
		.date_updated = key->updated_us,
	};
	dress(c, ret);
}

static int load(struct sw_call *c, struct key *ret, struct sw_error *err)
{
	const struct key_args *args = c->args;
	struct sw_api_key key;
	struct sw_rows rows;
	int failed = sw_query_wait(c->task, c->core->store, c->arena, CORE_SQL(SQL_KEY_GET), &rows,
				   SW_I(c->account->bucket), SW_ID(c->account->sid.id), SW_ID(args->sid.id));
	if (!failed && rows.n == 0)
		return sw_call_not_found(c, err);
	if (!failed)
		failed = sw_key_read(c->core, c->arena, rows.row[0], &key);
	if (failed)
		return sw_fail_internal(err, failed);
	show(c, &key, ret);
	return 0;
}

static int create(struct sw_call *c, struct sw_error *err)
{
	const struct key_args *args = c->args;
	struct key *key = c->result;
	int64_t bucket = c->account->bucket;
	*key = (struct key){
		.sid = sw_sid_random("SK"),
		.friendly_name = args->friendly_name.p ? args->friendly_name : SW_S(""),
		.secret = sw_secret_new(c->arena),
		.policy = args->policy,
		.date_created = sw_wall_us(),
		.date_updated = sw_wall_us(),
	};
	dress(c, key);
	struct sw_str sealed = sw_secret_seal(c->core, c->arena, key->sid, key->secret);
	struct sw_txn *txn = sw_call_txn(c);
	sw_txn_trace(txn, key->sid.id);
	sw_txn_do(txn, CORE_SQL(SQL_DIRECTORY_PUT), SW_GUARD_ONE, SW_EEXIST, SW_T(SW_S("SK")), SW_ID(key->sid.id),
		  SW_I(bucket), SW_ID(c->account->sid.id));
	sw_txn_do(txn, CORE_SQL(SQL_KEY_INSERT), SW_GUARD_ONE, SW_EEXIST, SW_I(bucket), SW_ID(c->account->sid.id),
		  SW_ID(key->sid.id), SW_T(key->friendly_name), SW_B(sealed), SW_T(key->policy),
		  SW_I(key->date_created));
	sw_event_add(txn, c->account->sid.id, key->sid, "key.created",
		     identity_event_data(c->arena, key->friendly_name));
	return sw_call_commit_wait(c, txn, err);
}

static int fetch(struct sw_call *c, struct sw_error *err)
{
	return load(c, c->result, err);
}

static int update(struct sw_call *c, struct sw_error *err)
{
	const struct key_args *args = c->args;
	struct key *key = c->result;
	int failed = load(c, key, err);
	if (failed || (!args->friendly_name.p && !args->policy.p))
		return failed;
	if (args->friendly_name.p)
		key->friendly_name = args->friendly_name;
	if (args->policy.p)
		key->policy = args->policy;
	key->date_updated = sw_wall_us();
	dress(c, key);
	struct sw_txn *txn = sw_call_txn(c);
	sw_txn_trace(txn, key->sid.id);
	sw_txn_do(txn, CORE_SQL(SQL_KEY_UPDATE), SW_GUARD_ONE, SW_ENOTFOUND, SW_I(c->account->bucket),
		  SW_ID(c->account->sid.id), SW_ID(key->sid.id), SW_I(key->date_updated), SW_T(args->friendly_name),
		  SW_T(args->policy));
	sw_event_add(txn, c->account->sid.id, key->sid, "key.updated",
		     identity_event_data(c->arena, key->friendly_name));
	failed = sw_call_commit_wait(c, txn, err);
	sw_account_forget(key->sid);
	return failed;
}

static int delete_one(struct sw_call *c, struct sw_error *err)
{
	const struct key_args *args = c->args;
	struct sw_txn *txn = sw_call_txn(c);
	sw_txn_trace(txn, args->sid.id);
	sw_txn_do(txn, CORE_SQL(SQL_KEY_DELETE), SW_GUARD_ONE, SW_ENOTFOUND, SW_I(c->account->bucket),
		  SW_ID(c->account->sid.id), SW_ID(args->sid.id));
	sw_txn_do(txn, CORE_SQL(SQL_DIRECTORY_DROP), SW_GUARD_ANY, 0, SW_T(SW_S("SK")), SW_ID(args->sid.id));
	sw_event_add(txn, c->account->sid.id, args->sid, "key.deleted", SW_S("{}"));
	int failed = sw_call_commit_wait(c, txn, err);
	sw_account_forget(args->sid);
	return failed;
}

static int read_row(struct sw_call *c, struct sw_row row, void *result, struct sw_error *err)
{
	struct sw_api_key key;
	int failed = sw_key_read(c->core, c->arena, row, &key);
	if (failed)
		return sw_fail_internal(err, failed);
	show(c, &key, result);
	return 0;
}

static int list(struct sw_call *c, struct sw_error *err)
{
	struct sw_query *query = sw_query_new(c->arena, &sw_key_list);
	sw_query_where(query, "bucket", SW_OP_EQ, SW_I(c->account->bucket));
	sw_query_where(query, "account_sid", SW_OP_EQ, SW_ID(c->account->sid.id));
	return sw_call_list_wait(c, query, "SK", read_row, err);
}

/* ---- IAM ---- */

static int iam_create(struct sw_call *c, struct sw_error *err)
{
	const struct key_args *args = c->args;
	int failed = sw_call_enter_wait(c, args->account_sid, err);
	if (!failed && args->key_type.p && !args->policy.p)
		failed = sw_fail(err, 70002, "A restricted key needs a Policy.");
	if (!failed && args->policy.p && !args->key_type.p)
		failed = sw_fail(err, 70002, "A Policy needs KeyType=restricted: a standard key has none.");
	if (!failed && args->policy.p)
		failed = sw_call_policy_check(c, args->policy, err);
	return failed ? failed : create(c, err);
}

/* The account is known by the key alone. */
static int enter_wait(struct sw_call *c, struct sw_error *err)
{
	const struct key_args *args = c->args;
	struct sw_rows rows;
	int failed = sw_query_wait(c->task, c->core->store, c->arena, CORE_SQL(SQL_DIRECTORY_GET), &rows,
				   SW_T(SW_S("SK")), SW_ID(args->sid.id));
	if (failed)
		return sw_fail_internal(err, failed);
	return rows.n ? sw_call_enter_wait(c, sw_sid_of("AC", sw_row_id(rows.row[0], 1)), err)
		      : sw_call_not_found(c, err);
}

static int iam_fetch(struct sw_call *c, struct sw_error *err)
{
	int failed = enter_wait(c, err);
	return failed ? failed : fetch(c, err);
}

static int iam_update(struct sw_call *c, struct sw_error *err)
{
	const struct key_args *args = c->args;
	struct key before;
	int failed = enter_wait(c, err);
	if (!failed && args->policy.p)
		failed = load(c, &before, err);
	if (!failed && args->policy.p && !before.policy.p)
		failed = sw_fail(err, 70002, "A standard key has no Policy: create a restricted key instead.");
	if (!failed && args->policy.p)
		failed = sw_call_policy_check(c, args->policy, err);
	return failed ? failed : update(c, err);
}

static int iam_delete(struct sw_call *c, struct sw_error *err)
{
	int failed = enter_wait(c, err);
	return failed ? failed : delete_one(c, err);
}

static int iam_list(struct sw_call *c, struct sw_error *err)
{
	const struct key_args *args = c->args;
	int failed = sw_call_enter_wait(c, args->account_sid, err);
	return failed ? failed : list(c, err);
}

/* clang-format off */
#define BASE "/2010-04-01/Accounts/{AccountSid}/"
#define CONTRACT .style = SW_STYLE_2010, .product = "api"
#define ARGS(params_) .params = params_, .args_bytes = sizeof(struct key_args)
#define REPLY(fields_) .fields = fields_, .result_bytes = sizeof(struct key)
#define SURFACE(path, create_name, create_sdk, name, key) \
	{ "POST", BASE path ".json", create_name, "Create an API key.", CONTRACT, ARGS(create_params), REPLY(new_key_fields), 201, create, .flags = SW_NO_KEYS | SW_AUDIT, .rate_class = "write", .sdk = create_sdk }, \
	{ "GET", BASE path ".json", "List" name, "List API keys.", CONTRACT, ARGS(list_params), REPLY(key_fields), 200, list, .flags = SW_LIST | SW_NO_KEYS, .list_key = key, .rate_class = "read" }, \
	{ "GET", BASE path "/{Sid}.json", "Fetch" name, "Fetch an API key.", CONTRACT, ARGS(one_params), REPLY(key_fields), 200, fetch, .flags = SW_NO_KEYS, .rate_class = "read" }, \
	{ "POST", BASE path "/{Sid}.json", "Update" name, "Rename an API key.", CONTRACT, ARGS(update_params), REPLY(key_fields), 200, update, .flags = SW_NO_KEYS | SW_AUDIT, .rate_class = "write" }, \
	{ "DELETE", BASE path "/{Sid}.json", "Delete" name, "Revoke an API key.", CONTRACT, ARGS(one_params), .status = 204, .handler = delete_one, .flags = SW_NO_KEYS | SW_AUDIT, .rate_class = "write" }

#define IAM(flags_) .style = SW_STYLE_V1, .product = "iam", .flags = SW_NO_KEYS | flags_

const struct sw_endpoint identity_key_endpoints[] = {
	SURFACE("Keys", "CreateNewKey", "newKeys", "Key", "keys"),
	SURFACE("SigningKeys", "CreateNewSigningKey", "newSigningKeys", "SigningKey", "signing_keys"),
	{ "POST", "/v1/Keys", "CreateIamKey", "Create an API key, restricted by a policy if wanted.", IAM(SW_AUDIT), ARGS(iam_create_params), REPLY(iam_new_fields), 201, iam_create, .rate_class = "write", .sdk = "newApiKey", .contract = "CreateNewKey", .errors = SW_ERRORS(70002) },
	{ "GET", "/v1/Keys", "ListIamKey", "List an account's API keys.", .style = SW_STYLE_V1, .product = "iam", ARGS(iam_list_params), REPLY(iam_list_fields), 200, iam_list, .flags = SW_LIST | SW_NO_KEYS, .list_key = "keys", .rate_class = "read", .sdk = "getApiKeys", .contract = "ListGetKeys" },
	{ "GET", "/v1/Keys/{Sid}", "FetchIamKey", "Fetch an API key.", IAM(0), ARGS(iam_one_params), REPLY(iam_fields), 200, iam_fetch, .rate_class = "read", .sdk = "apiKey", .contract = "FetchKey" },
	{ "POST", "/v1/Keys/{Sid}", "UpdateIamKey", "Rename an API key, or change what a restricted one may.", IAM(SW_AUDIT), ARGS(iam_update_params), REPLY(iam_fields), 200, iam_update, .rate_class = "write", .sdk = "apiKey", .contract = "UpdateKey", .errors = SW_ERRORS(70002) },
	{ "DELETE", "/v1/Keys/{Sid}", "DeleteIamKey", "Revoke an API key.", IAM(SW_AUDIT), ARGS(iam_one_params), .status = 204, .handler = iam_delete, .rate_class = "write", .sdk = "apiKey", .contract = "DeleteKey" },
	{ 0 },
};
/* clang-format on */
