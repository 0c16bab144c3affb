#include "core/limit/limit.h"

#include "base/hash.h"
#include "loop/clock.h"

#define NS_PER_S INT64_C(1000000000)

static struct sw_gcra gcra;

static const struct sw_metric metric_rows[SW_LIMIT_METRICS_N] = {
	[SW_LIMIT_REFUSED_RATE] = { "strowger_limit_rate_refused_total", "Requests refused by a rate limit.",
				    SW_COUNTER },
	[SW_LIMIT_REFUSED_QUOTA] = { "strowger_limit_quota_refused_total",
				     "Requests refused by a daily or monthly quota.", SW_COUNTER },
	[SW_LIMIT_REFUSED_CONCURRENT] = { "strowger_limit_concurrent_refused_total",
					  "Requests refused because an account had too many under way.", SW_COUNTER },
	[SW_LIMIT_FORGIVEN] = { "strowger_limit_forgiven_total",
				"Subjects put out of the full table of rates: what they used lately is forgotten.",
				SW_COUNTER },
	[SW_LIMIT_REFUSED_ADDRESS] = { "strowger_limit_address_refused_total",
				       "Requests without credentials refused by their address's rate.", SW_COUNTER },
};
struct sw_metric_set sw_limit_metrics = SW_METRIC_SET(metric_rows);

/* ---- the decision ---- */

static uint64_t subject_of(const struct sw_limit_row *row, struct sw_sid key, enum sw_rate_class rate_class)
{
	return row->scope == SW_LIMIT_KEY ? sw_gcra_subject(key.id.b, rate_class) : row->subject;
}

/* Not every row is asked: one of keys only when there is a key. */
static bool applies(const struct sw_limit_row *row, const struct sw_pass *pass)
{
	return row->scope != SW_LIMIT_KEY || sw_sid_given(pass->key);
}

static int take_row_wait(struct sw_task *task, const struct sw_core *core, const struct sw_limit_row *row,
			 struct sw_pass *pass, int64_t now_ns, struct sw_allowance *ret)
{
	if (row->kind == SW_LIMIT_QUOTA)
		return sw_quota_take_wait(task, core, &row->quota, ret);
	*ret = sw_gcra_take(&gcra, subject_of(row, pass->key, pass->rate_class), &row->rate, now_ns);
	return 0;
}

static void give_back(struct sw_pass *pass, bool rates)
{
	for (unsigned i = 0; i < pass->rows_given; i++) {
		const struct sw_limit_row *row = &pass->limited->rate_class[pass->rate_class].row[i];
		if (!applies(row, pass))
			continue;
		if (row->kind == SW_LIMIT_QUOTA)
			sw_quota_give_back(&row->quota);
		else if (rates)
			sw_gcra_give_back(&gcra, subject_of(row, pass->key, pass->rate_class), &row->rate);
	}
	pass->rows_given = 0;
}

static int64_t seconds_up(int64_t ns)
{
	return ns <= NS_PER_S ? 1 : (ns + NS_PER_S - 1) / NS_PER_S;
}

static struct sw_str subject_text(const struct sw_pass *pass, enum sw_limit_scope scope, char buf[SW_SID_CHARS])
{
	const struct sw_sid sids[] = { [SW_LIMIT_ACCOUNT] = pass->limited->account,
				       [SW_LIMIT_KEY] = pass->key,
				       [SW_LIMIT_OWNER] = pass->limited->owner };
	return sw_sid_format(sids[scope], buf);
}

/* Who may raise the limit, and how. */
static const char *way_up(const struct sw_limited *l, const struct sw_tier *tier)
{
	bool owned = !sw_sid_eq(l->account, l->owner);
	if (owned && !sw_str_eq(l->tier.name, l->owner_tier.name) && tier == &l->tier)
		return "ask the account's owner (PATCH /v1/accounts/{sid})";
	if (l->offered_rank > tier->rank)
		return owned ? "POST /v1/limits/upgrade, by the owner" : "POST /v1/limits/upgrade";
	return l->by_operator && !owned ? "another tier (PATCH /v1/account)" : "ask the operator of this server";
}

