/* A page of events to a sink: in lanes, until it takes them. */
#include "product/event/event_follow.h"

#include "base/hash.h"
#include "base/random.h"
#include "base/time.h"
#include "loop/clock.h"
#include "loop/task.h"

enum { BACKOFF_FIRST_US = 1000000, BACKOFF_DOUBLINGS = 30, JITTER_PERCENT = 20, BUSY_US = 50000 };
#define HOUR_US (3600 * SW_US_PER_S)

/* A sink that only fails: when its account is told, and when it is switched off. */
static const int64_t notices_us[] = { HOUR_US, 24 * HOUR_US, 72 * HOUR_US };

struct page {
	struct sw_wait wait;
	unsigned lanes; /* still at work */
	size_t n;       /* events */
};

struct lane {
	struct event_follower *f;
	struct page *page;
	const struct event_out **events; /* in order; those still to be sent come first */
	size_t n;
	int failed;
};

/* ---- how the sink fares ---- */

static int tell_wait(struct sw_task *task, struct event_follower *f, const char *type, const struct sw_webhooked *said)
{
	struct sw_txn *txn = sw_txn_new(f->core->store, sw_task_arena(task), f->bucket);
	const struct sw_webhook_event event = {
		.account = f->account, .kind = { f->sink.kind[0], f->sink.kind[1] }, .sid = f->sink.id, .type = type
	};
	sw_webhook_event(txn, &event, said);
	sw_txn_do(txn, &event_sql[SQL_EVENT_SINK_FAIL], SW_GUARD_ONE, SW_ENOTFOUND, SW_I(f->bucket), SW_ID(f->account),
		  SW_ID(f->sink.id), SW_I(f->failing_us), SW_I(f->notices), SW_T(said->why));
	if (f->gone)
		sw_txn_do(txn, &event_sql[SQL_EVENT_SINK_STATUS], SW_GUARD_ONE, SW_ENOTFOUND, SW_I(f->bucket),
			  SW_ID(f->account), SW_ID(f->sink.id), SW_I(EVENT_FAILED));
	int err = sw_commit_wait(task, txn, NULL);
	if (err == SW_EGUARD)
		f->gone = true; /* it was deleted */
	return err == SW_EGUARD ? 0 : err;
}

bool event_is_down(const struct event_follower *f)
{
	return f->failing_us && sw_wall_us() - f->failing_us > EVENT_DOWN_US;
}

static int note_failure_wait(struct sw_task *task, struct event_follower *f, const struct sw_webhooked *said)
{
	int64_t now = sw_wall_us(), failing = f->failing_us ? now - f->failing_us : 0;
	if (!f->failing_us) {
		f->failing_us = now;
		return tell_wait(task, f, "sink.failed", said);
	}
	if (failing >= (f->target.off_h ? f->target.off_h : EVENT_OFF_H) * HOUR_US && !f->gone) {
		f->gone = true;
		return tell_wait(task, f, "sink.disabled", said);
	}
	if (f->notices < (int64_t)SW_COUNTOF(notices_us) && failing >= notices_us[f->notices]) {
		f->notices++;
		return tell_wait(task, f, "sink.failing", said);
	}
	return 0;
}

/* Deleted, changed, or sent elsewhere in the log, while it did not answer? One lane asks for all. */
static int look_wait(struct sw_task *task, struct event_follower *f)
{
	struct event_state state;
	int64_t now = sw_mono_us();
	if (now - f->looked_us < EVENT_LOOK_US)
		return 0;
	f->looked_us = now;
	int err = event_state_wait(task, f->core, f->bucket, f->account, f->sink.id, &state);
	if (err == SW_ENOTFOUND || (!err && (state.seq != f->state.seq || state.changes != f->state.changes)))
		f->gone = true;
	return err == SW_ENOTFOUND ? 0 : err;
}

/* Let time pass, or end it when what is under way is not wanted any more. Either clock ends it: one may be set back. */
static int pause_wait(struct sw_task *task, struct event_follower *f, int64_t pause_us)
{
	int64_t until = sw_wall_us() + pause_us, end = sw_mono_us() + pause_us;
	int err = 0;
	while (!err && !f->gone && sw_wall_us() < until && sw_mono_us() < end) {
		int64_t left = end - sw_mono_us();
		err = sw_sleep_wait(task, left < EVENT_LOOK_US ? left : EVENT_LOOK_US);
		if (!err)
			err = look_wait(task, f);
	}
	return err;
}

/* ---- a lane ---- */

static int64_t backoff_us(const struct event_target *target, unsigned failures, int64_t asked_us)
{
	int64_t us = (int64_t)BACKOFF_FIRST_US << (failures < BACKOFF_DOUBLINGS ? failures : BACKOFF_DOUBLINGS);
	int64_t most = (target->pause_max_s ? target->pause_max_s : EVENT_PAUSE_S) * SW_US_PER_S;
	us = us < most ? us : most;
	int64_t spread = us / 100 * JITTER_PERCENT;
	us += (int64_t)sw_random_below((uint64_t)(2 * spread + 1)) - spread;
	return us > asked_us ? us : asked_us;
}

/* n events more, at the rate that the sink is given. */
static int pace_wait(struct sw_task *task, struct event_follower *f, size_t n)
{
	int64_t now = sw_mono_us(), begin = f->next_us > now ? f->next_us : now;
	if (!f->target.rate)
		return 0;
	f->next_us = begin + (int64_t)n * SW_US_PER_S / f->target.rate;
	return begin > now ? pause_wait(task, f, begin - now) : 0;
}

