/*
 * carrier/http/flight.h - messages that are one HTTP request each: what kinds share that submit over HTTP.
 *
 * A request goes out once, over a connection of its own, by the rate; a message without an answer counts as never sent
 * only when nothing of it can have left.  Thread: the carrier's loop.
 */
#ifndef SW_CARRIER_HTTP_FLIGHT_H
#define SW_CARRIER_HTTP_FLIGHT_H

#include "base/list.h"
#include "carrier/carrier.h"
#include "net/courier.h"

struct http_flights {
	struct sw_carrier *carrier;
	void *kind;   /* for the two functions */
	int64_t rate; /* messages a second; 0: no limit */
	/* The request for a message, in the arena, begun by http_fetch(). */
	struct sw_fetch (*request)(void *kind, struct sw_arena *arena, const struct sw_message_out *out);
	/* What the answer means; fetched->error is 0. Texts in the arena. */
	struct sw_submitted (*judge)(void *kind, struct sw_arena *arena, const struct sw_fetched *fetched);
	/* its own: */
	struct sw_list list;
	int64_t next_us; /* monotonic: when the next one may go, by the rate */
};

void http_flights_init(struct http_flights *flights);
/** A kind's submit (carrier.h). */
void http_flights_submit(struct http_flights *flights, const struct sw_message_out *out, sw_submitted_fn *done,
			 void *arg);
/** A kind's stop. */
void http_flights_stop(struct http_flights *flights);

/** A request without method, URL, headers and body. */
struct sw_fetch http_fetch(int64_t timeout_ms);
/** Seconds of Retry-After, up to a day, in microseconds; 0: it says none. */
int64_t http_retry_after_us(const struct sw_fetched *fetched);

#endif
