/* Webhooks to listen to, and the answers to them. */
#include "product/listen/listen.h"

#include "api/live/live.h"
#include "base/num.h"
#include "base/ref.h"
#include "base/time.h"
#include "core/webhook/tap.h"
#include "loop/clock.h"

enum { ANSWER_MAX = 64 * 1024, OPEN_MAX = 1000 };

struct listen_args {
	struct sw_str mode;
};

struct answer_args {
	struct sw_str id, content_type, body;
	int64_t status;
};

static const char *const modes[] = { "copy", "divert", NULL };

/* clang-format off */
static const struct sw_field listen_params[] = {
	{ .name = "mode", .doc = "copy: requests go to their URLs as well; divert: they come here instead and are answered from here.", .type = SW_ENUM, .values = modes, .flags = SW_QUERY, SW_TEXT_AT(struct listen_args, mode), .def = "copy" },
	{ 0 },
};

static const struct sw_field answer_params[] = {
	{ .name = "id", .doc = "The request's id in the stream.", .type = SW_STR, .flags = SW_PATH, SW_TEXT_AT(struct answer_args, id), .max = SW_TAP_ID_CHARS, .example = "0-1-0" },
	{ .name = "status", .doc = "HTTP status of the answer.", .type = SW_INT, .flags = SW_REQUIRED, SW_INT_AT(struct answer_args, status), .min = 100, .max = 599, .used_by = "webhook.answer", .example = "200" },
	{ .name = "content_type", .doc = "Its content type.", .type = SW_STR, SW_TEXT_AT(struct answer_args, content_type), .max = 200, .used_by = "webhook.answer" },
	{ .name = "body", .doc = "Its body, such as TwiML.", .type = SW_STR, SW_TEXT_AT(struct answer_args, body), .max = ANSWER_MAX, .used_by = "webhook.answer" },
	{ 0 },
};
/* clang-format on */

struct listener {
	struct sw_live *live; /* NULL: not begun yet */
	unsigned tap;
	bool tapped;         /* the tap is open */
	struct sw_list open; /* diverted requests that wait for their answer, oldest first */
	unsigned open_n;
	bool full; /* the client does not read: nothing more for now */
	struct sw_sid account;
	bool divert;
};

static void give_back(struct listener *listener, struct sw_tapped *tapped)
{
	sw_list_del(&tapped->node);
	listener->open_n--;
	sw_tapped_done(tapped);
}

static void listener_free(void *object)
{
	struct listener *listener = object;
	if (listener->tapped)
		sw_tap_close(listener->tap);
	while (!sw_list_empty(&listener->open))
		give_back(listener, SW_CONTAINER(listener->open.next, struct sw_tapped, node));
}

/* ---- a request ---- */

static void render(const struct sw_tapped *tapped, struct sw_arena *arena, struct sw_buf *out)
{
	struct sw_json_out json = { .buf = out };
	char time[SW_TIME_BUF];
	sw_buf_add_cstr(out, "event: webhook\ndata: ");
	sw_json_object(&json);
	sw_json_add_str(&json, "id", tapped->diverted ? sw_str_of(tapped->id) : SW_STR_NULL);
	sw_json_add_str(&json, "time", sw_time_rfc3339(sw_wall_us(), time));
	sw_json_add_str(&json, "account_sid", sw_sid_text(arena, tapped->account));
	sw_json_add_str(&json, "method", tapped->fetch.method);
	sw_json_add_str(&json, "url", tapped->fetch.url);
	sw_json_plain_key(&json, "headers");
	sw_json_object(&json);
	for (size_t i = 0; i < tapped->fetch.headers_n; i++) {
		sw_json_key(&json, tapped->fetch.headers[i].name);
		sw_json_str(&json, tapped->fetch.headers[i].value);
	}
	sw_json_end_object(&json);
	sw_json_add_str(&json, "body", tapped->fetch.body);
	sw_json_end_object(&json);
	sw_buf_add_cstr(out, "\n\n");
}

