/* GET /v1/limits and the way up. */
#include "product/limit/limit.h"

#include "core/core_sql.h"
#include "loop/clock.h"
#include "store/event.h"

static const char *const scopes[] = {
	[SW_LIMIT_ACCOUNT] = "account", [SW_LIMIT_KEY] = "key", [SW_LIMIT_OWNER] = "owner", NULL
};
static const char *const kinds[] = { "rate", "quota", "concurrency", NULL };
static const char *const classes[] = { "read", "write", "send", "bulk", NULL };
enum { CONCURRENCY = 2 };

struct limit {
	struct sw_str name, kind, scope, rate_class, tier;
	struct sw_sid subject_sid;
	int64_t limit, window_s, used, remaining, reset_s;
};

struct list_args {
	struct sw_str kind, rate_class;
};

struct upgrade {
	struct sw_sid account_sid;
	struct sw_str tier, previous_tier;
};

/* clang-format off */
#define L struct limit
static const struct sw_field limit_fields[] = {
	{ .name = "name", .doc = "Name of the limit, as in the headers RateLimit and RateLimit-Policy.", .type = SW_STR, SW_TEXT_AT(L, name) },
	{ .name = "kind", .doc = "rate: so many in a window, any time; quota: so many a day or month of UTC; concurrency: so many at once.", .type = SW_ENUM, .values = kinds, SW_TEXT_AT(L, kind) },
	{ .name = "scope", .doc = "Who is held to it: the account, the API key that asks, or the account's owner.", .type = SW_ENUM, .values = scopes, SW_TEXT_AT(L, scope) },
	{ .name = "subject_sid", .doc = "The account or key that is held to it.", .type = SW_SID, .kinds = "AC,SK", SW_SID_AT(L, subject_sid) },
	{ .name = "tier", .doc = "Tier that sets it.", .type = SW_STR, SW_TEXT_AT(L, tier) },
	{ .name = "rate_class", .doc = "Requests that it counts; null: all.", .type = SW_ENUM, .values = classes, SW_TEXT_AT(L, rate_class) },
	{ .name = "limit", .doc = "Requests allowed.", .type = SW_INT, SW_INT_AT(L, limit) },
	{ .name = "window_s", .doc = "Seconds they are for; null: at once.", .type = SW_INT, SW_INT_AT(L, window_s) },
	{ .name = "used", .doc = "Requests that are used up now.", .type = SW_INT, SW_INT_AT(L, used) },
	{ .name = "remaining", .doc = "Requests that may be made at once.", .type = SW_INT, SW_INT_AT(L, remaining) },
	{ .name = "reset_s", .doc = "Seconds until all are there again; null: as requests end.", .type = SW_INT, SW_INT_AT(L, reset_s) },
	{ 0 },
};

#define A struct list_args
static const struct sw_field list_params[] = {
	{ .name = "kind", .doc = "Only limits of this kind.", .type = SW_ENUM, .flags = SW_QUERY, .values = kinds, SW_TEXT_AT(A, kind) },
	{ .name = "rate_class", .doc = "Only limits of these requests.", .type = SW_ENUM, .flags = SW_QUERY, .values = classes, SW_TEXT_AT(A, rate_class) },
	{ 0 },
};

#define U struct upgrade
static const struct sw_field upgrade_params[] = {
	{ .name = "tier", .doc = "Tier to go up to; absent: the next that is offered.", .type = SW_STR, .max = SW_TIER_NAME_MAX, SW_TEXT_AT(U, tier), .used_by = "core.limit" },
	{ 0 },
};
static const struct sw_field upgrade_fields[] = {
	{ .name = "account_sid", .doc = "The account, whose subaccounts without a tier go up with it.", .type = SW_SID, .kinds = "AC", SW_SID_AT(U, account_sid) },
	{ .name = "tier", .doc = "Its tier now.", .type = SW_STR, SW_TEXT_AT(U, tier) },
	{ .name = "previous_tier", .doc = "Its tier before.", .type = SW_STR, SW_TEXT_AT(U, previous_tier) },
	{ 0 },
};
/* clang-format on */

/* ---- shared ---- */

void limit_event(struct sw_call *c, struct sw_txn *txn, const char *type, struct sw_str data)
{
	sw_event_add(txn, c->account->sid.id, c->account->sid, type, data);
}

/* ---- the list ---- */

