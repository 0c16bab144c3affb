#include "product/usage/usage_count.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/map.h"
#include "base/num.h"
#include "base/time.h"
#include "core/resource.h"
#include "loop/clock.h"
#include "loop/loop.h"
#include "loop/task.h"
#include "store/event.h"

/* A cursor that lags by FAR_EVENTS that do not count is moved, so that they are not read again. */
enum {
	BATCH_EVENTS = 2000,
	FAR_EVENTS = 10000,
	TRIES = 20,
	LOOK_US = 2 * 1000000,
	FAILED_US = 1000000,
	WAKE_US = 60 * 1000000
};

int64_t usage_day(int64_t time_us)
{
	return time_us / SW_US_PER_DAY;
}

int64_t usage_period_day(struct sw_str recurring, int64_t day)
{
	struct sw_civil date = sw_time_civil(day * SW_US_PER_DAY);
	if (sw_str_is(recurring, "daily"))
		return day;
	if (sw_str_is(recurring, "yearly"))
		date.month = 1;
	else if (!sw_str_is(recurring, "monthly"))
		return 0;
	date.day = 1;
	return usage_day(sw_time_from_civil(&date));
}

int64_t usage_period_end(struct sw_str recurring, int64_t first_day)
{
	if (sw_str_is(recurring, "daily"))
		return first_day;
	/* So many days behind its first one every month, every year is another. */
	int64_t behind = sw_str_is(recurring, "monthly") ? 31 : sw_str_is(recurring, "yearly") ? 366 : 0;
	return behind ? usage_period_day(recurring, first_day + behind) - 1 : INT32_MAX;
}

/* ---- reading ---- */

int usage_read_wait(struct sw_task *task, const struct sw_core *core, const struct usage_span *span,
		    struct sw_rows *ret)
{
	return sw_query_wait(task, core->store, sw_task_arena(task), &usage_sql[SQL_USAGE_DAYS], ret,
			     SW_I(span->bucket), SW_ID(span->account), SW_I(span->whole), SW_I(span->first_day),
			     SW_I(span->last_day));
}

struct usage_sum usage_sum(const struct sw_rows *rows, unsigned leaves, int64_t first_day, int64_t last_day)
{
	struct usage_sum sum = { 0 };
	for (size_t i = 0; i < rows->n; i++) {
		struct sw_row row = rows->row[i];
		int64_t day = sw_row_int(row, 0);
		if (day < first_day || day > last_day || !(leaves >> sw_row_int(row, 1) & 1))
			continue;
		sum.items += sw_row_int(row, 2);
		sum.units += sw_row_int(row, 3);
		sum.micros += sw_row_int(row, 4);
	}
	return sum;
}

/* ---- counting ---- */

static void add(struct usage_batch *batch, struct sw_map *places, const struct usage_delta *delta)
{
	struct sw_str key = { (const char *)delta, offsetof(struct usage_delta, sum) };
	struct usage_delta *there = sw_map_find(places, key);
	if (!there) {
		there = &batch->deltas[batch->n++];
		*there = *delta;
		sw_map_put(places, key, there);
		return;
	}
	there->sum.items += delta->sum.items;
	there->sum.units += delta->sum.units;
	there->sum.micros += delta->sum.micros;
}

/* What an event's data say was charged or, when it is a refund, given back. @return false: nothing that counts */
static bool read_event(struct sw_row row, struct usage_delta *ret)
{
	struct sw_str rest = sw_row_str(row, 3), name, raw, product = SW_STR_NULL, direction = SW_STR_NULL;
	bool refund = false;
	struct usage_sum sum = { .items = 1 };
	while (sw_json_next_member(&rest, &name, &raw)) {
		struct sw_str text = raw.n >= 2 && raw.p[0] == '"' ? sw_str_sub(raw, 1, raw.n - 2) : raw;
		if (sw_str_is(name, "product"))
			product = text;
		else if (sw_str_is(name, "direction"))
			direction = text;
		else if (sw_str_is(name, "refund"))
			refund = sw_str_is(raw, "true");
		else if ((sw_str_is(name, "num_segments") && sw_num_parse(text, &sum.units)) ||
			 (sw_str_is(name, "price") && sw_micros_parse(text, &sum.micros)))
			return false;
	}
	int leaf = product.p && direction.p ? usage_leaf(product, direction) : 0;
	if (!leaf)
		return false; /* an end that gave nothing back, or an event from before there was a price book */
	struct sw_id sid = sw_row_id(row, 2);
	*ret = (struct usage_delta){ .account = sw_row_id(row, 1),
				     .day = usage_day(sw_sid_time_us(sid)),
				     .leaf = leaf };
	ret->sum = refund ? (struct usage_sum){ -sum.items, -sum.units, -sum.micros } : sum;
	return true;
}

