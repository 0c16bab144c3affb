/* Messages from the call to the receipt, on a store in memory, with carriers that misbehave. */
#include "product/message/message.h"

#include <semaphore.h>
#include <stdatomic.h>

#include "base/list.h"
#include "base/log.h"
#include "base/test.h"
#include "base/time.h"
#include "core/alert/alert.h"
#include "core/alert/alert_sql.h"
#include "core/core_sql.h"
#include "core/idempotency.h"
#include "core/money/ledger.h"
#include "loop/clock.h"
#include "loop/loop.h"
#include "loop/task.h"
#include "loop/timer.h"

/* ---- a carrier that does what the recipient's number says ---- */

#define TO_REFUSE "+15005550101"
#define TO_BUSY "+15005550102"
#define TO_UNKNOWN "+15005550103"
#define TO_EARLY "+15005550104"
#define TO_TWICE "+15005550105"
#define TO_HOLD "+15005550106"
#define TO_STALL "+15005550107"

static atomic_int submits;

struct held {
	sw_submitted_fn *done;
	void *arg;
};
static struct held early, holding, stalled;
static struct sw_timer stall;
static struct sw_carrier *the_carrier;

static const struct sw_submitted accepted = {
	.result = SW_SUBMIT_ACCEPTED, .parts = 1, .ids = { "test-1", 6 }, .receipt_expected = true
};

static void nothing(void *arg, int err)
{
	(void)arg;
	(void)err;
}

static void answer_early(void *arg, int err)
{
	(void)arg;
	SW_CHECK_INT(err, 0);
	early.done(early.arg, &accepted);
}

static void on_stall(struct sw_timer *timer)
{
	static const struct sw_submitted two = {
		.result = SW_SUBMIT_ACCEPTED, .parts = 2, .ids = { "a\nb", 3 }, .receipt_expected = true
	};
	(void)timer;
	stalled.done(stalled.arg, &two);
}

/* The receipt of the first of two parts is told while the answer takes a second to be stored. */
static void stall_answer(const struct sw_message_out *out, sw_submitted_fn *done, void *arg)
{
	const struct sw_carrier_sink *sink = sw_carrier_get_sink(the_carrier);
	const struct sw_receipt first = {
		.ticket = out->ticket, .carrier = the_carrier, .parts = 2, .state = SW_RECEIPT_DELIVERED
	};
	stalled = (struct held){ done, arg };
	sw_timer_start(sw_loop_current(), &stall, SW_CLOCK_MONO, sw_mono_us() + SW_US_PER_S, on_stall);
	sink->receipt(sink->owner, &first, (struct sw_completion){ nothing, NULL });
}

static void receipt(const struct sw_message_out *out, bool delivered, int code, void (*then)(void *arg, int err))
{
	const struct sw_carrier_sink *sink = sw_carrier_get_sink(the_carrier);
	const struct sw_receipt receipt = {
		.ticket = out->ticket,
		.carrier = the_carrier,
		.parts = 1,
		.state = delivered ? SW_RECEIPT_DELIVERED : SW_RECEIPT_UNDELIVERED,
		.code = code,
		.guessed = then == answer_early, /* there is no answer yet */
	};
	sink->receipt(sink->owner, &receipt, (struct sw_completion){ then, NULL });
}

static void test_submit(void *state, const struct sw_message_out *out, sw_submitted_fn *done, void *arg)
{
	const struct sw_submitted refused = { .result = SW_SUBMIT_REFUSED, .code = 30005 };
	const struct sw_submitted busy = { .result = SW_SUBMIT_BUSY, .retry_us = 1000 };
	const struct sw_submitted unknown = { .result = SW_SUBMIT_UNKNOWN };
	const struct sw_message_out copy = *out; /* gone once done was called */
	int *busy_n = state;
	atomic_fetch_add(&submits, 1);
	if (sw_str_is(out->to, TO_REFUSE)) {
		done(arg, &refused);
	} else if (sw_str_is(out->to, TO_UNKNOWN)) {
		done(arg, &unknown);
	} else if (sw_str_is(out->to, TO_BUSY) && (*busy_n)++ == 0) {
		done(arg, &busy);
	} else if (sw_str_is(out->to, TO_EARLY)) {
		early = (struct held){ done, arg };
		receipt(out, true, 0, answer_early);
	} else if (sw_str_is(out->to, TO_STALL)) {
		stall_answer(out, done, arg);
	} else if (sw_str_is(out->to, TO_HOLD)) {
		holding = (struct held){ done, arg };
	} else {
		bool twice = sw_str_is(out->to, TO_TWICE);
		done(arg, &accepted);
		receipt(&copy, !twice, twice ? 30006 : 0, nothing);
		if (twice)
			receipt(&copy, true, 0, nothing);
	}
}

