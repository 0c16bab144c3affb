/* Tiers over HTTP: everybody sees those that may be taken, the operator makes and changes them. */
#include "product/limit/limit.h"

#include "core/core_sql.h"
#include "store/event.h"

static const char *const sources[] = {
	[SW_TIER_BUILT_IN] = "default", [SW_TIER_STORED] = "operator", [SW_TIER_CONFIGURED] = "configuration", NULL
};

struct tier {
	struct sw_str name, source;
	struct sw_str read, write, send, bulk, key_read, key_write, key_send, key_bulk;
	int64_t concurrent, daily_read, daily_write, daily_send, daily_bulk, monthly_read, monthly_write, monthly_send,
		monthly_bulk, rank;
	int8_t self_serve;
};

/* clang-format off */
#define T struct tier
enum { COUNT_MAX = 1000000000, RATE_MAX = 20, CONCURRENT_MAX = 65535, RANK_MAX = 1000 };
#define RATE(name_, doc_, ...) { .name = #name_, .doc = doc_, .type = SW_STR, .flags = SW_EMPTY_OK, .max = RATE_MAX, SW_TEXT_AT(T, name_), .used_by = "core.limit", __VA_ARGS__ }
#define COUNT(name_, max_, doc_) { .name = #name_, .doc = doc_, .type = SW_INT, .min = 0, .max = max_, SW_INT_AT(T, name_), .used_by = "core.limit" }
#define SETTINGS \
	RATE(read, "Reads of an account, such as 100/s or 600/m; empty: not limited."), \
	RATE(write, "Writes of an account."), \
	RATE(send, "Messages and the like that an account sends.", .example = "100/s"), \
	RATE(bulk, "Bulk requests of an account."), \
	RATE(key_read, "Reads of each API key."), \
	RATE(key_write, "Writes of each API key."), \
	RATE(key_send, "What each API key sends."), \
	RATE(key_bulk, "Bulk requests of each API key."), \
	COUNT(concurrent, CONCURRENT_MAX, "Requests of an account under way at once; 0: not limited."), \
	COUNT(daily_read, COUNT_MAX, "Reads a day of UTC; 0: not limited."), \
	COUNT(daily_write, COUNT_MAX, "Writes a day."), \
	COUNT(daily_send, COUNT_MAX, "Messages and the like a day."), \
	COUNT(daily_bulk, COUNT_MAX, "Bulk requests a day."), \
	COUNT(monthly_read, COUNT_MAX, "Reads a calendar month of UTC; 0: not limited."), \
	COUNT(monthly_write, COUNT_MAX, "Writes a month."), \
	COUNT(monthly_send, COUNT_MAX, "Messages and the like a month."), \
	COUNT(monthly_bulk, COUNT_MAX, "Bulk requests a month."), \
	COUNT(rank, RANK_MAX, "Place among the tiers: upgrades go to a higher one."), \
	{ .name = "self_serve", .doc = "Whether accounts may go up to it by POST /v1/limits/upgrade.", .type = SW_BOOL, SW_BOOL_AT(T, self_serve), .used_by = "limit.upgrade" }
const struct sw_field limit_tier_fields[] = {
	{ .name = "name", .doc = "Its name.", .type = SW_STR, SW_TEXT_AT(T, name) },
	{ .name = "source", .doc = "operator: made over the API; configuration: from the file; default: the program's own.", .type = SW_ENUM, .values = sources, SW_TEXT_AT(T, source) },
	SETTINGS,
	{ 0 },
};
static const struct sw_field create_params[] = {
	{ .name = "name", .doc = "Its name: 1 to 32 of a-z, 0-9, _ and -.", .type = SW_STR, .flags = SW_REQUIRED, .max = SW_TIER_NAME_MAX, SW_TEXT_AT(T, name), .used_by = "account.tier", .example = "gold" },
	SETTINGS,
	{ 0 },
};
#define ONE { .name = "name", .doc = "Its name.", .type = SW_STR, .flags = SW_PATH, .max = SW_TIER_NAME_MAX, SW_TEXT_AT(T, name), .example = "gold" }
static const struct sw_field update_params[] = { ONE, SETTINGS, { 0 } };
static const struct sw_field one_params[] = { ONE, { 0 } };
/* clang-format on */

/* ---- between a tier and its fields, by name ---- */

static void *at(struct tier *tier, const struct sw_tier_setting *s, enum sw_type *ret_type)
{
	const struct sw_field *f = sw_schema_find(limit_tier_fields, sw_str_of(s->name));
	SW_BUG_ON(!f);
	*ret_type = f->type;
	return (char *)tier + f->at;
}

