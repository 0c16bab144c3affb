/*
 * core/webhook/endpoint.h - the endpoints of customers: found by URL, held in memory, limited, remembered.
 *
 * An endpoint is looked up in memory; the store is read once, when an account's endpoint is first used.  Endpoints
 * stay until the process ends.  An account has SW_HOOK_PATHS_MAX with a path; further paths (a program that puts an id
 * into each) count as those of their host ("https://example.com/" and a star).  Beyond SW_HOOKS_OF_ACCOUNT_MAX, or
 * SW_HOOKS_MAX in all, there is none: such a URL has no breaker and no limits of its own.
 *
 * Thread: tasks of any loop; what they answer lives as long as the process.
 */
#ifndef SW_CORE_WEBHOOK_ENDPOINT_H
#define SW_CORE_WEBHOOK_ENDPOINT_H

#include "core/account.h"
#include "core/webhook/health.h"

enum { SW_HOOK_PATHS_MAX = 200, SW_HOOKS_OF_ACCOUNT_MAX = 1000, SW_HOOKS_MAX = 65536, SW_HOOK_URL_MAX = 512 };

/* Letters of its id. */
#define SW_HOOK_SID "HE"

/** By the URL asked. @return 0 (*ret NULL: too many), or a store error */
int sw_hook_of_wait(struct sw_task *task, const struct sw_core *core, const struct sw_account *account,
		    struct sw_str url, struct sw_hook **ret) SW_MUST_CHECK;
/** By id, also one that only the store remembers. @return 0, SW_ENOTFOUND, or a store error */
int sw_hook_get_wait(struct sw_task *task, const struct sw_core *core, const struct sw_account *account,
		     struct sw_id id, struct sw_hook **ret) SW_MUST_CHECK;
/** Those behind an id, in order of ids, at most max. @return 0 or a store error */
int sw_hook_list_wait(struct sw_task *task, const struct sw_core *core, const struct sw_account *account,
		      struct sw_id after, size_t max, struct sw_hook **ret, size_t *ret_n) SW_MUST_CHECK;

/**
 * Wait for a place for one callback: the breaker, then the customer's limits.  hook NULL: always.
 * @return 0 (sw_hook_leave() ends it; *ret_probe: it is the breaker's probe), SW_EBUSY (not before *ret_us), SW_EPERM
 * (the endpoint is disabled), SW_ECANCELED
 */
int sw_hook_enter_wait(struct sw_task *task, struct sw_hook *hook, bool *ret_probe, int64_t *ret_us) SW_MUST_CHECK;
void sw_hook_leave(struct sw_hook *hook);

/** Add to the transaction what an outcome changed: the endpoint's row and its events. changes 0: nothing */
void sw_txn_hook(struct sw_txn *txn, struct sw_hook *hook, unsigned changes);
/** Write down all that is to be remembered of it. */
void sw_txn_hook_save(struct sw_txn *txn, struct sw_hook *hook);
/** An event about it: "webhook.endpoint_opened" … */
void sw_txn_hook_event(struct sw_txn *txn, struct sw_hook *hook, const char *type);
/** "enabled", "failing" …: why it is disabled. */
const char *sw_hook_status_name(const struct sw_hook *hook);

#endif
