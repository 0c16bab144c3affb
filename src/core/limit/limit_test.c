#include <pthread.h>
#include <stdlib.h>

#include "base/test.h"
#include "core/core_fixture.h"
#include "core/core_sql.h"
#include "core/limit/gate.h"
#include "core/limit/limit.h"

#define S INT64_C(1000000000)

static struct sw_gcra *table_new(void)
{
	struct sw_gcra *gcra = calloc(1, sizeof(*gcra));
	SW_BUG_ON(!gcra);
	return gcra;
}

static int64_t take_all(struct sw_gcra *gcra, uint64_t subject, const struct sw_rate *rate, int64_t now_ns)
{
	int64_t n = 0;
	while (!sw_gcra_take(gcra, subject, rate, now_ns).refused)
		n++;
	return n;
}

SW_TEST(a_quota_may_be_taken_at_once_and_then_steadily)
{
	struct sw_gcra *gcra = table_new();
	const struct sw_rate rate = { 10, 1 };
	int64_t now = 1000 * S;
	struct sw_allowance a = sw_gcra_take(gcra, 77, &rate, now);
	SW_CHECK(!a.refused);
	SW_CHECK_INT(a.remaining, 9);
	SW_CHECK_INT(a.reset_ns, S / 10);
	SW_CHECK_INT(take_all(gcra, 77, &rate, now), 9);
	a = sw_gcra_take(gcra, 77, &rate, now);
	SW_CHECK(a.refused);
	SW_CHECK_INT(a.remaining, 0);
	SW_CHECK_INT(a.retry_ns, S / 10);
	SW_CHECK_INT(a.reset_ns, S);
	/* When retry_ns has passed one more is there, not a nanosecond before. */
	SW_CHECK(sw_gcra_take(gcra, 77, &rate, now + a.retry_ns - 1).refused);
	SW_CHECK(!sw_gcra_take(gcra, 77, &rate, now + a.retry_ns).refused);
	SW_CHECK(sw_gcra_take(gcra, 77, &rate, now + a.retry_ns).refused);
	SW_CHECK_INT(sw_gcra_look(gcra, 77, &rate, now + S / 2).remaining, 4);
	SW_CHECK_INT(take_all(gcra, 77, &rate, now + 10 * S), 10); /* never more than a quota at once */
	free(gcra);
}

/* Whatever the pattern of asking, no span of time gives more than its share and one quota. */
SW_TEST(no_span_gives_more_than_its_share)
{
	struct sw_gcra *gcra = table_new();
	const struct sw_rate rates[] = { { 3, 1 }, { 7, 60 }, { 1000, 1 }, { 100, 3600 }, { 1, 86400 } };
	for (size_t r = 0; r < SW_COUNTOF(rates); r++) {
		int64_t begin = 5 * S, window_ns = rates[r].window_s * S, given = 0;
		for (int64_t i = 0; i < 40000; i++)
			given += !sw_gcra_take(gcra, 100 + r, &rates[r], begin + i * window_ns / 4000).refused;
		SW_CHECK(given <= rates[r].quota * 11);
		SW_CHECK(given >= rates[r].quota * 11 - 2);
	}
	free(gcra);
}

SW_TEST(what_is_given_back_may_be_taken_again)
{
	struct sw_gcra *gcra = table_new();
	const struct sw_rate rate = { 2, 60 };
	SW_CHECK_INT(take_all(gcra, 5, &rate, S), 2);
	sw_gcra_give_back(gcra, 5, &rate);
	SW_CHECK_INT(take_all(gcra, 5, &rate, S), 1);
	sw_gcra_give_back(gcra, 6, &rate); /* of a subject that nobody knows: nothing */
	SW_CHECK_INT(take_all(gcra, 6, &rate, S), 2);
	free(gcra);
}

SW_TEST(a_clock_that_jumps_back_delays_by_a_window_at_most)
{
	struct sw_gcra *gcra = table_new();
	const struct sw_rate rate = { 5, 1 };
	SW_CHECK_INT(take_all(gcra, 9, &rate, 5000 * S), 5);
	struct sw_allowance a = sw_gcra_take(gcra, 9, &rate, 100 * S);
	SW_CHECK(a.refused && a.retry_ns <= S && a.reset_ns <= S);
	/* And forward: as if the time had passed. */
	SW_CHECK_INT(take_all(gcra, 9, &rate, 9000 * S), 5);
	free(gcra);
}