/* Each delta counts for its account, and for the master account with its subaccounts. */
int usage_fold(struct usage_batch *batch, struct sw_arena *arena, const struct sw_rows *rows, usage_owner_fn *owner_of,
	       void *arg)
{
	struct sw_map places = { 0 };
	int err = 0;
	batch->deltas = SW_ARENA_ARRAY(arena, struct usage_delta, 2 * rows->n + 1);
	for (size_t i = 0; i < rows->n && !err; i++) {
		struct usage_delta delta;
		struct sw_id owner;
		if (!read_event(rows->row[i], &delta))
			continue;
		err = owner_of(arg, delta.account, &owner);
		if (err)
			break;
		add(batch, &places, &delta);
		delta.account = owner;
		delta.whole = 1;
		add(batch, &places, &delta);
	}
	sw_map_done(&places);
	return err;
}

static int owner_wait(void *arg, struct sw_id account, struct sw_id *ret)
{
	const struct usage_batch *batch = arg;
	const struct sw_account *found;
	int err = sw_account_get_wait(batch->task, batch->core, sw_sid_of("AC", account), &found);
	if (!err)
		*ret = found->owner.id;
	return err;
}

static int store_wait(struct usage_batch *batch, int64_t from_seq, int64_t to_seq)
{
	batch->txn = sw_txn_new(batch->core->store, sw_task_arena(batch->task), batch->bucket);
	sw_txn_do(batch->txn, &usage_sql[SQL_USAGE_MOVE], SW_GUARD_ONE, SW_ECONFLICT, SW_I(batch->bucket), SW_I(to_seq),
		  SW_I(sw_wall_us()), SW_I(from_seq));
	for (size_t i = 0; i < batch->n; i++) {
		const struct usage_delta *d = &batch->deltas[i];
		sw_txn_do(batch->txn, &usage_sql[SQL_USAGE_ADD], SW_GUARD_ONE, SW_EIO, SW_I(batch->bucket),
			  SW_ID(d->account), SW_I(d->whole), SW_I(d->day), SW_I(d->leaf), SW_I(d->sum.items),
			  SW_I(d->sum.units), SW_I(d->sum.micros));
	}
	struct sw_result result = { 0 };
	int err = usage_fire_wait(batch);
	if (!err)
		err = sw_commit_wait(batch->task, batch->txn, &result);
	return err == SW_EGUARD ? result.code : err;
}

/* Where counting stands. */
struct progress {
	int64_t seq, time_us; /* the cursor */
	bool more;            /* a full batch was read: there may be more */
};

/*
 * One batch.  The log's end is asked for before its events are read, so that a cursor set there has missed nothing.
 * Nothing is written while nothing counts.
 */
