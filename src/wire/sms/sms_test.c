#include "base/arena.h"
#include "base/buf.h"
#include "base/test.h"
#include "base/utf8.h"
#include "wire/sms/gsm7.h"
#include "wire/sms/sms.h"
#include "wire/sms/ucs2.h"

#define EURO "\xe2\x82\xac"
#define EMOJI "\xf0\x9f\x98\x80"
#define HAN "\xe4\xb8\xad"
#define ZWJ "\xe2\x80\x8d"
#define FAMILY "\xf0\x9f\x91\xa8" ZWJ "\xf0\x9f\x91\xa9" ZWJ "\xf0\x9f\x91\xa7" ZWJ "\xf0\x9f\x91\xa6"
#define APOSTROPHE "\xe2\x80\x99"
#define NBSP "\xc2\xa0"

/* A text is up to three pieces, each repeated. segments: plain, then under smart encoding (0: the same). */
static const struct {
	struct {
		unsigned times;
		struct sw_str text;
	} piece[3];
	enum sw_sms_encoding encoding;
	unsigned units, segments;
	unsigned smart_segments; /* and then GSM-7 */
} plans[] = {
#define P(times_, literal)                              \
	{                                               \
		times_,                                 \
		{                                       \
			"" literal, sizeof(literal) - 1 \
		}                                       \
	}
#define GSM SW_SMS_GSM7
#define UCS SW_SMS_UCS2
	{ { P(0, "") }, GSM, 0, 1 },
	{ { P(160, "a") }, GSM, 160, 1 },
	{ { P(161, "a") }, GSM, 161, 2 },
	{ { P(306, "a") }, GSM, 306, 2 },
	{ { P(307, "a") }, GSM, 307, 3 },
	{ { P(158, "a"), P(1, EURO) }, GSM, 160, 1 },
	{ { P(159, "a"), P(1, EURO) }, GSM, 161, 2 },
	{ { P(152, "a"), P(1, EURO), P(152, "a") }, GSM, 306, 3 },
	{ { P(152, "]") }, GSM, 304, 2 },
	{ { P(153, "]") }, GSM, 306, 3 },
	{ { P(153, "a"), P(1, "["), P(150, "a") }, GSM, 305, 2 },
	{ { P(80, "a"), P(1, "\r\n"), P(79, "a") }, GSM, 161, 2 },
	{ { P(80, "a"), P(1, "\n"), P(79, "a") }, GSM, 160, 1 },
	{ { P(200, "a"), P(1, "\r\n"), P(105, "a") }, GSM, 307, 3 },
	{ { P(70, HAN) }, UCS, 70, 1 },
	{ { P(71, HAN) }, UCS, 71, 2 },
	{ { P(134, HAN) }, UCS, 134, 2 },
	{ { P(135, HAN) }, UCS, 135, 3 },
	{ { P(35, EMOJI) }, UCS, 70, 1 },
	{ { P(36, EMOJI) }, UCS, 72, 2 },
	{ { P(66, HAN), P(1, EMOJI), P(66, HAN) }, UCS, 134, 3 },
	{ { P(10, FAMILY) }, UCS, 110, 2 },
	{ { P(1, EMOJI), P(68, "]") }, UCS, 70, 1 },
	{ { P(160, "\xc3\xa9") }, GSM, 160, 1 },
	{ { P(70, "e\xcc\x81") }, UCS, 140, 3 },
	{ { P(71, "\xc3\xa7") }, UCS, 71, 2 },
	{ { P(160, "\xc3\x87") }, GSM, 160, 1 },
	{ { P(160, "\xce\x94") }, GSM, 160, 1 },
	{ { P(71, "\xce\x91") }, UCS, 71, 2 },
	{ { P(71, "`") }, UCS, 71, 2, 1 },
	{ { P(70, "a"), P(1, APOSTROPHE) }, UCS, 71, 2, 1 },
	{ { P(70, "a"), P(1, NBSP) }, UCS, 71, 2, 1 },
	{ { P(70, "a"), P(1, "\t") }, UCS, 71, 2, 1 },
	{ { P(158, "a"), P(1, "\f") }, GSM, 160, 1 },
	{ { P(159, "a"), P(1, "\f") }, GSM, 161, 2 },
	{ { P(1600, "a") }, GSM, 1600, 11 },
	{ { P(1, "a\0b") }, UCS, 3, 1 },
	{ { P(1, "\xef\xbb\xbf"), P(5, "a") }, UCS, 6, 1, 1 },
	{ { P(160, "@") }, GSM, 160, 1 },
#undef P
};

static struct sw_str text_of(struct sw_buf *buf, size_t i)
{
	buf->n = 0;
	for (size_t p = 0; p < 3; p++)
		for (unsigned t = 0; t < plans[i].piece[p].times; t++)
			sw_buf_add_str(buf, plans[i].piece[p].text);
	return sw_buf_str(buf);
}

