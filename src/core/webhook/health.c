#include "core/webhook/health.h"

#include "base/time.h"

enum { PROBE_LOST_S = 60, HALF_OPEN_S = 5, REMEMBER_S = 60, LATENCY_FIRST_US = 128 };

const int sw_hook_notice_h[SW_HOOK_NOTICES] = { 1, 24, 72 };

/* ---- the window: a word a slot, its number, failures and requests in 16, 24 and 24 bits ---- */

enum { COUNT_BITS = 24, COUNT_MAX = (1 << COUNT_BITS) - 1 };

static uint64_t slot_number(int64_t now_us)
{
	return (uint64_t)(now_us / (SW_HOOK_SLOT_S * SW_US_PER_S));
}

static void count_in_window(struct sw_hook *hook, bool good, int64_t now_us)
{
	uint64_t number = slot_number(now_us), mark = number & 0xffff;
	_Atomic uint64_t *slot = &hook->slot[number % SW_HOOK_SLOTS];
	uint64_t old = atomic_load_explicit(slot, memory_order_relaxed), next;
	do {
		next = old >> (2 * COUNT_BITS) == mark ? old : mark << (2 * COUNT_BITS);
		if ((next & COUNT_MAX) < COUNT_MAX)
			next += 1 + (good ? 0 : UINT64_C(1) << COUNT_BITS);
	} while (!atomic_compare_exchange_weak_explicit(slot, &old, next, memory_order_relaxed, memory_order_relaxed));
}

void sw_hook_window(struct sw_hook *hook, int64_t now_us, int64_t *ret_n, int64_t *ret_bad)
{
	uint64_t number = slot_number(now_us);
	*ret_n = *ret_bad = 0;
	for (uint64_t back = 0; back < SW_HOOK_SLOTS; back++) {
		uint64_t word =
			atomic_load_explicit(&hook->slot[(number - back) % SW_HOOK_SLOTS], memory_order_relaxed);
		if (word >> (2 * COUNT_BITS) != ((number - back) & 0xffff))
			continue;
		*ret_n += (int64_t)(word & COUNT_MAX);
		*ret_bad += (int64_t)(word >> COUNT_BITS & COUNT_MAX);
	}
}

static void clear_window(struct sw_hook *hook)
{
	for (unsigned i = 0; i < SW_HOOK_SLOTS; i++)
		atomic_store_explicit(&hook->slot[i], 0, memory_order_relaxed);
}

/* ---- figures: latencies in half octaves ---- */

/* The upper bound of a bucket: 128 us, 181, 256 … */
static int64_t bound_us(unsigned bucket)
{
	int64_t octave = (int64_t)LATENCY_FIRST_US << (bucket / 2);
	return bucket % 2 ? octave * 181 / 128 : octave;
}

static unsigned bucket_of(int64_t us)
{
	unsigned bucket = 0;
	while (bucket + 1 < SW_HOOK_LATENCIES && bound_us(bucket) < us)
		bucket++;
	return bucket;
}

static struct sw_hook_figures *figures_of(struct sw_hook *hook, int64_t span)
{
	struct sw_hook_figures *f = &hook->figures[span & 1];
	int64_t old = atomic_load_explicit(&f->span, memory_order_relaxed);
	if (old == span || !atomic_compare_exchange_strong(&f->span, &old, span))
		return f;
	atomic_store_explicit(&f->good, 0, memory_order_relaxed);
	atomic_store_explicit(&f->bad, 0, memory_order_relaxed);
	for (unsigned i = 0; i < SW_HOOK_LATENCIES; i++)
		atomic_store_explicit(&f->latency[i], 0, memory_order_relaxed);
	return f;
}

void sw_hook_count(struct sw_hook *hook, bool good, int64_t took_us, int64_t now_us)
{
	struct sw_hook_figures *f = figures_of(hook, now_us / (SW_HOOK_FIGURES_S * SW_US_PER_S));
	count_in_window(hook, good, now_us);
	atomic_fetch_add_explicit(good ? &f->good : &f->bad, 1, memory_order_relaxed);
	if (good)
		atomic_fetch_add_explicit(&f->latency[bucket_of(took_us)], 1, memory_order_relaxed);
}

