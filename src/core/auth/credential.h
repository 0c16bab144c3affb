/* core/auth/credential.h - what is known of a SID that signs in; for this folder. Others ask core/account.h. */
#ifndef SW_CORE_AUTH_CREDENTIAL_H
#define SW_CORE_AUTH_CREDENTIAL_H

#include "core/account.h"
#include "core/auth/policy.h"
#include "core/cache.h"

/* What is known of one SID. */
struct credential {
	struct sw_cached cached;
	struct sw_sid sid;
	struct sw_account account; /* AC: itself; else the account it belongs to */
	struct sw_api_key key;     /* SK */
	struct sw_oauth_app app;   /* OQ */
	struct sw_policy policy;
	bool restricted;
};

/**
 * Held by the task's arena.
 * @param sid  of an account, a key or an OAuth application
 * @return 0 (cached.exists false: there is none), SW_EBUSY, SW_ECANCELED or a store error
 */
int sw_credential_find_wait(struct sw_task *task, const struct sw_core *core, struct sw_sid sid,
			    const struct credential **ret) SW_MUST_CHECK;

#endif
