#include "net/publish.h"

#include <stdlib.h>

#include "base/time.h"
#include "loop/clock.h"
#include "net/publish/publish_impl.h"

enum { SWEEP_US = 15 * 1000 * 1000 };

const struct sw_publish_limits sw_publish_limits = {
	.targets = 256,
	.owner_targets = 16,
	.batch_items = 10000,
	.waiting = 65536,
	.inflight = 4096,
	.idle_us = 300 * SW_US_PER_S,
	.connect_us = 2 * SW_US_PER_S,
	.timeout_us = 10 * SW_US_PER_S,
	.resend_us = 2 * SW_US_PER_S,
	.shutdown_us = 2 * SW_US_PER_S,
	.item_bytes = 1000 * 1000,
};

static const struct error_row {
	const char *name, *text;
	bool retryable;
} errors[SW_PUBLISH_ERRORS] = {
	[SW_PUBLISH_OK] = { "ok", "" },
	[SW_PUBLISH_BAD_TARGET] = { "bad_target", "The URL is malformed." },
	[SW_PUBLISH_BAD_ITEM] = { "bad_item",
				  "The event has no id, or its id, content type or subject cannot be sent." },
	[SW_PUBLISH_REFUSED_ADDRESS] = { "refused_address", "The host leads to an address that is not allowed." },
	[SW_PUBLISH_UNREACHABLE] = { "unreachable", "The broker cannot be reached.", true },
	[SW_PUBLISH_TLS] = { "tls", "No TLS connection could be made with the broker." },
	[SW_PUBLISH_AUTH] = { "auth", "The broker does not accept the credentials, or they may not publish there." },
	[SW_PUBLISH_NO_PLACE] = { "no_place", "The broker has no stream or topic of that name." },
	[SW_PUBLISH_TOO_LARGE] = { "too_large", "The event is larger than the broker takes." },
	[SW_PUBLISH_REFUSED] = { "refused", "The broker refused the event.", true },
	[SW_PUBLISH_TIMEOUT] = { "timeout", "The broker did not acknowledge the event in time.", true },
	[SW_PUBLISH_BUSY] = { "busy", "Too many events wait for this broker.", true },
	[SW_PUBLISH_BEHIND] = { "behind", "Not sent: an earlier event of the same key failed.", true },
	[SW_PUBLISH_CLOSED] = { "closed", "The server is ending.", true },
	[SW_PUBLISH_CANCELED] = { "canceled", "Nobody waits any more.", true },
};

const char *sw_publish_error_name(enum sw_publish_error error)
{
	return errors[error].name;
}

const char *sw_publish_error_text(enum sw_publish_error error)
{
	return errors[error].text;
}

bool sw_publish_retryable(enum sw_publish_error error)
{
	return errors[error].retryable;
}

/* ---- a job's end ---- */

static void fill(struct sw_published *results, size_t n, enum sw_publish_error error, struct sw_str why)
{
	for (size_t i = 0; i < n; i++)
		results[i] = (struct sw_published){
			.error = error,
			.retryable = errors[error].retryable,
			.why = why.p ? why : sw_str_of(errors[error].text),
		};
}

/* At home: the task goes on, or has gone. */
static void on_home(struct sw_mail *mail)
{
	struct sw_publish_job *job = SW_CONTAINER(mail, struct sw_publish_job, mail);
	if (job->wait)
		sw_wait_end(job->wait, 0);
	else
		sw_arena_free(job->arena);
}

static void send_home(struct sw_publish_job *job)
{
	job->mail.deliver = on_home;
	sw_loop_post(job->home, &job->mail);
}

static void on_done(struct sw_mail *mail)
{
	struct sw_publish_job *job = SW_CONTAINER(mail, struct sw_publish_job, mail);
	job->outlet->jobs_n--;
	send_home(job);
}

void sw_publish_job_done(struct sw_publish_job *job)
{
	job->mail.deliver = on_done;
	sw_loop_post(job->publish->loop, &job->mail);
}

/* ---- outlets, on the hub's loop ---- */

static void check_stopped(struct sw_publish *publish)
{
	if (!publish->stopping || publish->outlets_n)
		return;
	sw_timer_stop(&publish->sweep);
	sw_loop_stop(publish->loop);
}

static void on_closed(struct sw_mail *mail)
{
	struct sw_outlet *outlet = SW_CONTAINER(mail, struct sw_outlet, closed_mail);
	struct sw_publish *publish = outlet->publish;
	SW_BUG_ON(outlet->jobs_n);
	sw_loop_join(outlet->loop);
	sw_outlet_free(outlet);
	publish->outlets_n--;
	check_stopped(publish);
}

void sw_publish_outlet_closed(struct sw_outlet *outlet)
{
	outlet->closed_mail.deliver = on_closed;
	sw_loop_post(outlet->publish->loop, &outlet->closed_mail);
}

