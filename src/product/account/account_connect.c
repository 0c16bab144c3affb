/*
 * Connect: an application of one account that others let act for them.
 *
 * The contract has neither a way to create an application nor to authorize one: its console does that.  Here both are
 * native operations.  An authorization is a copy of what the application says of itself, under the account that gave
 * it and with the application's own SID; taking it back tells the application at its deauthorize_callback_url.  While
 * it stands, the application's account may read what is under this one's paths and, with post-all, change it: not its
 * keys and tokens, which only its own token opens.
 */
#include "product/account/account.h"

#include "core/callback.h"
#include "core/core_sql.h"
#include "core/auth/delegation.h"
#include "loop/clock.h"
#include "loop/task.h"

static const char *const methods[] = { "GET", "POST", NULL };
static const char *const permissions[] = { "get-all", "post-all", NULL };

#define BASE "/2010-04-01/Accounts/{AccountSid}/"
#define NO_CONSENT_PAGE .inert = "There is no page yet where a person gives consent and is sent on from."
#define SHOWN .used_by = "authorized_connect_app.list"

/* clang-format off */
#define TEXT(name_, doc_, max_) { .name = name_, .doc = doc_, .type = SW_STR, .flags = SW_WRITE | SW_EMPTY_OK, .max = max_, SHOWN }
static const struct sw_field app_fields[] = {
	{ .name = "account_sid", .doc = "Account that owns it.", .type = SW_SID, .kinds = "AC" },
	{ .name = "authorize_redirect_url", .doc = "Where a person is sent once consent is given.", .type = SW_URL, .flags = SW_WRITE | SW_EMPTY_OK, NO_CONSENT_PAGE },
	TEXT("company_name", "Who makes the application.", 128),
	{ .name = "deauthorize_callback_method", .doc = "Method for deauthorize_callback_url.", .type = SW_ENUM, .flags = SW_WRITE, .values = methods, .def = "POST", .used_by = "authorized_connect_app.deleted" },
	{ .name = "deauthorize_callback_url", .doc = "URL told when an account takes its authorization back.", .type = SW_URL, .flags = SW_WRITE | SW_EMPTY_OK, .used_by = "authorized_connect_app.deleted" },
	TEXT("description", "What it does.", 1024),
	TEXT("friendly_name", "A name for people, at most 64 characters.", 64),
	{ .name = "homepage_url", .doc = "Where to read more.", .type = SW_URL, .flags = SW_WRITE | SW_EMPTY_OK, SHOWN },
	{ .name = "permissions", .doc = "What it asks for: get-all, post-all.", .type = SW_STRS, .flags = SW_WRITE, .values = permissions, .max = 2, .used_by = "authorized_connect_app.create" },
	{ .name = "sid", .doc = "Identifier.", .type = SW_SID, .kinds = "CN" },
	{ .name = "uri", .doc = "Where it is.", .type = SW_PATTERN, .pattern = "/2010-04-01/Accounts/{account_sid}/ConnectApps/{sid}.json" },
	{ 0 },
};

static const struct sw_field grant_fields[] = {
	{ .name = "account_sid", .doc = "Account that gave the authorization.", .type = SW_SID, .kinds = "AC" },
	{ .name = "connect_app_company_name", .doc = "Who makes the application.", .type = SW_STR },
	{ .name = "connect_app_description", .doc = "What it does.", .type = SW_STR },
	{ .name = "connect_app_friendly_name", .doc = "Its name for people.", .type = SW_STR },
	{ .name = "connect_app_homepage_url", .doc = "Where to read more.", .type = SW_URL },
	{ .name = "connect_app_sid", .doc = "The application.", .type = SW_SID, .kinds = "CN", .flags = SW_IS_SID },
	{ .name = "connect_app_account", .doc = "Account of the application.", .type = SW_SID, .kinds = "AC", .flags = SW_HIDDEN },
	{ .name = "permissions", .doc = "What it may do: get-all, post-all.", .type = SW_STRS, .max = 2 },
	{ .name = "uri", .doc = "Where it is.", .type = SW_PATTERN, .pattern = "/2010-04-01/Accounts/{account_sid}/AuthorizedConnectApps/{connect_app_sid}.json" },
	{ 0 },
};
/* clang-format on */

const struct sw_resource account_connect_app = {
	.name = "ConnectApp",
	.plural = "Connect applications",
	.doc = "An application that other accounts may let act for them.",
	.kind = "CN",
	.path = BASE "ConnectApps.json",
	.list_key = "connect_apps",
	.product = "api",
	.style = SW_STYLE_2010,
	.without = SW_NO_CREATE,
	.native = "/v1/connect_apps",
	.flags = SW_FINDABLE, /* whoever authorizes an application knows its SID only */
	.fields = app_fields,
};

