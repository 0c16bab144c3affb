/* The rules of accepting a message. */
#include "product/message/message.h"

#include "base/time.h"
#include "core/core_sql.h"
#include "core/recipient.h"
#include "loop/clock.h"
#include "loop/task.h"
#include "store/event.h"
#include "wire/phone/phone.h"
#include "wire/sms/sms.h"

enum { VALIDITY_DEFAULT_S = 36000, SCHEDULE_MIN_S = 300, SCHEDULE_MAX_DAYS = 35 };

static const char *const directions[] = {
	[MESSAGE_INBOUND] = "inbound", [MESSAGE_API] = "outbound-api", [MESSAGE_REPLY] = "outbound-reply"
};

static int64_t or_none(struct sw_row row, unsigned column)
{
	return sw_row_null(row, column) ? SW_NONE : sw_row_int(row, column);
}

void message_read(struct sw_row row, struct message *ret)
{
	*ret = (struct message){
		.account_sid = sw_sid_of("AC", sw_row_id(row, 1)),
		.direction_number = (int)sw_row_int(row, 2),
		.state = (enum message_status)sw_row_int(row, 3),
		.from = sw_row_str(row, 4),
		.to = sw_row_str(row, 5),
		.body = sw_row_str(row, 6),
		.num_segments = sw_row_int(row, 7),
		.num_media = sw_row_int(row, 8),
		.error_code = or_none(row, 9),
		.price_micros = sw_row_int(row, 10),
		.price_unit = sw_row_str(row, 11),
		.carrier = sw_row_str(row, 12),
		.carrier_id = sw_row_str(row, 13),
		.route = sw_row_str(row, 14),
		.options = sw_row_str(row, 15),
		.expires_us = sw_row_int(row, 16),
		.date_created = sw_row_int(row, 17),
		.date_sent = or_none(row, 18),
		.date_updated = sw_row_int(row, 19),
		.parts_open = or_none(row, 20),
		.api_version = SW_S("2010-04-01"),
	};
	ret->price = ret->date_sent == SW_NONE || ret->price_micros == 0 ? SW_NONE : -ret->price_micros;
	if (!sw_row_null(row, 21))
		ret->price_sid = sw_sid_of("PI", sw_row_id(row, 21));
	message_explain_price(ret);
	ret->sid = sw_sid_of(ret->num_media ? "MM" : "SM", sw_row_id(row, 0));
	ret->direction = sw_str_of(directions[ret->direction_number]);
	ret->status = sw_str_of(message_fsm.states[ret->state]);
	const struct sw_error_row *error = ret->error_code == SW_NONE ? NULL : sw_error_find((int)ret->error_code);
	ret->error_message = error ? sw_str_of(error->message) : SW_STR_NULL;
}

int message_load_wait(struct sw_task *task, const struct message_ref *ref, struct sw_arena *arena, struct message *ret)
{
	struct sw_rows rows;
	int err = sw_query_wait(task, ref->core->store, arena, &message_sql[SQL_MESSAGE_GET], &rows, SW_I(ref->bucket),
				SW_ID(ref->account), SW_ID(ref->sid));
	if (err || rows.n == 0)
		return err ? err : SW_ENOTFOUND;
	message_read(rows.row[0], ret);
	return 0;
}

/* ---- composing ---- */

static int check_to(struct sw_str to, struct sw_error *err)
{
	struct sw_phone phone;
	if (sw_address_parse(to).kind == SW_ADDRESS_E164 && (sw_phone_parse(to, &phone) || !phone.possible))
		return sw_fail(err, 21211, "The 'To' number %.*s is not a valid phone number.", SW_FMT(to));
	return 0;
}