static bool wanted(const struct list_args *args, struct sw_str kind, struct sw_str rate_class)
{
	return (!args->kind.p || sw_str_eq(args->kind, kind)) &&
	       (!args->rate_class.p || sw_str_eq(args->rate_class, rate_class));
}

static void add_concurrency(struct sw_call *c, const struct sw_tier *tier, struct sw_sid account,
			    enum sw_limit_scope scope, const char *name)
{
	int64_t used = sw_under_way(account);
	const struct limit row = {
		.name = sw_str_of(name),
		.kind = sw_str_of(kinds[CONCURRENCY]),
		.scope = sw_str_of(scopes[scope]),
		.subject_sid = account,
		.tier = tier->name,
		.limit = tier->concurrent,
		.window_s = SW_NONE,
		.used = used,
		.remaining = used < tier->concurrent ? tier->concurrent - used : 0,
		.reset_s = SW_NONE,
	};
	if (tier->concurrent)
		sw_call_add_row(c, &row);
}

static int add_row_wait(struct sw_call *c, const struct sw_limited *l, const struct sw_limit_row *r,
			enum sw_rate_class rate_class)
{
	const struct sw_sid subjects[] = {
		[SW_LIMIT_ACCOUNT] = l->account, [SW_LIMIT_KEY] = c->caller.key, [SW_LIMIT_OWNER] = l->owner
	};
	struct sw_allowance a;
	if (r->scope == SW_LIMIT_KEY && !sw_sid_given(c->caller.key))
		return 0;
	int failed = sw_limit_look_wait(c->task, c->core, r, c->caller.key, &a);
	if (failed)
		return failed;
	const struct limit row = {
		.name = r->name,
		.kind = sw_str_of(kinds[r->kind]),
		.scope = sw_str_of(scopes[r->scope]),
		.subject_sid = subjects[r->scope],
		.tier = r->scope == SW_LIMIT_OWNER ? l->owner_tier.name : l->tier.name,
		.rate_class = sw_str_of(sw_rate_class_name(rate_class)),
		.limit = r->rate.quota,
		.window_s = r->rate.window_s,
		.used = r->rate.quota - a.remaining,
		.remaining = a.remaining,
		.reset_s = (a.reset_ns + 999999999) / 1000000000,
	};
	sw_call_add_row(c, &row);
	return 0;
}

static int list(struct sw_call *c, struct sw_error *err)
{
	const struct list_args *args = c->args;
	const struct sw_limited *l;
	int failed = sw_limited_wait(c->task, c->core, c->account, &l);
	if (failed)
		return sw_fail_internal(err, failed);
	if (wanted(args, sw_str_of(kinds[CONCURRENCY]), SW_STR_NULL)) {
		add_concurrency(c, &l->tier, l->account, SW_LIMIT_ACCOUNT, "concurrent");
		if (!sw_sid_eq(l->account, l->owner))
			add_concurrency(c, &l->owner_tier, l->owner, SW_LIMIT_OWNER, "concurrent-owner");
	}
	for (unsigned k = 0; k < SW_RATE_CLASSES && !failed; k++)
		for (unsigned i = 0; i < l->rate_class[k].n && !failed; i++) {
			const struct sw_limit_row *row = &l->rate_class[k].row[i];
			if (wanted(args, sw_str_of(kinds[row->kind]), sw_str_of(classes[k])))
				failed = add_row_wait(c, l, row, k);
		}
	return sw_fail_internal(err, failed);
}

/* ---- the way up ---- */

/* The tier asked for, or the next one above, among those that accounts may take. */
static int choose(struct sw_call *c, const struct sw_tier *from, struct sw_str wanted_name, struct sw_str *ret,
		  struct sw_error *err)
{
	struct sw_tier *tiers;
	unsigned n;
	int failed = sw_tier_list_wait(c->task, c->core, &tiers, &n);
	if (failed)
		return sw_fail_internal(err, failed);
	for (unsigned i = 0; i < n; i++) { /* lowest first */
		const struct sw_tier *t = &tiers[i];
		if (wanted_name.p && !sw_str_eq(t->name, wanted_name))
			continue;
		if (wanted_name.p && !t->self_serve)
			return sw_fail(err, 20006,
				       "Accounts cannot take the tier '%.*s' by themselves: ask the operator.",
				       SW_FMT(wanted_name));
		if (wanted_name.p && t->rank <= from->rank)
			return sw_fail(err, 20409, "The tier '%.*s' is not above the account's, '%.*s'.",
				       SW_FMT(wanted_name), SW_FMT(from->name));
		if (!t->self_serve || t->rank <= from->rank)
			continue;
		*ret = t->name;
		return 0;
	}
	if (wanted_name.p)
		return sw_fail(err, 20001, "There is no tier '%.*s': GET /v1/tiers lists them.", SW_FMT(wanted_name));
	return sw_fail(err, 20409,
		       "The account's tier, '%.*s', is the highest that is offered: ask the operator for more.",
		       SW_FMT(from->name));
}

