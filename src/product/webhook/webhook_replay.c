/* Sending callbacks again over HTTP: one by its id, or all dead letters that fit a filter. */
#include "product/webhook/webhook.h"

#include "core/core_sql.h"
#include "core/webhook/dead.h"
#include "loop/clock.h"
#include "loop/task.h"
#include "store/attempt.h"

static const char *const statuses[] = { "running", "completed", NULL };

struct filter {
	struct sw_sid endpoint_id, sid;
	struct sw_str status_class;
	int64_t since, until;
};

struct replay_args {
	struct sw_sid id;
	struct filter filter;
};

struct replay {
	struct sw_sid id, account_sid;
	struct sw_str status, request;
	int64_t total, replayed, date_created, date_updated;
};

/* clang-format off */
#define F struct filter
#define A struct replay_args
#define USED .used_by = "core.webhook"
static const struct sw_field filter_fields[] = {
	{ .name = "endpoint_id", .doc = "Only those for this endpoint.", .type = SW_SID, .kinds = SW_HOOK_SID, SW_SID_AT(F, endpoint_id), USED },
	{ .name = "sid", .doc = "Only those about this SID.", .type = SW_SID, .kinds = "*", SW_SID_AT(F, sid), USED },
	{ .name = "status_class", .doc = "Only those that were last answered so; none: not at all.", .type = SW_ENUM, .values = webhook_classes, SW_TEXT_AT(F, status_class), USED },
	{ .name = "since", .doc = "Only those given up then or later.", .type = SW_TIME, SW_INT_AT(F, since), USED },
	{ .name = "until", .doc = "Only those given up then or before.", .type = SW_TIME, SW_INT_AT(F, until), USED },
	{ 0 },
};
static const struct sw_field create_params[] = {
	{ .name = "id", .doc = "A dead letter, or an attempt, that is sent again.", .type = SW_SID, .kinds = SW_DEAD_SID "," WEBHOOK_ATTEMPT, SW_SID_AT(A, id), USED, .example = "HD0123456789abcdef0123456789abcdef" },
	{ .name = "filter", .doc = "Dead letters that are sent again, in place of id: those that fit all of its members, of which it has one at least.", .type = SW_OBJECT, SW_OBJECT_AT(A, filter, filter_fields), USED },
	{ 0 },
};
static const struct sw_field one_params[] = {
	{ .name = "id", .doc = "Identifier of the replay.", .type = SW_SID, .flags = SW_PATH, .kinds = SW_REPLAY_SID, SW_SID_AT(A, id) },
	{ 0 },
};
#define R struct replay
static const struct sw_field fields[] = {
	{ .name = "id", .doc = "Identifier.", .type = SW_SID, .kinds = SW_REPLAY_SID, SW_SID_AT(R, id) },
	{ .name = "account_sid", .doc = "Account whose callbacks they are.", .type = SW_SID, .kinds = "AC", SW_SID_AT(R, account_sid) },
	{ .name = "status", .doc = "completed: all are on their way again.", .type = SW_ENUM, .values = statuses, SW_TEXT_AT(R, status) },
	{ .name = "request", .doc = "What was asked for: the id, or the members of the filter.", .type = SW_JSON, SW_TEXT_AT(R, request) },
	{ .name = "total", .doc = "Callbacks that it was about when it began.", .type = SW_INT, SW_INT_AT(R, total) },
	{ .name = "replayed", .doc = "Those of them that are on their way again.", .type = SW_INT, SW_INT_AT(R, replayed) },
	{ .name = "date_created", .doc = "When it was asked for.", .type = SW_TIME, SW_INT_AT(R, date_created) },
	{ .name = "date_updated", .doc = "When it last went on.", .type = SW_TIME, SW_INT_AT(R, date_updated) },
	{ 0 },
};
/* clang-format on */

static void show(struct sw_call *c, const struct sw_replay *from, struct replay *to)
{
	*to = (struct replay){
		.id = from->id,
		.account_sid = c->account->sid,
		.status = from->status,
		.request = from->filter,
		.total = from->total,
		.replayed = from->replayed,
		.date_created = from->created_us,
		.date_updated = from->updated_us,
	};
}

