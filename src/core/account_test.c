#include <pthread.h>
#include <stdatomic.h>

#include "base/test.h"
#include "core/core_fixture.h"
#include "core/core_sql.h"
#include "core/idempotency.h"
#include "core/money/ledger.h"
#include "core/number.h"

static void sign_in(struct sw_task *task, struct core_fixture *f)
{
	struct sw_caller caller;
	struct sw_str sid = sw_sid_text(f->arena, f->account.sid);
	SW_CHECK_INT(sw_caller_check_wait(task, &f->core, sid, f->account.token, &caller), 0);
	SW_CHECK(sw_sid_eq(caller.account->sid, f->account.sid) && !sw_sid_given(caller.key));
	SW_CHECK_INT(sw_caller_check_wait(task, &f->core, sid, SW_S("wrong"), &caller), SW_EPERM);
	SW_CHECK_INT(sw_caller_check_wait(task, &f->core, sid, SW_S(""), &caller), SW_EPERM);
	SW_CHECK_INT(
		sw_caller_check_wait(task, &f->core, SW_S("AC00000000000000000000000000000000"), SW_S(""), &caller),
		SW_EPERM);
	SW_CHECK_INT(
		sw_caller_check_wait(task, &f->core, SW_S("SK00000000000000000000000000000000"), SW_S(""), &caller),
		SW_EPERM);
	SW_CHECK_INT(sw_caller_check_wait(task, &f->core, SW_S("root"), f->account.token, &caller), SW_EPERM);
}

SW_TEST(signing_in_takes_the_right_token_only)
{
	core_fixture_play(NULL, sign_in);
}

static void own_numbers(struct sw_task *task, struct core_fixture *f)
{
	struct sw_number number;
	SW_CHECK_INT(sw_number_find_wait(task, &f->core, &f->account, SW_S("+15005550006"), &number), 0);
	SW_CHECK(number.can_sms && sw_str_is(number.phone_number, "+15005550006"));
	SW_CHECK_INT(sw_number_find_wait(task, &f->core, &f->account, SW_S("+15005550007"), &number), SW_ENOTFOUND);
	SW_CHECK_INT(sw_number_find_wait(task, &f->core, &f->account, SW_S("+15005550007"), &number),
		     SW_ENOTFOUND); /* remembered */
	struct sw_txn *txn = sw_txn_new(f->core.store, sw_task_arena(task), f->account.bucket);
	sw_number_insert(sw_task_arena(task), txn, &f->account, SW_S("+15005550006"));
	struct sw_result result;
	SW_CHECK_INT(sw_commit_wait(task, txn, &result), SW_EGUARD);
	SW_CHECK_INT(result.code, SW_EEXIST);
}

SW_TEST(a_number_has_one_owner)
{
	core_fixture_play(NULL, own_numbers);
}

static int64_t balance(struct sw_task *task, struct core_fixture *f)
{
	int64_t micros = -1;
	struct sw_str currency;
	SW_CHECK_INT(sw_balance_wait(task, &f->core, &f->account, &micros, &currency), 0);
	SW_CHECK_STR(currency, "USD");
	return micros;
}

static int debit(struct sw_task *task, struct core_fixture *f, struct sw_sid sid, int64_t micros)
{
	struct sw_result result = { 0 };
	struct sw_txn *txn = sw_txn_new(f->core.store, sw_task_arena(task), f->account.bucket);
	sw_ledger_debit(txn, &f->account,
			&(struct sw_ledger_entry){ .sid = sid, .reason = "message", .micros = micros }, 20005);
	int err = sw_commit_wait(task, txn, &result);
	return err == SW_EGUARD ? result.code : err;
}

static void move_money(struct sw_task *task, struct core_fixture *f)
{
	struct sw_sid sid = sw_sid_new("SM", f->account.bucket);
	int64_t opening = balance(task, f);
	SW_CHECK_INT(debit(task, f, sid, 7500), 0);
	SW_CHECK_INT(debit(task, f, sid, 7500), SW_ECONFLICT); /* paid once, and the second debit is undone */
	SW_CHECK_INT(balance(task, f), opening - 7500);
	SW_CHECK_INT(debit(task, f, sw_sid_new("SM", f->account.bucket), opening), 20005);
	SW_CHECK_INT(balance(task, f), opening - 7500);
	struct sw_txn *txn = sw_txn_new(f->core.store, sw_task_arena(task), f->account.bucket);
	sw_ledger_credit(txn, &f->account, &(struct sw_ledger_entry){ .sid = sid, .reason = "refund", .micros = 7500 });
	SW_CHECK_INT(sw_commit_wait(task, txn, NULL), 0);
	struct sw_rows rows;
	SW_CHECK_INT(sw_query_wait(task, f->core.store, sw_task_arena(task), CORE_SQL(SQL_LEDGER_SUM), &rows,
				   SW_I(f->account.bucket), SW_ID(f->account.sid.id)),
		     0);
	SW_CHECK_INT(sw_row_int(rows.row[0], 0), balance(task, f));
	SW_CHECK_INT(sw_row_int(rows.row[0], 1), 3);
}

