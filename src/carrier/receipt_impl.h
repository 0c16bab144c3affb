/* What the files of receipts share; on the carrier's loop. */
#ifndef SW_RECEIPT_IMPL_H
#define SW_RECEIPT_IMPL_H

#include "carrier/carrier_impl.h"

/* The id of a part of a message, as an answer named it. */
struct known {
	struct sw_list node;
	struct sw_ticket ticket;
	unsigned part, parts;
	enum sw_receipt_state told; /* stored: what comes again is a repetition */
	char id[SW_CARRIER_ID_MAX];
	char to[32]; /* digits; empty: not told */
};

/* A report on its way to the sink, or held until an answer names its id. */
struct orphan {
	struct sw_list node;
	struct sw_carrier *carrier;
	struct sw_receipt receipt;
	struct sw_completion done; /* fn NULL: acknowledged long ago */
	struct sw_timer again;
	int64_t since_us;                        /* wall */
	char forms[ID_FORMS][SW_CARRIER_ID_MAX]; /* empty: not a number of that kind */
	char from[32], to[32];
	bool held; /* in the maps, and in the store */
};

/* ---- receipt_find.c ---- */

/* An id read as a number of the other kind counts for this recipient: both addresses are digits. */
bool sw_receipt_form_fits(const struct receipt_book *book, const char *told, const char *kept);
/* In memory; NULL: not there. sure: the store has been asked for the id as it stands. */
struct known *sw_receipt_find_known(struct receipt_book *book, const struct orphan *orphan, bool sure);
/* Its receipt is about that part of that message. */
void sw_receipt_address(struct orphan *orphan, const struct sw_ticket *ticket, const char *id, unsigned part,
			unsigned parts);
/* Find its message and address it. again: it was held. @return 0, SW_ENOTFOUND or a store error */
int sw_receipt_find_wait(struct sw_task *task, struct orphan *orphan, bool again) SW_MUST_CHECK;

#endif
