#include "product/event/event.h"

#include "product/event/event_sink.h"

static const struct sw_field failure[] = {
	SW_EVENT_INT("error_code", "93101."),
	SW_EVENT_TEXT("message", "What the code means."),
	SW_EVENT_TEXT("what_to_do", "What helps."),
	SW_EVENT_TEXT("why", "What went wrong this time."),
	SW_EVENT_TEXT("method", "Method of the request, or PUBLISH."),
	SW_EVENT_TEXT("url", "Where it went, without user, password and query."),
	SW_EVENT_INT("status", "Status of the answer; 0: none came."),
	{ 0 },
};
static const struct sw_field replayed[] = { SW_EVENT_INT("behind", "Events of the log that it is given again."),
					    { 0 } };

#define FAILURE failure, NULL, "Strowger.SinkFailure"
static const struct sw_event_row events[] = {
	{ "sink.tested", "Somebody asked for a test event.", NULL, "com.twilio.eventstreams.test-event",
	  "EventStreams.TestSink" },
	{ "sink.failed", "A sink failed, for the first time in a row; it is tried again.", FAILURE },
	{ "sink.failing", "A sink has only failed for an hour, a day, three days.", FAILURE },
	{ "sink.disabled", "A sink has only failed for five days and is switched off.", FAILURE },
	{ "sink.discarded", "A sink refused events for good; they are not tried again.", FAILURE },
	{ "sink.recovered", "A sink takes events again.", NULL, NULL, "Strowger.SinkRecovery" },
	{ "sink.replayed", "A sink was sent back in the log.", replayed, NULL, "Strowger.SinkReplay" },
	{ 0 },
};

static const struct sw_metric metrics[EVENT_METRICS] = {
	[EVENT_TAKEN] = { "strowger_event_sink_taken_total", "Events that sinks took.", SW_COUNTER },
	[EVENT_REFUSED] = { "strowger_event_sink_discarded_total", "Events that sinks refused for good.", SW_COUNTER },
	[EVENT_ATTEMPTS_FAILED] = { "strowger_event_sink_failed_total", "Attempts at sinks that failed and are repeated.",
				    SW_COUNTER },
};
struct sw_metric_set event_metrics = SW_METRIC_SET(metrics);

static const struct sw_endpoint *const more[] = { event_example_endpoints, event_type_endpoints,
						  event_sink_endpoints,    event_subscribed_endpoints,
						  event_stream_endpoints,  NULL };
static const struct sw_resource *const resources[] = { &event_sink, &event_subscription, &event_native, NULL };

const struct sw_module event_module = {
	.name = "event",
	.group = "events",
	.endpoints = event_log_endpoints,
	.more = more,
	.resources = resources,
	.sql = &event_sql_table,
	.events = events,
	.metrics = &event_metrics,
};
