/* What carriers bring back: receipts and late answers, each on the loop of its message. */
#include "product/message/message.h"

#include <stdlib.h>

#include "base/list.h"
#include "base/log.h"
#include "base/trace.h"
#include "loop/clock.h"
#include "loop/loop.h"
#include "loop/task.h"

/* How often a receipt looks whether the answer that it overtook is stored: for a minute when there is one. */
enum { ANSWER_WAITS = 100, GUESSED_WAITS = 5, ANSWER_WAIT_US = 20 * 1000, DOUBLINGS_MAX = 5 };

/* A receipt on its way from the carrier's loop to the message's and back. */
struct arrival {
	struct sw_mail mail;
	struct sw_loop *home; /* the carrier's */
	struct sw_completion done;
	struct sw_receipt receipt;
	int err;
};

static void deliver_done(struct sw_mail *mail)
{
	struct arrival *arrival = SW_CONTAINER(mail, struct arrival, mail);
	arrival->done.fn(arrival->done.arg, arrival->err);
	free(arrival);
}

static enum message_on event_of(enum sw_receipt_state state)
{
	return state == SW_RECEIPT_DELIVERED ? ON_DELIVERED : state == SW_RECEIPT_READ ? ON_READ : ON_UNDELIVERED;
}

/* It changes nothing any more: only what was kept for it goes. */
static int drop_receipt_wait(struct sw_task *task, const struct message_ref *ref, const struct sw_receipt *receipt)
{
	if (!receipt->id[0] && !receipt->held[0])
		return 0;
	struct sw_txn *txn = sw_txn_new(ref->core->store, sw_task_arena(task), ref->bucket);
	sw_carrier_txn_receipt(txn, receipt);
	return sw_commit_wait(task, txn, NULL);
}

/* One part of several has arrived, and others have not: only that is noted. */
static int note_part_wait(struct sw_task *task, const struct message_ref *ref, struct message *m, int64_t left,
			  const struct sw_receipt *receipt)
{
	struct sw_txn *txn = sw_txn_new(ref->core->store, sw_task_arena(task), ref->bucket);
	struct sw_result result;
	sw_txn_do(txn, &message_sql[SQL_MESSAGE_PART], SW_GUARD_ONE, SW_ECONFLICT, SW_I(ref->bucket),
		  SW_ID(ref->account), SW_ID(ref->sid), SW_I(m->parts_open), SW_I(left));
	sw_carrier_txn_receipt(txn, receipt);
	int err = sw_commit_wait(task, txn, &result);
	if (err)
		return err == SW_EGUARD ? result.code : err;
	m->parts_open = left;
	message_recent_put(ref, m);
	return 0;
}

/* @return SW_ECONFLICT: read the message again */
static int apply_receipt_wait(struct sw_task *task, const struct message_ref *ref, struct message *m,
			      const struct sw_receipt *receipt)
{
	bool delivered = receipt->state == SW_RECEIPT_DELIVERED;
	if (delivered && receipt->parts > 1 && m->parts_open != SW_NONE && m->state == MESSAGE_SENT) {
		int64_t left = m->parts_open & ~(INT64_C(1) << receipt->part);
		if (left == m->parts_open)
			return drop_receipt_wait(task, ref, receipt);
		if (left)
			return note_part_wait(task, ref, m, left, receipt);
	}
	struct message_change change = { MESSAGE_NO_CHANGE, .receipt = receipt, .known = m->state == MESSAGE_SENDING };
	if (receipt->state == SW_RECEIPT_UNDELIVERED)
		change.error_code = receipt->code;
	int err = message_step_wait(task, ref, m, event_of(receipt->state), &change);
	if (!err)
		message_recent_drop(ref->sid);
	/* A second receipt, or one for a deleted message. */
	return err == SW_ECONFLICT || err == SW_ENOTFOUND ? drop_receipt_wait(task, ref, receipt) : err;
}

/*
 * While the answer is being stored its receipt waits: `sent` comes before `delivered`.  A message whose answer never
 * came, or comes only after the receipt was acknowledged, takes it as it is.
 */
