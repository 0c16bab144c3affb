#include "net/courier.h"

#include <stdlib.h>

#include "loop/clock.h"
#include "net/courier/courier_impl.h"

/* ---- a job's end, on the courier's loop ---- */

static void check_stopped(struct sw_courier *courier)
{
	if (!courier->stopping || courier->jobs_n || courier->stopped)
		return;
	courier->stopped = true;
	sw_courier_multi_close(courier);
	sw_loop_stop(courier->loop);
}

static void on_result(struct sw_mail *mail);

static void send_home(struct sw_job *job)
{
	struct sw_courier *courier = job->courier;
	courier->jobs_n--;
	job->mail.deliver = on_result;
	sw_loop_post(job->home, &job->mail); /* the job is not ours any more */
	check_stopped(courier);
}

/* transfer.fetched says how. A job whose cancellation is on its way stays until that has arrived. */
void sw_job_ended(struct sw_job *job)
{
	struct sw_fetched *fetched = &job->transfer.fetched;
	enum sw_job_claim live = SW_JOB_LIVE;
	job->state = SW_JOB_ENDED;
	sw_count(&sw_courier_metrics, SW_COURIER_FETCHES, 1);
	if (fetched->error)
		sw_count(&sw_courier_metrics, SW_COURIER_ERRORS, 1);
	else
		sw_observe_us(&sw_courier_metrics, SW_COURIER_LATENCY, fetched->total_us);
	if (fetched->error == SW_FETCH_REFUSED_ADDRESS)
		sw_count(&sw_courier_metrics, SW_COURIER_REFUSED, 1);
	if (atomic_compare_exchange_strong(&job->claim, &live, SW_JOB_DONE) || job->cancel_arrived)
		send_home(job);
}

void sw_job_end(struct sw_job *job, enum sw_fetch_error error)
{
	sw_transfer_fail(&job->transfer, error);
	sw_job_ended(job);
}

void sw_job_abort(struct sw_job *job, enum sw_fetch_error error)
{
	struct sw_courier *courier = job->courier;
	if (job->state == SW_JOB_RUNNING)
		sw_courier_multi_abort(courier, job);
	sw_transfer_fail(&job->transfer, error);
	sw_courier_lane_remove(courier, job);
	sw_job_ended(job);
}

static void on_cancel(struct sw_mail *mail)
{
	struct sw_job *job = SW_CONTAINER(mail, struct sw_job, cancel);
	job->cancel_arrived = true;
	if (job->state == SW_JOB_ENDED)
		send_home(job);
	else
		sw_job_abort(job, SW_FETCH_CANCELED);
}

static void on_request(struct sw_mail *mail)
{
	struct sw_job *job = SW_CONTAINER(mail, struct sw_job, mail);
	struct sw_courier *courier = job->courier;
	courier->jobs_n++;
	if (courier->stopping) {
		sw_job_end(job, SW_FETCH_CLOSED);
		return;
	}
	sw_courier_lane_add(courier, job);
}

/* ---- the task's side ---- */

static void on_result(struct sw_mail *mail)
{
	struct sw_job *job = SW_CONTAINER(mail, struct sw_job, mail);
	if (job->wait)
		sw_wait_end(job->wait, 0);
	else
		sw_arena_free(job->arena);
}

struct fetch_wait {
	struct sw_wait wait;
	struct sw_job *job;
};

static void abandon(struct sw_wait *wait)
{
	struct sw_job *job = SW_CONTAINER(wait, struct fetch_wait, wait)->job;
	enum sw_job_claim live = SW_JOB_LIVE;
	job->wait = NULL;
	/* Lost the race: the result is in our mailbox and the courier may be gone. */
	if (!atomic_compare_exchange_strong(&job->claim, &live, SW_JOB_CANCELLED))
		return;
	job->cancel.deliver = on_cancel;
	sw_loop_post(job->courier->loop, &job->cancel);
}

static const struct sw_fetch_identity *identity_dup(struct sw_arena *arena, const struct sw_fetch_identity *identity)
{
	if (!identity)
		return NULL;
	struct sw_fetch_identity *copy = SW_ARENA_NEW(arena, struct sw_fetch_identity);
	copy->owner = sw_str_dup(arena, identity->owner);
	copy->certificate = sw_str_dup(arena, identity->certificate);
	copy->private_key = sw_str_dup(arena, identity->private_key);
	copy->authorities = sw_str_dup(arena, identity->authorities);
	copy->exact = identity->exact;
	return copy;
}