/* Who asks for the same URL from now on gets a new one. */
static void close_outlet(struct sw_outlet *outlet)
{
	(void)sw_map_take(&outlet->publish->by_key, outlet->key);
	sw_list_del(&outlet->node);
	outlet->close_mail.deliver = sw_outlet_on_close;
	sw_loop_post(outlet->loop, &outlet->close_mail);
}

static void on_sweep(struct sw_timer *timer)
{
	struct sw_publish *publish = SW_CONTAINER(timer, struct sw_publish, sweep);
	int64_t now_us = sw_mono_us();
	for (struct sw_list *at = publish->outlets.next, *next; at != &publish->outlets; at = next) {
		struct sw_outlet *outlet = SW_CONTAINER(at, struct sw_outlet, node);
		next = at->next;
		if (!outlet->jobs_n && now_us - outlet->used_us > sw_publish_limits.idle_us)
			close_outlet(outlet);
	}
	sw_timer_start(publish->loop, timer, SW_CLOCK_MONO, now_us + SWEEP_US, on_sweep);
}

/* The longest unused one goes when there are too many. */
static bool make_room(struct sw_publish *publish)
{
	if (publish->outlets_n < sw_publish_limits.targets)
		return true;
	for (struct sw_list *at = publish->outlets.next; at != &publish->outlets; at = at->next) {
		struct sw_outlet *outlet = SW_CONTAINER(at, struct sw_outlet, node);
		if (outlet->jobs_n)
			continue;
		close_outlet(outlet);
		break;
	}
	return false; /* its thread is not gone yet; come again */
}

/* Has the job's owner as many as one may?  A connection that several share is that of whoever came first. */
static bool owns_enough(const struct sw_publish_job *job)
{
	const struct sw_list *outlets = &job->publish->outlets;
	unsigned n = 0;
	for (struct sw_list *at = outlets->next; at != outlets && job->owner.n; at = at->next)
		n += sw_str_eq(SW_CONTAINER(at, struct sw_outlet, node)->owner, job->owner);
	return n >= sw_publish_limits.owner_targets;
}

static struct sw_outlet *find_outlet(struct sw_publish_job *job, enum sw_publish_error *ret_error,
				     struct sw_str *ret_why)
{
	struct sw_publish *publish = job->publish;
	struct sw_str key = sw_str_fmt(job->arena, "%c%.*s", job->trusted ? 'T' : 'C', SW_FMT(job->url));
	struct sw_outlet *outlet = sw_map_find(&publish->by_key, key);
	struct sw_publish_url url;
	if (outlet)
		return outlet;
	*ret_error = SW_PUBLISH_BAD_TARGET;
	if (sw_publish_url_parse(job->arena, job->url, job->trusted, &url, ret_why))
		return NULL;
	*ret_error = SW_PUBLISH_BUSY;
	if (owns_enough(job)) {
		*ret_why = SW_S("There are as many brokers connected as one account may have.");
		return NULL;
	}
	if (!make_room(publish)) {
		*ret_why = SW_S("There are as many brokers connected as this server allows.");
		return NULL;
	}
	outlet = sw_outlet_new(publish, key, &url, job);
	(void)sw_map_put(&publish->by_key, key, outlet);
	publish->outlets_n++;
	return outlet;
}

static void on_batch(struct sw_mail *mail)
{
	struct sw_publish_job *job = SW_CONTAINER(mail, struct sw_publish_job, mail);
	enum sw_publish_error error = SW_PUBLISH_CLOSED;
	struct sw_str why = SW_STR_NULL;
	struct sw_outlet *outlet = job->publish->stopping ? NULL : find_outlet(job, &error, &why);
	if (!outlet) {
		fill(job->results, job->n, error, why);
		sw_count(&sw_publish_metrics, SW_PUBLISH_FAILED, (int64_t)job->n);
		send_home(job);
		return;
	}
	outlet->jobs_n++;
	outlet->used_us = sw_mono_us();
	sw_list_del(&outlet->node);
	sw_list_push(&job->publish->outlets, &outlet->node);
	job->outlet = outlet;
	job->mail.deliver = sw_outlet_on_job;
	sw_loop_post(outlet->loop, &job->mail);
}

/* ---- the task's side ---- */

