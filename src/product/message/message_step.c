/* One step of a message through its table. */
#include "product/message/message.h"

#include "core/alert/alert.h"
#include "loop/clock.h"
#include "loop/task.h"
#include "store/event.h"

enum { STEP_TRIES = 5, CODE_UNKNOWN = 30008 };

static struct sw_str event_data(struct sw_arena *arena, const struct message *known, const struct sw_fsm_rule *rule,
				const struct message_change *change)
{
	struct sw_buf data = { .arena = arena };
	sw_buf_add_char(&data, '{');
	if (change->error_code != SW_NONE && change->error_code)
		sw_buf_add_fmt(&data, "\"error_code\":%lld,", (long long)change->error_code);
	if (data.n > 1 && known->carrier.n)
		sw_buf_add_fmt(&data, "\"carrier\":\"%.*s\",", SW_FMT(known->carrier));
	if (rule->act & ACT_REFUND)
		sw_buf_add_fmt(&data, "\"refund\":true,%.*s,", SW_FMT(message_charge_data(arena, known)));
	if (data.n > 1)
		data.n--;
	sw_buf_add_char(&data, '}');
	return sw_buf_str(&data);
}

static void due_steps(struct sw_txn *txn, const struct message_ref *ref, const struct message_change *change)
{
	if (change->due_done)
		sw_txn_due_done(txn, change->due_done);
	if (change->due_again)
		sw_txn_due_again(txn, change->due_again, change->again_us);
	if (change->due_new)
		sw_txn_due(txn, change->due_new);
	if (change->unschedule)
		sw_txn_due_cancel(txn, &message_schedule_due, ref->account, ref->sid);
}

static void carrier_steps(struct sw_txn *txn, const struct message_ref *ref, struct sw_str to,
			  const struct message_change *change)
{
	const struct sw_ticket ticket = { ref->bucket, ref->account, ref->sid, { ref->kind[0], ref->kind[1] } };
	if (change->sent)
		sw_carrier_txn_sent(txn, change->carrier, &ticket, to, change->sent);
	if (change->receipt)
		sw_carrier_txn_receipt(txn, change->receipt);
	if (change->known)
		sw_carrier_txn_known(txn, ref->sid);
}

/* Codes that a carrier brings may be none of the catalogue's. */
static void alert_step(struct sw_txn *txn, const struct message_ref *ref, const struct message *known, int code)
{
	struct sw_arena *arena = sw_txn_arena(txn);
	const struct sw_alert alert = {
		.account = ref->account,
		.code = sw_error_find(code) ? code : CODE_UNKNOWN,
		.why = sw_str_fmt(arena, "From %.*s to %.*s over the carrier %.*s.", SW_FMT(known->from),
				  SW_FMT(known->to), SW_FMT(known->carrier.n ? known->carrier : SW_S("(none)"))),
		.resource = sw_sid_of(ref->kind, ref->sid),
		.api_version = known->api_version,
	};
	sw_txn_alert(txn, &alert);
}

int message_step_add_wait(struct sw_task *task, struct sw_txn *txn, const struct message_ref *ref,
			  const struct sw_fsm_rule *rule, const struct message *known,
			  const struct message_change *change)
{
	int64_t now = sw_wall_us();
	struct sw_event event = {
		.account = ref->account,
		.kind = { ref->kind, sizeof(ref->kind) },
		.sid = ref->sid,
		.time_us = now,
		.data = event_data(sw_txn_arena(txn), known, rule, change),
	};
	const struct sw_val values[] = {
		SW_I(ref->bucket),
		SW_ID(ref->account),
		SW_ID(ref->sid),
		change->error_code == SW_NONE ? SW_NULL : SW_I(change->error_code),
		SW_T(change->carrier_id),
		rule->act & ACT_SENT ? SW_I(now) : SW_NULL,
		SW_I(now),
		change->parts_open == SW_NONE ? SW_NULL : SW_I(change->parts_open),
	};
	sw_txn_trace(txn, ref->sid);
	sw_fsm_step(txn, &message_fsm, rule, &message_sql[SQL_MESSAGE_STEP], values, SW_COUNTOF(values), &event);
	if (rule->act & ACT_REFUND) {
		const struct sw_account *account;
		int err = sw_account_get_wait(task, ref->core, known->account_sid, &account);
		if (err)
			return err;
		const struct sw_ledger_entry refund = message_charge(known, "refund");
		sw_ledger_credit(txn, account, &refund);
	}
	if (change->error_code > 0 && (rule->to == MESSAGE_FAILED || rule->to == MESSAGE_UNDELIVERED))
		alert_step(txn, ref, known, (int)change->error_code);
	carrier_steps(txn, ref, known->to, change);
	message_callback_add(txn, known, rule->to, change);
	due_steps(txn, ref, change);
	return 0;
}

struct message_change message_answered(struct sw_carrier *carrier, const struct sw_submitted *said)
{
	struct sw_str rest = said->ids;
	struct message_change change = { MESSAGE_NO_CHANGE, .carrier = carrier, .carrier_id = sw_str_cut(&rest, '\n') };
	if (said->result != SW_SUBMIT_ACCEPTED)
		change.error_code = said->code;
	else
		change.sent = said;
	if (change.sent && said->parts > 1 && said->receipt_expected)
		change.parts_open = (INT64_C(1) << said->parts) - 1;
	return change;
}

static int try_step_wait(struct sw_task *task, const struct message_ref *ref, const struct sw_fsm_rule *rule,
			 const struct message *known, const struct message_change *change)
{
	struct sw_txn *txn = sw_txn_new(ref->core->store, sw_task_arena(task), ref->bucket);
	struct sw_result result;
	int err = message_step_add_wait(task, txn, ref, rule, known, change);
	if (err)
		return err;
	err = sw_commit_wait(task, txn, &result);
	return err == SW_EGUARD ? result.code : err;
}

int message_step_wait(struct sw_task *task, const struct message_ref *ref, const struct message *seen,
		      enum message_on on, const struct message_change *change)
{
	struct message known;
	if (seen)
		known = *seen;
	bool fresh = false;
	for (int i = 0; i < STEP_TRIES; i++) {
		if (i || !seen) {
			int err = message_load_wait(task, ref, sw_task_arena(task), &known);
			if (err)
				return err;
			fresh = true;
		}
		const struct sw_fsm_rule *rule = sw_fsm_find(&message_fsm, known.state, on);
		if (!rule && fresh)
			return SW_ECONFLICT;
		if (!rule)
			continue;
		int err = try_step_wait(task, ref, rule, &known, change);
		if (err != SW_ECONFLICT)
			return err;
	}
	return SW_EBUSY;
}

int message_drop_due_wait(struct sw_task *task, struct sw_store *store, const struct sw_due *due)
{
	struct sw_txn *txn = sw_txn_new(store, sw_task_arena(task), due->bucket);
	sw_txn_due_done(txn, due);
	int err = sw_commit_wait(task, txn, NULL);
	return err == SW_EGUARD ? 0 : err;
}
