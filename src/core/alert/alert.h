/*
 * core/alert/alert.h - what went wrong, kept for the account that it happened to.
 *
 * Every failed webhook, invalid document, failed message, refused request and notice of a deprecation is an alert,
 * added by this one function in the transaction that has the failure.  What is alike (the same account, code and
 * endpoint or resource) within a window is one row with a count, and one account and code make only so many rows a
 * window: the rest is counted in one further row (sw_alert_limits).  Alarms go by counts, which are always right.
 *
 * Thread: tasks of any loop.  What is alike is remembered by each loop for itself.
 */
#ifndef SW_CORE_ALERT_ALERT_H
#define SW_CORE_ALERT_ALERT_H

#include "core/core.h"
#include "net/http_header.h"
#include "store/due.h"
#include "store/query.h"

enum sw_alert_level { SW_ALERT_ERROR, SW_ALERT_WARNING, SW_ALERT_NOTICE, SW_ALERT_DEBUG, SW_ALERT_LEVELS };
/* "error" …; NULL ends. */
extern const char *const sw_alert_levels[];

/* For each loop. */
struct sw_alert_limits {
	int64_t window_s;        /* in which what is alike is one row */
	unsigned rows;           /* of one account and code in a window; the rest shares one more */
	unsigned errors;         /* combinations of code, endpoint and SDK that one account counts in a slot */
	unsigned remembered;     /* of all accounts; then all is forgotten, which only makes more rows */
	size_t text_bytes;       /* of each of a request's and an answer's texts */
	int64_t error_slot_s;    /* counts of errors stand in slots of so long */
	int64_t keep_days_least; /* of the setting alert_days */
	int64_t keep_days_most;
};
extern const struct sw_alert_limits sw_alert_limits;

struct sw_alert {
	struct sw_id account;
	int code;
	struct sw_str why;   /* what was wrong this time; absent: only the catalogue's words */
	struct sw_str about; /* what it is alike by: a URL without query, an operation; absent: the resource */
	struct sw_sid resource, service;
	struct sw_str api_version, method, url, variables, request_headers, response_headers, response_body;
	int64_t first_us, last_us, n; /* wall; 0: now, now, once */
};

/** Add it to the transaction, which must be of the account's bucket. Texts must live as long as that; nothing else is
 * borrowed. */
void sw_txn_alert(struct sw_txn *txn, const struct sw_alert *alert);
/** The level of a code, from the table in alert.c. */
enum sw_alert_level sw_alert_level(int code);
/** What people wrote to each other is not kept twice: a message that is redacted would go on here. */
bool sw_alert_may_show(struct sw_str parameter);
/** A form's text with what may be shown; the rest as ***. */
struct sw_str sw_alert_form(struct sw_arena *arena, struct sw_str form);
/** The same in the query of a URL: of a GET the parameters stand there. */
struct sw_str sw_alert_url(struct sw_arena *arena, struct sw_str url);
/** The value of a header field; "***" when it is a credential or a cookie. */
struct sw_str sw_alert_header(const struct sw_http_header *header);
/** "Name: value" lines, as sw_alert_header() has them. */
struct sw_str sw_alert_headers(struct sw_arena *arena, const struct sw_http_header *headers, size_t n);

/** What is old goes once a day, from the account's first alert or error on: see that it does. */
int sw_alert_begin_sweep_wait(struct sw_task *task, int bucket, struct sw_id account) SW_MUST_CHECK;
/** Rows older than the setting alert_days are not shown, and go. @return wall time */
int64_t sw_alert_oldest_us(const struct sw_core *core);
/** Whose settings count; by sw_core_init(). */
void sw_alert_use(const struct sw_core *core);

/* Looks at an account's alarms shortly after its alerts, and sweeps what is old; listed in main/modules.c. */
extern const struct sw_due_kind sw_alert_watch_due, sw_alert_sweep_due;

/* ---- what is alike, for this folder and those who count in the same way ---- */

struct sw_alike {
	struct sw_id sid; /* of the row */
	bool first;       /* nothing alike came in the window so far */
	bool others;      /* there are too many: it counts among the rest */
};
/** @param most  different ones of an account and what in a window */
struct sw_alike sw_alike_find(int bucket, struct sw_id account, int64_t what, struct sw_str about, int64_t window_s,
			      unsigned most);

#endif