/* Parts follow each other, fit, and never end with half a character. */
static void check_parts(struct sw_arena *arena, const struct sw_sms_plan *plan, enum sw_sms_header header, size_t max)
{
	struct sw_sms_part *parts;
	size_t n = sw_sms_parts(arena, plan, header, &parts);
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		size_t last = parts[i].at + parts[i].n - 1;

		SW_CHECK_INT(parts[i].at, at);
		SW_CHECK(n == 1 || (parts[i].n <= max && parts[i].n >= max - (i + 1 < n)) || i + 1 == n);
		at += parts[i].n;
		if (parts[i].n && plan->septets)
			SW_CHECK(plan->septets[last] != SW_GSM7_ESCAPE ||
				 (last && plan->septets[last - 1] == SW_GSM7_ESCAPE));
		if (parts[i].n && plan->ucs2_units)
			SW_CHECK(plan->ucs2_units[last] >> 10 != 0xD800 >> 10);
	}
	SW_CHECK_INT(at, plan->units);
}

SW_TEST(sms_plans_agree_with_the_vectors)
{
	struct sw_buf buf = { 0 };

	for (size_t i = 0; i < SW_COUNTOF(plans); i++) {
		struct sw_arena arena;
		struct sw_str text = text_of(&buf, i);
		struct sw_sms_plan plan = { 0 }, smart = { 0 };
		bool gsm;

		sw_arena_init(&arena);
		SW_CHECK_INT(sw_sms_plan(&arena, text, false, &plan), 0);
		SW_CHECK_INT(sw_sms_plan(&arena, text, true, &smart), 0);
		if (plan.encoding != plans[i].encoding || plan.units != plans[i].units ||
		    plan.segments != plans[i].segments)
			sw_test_fail(__FILE__, __LINE__, "row %zu: encoding %d, %zu units, %u segments", i,
				     (int)plan.encoding, plan.units, plan.segments);
		SW_CHECK(sw_str_eq(plan.text, text) && !plan.smart);
		SW_CHECK(smart.smart == (plans[i].smart_segments > 0));
		SW_CHECK_INT(smart.segments, plans[i].smart_segments ? plans[i].smart_segments : plans[i].segments);
		SW_CHECK_INT(plan.characters, sw_utf8_count(text));
		gsm = plan.encoding == SW_SMS_GSM7;
		check_parts(&arena, &plan, SW_SMS_REFERENCE_8BIT, gsm ? 153 : 67);
		check_parts(&arena, &plan, SW_SMS_REFERENCE_16BIT, gsm ? 152 : 66);
		sw_arena_done(&arena);
	}
	sw_buf_done(&buf);
}

SW_TEST(sms_smart_encoding_gives_the_text_it_sends)
{
	struct sw_arena arena;
	struct sw_sms_plan plan = { 0 };

	sw_arena_init(&arena);
	SW_CHECK_INT(sw_sms_plan(&arena,
				 SW_S("\xe2\x80\x9cHi\xe2\x80\x9d \xe2\x80\x94 it\xe2\x80\x99s \xc2\xbd\xe2\x80\xa6"),
				 true, &plan),
		     0);
	SW_CHECK_STR(plan.text, "\"Hi\" - it's 1/2...");
	SW_CHECK(plan.smart && plan.encoding == SW_SMS_GSM7);
	SW_CHECK_INT(plan.characters, 18);
	SW_CHECK_INT(sw_sms_plan(&arena, SW_S("\xe2\x80\x9c" HAN), true, &plan), 0);
	SW_CHECK_STR(plan.text, "\xe2\x80\x9c" HAN);
	SW_CHECK(!plan.smart && plan.encoding == SW_SMS_UCS2);
	SW_CHECK_INT(sw_sms_plan(&arena, SW_S("\xff"), true, &plan), SW_EINVAL);
	for (uint32_t cp = 0; cp < 0x110000; cp++) {
		struct sw_str substitute = sw_sms_smart(cp);
		uint8_t code[2], *septets;
		size_t n;

		if (!substitute.p)
			continue;
		SW_CHECK_INT(sw_gsm7_of(cp, code), 0);
		SW_CHECK_INT(sw_gsm7_encode(&arena, substitute, &septets, &n), 0);
	}
	sw_arena_done(&arena);
}

/* Every entry is found by the binary search, so the table is in order. */
SW_TEST(sms_smart_table_is_in_order)
{
	static const struct {
		uint32_t cp;
		const char *text;
	} rows[] = {
#define X(cp, text) { cp, text },
#include "wire/sms/smart.def"
#undef X
	};

	for (size_t i = 0; i < SW_COUNTOF(rows); i++)
		SW_CHECK_STR(sw_sms_smart(rows[i].cp), rows[i].text);
	SW_CHECK(!sw_sms_smart('a').p && !sw_sms_smart(0x10FFFF).p && !sw_sms_smart(0).p);
}