const struct sw_resource account_authorized_connect_app = {
	.name = "AuthorizedConnectApp",
	.plural = "authorizations of Connect applications",
	.doc = "What a Connect application may do for this account.",
	.kind = "CN",
	.stored_as = "authorized_connect_app",
	.path = BASE "AuthorizedConnectApps.json",
	.list_key = "authorized_connect_apps",
	.product = "api",
	.style = SW_STYLE_2010,
	.without = SW_NO_CREATE | SW_NO_UPDATE | SW_NO_DELETE,
	.fields = grant_fields,
};

/* ---- giving and taking back ---- */

struct grant_args {
	struct sw_sid connect_app_sid;
	struct sw_strs permissions;
};

struct grant {
	struct sw_sid account_sid, connect_app_sid;
	struct sw_strs permissions;
};

/* clang-format off */
#define G struct grant_args
static const struct sw_field grant_params[] = {
	{ .name = "connect_app_sid", .doc = "The application.", .type = SW_SID, .flags = SW_REQUIRED, .kinds = "CN", SW_SID_AT(G, connect_app_sid), .used_by = "authorized_connect_app.create" },
	{ .name = "permissions", .doc = "What it may do: get-all, post-all; what it asks for by default.", .type = SW_STRS, .values = permissions, SW_STRS_AT(G, permissions), .max = 2, .used_by = "api.enter_account" },
	{ 0 },
};
static const struct sw_field given_fields[] = {
	{ .name = "account_sid", .doc = "Account that gave the authorization.", .type = SW_SID, .kinds = "AC", SW_SID_AT(struct grant, account_sid) },
	{ .name = "connect_app_sid", .doc = "The application.", .type = SW_SID, .kinds = "CN", SW_SID_AT(struct grant, connect_app_sid) },
	{ .name = "permissions", .doc = "What it may do.", .type = SW_STRS, SW_STRS_AT(struct grant, permissions), .max = 2 },
	{ 0 },
};
static const struct sw_field revoke_params[] = {
	{ .name = "sid", .doc = "SID of the application.", .type = SW_SID, .flags = SW_PATH, .kinds = "CN", SW_SID_AT(G, connect_app_sid) },
	{ 0 },
};
/* clang-format on */

/* An application wherever it is. */
static int find_app_wait(struct sw_call *c, struct sw_sid sid, struct sw_stored *ret)
{
	const struct sw_account *owner;
	struct sw_rows rows;
	int failed = sw_query_wait(c->task, c->core->store, c->arena, CORE_SQL(SQL_DIRECTORY_GET), &rows,
				   SW_T(SW_S("CN")), SW_ID(sid.id));
	if (failed || rows.n == 0)
		return failed ? failed : SW_ENOTFOUND;
	failed = sw_account_get_wait(c->task, c->core, sw_sid_of("AC", sw_row_id(rows.row[0], 1)), &owner);
	return failed ? failed
		      : sw_resource_get_wait(c->task, c->core, sw_api_resource(c->api, account_connect_app.name), owner,
					     sid, ret);
}

static void *copy_app(struct sw_call *c, const struct sw_stored *app, const struct sw_strs *asked)
{
	static const char *const texts[] = { "company_name", "description", "friendly_name", "homepage_url" };
	const struct sw_resource_type *from = sw_api_resource(c->api, account_connect_app.name),
				      *to = sw_api_resource(c->api, account_authorized_connect_app.name);
	int64_t now = sw_wall_us();
	void *object = sw_resource_object(c->arena, to, c->account, app->sid, now, now);
	for (size_t i = 0; i < SW_COUNTOF(texts); i++)
		sw_resource_set_text(to, object,
				     sw_str_cstr(c->arena, sw_str_fmt(c->arena, "connect_app_%s", texts[i])),
				     sw_resource_text(from, app->object, texts[i]));
	sw_resource_set(to, object, "connect_app_account", sw_resource_field(from, app->object, "account_sid"));
	sw_resource_set(to, object, "permissions",
			asked->n ? asked : sw_resource_field(from, app->object, "permissions"));
	return object;
}

/* From now on the application's account may act for this one. */
static void delegate(struct sw_call *c, struct sw_txn *txn, const struct sw_resource_type *type, const void *grant)
{
	const struct sw_strs *given = sw_resource_field(type, grant, "permissions");
	const struct sw_sid *to = sw_resource_field(type, grant, "connect_app_account");
	bool may_write = false;
	for (size_t i = 0; i < given->n; i++)
		may_write |= sw_str_is(given->v[i], "post-all");
	if (given->n)
		sw_delegation_put(txn, c->account, *to, sw_resource_sid(type, grant), may_write);
}

