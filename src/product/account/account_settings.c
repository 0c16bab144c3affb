/* What an account may set for itself: /v1/account is the caller's, /v1/accounts/{sid} one that it may act on. */
#include "product/account/account.h"

#include "base/time.h"
#include "core/core_sql.h"
#include "core/limit/limit.h"
#include "loop/clock.h"

enum { AUTO_MAX_S = 86400 };

static const char *const statuses[] = { "active", "suspended", "closed", NULL };
static const char *const tier_sources[] = { "account", "owner", "default", NULL };
enum { FROM_ACCOUNT, FROM_OWNER, FROM_DEFAULT };

struct settings {
	struct sw_sid sid, owner_account_sid;
	struct sw_str friendly_name, status, tier, tier_source;
	int64_t auto_idempotency, date_created, date_updated, date_first_call, time_to_first_call_s;
};

/* clang-format off */
#define S struct settings
static const struct sw_field settings_fields[] = {
	{ .name = "sid", .doc = "The account.", .type = SW_SID, .kinds = "AC", SW_SID_AT(S, sid) },
	{ .name = "owner_account_sid", .doc = "The account that owns and pays for it; its own SID when it is a master account.", .type = SW_SID, .kinds = "AC", SW_SID_AT(S, owner_account_sid) },
	{ .name = "friendly_name", .doc = "Its name for people.", .type = SW_STR, SW_TEXT_AT(S, friendly_name) },
	{ .name = "status", .doc = "active, suspended (reads only) or closed (for good).", .type = SW_ENUM, .values = statuses, SW_TEXT_AT(S, status) },
	{ .name = "tier", .doc = "Tier of its limits.", .type = SW_STR, SW_TEXT_AT(S, tier) },
	{ .name = "tier_source", .doc = "Whose the tier is: the account's own, its owner's, or the installation's default.", .type = SW_ENUM, .values = tier_sources, SW_TEXT_AT(S, tier_source) },
	{ .name = "auto_idempotency", .doc = "Seconds in which equal requests that create something are one; 0: off.", .type = SW_INT, SW_INT_AT(S, auto_idempotency) },
	{ .name = "date_created", .doc = "When it was created.", .type = SW_TIME, SW_INT_AT(S, date_created) },
	{ .name = "date_updated", .doc = "When it last changed.", .type = SW_TIME, SW_INT_AT(S, date_updated) },
	{ .name = "date_first_call", .doc = "When the first request with its credentials was answered well; null: not yet, or before this was measured.", .type = SW_TIME, SW_INT_AT(S, date_first_call) },
	{ .name = "time_to_first_call_s", .doc = "Seconds from its creation until then.", .type = SW_INT, SW_INT_AT(S, time_to_first_call_s) },
	{ 0 },
};

#define STATUS { .name = "status", .doc = "New status: of a subaccount its owner's to set, of a master account the operator's; closed is for good.", .type = SW_ENUM, .values = statuses, SW_TEXT_AT(S, status), .used_by = "api.sign_in" }
#define CHANGES \
	{ .name = "auto_idempotency", .doc = "Seconds in which equal requests that create something are one, 0 to 86400; 0: off.", .type = SW_INT, .min = 0, .max = AUTO_MAX_S, SW_INT_AT(S, auto_idempotency), .used_by = "api.call", .example = "30" }, \
	{ .name = "tier", .doc = "Tier of its limits; empty: the owner's, or the installation's default. A master account's is the operator's to set, a subaccount's its owner's.", .type = SW_STR, .flags = SW_EMPTY_OK, .max = SW_TIER_NAME_MAX, SW_TEXT_AT(S, tier), .used_by = "core.limit" }
/* Not by the name account_sid: the operator may name any account, and owns() decides for the rest. */
#define ONE { .name = "sid", .doc = "The account.", .type = SW_SID, .flags = SW_PATH, .kinds = "AC", SW_SID_AT(S, sid) }
static const struct sw_field own_params[] = { CHANGES, { 0 } };
static const struct sw_field one_params[] = { ONE, { 0 } };
static const struct sw_field update_params[] = { ONE, CHANGES, STATUS, { 0 } };
static const struct sw_field list_params[] = {
	{ .name = "friendly_name", .doc = "Only accounts of this name.", .type = SW_STR, .flags = SW_QUERY, SW_TEXT_AT(S, friendly_name), .max = 64, .column = "friendly_name" },
	{ .name = "status", .doc = "Only accounts of this status.", .type = SW_ENUM, .flags = SW_QUERY, .values = statuses, SW_TEXT_AT(S, status), .column = "status" },
	{ 0 },
};
/* clang-format on */

static bool is_operator(const struct sw_call *c)
{
	return sw_sid_eq(c->caller.account->sid, c->core->operator_sid);
}