static int refuse_row(const struct sw_pass *pass, const struct sw_limit_row *row, const struct sw_allowance *a,
		      struct sw_error *err)
{
	static const char *const periods[SW_PERIODS] = { "a day (UTC)", "a calendar month (UTC)" };
	const struct sw_tier *tier = row->scope == SW_LIMIT_OWNER ? &pass->limited->owner_tier : &pass->limited->tier;
	char sid[SW_SID_CHARS];
	struct sw_str about = subject_text(pass, row->scope, sid);
	int64_t wait_s = seconds_up(a->retry_ns);
	sw_count(&sw_limit_metrics, row->kind == SW_LIMIT_QUOTA ? SW_LIMIT_REFUSED_QUOTA : SW_LIMIT_REFUSED_RATE, 1);
	if (row->kind == SW_LIMIT_QUOTA)
		sw_fail(err, 20429,
			"Quota '%.*s' of %.*s is used up: %lld requests %s (tier %.*s). It starts anew in %lld s. "
			"More: %s.",
			SW_FMT(row->name), SW_FMT(about), (long long)row->rate.quota, periods[row->quota.period],
			SW_FMT(tier->name), (long long)wait_s, way_up(pass->limited, tier));
	else
		sw_fail(err, 20429,
			"Limit '%.*s' of %.*s is reached: %lld requests in %lld s (tier %.*s). Try again in %lld s. "
			"More: %s.",
			SW_FMT(row->name), SW_FMT(about), (long long)row->rate.quota, (long long)row->rate.window_s,
			SW_FMT(tier->name), (long long)wait_s, way_up(pass->limited, tier));
	err->retry_after_s = wait_s;
	return SW_EAPI;
}

static int refuse_concurrent(const struct sw_pass *pass, enum sw_limit_scope scope, int64_t limit, struct sw_error *err)
{
	const struct sw_tier *tier = scope == SW_LIMIT_OWNER ? &pass->limited->owner_tier : &pass->limited->tier;
	char sid[SW_SID_CHARS];
	sw_count(&sw_limit_metrics, SW_LIMIT_REFUSED_CONCURRENT, 1);
	sw_fail(err, 20429,
		"Limit 'concurrent' of %.*s is reached: %lld requests under way at once (tier %.*s). Send fewer at a "
		"time. More: %s.",
		SW_FMT(subject_text(pass, scope, sid)), (long long)limit, SW_FMT(tier->name),
		way_up(pass->limited, tier));
	err->retry_after_s = 1;
	return SW_EAPI;
}

static int enter_places(struct sw_pass *pass, struct sw_error *err)
{
	const struct sw_limited *l = pass->limited;
	int64_t of_owner = 0;
	pass->place[0] = sw_under_way_enter(l->account, &pass->under_way);
	if (l->concurrent && pass->under_way > l->concurrent)
		return refuse_concurrent(pass, SW_LIMIT_ACCOUNT, l->concurrent, err);
	if (sw_sid_eq(l->account, l->owner))
		return 0;
	pass->place[1] = sw_under_way_enter(l->owner, &of_owner);
	if (l->owner_concurrent && of_owner > l->owner_concurrent)
		return refuse_concurrent(pass, SW_LIMIT_OWNER, l->owner_concurrent, err);
	return 0;
}

