/*
 * Endpoints in memory: a table of lists that only grow, so that any thread looks without a lock; and each account's
 * own list of them.  Beside it the row that the store remembers, and the customer's limits.
 */
#include "core/webhook/endpoint.h"

#include <limits.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/time.h"
#include "core/core_sql.h"
#include "core/limit/gcra.h"
#include "core/webhook.h"
#include "loop/clock.h"
#include "loop/task.h"

enum { LISTS = 8192, OWNER_LISTS = 1024, KEY_MAX = 2 * SW_HOOK_URL_MAX + 16 };

/* An account's. */
struct owner {
	struct owner *next;
	struct sw_id account;
	_Atomic(struct sw_hook *) first;
	_Atomic int n;
};

static _Atomic(struct sw_hook *) lists[LISTS];
static _Atomic(struct owner *) owners[OWNER_LISTS];
static _Atomic int hooks_n;

/* ---- finding ---- */

static struct owner *owner_of(struct sw_id account, bool make)
{
	_Atomic(struct owner *) *list = &owners[sw_hash64(account.b, sizeof(account.b)) % OWNER_LISTS];
	struct owner *mine = NULL, *head = atomic_load(list);
	for (;;) {
		for (struct owner *o = head; o; o = o->next)
			if (sw_id_eq(o->account, account)) {
				free(mine);
				return o;
			}
		if (!make)
			return NULL;
		if (!mine)
			mine = calloc(1, sizeof(*mine));
		SW_BUG_ON(!mine);
		mine->account = account;
		mine->next = head;
		if (atomic_compare_exchange_strong(list, &head, mine))
			return mine;
	}
}

static size_t span_until(struct sw_str s, const char *ends)
{
	size_t n = 0;
	while (n < s.n && !strchr(ends, s.p[n]))
		n++;
	return n;
}

/* Scheme and host in lower case, the path as it is; without user, query and fragment. whole: the host alone. */
static struct sw_str key_of(struct sw_str url, bool whole, char buf[KEY_MAX])
{
	struct sw_str rest = url, scheme = sw_str_cut(&rest, ':');
	rest = sw_str_from(rest, 2);
	struct sw_str host = sw_str_sub(rest, 0, span_until(rest, "/?#"));
	rest = sw_str_from(rest, host.n);
	struct sw_str path = sw_str_sub(rest, 0, span_until(rest, "?#"));
	for (ptrdiff_t at; (at = sw_str_index(host, '@')) >= 0;)
		host = sw_str_from(host, (size_t)at + 1);
	if (!path.n)
		path = SW_S("/");
	if (whole || scheme.n + host.n + path.n > SW_HOOK_URL_MAX)
		path = SW_S("/*");
	host = sw_str_sub(host, 0, SW_HOOK_URL_MAX); /* longer ones do not exist */
	char *end = mempcpy(buf, scheme.p, scheme.n < 5 ? scheme.n : 5);
	end = mempcpy(mempcpy(end, "://", 3), host.p, host.n);
	for (char *c = buf; c < end; c++)
		*c = *c >= 'A' && *c <= 'Z' ? (char)(*c | 0x20) : *c;
	end = mempcpy(end, path.p, path.n);
	return (struct sw_str){ buf, (size_t)(end - buf) };
}

static _Atomic(struct sw_hook *) *list_of(struct sw_id account, struct sw_str key)
{
	uint64_t hash = sw_hash64(key.p, key.n) ^ sw_hash64(account.b, sizeof(account.b));
	return &lists[hash % LISTS];
}

static struct sw_hook *find(struct sw_id account, struct sw_str key)
{
	for (struct sw_hook *h = atomic_load(list_of(account, key)); h; h = h->next)
		if (sw_id_eq(h->account, account) && sw_str_eq(h->url, key))
			return h;
	return NULL;
}

