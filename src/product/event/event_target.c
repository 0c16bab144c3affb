/* Types of sinks: what their configuration is, and one attempt at sending. */
#include "product/event/event_sink.h"

#include "base/hash.h"
#include "base/num.h"
#include "core/account.h"
#include "loop/task.h"
#include "net/publish.h"
#include "wire/signature/signature.h"

enum { BATCH_DEFAULT = 100, IN_FLIGHT_DEFAULT = 4, BROKER_PAUSE_S = 5, CODE_FAILED = 93101 };

/* ---- configuration ---- */

/* A member of a sink's configuration. */
struct event_option {
	const char *name;
	enum sw_json_kind kind;
	size_t at;
	int64_t min, max; /* of numbers */
};

#define TEXT(name_, member)                                                                        \
	{                                                                                          \
		.name = name_, .kind = SW_JSON_STRING, .at = offsetof(struct event_target, member) \
	}
#define NUMBER(name_, member, max_)                                                                           \
	{                                                                                                     \
		.name = name_, .kind = SW_JSON_NUMBER, .at = offsetof(struct event_target, member), .min = 1, \
		.max = max_                                                                                   \
	}

static const struct event_option webhook_options[] = {
	TEXT("destination", url),
	TEXT("method", method),
	{ .name = "batch_events", .kind = SW_JSON_BOOL, .at = offsetof(struct event_target, batch) },
	NUMBER("max_batch", batch_max, EVENT_BATCH_MAX),
	NUMBER("in_flight", in_flight, EVENT_IN_FLIGHT_MAX),
	NUMBER("rate", rate, EVENT_RATE_MAX),
	{ 0 },
};
static const struct event_option broker_options[] = { TEXT("url", url), NUMBER("rate", rate, EVENT_RATE_MAX), { 0 } };

static int set(const struct event_option *o, const struct sw_json *value, struct event_target *target,
	       struct sw_error *err)
{
	static const char *const kinds[] = {
		[SW_JSON_BOOL] = "true or false", [SW_JSON_NUMBER] = "a number", [SW_JSON_STRING] = "a text"
	};
	char *at = (char *)target + o->at;
	if (value->kind != o->kind)
		return sw_fail(err, 20001, "The parameter 'SinkConfiguration' is not valid: '%s' must be %s.", o->name,
			       kinds[o->kind]);
	if (o->kind == SW_JSON_NUMBER && (!value->is_int || value->i < o->min || value->i > o->max))
		return sw_fail(err, 20001,
			       "The parameter 'SinkConfiguration' is not valid: '%s' must be from %lld to %lld.",
			       o->name, (long long)o->min, (long long)o->max);
	if (o->kind == SW_JSON_NUMBER)
		*(int64_t *)(void *)at = value->i;
	else if (o->kind == SW_JSON_BOOL)
		*(bool *)(void *)at = value->b;
	else
		*(struct sw_str *)(void *)at = value->text;
	return 0;
}

static int read_options(const struct event_option *options, const struct sw_json *config, struct event_target *target,
			struct sw_error *err)
{
	int failed = 0;
	for (const struct sw_json *member = config->child; member && !failed; member = member->next) {
		const struct event_option *o = options;
		while (o->name && !sw_str_is(member->name, o->name))
			o++;
		if (!o->name)
			return sw_fail(
				err, 20001,
				"The parameter 'SinkConfiguration' is not valid: a sink of this type has no '%.*s'.",
				SW_FMT(sw_str_sub(member->name, 0, 64)));
		failed = set(o, member, target, err);
	}
	return failed;
}

static void default_webhook(struct event_target *target)
{
	target->batch = true;
	target->method = SW_S("POST");
	target->batch_max = BATCH_DEFAULT;
	target->in_flight = IN_FLIGHT_DEFAULT;
}

static struct sw_str fault_of_webhook(struct sw_arena *arena, const struct event_target *target)
{
	struct sw_hook_url url;
	if (!target->url.n || sw_hook_url_split(arena, target->url, &url))
		return SW_S("it needs an absolute http or https URL");
	if (url.fragment.p)
		return SW_S("there are no connection overrides here; remove what stands behind '#' in the URL");
	if (!sw_str_is(target->method, "POST"))
		return SW_S("'method' must be POST, since a GET has no body to carry events");
	return SW_STR_NULL;
}

/* The broker's library has many under way, in order.  An attempt costs a broker that is back little, and what waits for
 * it is much: pauses stay short. */
static void default_broker(struct event_target *target)
{
	target->pause_max_s = BROKER_PAUSE_S;
	target->batch = true;
	target->batch_max = EVENT_BATCH_MAX;
	target->in_flight = 1;
}

