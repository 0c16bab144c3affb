/* Accounts and their balance over HTTP. */
#include "product/account/account.h"

#include "base/time.h"
#include "core/core_sql.h"
#include "core/money/ledger.h"
#include "core/webhook/certificate.h"
#include "loop/clock.h"
#include "loop/task.h"

static const char *const statuses[] = { "active", "suspended", "closed", NULL };
static const char *const types[] = { "Trial", "Full", NULL };

struct account {
	struct sw_sid sid, owner_account_sid;
	struct sw_str auth_token, friendly_name, status, type;
	int64_t date_created, date_updated;
};

struct account_args {
	struct sw_sid account_sid;
	struct sw_str friendly_name, status;
};

struct balance {
	struct sw_sid account_sid;
	int64_t balance;
	struct sw_str currency;
};

/* clang-format off */
#define HERE "/2010-04-01/Accounts/{sid}"
static const struct sw_link subresources[] = {
	{ "addresses", HERE "/Addresses.json" },
	{ "applications", HERE "/Applications.json" },
	{ "authorized_connect_apps", HERE "/AuthorizedConnectApps.json" },
	{ "available_phone_numbers", HERE "/AvailablePhoneNumbers.json" },
	{ "balance", HERE "/Balance.json" },
	{ "calls", HERE "/Calls.json" },
	{ "conferences", HERE "/Conferences.json" },
	{ "connect_apps", HERE "/ConnectApps.json" },
	{ "incoming_phone_numbers", HERE "/IncomingPhoneNumbers.json" },
	{ "keys", HERE "/Keys.json" },
	{ "messages", HERE "/Messages.json" },
	{ "notifications", HERE "/Notifications.json" },
	{ "outgoing_caller_ids", HERE "/OutgoingCallerIds.json" },
	{ "queues", HERE "/Queues.json" },
	{ "recordings", HERE "/Recordings.json" },
	{ "short_codes", HERE "/SMS/ShortCodes.json" },
	{ "signing_keys", HERE "/SigningKeys.json" },
	{ "sip", HERE "/SIP.json" },
	{ "transcriptions", HERE "/Transcriptions.json" },
	{ "usage", HERE "/Usage.json" },
	{ 0 },
};

#define O struct account
static const struct sw_field account_fields[] = {
	{ .name = "auth_token", .doc = "Secret to sign in with; null for an API key and for another account's Connect application.", .type = SW_STR, .flags = SW_SECRET, SW_TEXT_AT(O, auth_token) },
	{ .name = "date_created", .doc = "When it was created.", .type = SW_TIME, SW_INT_AT(O, date_created) },
	{ .name = "date_updated", .doc = "When it last changed.", .type = SW_TIME, SW_INT_AT(O, date_updated) },
	{ .name = "friendly_name", .doc = "Its name for people.", .type = SW_STR, SW_TEXT_AT(O, friendly_name) },
	{ .name = "owner_account_sid", .doc = "The account that owns and pays for it; its own SID when it is a master account.", .type = SW_SID, .kinds = "AC", SW_SID_AT(O, owner_account_sid) },
	{ .name = "sid", .doc = "Identifier.", .type = SW_SID, .kinds = "AC", SW_SID_AT(O, sid) },
	{ .name = "status", .doc = "active, suspended (reads only) or closed (for good).", .type = SW_ENUM, .values = statuses, SW_TEXT_AT(O, status) },
	{ .name = "subresource_uris", .doc = "Where its resources are.", .type = SW_LINKS, .links = subresources },
	{ .name = "type", .doc = "Full: there are no trial accounts here.", .type = SW_ENUM, .values = types, SW_TEXT_AT(O, type) },
	{ .name = "uri", .doc = "Where it is.", .type = SW_PATTERN, .pattern = HERE ".json" },
	{ 0 },
};

#define A struct account_args
/* In the contract the account is {Sid} here; under its inner name the engine isolates it like everywhere. */
#define SELF { .name = "account_sid", .param = "Sid", .doc = "The account.", .type = SW_SID, .flags = SW_PATH, .kinds = "AC", SW_SID_AT(A, account_sid) }
static const struct sw_field one_params[] = { SELF, { 0 } };
static const struct sw_field create_params[] = {
	{ .name = "friendly_name", .doc = "A name for people, at most 64 characters.", .type = SW_STR, SW_TEXT_AT(A, friendly_name), .max = 64, .used_by = "account.list", .example = "Our shop" },
	{ 0 },
};
static const struct sw_field update_params[] = {
	SELF,
	{ .name = "friendly_name", .doc = "A name for people, at most 64 characters.", .type = SW_STR, SW_TEXT_AT(A, friendly_name), .max = 64, .used_by = "account.list", .example = "Our shop" },
	{ .name = "status", .doc = "New status; the owner's to change.", .type = SW_ENUM, .values = statuses, SW_TEXT_AT(A, status), .used_by = "api.sign_in" },
	{ 0 },
};
static const struct sw_field list_params[] = {
	{ .name = "friendly_name", .doc = "Only accounts of this name.", .type = SW_STR, .flags = SW_QUERY, SW_TEXT_AT(A, friendly_name), .max = 64, .column = "friendly_name" },
	{ .name = "status", .doc = "Only accounts of this status.", .type = SW_ENUM, .flags = SW_QUERY, .values = statuses, SW_TEXT_AT(A, status), .column = "status" },
	{ 0 },
};

