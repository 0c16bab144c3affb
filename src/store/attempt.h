/*
 * store/attempt.h - the attempt log: every request to a customer's URL, with what was sent and what came back.
 *
 * It is kept beside the store, in attempts.db, with a writer of its own, and is less than the store: whoever sends
 * never waits for it.  An attempt goes into a queue of SW_ATTEMPT_QUEUE_BYTES and is written with others a moment
 * later; one that does not fit is counted and left out.  A process that is killed loses what was still in the queue.
 *
 * Attempts of an account are packed into rows of some 48 kB; a list reads rows, newest first, and leaves out what is
 * not wanted.  The oldest rows go when the log is larger or older than its limits.
 *
 * A log of NULL (there is none, or nothing shall be kept) takes everything and has nothing.
 * Thread: sw_attempt_add any; _wait from a task of any loop; opening and closing from the thread that owns the log.
 */
#ifndef SW_STORE_ATTEMPT_H
#define SW_STORE_ATTEMPT_H

#include "store/store.h"

#define SW_ATTEMPT_QUEUE_BYTES (8 * 1024 * 1024)
/* Of a body, and of all header fields, as kept. */
#define SW_ATTEMPT_TEXT_MAX 4096

struct sw_attempt_log;

/* Numbers are 0 and texts absent where there is nothing to tell. */
struct sw_attempt {
	struct sw_id id; /* given by the log: time-ordered */
	struct sw_id account;
	char kind[2]; /* letters of the SID it is about */
	struct sw_id sid;
	struct sw_id endpoint;
	int64_t number;                        /* attempt of a callback, from 1 */
	int64_t repetition;                    /* request within it, from 1 */
	int64_t lane;                          /* enum sw_lane, of net */
	int64_t started_us, next_us, event_us; /* wall */
	int64_t code, status;
	int64_t queued_us, dns_us, connect_us, tls_us, first_byte_us, total_us;
	int64_t reused;                                  /* an open connection was used */
	int64_t request_bytes, response_bytes;           /* of the whole bodies */
	struct sw_str token, method, url;                /* url: without user and password */
	struct sw_str overrides;                         /* what stood behind the '#' of the URL */
	struct sw_str request_headers, response_headers; /* "Name: value\n" …, whole lines */
	struct sw_str request_body, response_body;       /* the first SW_ATTEMPT_TEXT_MAX bytes */
	struct sw_str error, why, peer;                  /* "timeout" …; a sentence; address connected to */
};

struct sw_attempt_config {
	const char *url;   /* of the store: sqlite:DIR */
	int64_t max_bytes; /* > 0 */
	int64_t max_age_us;
};

int sw_attempt_open(struct sw_arena *arena, const struct sw_attempt_config *config, struct sw_attempt_log **ret,
		    struct sw_str *ret_why) SW_MUST_CHECK;
/** Write what is queued, then close. Nobody may add any more. */
void sw_attempt_close(struct sw_attempt_log *log);

/** Queue a copy. */
void sw_attempt_add(struct sw_attempt_log *log, const struct sw_attempt *attempt);

/* What a list is to have. */
struct sw_attempt_filter {
	struct sw_id account;
	struct sw_id before;        /* only older ones than this id; zero: from the newest */
	int64_t since_us, until_us; /* of the start; 0: any */
	bool (*wanted)(const struct sw_attempt *attempt, const void *arg); /* NULL: all */
	const void *arg;
	size_t limit;
};

/**
 * Newest first.  It reads a bounded part of the log: there may be fewer than limit, or none, and more to come.
 * @param ret_next  `before` of the next part; zero: this was the end
 */
int sw_attempt_list_wait(struct sw_task *task, struct sw_attempt_log *log, struct sw_arena *arena,
			 const struct sw_attempt_filter *filter, struct sw_attempt **ret, size_t *ret_n,
			 struct sw_id *ret_next) SW_MUST_CHECK;
/**
 * Oldest first, behind `at`: a part of the log, which may have none that is wanted.
 * @param filter  account, wanted and arg count
 * @param at        an attempt's id; moved behind the part
 * @param ret_more  it may not have been the last part
 */
int sw_attempt_follow_wait(struct sw_task *task, struct sw_attempt_log *log, struct sw_arena *arena,
			   const struct sw_attempt_filter *filter, struct sw_id *at, struct sw_attempt **ret,
			   size_t *ret_n, bool *ret_more) SW_MUST_CHECK;
/** Behind everything that is written: an id to follow from. Thread: any. */
struct sw_id sw_attempt_latest(const struct sw_attempt_log *log);
/** Changes with each writing. Thread: any. */
uint64_t sw_attempt_news(const struct sw_attempt_log *log);
/** @return 0, SW_ENOTFOUND */
int sw_attempt_get_wait(struct sw_task *task, struct sw_attempt_log *log, struct sw_arena *arena, struct sw_id account,
			struct sw_id id, struct sw_attempt *ret) SW_MUST_CHECK;

extern struct sw_metric_set sw_attempt_metrics;

#endif
