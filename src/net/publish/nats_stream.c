/* What JetStream says: acknowledgements, and which streams there are (its JSON API, by name of subject). */
#include <stdio.h>

#include "base/log.h"
#include "base/num.h"
#include "base/time.h"
#include "loop/clock.h"
#include "net/publish/nats_impl.h"
#include "wire/json/json.h"

/* ---- acknowledgements ---- */

/* JetStream's own error numbers. */
enum {
	JS_NOT_ENABLED = 10076,
	JS_NOT_ENABLED_FOR_ACCOUNT = 10039,
	JS_TOO_LARGE = 10054,
	JS_STREAM_NAME_IN_USE = 10058,
	JS_NO_PEERS = 10005 /* a cluster that has not found all its servers yet, or lost some */
};

static void refuse(struct sw_outlet *outlet, struct sw_entry *entry, const struct sw_json *error)
{
	const struct sw_json *number;
	struct sw_arena *arena = entry->job->arena;
	int64_t code = (number = sw_json_get(error, "code")) ? number->i : 0;
	int64_t which = (number = sw_json_get(error, "err_code")) ? number->i : 0;
	const char *why = sw_str_cstr(arena, sw_str_fmt(arena, "The NATS server refused the event: %.*s.",
							SW_FMT(sw_json_get_str(error, "description"))));
	if (which == JS_TOO_LARGE)
		sw_entry_end(outlet, entry, SW_PUBLISH_TOO_LARGE, why);
	else if (which == JS_NOT_ENABLED || which == JS_NOT_ENABLED_FOR_ACCOUNT)
		sw_entry_end(outlet, entry, SW_PUBLISH_NO_PLACE, why);
	else /* what is wrong at the server may pass: no room, no leader */
		sw_entry_end_as(outlet, entry, SW_PUBLISH_REFUSED, code >= 500, why);
}

void nats_take_ack(struct nats *nats, struct sw_entry *entry, struct sw_str body)
{
	const struct sw_json *ack, *error, *duplicate;
	sw_arena_clear(&nats->scratch);
	if (sw_json_parse(&nats->scratch, body, NULL, &ack, NULL))
		ack = NULL;
	error = sw_json_get(ack, "error");
	duplicate = sw_json_get(ack, "duplicate");
	entry->result->duplicate = duplicate && duplicate->b;
	if (error)
		refuse(nats->outlet, entry, error);
	else if (sw_json_get(ack, "seq"))
		sw_entry_end(nats->outlet, entry, SW_PUBLISH_OK, NULL);
	else
		sw_entry_end_as(nats->outlet, entry, SW_PUBLISH_NO_PLACE, false,
				"Something that is no stream answers on this subject.");
}

/* ---- streams ---- */

/* Ask the server; the answer's tree lives in the arena. NULL: no answer. */
static const struct sw_json *ask(struct nats *nats, struct sw_arena *arena, const char *subject, struct sw_str body,
				 bool *ret_absent)
{
	const struct sw_json *answer = NULL;
	natsMsg *msg = NULL;
	natsStatus s = natsConnection_Request(&msg, nats->connection, subject, body.p, (int)body.n,
					      sw_publish_limits.connect_us / 1000);
	*ret_absent = s == NATS_NO_RESPONDERS;
	if (s == NATS_OK) {
		struct sw_str text = { natsMsg_GetData(msg), (size_t)natsMsg_GetDataLength(msg) };
		if (sw_json_parse(arena, sw_str_dup(arena, text), NULL, &answer, NULL))
			answer = NULL;
	}
	natsMsg_Destroy(msg);
	return answer;
}