static const struct sw_field balance_params[] = { ACCOUNT_PATH(struct balance), { 0 } };
static const struct sw_field balance_fields[] = {
	{ .name = "account_sid", .doc = "The account asked about.", .type = SW_SID, .kinds = "AC", SW_SID_AT(struct balance, account_sid) },
	{ .name = "balance", .doc = "What the account that pays has left.", .type = SW_MICROS, .min = 2, SW_INT_AT(struct balance, balance) },
	{ .name = "currency", .doc = "Its currency.", .type = SW_STR, SW_TEXT_AT(struct balance, currency) },
	{ 0 },
};
/* clang-format on */

/* ---- shared ---- */

struct sw_str account_event_data(struct sw_arena *arena, struct sw_str friendly_name, struct sw_str status)
{
	struct sw_buf text = { .arena = arena };
	struct sw_json_out out = { .buf = &text };
	sw_json_object(&out);
	if (friendly_name.p)
		sw_json_add_str(&out, "friendly_name", friendly_name);
	if (status.p)
		sw_json_add_str(&out, "status", status);
	sw_json_end_object(&out);
	return sw_buf_str(&text);
}

/* ---- handlers ---- */

static void show(const struct sw_call *c, const struct sw_account *a, struct account *ret)
{
	/* Not for a key, nor for a stranger whom the account let act for it. */
	bool sees_token = !sw_sid_given(c->caller.key) && sw_account_may(c->caller.account, a);
	*ret = (struct account){
		.sid = a->sid,
		.owner_account_sid = a->owner,
		.auth_token = sees_token ? a->token : SW_STR_NULL,
		.friendly_name = a->friendly_name,
		.status = a->status,
		.type = a->type,
		.date_created = a->created_us,
		.date_updated = a->updated_us,
	};
}

static bool is_master(const struct sw_account *a)
{
	return sw_sid_eq(a->sid, a->owner);
}

static int create(struct sw_call *c, struct sw_error *err)
{
	const struct account_args *args = c->args;
	char now_text[SW_TIME_BUF];
	int64_t now = sw_wall_us();
	if (!is_master(c->account))
		return sw_fail(err, 20006, "A subaccount cannot have subaccounts.");
	const struct sw_account a = {
		.sid = sw_sid_random("AC"),
		.owner = c->account->sid,
		.bucket = c->account->bucket,
		.friendly_name = args->friendly_name.p ? args->friendly_name
						       : sw_str_fmt(c->arena, "SubAccount of %.*s",
								    SW_FMT(sw_time_iso(now, now_text))),
		.status = SW_S("active"),
		.type = SW_S("Full"),
		.token = sw_secret_new(c->arena),
		.created_us = now,
		.updated_us = now,
	};
	struct sw_txn *txn = sw_call_txn(c);
	sw_txn_trace(txn, a.sid.id);
	sw_account_insert(c->core, c->arena, txn, 0, &a);
	sw_event_add(txn, a.sid.id, a.sid, "account.created", account_event_data(c->arena, a.friendly_name, a.status));
	show(c, &a, c->result);
	return sw_call_commit_wait(c, txn, err);
}

/* From the store: c->account may be half a second old when another process changed it. */
static int load(struct sw_call *c, struct sw_account *ret, struct sw_error *err)
{
	int failed = sw_account_fresh_wait(c->task, c->core, c->arena, c->account->bucket, c->account->sid.id, ret);
	return failed == SW_ENOTFOUND ? sw_call_not_found(c, err) : sw_fail_internal(err, failed);
}

static int fetch(struct sw_call *c, struct sw_error *err)
{
	struct sw_account a;
	int failed = load(c, &a, err);
	if (!failed)
		show(c, &a, c->result);
	return failed;
}

static int check_update(const struct sw_call *c, const struct account_args *args, const struct sw_account *a,
			struct sw_error *err)
{
	const struct sw_account *caller = c->caller.account;
	if (!sw_str_is(caller->status, "active"))
		return sw_fail(err, 20005, "Account %.*s is %.*s.", SW_FMT(sw_sid_text(c->arena, caller->sid)),
			       SW_FMT(caller->status));
	if (sw_str_is(a->status, "closed"))
		return sw_fail(err, 20001,
			       "The account is closed, which cannot be undone; nothing about it can change.");
	if (!args->status.p || sw_str_eq(args->status, a->status))
		return 0;
	if (is_master(a))
		return sw_fail(err, 20001, "The status of a master account cannot be changed through the API.");
	return sw_sid_eq(caller->sid, a->owner)
		       ? 0
		       : sw_fail(err, 20006, "Only the owner of a subaccount can change its status.");
}

