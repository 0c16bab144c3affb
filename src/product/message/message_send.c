/*
 * From the due row to the receipt.
 *
 * A queued message is claimed (`sending`, durable) before the carrier sees it.  The answer moves it on and ends the due
 * row in one transaction.  What a crash left in `sending` is sent again only when the carrier is certain that the
 * network never had it.
 */
#include "product/message/message.h"

#include "base/log.h"
#include "base/trace.h"
#include "loop/clock.h"
#include "loop/task.h"
#include "store/event.h"

enum { ANSWER_RETRY_FIRST_US = 250 * 1000, ANSWER_RETRY_LAST_US = 8 * 1000 * 1000 };

/* Set once before anything is sent, constant from then on. */
static struct message_roads roads;

const struct message_roads *message_roads(void)
{
	return &roads;
}

struct sw_carrier *message_route(struct sw_str from, struct sw_str to, const char **ret_why)
{
	(void)from;
	(void)to;
	*ret_why = roads.carriers_n == 1 ? "the only carrier" : "the first carrier configured";
	return roads.carriers_n ? roads.carriers[0] : NULL;
}

static struct sw_carrier *carrier_named(struct sw_str name)
{
	for (unsigned i = 0; i < roads.carriers_n; i++)
		if (sw_str_is(name, sw_carrier_name(roads.carriers[i])))
			return roads.carriers[i];
	return NULL;
}

/* ---- sending ---- */

static struct sw_ticket ticket_of(const struct message_ref *ref)
{
	return (struct sw_ticket){ ref->bucket, ref->account, ref->sid, { ref->kind[0], ref->kind[1] } };
}

static struct message_ref ref_of(const struct sw_due *due)
{
	return (struct message_ref){
		roads.core, due->bucket, due->account, due->ref, { due->ref_kind[0], due->ref_kind[1] }
	};
}

static struct message_change no_change(const struct sw_due *done)
{
	return (struct message_change){ .error_code = SW_NONE, .due_done = done };
}

/* The message is past what this due row was for: only the row goes. */
static int drop_due_wait(struct sw_task *task, struct sw_store *store, const struct sw_due *due)
{
	struct sw_txn *txn = sw_txn_new(store, sw_task_arena(task), due->bucket);
	sw_txn_due_done(txn, due);
	int err = sw_commit_wait(task, txn, NULL);
	return err == SW_EGUARD ? 0 : err;
}

