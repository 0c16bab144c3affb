#include "core/webhook/record.h"

#include "base/buf.h"
#include "core/alert/alert.h"
#include "loop/clock.h"

/* A line each, as many whole ones as fit. */
static struct sw_str header_text(struct sw_arena *arena, const struct sw_http_header *headers, size_t n)
{
	size_t bytes = 0, fit = 0;
	for (; fit < n; fit++) {
		size_t line = headers[fit].name.n + sw_alert_header(&headers[fit]).n + 3;
		if (bytes + line > SW_ATTEMPT_TEXT_MAX)
			break;
		bytes += line;
	}
	struct sw_buf text = { .arena = arena };
	sw_buf_reserve(&text, bytes + 1);
	for (size_t i = 0; i < fit; i++) {
		sw_buf_add_str(&text, headers[i].name);
		sw_buf_add(&text, ": ", 2);
		sw_buf_add_str(&text, sw_alert_header(&headers[i]));
		sw_buf_add_char(&text, '\n');
	}
	return sw_buf_str(&text);
}

static struct sw_str beginning(struct sw_str body)
{
	return sw_str_sub(body, 0, body.n < SW_ATTEMPT_TEXT_MAX ? body.n : SW_ATTEMPT_TEXT_MAX);
}

struct sw_attempt *sw_webhook_record(struct sw_arena *arena, const struct sw_webhook *webhook,
				     const struct sw_fetch *fetch, struct sw_str overrides,
				     const struct sw_webhooked *got)
{
	const struct sw_fetched *fetched = &got->fetched;
	struct sw_attempt *a = SW_ARENA_NEW(arena, struct sw_attempt);
	*a = (struct sw_attempt){
		.account = webhook->account->sid.id,
		.kind = { webhook->about.kind[0], webhook->about.kind[1] },
		.sid = webhook->about.id,
		.number = webhook->attempt,
		.repetition = got->attempts,
		.lane = webhook->lane,
		.started_us = sw_wall_us() - fetched->queued_us - fetched->total_us,
		.event_us = webhook->event_time_us,
		.code = got->code,
		.status = fetched->status,
		.queued_us = fetched->queued_us,
		.dns_us = fetched->dns_us,
		.connect_us = fetched->connect_us,
		.tls_us = fetched->tls_us,
		.first_byte_us = fetched->first_byte_us,
		.total_us = fetched->total_us,
		.reused = fetched->reused,
		.request_bytes = (int64_t)fetch->body.n,
		.response_bytes = (int64_t)fetched->body.n,
		.token = webhook->token,
		.method = fetch->method,
		.url = fetch->url,
		.overrides = overrides,
		.request_headers = header_text(arena, fetch->headers, fetch->headers_n),
		.request_body = beginning(fetch->body),
		.error = fetched->error ? sw_str_of(sw_fetch_error_name(fetched->error)) : SW_STR_NULL,
		.why = got->code ? got->why : SW_STR_NULL,
		.peer = fetched->peer,
	};
	if (fetched->status) {
		a->response_headers = header_text(arena, fetched->headers, fetched->headers_n);
		a->response_body = beginning(fetched->body);
	}
	return a;
}
