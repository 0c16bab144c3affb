/* The breaker and what it remembers, by the clock. */
#include "base/test.h"
#include "base/time.h"
#include "core/webhook/health.h"

static const struct sw_hook_outcome good = { .good = true, .durable = true }, bad = { .durable = true },
				    probed = { .durable = true, .probe = true },
				    proved = { .good = true, .durable = true, .probe = true };

static const int64_t start = INT64_C(1800000000) * SW_US_PER_S;

static int64_t at(int64_t s)
{
	return start + s * SW_US_PER_S;
}

static unsigned request(struct sw_hook *hook, const struct sw_hook_outcome *outcome, int64_t now)
{
	sw_hook_count(hook, outcome->good, 1000, now);
	return sw_hook_settle(hook, outcome, now);
}

SW_TEST(a_breaker_opens_when_half_of_twenty_failed_within_a_minute)
{
	struct sw_hook hook = { 0 };
	int64_t until;
	for (int i = 0; i < 10; i++)
		SW_CHECK_INT(request(&hook, &good, at(i)), 0);
	for (int i = 0; i < 9; i++)
		SW_CHECK_INT(request(&hook, &bad, at(10)), 0);
	SW_CHECK_INT(sw_hook_admit(&hook, at(10), &until), SW_HOOK_GO);
	SW_CHECK_INT(request(&hook, &bad, at(10)), SW_HOOK_OPENED);
	SW_CHECK_INT(request(&hook, &bad, at(11)), 0); /* told once */
	SW_CHECK_INT(sw_hook_admit(&hook, at(39), &until), SW_HOOK_LATER);
	SW_CHECK_INT(until, at(40));
}

SW_TEST(what_is_a_minute_old_does_not_open_a_breaker)
{
	struct sw_hook hook = { 0 };
	for (int i = 0; i < 19; i++)
		SW_CHECK_INT(request(&hook, &bad, at(0)), 0);
	for (int i = 0; i < 19; i++)
		SW_CHECK_INT(request(&hook, &bad, at(60)), i == 0 ? SW_HOOK_REMEMBER : 0);
	SW_CHECK_INT(request(&hook, &bad, at(61)), SW_HOOK_OPENED);
}

SW_TEST(a_probe_at_a_time_and_each_twice_as_long_after)
{
	struct sw_hook hook = { 0 };
	int64_t until, now = 0;
	for (int i = 0; i < 20; i++)
		(void)request(&hook, &bad, at(0));
	for (int64_t delay = 30, i = 0; i < 8; i++, delay = delay * 2 < 900 ? delay * 2 : 900) {
		SW_CHECK_INT(sw_hook_admit(&hook, at(now + delay) - 1, &until), SW_HOOK_LATER);
		now += delay;
		SW_CHECK_INT(sw_hook_admit(&hook, at(now), &until), SW_HOOK_PROBE);
		SW_CHECK_INT(sw_hook_admit(&hook, at(now), &until), SW_HOOK_LATER);
		SW_CHECK((sw_hook_settle(&hook, &probed, at(now)) & ~(unsigned)(SW_HOOK_REMEMBER | SW_HOOK_NOTICE)) ==
			 0);
	}
	/* One whose outcome never comes is let through again; one that was given back at once. */
	now += 900;
	SW_CHECK_INT(sw_hook_admit(&hook, at(now), &until), SW_HOOK_PROBE);
	SW_CHECK_INT(sw_hook_admit(&hook, at(now + 60), &until), SW_HOOK_LATER);
	SW_CHECK_INT(sw_hook_admit(&hook, at(now + 61), &until), SW_HOOK_PROBE);
	sw_hook_give_back(&hook, at(now + 62));
	SW_CHECK_INT(sw_hook_admit(&hook, at(now + 62), &until), SW_HOOK_PROBE);
	SW_CHECK_INT(sw_hook_settle(&hook, &proved, at(now + 62)), SW_HOOK_CLOSES | SW_HOOK_RECOVERED);
	SW_CHECK_INT(sw_hook_admit(&hook, at(now + 62), &until), SW_HOOK_GO);
	for (int i = 0; i < 19; i++) /* what was before is forgotten */
		SW_CHECK_INT(request(&hook, &bad, at(now + 63)), 0);
}

