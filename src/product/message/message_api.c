/* Messages over HTTP: tables of parameters, fields and endpoints, and thin handlers. */
#include "product/message/message.h"

#include "api/request/request.h"
#include "base/num.h"
#include "base/time.h"
#include "loop/clock.h"
#include "store/event.h"

enum { TRIES = 5 };

static const char *const retentions[] = { "retain", "discard", NULL };
static const char *const address_retentions[] = { "retain", "obfuscate", NULL };
static const char *const traffic_types[] = { "free", NULL };
static const char *const schedule_types[] = { "fixed", NULL };
static const char *const risk_checks[] = { "enable", "disable", NULL };
static const char *const update_statuses[] = { "canceled", NULL };
static const char *const outcomes[] = { "confirmed", "unconfirmed", NULL };
static const char *const directions[] = { "inbound", "outbound-api", "outbound-call", "outbound-reply", NULL };

#define MESSAGE_PATH "/2010-04-01/Accounts/{account_sid}/Messages/{sid}"
#define ACCOUNT(T)                                                                                            \
	{                                                                                                     \
		.name = "account_sid", .doc = "The account.", .type = SW_SID, .flags = SW_PATH | SW_CONTRACT, \
		.kinds = "AC", SW_SID_AT(T, account_sid)                                                      \
	}

/* clang-format off */
#define A struct message_create
static const struct sw_field create_params[] = {
	ACCOUNT(A),
	{ .name = "to", .doc = "Recipient: E.164 number or channel address.", .type = SW_PHONE, .flags = SW_REQUIRED, SW_TEXT_AT(A, to), .bad = 21211, .missing = 21604, .used_by = "message.send" },
	{ .name = "from", .doc = "Sender: one of the account's numbers.", .type = SW_PHONE, .flags = SW_ANY_SENDER, SW_TEXT_AT(A, from), .bad = 21212, .used_by = "message.send", .example = "+15005550006" },
	{ .name = "body", .doc = "Text, at most 1600 characters.", .type = SW_STR, SW_TEXT_AT(A, body), .max = 1600, .too_long = 21617, .used_by = "message.send", .example = "Hello" },
	{ .name = "media_url", .doc = "URLs of media to attach, at most ten.", .type = SW_STRS, SW_STRS_AT(A, media_url), .max = 10, .bad = 21620, .too_long = 21623, .used_by = "message.send" },
	{ .name = "status_callback", .doc = "URL told of each change of status.", .type = SW_URL, SW_TEXT_AT(A, status_callback), .bad = 21609, .used_by = "message.callback" },
	{ .name = "messaging_service_sid", .doc = "Messaging service that chooses the sender.", .type = SW_SID, .kinds = "MG", SW_SID_AT(A, messaging_service_sid), .used_by = "message.compose (refused: 21704 until services exist)" },
	{ .name = "application_sid", .doc = "Application whose message status callback is used.", .type = SW_SID, .kinds = "AP", SW_SID_AT(A, application_sid), .bad = 22108, .used_by = "message.callback" },
	{ .name = "in_reply_to", .doc = "Inbound message that it answers: its direction becomes outbound-reply.", .type = SW_SID, .flags = SW_NATIVE, .kinds = "SM,MM", SW_SID_AT(A, in_reply_to), .used_by = "message.compose" },
	{ .name = "validity_period", .doc = "Seconds the message may wait to be sent, 1 to 36000.", .type = SW_INT, SW_INT_AT(A, validity_period), .min = 1, .max = 36000, .bad = 21624, .used_by = "message.send" },
	{ .name = "smart_encoded", .doc = "Replace look-alike characters so that the text fits GSM-7.", .type = SW_BOOL, SW_BOOL_AT(A, smart_encoded), .used_by = "message.compose" },
	{ .name = "send_at", .doc = "When to send, 5 minutes to 35 days ahead.", .type = SW_TIME, SW_INT_AT(A, send_at), .bad = 35114, .used_by = "message.schedule" },
	{ .name = "schedule_type", .doc = "Must be fixed when SendAt is given.", .type = SW_ENUM, .flags = SW_CONTRACT, .values = schedule_types, SW_TEXT_AT(A, schedule_type), .used_by = "message.compose" },
	{ .name = "traffic_class", .doc = "What it is for: decides how long a carrier may take and what happens when no answer comes.", .type = SW_ENUM, .flags = SW_NATIVE, .values = message_class_names, SW_TEXT_AT(A, traffic_class), .used_by = "message.send" },
	{ .name = "provide_feedback", .doc = "Whether feedback on the delivery will be posted.", .type = SW_BOOL, SW_BOOL_AT(A, provide_feedback), .inert = "Kept with the message; feedback is accepted with or without it." },
	{ .name = "attempt", .doc = "Number of this attempt, as the sender counts.", .type = SW_INT, .flags = SW_CONTRACT, SW_INT_AT(A, attempt), .min = 0, .max = 1000, .inert = "It is the sender's own count and changes nothing." },
	{ .name = "force_delivery", .doc = "Reserved by the contract.", .type = SW_BOOL, .flags = SW_CONTRACT, SW_BOOL_AT(A, force_delivery), .inert = "The contract reserves it." },
	{ .name = "content_retention", .doc = "Whether the body is kept.", .type = SW_ENUM, .flags = SW_CONTRACT, .values = retentions, SW_TEXT_AT(A, content_retention), .used_by = "message.compose (discard is refused)" },
	{ .name = "address_retention", .doc = "Whether the recipient is kept.", .type = SW_ENUM, .flags = SW_CONTRACT, .values = address_retentions, SW_TEXT_AT(A, address_retention), .used_by = "message.compose (obfuscate is refused)" },
	{ .name = "persistent_action", .doc = "Rich actions of a channel.", .type = SW_STRS, .flags = SW_CONTRACT, SW_STRS_AT(A, persistent_action), .max = 10, .inert = "Only rich channels have actions; none is configured." },
	{ .name = "traffic_type", .doc = "Class of the traffic.", .type = SW_ENUM, .flags = SW_CONTRACT, .values = traffic_types, SW_TEXT_AT(A, traffic_type), .inert = "Free traffic is a matter of the hosted service's price list." },
	{ .name = "shorten_urls", .doc = "Shorten the links of the body.", .type = SW_BOOL, .flags = SW_CONTRACT, SW_BOOL_AT(A, shorten_urls), .used_by = "message.compose (true is refused)" },
	{ .name = "send_as_mms", .doc = "Send as MMS even without media.", .type = SW_BOOL, .flags = SW_CONTRACT, SW_BOOL_AT(A, send_as_mms), .used_by = "message.compose (true is refused)" },
	{ .name = "risk_check", .doc = "Whether fraud checks run.", .type = SW_ENUM, .flags = SW_CONTRACT, .values = risk_checks, SW_TEXT_AT(A, risk_check), .inert = "There are no fraud checks to switch off yet." },
	{ .name = "content_sid", .doc = "Content template to send.", .type = SW_SID, .flags = SW_CONTRACT, .kinds = "HX", SW_SID_AT(A, content_sid), .bad = 21655, .used_by = "message.compose (refused: 21655 until templates exist)" },
	{ .name = "content_variables", .doc = "Values for the template, a JSON object.", .type = SW_JSON, .flags = SW_CONTRACT, SW_TEXT_AT(A, content_variables), .bad = 21656, .used_by = "message.compose (refused without ContentSid)" },
	{ .name = "fallback_from", .doc = "Sender when the first channel cannot be used.", .type = SW_PHONE, .flags = SW_CONTRACT | SW_ANY_SENDER, SW_TEXT_AT(A, fallback_from), .bad = 21212, .inert = "Falling back between channels needs a messaging service." },
	{ .name = "max_price", .doc = "Ignored by the contract.", .type = SW_MICROS, .flags = SW_CONTRACT, SW_INT_AT(A, max_price), .inert = "The contract ignores it." },
	{ 0 },
};