static enum nats_stream make_stream(struct nats *nats, struct sw_arena *arena, char why[SW_PUBLISH_WHY_BYTES])
{
	const struct sw_publish_url *url = &nats->outlet->url;
	bool absent;
	struct sw_str place = url->place;
	struct sw_str body = sw_str_fmt(
		arena,
		"{\"name\":\"%.*s\",\"subjects\":[\"%.*s\",\"%.*s.>\"],\"retention\":\"limits\",\"storage\":\"file\","
		"\"num_replicas\":%lld,\"max_age\":%lld,\"duplicate_window\":120000000000,\"discard\":\"old\","
		"\"max_consumers\":-1,\"max_msgs\":-1,\"max_bytes\":-1,\"max_msg_size\":-1}",
		SW_FMT(url->stream), SW_FMT(place), SW_FMT(place), (long long)url->replicas,
		(long long)(url->max_age_h * 3600 * 1000000000LL));
	const char *subject = sw_str_cstr(arena, sw_str_fmt(arena, "$JS.API.STREAM.CREATE.%.*s", SW_FMT(url->stream)));
	const struct sw_json *answer = ask(nats, arena, subject, body, &absent);
	const struct sw_json *error = sw_json_get(answer, "error"), *which = sw_json_get(error, "err_code");
	if (!answer)
		return NATS_STREAM_UNSURE;
	if (!error)
		return NATS_STREAM_THERE;
	if (which && which->i == JS_NO_PEERS) {
		sw_warn("net", "a stream cannot be made yet", SW_KS("stream", url->stream),
			SW_KS("why", sw_json_get_str(error, "description")));
		return NATS_STREAM_UNSURE;
	}
	if (which && which->i == JS_STREAM_NAME_IN_USE)
		snprintf(why, SW_PUBLISH_WHY_BYTES, "The stream %.*s exists, but does not cover the subject %.*s.",
			 SW_FMT(url->stream), SW_FMT(place));
	else
		snprintf(why, SW_PUBLISH_WHY_BYTES, "The stream %.*s could not be made: %.*s.", SW_FMT(url->stream),
			 SW_FMT(sw_json_get_str(error, "description")));
	return NATS_STREAM_NONE;
}

static enum nats_stream look(struct nats *nats, struct sw_arena *arena, const char *subject,
			     char why[SW_PUBLISH_WHY_BYTES])
{
	bool absent;
	struct sw_str body = sw_str_fmt(arena, "{\"subject\":\"%s\"}", subject);
	const struct sw_json *answer = ask(nats, arena, "$JS.API.STREAM.NAMES", body, &absent);
	const struct sw_json *error = sw_json_get(answer, "error"), *names = sw_json_get(answer, "streams");
	if (absent || error) {
		struct sw_str said = sw_json_get_str(error, "description");
		snprintf(why, SW_PUBLISH_WHY_BYTES, "JetStream does not answer on this server: %.*s.",
			 SW_FMT(said.n ? said : SW_S("it is not enabled, or not for this user")));
		const struct sw_json *code = sw_json_get(error, "code");
		return code && code->i == 503 ? NATS_STREAM_UNSURE : NATS_STREAM_NONE;
	}
	if (!answer)
		return NATS_STREAM_UNSURE;
	if (names && names->n)
		return NATS_STREAM_THERE;
	if (nats->outlet->url.stream.n)
		return make_stream(nats, arena, why);
	snprintf(why, SW_PUBLISH_WHY_BYTES,
		 "No stream covers the subject %s: make one, or name it in the URL (?stream=NAME) to have it made.",
		 subject);
	return NATS_STREAM_NONE;
}

enum nats_stream nats_find_stream(struct nats *nats, const char *subject, char why[SW_PUBLISH_WHY_BYTES])
{
	struct sw_arena arena;
	if (sw_mono_us() < nats->unsure_until_us)
		return NATS_STREAM_UNSURE;
	sw_arena_init(&arena);
	enum nats_stream found = look(nats, &arena, subject, why);
	if (found == NATS_STREAM_UNSURE)
		nats->unsure_until_us = sw_mono_us() + SW_US_PER_S;
	sw_arena_done(&arena);
	return found;
}
