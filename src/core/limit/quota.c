#include "core/limit/quota.h"

#include "base/arena.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/time.h"
#include "core/core_sql.h"
#include "loop/clock.h"
#include "loop/task.h"

/* A word: number of the period above, units left of the blocks below. */
enum { LEFT_BITS = 40, PROBES = 8, LEASE_TRIES = 4 };
#define LEFT_MASK ((UINT64_C(1) << LEFT_BITS) - 1)
static const int64_t ask_again_us = SW_US_PER_S / 4; /* of a quota that is used up: another process may give back */

static struct entry {
	_Atomic uint64_t tag;
	_Atomic uint64_t word;
	_Atomic int64_t taken; /* by all processes, as the store said last */
	/* No use asking before; the limit that was reached, in which period. */
	_Atomic int64_t full_until_us, full_at, full_number;
	struct sw_quota what; /* written by who claimed the entry, read when loops have ended */
} entries[SW_QUOTA_WORDS];

struct span {
	int64_t number; /* of days or months since 1970 */
	int64_t begin_us, end_us;
};

static struct span span_of(enum sw_period period, int64_t time_us)
{
	if (period == SW_PERIOD_DAY) {
		int64_t day = time_us / SW_US_PER_DAY;
		return (struct span){ day, day * SW_US_PER_DAY, (day + 1) * SW_US_PER_DAY };
	}
	struct sw_civil now = sw_time_civil(time_us);
	struct sw_civil first = { .year = now.year, .month = now.month, .day = 1 }, next = first;
	next.month = now.month % 12 + 1;
	next.year += now.month == 12;
	return (struct span){ (now.year - 1970) * 12 + now.month - 1, sw_time_from_civil(&first),
			      sw_time_from_civil(&next) };
}

int64_t sw_period_seconds(enum sw_period period, int64_t time_us)
{
	struct span span = span_of(period, time_us);
	return (span.end_us - span.begin_us) / SW_US_PER_S;
}

/* The entry of a quota; NULL when its places are taken by others. */
static struct entry *find(const struct sw_quota *quota)
{
	uint64_t subject = sw_gcra_subject(quota->account.b, (unsigned)quota->rate_class * SW_PERIODS + quota->period);
	for (unsigned i = 0; i < PROBES; i++) {
		struct entry *entry = &entries[((subject >> 8) + i) % SW_QUOTA_WORDS];
		uint64_t tag = atomic_load_explicit(&entry->tag, memory_order_acquire);
		if (tag == subject)
			return entry;
		if (tag == 0 && atomic_compare_exchange_strong(&entry->tag, &tag, subject)) {
			entry->what = *quota;
			return entry;
		}
		if (tag == subject)
			return entry;
	}
	return NULL;
}

static int64_t left_of(const struct entry *entry, int64_t number)
{
	uint64_t word = entry ? atomic_load(&entry->word) : 0;
	return (int64_t)(word >> LEFT_BITS) == number ? (int64_t)(word & LEFT_MASK) : 0;
}

static bool take_left(struct entry *entry, int64_t number)
{
	uint64_t word = entry ? atomic_load(&entry->word) : 0;
	while ((int64_t)(word >> LEFT_BITS) == number && (word & LEFT_MASK) > 0)
		if (atomic_compare_exchange_weak(&entry->word, &word, word - 1))
			return true;
	return false;
}

static void add_left(struct entry *entry, int64_t number, int64_t units)
{
	uint64_t word = atomic_load(&entry->word), next;
	do {
		int64_t there = (int64_t)(word >> LEFT_BITS);
		if (there > number)
			return; /* the period is over: nobody needs them */
		next = there == number ? word + (uint64_t)units : (uint64_t)number << LEFT_BITS | (uint64_t)units;
	} while (!atomic_compare_exchange_weak(&entry->word, &word, next));
}

static struct sw_str row_name(struct sw_arena *arena, const struct sw_quota *quota)
{
	return sw_str_fmt(arena, "%s/%s", sw_rate_class_name(quota->rate_class), sw_period_name(quota->period));
}

/* Units that the store counts in this period, taken and in blocks. */
static int taken_wait(struct sw_task *task, const struct sw_core *core, const struct sw_quota *quota, int64_t number,
		      int64_t *ret)
{
	struct sw_rows rows;
	struct sw_arena *arena = sw_task_arena(task);
	int err = sw_query_wait(task, core->store, arena, CORE_SQL(SQL_QUOTA_GET), &rows, SW_I(quota->bucket),
				SW_ID(quota->account), SW_T(row_name(arena, quota)), SW_I(number));
	*ret = !err && rows.n ? sw_row_int(rows.row[0], 0) : 0;
	return err;
}

