#include "wire/smpp/receipt.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/test.h"
#include "wire/sms/gsm7.h"
#include "wire/smpp/coding.h"

static const struct {
	const char *text;
	const char *id, *stat, *err, *done, *rest; /* NULL: absent */
	enum sw_smpp_state state;
} receipts[] = {
	{ "id:0123456789 sub:001 dlvrd:001 submit date:2611211305 done date:2611211306 stat:DELIVRD err:000 text:hello "
	  "id:7",
	  "0123456789", "DELIVRD", "000", "2611211306", "hello id:7", SW_SMPP_DELIVERED },
	{ "id:abc submit date:2611211305 done date:2611211306 stat:UNDELIV err:1E Text:", "abc", "UNDELIV", "1E",
	  "2611211306", NULL, SW_SMPP_UNDELIVERABLE },
	{ "stat:rejected err: 12 id: 77 done_date: 261121", "77", "rejected", "12", "261121", NULL, SW_SMPP_REJECTED },
	{ "ID:9 SUB:001 DLVRD:001 STAT:EXPIRED ERR: TEXT: x", "9", "EXPIRED", NULL, NULL, "x", SW_SMPP_EXPIRED },
	{ "id:5 stat:ACCEPTD err:text:", "5", "ACCEPTD", NULL, NULL, NULL, SW_SMPP_ACCEPTED },
	{ "id:6,sub:001,dlvrd:000,stat:DELETED,err:003", "6", "DELETED", "003", NULL, NULL, SW_SMPP_DELETED },
	{ "  id:00000A3F\r\nstat:DELIVRD\r\n", "00000A3F", "DELIVRD", NULL, NULL, NULL, SW_SMPP_DELIVERED },
	{ "id:1 stat:WEIRD", "1", "WEIRD", NULL, NULL, NULL, SW_SMPP_NO_STATE },
	{ "stat:DELIVRD", NULL, "DELIVRD", NULL, NULL, NULL, SW_SMPP_DELIVERED },
};

static void check(struct sw_str got, const char *want)
{
	if (want)
		SW_CHECK_STR(got, want);
	else
		SW_CHECK(!got.p);
}

SW_TEST(receipts_of_every_vendor)
{
	for (size_t i = 0; i < SW_COUNTOF(receipts); i++) {
		struct sw_smpp_receipt r;
		SW_CHECK(sw_smpp_receipt_text(sw_str_of(receipts[i].text), &r));
		check(r.id, receipts[i].id);
		check(r.stat, receipts[i].stat);
		check(r.err, receipts[i].err);
		check(r.done_date, receipts[i].done);
		check(r.text, receipts[i].rest);
		SW_CHECK_INT(r.state, receipts[i].state);
	}
	struct sw_smpp_receipt r;
	SW_CHECK(!sw_smpp_receipt_text(SW_S("STOP"), &r));
	SW_CHECK(!sw_smpp_receipt_text(SW_S(""), &r));
	SW_CHECK(!sw_smpp_receipt_text(SW_S("valid:no forgery"), &r));
	SW_CHECK(!sw_smpp_receipt_text(SW_S("id:"), &r));
}

SW_TEST(receipt_tlvs_weigh_more)
{
	struct sw_buf tlvs = { 0 };
	struct sw_smpp_pdu pdu = { .command = SW_SMPP_DELIVER_SM };
	struct sw_smpp_receipt r;
	pdu.u.sm.short_message = SW_S("id:1 stat:DELIVRD err:000");
	sw_smpp_tlv_add(&tlvs, SW_SMPP_TAG_RECEIPTED_MESSAGE_ID, SW_S("8f1\0"));
	sw_smpp_tlv_add_int(&tlvs, SW_SMPP_TAG_MESSAGE_STATE, SW_SMPP_REJECTED, 1);
	sw_smpp_tlv_add(&tlvs, SW_SMPP_TAG_NETWORK_ERROR_CODE, SW_S("\x03\x01\x02"));
	pdu.tlvs = sw_buf_str(&tlvs);
	SW_CHECK(sw_smpp_receipt(&pdu, &r));
	SW_CHECK_STR(r.id, "8f1");
	SW_CHECK_INT(r.state, SW_SMPP_REJECTED);
	SW_CHECK_INT(r.network_type, 3);
	SW_CHECK_INT(r.network_error, 0x102);
	/* Text in message_payload. */
	tlvs.n = 0;
	sw_smpp_tlv_add(&tlvs, SW_SMPP_TAG_MESSAGE_PAYLOAD, SW_S("id:2 stat:UNDELIV"));
	pdu.tlvs = sw_buf_str(&tlvs);
	pdu.u.sm.short_message.n = 0;
	SW_CHECK(sw_smpp_receipt(&pdu, &r));
	SW_CHECK_STR(r.id, "2");
	SW_CHECK_INT(r.state, SW_SMPP_UNDELIVERABLE);
	sw_buf_done(&tlvs);
}

SW_TEST(receipt_states_have_names)
{
	for (int state = 0; state < SW_SMPP_STATES; state++)
		SW_CHECK_INT(sw_smpp_state_of(sw_str_of(sw_smpp_state_name((enum sw_smpp_state)state))), state);
	SW_CHECK_STR(sw_str_of(sw_smpp_state_name(SW_SMPP_NO_STATE)), "");
	SW_CHECK(!sw_smpp_state_is_final(SW_SMPP_ENROUTE) && sw_smpp_state_is_final(SW_SMPP_UNKNOWN));
}

