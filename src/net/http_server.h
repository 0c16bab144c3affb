/*
 * net/http_server.h - strict HTTP/1.1 server (RFC 9110, RFC 9112) on libuv.
 *
 * One listener per loop (SO_REUSEPORT).  Framing that RFC 9112 calls an error is refused and the
 * connection closed (with lingering, so that the client sees the answer).  Pipelined requests are
 * answered in order, one at a time.  Limits are a table: struct sw_http_limits.
 *
 * The server knows nothing of routes: it calls on_head when the head is parsed (which answers how
 * large a body may be) and on_request when the body is complete.  The request and all its slices live
 * in request->arena until the reply is written; a reply may be given later, on the same loop.
 *
 * With a TLS context every connection is TLS; one that begins otherwise is closed.
 *
 * Thread: a server object belongs to its loop.
 */
#ifndef SW_NET_HTTP_SERVER_H
#define SW_NET_HTTP_SERVER_H

#include "base/arena.h"
#include "base/buf.h"
#include "net/http_header.h"
#include "wire/http/http.h"

struct sw_loop;
struct sw_http_server;
struct sw_tls;

struct sw_http_limits {
	size_t head_bytes;        /* request line and headers: 431 */
	unsigned headers;         /* number of headers: 431 */
	size_t target_bytes;      /* request target: 414 */
	size_t body_bytes;        /* the default; on_head may say another: 413 */
	int64_t head_timeout_us;  /* from the first byte to the end of the head: 408; of a TLS handshake: closed */
	int64_t body_timeout_us;  /* from the head to the end of the body: 408 */
	int64_t idle_timeout_us;  /* keep-alive without a request: closed */
	int64_t write_timeout_us; /* a client that does not read: closed */
	unsigned connections;     /* per loop; more are answered 503 and closed */
	unsigned requests;        /* under way per loop; more are answered 503 */
};

extern const struct sw_http_limits sw_http_default_limits;

/* One request, complete. Slices live in the arena. */
struct sw_http_request {
	struct sw_arena *arena;
	struct sw_http_head head; /* method, target, headers: wire/http/http.h */
	struct sw_str body;
	bool tls;
	struct sw_str peer; /* "127.0.0.1" */
	int64_t start_us;   /* monotonic: first byte */
	void *user;         /* the owner's, NULL at first */
};

struct sw_http_reply {
	int status;
	struct sw_str content_type;           /* absent: none */
	const struct sw_http_header *headers; /* further ones; Content-Length, Date and Connection are the server's */
	size_t headers_n;
	struct sw_str body; /* borrowed until sw_http_reply() returns */
	bool close;
};

typedef struct sw_http_verdict {
	int64_t body_max; /* bytes allowed for this request; -1: the default limit */
} sw_http_head_fn(void *owner, const struct sw_http_head *head);
typedef void sw_http_request_fn(void *owner, struct sw_http_request *request);

struct sw_http_server_config {
	struct sw_str address; /* "127.0.0.1", "::1" */
	int port;              /* 0: any free one */
	bool join;             /* a further listener on a port that this process has: one for each loop */
	const struct sw_http_limits *limits;
	sw_http_head_fn *on_head; /* may be NULL */
	sw_http_request_fn *on_request;
	/* Body of a reply the server makes itself (framing errors, limits): fills buf, returns the content type. May be
	 * NULL. */
	struct sw_str (*error_body)(void *owner, int status, const char *why, struct sw_buf *buf);
	void *owner;
	struct sw_tls *tls; /* that serves (net/tls.h); NULL: plain HTTP. The server takes a reference */
	int64_t hsts_s;     /* with TLS: for how long browsers are to come by TLS only (RFC 6797); 0: not said */
};

/** Listen. @return 0, SW_EINVAL (address), SW_EBUSY (address in use), SW_EPERM, SW_EIO */
int sw_http_server_open(struct sw_loop *loop, const struct sw_http_server_config *config,
			struct sw_http_server **ret) SW_MUST_CHECK;
int sw_http_server_port(const struct sw_http_server *server);
/** Another certificate for the connections from now on; of a server that has one. The server takes a reference. */
void sw_http_server_set_tls(struct sw_http_server *server, struct sw_tls *tls);
/**
 * Answer; once per request. The request is gone afterwards. A client that left is no error.
 * A header field that would break the framing (line ends in it) is left out and logged.
 */
void sw_http_reply(struct sw_http_request *request, const struct sw_http_reply *reply);

/* ---- replies that go on ---- */

/*
 * A reply whose body is sent piece by piece, for as long as it takes.  It belongs to the loop of its request.  Whoever
 * sends looks at what is still queued: nothing is refused, so the bound is the sender's.  The client's connection ends
 * with it.
 */
struct sw_http_stream;
struct sw_http_stream_events {
	void (*closed)(void *owner);  /* the client has left, or was closed: the stream is gone. Not after end() */
	void (*drained)(void *owner); /* what was queued is with the kernel. May be NULL */
	void (*ending)(void *owner);  /* the server drains: say a last word and end */
};
/**
 * Answer with reply's status and header; a body of it is not sent.  The request is gone afterwards.
 * @param send_buffer_bytes  what the kernel may hold for the client; 0: what it likes
 * @return NULL: the client has left (closed() is not called)
 */
struct sw_http_stream *sw_http_stream_begin(struct sw_http_request *request, const struct sw_http_reply *reply,
					    int send_buffer_bytes, const struct sw_http_stream_events *events,
					    void *owner);
/** Send a piece; not empty. closed() may be called before it returns. @return bytes queued that the kernel has not */
size_t sw_http_stream_send(struct sw_http_stream *stream, struct sw_str bytes);
size_t sw_http_stream_queued(const struct sw_http_stream *stream);
/** The last piece, absent: none. The stream is gone; what is queued is still sent, within the limit for slow clients.
 */
void sw_http_stream_end(struct sw_http_stream *stream, struct sw_str last);

/** True when nobody waits for the answer any more: the client has left, or has said that it sends no more. For those
 * who wait long; the answer is owed all the same. Thread: the request's loop. */
bool sw_http_request_left(const struct sw_http_request *request);
/** Accept no more, finish what runs (clients that are slow to send or to read get 1.5 s), close idle connections, then
 * free the server and call done(arg). */
void sw_http_server_drain(struct sw_http_server *server, void (*done)(void *arg), void *arg);
/** Requests read and not yet answered. */
unsigned sw_http_server_busy(const struct sw_http_server *server);

#endif
