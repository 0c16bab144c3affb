/* Who starts next: lanes, hosts that take turns, and what a host may have under way and waiting. */
#include <stdlib.h>

#include "loop/clock.h"
#include "net/courier/courier_impl.h"

enum {
	SLOW_US = 250 * 1000, /* a host that takes longer is slow */
	HALVINGS_MAX = 4,     /* of a host's budget */
	WAITING_MIN = 32,     /* of one host, may always wait */
	WAITING_BAD = 8,      /* of one that runs into time-outs */
	IDLE_MAX = 4096,      /* hosts remembered */
	TICK_US = 100 * 1000,
	LATENCY_SHARE = 4, /* a new measure weighs one in so many */
};

/* ---- hosts ---- */

static void host_free(struct sw_courier *courier, struct sw_courier_host *host)
{
	sw_list_del(&host->node);
	sw_map_take(&courier->hosts, host->key);
	free(host);
}

/* Lane, scheme and authority. */
static struct sw_str host_key(struct sw_job *job)
{
	struct sw_str url = job->fetch.url;
	size_t n = 0, slashes = 0;
	while (n < url.n && slashes < 3 && url.p[n] != '?' && url.p[n] != '#')
		slashes += url.p[n++] == '/';
	char *text = sw_arena_bytes(job->arena, n + 1);
	text[0] = (char)('0' + job->fetch.lane);
	for (size_t i = 0; i < n; i++)
		text[i + 1] = url.p[i] >= 'A' && url.p[i] <= 'Z' ? (char)(url.p[i] | 0x20) : url.p[i];
	return (struct sw_str){ text, n + 1 };
}

static struct sw_courier_host *host_of(struct sw_courier *courier, struct sw_job *job)
{
	struct sw_str key = host_key(job);
	struct sw_courier_host *host = sw_map_find(&courier->hosts, key);
	if (host)
		return host;
	host = malloc(sizeof(*host) + key.n);
	SW_BUG_ON(!host);
	char *text = (char *)(host + 1);
	memcpy(text, key.p, key.n);
	*host = (struct sw_courier_host){ .key = { text, key.n }, .lane = job->fetch.lane };
	sw_list_init(&host->running);
	sw_list_init(&host->waiting);
	sw_list_init(&host->node);
	sw_map_put(&courier->hosts, host->key, host);
	return host;
}

static bool is_idle(const struct sw_courier_host *host)
{
	return host->running_n + host->waiting_n == 0;
}

static struct sw_job *oldest(const struct sw_list *jobs)
{
	return SW_CONTAINER(jobs->next, struct sw_job, node);
}

/* What it took lately, or what its oldest request has taken so far when that is longer. */
static int64_t latency_of(const struct sw_courier_host *host, int64_t now)
{
	int64_t age_us = host->running_n ? now - oldest(&host->running)->started_us : 0;
	return age_us > host->latency_us ? age_us : host->latency_us;
}

static unsigned budget_of(const struct sw_courier_host *host)
{
	unsigned budget = sw_lane_limits[host->lane].running_per_host >> host->halvings;
	return budget ? budget : 1;
}

/* As many as will start within the lane's ahead_ms (Little's law). */
static bool may_wait(const struct sw_courier_host *host, int64_t now)
{
	if (host->waiting_n < WAITING_BAD)
		return true;
	if (host->halvings)
		return false;
	int64_t ahead_us = sw_lane_limits[host->lane].ahead_ms * 1000;
	return host->waiting_n < WAITING_MIN || host->waiting_n * latency_of(host, now) < budget_of(host) * ahead_us;
}

/* Its requests under way move with it from one class to the other. */
static void set_pace(struct sw_courier *courier, struct sw_courier_host *host, int64_t now)
{
	enum sw_pace pace = host->halvings || latency_of(host, now) > SLOW_US ? SW_PACE_SLOW : SW_PACE_PROMPT;
	if (pace == host->pace)
		return;
	courier->lane[host->lane].running[host->pace] -= host->running_n;
	courier->lane[host->lane].running[pace] += host->running_n;
	host->pace = pace;
	if (host->waiting_n) /* in no turn of its old class any more */
		sw_list_del(&host->node);
}

/* Put the host where it belongs after a change: in turn, out of turn, or with the idle ones. */
static void host_settle(struct sw_courier *courier, struct sw_courier_host *host, int64_t now)
{
	set_pace(courier, host, now);
	if (host->waiting_n && host->running_n < budget_of(host)) {
		if (sw_list_empty(&host->node))
			sw_list_push(&courier->lane[host->lane].ready[host->pace], &host->node);
		return;
	}
	sw_list_del(&host->node);
	if (!is_idle(host))
		return;
	sw_list_push(&courier->idle, &host->node);
	if (courier->idle_n < IDLE_MAX)
		courier->idle_n++;
	else
		host_free(courier, SW_CONTAINER(courier->idle.next, struct sw_courier_host, node));
}

/* How a request went: time-outs halve the budget, answers double it again. */
static void host_learn(struct sw_courier_host *host, const struct sw_job *job, int64_t now)
{
	enum sw_fetch_error error = job->transfer.fetched.error;
	if (error == SW_FETCH_CANCELED || error == SW_FETCH_CLOSED || error == SW_FETCH_BAD_REQUEST)
		return;
	host->latency_us += (now - job->started_us - host->latency_us) / LATENCY_SHARE;
	if (error == SW_FETCH_TIMEOUT || error == SW_FETCH_CONNECT_TIMEOUT)
		host->halvings += host->halvings < HALVINGS_MAX;
	else
		host->halvings -= host->halvings > 0;
}

/* ---- turns ---- */