static int take_receipt_wait(struct sw_task *task, const struct message_ref *ref, const struct sw_receipt *receipt)
{
	struct message m;
	bool seen = message_recent_get(ref->sid, sw_task_arena(task), &m);
	int waits_max = receipt->guessed ? GUESSED_WAITS : ANSWER_WAITS;
	for (int waits = 0;; waits++) {
		int err = seen ? 0 : message_load_wait(task, ref, sw_task_arena(task), &m);
		if (err)
			return err == SW_ENOTFOUND ? drop_receipt_wait(task, ref, receipt) : err;
		seen = false;
		if (m.state == MESSAGE_SENDING && waits < waits_max) {
			err = sw_sleep_wait(task, ANSWER_WAIT_US << (waits < DOUBLINGS_MAX ? waits : DOUBLINGS_MAX));
		} else {
			err = apply_receipt_wait(task, ref, &m, receipt);
			if (err != SW_ECONFLICT)
				return err;
		}
		if (err && err != SW_ECONFLICT)
			return err;
	}
}

static void receipt_task(struct sw_task *task, void *arg)
{
	struct arrival *arrival = arg;
	const struct message_ref ref = message_ref_of_ticket(&arrival->receipt.ticket);
	sw_trace(ref.sid, "carrier", "receipt");
	arrival->err = take_receipt_wait(task, &ref, &arrival->receipt);
	arrival->mail.deliver = deliver_done;
	sw_loop_post(arrival->home, &arrival->mail);
}

static void deliver_receipt(struct sw_mail *mail)
{
	sw_task_spawn(sw_loop_current(), receipt_task, SW_CONTAINER(mail, struct arrival, mail));
}

static struct arrival *arrival_new(struct sw_completion done)
{
	struct arrival *arrival = calloc(1, sizeof(*arrival));
	SW_BUG_ON(!arrival);
	arrival->home = sw_loop_current();
	arrival->done = done;
	return arrival;
}

static void on_receipt(void *owner, const struct sw_receipt *receipt, struct sw_completion done)
{
	struct arrival *arrival = arrival_new(done);
	(void)owner;
	arrival->receipt = *receipt;
	arrival->mail.deliver = deliver_receipt;
	sw_loop_post(message_loop(receipt->ticket.sid), &arrival->mail);
}

/* ---- answers that came too late ---- */

struct late {
	struct sw_mail mail;
	struct sw_carrier *carrier;
	struct sw_ticket ticket;
	struct sw_submitted said;
	char ids[];
};

static void late_task(struct sw_task *task, void *arg)
{
	struct late *late = arg;
	const struct message_ref ref = message_ref_of_ticket(&late->ticket);
	struct message_change change = message_answered(late->carrier, &late->said);
	change.known = true;
	sw_trace(ref.sid, "carrier", "answered late");
	int err = message_step_wait(task, &ref, NULL, late->said.result == SW_SUBMIT_ACCEPTED ? ON_ACK : ON_REFUSED,
				    &change);
	if (err && err != SW_ECONFLICT && err != SW_ENOTFOUND && err != SW_ECANCELED && err != SW_ECLOSED)
		sw_warn("message", "a late answer could not be stored; its message waits for the receipt",
			SW_KERR(err));
	free(late);
}

static void deliver_late(struct sw_mail *mail)
{
	sw_task_spawn(sw_loop_current(), late_task, SW_CONTAINER(mail, struct late, mail));
}

static void on_late(void *owner, struct sw_carrier *carrier, const struct sw_ticket *ticket,
		    const struct sw_submitted *submitted)
{
	(void)owner;
	if (submitted->result != SW_SUBMIT_ACCEPTED && submitted->result != SW_SUBMIT_REFUSED)
		return; /* what came too late to be tried again waits like the rest */
	struct late *late = calloc(1, sizeof(*late) + submitted->ids.n + 1);
	SW_BUG_ON(!late);
	late->mail.deliver = deliver_late;
	late->carrier = carrier;
	late->ticket = *ticket;
	late->said = *submitted;
	if (submitted->ids.n)
		memcpy(late->ids, submitted->ids.p, submitted->ids.n);
	late->said.ids = (struct sw_str){ late->ids, submitted->ids.n };
	sw_loop_post(message_loop(ticket->sid), &late->mail);
}

const struct sw_carrier_sink message_sink = { .receipt = on_receipt, .inbound = message_on_inbound, .late = on_late };
