#include "wire/smpp/smpp.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/test.h"

/* Bytes written down by hand from the specification. */
static const uint8_t submit_bytes[] = {
	0,    0,    0,    0x3f, 0,    0,    0,    4,    0,    0,    0,   0,   0,   0, 0, 5, /* header */
	0,                                                                                  /* service_type */
	5,    0,    'S',  'h',  'o',  'p',  0,                                              /* source */
	1,    1,    '1',  '5',  '0',  '0',  '5',  '5',  '5',  '0',  '0', '1', '0', 0,       /* destination */
	0x40, 0,    0,    0,    0,    1,    0,    0,    0,               /* esm_class .. sm_default_msg_id */
	4,    0,    'a',  0x1b, 0x65,                                    /* short_message: "@a" and the euro */
	0x02, 0x04, 0x00, 0x02, 0x12, 0x34, 0x14, 0x00, 0x00, 0x01, 'x', /* user_message_reference, a vendor's */
};
static const uint8_t deliver_resp_bytes[] = { 0, 0, 0, 0x11, 0x80, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 9, 0 };
static const uint8_t submit_resp_bytes[] = { 0, 0, 0, 0x14, 0x80, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 5, 'a', 'b', 'c', 0 };
static const uint8_t bind_resp_bytes[] = { 0, 0, 0, 0x1a, 0x80, 0,   0,   9, 0,    0,    0, 0, 0,
					   0, 0, 1, 's',  'm',  's', 'c', 0, 0x02, 0x10, 0, 1, 0x34 };
static const uint8_t enquire_bytes[] = { 0, 0, 0, 0x10, 0, 0, 0, 0x15, 0, 0, 0, 0, 0, 0, 0, 7 };
static const uint8_t nack_bytes[] = { 0, 0, 0, 0x10, 0x80, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 8 };

#define BYTES(array) ((struct sw_str){ (const char *)(array), sizeof(array) })

static struct sw_smpp_pdu decoded(struct sw_str bytes)
{
	struct sw_smpp_pdu pdu;
	struct sw_smpp_fault fault = { 0 };
	size_t n = 0;
	SW_CHECK_INT(sw_smpp_frame(bytes, &n, &fault), 0);
	SW_CHECK_INT(n, bytes.n);
	if (sw_smpp_decode(bytes, &pdu, &fault))
		sw_test_fail(__FILE__, __LINE__, "%s: %s", fault.field, fault.why);
	return pdu;
}

SW_TEST(smpp_pdus_go_both_ways)
{
	const struct sw_str all[] = { BYTES(submit_bytes),    BYTES(deliver_resp_bytes), BYTES(submit_resp_bytes),
				      BYTES(bind_resp_bytes), BYTES(enquire_bytes),      BYTES(nack_bytes) };
	struct sw_buf out = { 0 };
	for (size_t i = 0; i < SW_COUNTOF(all); i++) {
		struct sw_smpp_pdu pdu = decoded(all[i]);
		struct sw_smpp_fault fault;
		out.n = 0;
		SW_CHECK_INT(sw_smpp_encode(&out, &pdu, &fault), 0);
		if (!sw_str_eq(sw_buf_str(&out), all[i]))
			sw_test_fail(__FILE__, __LINE__, "%s is written otherwise", sw_smpp_command_name(pdu.command));
	}
	sw_buf_done(&out);
}

