/*
 * product/usage/usage_count.h - usage, counted from the event log.
 *
 * One cursor a bucket.  A batch of events becomes sums by day (table usage_day) in the transaction that moves the
 * cursor, guarded by where it stood: each event is counted exactly once, whoever counts and whatever crashes.  A
 * charge is counted on the day of its message; a refund takes it off that same day, so usage is what was charged and
 * not given back.  A follower of each bucket counts within USAGE_LAG_US; who asks for usage counts what is left first.
 *
 * Thread: tasks of any loop.
 */
#ifndef USAGE_COUNT_H
#define USAGE_COUNT_H

#include "api/api.h"

struct sw_loop;

#define USAGE_LAG_US (200 * 1000)

/* What is counted apart; stored as numbers: never renumbered. 0: nothing. */
enum {
	USAGE_SMS_OUT = 1,
	USAGE_SMS_IN,
	USAGE_MMS_OUT,
	USAGE_MMS_IN,
	USAGE_CHANNEL_OUT,
	USAGE_CHANNEL_IN,
	USAGE_LEAVES,
};

/* A name that usage is asked by: the sum of its leaves. */
struct usage_category {
	const char *name, *description;
	unsigned leaves; /* bits; all: only the price counts */
	const char *count_unit, *usage_unit;
};

extern const struct usage_category usage_categories[]; /* those counted here; name NULL ends */
/** @return false: the contract has no such name */
bool usage_category_find(struct sw_arena *arena, struct sw_str name, struct usage_category *ret);
/** The leaf of a product and direction ("outbound-api"); 0: none. */
int usage_leaf(struct sw_str product, struct sw_str direction);

struct usage_sum {
	int64_t items, units, micros;
};

/* Days of usage of one account. */
struct usage_span {
	int bucket;
	struct sw_id account;
	bool whole; /* a master account, with its subaccounts */
	int64_t first_day, last_day;
};

/** Rows day, leaf, items, units, micros. */
int usage_read_wait(struct sw_task *task, const struct sw_core *core, const struct usage_span *span,
		    struct sw_rows *ret) SW_MUST_CHECK;
/** The sum of a category's leaves over rows whose days lie in first..last. */
struct usage_sum usage_sum(const struct sw_rows *rows, unsigned leaves, int64_t first_day, int64_t last_day);

/** Count what the bucket's log has by now. *ret_as_of_us: until when everything is counted (wall). @return 0 or a store
 * error; then *ret_as_of_us is set all the same */
int usage_count_wait(struct sw_task *task, const struct sw_core *core, struct sw_api *api, int bucket,
		     int64_t *ret_as_of_us) SW_MUST_CHECK;
/** Count on from now on, every bucket that has accounts, on a loop that does not run yet or from it. */
void usage_follow(struct sw_loop *loop, const struct sw_core *core, struct sw_api *api);

/* What one batch adds, before it is stored; see usage_trigger.c. */
struct usage_delta {
	struct sw_id account;
	int64_t whole, day, leaf;
	struct usage_sum sum;
};
struct usage_batch {
	const struct sw_core *core;
	struct sw_api *api;
	struct sw_task *task;
	struct sw_txn *txn;
	int bucket;
	struct usage_delta *deltas;
	size_t n;
};

/** The account that pays for one. @return 0 or an error */
typedef int usage_owner_fn(void *arg, struct sw_id account, struct sw_id *ret);
/** Rows of usage.events as sums, in the arena. */
int usage_fold(struct usage_batch *batch, struct sw_arena *arena, const struct sw_rows *rows, usage_owner_fn *owner_of,
	       void *arg) SW_MUST_CHECK;
/** For `strowger check --data`: a bucket's days against its event log. Complaints are added, a line each. Thread: one
 * without a loop. */
int usage_prove_now(struct sw_store *store, struct sw_arena *arena, int bucket, struct sw_buf *complaints,
		    int64_t *ret_days) SW_MUST_CHECK;

/** Fire the triggers that the batch brings to their value, in its transaction. */
int usage_fire_wait(const struct usage_batch *batch) SW_MUST_CHECK;

enum {
	SQL_USAGE_EVENTS,
	SQL_USAGE_CURSOR,
	SQL_USAGE_MOVE,
	SQL_USAGE_ADD,
	SQL_USAGE_DAYS,
	SQL_USAGE_BUCKETS,
	SQL_USAGE_PROOF,
	SQL_USAGE_FIRST,
	SQL_USAGE_N,
};

extern const struct sw_sql usage_sql[SQL_USAGE_N];
extern const struct sw_sql_table usage_sql_table;
extern const struct sw_resource usage_trigger;

/** Days since 1970. */
int64_t usage_day(int64_t time_us);
/** "2026-01-31", "-30days", "+1day". @return 0, SW_EINVAL */
int usage_date_parse(struct sw_str text, int64_t today, int64_t *ret_day) SW_MUST_CHECK;
/** The first day of what a trigger or view recurs by: "daily", "monthly", "yearly", else 0. */
int64_t usage_period_day(struct sw_str recurring, int64_t day);
/** The last day of the period that begins on first_day. */
int64_t usage_period_end(struct sw_str recurring, int64_t first_day);

#endif
