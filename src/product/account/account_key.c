/* API keys over HTTP: one table, on the two surfaces of the contract (Keys and SigningKeys). */
#include "product/account/account.h"

#include "core/core_sql.h"
#include "loop/clock.h"
#include "loop/task.h"

struct key {
	struct sw_sid sid;
	struct sw_str friendly_name, secret;
	int64_t date_created, date_updated;
};

struct key_args {
	struct sw_sid account_sid, sid;
	struct sw_str friendly_name;
};

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
#define NAME { .name = "friendly_name", .doc = "A name for people, at most 64 characters.", .type = SW_STR, SW_TEXT_AT(A, friendly_name), .max = 64, .used_by = "key.list" }
static const struct sw_field list_params[] = { ACCOUNT_PATH(A), { 0 } };
static const struct sw_field create_params[] = { ACCOUNT_PATH(A), NAME, { 0 } };
static const struct sw_field one_params[] = { ACCOUNT_PATH(A), ONE, { 0 } };
static const struct sw_field update_params[] = { ACCOUNT_PATH(A), ONE, NAME, { 0 } };
/* clang-format on */

static void show(const struct sw_api_key *key, struct key *ret)
{
	*ret = (struct key){
		.sid = key->sid,
		.friendly_name = key->friendly_name,
		.date_created = key->created_us,
		.date_updated = key->updated_us,
	};
}

static int load(struct sw_call *c, struct key *ret, struct sw_error *err)
{
	const struct key_args *args = c->args;
	struct sw_api_key key;
	struct sw_rows rows;
	int failed = sw_query_wait(c->task, c->core->store, c->arena, CORE_SQL(SQL_KEY_GET), &rows,
				   SW_I(c->account->bucket), SW_ID(c->account->sid.id), SW_ID(args->sid.id));
	if (!failed && rows.n == 0)
		return account_not_found(c, err);
	if (!failed)
		failed = sw_key_read(c->core, c->arena, rows.row[0], &key);
	if (failed)
		return sw_fail_internal(err, failed);
	show(&key, ret);
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
		.date_created = sw_wall_us(),
		.date_updated = sw_wall_us(),
	};
	struct sw_str sealed = sw_secret_seal(c->core, c->arena, key->sid, key->secret);
	struct sw_txn *txn = sw_call_txn(c);
	sw_txn_trace(txn, key->sid.id);
	sw_txn_do(txn, CORE_SQL(SQL_DIRECTORY_PUT), SW_GUARD_ONE, SW_EEXIST, SW_T(SW_S("SK")), SW_ID(key->sid.id),
		  SW_I(bucket), SW_ID(c->account->sid.id));
	sw_txn_do(txn, CORE_SQL(SQL_KEY_INSERT), SW_GUARD_ONE, SW_EEXIST, SW_I(bucket), SW_ID(c->account->sid.id),
		  SW_ID(key->sid.id), SW_T(key->friendly_name), SW_B(sealed), SW_I(key->date_created));
	account_event(c, txn, c->account->sid.id, key->sid, "key.created",
		      account_event_data(c->arena, key->friendly_name, SW_STR_NULL));
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
	if (failed || !args->friendly_name.p)
		return failed;
	key->friendly_name = args->friendly_name;
	key->date_updated = sw_wall_us();
	struct sw_txn *txn = sw_call_txn(c);
	sw_txn_trace(txn, key->sid.id);
	sw_txn_do(txn, CORE_SQL(SQL_KEY_RENAME), SW_GUARD_ONE, SW_ENOTFOUND, SW_I(c->account->bucket),
		  SW_ID(c->account->sid.id), SW_ID(key->sid.id), SW_I(key->date_updated), SW_T(args->friendly_name));
	account_event(c, txn, c->account->sid.id, key->sid, "key.updated",
		      account_event_data(c->arena, key->friendly_name, SW_STR_NULL));
	return sw_call_commit_wait(c, txn, err);
}

static int delete_one(struct sw_call *c, struct sw_error *err)
{
	const struct key_args *args = c->args;
	struct sw_txn *txn = sw_call_txn(c);
	sw_txn_trace(txn, args->sid.id);
	sw_txn_do(txn, CORE_SQL(SQL_KEY_DELETE), SW_GUARD_ONE, SW_ENOTFOUND, SW_I(c->account->bucket),
		  SW_ID(c->account->sid.id), SW_ID(args->sid.id));
	sw_txn_do(txn, CORE_SQL(SQL_DIRECTORY_DROP), SW_GUARD_ANY, 0, SW_T(SW_S("SK")), SW_ID(args->sid.id));
	account_event(c, txn, c->account->sid.id, args->sid, "key.deleted", SW_S("{}"));
	int failed = sw_call_commit_wait(c, txn, err);
	sw_account_forget(c->core, args->sid);
	return failed;
}

static int read_row(struct sw_call *c, struct sw_row row, void *result, struct sw_error *err)
{
	struct sw_api_key key;
	int failed = sw_key_read(c->core, c->arena, row, &key);
	if (failed)
		return sw_fail_internal(err, failed);
	show(&key, result);
	return 0;
}

static int list(struct sw_call *c, struct sw_error *err)
{
	struct sw_query *query = sw_query_new(c->arena, &sw_key_list);
	sw_query_where(query, "bucket", SW_OP_EQ, SW_I(c->account->bucket));
	sw_query_where(query, "account_sid", SW_OP_EQ, SW_ID(c->account->sid.id));
	return sw_call_list_wait(c, query, "SK", read_row, err);
}

/* clang-format off */
#define BASE "/2010-04-01/Accounts/{AccountSid}/"
#define CONTRACT .style = SW_STYLE_2010, .product = "api"
#define ARGS(params_) .params = params_, .args_bytes = sizeof(struct key_args)
#define REPLY(fields_) .fields = fields_, .result_bytes = sizeof(struct key)
#define SURFACE(path, create_name, name, key) \
	{ "POST", BASE path ".json", create_name, "Create an API key.", CONTRACT, ARGS(create_params), REPLY(new_key_fields), 201, create, .flags = SW_NO_KEYS, .rate_class = "write" }, \
	{ "GET", BASE path ".json", "List" name, "List API keys.", CONTRACT, ARGS(list_params), REPLY(key_fields), 200, list, .flags = SW_LIST | SW_NO_KEYS, .list_key = key, .rate_class = "read" }, \
	{ "GET", BASE path "/{Sid}.json", "Fetch" name, "Fetch an API key.", CONTRACT, ARGS(one_params), REPLY(key_fields), 200, fetch, .flags = SW_NO_KEYS, .rate_class = "read" }, \
	{ "POST", BASE path "/{Sid}.json", "Update" name, "Rename an API key.", CONTRACT, ARGS(update_params), REPLY(key_fields), 200, update, .flags = SW_NO_KEYS, .rate_class = "write" }, \
	{ "DELETE", BASE path "/{Sid}.json", "Delete" name, "Revoke an API key.", CONTRACT, ARGS(one_params), .status = 204, .handler = delete_one, .flags = SW_NO_KEYS, .rate_class = "write" }

const struct sw_endpoint account_key_endpoints[] = {
	SURFACE("Keys", "CreateNewKey", "Key", "keys"),
	SURFACE("SigningKeys", "CreateNewSigningKey", "SigningKey", "signing_keys"),
	{ 0 },
};
/* clang-format on */
