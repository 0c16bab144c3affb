#include "base/arena.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/metrics.h"
#include "base/num.h"
#include "base/random.h"
#include "base/ref.h"
#include "base/test.h"
#include "base/time.h"
#include "base/trace.h"
#include "base/utf8.h"

static void count_up(void *counter)
{
	++*(int *)counter;
}

SW_TEST(an_arena_runs_its_holds_when_cleared)
{
	struct sw_arena arena;
	int ran = 0;
	sw_arena_init(&arena);
	sw_arena_hold(&arena, count_up, &ran);
	for (int i = 0; i < 1000; i++) {
		char *p = sw_arena_alloc(&arena, 100);
		SW_CHECK(p[99] == 0 && (uintptr_t)p % 16 == 0);
		p[99] = 1;
	}
	sw_arena_clear(&arena);
	SW_CHECK_INT(ran, 1);
	SW_CHECK(arena.total_bytes <= 64 * 1024);
	SW_CHECK(((char *)sw_arena_alloc(&arena, 5000))[4999] == 0);
	sw_arena_done(&arena);
	SW_CHECK_INT(ran, 1);
	struct sw_arena *self = sw_arena_new();
	sw_arena_alloc(self, 1 << 20);
	sw_arena_free(self);
}

SW_TEST(numbers_are_parsed_strictly)
{
	static const struct {
		const char *text;
		int err;
		int64_t value;
	} rows[] = {
		{ "0", 0, 0 },
		{ "-1", 0, -1 },
		{ "9223372036854775807", 0, INT64_MAX },
		{ "-9223372036854775808", 0, INT64_MIN },
		{ "9223372036854775808", SW_ELIMIT, 0 },
		{ "99999999999999999999999", SW_ELIMIT, 0 },
		{ "", SW_EINVAL, 0 },
		{ "-", SW_EINVAL, 0 },
		{ "+1", SW_EINVAL, 0 },
		{ " 1", SW_EINVAL, 0 },
		{ "1 ", SW_EINVAL, 0 },
		{ "1x", SW_EINVAL, 0 },
	};
	for (size_t i = 0; i < SW_COUNTOF(rows); i++) {
		int64_t value = 0;
		SW_CHECK_INT(sw_num_parse(sw_str_of(rows[i].text), &value), rows[i].err);
		SW_CHECK_INT(value, rows[i].value);
	}
}

SW_TEST(money_keeps_every_micro)
{
	static const struct {
		const char *text, *shown;
		int err;
		int64_t micros;
	} rows[] = {
		{ "0.0075", "0.0075", 0, 7500 },
		{ "-0.0075", "-0.0075", 0, -7500 },
		{ "12", "12.00", 0, 12000000 },
		{ "0.000001", "0.000001", 0, 1 },
		{ "1.5", "1.50", 0, 1500000 },
		{ "0.0000001", "", SW_ELIMIT, 0 },
		{ "1.", "", SW_EINVAL, 0 },
		{ ".5", "", SW_EINVAL, 0 },
		{ "9999999999999", "", SW_ELIMIT, 0 },
		{ "1.-5", "", SW_EINVAL, 0 },
	};
	for (size_t i = 0; i < SW_COUNTOF(rows); i++) {
		int64_t micros = 0;
		char buf[32];
		SW_CHECK_INT(sw_micros_parse(sw_str_of(rows[i].text), &micros), rows[i].err);
		SW_CHECK_INT(micros, rows[i].micros);
		if (!rows[i].err)
			SW_CHECK_STR(sw_micros_format(micros, 2, buf), rows[i].shown);
	}
}