static int update(struct sw_call *c, struct sw_error *err)
{
	const struct account_args *args = c->args;
	struct account *result = c->result;
	struct sw_account a;
	int failed = load(c, &a, err);
	if (!failed)
		failed = check_update(c, args, &a, err);
	if (failed)
		return failed;
	show(c, &a, result);
	if (!args->friendly_name.p && !args->status.p)
		return 0;
	if (args->friendly_name.p)
		result->friendly_name = args->friendly_name;
	if (args->status.p)
		result->status = args->status;
	result->date_updated = sw_wall_us();
	struct sw_txn *txn = sw_call_txn(c);
	sw_txn_trace(txn, c->account->sid.id);
	/* Guarded: what was closed meanwhile stays so. */
	sw_txn_do(txn, CORE_SQL(SQL_ACCOUNT_UPDATE), SW_GUARD_ONE, 20409, SW_I(c->account->bucket),
		  SW_ID(c->account->sid.id), SW_I(result->date_updated), SW_T(args->friendly_name), SW_T(args->status));
	sw_event_add(txn, c->account->sid.id, c->account->sid, "account.updated",
		     account_event_data(c->arena, args->friendly_name, args->status));
	failed = sw_call_commit_wait(c, txn, err);
	sw_account_forget(c->account->sid);
	return failed;
}

static int read_row(struct sw_call *c, struct sw_row row, void *result, struct sw_error *err)
{
	struct sw_account a;
	int failed = sw_account_read(c->core, c->arena, row, &a);
	if (failed)
		return sw_fail_internal(err, failed);
	show(c, &a, result);
	return 0;
}

static int list(struct sw_call *c, struct sw_error *err)
{
	struct sw_query *query = sw_query_new(c->arena, &sw_account_list);
	sw_query_where(query, "bucket", SW_OP_EQ, SW_I(c->account->bucket));
	sw_query_where(query, is_master(c->account) ? "owner_sid" : "account_sid", SW_OP_EQ, SW_ID(c->account->sid.id));
	sw_call_where(c, query);
	return sw_call_list_wait(c, query, "AC", read_row, err);
}

static int fetch_balance(struct sw_call *c, struct sw_error *err)
{
	struct balance *result = c->result;
	result->account_sid = c->account->sid;
	return sw_fail_internal(err,
				sw_balance_wait(c->task, c->core, c->account, &result->balance, &result->currency));
}

/* clang-format off */
#define CONTRACT .style = SW_STYLE_2010, .product = "api"
#define ARGS(params_) .params = params_, .args_bytes = sizeof(struct account_args)
#define REPLY .fields = account_fields, .result_bytes = sizeof(struct account)

const struct sw_endpoint account_endpoints[] = {
	{ "POST", "/2010-04-01/Accounts.json", "CreateAccount", "Create a subaccount.", CONTRACT, ARGS(create_params), REPLY, 201, create, .flags = SW_NO_KEYS | SW_AUDIT, .rate_class = "write" },
	{ "GET", "/2010-04-01/Accounts.json", "ListAccount", "List the account and its subaccounts.", CONTRACT, ARGS(list_params), REPLY, 200, list, .flags = SW_LIST | SW_NO_KEYS, .list_key = "accounts", .rate_class = "read" },
	{ "GET", "/2010-04-01/Accounts/{Sid}.json", "FetchAccount", "Fetch an account.", CONTRACT, ARGS(one_params), REPLY, 200, fetch, .rate_class = "read" },
	{ "POST", "/2010-04-01/Accounts/{Sid}.json", "UpdateAccount", "Rename an account, or suspend, reactivate or close a subaccount.", CONTRACT, ARGS(update_params), REPLY, 200, update, .flags = SW_NO_KEYS | SW_ANY_STATUS | SW_AUDIT, .rate_class = "write" },
	{ "GET", "/2010-04-01/Accounts/{AccountSid}/Balance.json", "FetchBalance", "Fetch what the account that pays has left.", CONTRACT, .params = balance_params, .args_bytes = sizeof(struct balance), .fields = balance_fields, .result_bytes = sizeof(struct balance), .status = 200, .handler = fetch_balance, .rate_class = "read" },
	{ 0 },
};
/* clang-format on */

static const struct sw_resource *const resources[] = {
	&account_application,
	&account_address,
	&account_caller_id,
	&account_connect_app,
	&account_authorized_connect_app,
	&account_credential_aws,
	&account_credential_public_key,
	&account_safelist,
	&sw_webhook_certificate,
	NULL,
};

static const struct sw_endpoint *const more[] = { account_caller_endpoints, account_connect_endpoints,
						  account_contact_endpoints, account_settings_endpoints, NULL };

static const struct sw_field event_data[] = {
	SW_EVENT_TEXT("friendly_name", "Its name for people."),
	SW_EVENT_TEXT("status", "active, suspended or closed."),
	{ 0 },
};
static const struct sw_event_row events[] = {
	{ "account.created", "An account was created.", event_data, NULL, NULL },
	{ "account.updated", "An account or one of its settings changed.", event_data, NULL, NULL },
	{ 0 },
};

const struct sw_module account_module = {
	.name = "account", .endpoints = account_endpoints, .more = more, .resources = resources, .events = events
};