/* Within its bucket a share is taken to lie evenly. */
static int64_t percentile(const int64_t *latency, int64_t total, int percent)
{
	int64_t want = (total * percent + 99) / 100, seen = 0;
	for (unsigned i = 0; i < SW_HOOK_LATENCIES; i++) {
		if (seen + latency[i] < want || !latency[i]) {
			seen += latency[i];
			continue;
		}
		int64_t low = i ? bound_us(i - 1) : 0;
		return low + (bound_us(i) - low) * (want - seen) / latency[i];
	}
	return 0;
}

struct sw_hook_summary sw_hook_summary(struct sw_hook *hook, int64_t now_us)
{
	struct sw_hook_summary sum = { 0 };
	int64_t span = now_us / (SW_HOOK_FIGURES_S * SW_US_PER_S), latency[SW_HOOK_LATENCIES] = { 0 }, total = 0;
	for (unsigned k = 0; k < 2; k++) {
		struct sw_hook_figures *f = &hook->figures[k];
		if (span - atomic_load(&f->span) > 1)
			continue;
		sum.failed += atomic_load(&f->bad);
		sum.requests += atomic_load(&f->bad) + atomic_load(&f->good);
		for (unsigned i = 0; i < SW_HOOK_LATENCIES; i++)
			latency[i] += atomic_load(&f->latency[i]);
	}
	for (unsigned i = 0; i < SW_HOOK_LATENCIES; i++)
		total += latency[i];
	sum.p50_us = percentile(latency, total, 50);
	sum.p95_us = percentile(latency, total, 95);
	return sum;
}

/* ---- the breaker ---- */

static bool turn(struct sw_hook *hook, int from, int to)
{
	return atomic_compare_exchange_strong(&hook->state, &from, to);
}

/* A probe whose outcome never came (its task ended) is let through once more. */
static bool take_over(struct sw_hook *hook, int64_t now_us)
{
	int64_t since = atomic_load(&hook->probing_us);
	return now_us - since > PROBE_LOST_S * SW_US_PER_S &&
	       atomic_compare_exchange_strong(&hook->probing_us, &since, now_us);
}

enum sw_hook_way sw_hook_admit(struct sw_hook *hook, int64_t now_us, int64_t *ret_us)
{
	if (atomic_load(&hook->status) != SW_HOOK_ENABLED)
		return SW_HOOK_NEVER;
	int state = atomic_load(&hook->state);
	if (state == SW_HOOK_CLOSED)
		return SW_HOOK_GO;
	*ret_us = atomic_load(&hook->probe_us);
	if (state == SW_HOOK_OPEN && now_us < *ret_us)
		return SW_HOOK_LATER;
	if (state == SW_HOOK_OPEN && turn(hook, SW_HOOK_OPEN, SW_HOOK_HALF_OPEN)) {
		atomic_store(&hook->probing_us, now_us);
		return SW_HOOK_PROBE;
	}
	*ret_us = now_us + HALF_OPEN_S * SW_US_PER_S;
	return state == SW_HOOK_HALF_OPEN && take_over(hook, now_us) ? SW_HOOK_PROBE : SW_HOOK_LATER;
}

void sw_hook_give_back(struct sw_hook *hook, int64_t now_us)
{
	atomic_store(&hook->probe_us, now_us);
	(void)turn(hook, SW_HOOK_HALF_OPEN, SW_HOOK_OPEN);
}

static void wait_for_probe(struct sw_hook *hook, int64_t delay_us, int64_t now_us)
{
	atomic_store(&hook->probe_delay_us, delay_us);
	atomic_store(&hook->probe_us, now_us + delay_us);
}

/* The probe, or a request that nobody asked the breaker for when it was time for one. */
static bool proves(struct sw_hook *hook, const struct sw_hook_outcome *outcome, int64_t now_us)
{
	if (outcome->durable)
		return outcome->probe && turn(hook, SW_HOOK_HALF_OPEN, SW_HOOK_CLOSED);
	return now_us >= atomic_load_explicit(&hook->probe_us, memory_order_relaxed) &&
	       turn(hook, SW_HOOK_OPEN, SW_HOOK_CLOSED);
}