static int test_open(struct sw_carrier *carrier, struct sw_str url, void **ret_state, struct sw_str *ret_why)
{
	static int busy_n;
	(void)url;
	(void)ret_why;
	busy_n = 0;
	the_carrier = carrier;
	*ret_state = &busy_n;
	return 0;
}

static void test_close(void *state)
{
	(void)state;
}

static void test_stop(void *state)
{
	(void)state;
	if (holding.done)
		holding.done(holding.arg, &accepted);
	holding.done = NULL;
}

static const struct sw_carrier_kind test_kind = { .scheme = "test",
						  .doc = "For tests.",
						  .open = test_open,
						  .close = test_close,
						  .submit = test_submit,
						  .stop = test_stop };

/* ---- the stage: one loop for everything, one for the carrier ---- */

struct stage {
	struct sw_arena *arena;
	struct sw_core core;
	struct sw_account account;
	struct sw_loop *loop, *carrier_loop;
	struct sw_carrier *carrier;
	struct sw_api *api;
	struct sw_mail mail;
	sem_t over;
	void (*play)(struct stage *stage, struct sw_task *task);
};

static void play_task(struct sw_task *task, void *arg)
{
	struct stage *stage = arg;
	stage->play(stage, task);
	sem_post(&stage->over);
}

static void deliver_play(struct sw_mail *mail)
{
	sw_task_spawn(sw_loop_current(), play_task, SW_CONTAINER(mail, struct stage, mail));
}

static void open_stage(struct stage *stage)
{
	static const struct sw_sql_table *const tables[] = { &sw_core_sql, &sw_alert_sql, &sw_carrier_sql,
							     &message_sql_table, NULL };
	static const struct sw_carrier_kind *const kinds[] = { &test_kind, NULL };
	static const struct sw_module *const modules[] = { &message_module, NULL };
	const struct sw_store_config config = {
		.url = "sqlite::memory:", .tables = tables, .migrations = sw_migrations, .readers = 1
	};
	struct sw_str why;
	struct sw_store *store;
	bool created;
	sw_log_set_level(SW_LOG_ERROR);
	atomic_store(&submits, 0);
	*stage = (struct stage){ .arena = sw_arena_new(),
				 .loop = sw_loop_new("test"),
				 .carrier_loop = sw_loop_new("carrier") };
	sem_init(&stage->over, 0, 0);
	SW_BUG_ON(sw_store_open(stage->arena, &config, &store, &why));
	sw_core_init(&stage->core, store);
	SW_BUG_ON(sw_core_load_key(&stage->core, stage->arena, SW_STR_NULL, &why));
	SW_BUG_ON(sw_account_bootstrap_now(&stage->core, stage->arena, SW_S(""), SW_S(""), &stage->account, &created,
					   &why));
	const struct sw_carrier_env env = { .core = &stage->core, .loop = stage->carrier_loop };
	SW_BUG_ON(sw_carrier_open(stage->arena, kinds, SW_S("test"), SW_S("test:"), &env, &stage->carrier, &why));
	stage->api = sw_api_new(&stage->core, modules);
	const struct message_roads roads = {
		.core = &stage->core, .carriers = &stage->carrier, .carriers_n = 1, .loops = &stage->loop, .loops_n = 1
	};
	message_set_roads(&roads);
}

static void close_stage(struct stage *stage)
{
	sw_due_stop(stage->core.store);
	sw_carrier_stop(stage->carrier);
	sw_loop_stop(stage->loop);
	sw_loop_join(stage->loop);
	sw_loop_free(stage->loop);
	sw_loop_stop(stage->carrier_loop);
	sw_loop_join(stage->carrier_loop);
	sw_carrier_close(stage->carrier);
	sw_loop_free(stage->carrier_loop);
	sw_api_free(stage->api);
	sw_store_close(stage->core.store);
	sw_arena_free(stage->arena);
	sem_destroy(&stage->over);
}

