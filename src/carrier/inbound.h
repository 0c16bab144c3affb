/*
 * carrier/inbound.h - inbound messages of networks that send them in parts: stored, joined, told once.
 *
 * A part is stored before it is acknowledged.  When all have come, the joined text goes to the sink, and the parts end
 * in the transaction that stores the message.  After ten minutes (wall clock, also over a restart) what has come goes
 * to the sink with code 30009.  A part that comes again replaces itself.
 *
 * Repetitions.  A network repeats what it got no answer to.  What comes within ten minutes over a later connection and
 * is the same in every octet, sender and recipient as something that came over an earlier one, in the last two minutes
 * of that one, is taken for such a repetition and dropped; on the same connection, the same text is a new message.
 *
 * Thread: the carrier's loop.
 */
#ifndef SW_CARRIER_INBOUND_H
#define SW_CARRIER_INBOUND_H

#include "carrier/carrier.h"
#include "wire/sms/charset.h"

enum sw_piece_kind { SW_PIECE_WHOLE, SW_PIECE_UDH8, SW_PIECE_UDH16, SW_PIECE_SAR };

/* Borrowed until sw_inbound_take() returns. */
struct sw_inbound_piece {
	struct sw_str from, to; /* as products write them: "+15005550006", "12345" */
	struct sw_str octets;   /* of the text, unpacked, without header */
	struct sw_str whole;    /* as they came: for telling repetitions */
	enum sw_charset charset;
	enum sw_piece_kind kind;
	uint16_t reference; /* of a part: */
	uint8_t total, number;
	uint64_t connection; /* never 0 */
};

enum sw_inbound_limit {
	SW_INBOUND_SETS_MAX = 4096,    /* messages of which parts are missing, for each carrier */
	SW_INBOUND_PIECES_MAX = 32768, /* parts stored; beyond either, the oldest message is told as it is */
	SW_INBOUND_SEEN_MAX = 16384,   /* messages remembered for telling repetitions */
};

/** @param done  err 0: stored, acknowledge it; negative: offer it again */
void sw_inbound_take(struct sw_carrier *carrier, const struct sw_inbound_piece *piece, struct sw_completion done);
/** Its last answers may not have arrived: what comes again is a repetition. */
void sw_inbound_connection_ended(struct sw_carrier *carrier, uint64_t connection);
/** For networks that name a message: the digest (struct sw_inbound) by which the same id within ten minutes is a
 * repetition; zero for an empty id. Thread: any. */
struct sw_id sw_inbound_digest_of_id(struct sw_arena *arena, const struct sw_carrier *carrier, struct sw_str id);

#endif