static bool is_of(const struct event_kind *kind, struct sw_str url)
{
	struct sw_str scheme = sw_str_cut(&url, ':');
	for (const char *const *own = kind->schemes; *own; own++)
		if (sw_str_eq_nocase(scheme, sw_str_of(*own)))
			return true;
	return false;
}

static struct sw_str fault_of_broker(struct sw_arena *arena, const struct event_target *target)
{
	struct sw_str why = { 0 };
	if (!target->url.n)
		return SW_S("'url' is missing");
	if (sw_publish_check(arena, &(struct sw_publish_target){ .url = target->url }, &why))
		return why;
	return is_of(target->kind, target->url) ? SW_STR_NULL
						: sw_str_fmt(arena, "'url' is not of a %s", target->kind->name);
}

/* ---- webhooks ---- */

/* The same for the same events and no others: who takes a token once only must miss none.  Where batches begin and end
 * differs from one process to the next, so first event and number would not do. */
static struct sw_str token_of(struct sw_arena *arena, const struct event_send *send,
			      const struct event_out *const *events, size_t n)
{
	struct sw_buf ids = { .arena = arena };
	uint8_t digest[32];
	char hex[sizeof(digest)];
	if (n == 1)
		return events[0]->id;
	for (size_t i = 0; i < n; i++) {
		sw_buf_add_str(&ids, events[i]->id);
		sw_buf_add_char(&ids, ' ');
	}
	sw_sha256(sw_buf_str(&ids), digest);
	sw_hex_encode(digest, sizeof(digest) / 2, hex);
	return sw_str_fmt(arena, "%.*s-%.*s", SW_FMT(sw_sid_text(arena, send->sink)), (int)sizeof(hex), hex);
}

/* Of the 4xx, those that say "later" are none: 408, 425, 429. */
static bool is_refusal(int status)
{
	return status >= 400 && status < 500 && status != 408 && status != 425 && status != 429;
}

static int send_webhook_wait(const struct event_send *send, const struct event_out *const *events, size_t n,
			     struct event_attempt *ret)
{
	struct sw_arena *arena = sw_task_arena(send->task);
	struct sw_buf body = { .arena = arena };
	sw_buf_add_char(&body, '[');
	for (size_t i = 0; i < n; i++) {
		if (i)
			sw_buf_add_char(&body, ',');
		sw_buf_add_str(&body, events[i]->json);
	}
	sw_buf_add_char(&body, ']');
	const struct sw_webhook webhook = {
		.account = send->account,
		.method = send->target->method,
		.url = send->target->url,
		.body = sw_buf_str(&body),
		.content_type = SW_S("application/json"),
		.token = token_of(arena, send, events, n),
		.lane = SW_LANE_STREAM,
		.event_time_us = events[n - 1]->event->time_us,
	};
	int err = sw_webhook_fetch_wait(send->task, send->core, &webhook, &ret->said);
	if (err)
		return err;
	int status = ret->said.fetched.error ? 0 : ret->said.fetched.status;
	enum event_fate fate = !ret->said.code                               ? EVENT_DONE
			       : is_refusal(status) && !send->target->insist ? EVENT_DROPPED
									     : EVENT_AGAIN;
	for (size_t i = 0; i < n; i++)
		ret->fates[i] = fate;
	ret->retry_after_us = sw_webhook_retry_after_us(&ret->said);
	if (ret->said.code)
		ret->said.code = CODE_FAILED;
	return 0;
}

/* ---- brokers ---- */

bool event_url_has_user(struct sw_str url)
{
	struct sw_str rest = url;
	(void)sw_str_cut(&rest, ':');
	rest = sw_str_from(sw_str_cut(&rest, '?'), 2);
	return sw_str_index(sw_str_cut(&rest, '/'), '@') >= 0;
}

struct sw_str event_url_shown(struct sw_arena *arena, struct sw_str url)
{
	struct sw_str rest = url, scheme = sw_str_cut(&rest, ':');
	struct sw_str path = sw_str_from(sw_str_cut(&rest, '?'), 2), host = sw_str_cut(&path, '/');
	while (sw_str_index(host, '@') >= 0)
		sw_str_cut(&host, '@');
	return sw_str_fmt(arena, path.p ? "%.*s://%.*s/%.*s" : "%.*s://%.*s%.*s", SW_FMT(scheme), SW_FMT(host),
			  SW_FMT(path));
}

