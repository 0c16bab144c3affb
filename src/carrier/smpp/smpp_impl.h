/*
 * carrier/smpp/smpp_impl.h - what the files of this kind share.
 *
 * smpp.c     the kind: open, start, drain, stop; places
 * options.c  the URL
 * bind.c     connections: binding again and again, what becomes of requests
 * pump.c     who is sent next: queue, windows, rate, throttling
 * message.c  a message's parts as submit_sm
 * answer.c   what statuses and receipts mean (tables)
 * deliver.c  receipts and inbound messages
 */
#ifndef SW_CARRIER_SMPP_IMPL_H
#define SW_CARRIER_SMPP_IMPL_H

#include "base/arena.h"
#include "base/list.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/time.h"
#include "carrier/carrier.h"
#include "carrier/smpp/options.h"
#include "carrier/smpp/smpp.h"
#include "loop/clock.h"
#include "loop/loop.h"
#include "loop/timer.h"
#include "net/smpp/session.h"
#include "net/stream.h"

enum {
	SMPP_BINDS_MAX = 32,          /* sessions: a transmitter and a receiver for each of 16 */
	SMPP_PART_TRIES = 3,          /* of a part that is refused for now while others were taken */
	SMPP_SPARE_SUBMISSIONS = 256, /* kept for reuse */
	SMPP_OWED_MAX = 1000,         /* deliver_sm of a bind that are being stored */
};

#define SMPP_AGAIN_US SW_US_PER_S /* what our own end has kept from being sent: no try of the message's */

struct smpp;
struct submission;

enum part_state {
	PART_UNSENT,
	PART_FLYING,
	PART_ACCEPTED, /* id */
	PART_REFUSED,  /* code */
	PART_BUSY,     /* code */
	PART_UNKNOWN,  /* no answer */
};

struct part {
	struct submission *submission;
	enum part_state state;
	unsigned tries;
	int code;
	bool late; /* no answer yet, though the product was told so */
	int64_t sent_us;
	struct sw_str id;
	/* as it is sent: */
	struct sw_str text, tlvs;
	uint8_t esm_class, data_coding;
};

/* A message on its way; pooled. */
struct submission {
	struct sw_list node;  /* in smpp->queue, bind->started, smpp->delayed or smpp->spare; or in flight, in none */
	struct sw_list alive; /* in smpp->alive, until answered */
	struct smpp *smpp;
	struct smpp_bind *bind;           /* once a part was written: all parts go there */
	const struct sw_message_out *out; /* until answered */
	struct sw_ticket ticket;
	sw_submitted_fn *done; /* NULL: answered */
	void *arg;
	struct sw_arena arena;
	struct part *parts; /* NULL: not made yet */
	unsigned n, flying, late;
	struct sw_smpp_address from, to;
	int64_t since_us, again_us;
	bool urgent;
};

/* One connection. */
struct smpp_bind {
	struct smpp *smpp;
	unsigned number; /* from 1, for the log */
	enum sw_smpp_command command;
	struct sw_smpp_session *session; /* NULL: none */
	uint64_t connection;             /* number of the session, over the life of the process */
	bool bound;
	int64_t bound_us;
	struct sw_list started; /* submissions with parts to be written */
	unsigned window;
	int64_t base_rtt_us;
	int64_t backoff_us;
	struct sw_timer again;
};

/* How fast the carrier lets us send. */
struct smpp_pace {
	double tokens, rate; /* rate: parts a second that throttling left; 0: it set no limit */
	int64_t filled_us;
	int64_t cut_us, rate_us, pause_us, paused_until_us; /* the last throttling, and when it lowered the rate */
	int64_t second_us;                                  /* counted: */
	unsigned now_n, before_n;                           /* parts written in this second, and in the one before */
};

struct smpp {
	struct sw_carrier *carrier;
	struct sw_loop *loop;
	struct sw_arena arena; /* of the options */
	struct smpp_options o;
	struct sw_tls *tls;
	struct smpp_bind bind[SMPP_BINDS_MAX];
	unsigned binds, next_bind, bound_n;          /* bound_n: of those that can send */
	struct sw_list queue[2];                     /* [1]: one-time passwords, which go first */
	struct sw_list delayed, spare, alive, lates; /* lates: answered, but a part may still be */
	unsigned spare_n, alive_n, sessions_n;
	struct smpp_pace pace;
	struct sw_timer pump, age, drain;
	uint16_t reference;
	bool draining, unbinding, stopped, pumping;
	void (*drained)(void *arg);
	void *drained_arg;
	int64_t complained_us;
	int64_t muted;
};

/* smpp.c */
void smpp_set_places(struct smpp *smpp);
/** A session has ended while the carrier drains, or a message was answered. */
void smpp_check_drained(struct smpp *smpp);
/** One line a second at most of what the peer does wrong. */
void smpp_complain(struct smpp *smpp, const char *what, const char *field, struct sw_str value);

/* bind.c */
void smpp_bind_start(struct smpp_bind *bind);
/** At once, without callbacks for its requests. */
void smpp_bind_stop(struct smpp_bind *bind);
bool smpp_bind_can_send(const struct smpp_bind *bind);

/* pump.c */
/** Send what can be sent. */
void smpp_pump(struct smpp *smpp);
void smpp_submit(void *state, const struct sw_message_out *out, sw_submitted_fn *done, void *arg);
/** In front of all others; no part of it is with the network. */
void smpp_queue_again(struct submission *submission);
/** Nobody can send: what waits is answered when its time is over. */
void smpp_watch_age(struct smpp *smpp);
/** The part was throttled. */
void smpp_throttled(struct smpp *smpp, const struct part *part);
/** The part was answered otherwise. */
void smpp_answered(struct smpp_bind *bind, const struct part *part);
void smpp_submission_free(struct submission *submission);
/** Tell the product what became of it, if that is known by now. */
void smpp_conclude(struct submission *submission);
void smpp_finish(struct submission *submission, enum sw_submit_result result, int code);

/* message.c */
/** Make the parts. @return 0 or the code that refuses the message */
int smpp_message_build(struct submission *submission);
/** One part as a PDU; validity: 17 bytes that last as long as the PDU. */
void smpp_message_pdu(const struct submission *submission, const struct part *part, char validity[17],
		      struct sw_smpp_pdu *ret);

/* answer.c */
enum smpp_action { SMPP_ACCEPT, SMPP_THROTTLE, SMPP_BUSY, SMPP_REFUSE };
struct smpp_answer {
	uint32_t status;
	enum smpp_action action;
	int code; /* error catalogue */
};
struct smpp_answer smpp_answer_of(const struct smpp_options *o, uint32_t status);
/** The statuses' table as Markdown, for docs/smpp.md. */
void smpp_answers_describe(struct sw_buf *out);
struct sw_smpp_receipt;
/** What a receipt of a message that did not arrive says. */
int smpp_receipt_code(const struct smpp_options *o, const struct sw_smpp_receipt *receipt);

/* deliver.c */
void smpp_deliver(struct smpp_bind *bind, const struct sw_smpp_pdu *pdu);

enum smpp_metric {
	SMPP_PARTS,
	SMPP_THROTTLED,
	SMPP_UNKNOWN_PARTS,
	SMPP_RECEIPTS,
	SMPP_INTERMEDIATE,
	SMPP_BAD_RECEIPTS,
	SMPP_INBOUND,
	SMPP_BAD_INBOUND,
	SMPP_DEFERRED,
	SMPP_METRICS
};

#endif
