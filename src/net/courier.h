/*
 * net/courier.h - all outbound HTTP: libcurl on a loop and thread of its own.
 *
 * A fetch goes into a lane.  Each lane has a budget of requests under way, one for hosts that answer promptly and one
 * for those that do not, and within it a budget for each host; hosts take turns.  A host may queue only as many as it
 * will start within a moment, judged by its own latency; more are answered with SW_FETCH_BUSY at once.  A host whose
 * requests run into their time-out is asked by ever fewer at once.  So neither a slow customer nor a burst of callbacks
 * holds up the rest.  Connections are kept and reused.  There are no redirects: the caller sees the 3xx.
 *
 * The URL is sent byte for byte as given (signatures are made over it).  The address is checked when it is about
 * to be connected: see net/courier/reach.h.  Names resolve on threads of libcurl.
 *
 * Ownership: request texts are copied; results live in an arena tied to the task's arena.
 * Thread: sw_courier_fetch_wait from a task of any loop; the rest from the thread that owns the courier.
 */
#ifndef SW_NET_COURIER_H
#define SW_NET_COURIER_H

#include <stdint.h>

#include "base/arena.h"
#include "net/http_header.h"

struct sw_courier;
struct sw_task;

enum sw_lane {
	SW_LANE_INTERACTIVE, /* a person or a call waits: TwiML, media */
	SW_LANE_CALLBACK,    /* status callbacks */
	SW_LANE_STREAM,      /* event sinks */
	SW_LANE_OPS,         /* alerts, exports */
	SW_LANES
};

/* What is shown to a server, and whom one trusts there: PEM; absent or empty texts: nothing, the system's. Connections
 * are shared only by fetches whose identities are equal. */
struct sw_fetch_identity {
	struct sw_str owner; /* whose it is: one word */
	struct sw_str certificate, private_key, authorities;
	bool exact; /* authorities is the server's own certificate: that one and no other, whatever names it bears */
};

struct sw_fetch {
	struct sw_str method; /* "GET", "POST" … */
	struct sw_str url;    /* http or https; a user and password in it become Basic auth */
	const struct sw_http_header *headers;
	size_t headers_n;
	struct sw_str body; /* absent: none */
	enum sw_lane lane;
	int64_t connect_timeout_ms;               /* with the TLS handshake; 0: the lane's */
	int64_t read_timeout_ms;                  /* to the first byte and between bytes; 0: none */
	int64_t total_timeout_ms;                 /* from its start to the last byte; 0: the lane's */
	size_t response_max_bytes;                /* 0: the lane's */
	bool trusted;                             /* the operator's own URL, not a customer's: any address */
	const struct sw_fetch_identity *identity; /* NULL: none */
	bool once; /* over a connection of its own, so that it is never repeated on the way */
};

/* Why there was no answer. */
enum sw_fetch_error {
	SW_FETCH_OK,
	SW_FETCH_BAD_REQUEST, /* URL, method or a header field is malformed */
	SW_FETCH_DNS,
	SW_FETCH_CONNECT,         /* refused or unreachable */
	SW_FETCH_CONNECT_TIMEOUT, /* or the TLS handshake took too long */
	SW_FETCH_LOST,            /* the connection ended before the answer did */
	SW_FETCH_TLS,
	SW_FETCH_TLS_HOST,    /* the certificate is another host's */
	SW_FETCH_TLS_EXPIRED, /* or not valid yet */
	SW_FETCH_TLS_CHAIN,   /* no path to a trusted certificate */
	SW_FETCH_TIMEOUT,     /* connected, but no whole answer in time */
	SW_FETCH_TOO_LARGE,
	SW_FETCH_REFUSED_ADDRESS,
	SW_FETCH_PROTOCOL, /* closed early, or no HTTP */
	SW_FETCH_BUSY,     /* not started: the host has as many waiting as it will take soon, or the lane is full */
	SW_FETCH_CLOSED,   /* the courier ends */
	SW_FETCH_CANCELED,
	SW_FETCH_ERRORS
};

struct sw_fetched {
	enum sw_fetch_error error;
	struct sw_str why; /* a sentence for logs; absent when there was an answer */
	int status;        /* 0: no answer */
	struct sw_str content_type, body;
	const struct sw_http_header *headers;
	size_t headers_n;   /* at most 64 */
	struct sw_str peer; /* address connected to */
	bool reused;        /* an open connection was used */
	/* Microseconds from the start of the transfer; queued_us before it. */
	int64_t queued_us, dns_us, connect_us, tls_us, first_byte_us, total_us;
};

struct sw_courier_config {
	bool allow_private;       /* customers' URLs may reach private networks */
	bool allow_loopback;      /* and this machine */
	struct sw_str ca_file;    /* absent: the system's */
	struct sw_str user_agent; /* absent: "Strowger" */
};

/** Start the courier's thread. Texts of the config are copied. */
struct sw_courier *sw_courier_new(const struct sw_courier_config *config);
/** End every fetch, and those still asked for, with SW_FETCH_CLOSED; stop the thread. The loops that wait must still
 * exist. */
void sw_courier_stop(struct sw_courier *courier);
/** The same if need be, and free: nobody may ask any more. */
void sw_courier_free(struct sw_courier *courier);

/**
 * Fetch and wait. Any HTTP status is an answer.
 * @return 0, or with ret->error set: SW_EINVAL (malformed), SW_EIO (dns, connect, lost, tls, protocol),
 * SW_ETIMEDOUT, SW_ELIMIT (too large), SW_EPERM (refused address), SW_EBUSY (not started; try again later), SW_ECLOSED,
 * SW_ECANCELED
 */
int sw_courier_fetch_wait(struct sw_task *task, struct sw_courier *courier, const struct sw_fetch *request,
			  struct sw_fetched *ret) SW_MUST_CHECK;

/** "dns", "connect" …: for logs and metrics; static. */
const char *sw_fetch_error_name(enum sw_fetch_error error);

/**
 * One request on the calling thread, blocking: for command line tools. No lanes, any address, results in the arena.
 * @return as sw_courier_fetch_wait
 */
int sw_http_call_now(const struct sw_fetch *request, struct sw_arena *arena, struct sw_fetched *ret) SW_MUST_CHECK;
/**
 * The same for a reply that goes on: the body of a 200 is given to on_bytes as it comes, until that answers false or
 * the reply ends; nothing heard for quiet_s seconds ends it too. Another status's body is ret's.
 * @return as sw_http_call_now; SW_ECANCELED: on_bytes did not want more
 */
int sw_http_follow_now(const struct sw_fetch *request, struct sw_arena *arena, int quiet_s,
		       bool (*on_bytes)(void *owner, struct sw_str bytes), void *owner,
		       struct sw_fetched *ret) SW_MUST_CHECK;

#endif