#define M struct message
static const struct sw_link subresources[] = {
	{ "media", MESSAGE_PATH "/Media.json" },
	{ "feedback", MESSAGE_PATH "/Feedback.json" },
	{ 0 },
};

static const struct sw_field message_fields[] = {
	{ .name = "account_sid", .doc = "Account that owns the message.", .type = SW_SID, .kinds = "AC", SW_SID_AT(M, account_sid) },
	{ .name = "api_version", .doc = "Version of the API.", .type = SW_STR, .flags = SW_CONTRACT, SW_TEXT_AT(M, api_version) },
	{ .name = "body", .doc = "Text as it was sent.", .type = SW_STR, SW_TEXT_AT(M, body) },
	{ .name = "carrier", .doc = "Carrier that sends it.", .type = SW_STR, .flags = SW_NATIVE, SW_TEXT_AT(M, carrier) },
	{ .name = "date_created", .doc = "When it was accepted.", .type = SW_TIME, SW_INT_AT(M, date_created) },
	{ .name = "date_sent", .doc = "When the carrier took it.", .type = SW_TIME, SW_INT_AT(M, date_sent) },
	{ .name = "date_updated", .doc = "When it last changed.", .type = SW_TIME, SW_INT_AT(M, date_updated) },
	{ .name = "direction", .doc = "Which way it goes.", .type = SW_ENUM, .values = directions, SW_TEXT_AT(M, direction) },
	{ .name = "error_code", .doc = "Why it failed.", .type = SW_INT, SW_INT_AT(M, error_code) },
	{ .name = "error_message", .doc = "The same in words.", .type = SW_STR, SW_TEXT_AT(M, error_message) },
	{ .name = "from", .doc = "Sender.", .type = SW_PHONE, SW_TEXT_AT(M, from) },
	{ .name = "messaging_service_sid", .doc = "Messaging service that chose the sender.", .type = SW_SID, .flags = SW_CONTRACT, .kinds = "MG", SW_SID_AT(M, messaging_service_sid) },
	{ .name = "num_media", .doc = "Media attached.", .type = SW_INT, .flags = SW_AS_TEXT, SW_INT_AT(M, num_media) },
	{ .name = "num_segments", .doc = "Segments billed.", .type = SW_INT, .flags = SW_AS_TEXT, SW_INT_AT(M, num_segments) },
	{ .name = "price", .doc = "What it cost, negative; null until it was sent.", .type = SW_MICROS, .min = 5, SW_INT_AT(M, price) },
	{ .name = "price_unit", .doc = "Currency of the price.", .type = SW_STR, SW_TEXT_AT(M, price_unit) },
	{ .name = "price_quantity", .doc = "Units billed: segments of an SMS, else the message.", .type = SW_INT, .flags = SW_NATIVE, SW_INT_AT(M, price_quantity) },
	{ .name = "price_sid", .doc = "Row of the price book that set the price; null: none did, it is free.", .type = SW_SID, .flags = SW_NATIVE, .kinds = "PI", SW_SID_AT(M, price_sid) },
	{ .name = "price_unit_amount", .doc = "What that row asks for a unit.", .type = SW_MICROS, .flags = SW_NATIVE, .min = 5, SW_INT_AT(M, price_unit_micros) },
	{ .name = "route", .doc = "Why this carrier was chosen.", .type = SW_STR, .flags = SW_NATIVE, SW_TEXT_AT(M, route) },
	{ .name = "sid", .doc = "Identifier.", .type = SW_SID, .kinds = "SM,MM", SW_SID_AT(M, sid) },
	{ .name = "status", .doc = "Where it is in its life.", .type = SW_ENUM, .values = message_statuses, SW_TEXT_AT(M, status) },
	{ .name = "subresource_uris", .doc = "Where its media and feedback are.", .type = SW_LINKS, .flags = SW_CONTRACT, .links = subresources },
	{ .name = "to", .doc = "Recipient.", .type = SW_PHONE, SW_TEXT_AT(M, to) },
	{ .name = "uri", .doc = "Where it is.", .type = SW_PATTERN, .flags = SW_CONTRACT, .pattern = MESSAGE_PATH ".json" },
	{ 0 },
};

