/*
 * core/limit/quota.h - how much of a day's or month's quota is used, without a write a request.
 *
 * The store has one row an account, class and period.  A process takes units from the row in blocks (a fiftieth of the
 * quota, 1 to SW_QUOTA_BLOCK_MAX) and gives them out from memory, by one atomic word.  So a quota is never exceeded,
 * also by several processes; what a crash leaves of a block is counted as used, which is the bound of what is lost:
 * one block.  A server that ends in order gives back what is left.
 *
 * Periods are days and calendar months of UTC by the wall clock (virtual in tests).
 * Thread: tasks of any loop; memory is a fixed table (SW_QUOTA_WORDS entries), and past it each unit is a block.
 */
#ifndef SW_CORE_LIMIT_QUOTA_H
#define SW_CORE_LIMIT_QUOTA_H

#include "core/account.h"
#include "core/limit/tier.h"

enum { SW_QUOTA_WORDS = 4096, SW_QUOTA_BLOCK_MAX = 1000, SW_QUOTA_BLOCKS = 50 };

/* What is counted. */
struct sw_quota {
	struct sw_id account;
	int bucket;
	enum sw_rate_class rate_class;
	enum sw_period period;
	int64_t limit;
};

/** Take a unit. @return 0 (ret->refused tells; reset and retry: when the period ends), or a store error */
int sw_quota_take_wait(struct sw_task *task, const struct sw_core *core, const struct sw_quota *quota,
		       struct sw_allowance *ret) SW_MUST_CHECK;
/** Give a unit back: what it was taken for did not happen. */
void sw_quota_give_back(const struct sw_quota *quota);
/** Look without taking, into the store. */
int sw_quota_look_wait(struct sw_task *task, const struct sw_core *core, const struct sw_quota *quota,
		       struct sw_allowance *ret) SW_MUST_CHECK;
/** Seconds of the period that time_us falls into. */
int64_t sw_period_seconds(enum sw_period period, int64_t time_us);
/** Give back to the store what this process has left of its blocks; blocks; after the loops have ended. */
void sw_quota_settle_now(const struct sw_core *core);

#endif
