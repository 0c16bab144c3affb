/*
 * pdu.h - SMPP 3.4 and 5.0 bytes, both ways.
 *
 * Written from the specification and apart from src/wire/smpp, so that the two check each other.
 */
#ifndef SMSC_PDU_H
#define SMSC_PDU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	HEADER_BYTES = 16,
	PDU_BYTES_MAX = 128 * 1024, /* message_payload is at most 64 KiB */
	ADDRESS_MAX = 65,           /* with its NUL, in data_sm; 21 elsewhere */
};

#define RESPONSE 0x80000000u
enum {
	CMD_BIND_RECEIVER = 0x01,
	CMD_BIND_TRANSMITTER = 0x02,
	CMD_QUERY_SM = 0x03,
	CMD_SUBMIT_SM = 0x04,
	CMD_DELIVER_SM = 0x05,
	CMD_UNBIND = 0x06,
	CMD_REPLACE_SM = 0x07,
	CMD_CANCEL_SM = 0x08,
	CMD_BIND_TRANSCEIVER = 0x09,
	CMD_ENQUIRE_LINK = 0x15,
	CMD_SUBMIT_MULTI = 0x21,
	CMD_DATA_SM = 0x103,
	CMD_GENERIC_NACK = 0, /* with RESPONSE */
};

/* SMPP 3.4, 5.1.3 */
enum {
	ESME_ROK = 0x00,
	ESME_RINVMSGLEN = 0x01,
	ESME_RINVCMDLEN = 0x02,
	ESME_RINVCMDID = 0x03,
	ESME_RINVBNDSTS = 0x04,
	ESME_RALYBND = 0x05,
	ESME_RSYSERR = 0x08,
	ESME_RINVMSGID = 0x0C,
	ESME_RBINDFAIL = 0x0D,
	ESME_RINVPASWD = 0x0E,
	ESME_RINVSYSID = 0x0F,
	ESME_RCANCELFAIL = 0x11,
	ESME_RREPLACEFAIL = 0x13,
	ESME_RMSGQFUL = 0x14,
	ESME_RTHROTTLED = 0x58,
	ESME_RX_T_APPN = 0x64,
	ESME_RINVOPTPARSTREAM = 0xC0,
	ESME_RINVPARLEN = 0xC2,
};

enum {
	TLV_RECEIPTED_MESSAGE_ID = 0x001E,
	TLV_SAR_REFERENCE = 0x020C,
	TLV_SAR_TOTAL = 0x020E,
	TLV_SAR_NUMBER = 0x020F,
	TLV_SC_INTERFACE_VERSION = 0x0210,
	TLV_NETWORK_ERROR = 0x0423,
	TLV_MESSAGE_PAYLOAD = 0x0424,
	TLV_MESSAGE_STATE = 0x0427,
};

enum { ESM_UDH = 0x40, ESM_RECEIPT = 0x04 };

/* ---- writing ---- */

/* Bytes between start and end; grows at the end, is used up at the start. */
struct buffer {
	uint8_t *at;
	size_t start, end, size;
};

void buffer_free(struct buffer *b);
/** Room for n more bytes at the end. */
uint8_t *buffer_room(struct buffer *b, size_t n);
void put_bytes(struct buffer *b, const void *bytes, size_t n);
void put_u8(struct buffer *b, unsigned v);
void put_u16(struct buffer *b, unsigned v);
void put_u32(struct buffer *b, uint32_t v);
/** A C-octet string, with its NUL. */
void put_text(struct buffer *b, const char *text);
void put_tlv(struct buffer *b, unsigned tag, const void *value, size_t n);
/** Everything between begin and end is the body. @return what end wants */
size_t pdu_begin(struct buffer *b, uint32_t command, uint32_t status, uint32_t sequence);
void pdu_end(struct buffer *b, size_t begin);

/* ---- reading ---- */

struct reader {
	const uint8_t *at, *end;
	bool bad; /* something was missing */
};

uint32_t get_uint(struct reader *r, unsigned bytes);
/** A C-octet string of at most size - 1 characters. */
void get_text(struct reader *r, char *to, size_t size);
const uint8_t *get_bytes(struct reader *r, size_t n);
/** The next TLV. @return false at the end, and when it is cut off (r->bad) */
bool get_tlv(struct reader *r, unsigned *tag, struct reader *value);

struct header {
	uint32_t length, command, status, sequence;
};
void header_read(struct header *h, const uint8_t *at);

struct address {
	uint8_t ton, npi;
	char text[ADDRESS_MAX];
};

/* submit_sm or data_sm; points into the PDU. */
struct short_message {
	char service[6];
	struct address from, to;
	unsigned esm_class, protocol, priority, registered, replace, data_coding, template;
	char schedule[17], validity[17];
	const uint8_t *text; /* with its header */
	size_t text_bytes;
	bool payload;       /* it came as message_payload */
	struct reader tlvs; /* all of them, checked */
	/* of parts: 0 when it is the whole */
	unsigned reference, total, number;
	bool sar;
};

/** @return 0 or the status to refuse it with */
uint32_t short_message_read(struct short_message *m, unsigned command, const uint8_t *body, size_t n);

#endif
