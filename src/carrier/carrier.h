/*
 * carrier/carrier.h - one road to a telephone network.
 *
 * A carrier takes messages and tells what became of them.  It lives on a loop of its own; callers on other loops
 * take a place (sw_carrier_admit_wait), make the message durable as being sent, hand it over by mail and wait in a task
 * (sw_carrier_submit_wait).  What comes back later - receipts and inbound messages - goes to the sink with a
 * completion: a carrier that must acknowledge to its peer does so only after the sink says that the commit reached the
 * disk.
 *
 * A network names each part of a message with an id of its own, and speaks of the part by that id later.  For kinds
 * with receipts_by_id this room keeps id -> message (carrier/receipt.c): in memory for the newest, in the store for
 * all, in the same transaction as the answer (sw_carrier_txn_sent), until the receipt's transaction ends it.
 *
 * A kind of carrier is one const struct sw_carrier_kind at the end of its file, listed in main/modules.c.
 *
 * Lifetime: opened at start, closed after the last submission.  May use: api and left of it.  Used by: products.
 */
#ifndef SW_CARRIER_CARRIER_H
#define SW_CARRIER_CARRIER_H

#include "base/id.h"
#include "base/str.h"

struct sw_arena;
struct sw_carrier;
struct sw_core;
struct sw_courier;
struct sw_form;
struct sw_loop;
struct sw_sql_table;
struct sw_metric_set;
struct sw_task;
struct sw_txn;

/* Which message of which account; carried along and given back with receipts. */
struct sw_ticket {
	int bucket;
	struct sw_id account, sid;
	char kind[2]; /* letters of the SID */
};

/* What a message is for decides how long its answer is waited for, and what happens when none comes. */
enum sw_traffic { SW_TRAFFIC_TRANSACTIONAL = 1, SW_TRAFFIC_OTP, SW_TRAFFIC_MARKETING };

struct sw_message_out {
	struct sw_ticket ticket;
	struct sw_str from, to; /* E.164 or a channel address */
	struct sw_str body;     /* UTF-8, at most 1600 characters */
	enum sw_traffic traffic;
	int64_t media;      /* number of media attached */
	int64_t expires_us; /* wall */
};

enum sw_submit_result {
	SW_SUBMIT_ACCEPTED, /* the network has it */
	SW_SUBMIT_REFUSED,  /* for good: code says why */
	SW_SUBMIT_BUSY,     /* not now, and nothing of it is with the network: again after retry_us */
	SW_SUBMIT_UNKNOWN,  /* no answer: the network may or may not have it; never sent again blindly */
};

struct sw_submitted {
	enum sw_submit_result result;
	int code;          /* error catalogue: when refused, and why it is busy */
	int64_t retry_us;  /* when busy; 0: what the message is for decides when, and over which carrier */
	unsigned parts;    /* when accepted: how many the network got */
	struct sw_str ids; /* when accepted: the network's name of each part, one a line, in order. Borrowed until done
			      returns */
	bool receipt_expected;
};

enum {
	SW_CARRIER_ID_MAX = 72,    /* bytes of a network's id for a part */
	SW_CARRIER_PARTS_MAX = 63, /* of one message; 1600 characters outside the BMP make 49 */
	SW_DONE_DATE_MAX = 16,
};

enum sw_receipt_state { SW_RECEIPT_DELIVERED = 1, SW_RECEIPT_UNDELIVERED, SW_RECEIPT_READ };

/* What became of one part, for the sink. */
struct sw_receipt {
	struct sw_ticket ticket;
	struct sw_carrier *carrier;
	unsigned part, parts; /* from 0; parts 1: the whole message */
	enum sw_receipt_state state;
	int code;                         /* error catalogue, when not delivered */
	char done_date[SW_DONE_DATE_MAX]; /* YYMMDDhhmm, in the network's words; empty: not told */
	char id[SW_CARRIER_ID_MAX];       /* the network's, as kept with the answer; empty: it is not kept */
	char held[SW_CARRIER_ID_MAX];     /* as kept while it was held; empty: it was not */
	bool guessed;                     /* no answer named that id: it can be about no other message */
};

/* The same from a network that knows its own id only. */
struct sw_report {
	struct sw_str id;       /* as the network wrote it */
	struct sw_str from, to; /* of the message it is about, as the network writes them; may be absent */
	enum sw_receipt_state state;
	int code;
	struct sw_str done_date;
};

struct sw_inbound {
	struct sw_str from, to, body; /* borrowed until the completion */
	struct sw_carrier *carrier;
	int code;            /* 30009: a part never came; 0 */
	unsigned segments;   /* it came in; 0: count them */
	struct sw_id digest; /* zero: none. A second one with the same digest soon after is the network's repetition */
	struct sw_id parts;  /* zero, or the key of stored parts that end with it (carrier/inbound.c) */
};

/* Called on the carrier's loop once the sink has committed (err 0) or could not (negative: keep it, offer it again). */
struct sw_completion {
	void (*fn)(void *arg, int err);
	void *arg;
};

