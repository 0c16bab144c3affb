#include "base/test.h"
#include "base/time.h"
#include "core/auth/policy.h"
#include "core/cache.h"
#include "core/core_fixture.h"
#include "core/core_sql.h"
#include "loop/clock.h"
#include "loop/loop.h"

/* ---- making ---- */

static int commit(struct sw_task *task, struct sw_txn *txn)
{
	return sw_commit_wait(task, txn, NULL);
}

static struct sw_sid make_key(struct sw_task *task, struct core_fixture *f, struct sw_sid account, struct sw_str secret,
			      struct sw_str policy)
{
	struct sw_arena *arena = sw_task_arena(task);
	struct sw_sid sid = sw_sid_random("SK");
	struct sw_txn *txn = sw_txn_new(f->core.store, arena, f->account.bucket);
	sw_txn_do(txn, CORE_SQL(SQL_DIRECTORY_PUT), SW_GUARD_ONE, SW_EEXIST, SW_T(SW_S("SK")), SW_ID(sid.id),
		  SW_I(f->account.bucket), SW_ID(account.id));
	sw_txn_do(txn, CORE_SQL(SQL_KEY_INSERT), SW_GUARD_ONE, SW_EEXIST, SW_I(f->account.bucket), SW_ID(account.id),
		  SW_ID(sid.id), SW_T(SW_S("k")), SW_B(sw_secret_seal(&f->core, arena, sid, secret)), SW_T(policy),
		  SW_I(1));
	SW_CHECK_INT(commit(task, txn), 0);
	return sid;
}

static int sign_in(struct sw_task *task, struct core_fixture *f, struct sw_sid sid, const char *secret)
{
	struct sw_caller caller;
	return sw_caller_check_wait(task, &f->core, sw_sid_text(sw_task_arena(task), sid), sw_str_of(secret), &caller);
}

static void set_status(struct sw_task *task, struct core_fixture *f, struct sw_sid account, const char *status)
{
	struct sw_txn *txn = sw_txn_new(f->core.store, sw_task_arena(task), f->account.bucket);
	sw_txn_do(txn, CORE_SQL(SQL_ACCOUNT_UPDATE), SW_GUARD_ONE, SW_ENOTFOUND, SW_I(f->account.bucket),
		  SW_ID(account.id), SW_I(2), SW_NULL, SW_T(sw_str_of(status)));
	SW_CHECK_INT(commit(task, txn), 0);
	sw_account_forget(account);
}

/* ---- keys ---- */

static void keys(struct sw_task *task, struct core_fixture *f)
{
	struct sw_caller caller;
	struct sw_sid sid = make_key(task, f, f->account.sid, SW_S("open"), SW_S("{\"allow\":[\"/twilio/a/b/read\"]}"));
	SW_CHECK_INT(sign_in(task, f, sid, "open"), 0);
	SW_CHECK_INT(sign_in(task, f, sid, "opem"), SW_EPERM);
	SW_CHECK_INT(sign_in(task, f, sid, ""), SW_EPERM);
	SW_CHECK_INT(sw_caller_check_wait(task, &f->core, sw_sid_text(f->arena, sid), SW_S("open"), &caller), 0);
	SW_CHECK(caller.policy && sw_policy_allows(caller.policy, SW_S("/twilio/a/b/read")));
	SW_CHECK(!sw_policy_allows(caller.policy, SW_S("/twilio/a/b/list")));
	/* Deleted behind our back: known for SW_CACHE_US; said so: at once. */
	struct sw_txn *txn = sw_txn_new(f->core.store, sw_task_arena(task), f->account.bucket);
	sw_txn_do(txn, CORE_SQL(SQL_KEY_DELETE), SW_GUARD_ONE, SW_ENOTFOUND, SW_I(f->account.bucket),
		  SW_ID(f->account.sid.id), SW_ID(sid.id));
	SW_CHECK_INT(commit(task, txn), 0);
	SW_CHECK_INT(sign_in(task, f, sid, "open"), 0);
	sw_account_forget(sid);
	SW_CHECK_INT(sign_in(task, f, sid, "open"), SW_EPERM);
	/* A key whose account is gone, and one whose policy cannot be read. */
	SW_CHECK_INT(sign_in(task, f, make_key(task, f, sw_sid_random("AC"), SW_S("x"), SW_STR_NULL), "x"), SW_EPERM);
	SW_CHECK_INT(sign_in(task, f, make_key(task, f, f->account.sid, SW_S("x"), SW_S("[]")), "x"), SW_ECORRUPT);
}

