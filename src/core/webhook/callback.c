#include "core/callback.h"

#include <pthread.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/list.h"
#include "base/log.h"
#include "base/map.h"
#include "base/num.h"
#include "base/random.h"
#include "base/ref.h"
#include "base/time.h"
#include "base/trace.h"
#include "core/webhook.h"
#include "loop/clock.h"
#include "loop/loop.h"
#include "loop/task.h"

enum {
	RUNNING_MAX = 1024,
	PARAMS_MAX = 256,
	TOKEN_CHARS = 32,
	STATUS_GONE = 410,
	CODE_HTTP = 11200,
	JITTER_PERCENT = 20,
	/* A host that takes no more for so long has failed the first attempt, and a later one at once: its rows leave
	 * memory for the table. */
	DEFER_MAX_US = 4 * 1000000,
};

static const int64_t delays_s[] = { 5, 30, 120, 600, 1800, 7200, 18000, 43200 };

/* Set by sw_core_init, before loops run. */
static const struct sw_core *core;

void sw_callback_use(const struct sw_core *given)
{
	core = given;
}

/* ---- the row: method, time, URL and form, a line each ---- */

/* The first line of older rows is the token; a method is shorter. */
static bool has_token(struct sw_str data)
{
	return sw_str_index(data, '\n') == TOKEN_CHARS;
}

/* Half of it names the callback among those about the SID, half is the SID's. */
struct sw_str sw_callback_token(struct sw_arena *arena, const struct sw_due *due)
{
	if (has_token(due->data))
		return sw_str_sub(due->data, 0, TOKEN_CHARS);
	char *token = sw_arena_bytes(arena, TOKEN_CHARS);
	sw_hex_encode(due->id.b + 8, 8, token);
	sw_hex_encode(due->ref.b + 8, 8, token + TOKEN_CHARS / 2);
	return (struct sw_str){ token, TOKEN_CHARS };
}

void sw_txn_callback(struct sw_txn *txn, const struct sw_callback *callback)
{
	struct sw_buf data = { .arena = sw_txn_arena(txn) };
	sw_buf_reserve(&data, 512);
	sw_buf_add_str(&data, callback->method);
	sw_buf_add_char(&data, '\n');
	sw_buf_add_int(&data, callback->event_time_us);
	sw_buf_add_char(&data, '\n');
	sw_buf_add_str(&data, callback->url);
	sw_buf_add_char(&data, '\n');
	struct sw_buf form = { .arena = sw_txn_arena(txn) };
	for (size_t i = 0; i < callback->params->n; i++)
		sw_form_add(&form, callback->params->v[i].name, callback->params->v[i].value);
	sw_buf_add_str(&data, sw_buf_str(&form));
	struct sw_due due = {
		.due_us = sw_wall_us(),
		.kind = &sw_callback_due,
		.account = callback->account,
		.ref_kind = { callback->ref_kind[0], callback->ref_kind[1] },
		.ref = callback->ref,
		.data = sw_buf_str(&data),
	};
	sw_txn_due(txn, &due);
}

struct callback {
	struct sw_webhook webhook;
	struct sw_form params;
};

static int read_row(struct sw_arena *arena, const struct sw_due *due, struct callback *ret)
{
	struct sw_webhook *w = &ret->webhook;
	struct sw_str data = due->data;
	*w = (struct sw_webhook){ .lane = SW_LANE_CALLBACK, .params = &ret->params };
	w->token = sw_callback_token(arena, due);
	w->about = sw_sid_of(due->ref_kind, due->ref);
	w->attempt = due->attempt + 1;
	if (has_token(data))
		sw_str_cut(&data, '\n');
	w->method = sw_str_cut(&data, '\n');
	struct sw_str time = sw_str_cut(&data, '\n');
	w->url = sw_str_cut(&data, '\n');
	w->encoded = data;
	if (!data.p || sw_num_parse(time, &w->event_time_us))
		return SW_ECORRUPT;
	return sw_form_decode(arena, data, PARAMS_MAX, &ret->params);
}

/* ---- in order ----
 *
 * Callbacks about one SID fire on one loop, in the order of their causes.  The next is asked for when the one before
 * was answered or has failed: two connections could overtake each other.
 */

struct line {
	struct sw_list waiting; /* struct place */
	bool deferred;          /* nobody is being served: the first, of this id, comes again from the due queue */
	struct sw_id first;
};

struct place {
	struct sw_wait wait;
	struct sw_list node;
};

static unsigned lines_slot;
static pthread_once_t lines_once = PTHREAD_ONCE_INIT;

static void drop_lines(void *value)
{
	struct sw_map *lines = value;
	size_t cursor = 0;
	void *line;
	while (sw_map_next(lines, &cursor, NULL, &line))
		sw_unref(line);
	sw_map_done(lines);
	sw_unref(lines);
}

static void make_slot(void)
{
	lines_slot = sw_loop_slot_new(drop_lines);
}

static struct sw_map *lines_here(void)
{
	pthread_once(&lines_once, make_slot);
	struct sw_map *lines = sw_loop_slot_get(sw_loop_current(), lines_slot);
	if (!lines) {
		lines = sw_new(struct sw_map, NULL);
		sw_loop_slot_set(sw_loop_current(), lines_slot, lines);
	}
	return lines;
}

static struct sw_str line_key(const struct sw_due *due)
{
	return (struct sw_str){ (const char *)due->ref.b, sizeof(due->ref.b) };
}

static void give_up_place(struct sw_wait *wait)
{
	sw_list_del(&SW_CONTAINER(wait, struct place, wait)->node);
}

