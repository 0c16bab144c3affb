/*
 * net/http/http_impl.h - what the files of the HTTP server share.  Not for other rooms.
 *
 * http_server.c  listener, limits, time-outs, drain
 * http_conn.c    one connection: bytes in, phase by phase
 * http_reply.c   bytes out
 * http_stream.c  replies that go on
 * http_tls.c     between the wire and both
 */
#ifndef SW_NET_HTTP_HTTP_IMPL_H
#define SW_NET_HTTP_HTTP_IMPL_H

#include <uv.h>

#include "base/list.h"
#include "loop/loop.h"
#include "loop/timer.h"
#include "net/http_server.h"
#include "net/metrics.h"
#include "net/tls.h"

#define SW_HTTP_READ_BYTES (64 * 1024)
#define SW_HTTP_PEER_BYTES 46

/* What a connection waits for.  Each phase with a time limit has a list in the server, oldest first. */
enum sw_http_phase {
	SW_PHASE_SHAKE,  /* the TLS handshake */
	SW_PHASE_IDLE,   /* the first byte of a request */
	SW_PHASE_HEAD,   /* the rest of a head */
	SW_PHASE_BODY,   /* the rest of a body */
	SW_PHASE_RUN,    /* the owner's reply; no limit here */
	SW_PHASE_STREAM, /* the owner's next piece; no limit here */
	SW_PHASE_WRITE,  /* the client, to read its reply */
	SW_PHASE_LINGER, /* the client, to close after a last reply */
	SW_PHASE_CLOSED,
	SW_PHASES
};

struct sw_http_conn;

/* A request with its memory; pooled by the server, so that an idle connection holds none. */
struct sw_http_exchange {
	struct sw_http_request request; /* first: sw_http_reply() finds the rest by it */
	struct sw_arena arena;
	struct sw_http_server *server;
	struct sw_http_conn *conn; /* NULL: the client left */
	struct sw_buf body;        /* in the arena */
	size_t body_max;
	struct sw_http_chunks chunks;
	struct sw_list node; /* in the pool */
	char peer[SW_HTTP_PEER_BYTES];
};

struct sw_http_conn {
	uv_tcp_t tcp;
	struct sw_http_server *server;
	struct sw_list phase_node; /* in server->phase[phase] */
	struct sw_list node;       /* in server->conns */
	int64_t deadline_us;
	int64_t start_us; /* of the request's first byte */
	struct sw_http_exchange *exchange;
	struct sw_http_stream *stream; /* STREAM */
	struct sw_tls_session *tls;    /* NULL: plain */
	struct sw_buf in;              /* read and not consumed; freed when empty */
	size_t scanned;                /* of the head */
	size_t left_bytes;             /* WRITE: queued when last looked; LINGER: bytes that may still come */
	uint8_t phase;                 /* enum sw_http_phase */
	bool feeding;                  /* inside sw_http_conn_feed() */
	bool eof, reading;
	bool close_after;  /* behind the present reply */
	bool linger_after; /* and the client may still be sending */
	bool counted;      /* among the connections (not one refused for their number) */
	char peer[SW_HTTP_PEER_BYTES];
};

struct sw_http_server {
	struct sw_loop *loop;
	struct sw_http_server_config config;
	struct sw_http_limits limits;
	struct sw_http_bounds bounds;
	uv_tcp_t listener;
	bool listening, draining;
	int port;
	struct sw_list conns;
	struct sw_list phase[SW_PHASES];
	int64_t limit_us[SW_PHASES];
	struct sw_timer sweep;
	struct sw_list pool; /* of exchanges */
	unsigned pool_n, conns_n, refused_n, busy;
	int64_t now_us; /* monotonic, of the present event */
	int64_t date_until_us, complained_us;
	char date[40];
	size_t date_n;
	struct sw_buf out, error_body;
	struct sw_buf wire;             /* what goes out, encrypted; for a moment */
	struct sw_http_exchange *spare; /* the parser's, until a head is whole */
	void (*done)(void *arg);
	void *done_arg;
	char read_bytes[SW_HTTP_READ_BYTES];
};