struct one_args { struct sw_sid account_sid, sid; };
#define ONE(T) { .name = "sid", .doc = "SID of the message.", .type = SW_SID, .flags = SW_PATH, .kinds = "SM,MM", SW_SID_AT(T, sid) }
static const struct sw_field one_params[] = { ACCOUNT(struct one_args), ONE(struct one_args), { 0 } };

struct update_args { struct sw_sid account_sid, sid; struct sw_str body, status; };
static const struct sw_field update_params[] = {
	ACCOUNT(struct update_args),
	ONE(struct update_args),
	{ .name = "body", .doc = "Empty: redacts the stored text.", .type = SW_STR, .flags = SW_EMPTY_OK, SW_TEXT_AT(struct update_args, body), .max = 1600, .used_by = "message.redact", .example = "" },
	{ .name = "status", .doc = "canceled: a scheduled message is not sent.", .type = SW_ENUM, .values = update_statuses, SW_TEXT_AT(struct update_args, status), .used_by = "message.cancel" },
	{ 0 },
};

struct list_args { struct sw_sid account_sid; struct sw_str to, from; int64_t sent_on, sent_before, sent_after; };
static const struct sw_field list_params[] = {
	ACCOUNT(struct list_args),
	{ .name = "to", .doc = "Only messages to this address.", .type = SW_STR, .flags = SW_QUERY, SW_TEXT_AT(struct list_args, to), .max = 320, .column = "to_address" },
	{ .name = "from", .doc = "Only messages from this address.", .type = SW_STR, .flags = SW_QUERY, SW_TEXT_AT(struct list_args, from), .max = 320, .column = "from_address" },
	{ .name = "date_sent", .doc = "Only messages sent on this day or at this time.", .type = SW_TIME, .flags = SW_QUERY, SW_INT_AT(struct list_args, sent_on) },
	{ .name = "date_sent", .doc = "Only messages sent on or before this day or time.", .type = SW_TIME, .flags = SW_QUERY, SW_INT_AT(struct list_args, sent_before), .op = SW_OP_LE },
	{ .name = "date_sent", .doc = "Only messages sent on or after this day or time.", .type = SW_TIME, .flags = SW_QUERY, SW_INT_AT(struct list_args, sent_after), .op = SW_OP_GE },
	{ 0 },
};

