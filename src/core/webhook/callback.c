#include "core/callback.h"

#include "base/arena.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/num.h"
#include "base/random.h"
#include "base/time.h"
#include "base/trace.h"
#include "core/webhook.h"
#include "core/webhook/dead.h"
#include "core/webhook/endpoint.h"
#include "core/webhook/line.h"
#include "loop/clock.h"
#include "loop/loop.h"
#include "loop/task.h"

enum {
	RUNNING_MAX = 1024,
	PARAMS_MAX = 256,
	TOKEN_CHARS = 32,
	STATUS_GONE = 410,
	CODE_HTTP = 11200,
	CODE_DISABLED = 70101,
	SPREAD_SHARE = 4,
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

/* In the method's place: a POST whose last line is JSON. */
#define JSON_POST "JSON"

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
	sw_buf_add_str(&data, callback->params ? callback->method : SW_S(JSON_POST));
	sw_buf_add_char(&data, '\n');
	sw_buf_add_int(&data, callback->event_time_us);
	sw_buf_add_char(&data, '\n');
	sw_buf_add_str(&data, callback->url);
	sw_buf_add_char(&data, '\n');
	struct sw_buf form = { .arena = sw_txn_arena(txn) };
	for (size_t i = 0; callback->params && i < callback->params->n; i++)
		sw_form_add(&form, callback->params->v[i].name, callback->params->v[i].value);
	sw_buf_add_str(&data, callback->params ? sw_buf_str(&form) : callback->json);
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
	if (sw_str_is(w->method, JSON_POST)) {
		w->method = SW_S("POST");
		w->body = data;
		w->content_type = SW_S("application/json");
		w->encoded = SW_STR_NULL;
		w->params = NULL;
		return 0;
	}
	return sw_form_decode(arena, data, PARAMS_MAX, &ret->params);
}

/* ---- what became of it ---- */

int64_t sw_callback_delay_us(int64_t attempt)
{
	return attempt > 0 && attempt <= (int64_t)SW_COUNTOF(delays_s) ? delays_s[attempt - 1] * SW_US_PER_S : 0;
}

static bool is_gone(const struct sw_webhooked *got)
{
	return got->fetched.status == STATUS_GONE;
}

static int64_t delay_us(const struct sw_due *due, const struct sw_webhooked *got)
{
	int64_t delay = sw_callback_delay_us(due->attempt + 1), after = sw_webhook_retry_after_us(got);
	if (is_gone(got) || got->code == CODE_DISABLED || !delay)
		return 0;
	int64_t spread = delay / 100 * JITTER_PERCENT;
	delay += (int64_t)sw_random_below((uint64_t)(2 * spread + 1)) - spread;
	return after > delay ? after : delay;
}

/* What is to be written besides, when an attempt has an outcome. */
struct outcome {
	struct sw_hook *endpoint;
	unsigned changes; /* SW_HOOK_OPENED … */
	int64_t later_us; /* it was not sent, and comes again then; 0: it was */
};

static int end_wait(struct sw_task *task, struct sw_store *store, const struct sw_due *due,
		    const struct outcome *outcome)
{
	struct sw_txn *txn = sw_txn_new(store, sw_task_arena(task), due->bucket);
	sw_txn_due_done(txn, due);
	sw_line_release(txn, due);
	if (outcome && outcome->changes)
		sw_txn_hook(txn, outcome->endpoint, outcome->changes);
	return sw_commit_wait(task, txn, NULL);
}

static int later_wait(struct sw_task *task, struct sw_store *store, const struct sw_due *due, int64_t due_us)
{
	struct sw_txn *txn = sw_txn_new(store, sw_task_arena(task), due->bucket);
	sw_txn_due_later(txn, due, due_us);
	return sw_commit_wait(task, txn, NULL);
}

static void add_failure(struct sw_txn *txn, const struct sw_due *due, const struct sw_webhooked *got, int64_t next_us)
{
	const struct sw_webhook_event event = {
		.account = due->account,
		.kind = { due->ref_kind[0], due->ref_kind[1] },
		.sid = due->ref,
		.type = next_us ? "webhook.failed" : "webhook.abandoned",
		.token = sw_callback_token(sw_txn_arena(txn), due),
		.attempt = due->attempt + got->asked,
		.next_attempt_us = next_us,
	};
	if (!next_us || due->attempt == 0)
		sw_webhook_event(txn, &event, got);
	sw_count(&sw_webhook_metrics, next_us ? SW_CALLBACK_AGAIN : SW_CALLBACK_ABANDONED, 1);
}

static int fail_wait(struct sw_task *task, struct sw_store *store, const struct sw_due *due,
		     const struct sw_webhook *webhook, const struct outcome *outcome, struct sw_webhooked *got)
{
	struct sw_txn *txn = sw_txn_new(store, sw_task_arena(task), due->bucket);
	int64_t delay = delay_us(due, got), next_us = delay ? sw_wall_us() + delay : 0;
	struct sw_hook *endpoint = outcome->endpoint;
	sw_webhook_log(core, got, next_us);
	add_failure(txn, due, got, next_us);
	if (next_us)
		sw_txn_due_again(txn, due, next_us);
	else
		sw_txn_due_done(txn, due);
	if (!next_us)
		sw_txn_dead_letter(txn, core, due, webhook, endpoint, got);
	if (next_us && endpoint && atomic_load(&endpoint->strict_order))
		sw_line_hold(txn, due, next_us);
	else
		sw_line_release(txn, due);
	if (outcome->changes)
		sw_txn_hook(txn, endpoint, outcome->changes);
	return sw_commit_wait(task, txn, NULL);
}

