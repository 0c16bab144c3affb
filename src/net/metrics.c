#include "net/metrics.h"

static const struct sw_metric http_rows[SW_HTTP_METRICS] = {
	[SW_HTTP_CONNECTIONS] = { "strowger_http_connections", "Client connections open.", SW_GAUGE },
	[SW_HTTP_ACCEPTED] = { "strowger_http_accepted_total", "Connections accepted.", SW_COUNTER },
	[SW_HTTP_REQUESTS] = { "strowger_http_requests_total", "Requests read whole.", SW_COUNTER },
	[SW_HTTP_BUSY] = { "strowger_http_requests_running", "Requests read and not yet answered.", SW_GAUGE },
	[SW_HTTP_LATENCY] = { "strowger_http_request_seconds", "From a request's first byte to its reply, seconds.",
			      SW_HISTOGRAM_US },
	[SW_HTTP_IN_BYTES] = { "strowger_http_received_bytes_total", "Bytes read from clients.", SW_COUNTER },
	[SW_HTTP_OUT_BYTES] = { "strowger_http_sent_bytes_total", "Bytes of replies.", SW_COUNTER },
	[SW_HTTP_VANISHED] = { "strowger_http_vanished_total", "Clients gone before their reply.", SW_COUNTER },
	[SW_HTTP_BAD_FRAMING] = { "strowger_http_refused_framing_total", "Refused: framing.", SW_COUNTER },
	[SW_HTTP_TOO_LARGE] = { "strowger_http_refused_size_total", "Refused: target, head or body too large.",
				SW_COUNTER },
	[SW_HTTP_TIMED_OUT] = { "strowger_http_refused_slow_total", "Refused: head or body came too slowly.",
				SW_COUNTER },
	[SW_HTTP_SLOW_READER] = { "strowger_http_slow_readers_total", "Closed: the client did not read its reply.",
				  SW_COUNTER },
	[SW_HTTP_OVER_CONNECTIONS] = { "strowger_http_refused_connections_total", "Refused: too many connections.",
				       SW_COUNTER },
	[SW_HTTP_OVER_REQUESTS] = { "strowger_http_refused_requests_total", "Refused: too many requests at once.",
				    SW_COUNTER },
};

static const struct sw_metric courier_rows[SW_COURIER_METRICS] = {
	[SW_COURIER_FETCHES] = { "strowger_courier_fetches_total", "Outbound requests ended.", SW_COUNTER },
	[SW_COURIER_ERRORS] = { "strowger_courier_errors_total", "Outbound requests that got no answer.", SW_COUNTER },
	[SW_COURIER_REFUSED] = { "strowger_courier_refused_total",
				 "Outbound requests to addresses that are not allowed.", SW_COUNTER },
	[SW_COURIER_RUNNING] = { "strowger_courier_running", "Outbound requests under way.", SW_GAUGE },
	[SW_COURIER_WAITING] = { "strowger_courier_waiting", "Outbound requests waiting for their lane.", SW_GAUGE },
	[SW_COURIER_LATENCY] = { "strowger_courier_fetch_seconds", "Outbound request, first to last byte, seconds.",
				 SW_HISTOGRAM_US },
	[SW_COURIER_CONNECTS] = { "strowger_courier_connects_total", "Connections opened.", SW_COUNTER },
	[SW_COURIER_TURNED_AWAY] = { "strowger_courier_turned_away_total",
				     "Outbound requests not taken: enough of their host were waiting.", SW_COUNTER },
};

struct sw_metric_set sw_http_metrics = SW_METRIC_SET(http_rows);
struct sw_metric_set sw_courier_metrics = SW_METRIC_SET(courier_rows);

void sw_net_register_metrics(void)
{
	sw_metric_register(&sw_http_metrics);
	sw_metric_register(&sw_courier_metrics);
}