/* As asked, for the row and the reply: the members that were given. */
static struct sw_str text_of(struct sw_call *c, const struct sw_field *rows, const void *object)
{
	struct sw_buf text = { .arena = c->arena };
	struct sw_json_out out = { .buf = &text };
	sw_json_object(&out);
	for (const struct sw_field *f = rows; f->name; f++)
		if (f->type != SW_OBJECT && !sw_field_absent(f, object)) {
			sw_json_plain_key(&out, f->name);
			sw_field_render(f, rows, SW_STYLE_NATIVE, SW_STR_NULL, object, &out);
		}
	sw_json_end_object(&out);
	return sw_buf_str(&text);
}

/* To one that is disabled it would be given up at once. */
static int check_enabled(struct sw_call *c, struct sw_id id, struct sw_error *err)
{
	struct sw_hook *hook;
	if (sw_id_is_zero(id))
		return 0;
	int failed = sw_hook_get_wait(c->task, c->core, c->account, id, &hook);
	if (failed)
		return failed == SW_ENOTFOUND ? 0 : sw_fail_internal(err, failed);
	if (atomic_load(&hook->status) == SW_HOOK_ENABLED)
		return 0;
	return sw_fail(err, 70101, "The endpoint %.*s is disabled: enable it first.",
		       SW_FMT(sw_sid_text(c->arena, sw_sid_of(SW_HOOK_SID, id))));
}

/* ---- one ---- */

static int commit(struct sw_call *c, struct sw_txn *txn, const struct sw_replay_filter *filter,
		  struct sw_replay *replay, struct sw_error *err)
{
	sw_txn_replay(txn, c->account, filter, replay);
	show(c, replay, c->result);
	c->changed = replay->id;
	c->changes = replay->filter;
	sw_txn_replay_event(txn, c->account->sid.id, replay, "webhook.replay_started");
	return sw_call_commit_wait(c, txn, err);
}

static int replay_letter(struct sw_call *c, struct sw_replay *replay, struct sw_error *err)
{
	const struct replay_args *args = c->args;
	const struct sw_replay_filter none = { 0 };
	struct sw_dead_letter letter;
	int failed = sw_dead_letter_get_wait(c->task, c->core, c->account, args->id.id, &letter);
	if (failed == SW_ENOTFOUND)
		return sw_call_not_found(c, err);
	failed = failed ? sw_fail_internal(err, failed) : check_enabled(c, letter.endpoint, err);
	if (failed)
		return failed;
	struct sw_txn *txn = sw_call_txn(c);
	sw_txn_replay_letter(txn, c->account, &letter, 0);
	failed = commit(c, txn, &none, replay, err);
	return failed == SW_ECONFLICT ? sw_call_not_found(c, err) : failed; /* another request was quicker */
}

/* What the log does not have is not made up. */
static const char *why_not(const struct sw_attempt *a)
{
	bool form = sw_str_find(a->request_headers, SW_S("Content-Type: application/x-www-form-urlencoded\n")) >= 0;
	if (!a->number || !a->kind[0])
		return "it was no callback: somebody waited for its answer";
	if (a->request_bytes > SW_ATTEMPT_TEXT_MAX)
		return "its body was longer than what the log keeps";
	if (sw_str_find(a->request_headers, SW_S("Authorization: ")) >= 0)
		return "its URL had a user and password, which the log does not keep";
	return sw_str_is(a->method, "GET") || form ? NULL : "its body was no form";
}