struct media { struct sw_sid account_sid, parent_sid, sid; struct sw_str content_type; int64_t date_created, date_updated; };
static const struct sw_field media_fields[] = {
	{ .name = "account_sid", .doc = "Account that owns the media.", .type = SW_SID, .kinds = "AC", SW_SID_AT(struct media, account_sid) },
	{ .name = "content_type", .doc = "Its media type.", .type = SW_STR, SW_TEXT_AT(struct media, content_type) },
	{ .name = "date_created", .doc = "When it was fetched.", .type = SW_TIME, SW_INT_AT(struct media, date_created) },
	{ .name = "date_updated", .doc = "When it last changed.", .type = SW_TIME, SW_INT_AT(struct media, date_updated) },
	{ .name = "parent_sid", .doc = "The message.", .type = SW_SID, .kinds = "SM,MM", SW_SID_AT(struct media, parent_sid) },
	{ .name = "sid", .doc = "Identifier.", .type = SW_SID, .kinds = "ME", SW_SID_AT(struct media, sid) },
	{ .name = "uri", .doc = "Where it is.", .type = SW_PATTERN, .pattern = "/2010-04-01/Accounts/{account_sid}/Messages/{parent_sid}/Media/{sid}.json" },
	{ 0 },
};

struct media_args { struct sw_sid account_sid, message_sid, sid; int64_t on, before, after; };
#define PARENT(T) { .name = "message_sid", .doc = "SID of the message.", .type = SW_SID, .flags = SW_PATH, .kinds = "SM,MM", SW_SID_AT(T, message_sid) }
static const struct sw_field media_params[] = {
	ACCOUNT(struct media_args),
	PARENT(struct media_args),
	{ .name = "sid", .doc = "SID of the media.", .type = SW_SID, .flags = SW_PATH, .kinds = "ME", SW_SID_AT(struct media_args, sid) },
	{ 0 },
};
static const struct sw_field media_list_params[] = {
	ACCOUNT(struct media_args),
	PARENT(struct media_args),
	{ .name = "date_created", .doc = "Only media fetched on this day or at this time.", .type = SW_TIME, .flags = SW_QUERY, SW_INT_AT(struct media_args, on) },
	{ .name = "date_created", .doc = "Only media fetched on or before this day or time.", .type = SW_TIME, .flags = SW_QUERY, SW_INT_AT(struct media_args, before), .op = SW_OP_LE },
	{ .name = "date_created", .doc = "Only media fetched on or after this day or time.", .type = SW_TIME, .flags = SW_QUERY, SW_INT_AT(struct media_args, after), .op = SW_OP_GE },
	{ 0 },
};

struct feedback { struct sw_sid account_sid, message_sid; struct sw_str outcome; int64_t date_created, date_updated; };
static const struct sw_field feedback_params[] = {
	ACCOUNT(struct feedback),
	PARENT(struct feedback),
	{ .name = "outcome", .doc = "What the recipient did.", .type = SW_ENUM, .values = outcomes, SW_TEXT_AT(struct feedback, outcome), .def = "confirmed", .used_by = "message.feedback event", .example = "confirmed" },
	{ 0 },
};
static const struct sw_field feedback_fields[] = {
	{ .name = "account_sid", .doc = "Account that owns the message.", .type = SW_SID, .kinds = "AC", SW_SID_AT(struct feedback, account_sid) },
	{ .name = "date_created", .doc = "When it was first given.", .type = SW_TIME, SW_INT_AT(struct feedback, date_created) },
	{ .name = "date_updated", .doc = "When it last changed.", .type = SW_TIME, SW_INT_AT(struct feedback, date_updated) },
	{ .name = "message_sid", .doc = "The message.", .type = SW_SID, .kinds = "SM,MM", SW_SID_AT(struct feedback, message_sid) },
	{ .name = "outcome", .doc = "What the recipient did.", .type = SW_ENUM, .values = outcomes, SW_TEXT_AT(struct feedback, outcome) },
	{ .name = "uri", .doc = "Where it is.", .type = SW_PATTERN, .pattern = "/2010-04-01/Accounts/{account_sid}/Messages/{message_sid}/Feedback.json" },
	{ 0 },
};
/* clang-format on */

/* ---- handlers ---- */

static int load(struct sw_call *c, struct sw_sid sid, struct message *ret, struct sw_error *err)
{
	const struct message_ref ref = message_ref_of_call(c, sid);
	int failed = message_load_wait(c->task, &ref, c->arena, ret);
	if (failed == SW_ENOTFOUND || (!failed && !sw_sid_eq(ret->sid, sid)))
		return sw_call_not_found(c, err);
	return sw_fail_internal(err, failed);
}

/* One-time passwords outlive the rest under overload, and the rest outlives marketing. */
static enum sw_level level_of(struct sw_str traffic_class)
{
	return sw_str_is(traffic_class, "otp")         ? SW_LEVEL_URGENT
	       : sw_str_is(traffic_class, "marketing") ? SW_LEVEL_MARKETING
						       : SW_LEVEL_SEND;
}

/* The balance did not suffice: say what for. */
static int refuse_price_wait(struct sw_call *c, const struct message *m, struct sw_error *err)
{
	struct sw_str currency;
	int64_t balance;
	char price[32], left[32];
	if (sw_balance_wait(c->task, c->core, c->account, &balance, &currency))
		return SW_EAPI;
	return sw_fail(err, 20005, "The message costs %.*s %.*s and account %.*s, which pays, has %.*s left.",
		       SW_FMT(sw_micros_format(m->price_micros, 2, price)), SW_FMT(currency),
		       SW_FMT(sw_sid_text(c->arena, c->account->owner)), SW_FMT(sw_micros_format(balance, 2, left)));
}

