#include "product/event/event_follow.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/map.h"
#include "base/time.h"
#include "core/core_sql.h"
#include "loop/clock.h"
#include "loop/loop.h"
#include "loop/task.h"

/* A page is what goes out between two moves of the cursor.  What nobody wants is skipped FAR_EVENTS at a time before
 * the cursor is moved for it. */
enum { PAGE_EVENTS = 1000, FAR_EVENTS = 10000, SUBSCRIPTIONS_PAGE = 1000 };
enum { FAILED_US = 1000 * 1000, IDLE_LOOK_US = 2000 * 1000 };

static void free_follower(struct event_follower *f)
{
	sw_arena_done(&f->arena);
	free(f);
}

/* ---- what it is ---- */

static int load_subscriptions_wait(struct sw_task *task, struct event_follower *f, const struct sw_account *account,
				   const struct sw_resource_type *type)
{
	struct sw_rows rows;
	struct sw_query *query = sw_query_new(sw_task_arena(task), &sw_resource_filtered);
	sw_query_where(query, "k.bucket", SW_OP_EQ, SW_I(f->bucket));
	sw_query_where(query, "k.account_sid", SW_OP_EQ, SW_ID(f->account));
	sw_query_where(query, "k.kind", SW_OP_EQ, SW_T(sw_resource_kind(type)));
	sw_query_where(query, "k.field", SW_OP_EQ, SW_T(SW_S("sink_sid")));
	sw_query_where(query, "k.value", SW_OP_EQ, SW_T(sw_sid_text(sw_task_arena(task), f->sink)));
	sw_query_page(query, &(struct sw_page_key){ .limit = SUBSCRIPTIONS_PAGE, .after = SW_NULL });
	int err = sw_query_run_wait(task, f->core->store, query, &rows);
	f->wanted = SW_ARENA_ARRAY(&f->arena, struct event_wanted, rows.n + 1);
	f->wanted_n = 0;
	for (size_t i = 0; !err && i < rows.n; i++) {
		struct sw_stored stored;
		err = sw_resource_read(&f->arena, f->core, type, account, rows.row[i], &stored);
		if (!err)
			event_wanted_read(&f->arena, f->core, type, stored.object, &f->wanted[f->wanted_n++]);
	}
	return err;
}

static int load_sink_wait(struct sw_task *task, struct event_follower *f, const struct sw_api *api,
			  const struct sw_account *account)
{
	const struct sw_resource_type *sink = sw_api_resource(api, event_sink.name);
	struct sw_stored stored;
	struct sw_error ignored;
	int err = sw_resource_get_wait(task, f->core, sink, account, f->sink, &stored);
	if (!err &&
	    event_target_read(&f->arena, sw_str_dup(&f->arena, sw_resource_text(sink, stored.object, "sink_type")),
			      sw_str_dup(&f->arena, sw_resource_text(sink, stored.object, "sink_configuration")),
			      &f->target, &ignored))
		err = SW_ECORRUPT;
	return err ? err : load_subscriptions_wait(task, f, account, sw_api_resource(api, event_subscription.name));
}

static int load_native_wait(struct sw_task *task, struct event_follower *f, const struct sw_api *api,
			    const struct sw_account *account)
{
	const struct sw_resource_type *type = sw_api_resource(api, event_native.name);
	struct sw_stored stored;
	struct sw_error ignored;
	int err = sw_resource_get_wait(task, f->core, type, account, f->sink, &stored);
	f->wanted = SW_ARENA_NEW(&f->arena, struct event_wanted);
	f->wanted_n = 1;
	return err ? err
	       : event_native_read(&f->arena, f->core, type, stored.object, &f->target, f->wanted, &ignored)
		       ? SW_ECORRUPT
		       : 0;
}

/* The sink and what it is given, as they are now. */
static int load_wait(struct sw_task *task, struct event_follower *f, const struct sw_api *api)
{
	const struct sw_account *account;
	sw_arena_clear(&f->arena);
	int err = sw_account_get_wait(task, f->core, sw_sid_of("AC", f->account), &account);
	if (err)
		return err;
	return f->native ? load_native_wait(task, f, api, account) : load_sink_wait(task, f, api, account);
}

/* ---- one page ---- */