static struct sw_str upgrade_data(struct sw_arena *arena, struct sw_str from, struct sw_str to)
{
	struct sw_buf text = { .arena = arena };
	struct sw_json_out out = { .buf = &text };
	sw_json_object(&out);
	sw_json_add_str(&out, "tier", to);
	sw_json_add_str(&out, "previous_tier", from);
	sw_json_end_object(&out);
	return sw_buf_str(&text);
}

static int upgrade(struct sw_call *c, struct sw_error *err)
{
	const struct upgrade *args = c->args;
	struct upgrade *result = c->result;
	const struct sw_limited *l;
	struct sw_account now;
	if (!sw_sid_eq(c->account->sid, c->account->owner))
		return sw_fail(err, 20006, "A subaccount's limits are its owner's to raise: PATCH /v1/accounts/%.*s.",
			       SW_FMT(sw_sid_text(c->arena, c->account->sid)));
	int failed = sw_limited_fresh_wait(c->task, c->core, c->account, &now, &l);
	if (failed)
		return sw_fail_internal(err, failed);
	failed = choose(c, &l->tier, args->tier, &result->tier, err);
	if (failed)
		return failed;
	result->account_sid = c->account->sid;
	result->previous_tier = l->tier.name;
	struct sw_txn *txn = sw_call_txn(c);
	sw_txn_do(txn, CORE_SQL(SQL_ACCOUNT_SETTINGS), SW_GUARD_ONE, SW_ENOTFOUND, SW_I(c->account->bucket),
		  SW_ID(c->account->sid.id), SW_I(sw_wall_us()), SW_T(result->tier), SW_NULL);
	c->changed = c->account->sid;
	c->changes = upgrade_data(c->arena, result->previous_tier, result->tier);
	limit_event(c, txn, "account.tier_raised", c->changes);
	failed = sw_call_commit_wait(c, txn, err);
	sw_account_forget(c->account->sid);
	sw_limited_forget(c->account->sid);
	return failed;
}

/* clang-format off */
static const struct sw_endpoint endpoints[] = {
	{ "GET", "/v1/limits", "ListLimits", "List the limits of the account and what is used of them.", SW_STYLE_NATIVE, NULL, list_params, sizeof(struct list_args), limit_fields, sizeof(struct limit), 200, list, .flags = SW_LIST | SW_OWN_CURSOR, .rate_class = "read" },
	{ "POST", "/v1/limits/upgrade", "UpgradeLimits", "Go up to a higher tier.", SW_STYLE_NATIVE, NULL, upgrade_params, sizeof(struct upgrade), upgrade_fields, sizeof(struct upgrade), 200, upgrade, .flags = SW_NO_KEYS | SW_AUDIT, .rate_class = "write" },
	{ 0 },
};
/* clang-format on */

static const struct sw_endpoint *const more[] = { limit_tier_endpoints, NULL };

static const struct sw_field raised_data[] = {
	SW_EVENT_TEXT("previous_tier", "Tier before."),
	SW_EVENT_TEXT("tier", "Tier from now on."),
	{ 0 },
};
static const struct sw_event_row events[] = {
	{ "account.tier_raised", "The account went up to a higher tier.", raised_data, NULL, "Strowger.TierRaised" },
	{ "tier.created", "The operator defined a tier.", limit_tier_fields, NULL, NULL },
	{ "tier.updated", "The operator changed a tier.", limit_tier_fields, NULL, NULL },
	{ "tier.deleted", "The operator removed a tier.", limit_tier_fields, NULL, NULL },
	{ 0 },
};

const struct sw_module limit_module = { .name = "limit", .endpoints = endpoints, .more = more, .events = events };