static int authorize(struct sw_call *c, struct sw_error *err)
{
	const struct grant_args *args = c->args;
	const struct sw_resource_type *type = sw_api_resource(c->api, account_authorized_connect_app.name);
	struct sw_stored app, old;
	int failed = find_app_wait(c, args->connect_app_sid, &app);
	if (failed == SW_ENOTFOUND)
		return sw_fail(err, 20404, "There is no Connect application %.*s.",
			       SW_FMT(sw_sid_text(c->arena, args->connect_app_sid)));
	if (failed)
		return sw_fail_internal(err, failed);
	if (sw_resource_get_wait(c->task, c->core, type, c->account, app.sid, &old) == 0)
		return sw_fail(err, 20409, "The application is authorized already; take that back first to change it.");
	struct sw_txn *txn = sw_call_txn(c);
	const struct sw_resource_change change = {
		.task = c->task,
		.core = c->core,
		.account = c->account,
		.type = type,
		.object = copy_app(c, &app, &args->permissions),
		.txn = txn,
	};
	sw_resource_insert(c->arena, &change);
	delegate(c, txn, type, change.object);
	c->changed = app.sid;
	*(struct grant *)c->result = (struct grant){
		.account_sid = c->account->sid,
		.connect_app_sid = app.sid,
		.permissions = *(const struct sw_strs *)sw_resource_field(type, change.object, "permissions"),
	};
	return sw_call_commit_wait(c, txn, err);
}

/* In the name of the application's own account, whose token signs it. */
static void tell_app(struct sw_call *c, struct sw_txn *txn, const struct sw_stored *app)
{
	const struct sw_resource_type *type = sw_api_resource(c->api, account_connect_app.name);
	struct sw_form_pair pairs[] = {
		{ SW_S("AccountSid"), sw_sid_text(c->arena, c->account->sid) },
		{ SW_S("ConnectAppSid"), sw_sid_text(c->arena, app->sid) },
	};
	const struct sw_form params = { pairs, SW_COUNTOF(pairs) };
	const struct sw_callback callback = {
		.account = ((const struct sw_sid *)sw_resource_field(type, app->object, "account_sid"))->id,
		.ref_kind = { 'C', 'N' },
		.ref = app->sid.id,
		.method = sw_resource_text(type, app->object, "deauthorize_callback_method"),
		.url = sw_resource_text(type, app->object, "deauthorize_callback_url"),
		.params = &params,
		.event_time_us = sw_wall_us(),
	};
	if (callback.url.n)
		sw_txn_callback(txn, &callback);
}

static int take_back(struct sw_call *c, struct sw_error *err)
{
	const struct grant_args *args = c->args;
	const struct sw_resource_type *type = sw_api_resource(c->api, account_authorized_connect_app.name);
	struct sw_stored grant, app;
	int failed = sw_resource_get_wait(c->task, c->core, type, c->account, args->connect_app_sid, &grant);
	if (failed == SW_ENOTFOUND)
		return sw_call_not_found(c, err);
	if (failed)
		return sw_fail_internal(err, failed);
	failed = find_app_wait(c, grant.sid, &app);
	if (failed && failed != SW_ENOTFOUND)
		return sw_fail_internal(err, failed);
	struct sw_txn *txn = sw_call_txn(c);
	const struct sw_resource_change change = {
		.task = c->task,
		.core = c->core,
		.account = c->account,
		.type = type,
		.before = grant.object,
		.txn = txn,
	};
	sw_resource_delete(c->arena, &change, grant.version);
	sw_delegation_drop(txn, c->account,
			   *(const struct sw_sid *)sw_resource_field(type, grant.object, "connect_app_account"),
			   grant.sid);
	if (!failed) /* the application may be gone before its authorizations */
		tell_app(c, txn, &app);
	c->changed = grant.sid;
	failed = sw_call_commit_wait(c, txn, err);
	return failed == SW_ECONFLICT ? sw_call_not_found(c, err) : failed;
}

/* clang-format off */
const struct sw_endpoint account_connect_endpoints[] = {
	{ "POST", "/v1/authorized_connect_apps", "CreateAuthorizedConnectApp", "Let a Connect application act for the account.", SW_STYLE_NATIVE, NULL, grant_params, sizeof(G), given_fields, sizeof(struct grant), 201, authorize, .flags = SW_AUDIT | SW_NO_KEYS, .rate_class = "write" },
	{ "DELETE", "/v1/authorized_connect_apps/{sid}", "DeleteAuthorizedConnectApp", "Take the authorization of a Connect application back.", SW_STYLE_NATIVE, NULL, revoke_params, sizeof(G), NULL, 0, 204, take_back, .flags = SW_AUDIT | SW_NO_KEYS, .rate_class = "write" },
	{ 0 },
};
/* clang-format on */