SW_TEST(dates_in_every_style)
{
	char buf[SW_TIME_BUF];
	int64_t us = 0;
	SW_CHECK_INT(sw_time_parse(SW_S("2023-08-24T05:01:45Z"), &us), 0);
	SW_CHECK_STR(sw_time_rfc2822(us, buf), "Thu, 24 Aug 2023 05:01:45 +0000");
	SW_CHECK_STR(sw_time_http(us, buf), "Thu, 24 Aug 2023 05:01:45 GMT");
	SW_CHECK_STR(sw_time_iso(us, buf), "2023-08-24T05:01:45Z");
	SW_CHECK_INT(sw_time_parse(SW_S("2023-08-24T07:31:45.25+02:30"), &us), 0);
	SW_CHECK_STR(sw_time_rfc3339(us, buf), "2023-08-24T05:01:45.250000Z");
	SW_CHECK_INT(sw_time_parse(SW_S("1969-12-31"), &us), 0);
	SW_CHECK_INT(us, -SW_US_PER_DAY);
	SW_CHECK_STR(sw_time_rfc2822(us, buf), "Wed, 31 Dec 1969 00:00:00 +0000");
	static const char *const bad[] = { "2023-02-29",
					   "2023-13-01",
					   "2023-8-24",
					   "2023-08-24T",
					   "2023-08-24T05:01:45",
					   "2023-08-24T25:00:00Z",
					   "2023-08-24T05:01:45+2:00",
					   "2023-08-24T05:01:45.Z",
					   "-023-08-24" };
	for (size_t i = 0; i < SW_COUNTOF(bad); i++)
		SW_CHECK_INT(sw_time_parse(sw_str_of(bad[i]), &us), SW_EINVAL);
	for (int64_t day = -800000; day < 800000; day += 17) {
		struct sw_civil c = sw_time_civil(day * SW_US_PER_DAY + 1);
		SW_CHECK_INT(sw_time_from_civil(&c), day * SW_US_PER_DAY + 1);
	}
}

SW_TEST(utf8_refuses_what_rfc_3629_refuses)
{
	static const struct {
		const char *text;
		bool valid;
		size_t count;
	} rows[] = {
		{ "", true, 0 },
		{ "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x91\x8d", true, 4 },
		{ "\xc0\x80", false, 2 },
		{ "\xed\xa0\x80", false, 3 },
		{ "\xf4\x90\x80\x80", false, 4 },
		{ "\xe2\x82", false, 2 },
	};
	for (size_t i = 0; i < SW_COUNTOF(rows); i++) {
		SW_CHECK_INT(sw_utf8_valid(sw_str_of(rows[i].text)), rows[i].valid);
		SW_CHECK_INT(sw_utf8_count(sw_str_of(rows[i].text)), rows[i].count);
	}
	for (uint32_t cp = 0; cp < 0x110000; cp += 7) {
		char out[4];
		size_t n = sw_utf8_put(cp, out), at = 0;
		uint32_t back = sw_utf8_next((struct sw_str){ out, n }, &at);
		SW_CHECK(at == n && back == (cp >= 0xD800 && cp <= 0xDFFF ? 0xFFFD : cp));
	}
}

