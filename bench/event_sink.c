/*
 * A sink of Event Streams that says how long events take: event_sink COUNT [PORT].  Prints its port; when COUNT events
 * came, a line of figures: rate from the first to the last, requests, and the time from what an event tells of (its
 * "time") to its arrival here, by the same clock.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"
#include "loop/clock.h"
#include "loop/loop.h"
#include "net/http_server.h"
#include "net/metrics.h"

static struct {
	struct sw_loop *loop;
	struct sw_http_server *server;
	int64_t *took_us, n, wanted, requests, first_us, last_us;
} sink;

static void on_drained(void *arg)
{
	sw_loop_stop(arg);
}

static void take(struct sw_str body, int64_t now_us)
{
	static const char mark[] = "\"datacontenttype\":\"application/json\",\"time\":\"";
	struct sw_str rest = body;
	ptrdiff_t at;
	while (sink.n < sink.wanted && (at = sw_str_find(rest, sw_str_of(mark))) >= 0) {
		int64_t time_us;
		rest = sw_str_from(rest, (size_t)at + sizeof(mark) - 1);
		struct sw_str text = sw_str_cut(&rest, '"');
		if (sw_time_parse(text, &time_us) == 0)
			sink.took_us[sink.n++] = now_us - time_us;
	}
}

static void on_request(void *owner, struct sw_http_request *request)
{
	struct sw_http_reply reply = { .status = 204 };
	(void)owner;
	sink.last_us = sw_wall_us();
	sink.first_us = sink.first_us ? sink.first_us : sink.last_us;
	sink.requests++;
	take(request->body, sink.last_us);
	sw_http_reply(request, &reply);
	if (sink.n >= sink.wanted)
		sw_http_server_drain(sink.server, on_drained, sink.loop);
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	sink.wanted = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
	if (sink.wanted < 1) {
		fprintf(stderr, "event_sink: COUNT [PORT]\n");
		return 2;
	}
	sink.took_us = calloc((size_t)sink.wanted, sizeof(*sink.took_us));
	struct sw_http_server_config config = { .address = SW_S("127.0.0.1"),
						.port = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 0,
						.on_request = on_request };
	sw_net_register_metrics();
	sink.loop = sw_loop_new("http");
	int err = sw_http_server_open(sink.loop, &config, &sink.server);
	if (err || !sink.took_us) {
		fprintf(stderr, "event_sink: %s\n", sw_err_text(err));
		return 1;
	}
	printf("%d\n", sw_http_server_port(sink.server));
	fflush(stdout);
	sw_loop_run(sink.loop);
	sw_loop_free(sink.loop);
	qsort(sink.took_us, (size_t)sink.n, sizeof(*sink.took_us), by_size);
	double took_s = (double)(sink.last_us - sink.first_us) / 1e6;
	printf("events: %lld in %lld requests, %.0f/s; from what happened to its arrival p50 %.2f, p99 %.2f, max %.2f ms\n",
	       (long long)sink.n, (long long)sink.requests, took_s > 0 ? (double)sink.n / took_s : 0,
	       (double)sink.took_us[sink.n / 2] / 1e3, (double)sink.took_us[sink.n * 99 / 100] / 1e3,
	       (double)sink.took_us[sink.n - 1] / 1e3);
	free(sink.took_us);
	return 0;
}