SW_TEST(smpp_fields_are_found)
{
	struct sw_smpp_pdu pdu = decoded(BYTES(submit_bytes));
	uint32_t number = 0;
	SW_CHECK_STR(pdu.u.sm.source, "Shop");
	SW_CHECK_STR(pdu.u.sm.destination, "15005550010");
	SW_CHECK_INT(pdu.u.sm.source_ton, 5);
	SW_CHECK_INT(pdu.u.sm.destination_npi, 1);
	SW_CHECK_INT(pdu.u.sm.esm_class, SW_SMPP_ESM_UDHI);
	SW_CHECK_INT(pdu.u.sm.registered_delivery, 1);
	SW_CHECK(sw_str_eq(pdu.u.sm.short_message, SW_S("\0a\x1b\x65"))); /* the NUL cuts nothing */
	SW_CHECK(sw_smpp_tlv_int(&pdu, 0x0204, &number) && number == 0x1234);
	SW_CHECK_STR(sw_smpp_tlv(&pdu, 0x1400), "x");
	SW_CHECK(!sw_smpp_tlv(&pdu, 0x1401).p && !sw_smpp_tlv_int(&pdu, 0x1401, &number));
	pdu = decoded(BYTES(bind_resp_bytes));
	SW_CHECK_STR(pdu.u.name, "smsc");
	SW_CHECK(sw_smpp_tlv_int(&pdu, SW_SMPP_TAG_SC_INTERFACE_VERSION, &number) && number == 0x34);
	pdu = decoded(BYTES(nack_bytes));
	SW_CHECK_INT(pdu.status, SW_SMPP_RINVCMDID);
	SW_CHECK_INT(pdu.sequence, 8);
}

/* A change of the bytes above, and the fault it must give. cut: octets left out at the end. */
static const struct {
	size_t cut, at;
	int byte; /* -1: none */
	int err;
	uint32_t status;
	const char *field;
} faults[] = {
	{ 0, 7, 0x44, SW_EUNSUPPORTED, SW_SMPP_RINVCMDID, "command_id" },
	{ 0, 7, 0x08, SW_EUNSUPPORTED, SW_SMPP_RINVCMDID, "command_id" }, /* cancel_sm is nothing for a client */
	{ 1, 0, -1, SW_EINVAL, SW_SMPP_RINVOPTPARSTREAM, "optional parameters" },
	{ 8, 0, -1, SW_EINVAL, SW_SMPP_RINVOPTPARSTREAM, "optional parameters" },
	{ 12, 0, -1, SW_EINVAL, SW_SMPP_RINVMSGLEN, "sm_length" },
	{ 16, 0, -1, SW_EINVAL, SW_SMPP_RINVCMDLEN, "short_message" },
	{ 17, 0, -1, SW_EINVAL, SW_SMPP_RINVCMDLEN, "sm_default_msg_id" },
	{ 40, 0, -1, SW_EINVAL, SW_SMPP_RINVCMDLEN, "source_addr" },
	{ 47, 0, -1, SW_EINVAL, SW_SMPP_RINVCMDLEN, "service_type" },
	{ 0, 55, 9, SW_EINVAL, SW_SMPP_RINVOPTPARSTREAM, "optional parameters" },
};

SW_TEST(smpp_each_breach_is_a_fault_of_its_own)
{
	for (size_t i = 0; i < SW_COUNTOF(faults); i++) {
		uint8_t bytes[sizeof(submit_bytes)];
		struct sw_smpp_fault fault = { 0 };
		struct sw_smpp_pdu pdu;
		memcpy(bytes, submit_bytes, sizeof(bytes));
		if (faults[i].byte >= 0)
			bytes[faults[i].at] = (uint8_t)faults[i].byte;
		int err = sw_smpp_decode((struct sw_str){ (char *)bytes, sizeof(bytes) - faults[i].cut }, &pdu, &fault);
		if (err != faults[i].err || fault.status != faults[i].status || !fault.field ||
		    strcmp(fault.field, faults[i].field))
			sw_test_fail(__FILE__, __LINE__, "row %zu: %d, 0x%x, %s", i, err, fault.status,
				     fault.field ? fault.field : "-");
		SW_CHECK_INT(pdu.sequence, 5);
	}
}

