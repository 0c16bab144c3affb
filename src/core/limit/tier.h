/*
 * core/limit/tier.h - tiers: named sets of limits, from this program, the configuration or the store.
 *
 * A tier is written as text, the same in strowger.conf (tier.NAME = TEXT) and in the store:
 *
 *	read=100/s, write=20/s, send=10/s, concurrent=25, daily_send=10000, rank=15, self_serve=true
 *
 * Rates are N/s, N/m, N/h or N/d, and may be taken at once; what is left out is not limited.  key_read and so on limit
 * each API key within its account.  Daily and monthly quotas go by the calendar of UTC.  rank orders tiers for
 *upgrades.
 *
 * A tier of the configuration hides one of the store, which hides one of the program (free, growth, scale).
 * Thread: any.  Texts of a tier live in the arena it was read into.
 */
#ifndef SW_CORE_LIMIT_TIER_H
#define SW_CORE_LIMIT_TIER_H

#include "base/buf.h"
#include "core/core.h"
#include "core/limit/gcra.h"

struct sw_task;

enum sw_rate_class { SW_RATE_READ, SW_RATE_WRITE, SW_RATE_SEND, SW_RATE_BULK, SW_RATE_CLASSES };
enum sw_period { SW_PERIOD_DAY, SW_PERIOD_MONTH, SW_PERIODS };
enum sw_tier_source { SW_TIER_BUILT_IN, SW_TIER_STORED, SW_TIER_CONFIGURED };

enum { SW_TIER_NAME_MAX = 32, SW_TIER_TEXT_MAX = 1000 };

/* Zero: no limit. */
struct sw_tier {
	struct sw_str name;
	enum sw_tier_source source;
	struct sw_rate rate[SW_RATE_CLASSES];     /* of an account */
	struct sw_rate key_rate[SW_RATE_CLASSES]; /* of each of its keys */
	int64_t concurrent;                       /* requests of an account under way at once */
	int64_t quota[SW_PERIODS][SW_RATE_CLASSES];
	int64_t rank;
	bool self_serve; /* accounts may go up to it by themselves */
};

/* One setting of a tier, for tables of settings elsewhere. */
enum sw_tier_kind { SW_TIER_RATE, SW_TIER_COUNT, SW_TIER_FLAG };
struct sw_tier_setting {
	const char *name; /* "daily_send"; in texts "daily.send" too */
	enum sw_tier_kind kind;
	size_t at; /* in struct sw_tier */
	int64_t max;
};
extern const struct sw_tier_setting sw_tier_settings[]; /* name NULL ends */

/** "read" … @return the class, or SW_RATE_CLASSES for a name that is none */
enum sw_rate_class sw_rate_class_of(const char *name);
const char *sw_rate_class_name(enum sw_rate_class rate_class);
const char *sw_period_name(enum sw_period period);

/** Read a tier's text. @return 0, SW_EINVAL (*ret_why, in the arena, says which setting and what it wants) */
int sw_tier_parse(struct sw_arena *arena, struct sw_str name, struct sw_str text, struct sw_tier *ret,
		  struct sw_str *ret_why) SW_MUST_CHECK;
/** One setting by name onto a tier. @return 0, SW_EINVAL, SW_ENOTFOUND (no such setting) */
int sw_tier_set(struct sw_tier *tier, struct sw_str name, struct sw_str value) SW_MUST_CHECK;
/** The text of one setting's value; absent when it is zero. */
struct sw_str sw_tier_value(struct sw_arena *arena, const struct sw_tier *tier, const struct sw_tier_setting *setting);
/** The text that sw_tier_parse() reads. */
void sw_tier_format(const struct sw_tier *tier, struct sw_buf *out);

/* What the configuration says of limits; constant while loops run. */
struct sw_tier_config {
	const struct sw_tier *tiers;
	unsigned n;
	struct sw_str default_tier; /* of master accounts without one */
};

/** A tier by name. @return 0, SW_ENOTFOUND, or a store error */
int sw_tier_find_wait(struct sw_task *task, const struct sw_core *core, struct sw_str name,
		      struct sw_tier *ret) SW_MUST_CHECK;
/** Every tier, lowest rank first. ret: an array in the task's arena */
int sw_tier_list_wait(struct sw_task *task, const struct sw_core *core, struct sw_tier **ret,
		      unsigned *ret_n) SW_MUST_CHECK;
/** After a tier of the store changed: what is kept that depends on tiers is looked up anew by every loop. */
void sw_tier_forget(void);
/** What that depends on, for core/cache.h. */
extern const struct sw_str sw_tier_cache_name;
/** Rank of the highest tier that accounts may take by themselves, from the cache; -1: none. */
int sw_tier_highest_offered_wait(struct sw_task *task, const struct sw_core *core, int64_t *ret_rank) SW_MUST_CHECK;
/** Is it the configuration's or the program's? (the start refuses a default tier that nobody declared) */
bool sw_tier_declared(const struct sw_tier_config *config, struct sw_str name);
/** The name under which a tier stands in the table `setting`. */
struct sw_str sw_tier_setting_name(struct sw_arena *arena, struct sw_str tier);

#endif