static int check_from_wait(struct sw_call *c, const struct message_create *args, struct sw_error *err)
{
	struct sw_number number;
	struct sw_address from = sw_address_parse(args->from), to = sw_address_parse(args->to);
	if (!sw_str_eq(from.channel, to.channel))
		return sw_fail(err, 63007,
			       "'From' and 'To' must be of one channel; this server has no carrier for %.*s yet unless "
			       "a sender of it was given to the account.",
			       SW_FMT(to.channel.p ? to.channel : from.channel));
	if (sw_str_eq(args->from, args->to))
		return sw_fail(err, 21606, "'From' and 'To' are the same number %.*s.", SW_FMT(args->to));
	int failed = sw_number_find_wait(c->task, c->core, c->account, args->from, &number);
	if (failed == SW_ENOTFOUND)
		return sw_fail(err, to.channel.p ? 63007 : 21606,
			       "The 'From' number %.*s does not belong to this account.", SW_FMT(args->from));
	if (failed)
		return sw_fail_internal(err, failed);
	return number.can_sms ? 0 : sw_fail(err, 21601, NULL);
}

static int check_recipient_wait(struct sw_call *c, const struct message_create *args, struct sw_error *err)
{
	int failed = sw_recipient_check_wait(c->task, c->core, c->account, args->from, args->to);
	return failed > 0 ? sw_fail(err, failed, NULL) : sw_fail_internal(err, failed);
}

static int check_content(const struct message_create *args, struct sw_error *err)
{
	if (sw_sid_given(args->content_sid))
		return sw_fail(err, 21655, "Content templates are not served yet: send Body.");
	if (args->content_variables.p)
		return sw_fail(err, 21654, NULL);
	if (!args->body.n && !args->media_url.n)
		return sw_fail(err, 21602, NULL);
	for (size_t i = 0; i < args->media_url.n; i++) {
		static const struct sw_field url = {
			.name = "media_url", .doc = "A URL.", .type = SW_URL, .bad = 21620
		};
		struct sw_str ignored;
		int failed = sw_field_parse(NULL, &url, SW_S("MediaUrl"), args->media_url.v[i], &ignored, err);
		if (failed)
			return failed;
	}
	return 0;
}

/* What the contract offers and this program does not do yet is refused rather than taken and ignored. */
static int check_unsupported(const struct message_create *args, struct sw_error *err)
{
	const struct {
		const char *name;
		bool asked;
	} refused[] = {
		{ "ContentRetention=discard", sw_str_is(args->content_retention, "discard") },
		{ "AddressRetention=obfuscate", sw_str_is(args->address_retention, "obfuscate") },
		{ "ShortenUrls=true", args->shorten_urls > 0 },
		{ "SendAsMms=true", args->send_as_mms > 0 },
	};
	for (size_t i = 0; i < SW_COUNTOF(refused); i++)
		if (refused[i].asked)
			return sw_fail(err, 20001, "%s is not offered by this server.", refused[i].name);
	return 0;
}

static int check_schedule(struct sw_call *c, const struct message_create *args, struct sw_error *err)
{
	if (args->schedule_type.p && args->send_at == SW_NONE)
		return sw_fail(err, 35111, NULL);
	if (args->send_at == SW_NONE)
		return 0;
	int64_t ahead = args->send_at - sw_wall_us();
	if (ahead < SCHEDULE_MIN_S * SW_US_PER_S || ahead > SCHEDULE_MAX_DAYS * SW_US_PER_DAY)
		return sw_fail(err, 35114, "The message must be sent at least 5 minutes and at most 35 days from now.");
	/* The contract schedules through a messaging service only; the native style needs none. */
	return c->endpoint->style == SW_STYLE_NATIVE
		       ? 0
		       : sw_fail(err, 35118,
				 "Scheduling through a messaging service is not served yet: POST /v1/messages "
				 "with send_at needs none.");
}

int message_application_wait(struct sw_task *task, const struct sw_core *core, const struct sw_account *account,
			     struct sw_sid sid, const struct sw_json **ret)
{
	struct sw_rows rows;
	int err = sw_query_wait(task, core->store, sw_task_arena(task), CORE_SQL(SQL_RESOURCE_GET), &rows,
				SW_I(account->bucket), SW_ID(account->sid.id), SW_T(SW_S("AP")), SW_ID(sid.id));
	if (err || rows.n == 0)
		return err ? err : SW_ENOTFOUND;
	return sw_json_parse(sw_task_arena(task), sw_row_str(rows.row[0], 1), NULL, ret, NULL);
}

