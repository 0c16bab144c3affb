/*
 * core/webhook.h - one request to a customer's URL: what callbacks, and the fetching of instructions, have in common.
 *
 * A form is posted, or added to the query of a GET.  The request is signed with the account's auth token, in both ways
 * of wire/signature/signature.h; for Standard Webhooks the secret is the token's characters.  A user and password in
 * the URL become Basic credentials and are not signed.  What stands behind '#' are connection overrides (below); it is
 * neither sent nor signed.  There are no redirects: a 3xx is a failure.
 *
 * Thread: tasks of any loop.
 */
#ifndef SW_CORE_WEBHOOK_H
#define SW_CORE_WEBHOOK_H

#include "core/account.h"
#include "core/event/event_type.h"
#include "net/courier.h"
#include "store/event.h"
#include "wire/form/form.h"

struct sw_hook;

struct sw_webhook {
	const struct sw_account *account; /* its auth token signs */
	struct sw_str method, url;        /* "POST" or "GET" */
	const struct sw_form *params;     /* NULL: none */
	struct sw_str encoded;            /* params as form text, when the caller has it */
	struct sw_str body, content_type; /* something other than a form; absent: none */
	struct sw_str token;              /* I-Twilio-Idempotency-Token, webhook-id: the same over all attempts */
	struct sw_sid about;              /* absent: nothing that has a SID */
	struct sw_hook *endpoint;         /* NULL: found by the URL */
	int64_t attempt;                  /* of a durable callback, from 1; its asker calls sw_webhook_log() */
	enum sw_lane lane;
	int64_t event_time_us;     /* wall */
	size_t response_max_bytes; /* 0: the lane's */
};

struct sw_attempt;

struct sw_webhooked {
	int code;                          /* of the catalogue; 0: an answer of 2xx came */
	struct sw_str why;                 /* what went wrong this time */
	struct sw_str method, url;         /* url: without user, password, query and fragment */
	struct sw_str sent_url, variables; /* as sent, for the alert; variables: the posted form or body */
	const struct sw_http_header *headers;
	size_t headers_n;
	struct sw_fetched fetched; /* the last attempt's */
	unsigned attempts;
	unsigned line, column;       /* in the answer's document, from 1; 0: not about a place in it */
	bool asked;                  /* a request was made, and counted for its endpoint */
	struct sw_attempt *unlogged; /* the last request, when the attempt log has yet to hear what follows it */
};

/**
 * Ask, again as often as the overrides say, and wait. Results live as long as the task's arena.
 * @return 0 (*ret says how it went), or why it could not be tried: SW_EBUSY (the host has enough waiting), SW_ECLOSED,
 * SW_ECANCELED
 */
int sw_webhook_fetch_wait(struct sw_task *task, const struct sw_core *core, const struct sw_webhook *webhook,
			  struct sw_webhooked *ret) SW_MUST_CHECK;

/** How long the answer asks to wait, in seconds of its Retry-After (a date would be compared with somebody else's
 * clock), at most an hour; 0: it does not ask. */
int64_t sw_webhook_retry_after_us(const struct sw_webhooked *got);

/** A URL without user, password, query and fragment: as events tell it; "" when it is none. */
struct sw_str sw_webhook_shown(struct sw_arena *arena, struct sw_str url);

/** Write the last request of a durable callback to the attempt log. next_us: when it is tried again, wall; 0: never */
void sw_webhook_log(const struct sw_core *core, struct sw_webhooked *got, int64_t next_us);

/* What an event tells of a failed request besides. */
struct sw_webhook_event {
	struct sw_str token; /* of the request it is about; absent: none */
	struct sw_id account;
	char kind[2]; /* letters of the SID that the request was about */
	struct sw_id sid;
	const char *type;        /* "webhook.failed" … */
	int64_t attempt;         /* from 1; 0: not told */
	int64_t next_attempt_us; /* wall; 0: none */
};
/** Add the event: error_code, what it means, what to do, why, method, url, status, line, column, and what
 * *event says; and the alert, which has the request and its answer. */
void sw_webhook_event(struct sw_txn *txn, const struct sw_webhook_event *event, const struct sw_webhooked *failed);

/* ---- connection overrides: "#ct=2000&rp=5xx,ct&rc=3" ---- */

enum sw_retry_policy {
	SW_RETRY_CONNECT = 1 << 0, /* "ct": no connection */
	SW_RETRY_READ = 1 << 1,    /* "rt": connected, but no whole answer */
	SW_RETRY_4XX = 1 << 2,
	SW_RETRY_5XX = 1 << 3,
	SW_RETRY_ALL = 15,
};

struct sw_overrides {
	int64_t connect_ms, read_ms, total_ms; /* total over all attempts */
	int64_t retries;
	unsigned policy;
};

/** Names that nobody knows mean nothing; a bad value of one that is known is refused. absent fragment: the defaults.
 * @return 0, SW_EINVAL (*ret_bad is the piece) */
int sw_overrides_parse(struct sw_str fragment, struct sw_overrides *ret, struct sw_str *ret_bad) SW_MUST_CHECK;

/* What requests to customers' URLs write into the log, whoever makes them. */
extern const struct sw_event_row sw_webhook_events[];

enum sw_webhook_metric {
	SW_WEBHOOK_ANSWERED,
	SW_WEBHOOK_FAILED,
	SW_CALLBACK_AGAIN,
	SW_CALLBACK_ABANDONED,
	SW_CALLBACK_DEFERRED,
	SW_CALLBACK_HELD,
	SW_CALLBACK_DEAD,
	SW_CALLBACK_REPLAYED,
	SW_ENDPOINT_OPENED,
	SW_ENDPOINT_CLOSED,
	SW_ENDPOINT_FAILING,
	SW_ENDPOINT_DISABLED,
	SW_WEBHOOK_METRICS
};
extern struct sw_metric_set sw_webhook_metrics;

#endif
