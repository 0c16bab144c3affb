#include <semaphore.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/list.h"
#include "carrier/carrier.h"
#include "loop/loop.h"
#include "loop/task.h"

struct sw_carrier {
	const struct sw_carrier_kind *kind;
	void *state;
	struct sw_loop *loop;
	struct sw_carrier_sink sink;
	char *name;
	bool stopped;
	struct sw_mail stop; /* and what waits for its delivery */
	sem_t stop_done;
};

void sw_carrier_close(struct sw_carrier *carrier)
{
	if (!carrier)
		return;
	carrier->kind->close(carrier->state);
	free(carrier->name);
	free(carrier);
}

int sw_carrier_open(struct sw_arena *arena, const struct sw_carrier_kind *const *kinds, struct sw_str name,
		    struct sw_str url, struct sw_loop *loop, struct sw_carrier **ret, struct sw_str *ret_why)
{
	struct sw_str rest = url, scheme = sw_str_cut(&rest, ':');
	while (*kinds && !sw_str_is(scheme, (*kinds)->scheme))
		kinds++;
	if (!*kinds || !rest.p) {
		*ret_why = sw_str_fmt(arena, "carrier %.*s: no carrier speaks '%.*s'", SW_FMT(name), SW_FMT(scheme));
		return SW_ENOTFOUND;
	}
	struct sw_carrier *carrier = calloc(1, sizeof(*carrier));
	SW_BUG_ON(!carrier);
	*carrier = (struct sw_carrier){ .kind = *kinds, .loop = loop, .name = strndup(name.p, name.n) };
	int err = carrier->kind->open(carrier, url, &carrier->state, ret_why);
	if (err) {
		free(carrier->name);
		free(carrier);
		return err;
	}
	*ret = carrier;
	return 0;
}

void sw_carrier_set_sink(struct sw_carrier *carrier, const struct sw_carrier_sink *sink)
{
	carrier->sink = *sink;
}

const struct sw_carrier_sink *sw_carrier_get_sink(const struct sw_carrier *carrier)
{
	return &carrier->sink;
}

/* ---- ending ---- */

static void refuse_receipt(void *owner, const struct sw_receipt *receipt, struct sw_completion done)
{
	(void)owner;
	(void)receipt;
	done.fn(done.arg, SW_ECLOSED);
}

static void refuse_inbound(void *owner, const struct sw_inbound *inbound, struct sw_completion done)
{
	(void)owner;
	(void)inbound;
	done.fn(done.arg, SW_ECLOSED);
}

static void deliver_stop(struct sw_mail *mail)
{
	struct sw_carrier *carrier = SW_CONTAINER(mail, struct sw_carrier, stop);
	carrier->stopped = true;
	carrier->sink = (struct sw_carrier_sink){ .receipt = refuse_receipt, .inbound = refuse_inbound };
	if (carrier->kind->stop)
		carrier->kind->stop(carrier->state);
	sem_post(&carrier->stop_done);
}

void sw_carrier_stop(struct sw_carrier *carrier)
{
	sem_init(&carrier->stop_done, 0, 0);
	carrier->stop.deliver = deliver_stop;
	sw_loop_post(carrier->loop, &carrier->stop);
	while (sem_wait(&carrier->stop_done))
		;
	sem_destroy(&carrier->stop_done);
}

const char *sw_carrier_name(const struct sw_carrier *carrier)
{
	return carrier->name;
}

struct sw_loop *sw_carrier_loop(struct sw_carrier *carrier)
{
	return carrier->loop;
}

int sw_carrier_precheck(const struct sw_carrier *carrier, struct sw_str from, struct sw_str to)
{
	return carrier->kind->precheck ? carrier->kind->precheck(from, to) : 0;
}

/*
 * One trip to the carrier's loop and back.  It lies on the waiting task's stack: the wait cannot be abandoned, so the
 * task stays until the answer has come home.
 */
struct trip {
	struct sw_mail mail;
	struct sw_carrier *carrier;
	struct sw_loop *home;
	struct sw_wait wait;
	const struct sw_message_out *out;
	const struct sw_ticket *ticket;
	struct sw_submitted *ret;
	int err;
	bool never_had;
};

static void arrive_home(struct sw_mail *mail)
{
	struct trip *trip = SW_CONTAINER(mail, struct trip, mail);
	sw_wait_end(&trip->wait, trip->err);
}

static void go_home(struct trip *trip)
{
	trip->mail.deliver = arrive_home;
	sw_loop_post(trip->home, &trip->mail);
}

static void on_submitted(void *arg, const struct sw_submitted *submitted)
{
	struct trip *trip = arg;
	*trip->ret = *submitted;
	trip->err = trip->carrier->stopped ? SW_ECLOSED : 0;
	go_home(trip);
}

static void deliver_submit(struct sw_mail *mail)
{
	struct trip *trip = SW_CONTAINER(mail, struct trip, mail);
	if (trip->carrier->stopped) {
		trip->err = SW_ECLOSED;
		go_home(trip);
		return;
	}
	trip->carrier->kind->submit(trip->carrier->state, trip->out, on_submitted, trip);
}

static void deliver_question(struct sw_mail *mail)
{
	struct trip *trip = SW_CONTAINER(mail, struct trip, mail);
	const struct sw_carrier_kind *kind = trip->carrier->kind;
	trip->never_had = kind->never_had && kind->never_had(trip->carrier->state, trip->ticket);
	go_home(trip);
}

int sw_carrier_submit_wait(struct sw_task *task, struct sw_carrier *carrier, const struct sw_message_out *out,
			   struct sw_submitted *ret)
{
	struct trip trip = {
		.mail = { .deliver = deliver_submit },
		.carrier = carrier,
		.home = sw_task_loop(task),
		.wait = { .task = task },
		.out = out,
		.ret = ret,
	};
	if (sw_task_cancelled(task))
		return SW_ECANCELED;
	sw_loop_post(carrier->loop, &trip.mail);
	return sw_wait_begin(&trip.wait);
}

bool sw_carrier_never_had_wait(struct sw_task *task, struct sw_carrier *carrier, const struct sw_ticket *ticket)
{
	struct trip trip = {
		.mail = { .deliver = deliver_question },
		.carrier = carrier,
		.home = sw_task_loop(task),
		.wait = { .task = task },
		.ticket = ticket,
	};
	sw_loop_post(carrier->loop, &trip.mail);
	return sw_wait_begin(&trip.wait) == 0 && trip.never_had;
}