/* Who hears of what comes back. Called on the carrier's loop; must not block. */
struct sw_carrier_sink {
	void (*receipt)(void *owner, const struct sw_receipt *receipt, struct sw_completion done);
	void (*inbound)(void *owner, const struct sw_inbound *inbound, struct sw_completion done);
	/* An answer that came after its submission had been answered with SW_SUBMIT_UNKNOWN. Borrowed. */
	void (*late)(void *owner, struct sw_carrier *carrier, const struct sw_ticket *ticket,
		     const struct sw_submitted *submitted);
	void *owner;
};

typedef void sw_submitted_fn(void *arg, const struct sw_submitted *submitted);

/* A request that a network's gateway makes of us, at /v1/carriers/NAME/receipts or /inbound. */
struct sw_carrier_hook {
	bool inbound;
	struct sw_str authorization, content_type, signature, body; /* absent when not given */
	struct sw_str target; /* path and query as they came: what is signed, behind the server's public URL */
	const struct sw_form *query;
};

struct sw_carrier_kind {
	const char *scheme; /* "sim" */
	const char *doc;    /* options of its URL, a line */
	/* On the caller's thread before the loop runs. ret_state is the kind's own. @return 0, SW_EINVAL (*ret_why says
	 * what) */
	int (*open)(struct sw_carrier *carrier, struct sw_str url, void **ret_state, struct sw_str *ret_why);
	void (*close)(void *state); /* on the carrier's loop; nothing is under way */
	/* On the carrier's loop, before stop: take no more, wait a few seconds for the answers under way, then call
	 * done, once. What comes in is told to the sink as before. NULL: there is nothing to wait for. */
	void (*drain)(void *state, void (*done)(void *arg), void *arg);
	/*
	 * On the carrier's loop, before it ends: call done for everything submitted (the answer does not count any
	 * more) and forget what is expected back, but for what the sink has.  NULL: every submission is answered at
	 * once.
	 */
	void (*stop)(void *state);
	/* On the carrier's loop, first of all, with the sink set. NULL: nothing to begin. */
	void (*start)(void *state);
	/* On the carrier's loop. `out` is borrowed until done is called, once, on that loop. */
	void (*submit)(void *state, const struct sw_message_out *out, sw_submitted_fn *done, void *arg);
	/* Any thread: a code to refuse a message with before it is accepted; 0: none. NULL: never. */
	int (*precheck)(struct sw_str from, struct sw_str to);
	/* On the carrier's loop, after a crash: is it certain that the network never had this message? NULL: it cannot
	 * tell. */
	bool (*never_had)(void *state, const struct sw_ticket *ticket);
	/*
	 * From a task of any loop, while the carrier lives: check who asks, and return when all of it is on disk.
	 * NULL: nobody asks.
	 * @param ret  what to answer: a text, or why it cannot be read or is refused
	 * @return 0, SW_EPERM (wrong secret: 401; 403 when ret says why), SW_ENOTFOUND (not configured), SW_EINVAL, or
	 * as the sink
	 */
	int (*hook)(void *state, struct sw_task *task, const struct sw_carrier_hook *hook, struct sw_str *ret);
	const char *hook_type; /* of what it answers; NULL: plain text */
	bool simulated;        /* inbound messages may be played */
	bool pretends;         /* there is no network behind it */
	bool receipts_by_id;   /* receipts name the network's id: ids are kept */
	bool tells_reads;      /* a receipt of delivery may be followed by one of reading */
};

/* What a carrier may use; constant while it lives. */
struct sw_carrier_env {
	const struct sw_core *core; /* NULL: no store, for tests of kinds that keep nothing */
	struct sw_courier *courier; /* NULL: none */
	struct sw_loop *loop;
};

/**
 * @param kinds  NULL-terminated
 * @param url    "sim:?latency_ms=20"
 * @param why    in the arena on failure
 * @return 0, SW_ENOTFOUND (no such scheme), SW_EINVAL
 */
int sw_carrier_open(struct sw_arena *arena, const struct sw_carrier_kind *const *kinds, struct sw_str name,
		    struct sw_str url, const struct sw_carrier_env *env, struct sw_carrier **ret,
		    struct sw_str *ret_why) SW_MUST_CHECK;
/** Begin, when the sink is set and the loop runs. Thread: any. */
void sw_carrier_start(struct sw_carrier *carrier);
/**
 * Take no more, answer what is under way with SW_ECLOSED, bring nothing back any more: the loops of the callers may end
 * then, as soon as they have what was on its way.  Blocks, for seconds when answers are
 * under way; while all loops run.  Thread: none of the loops'.
 */
void sw_carrier_stop(struct sw_carrier *carrier);
/** After its loop has ended. */
void sw_carrier_close(struct sw_carrier *carrier);
/** Before its loop runs. */
void sw_carrier_set_sink(struct sw_carrier *carrier, const struct sw_carrier_sink *sink);

