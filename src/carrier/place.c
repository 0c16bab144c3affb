/* Who may hand a message over, and the trip to the carrier's loop and back. */
#include "carrier/carrier_impl.h"

#include <stdlib.h>

#include "base/arena.h"
#include "loop/clock.h"
#include "loop/task.h"

/*
 * One trip to the carrier's loop and back.  It lies on the waiting task's stack: the wait cannot be abandoned, so the
 * task stays until the answer has come home.
 */
struct trip {
	struct sw_mail mail;
	struct sw_carrier *carrier;
	struct sw_loop *home;
	struct sw_wait wait;
	int err;
	/* for a place: */
	struct sw_list node;
	struct sw_timer patience;
	int64_t timeout_us;
	/* for a submission: */
	const struct sw_message_out *out;
	struct sw_submitted *ret;
	char short_ids[SW_CARRIER_ID_MAX], *long_ids;
	int64_t handed_us;
	/* for the question after a crash: */
	const struct sw_ticket *ticket;
	bool never_had;
};

static void arrive_home(struct sw_mail *mail)
{
	struct trip *trip = SW_CONTAINER(mail, struct trip, mail);
	sw_wait_end(&trip->wait, trip->err);
}

static void go_home(struct trip *trip, int err)
{
	trip->err = err;
	trip->mail.deliver = arrive_home;
	sw_loop_post(trip->home, &trip->mail);
}

static int travel_wait(struct trip *trip, void (*deliver)(struct sw_mail *))
{
	trip->mail.deliver = deliver;
	sw_loop_post(trip->carrier->env.loop, &trip->mail);
	return sw_wait_begin(&trip->wait);
}

/* ---- places ---- */

static bool take_place(struct sw_carrier *carrier)
{
	int taken = atomic_load(&carrier->taken);
	while (taken < atomic_load(&carrier->places))
		if (atomic_compare_exchange_weak(&carrier->taken, &taken, taken + 1))
			return true;
	return false;
}

void sw_carrier_serve_queue(struct sw_carrier *carrier)
{
	while (!sw_list_empty(&carrier->queue) && (carrier->stopped || take_place(carrier))) {
		struct trip *trip = SW_CONTAINER(sw_list_pop(&carrier->queue), struct trip, node);
		atomic_fetch_sub(&carrier->queueing, 1);
		sw_timer_stop(&trip->patience);
		go_home(trip, carrier->stopped ? SW_ECLOSED : 0);
	}
}

static void deliver_nudge(struct sw_mail *mail)
{
	struct sw_carrier *carrier = SW_CONTAINER(mail, struct sw_carrier, nudge);
	atomic_store(&carrier->nudged, false);
	sw_carrier_serve_queue(carrier);
}

void sw_carrier_places_init(struct sw_carrier *carrier)
{
	sw_list_init(&carrier->queue);
	carrier->nudge.deliver = deliver_nudge;
	atomic_init(&carrier->places, SW_PLACES_UNLIMITED);
}

void sw_carrier_set_places(struct sw_carrier *carrier, int n)
{
	int before = atomic_exchange(&carrier->places, n);
	sw_count(&sw_carrier_metrics, SW_CARRIER_PLACES, n - before);
	if (n > before && !sw_list_empty(&carrier->queue))
		sw_carrier_serve_queue(carrier);
}

bool sw_carrier_is_up(const struct sw_carrier *carrier)
{
	return atomic_load(&carrier->places) > 0;
}

void sw_carrier_places(const struct sw_carrier *carrier, int *ret_places, int *ret_taken)
{
	*ret_places = atomic_load(&carrier->places);
	*ret_taken = atomic_load(&carrier->taken);
}

void sw_carrier_release(struct sw_carrier *carrier)
{
	atomic_fetch_sub(&carrier->taken, 1);
	/* Who queues says so before it looks for a place a last time: one of the two sees the other. */
	if (atomic_load(&carrier->queueing) && !atomic_exchange(&carrier->nudged, true))
		sw_loop_post(carrier->env.loop, &carrier->nudge);
}

static void on_impatient(struct sw_timer *timer)
{
	struct trip *trip = SW_CONTAINER(timer, struct trip, patience);
	sw_list_del(&trip->node);
	atomic_fetch_sub(&trip->carrier->queueing, 1);
	go_home(trip, SW_ETIMEDOUT);
}

