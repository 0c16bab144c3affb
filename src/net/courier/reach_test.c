#include <arpa/inet.h>
#include <sys/un.h>

#include "base/test.h"
#include "net/courier/reach.h"

static const struct {
	const char *text;
	enum sw_reach_class reach;
} rows[] = {
	{ "8.8.8.8", SW_REACH_PUBLIC },
	{ "11.0.0.0", SW_REACH_PUBLIC },
	{ "172.15.255.255", SW_REACH_PUBLIC },
	{ "172.32.0.0", SW_REACH_PUBLIC },
	{ "100.63.255.255", SW_REACH_PUBLIC },
	{ "192.0.1.1", SW_REACH_PUBLIC },
	{ "223.255.255.255", SW_REACH_PUBLIC },
	{ "10.255.255.255", SW_REACH_PRIVATE },
	{ "172.16.0.1", SW_REACH_PRIVATE },
	{ "172.31.255.255", SW_REACH_PRIVATE },
	{ "192.168.1.1", SW_REACH_PRIVATE },
	{ "100.64.0.1", SW_REACH_PRIVATE },
	{ "127.0.0.1", SW_REACH_LOOPBACK },
	{ "127.255.0.1", SW_REACH_LOOPBACK },
	{ "0.0.0.0", SW_REACH_NEVER },
	{ "169.254.169.254", SW_REACH_NEVER },
	{ "100.100.100.200", SW_REACH_NEVER },
	{ "168.63.129.16", SW_REACH_NEVER },
	{ "192.0.0.192", SW_REACH_NEVER },
	{ "198.19.255.255", SW_REACH_NEVER },
	{ "224.0.0.1", SW_REACH_NEVER },
	{ "255.255.255.255", SW_REACH_NEVER },
	{ "2606:4700:4700::1111", SW_REACH_PUBLIC },
	{ "2a00:1450::1", SW_REACH_PUBLIC },
	{ "::1", SW_REACH_LOOPBACK },
	{ "::", SW_REACH_NEVER },
	{ "::127.0.0.1", SW_REACH_NEVER },
	{ "::ffff:127.0.0.1", SW_REACH_LOOPBACK },
	{ "::ffff:10.0.0.1", SW_REACH_PRIVATE },
	{ "::ffff:169.254.169.254", SW_REACH_NEVER },
	{ "::ffff:8.8.8.8", SW_REACH_PUBLIC },
	{ "64:ff9b::10.0.0.1", SW_REACH_NEVER },
	{ "64:ff9b::127.0.0.1", SW_REACH_NEVER },
	{ "64:ff9b::169.254.169.254", SW_REACH_NEVER },
	{ "64:ff9b::8.8.8.8", SW_REACH_PUBLIC },
	{ "64:ff9b:1::8.8.8.8", SW_REACH_NEVER },
	{ "2002:7f00:1::1", SW_REACH_NEVER },
	{ "2002:a00:1::1", SW_REACH_NEVER },
	{ "2002:808:808::1", SW_REACH_PUBLIC },
	{ "2001::1", SW_REACH_NEVER },
	{ "2001:db8::1", SW_REACH_NEVER },
	{ "fd12:3456::1", SW_REACH_PRIVATE },
	{ "fd00:ec2::254", SW_REACH_NEVER },
	{ "fe80::1", SW_REACH_NEVER },
	{ "fec0::1", SW_REACH_NEVER },
	{ "ff02::1", SW_REACH_NEVER },
	{ "4000::1", SW_REACH_NEVER },
	{ "169.253.255.255", SW_REACH_PUBLIC },
	{ "169.255.0.0", SW_REACH_PUBLIC },
	{ "100.127.255.255", SW_REACH_PRIVATE },
	{ "100.128.0.0", SW_REACH_PUBLIC },
	{ "198.17.255.255", SW_REACH_PUBLIC },
	{ "198.20.0.0", SW_REACH_PUBLIC },
	{ "198.51.100.7", SW_REACH_NEVER },
	{ "203.0.113.9", SW_REACH_NEVER },
	{ "240.0.0.1", SW_REACH_NEVER },
	{ "::a9fe:a9fe", SW_REACH_NEVER },
	{ "100::1", SW_REACH_NEVER },
	{ "3fff::1", SW_REACH_NEVER },
	{ "5f00::1", SW_REACH_NEVER },
	{ "fd20:ce::254", SW_REACH_NEVER },
	{ "fbff::1", SW_REACH_NEVER },
	{ "fe00::1", SW_REACH_NEVER },
};

SW_TEST(addresses_have_a_reach)
{
	for (size_t i = 0; i < SW_COUNTOF(rows); i++) {
		struct sockaddr_in in4 = { .sin_family = AF_INET };
		struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
		bool is4 = inet_pton(AF_INET, rows[i].text, &in4.sin_addr) == 1;
		if (!is4 && inet_pton(AF_INET6, rows[i].text, &in6.sin6_addr) != 1)
			sw_test_fail(__FILE__, __LINE__, "%s is no address", rows[i].text);
		enum sw_reach_class got = sw_reach_of(is4 ? (struct sockaddr *)&in4 : (struct sockaddr *)&in6);
		if (got != rows[i].reach)
			sw_test_fail(__FILE__, __LINE__, "%s: got %s, want %s", rows[i].text, sw_reach_name(got),
				     sw_reach_name(rows[i].reach));
	}
	struct sockaddr_un local = { .sun_family = AF_UNIX };
	SW_CHECK_INT(sw_reach_of((struct sockaddr *)&local), SW_REACH_NEVER);
}