SW_TEST(data_coding_names_an_alphabet)
{
	static const struct {
		uint8_t coding;
		enum sw_charset charset;
	} rows[] = {
		{ 0x00, SW_CHARSET_UTF8 },   { 0x01, SW_CHARSET_ASCII }, { 0x03, SW_CHARSET_LATIN1 },
		{ 0x04, SW_CHARSET_LATIN1 }, { 0x08, SW_CHARSET_UCS2 },  { 0x10, SW_CHARSET_GSM7 },
		{ 0x11, SW_CHARSET_GSM7 },   { 0x18, SW_CHARSET_UCS2 },  { 0x1B, SW_CHARSET_UCS2 },
		{ 0xF0, SW_CHARSET_GSM7 },   { 0xF2, SW_CHARSET_GSM7 },  { 0xF5, SW_CHARSET_LATIN1 },
		{ 0xC8, SW_CHARSET_GSM7 },   { 0xE8, SW_CHARSET_UCS2 },  { 0x06, SW_CHARSET_UTF8 },
		{ 0x80, SW_CHARSET_UTF8 },
	};
	for (size_t i = 0; i < SW_COUNTOF(rows); i++)
		SW_CHECK_INT(sw_smpp_charset(rows[i].coding, SW_CHARSET_UTF8), rows[i].charset);
}

SW_TEST(alphabets_go_both_ways)
{
	static const struct {
		enum sw_charset charset;
		struct sw_str utf8, octets;
	} rows[] = {
#define ROW(charset, utf8, octets)                      \
	{                                               \
		charset, { "" utf8, sizeof(utf8) - 1 }, \
		{                                       \
			"" octets, sizeof(octets) - 1   \
		}                                       \
	}
		ROW(SW_CHARSET_GSM7, "@$_[\xe2\x82\xac", "\0\x02\x11\x1b\x3c\x1b\x65"),
		ROW(SW_CHARSET_LATIN1, "a\xc3\xa9@", "a\xe9@"),
		ROW(SW_CHARSET_ASCII, "plain", "plain"),
		ROW(SW_CHARSET_UTF8, "\xe4\xb8\xad", "\xe4\xb8\xad"),
		ROW(SW_CHARSET_UCS2, "a\xe4\xb8\xad\xf0\x9f\x98\x80", "\0a\x4e\x2d\xd8\x3d\xde\0"),
#undef ROW
	};
	struct sw_arena arena;
	struct sw_str got;
	sw_arena_init(&arena);
	for (size_t i = 0; i < SW_COUNTOF(rows); i++) {
		SW_CHECK_INT(sw_charset_encode(&arena, rows[i].charset, rows[i].utf8, &got), 0);
		SW_CHECK(sw_str_eq(got, rows[i].octets));
		SW_CHECK(sw_str_eq(sw_charset_decode(&arena, rows[i].charset, rows[i].octets), rows[i].utf8));
	}
	SW_CHECK_INT(sw_charset_encode(&arena, SW_CHARSET_LATIN1, SW_S("\xe2\x82\xac"), &got), SW_EUNSUPPORTED);
	SW_CHECK_INT(sw_charset_encode(&arena, SW_CHARSET_ASCII, SW_S("\xc3\xa9"), &got), SW_EUNSUPPORTED);
	SW_CHECK_INT(sw_charset_encode(&arena, SW_CHARSET_GSM7, SW_S("`"), &got), SW_EUNSUPPORTED);
	SW_CHECK_STR(sw_charset_decode(&arena, SW_CHARSET_ASCII, SW_S("a\xe9")), "a\xef\xbf\xbd");
	SW_CHECK_STR(sw_charset_decode(&arena, SW_CHARSET_UTF8, SW_S("a\xe9")), "a\xef\xbf\xbd");
	SW_CHECK_STR(sw_charset_decode(&arena, SW_CHARSET_UCS2, SW_S("\xd8\x3d\0a\0")), "\xef\xbf\xbd"
											"a");
	sw_arena_done(&arena);
}

SW_TEST(packed_texts_are_taken_apart)
{
	struct sw_arena arena;
	sw_arena_init(&arena);
	SW_CHECK_STR(sw_smpp_unpack(&arena, SW_S("\xe8\x32\x9b\xfd\x46\x97\xd9\xec\x37"), 0), "hellohello");
	SW_CHECK_STR(sw_smpp_unpack(&arena, SW_S("\x31\xd9\x8c\x56\xb3\xdd\x1a"), 0), "1234567"); /* padded with CR */
	for (size_t header = 0; header <= 12; header++)
		for (size_t n = 0; n <= 160; n++) {
			unsigned fill = (unsigned)(7 - header * 8 % 7) % 7;
			uint8_t septets[160], packed[150];
			for (size_t i = 0; i < n; i++)
				septets[i] = (uint8_t)('A' + i % 26);
			sw_gsm7_pack(septets, n, fill, packed);
			size_t octets = n ? sw_gsm7_packed_bytes(n, fill) : 0;
			struct sw_str got = sw_smpp_unpack(&arena, (struct sw_str){ (char *)packed, octets }, header);
			SW_CHECK(sw_str_eq(got, (struct sw_str){ (char *)septets, n }));
		}
	sw_arena_done(&arena);
}