/* Subscriptions begin and end where the log says so: a page ends with the first event about one of them. */
static size_t page_end(const struct event_follower *f, const struct sw_event *events, size_t n, bool *ret_changed)
{
	*ret_changed = false;
	for (size_t i = 0; i < n; i++)
		if (sw_id_eq(events[i].account, f->account) &&
		    (f->native ? sw_id_eq(events[i].sid, f->sink.id) : sw_str_is(events[i].kind, "DF"))) {
			*ret_changed = true;
			return i + 1;
		}
	return n;
}

static int move_wait(struct sw_task *task, struct event_follower *f, int64_t seq, bool arrived)
{
	struct sw_txn *txn = sw_txn_new(f->core->store, sw_task_arena(task), f->bucket);
	sw_txn_do(txn, &event_sql[SQL_EVENT_SINK_MOVE], SW_GUARD_ONE, SW_ECONFLICT, SW_I(f->bucket), SW_ID(f->account),
		  SW_ID(f->sink.id), SW_I(seq), SW_I(f->state.seq), SW_I(arrived));
	if (f->recovered)
		sw_event_add(txn, f->account, f->sink, "sink.recovered", SW_S("{}"));
	int err = sw_commit_wait(task, txn, NULL);
	if (err)
		return err == SW_EGUARD ? SW_ECONFLICT : err;
	f->recovered = false;
	f->state.seq = seq;
	return 0;
}

/* From *at on. @return 0, SW_ETIMEDOUT (there is nothing), SW_ECONFLICT, SW_ECLOSED (look again), an error */
static int page_wait(struct sw_task *task, struct event_follower *f, int64_t *at, bool *ret_changed)
{
	struct sw_arena *arena = sw_task_arena(task);
	const struct sw_event_filter filter = { .after_seq = *at,
						.limit = event_is_down(f) ? EVENT_PROBE : PAGE_EVENTS };
	const struct sw_account *account;
	struct sw_event *events;
	size_t n, outs_n;
	int err = sw_account_get_wait(task, f->core, sw_sid_of("AC", f->account), &account);
	f->resting = !err && !sw_str_is(account->status, "active");
	if (err || f->resting)
		return err ? err : SW_ETIMEDOUT;
	err = sw_event_read_wait(task, f->core->store, arena, f->bucket, &filter, &events, &n);
	if (err || !n)
		return err ? err : SW_ETIMEDOUT;
	n = page_end(f, events, n, ret_changed);
	struct event_out *outs = SW_ARENA_ARRAY(arena, struct event_out, n);
	err = event_choose_wait(task, f, events, n, outs, &outs_n);
	if (!err && outs_n)
		err = event_deliver_wait(task, f, outs, outs_n);
	if (err)
		return err;
	*at = events[n - 1].seq;
	if (outs_n || *ret_changed || *at - f->state.seq >= FAR_EVENTS)
		err = move_wait(task, f, *at, outs_n > 0);
	return err;
}

/* ---- the task ---- */

struct family {
	const struct sw_core *core;
	struct sw_api *api;
	unsigned index, n;   /* this loop among all */
	struct sw_map known; /* sinks that are served here */
};

struct start {
	struct family *family;
	struct event_follower *f;
};

static struct sw_str key_of(const struct event_follower *f)
{
	return (struct sw_str){ (const char *)f->sink.id.b, sizeof(f->sink.id.b) };
}

/* Up to date with the row? A sink that was switched off waits for a test. *ret_changed: it is to be loaded again. */
static int look_wait(struct sw_task *task, struct event_follower *f, int64_t *at, bool *ret_changed)
{
	struct event_state state;
	int err = event_state_wait(task, f->core, f->bucket, f->account, f->sink.id, &state);
	if (err)
		return err;
	if (state.seq != f->state.seq || f->gone)
		*at = state.seq;
	if (state.changes != f->state.changes) {
		*ret_changed = true;
		f->next_us = 0;
	}
	f->state = state;
	f->state.why = SW_STR_NULL; /* it stands in the task's arena */
	f->failing_us = state.failing_us;
	f->notices = state.notices;
	f->gone = false;
	return 0;
}

/* Until the log has more, or it is time to look at the row again. */
static int idle_wait(struct sw_task *task, const struct event_follower *f, int64_t at)
{
	int err = f->state.status == EVENT_FAILED || f->resting
			  ? sw_sleep_wait(task, IDLE_LOOK_US)
			  : sw_event_wait(task, f->core->store, f->bucket, at, sw_mono_us() + IDLE_LOOK_US);
	return err == SW_ETIMEDOUT ? 0 : err;
}