SW_TEST(the_ledger_is_the_balance)
{
	core_fixture_play(NULL, move_money);
}

/* ---- idempotency ---- */

static void keep_reply(struct sw_task *task, struct core_fixture *f)
{
	struct sw_idempotency idem = { .key = SW_S("key-1") }, other = { .key = SW_S("key-1") };
	struct sw_stored_reply reply = { 201, SW_S("{\"a\":1}") }, got;
	sw_idempotency_fingerprint(&idem, SW_S("POST"), SW_S("/x"), SW_S("body"));
	sw_idempotency_fingerprint(&other, SW_S("POST"), SW_S("/x"), SW_S("another body"));
	SW_CHECK_INT(sw_idempotency_find_wait(task, &f->core, &f->account, &idem, &got), SW_ENOTFOUND);
	for (int i = 0; i < 2; i++) {
		struct sw_result result;
		struct sw_txn *txn = sw_txn_new(f->core.store, sw_task_arena(task), f->account.bucket);
		unsigned step = sw_idempotency_insert(txn, &f->account, &idem, &reply);
		int err = sw_commit_wait(task, txn, &result);
		SW_CHECK_INT(err, i ? SW_EGUARD : 0);
		SW_CHECK(!i || (result.failed == step && result.code == SW_EEXIST));
	}
	SW_CHECK_INT(sw_idempotency_find_wait(task, &f->core, &f->account, &idem, &got), 0);
	SW_CHECK_INT(got.status, 201);
	SW_CHECK_STR(got.body, "{\"a\":1}");
	SW_CHECK_INT(sw_idempotency_find_wait(task, &f->core, &f->account, &other, &got), SW_ECONFLICT);
}

SW_TEST(a_key_keeps_its_answer_and_its_request)
{
	core_fixture_play(NULL, keep_reply);
}

static const struct sw_account claimer = { .sid = { .kind = { 'A', 'C' } } };
static atomic_int inside, most, claims;

static void *claim_often(void *arg)
{
	(void)arg;
	for (int i = 0; i < 20000; i++) {
		struct sw_idempotency idem = { .key = SW_S("one key for all") };
		if (sw_idempotency_claim(&idem, &claimer))
			continue;
		int now = atomic_fetch_add(&inside, 1) + 1, before = atomic_load(&most);
		while (now > before && !atomic_compare_exchange_weak(&most, &before, now))
			;
		atomic_fetch_add(&claims, 1);
		atomic_fetch_sub(&inside, 1);
		sw_idempotency_release(&idem);
	}
	return NULL;
}

SW_TEST(a_key_is_claimed_by_one_at_a_time)
{
	pthread_t thread[4];
	for (size_t i = 0; i < SW_COUNTOF(thread); i++)
		SW_CHECK(pthread_create(&thread[i], NULL, claim_often, NULL) == 0);
	for (size_t i = 0; i < SW_COUNTOF(thread); i++)
		pthread_join(thread[i], NULL);
	SW_CHECK_INT(atomic_load(&most), 1);
	/* How many get it depends on the scheduler; but once all have given it back, it can be had. */
	struct sw_idempotency idem = { .key = SW_S("one key for all") };
	SW_CHECK(atomic_load(&claims) > 0);
	SW_CHECK_INT(sw_idempotency_claim(&idem, &claimer), 0);
	sw_idempotency_release(&idem);
}

/* Settings that were not given come as empty texts, not as absent ones. */
SW_TEST(a_first_start_without_settings_draws_a_token)
{
	struct core_fixture f;
	struct sw_account again;
	struct sw_str why;
	bool created;
	core_fixture_open(&f, NULL);
	SW_CHECK_INT(sw_account_bootstrap_now(&f.core, f.arena, SW_S("AC00000000000000000000000000000abc"), SW_S(""),
					      &again, &created, &why),
		     SW_EEXIST);
	SW_CHECK(sw_str_find(why, sw_sid_text(f.arena, f.account.sid)) > 0);
	SW_CHECK_INT(sw_account_bootstrap_now(&f.core, f.arena, SW_S(""), SW_S(""), &again, &created, &why), 0);
	SW_CHECK(!created && sw_sid_eq(again.sid, f.account.sid));
	SW_CHECK_INT((long)again.token.n, 32);
	core_fixture_close(&f);
}