static void deliver_queue(struct sw_mail *mail)
{
	struct trip *trip = SW_CONTAINER(mail, struct trip, mail);
	struct sw_carrier *carrier = trip->carrier;
	atomic_fetch_add(&carrier->queueing, 1);
	sw_list_push(&carrier->queue, &trip->node);
	sw_timer_start(carrier->env.loop, &trip->patience, SW_CLOCK_MONO, sw_mono_us() + trip->timeout_us,
		       on_impatient);
	sw_carrier_serve_queue(carrier);
}

int sw_carrier_admit_wait(struct sw_task *task, struct sw_carrier *carrier, int64_t timeout_us)
{
	if (sw_task_cancelled(task))
		return SW_ECANCELED;
	if (!atomic_load(&carrier->queueing) && take_place(carrier))
		return 0;
	struct trip trip = {
		.carrier = carrier, .home = sw_task_loop(task), .wait = { .task = task }, .timeout_us = timeout_us
	};
	return travel_wait(&trip, deliver_queue);
}

/* ---- submissions ---- */

static void count_answer(const struct trip *trip)
{
	static const enum sw_carrier_metric metric[] = {
		[SW_SUBMIT_ACCEPTED] = SW_CARRIER_ACCEPTED,
		[SW_SUBMIT_REFUSED] = SW_CARRIER_REFUSED,
		[SW_SUBMIT_BUSY] = SW_CARRIER_BUSY,
		[SW_SUBMIT_UNKNOWN] = SW_CARRIER_UNKNOWN,
	};
	sw_carrier_count(trip->carrier, metric[trip->ret->result], 1);
	sw_observe_us(&sw_carrier_metrics, SW_CARRIER_LATENCY, sw_mono_us() - trip->handed_us);
}

/* The ids are the carrier's until this returns: they travel in the trip. */
static void pack_ids(struct trip *trip, struct sw_str ids)
{
	char *place = trip->short_ids;
	if (ids.n > sizeof(trip->short_ids)) {
		place = trip->long_ids = malloc(ids.n);
		SW_BUG_ON(!place);
	}
	if (ids.n)
		memcpy(place, ids.p, ids.n);
	trip->ret->ids = (struct sw_str){ place, ids.n };
}

static void on_submitted(void *arg, const struct sw_submitted *submitted)
{
	struct trip *trip = arg;
	struct sw_carrier *carrier = trip->carrier;
	*trip->ret = *submitted;
	pack_ids(trip, submitted->ids);
	count_answer(trip);
	if (carrier->kind->receipts_by_id && submitted->result == SW_SUBMIT_ACCEPTED && submitted->receipt_expected)
		sw_receipts_remember(carrier, &trip->out->ticket, trip->out->to, submitted);
	atomic_fetch_sub(&carrier->taken, 1);
	sw_carrier_serve_queue(carrier);
	go_home(trip, carrier->stopped ? SW_ECLOSED : 0);
}

static void deliver_submit(struct sw_mail *mail)
{
	struct trip *trip = SW_CONTAINER(mail, struct trip, mail);
	struct sw_carrier *carrier = trip->carrier;
	if (carrier->stopped) {
		atomic_fetch_sub(&carrier->taken, 1);
		go_home(trip, SW_ECLOSED);
		return;
	}
	sw_carrier_count(carrier, SW_CARRIER_SUBMITTED, 1);
	trip->handed_us = sw_mono_us();
	carrier->kind->submit(carrier->state, trip->out, on_submitted, trip);
}

int sw_carrier_submit_wait(struct sw_task *task, struct sw_carrier *carrier, const struct sw_message_out *out,
			   struct sw_submitted *ret)
{
	if (sw_task_cancelled(task)) {
		sw_carrier_release(carrier);
		return SW_ECANCELED;
	}
	struct trip trip = {
		.carrier = carrier, .home = sw_task_loop(task), .wait = { .task = task }, .out = out, .ret = ret
	};
	int err = travel_wait(&trip, deliver_submit);
	if (!err)
		ret->ids = sw_str_dup(sw_task_arena(task), ret->ids);
	free(trip.long_ids);
	return err;
}

static void deliver_question(struct sw_mail *mail)
{
	struct trip *trip = SW_CONTAINER(mail, struct trip, mail);
	const struct sw_carrier_kind *kind = trip->carrier->kind;
	trip->never_had = kind->never_had && kind->never_had(trip->carrier->state, trip->ticket);
	go_home(trip, 0);
}

bool sw_carrier_never_had_wait(struct sw_task *task, struct sw_carrier *carrier, const struct sw_ticket *ticket)
{
	struct trip trip = {
		.carrier = carrier, .home = sw_task_loop(task), .wait = { .task = task }, .ticket = ticket
	};
	return travel_wait(&trip, deliver_question) == 0 && trip.never_had;
}
