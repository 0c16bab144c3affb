/* What carriers bring back: receipts and inbound messages, each on the loop of its message. */
#include "product/message/message.h"

#include <stdlib.h>

#include "base/list.h"
#include "base/log.h"
#include "base/trace.h"
#include "core/core_sql.h"
#include "loop/clock.h"
#include "loop/loop.h"
#include "loop/task.h"
#include "store/event.h"
#include "wire/sms/sms.h"

/* A receipt or inbound message on its way from the carrier's loop to the message's and back. */
struct arrival {
	struct sw_mail mail;
	struct sw_loop *home; /* the carrier's */
	struct sw_completion done;
	struct sw_receipt receipt;
	char *from, *to, *body; /* inbound; owned */
	int err;
};

static void arrival_free(struct arrival *arrival)
{
	free(arrival->from);
	free(arrival->to);
	free(arrival->body);
	free(arrival);
}

static void deliver_done(struct sw_mail *mail)
{
	struct arrival *arrival = SW_CONTAINER(mail, struct arrival, mail);
	arrival->done.fn(arrival->done.arg, arrival->err);
	arrival_free(arrival);
}

static void receipt_task(struct sw_task *task, void *arg)
{
	const struct message_roads *roads = message_roads();
	struct arrival *arrival = arg;
	const struct sw_receipt *receipt = &arrival->receipt;
	const struct message_ref ref = { roads->core,
					 receipt->ticket.bucket,
					 receipt->ticket.account,
					 receipt->ticket.sid,
					 { receipt->ticket.kind[0], receipt->ticket.kind[1] } };
	struct message_change change = { .error_code = SW_NONE };
	if (!receipt->delivered)
		change.error_code = receipt->code;
	sw_trace(ref.sid, "carrier", "receipt");
	int err = message_step_wait(task, &ref, MESSAGE_SENT, receipt->delivered ? ON_DELIVERED : ON_UNDELIVERED,
				    &change);
	/* A second receipt, or one for a deleted message, changes nothing and is done with. */
	arrival->err = err == SW_ECONFLICT || err == SW_ENOTFOUND ? 0 : err;
	arrival->mail.deliver = deliver_done;
	sw_loop_post(arrival->home, &arrival->mail);
}

static void deliver_receipt(struct sw_mail *mail)
{
	sw_task_spawn(sw_loop_current(), receipt_task, SW_CONTAINER(mail, struct arrival, mail));
}

static struct sw_loop *loop_of(struct sw_id sid)
{
	const struct message_roads *roads = message_roads();
	return roads->loops[sid.b[15] % roads->loops_n];
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
	sw_loop_post(loop_of(receipt->ticket.sid), &arrival->mail);
}

static int store_inbound_wait(struct sw_task *task, const struct arrival *arrival)
{
	const struct message_roads *roads = message_roads();
	struct sw_arena *arena = sw_task_arena(task);
	struct sw_rows rows;
	struct sw_str to = sw_str_of(arrival->to);
	int err = sw_query_wait(task, roads->core->store, arena, CORE_SQL(SQL_DIRECTORY_GET), &rows, SW_T(SW_S("PN")),
				SW_B(to));
	if (err || rows.n == 0) {
		sw_warn("message", "inbound message for a number that nobody owns", SW_KS("to", to));
		return err;
	}
	int bucket = (int)sw_row_int(rows.row[0], 0);
	struct sw_id account = sw_row_id(rows.row[0], 1);
	struct sw_sid sid = sw_sid_new("SM", bucket);
	struct sw_sms_plan plan;
	int64_t now = sw_wall_us();
	if (sw_sms_plan(arena, sw_str_of(arrival->body), false, &plan))
		return 0;
	struct sw_txn *txn = sw_txn_new(roads->core->store, arena, bucket);
	const struct sw_event event = {
		.account = account,
		.type = sw_fsm_event_type(arena, &message_fsm, MESSAGE_RECEIVED),
		.kind = SW_S("SM"),
		.sid = sid.id,
		.time_us = now,
		.data = SW_S("{}"),
	};
	sw_txn_trace(txn, sid.id);
	sw_txn_do(txn, &message_sql[SQL_MESSAGE_INSERT], SW_GUARD_ONE, SW_EEXIST, SW_I(bucket), SW_ID(account),
		  SW_ID(sid.id), SW_I(MESSAGE_INBOUND), SW_I(MESSAGE_RECEIVED), SW_T(sw_str_of(arrival->from)),
		  SW_T(to), SW_T(sw_str_of(arrival->body)), SW_I(plan.segments), SW_I(0), SW_I(0),
		  SW_T(roads->core->currency), SW_NULL, SW_NULL, SW_NULL, SW_I(0), SW_I(now), SW_I(now));
	sw_txn_event(txn, &event);
	return sw_commit_wait(task, txn, NULL);
}

static void inbound_task(struct sw_task *task, void *arg)
{
	struct arrival *arrival = arg;
	arrival->err = store_inbound_wait(task, arrival);
	arrival->mail.deliver = deliver_done;
	sw_loop_post(arrival->home, &arrival->mail);
}

static void deliver_inbound(struct sw_mail *mail)
{
	sw_task_spawn(sw_loop_current(), inbound_task, SW_CONTAINER(mail, struct arrival, mail));
}

static void on_inbound(void *owner, const struct sw_inbound *inbound, struct sw_completion done)
{
	struct arrival *arrival = arrival_new(done);
	(void)owner;
	arrival->from = strndup(inbound->from.p, inbound->from.n);
	arrival->to = strndup(inbound->to.p, inbound->to.n);
	arrival->body = strndup(inbound->body.p, inbound->body.n);
	arrival->mail.deliver = deliver_inbound;
	sw_loop_post(message_roads()->loops[0], &arrival->mail);
}

const struct sw_carrier_sink message_sink = { .receipt = on_receipt, .inbound = on_inbound };