SW_TEST(a_key_signs_in_until_it_is_revoked)
{
	core_fixture_play(NULL, keys);
}

/* ---- two tokens ---- */

/* "second" becomes the secondary token, then the only one. */
static void change_token(struct sw_task *task, struct core_fixture *f, bool promoted, struct sw_str sealed)
{
	struct sw_txn *txn = sw_txn_new(f->core.store, sw_task_arena(task), f->account.bucket);
	sw_txn_do(txn, CORE_SQL(promoted ? SQL_TOKEN_PROMOTE : SQL_TOKEN_SECOND), SW_GUARD_ONE, SW_EEXIST,
		  SW_I(f->account.bucket), SW_ID(f->account.sid.id), SW_I(3), SW_B(sealed));
	SW_CHECK_INT(commit(task, txn), 0);
	sw_account_forget(f->account.sid);
}

static void rotate(struct sw_task *task, struct core_fixture *f)
{
	struct sw_arena *arena = sw_task_arena(task);
	struct sw_str sealed = sw_secret_seal(&f->core, arena, f->account.sid, SW_S("second"));
	const char *first = sw_str_cstr(arena, f->account.token);
	for (int promoted = 0; promoted < 2; promoted++) {
		change_token(task, f, promoted, sealed);
		SW_CHECK_INT(sign_in(task, f, f->account.sid, "second"), 0);
		SW_CHECK_INT(sign_in(task, f, f->account.sid, first), promoted ? SW_EPERM : 0);
		SW_CHECK_INT(sign_in(task, f, f->account.sid, ""), SW_EPERM);
	}
}

SW_TEST(both_tokens_sign_in_until_one_is_promoted)
{
	core_fixture_play(NULL, rotate);
}

/* ---- owners ---- */

static void owners(struct sw_task *task, struct core_fixture *f)
{
	const struct sw_account *account;
	struct sw_str status;
	const struct sw_account sub = { .sid = sw_sid_random("AC"),
					.owner = f->account.sid,
					.bucket = f->account.bucket,
					.friendly_name = SW_S("sub"),
					.status = SW_S("active"),
					.type = SW_S("Full"),
					.token = SW_S("t") };
	struct sw_txn *txn = sw_txn_new(f->core.store, sw_task_arena(task), sub.bucket);
	sw_account_insert(&f->core, sw_task_arena(task), txn, 0, &sub);
	SW_CHECK_INT(commit(task, txn), 0);
	static const char *const statuses[] = { "active", "suspended", "closed" };
	for (size_t i = 0; i < SW_COUNTOF(statuses); i++) {
		set_status(task, f, f->account.sid, statuses[i]);
		SW_CHECK_INT(sw_account_get_wait(task, &f->core, sub.sid, &account), 0);
		SW_CHECK_INT(sw_account_status_wait(task, &f->core, account, &status), 0);
		SW_CHECK_STR(status, statuses[i]);
	}
}

SW_TEST(a_subaccount_is_closed_with_its_owner)
{
	core_fixture_play(NULL, owners);
}

/* ---- access tokens ---- */