/* A block from the store. @return 0, SW_ELIMIT (none is left), or a store error */
static int lease_wait(struct sw_task *task, const struct sw_core *core, const struct sw_quota *quota, int64_t number,
		      int64_t want, int64_t *ret_units, int64_t *ret_taken)
{
	struct sw_arena *arena = sw_task_arena(task);
	struct sw_str name = row_name(arena, quota);
	for (unsigned i = 0; i < LEASE_TRIES; i++) {
		struct sw_result result;
		struct sw_txn *txn = sw_txn_new(core->store, arena, quota->bucket);
		unsigned step =
			sw_txn_do(txn, CORE_SQL(SQL_QUOTA_TAKE), SW_GUARD_ONE, SW_ELIMIT, SW_I(quota->bucket),
				  SW_ID(quota->account), SW_T(name), SW_I(number), SW_I(want), SW_I(quota->limit));
		sw_txn_do(txn, CORE_SQL(SQL_QUOTA_FORGET), SW_GUARD_ANY, 0, SW_I(quota->bucket), SW_ID(quota->account),
			  SW_T(name), SW_I(number));
		int err = sw_commit_wait(task, txn, &result);
		if (!err) {
			*ret_units = want;
			*ret_taken = sw_row_int(result.step[step].rows.row[0], 0);
			return 0;
		}
		if (err != SW_EGUARD)
			return err;
		err = taken_wait(task, core, quota, number, ret_taken);
		if (err || *ret_taken >= quota->limit)
			return err ? err : SW_ELIMIT;
		want = quota->limit - *ret_taken < want ? quota->limit - *ret_taken : want;
	}
	return SW_EAGAIN; /* others took what was left each time */
}

static struct sw_allowance allowance(const struct sw_quota *quota, const struct span *span, int64_t used)
{
	int64_t reset_ns = (span->end_us - sw_wall_us()) * 1000;
	return (struct sw_allowance){
		.remaining = used < quota->limit ? quota->limit - used : 0,
		.reset_ns = reset_ns,
		.retry_ns = reset_ns,
	};
}

static int refill_wait(struct sw_task *task, const struct sw_core *core, const struct sw_quota *quota,
		       struct entry *entry, int64_t number, int64_t *ret_taken)
{
	int64_t block = entry ? quota->limit / SW_QUOTA_BLOCKS : 1, units;
	block = block < 1 ? 1 : block > SW_QUOTA_BLOCK_MAX ? SW_QUOTA_BLOCK_MAX : block;
	int err = lease_wait(task, core, quota, number, block, &units, ret_taken);
	if (!entry || (err && err != SW_ELIMIT))
		return err;
	atomic_store(&entry->taken, *ret_taken);
	if (err) {
		atomic_store(&entry->full_at, quota->limit);
		atomic_store(&entry->full_number, number);
		atomic_store(&entry->full_until_us, sw_mono_us() + ask_again_us);
	} else if (units > 1) {
		add_left(entry, number, units - 1); /* one is the caller's */
	}
	return err;
}

int sw_quota_take_wait(struct sw_task *task, const struct sw_core *core, const struct sw_quota *quota,
		       struct sw_allowance *ret)
{
	struct span span = span_of(quota->period, sw_wall_us());
	struct entry *entry = find(quota);
	int64_t taken = entry ? atomic_load(&entry->taken) : 0;
	int err = 0;
	if (!take_left(entry, span.number)) {
		if (entry && quota->limit <= atomic_load(&entry->full_at) &&
		    span.number == atomic_load(&entry->full_number) &&
		    sw_mono_us() < atomic_load(&entry->full_until_us))
			err = SW_ELIMIT;
		else
			err = refill_wait(task, core, quota, entry, span.number, &taken);
	}
	*ret = allowance(quota, &span, err ? quota->limit : taken - left_of(entry, span.number));
	ret->refused = err == SW_ELIMIT;
	return ret->refused ? 0 : err;
}

void sw_quota_give_back(const struct sw_quota *quota)
{
	struct entry *entry = find(quota);
	if (entry)
		add_left(entry, span_of(quota->period, sw_wall_us()).number, 1);
}

int sw_quota_look_wait(struct sw_task *task, const struct sw_core *core, const struct sw_quota *quota,
		       struct sw_allowance *ret)
{
	struct span span = span_of(quota->period, sw_wall_us());
	int64_t taken;
	int err = taken_wait(task, core, quota, span.number, &taken);
	int64_t used = taken - left_of(find(quota), span.number);
	*ret = allowance(quota, &span, used > 0 ? used : 0);
	return err;
}

void sw_quota_settle_now(const struct sw_core *core)
{
	struct sw_arena arena;
	sw_arena_init(&arena);
	for (unsigned i = 0; i < SW_QUOTA_WORDS; i++) {
		const struct sw_quota *what = &entries[i].what;
		uint64_t word = atomic_exchange(&entries[i].word, 0);
		if (!(word & LEFT_MASK))
			continue;
		struct sw_txn *txn = sw_txn_new(core->store, &arena, what->bucket);
		sw_txn_do(txn, CORE_SQL(SQL_QUOTA_RETURN), SW_GUARD_ANY, 0, SW_I(what->bucket), SW_ID(what->account),
			  SW_T(row_name(&arena, what)), SW_I((int64_t)(word >> LEFT_BITS)),
			  SW_I((int64_t)(word & LEFT_MASK)));
		int err = sw_commit_now(txn, NULL);
		if (err)
			sw_warn("core", "what was left of a quota's block counts as used", SW_KERR(err));
	}
	sw_arena_done(&arena);
}
