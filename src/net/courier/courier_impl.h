/*
 * net/courier/courier_impl.h - what the files of the courier share.  Not for other rooms.
 *
 * courier.c        the task's side, and a job's life
 * courier_lane.c   lanes and hosts: who starts next
 * courier_multi.c  libcurl's multi handles on the loop
 */
#ifndef SW_NET_COURIER_COURIER_IMPL_H
#define SW_NET_COURIER_COURIER_IMPL_H

#include <stdatomic.h>
#include <uv.h>

#include "base/list.h"
#include "base/map.h"
#include "loop/loop.h"
#include "loop/task.h"
#include "loop/timer.h"
#include "net/metrics.h"
#include "net/courier/transfer.h"

enum sw_job_state { SW_JOB_WAITING, SW_JOB_RUNNING, SW_JOB_ENDED };
/* Agreed between the two threads: who was first, the end or the cancellation? */
enum sw_job_claim { SW_JOB_LIVE, SW_JOB_DONE, SW_JOB_CANCELLED };

struct sw_job {
	struct sw_mail mail;   /* to the courier with the request, back with the result */
	struct sw_mail cancel; /* to the courier */
	struct sw_transfer transfer;
	struct sw_fetch fetch;
	struct sw_arena *arena; /* holds the job too */
	struct sw_courier *courier;
	struct sw_loop *home;
	struct sw_wait *wait; /* home's; NULL: nobody waits any more */
	_Atomic enum sw_job_claim claim;

	/* The courier's own. */
	enum sw_job_state state;
	bool cancel_arrived;
	struct sw_timer timer; /* of the read time-out */
	struct sw_courier_host *host;
	struct sw_list node; /* in host->waiting or host->running */
	int64_t submitted_us, started_us;
};

/* Prompt or slow: each class of hosts has a budget of its own in the lane. */
enum sw_pace { SW_PACE_PROMPT, SW_PACE_SLOW, SW_PACES };

/* A host within a lane.  Remembered for a while when nothing waits or runs: how it answered decides what it may take.
 */
struct sw_courier_host {
	struct sw_str key;
	enum sw_lane lane;
	enum sw_pace pace;
	unsigned running_n, waiting_n;
	int64_t latency_us;              /* moving average */
	unsigned halvings;               /* of its budget: time-outs in a row, less one for each answer */
	struct sw_list running, waiting; /* oldest first */
	struct sw_list node; /* in lane->ready: something waits and the host's budget allows it; or in courier->idle */
};

struct sw_courier_lane {
	unsigned running[SW_PACES], waiting;
	struct sw_list ready[SW_PACES]; /* hosts take turns */
};

/* Connections opened for trusted requests are not shared with others: their addresses were not checked. */
enum sw_courier_side_kind { SW_SIDE_GUARDED, SW_SIDE_TRUSTED, SW_SIDES };

struct sw_courier_side {
	struct sw_courier *courier;
	CURLM *multi;
	uv_timer_t timer;
};

struct sw_courier {
	struct sw_loop *loop;
	struct sw_courier_config config;
	struct sw_arena arena; /* texts of the config */
	struct sw_courier_side side[SW_SIDES];
	struct sw_courier_lane lane[SW_LANES];
	struct sw_map hosts;
	struct sw_list idle; /* hosts, longest idle first */
	unsigned idle_n;
	struct sw_timer tick; /* while jobs wait */
	CURL *spare[64];
	unsigned spare_n, jobs_n;
	bool dispatching, stopping, stopped;
	atomic_bool closing;
	struct sw_mail stop;
};

/* courier.c */
void sw_job_end(struct sw_job *job, enum sw_fetch_error error);
void sw_job_ended(struct sw_job *job);
/** End a job that waits or runs. */
void sw_job_abort(struct sw_job *job, enum sw_fetch_error error);

/* courier_lane.c */
/** Queue a job, or end it because its host or the lane has enough waiting. */
void sw_courier_lane_add(struct sw_courier *courier, struct sw_job *job);
/** A job that waits or runs leaves its lane; others may start. */
void sw_courier_lane_remove(struct sw_courier *courier, struct sw_job *job);
/** Some job that waits or runs, of any lane; NULL: none. */
struct sw_job *sw_courier_lane_any(struct sw_courier *courier);
/** Forget every host. */
void sw_courier_lane_close(struct sw_courier *courier);

/* courier_multi.c */
void sw_courier_multi_open(struct sw_courier *courier);
void sw_courier_multi_close(struct sw_courier *courier);
/** Hand a job to libcurl; ends it when the request is malformed. */
void sw_courier_multi_start(struct sw_courier *courier, struct sw_job *job);
/** Take a running job away from libcurl. */
void sw_courier_multi_abort(struct sw_courier *courier, struct sw_job *job);

#endif