static int create(struct sw_call *c, struct sw_error *err)
{
	const struct message_create *args = c->args;
	struct message *m = c->result;
	int failed = sw_call_admit(c, level_of(args->traffic_class), err);
	if (!failed)
		failed = message_compose_wait(c, c->args, m, err);
	if (failed)
		return failed;
	struct sw_txn *txn = sw_call_txn(c);
	sw_call_trace(c, m->sid.id);
	message_accept(c, txn, m);
	failed = sw_call_commit_wait(c, txn, err);
	return failed && err->row && err->row->code == 20005 && !err->detail[0] ? refuse_price_wait(c, m, err) : failed;
}

static int fetch(struct sw_call *c, struct sw_error *err)
{
	const struct one_args *args = c->args;
	return load(c, args->sid, c->result, err);
}

static int read_row(struct sw_call *c, struct sw_row row, void *result, struct sw_error *err)
{
	(void)c;
	(void)err;
	message_read(row, result);
	return 0;
}

/* A time at midnight stands for its whole day, as the contract's lists take dates. */
static int64_t end_of(int64_t time_us)
{
	return time_us % SW_US_PER_DAY == 0 ? time_us + SW_US_PER_DAY - 1 : time_us;
}

static void where_time(struct sw_query *query, const char *column, int64_t on, int64_t before, int64_t after)
{
	if (on != SW_NONE) {
		sw_query_where(query, column, SW_OP_GE, SW_I(on));
		sw_query_where(query, column, SW_OP_LE, SW_I(end_of(on)));
	}
	if (before != SW_NONE)
		sw_query_where(query, column, SW_OP_LE, SW_I(end_of(before)));
	if (after != SW_NONE)
		sw_query_where(query, column, SW_OP_GE, SW_I(after));
}

/* A message is sent after it was created and at most 36 days later: that bounds the range of SIDs to look at. */
static void bound_sids(struct sw_query *query, const struct list_args *args)
{
	int64_t last = args->sent_on != SW_NONE       ? end_of(args->sent_on)
		       : args->sent_before != SW_NONE ? end_of(args->sent_before)
						      : SW_NONE;
	int64_t first = args->sent_on != SW_NONE ? args->sent_on : args->sent_after;
	if (last != SW_NONE && last > 0)
		sw_query_where(query, "sid", SW_OP_LT, SW_ID(sw_sid_floor(last + 1000)));
	if (first != SW_NONE && first > 36 * SW_US_PER_DAY)
		sw_query_where(query, "sid", SW_OP_GE, SW_ID(sw_sid_floor(first - 36 * SW_US_PER_DAY)));
}

static int list(struct sw_call *c, struct sw_error *err)
{
	const struct list_args *args = c->args;
	struct sw_query *query = sw_query_new(c->arena, &message_list);
	sw_query_where(query, "bucket", SW_OP_EQ, SW_I(c->account->bucket));
	sw_query_where(query, "account_sid", SW_OP_EQ, SW_ID(c->account->sid.id));
	sw_call_where(c, query);
	where_time(query, "sent_us", args->sent_on, args->sent_before, args->sent_after);
	bound_sids(query, args);
	return sw_call_list_wait(c, query, "SM", read_row, err);
}

static int redact(struct sw_call *c, struct message *m, struct sw_error *err)
{
	if (m->state < MESSAGE_SENT)
		return sw_fail(err, 20009, NULL);
	struct sw_txn *txn = sw_call_txn(c);
	m->body = SW_S("");
	m->date_updated = sw_wall_us();
	sw_txn_trace(txn, m->sid.id);
	sw_txn_do(txn, &message_sql[SQL_MESSAGE_REDACT], SW_GUARD_ONE, SW_ENOTFOUND, SW_I(c->account->bucket),
		  SW_ID(c->account->sid.id), SW_ID(m->sid.id), SW_I(m->date_updated));
	sw_event_add(txn, c->account->sid.id, m->sid, "message.redacted", SW_S("{}"));
	int failed = sw_call_commit_wait(c, txn, err);
	if (!failed)
		sw_request_forget(c->account->sid, m->sid);
	return failed;
}

static int cancel_once(struct sw_call *c, struct message *m, struct sw_error *err)
{
	const struct message_ref ref = message_ref_of_call(c, m->sid);
	const struct message_change change = { MESSAGE_NO_CHANGE, .unschedule = true };
	const struct sw_fsm_rule *rule = sw_fsm_find(&message_fsm, m->state, ON_CANCEL);
	if (!rule)
		return sw_fail(err, 20001, "The message is %.*s; only a scheduled message can be canceled.",
			       SW_FMT(m->status));
	struct sw_txn *txn = sw_call_txn(c);
	int failed = message_step_add_wait(c->task, txn, &ref, rule, m, &change);
	if (failed)
		return failed;
	m->status = sw_str_of(message_fsm.states[rule->to]);
	m->date_updated = sw_wall_us();
	return sw_call_commit_wait(c, txn, err);
}

