#include "core/limit/tier.h"

#include <stddef.h>
#include <stdlib.h>

#include "base/num.h"
#include "core/cache.h"
#include "core/core_sql.h"
#include "loop/task.h"

enum { QUOTA_MAX = 1000000000, CONCURRENT_MAX = 65535, TIERS_MAX = 200 };

static const char *const class_names[SW_RATE_CLASSES] = { "read", "write", "send", "bulk" };
static const char *const period_names[SW_PERIODS] = { "day", "month" };

#define RATE(name_, member_)                                                      \
	{                                                                         \
		name_, SW_TIER_RATE, offsetof(struct sw_tier, member_), QUOTA_MAX \
	}
#define COUNT(name_, member_, max_)                                           \
	{                                                                     \
		name_, SW_TIER_COUNT, offsetof(struct sw_tier, member_), max_ \
	}
/* clang-format off */
const struct sw_tier_setting sw_tier_settings[] = {
	RATE("read", rate[SW_RATE_READ]),
	RATE("write", rate[SW_RATE_WRITE]),
	RATE("send", rate[SW_RATE_SEND]),
	RATE("bulk", rate[SW_RATE_BULK]),
	RATE("key_read", key_rate[SW_RATE_READ]),
	RATE("key_write", key_rate[SW_RATE_WRITE]),
	RATE("key_send", key_rate[SW_RATE_SEND]),
	RATE("key_bulk", key_rate[SW_RATE_BULK]),
	COUNT("concurrent", concurrent, CONCURRENT_MAX),
	COUNT("daily_read", quota[SW_PERIOD_DAY][SW_RATE_READ], QUOTA_MAX),
	COUNT("daily_write", quota[SW_PERIOD_DAY][SW_RATE_WRITE], QUOTA_MAX),
	COUNT("daily_send", quota[SW_PERIOD_DAY][SW_RATE_SEND], QUOTA_MAX),
	COUNT("daily_bulk", quota[SW_PERIOD_DAY][SW_RATE_BULK], QUOTA_MAX),
	COUNT("monthly_read", quota[SW_PERIOD_MONTH][SW_RATE_READ], QUOTA_MAX),
	COUNT("monthly_write", quota[SW_PERIOD_MONTH][SW_RATE_WRITE], QUOTA_MAX),
	COUNT("monthly_send", quota[SW_PERIOD_MONTH][SW_RATE_SEND], QUOTA_MAX),
	COUNT("monthly_bulk", quota[SW_PERIOD_MONTH][SW_RATE_BULK], QUOTA_MAX),
	COUNT("rank", rank, 1000),
	{ "self_serve", SW_TIER_FLAG, offsetof(struct sw_tier, self_serve), 1 },
	{ 0 },
};

/* scale is there not to be noticed: one machine does not reach it. */
static const struct { const char *name, *text; } built_in[] = {
	{ "free", "read=20/s, write=5/s, send=1/s, bulk=10/m, concurrent=5, daily_send=200, monthly_send=2000, rank=10" },
	{ "growth", "read=200/s, write=50/s, send=25/s, bulk=60/m, key_send=20/s, concurrent=50, daily_send=100000, rank=20" },
	{ "scale", "read=200000/s, write=100000/s, send=100000/s, bulk=1000/s, concurrent=20000, rank=30" },
};
/* clang-format on */

static const struct {
	char letter;
	int64_t seconds;
} windows[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };

enum sw_rate_class sw_rate_class_of(const char *name)
{
	unsigned i = 0;
	while (i < SW_RATE_CLASSES && strcmp(class_names[i], name) != 0)
		i++;
	return (enum sw_rate_class)i;
}

const char *sw_rate_class_name(enum sw_rate_class rate_class)
{
	return class_names[rate_class];
}

const char *sw_period_name(enum sw_period period)
{
	return period_names[period];
}

/* ---- text ---- */

static int parse_rate(struct sw_str text, int64_t max, struct sw_rate *ret)
{
	struct sw_str unit = text;
	struct sw_rate rate = { 0 };
	if (sw_num_parse(sw_str_cut(&unit, '/'), &rate.quota) || rate.quota < 1 || rate.quota > max || unit.n != 1)
		return SW_EINVAL;
	for (size_t i = 0; i < SW_COUNTOF(windows); i++)
		if (windows[i].letter == unit.p[0])
			rate.window_s = windows[i].seconds;
	if (!rate.window_s)
		return SW_EINVAL;
	*ret = rate;
	return 0;
}

static int parse_count(struct sw_str text, int64_t max, int64_t *ret)
{
	int64_t count;
	if (sw_num_parse(text, &count) || count < 0 || count > max)
		return SW_EINVAL;
	*ret = count;
	return 0;
}

