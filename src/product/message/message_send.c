/*
 * From the due row to the receipt.
 *
 * A queued message is claimed (`sending`, durable) before the carrier sees it.  The answer moves it on and ends the due
 * row in one transaction.  What a crash left in `sending` is sent again only when the carrier is certain that the
 * network never had it.
 */
#include "product/message/message.h"

#include "base/log.h"
#include "base/num.h"
#include "base/random.h"
#include "base/time.h"
#include "base/trace.h"
#include "loop/clock.h"
#include "loop/task.h"
#include "store/event.h"

enum { ANSWER_RETRY_FIRST_US = 250 * 1000, ANSWER_RETRY_LAST_US = 8 * 1000 * 1000 };

/* A carrier that has no place for so long is asked for again later; the message stays queued. */
enum { ADMIT_US = 10 * 1000 * 1000, DOWN_RETRY_US = 5 * 1000 * 1000 };

/* How often it was tried stands in its due row. */
static int64_t tries_of(const struct sw_due *due)
{
	int64_t tries;
	return due->data.n && sw_num_parse(due->data, &tries) == 0 ? tries : 0;
}

void message_send_again(struct sw_arena *arena, const struct sw_due *due, int64_t at_us, struct sw_due *ret)
{
	*ret = (struct sw_due){
		.due_us = at_us,
		.kind = due->kind,
		.account = due->account,
		.ref_kind = { due->ref_kind[0], due->ref_kind[1] },
		.ref = due->ref,
		.attempt = due->attempt + 1,
		.data = sw_str_fmt(arena, "%lld", (long long)tries_of(due) + 1),
	};
}

/* ---- sending ---- */

static struct message_change no_change(const struct sw_due *done)
{
	return (struct message_change){ MESSAGE_NO_CHANGE, .due_done = done };
}

static int end_wait(struct sw_task *task, const struct message_ref *ref, const struct message *seen, enum message_on on,
		    int64_t code, const struct sw_due *due)
{
	struct message_change change = no_change(due);
	change.error_code = code;
	int err = message_step_wait(task, ref, seen, on, &change);
	bool over = err == SW_ENOTFOUND || err == SW_ECONFLICT;
	return over ? message_drop_due_wait(task, ref->core->store, due) : err;
}

/* `sending`, with the event, durable. @return 0 and the message, SW_ECONFLICT when it is not queued any more */
static int claim_wait(struct sw_task *task, const struct message_ref *ref, struct sw_carrier *carrier,
		      struct message *ret)
{
	const struct sw_fsm_rule *rule = sw_fsm_find(&message_fsm, MESSAGE_QUEUED, ON_SUBMIT);
	struct sw_txn *txn = sw_txn_new(ref->core->store, sw_task_arena(task), ref->bucket);
	int64_t now = sw_wall_us();
	struct sw_event event = { .account = ref->account,
				  .kind = { ref->kind, sizeof(ref->kind) },
				  .sid = ref->sid,
				  .time_us = now,
				  .data = SW_S("{}") };
	const struct sw_val values[] = { SW_I(ref->bucket), SW_ID(ref->account), SW_ID(ref->sid),
					 SW_T(sw_str_of(sw_carrier_name(carrier))), SW_I(now) };
	sw_txn_trace(txn, ref->sid);
	unsigned step = sw_fsm_step(txn, &message_fsm, rule, &message_sql[SQL_MESSAGE_CLAIM], values,
				    SW_COUNTOF(values), &event);
	struct sw_result result;
	int err = sw_commit_wait(task, txn, &result);
	if (err)
		return err == SW_EGUARD ? result.code : err;
	message_read(result.step[step].rows.row[0], ret);
	return 0;
}

/* What a carrier said, and about what. */
struct answer {
	struct sw_carrier *carrier;
	const struct message *m; /* as claimed */
	struct sw_submitted said;
};

static int accepted_wait(struct sw_task *task, const struct message_ref *ref, const struct answer *answer,
			 const struct sw_due *due)
{
	struct message_change change = message_answered(answer->carrier, &answer->said);
	change.due_done = due;
	struct message sent = *answer->m;
	sent.state = MESSAGE_SENT;
	sent.parts_open = change.parts_open;
	if (answer->said.receipt_expected)
		message_recent_put(ref, &sent);
	return message_step_wait(task, ref, answer->m, ON_ACK, &change);
}

