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
	[SW_HTTP_SHAKES] = { "strowger_tls_handshakes_total", "TLS handshakes of clients done.", SW_COUNTER },
	[SW_HTTP_SHAKES_FAILED] = { "strowger_tls_handshakes_failed_total",
				    "Connections closed in the TLS handshake: too slow, no TLS, nothing in common.",
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

/* clang-format off */
static const struct sw_metric smpp_rows[SW_SMPP_METRICS] = {
	[SW_SMPP_CONNECTS] = { "strowger_smpp_connects_total", "Connections to SMSCs.", SW_COUNTER },
	[SW_SMPP_CONNECTS_FAILED] = { "strowger_smpp_connects_failed_total", "Connections that failed, or whose bind got no answer.", SW_COUNTER },
	[SW_SMPP_BINDS] = { "strowger_smpp_binds_total", "Binds that SMSCs took.", SW_COUNTER },
	[SW_SMPP_BINDS_REFUSED] = { "strowger_smpp_binds_refused_total", "Binds that SMSCs refused.", SW_COUNTER },
	[SW_SMPP_BINDS_LOST] = { "strowger_smpp_binds_lost_total", "Binds that ended by themselves.", SW_COUNTER },
	[SW_SMPP_BINDS_ENDED] = { "strowger_smpp_binds_ended_total", "Binds that this program ended.", SW_COUNTER },
	[SW_SMPP_BOUND] = { "strowger_smpp_bound", "Binds that are up.", SW_GAUGE },
	[SW_SMPP_IN_SUBMIT_RESP] = { "strowger_smpp_in_submit_sm_resp_total", "PDUs received: submit_sm_resp.", SW_COUNTER },
	[SW_SMPP_IN_DELIVER] = { "strowger_smpp_in_deliver_sm_total", "PDUs received: deliver_sm.", SW_COUNTER },
	[SW_SMPP_IN_DATA] = { "strowger_smpp_in_data_sm_total", "PDUs received: data_sm.", SW_COUNTER },
	[SW_SMPP_IN_ENQUIRE] = { "strowger_smpp_in_enquire_link_total", "PDUs received: enquire_link.", SW_COUNTER },
	[SW_SMPP_IN_ENQUIRE_RESP] = { "strowger_smpp_in_enquire_link_resp_total", "PDUs received: enquire_link_resp.", SW_COUNTER },
	[SW_SMPP_IN_NACK] = { "strowger_smpp_in_generic_nack_total", "PDUs received: generic_nack.", SW_COUNTER },
	[SW_SMPP_IN_UNBIND] = { "strowger_smpp_in_unbind_total", "PDUs received: unbind.", SW_COUNTER },
	[SW_SMPP_IN_OTHER] = { "strowger_smpp_in_other_total", "PDUs received: all others.", SW_COUNTER },
	[SW_SMPP_OUT_SUBMIT] = { "strowger_smpp_out_submit_sm_total", "PDUs sent: submit_sm.", SW_COUNTER },
	[SW_SMPP_OUT_DELIVER_RESP] = { "strowger_smpp_out_deliver_sm_resp_total", "PDUs sent: deliver_sm_resp.", SW_COUNTER },
	[SW_SMPP_OUT_ENQUIRE] = { "strowger_smpp_out_enquire_link_total", "PDUs sent: enquire_link.", SW_COUNTER },
	[SW_SMPP_OUT_NACK] = { "strowger_smpp_out_generic_nack_total", "PDUs sent: generic_nack.", SW_COUNTER },
	[SW_SMPP_OUT_OTHER] = { "strowger_smpp_out_other_total", "PDUs sent: all others.", SW_COUNTER },
	[SW_SMPP_BAD_PDUS] = { "strowger_smpp_bad_pdus_total", "PDUs received that break the specification.", SW_COUNTER },
	[SW_SMPP_STRAYS] = { "strowger_smpp_stray_responses_total", "Responses to nothing that was asked.", SW_COUNTER },
	[SW_SMPP_TIMEOUTS] = { "strowger_smpp_timeouts_total", "Requests that got no response in time.", SW_COUNTER },
	[SW_SMPP_HELD] = { "strowger_smpp_held_total", "Times an SMSC was not read from, since too many of its requests were unanswered.", SW_COUNTER },
};

static const struct sw_metric publish_rows[SW_PUBLISH_METRICS] = {
	[SW_PUBLISH_TAKEN] = { "strowger_publish_taken_total", "Events that brokers acknowledged.", SW_COUNTER },
	[SW_PUBLISH_FAILED] = { "strowger_publish_failed_total", "Events that were not published, or not for certain.", SW_COUNTER },
	[SW_PUBLISH_AGAIN] = { "strowger_publish_again_total", "Events sent once more, since no acknowledgement came.", SW_COUNTER },
	[SW_PUBLISH_WAITING] = { "strowger_publish_waiting", "Events that wait or are under way.", SW_GAUGE },
	[SW_PUBLISH_CONNECTED] = { "strowger_publish_connected", "Brokers that are connected.", SW_GAUGE },
	[SW_PUBLISH_CONNECTS] = { "strowger_publish_connects_total", "Times a broker was connected.", SW_COUNTER },
	[SW_PUBLISH_LOST] = { "strowger_publish_lost_total", "Times the connection to a broker was lost.", SW_COUNTER },
	[SW_PUBLISH_LATENCY] = { "strowger_publish_seconds", "From sending an event to its acknowledgement, seconds.", SW_HISTOGRAM_US },
};
/* clang-format on */

struct sw_metric_set sw_publish_metrics = SW_METRIC_SET(publish_rows);
struct sw_metric_set sw_smpp_metrics = SW_METRIC_SET(smpp_rows);
struct sw_metric_set sw_http_metrics = SW_METRIC_SET(http_rows);
struct sw_metric_set sw_courier_metrics = SW_METRIC_SET(courier_rows);

void sw_net_register_metrics(void)
{
	sw_metric_register(&sw_http_metrics);
	sw_metric_register(&sw_courier_metrics);
	sw_metric_register(&sw_smpp_metrics);
	sw_metric_register(&sw_publish_metrics);
}
