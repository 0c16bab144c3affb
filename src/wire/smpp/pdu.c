/* Commands are tables of fields; one function reads by them, one writes. */
#include "base/buf.h"
#include "wire/smpp/smpp.h"

enum kind { U8, CSTR, SHORT_MESSAGE };

struct field {
	const char *name;
	enum kind kind;
	uint8_t max; /* CSTR: octets with the NUL */
	uint16_t at;
	uint32_t status; /* to answer a breach with */
};

#define OF(member) offsetof(struct sw_smpp_pdu, u.member)
#define TEXT(name_, max_, member, status_)             \
	{                                              \
		name_, CSTR, max_, OF(member), status_ \
	}
#define OCTET(name_, member)                                 \
	{                                                    \
		name_, U8, 1, OF(member), SW_SMPP_RINVCMDLEN \
	}

/*
 * Section 4.1; the sizes are those of section 5.2, but that carriers hand out longer names than 15 and longer passwords
 * than 8 characters.
 */
static const struct field bind_fields[] = {
	TEXT("system_id", SW_SMPP_CREDENTIAL_MAX_BYTES + 1, bind.system_id, SW_SMPP_RINVSYSID),
	TEXT("password", SW_SMPP_CREDENTIAL_MAX_BYTES + 1, bind.password, SW_SMPP_RINVPASWD),
	TEXT("system_type", 13, bind.system_type, SW_SMPP_RINVSYSTYP),
	OCTET("interface_version", bind.interface_version),
	OCTET("addr_ton", bind.addr_ton),
	OCTET("addr_npi", bind.addr_npi),
	TEXT("address_range", 41, bind.address_range, SW_SMPP_RINVPARLEN),
};

static const struct field bind_resp_fields[] = {
	TEXT("system_id", SW_SMPP_CREDENTIAL_MAX_BYTES + 1, name, SW_SMPP_RINVSYSID),
};

/* Sections 4.4.1 and 4.6.1. */
static const struct field sm_fields[] = {
	TEXT("service_type", 6, sm.service_type, SW_SMPP_RINVSERTYP),
	OCTET("source_addr_ton", sm.source_ton),
	OCTET("source_addr_npi", sm.source_npi),
	TEXT("source_addr", 21, sm.source, SW_SMPP_RINVSRCADR),
	OCTET("dest_addr_ton", sm.destination_ton),
	OCTET("dest_addr_npi", sm.destination_npi),
	TEXT("destination_addr", 21, sm.destination, SW_SMPP_RINVDSTADR),
	OCTET("esm_class", sm.esm_class),
	OCTET("protocol_id", sm.protocol_id),
	OCTET("priority_flag", sm.priority_flag),
	TEXT("schedule_delivery_time", 17, sm.schedule_delivery_time, SW_SMPP_RINVSCHED),
	TEXT("validity_period", 17, sm.validity_period, SW_SMPP_RINVEXPIRY),
	OCTET("registered_delivery", sm.registered_delivery),
	OCTET("replace_if_present_flag", sm.replace_if_present),
	OCTET("data_coding", sm.data_coding),
	OCTET("sm_default_msg_id", sm.sm_default_msg_id),
	{ "short_message", SHORT_MESSAGE, SW_SMPP_SHORT_MAX_BYTES, OF(sm.short_message), SW_SMPP_RINVMSGLEN },
};

static const struct field sm_resp_fields[] = {
	TEXT("message_id", SW_SMPP_ID_MAX_BYTES + 1, name, SW_SMPP_RINVMSGID),
};

/* Section 4.7.1. */
static const struct field data_fields[] = {
	TEXT("service_type", 6, sm.service_type, SW_SMPP_RINVSERTYP),
	OCTET("source_addr_ton", sm.source_ton),
	OCTET("source_addr_npi", sm.source_npi),
	TEXT("source_addr", 65, sm.source, SW_SMPP_RINVSRCADR),
	OCTET("dest_addr_ton", sm.destination_ton),
	OCTET("dest_addr_npi", sm.destination_npi),
	TEXT("destination_addr", 65, sm.destination, SW_SMPP_RINVDSTADR),
	OCTET("esm_class", sm.esm_class),
	OCTET("registered_delivery", sm.registered_delivery),
	OCTET("data_coding", sm.data_coding),
};

/* Section 4.8. */
static const struct field query_fields[] = {
	TEXT("message_id", SW_SMPP_ID_MAX_BYTES + 1, query.message_id, SW_SMPP_RINVMSGID),
	OCTET("source_addr_ton", query.source_ton),
	OCTET("source_addr_npi", query.source_npi),
	TEXT("source_addr", 21, query.source, SW_SMPP_RINVSRCADR),
};