const char *sw_carrier_name(const struct sw_carrier *carrier);
/** True when there is no network behind it: simulated, or null. */
bool sw_carrier_pretends(const struct sw_carrier *carrier);
/** For texts that a kind's open() leaves to its caller; NULL at other times. */
struct sw_arena *sw_carrier_opening(const struct sw_carrier *carrier);
struct sw_loop *sw_carrier_loop(struct sw_carrier *carrier);
const struct sw_carrier_env *sw_carrier_env_of(const struct sw_carrier *carrier);
const struct sw_carrier_kind *sw_carrier_kind_of(const struct sw_carrier *carrier);
void *sw_carrier_state(const struct sw_carrier *carrier);
const struct sw_carrier_sink *sw_carrier_get_sink(const struct sw_carrier *carrier);
/** 0, or the code this carrier refuses the pair with before a message is accepted. Thread: any. */
int sw_carrier_precheck(const struct sw_carrier *carrier, struct sw_str from, struct sw_str to);

/* ---- places: who may hand over ---- */

/**
 * How many messages the carrier takes at once, queued and under way; 0: none, it is down.  Until a kind says otherwise:
 * SW_PLACES_UNLIMITED.  By the kind, on its loop or before it runs.
 */
void sw_carrier_set_places(struct sw_carrier *carrier, int n);
enum { SW_PLACES_UNLIMITED = 1 << 20 };
/** False while it has no places at all. Thread: any. */
bool sw_carrier_is_up(const struct sw_carrier *carrier);
/** Places, and how many are taken. Thread: any. */
void sw_carrier_places(const struct sw_carrier *carrier, int *ret_places, int *ret_taken);
/**
 * Take a place; it is given back when the submission is answered, or by sw_carrier_release().  From a task of any loop.
 * @return 0, SW_ETIMEDOUT (none became free), SW_ECLOSED, SW_ECANCELED
 */
int sw_carrier_admit_wait(struct sw_task *task, struct sw_carrier *carrier, int64_t timeout_us) SW_MUST_CHECK;
/** Give a place back without having handed anything over. Thread: any. */
void sw_carrier_release(struct sw_carrier *carrier);

/**
 * Hand a message over, with a place, and wait for the carrier's answer. From a task of any loop; ret->ids in its arena.
 * @return 0, SW_ECANCELED (not handed over), SW_ECLOSED (the carrier stops: the network may or may not have it)
 */
int sw_carrier_submit_wait(struct sw_task *task, struct sw_carrier *carrier, const struct sw_message_out *out,
			   struct sw_submitted *ret) SW_MUST_CHECK;
/** After a crash: true when the network certainly never had it, so that sending is safe. From a task of any loop. */
bool sw_carrier_never_had_wait(struct sw_task *task, struct sw_carrier *carrier, const struct sw_ticket *ticket);

/* ---- for kinds: what the network says later; on the carrier's loop ---- */

/** An answer that came after SW_SUBMIT_UNKNOWN was given for it. */
void sw_carrier_late_answer(struct sw_carrier *carrier, const struct sw_ticket *ticket,
			    const struct sw_submitted *submitted);
/**
 * Find the message of a report and tell the sink.  Ids are compared as text, without leading zeros; when no message has
 * that, as decimal and hexadecimal numbers of each other, for messages to the recipient that the report names.  A
 * report that overtook its answer is stored and held for ten minutes.
 * @param done  err 0: committed, acknowledge it; negative: offer it again
 */
void sw_carrier_report(struct sw_carrier *carrier, const struct sw_report *report, struct sw_completion done);
/** The same from a task of any loop, until it is on disk. @return 0, or negative: it is to be offered again */
int sw_carrier_report_wait(struct sw_task *task, struct sw_carrier *carrier,
			   const struct sw_report *report) SW_MUST_CHECK;
/** An inbound message, likewise. */
int sw_carrier_inbound_wait(struct sw_task *task, struct sw_carrier *carrier,
			    const struct sw_inbound *inbound) SW_MUST_CHECK;
/** How ids of receipts are written, other than auto: "text", "dec" (the answer's is hex), "hex" (the answer's is
 * decimal). By the kind's open(). @return 0, SW_EINVAL */
int sw_carrier_set_receipt_ids(struct sw_carrier *carrier, struct sw_str form) SW_MUST_CHECK;

/* ---- for products: what belongs into their transactions ---- */

/** With the step that stores an accepted answer: the ids by which receipts will come. */
void sw_carrier_txn_sent(struct sw_txn *txn, struct sw_carrier *carrier, const struct sw_ticket *ticket,
			 struct sw_str to, const struct sw_submitted *submitted);
/** With the step that stores a receipt: its id is forgotten. */
void sw_carrier_txn_receipt(struct sw_txn *txn, const struct sw_receipt *receipt);
/** With the step that leaves a message of unknown outcome waiting: a receipt without a known id may be its. */
void sw_carrier_txn_unknown(struct sw_txn *txn, struct sw_carrier *carrier, const struct sw_message_out *out);
/** With the step that ends the waiting. */
void sw_carrier_txn_known(struct sw_txn *txn, struct sw_id sid);
/** With the step that stores an inbound message: guard SW_EEXIST when it is a repetition; stored parts end. */
void sw_carrier_txn_inbound(struct sw_txn *txn, const struct sw_inbound *inbound);

extern const struct sw_sql_table sw_carrier_sql;
extern struct sw_metric_set sw_carrier_metrics;

#endif
