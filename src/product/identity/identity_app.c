/* OAuth applications: what signs in with access tokens, and what it may. */
#include "product/identity/identity.h"

#include "core/core_sql.h"
#include "loop/clock.h"
#include "loop/task.h"

struct app {
	struct sw_sid sid, owner_sid, client_sid;
	struct sw_str type, friendly_name, description, created_by, secret, status, policy;
	int64_t access_token_ttl, date_created;
};

/* clang-format off */
#define O struct app
#define SHOWN \
	{ .name = "sid", .doc = "Identifier: the client id.", .type = SW_SID, .kinds = "OQ", SW_SID_AT(O, sid) }, \
	{ .name = "type", .doc = "As given when it was created.", .type = SW_STR, SW_TEXT_AT(O, type) }, \
	{ .name = "friendly_name", .doc = "Its name for people.", .type = SW_STR, SW_TEXT_AT(O, friendly_name) }, \
	{ .name = "description", .doc = "What it is for.", .type = SW_STR, SW_TEXT_AT(O, description) }, \
	{ .name = "date_created", .doc = "When it was created.", .type = SW_TIME, SW_INT_AT(O, date_created) }, \
	{ .name = "created_by", .doc = "The account that created it.", .type = SW_STR, SW_TEXT_AT(O, created_by) }, \
	{ .name = "status", .doc = "active.", .type = SW_STR, SW_TEXT_AT(O, status) }, \
	{ .name = "policy", .doc = "What its tokens may.", .type = SW_JSON, SW_TEXT_AT(O, policy) }, \
	{ .name = "access_token_ttl", .doc = "Seconds that its tokens live.", .type = SW_INT, SW_INT_AT(O, access_token_ttl) }, \
	{ .name = "secret", .doc = "The client secret; shown once, when it is created, and empty afterwards.", .type = SW_STR, .flags = SW_SECRET, SW_TEXT_AT(O, secret) }
static const struct sw_field fields[] = { SHOWN, { 0 } };

#define TYPE { .name = "type", .doc = "A word for people.", .type = SW_STR, SW_TEXT_AT(O, type), .max = 64, .inert = "Kept with the application; each one here signs in by client credentials." }
#define DESCRIPTION { .name = "description", .doc = "What it is for, at most 256 characters.", .type = SW_STR, .flags = SW_EMPTY_OK, SW_TEXT_AT(O, description), .max = 256, .inert = "For people." }
#define POLICY(flags_) { .name = "policy", .doc = "What its tokens may: {\"allow\":[…],\"deny\":[…]}; docs/authentication.md has all permissions.", .type = SW_JSON, .flags = flags_, SW_TEXT_AT(O, policy), .max = 16384, .used_by = "api.permission", .example = "{\"allow\":[\"/twilio/messaging/messages/read\"]}" }
#define TTL { .name = "access_token_ttl", .doc = "Seconds that its tokens live, 60 to 86400; 3600 by default.", .type = SW_INT, SW_INT_AT(O, access_token_ttl), .min = SW_TOKEN_TTL_MIN_S, .max = SW_TOKEN_TTL_MAX_S, .used_by = "oauth.token" }
#define SELF { .name = "sid", .doc = "SID of the application.", .type = SW_SID, .flags = SW_PATH, .kinds = "OQ", SW_SID_AT(O, sid) }
static const struct sw_field create_params[] = {
	{ .name = "friendly_name", .doc = "A name for people, at most 64 characters.", .type = SW_STR, .flags = SW_REQUIRED, SW_TEXT_AT(O, friendly_name), .max = 64, .inert = "For people.", .example = "Our shop" },
	{ .name = "owner_sid", .doc = "The account it acts for: the caller's own (the default) or a subaccount.", .type = SW_SID, .kinds = "AC", SW_SID_AT(O, owner_sid), .used_by = "oauth.token" },
	{ .name = "client_sid", .doc = "The SID it gets: for one that is known elsewhere already; a new one by default.", .type = SW_SID, .kinds = "OQ", SW_SID_AT(O, client_sid), .used_by = "oauth.token" },
	TYPE, DESCRIPTION, POLICY(SW_REQUIRED), TTL,
	{ 0 },
};
static const struct sw_field update_params[] = {
	SELF,
	{ .name = "friendly_name", .doc = "A name for people, at most 64 characters.", .type = SW_STR, SW_TEXT_AT(O, friendly_name), .max = 64, .inert = "For people.", .example = "Our shop" },
	TYPE, DESCRIPTION, POLICY(0), TTL,
	{ 0 },
};
static const struct sw_field one_params[] = { SELF, { 0 } };
/* clang-format on */

