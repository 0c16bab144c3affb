/*
 * net/courier/reach.h - which addresses an outbound request may connect to (SSRF guard).
 *
 * The check is made on the address that is about to be connected, behind name resolution, so that a name that
 * answers differently the second time gains nothing.  Ranges: IANA special-purpose registries (RFC 6890) and the
 * metadata services of hosting providers.  Thread: any.
 */
#ifndef SW_NET_COURIER_REACH_H
#define SW_NET_COURIER_REACH_H

#include <stdbool.h>

struct sockaddr;

enum sw_reach_class {
	SW_REACH_PUBLIC,
	SW_REACH_PRIVATE,  /* RFC 1918, RFC 6598, RFC 4193 */
	SW_REACH_LOOPBACK, /* 127/8, ::1 */
	SW_REACH_NEVER,    /* link-local, metadata, multicast, reserved, and what is no IP address */
};

/** Addresses that carry an IPv4 address are judged by that: a mapped one is that address; NAT64 and 6to4 lead there
 * over a gateway, which may only lead to public ones. */
enum sw_reach_class sw_reach_of(const struct sockaddr *address);
/** Name of the class in log lines; static. */
const char *sw_reach_name(enum sw_reach_class reach);

#endif
