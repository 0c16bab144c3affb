/*
 * core/account.h - accounts, their keys and OAuth applications, and who is calling.
 *
 * What signs in (AC, SK and OQ SIDs) is looked up by core/auth/credential.c and cached per loop, so that the store is
 * off the path of a request.  sw_account_forget() is seen by every loop at its next request.
 *
 * Ownership: what is answered is borrowed until the task's arena is cleared.
 * Thread: tasks of any loop.
 */
#ifndef SW_CORE_ACCOUNT_H
#define SW_CORE_ACCOUNT_H

#include "core/core.h"

struct sw_policy;
struct sw_task;

struct sw_account {
	struct sw_sid sid, owner; /* owner == sid: a master account */
	int bucket;
	struct sw_str friendly_name, status, type, token;
	struct sw_str secondary_token; /* absent: none; as good as token while tokens are being changed */
	struct sw_str tier;            /* of limits; "": the owner's, or the installation's default */
	int64_t auto_idempotency_s;    /* 0: off */
	int64_t created_us, updated_us;
	int64_t first_call_us; /* its first request that was answered well; INT64_MIN: none yet, 0: not measured */
};

struct sw_api_key {
	struct sw_sid sid;
	struct sw_sid account;
	struct sw_str friendly_name, secret;
	struct sw_str policy; /* JSON; absent: not restricted */
	int64_t created_us, updated_us;
};

/* Signs in with access tokens, which it gets for its SID and secret. */
struct sw_oauth_app {
	struct sw_sid sid, account;
	struct sw_str type, friendly_name, description, created_by, secret;
	struct sw_str policy; /* JSON */
	int64_t token_ttl_s, created_us;
};

/* Who signed in: the account, and the key or application when one was used. */
struct sw_caller {
	const struct sw_account *account;
	struct sw_sid key;                /* absent: the auth token; OQ: an access token */
	const struct sw_policy *policy;   /* what the key may; NULL: not restricted */
	const struct sw_policy *scope;    /* what its access token may, of that; NULL: all of it */
	const struct sw_account *claimed; /* whose the SID is that was shown with another secret; NULL: nobody's */
	struct sw_str secret;             /* the credential's own that was shown; absent: a signed token was */
	bool session;                     /* that token is a session's: it is as good as the credential behind it */
};

enum {
	SW_TOKEN_TTL_S = 3600,
	SW_TOKEN_TTL_MIN_S = 60,
	SW_TOKEN_TTL_MAX_S = 24 * 3600,
	SW_SESSION_TTL_S = 12 * 3600,
};

/** @return 0, SW_ENOTFOUND, or a store error */
int sw_account_get_wait(struct sw_task *task, const struct sw_core *core, struct sw_sid sid,
			const struct sw_account **ret) SW_MUST_CHECK;
/** Status of an account and its owner together: a subaccount is suspended or closed with its owner. @return 0 or a
 * store error */
int sw_account_status_wait(struct sw_task *task, const struct sw_core *core, const struct sw_account *account,
			   struct sw_str *ret) SW_MUST_CHECK;
/** Check user and password of HTTP Basic: account SID and one of its tokens, or key SID and secret.
 * @return 0, SW_EPERM (unknown or wrong), or a store error */
int sw_caller_check_wait(struct sw_task *task, const struct sw_core *core, struct sw_str user, struct sw_str password,
			 struct sw_caller *ret) SW_MUST_CHECK;
/** Check an access token, or a session's. @return 0, SW_EPERM (no such token, or revoked), SW_ETIMEDOUT (expired), or a
 * store error */
int sw_caller_token_wait(struct sw_task *task, const struct sw_core *core, struct sw_str token,
			 struct sw_caller *ret) SW_MUST_CHECK;
/** An application by its SID and secret. @return 0, SW_EPERM, or a store error */
int sw_oauth_app_check_wait(struct sw_task *task, const struct sw_core *core, struct sw_str client_id,
			    struct sw_str secret, const struct sw_oauth_app **ret) SW_MUST_CHECK;
/** An access token for an account (the application's or a subaccount of it). scope: absent: all that the app may. */
struct sw_str sw_access_token(const struct sw_core *core, struct sw_arena *arena, const struct sw_oauth_app *app,
			      struct sw_sid account, struct sw_str scope);
/** A token that is as good as the secret its caller has just shown, for SW_SESSION_TTL_S and as long as that secret is
 * good.
 */
struct sw_str sw_session_token(const struct sw_core *core, struct sw_arena *arena, const struct sw_caller *caller,
			       int64_t *ret_expires_us);
/**
 * After an account, key or application changed: what any loop knows of it is looked up anew at its next request.
 * A change that another process makes is seen after SW_CACHE_US.
 */
void sw_account_forget(struct sw_sid sid);

/** As the store has it now; what another process changed is seen after SW_CACHE_US otherwise. Texts in the arena. @return 0,
 * SW_ENOTFOUND, or a store error */
int sw_account_fresh_wait(struct sw_task *task, const struct sw_core *core, struct sw_arena *arena, int64_t bucket,
			  struct sw_id account, struct sw_account *ret) SW_MUST_CHECK;
/** One account of a row of account.get or sw_account_list, its token opened. @return 0, SW_ECORRUPT */
int sw_account_read(const struct sw_core *core, struct sw_arena *arena, struct sw_row row,
		    struct sw_account *ret) SW_MUST_CHECK;
int sw_key_read(const struct sw_core *core, struct sw_arena *arena, struct sw_row row,
		struct sw_api_key *ret) SW_MUST_CHECK;
int sw_oauth_app_read(const struct sw_core *core, struct sw_arena *arena, struct sw_row row,
		      struct sw_oauth_app *ret) SW_MUST_CHECK;

/** Steps that make an account: its row, directory entry and, for a master, its balance with the opening ledger row. */
void sw_account_insert(const struct sw_core *core, struct sw_arena *arena, struct sw_txn *txn, int64_t opening_micros,
		       const struct sw_account *account);
/** 32 hex digits from the kernel: auth tokens and key secrets. */
struct sw_str sw_secret_new(struct sw_arena *arena);
/** Seal a token or secret for the row of `about`. */
struct sw_str sw_secret_seal(const struct sw_core *core, struct sw_arena *arena, struct sw_sid about,
			     struct sw_str secret);

/**
 * First start: make the account (with the SID and token given, or new ones) and its two numbers of the simulated
 * carrier.  Later starts: find it again; a token given replaces the stored one.  Blocks; before the loops run.
 * @param ret_created  true when it was made now
 */
int sw_account_bootstrap_now(const struct sw_core *core, struct sw_arena *arena, struct sw_str sid, struct sw_str token,
			     struct sw_account *ret, bool *ret_created, struct sw_str *ret_why) SW_MUST_CHECK;

/** True when `caller` may act on `target`: itself or one of its subaccounts. */
static inline bool sw_account_may(const struct sw_account *caller, const struct sw_account *target)
{
	return sw_sid_eq(caller->sid, target->sid) || sw_sid_eq(caller->sid, target->owner);
}

#endif