static const struct field query_resp_fields[] = {
	TEXT("message_id", SW_SMPP_ID_MAX_BYTES + 1, queried.message_id, SW_SMPP_RINVMSGID),
	TEXT("final_date", 17, queried.final_date, SW_SMPP_RINVPARLEN),
	OCTET("message_state", queried.message_state),
	OCTET("error_code", queried.error_code),
};

#undef TEXT
#undef OCTET
#undef OF

static const struct shape {
	uint32_t command;
	const char *name;
	const struct field *field;
	unsigned n;
	bool bare_error; /* an error is written without a body */
	bool ignored;    /* its body is not looked at */
} shapes[] = {
#define FIELDS(table) table, SW_COUNTOF(table)
	{ SW_SMPP_SUBMIT_SM | SW_SMPP_RESP, "submit_sm_resp", FIELDS(sm_resp_fields), .bare_error = true },
	{ SW_SMPP_DELIVER_SM, "deliver_sm", FIELDS(sm_fields) },
	{ SW_SMPP_SUBMIT_SM, "submit_sm", FIELDS(sm_fields) },
	{ SW_SMPP_DELIVER_SM | SW_SMPP_RESP, "deliver_sm_resp", FIELDS(sm_resp_fields) },
	{ SW_SMPP_ENQUIRE_LINK, "enquire_link" },
	{ SW_SMPP_ENQUIRE_LINK | SW_SMPP_RESP, "enquire_link_resp", .ignored = true },
	{ (uint32_t)SW_SMPP_GENERIC_NACK, "generic_nack", .ignored = true },
	{ SW_SMPP_BIND_TRANSCEIVER, "bind_transceiver", FIELDS(bind_fields) },
	{ SW_SMPP_BIND_TRANSMITTER, "bind_transmitter", FIELDS(bind_fields) },
	{ SW_SMPP_BIND_RECEIVER, "bind_receiver", FIELDS(bind_fields) },
	{ SW_SMPP_BIND_TRANSCEIVER | SW_SMPP_RESP, "bind_transceiver_resp", FIELDS(bind_resp_fields),
	  .bare_error = true },
	{ SW_SMPP_BIND_TRANSMITTER | SW_SMPP_RESP, "bind_transmitter_resp", FIELDS(bind_resp_fields),
	  .bare_error = true },
	{ SW_SMPP_BIND_RECEIVER | SW_SMPP_RESP, "bind_receiver_resp", FIELDS(bind_resp_fields), .bare_error = true },
	{ SW_SMPP_UNBIND, "unbind" },
	{ SW_SMPP_UNBIND | SW_SMPP_RESP, "unbind_resp", .ignored = true },
	{ SW_SMPP_DATA_SM, "data_sm", FIELDS(data_fields) },
	{ SW_SMPP_DATA_SM | SW_SMPP_RESP, "data_sm_resp", FIELDS(sm_resp_fields), .bare_error = true },
	{ SW_SMPP_QUERY_SM, "query_sm", FIELDS(query_fields) },
	{ SW_SMPP_QUERY_SM | SW_SMPP_RESP, "query_sm_resp", FIELDS(query_resp_fields), .bare_error = true },
	{ SW_SMPP_OUTBIND, "outbind", .ignored = true },
	{ SW_SMPP_ALERT_NOTIFICATION, "alert_notification", .ignored = true },
#undef FIELDS
};

static const struct shape *shape_of(uint32_t command)
{
	for (size_t i = 0; i < SW_COUNTOF(shapes); i++)
		if (shapes[i].command == command)
			return &shapes[i];
	return NULL;
}

const char *sw_smpp_command_name(uint32_t command)
{
	const struct shape *shape = shape_of(command);
	return shape ? shape->name : "unknown";
}

static int fault(struct sw_smpp_fault *ret, uint32_t status, const char *field, const char *why)
{
	*ret = (struct sw_smpp_fault){ status, field, why };
	return SW_EINVAL;
}

/* ---- reading ---- */