static void show(struct sw_call *c, const struct sw_tier *tier, struct tier *ret)
{
	sw_schema_clear(limit_tier_fields, ret);
	ret->name = tier->name;
	ret->source = sw_str_of(sources[tier->source]);
	ret->self_serve = tier->self_serve;
	for (const struct sw_tier_setting *s = sw_tier_settings; s->name; s++) {
		enum sw_type type;
		void *to = at(ret, s, &type);
		int64_t count = type == SW_INT ? *(const int64_t *)(const void *)((const char *)tier + s->at) : 0;
		if (type == SW_STR)
			*(struct sw_str *)to = sw_tier_value(c->arena, tier, s);
		else if (count)
			*(int64_t *)to = count;
	}
}

/* What was given goes onto the tier. */
static int apply(struct sw_call *c, struct tier *given, struct sw_tier *tier, struct sw_error *err)
{
	for (const struct sw_tier_setting *s = sw_tier_settings; s->name; s++) {
		enum sw_type type;
		const void *from = at(given, s, &type);
		struct sw_str value = SW_STR_NULL;
		if (type == SW_STR)
			value = *(const struct sw_str *)from;
		else if (type == SW_INT && *(const int64_t *)from != SW_NONE)
			value = sw_str_fmt(c->arena, "%lld", (long long)*(const int64_t *)from);
		else if (type == SW_BOOL && *(const int8_t *)from >= 0)
			value = *(const int8_t *)from ? SW_S("true") : SW_S("false");
		if (value.p && sw_tier_set(tier, sw_str_of(s->name), value))
			return sw_fail(
				err, 20001,
				"The parameter '%s' is a rate such as 100/s, 600/m, 5000/h or 20000/d, not '%.*s'.",
				s->name, SW_FMT(value));
	}
	return 0;
}

/* ---- handlers ---- */

static int find(struct sw_call *c, struct sw_str name, struct sw_tier *ret, struct sw_error *err)
{
	int failed = sw_tier_find_wait(c->task, c->core, name, ret);
	if (failed == SW_ENOTFOUND)
		return sw_fail(err, 20404, "There is no tier '%.*s'.", SW_FMT(name));
	return sw_fail_internal(err, failed);
}

/* Nothing hides a tier of the file: a change here would do nothing. */
static int refuse_configured(struct sw_str name, int code, struct sw_error *err)
{
	return sw_fail(err, code, "The tier '%.*s' stands in the configuration file: change it there.", SW_FMT(name));
}

static int check_changeable(struct sw_call *c, struct sw_str name, struct sw_tier *ret, struct sw_error *err)
{
	int failed = sw_call_operator_only(c, err);
	if (!failed)
		failed = find(c, name, ret, err);
	if (!failed && ret->source == SW_TIER_CONFIGURED)
		failed = refuse_configured(name, 20006, err);
	return failed;
}

static int commit_wait(struct sw_call *c, struct sw_txn *txn, struct sw_error *err)
{
	int failed = sw_call_commit_wait(c, txn, err);
	sw_tier_forget();
	return failed;
}

static int keep_wait(struct sw_call *c, const struct sw_tier *tier, const char *event, struct sw_error *err)
{
	struct sw_buf text = { .arena = c->arena };
	struct sw_buf data = { .arena = c->arena };
	struct sw_json_out out = { .buf = &data };
	sw_tier_format(tier, &text);
	show(c, tier, c->result);
	sw_json_object(&out);
	sw_schema_render(limit_tier_fields, SW_STYLE_NATIVE, SW_S(""), c->result, &out);
	sw_json_end_object(&out);
	struct sw_txn *txn = sw_call_txn(c);
	sw_txn_do(txn, CORE_SQL(SQL_SETTING_PUT), SW_GUARD_ANY, 0, SW_T(sw_tier_setting_name(c->arena, tier->name)),
		  SW_T(sw_buf_str(&text)));
	c->changes = sw_buf_str(&data);
	limit_event(c, txn, event, c->changes);
	return commit_wait(c, txn, err);
}

static int create(struct sw_call *c, struct sw_error *err)
{
	struct tier *args = c->args;
	struct sw_tier tier, there;
	struct sw_str why;
	int failed = sw_call_operator_only(c, err);
	if (failed)
		return failed;
	if (sw_tier_parse(c->arena, args->name, SW_S(""), &tier, &why))
		return sw_fail(err, 20001, "The parameter 'name' is not valid: %.*s.", SW_FMT(why));
	failed = sw_tier_find_wait(c->task, c->core, args->name, &there);
	if (!failed && there.source == SW_TIER_CONFIGURED)
		return refuse_configured(args->name, 20409, err);
	if (!failed)
		return sw_fail(err, 20409, "There is a tier '%.*s' already: change it with PATCH.", SW_FMT(args->name));
	if (failed != SW_ENOTFOUND)
		return sw_fail_internal(err, failed);
	tier.source = SW_TIER_STORED;
	failed = apply(c, args, &tier, err);
	return failed ? failed : keep_wait(c, &tier, "tier.created", err);
}

