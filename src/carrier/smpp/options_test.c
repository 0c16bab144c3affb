#include "carrier/smpp/options.h"

#include "base/arena.h"
#include "base/test.h"

static int parse(struct sw_arena *arena, const char *url, struct smpp_options *ret, struct sw_str *ret_why)
{
	return smpp_options_parse(arena, sw_str_of(url), ret, ret_why);
}

SW_TEST(smpp_urls)
{
	struct sw_arena arena;
	struct smpp_options o;
	struct sw_str why;
	sw_arena_init(&arena);
	SW_CHECK_INT(parse(&arena, "smpp://id:p%40ss@smsc.example.net", &o, &why), 0);
	SW_CHECK_STR(o.system_id, "id");
	SW_CHECK_STR(o.password, "p@ss");
	SW_CHECK_STR(o.host, "smsc.example.net");
	SW_CHECK_INT(o.port, 2775);
	SW_CHECK(!o.tls && o.tls_verify && o.dlr && o.validity && !o.packed);
	SW_CHECK_INT(o.window, 100);
	SW_CHECK_INT(o.window_min, 10);
	SW_CHECK_INT(o.source_ton, SMPP_AUTO);
	SW_CHECK_INT(o.throttles, 2);
	SW_CHECK_INT(parse(&arena,
			   "smpps://id@[2001:db8::1]:1234/?binds=4&mode=txrx&window=5&version=5.0&charset0=latin1", &o,
			   &why),
		     0);
	SW_CHECK_STR(o.host, "2001:db8::1");
	SW_CHECK_INT(o.port, 1234);
	SW_CHECK_STR(o.password, "");
	SW_CHECK(o.tls && o.mode == SMPP_TXRX && o.version == 1 && o.charset0 == SW_CHARSET_LATIN1);
	SW_CHECK_INT(o.window_min, 5); /* never more than the window */
	SW_CHECK_INT(parse(&arena, "smpps://id:x@h", &o, &why), 0);
	SW_CHECK_INT(o.port, 3550);
	SW_CHECK_INT(
		parse(&arena,
		      "smpp://"
		      "i:p@h?throttle=0x58,88,1025&err.0027=30003&err.abc=30007&tlv.0x1400=hex:0aff&tlv.5121=text:hex",
		      &o, &why),
		0);
	SW_CHECK_INT(o.throttles, 3);
	SW_CHECK_INT(o.throttle[2], 1025);
	SW_CHECK_STR(o.errors[0].err, "27");
	SW_CHECK_INT(o.errors[1].code, 30007);
	SW_CHECK(sw_str_eq(sw_buf_str(&o.tlvs), SW_S("\x14\0\0\2\x0a\xff\x14\1\0\3hex")));
	sw_arena_done(&arena);
}

SW_TEST(smpp_urls_that_are_wrong)
{
	static const struct {
		const char *url, *why;
	} rows[] = {
		{ "smpp:id:p@h", "ID:PASSWORD@HOST:PORT" },
		{ "smpp://h:2775", "ID:PASSWORD@HOST:PORT" },
		{ "smpp://:p@h", "ID:PASSWORD@HOST:PORT" },
		{ "smpp://i:p@", "ID:PASSWORD@HOST:PORT" },
		{ "smpp://i:p@h:0", "ID:PASSWORD@HOST:PORT" },
		{ "smpp://i:p@h:65536", "ID:PASSWORD@HOST:PORT" },
		{ "smpp://i:p@h:x", "ID:PASSWORD@HOST:PORT" },
		{ "smpp://i:%zz@h", "ID:PASSWORD@HOST:PORT" },
		{ "smpp://i:p@h?window", "window cannot be ''" },
		{ "smpp://i:p@h?window=1001", "from 1 to 1000" },
		{ "smpp://i:p@h?version=3.3", "3.4 or 5.0" },
		{ "smpp://i:p@h?concat=x", "udh16, udh8, sar or payload" },
		{ "smpp://i:p@h?system_type=1234567890123", "at most 12 characters" },
		{ "smpp://i:p@h?receipt_ids=octal", "auto, text, dec or hex" },
		{ "smpp://i:p@h?windows=1", "no option 'windows'" },
		{ "smpp://i:p@h?throttle=", "throttle" },
		{ "smpp://i:p@h?throttle=0x58,", "throttle" },
		{ "smpp://i:p@h?err.=30003", "err." },
		{ "smpp://i:p@h?err.1=3", "err.1" },
		{ "smpp://i:p@h?err.1=99999", "err.1" },
		{ "smpp://i:p@h?tlv.0=1", "tlv.0" },
		{ "smpp://i:p@h?tlv.0x10000=1", "tlv.0x10000" },
		{ "smpp://i:p@h?tlv.0x0427=toolong", "tlv.0x0427" },
		{ "smpp://i:p@h?a=%", "NAME=VALUE" },
	};
	struct sw_arena arena;
	sw_arena_init(&arena);
	for (size_t i = 0; i < SW_COUNTOF(rows); i++) {
		struct smpp_options o;
		struct sw_str why = SW_STR_NULL;
		SW_CHECK_INT(parse(&arena, rows[i].url, &o, &why), SW_EINVAL);
		if (sw_str_find(why, sw_str_of(rows[i].why)) < 0)
			sw_test_fail(__FILE__, __LINE__, "%s: %.*s", rows[i].url, SW_FMT(why));
	}
	sw_arena_done(&arena);
}
