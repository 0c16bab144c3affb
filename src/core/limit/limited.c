/* Which limits an account has. */
#include "core/limit/limit.h"

#include "base/log.h"
#include "loop/clock.h"
#include "loop/task.h"

static void add_row(struct sw_limited *l, unsigned rate_class, struct sw_limit_row row, const char *suffix)
{
	if (row.rate.quota == 0)
		return;
	row.quota.rate_class = (enum sw_rate_class)rate_class;
	row.name = sw_str_fmt(&l->cached.arena, "%s%s", sw_rate_class_name(rate_class), suffix);
	l->rate_class[rate_class].row[l->rate_class[rate_class].n++] = row;
}

static void add_quotas(struct sw_limited *l, unsigned rate_class, const struct sw_tier *tier, enum sw_limit_scope scope,
		       int bucket)
{
	static const char *const suffixes[SW_PERIODS][2] = { { "-day", "-day-owner" }, { "-month", "-month-owner" } };
	for (unsigned p = 0; p < SW_PERIODS; p++) {
		const struct sw_limit_row row = {
			.scope = scope,
			.kind = SW_LIMIT_QUOTA,
			.rate = { tier->quota[p][rate_class], sw_period_seconds(p, sw_wall_us()) },
			.quota = { scope == SW_LIMIT_OWNER ? l->owner.id : l->account.id, bucket, rate_class, p,
				   tier->quota[p][rate_class] },
		};
		add_row(l, rate_class, row, suffixes[p][scope == SW_LIMIT_OWNER]);
	}
}

/* In the order in which they are asked. */
static void add_rows(struct sw_limited *l, int bucket)
{
	bool owned = !sw_sid_eq(l->account, l->owner);
	for (unsigned k = 0; k < SW_RATE_CLASSES; k++) {
		add_row(l, k, (struct sw_limit_row){ .scope = SW_LIMIT_KEY, .rate = l->tier.key_rate[k] }, "-key");
		add_row(l, k,
			(struct sw_limit_row){ .scope = SW_LIMIT_ACCOUNT,
					       .rate = l->tier.rate[k],
					       .subject = sw_gcra_subject(l->account.id.b, k) },
			"");
		if (owned)
			add_row(l, k,
				(struct sw_limit_row){ .scope = SW_LIMIT_OWNER,
						       .rate = l->owner_tier.rate[k],
						       .subject = sw_gcra_subject(l->owner.id.b, k) },
				"-owner");
		add_quotas(l, k, &l->tier, SW_LIMIT_ACCOUNT, bucket);
		if (owned)
			add_quotas(l, k, &l->owner_tier, SW_LIMIT_OWNER, bucket);
	}
}

static void write_policies(struct sw_limited *l)
{
	for (unsigned k = 0; k < SW_RATE_CLASSES; k++)
		for (unsigned with_key = 0; with_key < 2; with_key++) {
			struct sw_buf text = { .arena = &l->cached.arena };
			for (unsigned i = 0; i < l->rate_class[k].n; i++) {
				const struct sw_limit_row *row = &l->rate_class[k].row[i];
				if (row->scope == SW_LIMIT_KEY && !with_key)
					continue;
				sw_buf_add_fmt(&text, "%s\"%.*s\";q=%lld;w=%lld", text.n ? ", " : "", SW_FMT(row->name),
					       (long long)row->rate.quota, (long long)row->rate.window_s);
			}
			l->rate_class[k].policy[with_key] = text.n ? sw_buf_str(&text) : SW_STR_NULL;
		}
}

/* A name that nobody declares any more (a line taken out of strowger.conf) must not stop the account. */
static int tier_wait(struct sw_task *task, const struct sw_core *core, struct sw_str name, struct sw_tier *ret)
{
	struct sw_str fallback = core->tiers ? core->tiers->default_tier : SW_S("scale");
	int err = sw_tier_find_wait(task, core, name.n ? name : fallback, ret);
	if (err != SW_ENOTFOUND && err != SW_ECORRUPT)
		return err;
	sw_warn("core", "a tier is not known: its accounts have the default one", SW_KS("tier", name));
	return sw_tier_find_wait(task, core, fallback, ret);
}

/* The cache's name of an account's limits: its SID's text would be the account's own. */
static struct sw_str cache_name(struct sw_sid account, char buf[20])
{
	memcpy(buf, "lim:", 4);
	memcpy(buf + 4, account.id.b, 16);
	return (struct sw_str){ buf, 20 };
}

static int load_wait(struct sw_task *task, const struct sw_core *core, const struct sw_account *account,
		     struct sw_limited *l)
{
	const struct sw_account *owner = account;
	char buf[20];
	sw_cache_depends(&l->cached, sw_tier_cache_name);
	sw_cache_depends(&l->cached, cache_name(account->owner, buf));
	l->account = account->sid;
	l->owner = account->owner;
	int err = 0;
	if (!sw_sid_eq(account->sid, account->owner))
		err = sw_account_get_wait(task, core, account->owner, &owner);
	if (!err)
		err = tier_wait(task, core, owner->tier, &l->owner_tier);
	if (!err && account->tier.n)
		err = tier_wait(task, core, account->tier, &l->tier);
	else
		l->tier = l->owner_tier;
	if (!err)
		err = sw_tier_highest_offered_wait(task, core, &l->offered_rank);
	if (err)
		return err;
	l->by_operator = sw_sid_eq(l->owner, core->operator_sid);
	l->tier.name = sw_str_dup(&l->cached.arena, l->tier.name);
	l->owner_tier.name = sw_str_dup(&l->cached.arena, l->owner_tier.name);
	l->concurrent = l->tier.concurrent;
	l->owner_concurrent = l->owner_tier.concurrent;
	l->cached.exists = true;
	add_rows(l, account->bucket);
	write_policies(l);
	return 0;
}

void sw_limited_forget(struct sw_sid account)
{
	char buf[20];
	sw_cache_forget(cache_name(account, buf));
}

int sw_limited_wait(struct sw_task *task, const struct sw_core *core, const struct sw_account *account,
		    const struct sw_limited **ret)
{
	char buf[20];
	struct sw_str name = cache_name(account->sid, buf);
	*ret = sw_cache_find(task, name);
	if (*ret)
		return 0;
	struct sw_limited *l = SW_CACHE_NEW(struct sw_limited, name);
	int err = load_wait(task, core, account, l);
	*ret = sw_cache_settle(task, name, l, err);
	return err;
}

int sw_limited_foresee_wait(struct sw_task *task, const struct sw_core *core, const struct sw_account *account,
			    const struct sw_limited **ret)
{
	struct sw_limited *l = SW_CACHE_NEW(struct sw_limited, SW_STR_NULL);
	*ret = sw_cache_hold(task, l);
	return load_wait(task, core, account, l);
}

int sw_limited_fresh_wait(struct sw_task *task, const struct sw_core *core, const struct sw_account *account,
			  struct sw_account *ret_account, const struct sw_limited **ret)
{
	int err = sw_account_fresh_wait(task, core, sw_task_arena(task), account->bucket, account->sid.id, ret_account);
	return err ? err : sw_limited_foresee_wait(task, core, ret_account, ret);
}