SW_TEST(a_request_that_nobody_held_back_closes_a_breaker_when_it_is_time)
{
	struct sw_hook hook = { 0 };
	const struct sw_hook_outcome failed = { 0 }, answered = { .good = true };
	for (int i = 0; i < 20; i++)
		SW_CHECK_INT(request(&hook, &failed, at(0)), i == 19 ? SW_HOOK_OPENED : 0);
	SW_CHECK_INT(request(&hook, &answered, at(29)), 0);
	SW_CHECK_INT(request(&hook, &answered, at(30)), SW_HOOK_CLOSES);
	SW_CHECK_INT(request(&hook, &answered, at(31)), 0);
}

SW_TEST(five_days_of_failures_disable_an_endpoint)
{
	struct sw_hook hook = { 0 };
	int64_t until;
	static const struct {
		int64_t hour;
		unsigned changes;
	} steps[] = {
		{ 0, 0 },
		{ 1, SW_HOOK_NOTICE | SW_HOOK_REMEMBER },
		{ 2, 0 },
		{ 23, 0 },
		{ 25, SW_HOOK_NOTICE },
		{ 80, SW_HOOK_NOTICE },
		{ 90, 0 },
		{ 119, 0 },
		{ 119, 0 },
		{ 120, SW_HOOK_DISABLED },
		{ 121, 0 },
	};
	for (size_t i = 0; i < SW_COUNTOF(steps); i++)
		SW_CHECK_INT(request(&hook, &bad, at(steps[i].hour * 3600)), steps[i].changes);
	SW_CHECK_INT(sw_hook_admit(&hook, at(500000), &until), SW_HOOK_NEVER);
	sw_hook_enable(&hook);
	SW_CHECK_INT(sw_hook_admit(&hook, at(500000), &until), SW_HOOK_GO);

	/* a success between, few failures, or requests that are no callbacks: it stays */
	(void)request(&hook, &bad, at(0));
	SW_CHECK_INT(request(&hook, &good, at(3600)), 0);
	for (int i = 0; i < 9; i++)
		SW_CHECK(!(request(&hook, &bad, at(i ? 600000 : 4000)) & SW_HOOK_DISABLED));
	const struct sw_hook_outcome asked = { 0 };
	SW_CHECK_INT(request(&hook, &asked, at(900000)), 0);
	const struct sw_hook_outcome gone = { .gone = true, .durable = true };
	SW_CHECK(request(&hook, &gone, at(4001)) & SW_HOOK_DISABLED);
	SW_CHECK_INT(atomic_load(&hook.status), SW_HOOK_GONE);
}

SW_TEST(figures_are_of_the_last_minutes)
{
	struct sw_hook hook = { 0 };
	for (int i = 0; i < 90; i++)
		sw_hook_count(&hook, true, 1000, at(0));
	for (int i = 0; i < 10; i++)
		sw_hook_count(&hook, true, 100000, at(0));
	sw_hook_count(&hook, false, 5, at(0));
	struct sw_hook_summary sum = sw_hook_summary(&hook, at(250));
	SW_CHECK(sum.requests == 101 && sum.failed == 1);
	SW_CHECK(sum.p50_us > 700 && sum.p50_us < 1100);
	SW_CHECK(sum.p95_us > 70000 && sum.p95_us < 140000);
	sum = sw_hook_summary(&hook, at(700));
	SW_CHECK(sum.requests == 0 && sum.p50_us == 0);
	sw_hook_count(&hook, true, INT64_MAX, at(700));
	SW_CHECK(sw_hook_summary(&hook, at(700)).p95_us > 10000000);
}