static void run(void (*play)(struct stage *stage, struct sw_task *task))
{
	static const struct sw_due_kind *const dues[] = { &message_send_due,     &message_media_due,
							  &message_schedule_due, &message_unknown_due,
							  &sw_idempotency_sweep, &sw_alert_watch_due,
							  &sw_alert_sweep_due,   NULL };
	struct stage stage;
	open_stage(&stage);
	stage.play = play;
	stage.mail.deliver = deliver_play;
	sw_loop_start(stage.carrier_loop);
	sw_loop_start(stage.loop);
	SW_CHECK_INT(sw_due_start(stage.core.store, dues, &stage.loop, 1), 0);
	sw_loop_post(stage.loop, &stage.mail);
	while (sem_wait(&stage.over))
		;
	close_stage(&stage);
}

/* ---- helpers of the plays ---- */

static int call(struct stage *s, struct sw_task *task, const char *operation, const char *form, const char *key,
		const struct sw_json **ret)
{
	struct sw_form pairs = { 0 };
	struct sw_str body = { 0 };
	int status = 0;
	SW_CHECK_INT(sw_form_decode(sw_task_arena(task), sw_str_of(form), 50, &pairs), 0);
	SW_CHECK_INT(sw_api_call_wait(task, s->api, &s->account, operation, &pairs, key ? sw_str_of(key) : SW_STR_NULL,
				      &status, &body),
		     0);
	*ret = NULL;
	if (body.p)
		SW_CHECK_INT(sw_json_parse(sw_task_arena(task), body, NULL, ret, NULL), 0);
	return status;
}

static int64_t number(const struct sw_json *object, const char *name)
{
	const struct sw_json *value = sw_json_get(object, name);
	return value && value->kind == SW_JSON_NUMBER ? value->i : -1;
}

static struct sw_str send_to(struct stage *s, struct sw_task *task, const char *to)
{
	const struct sw_json *reply;
	const char *form = sw_str_fmt(sw_task_arena(task), "From=%%2B15005550006&To=%%2B%s&Body=hello", to + 1).p;
	SW_CHECK_INT(call(s, task, "CreateMessage", form, NULL, &reply), 201);
	SW_CHECK_STR(sw_json_get_str(reply, "status"), "queued");
	return sw_json_get_str(reply, "sid");
}

/* The message once it has this status, or after two seconds. */
static const struct sw_json *await(struct stage *s, struct sw_task *task, struct sw_str sid, const char *status)
{
	const struct sw_json *reply = NULL;
	const char *form = sw_str_fmt(sw_task_arena(task), "Sid=%.*s", SW_FMT(sid)).p;
	for (int i = 0; i < 400; i++) {
		SW_CHECK_INT(call(s, task, "FetchMessage", form, NULL, &reply), 200);
		if (sw_str_is(sw_json_get_str(reply, "status"), status))
			return reply;
		SW_CHECK_INT(sw_sleep_wait(task, 5000), 0);
	}
	SW_CHECK_STR(sw_json_get_str(reply, "status"), status);
	return reply;
}

static int64_t balance(struct stage *s, struct sw_task *task)
{
	int64_t micros = 0;
	struct sw_rows rows;
	struct sw_str currency;
	SW_CHECK_INT(sw_balance_wait(task, &s->core, &s->account, &micros, &currency), 0);
	SW_CHECK_INT(sw_query_wait(task, s->core.store, sw_task_arena(task), CORE_SQL(SQL_LEDGER_SUM), &rows,
				   SW_I(s->account.bucket), SW_ID(s->account.sid.id)),
		     0);
	SW_CHECK_INT(sw_row_int(rows.row[0], 0), micros);
	return micros;
}

static void no_due_left(struct stage *s, struct sw_task *task)
{
	for (int i = 0; i < 400 && sw_due_backlog(s->core.store); i++)
		SW_CHECK_INT(sw_sleep_wait(task, 5000), 0);
	SW_CHECK_INT(sw_due_backlog(s->core.store), 0);
}