SW_TEST(a_full_table_forgives_and_never_blocks)
{
	struct sw_gcra *gcra = table_new();
	const struct sw_rate rate = { 1, 60 };
	uint64_t id[2] = { 0 };
	for (id[0] = 1; id[0] <= 2 * SW_GCRA_WORDS; id[0]++)
		SW_CHECK(!sw_gcra_take(gcra, sw_gcra_subject(id, 0), &rate, S).refused);
	SW_CHECK(atomic_load(&gcra->forgiven) > 0);
	/* Busy ones that were not put out are still limited; idle ones cost nothing. */
	int64_t refused = 0;
	for (id[0] = SW_GCRA_WORDS + 1; id[0] <= 2 * SW_GCRA_WORDS; id[0]++)
		refused += sw_gcra_look(gcra, sw_gcra_subject(id, 0), &rate, S).remaining == 0;
	SW_CHECK(refused > SW_GCRA_WORDS / 4);
	int64_t forgiven = atomic_load(&gcra->forgiven);
	for (id[0] = 1; id[0] <= SW_GCRA_WORDS / 64; id[0]++)
		SW_CHECK(!sw_gcra_take(gcra, sw_gcra_subject(id, 1), &rate, 200 * S).refused);
	SW_CHECK_INT(atomic_load(&gcra->forgiven), forgiven);
	free(gcra);
}

/* ---- threads ---- */

static struct sw_gcra *shared;
static const struct sw_rate shared_rate = { 50000, 86400 };

static void *take_many(void *arg)
{
	int64_t *given = arg;
	for (int i = 0; i < 40000; i++)
		*given += !sw_gcra_take(shared, 4242, &shared_rate, S).refused;
	return NULL;
}

SW_TEST(threads_together_take_a_quota_exactly)
{
	enum { THREADS = 4 };
	pthread_t thread[THREADS];
	int64_t given[THREADS] = { 0 }, sum = 0;
	shared = table_new();
	for (int i = 0; i < THREADS; i++)
		pthread_create(&thread[i], NULL, take_many, &given[i]);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(thread[i], NULL);
		sum += given[i];
	}
	SW_CHECK_INT(sum, shared_rate.quota);
	free(shared);
}

/* ---- tiers ---- */

SW_TEST(a_tier_is_text_and_text_is_a_tier)
{
	struct sw_arena arena;
	struct sw_tier tier;
	struct sw_str why;
	struct sw_buf text = { .arena = &arena };
	sw_arena_init(&arena);
	SW_CHECK_INT(
		sw_tier_parse(&arena, SW_S("gold"),
			      SW_S("read=100/s, key_send = 600/m,daily.send=10000, concurrent=25, self_serve=true, "),
			      &tier, &why),
		0);
	SW_CHECK_INT(tier.rate[SW_RATE_READ].quota, 100);
	SW_CHECK_INT(tier.rate[SW_RATE_SEND].quota, 0);
	SW_CHECK_INT(tier.key_rate[SW_RATE_SEND].window_s, 60);
	SW_CHECK_INT(tier.quota[SW_PERIOD_DAY][SW_RATE_SEND], 10000);
	SW_CHECK(tier.self_serve);
	sw_tier_format(&tier, &text);
	SW_CHECK_STR(sw_buf_str(&text), "read=100/s, key_send=600/m, concurrent=25, daily_send=10000, self_serve=true");
	static const char *const wrong[] = { "read=100",         "read=0/s",          "read=-1/s",
					     "read=5/y",         "raed=5/s",          "read",
					     "rank=high",        "daily_send=1.5",    "concurrent=65536",
					     "self_serve=maybe", "read=99999999999/s" };
	for (size_t i = 0; i < SW_COUNTOF(wrong); i++)
		SW_CHECK_INT(sw_tier_parse(&arena, SW_S("x"), sw_str_of(wrong[i]), &tier, &why), SW_EINVAL);
	SW_CHECK_INT(sw_tier_parse(&arena, SW_S("Not A Name"), SW_S("read=1/s"), &tier, &why), SW_EINVAL);
	sw_arena_done(&arena);
}

