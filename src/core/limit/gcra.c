#include "core/limit/gcra.h"

#include <string.h>
#include <time.h>

#include "base/hash.h"
#include "core/limit/limit.h"

#define NS_PER_S INT64_C(1000000000)

int64_t sw_mono_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

uint64_t sw_gcra_subject(const void *bytes16, unsigned class_number)
{
	uint64_t word[3] = { 0, 0, class_number };
	memcpy(word, bytes16, 16);
	return sw_hash64(word, sizeof(word)) | 1;
}

/* Rounded up, so that a rate that does not divide a second is never exceeded. */
static int64_t interval_ns(const struct sw_rate *rate)
{
	return (rate->window_s * NS_PER_S + rate->quota - 1) / rate->quota;
}

/* The subject's word: its own, else one that says nothing any more, else the one that will be idle soonest. */
static _Atomic int64_t *find(struct sw_gcra *gcra, uint64_t subject, int64_t now_ns, bool make)
{
	for (;;) {
		unsigned free_at = SW_GCRA_WORDS, soonest_at = 0;
		int64_t soonest_ns = INT64_MAX;
		uint64_t free_tag = 0, soonest_tag = 0;
		for (unsigned i = 0; i < SW_GCRA_PROBES; i++) {
			unsigned at = (unsigned)((subject >> 8) + i) % SW_GCRA_WORDS;
			uint64_t tag = atomic_load_explicit(&gcra->entry[at].tag, memory_order_acquire);
			if (tag == subject)
				return &gcra->entry[at].idle_ns;
			int64_t idle_ns = atomic_load_explicit(&gcra->entry[at].idle_ns, memory_order_relaxed);
			if (free_at == SW_GCRA_WORDS && idle_ns <= now_ns) {
				free_at = at;
				free_tag = tag;
			}
			if (idle_ns < soonest_ns) {
				soonest_ns = idle_ns;
				soonest_at = at;
				soonest_tag = tag;
			}
		}
		if (!make)
			return NULL;
		bool full = free_at == SW_GCRA_WORDS;
		unsigned at = full ? soonest_at : free_at;
		uint64_t tag = full ? soonest_tag : free_tag;
		if (!atomic_compare_exchange_strong(&gcra->entry[at].tag, &tag, subject))
			continue; /* somebody was quicker, perhaps for this very subject */
		if (full) {
			atomic_fetch_add_explicit(&gcra->forgiven, 1, memory_order_relaxed);
			sw_count(&sw_limit_metrics, SW_LIMIT_FORGIVEN, 1);
			atomic_store_explicit(&gcra->entry[at].idle_ns, now_ns, memory_order_relaxed);
		}
		return &gcra->entry[at].idle_ns;
	}
}

static struct sw_allowance allowance(const struct sw_rate *rate, int64_t each_ns, int64_t ahead_ns)
{
	int64_t whole_ns = each_ns * rate->quota, left_ns = whole_ns - ahead_ns;
	return (struct sw_allowance){
		.remaining = left_ns > 0 ? left_ns / each_ns : 0,
		.reset_ns = ahead_ns,
		.retry_ns = left_ns < each_ns ? each_ns - left_ns : 0,
	};
}

struct sw_allowance sw_gcra_take(struct sw_gcra *gcra, uint64_t subject, const struct sw_rate *rate, int64_t now_ns)
{
	_Atomic int64_t *word = find(gcra, subject, now_ns, true);
	int64_t each_ns = interval_ns(rate), whole_ns = each_ns * rate->quota;
	int64_t idle_ns = atomic_load_explicit(word, memory_order_relaxed), next_ns;
	do {
		int64_t ahead_ns = idle_ns > now_ns ? idle_ns - now_ns : 0;
		/* More than its quota ahead: the limit was wider a moment ago. */
		if (ahead_ns > whole_ns)
			ahead_ns = whole_ns;
		if (ahead_ns + each_ns > whole_ns) {
			struct sw_allowance none = allowance(rate, each_ns, ahead_ns);
			none.refused = true;
			return none;
		}
		next_ns = now_ns + ahead_ns + each_ns;
	} while (!atomic_compare_exchange_weak_explicit(word, &idle_ns, next_ns, memory_order_relaxed,
							memory_order_relaxed));
	return allowance(rate, each_ns, next_ns - now_ns);
}

void sw_gcra_give_back(struct sw_gcra *gcra, uint64_t subject, const struct sw_rate *rate)
{
	_Atomic int64_t *word = find(gcra, subject, 0, false);
	if (word)
		atomic_fetch_sub_explicit(word, interval_ns(rate), memory_order_relaxed);
}

struct sw_allowance sw_gcra_look(struct sw_gcra *gcra, uint64_t subject, const struct sw_rate *rate, int64_t now_ns)
{
	_Atomic int64_t *word = find(gcra, subject, now_ns, false);
	int64_t each_ns = interval_ns(rate), whole_ns = each_ns * rate->quota;
	int64_t ahead_ns = word ? atomic_load_explicit(word, memory_order_relaxed) - now_ns : 0;
	ahead_ns = ahead_ns < 0 ? 0 : ahead_ns > whole_ns ? whole_ns : ahead_ns;
	return allowance(rate, each_ns, ahead_ns);
}
