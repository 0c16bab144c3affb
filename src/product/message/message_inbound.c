/*
 * Inbound messages: stored, then the number's URL is asked what to do.
 *
 * The commit that stores one brings a due row; its handler asks the URL, runs the answer (message_twiml.c) and, when
 * that fails, asks the fallback URL.  It may run again after a crash: requests carry the same tokens, and replies are
 * made under idempotency keys of their own.
 */
#include "product/message/message.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/list.h"
#include "base/log.h"
#include "base/num.h"
#include "base/trace.h"
#include "core/core_sql.h"
#include "loop/clock.h"
#include "loop/loop.h"
#include "loop/task.h"
#include "store/event.h"
#include "wire/phone/phone.h"
#include "wire/signature/signature.h"
#include "wire/sms/sms.h"
#include "wire/twiml/twiml.h"

enum {
	DOCUMENTS_MAX = 10, /* one after the other, for one message */
	PARAMS_MAX = 20,
	EVENTS_MAX = 50, /* about one message */
	RUNNING_MAX = 1024,
	BUSY_MAX_US = 60 * 1000000, /* then the URL counts as failed */
	CODE_HTTP = 11200,
	CODE_TYPE = 12300,
	CODE_DOCUMENTS = 14106,
};

/* ---- storing ---- */

/* On its way from the carrier's loop and back. */
struct arrival {
	struct sw_mail mail;
	struct sw_loop *home;
	struct sw_completion done;
	struct sw_inbound inbound;
	int err;
	char texts[];
};

static void deliver_done(struct sw_mail *mail)
{
	struct arrival *arrival = SW_CONTAINER(mail, struct arrival, mail);
	arrival->done.fn(arrival->done.arg, arrival->err);
	free(arrival);
}

static int store_priced_wait(struct sw_task *task, const struct sw_account *account, const struct message *m,
			     const struct sw_inbound *in)
{
	const struct message_roads *roads = message_roads();
	struct sw_arena *arena = sw_task_arena(task);
	struct sw_str code = in->code ? sw_str_fmt(arena, "%d", in->code) : SW_STR_NULL;
	struct sw_txn *txn = sw_txn_new(roads->core->store, arena, account->bucket);
	struct sw_buf data = { .arena = arena };
	struct sw_json_out out = { .buf = &data };
	sw_json_object(&out);
	sw_json_add_str(&out, "from", m->from);
	sw_json_add_str(&out, "to", m->to);
	if (in->code)
		sw_json_add_int(&out, "error_code", in->code);
	sw_buf_add_fmt(&data, ",%.*s", SW_FMT(message_charge_data(arena, m)));
	sw_json_end_object(&out);
	const struct sw_event event = {
		.account = account->sid.id,
		.type = sw_fsm_event_type(arena, &message_fsm, MESSAGE_RECEIVED),
		.kind = SW_S("SM"),
		.sid = m->sid.id,
		.time_us = m->date_created,
		.data = sw_buf_str(&data),
	};
	struct sw_due due = {
		.due_us = m->date_created,
		.kind = &message_inbound_due,
		.account = account->sid.id,
		.ref_kind = { 'S', 'M' },
		.ref = m->sid.id,
		.data = code,
	};
	const struct sw_ledger_entry charge = message_charge(m, "message");
	sw_txn_trace(txn, m->sid.id);
	sw_ledger_charge(txn, account, &charge);
	sw_txn_do(txn, &message_sql[SQL_MESSAGE_INSERT], SW_GUARD_ONE, SW_EEXIST, SW_I(account->bucket),
		  SW_ID(account->sid.id), SW_ID(m->sid.id), SW_I(MESSAGE_INBOUND), SW_I(MESSAGE_RECEIVED),
		  SW_T(m->from), SW_T(m->to), SW_T(m->body), SW_I(m->num_segments), SW_I(0), SW_I(m->price_micros),
		  SW_T(roads->core->currency), SW_T(m->carrier), SW_NULL, SW_NULL, SW_I(0), SW_I(m->date_created),
		  SW_I(m->date_created), in->code ? SW_I(in->code) : SW_NULL,
		  sw_sid_given(m->price_sid) ? SW_ID(m->price_sid.id) : SW_NULL);
	sw_txn_event(txn, &event);
	sw_txn_due(txn, &due);
	sw_carrier_txn_inbound(txn, in);
	struct sw_result result;
	int err = sw_commit_wait(task, txn, &result);
	return err == SW_EGUARD && result.code == SW_EEXIST ? 0 : err; /* the network's repetition */
}