SW_TEST(gsm7_alphabet_goes_both_ways)
{
	struct sw_arena arena;
	unsigned found = 0;

	sw_arena_init(&arena);
	for (uint32_t cp = 0; cp < 0x3000; cp++) {
		uint8_t code[2];
		unsigned n = sw_gsm7_of(cp, code);
		char utf8[4];
		size_t bytes = sw_utf8_put(cp, utf8);

		found += n > 0;
		if (n && !sw_str_eq(sw_gsm7_decode(&arena, code, n), (struct sw_str){ utf8, bytes }))
			sw_test_fail(__FILE__, __LINE__, "U+%04X does not come back", (unsigned)cp);
	}
	SW_CHECK_INT(found, 127 + 10);
	for (uint8_t septet = 0; septet < 128; septet++) {
		struct sw_str text = sw_gsm7_decode(&arena, &septet, 1);
		uint8_t *back;
		size_t n;

		SW_CHECK_INT(sw_gsm7_encode(&arena, text, &back, &n), 0);
		SW_CHECK(n == 1 && back[0] == (septet == SW_GSM7_ESCAPE ? ' ' : septet));
	}
	SW_CHECK_STR(sw_gsm7_decode(&arena, (const uint8_t[]){ 0x1b, 0x65, 0x1b, 0x41, 0x1b, 0x1b, 0x1b }, 7),
		     EURO "A  ");
	sw_arena_done(&arena);
}

SW_TEST(gsm7_packs_and_unpacks)
{
	static const struct {
		struct sw_str septets, packed;
		unsigned fill;
	} rows[] = {
#define TEXT(literal) { "" literal, sizeof(literal) - 1 }
		{ TEXT("hellohello"), TEXT("\xe8\x32\x9b\xfd\x46\x97\xd9\xec\x37"), 0 },
		{ TEXT("A"), TEXT("\x41"), 0 },
		{ TEXT("A"), TEXT("\x82"), 1 },
		{ TEXT("1234567"), TEXT("\x31\xd9\x8c\x56\xb3\xdd\x1a"), 0 }, /* seven free bits: a carriage return */
		{ TEXT("12345678"), TEXT("\x31\xd9\x8c\x56\xb3\xdd\x70"), 0 },
		{ TEXT("\0\0\0\0\0\0\0"), TEXT("\0\0\0\0\0\0\x1a"), 0 },
		{ TEXT(""), TEXT(""), 0 },
#undef TEXT
	};

	for (size_t i = 0; i < SW_COUNTOF(rows); i++) {
		uint8_t packed[32], back[32];
		size_t n = rows[i].septets.n;

		SW_CHECK_INT(sw_gsm7_packed_bytes(n, rows[i].fill), rows[i].packed.n);
		sw_gsm7_pack((const uint8_t *)rows[i].septets.p, n, rows[i].fill, packed);
		if (memcmp(packed, rows[i].packed.p, rows[i].packed.n))
			sw_test_fail(__FILE__, __LINE__, "row %zu is packed otherwise", i);
		sw_gsm7_unpack(packed, n, rows[i].fill, back);
		SW_CHECK(memcmp(back, rows[i].septets.p, n) == 0);
	}
	for (unsigned fill = 0; fill < 7; fill++)
		for (size_t n = 0; n <= 160; n++) {
			uint8_t septets[160], packed[141], back[160];

			for (size_t i = 0; i < n; i++)
				septets[i] = (uint8_t)((i * 37 + n) & 0x7f);
			sw_gsm7_pack(septets, n, fill, packed);
			sw_gsm7_unpack(packed, n, fill, back);
			SW_CHECK(memcmp(back, septets, n) == 0);
		}
}

SW_TEST(ucs2_goes_both_ways)
{
	struct sw_arena arena;
	uint16_t *units, again[8];
	uint8_t bytes[16];
	size_t n;

	sw_arena_init(&arena);
	sw_ucs2_encode(&arena, SW_S("a" EMOJI HAN "\0"), &units, &n);
	SW_CHECK(n == 5 && units[1] == 0xD83D && units[2] == 0xDE00 && units[4] == 0);
	sw_ucs2_to_bytes(units, n, bytes);
	SW_CHECK(bytes[2] == 0xD8 && bytes[3] == 0x3D);
	sw_ucs2_from_bytes(bytes, 2 * n + 1, again);
	SW_CHECK(memcmp(units, again, 2 * n) == 0);
	SW_CHECK(sw_str_eq(sw_ucs2_decode(&arena, again, n), SW_S("a" EMOJI HAN "\0")));
	SW_CHECK_STR(sw_ucs2_decode(&arena, (const uint16_t[]){ 0xDE00, 0xD83D, 'a', 0xD83D }, 4),
		     "\xef\xbf\xbd\xef\xbf\xbd"
		     "a\xef\xbf\xbd");
	sw_arena_done(&arena);
}