static int send_broker_wait(const struct event_send *send, const struct event_out *const *events, size_t n,
			    struct event_attempt *ret)
{
	struct sw_arena *arena = sw_task_arena(send->task);
	struct sw_publish_item *items = SW_ARENA_ARRAY(arena, struct sw_publish_item, n);
	struct sw_published *results = SW_ARENA_ARRAY(arena, struct sw_published, n);
	for (size_t i = 0; i < n; i++)
		items[i] = (struct sw_publish_item){
			.key = { (const char *)events[i]->event->sid.b, sizeof(events[i]->event->sid.b) },
			.id = events[i]->id,
			.subject = events[i]->type->name,
			.content_type = SW_S("application/cloudevents+json"),
			.body = events[i]->json,
		};
	const struct sw_publish_target target = { .url = send->target->url,
						  .owner = sw_sid_text(arena, send->account->sid) };
	int err = sw_publish_batch_wait(send->task, send->core->publish, &target, items, n, results);
	if (err == SW_ECLOSED || err == SW_ECANCELED)
		return err;
	ret->said =
		(struct sw_webhooked){ .method = SW_S("PUBLISH"), .url = event_url_shown(arena, send->target->url) };
	for (size_t i = 0; i < n; i++) {
		bool behind = results[i].error == SW_PUBLISH_BEHIND;
		ret->fates[i] = !results[i].error ? EVENT_DONE
				: results[i].error == SW_PUBLISH_TOO_LARGE || results[i].error == SW_PUBLISH_BAD_ITEM
					? EVENT_DROPPED
					: EVENT_AGAIN;
		if (!results[i].error || behind)
			continue;
		ret->said.code = CODE_FAILED;
		ret->said.why = results[i].why;
	}
	return 0;
}

/* ---- the types ---- */

#define NO_CLOUD "this server writes to no cloud; use a webhook, or kafka or nats"

static const char *const http[] = { "http", "https", NULL }, *const kafka[] = { "kafka", NULL },
			 *const nats[] = { "nats", "tls", NULL }, *const no_scheme[] = { NULL };

static const struct event_kind kinds[] = {
	{ "webhook", NULL, http, webhook_options, default_webhook, fault_of_webhook, send_webhook_wait },
	{ "kafka", NULL, kafka, broker_options, default_broker, fault_of_broker, send_broker_wait },
	{ "nats", NULL, nats, broker_options, default_broker, fault_of_broker, send_broker_wait },
	{ "kinesis", NO_CLOUD, no_scheme },
	{ "segment", NO_CLOUD, no_scheme },
	{ "email", "events are not mailed; use a webhook", no_scheme },
};

int event_target_read(struct sw_arena *arena, struct sw_str type, struct sw_str config, struct event_target *ret,
		      struct sw_error *err)
{
	const struct sw_json *object;
	*ret = (struct event_target){ 0 };
	for (size_t i = 0; i < SW_COUNTOF(kinds); i++)
		if (sw_str_is(type, kinds[i].name))
			ret->kind = &kinds[i];
	SW_BUG_ON(!ret->kind);
	if (ret->kind->refusal)
		return sw_fail(err, 20001, "The parameter 'SinkType' is not valid: there is no '%s' here: %s.",
			       ret->kind->name, ret->kind->refusal);
	if (sw_json_parse(arena, config, NULL, &object, NULL) || object->kind != SW_JSON_OBJECT)
		return sw_fail(err, 20001, "The parameter 'SinkConfiguration' is not valid: it is an object in JSON.");
	ret->kind->defaults(ret);
	int failed = read_options(ret->kind->options, object, ret, err);
	if (failed)
		return failed;
	if (!ret->batch)
		ret->batch_max = 1;
	struct sw_str fault = ret->kind->fault(arena, ret);
	return fault.p ? sw_fail(err, 20001, "The parameter 'SinkConfiguration' is not valid: %.*s.", SW_FMT(fault))
		       : 0;
}

int event_target_of_url(struct sw_arena *arena, struct sw_str url, struct event_target *ret, struct sw_error *err)
{
	*ret = (struct event_target){ .url = url };
	for (size_t i = 0; i < SW_COUNTOF(kinds) && !ret->kind; i++)
		if (is_of(&kinds[i], url))
			ret->kind = &kinds[i];
	if (!ret->kind)
		return sw_fail(err, 20001,
			       "The parameter 'url' is not valid: it begins with http://, https://, nats://, tls:// or "
			       "kafka://.");
	ret->kind->defaults(ret);
	struct sw_str fault = ret->kind->fault(arena, ret);
	return fault.p ? sw_fail(err, 20001, "The parameter 'url' is not valid: %.*s.", SW_FMT(fault)) : 0;
}