static struct sw_id id_of(struct sw_id account, struct sw_str key)
{
	char text[16 + KEY_MAX];
	uint8_t digest[32];
	struct sw_id id;
	memcpy(text, account.b, 16);
	memcpy(text + 16, key.p, key.n);
	sw_sha256((struct sw_str){ text, 16 + key.n }, digest);
	memcpy(id.b, digest, sizeof(id.b));
	return id;
}

/* Somebody else may have put the same one there meanwhile: that is it, then. @return NULL: so many were put there */
static struct sw_hook *put(struct owner *owner, struct sw_hook *hook, int most)
{
	_Atomic(struct sw_hook *) *list = list_of(hook->account, hook->url);
	bool full = atomic_fetch_add(&owner->n, 1) >= most;
	hook->next = atomic_load(list);
	do {
		struct sw_hook *there = find(hook->account, hook->url);
		if (there || full) {
			atomic_fetch_sub(&owner->n, 1);
			free(hook);
			return there;
		}
	} while (!atomic_compare_exchange_strong(list, &hook->next, hook));
	atomic_fetch_add(&hooks_n, 1);
	hook->next_of_account = atomic_load(&owner->first);
	while (!atomic_compare_exchange_weak(&owner->first, &hook->next_of_account, hook))
		;
	return hook;
}

static struct sw_hook *hook_new(struct sw_id account, int bucket, struct sw_str key)
{
	struct sw_hook *hook = calloc(1, sizeof(*hook) + key.n);
	SW_BUG_ON(!hook);
	char *text = (char *)(hook + 1);
	memcpy(text, key.p, key.n);
	hook->url = (struct sw_str){ text, key.n };
	hook->account = account;
	hook->bucket = bucket;
	hook->id = id_of(account, key);
	return hook;
}

/* ---- what the store remembers ---- */

static const char *const statuses[] = {
	[SW_HOOK_ENABLED] = "enabled",
	[SW_HOOK_FAILING] = "failing",
	[SW_HOOK_GONE] = "gone",
	[SW_HOOK_REQUESTED] = "requested",
};

const char *sw_hook_status_name(const struct sw_hook *hook)
{
	return statuses[atomic_load(&hook->status)];
}

/* A row of webhook_endpoint.get: url, reason, failing_since_us, failures, notices, rate, max_in_flight, strict_order */
static void load(struct sw_hook *hook, struct sw_row row)
{
	for (unsigned i = 0; i < SW_COUNTOF(statuses); i++)
		if (sw_str_is(sw_row_str(row, 2), statuses[i]))
			atomic_store(&hook->status, (int)i);
	atomic_store(&hook->failing_since_us, sw_row_int(row, 3));
	atomic_store(&hook->failures, sw_row_int(row, 4));
	atomic_store(&hook->notices, (unsigned)sw_row_int(row, 5));
	atomic_store(&hook->rate, sw_row_int(row, 6));
	atomic_store(&hook->max_in_flight, sw_row_int(row, 7));
	atomic_store(&hook->strict_order, sw_row_int(row, 8) != 0);
	atomic_store(&hook->remembered, sw_row_int(row, 3) != 0);
}

/* Read, or made: it is in memory before anybody uses it. *ret is NULL when the account got its most meanwhile. */
static int fetch_wait(struct sw_task *task, const struct sw_core *core, const struct sw_account *account,
		      struct owner *owner, struct sw_str key, int most, struct sw_hook **ret)
{
	struct sw_hook *hook = hook_new(account->sid.id, account->bucket, key);
	struct sw_rows rows;
	int err = sw_query_wait(task, core->store, sw_task_arena(task), CORE_SQL(SQL_HOOK_GET), &rows,
				SW_I(hook->bucket), SW_ID(hook->account), SW_ID(hook->id));
	if (err) {
		free(hook);
		return err;
	}
	if (rows.n)
		load(hook, rows.row[0]);
	*ret = put(owner, hook, most);
	return 0;
}

