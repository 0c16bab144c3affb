#include <stdlib.h>

#include "loop/clock.h"
#include "net/courier/courier_impl.h"

static void host_free(struct sw_courier *courier, struct sw_courier_host *host)
{
	sw_map_take(&courier->hosts, host->key);
	free(host);
}

/* Lane, scheme and authority. */
static struct sw_str host_key(struct sw_job *job)
{
	struct sw_str url = job->fetch.url;
	ptrdiff_t scheme = sw_str_find(url, SW_S("://"));
	size_t n = scheme < 0 ? 0 : (size_t)scheme + 3;
	while (n < url.n && !strchr("/?#", url.p[n]))
		n++;
	struct sw_str authority = sw_str_lower(job->arena, sw_str_sub(url, 0, n));
	return sw_str_fmt(job->arena, "%d %.*s", (int)job->fetch.lane, SW_FMT(authority));
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
	sw_list_init(&host->waiting);
	sw_list_init(&host->ready);
	sw_map_put(&courier->hosts, host->key, host);
	return host;
}

/* Put the host where it belongs after a change: in turn, out of turn, or nowhere. */
static void host_settle(struct sw_courier *courier, struct sw_courier_host *host)
{
	struct sw_courier_lane *lane = &courier->lane[host->lane];
	bool may = !sw_list_empty(&host->waiting) && host->running < sw_lane_limits[host->lane].running_per_host;
	if (!may)
		sw_list_del(&host->ready);
	else if (sw_list_empty(&host->ready))
		sw_list_push(&lane->ready, &host->ready);
	if (!host->running && sw_list_empty(&host->waiting))
		host_free(courier, host);
}

static void start(struct sw_courier *courier, struct sw_job *job)
{
	struct sw_courier_lane *lane = &courier->lane[job->fetch.lane];
	struct sw_courier_host *host = job->host;
	sw_timer_stop(&job->patience);
	sw_list_del(&job->node);
	sw_list_push(&courier->running, &job->node);
	job->state = SW_JOB_RUNNING;
	lane->waiting--;
	lane->running++;
	host->running++;
	sw_count(&sw_courier_metrics, SW_COURIER_WAITING, -1);
	sw_count(&sw_courier_metrics, SW_COURIER_RUNNING, 1);
	job->transfer.fetched.queued_us = sw_mono_us() - job->submitted_us;
	/* To the end of the row: the next turn is another host's. */
	sw_list_del(&host->ready);
	host_settle(courier, host);
	sw_courier_multi_start(courier, job);
}

static void dispatch(struct sw_courier *courier, enum sw_lane which)
{
	struct sw_courier_lane *lane = &courier->lane[which];
	/* A job that fails as it starts leaves its lane in here: the loop goes on, not deeper. */
	if (courier->dispatching)
		return;
	courier->dispatching = true;
	while (lane->running < sw_lane_limits[which].running && !sw_list_empty(&lane->ready)) {
		struct sw_courier_host *host = SW_CONTAINER(lane->ready.next, struct sw_courier_host, ready);
		start(courier, SW_CONTAINER(host->waiting.next, struct sw_job, node));
	}
	courier->dispatching = false;
}

void sw_courier_lane_add(struct sw_courier *courier, struct sw_job *job)
{
	struct sw_courier_lane *lane = &courier->lane[job->fetch.lane];
	if (lane->waiting >= sw_lane_limits[job->fetch.lane].waiting) {
		sw_timer_stop(&job->patience);
		sw_job_end(job, SW_FETCH_BUSY);
		return;
	}
	job->host = host_of(courier, job);
	job->state = SW_JOB_WAITING;
	sw_list_push(&job->host->waiting, &job->node);
	lane->waiting++;
	sw_count(&sw_courier_metrics, SW_COURIER_WAITING, 1);
	host_settle(courier, job->host);
	dispatch(courier, job->fetch.lane);
}

void sw_courier_lane_remove(struct sw_courier *courier, struct sw_job *job)
{
	enum sw_lane which = job->fetch.lane;
	struct sw_courier_lane *lane = &courier->lane[which];
	sw_timer_stop(&job->patience);
	sw_list_del(&job->node);
	if (job->state == SW_JOB_RUNNING) {
		lane->running--;
		job->host->running--;
		sw_count(&sw_courier_metrics, SW_COURIER_RUNNING, -1);
	} else {
		lane->waiting--;
		sw_count(&sw_courier_metrics, SW_COURIER_WAITING, -1);
	}
	host_settle(courier, job->host);
	job->host = NULL;
	if (!courier->stopping)
		dispatch(courier, which);
}

struct sw_job *sw_courier_lane_any(struct sw_courier *courier)
{
	size_t cursor = 0;
	struct sw_str key;
	void *value;
	while (sw_map_next(&courier->hosts, &cursor, &key, &value)) {
		struct sw_courier_host *host = value;
		if (!sw_list_empty(&host->waiting))
			return SW_CONTAINER(host->waiting.next, struct sw_job, node);
	}
	return NULL;
}
