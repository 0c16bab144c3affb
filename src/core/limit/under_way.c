#include "core/limit/under_way.h"

#include <stdatomic.h>

#include "core/limit/tier.h"

/* Tag above, count below, in one word: a count of zero is a free place. */
enum { COUNT_BITS = 16 };
#define COUNT_MASK ((UINT64_C(1) << COUNT_BITS) - 1)
static _Atomic uint64_t words[SW_UNDER_WAY_WORDS];

static uint64_t place_tag(struct sw_sid account)
{
	return sw_gcra_subject(account.id.b, SW_RATE_CLASSES) & ~COUNT_MASK;
}

static unsigned place_of(uint64_t tag, unsigned probe)
{
	return (unsigned)((tag >> COUNT_BITS) + probe) % SW_UNDER_WAY_WORDS;
}

int64_t sw_under_way(struct sw_sid account)
{
	uint64_t tag = place_tag(account), count = 0;
	for (unsigned i = 0; i < SW_UNDER_WAY_PROBES; i++) {
		uint64_t word = atomic_load_explicit(&words[place_of(tag, i)], memory_order_relaxed);
		if ((word & ~COUNT_MASK) == tag)
			count += word & COUNT_MASK; /* two places for a moment, when a nearer one became free */
	}
	return (int64_t)count;
}

unsigned sw_under_way_enter(struct sw_sid account, int64_t *ret_count)
{
	uint64_t tag = place_tag(account);
	for (unsigned tries = 0; tries < SW_UNDER_WAY_PROBES; tries++) {
		unsigned at = SW_UNDER_WAY_WORDS;
		uint64_t word = 0;
		for (unsigned i = 0; i < SW_UNDER_WAY_PROBES; i++) {
			uint64_t there = atomic_load(&words[place_of(tag, i)]);
			bool mine = (there & ~COUNT_MASK) == tag && (there & COUNT_MASK) < COUNT_MASK;
			if (mine || (at == SW_UNDER_WAY_WORDS && !(there & COUNT_MASK))) {
				at = place_of(tag, i);
				word = there;
			}
			if (mine && (there & COUNT_MASK))
				break;
		}
		if (at == SW_UNDER_WAY_WORDS)
			break;
		uint64_t next = (word & ~COUNT_MASK) == tag ? word + 1 : tag | 1;
		if (!atomic_compare_exchange_strong(&words[at], &word, next))
			continue;
		*ret_count = (int64_t)(next & COUNT_MASK);
		return at + 1;
	}
	*ret_count = 1;
	return 0;
}

void sw_under_way_leave(unsigned place)
{
	if (place)
		atomic_fetch_sub(&words[place - 1], 1);
}