/* The account asked about becomes the call's; one that the caller may not act on is as one that is not there. */
static int enter(struct sw_call *c, struct sw_sid sid, struct sw_error *err)
{
	if (!sw_sid_given(sid) || sw_sid_eq(sid, c->account->sid))
		return 0;
	const struct sw_account *account;
	int failed = sw_account_get_wait(c->task, c->core, sid, &account);
	if (failed == SW_ENOTFOUND || (!failed && !is_operator(c) && !sw_account_may(c->caller.account, account)))
		return sw_call_not_found(c, err);
	if (!failed)
		c->account = account;
	return sw_fail_internal(err, failed);
}

static void show(const struct sw_account *a, const struct sw_limited *l, struct settings *ret)
{
	bool owned = !sw_sid_eq(a->sid, a->owner), called = a->first_call_us > 0;
	*ret = (struct settings){
		.sid = a->sid,
		.owner_account_sid = a->owner,
		.friendly_name = a->friendly_name,
		.status = a->status,
		.tier = l->tier.name,
		.tier_source = sw_str_of(tier_sources[a->tier.n ? FROM_ACCOUNT
						      : owned   ? FROM_OWNER
								: FROM_DEFAULT]),
		.auto_idempotency = a->auto_idempotency_s,
		.date_created = a->created_us,
		.date_updated = a->updated_us,
		.date_first_call = called ? a->first_call_us : SW_NONE,
		.time_to_first_call_s = called ? (a->first_call_us - a->created_us) / SW_US_PER_S : SW_NONE,
	};
}

/* From the store: c->account may be half a second old when another process changed it. */
static int load(struct sw_call *c, struct settings *ret, struct sw_error *err)
{
	struct sw_account a;
	const struct sw_limited *l;
	int failed = sw_limited_fresh_wait(c->task, c->core, c->account, &a, &l);
	if (failed == SW_ENOTFOUND)
		return sw_call_not_found(c, err);
	if (failed)
		return sw_fail_internal(err, failed);
	show(&a, l, ret);
	return 0;
}

static int read_row(struct sw_call *c, struct sw_row row, void *result, struct sw_error *err)
{
	struct sw_account a;
	const struct sw_limited *l;
	int failed = sw_account_read(c->core, c->arena, row, &a);
	if (!failed)
		failed = sw_limited_wait(c->task, c->core, &a, &l);
	if (failed)
		return sw_fail_internal(err, failed);
	show(&a, l, result);
	return 0;
}

/* The operator sees every account of the installation. */
static int list(struct sw_call *c, struct sw_error *err)
{
	struct sw_query *query = sw_query_new(c->arena, &sw_account_list);
	bool master = sw_sid_eq(c->account->sid, c->account->owner);
	if (!is_operator(c)) {
		sw_query_where(query, "bucket", SW_OP_EQ, SW_I(c->account->bucket));
		sw_query_where(query, master ? "owner_sid" : "account_sid", SW_OP_EQ, SW_ID(c->account->sid.id));
	}
	sw_call_where(c, query);
	return sw_call_list_wait(c, query, "AC", read_row, err);
}

static int fetch(struct sw_call *c, struct sw_error *err)
{
	const struct settings *args = c->endpoint->params ? c->args : NULL;
	int failed = enter(c, args ? args->sid : (struct sw_sid){ 0 }, err);
	return failed ? failed : load(c, c->result, err);
}

static int check_tier(struct sw_call *c, struct sw_str tier, struct sw_error *err)
{
	const struct sw_account *target = c->account;
	bool owns = !sw_sid_eq(target->sid, target->owner) && sw_sid_eq(c->caller.account->sid, target->owner);
	struct sw_tier found;
	if (!is_operator(c) && !owns)
		return sw_fail(err, 20006,
			       "An account's tier is set by %s; it goes up itself by POST /v1/limits/upgrade.",
			       sw_sid_eq(target->sid, target->owner) ? "the operator" : "its owner");
	int failed = tier.n ? sw_tier_find_wait(c->task, c->core, tier, &found) : 0;
	if (failed == SW_ENOTFOUND)
		return sw_fail(err, 20001, "There is no tier '%.*s': GET /v1/tiers lists them.", SW_FMT(tier));
	return sw_fail_internal(err, failed);
}

/* A subaccount is its owner's to suspend, a master account the operator's; nobody shuts himself out. */
static int check_status(struct sw_call *c, struct sw_error *err)
{
	const struct sw_account *target = c->account;
	bool master = sw_sid_eq(target->sid, target->owner), self = sw_sid_eq(target->sid, c->caller.account->sid);
	bool may =
		!self && (master ? is_operator(c) : sw_sid_eq(c->caller.account->sid, target->owner) || is_operator(c));
	if (may)
		return 0;
	return sw_fail(err, 20006, "The status of %s.",
		       self && is_operator(c) ? "the operator's own account cannot be changed"
		       : master               ? "a master account is the operator's to change"
					      : "a subaccount is its owner's to change");
}

