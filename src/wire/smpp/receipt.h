/*
 * wire/smpp/receipt.h - what a delivery receipt says (SMPP 3.4 appendix B and TLVs).
 *
 *	id:IIIIIIIIII sub:SSS dlvrd:DDD submit date:YYMMDDhhmm done date:YYMMDDhhmm stat:DDDDDDD err:E text:…
 *
 * Every vendor writes it a little differently: fields in any order and case, some missing, blanks where none should be.
 * What TLVs say weighs more than the text.  Thread: any.
 */
#ifndef SW_WIRE_SMPP_RECEIPT_H
#define SW_WIRE_SMPP_RECEIPT_H

#include "wire/smpp/smpp.h"

/* message_state (section 5.2.28; 0 and 9 from 5.0). */
enum sw_smpp_state {
	SW_SMPP_SCHEDULED,
	SW_SMPP_ENROUTE,
	SW_SMPP_DELIVERED,
	SW_SMPP_EXPIRED,
	SW_SMPP_DELETED,
	SW_SMPP_UNDELIVERABLE,
	SW_SMPP_ACCEPTED,
	SW_SMPP_UNKNOWN,
	SW_SMPP_REJECTED,
	SW_SMPP_SKIPPED,
	SW_SMPP_STATES,
	SW_SMPP_NO_STATE = -1, /* the receipt does not say */
};

/* Borrowed from the PDU; absent where the receipt says nothing. */
struct sw_smpp_receipt {
	struct sw_str id, sub, dlvrd, submit_date, done_date, stat, err, text;
	enum sw_smpp_state state;
	uint8_t network_type; /* of network_error_code; 0: there was none */
	uint16_t network_error;
};

/** Read the text of a receipt. @return false when it has neither an id nor a state: not a receipt's text */
bool sw_smpp_receipt_text(struct sw_str text, struct sw_smpp_receipt *ret);
/** The text of a deliver_sm or data_sm (message_payload too) and its TLVs. @return as above */
bool sw_smpp_receipt(const struct sw_smpp_pdu *pdu, struct sw_smpp_receipt *ret);
/** "DELIVRD", "undeliv" and their like. */
enum sw_smpp_state sw_smpp_state_of(struct sw_str stat);
/** "DELIVRD"; static; "" for no state */
const char *sw_smpp_state_name(enum sw_smpp_state state);
/** A state that another one follows: ENROUTE, ACCEPTD, SCHEDULED. */
bool sw_smpp_state_is_final(enum sw_smpp_state state);

#endif