static int busy_wait(struct sw_task *task, const struct message_ref *ref, const struct answer *answer,
		     const struct sw_due *due)
{
	int64_t tries = tries_of(due);
	int64_t delay_us = message_retry_us(answer->m, tries);
	struct message_change change = no_change(NULL);
	struct sw_due again;
	if (answer->said.retry_us) {
		change.due_again = due;
		change.again_us = sw_wall_us() + answer->said.retry_us;
	} else if (delay_us != SW_NONE) {
		message_send_again(sw_task_arena(task), due, sw_wall_us() + delay_us, &again);
		change.due_done = due;
		change.due_new = &again;
	} else {
		return end_wait(task, ref, answer->m, ON_REFUSED, answer->said.code ? answer->said.code : 30008, due);
	}
	return message_step_wait(task, ref, answer->m, ON_BUSY, &change);
}

static int take_answer_wait(struct sw_task *task, const struct message_ref *ref, const struct answer *answer,
			    const struct sw_due *due)
{
	int err = 0;
	switch (answer->said.result) {
	case SW_SUBMIT_REFUSED:
		return end_wait(task, ref, answer->m, ON_REFUSED, answer->said.code, due);
	case SW_SUBMIT_UNKNOWN:
		return message_outcome_unknown_wait(task, ref, answer->carrier, answer->m, due);
	case SW_SUBMIT_ACCEPTED:
		err = accepted_wait(task, ref, answer, due);
		break;
	case SW_SUBMIT_BUSY:
		err = busy_wait(task, ref, answer, due);
		break;
	}
	bool overtaken = err == SW_ECONFLICT || err == SW_ENOTFOUND; /* the receipt was faster, or it was deleted */
	return overtaken ? message_drop_due_wait(task, ref->core->store, due) : err;
}

/*
 * The network has it by now.  Only this task knows, so it stays until the store takes the answer: a due row that fired
 * again could not tell this message from one that never left.
 */
static int keep_answer_wait(struct sw_task *task, const struct message_ref *ref, const struct answer *answer,
			    const struct sw_due *due)
{
	for (int64_t delay_us = ANSWER_RETRY_FIRST_US;;
	     delay_us = delay_us < ANSWER_RETRY_LAST_US ? delay_us * 2 : delay_us) {
		int err = take_answer_wait(task, ref, answer, due);
		if (!err || err == SW_ECANCELED || err == SW_ECLOSED)
			return err;
		sw_warn("message", "a carrier's answer could not be stored and is kept", SW_KERR(err));
		err = sw_sleep_wait(task, delay_us);
		if (err)
			return err;
	}
}

/* Why a message must not be sent now, though it is queued; 0: nothing. */
static int obstacle_wait(struct sw_task *task, const struct message_ref *ref, const struct message *m)
{
	const struct sw_account *account;
	int err = sw_account_get_wait(task, ref->core, m->account_sid, &account);
	if (err)
		return err;
	struct sw_str status;
	err = sw_account_status_wait(task, ref->core, account, &status);
	if (err)
		return err;
	if (!sw_str_is(status, "active"))
		return 30002;
	return m->num_media ? message_fetch_media_wait(task, ref, m) : 0;
}

void message_out(const struct message_ref *ref, const struct message *m, struct sw_message_out *ret)
{
	*ret = (struct sw_message_out){
		.ticket = { ref->bucket, ref->account, ref->sid, { ref->kind[0], ref->kind[1] } },
		.from = m->from,
		.to = m->to,
		.body = m->body,
		.traffic = message_traffic(m),
		.media = m->num_media,
		.expires_us = m->expires_us,
	};
}

static int submit_wait(struct sw_task *task, const struct message_ref *ref, struct sw_carrier *carrier,
		       const struct message *m, const struct sw_due *due)
{
	struct answer answer = { .carrier = carrier, .m = m };
	struct sw_message_out out;
	message_out(ref, m, &out);
	sw_trace(ref->sid, "carrier", "submitted");
	int err = sw_carrier_submit_wait(task, carrier, &out, &answer.said);
	if (err)
		return err;
	sw_trace(ref->sid, "carrier", answer.said.result == SW_SUBMIT_UNKNOWN ? "gave no certain answer" : "answered");
	return keep_answer_wait(task, ref, &answer, due);
}

/* After a crash the row is read first: it may have got anywhere. */
static int resume_wait(struct sw_task *task, const struct message_ref *ref, const struct sw_due *due,
		       const struct message *m)
{
	struct sw_message_out out;
	struct sw_carrier *carrier = message_carrier_named(m->carrier);
	if (m->state != MESSAGE_SENDING)
		return message_drop_due_wait(task, ref->core->store, due);
	if (!carrier)
		return end_wait(task, ref, m, ON_LOST, 30410, due);
	message_out(ref, m, &out);
	if (!sw_carrier_never_had_wait(task, carrier, &out.ticket))
		return message_outcome_unknown_wait(task, ref, carrier, m, due);
	struct message_change change = no_change(NULL);
	change.due_again = due;
	change.again_us = sw_wall_us();
	return message_step_wait(task, ref, m, ON_BUSY, &change);
}

