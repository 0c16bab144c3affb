/* main/run/run_impl.h - what the files of the proxy share.  Not for others. */
#ifndef SW_MAIN_RUN_RUN_IMPL_H
#define SW_MAIN_RUN_RUN_IMPL_H

#include "base/buf.h"
#include "base/list.h"
#include "main/run/run.h"
#include "net/stream.h"

enum { RUN_HOST_BYTES = 256 };

/* What the bytes of a client mean. */
enum run_phase {
	RUN_ASK,      /* a request to the proxy, or SOCKS */
	RUN_SOCKS,    /* SOCKS: where to? */
	RUN_HELLO,    /* perhaps TLS: the name in it says where to */
	RUN_CONNECT,  /* wait for the other end */
	RUN_UPSTREAM, /* and for the proxy before it */
	RUN_PIPE,
	RUN_PHASES
};

/* A proxy that other hosts are reached through. */
struct run_upstream {
	struct sw_str host; /* absent: there is none */
	int port;
	struct sw_str authorization; /* a line of the head; absent: none */
};
struct run_upstreams {
	struct run_upstream tunnel, plain;
	struct sw_str except; /* hosts that are not, commas between */
};

/* A client's connection and the one that was made for it. */
struct run_pair {
	struct sw_list node;
	struct run_proxy *proxy;
	struct sw_stream *client, *server; /* NULL: there is none (any more) */
	struct sw_buf in;                  /* from the client, not yet passed on */
	size_t scanned;
	enum run_phase phase;
	const struct run_upstream *upstream; /* on the way to the other end; NULL: none */
	struct sw_buf answer;                /* the upstream's, until it is whole */
	bool plain;                          /* a request of plain HTTP, not a tunnel */
	bool hosted;                         /* TLS in the name of the host, and on to our server */
	bool client_ended, server_ended;     /* it sends nothing more, and may still read */
	/* To be said to the client when the other end is there, or is not. */
	const char *yes;
	struct sw_str no;
	size_t yes_n;
	char host[RUN_HOST_BYTES];
	int port;
};

/* run_proxy.c */
/** Close both ends; the pair is gone. */
void run_pair_end(struct run_pair *pair);
/** A last word to the client; the pair is gone. */
void run_pair_refuse(struct run_pair *pair, struct sw_str answer);
/** Take "host:port" or "host" with that port. @return false: it is too long or no host */
bool run_pair_aim(struct run_pair *pair, struct sw_str host, int port);
/** To pair->host: to our server when it is hosted, else there. */
void run_pair_connect(struct run_pair *pair);
/** TLS in the name of pair->host; early: what the client sent of it already. Then on to our server. */
void run_pair_secure(struct run_pair *pair, struct sw_str early);

/** The proxy on the way to pair->host; NULL: none. */
const struct run_upstream *run_pair_upstream(const struct run_pair *pair);

/* run_upstream.c */
/** What the environment of this process says; its texts must stay. Says on standard error what cannot be used. */
void run_upstreams_read(struct sw_arena *arena, struct run_upstreams *ret);
const struct run_upstream *run_upstream_of(const struct run_upstreams *all, const struct run_pair *pair);
/** Ask pair->upstream, which is connected, for a tunnel. */
void run_upstream_ask(struct run_pair *pair);
/** @return 0 (the tunnel is there, behind so many bytes), SW_EMORE, SW_EINVAL (it refuses) */
int run_upstream_answer(struct sw_str text, size_t *ret_bytes) SW_MUST_CHECK;

/* run_http.c, run_socks.c: each looks at pair->in, may end the pair */
void run_http_ask(struct run_pair *pair);
void run_socks_ask(struct run_pair *pair);
void run_socks_go_on(struct run_pair *pair);
void run_socks_hello(struct run_pair *pair);

#endif
