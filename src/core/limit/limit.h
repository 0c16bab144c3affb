/*
 * core/limit/limit.h - what an account may do: rates, requests at once, quotas, in one decision a request.
 *
 * A request of a class is held against, in this order: the requests its account and that account's owner have under
 * way, the rate of its API key, of its account, of the owner, then daily and monthly quotas of both.  Whichever
 * refuses, what the others gave is given back.  A subaccount without a tier has its owner's; both are counted, so that
 * a master account with its subaccounts never exceeds its own tier.
 *
 * Which limits an account has is looked up once per loop and SW_CACHE_US; the rest is atomic words in tables of fixed
 * size, shared by all loops (gcra.h, quota.h, under_way.h).
 *
 * Thread: tasks of any loop.
 */
#ifndef SW_CORE_LIMIT_LIMIT_H
#define SW_CORE_LIMIT_LIMIT_H

#include "core/account.h"
#include "core/cache.h"
#include "core/limit/quota.h"
#include "core/limit/tier.h"
#include "core/limit/under_way.h"

enum { SW_LIMIT_ROWS_MAX = 7 };

enum sw_limit_scope { SW_LIMIT_ACCOUNT, SW_LIMIT_KEY, SW_LIMIT_OWNER };
enum sw_limit_kind { SW_LIMIT_RATE, SW_LIMIT_QUOTA };

/* One limit that a class of requests is held against. */
struct sw_limit_row {
	struct sw_str name; /* "send", "send-key", "send-owner", "send-day" … */
	enum sw_limit_scope scope;
	enum sw_limit_kind kind;
	struct sw_rate rate; /* of a quota: its limit, and the seconds of the period */
	uint64_t subject;    /* of a rate; of a key the request says which */
	struct sw_quota quota;
};

/* All limits of an account; cached. */
struct sw_limited {
	struct sw_cached cached; /* first */
	struct sw_sid account, owner;
	struct sw_tier tier, owner_tier;
	int64_t concurrent, owner_concurrent; /* 0: no limit */
	bool by_operator;                     /* the operator's, or a subaccount of his */
	int64_t offered_rank;                 /* of the highest tier that accounts may take by themselves; -1: none */
	struct {
		struct sw_limit_row row[SW_LIMIT_ROWS_MAX];
		unsigned n;
		struct sw_str policy[2]; /* RateLimit-Policy; [1]: for a caller with a key */
	} rate_class[SW_RATE_CLASSES];
};

/* What a request was given, until it leaves. */
struct sw_pass {
	const struct sw_limited *limited; /* NULL: none was asked for */
	enum sw_rate_class rate_class;
	struct sw_sid key;
	unsigned place[2];               /* among the requests under way, of account and owner; 0: not counted */
	int64_t under_way;               /* requests of the account, this one included */
	unsigned rows_asked, rows_given; /* of rate_class[].row, from the first */
	struct sw_allowance allowance[SW_LIMIT_ROWS_MAX];
};

enum {
	SW_LIMIT_REFUSED_RATE,
	SW_LIMIT_REFUSED_QUOTA,
	SW_LIMIT_REFUSED_CONCURRENT,
	SW_LIMIT_REFUSED_ADDRESS,
	SW_LIMIT_FORGIVEN,
	SW_LIMIT_METRICS_N,
};
extern struct sw_metric_set sw_limit_metrics;

/** The limits of an account; held by the task's arena. @return 0 or a store error */
int sw_limited_wait(struct sw_task *task, const struct sw_core *core, const struct sw_account *account,
		    const struct sw_limited **ret) SW_MUST_CHECK;
/** The same from the store, and the account's row: what another process changed in the last half second counts. @return
 * 0, SW_ENOTFOUND, or a store error */
int sw_limited_fresh_wait(struct sw_task *task, const struct sw_core *core, const struct sw_account *account,
			  struct sw_account *ret_account, const struct sw_limited **ret) SW_MUST_CHECK;
/** What they would be if the account were so; kept by nobody. @return 0 or a store error */
int sw_limited_foresee_wait(struct sw_task *task, const struct sw_core *core, const struct sw_account *account,
			    const struct sw_limited **ret) SW_MUST_CHECK;
/** After an account's limits changed: every loop looks them up anew, and those of its subaccounts. */
void sw_limited_forget(struct sw_sid account);

/**
 * Let a request in, or refuse it.  pass stays with the caller until sw_limit_leave(), also after a refusal (it has
 * what the headers say).
 * @return 0, SW_EAPI (20429: err says which limit, its window and when to come again; or the store failed)
 */
int sw_limit_enter_wait(struct sw_task *task, const struct sw_core *core, const struct sw_account *account,
			struct sw_sid key, enum sw_rate_class rate_class, struct sw_pass *pass,
			struct sw_error *err) SW_MUST_CHECK;
/** The request is answered. useless: it did nothing (an error, a replay): its quotas are given back. */
void sw_limit_leave(struct sw_pass *pass, bool useless);
/** Value of the header RateLimit for what was decided; "" when nothing is limited. */
void sw_limit_format(const struct sw_pass *pass, struct sw_buf *out);
/** Value of RateLimit-Policy; absent when nothing is limited. */
struct sw_str sw_limit_policy(const struct sw_pass *pass);

/** A request without credentials from an address. rate->quota 0: not limited. @return 0, SW_EAPI */
int sw_limit_address(struct sw_str address, const struct sw_rate *rate, struct sw_error *err) SW_MUST_CHECK;

/** Look at one limit without using it. key: for rows of keys. @return 0 or a store error */
int sw_limit_look_wait(struct sw_task *task, const struct sw_core *core, const struct sw_limit_row *row,
		       struct sw_sid key, struct sw_allowance *ret) SW_MUST_CHECK;
#endif
