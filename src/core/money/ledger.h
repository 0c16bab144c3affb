/*
 * core/money/ledger.h - money: a movement of the balance and its ledger row, always together.
 *
 * Amounts are micros of the account's currency.  A row is unique by (payer, sid, reason), so a message can be paid
 * and refunded once each.  The payer is the master account.
 */
#ifndef SW_CORE_MONEY_LEDGER_H
#define SW_CORE_MONEY_LEDGER_H

#include "core/account.h"

/* One movement: about what, why, how much (not negative), and the row of the price book that set it. */
struct sw_ledger_entry {
	struct sw_sid sid;
	const char *reason;
	int64_t micros;
	struct sw_sid price; /* absent: no price row made it */
	int64_t quantity;    /* of units; 0: not by units */
};

/** Take it from the payer; the guard fails with `code` when there is not enough. Nothing to pay adds no steps. */
void sw_ledger_debit(struct sw_txn *txn, const struct sw_account *spender, const struct sw_ledger_entry *entry,
		     int code);
/** Take it even when there is not enough: what arrived cannot be refused any more. */
void sw_ledger_charge(struct sw_txn *txn, const struct sw_account *spender, const struct sw_ledger_entry *entry);
/** Give it back or put it on the account. */
void sw_ledger_credit(struct sw_txn *txn, const struct sw_account *spender, const struct sw_ledger_entry *entry);
/** Balance of the account that pays for `account`. */
int sw_balance_wait(struct sw_task *task, const struct sw_core *core, const struct sw_account *account,
		    int64_t *ret_micros, struct sw_str *ret_currency) SW_MUST_CHECK;

#endif