SW_TEST(smpp_texts_have_their_maximum)
{
	static const struct {
		size_t at; /* of the text that becomes too long */
		size_t n;
		uint32_t status;
		const char *field;
	} rows[] = {
		{ 16, 6, SW_SMPP_RINVSERTYP, "service_type" },
		{ 19, 21, SW_SMPP_RINVSRCADR, "source_addr" },
	};
	for (size_t i = 0; i < SW_COUNTOF(rows); i++) {
		struct sw_buf bytes = { 0 };
		struct sw_smpp_fault fault = { 0 };
		struct sw_smpp_pdu pdu;
		sw_buf_add(&bytes, submit_bytes, rows[i].at);
		for (size_t k = 0; k < rows[i].n; k++)
			sw_buf_add_char(&bytes, 'x');
		sw_buf_add(&bytes, submit_bytes + rows[i].at, sizeof(submit_bytes) - rows[i].at);
		SW_CHECK_INT(sw_smpp_decode(sw_buf_str(&bytes), &pdu, &fault), SW_EINVAL);
		SW_CHECK_INT(fault.status, rows[i].status);
		SW_CHECK_STR(sw_str_of(fault.field), rows[i].field);
		sw_buf_done(&bytes);
	}
}

SW_TEST(smpp_what_does_not_fit_is_not_written)
{
	struct sw_buf out = { 0 };
	struct sw_smpp_fault fault;
	static char text[300];
	struct sw_smpp_pdu pdu = { .command = SW_SMPP_SUBMIT_SM, .sequence = 1 };
	pdu.u.sm.short_message = (struct sw_str){ text, SW_SMPP_SHORT_MAX_BYTES };
	SW_CHECK_INT(sw_smpp_encode(&out, &pdu, &fault), 0);
	SW_CHECK_INT(out.n, 33 + SW_SMPP_SHORT_MAX_BYTES);
	pdu.u.sm.short_message.n++;
	SW_CHECK_INT(sw_smpp_encode(&out, &pdu, &fault), SW_EINVAL);
	SW_CHECK_INT(fault.status, SW_SMPP_RINVMSGLEN);
	pdu.u.sm.short_message.n = 0;
	pdu.u.sm.source = SW_S("123456789012345678901");
	SW_CHECK_INT(sw_smpp_encode(&out, &pdu, &fault), SW_EINVAL);
	SW_CHECK_INT(fault.status, SW_SMPP_RINVSRCADR);
	pdu.u.sm.source = SW_S("12\0");
	SW_CHECK_INT(sw_smpp_encode(&out, &pdu, &fault), SW_EINVAL);
	SW_CHECK_INT(out.n, 33 + SW_SMPP_SHORT_MAX_BYTES);
	sw_buf_done(&out);
}

SW_TEST(smpp_frames_are_bounded)
{
	static const struct {
		struct sw_str bytes;
		int err;
	} rows[] = {
		{ { "\0\0\0", 3 }, SW_EMORE },         { { "\0\0\0\x10\0\0", 6 }, SW_EMORE },
		{ { "\0\0\0\x0f", 4 }, SW_EINVAL },    { { "\0\0\0\0", 4 }, SW_EINVAL },
		{ { "\0\x01\x20\x00", 4 }, SW_EMORE }, { { "\0\x01\x20\x01", 4 }, SW_EINVAL },
		{ { "GET / HT", 8 }, SW_EINVAL },
	};
	for (size_t i = 0; i < SW_COUNTOF(rows); i++) {
		struct sw_smpp_fault fault;
		size_t n;
		SW_CHECK_INT(sw_smpp_frame(rows[i].bytes, &n, &fault), rows[i].err);
	}
}

SW_TEST(smpp_known_tlvs_have_their_size)
{
	static const struct {
		struct sw_str bytes;
		uint32_t status; /* 0: fine */
	} rows[] = {
#define TLVS(literal, status_) { { "" literal, sizeof(literal) - 1 }, status_ }
		TLVS("", 0),
		TLVS("\x04\x24\0\0", 0),
		TLVS("\x04\x24\0\x02hi", 0),
		TLVS("\x04\x27\0\x01\x02", 0),
		TLVS("\x04\x27\0\x02\x02\x02", SW_SMPP_RINVPARLEN),
		TLVS("\x04\x23\0\x02\x03\x01", SW_SMPP_RINVPARLEN),
		TLVS("\x02\x0c\0\x01\x03", SW_SMPP_RINVPARLEN),
		TLVS("\x14\x00\0\x00\x14\x01\0\x01z", 0),
		TLVS("\x04\x24\0\x03hi", SW_SMPP_RINVOPTPARSTREAM),
		TLVS("\x04\x24\0", SW_SMPP_RINVOPTPARSTREAM),
		TLVS("\x04", SW_SMPP_RINVOPTPARSTREAM),
#undef TLVS
	};
	for (size_t i = 0; i < SW_COUNTOF(rows); i++) {
		struct sw_smpp_fault fault = { 0 };
		SW_CHECK_INT(sw_smpp_tlvs_check(rows[i].bytes, &fault), rows[i].status ? SW_EINVAL : 0);
		SW_CHECK_INT(fault.status, rows[i].status);
	}
}