static int end_wait(struct sw_task *task, const struct message_ref *ref, enum message_status guess, enum message_on on,
		    int64_t code, const struct sw_due *due)
{
	struct message_change change = no_change(due);
	change.error_code = code;
	int err = message_step_wait(task, ref, guess, on, &change);
	bool over = err == SW_ENOTFOUND || err == SW_ECONFLICT;
	return over ? drop_due_wait(task, ref->core->store, due) : err;
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

static int take_answer_wait(struct sw_task *task, const struct message_ref *ref, const struct sw_submitted *answer,
			    const struct sw_due *due)
{
	struct message_change change = no_change(due);
	enum message_on on = ON_ACK;
	switch (answer->result) {
	case SW_SUBMIT_ACCEPTED:
		change.carrier_id = sw_str_of(answer->carrier_id);
		break;
	case SW_SUBMIT_REFUSED:
		return end_wait(task, ref, MESSAGE_SENDING, ON_REFUSED, answer->code, due);
	case SW_SUBMIT_UNKNOWN:
		return end_wait(task, ref, MESSAGE_SENDING, ON_LOST, 30410, due);
	case SW_SUBMIT_BUSY:
		on = ON_BUSY;
		change.due_done = NULL;
		change.due_again = due;
		change.again_us = sw_wall_us() + answer->retry_us;
		break;
	}
	int err = message_step_wait(task, ref, MESSAGE_SENDING, on, &change);
	bool overtaken = err == SW_ECONFLICT || err == SW_ENOTFOUND; /* the receipt was faster, or it was deleted */
	return overtaken ? drop_due_wait(task, ref->core->store, due) : err;
}

/*
 * The network has it by now.  Only this task knows, so it stays until the store takes the answer: a due row that fired
 * again could not tell this message from one that never left.
 */
static int keep_answer_wait(struct sw_task *task, const struct message_ref *ref, const struct sw_submitted *answer,
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

static int submit_wait(struct sw_task *task, const struct message_ref *ref, struct sw_carrier *carrier,
		       const struct message *m, const struct sw_due *due)
{
	struct sw_submitted answer;
	const struct sw_message_out out = {
		.ticket = ticket_of(ref),
		.from = m->from,
		.to = m->to,
		.body = m->body,
		.media = m->num_media,
		.expires_us = m->expires_us,
	};
	sw_trace(ref->sid, "carrier", "submitted");
	int err = sw_carrier_submit_wait(task, carrier, &out, &answer);
	if (err)
		return err;
	sw_trace(ref->sid, "carrier", "answered");
	return keep_answer_wait(task, ref, &answer, due);
}

/* After a crash the row is read first: it may have got anywhere. */
static int resume_wait(struct sw_task *task, const struct message_ref *ref, const struct sw_due *due,
		       const struct message *m)
{
	const struct sw_ticket ticket = ticket_of(ref);
	struct sw_carrier *carrier = carrier_named(m->carrier);
	if (m->state != MESSAGE_SENDING)
		return drop_due_wait(task, ref->core->store, due);
	if (!carrier || !sw_carrier_never_had_wait(task, carrier, &ticket))
		return end_wait(task, ref, MESSAGE_SENDING, ON_LOST, 30410, due);
	struct message_change change = no_change(NULL);
	change.due_again = due;
	change.again_us = sw_wall_us();
	return message_step_wait(task, ref, MESSAGE_SENDING, ON_BUSY, &change);
}

static int run_send(struct sw_task *task, struct sw_store *store, const struct sw_due *due)
{
	const struct message_ref ref = ref_of(due);
	struct message m;
	const char *why;
	bool careful =
		due->restored || due->attempt > 0 || due->ref_kind[0] == 'M'; /* media are fetched before the claim */
	if (careful) {
		int err = message_load_wait(task, &ref, sw_task_arena(task), &m);
		if (err)
			return err == SW_ENOTFOUND ? drop_due_wait(task, store, due) : err;
		if (m.state != MESSAGE_QUEUED)
			return resume_wait(task, &ref, due, &m);
		if (m.expires_us < sw_wall_us())
			return end_wait(task, &ref, MESSAGE_QUEUED, ON_EXPIRED, 30036, due);
		int obstacle = obstacle_wait(task, &ref, &m);
		if (obstacle)
			return obstacle < 0 ? obstacle : end_wait(task, &ref, MESSAGE_QUEUED, ON_BROKEN, obstacle, due);
	}
	struct sw_carrier *carrier = message_route(SW_STR_NULL, SW_STR_NULL, &why);
	if (!carrier)
		return end_wait(task, &ref, MESSAGE_QUEUED, ON_BROKEN, 21612, due);
	int err = claim_wait(task, &ref, carrier, &m);
	if (err != SW_ECONFLICT)
		return err ? err : submit_wait(task, &ref, carrier, &m, due);
	err = message_load_wait(task, &ref, sw_task_arena(task), &m);
	if (err)
		return err == SW_ENOTFOUND ? drop_due_wait(task, store, due) : err;
	return m.state == MESSAGE_QUEUED ? SW_EAGAIN : resume_wait(task, &ref, due, &m);
}

const struct sw_due_kind message_send_due = { .name = "message.send", .run = run_send, .max_running = 4096 };
/* Each may hold ten media of five megabytes until they are stored: few at once, and text messages do not wait for them.
 */
const struct sw_due_kind message_media_due = { .name = "message.send_media", .run = run_send, .max_running = 16 };

const struct sw_due_kind *message_due_kind(const char kind[2])
{
	return kind[0] == 'M' ? &message_media_due : &message_send_due;
}

static int run_schedule(struct sw_task *task, struct sw_store *store, const struct sw_due *due)
{
	const struct message_ref ref = ref_of(due);
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
	int err = message_step_wait(task, &ref, MESSAGE_SCHEDULED, ON_DUE, &change);
	return err == SW_ECONFLICT || err == SW_ENOTFOUND ? drop_due_wait(task, store, due) : err;
}

const struct sw_due_kind message_schedule_due = {
	.name = "message.schedule", .run = run_schedule, .max_running = 256, .cancellable = true
};

void message_set_roads(const struct message_roads *given)
{
	SW_BUG_ON(given->loops_n == 0);
	roads = *given;
	for (unsigned i = 0; i < roads.carriers_n; i++)
		sw_carrier_set_sink(roads.carriers[i], &message_sink);
}
