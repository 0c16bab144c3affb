#include "wire/sms/udh.h"

#include "base/test.h"

SW_TEST(udh_is_read)
{
	static const struct {
		struct sw_str octets;
		int err;
		struct sw_sms_udh udh;
	} rows[] = {
#define TEXT(literal) { "" literal, sizeof(literal) - 1 }
		{ TEXT("\x05\x00\x03\x7f\x02\x01hello"), 0, { 6, true, false, 0x7f, 2, 1 } },
		{ TEXT("\x06\x08\x04\x12\x34\x03\x03"), 0, { 7, true, true, 0x1234, 3, 3 } },
		{ TEXT("\x06\x05\x04\x0b\x84\x23\xf0x"), 0, { 7 } }, /* ports only */
		{ TEXT("\x0b\x05\x04\x0b\x84\x23\xf0\x00\x03\x01\x02\x02"),
		  0,
		  { 12, true, false, 1, 2, 2 } }, /* and parts */
		{ TEXT("\x00hello"), 0, { 1 } },
		{ TEXT("\x05\x00\x03\x7f\x00\x01"), 0, { 6 } }, /* no parts: ignored */
		{ TEXT("\x05\x00\x03\x7f\x02\x00"), 0, { 6 } },
		{ TEXT("\x05\x00\x03\x7f\x02\x03"), 0, { 6 } },
		{ TEXT(""), SW_EINVAL, { 0 } },
		{ TEXT("\x05\x00\x03\x7f\x02"), SW_EINVAL, { 0 } },      /* longer than the text */
		{ TEXT("\x05\x00\x04\x7f\x02\x01x"), SW_EINVAL, { 0 } }, /* longer than the header */
		{ TEXT("\x04\x00\x02\x7f\x02"), SW_EINVAL, { 0 } },      /* a reference too short */
		{ TEXT("\x05\x08\x03\x7f\x02\x01"), SW_EINVAL, { 0 } },
		{ TEXT("\x01\x00"), SW_EINVAL, { 0 } },
#undef TEXT
	};
	for (size_t i = 0; i < SW_COUNTOF(rows); i++) {
		struct sw_sms_udh udh;
		const struct sw_sms_udh *want = &rows[i].udh;
		int err = sw_sms_udh_parse(rows[i].octets, &udh);
		if (err != rows[i].err ||
		    (!err && (udh.bytes != want->bytes || udh.concat != want->concat || udh.wide != want->wide ||
			      udh.reference != want->reference || udh.total != want->total || udh.part != want->part)))
			sw_test_fail(__FILE__, __LINE__, "row %zu: %d", i, err);
	}
}

SW_TEST(udh_is_written)
{
	const struct sw_sms_udh narrow = { .concat = true, .reference = 0x17f, .total = 2, .part = 1 };
	const struct sw_sms_udh wide = { .concat = true, .wide = true, .reference = 0x1234, .total = 9, .part = 8 };
	uint8_t out[7];
	SW_CHECK_INT(sw_sms_udh_write(&narrow, out), 6);
	SW_CHECK(memcmp(out, "\x05\x00\x03\x7f\x02\x01", 6) == 0);
	SW_CHECK_INT(sw_sms_udh_write(&wide, out), 7);
	SW_CHECK(memcmp(out, "\x06\x08\x04\x12\x34\x09\x08", 7) == 0);
}