SW_TEST(smpp_tlvs_are_written)
{
	struct sw_buf tlvs = { 0 };
	struct sw_smpp_pdu pdu = { 0 };
	uint32_t number;
	sw_smpp_tlv_add_int(&tlvs, SW_SMPP_TAG_SAR_MSG_REF_NUM, 0x0102, 2);
	sw_smpp_tlv_add(&tlvs, 0x1400, SW_S("1001"));
	SW_CHECK(sw_str_eq(sw_buf_str(&tlvs), SW_S("\x02\x0c\0\x02\x01\x02\x14\0\0\x04"
						   "1001")));
	pdu.tlvs = sw_buf_str(&tlvs);
	SW_CHECK(sw_smpp_tlv_int(&pdu, SW_SMPP_TAG_SAR_MSG_REF_NUM, &number) && number == 0x0102);
	sw_buf_done(&tlvs);
}

SW_TEST(smpp_statuses_are_in_order)
{
	for (unsigned i = 1; i < sw_smpp_statuses_n; i++)
		SW_CHECK(sw_smpp_statuses[i - 1].status < sw_smpp_statuses[i].status);
	SW_CHECK_STR(sw_str_of(sw_smpp_status_name(0x58)), "ESME_RTHROTTLED");
	SW_CHECK_STR(sw_str_of(sw_smpp_status_name(0x400)), "?");
}

SW_TEST(smpp_addresses)
{
	static const struct {
		const char *text;
		int err, ton, npi;
		const char *digits;
	} rows[] = {
		{ "+15005550006", 0, 1, 1, "15005550006" },
		{ "12345", 0, 3, 0, "12345" },
		{ "4915112345678", 0, 1, 1, "4915112345678" },
		{ "Strowger", 0, 5, 0, "Strowger" },
		{ "ACME 24 h-r", 0, 5, 0, "ACME 24 h-r" },
		{ "TwelveLetter", SW_EINVAL, 5, 0, "TwelveLetter" },
		{ "", SW_EINVAL, 5, 0, "" },
		{ "caf\xc3\xa9", SW_EINVAL, 5, 0, "caf\xc3\xa9" },
		{ "+123456789012345678901", SW_EINVAL, 1, 1, "123456789012345678901" },
		{ "a\tb", SW_EINVAL, 5, 0, "a\tb" },
	};
	static const struct {
		uint8_t ton;
		const char *digits, *text;
	} back[] = {
		{ 1, "15005550006", "+15005550006" },
		{ 1, "+15005550006", "+15005550006" },
		{ 0, "15005550006", "+15005550006" },
		{ 0, "12345", "12345" },
		{ 3, "12345", "12345" },
		{ 5, "Shop", "Shop" },
		{ 0, "+4930123", "+4930123" },
		{ 2, "0301234567", "0301234567" },
	};
	struct sw_arena arena;
	sw_arena_init(&arena);
	for (size_t i = 0; i < SW_COUNTOF(rows); i++) {
		struct sw_smpp_address address;
		SW_CHECK_INT(sw_smpp_address(sw_str_of(rows[i].text), &address), rows[i].err);
		SW_CHECK_INT(address.ton, rows[i].ton);
		SW_CHECK_INT(address.npi, rows[i].npi);
		SW_CHECK_STR(address.digits, rows[i].digits);
	}
	for (size_t i = 0; i < SW_COUNTOF(back); i++)
		SW_CHECK_STR(sw_smpp_address_text(&arena, back[i].ton, sw_str_of(back[i].digits)), back[i].text);
	sw_arena_done(&arena);
}
