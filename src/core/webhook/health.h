/*
 * core/webhook/health.h - how a customer's endpoint does: a breaker, figures, and when it is left alone for good.
 *
 * An endpoint is an account's scheme, host, port and path.  The breaker opens when half or more of at least 20 requests
 * of the last 60 s failed; 30 s later one request is let through (the probe), and after each that fails twice as long,
 * up to 15 min; one that succeeds closes it.  An endpoint whose callbacks do nothing but fail is told of after 1 h, 24
 * h and 72 h and disabled after five days; an answer of 410 disables it at once.
 *
 * Every loop counts on the same object, in atomic words; what becomes of it is decided by whoever changes the word.
 * Times are of the wall clock.  Thread: any.
 */
#ifndef SW_CORE_WEBHOOK_HEALTH_H
#define SW_CORE_WEBHOOK_HEALTH_H

#include <stdatomic.h>

#include "base/id.h"
#include "base/str.h"

enum {
	SW_HOOK_SLOTS = 12,    /* of the breaker's window … */
	SW_HOOK_SLOT_S = 5,    /* … so many seconds each */
	SW_HOOK_OPEN_MIN = 20, /* requests in it */
	SW_HOOK_PROBE_S = 30,
	SW_HOOK_PROBE_MAX_S = 900,
	SW_HOOK_LATENCIES = 36,
	SW_HOOK_FIGURES_S = 300, /* figures are of the present and the last such span */
	SW_HOOK_NOTICES = 3,
	SW_HOOK_DISABLE_S = 5 * 86400,
	SW_HOOK_DISABLE_MIN = 10, /* failures in a row */
};

enum sw_hook_state { SW_HOOK_CLOSED, SW_HOOK_OPEN, SW_HOOK_HALF_OPEN };
enum sw_hook_status { SW_HOOK_ENABLED, SW_HOOK_FAILING, SW_HOOK_GONE, SW_HOOK_REQUESTED }; /* … why it is disabled */

struct sw_hook_figures {
	_Atomic int64_t span; /* number of the span that they are of */
	_Atomic uint32_t good, bad, latency[SW_HOOK_LATENCIES];
};

struct sw_hook {
	struct sw_hook *next, *next_of_account;
	struct sw_id id, account;
	int bucket;
	struct sw_str url; /* "https://example.com/status" */

	/* set by the customer */
	_Atomic int64_t rate, max_in_flight; /* a second, at once; 0: as many as the host takes */
	_Atomic bool strict_order;

	_Atomic int status; /* enum sw_hook_status */
	_Atomic int state;
	_Atomic int64_t probe_us, probe_delay_us, probing_us;
	_Atomic uint64_t slot[SW_HOOK_SLOTS];
	_Atomic int64_t failing_since_us, failures; /* since the last success; 0: none */
	_Atomic unsigned notices;                   /* a bit each that was given */
	_Atomic bool remembered;                    /* the store has failing_since_us */
	_Atomic int in_flight, waiting;
	_Atomic int64_t next_place_us; /* what finds no place comes again then */
	struct sw_hook_figures figures[2];
};

/* What an outcome changed, to be told and remembered. */
enum {
	SW_HOOK_OPENED = 1 << 0,
	SW_HOOK_CLOSES = 1 << 1,
	SW_HOOK_NOTICE = 1 << 2,
	SW_HOOK_DISABLED = 1 << 3,
	SW_HOOK_REMEMBER = 1 << 4, /* since when it fails */
	SW_HOOK_RECOVERED = 1 << 5,
};

enum sw_hook_way { SW_HOOK_GO, SW_HOOK_PROBE, SW_HOOK_LATER, SW_HOOK_NEVER };

/** May a callback be sent? *ret_us: SW_HOOK_LATER: when to ask again. A probe must be settled or given back. */
enum sw_hook_way sw_hook_admit(struct sw_hook *hook, int64_t now_us, int64_t *ret_us);
void sw_hook_give_back(struct sw_hook *hook, int64_t now_us);
/** Count a request and how long it took. */
void sw_hook_count(struct sw_hook *hook, bool good, int64_t took_us, int64_t now_us);

struct sw_hook_outcome {
	bool good, gone;
	bool durable; /* of a callback; others do not disable */
	bool probe;
};
/** What follows from an attempt, after its requests were counted. @return SW_HOOK_OPENED … */
unsigned sw_hook_settle(struct sw_hook *hook, const struct sw_hook_outcome *outcome, int64_t now_us);
/** Enabled again: as if it had never failed. */
void sw_hook_enable(struct sw_hook *hook);

/* Requests and failures of the breaker's window. */
void sw_hook_window(struct sw_hook *hook, int64_t now_us, int64_t *ret_n, int64_t *ret_bad);

struct sw_hook_summary {
	int64_t requests, failed;
	int64_t p50_us, p95_us; /* of those that succeeded; 0: none */
};
struct sw_hook_summary sw_hook_summary(struct sw_hook *hook, int64_t now_us);

extern const int sw_hook_notice_h[SW_HOOK_NOTICES];

#endif
