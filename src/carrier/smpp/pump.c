/* Who is sent next: queue, windows, rate, throttling; and what became of each message. */
#include "carrier/smpp/smpp_impl.h"

#include <stdlib.h>

#include "base/num.h"
#include "base/random.h"

#define AGE_TICK_US (100 * SW_US_PER_MS)
#define PART_RETRY_US SW_US_PER_S
#define PAUSE_MIN_US (100 * SW_US_PER_MS)
#define PAUSE_MAX_US (5 * SW_US_PER_S)
#define CUT_EVERY_US SW_US_PER_S          /* the peer counts in seconds, and says it once too often in each */
#define PACE_FORGET_US (60 * SW_US_PER_S) /* without throttling for so long, there is no limit any more */
#define GROW_LEAST 1                      /* parts a second, each second: five per cent of little is nothing */
#define QUICK_US (10 * SW_US_PER_MS)      /* answers within that never hold a window back */

static const double cut_to = 0.5, grow_a_second = 0.05;

enum { QUEUE_OVERFLOWED = 30001, EXPIRED = 30036 };

/* ---- messages: their life ---- */

void smpp_submission_free(struct submission *submission)
{
	sw_list_del(&submission->node);
	sw_list_del(&submission->alive);
	sw_arena_done(&submission->arena);
	free(submission);
}

static struct submission *submission_take(struct smpp *smpp)
{
	struct sw_list *node = sw_list_pop(&smpp->spare);
	if (node) {
		smpp->spare_n--;
		return SW_CONTAINER(node, struct submission, node);
	}
	struct submission *submission = calloc(1, sizeof(*submission));
	SW_BUG_ON(!submission);
	submission->smpp = smpp;
	sw_list_init(&submission->node);
	sw_list_init(&submission->alive);
	sw_arena_init(&submission->arena);
	return submission;
}

static void submission_give_back(struct submission *submission)
{
	struct smpp *smpp = submission->smpp;
	if (smpp->spare_n >= SMPP_SPARE_SUBMISSIONS) {
		smpp_submission_free(submission);
		return;
	}
	sw_list_del(&submission->node);
	sw_arena_clear(&submission->arena);
	submission->parts = NULL;
	submission->n = submission->flying = submission->late = 0;
	submission->bind = NULL;
	sw_list_add_after(&smpp->spare, &submission->node);
	smpp->spare_n++;
}

static struct sw_submitted accepted(struct submission *submission)
{
	struct sw_buf ids = { .arena = &submission->arena };
	for (unsigned i = 0; i < submission->n; i++) {
		if (i)
			sw_buf_add_char(&ids, '\n');
		sw_buf_add_str(&ids, submission->parts[i].id);
	}
	return (struct sw_submitted){ .result = SW_SUBMIT_ACCEPTED,
				      .parts = submission->n,
				      .ids = sw_buf_str(&ids),
				      .receipt_expected = submission->smpp->o.dlr };
}

void smpp_finish(struct submission *submission, enum sw_submit_result result, int code)
{
	struct smpp *smpp = submission->smpp;
	struct sw_submitted said = { .result = result, .code = code };
	sw_submitted_fn *done = submission->done;
	if (result == SW_SUBMIT_ACCEPTED)
		said = accepted(submission);
	if (result == SW_SUBMIT_BUSY && smpp->draining)
		said.retry_us = SMPP_AGAIN_US;
	sw_list_del(&submission->node);
	sw_list_del(&submission->alive);
	smpp->alive_n--;
	submission->done = NULL;
	submission->out = NULL;
	done(submission->arg, &said);
	if (submission->late)
		sw_list_push(&smpp->lates, &submission->node);
	else
		submission_give_back(submission);
	smpp_check_drained(smpp);
}

/* ---- what became of the parts ---- */

static const struct part *part_in(const struct submission *submission, enum part_state state)
{
	for (unsigned i = 0; i < submission->n; i++)
		if (submission->parts[i].state == state)
			return &submission->parts[i];
	return NULL;
}

/* Others were taken, this one not now: it is offered a few times more, since half a message is none. */
static void offer_parts_again(struct submission *submission)
{
	struct smpp *smpp = submission->smpp;
	for (unsigned i = 0; i < submission->n; i++) {
		struct part *part = &submission->parts[i];
		if (part->state != PART_BUSY)
			continue;
		if (++part->tries >= SMPP_PART_TRIES) {
			smpp_finish(submission, SW_SUBMIT_REFUSED, part->code);
			return;
		}
		part->state = PART_UNSENT;
	}
	submission->again_us = sw_mono_us() + PART_RETRY_US;
	sw_list_del(&submission->node);
	sw_list_push(&smpp->delayed, &submission->node);
	smpp_watch_age(smpp);
}