/* @return 0 (leave_line() ends it), SW_EBUSY (one before it is deferred), SW_ECANCELED */
static int enter_line_wait(struct sw_task *task, const struct sw_due *due)
{
	struct line *line = sw_map_find(lines_here(), line_key(due));
	if (!line) {
		line = sw_new(struct line, NULL);
		sw_list_init(&line->waiting);
		sw_map_put(lines_here(), line_key(due), line);
		return 0;
	}
	if (line->deferred) {
		bool mine = sw_id_eq(line->first, due->id);
		line->deferred = !mine;
		return mine ? 0 : SW_EBUSY;
	}
	struct place place = { .wait = { .task = task, .abandon = give_up_place } };
	sw_list_push(&line->waiting, &place.node);
	return sw_wait_begin(&place.wait);
}

static void leave_line(const struct sw_due *due, bool deferred)
{
	struct line *line = sw_map_find(lines_here(), line_key(due));
	struct sw_list *next;
	while ((next = sw_list_pop(&line->waiting))) {
		sw_wait_end(&SW_CONTAINER(next, struct place, node)->wait, deferred ? SW_EBUSY : 0);
		if (!deferred)
			return; /* the line is theirs now */
	}
	line->deferred = deferred;
	line->first = due->id;
	if (!deferred)
		sw_unref(sw_map_take(lines_here(), line_key(due)));
}

/* ---- what became of it ---- */

int64_t sw_callback_delay_us(int64_t attempt)
{
	return attempt > 0 && attempt <= (int64_t)SW_COUNTOF(delays_s) ? delays_s[attempt - 1] * SW_US_PER_S : 0;
}

static int64_t delay_us(const struct sw_due *due, const struct sw_webhooked *got)
{
	int64_t delay = sw_callback_delay_us(due->attempt + 1), after = sw_webhook_retry_after_us(got);
	if (got->fetched.status == STATUS_GONE || !delay)
		return 0;
	int64_t spread = delay / 100 * JITTER_PERCENT;
	delay += (int64_t)sw_random_below((uint64_t)(2 * spread + 1)) - spread;
	return after > delay ? after : delay;
}

static int end_wait(struct sw_task *task, struct sw_store *store, const struct sw_due *due)
{
	struct sw_txn *txn = sw_txn_new(store, sw_task_arena(task), due->bucket);
	sw_txn_due_done(txn, due);
	return sw_commit_wait(task, txn, NULL);
}

static int fail_wait(struct sw_task *task, struct sw_store *store, const struct sw_due *due, struct sw_webhooked *got)
{
	struct sw_txn *txn = sw_txn_new(store, sw_task_arena(task), due->bucket);
	int64_t delay = delay_us(due, got), next_us = sw_wall_us() + delay;
	sw_webhook_log(core, got, delay ? next_us : 0);
	const struct sw_webhook_event event = {
		.account = due->account,
		.kind = { due->ref_kind[0], due->ref_kind[1] },
		.sid = due->ref,
		.type = delay ? "webhook.failed" : "webhook.abandoned",
		.token = sw_callback_token(sw_task_arena(task), due),
		.attempt = due->attempt + 1,
		.next_attempt_us = delay ? next_us : 0,
	};
	if (!delay || due->attempt == 0)
		sw_webhook_event(txn, &event, got);
	if (delay)
		sw_txn_due_again(txn, due, next_us);
	else
		sw_txn_due_done(txn, due);
	sw_count(&sw_webhook_metrics, delay ? SW_CALLBACK_AGAIN : SW_CALLBACK_ABANDONED, 1);
	return sw_commit_wait(task, txn, NULL);
}

/* Send it once, in turn. @return 0 (*ret says how it went), or an error: not sent */
static int send_wait(struct sw_task *task, const struct sw_due *due, struct callback *callback,
		     struct sw_webhooked *ret)
{
	int err = enter_line_wait(task, due);
	if (err)
		return err;
	err = sw_account_get_wait(task, core, sw_sid_of("AC", due->account), &callback->webhook.account);
	if (!err)
		err = sw_webhook_fetch_wait(task, core, &callback->webhook, ret);
	if (err == SW_EBUSY && (due->attempt || sw_wall_us() - due->due_us >= DEFER_MAX_US)) {
		ret->code = CODE_HTTP;
		ret->why = SW_S("the host is slower than its callbacks come");
		err = 0;
	}
	leave_line(due, err == SW_EBUSY);
	return err;
}

static int run(struct sw_task *task, struct sw_store *store, const struct sw_due *due)
{
	struct callback *callback = SW_ARENA_NEW(sw_task_arena(task), struct callback);
	struct sw_webhooked got;
	int err = read_row(sw_task_arena(task), due, callback);
	if (err) {
		sw_warn("core", "a callback's row cannot be read and is dropped", SW_KERR(err));
		return end_wait(task, store, due);
	}
	err = send_wait(task, due, callback, &got);
	if (err == SW_ENOTFOUND) /* the account */
		return end_wait(task, store, due);
	if (err == SW_EBUSY)
		sw_count(&sw_webhook_metrics, SW_CALLBACK_DEFERRED, 1);
	if (err)
		return err;
	sw_trace(due->ref, "core", got.code ? "callback failed" : "callback answered");
	if (got.code)
		return fail_wait(task, store, due, &got);
	sw_webhook_log(core, &got, 0);
	return SW_DUE_DONE;
}

const struct sw_due_kind sw_callback_due = { .name = "callback.send", .run = run, .max_running = RUNNING_MAX };