/* What was taken leaves the lane; the rest keeps its order. @return how many left */
static size_t strike(struct lane *lane, const struct event_attempt *attempt, size_t n)
{
	size_t kept = 0, refused = 0;
	for (size_t i = 0; i < n; i++) {
		refused += attempt->fates[i] == EVENT_DROPPED;
		if (attempt->fates[i] == EVENT_AGAIN)
			lane->events[kept++] = lane->events[i];
	}
	sw_count(&event_metrics, EVENT_TAKEN, (int64_t)(n - kept - refused));
	sw_count(&event_metrics, EVENT_REFUSED, (int64_t)refused);
	sw_count(&event_metrics, EVENT_ATTEMPTS_FAILED, kept > 0);
	memmove(&lane->events[kept], &lane->events[n], (lane->n - n) * sizeof(struct event_out *));
	lane->n -= n - kept;
	return n - kept;
}

/* Says which events a sink refused for good: they can be given again by replay. */
static bool find_dropped(struct sw_arena *arena, const struct lane *lane, struct event_attempt *attempt, size_t n)
{
	const struct event_out *first = NULL, *last = NULL;
	size_t found = 0;
	for (size_t i = 0; i < n; i++) {
		if (attempt->fates[i] != EVENT_DROPPED)
			continue;
		first = first ? first : lane->events[i];
		last = lane->events[i];
		found++;
	}
	if (found)
		attempt->said.why = sw_str_fmt(arena, "%zu events from %.*s to %.*s were refused: %.*s", found,
					       SW_FMT(first->id), SW_FMT(last->id), SW_FMT(attempt->said.why));
	return found > 0;
}

/* One attempt, and what follows from it. @return 0, or why the lane ends */
static int attempt_wait(struct sw_task *task, struct lane *lane, unsigned *failures)
{
	struct event_follower *f = lane->f;
	struct event_send send = { .task = task, .core = f->core, .sink = f->sink, .target = &f->target };
	size_t n = lane->n < (size_t)f->target.batch_max ? lane->n : (size_t)f->target.batch_max;
	struct event_attempt attempt = { .fates = SW_ARENA_ARRAY(sw_task_arena(task), enum event_fate, n) };
	int err = sw_account_get_wait(task, f->core, sw_sid_of("AC", f->account), &send.account);
	if (!err)
		err = pace_wait(task, f, n);
	if (f->gone)
		return err;
	if (!err)
		err = f->target.kind->send_wait(&send, lane->events, n, &attempt);
	if (err == SW_EBUSY) { /* not sent: their time is given back */
		f->next_us -= f->target.rate ? (int64_t)n * SW_US_PER_S / f->target.rate : 0;
		return pause_wait(task, f, BUSY_US);
	}
	if (err)
		return err;
	bool lost = find_dropped(sw_task_arena(task), lane, &attempt, n);
	*failures = strike(lane, &attempt, n) ? 0 : *failures + 1;
	if (!*failures && f->failing_us) {
		f->failing_us = f->notices = 0;
		f->recovered = true;
	}
	if (lost)
		err = tell_wait(task, f, "sink.discarded", &attempt.said);
	else if (attempt.said.code)
		err = note_failure_wait(task, f, &attempt.said);
	if (err || lost || !attempt.said.code || f->gone)
		return err;
	if (event_is_down(f) && lane->page->n > EVENT_PROBE)
		return SW_EAGAIN;
	return pause_wait(task, f, backoff_us(&f->target, *failures, attempt.retry_after_us));
}

static void run_lane(struct sw_task *task, void *arg)
{
	struct lane *lane = arg;
	unsigned failures = 0;
	while (lane->n && !lane->failed && !lane->f->gone) {
		lane->failed = attempt_wait(task, lane, &failures);
		sw_arena_clear(sw_task_arena(task));
	}
	if (--lane->page->lanes == 0)
		sw_wait_end(&lane->page->wait, 0);
}

/* ---- a page ---- */

/* Those of one SID go into one lane. */
static size_t lane_of(const struct event_out *out, size_t lanes)
{
	return (size_t)(sw_hash64(out->event->sid.b, sizeof(out->event->sid.b)) % lanes);
}

int event_deliver_wait(struct sw_task *task, struct event_follower *f, struct event_out *events, size_t n)
{
	struct sw_arena *arena = sw_task_arena(task);
	size_t lanes_n = (size_t)f->target.in_flight;
	struct lane *lanes = SW_ARENA_ARRAY(arena, struct lane, lanes_n);
	struct page page = { .wait = { .task = task }, .lanes = 1, .n = n };
	int failed = 0;
	for (size_t i = 0; i < lanes_n; i++)
		lanes[i] = (struct lane){ .f = f,
					  .page = &page,
					  .events = SW_ARENA_ARRAY(arena, const struct event_out *, n) };
	for (size_t i = 0; i < n; i++) {
		struct lane *lane = &lanes[lane_of(&events[i], lanes_n)];
		lane->events[lane->n++] = &events[i];
	}
	for (size_t i = 0; i < lanes_n; i++) {
		if (!lanes[i].n)
			continue;
		page.lanes++;
		sw_task_spawn(sw_task_loop(task), run_lane, &lanes[i]);
	}
	/* Their own end is waited for even when this task is cancelled: they are then, too. */
	int err = --page.lanes ? sw_wait_begin(&page.wait) : 0;
	for (size_t i = 0; i < lanes_n; i++)
		failed = lanes[i].failed ? lanes[i].failed : failed;
	return failed ? failed : f->gone ? SW_ECLOSED : err;
}