static void serve(struct sw_task *task, void *arg)
{
	struct start *start = arg;
	struct event_follower *f = start->f;
	bool changed = true;
	int64_t at = 0;
	int err = look_wait(task, f, &at, &changed);
	at = f->state.seq;
	while (err != SW_ENOTFOUND && err != SW_ECANCELED) {
		int page = SW_ETIMEDOUT;
		if (!err && changed)
			err = load_wait(task, f, start->family->api);
		if (!err)
			changed = false;
		if (!err && f->state.status != EVENT_FAILED)
			err = page = page_wait(task, f, &at, &changed);
		if (page == SW_ETIMEDOUT && (!err || err == page)) /* there is nothing, or it is switched off */
			err = idle_wait(task, f, at);
		if (err && err != SW_ECANCELED && err != SW_ECONFLICT && err != SW_ECLOSED && err != SW_EAGAIN) {
			if (err != SW_ENOTFOUND) /* it is just being deleted */
				sw_warn("event", "a sink could not be served and is tried again", SW_KERR(err));
			err = sw_sleep_wait(task, FAILED_US);
		}
		if (err == SW_ECLOSED && !f->gone) /* the server ends */
			err = sw_sleep_wait(task, FAILED_US);
		if (page && err != SW_ECANCELED)
			err = look_wait(task, f, &at, &changed);
		sw_arena_clear(sw_task_arena(task));
	}
	sw_map_take(&start->family->known, key_of(f));
	free_follower(f);
	free(start);
}

static void begin(struct sw_task *task, struct family *family, int bucket, struct sw_id account, struct sw_sid sink)
{
	struct event_follower *f = calloc(1, sizeof(*f));
	struct start *start = calloc(1, sizeof(*start));
	SW_BUG_ON(!f || !start);
	*f = (struct event_follower){ .core = family->core,
				      .bucket = bucket,
				      .account = account,
				      .sink = sink,
				      .native = memcmp(sink.kind, "EU", 2) == 0 };
	*start = (struct start){ family, f };
	sw_arena_init(&f->arena);
	sw_map_put(&family->known, key_of(f), f);
	sw_task_spawn(sw_task_loop(task), serve, start);
}

/* Looks now and then for new sinks. */
static void supervise(struct sw_task *task, void *arg)
{
	struct family *family = arg;
	int err = 0;
	while (err != SW_ECANCELED) {
		struct sw_rows rows = { 0 };
		err = sw_query_step_wait(task, family->core->store, sw_task_arena(task), &event_sql[SQL_EVENT_SINK_ALL],
					 NULL, 0, &rows);
		for (size_t i = 0; i < rows.n && !err; i++) {
			struct sw_id sink = sw_row_id(rows.row[i], 2);
			struct sw_str key = { (const char *)sink.b, sizeof(sink.b) };
			if (sw_hash64(sink.b, sizeof(sink.b)) % family->n == family->index &&
			    !sw_map_find(&family->known, key))
				begin(task, family, (int)sw_row_int(rows.row[i], 0), sw_row_id(rows.row[i], 1),
				      sw_sid_of(sw_row_str(rows.row[i], 3).p, sink));
		}
		sw_arena_clear(sw_task_arena(task));
		int slept = sw_sleep_wait(task, EVENT_LOOK_US);
		err = slept ? slept : err;
	}
	/* The tasks that it began end with the loop, and take themselves out. */
}

static void drop_family(void *family)
{
	sw_map_done(&((struct family *)family)->known);
}

void event_follow(struct sw_loop *const *loops, unsigned n, const struct sw_core *core, struct sw_api *api)
{
	static struct sw_loop_local families = { .bytes = sizeof(struct family), .drop = drop_family };
	for (unsigned i = 0; i < n; i++) {
		struct family *family = sw_loop_local(loops[i], &families);
		*family = (struct family){ .core = core, .api = api, .index = i, .n = n };
		sw_task_spawn(loops[i], supervise, family);
	}
	if (core->event_days)
		sw_task_spawn(loops[0], event_sweep, (void *)(uintptr_t)core);
}