/* ---- sending ---- */

static void refuse(struct sw_task *task, const struct callback *callback, const struct sw_hook *endpoint,
		   struct sw_webhooked *ret)
{
	*ret = (struct sw_webhooked){
		.code = CODE_DISABLED,
		.why = sw_str_fmt(sw_task_arena(task), "the endpoint is disabled (%s)", sw_hook_status_name(endpoint)),
		.method = callback->webhook.method,
		.url = sw_webhook_shown(sw_task_arena(task), callback->webhook.url),
	};
}

/* A little later, each a little otherwise, so that not all come at once. */
static int64_t spread(int64_t at_us)
{
	int64_t ahead_us = at_us - sw_wall_us();
	return at_us + (ahead_us > 0 ? (int64_t)sw_random_below((uint64_t)ahead_us / SPREAD_SHARE + 1) : 0);
}

/* Ask, with a place at the endpoint. @return as send_wait */
static int ask_wait(struct sw_task *task, const struct sw_due *due, struct callback *callback, struct outcome *outcome,
		    struct sw_webhooked *ret)
{
	struct sw_hook *endpoint = callback->webhook.endpoint = outcome->endpoint;
	int64_t until_us = 0;
	bool probe;
	int err = sw_hook_enter_wait(task, endpoint, &probe, &until_us);
	if (err == SW_EPERM) {
		refuse(task, callback, endpoint, ret);
		return 0;
	}
	if (err == SW_EBUSY) {
		outcome->later_us = spread(until_us);
		return 0;
	}
	if (err)
		return err;
	err = sw_webhook_fetch_wait(task, core, &callback->webhook, ret);
	sw_hook_leave(endpoint);
	const struct sw_hook_outcome end = { !ret->code, is_gone(ret), .durable = true, .probe = probe };
	if (endpoint && !err && ret->asked)
		outcome->changes = sw_hook_settle(endpoint, &end, sw_wall_us());
	else if (probe)
		sw_hook_give_back(endpoint, sw_wall_us());
	if (err == SW_EBUSY && (due->attempt || sw_wall_us() - due->due_us >= DEFER_MAX_US)) {
		ret->code = CODE_HTTP;
		ret->why = SW_S("the host is slower than its callbacks come");
		err = 0;
	}
	return err;
}

/* Send it once, in turn. @return 0 (*ret says how it went, or outcome->later_us), or an error: not sent */
static int send_wait(struct sw_task *task, struct sw_store *store, const struct sw_due *due, struct callback *callback,
		     struct outcome *outcome, struct sw_webhooked *ret)
{
	int err = sw_line_enter_wait(task, due);
	if (err)
		return err;
	err = sw_account_get_wait(task, core, sw_sid_of("AC", due->account), &callback->webhook.account);
	if (!err)
		err = sw_hook_of_wait(task, core, callback->webhook.account, callback->webhook.url, &outcome->endpoint);
	bool held = false;
	if (!err && outcome->endpoint && atomic_load(&outcome->endpoint->strict_order)) {
		err = sw_line_held_wait(task, store, due, &outcome->later_us);
		held = err == SW_EBUSY;
		err = held ? 0 : err;
		sw_count(&sw_webhook_metrics, SW_CALLBACK_HELD, held);
	}
	if (!err && !held)
		err = ask_wait(task, due, callback, outcome, ret);
	sw_line_leave(due, err == SW_EBUSY);
	return err;
}

static int run(struct sw_task *task, struct sw_store *store, const struct sw_due *due)
{
	struct callback *callback = SW_ARENA_NEW(sw_task_arena(task), struct callback);
	struct sw_webhooked got = { 0 };
	struct outcome outcome = { 0 };
	int err = read_row(sw_task_arena(task), due, callback);
	if (err) {
		sw_warn("core", "a callback's row cannot be read and is dropped", SW_KERR(err));
		return end_wait(task, store, due, NULL);
	}
	err = send_wait(task, store, due, callback, &outcome, &got);
	if (err == SW_ENOTFOUND) /* the account */
		return end_wait(task, store, due, NULL);
	if (err == SW_EBUSY)
		sw_count(&sw_webhook_metrics, SW_CALLBACK_DEFERRED, 1);
	if (err)
		return err;
	if (outcome.later_us)
		return later_wait(task, store, due, outcome.later_us);
	sw_trace(due->ref, "core", got.code ? "callback failed" : "callback answered");
	if (got.code)
		return fail_wait(task, store, due, &callback->webhook, &outcome, &got);
	sw_webhook_log(core, &got, 0);
	return outcome.changes || sw_line_holds(due) ? end_wait(task, store, due, &outcome) : SW_DUE_DONE;
}

const struct sw_due_kind sw_callback_due = { .name = "callback.send", .run = run, .max_running = RUNNING_MAX };