static int store_wait(struct sw_task *task, const struct sw_inbound *in)
{
	const struct message_roads *roads = message_roads();
	struct sw_arena *arena = sw_task_arena(task);
	struct sw_rows rows;
	struct sw_str status;
	int err = sw_query_wait(task, roads->core->store, arena, CORE_SQL(SQL_DIRECTORY_GET), &rows, SW_T(SW_S("PN")),
				SW_B(in->to));
	if (err || rows.n == 0) {
		sw_warn("message", "inbound message for a number that nobody owns", SW_KS("to", in->to));
		return err;
	}
	const struct sw_account *account;
	err = sw_account_get_wait(task, roads->core, sw_sid_of("AC", sw_row_id(rows.row[0], 1)), &account);
	if (!err)
		err = sw_account_status_wait(task, roads->core, account, &status);
	if (err)
		return err;
	if (!sw_str_is(status, "active")) { /* nobody pays for it, and nobody would be asked what to do */
		sw_warn("message", "inbound message for an account that is not active", SW_KS("to", in->to),
			SW_KS("status", status));
		return 0;
	}
	struct sw_sms_plan plan;
	if (sw_sms_plan(arena, in->body, false, &plan))
		return 0;
	struct message m = {
		.sid = sw_sid_new("SM", account->bucket),
		.account_sid = account->sid,
		.direction_number = MESSAGE_INBOUND,
		.direction = SW_S("inbound"),
		.from = in->from,
		.to = in->to,
		.body = in->body,
		.num_segments = in->segments ? in->segments : plan.segments,
		.carrier = sw_str_of(sw_carrier_name(in->carrier)),
		.date_created = sw_wall_us(),
	};
	err = message_price_wait(task, roads->core, account, &m);
	return err ? err : store_priced_wait(task, account, &m, in);
}

static void store_task(struct sw_task *task, void *arg)
{
	struct arrival *arrival = arg;
	arrival->err = store_wait(task, &arrival->inbound);
	arrival->mail.deliver = deliver_done;
	sw_loop_post(arrival->home, &arrival->mail);
}

static void deliver(struct sw_mail *mail)
{
	sw_task_spawn(sw_loop_current(), store_task, SW_CONTAINER(mail, struct arrival, mail));
}

static void keep(char **at, struct sw_str *text)
{
	if (text->n)
		memcpy(*at, text->p, text->n);
	text->p = *at;
	*at += text->n;
}

void message_on_inbound(void *owner, const struct sw_inbound *in, struct sw_completion done)
{
	const struct message_roads *roads = message_roads();
	struct arrival *arrival = calloc(1, sizeof(*arrival) + in->from.n + in->to.n + in->body.n + 1);
	SW_BUG_ON(!arrival);
	(void)owner;
	char *at = arrival->texts;
	arrival->home = sw_loop_current();
	arrival->done = done;
	arrival->inbound = *in;
	keep(&at, &arrival->inbound.from);
	keep(&at, &arrival->inbound.to);
	keep(&at, &arrival->inbound.body);
	arrival->mail.deliver = deliver;
	/* What one sender writes stays in order. */
	sw_loop_post(roads->loops[sw_hash64(in->from.p, in->from.n) % roads->loops_n], &arrival->mail);
}

/* ---- asking ---- */

static void add(struct sw_form *form, const char *name, struct sw_str value)
{
	SW_BUG_ON(form->n == PARAMS_MAX);
	form->v[form->n++] = (struct sw_form_pair){ sw_str_of(name), value.p ? value : SW_S("") };
}

static void add_country(struct sw_arena *arena, struct sw_form *form, const char *name, struct sw_str number)
{
	struct sw_phone phone;
	if (sw_phone_parse(number, &phone) == 0 && phone.region[0])
		add(form, name, sw_str_dup(arena, sw_str_of(phone.region)));
}

