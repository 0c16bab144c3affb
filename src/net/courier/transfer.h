/*
 * net/courier/transfer.h - one request on a libcurl easy handle: options, callbacks, results.  Shared by the courier
 * and sw_http_call_now(); not for other rooms.  Thread: one at a time.
 */
#ifndef SW_NET_COURIER_TRANSFER_H
#define SW_NET_COURIER_TRANSFER_H

#include <curl/curl.h>

#include "base/buf.h"
#include "net/courier.h"

#define SW_TRANSFER_HEADERS_MAX 64
/* Header fields of a reply, in all. */
#define SW_TRANSFER_HEAD_BYTES (64 * 1024)

struct sw_transfer {
	CURL *easy; /* borrowed */
	const struct sw_fetch *fetch;
	const struct sw_courier_config *config;
	struct sw_arena *arena; /* for the results */
	struct sw_fetched fetched;
	struct curl_slist *list; /* in the arena */
	struct sw_str target;
	bool malformed;
	struct sw_buf body;
	struct sw_http_header headers[SW_TRANSFER_HEADERS_MAX];
	size_t head_bytes;
	bool refused, too_large;
	int64_t heard_us; /* monotonic, when bytes came last; kept only for a read time-out */
	char error[CURL_ERROR_SIZE];
};

/** Put the lane's limits where the request names none. */
void sw_transfer_defaults(struct sw_fetch *fetch);
/** Set what is the same for every transfer, once for a handle. */
void sw_transfer_prepare(CURL *easy, const struct sw_courier_config *config);
/** Check the request and build its head in the arena: on the asker's thread. The header fields are not needed after. */
void sw_transfer_compose(struct sw_transfer *transfer);
/** Set the rest, whatever the handle did before. @return SW_FETCH_OK or SW_FETCH_BAD_REQUEST */
enum sw_fetch_error sw_transfer_begin(struct sw_transfer *transfer);
/** Fill transfer->fetched. */
void sw_transfer_end(struct sw_transfer *transfer, CURLcode code);
/** How long after its start the request went out; 0: not yet, it connects still. */
int64_t sw_transfer_sent_us(const struct sw_transfer *transfer);
/** There was no transfer: fill transfer->fetched with an error. */
void sw_transfer_fail(struct sw_transfer *transfer, enum sw_fetch_error error);
/** What sw_courier_fetch_wait() returns for an error. */
int sw_transfer_result(enum sw_fetch_error error);
/** A sentence about an error; static. */
struct sw_str sw_transfer_why(enum sw_fetch_error error);
/** libcurl is ready; once per process. */
void sw_transfer_global(void);

/* A row a lane. */
struct sw_lane_limits {
	unsigned running, running_slow, running_per_host; /* at once: by prompt hosts, by slow ones, by one */
	unsigned waiting;
	int64_t ahead_ms;    /* a host may queue what it will start within that time … */
	int64_t patience_ms; /* … and what has waited that long is given back */
	int64_t connect_timeout_ms, total_timeout_ms;
	size_t response_max_bytes;
};
extern const struct sw_lane_limits sw_lane_limits[SW_LANES];

#endif