static int cancel(struct sw_call *c, struct message *m, struct sw_error *err)
{
	int failed = cancel_once(c, m, err);
	for (int i = 0; i < TRIES && failed == SW_ECONFLICT; i++) {
		failed = load(c, m->sid, m, err); /* its time came meanwhile */
		if (!failed)
			failed = cancel_once(c, m, err);
	}
	return failed;
}

static int update(struct sw_call *c, struct sw_error *err)
{
	const struct update_args *args = c->args;
	struct message *m = c->result;
	int failed = load(c, args->sid, m, err);
	if (failed)
		return failed;
	if (args->status.p)
		return cancel(c, m, err);
	if (!args->body.p)
		return sw_fail(err, 20001, "Give Status=canceled to cancel, or an empty Body to redact.");
	return args->body.n ? sw_fail(err, 20001, "The body of a message can only be redacted: it must be empty.")
			    : redact(c, m, err);
}

static int delete_once(struct sw_call *c, struct sw_error *err)
{
	const struct one_args *args = c->args;
	struct message m;
	int failed = load(c, args->sid, &m, err);
	if (failed)
		return failed;
	if (m.state < MESSAGE_SENT)
		return sw_fail(err, 20009, NULL);
	int64_t bucket = c->account->bucket;
	struct sw_txn *txn = sw_call_txn(c);
	sw_txn_do(txn, &message_sql[SQL_MESSAGE_DELETE], SW_GUARD_ONE, SW_ECONFLICT, SW_I(bucket),
		  SW_ID(c->account->sid.id), SW_ID(m.sid.id), SW_I(m.state));
	sw_txn_do(txn, &message_sql[SQL_MEDIA_DELETE_ALL], SW_GUARD_ANY, 0, SW_I(bucket), SW_ID(c->account->sid.id),
		  SW_ID(m.sid.id));
	sw_txn_do(txn, &message_sql[SQL_FEEDBACK_DELETE], SW_GUARD_ANY, 0, SW_I(bucket), SW_ID(c->account->sid.id),
		  SW_ID(m.sid.id));
	sw_event_add(txn, c->account->sid.id, m.sid, "message.deleted", SW_S("{}"));
	failed = sw_call_commit_wait(c, txn, err);
	if (!failed)
		sw_request_forget(c->account->sid, m.sid);
	return failed;
}

static int delete_one(struct sw_call *c, struct sw_error *err)
{
	int failed = SW_ECONFLICT;
	for (int i = 0; i < TRIES && failed == SW_ECONFLICT; i++)
		failed = delete_once(c, err); /* a receipt may change the status meanwhile */
	return failed;
}

/* ---- media and feedback ---- */

static void read_media(struct sw_row row, struct sw_sid parent, struct media *ret)
{
	*ret = (struct media){
		.sid = sw_sid_of("ME", sw_row_id(row, 0)),
		.account_sid = sw_sid_of("AC", sw_row_id(row, 1)),
		.parent_sid = parent,
		.content_type = sw_row_str(row, 3),
		.date_created = sw_row_int(row, 4),
		.date_updated = sw_row_int(row, 4),
	};
}

static int read_media_row(struct sw_call *c, struct sw_row row, void *result, struct sw_error *err)
{
	const struct media_args *args = c->args;
	(void)err;
	read_media(row, args->message_sid, result);
	return 0;
}

static int list_media(struct sw_call *c, struct sw_error *err)
{
	const struct media_args *args = c->args;
	struct message m;
	int failed = load(c, args->message_sid, &m, err);
	if (failed)
		return failed;
	struct sw_query *query = sw_query_new(c->arena, &message_media_list);
	sw_query_where(query, "bucket", SW_OP_EQ, SW_I(c->account->bucket));
	sw_query_where(query, "account_sid", SW_OP_EQ, SW_ID(c->account->sid.id));
	sw_query_where(query, "message_sid", SW_OP_EQ, SW_ID(args->message_sid.id));
	where_time(query, "created_us", args->on, args->before, args->after);
	return sw_call_list_wait(c, query, "ME", read_media_row, err);
}

static int load_media(struct sw_call *c, const struct sw_sql *sql, struct sw_row *ret, struct sw_error *err)
{
	const struct media_args *args = c->args;
	struct sw_rows rows;
	int failed = sw_query_wait(c->task, c->core->store, c->arena, sql, &rows, SW_I(c->account->bucket),
				   SW_ID(c->account->sid.id), SW_ID(args->message_sid.id), SW_ID(args->sid.id));
	if (failed)
		return sw_fail_internal(err, failed);
	if (rows.n == 0)
		return sw_call_not_found(c, err);
	*ret = rows.row[0];
	return 0;
}

