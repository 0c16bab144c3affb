#include "net/courier/reach.h"

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct range4 {
	uint8_t net[4];
	unsigned bits;
	enum sw_reach_class reach;
};

/* The first row that matches decides. */
static const struct range4 ranges4[] = {
	{ { 100, 100, 100, 200 }, 32, SW_REACH_NEVER }, /* metadata of a provider, inside shared space */
	{ { 168, 63, 129, 16 }, 32, SW_REACH_NEVER },   /* host agent of a provider, inside public space */
	{ { 0, 0, 0, 0 }, 8, SW_REACH_NEVER },          /* this network; Linux connects to itself */
	{ { 10, 0, 0, 0 }, 8, SW_REACH_PRIVATE },
	{ { 100, 64, 0, 0 }, 10, SW_REACH_PRIVATE }, /* shared address space */
	{ { 127, 0, 0, 0 }, 8, SW_REACH_LOOPBACK },
	{ { 169, 254, 0, 0 }, 16, SW_REACH_NEVER }, /* link-local, metadata */
	{ { 172, 16, 0, 0 }, 12, SW_REACH_PRIVATE },
	{ { 192, 0, 0, 0 }, 24, SW_REACH_NEVER },   /* protocol assignments, metadata */
	{ { 192, 0, 2, 0 }, 24, SW_REACH_NEVER },   /* documentation */
	{ { 192, 88, 99, 0 }, 24, SW_REACH_NEVER }, /* 6to4 relays */
	{ { 192, 168, 0, 0 }, 16, SW_REACH_PRIVATE },
	{ { 198, 18, 0, 0 }, 15, SW_REACH_NEVER },   /* benchmarks */
	{ { 198, 51, 100, 0 }, 24, SW_REACH_NEVER }, /* documentation */
	{ { 203, 0, 113, 0 }, 24, SW_REACH_NEVER },  /* documentation */
	{ { 224, 0, 0, 0 }, 3, SW_REACH_NEVER },     /* multicast, reserved, broadcast */
};

#define NOT_CARRIED (-1)

struct range6 {
	uint8_t net[16];
	unsigned bits;
	enum sw_reach_class reach;
	int ipv4_at; /* byte where an IPv4 address stands that decides instead */
	bool alias;  /* it is that address; else a gateway leads there, whose private networks and self are not ours */
};

static const struct range6 ranges6[] = {
	{ { [15] = 1 }, 128, SW_REACH_LOOPBACK, NOT_CARRIED },
	{ { [10] = 0xff, 0xff }, 96, SW_REACH_NEVER, 12, .alias = true }, /* IPv4-mapped */
	{ { 0, 0x64, 0xff, 0x9b }, 96, SW_REACH_NEVER, 12 },              /* NAT64 */
	{ { 0 }, 8, SW_REACH_NEVER, NOT_CARRIED },                       /* unspecified, IPv4-compatible, local NAT64 */
	{ { 1, 0 }, 16, SW_REACH_NEVER, NOT_CARRIED },                   /* discard-only */
	{ { 0x20, 0x01 }, 23, SW_REACH_NEVER, NOT_CARRIED },             /* Teredo, benchmarks, ORCHID … */
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 32, SW_REACH_NEVER, NOT_CARRIED }, /* documentation */
	{ { 0x20, 0x02 }, 16, SW_REACH_NEVER, 2 },                       /* 6to4 */
	{ { 0x3f, 0xff }, 20, SW_REACH_NEVER, NOT_CARRIED },             /* documentation */
	{ { 0x5f, 0x00 }, 16, SW_REACH_NEVER, NOT_CARRIED },             /* segment routing */
	{ { 0xfd, 0x00, 0x0e, 0xc2 }, 32, SW_REACH_NEVER, NOT_CARRIED }, /* metadata of a provider */
	{ { 0xfd, 0x20, 0x00, 0xce }, 32, SW_REACH_NEVER, NOT_CARRIED }, /* metadata of a provider */
	{ { 0xfc }, 7, SW_REACH_PRIVATE, NOT_CARRIED },                  /* unique local */
	{ { 0x20 }, 3, SW_REACH_PUBLIC, NOT_CARRIED },                   /* global unicast */
};

static bool in_range(const uint8_t *address, const uint8_t *net, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;
	if (memcmp(address, net, whole) != 0)
		return false;
	return rest == 0 || (address[whole] ^ net[whole]) >> (8 - rest) == 0;
}

static enum sw_reach_class reach_of4(const uint8_t address[4])
{
	for (size_t i = 0; i < sizeof(ranges4) / sizeof(ranges4[0]); i++)
		if (in_range(address, ranges4[i].net, ranges4[i].bits))
			return ranges4[i].reach;
	return SW_REACH_PUBLIC;
}

static enum sw_reach_class reach_of_carried(const struct range6 *range, const uint8_t address[16])
{
	enum sw_reach_class reach = reach_of4(address + range->ipv4_at);
	return range->alias || reach == SW_REACH_PUBLIC ? reach : SW_REACH_NEVER;
}

static enum sw_reach_class reach_of6(const uint8_t address[16])
{
	for (size_t i = 0; i < sizeof(ranges6) / sizeof(ranges6[0]); i++)
		if (in_range(address, ranges6[i].net, ranges6[i].bits))
			return ranges6[i].ipv4_at < 0 ? ranges6[i].reach : reach_of_carried(&ranges6[i], address);
	/* Link-local, site-local, multicast and what is not assigned. */
	return SW_REACH_NEVER;
}

enum sw_reach_class sw_reach_of(const struct sockaddr *address)
{
	/* Copied: the caller's bytes may be aligned for less. */
	if (address->sa_family == AF_INET) {
		struct sockaddr_in in;
		memcpy(&in, address, sizeof(in));
		return reach_of4((const uint8_t *)&in.sin_addr);
	}
	if (address->sa_family == AF_INET6) {
		struct sockaddr_in6 in;
		memcpy(&in, address, sizeof(in));
		return reach_of6(in.sin6_addr.s6_addr);
	}
	return SW_REACH_NEVER;
}

const char *sw_reach_name(enum sw_reach_class reach)
{
	static const char *const names[] = { [SW_REACH_PUBLIC] = "public",
					     [SW_REACH_PRIVATE] = "private",
					     [SW_REACH_LOOPBACK] = "loopback",
					     [SW_REACH_NEVER] = "never" };
	return names[reach];
}
