/*
 * net/metrics.h - what this room counts.  Thread: sw_net_register_metrics once at start.
 */
#ifndef SW_NET_METRICS_H
#define SW_NET_METRICS_H

#include "base/metrics.h"

enum sw_http_metric {
	SW_HTTP_CONNECTIONS,
	SW_HTTP_ACCEPTED,
	SW_HTTP_REQUESTS,
	SW_HTTP_BUSY,
	SW_HTTP_LATENCY,
	SW_HTTP_IN_BYTES,
	SW_HTTP_OUT_BYTES,
	SW_HTTP_VANISHED,
	SW_HTTP_BAD_FRAMING,
	SW_HTTP_TOO_LARGE,
	SW_HTTP_TIMED_OUT,
	SW_HTTP_SLOW_READER,
	SW_HTTP_OVER_CONNECTIONS,
	SW_HTTP_OVER_REQUESTS,
	SW_HTTP_METRICS
};

enum sw_courier_metric {
	SW_COURIER_FETCHES,
	SW_COURIER_ERRORS,
	SW_COURIER_REFUSED,
	SW_COURIER_RUNNING,
	SW_COURIER_WAITING,
	SW_COURIER_LATENCY,
	SW_COURIER_CONNECTS,
	SW_COURIER_TURNED_AWAY,
	SW_COURIER_METRICS
};

extern struct sw_metric_set sw_http_metrics, sw_courier_metrics;

/** Register both sets. */
void sw_net_register_metrics(void);

#endif