static uint32_t get32(const char *p)
{
	const uint8_t *b = (const uint8_t *)p;
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

int sw_smpp_frame(struct sw_str input, size_t *ret_bytes, struct sw_smpp_fault *ret_fault)
{
	if (input.n < 4)
		return SW_EMORE;
	uint32_t length = get32(input.p);
	if (length < SW_SMPP_HEADER_BYTES)
		return fault(ret_fault, SW_SMPP_RINVCMDLEN, "command_length", "less than a header");
	if (length > SW_SMPP_PDU_MAX_BYTES)
		return fault(ret_fault, SW_SMPP_RINVCMDLEN, "command_length", "more than any PDU needs");
	if (input.n < length)
		return SW_EMORE;
	*ret_bytes = length;
	return 0;
}

static int read_cstr(const struct field *field, struct sw_str *body, struct sw_str *ret,
		     struct sw_smpp_fault *ret_fault)
{
	size_t look = body->n < field->max ? body->n : field->max;
	const char *end = memchr(body->p, 0, look);
	if (!end && look < field->max)
		return fault(ret_fault, SW_SMPP_RINVCMDLEN, field->name, "the PDU ends within it");
	if (!end)
		return fault(ret_fault, field->status, field->name, "longer than it may be, or not ended by a NUL");
	*ret = (struct sw_str){ body->p, (size_t)(end - body->p) };
	*body = sw_str_from(*body, ret->n + 1);
	return 0;
}

static int read_field(const struct field *field, struct sw_str *body, struct sw_smpp_pdu *pdu,
		      struct sw_smpp_fault *ret_fault)
{
	void *at = (char *)pdu + field->at;
	if (field->kind == CSTR)
		return read_cstr(field, body, at, ret_fault);
	if (!body->n)
		return fault(ret_fault, SW_SMPP_RINVCMDLEN, field->name, "the PDU ends before it");
	uint8_t octet = (uint8_t)body->p[0];
	*body = sw_str_from(*body, 1);
	if (field->kind == U8) {
		*(uint8_t *)at = octet;
		return 0;
	}
	if (octet > body->n)
		return fault(ret_fault, field->status, "sm_length", "more than the PDU holds");
	*(struct sw_str *)at = sw_str_sub(*body, 0, octet);
	*body = sw_str_from(*body, octet);
	return 0;
}

int sw_smpp_decode(struct sw_str bytes, struct sw_smpp_pdu *ret, struct sw_smpp_fault *ret_fault)
{
	SW_BUG_ON(bytes.n < SW_SMPP_HEADER_BYTES);
	*ret = (struct sw_smpp_pdu){ .command = get32(bytes.p + 4),
				     .status = get32(bytes.p + 8),
				     .sequence = get32(bytes.p + 12) };
	const struct shape *shape = shape_of(ret->command);
	struct sw_str body = sw_str_from(bytes, SW_SMPP_HEADER_BYTES);
	if (!shape) {
		fault(ret_fault, SW_SMPP_RINVCMDID, "command_id", "unknown, or none that is sent to a client");
		return SW_EUNSUPPORTED;
	}
	if (shape->ignored || (!body.n && ret->command & SW_SMPP_RESP))
		return 0;
	for (unsigned i = 0; i < shape->n; i++) {
		int err = read_field(&shape->field[i], &body, ret, ret_fault);
		if (err)
			return err;
	}
	ret->tlvs = body;
	return sw_smpp_tlvs_check(body, ret_fault);
}

/* ---- writing ---- */

static char *put32(char *p, uint32_t v)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		*p++ = (char)(v >> shift);
	return p;
}

static int write_field(const struct field *field, const struct sw_smpp_pdu *pdu, char **at,
		       struct sw_smpp_fault *ret_fault)
{
	const void *from = (const char *)pdu + field->at;
	const struct sw_str *text = from;
	if (field->kind == U8) {
		*(*at)++ = (char)*(const uint8_t *)from;
		return 0;
	}
	bool cstr = field->kind == CSTR;
	if (text->n + cstr > field->max)
		return fault(ret_fault, field->status, field->name, "longer than it may be");
	if (cstr && text->n && memchr(text->p, 0, text->n))
		return fault(ret_fault, field->status, field->name, "contains a NUL");
	if (!cstr)
		*(*at)++ = (char)text->n;
	if (text->n)
		memcpy(*at, text->p, text->n);
	*at += text->n;
	if (cstr)
		*(*at)++ = 0;
	return 0;
}

int sw_smpp_encode(struct sw_buf *out, const struct sw_smpp_pdu *pdu, struct sw_smpp_fault *ret_fault)
{
	enum { FIELDS_MAX_BYTES = 600 }; /* of any command, all texts at their longest */
	const struct shape *shape = shape_of(pdu->command);
	SW_BUG_ON(!shape);
	bool bare = shape->bare_error && pdu->status;
	if (pdu->tlvs.n > SW_SMPP_PDU_MAX_BYTES - SW_SMPP_HEADER_BYTES - FIELDS_MAX_BYTES)
		return fault(ret_fault, SW_SMPP_RINVCMDLEN, "command_length", "more than any PDU needs");
	char *start = sw_buf_reserve(out, SW_SMPP_HEADER_BYTES + FIELDS_MAX_BYTES + pdu->tlvs.n);
	char *at = start + SW_SMPP_HEADER_BYTES;
	for (unsigned i = 0; i < shape->n && !bare; i++) {
		int err = write_field(&shape->field[i], pdu, &at, ret_fault);
		if (err)
			return err;
	}
	if (pdu->tlvs.n && !bare) {
		memcpy(at, pdu->tlvs.p, pdu->tlvs.n);
		at += pdu->tlvs.n;
	}
	char *head = put32(start, (uint32_t)(at - start));
	head = put32(head, pdu->command);
	head = put32(head, pdu->status);
	put32(head, pdu->sequence);
	out->n += (size_t)(at - start);
	return 0;
}