/* ---- the tables ---- */

SW_TEST(the_life_of_a_message_is_sound)
{
	struct sw_buf complaints = { 0 };
	sw_fsm_check(&message_fsm, &complaints);
	SW_CHECK_STR(sw_buf_str(&complaints), "");
	sw_buf_done(&complaints);
	static const enum message_status final[] = { MESSAGE_READ, MESSAGE_UNDELIVERED, MESSAGE_FAILED,
						     MESSAGE_CANCELED, MESSAGE_RECEIVED };
	for (size_t i = 0; i < SW_COUNTOF(final); i++)
		SW_CHECK(sw_fsm_final(&message_fsm, final[i]));
	SW_CHECK(!sw_fsm_find(&message_fsm, MESSAGE_QUEUED, ON_DELIVERED));
	SW_CHECK(!sw_fsm_find(&message_fsm, MESSAGE_QUEUED, ON_CANCEL));
	/* Who was charged and never sent gets the money back, but where the network may have the message. */
	for (unsigned i = 0; i < message_fsm.n_rules; i++) {
		const struct sw_fsm_rule *r = &message_fsm.rules[i];
		bool ends_unsent = r->to == MESSAGE_FAILED || r->to == MESSAGE_CANCELED;
		SW_CHECK(!(r->act & ACT_REFUND) == !ends_unsent);
	}
}

SW_TEST(prices_and_media_types)
{
	const struct message sms = { .to = SW_S("+14155552671") }, mms = { .to = sms.to, .num_media = 1 },
			     channel = { .to = SW_S("whatsapp:+14155552671"), .num_media = 1 };
	SW_CHECK_STR(message_product(&sms), "sms");
	SW_CHECK_STR(message_product(&mms), "mms");
	SW_CHECK_STR(message_product(&channel), "channel");
	SW_CHECK_INT(message_media_max_bytes(SW_S("image/jpeg")), 5000000);
	SW_CHECK_INT(message_media_max_bytes(SW_S("IMAGE/PNG; x=y")), 5000000);
	SW_CHECK_INT(message_media_max_bytes(SW_S("image/webp")), 500000);
	SW_CHECK_INT(message_media_max_bytes(SW_S("text/html")), 0);
	SW_CHECK_INT(message_media_max_bytes(SW_S("")), 0);
}

/* ---- accepting ---- */

static void compose(struct stage *s, struct sw_task *task)
{
#define FROM "From=%2B15005550006&"
#define TO "To=%2B15005550010&"
	static const struct {
		const char *form;
		int code;
	} rows[] = {
		{ FROM "Body=x", 21604 },
		{ FROM "To=&Body=x", 21604 },
		{ FROM "To=nobody&Body=x", 21211 },
		{ FROM "To=%2B1500555&Body=x", 21211 },
		{ FROM "To=%2B15005550010%0A&Body=x", 21211 },
		{ TO "Body=x", 21603 },
		{ TO "Body=x&From=%2B", 21212 },
		{ TO "Body=x&From=%2B15005550099", 21606 },
		{ TO "Body=x&From=SHOP", 21606 },
		{ "To=%2B15005550006&" FROM "Body=x", 21606 },
		{ "To=whatsapp:%2B15005550010&" FROM "Body=x", 63007 },
		{ FROM TO, 21602 },
		{ FROM TO "Body=", 21602 },
		{ FROM TO "Body=x&Body=y", 20001 },
		{ FROM TO "MediaUrl=ftp://h/x", 21620 },
		{ FROM TO "Body=x&StatusCallback=http://under_score.example/", 21609 },
		{ FROM TO "Body=x&ValidityPeriod=0", 21624 },
		{ FROM TO "Body=x&ValidityPeriod=36001", 21624 },
		{ FROM TO "Body=x&ScheduleType=fixed", 35111 },
		{ FROM TO "Body=x&SendAt=2020-01-01T00:00:00Z", 35114 },
		{ FROM TO "Body=x&MessagingServiceSid=MG00000000000000000000000000000000", 21704 },
		{ FROM TO "Body=x&ApplicationSid=AP00000000000000000000000000000000", 22108 },
		{ FROM TO "Body=x&ContentVariables=%7B%7D", 21654 },
		{ FROM TO "Body=x&AddressRetention=obfuscate", 20001 },
	};
	const struct sw_json *reply;
	int64_t before = balance(s, task);
	for (size_t i = 0; i < SW_COUNTOF(rows); i++) {
		int status = call(s, task, "CreateMessage", rows[i].form, NULL, &reply);
		if (status == 201 || number(reply, "code") != rows[i].code)
			sw_test_fail(__FILE__, __LINE__, "%s: %d, code %lld", rows[i].form, status,
				     (long long)number(reply, "code"));
	}
	SW_CHECK_INT(balance(s, task), before);
	SW_CHECK_INT(call(s, task, "CreateMessage", FROM TO "Body=x", "key", &reply), 201);
	struct sw_str sid = sw_json_get_str(reply, "sid");
	SW_CHECK_INT(call(s, task, "CreateMessage", FROM TO "Body=x", "key", &reply), 201);
	SW_CHECK(sw_str_eq(sid, sw_json_get_str(reply, "sid")));
	SW_CHECK_INT(call(s, task, "CreateMessage", FROM TO "Body=y", "key", &reply), 422);
	SW_CHECK_INT(balance(s, task), before - 7500);
}