static void start(struct sw_courier *courier, struct sw_courier_host *host, int64_t now)
{
	struct sw_job *job = oldest(&host->waiting);
	sw_list_del(&job->node);
	sw_list_push(&host->running, &job->node);
	job->state = SW_JOB_RUNNING;
	job->started_us = now;
	job->transfer.fetched.queued_us = now - job->submitted_us;
	courier->lane[host->lane].waiting--;
	courier->lane[host->lane].running[host->pace]++;
	host->waiting_n--;
	host->running_n++;
	sw_count(&sw_courier_metrics, SW_COURIER_WAITING, -1);
	sw_count(&sw_courier_metrics, SW_COURIER_RUNNING, 1);
	/* To the end of the row: the next turn is another host's. */
	sw_list_del(&host->node);
	host_settle(courier, host, now);
	sw_courier_multi_start(courier, job);
}

static void dispatch(struct sw_courier *courier, enum sw_lane which, int64_t now)
{
	struct sw_courier_lane *lane = &courier->lane[which];
	const unsigned budget[SW_PACES] = {
		[SW_PACE_PROMPT] = sw_lane_limits[which].running, [SW_PACE_SLOW] = sw_lane_limits[which].running_slow
	};
	/* A job that fails as it starts leaves its lane in here: the loop goes on, not deeper. */
	if (courier->dispatching)
		return;
	courier->dispatching = true;
	for (int pace = 0; pace < SW_PACES; pace++)
		while (lane->running[pace] < budget[pace] && !sw_list_empty(&lane->ready[pace]))
			start(courier, SW_CONTAINER(lane->ready[pace].next, struct sw_courier_host, node), now);
	courier->dispatching = false;
}

/* ---- while jobs wait: the impatient go home, and hosts that have become slow make room ---- */

static void on_tick(struct sw_timer *timer)
{
	struct sw_courier *courier = SW_CONTAINER(timer, struct sw_courier, tick);
	int64_t now = sw_mono_us();
	size_t cursor = 0;
	void *value;
	unsigned waiting = 0;
	courier->dispatching = true; /* not before all have been looked at */
	while (sw_map_next(&courier->hosts, &cursor, NULL, &value)) {
		struct sw_courier_host *host = value;
		int64_t patience_us = sw_lane_limits[host->lane].patience_ms * 1000;
		if (is_idle(host))
			continue;
		while (host->waiting_n && now - oldest(&host->waiting)->submitted_us > patience_us)
			sw_job_abort(oldest(&host->waiting), SW_FETCH_BUSY);
		if (!is_idle(host))
			host_settle(courier, host, now);
	}
	courier->dispatching = false;
	for (int lane = 0; lane < SW_LANES; lane++) {
		dispatch(courier, lane, now);
		waiting += courier->lane[lane].waiting;
	}
	if (waiting)
		sw_timer_start(courier->loop, timer, SW_CLOCK_MONO, now + TICK_US, on_tick);
}

/* ---- in and out ---- */

void sw_courier_lane_add(struct sw_courier *courier, struct sw_job *job)
{
	struct sw_courier_lane *lane = &courier->lane[job->fetch.lane];
	struct sw_courier_host *host = host_of(courier, job);
	int64_t now = sw_mono_us();
	if (is_idle(host) && !sw_list_empty(&host->node)) {
		sw_list_del(&host->node);
		courier->idle_n--;
	}
	if (lane->waiting >= sw_lane_limits[job->fetch.lane].waiting || !may_wait(host, now)) {
		host_settle(courier, host, now);
		sw_count(&sw_courier_metrics, SW_COURIER_TURNED_AWAY, 1);
		sw_job_end(job, SW_FETCH_BUSY);
		return;
	}
	job->host = host;
	job->state = SW_JOB_WAITING;
	sw_list_push(&host->waiting, &job->node);
	host->waiting_n++;
	lane->waiting++;
	sw_count(&sw_courier_metrics, SW_COURIER_WAITING, 1);
	host_settle(courier, host, now);
	dispatch(courier, job->fetch.lane, now);
	if (lane->waiting && !courier->tick.slot)
		sw_timer_start(courier->loop, &courier->tick, SW_CLOCK_MONO, now + TICK_US, on_tick);
}

void sw_courier_lane_remove(struct sw_courier *courier, struct sw_job *job)
{
	struct sw_courier_host *host = job->host;
	struct sw_courier_lane *lane = &courier->lane[host->lane];
	int64_t now = sw_mono_us();
	sw_timer_stop(&job->timer);
	sw_list_del(&job->node);
	if (job->state == SW_JOB_RUNNING) {
		host_learn(host, job, now);
		lane->running[host->pace]--;
		host->running_n--;
		sw_count(&sw_courier_metrics, SW_COURIER_RUNNING, -1);
	} else {
		lane->waiting--;
		host->waiting_n--;
		sw_count(&sw_courier_metrics, SW_COURIER_WAITING, -1);
	}
	job->host = NULL;
	host_settle(courier, host, now);
	if (!courier->stopping)
		dispatch(courier, job->fetch.lane, now);
}

struct sw_job *sw_courier_lane_any(struct sw_courier *courier)
{
	size_t cursor = 0;
	void *value;
	while (sw_map_next(&courier->hosts, &cursor, NULL, &value)) {
		struct sw_courier_host *host = value;
		if (!is_idle(host))
			return oldest(host->waiting_n ? &host->waiting : &host->running);
	}
	return NULL;
}

void sw_courier_lane_close(struct sw_courier *courier)
{
	sw_timer_stop(&courier->tick);
	while (!sw_list_empty(&courier->idle))
		host_free(courier, SW_CONTAINER(courier->idle.next, struct sw_courier_host, node));
}
