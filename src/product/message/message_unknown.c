/*
 * A network that may or may not have a message.
 *
 * One-time passwords go once more over another carrier: a second copy is worth less than none.  Everything else waits
 * for a receipt or a late answer and then fails; it is never sent again.
 */
#include "product/message/message.h"

#include "base/log.h"
#include "base/time.h"
#include "loop/clock.h"
#include "loop/task.h"

enum { WAIT_S = 600, CODE_UNKNOWN = 30410 };

static int resend_wait(struct sw_task *task, const struct message_ref *ref, const struct message *m,
		       const struct sw_due *due)
{
	struct sw_due again;
	struct message_change change = { MESSAGE_NO_CHANGE, .due_done = due, .due_new = &again };
	message_send_again(sw_task_arena(task), due, sw_wall_us(), &again);
	return message_step_wait(task, ref, m, ON_BUSY, &change);
}

/* It stays `sending`; its due row gives way to one that ends the waiting. */
static int keep_waiting_wait(struct sw_task *task, const struct message_ref *ref, struct sw_carrier *carrier,
			     const struct message *m, const struct sw_due *due)
{
	struct sw_arena *arena = sw_task_arena(task);
	struct sw_txn *txn = sw_txn_new(ref->core->store, arena, ref->bucket);
	struct sw_message_out out;
	struct sw_due last = {
		.due_us = sw_wall_us() + WAIT_S * SW_US_PER_S,
		.kind = &message_unknown_due,
		.account = ref->account,
		.ref_kind = { ref->kind[0], ref->kind[1] },
		.ref = ref->sid,
	};
	message_out(ref, m, &out);
	sw_txn_trace(txn, ref->sid);
	sw_txn_due_done(txn, due);
	sw_txn_due(txn, &last);
	sw_carrier_txn_unknown(txn, carrier, &out);
	sw_event_add(txn, ref->account, sw_sid_of(ref->kind, ref->sid), "message.outcome_unknown",
		     sw_str_fmt(arena, "{\"carrier\":\"%s\",\"wait_s\":%d}", sw_carrier_name(carrier), WAIT_S));
	int err = sw_commit_wait(task, txn, NULL);
	return err == SW_EGUARD ? 0 : err; /* its row was done meanwhile */
}

int message_outcome_unknown_wait(struct sw_task *task, const struct message_ref *ref, struct sw_carrier *carrier,
				 const struct message *m, const struct sw_due *due)
{
	const char *why;
	bool once = due->data.n == 0;
	struct sw_carrier *other = message_route(1, &why);
	if (message_traffic(m) == SW_TRAFFIC_OTP && once && other != carrier && sw_carrier_is_up(other))
		return resend_wait(task, ref, m, due);
	return keep_waiting_wait(task, ref, carrier, m, due);
}

/* A late answer may have been stored before the message was noted as unknown. */
static int forget_wait(struct sw_task *task, struct sw_store *store, const struct sw_due *due)
{
	struct sw_txn *txn = sw_txn_new(store, sw_task_arena(task), due->bucket);
	sw_txn_due_done(txn, due);
	sw_carrier_txn_known(txn, due->ref);
	int err = sw_commit_wait(task, txn, NULL);
	return err == SW_EGUARD ? 0 : err;
}

static int run_unknown(struct sw_task *task, struct sw_store *store, const struct sw_due *due)
{
	const struct message_ref ref = message_ref_of_due(due);
	const struct message_change change = {
		.error_code = CODE_UNKNOWN, .parts_open = SW_NONE, .due_done = due, .known = true
	};
	int err = message_step_wait(task, &ref, NULL, ON_LOST, &change);
	return err == SW_ECONFLICT || err == SW_ENOTFOUND ? forget_wait(task, store, due) : err;
}

const struct sw_due_kind message_unknown_due = { .name = "message.unknown", .run = run_unknown, .max_running = 256 };