static void tokens(struct sw_task *task, struct core_fixture *f)
{
	struct sw_arena *arena = sw_task_arena(task);
	struct sw_caller caller;
	struct sw_oauth_app app = { .sid = sw_sid_random("OQ"), .account = f->account.sid, .token_ttl_s = 60 };
	struct sw_str secret = sw_secret_seal(&f->core, arena, app.sid, SW_S("s"));
	struct sw_txn *txn = sw_txn_new(f->core.store, arena, f->account.bucket);
	sw_txn_do(txn, CORE_SQL(SQL_DIRECTORY_PUT), SW_GUARD_ONE, SW_EEXIST, SW_T(SW_S("OQ")), SW_ID(app.sid.id),
		  SW_I(f->account.bucket), SW_ID(f->account.sid.id));
	sw_txn_do(txn, CORE_SQL(SQL_APP_INSERT), SW_GUARD_ONE, SW_EEXIST, SW_I(f->account.bucket),
		  SW_ID(f->account.sid.id), SW_ID(app.sid.id), SW_T(SW_S("")), SW_T(SW_S("")), SW_T(SW_S("")),
		  SW_T(SW_S("")), SW_B(secret), SW_T(SW_S("{\"allow\":[\"/twilio/a/b/read\"]}")), SW_I(60), SW_I(1));
	SW_CHECK_INT(commit(task, txn), 0);
	struct sw_str token = sw_access_token(&f->core, arena, &app, f->account.sid, SW_S("/twilio/a/b/list"));
	SW_CHECK_INT(sw_caller_token_wait(task, &f->core, token, &caller), 0);
	SW_CHECK(sw_sid_eq(caller.key, app.sid) && sw_sid_eq(caller.account->sid, f->account.sid));
	SW_CHECK(caller.scope && sw_policy_allows(caller.scope, SW_S("/twilio/a/b/list")));
	SW_CHECK(caller.policy && !sw_policy_allows(caller.policy, SW_S("/twilio/a/b/list")));
	app.token_ttl_s = 0;
	token = sw_access_token(&f->core, arena, &app, f->account.sid, SW_STR_NULL);
	SW_CHECK_INT(sw_caller_token_wait(task, &f->core, token, &caller), SW_ETIMEDOUT);
	app.token_ttl_s = 60;
	/* Of an account that is not the application's, of an application that is not there, of another installation. */
	token = sw_access_token(&f->core, arena, &app, sw_sid_random("AC"), SW_STR_NULL);
	SW_CHECK_INT(sw_caller_token_wait(task, &f->core, token, &caller), SW_EPERM);
	app.sid = sw_sid_random("OQ");
	token = sw_access_token(&f->core, arena, &app, f->account.sid, SW_STR_NULL);
	SW_CHECK_INT(sw_caller_token_wait(task, &f->core, token, &caller), SW_EPERM);
	struct sw_core other = f->core;
	other.seal_key[0] ^= 1;
	token = sw_access_token(&other, arena, &app, f->account.sid, SW_STR_NULL);
	SW_CHECK_INT(sw_caller_token_wait(task, &f->core, token, &caller), SW_EPERM);
	SW_CHECK_INT(sw_caller_token_wait(task, &f->core, SW_S(""), &caller), SW_EPERM);
}

SW_TEST(an_access_token_is_its_applications_and_accounts)
{
	core_fixture_play(NULL, tokens);
}

/* ---- sessions ---- */

static struct sw_str begin_session(struct sw_task *task, struct core_fixture *f, struct sw_sid sid, const char *secret)
{
	struct sw_arena *arena = sw_task_arena(task);
	struct sw_caller caller;
	int64_t expires_us, now_us = sw_wall_us();
	SW_CHECK_INT(sw_caller_check_wait(task, &f->core, sw_sid_text(arena, sid), sw_str_of(secret), &caller), 0);
	SW_CHECK(!caller.session);
	struct sw_str token = sw_session_token(&f->core, arena, &caller, &expires_us);
	SW_CHECK(expires_us - now_us > (SW_SESSION_TTL_S - 2) * SW_US_PER_S);
	SW_CHECK(expires_us - now_us <= (SW_SESSION_TTL_S + 1) * SW_US_PER_S);
	return token;
}

static void sessions_of_tokens(struct sw_task *task, struct core_fixture *f)
{
	struct sw_arena *arena = sw_task_arena(task);
	struct sw_str sealed = sw_secret_seal(&f->core, arena, f->account.sid, SW_S("second"));
	struct sw_caller caller;
	struct sw_str first = begin_session(task, f, f->account.sid, sw_str_cstr(arena, f->account.token)),
		      second = { 0 };
	SW_CHECK_INT(sw_caller_token_wait(task, &f->core, first, &caller), 0);
	SW_CHECK(caller.session && !caller.secret.p && !sw_sid_given(caller.key) && !caller.policy);
	for (int promoted = 0; promoted < 2; promoted++) {
		change_token(task, f, promoted, sealed);
		if (!promoted)
			second = begin_session(task, f, f->account.sid, "second");
		SW_CHECK_INT(sw_caller_token_wait(task, &f->core, first, &caller), promoted ? SW_EPERM : 0);
		SW_CHECK_INT(sw_caller_token_wait(task, &f->core, second, &caller), 0);
	}
}

