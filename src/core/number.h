/*
 * core/number.h - the phone numbers and short codes that accounts own: what every send and every inbound message asks
 * for. The HTTP surface (IncomingPhoneNumbers) is product/number.
 *
 * `config` is the JSON document of the number's URLs and methods, read and written by product/number's fields.
 */
#ifndef SW_CORE_NUMBER_H
#define SW_CORE_NUMBER_H

#include "core/account.h"

/* Numbers begin with +, short codes with a digit: so they stand apart in the order of their texts. */
#define SW_SHORT_CODES_FROM "0"
#define SW_SENDER_NAMES_FROM "A" /* and names of senders with a letter */

struct sw_number {
	struct sw_sid sid, account;
	struct sw_str phone_number, friendly_name, config;
	bool can_sms, can_mms, can_voice;
	int64_t version, created_us, updated_us;
};

/** The kind of SID that a number (PN), a short code (SC) or a name (AI) has. */
const char *sw_number_kind(struct sw_str phone_number);
/** Steps that give an account a number, with every capability; its directory row keeps it unique. Guard: SW_EEXIST.
 * @return its SID */
struct sw_sid sw_number_insert(struct sw_arena *arena, struct sw_txn *txn, const struct sw_account *account,
			       struct sw_str phone_number);
/** The same for any sender under a SID of its kind and with a name (absent: its own digits); taken: the code when
 * somebody has it. */
struct sw_number sw_number_add(struct sw_arena *arena, struct sw_txn *txn, const struct sw_account *account,
			       struct sw_sid sid, struct sw_str phone_number, struct sw_str friendly_name, int taken);
/** Steps that take it away from its account. Guard: SW_ENOTFOUND. */
void sw_number_remove(struct sw_txn *txn, const struct sw_number *number, const struct sw_account *account);
/** A number of this account; cached (core/cache.h). @return 0, SW_ENOTFOUND or a store error */
int sw_number_find_wait(struct sw_task *task, const struct sw_core *core, const struct sw_account *account,
			struct sw_str phone_number, struct sw_number *ret) SW_MUST_CHECK;
/** After changing it here. */
void sw_number_forget(struct sw_arena *arena, const struct sw_account *account, struct sw_str phone_number);
int sw_number_get_wait(struct sw_task *task, const struct sw_core *core, const struct sw_account *account,
		       struct sw_sid sid, struct sw_number *ret) SW_MUST_CHECK;
void sw_number_read(struct sw_row row, struct sw_number *ret);

#endif
