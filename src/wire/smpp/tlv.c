#include "base/buf.h"
#include "wire/smpp/smpp.h"

/* Section 5.3.2: tag, name and size; those whose size a PDU is checked for. */
static const struct tag {
	uint16_t tag;
	const char *name;
	enum { INT, OCTETS, CSTRING } kind;
	uint16_t min, max; /* octets of the value */
} tags[] = {
	{ 0x0005, "dest_addr_subunit", INT, 1, 1 },
	{ 0x0006, "dest_network_type", INT, 1, 1 },
	{ 0x0007, "dest_bearer_type", INT, 1, 1 },
	{ 0x0008, "dest_telematics_id", INT, 1, 2 },
	{ 0x000D, "source_addr_subunit", INT, 1, 1 },
	{ 0x000E, "source_network_type", INT, 1, 1 },
	{ 0x000F, "source_bearer_type", INT, 1, 1 },
	{ 0x0010, "source_telematics_id", INT, 1, 2 },
	{ 0x0017, "qos_time_to_live", INT, 4, 4 },
	{ 0x0019, "payload_type", INT, 1, 1 },
	{ 0x001D, "additional_status_info_text", CSTRING, 1, 256 },
	{ SW_SMPP_TAG_RECEIPTED_MESSAGE_ID, "receipted_message_id", CSTRING, 1, 65 },
	{ 0x0030, "ms_msg_wait_facilities", INT, 1, 1 },
	{ 0x0201, "privacy_indicator", INT, 1, 1 },
	{ 0x0202, "source_subaddress", OCTETS, 2, 23 },
	{ 0x0203, "dest_subaddress", OCTETS, 2, 23 },
	{ 0x0204, "user_message_reference", INT, 2, 2 },
	{ 0x0205, "user_response_code", INT, 1, 1 },
	{ SW_SMPP_TAG_SOURCE_PORT, "source_port", INT, 2, 2 },
	{ 0x020B, "destination_port", INT, 2, 2 },
	{ SW_SMPP_TAG_SAR_MSG_REF_NUM, "sar_msg_ref_num", INT, 2, 2 },
	{ 0x020D, "language_indicator", INT, 1, 1 },
	{ SW_SMPP_TAG_SAR_TOTAL_SEGMENTS, "sar_total_segments", INT, 1, 1 },
	{ SW_SMPP_TAG_SAR_SEGMENT_SEQNUM, "sar_segment_seqnum", INT, 1, 1 },
	{ SW_SMPP_TAG_SC_INTERFACE_VERSION, "sc_interface_version", INT, 1, 1 },
	{ 0x0302, "callback_num_pres_ind", INT, 1, 1 },
	{ 0x0303, "callback_num_atag", OCTETS, 0, 65 },
	{ 0x0304, "number_of_messages", INT, 1, 1 },
	{ 0x0381, "callback_num", OCTETS, 4, 19 },
	{ 0x0420, "dpf_result", INT, 1, 1 },
	{ 0x0421, "set_dpf", INT, 1, 1 },
	{ 0x0422, "ms_availability_status", INT, 1, 1 },
	{ SW_SMPP_TAG_NETWORK_ERROR_CODE, "network_error_code", OCTETS, 3, 3 },
	{ SW_SMPP_TAG_MESSAGE_PAYLOAD, "message_payload", OCTETS, 0, 65535 },
	{ 0x0425, "delivery_failure_reason", INT, 1, 1 },
	{ 0x0426, "more_messages_to_send", INT, 1, 1 },
	{ SW_SMPP_TAG_MESSAGE_STATE, "message_state", INT, 1, 1 },
	{ 0x0501, "ussd_service_op", OCTETS, 1, 1 },
	{ 0x1201, "display_time", INT, 1, 1 },
	{ 0x1203, "sms_signal", INT, 2, 2 },
	{ 0x1204, "ms_validity", INT, 1, 1 },
	{ 0x130C, "alert_on_message_delivery", INT, 0, 1 },
	{ 0x1380, "its_reply_type", INT, 1, 1 },
	{ 0x1383, "its_session_info", OCTETS, 2, 2 },
};

static const struct tag *tag_of(uint16_t number)
{
	for (size_t i = 0; i < SW_COUNTOF(tags) && tags[i].tag <= number; i++)
		if (tags[i].tag == number)
			return &tags[i];
	return NULL;
}

/* The next TLV; *rest moves behind it. @return false at the end, or where the stream is broken (*rest is not empty) */
static bool next(struct sw_str *rest, uint16_t *ret_tag, struct sw_str *ret_value)
{
	const uint8_t *p = (const uint8_t *)rest->p;
	if (rest->n < 4)
		return false;
	size_t n = (size_t)p[2] << 8 | p[3];
	if (n > rest->n - 4)
		return false;
	*ret_tag = (uint16_t)(p[0] << 8 | p[1]);
	*ret_value = sw_str_sub(*rest, 4, n);
	*rest = sw_str_from(*rest, 4 + n);
	return true;
}

int sw_smpp_tlvs_check(struct sw_str tlvs, struct sw_smpp_fault *ret_fault)
{
	struct sw_str value;
	uint16_t number;
	while (next(&tlvs, &number, &value)) {
		const struct tag *tag = tag_of(number);
		if (tag && (value.n < tag->min || value.n > tag->max)) {
			*ret_fault =
				(struct sw_smpp_fault){ SW_SMPP_RINVPARLEN, tag->name, "the TLV has a wrong size" };
			return SW_EINVAL;
		}
	}
	if (!tlvs.n)
		return 0;
	*ret_fault =
		(struct sw_smpp_fault){ SW_SMPP_RINVOPTPARSTREAM, "optional parameters", "the PDU ends within a TLV" };
	return SW_EINVAL;
}

struct sw_str sw_smpp_tlv(const struct sw_smpp_pdu *pdu, uint16_t tag)
{
	struct sw_str rest = pdu->tlvs, value;
	uint16_t number;
	while (next(&rest, &number, &value)) {
		if (number != tag)
			continue;
		const struct tag *row = tag_of(tag);
		/* Not every SMSC writes the NUL. */
		const char *end = row && row->kind == CSTRING ? memchr(value.p, 0, value.n) : NULL;
		return end ? sw_str_sub(value, 0, (size_t)(end - value.p)) : value;
	}
	return SW_STR_NULL;
}

bool sw_smpp_tlv_int(const struct sw_smpp_pdu *pdu, uint16_t tag, uint32_t *ret)
{
	struct sw_str value = sw_smpp_tlv(pdu, tag);
	if (!value.p || value.n == 0 || value.n > 4)
		return false;
	*ret = 0;
	for (size_t i = 0; i < value.n; i++)
		*ret = *ret << 8 | (uint8_t)value.p[i];
	return true;
}

void sw_smpp_tlv_add(struct sw_buf *tlvs, uint16_t tag, struct sw_str value)
{
	const uint8_t head[4] = { (uint8_t)(tag >> 8), (uint8_t)tag, (uint8_t)(value.n >> 8), (uint8_t)value.n };
	SW_BUG_ON(value.n > UINT16_MAX);
	sw_buf_add(tlvs, head, sizeof(head));
	sw_buf_add_str(tlvs, value);
}

void sw_smpp_tlv_add_int(struct sw_buf *tlvs, uint16_t tag, uint32_t value, unsigned octets)
{
	char bytes[4];
	SW_BUG_ON(octets == 0 || octets > 4);
	for (unsigned i = 0; i < octets; i++)
		bytes[i] = (char)(value >> 8 * (octets - 1 - i));
	sw_smpp_tlv_add(tlvs, tag, (struct sw_str){ bytes, octets });
}
