/* SOCKS 5 (RFC 1928), version and TCP only: programs of the JVM are led here by system properties, whatever library
 * they use.  They look names up before, so that the name is found in the TLS that follows. */
#include <arpa/inet.h>
#include <stdio.h>

#include "main/run/run_impl.h"
#include "wire/tls/hello.h"

enum { VERSION = 5, CMD_CONNECT = 1, IPV4 = 1, NAME = 3, IPV6 = 4, TLS_PORT = 443, HELLO_MAX = 32 * 1024 };

/* Version, reply, reserved, then an address that nobody needs; the NUL of the literal is its last byte. */
static const char done[] = "\x05\x00\x00\x01\x00\x00\x00\x00\x00",
		  unreachable[] = "\x05\x04\x00\x01\x00\x00\x00\x00\x00",
		  not_known[] = "\x05\x07\x00\x01\x00\x00\x00\x00\x00";
#define ANSWER(text) ((struct sw_str){ text, sizeof(text) })

void run_socks_ask(struct run_pair *pair)
{
	const unsigned char *in = (const unsigned char *)pair->in.p;
	if (pair->in.n < 2 || pair->in.n < 2 + (size_t)in[1])
		return;
	if (!memchr(in + 2, 0, in[1])) { /* without authentication */
		run_pair_refuse(pair, SW_S("\x05\xff"));
		return;
	}
	sw_stream_write(pair->client, SW_S("\x05\x00"));
	sw_buf_drop(&pair->in, 2 + (size_t)in[1]);
	pair->phase = RUN_SOCKS;
	if (pair->in.n)
		run_socks_go_on(pair);
}

/* @return the bytes of the request, 0: more are needed */
static size_t read_target(struct sw_str in, struct sw_str *ret_host, int *ret_port, char buf[INET6_ADDRSTRLEN])
{
	const unsigned char *p = (const unsigned char *)in.p;
	if (in.n < 5)
		return 0;
	size_t at = p[3] == NAME ? 5 : 4, bytes = p[3] == IPV4 ? 4 : p[3] == IPV6 ? 16 : p[4];
	if (in.n < at + bytes + 2)
		return 0;
	*ret_host = (struct sw_str){ in.p + at, bytes };
	if (p[3] != NAME)
		*ret_host = sw_str_of(inet_ntop(p[3] == IPV4 ? AF_INET : AF_INET6, p + at, buf, INET6_ADDRSTRLEN));
	*ret_port = p[at + bytes] << 8 | p[at + bytes + 1];
	return at + bytes + 2;
}

/* @return bytes of the request; 0: more are needed; -1: it asks for something else than a connection */
static int read_request(struct run_pair *pair, bool *ret_named)
{
	char number[INET6_ADDRSTRLEN], six[INET6_ADDRSTRLEN + 2];
	const char *in = pair->in.p;
	struct sw_str host;
	int port;
	if (pair->in.n < 4)
		return 0;
	if (in[0] != VERSION || in[1] != CMD_CONNECT || (in[3] != IPV4 && in[3] != NAME && in[3] != IPV6))
		return -1;
	size_t n = read_target(sw_buf_str(&pair->in), &host, &port, number);
	*ret_named = in[3] == NAME;
	if (in[3] == IPV6 && n) /* its colons are no port's */
		host = (struct sw_str){ six, (size_t)snprintf(six, sizeof(six), "[%.*s]", SW_FMT(host)) };
	return !n ? 0 : port && run_pair_aim(pair, host, port) ? (int)n : -1;
}

void run_socks_go_on(struct run_pair *pair)
{
	bool named = false;
	int n = read_request(pair, &named);
	if (!n)
		return;
	if (n < 0) {
		run_pair_refuse(pair, ANSWER(not_known));
		return;
	}
	sw_buf_drop(&pair->in, (size_t)n);
	pair->no = ANSWER(unreachable);
	if (pair->hosted || (!named && pair->port == TLS_PORT)) {
		sw_stream_write(pair->client, ANSWER(done));
		pair->phase = RUN_HELLO;
		if (pair->in.n)
			run_socks_hello(pair);
		return;
	}
	pair->yes = done;
	pair->yes_n = sizeof(done);
	run_pair_connect(pair);
}

void run_socks_hello(struct run_pair *pair)
{
	struct run_pair named = { 0 };
	struct sw_str name;
	int err = sw_tls_hello_name(sw_buf_str(&pair->in), &name);
	if (err == SW_EMORE && pair->in.n < HELLO_MAX)
		return;
	if (!err && name.n && run_pair_aim(&named, name, pair->port) && named.hosted)
		(void)run_pair_aim(pair, name, pair->port);
	if (!err && pair->hosted) {
		run_pair_secure(pair, sw_buf_str(&pair->in));
		sw_buf_drop(&pair->in, pair->in.n);
		return;
	}
	pair->no = SW_S(""); /* SOCKS said yes: there is nothing more to say in its words */
	run_pair_connect(pair);
}
