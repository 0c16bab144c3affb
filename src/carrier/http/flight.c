#include "carrier/http/flight.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/num.h"
#include "loop/clock.h"
#include "loop/loop.h"
#include "loop/task.h"

enum { ANSWER_MAX_BYTES = 64 * 1024, CONNECT_TIMEOUT_MS = 5000 };

/* A message on its way. */
struct flight {
	struct sw_list node;
	struct http_flights *flights;
	const struct sw_message_out *out;
	sw_submitted_fn *done; /* NULL: answered, and out is gone */
	void *arg;
};

static void answer(struct flight *flight, const struct sw_submitted *submitted)
{
	sw_submitted_fn *done = flight->done;
	flight->done = NULL;
	if (done)
		done(flight->arg, submitted);
}

void http_flights_init(struct http_flights *flights)
{
	sw_list_init(&flights->list);
}

void http_flights_stop(struct http_flights *flights)
{
	const struct sw_submitted cut = { .result = SW_SUBMIT_UNKNOWN };
	for (struct sw_list *node = flights->list.next; node != &flights->list; node = node->next)
		answer(SW_CONTAINER(node, struct flight, node), &cut);
}

struct sw_fetch http_fetch(int64_t timeout_ms)
{
	return (struct sw_fetch){
		.lane = SW_LANE_CALLBACK,
		.connect_timeout_ms = CONNECT_TIMEOUT_MS < timeout_ms ? CONNECT_TIMEOUT_MS : timeout_ms,
		.total_timeout_ms = timeout_ms,
		.response_max_bytes = ANSWER_MAX_BYTES,
		.trusted = true,
		.once = true, /* a repeated request is a second message */
	};
}

/* ---- the answer ---- */

int64_t http_retry_after_us(const struct sw_fetched *fetched)
{
	int64_t seconds;
	for (size_t i = 0; i < fetched->headers_n; i++)
		if (sw_str_eq_nocase(fetched->headers[i].name, SW_S("Retry-After")) &&
		    sw_num_parse(fetched->headers[i].value, &seconds) == 0 && seconds > 0 && seconds <= 86400)
			return seconds * 1000000;
	return 0;
}

/* Nothing of the message has left: it may be sent again. */
static bool never_left(const struct sw_fetched *fetched)
{
	static const bool before[SW_FETCH_ERRORS] = {
		[SW_FETCH_DNS] = true,       [SW_FETCH_CONNECT] = true,         [SW_FETCH_CONNECT_TIMEOUT] = true,
		[SW_FETCH_TLS] = true,       [SW_FETCH_TLS_HOST] = true,        [SW_FETCH_TLS_EXPIRED] = true,
		[SW_FETCH_TLS_CHAIN] = true, [SW_FETCH_REFUSED_ADDRESS] = true, [SW_FETCH_BUSY] = true,
	};
	return before[fetched->error] || (fetched->error == SW_FETCH_TIMEOUT && fetched->total_us == 0);
}

static struct sw_submitted unanswered(const struct http_flights *flights, const struct sw_fetched *fetched)
{
	enum sw_submit_result result = never_left(fetched) ? SW_SUBMIT_BUSY : SW_SUBMIT_UNKNOWN;
	sw_warn("carrier", "a gateway could not be asked", SW_KC("carrier", sw_carrier_name(flights->carrier)),
		SW_KS("why", fetched->why));
	if (fetched->error == SW_FETCH_BAD_REQUEST) /* it will be no better next time */
		result = SW_SUBMIT_REFUSED;
	return (struct sw_submitted){ .result = result, .code = 30008 };
}

/* ---- the way of a message ---- */

/* @return false: it was answered meanwhile, or cannot wait */
static bool take_turn_wait(struct sw_task *task, struct flight *flight)
{
	struct http_flights *flights = flight->flights;
	int64_t now_us = sw_mono_us(), at_us = now_us > flights->next_us ? now_us : flights->next_us;
	if (!flights->rate)
		return true;
	flights->next_us = at_us + 1000000 / flights->rate;
	return (at_us == now_us || sw_sleep_wait(task, at_us - now_us) == 0) && flight->done;
}

static void send_task(struct sw_task *task, void *arg)
{
	struct flight *flight = arg;
	struct http_flights *flights = flight->flights;
	struct sw_arena *arena = sw_task_arena(task);
	struct sw_submitted submitted = { .result = SW_SUBMIT_BUSY, .code = 30008 };
	if (take_turn_wait(task, flight)) {
		const struct sw_fetch fetch = flights->request(flights->kind, arena, flight->out);
		struct sw_fetched fetched;
		int err = sw_courier_fetch_wait(task, sw_carrier_env_of(flights->carrier)->courier, &fetch, &fetched);
		(void)err; /* fetched.error says more */
		submitted =
			fetched.error ? unanswered(flights, &fetched) : flights->judge(flights->kind, arena, &fetched);
	}
	answer(flight, &submitted);
	sw_list_del(&flight->node);
	free(flight);
}

void http_flights_submit(struct http_flights *flights, const struct sw_message_out *out, sw_submitted_fn *done,
			 void *arg)
{
	struct flight *flight = malloc(sizeof(*flight));
	SW_BUG_ON(!flight);
	*flight = (struct flight){ .flights = flights, .out = out, .done = done, .arg = arg };
	sw_list_push(&flights->list, &flight->node);
	(void)sw_task_spawn(sw_carrier_loop(flights->carrier), send_task, flight);
}
