/*
 * wire/smpp/smpp.h - SMPP 3.4 PDUs (5.0 accepted): bytes to structs and back.
 *
 * A PDU is a header of 16 octets, the mandatory fields of its command and tagged values (TLVs).  Decoding copies
 * nothing: the texts of a struct borrow the bytes that were given.  Each breach of the specification is a fault that
 * names the field and the command_status to answer with; a known TLV of a wrong size is one, an unknown TLV is passed
 * over.
 *
 * Source: "Short Message Peer to Peer Protocol Specification v3.4", issue 1.2, sections 4 and 5; v5.0 for its further
 * states and codes.  Thread: any.
 */
#ifndef SW_WIRE_SMPP_SMPP_H
#define SW_WIRE_SMPP_SMPP_H

#include "base/str.h"

struct sw_buf;

enum sw_smpp_limit {
	SW_SMPP_HEADER_BYTES = 16,
	SW_SMPP_PDU_MAX_BYTES = 72 * 1024, /* a message_payload of 64 KB with all that may stand around it */
	SW_SMPP_SHORT_MAX_BYTES = 254,     /* short_message; 5.0 has 255, which is read and not written */
	SW_SMPP_ID_MAX_BYTES = 64,         /* message_id */
	SW_SMPP_CREDENTIAL_MAX_BYTES = 64, /* system_id and password; the specification has 15 and 8 */
	SW_SMPP_SEQUENCE_MAX = 0x7FFFFFFF,
};

enum sw_smpp_command {
	SW_SMPP_GENERIC_NACK = (int)0x80000000,
	SW_SMPP_BIND_RECEIVER = 0x01,
	SW_SMPP_BIND_TRANSMITTER = 0x02,
	SW_SMPP_QUERY_SM = 0x03,
	SW_SMPP_SUBMIT_SM = 0x04,
	SW_SMPP_DELIVER_SM = 0x05,
	SW_SMPP_UNBIND = 0x06,
	SW_SMPP_BIND_TRANSCEIVER = 0x09,
	SW_SMPP_OUTBIND = 0x0B,
	SW_SMPP_ENQUIRE_LINK = 0x15,
	SW_SMPP_ALERT_NOTIFICATION = 0x102,
	SW_SMPP_DATA_SM = 0x103,
};
#define SW_SMPP_RESP 0x80000000u /* the bit of a response's command_id */

/* Values of command_status that the program itself answers or acts on; all names are in sw_smpp_statuses. */
enum sw_smpp_status {
	SW_SMPP_OK = 0x00,
	SW_SMPP_RINVMSGLEN = 0x01,
	SW_SMPP_RINVCMDLEN = 0x02,
	SW_SMPP_RINVCMDID = 0x03,
	SW_SMPP_RINVBNDSTS = 0x04,
	SW_SMPP_RALYBND = 0x05,
	SW_SMPP_RSYSERR = 0x08,
	SW_SMPP_RINVSRCADR = 0x0A,
	SW_SMPP_RINVDSTADR = 0x0B,
	SW_SMPP_RINVMSGID = 0x0C,
	SW_SMPP_RBINDFAIL = 0x0D,
	SW_SMPP_RINVPASWD = 0x0E,
	SW_SMPP_RINVSYSID = 0x0F,
	SW_SMPP_RMSGQFUL = 0x14,
	SW_SMPP_RINVSERTYP = 0x15,
	SW_SMPP_RINVESMCLASS = 0x43,
	SW_SMPP_RSUBMITFAIL = 0x45,
	SW_SMPP_RINVSYSTYP = 0x53,
	SW_SMPP_RTHROTTLED = 0x58,
	SW_SMPP_RINVSCHED = 0x61,
	SW_SMPP_RINVEXPIRY = 0x62,
	SW_SMPP_RX_T_APPN = 0x64,
	SW_SMPP_RINVOPTPARSTREAM = 0xC0,
	SW_SMPP_RINVPARLEN = 0xC2,
	SW_SMPP_RINVOPTPARAMVAL = 0xC4,
	SW_SMPP_RUNKNOWNERR = 0xFF,
};

enum sw_smpp_tag {
	SW_SMPP_TAG_SOURCE_PORT = 0x020A,
	SW_SMPP_TAG_SAR_MSG_REF_NUM = 0x020C,
	SW_SMPP_TAG_SAR_TOTAL_SEGMENTS = 0x020E,
	SW_SMPP_TAG_SAR_SEGMENT_SEQNUM = 0x020F,
	SW_SMPP_TAG_SC_INTERFACE_VERSION = 0x0210,
	SW_SMPP_TAG_NETWORK_ERROR_CODE = 0x0423,
	SW_SMPP_TAG_MESSAGE_PAYLOAD = 0x0424,
	SW_SMPP_TAG_MESSAGE_STATE = 0x0427,
	SW_SMPP_TAG_RECEIPTED_MESSAGE_ID = 0x001E,
};

/* esm_class (section 5.2.12) */
#define SW_SMPP_ESM_TYPE 0x3C    /* what a deliver_sm is: */
#define SW_SMPP_ESM_RECEIPT 0x04 /* a delivery receipt */
#define SW_SMPP_ESM_INTERMEDIATE 0x20
#define SW_SMPP_ESM_UDHI 0x40 /* a user data header stands in front of the text */

