/* What an SMSC delivers: receipts and inbound messages, each answered when it is stored. */
#include <stdlib.h>

#include "carrier/inbound.h"
#include "carrier/smpp/smpp_impl.h"
#include "wire/sms/udh.h"
#include "wire/smpp/coding.h"
#include "wire/smpp/receipt.h"

/* A request of the peer that is being stored. The bind may be lost meanwhile. */
struct owed {
	struct smpp_bind *bind;
	uint64_t connection;
	uint32_t command, sequence;
};

static void answer(struct smpp_bind *bind, const struct sw_smpp_pdu *pdu, uint32_t status)
{
	sw_smpp_session_respond(bind->session, pdu->command, pdu->sequence, status);
}

static void on_stored(void *arg, int err)
{
	struct owed *owed = arg;
	struct smpp_bind *bind = owed->bind;
	if (err)
		sw_count(&sw_carrier_smpp_metrics, SMPP_DEFERRED, 1);
	/* Not stored: it is offered again later (0x64 is temporary), or never taken when it cannot be. */
	uint32_t status = !err ? SW_SMPP_OK : err == SW_EINVAL ? SW_SMPP_RSYSERR : SW_SMPP_RX_T_APPN;
	if (bind->session && bind->connection == owed->connection)
		sw_smpp_session_respond(bind->session, owed->command, owed->sequence, status);
	free(owed);
}

static struct sw_completion completion_of(struct smpp_bind *bind, const struct sw_smpp_pdu *pdu)
{
	struct owed *owed = malloc(sizeof(*owed));
	SW_BUG_ON(!owed);
	*owed = (struct owed){ bind, bind->connection, pdu->command, pdu->sequence };
	return (struct sw_completion){ on_stored, owed };
}

/* ---- receipts ---- */

static void take_receipt(struct smpp_bind *bind, const struct sw_smpp_pdu *pdu)
{
	struct smpp *smpp = bind->smpp;
	const struct sw_smpp_sm *sm = &pdu->u.sm;
	struct sw_smpp_receipt receipt;
	sw_count(&sw_carrier_smpp_metrics, SMPP_RECEIPTS, 1);
	bool readable = sw_smpp_receipt(pdu, &receipt);
	bool intermediate = (sm->esm_class & SW_SMPP_ESM_TYPE) == SW_SMPP_ESM_INTERMEDIATE;
	if (readable && receipt.id.n && (intermediate || !sw_smpp_state_is_final(receipt.state))) {
		if (receipt.state == SW_SMPP_NO_STATE)
			smpp_complain(smpp, "a receipt with a state that is not known", "stat", receipt.stat);
		sw_count(&sw_carrier_smpp_metrics, SMPP_INTERMEDIATE, 1);
		answer(bind, pdu, SW_SMPP_OK);
		return;
	}
	if (!readable || !receipt.id.n) {
		sw_count(&sw_carrier_smpp_metrics, SMPP_BAD_RECEIPTS, 1);
		smpp_complain(smpp, "a receipt that names no message", "text", SW_STR_NULL);
		answer(bind, pdu, SW_SMPP_OK); /* again, it would say no more */
		return;
	}
	bool delivered = receipt.state == SW_SMPP_DELIVERED;
	const struct sw_report report = {
		.id = receipt.id,
		.from = sm->destination, /* a receipt goes the other way */
		.to = sm->source,
		.state = delivered ? SW_RECEIPT_DELIVERED : SW_RECEIPT_UNDELIVERED,
		.code = delivered ? 0 : smpp_receipt_code(&smpp->o, &receipt),
		.done_date = receipt.done_date,
	};
	sw_carrier_report(smpp->carrier, &report, completion_of(bind, pdu));
}

/* ---- inbound messages ---- */

/* Which part of which message; false when it is whole. */
static bool read_sar(const struct sw_smpp_pdu *pdu, struct sw_inbound_piece *piece)
{
	uint32_t reference, total, number;
	if (!sw_smpp_tlv_int(pdu, SW_SMPP_TAG_SAR_MSG_REF_NUM, &reference) ||
	    !sw_smpp_tlv_int(pdu, SW_SMPP_TAG_SAR_TOTAL_SEGMENTS, &total) ||
	    !sw_smpp_tlv_int(pdu, SW_SMPP_TAG_SAR_SEGMENT_SEQNUM, &number) || number == 0 || number > total)
		return false;
	piece->kind = SW_PIECE_SAR;
	piece->reference = (uint16_t)reference;
	piece->total = (uint8_t)total;
	piece->number = (uint8_t)number;
	return true;
}

static void read_udh(const struct sw_sms_udh *udh, struct sw_inbound_piece *piece)
{
	if (!udh->concat)
		return;
	piece->kind = udh->wide ? SW_PIECE_UDH16 : SW_PIECE_UDH8;
	piece->reference = udh->reference;
	piece->total = udh->total;
	piece->number = udh->part;
}

static void take_message(struct smpp_bind *bind, const struct sw_smpp_pdu *pdu)
{
	struct smpp *smpp = bind->smpp;
	const struct sw_smpp_sm *sm = &pdu->u.sm;
	struct sw_sms_udh udh = { 0 };
	struct sw_arena arena;
	struct sw_str octets = sm->short_message, payload = sw_smpp_tlv(pdu, SW_SMPP_TAG_MESSAGE_PAYLOAD);
	if (!octets.n && payload.p)
		octets = payload;
	sw_count(&sw_carrier_smpp_metrics, SMPP_INBOUND, 1);
	if (sm->esm_class & SW_SMPP_ESM_UDHI && sw_sms_udh_parse(octets, &udh)) {
		sw_count(&sw_carrier_smpp_metrics, SMPP_BAD_INBOUND, 1);
		smpp_complain(smpp, "an inbound message with a broken user data header", "from", sm->source);
		answer(bind, pdu, SW_SMPP_RINVESMCLASS);
		return;
	}
	sw_arena_init(&arena);
	struct sw_inbound_piece piece = {
		.from = sw_smpp_address_text(&arena, sm->source_ton, sm->source),
		.to = sw_smpp_address_text(&arena, sm->destination_ton, sm->destination),
		.charset = sw_smpp_charset(sm->data_coding, (enum sw_charset)smpp->o.charset0),
		.octets = sw_str_from(octets, udh.bytes),
		.whole = octets,
		.connection = bind->connection,
	};
	if (smpp->o.packed && piece.charset == SW_CHARSET_GSM7)
		piece.octets = sw_smpp_unpack(&arena, piece.octets, udh.bytes);
	if (!read_sar(pdu, &piece))
		read_udh(&udh, &piece);
	sw_inbound_take(smpp->carrier, &piece, completion_of(bind, pdu));
	sw_arena_done(&arena);
}

void smpp_deliver(struct smpp_bind *bind, const struct sw_smpp_pdu *pdu)
{
	uint8_t type = pdu->u.sm.esm_class & SW_SMPP_ESM_TYPE;
	/* Only the network says what is a receipt: a text that looks like one may come from anybody. */
	bool receipt = type == SW_SMPP_ESM_RECEIPT || type == SW_SMPP_ESM_INTERMEDIATE ||
		       sw_smpp_tlv(pdu, SW_SMPP_TAG_RECEIPTED_MESSAGE_ID).p;
	if (receipt)
		take_receipt(bind, pdu);
	else
		take_message(bind, pdu);
}