static int fetch_media(struct sw_call *c, struct sw_error *err)
{
	const struct media_args *args = c->args;
	struct sw_row row;
	int failed = load_media(c, &message_sql[SQL_MEDIA_GET], &row, err);
	if (!failed)
		read_media(row, args->message_sid, c->result);
	return failed;
}

/* What a carrier or a person gets to see: the bytes as they were fetched. */
static int fetch_content(struct sw_call *c, struct sw_error *err)
{
	struct sw_row row;
	int failed = load_media(c, &message_sql[SQL_MEDIA_CONTENT], &row, err);
	if (failed)
		return failed;
	c->content_type = sw_row_str(row, 0);
	c->body = sw_row_str(row, 1);
	return 0;
}

static int delete_media(struct sw_call *c, struct sw_error *err)
{
	const struct media_args *args = c->args;
	struct sw_txn *txn = sw_call_txn(c);
	sw_txn_do(txn, &message_sql[SQL_MEDIA_DELETE], SW_GUARD_ONE, SW_ENOTFOUND, SW_I(c->account->bucket),
		  SW_ID(c->account->sid.id), SW_ID(args->message_sid.id), SW_ID(args->sid.id));
	return sw_call_commit_wait(c, txn, err);
}

static int create_feedback(struct sw_call *c, struct sw_error *err)
{
	const struct feedback *args = c->args;
	struct feedback *result = c->result;
	struct message m;
	struct sw_rows rows;
	int failed = load(c, args->message_sid, &m, err);
	if (failed)
		return failed;
	failed = sw_query_wait(c->task, c->core->store, c->arena, &message_sql[SQL_FEEDBACK_GET], &rows,
			       SW_I(c->account->bucket), SW_ID(c->account->sid.id), SW_ID(m.sid.id));
	if (failed)
		return sw_fail_internal(err, failed);
	int64_t now = sw_wall_us();
	*result = *args;
	result->account_sid = c->account->sid;
	result->date_created = rows.n ? sw_row_int(rows.row[0], 1) : now;
	result->date_updated = now;
	struct sw_txn *txn = sw_call_txn(c);
	sw_txn_do(txn, &message_sql[SQL_FEEDBACK_PUT], SW_GUARD_ONE, SW_ECONFLICT, SW_I(c->account->bucket),
		  SW_ID(c->account->sid.id), SW_ID(m.sid.id), SW_T(args->outcome), SW_I(now));
	sw_event_add(txn, c->account->sid.id, m.sid, "message.feedback",
		     sw_str_fmt(c->arena, "{\"outcome\":\"%.*s\"}", SW_FMT(args->outcome)));
	return sw_call_commit_wait(c, txn, err);
}

/* clang-format off */
#define BASE "/2010-04-01/Accounts/{AccountSid}/Messages"
#define CONTRACT .style = SW_STYLE_2010, .product = "api"
#define ARGS(params_, type) .params = params_, .args_bytes = sizeof(type)
#define REPLY(fields_, type) .fields = fields_, .result_bytes = sizeof(type)

/* What no single parameter shows, and what the carrier refuses at once. */
#define REFUSALS SW_ERRORS(21211, 21212, 21408, 21601, 21602, 21603, 21606, 21610, 21611, 21612, 21614, 21654, 21704, 35111, 35118, 63007)