struct sw_smpp_bind {
	struct sw_str system_id, password, system_type, address_range;
	uint8_t interface_version, addr_ton, addr_npi;
};

/* submit_sm, deliver_sm, data_sm (which has no short_message and leaves what it lacks at 0). */
struct sw_smpp_sm {
	struct sw_str service_type, source, destination, schedule_delivery_time, validity_period;
	struct sw_str short_message;
	uint8_t source_ton, source_npi, destination_ton, destination_npi;
	uint8_t esm_class, protocol_id, priority_flag, registered_delivery, replace_if_present, data_coding;
	uint8_t sm_default_msg_id;
};

struct sw_smpp_query {
	struct sw_str message_id, source;
	uint8_t source_ton, source_npi;
};

struct sw_smpp_queried {
	struct sw_str message_id, final_date;
	uint8_t message_state, error_code;
};

struct sw_smpp_pdu {
	uint32_t command, status, sequence;
	union {
		struct sw_smpp_bind bind;       /* bind_* */
		struct sw_smpp_sm sm;           /* submit_sm, deliver_sm, data_sm */
		struct sw_smpp_query query;     /* query_sm */
		struct sw_smpp_queried queried; /* query_sm_resp */
		struct sw_str name;             /* system_id of bind_*_resp, message_id of *_sm_resp */
	} u;
	struct sw_str tlvs; /* as they stand on the wire; read with sw_smpp_tlv() */
};

/* What is wrong with a PDU. */
struct sw_smpp_fault {
	uint32_t status;   /* command_status to answer with */
	const char *field; /* static */
	const char *why;   /* static */
};

/**
 * How long is the first PDU of what was read?
 * @return 0 and its length; SW_EMORE (not whole yet); SW_EINVAL (a length that cannot be: the framing is lost)
 */
int sw_smpp_frame(struct sw_str input, size_t *ret_bytes, struct sw_smpp_fault *ret_fault) SW_MUST_CHECK;
/**
 * One whole PDU.  The header is set in ret whatever comes of the rest.
 * @return 0, SW_EUNSUPPORTED (unknown command: generic_nack), SW_EINVAL; both with the fault
 */
int sw_smpp_decode(struct sw_str bytes, struct sw_smpp_pdu *ret, struct sw_smpp_fault *ret_fault) SW_MUST_CHECK;
/** Append a PDU. @return 0, SW_EINVAL (a field that does not fit; nothing is appended) */
int sw_smpp_encode(struct sw_buf *out, const struct sw_smpp_pdu *pdu, struct sw_smpp_fault *ret_fault) SW_MUST_CHECK;

/** "submit_sm_resp"; static; "unknown" */
const char *sw_smpp_command_name(uint32_t command);

/* ---- TLVs ---- */

/** Find a TLV by tag. @return its value; absent when there is none. */
struct sw_str sw_smpp_tlv(const struct sw_smpp_pdu *pdu, uint16_t tag);
/** An integer of 1, 2 or 4 octets. @return false when there is none */
bool sw_smpp_tlv_int(const struct sw_smpp_pdu *pdu, uint16_t tag, uint32_t *ret);
/** Append one TLV, for pdu->tlvs. value.n is at most 65535. */
void sw_smpp_tlv_add(struct sw_buf *tlvs, uint16_t tag, struct sw_str value);
void sw_smpp_tlv_add_int(struct sw_buf *tlvs, uint16_t tag, uint32_t value, unsigned octets);
/** @return 0, SW_EINVAL (a stream that ends within a TLV, or a known one of a wrong size) */
int sw_smpp_tlvs_check(struct sw_str tlvs, struct sw_smpp_fault *ret_fault) SW_MUST_CHECK;

/* ---- command_status ---- */

struct sw_smpp_status_row {
	uint32_t status;
	const char *name; /* "ESME_RTHROTTLED" */
	const char *text; /* one sentence */
};
/* By status, ascending; docs are made from it. */
extern const struct sw_smpp_status_row sw_smpp_statuses[];
extern const unsigned sw_smpp_statuses_n;
/** "ESME_RTHROTTLED"; static; "?" when the table lacks it */
const char *sw_smpp_status_name(uint32_t status);

/* ---- addresses (section 5.2.5) ---- */

struct sw_smpp_address {
	uint8_t ton, npi;
	struct sw_str digits; /* borrowed */
};

enum { SW_SMPP_SHORT_CODE_MAX_DIGITS = 8, SW_SMPP_SENDER_MAX_CHARACTERS = 11 };

/**
 * "+15005550006" is 1/1 without the plus, digits alone up to 8 a short code 3/0, longer ones 1/1, anything else an
 * alphanumeric sender 5/0.
 * @return 0, SW_EINVAL (empty, or more than 11 characters or none of the GSM alphabet)
 */
int sw_smpp_address(struct sw_str text, struct sw_smpp_address *ret) SW_MUST_CHECK;
/** The way back: with a plus when the number is international; in the arena. */
struct sw_str sw_smpp_address_text(struct sw_arena *arena, uint8_t ton, struct sw_str digits);

#endif
