#include "base/test.h"
#include "base/time.h"
#include "core/auth/login.h"

#define KEY SW_S("SK00000000000000000000000000000001")
#define OTHER SW_S("SK00000000000000000000000000000002")

static int64_t now = 1000 * SW_US_PER_S;
static enum sw_login_place place;

static int64_t delay(struct sw_str key, struct sw_str address)
{
	return sw_login_delay_s(key, address, now, &place);
}

static void fail(int times, struct sw_str key, struct sw_str address)
{
	for (int i = 0; i < times; i++)
		sw_login_failed(key, address, now);
}

SW_TEST(guessing_one_key_is_stopped_for_that_key_at_that_address)
{
	const struct sw_login_rule *rule = &sw_login_rules[SW_LOGIN_PAIR];
	struct sw_str here = SW_S("192.0.2.1");
	fail((int)rule->burst - 1, KEY, here);
	SW_CHECK_INT(delay(KEY, here), 0);
	fail(1, KEY, here);
	SW_CHECK_INT(delay(KEY, here), rule->interval_ms / 1000);
	SW_CHECK_INT(place, SW_LOGIN_PAIR);
	SW_CHECK_INT(delay(OTHER, here), 0);
	SW_CHECK_INT(delay(KEY, SW_S("192.0.2.2")), 0);
	now += rule->interval_ms * 1000;
	SW_CHECK_INT(delay(KEY, here), 0);
	fail(1, KEY, here); /* one an interval, not ten again */
	SW_CHECK(delay(KEY, here) > 0);
	now += rule->burst * rule->interval_ms * 1000;
	fail((int)rule->burst - 1, KEY, here);
	SW_CHECK_INT(delay(KEY, here), 0);
}

SW_TEST(trying_many_keys_stops_the_address)
{
	struct sw_str here = SW_S("198.51.100.7");
	for (int i = 0; i < sw_login_rules[SW_LOGIN_ADDRESS].burst; i++) {
		char text[] = "SK000000000000000000000000000001..";
		text[32] = (char)('a' + i / 16), text[33] = (char)('a' + i % 16);
		fail(1, sw_str_of(text), here);
	}
	SW_CHECK(delay(SW_S("SK00000000000000000000000000000abc"), here) > 0);
	SW_CHECK_INT(place, SW_LOGIN_ADDRESS);
	SW_CHECK_INT(delay(SW_S("SK00000000000000000000000000000abc"), SW_S("198.51.100.8")), 0);
}

SW_TEST(guessing_from_many_addresses_stops_the_key_but_not_its_owner)
{
	struct sw_str key = SW_S("SK00000000000000000000000000000003"), home = SW_S("203.0.113.200");
	sw_login_good(key, home, now);
	for (int i = 0; i < sw_login_rules[SW_LOGIN_KEY].burst; i++) {
		char text[] = "203.0.113.10";
		text[10] = (char)('0' + i / 10 % 10), text[11] = (char)('0' + i % 10);
		fail(1, key, sw_str_of(text));
	}
	SW_CHECK(delay(key, SW_S("203.0.113.9")) > 0);
	SW_CHECK_INT(place, SW_LOGIN_KEY);
	fail(50, key, home); /* somebody beside the owner guesses */
	SW_CHECK_INT(delay(key, home), 0);
	now += 25 * 3600 *
	       SW_US_PER_S; /* a day later the pair is a stranger like others, and the failures are forgotten */
	SW_CHECK_INT(delay(key, home), 0);
	fail(10, key, home);
	SW_CHECK(delay(key, home) > 0);
}

SW_TEST(an_ipv6_site_is_one_address)
{
	struct sw_str key = SW_S("SK00000000000000000000000000000004");
	fail(10, key, SW_S("2001:db8:1:2::1"));
	SW_CHECK(delay(key, SW_S("2001:db8:1:2:ffff::9")) > 0);
	SW_CHECK_INT(delay(key, SW_S("2001:db8:1:3::1")), 0);
	fail(10, key, SW_S("::ffff:192.0.2.77"));
	SW_CHECK(delay(key, SW_S("192.0.2.77")) > 0);
}

/* Names without end do not grow anything, and do not wash away a limit that is still needed. */
SW_TEST(a_flood_of_names_stays_bounded)
{
	struct sw_str key = SW_S("SK00000000000000000000000000000005"), here = SW_S("192.0.2.55");
	fail(30, key, here);
	for (int i = 0; i < 20000; i++) {
		char from[] = "10.0.aa.bb";
		from[5] = (char)('0' + i % 10), from[6] = (char)('0' + i / 10 % 10);
		from[8] = (char)('0' + i / 100 % 10), from[9] = (char)('0' + i / 1000 % 10);
		char text[] = "SK000000000000000000000000000.....";
		for (int k = 0, rest = i; k < 5; k++, rest /= 10)
			text[33 - k] = (char)('0' + rest % 10);
		fail(1, sw_str_of(text), sw_str_of(from));
	}
	SW_CHECK(delay(key, here) > 0);
}