static void add_number(struct sw_arena *arena, struct sw_form *form, const char *name, int64_t number)
{
	add(form, name, sw_str_fmt(arena, "%lld", (long long)number));
}

static void fill_params(struct sw_arena *arena, const struct message *m, struct sw_str code, struct sw_form *form)
{
	struct sw_str sid = sw_sid_text(arena, m->sid);
	form->v = SW_ARENA_ARRAY(arena, struct sw_form_pair, PARAMS_MAX);
	add(form, "MessageSid", sid);
	add(form, "SmsSid", sid);
	add(form, "SmsMessageSid", sid);
	add(form, "AccountSid", sw_sid_text(arena, m->account_sid));
	add(form, "From", m->from);
	add(form, "To", m->to);
	add(form, "Body", m->body);
	add_number(arena, form, "NumMedia", m->num_media);
	add_number(arena, form, "NumSegments", m->num_segments);
	add(form, "SmsStatus", SW_S("received"));
	add(form, "ApiVersion", m->api_version);
	add_country(arena, form, "FromCountry", m->from);
	add_country(arena, form, "ToCountry", m->to);
	if (code.n)
		add(form, "ErrorCode", code);
}

void message_flow_event(struct message_flow *flow, const char *type, const struct sw_webhooked *what)
{
	const struct sw_webhook_event event = {
		.account = flow->m->account_sid.id,
		.kind = { flow->m->sid.kind[0], flow->m->sid.kind[1] },
		.sid = flow->m->sid.id,
		.type = type,
	};
	if (flow->events++ < EVENTS_MAX)
		sw_webhook_event(flow->txn, &event, what);
}

/* What an answer is, by its content type. */
static const struct {
	const char *type;
	int (*run)(struct message_flow *flow);
} answers[] = {
	{ "text/xml", message_twiml_run_wait },
	{ "application/xml", message_twiml_run_wait },
	{ "text/html", message_twiml_run_wait },
	{ "text/plain", message_plain_run_wait },
};

static int run_answer_wait(struct message_flow *flow)
{
	const struct sw_fetched *fetched = &flow->got.fetched;
	struct sw_str rest = fetched->content_type, type = sw_str_trim(sw_str_cut(&rest, ';'));
	if (sw_str_trim(fetched->body).n == 0)
		return 0;
	for (size_t i = 0; i < SW_COUNTOF(answers); i++)
		if (sw_str_eq_nocase(type, sw_str_of(answers[i].type)))
			return answers[i].run(flow);
	flow->got.code = CODE_TYPE;
	flow->got.why = sw_str_fmt(sw_task_arena(flow->task), "the answer is '%.*s'", SW_FMT(type));
	return 0;
}

/* Ask for the next document and run it. @return 0 (flow->got says how it went; flow->next what follows), or an error */
static int next_document_wait(struct message_flow *flow, int64_t due_us)
{
	struct sw_arena *arena = sw_task_arena(flow->task);
	const struct message_request request = flow->next;
	const struct sw_webhook webhook = {
		.account = flow->account,
		.method = request.method,
		.url = request.url,
		.params = request.params,
		.token = sw_str_fmt(arena, "%.*s-%u", SW_FMT(sw_sid_text(arena, flow->m->sid)), ++flow->documents),
		.about = flow->m->sid,
		.lane = SW_LANE_INTERACTIVE,
		.event_time_us = flow->m->date_created,
		.response_max_bytes = SW_TWIML_BYTES,
	};
	flow->at = request.url;
	flow->next = (struct message_request){ 0 };
	int err = sw_webhook_fetch_wait(flow->task, message_roads()->core, &webhook, &flow->got);
	if (err == SW_EBUSY && sw_wall_us() - due_us >= BUSY_MAX_US) {
		flow->got.code = CODE_HTTP;
		flow->got.why = SW_S("the host is slower than its requests come");
		err = 0;
	}
	if (err)
		return err;
	return flow->got.code ? 0 : run_answer_wait(flow);
}

static struct sw_str method_of(const struct sw_json *config, const char *name)
{
	return sw_str_is(sw_json_get_str(config, name), "GET") ? SW_S("GET") : SW_S("POST");
}

