#include "carrier/sim/sim.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/list.h"
#include "base/num.h"
#include "carrier/carrier.h"
#include "loop/clock.h"
#include "loop/loop.h"
#include "loop/timer.h"
#include "wire/form/form.h"

enum { REPLY_MAX = 160, OPTIONS_MAX = 16, DELAY_MAX_MS = 3600 * 1000, RETRY_US = 1000 * 1000 };

struct sim {
	struct sw_carrier *carrier;
	int64_t latency_ms, receipt_ms, error, error_percent;
	bool receipts, stopped;
	char reply[REPLY_MAX + 1];
	uint64_t count; /* messages so far: decides which share fails, so that runs repeat */
	struct sw_list pending;
};

/* A message on its simulated way. */
struct flight {
	struct sw_list node;
	struct sw_timer timer;
	struct sim *sim;
	struct sw_receipt receipt;
	char id[32];
	char from[80], to[80]; /* for the reply */
	bool at_sink;          /* its receipt is being stored */
	/* until answered: */
	sw_submitted_fn *done; /* NULL: answered */
	void *arg;
};

static void flight_free(struct flight *flight)
{
	sw_timer_stop(&flight->timer);
	sw_list_del(&flight->node);
	sw_clock_busy(-1);
	free(flight);
}

static void stop_sim(void *state)
{
	struct sim *sim = state;
	const struct sw_submitted cut = { .result = SW_SUBMIT_UNKNOWN };
	sim->stopped = true;
	for (struct sw_list *node = sim->pending.next, *next; node != &sim->pending; node = next) {
		struct flight *flight = SW_CONTAINER(node, struct flight, node);
		next = node->next;
		if (flight->done)
			flight->done(flight->arg, &cut);
		if (!flight->at_sink)
			flight_free(flight);
	}
}

static void close_sim(void *state)
{
	struct sim *sim = state;
	while (!sw_list_empty(&sim->pending))
		flight_free(SW_CONTAINER(sim->pending.next, struct flight, node));
	free(sim);
}

/* ---- magic numbers ---- */

static const struct {
	const char *number;
	bool as_to;
	int code;
} refused[] = {
	{ "+15005550001", true, 21211 },  { "+15005550002", true, 21612 },  { "+15005550003", true, 21408 },
	{ "+15005550004", true, 21610 },  { "+15005550009", true, 21614 },  { "+15005550001", false, 21212 },
	{ "+15005550007", false, 21606 }, { "+15005550008", false, 21611 },
};

static const struct {
	const char *number;
	int code;
} undelivered[] = {
	{ "+15005550023", 30003 }, { "+15005550024", 30004 }, { "+15005550025", 30005 },
	{ "+15005550026", 30006 }, { "+15005550027", 30007 }, { "+15005550028", 30008 },
};

/* Refused by the network itself, after the message was accepted. */
static const char submit_refused[] = "+15005550029";

static int precheck(struct sw_str from, struct sw_str to)
{
	for (size_t i = 0; i < SW_COUNTOF(refused); i++)
		if (sw_str_is(refused[i].as_to ? to : from, refused[i].number))
			return refused[i].code;
	return 0;
}

static int fate_of(struct sim *sim, struct sw_str to)
{
	if (sw_str_is(to, "+15005550010") || sw_str_is(to, "+15005550011"))
		return 0;
	for (size_t i = 0; i < SW_COUNTOF(undelivered); i++)
		if (sw_str_is(to, undelivered[i].number))
			return undelivered[i].code;
	/* Evenly spread: the k-th message fails when the share's running total passes a whole number. */
	uint64_t percent = (uint64_t)sim->error_percent;
	bool fails = sim->count * percent / 100 != (sim->count + 1) * percent / 100;
	return fails ? (int)sim->error : 0;
}

/* ---- the way of a message ---- */

static void keep_quiet(void *arg, int err)
{
	(void)arg;
	(void)err;
}

static void on_receipt_stored(void *arg, int err);

static void on_receipt_time(struct sw_timer *timer)
{
	struct flight *flight = SW_CONTAINER(timer, struct flight, timer);
	const struct sw_carrier_sink *sink = sw_carrier_get_sink(flight->sim->carrier);
	flight->at_sink = true;
	sink->receipt(sink->owner, &flight->receipt, (struct sw_completion){ on_receipt_stored, flight });
}

static void on_receipt_stored(void *arg, int err)
{
	struct flight *flight = arg;
	struct sim *sim = flight->sim;
	const struct sw_carrier_sink *sink = sw_carrier_get_sink(sim->carrier);
	flight->at_sink = false;
	if (err && !sim->stopped) { /* as a network does: offered again */
		sw_timer_start(sw_carrier_loop(sim->carrier), &flight->timer, SW_CLOCK_MONO, sw_mono_us() + RETRY_US,
			       on_receipt_time);
		return;
	}
	if (!err && sim->reply[0] && flight->receipt.state == SW_RECEIPT_DELIVERED && sink->inbound) {
		const struct sw_inbound reply = { .from = sw_str_of(flight->to),
						  .to = sw_str_of(flight->from),
						  .body = sw_str_of(sim->reply),
						  .carrier = sim->carrier };
		sink->inbound(sink->owner, &reply, (struct sw_completion){ keep_quiet, NULL });
	}
	flight_free(flight);
}