static int take_rows_wait(struct sw_task *task, const struct sw_core *core, struct sw_pass *pass, struct sw_error *err)
{
	const struct sw_limit_row *rows = pass->limited->rate_class[pass->rate_class].row;
	unsigned n = pass->limited->rate_class[pass->rate_class].n;
	int64_t now_ns = n ? sw_mono_ns() : 0;
	for (unsigned i = 0; i < n; i++) {
		struct sw_allowance *a = &pass->allowance[i];
		if (!applies(&rows[i], pass))
			continue;
		pass->rows_given = i;
		pass->rows_asked = i + 1;
		int failed = take_row_wait(task, core, &rows[i], pass, now_ns, a);
		if (failed)
			sw_fail_internal(err, failed);
		else if (a->refused)
			failed = refuse_row(pass, &rows[i], a, err);
		if (failed) {
			give_back(pass, true);
			return SW_EAPI;
		}
	}
	pass->rows_given = n;
	return 0;
}

int sw_limit_enter_wait(struct sw_task *task, const struct sw_core *core, const struct sw_account *account,
			struct sw_sid key, enum sw_rate_class rate_class, struct sw_pass *pass, struct sw_error *err)
{
	const struct sw_limited *limited;
	int failed = sw_limited_wait(task, core, account, &limited);
	if (failed)
		return sw_fail_internal(err, failed);
	*pass = (struct sw_pass){ .limited = limited, .rate_class = rate_class, .key = key };
	failed = enter_places(pass, err);
	return failed ? failed : take_rows_wait(task, core, pass, err);
}

void sw_limit_leave(struct sw_pass *pass, bool useless)
{
	if (!pass->limited)
		return;
	if (useless)
		give_back(pass, false);
	sw_under_way_leave(pass->place[0]);
	sw_under_way_leave(pass->place[1]);
	pass->limited = NULL;
}

/* ---- headers ---- */

struct sw_str sw_limit_policy(const struct sw_pass *pass)
{
	return pass->limited->rate_class[pass->rate_class].policy[sw_sid_given(pass->key)];
}

void sw_limit_format(const struct sw_pass *pass, struct sw_buf *out)
{
	const struct sw_limit_row *rows = pass->limited->rate_class[pass->rate_class].row;
	for (unsigned i = 0; i < pass->rows_asked; i++) {
		const struct sw_allowance *a = &pass->allowance[i];
		if (!applies(&rows[i], pass))
			continue;
		if (out->n)
			sw_buf_add(out, ", ", 2);
		sw_buf_add_char(out, '"');
		sw_buf_add_str(out, rows[i].name);
		sw_buf_add(out, "\";r=", 4);
		sw_buf_add_int(out, a->remaining);
		sw_buf_add(out, ";t=", 3);
		sw_buf_add_int(out, a->refused ? seconds_up(a->retry_ns) : (a->reset_ns + NS_PER_S - 1) / NS_PER_S);
	}
}

/* ---- others ---- */

int sw_limit_address(struct sw_str address, const struct sw_rate *rate, struct sw_error *err)
{
	uint64_t half[2] = { sw_hash64(address.p, address.n), address.n };
	if (rate->quota == 0)
		return 0;
	struct sw_allowance a = sw_gcra_take(&gcra, sw_gcra_subject(half, SW_RATE_CLASSES + 1), rate, sw_mono_ns());
	if (!a.refused)
		return 0;
	sw_count(&sw_limit_metrics, SW_LIMIT_REFUSED_ADDRESS, 1);
	sw_fail(err, 20429,
		"Too many requests without credentials from %.*s: %lld in %lld s are allowed. Try again in %lld s.",
		SW_FMT(address), (long long)rate->quota, (long long)rate->window_s, (long long)seconds_up(a.retry_ns));
	err->retry_after_s = seconds_up(a.retry_ns);
	return SW_EAPI;
}

int sw_limit_look_wait(struct sw_task *task, const struct sw_core *core, const struct sw_limit_row *row,
		       struct sw_sid key, struct sw_allowance *ret)
{
	if (row->kind == SW_LIMIT_QUOTA)
		return sw_quota_look_wait(task, core, &row->quota, ret);
	*ret = sw_gcra_look(
		&gcra, row->scope == SW_LIMIT_KEY ? sw_gcra_subject(key.id.b, row->quota.rate_class) : row->subject,
		&row->rate, sw_mono_ns());
	return 0;
}
