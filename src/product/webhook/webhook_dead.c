/* Dead letters over HTTP: callbacks that were given up. */
#include "product/webhook/webhook.h"

#include "core/core_sql.h"
#include "core/webhook/dead.h"
#include "loop/task.h"

struct letter {
	struct sw_sid id, account_sid, endpoint_id;
	struct sw_str sid, token, method, url, body, why;
	int64_t attempts, error_code, status, date_event, date_created;
};

struct letter_args {
	struct sw_sid id, endpoint_id, sid;
	struct sw_str url, status_class;
	int64_t since, until;
};

const char *const webhook_classes[] = { "none", "1xx", "2xx", "3xx", "4xx", "5xx", NULL };

/* clang-format off */
#define L struct letter
#define TEXT(member, doc_) { .name = #member, .doc = doc_, .type = SW_STR, SW_TEXT_AT(L, member) }
#define NUMBER(member, doc_) { .name = #member, .doc = doc_, .type = SW_INT, SW_INT_AT(L, member) }
static const struct sw_field fields[] = {
	{ .name = "id", .doc = "Identifier.", .type = SW_SID, .kinds = SW_DEAD_SID, SW_SID_AT(L, id) },
	{ .name = "account_sid", .doc = "Account whose callback it was.", .type = SW_SID, .kinds = "AC", SW_SID_AT(L, account_sid) },
	TEXT(sid, "What it told of."),
	{ .name = "endpoint_id", .doc = "Endpoint that it was for; null: it is not counted.", .type = SW_SID, .kinds = SW_HOOK_SID, SW_SID_AT(L, endpoint_id) },
	TEXT(token, "Its I-Twilio-Idempotency-Token, which it keeps when it is sent again."),
	TEXT(method, "GET or POST."),
	TEXT(url, "Its URL, without user and password."),
	TEXT(body, "Its parameters as a form."),
	NUMBER(attempts, "How often it was sent."),
	NUMBER(error_code, "What was wrong the last time."),
	TEXT(why, "The same in a sentence."),
	NUMBER(status, "Status of the last answer; null: none came."),
	{ .name = "date_event", .doc = "When what it tells of happened.", .type = SW_TIME, SW_INT_AT(L, date_event) },
	{ .name = "date_created", .doc = "When it was given up.", .type = SW_TIME, SW_INT_AT(L, date_created) },
	{ 0 },
};
#define A struct letter_args
static const struct sw_field one_params[] = {
	{ .name = "id", .doc = "Identifier of the dead letter.", .type = SW_SID, .flags = SW_PATH, .kinds = SW_DEAD_SID, SW_SID_AT(A, id) },
	{ 0 },
};
static const struct sw_field list_params[] = {
	{ .name = "endpoint_id", .doc = "Only those for this endpoint.", .type = SW_SID, .flags = SW_QUERY, .kinds = SW_HOOK_SID, SW_SID_AT(A, endpoint_id), .column = "endpoint_sid" },
	{ .name = "sid", .doc = "Only those about this SID.", .type = SW_SID, .flags = SW_QUERY, .kinds = "*", SW_SID_AT(A, sid), .column = "ref_sid" },
	{ .name = "url", .doc = "Only those for this URL.", .type = SW_STR, .flags = SW_QUERY, SW_TEXT_AT(A, url), .max = 2048, .column = "url" },
	{ .name = "status_class", .doc = "Only those that were last answered so; none: not at all.", .type = SW_ENUM, .flags = SW_QUERY, .values = webhook_classes, SW_TEXT_AT(A, status_class), .column = "status_class" },
	{ .name = "since", .doc = "Only those given up then or later.", .type = SW_TIME, .flags = SW_QUERY, SW_INT_AT(A, since) },
	{ .name = "until", .doc = "Only those given up then or before.", .type = SW_TIME, .flags = SW_QUERY, SW_INT_AT(A, until) },
	{ 0 },
};
/* clang-format on */

static void show(struct sw_call *c, const struct sw_dead_letter *from, struct letter *to)
{
	const struct sw_sid none = { .kind = { 0 } };
	bool about = sw_sid_given(from->ref), counted = !sw_id_is_zero(from->endpoint);
	*to = (struct letter){
		.id = from->id,
		.account_sid = c->account->sid,
		.sid = about ? sw_sid_text(c->arena, from->ref) : SW_STR_NULL,
		.endpoint_id = counted ? sw_sid_of(SW_HOOK_SID, from->endpoint) : none,
		.token = from->token,
		.method = from->method,
		.url = from->url,
		.body = sw_dead_letter_form(from),
		.attempts = from->attempts,
		.error_code = from->code,
		.why = from->why,
		.status = from->status ? from->status : SW_NONE,
		.date_event = from->event_us,
		.date_created = from->time_us,
	};
}

static int read_row(struct sw_call *c, struct sw_row row, void *result, struct sw_error *err)
{
	struct sw_dead_letter letter;
	(void)err;
	sw_dead_letter_read(row, &letter);
	show(c, &letter, result);
	return 0;
}

static int list(struct sw_call *c, struct sw_error *err)
{
	const struct letter_args *args = c->args;
	struct sw_query *query = sw_query_new(c->arena, &sw_dead_letter_list);
	sw_query_where(query, "bucket", SW_OP_EQ, SW_I(c->account->bucket));
	sw_query_where(query, "account_sid", SW_OP_EQ, SW_ID(c->account->sid.id));
	sw_call_where(c, query);
	if (args->since != SW_NONE)
		sw_query_where(query, "time_us", SW_OP_GE, SW_I(args->since));
	if (args->until != SW_NONE)
		sw_query_where(query, "time_us", SW_OP_LE, SW_I(args->until));
	return sw_call_list_wait(c, query, SW_DEAD_SID, read_row, err);
}

static int fetch(struct sw_call *c, struct sw_error *err)
{
	const struct letter_args *args = c->args;
	struct sw_dead_letter letter;
	int failed = sw_dead_letter_get_wait(c->task, c->core, c->account, args->id.id, &letter);
	if (failed == SW_ENOTFOUND)
		return sw_call_not_found(c, err);
	if (!failed)
		show(c, &letter, c->result);
	return sw_fail_internal(err, failed);
}

/* clang-format off */
#define REPLY .fields = fields, .result_bytes = sizeof(L), .status = 200
const struct sw_endpoint webhook_dead_endpoints[] = {
	{ "GET", "/v1/webhooks/dead_letters", "ListWebhookDeadLetters", "List callbacks that were given up, newest first.", SW_STYLE_NATIVE, .params = list_params, .args_bytes = sizeof(A), REPLY, .handler = list, .flags = SW_LIST, .rate_class = "read" },
	{ "GET", "/v1/webhooks/dead_letters/{id}", "GetWebhookDeadLetter", "Show one callback that was given up.", SW_STYLE_NATIVE, .params = one_params, .args_bytes = sizeof(A), REPLY, .handler = fetch, .rate_class = "read" },
	{ 0 },
};
/* clang-format on */
