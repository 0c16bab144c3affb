/*
 * core/auth/delegation.h - accounts that let another account act for them, through an application of the other one.
 *
 * Asked only when an account calls for one that is neither itself nor its subaccount.
 * Thread: tasks of any loop.
 */
#ifndef SW_CORE_AUTH_DELEGATION_H
#define SW_CORE_AUTH_DELEGATION_H

#include "core/account.h"

/** Steps: `account` lets `to` read, and change when may_write, until it is dropped. */
void sw_delegation_put(struct sw_txn *txn, const struct sw_account *account, struct sw_sid to, struct sw_sid app,
		       bool may_write);
void sw_delegation_drop(struct sw_txn *txn, const struct sw_account *account, struct sw_sid to, struct sw_sid app);
/** @return 0 (it may), SW_EPERM, or a store error */
int sw_delegation_check_wait(struct sw_task *task, const struct sw_core *core, const struct sw_account *account,
			     struct sw_sid to, bool writes) SW_MUST_CHECK;

#endif