/* Sixteen hundred characters, each of four bytes. */
static void long_bodies(struct stage *s, struct sw_task *task)
{
	struct sw_buf form = { .arena = sw_task_arena(task) };
	const struct sw_json *reply;
	sw_buf_add_cstr(&form, FROM TO "Body=");
	for (int i = 0; i < 1600; i++)
		sw_buf_add_cstr(&form, "%F0%9F%98%80");
	SW_CHECK_INT(call(s, task, "CreateMessage", sw_str_cstr(form.arena, sw_buf_str(&form)), NULL, &reply), 201);
	SW_CHECK_STR(sw_json_get_str(reply, "num_segments"), "49"); /* 33 of them in each */
	sw_buf_add_cstr(&form, "x");
	SW_CHECK_INT(call(s, task, "CreateMessage", sw_str_cstr(form.arena, sw_buf_str(&form)), NULL, &reply), 400);
	SW_CHECK_INT(number(reply, "code"), 21617);
}

SW_TEST(what_is_accepted_and_what_is_refused)
{
	run(compose);
	run(long_bodies);
}

/* ---- sending ---- */

static void flows(struct stage *s, struct sw_task *task)
{
	int64_t before = balance(s, task);
	const struct sw_json *m = await(s, task, send_to(s, task, "+15005550010"), "delivered");
	SW_CHECK_STR(sw_json_get_str(m, "price"), "-0.00750");
	SW_CHECK(sw_json_get_str(m, "date_sent").p != NULL);
	m = await(s, task, send_to(s, task, TO_REFUSE), "failed");
	SW_CHECK_INT(number(m, "error_code"), 30005);
	SW_CHECK_INT(balance(s, task), before - 7500); /* given back */
	struct sw_str unknown = send_to(s, task, TO_UNKNOWN);
	await(s, task, unknown, "sending");
	SW_CHECK_INT(sw_clock_advance_wait(task, 601 * SW_US_PER_S), 0); /* no receipt comes: it is given up */
	m = await(s, task, unknown, "failed");
	SW_CHECK_INT(number(m, "error_code"), 30410);
	SW_CHECK_INT(balance(s, task), before - 7500); /* what failed is not charged, though it may have arrived */
	int sent = atomic_load(&submits);
	await(s, task, send_to(s, task, TO_BUSY), "delivered");
	SW_CHECK_INT(atomic_load(&submits), sent + 2);
	m = await(s, task, send_to(s, task, TO_EARLY), "delivered");
	SW_CHECK(sw_json_get_str(m, "date_sent").p != NULL);
	m = await(s, task, send_to(s, task, TO_TWICE), "undelivered");
	SW_CHECK_INT(number(m, "error_code"), 30006);
	no_due_left(s, task);
	m = await(s, task, sw_json_get_str(m, "sid"), "undelivered"); /* the second receipt came too late */
	SW_CHECK_INT(atomic_load(&submits), sent + 4);
	SW_CHECK_INT(balance(s, task), before - 4 * 7500);
	await(s, task, send_to(s, task, TO_STALL), "sent"); /* not delivered by its first part */
}