/* ---- accounts ---- */

static const struct sw_sid no_key;

static void set_tier(struct sw_task *task, struct core_fixture *f, const char *name, const char *text)
{
	struct sw_arena *arena = sw_task_arena(task);
	struct sw_txn *txn = sw_txn_new(f->core.store, arena, f->account.bucket);
	sw_txn_do(txn, CORE_SQL(SQL_SETTING_PUT), SW_GUARD_ANY, 0, SW_T(sw_tier_setting_name(arena, sw_str_of(name))),
		  SW_T(sw_str_of(text)));
	SW_CHECK_INT(sw_commit_wait(task, txn, NULL), 0);
	f->account.tier = sw_str_of(name);
	sw_limited_forget(f->account.sid);
}

static int enter(struct sw_task *task, struct core_fixture *f, enum sw_rate_class rate_class, struct sw_pass *pass,
		 struct sw_error *err)
{
	return sw_limit_enter_wait(task, &f->core, &f->account, no_key, rate_class, pass, err);
}

static void refuse_by_rate(struct sw_task *task, struct core_fixture *f)
{
	struct sw_pass pass[4];
	struct sw_error err = { 0 };
	set_tier(task, f, "tiny", "send=2/m, concurrent=3");
	for (int i = 0; i < 2; i++) {
		SW_CHECK_INT(enter(task, f, SW_RATE_SEND, &pass[i], &err), 0);
		SW_CHECK_INT(pass[i].under_way, i + 1);
	}
	struct sw_buf header = { .arena = sw_task_arena(task) };
	sw_limit_format(&pass[1], &header);
	SW_CHECK_STR(sw_buf_str(&header), "\"send\";r=0;t=60");
	SW_CHECK_STR(sw_limit_policy(&pass[1]), "\"send\";q=2;w=60");
	SW_CHECK_INT(enter(task, f, SW_RATE_SEND, &pass[2], &err), SW_EAPI);
	SW_CHECK_INT(err.row->code, 20429);
	SW_CHECK(err.retry_after_s > 25 && err.retry_after_s <= 30);
	SW_CHECK(strstr(err.detail, "'send'") && strstr(err.detail, "2 requests in 60 s") &&
		 strstr(err.detail, "another tier (PATCH /v1/account)"));
	SW_CHECK_INT(enter(task, f, SW_RATE_READ, &pass[3], &err),
		     SW_EAPI); /* refused ones are under way until they leave */
	SW_CHECK(strstr(err.detail, "'concurrent'") != NULL);
	for (int i = 0; i < 4; i++)
		sw_limit_leave(&pass[i], i > 1);
	SW_CHECK_INT(sw_under_way(f->account.sid), 0);
	SW_CHECK_INT(enter(task, f, SW_RATE_READ, &pass[0], &err), 0);
	SW_CHECK(!sw_limit_policy(&pass[0]).p);
	sw_limit_leave(&pass[0], false);
	sw_limit_leave(&pass[0], false); /* once is enough */
	SW_CHECK_INT(sw_under_way(f->account.sid), 0);
}

SW_TEST(an_account_is_held_to_its_tier)
{
	core_fixture_play(NULL, refuse_by_rate);
}

static void look_afresh(struct sw_task *task, struct core_fixture *f)
{
	const struct sw_limited *kept, *fresh, *later;
	struct sw_account account;
	set_tier(task, f, "tiny", "send=2/m");
	SW_CHECK_INT(sw_limited_wait(task, &f->core, &f->account, &kept), 0);
	SW_CHECK_INT(sw_limited_fresh_wait(task, &f->core, &f->account, &account, &fresh), 0);
	SW_CHECK(fresh != kept && account.tier.n == 0); /* as the store has it: set_tier() wrote no account */
	SW_CHECK_STR(kept->tier.name, "tiny");
	SW_CHECK(!sw_str_eq(fresh->tier.name, kept->tier.name));
	SW_CHECK_INT(sw_limited_wait(task, &f->core, &f->account, &later), 0);
	SW_CHECK(later == kept);
	sw_limited_forget(f->account.sid);
	SW_CHECK_INT(sw_limited_wait(task, &f->core, &f->account, &later), 0);
	SW_CHECK(later != kept);
}