static unsigned settle_good(struct sw_hook *hook, const struct sw_hook_outcome *outcome, int64_t now_us)
{
	unsigned changes = 0;
	if (atomic_load_explicit(&hook->state, memory_order_relaxed) != SW_HOOK_CLOSED &&
	    proves(hook, outcome, now_us)) {
		clear_window(hook);
		changes |= SW_HOOK_CLOSES;
	}
	if (!outcome->durable || !atomic_load_explicit(&hook->failing_since_us, memory_order_relaxed))
		return changes;
	atomic_store(&hook->failing_since_us, 0);
	atomic_store(&hook->failures, 0);
	atomic_store(&hook->notices, 0);
	return atomic_exchange(&hook->remembered, false) ? changes | SW_HOOK_RECOVERED : changes;
}

static unsigned trip(struct sw_hook *hook, bool probe, int64_t now_us)
{
	int64_t n, bad, delay = atomic_load(&hook->probe_delay_us) * 2;
	if (probe) {
		const int64_t most = SW_HOOK_PROBE_MAX_S * SW_US_PER_S;
		wait_for_probe(hook, delay < most ? delay : most, now_us);
		(void)turn(hook, SW_HOOK_HALF_OPEN, SW_HOOK_OPEN);
		return 0;
	}
	if (atomic_load(&hook->state) != SW_HOOK_CLOSED)
		return 0;
	sw_hook_window(hook, now_us, &n, &bad);
	if (n < SW_HOOK_OPEN_MIN || bad * 2 < n)
		return 0;
	wait_for_probe(hook, SW_HOOK_PROBE_S * SW_US_PER_S, now_us);
	return turn(hook, SW_HOOK_CLOSED, SW_HOOK_OPEN) ? SW_HOOK_OPENED : 0;
}

static unsigned disable(struct sw_hook *hook, int why)
{
	int enabled = SW_HOOK_ENABLED;
	return atomic_compare_exchange_strong(&hook->status, &enabled, why) ? SW_HOOK_DISABLED : 0;
}

/* How long callbacks have done nothing but fail. */
static unsigned age(struct sw_hook *hook, int64_t now_us)
{
	int64_t none = 0, failures = atomic_fetch_add(&hook->failures, 1) + 1;
	(void)atomic_compare_exchange_strong(&hook->failing_since_us, &none, now_us);
	int64_t for_s = (now_us - atomic_load(&hook->failing_since_us)) / SW_US_PER_S;
	unsigned changes = 0;
	for (unsigned i = 0; i < SW_HOOK_NOTICES; i++)
		if (for_s >= sw_hook_notice_h[i] * 3600 && !(atomic_fetch_or(&hook->notices, 1u << i) & 1u << i))
			changes |= SW_HOOK_NOTICE;
	if (for_s >= REMEMBER_S && !atomic_exchange(&hook->remembered, true))
		changes |= SW_HOOK_REMEMBER;
	if (for_s >= SW_HOOK_DISABLE_S && failures >= SW_HOOK_DISABLE_MIN)
		changes |= disable(hook, SW_HOOK_FAILING);
	return changes;
}

unsigned sw_hook_settle(struct sw_hook *hook, const struct sw_hook_outcome *outcome, int64_t now_us)
{
	if (outcome->good)
		return settle_good(hook, outcome, now_us);
	unsigned changes = trip(hook, outcome->probe, now_us);
	if (!outcome->durable)
		return changes;
	changes |= age(hook, now_us);
	return outcome->gone ? changes | disable(hook, SW_HOOK_GONE) : changes;
}

void sw_hook_enable(struct sw_hook *hook)
{
	atomic_store(&hook->failing_since_us, 0);
	atomic_store(&hook->failures, 0);
	atomic_store(&hook->notices, 0);
	atomic_store(&hook->remembered, false);
	atomic_store(&hook->state, SW_HOOK_CLOSED);
	clear_window(hook);
	atomic_store(&hook->status, SW_HOOK_ENABLED);
}