static struct sw_publish_job *job_new(struct sw_publish *publish, const struct sw_publish_target *target,
				      const struct sw_publish_item *items, size_t n)
{
	struct sw_arena *arena = sw_arena_new();
	struct sw_publish_job *job = SW_ARENA_NEW(arena, struct sw_publish_job);
	job->arena = arena;
	job->publish = publish;
	job->url = sw_str_dup(arena, target->url);
	job->trusted = target->trusted;
	job->owner = sw_str_dup(arena, target->owner);
	job->items = SW_ARENA_ARRAY(arena, struct sw_publish_item, n);
	job->results = SW_ARENA_ARRAY(arena, struct sw_published, n);
	job->entries = SW_ARENA_ARRAY(arena, struct sw_entry, n);
	job->n = job->left = n;
	for (size_t i = 0; i < n; i++) {
		job->items[i] = (struct sw_publish_item){
			.key = sw_str_dup(arena, items[i].key),
			.id = sw_str_dup(arena, items[i].id),
			.subject = sw_str_dup(arena, items[i].subject),
			.content_type = sw_str_dup(arena, items[i].content_type),
			.body = sw_str_dup(arena, items[i].body),
		};
		job->entries[i] = (struct sw_entry){ .item = &job->items[i], .result = &job->results[i], .job = job };
		sw_list_init(&job->entries[i].node);
		sw_list_init(&job->entries[i].age_node);
	}
	return job;
}

struct batch_wait {
	struct sw_wait wait;
	struct sw_publish_job *job;
};

/* The job ends by itself, soon enough: its items have a time limit. */
static void abandon(struct sw_wait *wait)
{
	SW_CONTAINER(wait, struct batch_wait, wait)->job->wait = NULL;
}

/* Whoever follows a log publishes for ever in one task: it keeps nothing but what went wrong. */
static int take_results(struct sw_publish_job *job, struct sw_arena *arena, struct sw_published *results)
{
	int err = 0;
	for (size_t i = 0; i < job->n; i++) {
		results[i] = job->results[i];
		if (!results[i].error)
			continue;
		results[i].why = sw_str_dup(arena, results[i].why);
		if (err != SW_EIO)
			err = results[i].retryable ? SW_EAGAIN : SW_EIO;
	}
	sw_arena_free(job->arena);
	return err;
}

int sw_publish_batch_wait(struct sw_task *task, struct sw_publish *publish, const struct sw_publish_target *target,
			  const struct sw_publish_item *items, size_t n, struct sw_published *results)
{
	if (sw_task_cancelled(task)) {
		fill(results, n, SW_PUBLISH_CANCELED, SW_STR_NULL);
		return SW_ECANCELED;
	}
	if (atomic_load(&publish->closing)) {
		fill(results, n, SW_PUBLISH_CLOSED, SW_STR_NULL);
		return SW_ECLOSED;
	}
	if (n > sw_publish_limits.batch_items) {
		fill(results, n, SW_PUBLISH_BUSY, SW_S("The batch has too many events."));
		return SW_ELIMIT;
	}
	if (n == 0)
		return 0;
	struct batch_wait batch = { .wait = { .task = task, .abandon = abandon } };
	struct sw_publish_job *job = batch.job = job_new(publish, target, items, n);
	job->home = sw_task_loop(task);
	job->wait = &batch.wait;
	job->mail.deliver = on_batch;
	sw_loop_post(publish->loop, &job->mail);
	if (sw_wait_begin(&batch.wait)) {
		fill(results, n, SW_PUBLISH_CANCELED, SW_STR_NULL);
		return SW_ECANCELED; /* the job frees itself when it comes back */
	}
	return take_results(job, sw_task_arena(task), results);
}

/* ---- the hub ---- */

static void on_stop(struct sw_mail *mail)
{
	struct sw_publish *publish = SW_CONTAINER(mail, struct sw_publish, stop);
	publish->stopping = true;
	while (!sw_list_empty(&publish->outlets))
		close_outlet(SW_CONTAINER(publish->outlets.next, struct sw_outlet, node));
	check_stopped(publish);
}

void sw_publish_stop(struct sw_publish *publish)
{
	if (atomic_exchange(&publish->closing, true))
		return;
	publish->stop.deliver = on_stop;
	sw_loop_post(publish->loop, &publish->stop);
	sw_loop_join(publish->loop);
}

void sw_publish_free(struct sw_publish *publish)
{
	if (!publish)
		return;
	sw_publish_stop(publish);
	sw_loop_free(publish->loop);
	sw_map_done(&publish->by_key);
	sw_arena_done(&publish->arena);
	free(publish);
}

struct sw_publish *sw_publish_new(const struct sw_publish_config *config)
{
	struct sw_publish *publish = calloc(1, sizeof(*publish));
	SW_BUG_ON(!publish);
	sw_arena_init(&publish->arena);
	publish->config = *config;
	publish->config.ca_file = sw_str_dup(&publish->arena, config->ca_file);
	sw_list_init(&publish->outlets);
	publish->loop = sw_loop_new("publish-hub");
	sw_timer_start(publish->loop, &publish->sweep, SW_CLOCK_MONO, sw_mono_us() + SWEEP_US, on_sweep);
	sw_loop_start(publish->loop);
	return publish;
}