SW_TEST(reading_from_the_store_makes_no_loop_forget)
{
	core_fixture_play(NULL, look_afresh);
}

static void refuse_by_quota(struct sw_task *task, struct core_fixture *f)
{
	struct sw_pass pass;
	struct sw_error err = { 0 };
	set_tier(task, f, "small", "daily_send=120, monthly_send=130");
	for (int i = 0; i < 120; i++) {
		SW_CHECK_INT(enter(task, f, SW_RATE_SEND, &pass, &err), 0);
		SW_CHECK_INT(pass.allowance[0].remaining, 119 - i);
		sw_limit_leave(&pass, false);
	}
	SW_CHECK_INT(enter(task, f, SW_RATE_SEND, &pass, &err), SW_EAPI);
	SW_CHECK(strstr(err.detail, "'send-day'") && strstr(err.detail, "120 requests a day"));
	SW_CHECK(err.retry_after_s > 0 && err.retry_after_s <= 86400);
	sw_limit_leave(&pass, true);
	/* What did nothing is given back: by the request that was refused, and by one that failed. */
	set_tier(task, f, "larger", "daily_send=122, monthly_send=130");
	for (int i = 0; i < 5; i++) {
		SW_CHECK_INT(enter(task, f, SW_RATE_SEND, &pass, &err), 0);
		sw_limit_leave(&pass, true);
	}
	const struct sw_limited *l;
	struct sw_allowance a;
	SW_CHECK_INT(sw_limited_wait(task, &f->core, &f->account, &l), 0);
	SW_CHECK_INT(sw_limit_look_wait(task, &f->core, &l->rate_class[SW_RATE_SEND].row[0], no_key, &a), 0);
	SW_CHECK_INT(a.remaining, 2);
	SW_CHECK_INT(sw_limit_look_wait(task, &f->core, &l->rate_class[SW_RATE_SEND].row[1], no_key, &a), 0);
	SW_CHECK_INT(a.remaining, 10);
}

static void after_settling(struct sw_task *task, struct core_fixture *f)
{
	const struct sw_limited *l;
	struct sw_allowance a;
	SW_CHECK_INT(sw_limited_wait(task, &f->core, &f->account, &l), 0);
	SW_CHECK_INT(sw_limit_look_wait(task, &f->core, &l->rate_class[SW_RATE_SEND].row[0], no_key, &a), 0);
	SW_CHECK_INT(a.remaining, 2);
}

SW_TEST(a_quota_is_exact_and_outlives_the_process)
{
	struct core_fixture f;
	core_fixture_open(&f, NULL);
	core_fixture_run(&f, refuse_by_quota);
	sw_quota_settle_now(&f.core);
	core_fixture_run(&f, after_settling);
	core_fixture_close(&f);
}

/* ---- overload ---- */

SW_TEST(the_gate_closes_for_the_least_important_first)
{
	int64_t in[SW_LEVELS] = { 0 };
	static const enum sw_level order[] = { SW_LEVEL_BULK, SW_LEVEL_MARKETING, SW_LEVEL_WRITE, SW_LEVEL_SEND,
					       SW_LEVEL_URGENT };
	int64_t sum = 0, before = 0;
	for (size_t i = 0; i < SW_COUNTOF(order); i++) {
		while (sw_gate_enter(order[i]))
			in[order[i]]++;
		SW_CHECK(in[order[i]] > 0); /* each finds room that the ones before left */
		sum += in[order[i]];
		for (size_t k = 0; k <= i; k++)
			SW_CHECK(!sw_gate_enter(order[k]));
		SW_CHECK(sum > before);
		before = sum;
	}
	SW_CHECK(sw_gate_enter(SW_LEVEL_READ)); /* another lane */
	sw_gate_leave(SW_LEVEL_READ, -1);
	for (size_t i = 0; i < SW_COUNTOF(order); i++)
		while (in[order[i]]--)
			sw_gate_leave(order[i], -1);
}
