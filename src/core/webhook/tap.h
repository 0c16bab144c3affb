/*
 * core/webhook/tap.h - somebody listens to an account's webhooks: copies for a developer's machine, or the requests
 * themselves, answered from there.
 *
 * A tap is a row of a table of atomics that all loops read; the request travels to the tap's loop by mail, signed and
 * complete as it goes to its URL.  A copy ends there, and of events to a sink (SW_LANE_STREAM) there are only copies.  A request that is diverted waits for the answer: its task has
 * no other road meanwhile, and when the tap goes, or nothing comes in time, it goes to its URL after all.
 *
 * Thread: sw_tap_open and sw_tap_close on the loop that listens; the others any.
 */
#ifndef SW_CORE_WEBHOOK_TAP_H
#define SW_CORE_WEBHOOK_TAP_H

#include "base/list.h"
#include "core/account.h"
#include "loop/mailbox.h"
#include "net/courier.h"

enum { SW_TAPS = 256, SW_TAP_ID_CHARS = 40 };

struct sw_loop;
struct sw_wait;

/* A request at a tap. Lives in its arena. */
struct sw_tapped {
	struct sw_mail mail;
	struct sw_arena *arena;
	struct sw_list node; /* the tap's */
	struct sw_sid account;
	struct sw_fetch fetch;    /* method, url, headers, body */
	bool diverted;            /* its task waits for the answer */
	int64_t until_us;         /* monotonic: so long; later nobody does */
	char id[SW_TAP_ID_CHARS]; /* to answer it by; "" for a copy */
	/* the answer; status 0: there is none */
	int status;
	struct sw_str content_type, body;
	/* of tap.c */
	struct sw_loop *home;
	struct sw_wait *wait; /* home's; NULL: nobody waits any more */
	unsigned place;
	uint64_t turn, number;
};

/** A request for the tap, on its loop: sw_tapped_done() must follow, at once or later. */
typedef void sw_tap_fn(void *owner, struct sw_tapped *tapped);

/**
 * Listen to the webhooks of an account and of its subaccounts.
 * @param divert  its requests come here instead, and are answered from here; of several such taps the first gets them
 * @param ret     to close it by
 * @return 0, SW_ELIMIT (SW_TAPS are open)
 */
int sw_tap_open(struct sw_sid account, bool divert, sw_tap_fn *take, void *owner, unsigned *ret) SW_MUST_CHECK;
/** Nothing is taken any more; what the owner has, it gives back itself. */
void sw_tap_close(unsigned place);
/** Give a request back, answered or not. It is gone. */
void sw_tapped_done(struct sw_tapped *tapped);

/**
 * The answer to a diverted request, for its tap. @param id  as the tap was told. @return 0, SW_ENOTFOUND (no such tap
 * of this account, any more; that the request is there still is not said)
 */
int sw_tap_answer(struct sw_sid account, struct sw_str id, int status, struct sw_str content_type,
		  struct sw_str body) SW_MUST_CHECK;
/** The tap's owner looks for the request that is answered; set by whoever opens taps. */
struct sw_tap_answer {
	struct sw_mail mail;
	struct sw_arena *arena;
	unsigned place;
	uint64_t turn;
	struct sw_str id;
	int status;
	struct sw_str content_type, body;
};
typedef void sw_tap_answer_fn(void *owner, const struct sw_tap_answer *answer);
/** What answers are given to, on the tap's loop; once for each tap, behind sw_tap_open(). */
void sw_tap_on_answer(unsigned place, sw_tap_answer_fn *fn);

/**
 * Show a request to whoever listens to its account, and wait when it is diverted.
 * @param total_ms  how long
 * @return true: *ret is the answer from there; false: ask the URL
 */
bool sw_tap_wait(struct sw_task *task, const struct sw_account *account, const struct sw_fetch *fetch, int64_t total_ms,
		 struct sw_fetched *ret);

#endif