static int update(struct sw_call *c, struct sw_error *err)
{
	struct tier *args = c->args;
	struct sw_tier tier;
	int failed = check_changeable(c, args->name, &tier, err);
	if (!failed)
		failed = apply(c, args, &tier, err);
	tier.source = SW_TIER_STORED;
	return failed ? failed : keep_wait(c, &tier, "tier.updated", err);
}

static int fetch(struct sw_call *c, struct sw_error *err)
{
	const struct tier *args = c->args;
	struct sw_tier tier;
	int failed = find(c, args->name, &tier, err);
	if (!failed)
		show(c, &tier, c->result);
	return failed;
}

static int delete_one(struct sw_call *c, struct sw_error *err)
{
	const struct tier *args = c->args;
	struct sw_tier tier;
	struct sw_rows rows;
	int failed = check_changeable(c, args->name, &tier, err);
	if (failed)
		return failed;
	if (tier.source == SW_TIER_BUILT_IN)
		return sw_fail(err, 20006, "The tier '%.*s' is the program's own and cannot be deleted.",
			       SW_FMT(args->name));
	failed = sw_query_wait(c->task, c->core->store, c->arena, CORE_SQL(SQL_ACCOUNT_OF_TIER), &rows,
			       SW_T(args->name));
	if (failed)
		return sw_fail_internal(err, failed);
	if (rows.n && !sw_tier_declared(NULL, args->name))
		return sw_fail(err, 20409, "The account %.*s has the tier '%.*s': give it another one first.",
			       SW_FMT(sw_sid_text(c->arena, sw_sid_of("AC", sw_row_id(rows.row[0], 0)))),
			       SW_FMT(args->name));
	struct sw_txn *txn = sw_call_txn(c);
	sw_txn_do(txn, CORE_SQL(SQL_SETTING_DROP), SW_GUARD_ONE, SW_ENOTFOUND,
		  SW_T(sw_tier_setting_name(c->arena, args->name)));
	limit_event(c, txn, "tier.deleted", SW_S("{}"));
	return commit_wait(c, txn, err);
}

static int list(struct sw_call *c, struct sw_error *err)
{
	bool is_operator = sw_sid_eq(c->caller.account->sid, c->core->operator_sid);
	const struct sw_limited *l;
	struct sw_tier *tiers;
	unsigned n = 0;
	int failed = sw_limited_wait(c->task, c->core, c->account, &l);
	if (!failed)
		failed = sw_tier_list_wait(c->task, c->core, &tiers, &n);
	for (unsigned i = 0; i < n && !failed; i++) {
		struct tier row;
		if (!is_operator && !tiers[i].self_serve && !sw_str_eq(tiers[i].name, l->tier.name))
			continue;
		show(c, &tiers[i], &row);
		sw_call_add_row(c, &row);
	}
	return sw_fail_internal(err, failed);
}

/* clang-format off */
#define NATIVE .style = SW_STYLE_NATIVE, .args_bytes = sizeof(struct tier)
#define REPLY .fields = limit_tier_fields, .result_bytes = sizeof(struct tier)
const struct sw_endpoint limit_tier_endpoints[] = {
	{ "GET", "/v1/tiers", "ListTiers", "List the tiers, lowest first: to the operator all, to others those they may take.", NATIVE, REPLY, .status = 200, .handler = list, .flags = SW_LIST | SW_OWN_CURSOR, .rate_class = "read" },
	{ "POST", "/v1/tiers", "CreateTier", "Make a tier.", NATIVE, .params = create_params, REPLY, .status = 201, .handler = create, .flags = SW_NO_KEYS | SW_AUDIT, .rate_class = "write" },
	{ "GET", "/v1/tiers/{name}", "GetTier", "Fetch a tier.", NATIVE, .params = one_params, REPLY, .status = 200, .handler = fetch, .rate_class = "read" },
	{ "PATCH", "/v1/tiers/{name}", "UpdateTier", "Change a tier: what is not given stays.", NATIVE, .params = update_params, REPLY, .status = 200, .handler = update, .flags = SW_NO_KEYS | SW_AUDIT, .rate_class = "write" },
	{ "DELETE", "/v1/tiers/{name}", "DeleteTier", "Delete a tier that no account has; a changed one of the program is as it was again.", NATIVE, .params = one_params, .status = 204, .handler = delete_one, .flags = SW_NO_KEYS | SW_AUDIT, .rate_class = "write" },
	{ 0 },
};
/* clang-format on */