const struct sw_endpoint message_endpoints[] = {
	{ "POST", BASE ".json", "CreateMessage", "Send a message.", CONTRACT, ARGS(create_params, struct message_create), REPLY(message_fields, struct message), 201, create, .rate_class = "send", .errors = REFUSALS },
	{ "GET", BASE ".json", "ListMessage", "List messages, newest first.", CONTRACT, ARGS(list_params, struct list_args), REPLY(message_fields, struct message), 200, list, .flags = SW_LIST, .list_key = "messages", .rate_class = "read" },
	{ "GET", BASE "/{Sid}.json", "FetchMessage", "Fetch a message.", CONTRACT, ARGS(one_params, struct one_args), REPLY(message_fields, struct message), 200, fetch, .rate_class = "read" },
	{ "POST", BASE "/{Sid}.json", "UpdateMessage", "Redact a message or cancel a scheduled one.", CONTRACT, ARGS(update_params, struct update_args), REPLY(message_fields, struct message), 200, update, .rate_class = "write", .errors = SW_ERRORS(20009) },
	{ "DELETE", BASE "/{Sid}.json", "DeleteMessage", "Delete a message that is complete.", CONTRACT, ARGS(one_params, struct one_args), .status = 204, .handler = delete_one, .rate_class = "write", .errors = SW_ERRORS(20009) },
	{ "GET", BASE "/{MessageSid}/Media.json", "ListMedia", "List the media of a message.", CONTRACT, ARGS(media_list_params, struct media_args), REPLY(media_fields, struct media), 200, list_media, .flags = SW_LIST, .list_key = "media_list", .rate_class = "read" },
	{ "GET", BASE "/{MessageSid}/Media/{Sid}.json", "FetchMedia", "Fetch one of a message's media.", CONTRACT, ARGS(media_params, struct media_args), REPLY(media_fields, struct media), 200, fetch_media, .rate_class = "read" },
	{ "GET", BASE "/{MessageSid}/Media/{Sid}", "FetchMediaContent", "Fetch the content of one of a message's media.", CONTRACT, ARGS(media_params, struct media_args), .status = 200, .handler = fetch_content, .flags = SW_RAW, .rate_class = "read" },
	{ "DELETE", BASE "/{MessageSid}/Media/{Sid}.json", "DeleteMedia", "Delete one of a message's media.", CONTRACT, ARGS(media_params, struct media_args), .status = 204, .handler = delete_media, .rate_class = "write" },
	{ "POST", BASE "/{MessageSid}/Feedback.json", "CreateMessageFeedback", "Say whether the recipient did what the message asked for.", CONTRACT, ARGS(feedback_params, struct feedback), REPLY(feedback_fields, struct feedback), 200, create_feedback, .rate_class = "write" },
	{ "POST", "/v1/messages", "SendMessage", "Send a message.", SW_STYLE_NATIVE, NULL, ARGS(create_params, struct message_create), REPLY(message_fields, struct message), 201, create, .rate_class = "send", .urgent = "otp", .errors = REFUSALS },
	{ "GET", "/v1/messages", "ListMessages", "List messages, newest first.", SW_STYLE_NATIVE, NULL, ARGS(list_params, struct list_args), REPLY(message_fields, struct message), 200, list, .flags = SW_LIST, .rate_class = "read" },
	{ "GET", "/v1/messages/{sid}", "GetMessage", "Fetch a message.", SW_STYLE_NATIVE, NULL, ARGS(one_params, struct one_args), REPLY(message_fields, struct message), 200, fetch, .rate_class = "read" },
	{ 0 },
};
/* clang-format on */

static const struct sw_query_def *const queries[] = { &message_list, &message_media_list, NULL };
static const struct sw_due_kind *const dues[] = { &message_send_due,    &message_media_due,   &message_schedule_due,
						  &message_unknown_due, &message_inbound_due, NULL };

static const struct sw_field event_data[] = {
	SW_EVENT_INT("error_code", "Why it was not sent or not delivered."),
	SW_EVENT_TEXT("carrier", "Carrier that said so."),
	SW_EVENT_TEXT("product", "What was charged, by the price book."),
	SW_EVENT_TEXT("direction", "Which way it goes."),
	SW_EVENT_INT("num_segments", "Its segments."),
	SW_EVENT_TEXT("price", "What was charged, or given back."),
	SW_EVENT_BOOL("refund", "Whether it was given back."),
	{ 0 },
};
static const struct sw_field received_data[] = {
	SW_EVENT_TEXT("from", "Who sent it."),
	SW_EVENT_TEXT("to", "Number that it came to."),
	SW_EVENT_INT("error_code", "Why nobody was asked what to do with it."),
	SW_EVENT_INT("num_segments", "Its segments."),
	SW_EVENT_TEXT("product", "What was charged, by the price book."),
	SW_EVENT_TEXT("direction", "inbound."),
	SW_EVENT_TEXT("price", "What was charged."),
	{ 0 },
};
static const struct sw_field unknown_data[] = {
	SW_EVENT_TEXT("carrier", "Carrier that was handed the message and did not answer."),
	SW_EVENT_INT("wait_s", "Seconds that a receipt may take to settle it."),
	{ 0 },
};
static const struct sw_field feedback_data[] = { SW_EVENT_TEXT("outcome", "confirmed or unconfirmed."), { 0 } };

static const struct sw_fsm_events message_states = {
	.fsm = &message_fsm,
	.data = event_data,
	.contract = "com.twilio.messaging.message",
	.schema = "Messaging.MessageStatus",
	.kind = "SM",
	.source = "/2010-04-01/Accounts/{account_sid}/Messages/{sid}.json",
};
static const struct sw_event_row events[] = {
	{ "message.received", "A message came in.", received_data, "com.twilio.messaging.inbound-message.received",
	  "Messaging.InboundMessageV1" },
	{ "message.outcome_unknown", "A carrier was handed a message and did not answer.", unknown_data, NULL,
	  "Strowger.MessageOutcome" },
	{ "message.redacted", "A message's text was removed.", NULL, NULL, NULL },
	{ "message.deleted", "A message was deleted.", NULL, NULL, NULL },
	{ "message.feedback", "Somebody said whether a message did its work.", feedback_data, NULL,
	  "Strowger.MessageFeedback" },
	{ 0 },
};

const struct sw_module message_module = {
	.name = "message",
	.group = "messaging",
	.endpoints = message_endpoints,
	.sql = &message_sql_table,
	.queries = queries,
	.dues = dues,
	.fsm = &message_states,
	.events = events,
};