static struct sw_job *job_new(struct sw_courier *courier, struct sw_loop *home, const struct sw_fetch *request)
{
	struct sw_arena *arena = sw_arena_new();
	struct sw_job *job = SW_ARENA_NEW(arena, struct sw_job);
	job->fetch = *request;
	job->fetch.method = sw_str_dup(arena, request->method);
	job->fetch.url = sw_str_dup(arena, request->url);
	job->fetch.body = sw_str_dup(arena, request->body);
	job->fetch.identity = identity_dup(arena, request->identity);
	sw_transfer_defaults(&job->fetch);
	job->transfer = (struct sw_transfer){ .fetch = &job->fetch, .config = &courier->config, .arena = arena };
	sw_transfer_compose(&job->transfer);
	job->fetch.headers = NULL; /* the asker's */
	job->mail.deliver = on_request;
	job->arena = arena;
	job->courier = courier;
	job->home = home;
	job->submitted_us = sw_mono_us();
	sw_list_init(&job->node);
	return job;
}

static int fail_now(struct sw_fetched *ret, enum sw_fetch_error error)
{
	*ret = (struct sw_fetched){ .error = error, .why = sw_transfer_why(error) };
	return sw_transfer_result(error);
}

static void free_arena(void *arena)
{
	sw_arena_free(arena);
}

int sw_courier_fetch_wait(struct sw_task *task, struct sw_courier *courier, const struct sw_fetch *request,
			  struct sw_fetched *ret)
{
	if (sw_task_cancelled(task))
		return fail_now(ret, SW_FETCH_CANCELED);
	if (atomic_load(&courier->closing))
		return fail_now(ret, SW_FETCH_CLOSED);
	struct fetch_wait fetch = { .wait = { .task = task, .abandon = abandon } };
	struct sw_job *job = fetch.job = job_new(courier, sw_task_loop(task), request);
	job->wait = &fetch.wait;
	sw_loop_post(courier->loop, &job->mail);
	if (sw_wait_begin(&fetch.wait))
		return fail_now(ret, SW_FETCH_CANCELED); /* the job frees itself when it comes back */
	sw_arena_hold(sw_task_arena(task), free_arena, job->arena);
	*ret = job->transfer.fetched;
	return sw_transfer_result(ret->error);
}

/* ---- the courier ---- */

static void on_stop(struct sw_mail *mail)
{
	struct sw_courier *courier = SW_CONTAINER(mail, struct sw_courier, stop);
	struct sw_job *job;
	courier->stopping = true;
	while ((job = sw_courier_lane_any(courier)))
		sw_job_abort(job, SW_FETCH_CLOSED);
	check_stopped(courier);
}

void sw_courier_stop(struct sw_courier *courier)
{
	if (atomic_exchange(&courier->closing, true))
		return;
	courier->stop.deliver = on_stop;
	sw_loop_post(courier->loop, &courier->stop);
	sw_loop_join(courier->loop);
}

void sw_courier_free(struct sw_courier *courier)
{
	if (!courier)
		return;
	sw_courier_stop(courier);
	sw_loop_free(courier->loop);
	SW_BUG_ON(courier->jobs_n);
	sw_courier_lane_close(courier);
	sw_map_done(&courier->hosts);
	sw_arena_done(&courier->arena);
	free(courier);
}

struct sw_courier *sw_courier_new(const struct sw_courier_config *config)
{
	struct sw_courier *courier = calloc(1, sizeof(*courier));
	SW_BUG_ON(!courier);
	sw_arena_init(&courier->arena);
	courier->config = *config;
	courier->config.ca_file = sw_str_dup(&courier->arena, config->ca_file);
	courier->config.user_agent = sw_str_dup(&courier->arena, config->user_agent);
	for (int lane = 0; lane < SW_LANES; lane++)
		for (int pace = 0; pace < SW_PACES; pace++)
			sw_list_init(&courier->lane[lane].ready[pace]);
	sw_list_init(&courier->idle);
	courier->loop = sw_loop_new("courier");
	sw_courier_multi_open(courier);
	sw_loop_start(courier->loop);
	return courier;
}
