/*
 * net/smpp/session.h - one bind to an SMSC, as a client: SMPP 3.4 over a stream (net/stream.h).
 *
 * The session connects, binds, keeps the link alive and answers the peer's housekeeping.  Requests of its owner get
 * sequence numbers and are matched with their responses; a request whose time is over is remembered for a while, since
 * its late response still says something.  deliver_sm and data_sm go to the owner, who answers them when he has stored
 * them.  What is written in a turn of the loop leaves in one write.
 *
 * A peer that floods is not read from while too many of its requests are unanswered; one that breaks the framing is
 * left.  All is counted (net/metrics.h); complaints are logged at most once a second.
 *
 * Callbacks run on the loop; they may call anything here.  Each request handed in gets one last outcome: ANSWERED,
 * LOST, LATE or FORGOTTEN; TIMED_OUT may come before LATE or FORGOTTEN.  After on_ended the session is gone.
 * Thread: the loop's own.
 */
#ifndef SW_NET_SMPP_SESSION_H
#define SW_NET_SMPP_SESSION_H

#include "wire/smpp/smpp.h"

struct sw_loop;
struct sw_smpp_session;
struct sw_tls;

enum sw_smpp_outcome {
	SW_SMPP_ANSWERED,
	SW_SMPP_TIMED_OUT, /* LATE or FORGOTTEN follows */
	SW_SMPP_LOST,      /* the session ended before the response */
	SW_SMPP_LATE,      /* the response came after all */
	SW_SMPP_FORGOTTEN, /* it will not be waited for any longer */
};

enum sw_smpp_end_kind {
	SW_SMPP_END_CONNECT, /* no connection */
	SW_SMPP_END_REFUSED, /* the bind was answered with status */
	SW_SMPP_END_LOST,    /* after it was bound */
	SW_SMPP_END_UNBOUND, /* by sw_smpp_session_unbind() */
};

struct sw_smpp_end {
	enum sw_smpp_end_kind kind;
	uint32_t status; /* REFUSED */
	const char *why; /* words for the log; borrowed */
};

struct sw_smpp_session_config {
	struct sw_str host;
	int port;
	struct sw_tls *tls;           /* NULL: plain */
	enum sw_smpp_command command; /* SW_SMPP_BIND_TRANSCEIVER, _TRANSMITTER or _RECEIVER */
	struct sw_smpp_bind login;    /* its texts outlive the session */
	struct sw_str name;           /* for the log; outlives the session */
	int64_t connect_timeout_us;   /* and as long again for the answer to the bind */
	int64_t enquire_us;           /* silence after which the peer is asked; after twice that it is given up */
	unsigned window_max;          /* requests under way */
	unsigned owed_max;            /* unanswered requests of the peer before it is not read from */
	void (*on_bound)(void *owner, const struct sw_smpp_pdu *answer);
	/* pdu: with ANSWERED and LATE; a generic_nack too */
	void (*on_outcome)(void *owner, void *request, enum sw_smpp_outcome outcome, const struct sw_smpp_pdu *pdu);
	/* deliver_sm or data_sm; borrowed. Answer once with sw_smpp_session_respond(). */
	void (*on_request)(void *owner, const struct sw_smpp_pdu *pdu);
	void (*on_ended)(void *owner, const struct sw_smpp_end *end);
	void *owner;
};

enum sw_smpp_session_limit {
	SW_SMPP_WINDOW_MAX = 1000,
	SW_SMPP_OUT_HIGH_BYTES = 1024 * 1024, /* above, the peer is not read from */
};

struct sw_smpp_session *sw_smpp_session_open(struct sw_loop *loop, const struct sw_smpp_session_config *config);
/** At once and without unbind; no callback comes any more, also not for requests under way. */
void sw_smpp_session_close(struct sw_smpp_session *session);
/** Say goodbye and end (on_ended), a second later also without an answer. */
void sw_smpp_session_unbind(struct sw_smpp_session *session);
/**
 * Send a request; its sequence number is set here.
 * @param request  comes back with its outcome
 * @return 0, SW_EAGAIN (window_max are under way), SW_ECLOSED (not bound), SW_EINVAL (a field does not fit: the fault)
 */
int sw_smpp_session_request(struct sw_smpp_session *session, struct sw_smpp_pdu *pdu, int64_t timeout_us, void *request,
			    struct sw_smpp_fault *ret_fault) SW_MUST_CHECK;
/** Requests under way. */
unsigned sw_smpp_session_busy(const struct sw_smpp_session *session);
/** Answer a request of the peer; harmless when the session is about to end. */
void sw_smpp_session_respond(struct sw_smpp_session *session, uint32_t command, uint32_t sequence, uint32_t status);
/** "192.0.2.1:2775" */
const char *sw_smpp_session_peer(const struct sw_smpp_session *session);

#endif