static int batch_wait(struct usage_batch *batch, struct progress *ret)
{
	struct sw_arena *arena = sw_task_arena(batch->task);
	struct sw_rows rows;
	int64_t last = 0;
	batch->n = 0;
	*ret = (struct progress){ 0 };
	int err = sw_query_wait(batch->task, batch->core->store, arena, &usage_sql[SQL_USAGE_CURSOR], &rows,
				SW_I(batch->bucket));
	if (err)
		return err;
	if (rows.n) {
		ret->seq = sw_row_int(rows.row[0], 0);
		ret->time_us = sw_row_int(rows.row[0], 1);
	}
	int64_t asked_us = sw_wall_us();
	err = sw_event_last_wait(batch->task, batch->core->store, batch->bucket, &last);
	if (!err)
		err = sw_query_wait(batch->task, batch->core->store, arena, &usage_sql[SQL_USAGE_EVENTS], &rows,
				    SW_I(batch->bucket), SW_I(ret->seq), SW_I(BATCH_EVENTS));
	if (err)
		return err;
	ret->more = rows.n == BATCH_EVENTS;
	if (ret->more || (rows.n && sw_row_int(rows.row[rows.n - 1], 0) > last))
		last = sw_row_int(rows.row[rows.n - 1], 0);
	err = rows.n ? usage_fold(batch, arena, &rows, owner_wait, batch) : 0;
	if (!err && (batch->n || ret->more || last - ret->seq >= FAR_EVENTS))
		err = store_wait(batch, ret->seq, last);
	if (!err) {
		ret->seq = last;
		ret->time_us = asked_us;
	}
	return err;
}

int usage_count_wait(struct sw_task *task, const struct sw_core *core, struct sw_api *api, int bucket,
		     int64_t *ret_as_of_us)
{
	struct usage_batch batch = { .core = core, .api = api, .task = task, .bucket = bucket };
	struct progress progress = { .more = true };
	int err = 0;
	for (int i = 0; i < TRIES && progress.more && (!err || err == SW_ECONFLICT); i++) {
		err = batch_wait(&batch, &progress);
		if (err == SW_ECONFLICT)
			progress.more = true; /* somebody else counted: go on where he stopped */
	}
	*ret_as_of_us = progress.time_us;
	return err == SW_ECONFLICT ? 0 : err;
}

/* ---- following ---- */

struct follower {
	const struct sw_core *core;
	struct sw_api *api;
	int bucket;
};

static void follow(struct sw_task *task, void *arg)
{
	struct follower *self = arg;
	int64_t seen = 0;
	int err = 0;
	while (err != SW_ECANCELED && err != SW_ECLOSED) {
		int64_t as_of_us, last = seen;
		err = sw_event_last_wait(task, self->core->store, self->bucket, &last);
		if (!err)
			err = usage_count_wait(task, self->core, self->api, self->bucket, &as_of_us);
		if (!err)
			seen = last;
		else if (err != SW_ECANCELED && err != SW_ECLOSED)
			sw_warn("usage", "usage could not be counted and is tried again", SW_KERR(err));
		sw_arena_clear(sw_task_arena(task));
		/* Gather for a while: a batch costs a commit. */
		int slept = sw_sleep_wait(task, err ? FAILED_US : USAGE_LAG_US);
		if (slept)
			err = slept;
		else if (!err)
			err = sw_event_wait(task, self->core->store, self->bucket, seen, sw_mono_us() + WAKE_US);
		if (err == SW_ETIMEDOUT)
			err = 0;
	}
	free(self);
}

/* Looks now and then for buckets that got their first account. */
static void supervise(struct sw_task *task, void *arg)
{
	struct follower *self = arg;
	bool known[SW_BUCKETS] = { false };
	int err = 0;
	while (err != SW_ECANCELED && err != SW_ECLOSED) {
		struct sw_rows rows = { 0 };
		err = sw_query_step_wait(task, self->core->store, sw_task_arena(task), &usage_sql[SQL_USAGE_BUCKETS],
					 NULL, 0, &rows);
		for (size_t i = 0; i < rows.n && !err; i++) {
			int64_t bucket = sw_row_int(rows.row[i], 0);
			if (known[bucket])
				continue;
			known[bucket] = true;
			struct follower *one = malloc(sizeof(*one));
			SW_BUG_ON(!one);
			*one = *self;
			one->bucket = (int)bucket;
			sw_task_spawn(sw_task_loop(task), follow, one);
		}
		sw_arena_clear(sw_task_arena(task));
		int slept = sw_sleep_wait(task, LOOK_US);
		if (slept)
			err = slept;
	}
	free(self);
}

void usage_follow(struct sw_loop *loop, const struct sw_core *core, struct sw_api *api)
{
	struct follower *self = malloc(sizeof(*self));
	SW_BUG_ON(!self);
	*self = (struct follower){ .core = core, .api = api };
	sw_task_spawn(loop, supervise, self);
}