SW_TEST(hashes_match_their_published_vectors)
{
	uint8_t out[32];
	char hex[64];
	sw_sha1(SW_S("abc"), out);
	sw_hex_encode(out, 20, hex);
	SW_CHECK_STR(((struct sw_str){ hex, 40 }), "a9993e364706816aba3e25717850c26c9cd0d89d");
	sw_sha256(SW_S("abc"), out);
	sw_hex_encode(out, 32, hex);
	SW_CHECK_STR(((struct sw_str){ hex, 64 }), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	sw_hmac_sha1(SW_S("Jefe"), SW_S("what do ya want for nothing?"), out);
	sw_hex_encode(out, 20, hex);
	SW_CHECK_STR(((struct sw_str){ hex, 40 }), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
	sw_hmac_sha256(SW_S("Jefe"), SW_S("what do ya want for nothing?"), out);
	sw_hex_encode(out, 32, hex);
	SW_CHECK_STR(((struct sw_str){ hex, 64 }), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	/* RFC 2202, case 6: a key longer than a block. */
	char key[80];
	memset(key, 0xaa, sizeof(key));
	sw_hmac_sha1((struct sw_str){ key, sizeof(key) },
		     SW_S("Test Using Larger Than Block-Size Key - Hash Key First"), out);
	sw_hex_encode(out, 20, hex);
	SW_CHECK_STR(((struct sw_str){ hex, 40 }), "aa4ae5e15272d00e95705637ce8a3b55ed402112");
}

SW_TEST(base64_both_ways_and_strict)
{
	struct sw_arena arena;
	sw_arena_init(&arena);
	static const char *const rows[][2] = {
		{ "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" }, { "foob", "Zm9vYg==" }
	};
	for (size_t i = 0; i < SW_COUNTOF(rows); i++) {
		struct sw_str back;
		SW_CHECK_STR(sw_base64_encode(&arena, sw_str_of(rows[i][0])), rows[i][1]);
		SW_CHECK_INT(sw_base64_decode(&arena, sw_str_of(rows[i][1]), &back), 0);
		SW_CHECK_STR(back, rows[i][0]);
	}
	static const char *const bad[] = { "Z", "Zg", "Zg=", "Z===", "Zh==", "Zm9=", "Z g=", "=Zg=", "Zg==Zg==" };
	for (size_t i = 0; i < SW_COUNTOF(bad); i++) {
		struct sw_str back;
		SW_CHECK_INT(sw_base64_decode(&arena, sw_str_of(bad[i]), &back), SW_EINVAL);
	}
	sw_arena_done(&arena);
}

SW_TEST(a_sealed_secret_opens_only_for_its_owner)
{
	struct sw_arena arena;
	uint8_t key[SW_SEAL_KEY_BYTES] = { 1 };
	struct sw_str back;
	sw_arena_init(&arena);
	struct sw_str sealed = sw_seal(&arena, key, SW_S("AC1"), SW_S("token"));
	SW_CHECK_INT(sw_unseal(&arena, key, SW_S("AC1"), sealed, &back), 0);
	SW_CHECK_STR(back, "token");
	SW_CHECK_INT(sw_unseal(&arena, key, SW_S("AC2"), sealed, &back), SW_ECORRUPT);
	((char *)sealed.p)[14] ^= 1;
	SW_CHECK_INT(sw_unseal(&arena, key, SW_S("AC1"), sealed, &back), SW_ECORRUPT);
	key[0] = 2;
	((char *)sealed.p)[14] ^= 1;
	SW_CHECK_INT(sw_unseal(&arena, key, SW_S("AC1"), sealed, &back), SW_ECORRUPT);
	sw_arena_done(&arena);
}

SW_TEST(a_map_forgets_and_finds_again)
{
	struct sw_map map = { 0 };
	char key[24];
	for (int64_t i = 0; i < 5000; i++)
		SW_CHECK(!sw_map_put(&map, sw_num_format(i, key), (void *)(uintptr_t)(i + 1)));
	for (int64_t i = 0; i < 5000; i += 2)
		SW_CHECK(sw_map_take(&map, sw_num_format(i, key)) == (void *)(uintptr_t)(i + 1));
	for (int64_t i = 0; i < 5000; i++)
		SW_CHECK(sw_map_find(&map, sw_num_format(i, key)) == (i % 2 ? (void *)(uintptr_t)(i + 1) : NULL));
	size_t cursor = 0, n = 0;
	while (sw_map_next(&map, &cursor, NULL, NULL))
		n++;
	SW_CHECK_INT(n, 2500);
	sw_map_done(&map);
}

SW_TEST(references_destroy_at_the_last)
{
	int *object = sw_new(int, count_up);
	*object = 0;
	sw_ref(object);
	SW_CHECK(!sw_unref(object));
	SW_CHECK_INT(*object, 0);
	SW_CHECK(!sw_unref(object));
	SW_CHECK(!sw_unref(NULL));
}

SW_TEST(random_below_stays_below)
{
	unsigned seen = 0;
	for (int i = 0; i < 1000; i++)
		seen |= 1u << sw_random_below(5);
	SW_CHECK_INT(seen, 31);
}

SW_TEST(the_flight_recorder_finds_an_ids_steps_in_order)
{
	struct sw_arena arena;
	struct sw_id one = { { 1 } }, two = { { 2 } };
	struct sw_trace_step *steps;
	sw_arena_init(&arena);
	sw_trace(one, "net", "request");
	sw_trace(two, "net", "request");
	sw_trace(one, "store", "commit");
	SW_CHECK_INT(sw_trace_find(&arena, one, &steps), 2);
	SW_CHECK_STR(sw_str_of(steps[1].what), "commit");
	sw_arena_done(&arena);
}

SW_TEST(metrics_render_as_prometheus_text)
{
	static const struct sw_metric rows[] = {
		{ "test_total", "Things.", SW_COUNTER },
		{ "test_seconds", "How long.", SW_HISTOGRAM_US },
	};
	static struct sw_metric_set set = SW_METRIC_SET(rows);
	struct sw_buf out = { 0 };
	sw_metric_register(&set);
	sw_count(&set, 0, 2);
	sw_observe_us(&set, 1, 100);
	sw_metrics_render(&out);
	SW_CHECK(sw_str_find(sw_buf_str(&out), SW_S("# TYPE test_total counter\ntest_total 2\n")) >= 0);
	SW_CHECK(sw_str_find(sw_buf_str(&out), SW_S("test_seconds_bucket{le=\"0.000128\"} 1\n")) >= 0);
	SW_CHECK(sw_str_find(sw_buf_str(&out), SW_S("test_seconds_bucket{le=\"6.4e-05\"} 0\n")) >= 0);
	SW_CHECK_INT(sw_metric_value(&set, 1), 1);
	sw_buf_done(&out);
}