static int check_policy(struct sw_call *c, struct sw_str policy, struct sw_error *err)
{
	return policy.p ? sw_call_policy_check(c, policy, err) : 0;
}

static int create(struct sw_call *c, struct sw_error *err)
{
	const struct app *args = c->args;
	struct app *app = c->result;
	int failed = sw_sid_given(args->owner_sid) ? sw_call_enter_wait(c, args->owner_sid, err) : 0;
	if (!failed)
		failed = check_policy(c, args->policy, err);
	if (failed)
		return failed;
	int64_t bucket = c->account->bucket;
	*app = *args;
	app->sid = sw_sid_given(args->client_sid) ? args->client_sid : sw_sid_random("OQ");
	app->secret =
		sw_str_fmt(c->arena, "%.*s%.*s", SW_FMT(sw_secret_new(c->arena)), SW_FMT(sw_secret_new(c->arena)));
	app->type = args->type.p ? args->type : SW_S("client_credentials");
	app->description = args->description.p ? args->description : SW_S("");
	app->created_by = sw_sid_text(c->arena, c->caller.account->sid);
	app->status = SW_S("active");
	app->access_token_ttl = args->access_token_ttl == SW_NONE ? SW_TOKEN_TTL_S : args->access_token_ttl;
	app->date_created = sw_wall_us();
	struct sw_txn *txn = sw_call_txn(c);
	sw_txn_trace(txn, app->sid.id);
	sw_txn_do(txn, CORE_SQL(SQL_DIRECTORY_PUT), SW_GUARD_ONE, SW_EEXIST, SW_T(SW_S("OQ")), SW_ID(app->sid.id),
		  SW_I(bucket), SW_ID(c->account->sid.id));
	sw_txn_do(txn, CORE_SQL(SQL_APP_INSERT), SW_GUARD_ONE, SW_EEXIST, SW_I(bucket), SW_ID(c->account->sid.id),
		  SW_ID(app->sid.id), SW_T(app->type), SW_T(app->friendly_name), SW_T(app->description),
		  SW_T(app->created_by), SW_B(sw_secret_seal(c->core, c->arena, app->sid, app->secret)),
		  SW_T(app->policy), SW_I(app->access_token_ttl), SW_I(app->date_created));
	sw_event_add(txn, c->account->sid.id, app->sid, "oauth_app.created",
		     identity_event_data(c->arena, app->friendly_name));
	failed = sw_call_commit_wait(c, txn, err);
	sw_account_forget(app->sid); /* that it was absent may be known */
	return failed == SW_EEXIST ? sw_fail(err, 20409, "The SID in client_sid is taken.") : failed;
}

/* The account is known by the application alone. */
static int load_wait(struct sw_call *c, struct sw_oauth_app *ret, struct sw_error *err)
{
	const struct app *args = c->args;
	struct sw_rows rows;
	int failed = sw_query_wait(c->task, c->core->store, c->arena, CORE_SQL(SQL_DIRECTORY_GET), &rows,
				   SW_T(SW_S("OQ")), SW_ID(args->sid.id));
	if (failed)
		return sw_fail_internal(err, failed);
	if (rows.n == 0)
		return sw_call_not_found(c, err);
	failed = sw_call_enter_wait(c, sw_sid_of("AC", sw_row_id(rows.row[0], 1)), err);
	if (failed)
		return failed;
	failed = sw_query_wait(c->task, c->core->store, c->arena, CORE_SQL(SQL_APP_GET), &rows,
			       SW_I(c->account->bucket), SW_ID(c->account->sid.id), SW_ID(args->sid.id));
	if (!failed && rows.n == 0)
		return sw_call_not_found(c, err);
	return sw_fail_internal(err, failed ? failed : sw_oauth_app_read(c->core, c->arena, rows.row[0], ret));
}

