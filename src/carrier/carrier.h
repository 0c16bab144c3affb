/*
 * carrier/carrier.h - one road to a telephone network.
 *
 * A carrier takes messages and tells what became of them.  It lives on a loop of its own; callers on other loops
 * hand messages over by mail and wait in a task (sw_carrier_submit_wait).  What comes back later - receipts and
 * inbound messages - goes to the sink with a completion: a carrier that must acknowledge to its peer does so only
 * after the sink says that the commit reached the disk.
 *
 * A kind of carrier is one const struct sw_carrier_kind at the end of its file, listed in main/modules.c.
 * Kinds: sim (in-process, magic numbers), null (accepts and forgets).
 *
 * Lifetime: opened at start, closed after the last submission.  May use: net and left of it.  Used by: products.
 */
#ifndef SW_CARRIER_CARRIER_H
#define SW_CARRIER_CARRIER_H

#include "base/id.h"
#include "base/str.h"

struct sw_loop;
struct sw_task;
struct sw_carrier;

/* Which message of which account; carried along and given back with receipts. */
struct sw_ticket {
	int bucket;
	struct sw_id account, sid;
	char kind[2]; /* letters of the SID */
};

struct sw_message_out {
	struct sw_ticket ticket;
	struct sw_str from, to; /* E.164 or a channel address */
	struct sw_str body;     /* UTF-8, at most 1600 characters */
	int64_t media;          /* number of media attached */
	int64_t expires_us;     /* wall */
};

enum sw_submit_result {
	SW_SUBMIT_ACCEPTED, /* the network has it */
	SW_SUBMIT_REFUSED,  /* for good: code says why */
	SW_SUBMIT_BUSY,     /* not now: try again after retry_us */
	SW_SUBMIT_UNKNOWN,  /* no answer: it may or may not have it; never sent again blindly */
};

struct sw_submitted {
	enum sw_submit_result result;
	int code;            /* error catalogue, when refused */
	int64_t retry_us;    /* when busy */
	char carrier_id[72]; /* the network's name for it, when accepted; NUL-terminated */
	bool receipt_expected;
};

struct sw_receipt {
	struct sw_ticket ticket; /* zero sid: only carrier_id is known */
	char carrier_id[72];
	bool delivered;
	int code; /* error catalogue, when not delivered */
};

struct sw_inbound {
	struct sw_str from, to, body; /* borrowed until the completion */
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
	void *owner;
};

typedef void sw_submitted_fn(void *arg, const struct sw_submitted *submitted);

struct sw_carrier_kind {
	const char *scheme; /* "sim" */
	const char *doc;    /* options of its URL, a line */
	/* On the caller's thread before the loop runs. ret_state is the kind's own. @return 0, SW_EINVAL (*ret_why says
	 * what) */
	int (*open)(struct sw_carrier *carrier, struct sw_str url, void **ret_state, struct sw_str *ret_why);
	void (*close)(void *state); /* on the carrier's loop; nothing is under way */
	/*
	 * On the carrier's loop, before it ends: call done for everything submitted (the answer does not count any
	 * more) and forget what is expected back, but for what the sink has.  NULL: every submission is answered at
	 * once.
	 */
	void (*stop)(void *state);
	/* On the carrier's loop. `out` is borrowed until done is called, once, on that loop. */
	void (*submit)(void *state, const struct sw_message_out *out, sw_submitted_fn *done, void *arg);
	/* Any thread: a code to refuse a message with before it is accepted; 0: none. NULL: never. */
	int (*precheck)(struct sw_str from, struct sw_str to);
	/* On the carrier's loop, after a crash: is it certain that the network never had this message? NULL: it cannot
	 * tell. */
	bool (*never_had)(void *state, const struct sw_ticket *ticket);
};

/**
 * @param kinds  NULL-terminated
 * @param url    "sim:?latency_ms=20"
 * @param why    in the arena on failure
 * @return 0, SW_ENOTFOUND (no such scheme), SW_EINVAL
 */
int sw_carrier_open(struct sw_arena *arena, const struct sw_carrier_kind *const *kinds, struct sw_str name,
		    struct sw_str url, struct sw_loop *loop, struct sw_carrier **ret,
		    struct sw_str *ret_why) SW_MUST_CHECK;
/**
 * Take no more, answer what is under way with SW_ECLOSED, bring nothing back any more: the loops of the callers may end
 * then, as soon as they have what was on its way.  Blocks; while all loops run.  Thread: none of the loops'.
 */
void sw_carrier_stop(struct sw_carrier *carrier);
/** After its loop has ended. */
void sw_carrier_close(struct sw_carrier *carrier);
/** Before its loop runs. */
void sw_carrier_set_sink(struct sw_carrier *carrier, const struct sw_carrier_sink *sink);

const char *sw_carrier_name(const struct sw_carrier *carrier);
struct sw_loop *sw_carrier_loop(struct sw_carrier *carrier);
const struct sw_carrier_sink *sw_carrier_get_sink(const struct sw_carrier *carrier);
/** 0, or the code this carrier refuses the pair with before a message is accepted. Thread: any. */
int sw_carrier_precheck(const struct sw_carrier *carrier, struct sw_str from, struct sw_str to);

/** Hand a message over and wait for the carrier's answer. From a task of any loop. @return 0, SW_ECANCELED
 * (not handed over), SW_ECLOSED (the carrier stops: the network may or may not have it) */
int sw_carrier_submit_wait(struct sw_task *task, struct sw_carrier *carrier, const struct sw_message_out *out,
			   struct sw_submitted *ret) SW_MUST_CHECK;
/** After a crash: true when the network certainly never had it, so that sending is safe. From a task of any loop. */
bool sw_carrier_never_had_wait(struct sw_task *task, struct sw_carrier *carrier, const struct sw_ticket *ticket);

#endif