static void conclude_late(struct submission *submission)
{
	struct smpp *smpp = submission->smpp;
	const struct part *refused = part_in(submission, PART_REFUSED);
	struct sw_submitted said = { .result = SW_SUBMIT_REFUSED };
	bool all = !submission->late && !part_in(submission, PART_UNKNOWN) && !part_in(submission, PART_UNSENT) &&
		   !part_in(submission, PART_BUSY);
	if (all && refused)
		said.code = refused->code;
	else if (all)
		said = accepted(submission);
	if (all)
		sw_carrier_late_answer(smpp->carrier, &submission->ticket, &said);
	if (!submission->late)
		submission_give_back(submission);
}

void smpp_conclude(struct submission *submission)
{
	const struct part *part;
	if (!submission->done) {
		conclude_late(submission);
		return;
	}
	if (submission->flying)
		return;
	if (part_in(submission, PART_UNKNOWN))
		smpp_finish(submission, SW_SUBMIT_UNKNOWN, 0);
	else if ((part = part_in(submission, PART_REFUSED)))
		smpp_finish(submission, SW_SUBMIT_REFUSED, part->code);
	else if ((part = part_in(submission, PART_BUSY)) && part_in(submission, PART_ACCEPTED))
		offer_parts_again(submission);
	else if (part)
		smpp_finish(submission, SW_SUBMIT_BUSY, part->code);
	else if (!part_in(submission, PART_UNSENT))
		smpp_finish(submission, SW_SUBMIT_ACCEPTED, 0);
}

/* ---- pace ---- */

static double limit_of(const struct smpp *smpp)
{
	double configured = (double)smpp->o.rate, cut = smpp->pace.rate;
	return cut > 0 && (configured <= 0 || cut < configured) ? cut : configured;
}

static void fill(struct smpp *smpp, int64_t now)
{
	struct smpp_pace *pace = &smpp->pace;
	double s = (double)(now - pace->filled_us) / (double)SW_US_PER_S, limit = limit_of(smpp);
	pace->filled_us = now;
	if (pace->rate > 0) {
		double more = pace->rate * grow_a_second;
		pace->rate += (more < GROW_LEAST ? GROW_LEAST : more) * s;
		if (now - pace->cut_us > PACE_FORGET_US)
			pace->rate = 0;
	}
	double most = limit / 10 < 1 ? 1 : limit / 10;
	pace->tokens += limit * s;
	if (pace->tokens > most)
		pace->tokens = most;
}

/* @return 0, or how long to wait */
static int64_t wait_us(struct smpp *smpp, int64_t now)
{
	struct smpp_pace *pace = &smpp->pace;
	fill(smpp, now);
	double limit = limit_of(smpp);
	if (now < pace->paused_until_us)
		return pace->paused_until_us - now;
	if (limit <= 0 || pace->tokens >= 1)
		return 0;
	return (int64_t)((1 - pace->tokens) / limit * (double)SW_US_PER_S) + 1;
}

static void count_written(struct smpp_pace *pace, int64_t now)
{
	if (now - pace->second_us >= SW_US_PER_S) {
		pace->before_n = now - pace->second_us < 2 * SW_US_PER_S ? pace->now_n : 0;
		pace->now_n = 0;
		pace->second_us = now;
	}
	pace->now_n++;
}

/* How fast we were, rather too high than too low: the rate falls faster than it grows. */
static double written_per_s(const struct smpp_pace *pace, int64_t now)
{
	double s = (double)(now - pace->second_us) / (double)SW_US_PER_S;
	double present = pace->now_n / (s < 0.1 ? 0.1 : s);
	return present > pace->before_n ? present : pace->before_n;
}

void smpp_throttled(struct smpp *smpp, const struct part *part)
{
	struct smpp_pace *pace = &smpp->pace;
	int64_t now = sw_mono_us();
	sw_count(&sw_carrier_smpp_metrics, SMPP_THROTTLED, 1);
	if (part->sent_us <= pace->cut_us)
		return; /* it was under way when the rate was cut: the same throttling */
	if (pace->rate <= 0 || now - pace->rate_us >= CUT_EVERY_US) {
		double rate = pace->rate > 0 ? pace->rate : written_per_s(pace, now);
		pace->rate = rate * cut_to < 1 ? 1 : rate * cut_to;
		pace->rate_us = now;
	}
	pace->tokens = 0;
	pace->filled_us = pace->cut_us = now;
	pace->pause_us = pace->pause_us ? pace->pause_us * 2 : PAUSE_MIN_US;
	if (pace->pause_us > PAUSE_MAX_US)
		pace->pause_us = PAUSE_MAX_US;
	/* Jitter, so that several clients of one account do not come back together. */
	pace->paused_until_us = now + pace->pause_us * 3 / 4 + (int64_t)sw_random_below((uint64_t)pace->pause_us / 2);
	for (unsigned i = 0; i < smpp->binds; i++)
		if (smpp->bind[i].window > smpp->o.window_min)
			smpp->bind[i].window = (smpp->bind[i].window + (unsigned)smpp->o.window_min) / 2;
	char digits[24];
	smpp_complain(smpp, "the carrier throttles: sending slower", "parts_per_s",
		      sw_num_format((int64_t)pace->rate, digits));
}