static void on_answer_time(struct sw_timer *timer)
{
	struct flight *flight = SW_CONTAINER(timer, struct flight, timer);
	struct sim *sim = flight->sim;
	bool accepted = flight->receipt.code != -1;
	struct sw_submitted submitted = {
		.result = accepted ? SW_SUBMIT_ACCEPTED : SW_SUBMIT_REFUSED,
		.code = accepted ? 0 : 30008,
		.parts = 1,
		.ids = sw_str_of(flight->id),
		.receipt_expected = accepted && sim->receipts,
	};
	flight->done(flight->arg, &submitted);
	flight->done = NULL;
	if (submitted.receipt_expected)
		sw_timer_start(sw_carrier_loop(sim->carrier), timer, SW_CLOCK_MONO,
			       sw_mono_us() + sim->receipt_ms * 1000, on_receipt_time);
	else
		flight_free(flight);
}

static void copy_text(char *to, size_t size, struct sw_str from)
{
	snprintf(to, size, "%.*s", SW_FMT(from));
}

static void submit(void *state, const struct sw_message_out *out, sw_submitted_fn *done, void *arg)
{
	struct sim *sim = state;
	struct flight *flight = calloc(1, sizeof(*flight));
	SW_BUG_ON(!flight);
	int fate = sw_str_is(out->to, submit_refused) ? -1 : fate_of(sim, out->to);
	*flight = (struct flight){
		.sim = sim,
		.receipt = { .ticket = out->ticket,
			     .carrier = sim->carrier,
			     .parts = 1,
			     .state = fate == 0 ? SW_RECEIPT_DELIVERED : SW_RECEIPT_UNDELIVERED,
			     .code = fate },
		.done = done,
		.arg = arg,
	};
	sim->count++;
	snprintf(flight->id, sizeof(flight->id), "sim-%llu", (unsigned long long)sim->count);
	copy_text(flight->from, sizeof(flight->from), out->from);
	copy_text(flight->to, sizeof(flight->to), out->to);
	sw_list_push(&sim->pending, &flight->node);
	sw_clock_busy(+1);
	sw_timer_start(sw_carrier_loop(sim->carrier), &flight->timer, SW_CLOCK_MONO,
		       sw_mono_us() + sim->latency_ms * 1000, on_answer_time);
}

/* The network lives in this process: what a crash left in flight never got anywhere. */
static bool never_had(void *state, const struct sw_ticket *ticket)
{
	(void)state;
	(void)ticket;
	return true;
}

/* ---- options ---- */

static const struct option {
	const char *name;
	size_t at;
	int64_t max;
} numbers[] = {
	{ "latency_ms", offsetof(struct sim, latency_ms), DELAY_MAX_MS },
	{ "receipt_ms", offsetof(struct sim, receipt_ms), DELAY_MAX_MS },
	{ "error", offsetof(struct sim, error), 99999 },
	{ "error_percent", offsetof(struct sim, error_percent), 100 },
};

static int take_option(struct sim *sim, struct sw_str name, struct sw_str value)
{
	for (size_t i = 0; i < SW_COUNTOF(numbers); i++) {
		int64_t number;
		if (!sw_str_is(name, numbers[i].name))
			continue;
		if (sw_num_parse(value, &number) || number < 0 || number > numbers[i].max)
			return SW_EINVAL;
		*(int64_t *)(void *)((char *)sim + numbers[i].at) = number;
		return 0;
	}
	if (sw_str_is(name, "receipts") && (sw_str_is(value, "on") || sw_str_is(value, "off"))) {
		sim->receipts = sw_str_is(value, "on");
		return 0;
	}
	if (!sw_str_is(name, "reply") || value.n > REPLY_MAX)
		return SW_EINVAL;
	copy_text(sim->reply, sizeof(sim->reply), value);
	return 0;
}

static int open_sim(struct sw_carrier *carrier, struct sw_str url, void **ret_state, struct sw_str *ret_why)
{
	struct sim *sim = calloc(1, sizeof(*sim));
	SW_BUG_ON(!sim);
	*sim = (struct sim){ .carrier = carrier, .latency_ms = 5, .receipt_ms = 50, .error = 30008, .receipts = true };
	sw_list_init(&sim->pending);
	struct sw_arena arena;
	struct sw_form options = { 0 };
	struct sw_str query = sw_str_from(url, strlen("sim:"));
	sw_arena_init(&arena);
	int err = query.n && query.p[0] != '?' ? SW_EINVAL : 0;
	if (!err && query.n)
		err = sw_form_decode(&arena, sw_str_from(query, 1), OPTIONS_MAX, &options);
	for (size_t i = 0; i < options.n && !err; i++)
		err = take_option(sim, options.v[i].name, options.v[i].value);
	sw_arena_done(&arena);
	if (err) {
		*ret_why =
			SW_S("sim: takes "
			     "?latency_ms=N&receipt_ms=N&error=CODE&error_percent=0..100&receipts=on|off&reply=TEXT");
		free(sim);
		return SW_EINVAL;
	}
	*ret_state = sim;
	return 0;
}

const struct sw_carrier_kind sw_carrier_sim = {
	.scheme = "sim",
	.doc = "sim:?latency_ms=5&receipt_ms=50&error=CODE&error_percent=N&receipts=on|off&reply=TEXT: simulated, "
	       "in-process.",
	.open = open_sim,
	.close = close_sim,
	.stop = stop_sim,
	.submit = submit,
	.precheck = precheck,
	.never_had = never_had,
	.simulated = true,
	.pretends = true,
};