SW_TEST(every_answer_of_a_carrier_ends_in_its_status)
{
	run(flows);
}

/* In flight, a message can be neither redacted nor deleted; the end of the program does not wait for its carrier. */
static void in_flight(struct stage *s, struct sw_task *task)
{
	const struct sw_json *reply;
	struct sw_str sid = send_to(s, task, TO_HOLD);
	const char *form = sw_str_fmt(sw_task_arena(task), "Sid=%.*s&Body=", SW_FMT(sid)).p;
	await(s, task, sid, "sending");
	SW_CHECK_INT(call(s, task, "UpdateMessage", form, NULL, &reply), 409);
	SW_CHECK_INT(call(s, task, "DeleteMessage", form, NULL, &reply), 409);
	SW_CHECK_INT(call(s, task, "UpdateMessage", sw_str_fmt(sw_task_arena(task), "%s&Status=canceled", form).p, NULL,
			  &reply),
		     400);
}

SW_TEST(a_message_in_flight_is_left_alone)
{
	run(in_flight);
}

static void afterwards(struct stage *s, struct sw_task *task)
{
	const struct sw_json *reply;
	struct sw_arena *arena = sw_task_arena(task);
	int64_t before = balance(s, task);
	char at[SW_TIME_BUF];
	struct sw_buf form = { .arena = arena };
	sw_form_add(&form, SW_S("from"), SW_S("+15005550006"));
	sw_form_add(&form, SW_S("to"), SW_S("+15005550010"));
	sw_form_add(&form, SW_S("body"), SW_S("later"));
	sw_form_add(&form, SW_S("send_at"), sw_time_rfc3339(sw_wall_us() + 600 * SW_US_PER_S, at));
	SW_CHECK_INT(call(s, task, "SendMessage", sw_str_cstr(arena, sw_buf_str(&form)), NULL, &reply), 201);
	SW_CHECK_STR(sw_json_get_str(reply, "status"), "scheduled");
	SW_CHECK_INT(balance(s, task), before - 7500);
	const char *cancel = sw_str_fmt(arena, "Sid=%.*s&Status=canceled", SW_FMT(sw_json_get_str(reply, "sid"))).p;
	SW_CHECK_INT(call(s, task, "UpdateMessage", cancel, NULL, &reply), 200);
	SW_CHECK_STR(sw_json_get_str(reply, "status"), "canceled");
	SW_CHECK_INT(call(s, task, "UpdateMessage", cancel, NULL, &reply), 400);
	SW_CHECK_INT(balance(s, task), before);

	struct sw_str sid = send_to(s, task, "+15005550010");
	const char *one = sw_str_fmt(arena, "Sid=%.*s&MessageSid=%.*s", SW_FMT(sid), SW_FMT(sid)).p;
	await(s, task, sid, "delivered");
	SW_CHECK_INT(call(s, task, "UpdateMessage", sw_str_fmt(arena, "%s&Body=other", one).p, NULL, &reply), 400);
	SW_CHECK_INT(call(s, task, "UpdateMessage", sw_str_fmt(arena, "%s&Body=", one).p, NULL, &reply), 200);
	SW_CHECK_STR(sw_json_get_str(reply, "body"), "");
	SW_CHECK_INT(call(s, task, "CreateMessageFeedback", sw_str_fmt(arena, "%s&Outcome=unconfirmed", one).p, NULL,
			  &reply),
		     200);
	SW_CHECK_STR(sw_json_get_str(reply, "outcome"), "unconfirmed");
	SW_CHECK_INT(call(s, task, "ListMedia", one, NULL, &reply), 200);
	SW_CHECK_INT(call(s, task, "DeleteMessage", one, NULL, &reply), 204);
	SW_CHECK_INT(call(s, task, "FetchMessage", one, NULL, &reply), 404);
	SW_CHECK_INT(call(s, task, "DeleteMessage", one, NULL, &reply), 404);
}

SW_TEST(cancelling_redacting_feedback_and_deleting)
{
	run(afterwards);
}