void smpp_answered(struct smpp_bind *bind, const struct part *part)
{
	struct smpp_pace *pace = &bind->smpp->pace;
	int64_t rtt_us = sw_mono_us() - part->sent_us;
	if (part->sent_us > pace->paused_until_us)
		pace->pause_us = 0;
	/* The base is the quickest answer, forgotten slowly: routes change. */
	if (!bind->base_rtt_us || rtt_us < bind->base_rtt_us)
		bind->base_rtt_us = rtt_us;
	else
		bind->base_rtt_us += (rtt_us - bind->base_rtt_us) / 4096;
	bool quick = rtt_us < QUICK_US || rtt_us < 2 * bind->base_rtt_us;
	bool used = sw_smpp_session_busy(bind->session) + 1 >= bind->window;
	if (quick && used && bind->window < bind->smpp->o.window)
		bind->window++;
}

/* ---- sending ---- */

/* @return false when the bind takes no more now */
static bool write_part(struct smpp_bind *bind, struct part *part, int64_t now)
{
	struct submission *submission = part->submission;
	const struct smpp_options *o = &bind->smpp->o;
	struct sw_smpp_pdu pdu;
	struct sw_smpp_fault fault;
	char validity[17];
	int64_t timeout_ms = submission->urgent ? o->otp_timeout_ms : o->timeout_ms;
	smpp_message_pdu(submission, part, validity, &pdu);
	int err = sw_smpp_session_request(bind->session, &pdu, timeout_ms * SW_US_PER_MS, part, &fault);
	if (err == SW_EINVAL) {
		part->state = PART_REFUSED;
		part->code = smpp_answer_of(o, fault.status).code;
		return true;
	}
	if (err)
		return false;
	part->state = PART_FLYING;
	part->sent_us = now;
	submission->flying++;
	count_written(&bind->smpp->pace, now);
	sw_count(&sw_carrier_smpp_metrics, SMPP_PARTS, 1);
	return true;
}

/* Each part costs its share of the rate, the first time and again: a burst of one message's parts may be what a carrier
 * throttles. */
static bool may_write(struct smpp *smpp, int64_t now)
{
	if (limit_of(smpp) <= 0)
		return true;
	if (wait_us(smpp, now))
		return false;
	smpp->pace.tokens -= 1;
	return true;
}

/* @return false when the bind takes no more now */
static bool write_parts(struct smpp_bind *bind, struct submission *submission, int64_t now)
{
	for (unsigned i = 0; i < submission->n; i++) {
		struct part *part = &submission->parts[i];
		bool unsent = part->state == PART_UNSENT;
		if (unsent && (sw_smpp_session_busy(bind->session) >= bind->window || !may_write(bind->smpp, now) ||
			       !write_part(bind, part, now)))
			return false;
		if (part->state == PART_REFUSED || part->state == PART_UNKNOWN)
			break;
	}
	sw_list_del(&submission->node);
	smpp_conclude(submission); /* when nothing could be sent */
	return true;
}

static void go_on(struct smpp_bind *bind, int64_t now)
{
	while (bind->bound && !sw_list_empty(&bind->started))
		if (!write_parts(bind, SW_CONTAINER(bind->started.next, struct submission, node), now))
			return;
}

static struct smpp_bind *free_bind(struct smpp *smpp)
{
	for (unsigned i = 0; i < smpp->binds; i++) {
		struct smpp_bind *bind = &smpp->bind[(smpp->next_bind + i) % smpp->binds];
		if (smpp_bind_can_send(bind) && sw_list_empty(&bind->started) &&
		    sw_smpp_session_busy(bind->session) < bind->window) {
			smpp->next_bind = (smpp->next_bind + i + 1) % smpp->binds;
			return bind;
		}
	}
	return NULL;
}

static void begin(struct smpp_bind *bind, struct submission *submission, int64_t now)
{
	const struct sw_message_out *out = submission->out;
	int code = submission->parts ? 0 : smpp_message_build(submission);
	if (out->expires_us > 0 && out->expires_us <= sw_wall_us())
		code = EXPIRED;
	if (code) {
		smpp_finish(submission, SW_SUBMIT_REFUSED, code);
		return;
	}
	submission->bind = bind;
	sw_list_del(&submission->node);
	sw_list_push(&bind->started, &submission->node);
	(void)write_parts(bind, submission, now);
}