static bool same_name(const char *own, struct sw_str name)
{
	size_t i = 0;
	for (; i < name.n && own[i]; i++)
		if (own[i] != (name.p[i] == '.' ? '_' : name.p[i]))
			return false;
	return i == name.n && !own[i];
}

int sw_tier_set(struct sw_tier *tier, struct sw_str name, struct sw_str value)
{
	const struct sw_tier_setting *s = sw_tier_settings;
	while (s->name && !same_name(s->name, name))
		s++;
	if (!s->name)
		return SW_ENOTFOUND;
	void *at = (char *)tier + s->at;
	if (s->kind == SW_TIER_COUNT)
		return parse_count(value, s->max, at);
	if (s->kind == SW_TIER_FLAG) {
		tier->self_serve = sw_str_is(value, "true");
		return sw_str_is(value, "true") || sw_str_is(value, "false") ? 0 : SW_EINVAL;
	}
	if (value.n == 0 || sw_str_is(value, "0")) { /* no limit */
		*(struct sw_rate *)at = (struct sw_rate){ 0 };
		return 0;
	}
	return parse_rate(value, s->max, at);
}

static bool name_fits(struct sw_str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (!(name.p[i] >= 'a' && name.p[i] <= 'z') && !(name.p[i] >= '0' && name.p[i] <= '9') &&
		    name.p[i] != '_' && name.p[i] != '-')
			return false;
	return name.n > 0 && name.n <= SW_TIER_NAME_MAX;
}

int sw_tier_parse(struct sw_arena *arena, struct sw_str name, struct sw_str text, struct sw_tier *ret,
		  struct sw_str *ret_why)
{
	*ret = (struct sw_tier){ .name = name };
	if (!name_fits(name)) {
		*ret_why = sw_str_fmt(arena,
				      "a tier's name has 1 to %d of a-z, 0-9, _ and -, which '%.*s' does not keep to",
				      SW_TIER_NAME_MAX, SW_FMT(name));
		return SW_EINVAL;
	}
	for (struct sw_str rest = text; sw_str_trim(rest).n;) {
		struct sw_str value = sw_str_cut(&rest, ','), setting = sw_str_trim(sw_str_cut(&value, '='));
		int err = value.p ? sw_tier_set(ret, setting, sw_str_trim(value)) : SW_EINVAL;
		if (err) {
			*ret_why = sw_str_fmt(arena, "tier %.*s: '%.*s' %s", SW_FMT(name), SW_FMT(setting),
					      err == SW_ENOTFOUND ? "is no setting of a tier"
								  : "has no value it can take: rates are such as 10/s "
								    "or 600/m, quotas whole numbers");
			return SW_EINVAL;
		}
	}
	return 0;
}

struct sw_str sw_tier_value(struct sw_arena *arena, const struct sw_tier *tier, const struct sw_tier_setting *setting)
{
	const void *at = (const char *)tier + setting->at;
	const struct sw_rate *rate = at;
	if (setting->kind == SW_TIER_FLAG)
		return tier->self_serve ? SW_S("true") : SW_STR_NULL;
	if (setting->kind == SW_TIER_COUNT)
		return *(const int64_t *)at ? sw_str_fmt(arena, "%lld", (long long)*(const int64_t *)at) : SW_STR_NULL;
	for (size_t i = 0; rate->quota && i < SW_COUNTOF(windows); i++)
		if (windows[i].seconds == rate->window_s)
			return sw_str_fmt(arena, "%lld/%c", (long long)rate->quota, windows[i].letter);
	return SW_STR_NULL;
}

void sw_tier_format(const struct sw_tier *tier, struct sw_buf *out)
{
	struct sw_arena arena;
	sw_arena_init(&arena);
	for (const struct sw_tier_setting *s = sw_tier_settings; s->name; s++) {
		struct sw_str value = sw_tier_value(&arena, tier, s);
		if (value.p)
			sw_buf_add_fmt(out, "%s%s=%.*s", out->n ? ", " : "", s->name, SW_FMT(value));
	}
	sw_arena_done(&arena);
}

/* ---- finding ---- */

static int find_built_in(struct sw_arena *arena, struct sw_str name, struct sw_tier *ret)
{
	struct sw_str why;
	for (size_t i = 0; i < SW_COUNTOF(built_in); i++)
		if (sw_str_is(name, built_in[i].name)) {
			int err = sw_tier_parse(arena, sw_str_of(built_in[i].name), sw_str_of(built_in[i].text), ret,
						&why);
			SW_BUG_ON(err);
			return 0;
		}
	return SW_ENOTFOUND;
}