static int replay_attempt(struct sw_call *c, struct sw_replay *replay, struct sw_error *err)
{
	const struct replay_args *args = c->args;
	const struct sw_replay_filter none = { 0 };
	struct sw_attempt a;
	int failed = sw_attempt_get_wait(c->task, c->core->attempts, c->arena, c->account->sid.id, args->id.id, &a);
	if (failed == SW_ENOTFOUND)
		return sw_call_not_found(c, err);
	failed = failed ? sw_fail_internal(err, failed) : check_enabled(c, a.endpoint, err);
	if (failed)
		return failed;
	if (why_not(&a))
		return sw_fail(err, 70102, "The request cannot be sent again: %s.", why_not(&a));
	struct sw_str url =
		a.overrides.p ? sw_str_fmt(c->arena, "%.*s#%.*s", SW_FMT(a.url), SW_FMT(a.overrides)) : a.url;
	const struct sw_resend resend = {
		.account = c->account->sid.id,
		.ref_kind = { a.kind[0], a.kind[1] },
		.ref = a.sid,
		.data = sw_resend_data(c->arena, a.token, a.method, a.event_us, url,
				       a.request_body.p ? a.request_body : SW_S("")),
	};
	struct sw_txn *txn = sw_call_txn(c);
	sw_txn_resend(txn, &resend, 0);
	return commit(c, txn, &none, replay, err);
}

/* ---- many ---- */

static int replay_many(struct sw_call *c, const struct filter *wanted, struct sw_replay *replay, struct sw_error *err)
{
	const struct sw_replay_filter filter = {
		.endpoint = wanted->endpoint_id.id,
		.ref = wanted->sid.id,
		.status_class = wanted->status_class,
		.since_us = wanted->since == SW_NONE ? 0 : wanted->since,
		.until_us = wanted->until == SW_NONE ? 0 : wanted->until,
	};
	int failed = check_enabled(c, filter.endpoint, err);
	if (failed)
		return failed;
	failed = sw_replay_count_wait(c->task, c->core, c->account, &filter, &replay->total);
	if (failed)
		return sw_fail_internal(err, failed);
	replay->status = replay->total ? SW_S("running") : SW_S("completed");
	return commit(c, sw_call_txn(c), &filter, replay, err);
}

static int create(struct sw_call *c, struct sw_error *err)
{
	const struct replay_args *args = c->args;
	bool one = sw_sid_given(args->id), many = !sw_field_absent(&create_params[1], args);
	struct sw_replay replay = { .status = SW_S("completed"), .total = 1, .replayed = 1 };
	if (one && many)
		return sw_fail(err, 20001, "Give the parameter 'id' or the parameter 'filter', not both.");
	if (one) {
		replay.filter = text_of(c, create_params, args);
		return sw_str_starts((struct sw_str){ args->id.kind, 2 }, SW_S(SW_DEAD_SID))
			       ? replay_letter(c, &replay, err)
			       : replay_attempt(c, &replay, err);
	}
	if (!many)
		return sw_fail(
			err, 20001,
			"Say what is to be sent again: the parameter 'id', or 'filter' with one member at least.");
	replay.filter = text_of(c, filter_fields, &args->filter);
	replay.replayed = 0;
	return replay_many(c, &args->filter, &replay, err);
}

static int fetch(struct sw_call *c, struct sw_error *err)
{
	const struct replay_args *args = c->args;
	struct sw_replay replay;
	struct sw_rows rows;
	int failed = sw_query_wait(c->task, c->core->store, c->arena, CORE_SQL(SQL_REPLAY_GET), &rows,
				   SW_I(c->account->bucket), SW_ID(c->account->sid.id), SW_ID(args->id.id));
	if (failed || !rows.n)
		return failed ? sw_fail_internal(err, failed) : sw_call_not_found(c, err);
	sw_replay_read(rows.row[0], &replay);
	show(c, &replay, c->result);
	return 0;
}

/* clang-format off */
#define REPLY .fields = fields, .result_bytes = sizeof(R)
const struct sw_endpoint webhook_replay_endpoints[] = {
	{ "POST", "/v1/webhooks/replays", "CreateWebhookReplay", "Send callbacks again: a dead letter, a request of the attempt log, or all dead letters that fit.", SW_STYLE_NATIVE, .params = create_params, .args_bytes = sizeof(A), REPLY, .status = 202, .handler = create, .flags = SW_AUDIT, .rate_class = "write", .errors = SW_ERRORS(70101, 70102) },
	{ "GET", "/v1/webhooks/replays/{id}", "GetWebhookReplay", "Show how far a replay is.", SW_STYLE_NATIVE, .params = one_params, .args_bytes = sizeof(A), REPLY, .status = 200, .handler = fetch, .rate_class = "read" },
	{ 0 },
};
/* clang-format on */