/* The application's URL wins over the message's own; kept with the message, so that nobody need read it again. */
static int read_application_wait(struct sw_call *c, struct message_create *args, struct sw_error *err)
{
	static const char *const names[] = { "message_status_callback", "sms_status_callback" };
	const struct sw_json *application;
	if (!sw_sid_given(args->application_sid))
		return 0;
	int failed = message_application_wait(c->task, c->core, c->account, args->application_sid, &application);
	if (failed)
		return failed == SW_ENOTFOUND ? sw_fail(err, 22108, NULL) : sw_fail_internal(err, failed);
	for (size_t i = 0; i < SW_COUNTOF(names); i++) {
		struct sw_str url = sw_json_get_str(application, names[i]);
		if (url.n) {
			args->status_callback = url;
			break;
		}
	}
	return 0;
}

static int check_wait(struct sw_call *c, const struct message_create *args, struct sw_error *err)
{
	int failed = check_to(args->to, err);
	if (!failed && sw_sid_given(args->messaging_service_sid))
		failed = sw_fail(err, 21704, "Messaging services are not served yet: send with From.");
	if (!failed && !args->from.p)
		failed = sw_fail(err, 21603, NULL);
	if (failed)
		return failed;
	const char *why;
	struct sw_carrier *carrier = message_route(0, &why);
	int code = carrier ? sw_carrier_precheck(carrier, args->from, args->to) : 21612;
	if (code)
		return sw_fail(err, code, NULL);
	failed = check_from_wait(c, args, err);
	if (!failed)
		failed = check_recipient_wait(c, args, err);
	if (!failed)
		failed = check_content(args, err);
	if (!failed)
		failed = check_unsupported(args, err);
	if (!failed)
		failed = check_schedule(c, args, err);
	return failed;
}

struct sw_str message_option(const struct message *m, const char *name)
{
	struct sw_str rest = m->options, member, raw;
	while (sw_json_next_member(&rest, &member, &raw))
		if (sw_str_is(member, name) && raw.n >= 2 && raw.p[0] == '"')
			return sw_str_sub(raw, 1, raw.n - 2);
	return SW_STR_NULL;
}

static int check_reply_wait(struct sw_call *c, struct sw_sid sid, struct sw_error *err)
{
	const struct message_ref ref = message_ref_of_call(c, sid);
	struct message inbound;
	if (!sw_sid_given(sid))
		return 0;
	int failed = message_load_wait(c->task, &ref, c->arena, &inbound);
	if (failed && failed != SW_ENOTFOUND)
		return sw_fail_internal(err, failed);
	if (failed || inbound.direction_number != MESSAGE_INBOUND)
		return sw_fail(err, 20001,
			       "The parameter 'in_reply_to' is not valid: there is no such inbound message.");
	return 0;
}

static void add_option(struct sw_json_out *out, const char *name, struct sw_str value)
{
	if (value.n)
		sw_json_add_str(out, name, value);
}

/* What the sending and the callbacks will want to know, kept with the message. */
static struct sw_str write_options(struct sw_call *c, const struct message_create *args)
{
	struct sw_buf text = { .arena = c->arena };
	struct sw_json_out out = { .buf = &text };
	sw_json_object(&out);
	add_option(&out, "status_callback", args->status_callback);
	add_option(&out, "application_sid", sw_sid_text(c->arena, args->application_sid));
	add_option(&out, "traffic", args->traffic_class);
	if (args->provide_feedback > 0)
		add_option(&out, "provide_feedback", SW_S("true"));
	if (args->media_url.n) {
		sw_json_key(&out, SW_S("media_url"));
		sw_json_array(&out);
		for (size_t i = 0; i < args->media_url.n; i++)
			sw_json_str(&out, args->media_url.v[i]);
		sw_json_end_array(&out);
	}
	sw_json_end_object(&out);
	return text.n > 2 ? sw_buf_str(&text) : SW_STR_NULL;
}