static const struct sw_tier *find_configured(const struct sw_tier_config *config, struct sw_str name)
{
	for (unsigned i = 0; config && i < config->n; i++)
		if (sw_str_eq(config->tiers[i].name, name))
			return &config->tiers[i];
	return NULL;
}

bool sw_tier_declared(const struct sw_tier_config *config, struct sw_str name)
{
	bool known = find_configured(config, name) != NULL;
	for (size_t i = 0; i < SW_COUNTOF(built_in); i++)
		known |= sw_str_is(name, built_in[i].name);
	return known;
}

struct sw_str sw_tier_setting_name(struct sw_arena *arena, struct sw_str tier)
{
	return sw_str_fmt(arena, "tier.%.*s", SW_FMT(tier));
}

int sw_tier_find_wait(struct sw_task *task, const struct sw_core *core, struct sw_str name, struct sw_tier *ret)
{
	struct sw_arena *arena = sw_task_arena(task);
	const struct sw_tier *configured = find_configured(core->tiers, name);
	struct sw_rows rows;
	struct sw_str why;
	if (configured) {
		*ret = *configured;
		return 0;
	}
	int err = sw_query_wait(task, core->store, arena, CORE_SQL(SQL_SETTING_GET), &rows,
				SW_T(sw_tier_setting_name(arena, name)));
	if (err)
		return err;
	if (rows.n == 0)
		return find_built_in(arena, name, ret);
	err = sw_tier_parse(arena, name, sw_row_str(rows.row[0], 0), ret, &why);
	ret->source = SW_TIER_STORED;
	return err ? SW_ECORRUPT : 0;
}

static int by_rank(const void *a, const void *b)
{
	const struct sw_tier *x = a, *y = b;
	return x->rank != y->rank ? (x->rank < y->rank ? -1 : 1) : sw_str_cmp(x->name, y->name);
}

struct listing {
	struct sw_tier *tiers;
	unsigned n;
};

/* What was added before hides what comes later. */
static void add(struct listing *list, const struct sw_tier *tier)
{
	for (unsigned i = 0; i < list->n; i++)
		if (sw_str_eq(list->tiers[i].name, tier->name))
			return;
	if (list->n < TIERS_MAX)
		list->tiers[list->n++] = *tier;
}

int sw_tier_list_wait(struct sw_task *task, const struct sw_core *core, struct sw_tier **ret, unsigned *ret_n)
{
	struct sw_arena *arena = sw_task_arena(task);
	struct listing list = { .tiers = SW_ARENA_ARRAY(arena, struct sw_tier, TIERS_MAX) };
	struct sw_rows rows;
	struct sw_tier tier;
	struct sw_str why;
	for (unsigned i = 0; core->tiers && i < core->tiers->n; i++)
		add(&list, &core->tiers->tiers[i]);
	int err = sw_query_wait(task, core->store, arena, CORE_SQL(SQL_SETTING_LIST), &rows, SW_T(SW_S("tier.")),
				SW_T(SW_S("tier/")));
	for (size_t i = 0; !err && i < rows.n; i++) {
		err = sw_tier_parse(arena, sw_str_from(sw_row_str(rows.row[i], 0), 5), sw_row_str(rows.row[i], 1),
				    &tier, &why);
		tier.source = SW_TIER_STORED;
		if (!err)
			add(&list, &tier);
	}
	for (size_t i = 0; !err && i < SW_COUNTOF(built_in); i++)
		if (!find_built_in(arena, sw_str_of(built_in[i].name), &tier))
			add(&list, &tier);
	qsort(list.tiers, list.n, sizeof(*list.tiers), by_rank);
	*ret = list.tiers;
	*ret_n = list.n;
	return err;
}

const struct sw_str sw_tier_cache_name = { "tiers", 5 };

struct offer {
	struct sw_cached cached; /* first */
	int64_t rank;
};

void sw_tier_forget(void)
{
	sw_cache_forget(sw_tier_cache_name);
}

int sw_tier_highest_offered_wait(struct sw_task *task, const struct sw_core *core, int64_t *ret_rank)
{
	const struct sw_str name = sw_tier_cache_name;
	const struct offer *known = sw_cache_find(task, name);
	if (!known) {
		struct offer *offer = SW_CACHE_NEW(struct offer, name);
		struct sw_tier *tiers;
		unsigned n = 0;
		int err = sw_tier_list_wait(task, core, &tiers, &n);
		offer->rank = -1;
		for (unsigned i = 0; i < n; i++)
			if (tiers[i].self_serve)
				offer->rank = tiers[i].rank; /* lowest first */
		known = sw_cache_settle(task, name, offer, err);
		if (!known)
			return err;
	}
	*ret_rank = known->rank;
	return 0;
}