/* The carrier has no place: it is down, or slower than what comes in. The message stays queued. */
static int later_wait(struct sw_task *task, struct sw_store *store, const struct sw_due *due)
{
	struct sw_txn *txn = sw_txn_new(store, sw_task_arena(task), due->bucket);
	sw_txn_due_again(txn, due, sw_wall_us() + DOWN_RETRY_US + (int64_t)sw_random_below(DOWN_RETRY_US));
	int err = sw_commit_wait(task, txn, NULL);
	return err == SW_EGUARD ? 0 : err;
}

/* @return 0: go on with ret; 1: this run is over; or an error */
static int look_wait(struct sw_task *task, struct sw_store *store, const struct message_ref *ref,
		     const struct sw_due *due, struct message *ret)
{
	int err = message_load_wait(task, ref, sw_task_arena(task), ret);
	if (err == SW_ENOTFOUND)
		err = message_drop_due_wait(task, store, due);
	else if (!err && ret->state != MESSAGE_QUEUED)
		err = resume_wait(task, ref, due, ret);
	else if (!err && ret->expires_us < sw_wall_us())
		err = end_wait(task, ref, ret, ON_EXPIRED, 30036, due);
	else if (!err) {
		int obstacle = obstacle_wait(task, ref, ret);
		if (obstacle <= 0)
			return obstacle;
		err = end_wait(task, ref, ret, ON_BROKEN, obstacle, due);
	}
	return err ? err : 1;
}

/* With a place at the carrier. */
static int claim_and_submit_wait(struct sw_task *task, const struct message_ref *ref, struct sw_carrier *carrier,
				 const struct sw_due *due)
{
	struct message m;
	int err = claim_wait(task, ref, carrier, &m);
	if (!err)
		return submit_wait(task, ref, carrier, &m, due);
	sw_carrier_release(carrier);
	if (err != SW_ECONFLICT)
		return err;
	err = look_wait(task, ref->core->store, ref, due, &m);
	return err == 1 ? 0 : err ? err : SW_EAGAIN;
}

static int run_send(struct sw_task *task, struct sw_store *store, const struct sw_due *due)
{
	const struct message_ref ref = message_ref_of_due(due);
	struct message m;
	const char *why;
	bool careful =
		due->restored || due->attempt > 0 || due->ref_kind[0] == 'M'; /* media are fetched before the claim */
	if (careful) {
		int err = look_wait(task, store, &ref, due, &m);
		if (err)
			return err == 1 ? 0 : err;
	}
	struct sw_carrier *carrier = message_route(tries_of(due), &why);
	if (!carrier)
		return end_wait(task, &ref, NULL, ON_BROKEN, 21612, due);
	int err = sw_carrier_admit_wait(task, carrier, ADMIT_US);
	if (err == SW_ETIMEDOUT)
		return later_wait(task, store, due);
	return err ? err : claim_and_submit_wait(task, &ref, carrier, due);
}

const struct sw_due_kind message_send_due = { .name = "message.send", .run = run_send, .max_running = 2048 };
/* Each may hold ten media of five megabytes until they are stored: few at once, and text messages do not wait for them.
 */
const struct sw_due_kind message_media_due = { .name = "message.send_media", .run = run_send, .max_running = 16 };

const struct sw_due_kind *message_due_kind(const char kind[2])
{
	return kind[0] == 'M' ? &message_media_due : &message_send_due;
}

static int run_schedule(struct sw_task *task, struct sw_store *store, const struct sw_due *due)
{
	const struct message_ref ref = message_ref_of_due(due);
	struct message_change change = no_change(due);
	struct sw_due send = {
		.due_us = sw_wall_us(),
		.kind = message_due_kind(due->ref_kind),
		.account = due->account,
		.ref_kind = { due->ref_kind[0], due->ref_kind[1] },
		.ref = due->ref,
		.attempt = 1,
	};
	change.due_new = &send;
	int err = message_step_wait(task, &ref, NULL, ON_DUE, &change);
	return err == SW_ECONFLICT || err == SW_ENOTFOUND ? message_drop_due_wait(task, store, due) : err;
}

const struct sw_due_kind message_schedule_due = {
	.name = "message.schedule", .run = run_schedule, .max_running = 256, .cancellable = true
};