static void on_request(void *owner, struct sw_tapped *tapped)
{
	struct listener *listener = sw_ref(owner);
	struct sw_buf lines = { .arena = tapped->arena };
	if (!listener->live || listener->full || listener->open_n >= OPEN_MAX) {
		sw_tapped_done(tapped);
		sw_unref(listener);
		return;
	}
	render(tapped, tapped->arena, &lines);
	if (tapped->diverted) {
		listener->open_n++;
		sw_list_push(&listener->open, &tapped->node);
		listener->full = !sw_live_send(listener->live, sw_buf_str(&lines));
	} else {
		listener->full = !sw_live_send(listener->live, sw_buf_str(&lines));
		sw_tapped_done(tapped);
	}
	sw_unref(listener);
}

static void on_answer(void *owner, const struct sw_tap_answer *answer)
{
	struct listener *listener = owner;
	for (struct sw_list *at = listener->open.next; at != &listener->open; at = at->next) {
		struct sw_tapped *tapped = SW_CONTAINER(at, struct sw_tapped, node);
		if (!sw_str_is(answer->id, tapped->id))
			continue;
		tapped->status = answer->status;
		tapped->content_type = sw_str_dup(tapped->arena, answer->content_type);
		tapped->body = sw_str_dup(tapped->arena, answer->body);
		give_back(listener, tapped);
		return;
	}
}

/* ---- the stream ---- */

static void on_begun(struct sw_live *live, struct sw_task *task, void *owner)
{
	struct listener *listener = owner;
	(void)task;
	listener->live = live;
}

static void on_room(void *owner)
{
	((struct listener *)owner)->full = false;
}

static void on_gone(void *owner)
{
	struct listener *listener = owner;
	listener->live = NULL;
	if (listener->tapped)
		sw_tap_close(listener->tap);
	listener->tapped = false;
	sw_unref(listener);
}

/* Requests for which nobody waits any more. */
static void on_beat(void *owner, struct sw_buf *out)
{
	struct listener *listener = owner;
	int64_t now_us = sw_mono_us();
	(void)out;
	while (!sw_list_empty(&listener->open)) {
		struct sw_tapped *oldest = SW_CONTAINER(listener->open.next, struct sw_tapped, node);
		if (oldest->until_us > now_us)
			return;
		give_back(listener, oldest);
	}
}

static const struct sw_live_kind kind = { .begun = on_begun, .room = on_room, .beat = on_beat, .gone = on_gone };

static int stream(struct sw_call *c, struct sw_error *err)
{
	const struct listen_args *args = c->args;
	struct listener *listener = sw_new(struct listener, listener_free);
	sw_list_init(&listener->open);
	int failed = sw_call_live(c, &kind, listener, err);
	if (!failed) {
		/* The owner is listener until gone(); requests that come before begun() go their own way. */
		failed = sw_tap_open(c->account->sid, sw_str_is(args->mode, "divert"), on_request, listener,
				     &listener->tap);
		listener->tapped = !failed;
		if (!failed)
			sw_tap_on_answer(listener->tap, on_answer);
		return failed ? sw_fail(err, 20429, "As many listen to webhooks as may (%d); try again later.", SW_TAPS)
			      : 0;
	}
	sw_unref(listener);
	return failed;
}

static int answer(struct sw_call *c, struct sw_error *err)
{
	const struct answer_args *args = c->args;
	if (sw_tap_answer(c->account->sid, args->id, (int)args->status, args->content_type, args->body))
		return sw_fail(err, 20404, "Nobody of this account listens to webhooks under the id '%.*s' any more.",
			       SW_FMT(args->id));
	return 0;
}

/* clang-format off */
static const struct sw_endpoint endpoints[] = {
	{ "GET", "/v1/webhooks/stream", "StreamWebhooks", "Listen to the account's webhooks as they go out: server-sent events.", SW_STYLE_NATIVE, NULL, listen_params, sizeof(struct listen_args), NULL, 0, 200, stream, .flags = SW_RAW | SW_WAITS | SW_NO_KEYS, .rate_class = "read" },
	{ "POST", "/v1/webhooks/stream/{id}", "CreateWebhookAnswer", "Answer a webhook that was diverted to a stream.", SW_STYLE_NATIVE, NULL, answer_params, sizeof(struct answer_args), NULL, 0, 204, answer, .flags = SW_READS | SW_NO_KEYS | SW_RAW, .rate_class = "write" },
	{ 0 },
};
/* clang-format on */

const struct sw_module listen_module = { .name = "listen", .group = "webhooks", .endpoints = endpoints };