int sw_hook_of_wait(struct sw_task *task, const struct sw_core *core, const struct sw_account *account,
		    struct sw_str url, struct sw_hook **ret)
{
	static const int most[] = { SW_HOOK_PATHS_MAX, SW_HOOKS_OF_ACCOUNT_MAX };
	char buf[KEY_MAX];
	struct sw_str key = key_of(url, false, buf);
	*ret = find(account->sid.id, key);
	struct owner *owner = *ret ? NULL : owner_of(account->sid.id, true);
	for (unsigned whole = 0; whole < SW_COUNTOF(most) && !*ret; whole++) {
		if (whole) {
			key = key_of(url, true, buf);
			*ret = find(account->sid.id, key);
		}
		if (*ret || atomic_load(&owner->n) >= most[whole] || atomic_load(&hooks_n) >= SW_HOOKS_MAX)
			continue;
		int err = fetch_wait(task, core, account, owner, key, most[whole], ret);
		if (err)
			return err;
	}
	return 0;
}

static struct sw_hook *find_id(struct owner *owner, struct sw_id id)
{
	struct sw_hook *hook = owner ? atomic_load(&owner->first) : NULL;
	while (hook && !sw_id_eq(hook->id, id))
		hook = hook->next_of_account;
	return hook;
}

int sw_hook_get_wait(struct sw_task *task, const struct sw_core *core, const struct sw_account *account,
		     struct sw_id id, struct sw_hook **ret)
{
	struct owner *owner = owner_of(account->sid.id, true);
	struct sw_rows rows;
	*ret = find_id(owner, id);
	if (*ret)
		return 0;
	int err = sw_query_wait(task, core->store, sw_task_arena(task), CORE_SQL(SQL_HOOK_GET), &rows,
				SW_I(account->bucket), SW_ID(account->sid.id), SW_ID(id));
	if (err || !rows.n)
		return err ? err : SW_ENOTFOUND;
	struct sw_hook *hook = hook_new(account->sid.id, account->bucket, sw_row_str(rows.row[0], 1));
	load(hook, rows.row[0]);
	*ret = put(owner, hook, INT_MAX);
	return 0;
}

static int by_id(const void *a, const void *b)
{
	return memcmp((*(struct sw_hook *const *)a)->id.b, (*(struct sw_hook *const *)b)->id.b, sizeof(struct sw_id));
}

int sw_hook_list_wait(struct sw_task *task, const struct sw_core *core, const struct sw_account *account,
		      struct sw_id after, size_t max, struct sw_hook **ret, size_t *ret_n)
{
	struct owner *owner = owner_of(account->sid.id, true);
	struct sw_hook **all = SW_ARENA_ARRAY(sw_task_arena(task), struct sw_hook *, SW_HOOKS_OF_ACCOUNT_MAX * 2 + max);
	struct sw_rows rows;
	size_t n = 0;
	/* Those that only the store knows come into memory first. */
	int err = sw_query_wait(task, core->store, sw_task_arena(task), CORE_SQL(SQL_HOOK_LIST), &rows,
				SW_I(account->bucket), SW_ID(account->sid.id), SW_ID(after), SW_I(max));
	for (size_t i = 0; i < rows.n && !err; i++) {
		struct sw_hook *hook;
		err = sw_hook_get_wait(task, core, account, sw_row_id(rows.row[i], 0), &hook);
		err = err == SW_ENOTFOUND ? 0 : err;
	}
	if (err)
		return err;
	struct sw_hook *hook = atomic_load(&owner->first);
	for (; hook && n < SW_HOOKS_OF_ACCOUNT_MAX * 2; hook = hook->next_of_account)
		if (memcmp(hook->id.b, after.b, sizeof(after.b)) > 0)
			all[n++] = hook;
	qsort(all, n, sizeof(*all), by_id);
	*ret_n = n < max ? n : max;
	memcpy(ret, all, *ret_n * sizeof(*ret));
	return 0;
}

/* ---- places ---- */

enum { WAITING_MAX = 32, WAIT_MAX_US = 1000000, NAP_US = 5000 };

