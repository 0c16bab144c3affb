/*
 * What signs in: accounts, keys and OAuth applications, looked up once and remembered by each loop.
 *
 * Revocation.  sw_account_forget() makes every loop's entry of a SID worthless at once (core/cache.h).
 *
 * A slow store.  One look-up a loop runs for everybody who asks for the SID meanwhile.  When it does not answer within
 * SLOW_US, or fails, what was known before serves on for SW_CACHE_STALE_US, unless its stamp was changed.
 */
#include "base/list.h"
#include "base/ref.h"
#include "base/time.h"
#include "core/auth/credential.h"
#include "core/core_sql.h"
#include "loop/clock.h"
#include "loop/loop.h"
#include "loop/task.h"
#include "loop/timer.h"

enum { TRIES = 5, SLOW_US = 250 * 1000 };

void sw_account_forget(struct sw_sid sid)
{
	char text[SW_SID_CHARS];
	sw_cache_forget(sw_sid_format(sid, text));
}

/* ---- reading ---- */

/* The row of a key or application itself. */
static int load_own_wait(struct sw_task *task, const struct sw_core *core, struct credential *c, int64_t bucket,
			 struct sw_id account)
{
	bool is_key = c->sid.kind[0] == 'S';
	struct sw_arena *arena = &c->cached.arena;
	struct sw_str policy, why;
	struct sw_rows rows;
	int err = sw_query_wait(task, core->store, sw_task_arena(task), CORE_SQL(is_key ? SQL_KEY_GET : SQL_APP_GET),
				&rows, SW_I(bucket), SW_ID(account), SW_ID(c->sid.id));
	if (err || rows.n == 0)
		return err ? err : SW_ENOTFOUND;
	err = is_key ? sw_key_read(core, arena, rows.row[0], &c->key)
		     : sw_oauth_app_read(core, arena, rows.row[0], &c->app);
	policy = is_key ? c->key.policy : c->app.policy;
	c->restricted = policy.p != NULL;
	if (!err && c->restricted && sw_policy_parse(arena, policy, &c->policy, &why))
		err = SW_ECORRUPT;
	return err;
}

static int load_wait(struct sw_task *task, const struct sw_core *core, struct credential *c)
{
	struct sw_str kind = { c->sid.kind, 2 };
	char text[SW_SID_CHARS];
	struct sw_rows rows;
	int err = sw_query_wait(task, core->store, sw_task_arena(task), CORE_SQL(SQL_DIRECTORY_GET), &rows, SW_T(kind),
				SW_ID(c->sid.id));
	if (err || rows.n == 0)
		return err;
	int64_t bucket = sw_row_int(rows.row[0], 0);
	struct sw_id account = sw_row_id(rows.row[0], 1);
	sw_cache_depends(&c->cached, sw_sid_format(sw_sid_of("AC", account), text));
	err = c->sid.kind[0] == 'A' ? 0 : load_own_wait(task, core, c, bucket, account);
	if (err)
		return err == SW_ENOTFOUND ? 0 : err;
	err = sw_account_fresh_wait(task, core, &c->cached.arena, bucket, account, &c->account);
	c->cached.exists = !err;
	return err == SW_ENOTFOUND ? 0 : err;
}

/* ---- one look-up for all who wait ---- */

struct lookup {
	struct sw_list link, waiters;
	const struct sw_core *core;
	struct sw_sid sid;
	int64_t begun_us;
};

struct waiter {
	struct sw_list link;
	struct sw_wait wait;
	struct sw_timer timer;
	struct credential *found; /* a reference of its own */
};

static void lookups_init(void *list)
{
	sw_list_init(list);
}

static struct sw_loop_local lookups = { .bytes = sizeof(struct sw_list), .init = lookups_init };

static void drop_credential(void *credential)
{
	sw_unref(credential);
}

static void look_up(struct sw_task *task, void *arg)
{
	struct lookup *lookup = arg;
	struct sw_list *node;
	char text[SW_SID_CHARS];
	struct sw_str name = sw_sid_format(lookup->sid, text);
	struct credential *c = SW_CACHE_NEW(struct credential, name);
	c->sid = lookup->sid;
	int err = load_wait(task, lookup->core, c);
	while ((node = sw_list_pop(&lookup->waiters))) {
		struct waiter *waiter = SW_CONTAINER(node, struct waiter, link);
		sw_timer_stop(&waiter->timer);
		waiter->found = err ? NULL : sw_ref(c);
		sw_wait_end(&waiter->wait, err);
	}
	sw_cache_settle(task, name, c, err);
	sw_list_del(&lookup->link);
	sw_unref(lookup);
}

