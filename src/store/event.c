/* Events: appended by transactions, read in order, waited for. */
#include "store/event.h"

#include <stdlib.h>

#include "loop/clock.h"
#include "loop/timer.h"
#include "store/driver.h"

void sw_txn_event(struct sw_txn *txn, const struct sw_event *event)
{
	struct sw_str data = event->data.p ? event->data : SW_S("{}");
	struct sw_str kind = event->kind.p ? event->kind : SW_S("");
	(void)sw_txn_do(txn, &sw_store_sql[SW_SQL_EVENT_INSERT], SW_GUARD_ONE, SW_ECONFLICT, SW_I(txn->bucket), SW_SEQ,
			SW_ID(event->account), SW_T(event->type), SW_T(kind), SW_ID(event->sid), SW_I(event->time_us),
			SW_T(data));
}

/* ---- reading ---- */

static const struct sw_query_def queries[] = {
	{
		.name = "event.read",
		.select = "SELECT seq, account_sid, type, kind, sid, time_us, data FROM event",
		.out = "ibttbit",
		.key = "seq",
		.key_type = 'i',
		.columns =
			(const struct sw_query_column[]){
				{ "bucket", 'i' }, { "account_sid", 'b' }, { "sid", 'b' }, { "type", 't' }, { 0 } },
	},
};

const struct sw_query_table sw_store_query_table = { "store", queries, SW_COUNTOF(queries) };

int sw_event_read_wait(struct sw_task *task, struct sw_store *store, struct sw_arena *arena, int bucket,
		       const struct sw_event_filter *filter, struct sw_event **ret, size_t *ret_n)
{
	struct sw_query *query = sw_query_new(arena, &queries[0]);
	sw_query_where(query, "bucket", SW_OP_EQ, SW_I(bucket));
	if (!sw_id_is_zero(filter->account))
		sw_query_where(query, "account_sid", SW_OP_EQ, SW_ID(filter->account));
	if (!sw_id_is_zero(filter->sid))
		sw_query_where(query, "sid", SW_OP_EQ, SW_ID(filter->sid));
	if (filter->type.p)
		sw_query_where(query, "type", SW_OP_EQ, SW_T(filter->type));
	sw_query_page(query, &(struct sw_page_key){ .after = SW_I(filter->after_seq),
						    .limit = filter->limit ? filter->limit : 100,
						    .ascending = true });
	*ret = NULL;
	*ret_n = 0;
	struct sw_rows rows;
	int err = sw_query_run_wait(task, store, query, &rows);
	if (err)
		return err;
	struct sw_event *events = SW_ARENA_ARRAY(arena, struct sw_event, rows.n ? rows.n : 1);
	for (size_t i = 0; i < rows.n; i++)
		events[i] = (struct sw_event){
			.seq = sw_row_int(rows.row[i], 0),
			.account = sw_row_id(rows.row[i], 1),
			.type = sw_row_str(rows.row[i], 2),
			.kind = sw_row_str(rows.row[i], 3),
			.sid = sw_row_id(rows.row[i], 4),
			.time_us = sw_row_int(rows.row[i], 5),
			.data = sw_row_str(rows.row[i], 6),
		};
	*ret = events;
	*ret_n = rows.n;
	return 0;
}

/* The one number that a statement about a bucket gives; 0: no row. */
static int ask_number_wait(struct sw_task *task, struct sw_store *store, const struct sw_sql *sql, int bucket,
			   int64_t *ret)
{
	struct sw_rows rows;
	struct sw_arena arena;
	sw_arena_init(&arena);
	int err = sw_query_wait(task, store, &arena, sql, &rows, SW_I(bucket));
	if (!err)
		*ret = rows.n ? sw_row_int(rows.row[0], 0) : 0;
	sw_arena_done(&arena);
	return err;
}

int sw_event_last_wait(struct sw_task *task, struct sw_store *store, int bucket, int64_t *ret_seq)
{
	return ask_number_wait(task, store, &sw_store_sql[SW_SQL_SEQ_LOAD], bucket, ret_seq);
}

int sw_event_first_wait(struct sw_task *task, struct sw_store *store, int bucket, int64_t *ret_seq)
{
	return ask_number_wait(task, store, &sw_store_sql[SW_SQL_EVENT_FIRST], bucket, ret_seq);
}

/* ---- waiting ---- */

/* Belongs to its loop, but `watch` while the driver has it. */
struct event_wait {
	struct sw_watch watch;
	struct sw_wait wait;
	struct sw_timer timer;
	bool over;      /* the task has gone on */
	bool cancelled; /* the driver was asked to let go; it will answer that */
};

static void on_wake(struct sw_mail *mail)
{
	struct event_wait *self = SW_CONTAINER(mail, struct event_wait, watch.wake);
	if (self->cancelled)
		return; /* the answer to the cancellation frees it */
	sw_timer_stop(&self->timer);
	self->over = true;
	if (!self->wait.done)
		sw_wait_end(&self->wait, 0);
}

static void on_cancelled(struct sw_mail *mail)
{
	sw_wait_end(&SW_CONTAINER(mail, struct event_wait, watch.cancel)->wait, 0);
}

/* The driver answers to this loop, which must be there until then: a loop lives as long as its tasks. */
static void give_up_wait(struct event_wait *self, struct sw_task *task)
{
	self->cancelled = true;
	self->wait = (struct sw_wait){ .task = task };
	self->watch.store->driver->unwatch(self->watch.store, &self->watch);
	if (sw_wait_begin(&self->wait))
		return; /* cancelled: that was said already */
}

static void on_timeout(struct sw_timer *timer)
{
	struct event_wait *self = SW_CONTAINER(timer, struct event_wait, timer);
	sw_wait_end(&self->wait, SW_ETIMEDOUT);
}

static void on_abandon(struct sw_wait *wait)
{
	sw_timer_stop(&SW_CONTAINER(wait, struct event_wait, wait)->timer);
}

int sw_event_wait(struct sw_task *task, struct sw_store *store, int bucket, int64_t after_seq, int64_t timeout_us)
{
	if (sw_task_cancelled(task))
		return SW_ECANCELED;
	if (atomic_load_explicit(&store->closed, memory_order_relaxed))
		return SW_ECLOSED;
	struct event_wait *self = calloc(1, sizeof(*self));
	SW_BUG_ON(!self);
	self->wait = (struct sw_wait){ .task = task, .abandon = on_abandon };
	self->watch = (struct sw_watch){
		.store = store,
		.loop = sw_task_loop(task),
		.on_wake = on_wake,
		.on_cancelled = on_cancelled,
		.bucket = bucket,
		.after_seq = after_seq,
	};
	sw_timer_start(self->watch.loop, &self->timer, SW_CLOCK_MONO, timeout_us, on_timeout);
	store->driver->watch(store, &self->watch);
	int err = sw_wait_begin(&self->wait);
	if (!self->over)
		give_up_wait(self, task);
	free(self);
	return err;
}
