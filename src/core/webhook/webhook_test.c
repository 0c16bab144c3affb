/* Webhooks: overrides and the schedule of callbacks; what goes over the wire is tested by tests/api/callbacks.test.mjs.
 */
#include "base/arena.h"
#include "base/test.h"
#include "base/time.h"
#include "core/callback.h"
#include "core/webhook.h"
#include "core/webhook/record.h"

SW_TEST(connection_overrides_are_read_from_the_fragment)
{
	struct sw_overrides o;
	struct sw_str bad = SW_STR_NULL;
	SW_CHECK_INT(sw_overrides_parse(SW_STR_NULL, &o, &bad), 0);
	SW_CHECK(o.connect_ms == 5000 && o.read_ms == 15000 && o.total_ms == 15000 && o.retries == 1 &&
		 o.policy == SW_RETRY_CONNECT);
	SW_CHECK_INT(
		sw_overrides_parse(SW_S("ct=100&rt=2000&tt=15000&rc=5&rp=5xx,ct&e=ashburn,dublin&sni=y"), &o, &bad), 0);
	SW_CHECK(o.connect_ms == 100 && o.read_ms == 2000 && o.total_ms == 15000 && o.retries == 5 &&
		 o.policy == (SW_RETRY_CONNECT | SW_RETRY_5XX));
	SW_CHECK_INT(sw_overrides_parse(SW_S("rp=all&rc=0"), &o, &bad), 0);
	SW_CHECK(o.policy == SW_RETRY_ALL && o.retries == 0);
	static const char *const nothing[] = { "", "section-2", "x=1&y", "&&", "=1" };
	for (size_t i = 0; i < SW_COUNTOF(nothing); i++)
		SW_CHECK_INT(sw_overrides_parse(sw_str_of(nothing[i]), &o, &bad), 0);
	static const char *const refused[] = { "ct=99",  "ct=10001", "rt=99",  "tt=15001", "rc=6",  "rc=-1",  "rc=",
					       "ct=1e3", "rp=",      "rp=6xx", "rp=ct,",   "sni=x", "ct=+500" };
	for (size_t i = 0; i < SW_COUNTOF(refused); i++) {
		struct sw_str text = sw_str_of(refused[i]);
		SW_CHECK_INT(sw_overrides_parse(text, &o, &bad), SW_EINVAL);
		SW_CHECK(sw_str_eq(bad, text));
	}
	SW_CHECK_INT(sw_overrides_parse(SW_S("rc=1&rp=never&ct=500"), &o, &bad), SW_EINVAL);
	SW_CHECK_STR(bad, "rp=never");
}

SW_TEST(what_is_recorded_has_no_credentials_and_no_cookies)
{
	struct sw_http_header sent[] = { { SW_S("Authorization"), SW_S("Basic x") }, { SW_S("A"), SW_S("b") } };
	struct sw_http_header got[] = { { SW_S("Set-Cookie"), SW_S("a=x") }, { SW_S("C"), SW_S("d") } };
	const struct sw_account account = { .status = SW_S("active") };
	const struct sw_webhook webhook = { .account = &account };
	const struct sw_fetch fetch = { .headers = sent, .headers_n = SW_COUNTOF(sent) };
	const struct sw_webhooked webhooked = { .fetched = { .status = 200, .headers = got, .headers_n = 2 } };
	struct sw_arena arena;
	sw_arena_init(&arena);
	const struct sw_attempt *a = sw_webhook_record(&arena, &webhook, &fetch, SW_STR_NULL, &webhooked);
	SW_CHECK_STR(a->request_headers, "Authorization: ***\nA: b\n");
	SW_CHECK_STR(a->response_headers, "Set-Cookie: ***\nC: d\n");
	sw_arena_done(&arena);
}

SW_TEST(the_token_of_a_callback_is_the_same_at_each_attempt)
{
	struct sw_arena arena;
	struct sw_due due = { .data = SW_S("POST\n1\nhttps://example.com/\nA=1") };
	sw_arena_init(&arena);
	for (unsigned i = 0; i < 16; i++) {
		due.id.b[i] = (uint8_t)(0xa0 + i);
		due.ref.b[i] = (uint8_t)(0x10 + i);
	}
	struct sw_due again = due, other = due, about_another = due, old = due;
	memset(again.id.b, 0xff, 8); /* when it fires */
	again.attempt++;
	other.id.b[15]++;
	about_another.ref.b[15]++;
	old.data = SW_S("00112233445566778899aabbccddeeff\nPOST\n1\nhttps://example.com/\nA=1");
	SW_CHECK_STR(sw_callback_token(&arena, &due), "a8a9aaabacadaeaf18191a1b1c1d1e1f");
	SW_CHECK_STR(sw_callback_token(&arena, &again), "a8a9aaabacadaeaf18191a1b1c1d1e1f");
	SW_CHECK_STR(sw_callback_token(&arena, &other), "a8a9aaabacadaeb018191a1b1c1d1e1f");
	SW_CHECK_STR(sw_callback_token(&arena, &about_another), "a8a9aaabacadaeaf18191a1b1c1d1e20");
	SW_CHECK_STR(sw_callback_token(&arena, &old), "00112233445566778899aabbccddeeff");
	sw_arena_done(&arena);
}

SW_TEST(callbacks_are_given_up_after_nine_attempts)
{
	static const int64_t want_s[] = { 5, 30, 120, 600, 1800, 7200, 18000, 43200, 0, 0 };
	for (size_t i = 0; i < SW_COUNTOF(want_s); i++)
		SW_CHECK_INT(sw_callback_delay_us((int64_t)i + 1), want_s[i] * SW_US_PER_S);
	SW_CHECK_INT(sw_callback_delay_us(0), 0);
	SW_CHECK_INT(sw_callback_delay_us(INT64_MAX), 0);
}