/* http_server.c */
void sw_http_phase_enter(struct sw_http_conn *conn, enum sw_http_phase phase);
struct sw_http_exchange *sw_http_exchange_take(struct sw_http_server *server);
void sw_http_exchange_give_back(struct sw_http_exchange *exchange);
/** Free a draining server that has nothing left; the server may be gone afterwards. */
void sw_http_server_check_done(struct sw_http_server *server);

/* http_conn.c */
void sw_http_conn_accept(struct sw_http_server *server);
/** Parse and hand out what is there: fresh bytes behind the kept ones. */
void sw_http_conn_feed(struct sw_http_conn *conn, struct sw_str fresh);
/** The client sends no more. */
void sw_http_conn_eof(struct sw_http_conn *conn);
/** A reply is with the kernel: ready for the next request, or the end. */
void sw_http_conn_replied(struct sw_http_conn *conn);
/** Look at what was read ahead of the reply. */
void sw_http_conn_go_on(struct sw_http_conn *conn);
/** The time limit of the present phase has passed. */
void sw_http_conn_expire(struct sw_http_conn *conn);
/** Send no more, discard what comes, so that the last reply is not lost to a reset (RFC 9112 section 9.6). */
void sw_http_conn_linger(struct sw_http_conn *conn);
void sw_http_conn_close(struct sw_http_conn *conn);

/* http_reply.c */
/** A reply of the server itself; its body lives until the next one. */
struct sw_http_reply sw_http_own_reply(struct sw_http_server *server, int status, const char *why);
/** Answer without the owner and close: framing errors, limits. */
void sw_http_refuse(struct sw_http_conn *conn, int status, const char *why, enum sw_http_metric metric);
/* What follows a head: all of it, pieces (never to HTTP/1.0), or whatever comes until the connection ends. */
enum sw_http_body { SW_BODY_WHOLE, SW_BODY_CHUNKED, SW_BODY_ENDLESS };
/** Status line and header into server->out. */
void sw_http_build_head(struct sw_http_server *server, const struct sw_http_reply *reply, enum sw_http_body body,
			bool close, bool keep_alive);
/** Write as the last thing of a reply: what the kernel does not take at once is copied, and has a time limit. */
void sw_http_send_last(struct sw_http_conn *conn, struct sw_str head, struct sw_str body);
/** Copy what the kernel did not take and send it behind what is queued; then sent, or the connection is closed. */
typedef void sw_http_sent_fn(struct sw_http_conn *conn);
void sw_http_send_rest(struct sw_http_conn *conn, const uv_buf_t *bufs, unsigned n, size_t total, size_t written,
		       sw_http_sent_fn *sent);
/** "HTTP/1.1 100 Continue" */
void sw_http_continue(struct sw_http_conn *conn);

/* http_stream.c */
/** The connection of a stream ends, whoever wants that: the owner is told, the stream is gone. */
void sw_http_stream_gone(struct sw_http_conn *conn);
/** The server ends: the owner may say a last word. */
void sw_http_stream_drain(struct sw_http_conn *conn);

/* http_tls.c; of connections that have conn->tls */
/** What came: bytes of the wire, in the server's read_bytes, which hold the plain ones afterwards. */
void sw_http_tls_read(struct sw_http_conn *conn, struct sw_str wire);
/** Encrypt. *ret stands until the next write of the server. @param last  say goodbye behind it. @return 0; or it
 * failed, and the connection is closed */
int sw_http_tls_seal(struct sw_http_conn *conn, const uv_buf_t *bufs, unsigned n, bool last, uv_buf_t *ret);
/** What TLS itself has to say, when nothing is queued before it; may close. */
void sw_http_tls_flush(struct sw_http_conn *conn);
/** Say goodbye, if the kernel takes it at once. */
void sw_http_tls_bye(struct sw_http_conn *conn);

#endif