static void leave(struct sw_wait *wait)
{
	struct waiter *waiter = SW_CONTAINER(wait, struct waiter, wait);
	sw_list_del(&waiter->link);
	sw_timer_stop(&waiter->timer);
}

static void is_slow(struct sw_timer *timer)
{
	struct waiter *waiter = SW_CONTAINER(timer, struct waiter, timer);
	sw_list_del(&waiter->link);
	sw_wait_end(&waiter->wait, SW_ETIMEDOUT);
}

static struct lookup *lookup_get(struct sw_task *task, const struct sw_core *core, struct sw_sid sid, bool *ret_new)
{
	struct sw_list *list = sw_loop_local(sw_task_loop(task), &lookups);
	for (struct sw_list *at = list->next; at != list; at = at->next) {
		struct lookup *lookup = SW_CONTAINER(at, struct lookup, link);
		*ret_new = false;
		if (lookup->core == core && sw_sid_eq(lookup->sid, sid))
			return lookup;
	}
	struct lookup *lookup = sw_new(struct lookup, NULL);
	*lookup = (struct lookup){ .core = core, .sid = sid, .begun_us = sw_mono_us() };
	sw_list_init(&lookup->waiters);
	sw_list_push(list, &lookup->link);
	*ret_new = true;
	return lookup;
}

/* @param impatient  something is known: do not wait for a slow store. @return 0, SW_ETIMEDOUT, a store error */
static int ask_wait(struct sw_task *task, const struct sw_core *core, struct sw_sid sid, bool impatient,
		    const struct credential **ret)
{
	struct waiter waiter = { .wait = { .task = task, .abandon = leave } };
	bool is_new;
	if (sw_task_cancelled(task))
		return SW_ECANCELED;
	struct lookup *lookup = lookup_get(task, core, sid, &is_new);
	sw_list_push(&lookup->waiters, &waiter.link);
	if (impatient)
		sw_timer_start(sw_task_loop(task), &waiter.timer, SW_CLOCK_MONO, lookup->begun_us + SLOW_US, is_slow);
	if (is_new)
		sw_task_spawn(sw_task_loop(task), look_up, lookup);
	int err = sw_wait_begin(&waiter.wait);
	if (waiter.found)
		sw_arena_hold(sw_task_arena(task), drop_credential, waiter.found);
	*ret = waiter.found;
	return err;
}

/* The credential of a SID, held by the task's arena; exists tells whether there is one. */
int sw_credential_find_wait(struct sw_task *task, const struct sw_core *core, struct sw_sid sid,
			    const struct credential **ret)
{
	char text[SW_SID_CHARS];
	struct sw_str name = sw_sid_format(sid, text);
	for (int i = 0; i < TRIES; i++) {
		*ret = sw_cache_find(task, name);
		if (*ret)
			return 0;
		const struct credential *known = sw_cache_find_stale(task, name);
		int err = ask_wait(task, core, sid, known != NULL, ret);
		if (err == SW_ECANCELED)
			return err;
		if (!err && sw_cache_is_current(&(*ret)->cached))
			return 0;
		if (err && known && sw_cache_is_current(&known->cached)) {
			*ret = known;
			return 0;
		}
		if (err && err != SW_ETIMEDOUT) /* slow, and revoked meanwhile: what is known is worth nothing */
			return err;
	}
	return SW_EBUSY; /* changed five times while it was read */
}

/* ---- what others ask ---- */

int sw_account_get_wait(struct sw_task *task, const struct sw_core *core, struct sw_sid sid,
			const struct sw_account **ret)
{
	const struct credential *c;
	int err = sw_credential_find_wait(task, core, sid, &c);
	if (err)
		return err;
	if (!c->cached.exists)
		return SW_ENOTFOUND;
	*ret = &c->account;
	return 0;
}

int sw_account_status_wait(struct sw_task *task, const struct sw_core *core, const struct sw_account *account,
			   struct sw_str *ret)
{
	const struct sw_account *owner = account;
	int err = 0;
	if (sw_str_is(account->status, "active") && !sw_sid_eq(account->sid, account->owner))
		err = sw_account_get_wait(task, core, account->owner, &owner);
	*ret = err ? SW_STR_NULL : owner->status;
	return err;
}
