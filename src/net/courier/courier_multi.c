#include <stdlib.h>

#include "loop/clock.h"
#include "net/courier/courier_impl.h"

/* Idle connections kept, per side. */
#define CONNECTIONS_KEPT 512L

/* A socket that libcurl wants watched. */
struct watched {
	uv_poll_t poll;
	struct sw_courier_side *side;
	curl_socket_t fd;
};

static void on_watched_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static CURL *easy_take(struct sw_courier *courier)
{
	if (courier->spare_n)
		return courier->spare[--courier->spare_n];
	CURL *easy = curl_easy_init();
	SW_BUG_ON(!easy);
	sw_transfer_prepare(easy, &courier->config);
	return easy;
}

/* Its fixed options stay, but nothing of a request with a user and password in its URL, or with an identity, does. */
static void easy_give_back(struct sw_courier *courier, struct sw_job *job)
{
	CURL *easy = job->transfer.easy;
	if (courier->spare_n == SW_COUNTOF(courier->spare)) {
		curl_easy_cleanup(easy);
		return;
	}
	if (job->fetch.identity || sw_str_index(job->fetch.url, '@') >= 0) {
		curl_easy_reset(easy);
		sw_transfer_prepare(easy, &courier->config);
	}
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, NULL);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS, NULL);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, NULL);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, NULL);
	courier->spare[courier->spare_n++] = easy;
}

static struct sw_courier_side *side_of(struct sw_courier *courier, const struct sw_job *job)
{
	return &courier->side[job->fetch.trusted ? SW_SIDE_TRUSTED : SW_SIDE_GUARDED];
}

/* ---- what libcurl finished ---- */

static void collect(struct sw_courier_side *side)
{
	struct sw_courier *courier = side->courier;
	CURLMsg *msg;
	int left;
	while ((msg = curl_multi_info_read(side->multi, &left))) {
		struct sw_transfer *transfer = NULL;
		CURLcode code = msg->data.result;
		CURL *easy = msg->easy_handle;
		if (msg->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
		struct sw_job *job = SW_CONTAINER(transfer, struct sw_job, transfer);
		sw_transfer_end(transfer, code);
		curl_multi_remove_handle(side->multi, easy);
		easy_give_back(courier, job);
		sw_courier_lane_remove(courier, job);
		sw_job_ended(job);
	}
}

/* ---- libcurl's wishes, on libuv ---- */

static void on_ready(uv_poll_t *poll, int status, int events)
{
	struct watched *watched = poll->data;
	struct sw_courier_side *side = watched->side;
	int flags = status < 0 ? CURL_CSELECT_ERR : 0, running;
	flags |= events & UV_READABLE ? CURL_CSELECT_IN : 0;
	flags |= events & UV_WRITABLE ? CURL_CSELECT_OUT : 0;
	curl_multi_socket_action(side->multi, watched->fd, flags, &running);
	collect(side);
}

static int on_socket_wish(CURL *easy, curl_socket_t fd, int what, void *data, void *socket_data)
{
	struct sw_courier_side *side = data;
	struct watched *watched = socket_data;
	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (watched) {
			uv_poll_stop(&watched->poll);
			uv_close((uv_handle_t *)&watched->poll, on_watched_closed);
			curl_multi_assign(side->multi, fd, NULL);
		}
		return 0;
	}
	if (!watched) {
		watched = calloc(1, sizeof(*watched));
		SW_BUG_ON(!watched);
		watched->side = side;
		watched->fd = fd;
		watched->poll.data = watched;
		if (uv_poll_init_socket(sw_loop_uv(side->courier->loop), &watched->poll, fd) != 0) {
			free(watched);
			return -1;
		}
		curl_multi_assign(side->multi, fd, watched);
	}
	int events = (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);
	uv_poll_start(&watched->poll, events, on_ready);
	return 0;
}

static void on_timer(uv_timer_t *timer)
{
	struct sw_courier_side *side = timer->data;
	int running;
	curl_multi_socket_action(side->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	collect(side);
}

static int on_timer_wish(CURLM *multi, long timeout_ms, void *data)
{
	struct sw_courier_side *side = data;
	(void)multi;
	if (timeout_ms < 0) {
		uv_timer_stop(&side->timer);
		return 0;
	}
	uv_update_time(sw_loop_uv(side->courier->loop));
	uv_timer_start(&side->timer, on_timer, (uint64_t)timeout_ms, 0);
	return 0;
}

/* ---- jobs ---- */

/* Late by nothing: moved on for as long as bytes came meanwhile. */
static void on_read_timer(struct sw_timer *timer)
{
	struct sw_job *job = SW_CONTAINER(timer, struct sw_job, timer);
	int64_t now = sw_mono_us(), sent_us = sw_transfer_sent_us(&job->transfer);
	int64_t heard_us = job->transfer.heard_us;
	if (heard_us < job->started_us + sent_us)
		heard_us = sent_us ? job->started_us + sent_us : now;
	int64_t end_us = heard_us + job->fetch.read_timeout_ms * 1000;
	if (now >= end_us)
		sw_job_abort(job, SW_FETCH_TIMEOUT);
	else
		sw_timer_start(job->courier->loop, timer, SW_CLOCK_MONO, end_us, on_read_timer);
}

void sw_courier_multi_start(struct sw_courier *courier, struct sw_job *job)
{
	struct sw_transfer *transfer = &job->transfer;
	transfer->easy = easy_take(courier);
	enum sw_fetch_error error = sw_transfer_begin(transfer);
	if (!error && curl_multi_add_handle(side_of(courier, job)->multi, transfer->easy) == CURLM_OK) {
		if (job->fetch.read_timeout_ms)
			sw_timer_start(courier->loop, &job->timer, SW_CLOCK_MONO,
				       job->started_us + job->fetch.read_timeout_ms * 1000, on_read_timer);
		return;
	}
	easy_give_back(courier, job);
	sw_transfer_fail(transfer, error ? error : SW_FETCH_PROTOCOL);
	sw_courier_lane_remove(courier, job);
	sw_job_ended(job);
}

void sw_courier_multi_abort(struct sw_courier *courier, struct sw_job *job)
{
	curl_multi_remove_handle(side_of(courier, job)->multi, job->transfer.easy);
	easy_give_back(courier, job);
}

void sw_courier_multi_open(struct sw_courier *courier)
{
	sw_transfer_global();
	for (int i = 0; i < SW_SIDES; i++) {
		struct sw_courier_side *side = &courier->side[i];
		side->courier = courier;
		side->timer.data = side;
		uv_timer_init(sw_loop_uv(courier->loop), &side->timer);
		side->multi = curl_multi_init();
		SW_BUG_ON(!side->multi);
		curl_multi_setopt(side->multi, CURLMOPT_SOCKETFUNCTION, on_socket_wish);
		curl_multi_setopt(side->multi, CURLMOPT_SOCKETDATA, side);
		curl_multi_setopt(side->multi, CURLMOPT_TIMERFUNCTION, on_timer_wish);
		curl_multi_setopt(side->multi, CURLMOPT_TIMERDATA, side);
		curl_multi_setopt(side->multi, CURLMOPT_MAXCONNECTS, CONNECTIONS_KEPT);
	}
}

void sw_courier_multi_close(struct sw_courier *courier)
{
	while (courier->spare_n)
		curl_easy_cleanup(courier->spare[--courier->spare_n]);
	for (int i = 0; i < SW_SIDES; i++) {
		curl_multi_cleanup(courier->side[i].multi);
		uv_close((uv_handle_t *)&courier->side[i].timer, NULL);
	}
}
