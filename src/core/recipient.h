/*
 * core/recipient.h - whom an account may write to: countries it did not switch off, and people who did not opt out.
 *
 * Both are seldom used and asked for every message, so each loop remembers for SW_CACHE_US which countries an account
 * switched off and whether anybody ever opted out; only then is the store asked about the recipient.
 *
 * Thread: tasks of any loop.
 */
#ifndef SW_CORE_RECIPIENT_H
#define SW_CORE_RECIPIENT_H

#include "core/account.h"

struct sw_consent {
	struct sw_str contact; /* E.164 */
	struct sw_str sender;  /* the account's number, or the SID of a messaging service */
	struct sw_str source;
	bool opted_out;
	int64_t said_us; /* when; a later word wins */
};

/** @return 0, 21408 (the country is switched off), 21610 (opted out), or a store error */
int sw_recipient_check_wait(struct sw_task *task, const struct sw_core *core, const struct sw_account *account,
			    struct sw_str sender, struct sw_str recipient) SW_MUST_CHECK;
/** Countries that the account switched off: ",DE,FR,". In the task's arena. */
int sw_geo_blocked_wait(struct sw_task *task, const struct sw_core *core, const struct sw_account *account,
			struct sw_str *ret) SW_MUST_CHECK;
/** Steps. Afterwards call sw_recipient_forget(). */
void sw_geo_set(struct sw_txn *txn, const struct sw_account *account, struct sw_str country, bool enabled);
void sw_consent_put(struct sw_txn *txn, const struct sw_account *account, const struct sw_consent *consent);
/** Where a contact is. */
void sw_contact_put(struct sw_txn *txn, const struct sw_account *account, struct sw_str contact, struct sw_str country,
		    struct sw_str zip_code);
void sw_recipient_forget(struct sw_task *task, const struct sw_account *account);

#endif