static int update(struct sw_call *c, struct sw_error *err)
{
	const struct app *args = c->args;
	struct app *app = c->result;
	struct sw_oauth_app before;
	int failed = load_wait(c, &before, err);
	if (!failed)
		failed = check_policy(c, args->policy, err);
	if (failed)
		return failed;
	*app = (struct app){
		.sid = before.sid,
		.type = args->type.p ? args->type : before.type,
		.friendly_name = args->friendly_name.p ? args->friendly_name : before.friendly_name,
		.description = args->description.p ? args->description : before.description,
		.created_by = before.created_by,
		.secret = SW_S(""),
		.status = SW_S("active"),
		.policy = args->policy.p ? args->policy : before.policy,
		.access_token_ttl = args->access_token_ttl == SW_NONE ? before.token_ttl_s : args->access_token_ttl,
		.date_created = before.created_us,
	};
	struct sw_txn *txn = sw_call_txn(c);
	sw_txn_trace(txn, app->sid.id);
	sw_txn_do(txn, CORE_SQL(SQL_APP_UPDATE), SW_GUARD_ONE, SW_ENOTFOUND, SW_I(c->account->bucket),
		  SW_ID(c->account->sid.id), SW_ID(app->sid.id), SW_T(app->type), SW_T(app->friendly_name),
		  SW_T(app->description), SW_T(app->policy), SW_I(app->access_token_ttl));
	sw_event_add(txn, c->account->sid.id, app->sid, "oauth_app.updated",
		     identity_event_data(c->arena, app->friendly_name));
	failed = sw_call_commit_wait(c, txn, err);
	sw_account_forget(app->sid);
	return failed;
}

static int delete_one(struct sw_call *c, struct sw_error *err)
{
	struct sw_oauth_app before;
	int failed = load_wait(c, &before, err);
	if (failed)
		return failed;
	struct sw_txn *txn = sw_call_txn(c);
	sw_txn_trace(txn, before.sid.id);
	sw_txn_do(txn, CORE_SQL(SQL_APP_DELETE), SW_GUARD_ONE, SW_ENOTFOUND, SW_I(c->account->bucket),
		  SW_ID(c->account->sid.id), SW_ID(before.sid.id));
	sw_txn_do(txn, CORE_SQL(SQL_DIRECTORY_DROP), SW_GUARD_ANY, 0, SW_T(SW_S("OQ")), SW_ID(before.sid.id));
	sw_event_add(txn, c->account->sid.id, before.sid, "oauth_app.deleted", SW_S("{}"));
	failed = sw_call_commit_wait(c, txn, err);
	sw_account_forget(before.sid);
	return failed;
}

/* clang-format off */
/* The contract writes these as JSON with snake_case names, like the native API. */
#define HERE .style = SW_STYLE_NATIVE, .product = "iam", .args_bytes = sizeof(struct app), .result_bytes = sizeof(struct app), .flags = SW_NO_KEYS | SW_AUDIT, .rate_class = "write"
const struct sw_endpoint identity_app_endpoints[] = {
	{ "POST", "/v1/Account/OAuthApps", "CreateOauthAppAccount", "Create an OAuth application.", HERE, .params = create_params, .fields = fields, .status = 201, .handler = create, .errors = SW_ERRORS(70002) },
	{ "PUT", "/v1/Account/OAuthApps/{sid}", "UpdateOauthAppAccount", "Change an OAuth application; tokens that it has follow at once.", HERE, .params = update_params, .fields = fields, .status = 200, .handler = update, .errors = SW_ERRORS(70002) },
	{ "DELETE", "/v1/Account/OAuthApps/{sid}", "DeleteOauthAppAccount", "Delete an OAuth application; its tokens end.", HERE, .params = one_params, .status = 204, .handler = delete_one },
	{ 0 },
};
/* clang-format on */