/* The fallback hears what went wrong, and where. */
static void fall_back(struct message_flow *flow, const struct sw_json *config)
{
	struct sw_arena *arena = sw_task_arena(flow->task);
	struct sw_form *form = SW_ARENA_NEW(arena, struct sw_form);
	struct sw_hook_url failed;
	form->v = SW_ARENA_ARRAY(arena, struct sw_form_pair, PARAMS_MAX);
	for (size_t i = 0; i < flow->params.n; i++)
		if (!sw_str_is(flow->params.v[i].name, "ErrorCode"))
			form->v[form->n++] = flow->params.v[i];
	add_number(arena, form, "ErrorCode", flow->got.code);
	add(form, "ErrorUrl", sw_hook_url_split(arena, flow->at, &failed) ? flow->at : failed.url);
	flow->next = (struct message_request){ method_of(config, "sms_fallback_method"),
					       sw_json_get_str(config, "sms_fallback_url"), form };
}

static int flow_wait(struct message_flow *flow, const struct sw_json *config, int64_t due_us)
{
	bool fallen = false;
	flow->next = (struct message_request){ method_of(config, "sms_method"), sw_json_get_str(config, "sms_url"),
					       &flow->params };
	while (flow->next.url.n) {
		if (flow->documents == DOCUMENTS_MAX) {
			flow->got.code = CODE_DOCUMENTS;
			flow->got.why = SW_S("ten documents have followed each other");
			message_flow_event(flow, "twiml.failed", &flow->got);
			break;
		}
		int err = next_document_wait(flow, due_us);
		if (err)
			return err;
		if (!flow->got.code)
			continue;
		message_flow_event(flow, flow->got.code < 12000 ? "webhook.failed" : "twiml.failed", &flow->got);
		flow->next = (struct message_request){ 0 };
		if (!fallen)
			fall_back(flow, config);
		fallen = true;
	}
	return 0;
}

/* ---- the due row ---- */

/* The document with the URLs: the application's, or the number's own. SW_ENOTFOUND: nobody wants to be asked. */
static int config_wait(struct sw_task *task, const struct sw_core *core, const struct sw_account *account,
		       const struct message *m, const struct sw_json **ret)
{
	struct sw_number number;
	struct sw_sid application;
	int err = sw_number_find_wait(task, core, account, m->to, &number);
	if (!err)
		err = sw_json_parse(sw_task_arena(task), number.config, NULL, ret, NULL);
	if (!err && sw_sid_parse(sw_json_get_str(*ret, "sms_application_sid"), "AP", &application) == 0)
		err = message_application_wait(task, core, account, application, ret);
	if (err)
		return err;
	return sw_json_get_str(*ret, "sms_url").n ? 0 : SW_ENOTFOUND;
}

static int run(struct sw_task *task, struct sw_store *store, const struct sw_due *due)
{
	const struct sw_core *core = message_roads()->core;
	struct sw_arena *arena = sw_task_arena(task);
	const struct message_ref ref = message_ref_of_due(due);
	const struct sw_account *account;
	const struct sw_json *config;
	struct sw_str status = SW_STR_NULL;
	struct message m;
	int err = message_load_wait(task, &ref, arena, &m);
	if (!err)
		err = sw_account_get_wait(task, core, m.account_sid, &account);
	if (!err)
		err = sw_account_status_wait(task, core, account, &status);
	if (!err)
		err = sw_str_is(status, "active") ? config_wait(task, core, account, &m, &config) : SW_ENOTFOUND;
	if (err)
		return err == SW_ENOTFOUND ? SW_DUE_DONE : err;
	struct message_flow *flow = SW_ARENA_NEW(arena, struct message_flow);
	*flow = (struct message_flow){
		.task = task, .account = account, .m = &m, .txn = sw_txn_new(store, arena, due->bucket)
	};
	fill_params(arena, &m, due->data, &flow->params);
	err = flow_wait(flow, config, due->due_us);
	if (err)
		return err;
	sw_trace(m.sid.id, "message", flow->events ? "answered with faults" : "answered");
	if (!flow->events)
		return SW_DUE_DONE;
	sw_txn_due_done(flow->txn, due);
	return sw_commit_wait(task, flow->txn, NULL);
}

const struct sw_due_kind message_inbound_due = { .name = "message.inbound", .run = run, .max_running = RUNNING_MAX };