static void sessions_of_keys(struct sw_task *task, struct core_fixture *f)
{
	struct sw_caller caller;
	struct sw_sid sid = make_key(task, f, f->account.sid, SW_S("open"), SW_S("{\"allow\":[\"/twilio/a/b/read\"]}"));
	struct sw_str token = begin_session(task, f, sid, "open");
	SW_CHECK_INT(sw_caller_token_wait(task, &f->core, token, &caller), 0);
	SW_CHECK(caller.session && sw_sid_eq(caller.key, sid));
	SW_CHECK(caller.policy && !sw_policy_allows(caller.policy, SW_S("/twilio/a/b/list")));
	struct sw_str bad = sw_str_dup(sw_task_arena(task), token);
	((char *)bad.p)[bad.n / 2] ^= 1;
	SW_CHECK_INT(sw_caller_token_wait(task, &f->core, bad, &caller), SW_EPERM);
	struct sw_txn *txn = sw_txn_new(f->core.store, sw_task_arena(task), f->account.bucket);
	sw_txn_do(txn, CORE_SQL(SQL_KEY_DELETE), SW_GUARD_ONE, SW_ENOTFOUND, SW_I(f->account.bucket),
		  SW_ID(f->account.sid.id), SW_ID(sid.id));
	SW_CHECK_INT(commit(task, txn), 0);
	sw_account_forget(sid);
	SW_CHECK_INT(sw_caller_token_wait(task, &f->core, token, &caller), SW_EPERM);
}

SW_TEST(a_session_is_as_good_as_its_secret_and_ends_with_it)
{
	core_fixture_play(NULL, sessions_of_tokens);
	core_fixture_play(NULL, sessions_of_keys);
}

/* ---- a slow store ---- */

static const struct sw_sql slow_rows[] = {
	{ "slow.count",
	  "WITH RECURSIVE n(i) AS (VALUES(0) UNION ALL SELECT i + 1 FROM n WHERE i < $1) "
	  "SELECT COUNT(*) FROM n",
	  "i", "i" }
};
static const struct sw_sql_table slow_sql = { "slow", slow_rows, 1 };
static const struct sw_sql_table *const slow_tables[] = { &sw_core_sql, &slow_sql, NULL };
static bool store_is_busy;

static void keep_busy(struct sw_task *task, void *arg)
{
	struct core_fixture *f = arg;
	struct sw_rows rows;
	store_is_busy = true; /* the fixture's store has one reader: nothing else is read meanwhile */
	SW_CHECK_INT(sw_query_wait(task, f->core.store, sw_task_arena(task), &slow_rows[0], &rows, SW_I(4000000)), 0);
	store_is_busy = false;
}

static void slow_store(struct sw_task *task, struct core_fixture *f)
{
	struct sw_sid sid = make_key(task, f, f->account.sid, SW_S("open"), SW_STR_NULL);
	struct sw_sid unknown = make_key(task, f, f->account.sid, SW_S("open"), SW_STR_NULL);
	SW_CHECK_INT(sign_in(task, f, sid, "open"), 0);
	SW_CHECK_INT(sw_sleep_wait(task, SW_CACHE_US + 1000), 0); /* until what is known is no longer fresh */
	sw_task_spawn(f->loop, keep_busy, f);
	for (int i = 0; i < 3; i++)
		SW_CHECK_INT(sign_in(task, f, sid, "open"), 0);
	SW_CHECK_INT(sign_in(task, f, sid, "wrong"), SW_EPERM);
	SW_CHECK(store_is_busy); /* answered by what was known */
	sw_account_forget(sid);
	SW_CHECK_INT(sign_in(task, f, sid, "open"), 0);
	SW_CHECK(!store_is_busy); /* never by what was revoked: that waits for the store */
	SW_CHECK_INT(sign_in(task, f, unknown, "open"), 0);
}

SW_TEST(what_is_known_signs_in_while_the_store_is_slow)
{
	core_fixture_play(slow_tables, slow_store);
}