static struct sw_gcra rates;

/* @return how long until there is a place; 0: taken */
static int64_t try_place(struct sw_hook *hook)
{
	int64_t most = atomic_load_explicit(&hook->max_in_flight, memory_order_relaxed);
	int64_t rate = atomic_load_explicit(&hook->rate, memory_order_relaxed);
	if (atomic_fetch_add(&hook->in_flight, 1) >= most && most) {
		atomic_fetch_sub(&hook->in_flight, 1);
		return NAP_US;
	}
	if (!rate)
		return 0;
	const struct sw_rate per_s = { rate, 1 };
	struct sw_allowance a = sw_gcra_take(&rates, sw_gcra_subject(hook->id.b, 0), &per_s, sw_mono_ns());
	if (!a.refused)
		return 0;
	atomic_fetch_sub(&hook->in_flight, 1);
	return a.retry_ns / 1000 + 1;
}

/* A time of its own for whoever does not fit: one behind the other, as fast as the limits allow. */
static int64_t next_place(struct sw_hook *hook, int64_t now_us)
{
	int64_t rate = atomic_load(&hook->rate), most = atomic_load(&hook->max_in_flight);
	struct sw_hook_summary sum = sw_hook_summary(hook, now_us);
	int64_t step = rate ? SW_US_PER_S / rate : 0, turn = most ? (sum.p50_us + NAP_US) / most : 0;
	int64_t last = atomic_load(&hook->next_place_us), next;
	do
		next = (last > now_us + SW_US_PER_S ? last : now_us + SW_US_PER_S) + (step > turn ? step : turn);
	while (!atomic_compare_exchange_weak(&hook->next_place_us, &last, next));
	return next;
}

static int wait_for_place_wait(struct sw_task *task, struct sw_hook *hook, int64_t *ret_us)
{
	int64_t wait_us = try_place(hook), end_us = sw_mono_us() + WAIT_MAX_US;
	if (!wait_us)
		return 0;
	int err = SW_EBUSY;
	if (atomic_fetch_add(&hook->waiting, 1) < WAITING_MAX)
		for (err = 0; !err && wait_us; wait_us = err ? wait_us : try_place(hook)) {
			err = sw_mono_us() + wait_us > end_us ? SW_EBUSY : sw_sleep_wait(task, wait_us);
		}
	atomic_fetch_sub(&hook->waiting, 1);
	if (err == SW_EBUSY)
		*ret_us = next_place(hook, sw_wall_us());
	return err;
}

/* @return 0, SW_EBUSY, SW_EPERM */
static int ask_breaker(struct sw_hook *hook, bool *ret_probe, int64_t *ret_us)
{
	enum sw_hook_way way = sw_hook_admit(hook, sw_wall_us(), ret_us);
	*ret_probe = way == SW_HOOK_PROBE;
	if (way == SW_HOOK_LATER)
		sw_count(&sw_webhook_metrics, SW_CALLBACK_HELD, 1);
	return way == SW_HOOK_LATER ? SW_EBUSY : way == SW_HOOK_NEVER ? SW_EPERM : 0;
}

int sw_hook_enter_wait(struct sw_task *task, struct sw_hook *hook, bool *ret_probe, int64_t *ret_us)
{
	*ret_probe = false;
	int err = hook ? ask_breaker(hook, ret_probe, ret_us) : 0;
	if (!hook || err)
		return err;
	if (*ret_probe) { /* the one that goes anyhow */
		atomic_fetch_add(&hook->in_flight, 1);
		return 0;
	}
	err = wait_for_place_wait(task, hook, ret_us);
	if (err)
		return err;
	err = ask_breaker(hook, ret_probe, ret_us); /* it may have opened meanwhile */
	if (err)
		sw_hook_leave(hook);
	return err;
}

void sw_hook_leave(struct sw_hook *hook)
{
	if (hook)
		atomic_fetch_sub(&hook->in_flight, 1);
}
