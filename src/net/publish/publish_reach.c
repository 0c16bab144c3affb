/* Addresses of a target: looked up and checked here, for libraries that connect by themselves. */
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>

#include "net/courier/reach.h"
#include "net/publish/publish_impl.h"

bool sw_publish_may_reach(const struct sw_outlet *outlet, const struct sockaddr *address)
{
	const struct sw_publish_config *config = &outlet->publish->config;
	enum sw_reach_class reach = sw_reach_of(address);
	return outlet->trusted || reach == SW_REACH_PUBLIC || (reach == SW_REACH_PRIVATE && config->allow_private) ||
	       (reach == SW_REACH_LOOPBACK && config->allow_loopback);
}

static struct sw_str address_text(struct sw_arena *arena, const struct sockaddr *address, int port)
{
	char text[INET6_ADDRSTRLEN] = "";
	bool v6 = address->sa_family == AF_INET6;
	const void *bytes = v6 ? (const void *)&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr
			       : (const void *)&((const struct sockaddr_in *)(const void *)address)->sin_addr;
	inet_ntop(address->sa_family, bytes, text, sizeof(text));
	return sw_str_fmt(arena, v6 ? "[%s]:%d" : "%s:%d", text, port);
}

size_t sw_publish_resolve(struct sw_outlet *outlet, struct sw_arena *arena, struct sw_str *ret, size_t max,
			  enum sw_publish_error *ret_error, struct sw_str *ret_why)
{
	const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
	size_t n = 0;
	*ret_error = SW_PUBLISH_UNREACHABLE;
	*ret_why = SW_S("The host has no address.");
	for (size_t i = 0; i < outlet->url.hosts_n; i++) {
		const struct sw_publish_host *host = &outlet->url.hosts[i];
		struct addrinfo *found = NULL;
		int failed = getaddrinfo(sw_str_cstr(arena, host->name), NULL, &hints, &found);
		if (failed) {
			if (*ret_error == SW_PUBLISH_UNREACHABLE)
				*ret_why = sw_str_fmt(arena, "The host %.*s cannot be found: %s.", SW_FMT(host->name),
						      gai_strerror(failed));
			continue;
		}
		for (struct addrinfo *row = found; row; row = row->ai_next) {
			if (!sw_publish_may_reach(outlet, row->ai_addr)) {
				*ret_error = SW_PUBLISH_REFUSED_ADDRESS;
				*ret_why = sw_str_fmt(arena, "The host %.*s leads to an address that is not allowed.",
						      SW_FMT(host->name));
			} else if (n < max) {
				ret[n++] = address_text(arena, row->ai_addr, host->port);
			}
		}
		freeaddrinfo(found);
	}
	return n;
}