static struct sw_str changes_of(struct sw_arena *arena, const struct settings *args)
{
	struct sw_buf text = { .arena = arena };
	struct sw_json_out out = { .buf = &text };
	sw_json_object(&out);
	if (args->tier.p)
		sw_json_add_str(&out, "tier", args->tier);
	if (args->status.p)
		sw_json_add_str(&out, "status", args->status);
	if (args->auto_idempotency != SW_NONE)
		sw_json_add_int(&out, "auto_idempotency", args->auto_idempotency);
	sw_json_end_object(&out);
	return sw_buf_str(&text);
}

/* How the account is once the change is committed. */
static int foresee(struct sw_call *c, const struct settings *args, int64_t now_us, struct sw_error *err)
{
	struct settings *result = c->result;
	int failed = load(c, result, err);
	if (failed)
		return failed;
	if (sw_str_is(result->status, "closed"))
		return sw_fail(err, 20001, "The account is closed; nothing about it can change.");
	result->date_updated = now_us;
	if (args->status.p)
		result->status = args->status;
	if (args->auto_idempotency != SW_NONE)
		result->auto_idempotency = args->auto_idempotency;
	if (!args->tier.p)
		return 0;
	struct sw_account changed = *c->account;
	const struct sw_limited *l;
	changed.tier = args->tier;
	failed = sw_limited_foresee_wait(c->task, c->core, &changed, &l);
	if (failed)
		return sw_fail_internal(err, failed);
	bool owned = !sw_sid_eq(changed.sid, changed.owner);
	result->tier = l->tier.name;
	result->tier_source = sw_str_of(tier_sources[args->tier.n ? FROM_ACCOUNT : owned ? FROM_OWNER : FROM_DEFAULT]);
	return 0;
}

static int update(struct sw_call *c, struct sw_error *err)
{
	const struct settings *args = c->args;
	int64_t now_us = sw_wall_us();
	int failed = sw_schema_find(c->endpoint->params, SW_S("sid")) ? enter(c, args->sid, err) : 0;
	if (!failed && args->tier.p)
		failed = check_tier(c, args->tier, err);
	if (!failed && args->status.p)
		failed = check_status(c, err);
	if (!failed)
		failed = foresee(c, args, now_us, err);
	if (failed || (!args->tier.p && !args->status.p && args->auto_idempotency == SW_NONE))
		return failed;
	struct sw_txn *txn = sw_call_txn(c);
	sw_txn_do(txn, CORE_SQL(SQL_ACCOUNT_SETTINGS), SW_GUARD_ONE, 20409, SW_I(c->account->bucket),
		  SW_ID(c->account->sid.id), SW_I(now_us), SW_T(args->tier),
		  args->auto_idempotency == SW_NONE ? SW_NULL : SW_I(args->auto_idempotency));
	if (args->status.p)
		sw_txn_do(txn, CORE_SQL(SQL_ACCOUNT_UPDATE), SW_GUARD_ONE, 20409, SW_I(c->account->bucket),
			  SW_ID(c->account->sid.id), SW_I(now_us), SW_T(SW_STR_NULL), SW_T(args->status));
	c->changed = c->account->sid;
	c->changes = changes_of(c->arena, args);
	sw_event_add(txn, c->account->sid.id, c->account->sid, "account.updated", c->changes);
	failed = sw_call_commit_wait(c, txn, err);
	sw_account_forget(c->account->sid);
	sw_limited_forget(c->account->sid);
	return failed;
}

/* clang-format off */
#define NATIVE .style = SW_STYLE_NATIVE, .args_bytes = sizeof(struct settings), .fields = settings_fields, .result_bytes = sizeof(struct settings), .status = 200
const struct sw_endpoint account_settings_endpoints[] = {
	{ "GET", "/v1/account", "GetAccount", "Fetch the caller's account and its settings.", NATIVE, .handler = fetch, .rate_class = "read" },
	{ "PATCH", "/v1/account", "UpdateOwnAccount", "Change settings of the caller's account.", NATIVE, .params = own_params, .handler = update, .flags = SW_NO_KEYS | SW_AUDIT, .rate_class = "write" },
	{ "GET", "/v1/accounts", "ListAccounts", "List the account and its subaccounts; for the operator all accounts.", NATIVE, .params = list_params, .handler = list, .flags = SW_LIST, .rate_class = "read" },
	{ "GET", "/v1/accounts/{sid}", "GetAccountBySid", "Fetch the settings of the account or one of its subaccounts.", NATIVE, .params = one_params, .handler = fetch, .rate_class = "read" },
	{ "PATCH", "/v1/accounts/{sid}", "UpdateAccountBySid", "Change settings of the account or one of its subaccounts.", NATIVE, .params = update_params, .handler = update, .flags = SW_NO_KEYS | SW_AUDIT, .rate_class = "write" },
	{ 0 },
};
/* clang-format on */
