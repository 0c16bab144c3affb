/* What this room's events hold; those of requests that failed are core/webhook's. */
#include "product/webhook/webhook.h"

#include "core/event/event_type.h"

static const struct sw_field endpoint[] = {
	SW_EVENT_TEXT("url", "The endpoint: scheme, host, port and path."),
	SW_EVENT_TEXT("status", "enabled or disabled."),
	SW_EVENT_TEXT("reason", "Why it is disabled: failing, gone, requested."),
	SW_EVENT_INT("requests", "Requests of the last minute."),
	SW_EVENT_INT("failed", "Those of them that failed."),
	SW_EVENT_TIME("next_probe", "When one callback is let through."),
	SW_EVENT_TIME("failing_since", "Since when its callbacks do nothing but fail."),
	SW_EVENT_INT("failing_for_s", "How long that is."),
	{ 0 },
};

static const struct sw_field replay[] = {
	{ .name = "request", .doc = "What was asked for: the id, or the members of the filter.", .type = SW_JSON },
	SW_EVENT_INT("total", "Callbacks that it was about when it began."),
	SW_EVENT_INT("replayed", "Those of them that are on their way again."),
	{ 0 },
};

#define ENDPOINT endpoint, NULL, "Strowger.WebhookEndpoint"
#define REPLAY replay, NULL, "Strowger.WebhookReplay"
const struct sw_event_row webhook_events[] = {
	{ "webhook.endpoint_opened", "Half of an endpoint's requests failed: its callbacks wait for a probe.",
	  ENDPOINT },
	{ "webhook.endpoint_closed", "A probe succeeded: an endpoint's callbacks go on.", ENDPOINT },
	{ "webhook.endpoint_failing", "An endpoint's callbacks do nothing but fail, for 1, 24 or 72 hours.", ENDPOINT },
	{ "webhook.endpoint_disabled", "An endpoint gets no callbacks any more.", ENDPOINT },
	{ "webhook.endpoint_enabled", "An endpoint gets callbacks again.", ENDPOINT },
	{ "webhook.endpoint_updated", "The limits of an endpoint were changed.", ENDPOINT },
	{ "webhook.replay_started", "Callbacks are to be sent again.", REPLAY },
	{ "webhook.replay_completed", "All callbacks of a replay are on their way again.", REPLAY },
	{ 0 },
};