static struct sw_list *next_queue(struct smpp *smpp)
{
	return !sw_list_empty(&smpp->queue[1])   ? &smpp->queue[1]
	       : !sw_list_empty(&smpp->queue[0]) ? &smpp->queue[0]
						 : NULL;
}

static void on_pump(struct sw_timer *timer)
{
	smpp_pump(SW_CONTAINER(timer, struct smpp, pump));
}

void smpp_pump(struct smpp *smpp)
{
	struct smpp_bind *bind;
	struct sw_list *queue;
	if (smpp->pumping || smpp->stopped)
		return; /* an answer may bring the next message: the loop below finds it */
	smpp->pumping = true;
	int64_t now = sw_mono_us();
	bool paused = now < smpp->pace.paused_until_us;
	for (unsigned i = 0; i < smpp->binds && !paused; i++)
		go_on(&smpp->bind[i], now);
	int64_t wait = wait_us(smpp, now);
	while (!wait && (queue = next_queue(smpp)) && (bind = free_bind(smpp))) {
		begin(bind, SW_CONTAINER(queue->next, struct submission, node), now);
		wait = limit_of(smpp) > 0 ? wait_us(smpp, now) : 0;
	}
	if (wait && !smpp->pump.slot)
		sw_timer_start(smpp->loop, &smpp->pump, SW_CLOCK_MONO, now + wait, on_pump);
	smpp->pumping = false;
}

/* ---- queueing ---- */

static void on_age(struct sw_timer *timer)
{
	struct smpp *smpp = SW_CONTAINER(timer, struct smpp, age);
	int64_t now = sw_mono_us();
	while (!sw_list_empty(&smpp->delayed)) {
		struct submission *submission = SW_CONTAINER(smpp->delayed.next, struct submission, node);
		if (submission->again_us > now)
			break;
		sw_list_del(&submission->node);
		sw_list_push(&submission->bind->started, &submission->node);
	}
	for (int urgent = 0; urgent < 2; urgent++) {
		int64_t most_us = (urgent ? smpp->o.otp_timeout_ms : smpp->o.timeout_ms) * SW_US_PER_MS;
		struct sw_list *queue = &smpp->queue[urgent];
		bool down = smpp->bound_n == 0;
		/* What nobody can send goes back: another carrier may be there, and the store keeps it better. */
		while (!sw_list_empty(queue) && (down || urgent)) {
			struct submission *submission = SW_CONTAINER(queue->next, struct submission, node);
			if (now - submission->since_us < most_us && !(down && urgent))
				break;
			smpp_finish(submission, SW_SUBMIT_BUSY, QUEUE_OVERFLOWED);
		}
	}
	smpp_pump(smpp);
	smpp_watch_age(smpp);
}

void smpp_watch_age(struct smpp *smpp)
{
	bool waiting = next_queue(smpp) || !sw_list_empty(&smpp->delayed);
	if (waiting && !smpp->age.slot && !smpp->stopped)
		sw_timer_start(smpp->loop, &smpp->age, SW_CLOCK_MONO, sw_mono_us() + AGE_TICK_US, on_age);
}

void smpp_queue_again(struct submission *submission)
{
	struct smpp *smpp = submission->smpp;
	struct sw_list *queue = &smpp->queue[submission->urgent], *at = queue;
	/* In front, but behind what was there before it. */
	while (at->next != queue && SW_CONTAINER(at->next, struct submission, node)->since_us <= submission->since_us)
		at = at->next;
	submission->bind = NULL;
	sw_list_del(&submission->node);
	sw_list_add_after(at, &submission->node);
	smpp_watch_age(smpp);
}

void smpp_submit(void *state, const struct sw_message_out *out, sw_submitted_fn *done, void *arg)
{
	struct smpp *smpp = state;
	bool urgent = out->traffic == SW_TRAFFIC_OTP;
	if (smpp->draining || (urgent && smpp->bound_n == 0)) {
		const struct sw_submitted busy = { .result = SW_SUBMIT_BUSY,
						   .code = QUEUE_OVERFLOWED,
						   .retry_us = smpp->draining ? SMPP_AGAIN_US : 0 };
		done(arg, &busy);
		return;
	}
	struct submission *submission = submission_take(smpp);
	submission->out = out;
	submission->ticket = out->ticket;
	submission->done = done;
	submission->arg = arg;
	submission->urgent = urgent;
	submission->since_us = sw_mono_us();
	sw_list_push(&smpp->alive, &submission->alive);
	sw_list_push(&smpp->queue[urgent], &submission->node);
	smpp->alive_n++;
	smpp_pump(smpp);
	if (submission->node.next != &submission->node)
		smpp_watch_age(smpp);
}
