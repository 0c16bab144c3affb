/* POST /v1/webhooks/test: an example of any event, sent to a URL at once as a sink would be sent it. */
#include "product/event/event.h"
#include "product/event/event_sink.h"

#include "loop/clock.h"

enum { SHOWN_BYTES = 4096 };

struct test {
	struct sw_str url, type, format;
	struct sw_str request_body, response_body, why, token;
	int64_t code, response_status, took_ms;
};

static const char *const formats[] = { "cloudevents", "native", NULL };

/* clang-format off */
#define T struct test
static const struct sw_field params[] = {
	{ .name = "url", .doc = "An http or https URL, or one of a broker: nats:// or kafka://.", .type = SW_STR, .flags = SW_REQUIRED, .max = 8192, SW_TEXT_AT(T, url), .used_by = "event.test", .example = "https://example.org/hook" },
	{ .name = "type", .doc = "Type of the event, as the log has it or as it is called outside: message.delivered.", .type = SW_STR, .flags = SW_REQUIRED, .max = 128, SW_TEXT_AT(T, type), .used_by = "event.test", .example = "message.delivered" },
	{ .name = "format", .doc = "cloudevents, as sinks are given it; native, as GET /v1/events shows it.", .type = SW_ENUM, .values = formats, .def = "cloudevents", SW_TEXT_AT(T, format), .used_by = "event.test" },
	{ 0 },
};
static const struct sw_field fields[] = {
	{ .name = "url", .doc = "Where it went, without user, password and options.", .type = SW_STR, SW_TEXT_AT(T, url) },
	{ .name = "type", .doc = "Type as the log has it.", .type = SW_STR, SW_TEXT_AT(T, type) },
	{ .name = "code", .doc = "Why it failed, a code of the catalogue; null: it was taken.", .type = SW_INT, SW_INT_AT(T, code) },
	{ .name = "why", .doc = "The same in words.", .type = SW_STR, SW_TEXT_AT(T, why) },
	{ .name = "response_status", .doc = "Status of the answer; null: none came.", .type = SW_INT, SW_INT_AT(T, response_status) },
	{ .name = "response_body", .doc = "The first 4 kB of the answer.", .type = SW_STR, SW_TEXT_AT(T, response_body) },
	{ .name = "request_body", .doc = "What was sent; to a URL it stands in a list.", .type = SW_STR, SW_TEXT_AT(T, request_body) },
	{ .name = "token", .doc = "Its I-Twilio-Idempotency-Token and webhook-id.", .type = SW_STR, SW_TEXT_AT(T, token) },
	{ .name = "took_ms", .doc = "Milliseconds that it took.", .type = SW_INT, SW_INT_AT(T, took_ms) },
	{ 0 },
};
/* clang-format on */

static int read_type(struct sw_call *c, const struct sw_event_type **ret, struct sw_error *err)
{
	const struct test *args = c->args;
	*ret = sw_event_type_find(c->core->events, args->type);
	if (!*ret)
		*ret = sw_event_type_named(c->core->events, args->type);
	return *ret ? 0
		    : sw_fail(err, 20001,
			      "The parameter 'type' is not valid: there is no event type '%.*s'; GET /events/v1/Types "
			      "lists them.",
			      SW_FMT(args->type));
}

static struct event_out render(struct sw_call *c, const struct sw_event_type *type, const struct sw_event *event)
{
	const struct test *args = c->args;
	struct sw_buf text = { .arena = c->arena };
	struct sw_json_out json = { .buf = &text };
	struct event_out out = { .event = event, .type = type };
	out.id = sw_event_id(c->arena, c->account->bucket, event->seq);
	if (sw_str_is(args->format, "native"))
		event_render(c->arena, c->account->bucket, event, &text);
	else
		sw_cloud_event(c->arena, type, c->account->bucket, event, c->core->public_url, &json);
	out.json = sw_buf_str(&text);
	return out;
}

static void show(struct sw_call *c, const struct event_out *out, const struct event_attempt *attempt)
{
	struct test *result = c->result;
	const struct sw_fetched *fetched = &attempt->said.fetched;
	result->url = attempt->said.url;
	result->type = out->type->type;
	result->token = out->id;
	result->request_body = out->json;
	if (attempt->fates[0] != EVENT_DONE) {
		result->code = attempt->said.code;
		result->why = attempt->said.why;
	}
	if (fetched->status) {
		result->response_status = fetched->status;
		result->response_body = sw_str_sub(fetched->body, 0, SHOWN_BYTES);
	}
}

static int test(struct sw_call *c, struct sw_error *err)
{
	const struct test *args = c->args;
	struct event_target target;
	const struct sw_event_type *type;
	enum event_fate fate = EVENT_DROPPED;
	struct event_attempt attempt = { .fates = &fate };
	int failed = event_target_of_url(c->arena, args->url, &target, err);
	if (!failed)
		failed = read_type(c, &type, err);
	if (failed)
		return failed;
	const struct sw_event event = sw_event_example(c->arena, type, c->account->sid.id, sw_wall_us());
	const struct event_out out = render(c, type, &event), *outs = &out;
	const struct event_send send = { .task = c->task, .core = c->core, .account = c->account, .target = &target };
	int64_t start_us = sw_mono_us();
	failed = target.kind->send_wait(&send, &outs, 1, &attempt);
	if (failed)
		return failed == SW_EBUSY ? sw_fail(err, 20503, "The host of that URL has enough waiting.")
					  : sw_fail_internal(err, failed);
	show(c, &out, &attempt);
	((struct test *)c->result)->took_ms = (sw_mono_us() - start_us) / 1000;
	return 0;
}

/* clang-format off */
const struct sw_endpoint event_example_endpoints[] = {
	{ "POST", "/v1/webhooks/test", "TestWebhook", "Send an example of any event to a URL, now.", SW_STYLE_NATIVE, NULL, params, sizeof(struct test), fields, sizeof(struct test), 200, test, .flags = SW_READS | SW_WAITS, .rate_class = "write" },
	{ 0 },
};
/* clang-format on */