int message_compose_wait(struct sw_call *c, struct message_create *args, struct message *ret, struct sw_error *err)
{
	struct sw_sms_plan plan;
	int failed = check_wait(c, args, err);
	if (!failed)
		failed = read_application_wait(c, args, err);
	if (!failed)
		failed = check_reply_wait(c, args->in_reply_to, err);
	if (failed)
		return failed;
	if (sw_sms_plan(c->arena, args->body.p ? args->body : SW_S(""), args->smart_encoded > 0, &plan))
		return sw_fail(err, 20001, "The body is not valid UTF-8.");
	int64_t now = sw_wall_us(),
		validity_s = args->validity_period == SW_NONE ? VALIDITY_DEFAULT_S : args->validity_period;
	bool later = args->send_at != SW_NONE;
	enum message_direction direction = sw_sid_given(args->in_reply_to) ? MESSAGE_REPLY : MESSAGE_API;
	const char *why;
	struct sw_carrier *carrier = message_route(0, &why);
	*ret = (struct message){
		.sid = sw_sid_new(args->media_url.n ? "MM" : "SM", c->account->bucket),
		.account_sid = c->account->sid,
		.direction_number = direction,
		.direction = sw_str_of(directions[direction]),
		.state = later ? MESSAGE_SCHEDULED : MESSAGE_QUEUED,
		.from = args->from,
		.to = args->to,
		.body = plan.text,
		.api_version = SW_S("2010-04-01"),
		.num_segments = args->media_url.n ? 1 : plan.segments,
		.num_media = (int64_t)args->media_url.n,
		.error_code = SW_NONE,
		.price_unit = c->core->currency,
		.carrier = sw_str_of(sw_carrier_name(carrier)),
		.route = sw_str_of(why),
		.options = write_options(c, args),
		.expires_us = (later ? args->send_at : now) + validity_s * SW_US_PER_S,
		.price = SW_NONE,
		.parts_open = SW_NONE,
		.send_us = later ? args->send_at : now,
		.date_created = now,
		.date_sent = SW_NONE,
		.date_updated = now,
	};
	ret->status = sw_str_of(message_fsm.states[ret->state]);
	return sw_fail_internal(err, message_price_wait(c->task, c->core, c->account, ret));
}

void message_accept(struct sw_call *c, struct sw_txn *txn, const struct message *m)
{
	int bucket = c->account->bucket;
	struct sw_due due = {
		.due_us = m->send_us,
		.kind = m->state == MESSAGE_SCHEDULED ? &message_schedule_due : message_due_kind(m->sid.kind),
		.account = m->account_sid.id,
		.ref_kind = { m->sid.kind[0], m->sid.kind[1] },
		.ref = m->sid.id,
	};
	const struct sw_event event = {
		.account = m->account_sid.id,
		.type = sw_fsm_event_type(c->arena, &message_fsm, m->state),
		.kind = { m->sid.kind, 2 },
		.sid = m->sid.id,
		.time_us = m->date_created,
		.data = sw_str_fmt(c->arena, "{%.*s}", SW_FMT(message_charge_data(c->arena, m))),
	};
	const struct sw_ledger_entry charge = message_charge(m, "message");
	sw_txn_trace(txn, m->sid.id);
	sw_ledger_debit(txn, c->account, &charge, 20005);
	sw_txn_do(txn, &message_sql[SQL_MESSAGE_INSERT], SW_GUARD_ONE, SW_EEXIST, SW_I(bucket),
		  SW_ID(m->account_sid.id), SW_ID(m->sid.id), SW_I(m->direction_number), SW_I(m->state), SW_T(m->from),
		  SW_T(m->to), SW_T(m->body), SW_I(m->num_segments), SW_I(m->num_media), SW_I(m->price_micros),
		  SW_T(m->price_unit), SW_T(m->carrier), SW_T(m->route), SW_T(m->options), SW_I(m->expires_us),
		  SW_I(m->date_created), SW_NULL, SW_NULL,
		  sw_sid_given(m->price_sid) ? SW_ID(m->price_sid.id) : SW_NULL);
	sw_txn_event(txn, &event);
	sw_txn_due(txn, &due);
}
