/*
 * core/ledger.h - money: a guarded debit and its ledger row, always together.
 *
 * Amounts are micros of the account's currency.  A row is unique by (payer, sid, reason), so a message can be paid
 * and refunded once each.  The payer is the master account.
 */
#ifndef SW_CORE_LEDGER_H
#define SW_CORE_LEDGER_H

#include "core/account.h"

/** Take micros (> 0) from the payer; the guard fails with `code` when there is not enough. Zero adds no steps. */
void sw_ledger_debit(struct sw_txn *txn, const struct sw_account *spender, struct sw_sid sid, const char *reason,
		     int64_t micros, int code);
/** Give micros (> 0) back or put them on the account. */
void sw_ledger_credit(struct sw_txn *txn, const struct sw_account *spender, struct sw_sid sid, const char *reason,
		      int64_t micros);
/** Balance of the account that pays for `account`. */
int sw_balance_wait(struct sw_task *task, const struct sw_core *core, const struct sw_account *account,
		    int64_t *ret_micros, struct sw_str *ret_currency) SW_MUST_CHECK;

#endif
