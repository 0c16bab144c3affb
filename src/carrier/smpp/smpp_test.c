/* What becomes of messages, on a scripted SMSC that the test's thread plays. */
#include <pthread.h>
#include <stdatomic.h>

#include "base/test.h"
#include "carrier/smpp/smpp_impl.h"
#include "net/smpp/test_smsc.h"
#include "net/test_peer.h"
#include "wire/smpp/receipt.h"

enum { MESSAGES_MAX = 8 };

/* One message of the test, and what it was told. */
struct told {
	struct sw_message_out out;
	struct sw_submitted said;
	char ids[256];
	atomic_int answers;
};

struct stage {
	struct sw_arena *arena;
	struct sw_loop *loop;
	struct test_listener listener;
	struct sw_carrier *carrier;
	struct told told[MESSAGES_MAX];
	unsigned from, to; /* which ones are submitted next */
	atomic_int answered, late, drained;
	struct sw_submitted late_said;
	char late_ids[64];
};

static void on_receipt(void *owner, const struct sw_receipt *receipt, struct sw_completion done)
{
	(void)owner;
	(void)receipt;
	done.fn(done.arg, 0);
}

static void on_inbound(void *owner, const struct sw_inbound *inbound, struct sw_completion done)
{
	(void)owner;
	(void)inbound;
	done.fn(done.arg, SW_EIO); /* not now */
}

static void on_late(void *owner, struct sw_carrier *carrier, const struct sw_ticket *ticket,
		    const struct sw_submitted *submitted)
{
	struct stage *s = owner;
	(void)carrier;
	(void)ticket;
	s->late_said = *submitted;
	if (submitted->ids.n)
		memcpy(s->late_ids, submitted->ids.p, submitted->ids.n);
	atomic_fetch_add(&s->late, 1);
}

static struct stage *current;

static void on_answer(void *arg, const struct sw_submitted *said)
{
	struct told *told = arg;
	told->said = *said;
	memcpy(told->ids, said->ids.p ? said->ids.p : "", said->ids.n);
	told->ids[said->ids.n] = 0;
	atomic_fetch_add(&told->answers, 1);
	atomic_fetch_add(&current->answered, 1);
}

static void do_submit(void *arg)
{
	struct stage *s = arg;
	for (unsigned i = s->from; i < s->to; i++)
		smpp_submit(sw_carrier_state(s->carrier), &s->told[i].out, on_answer, &s->told[i]);
}

static void submit(struct stage *s, unsigned n, const char *body, enum sw_traffic traffic)
{
	s->from = s->to;
	s->to += n;
	SW_BUG_ON(s->to > MESSAGES_MAX);
	for (unsigned i = s->from; i < s->to; i++)
		s->told[i].out = (struct sw_message_out){ .from = SW_S("+15005550006"),
							  .to = SW_S("+14155550123"),
							  .body = sw_str_of(body),
							  .traffic = traffic };
	test_on_loop(s->loop, do_submit, s);
}

static void start(struct stage *s, const char *query)
{
	static const struct sw_carrier_kind *const kinds[] = { &sw_carrier_smpp, NULL };
	const struct sw_carrier_sink sink = {
		.receipt = on_receipt, .inbound = on_inbound, .late = on_late, .owner = s
	};
	struct sw_str why = SW_STR_NULL;
	*s = (struct stage){ .arena = sw_arena_new() };
	current = s;
	test_listen(&s->listener);
	s->loop = sw_loop_new("carrier");
	const struct sw_carrier_env env = { .loop = s->loop };
	struct sw_str url = sw_str_fmt(s->arena, "smpp://id:secret@127.0.0.1:%d?%s", s->listener.port, query);
	if (sw_carrier_open(s->arena, kinds, SW_S("main"), url, &env, &s->carrier, &why))
		sw_test_fail(__FILE__, __LINE__, "%.*s", SW_FMT(why));
	sw_carrier_set_sink(s->carrier, &sink);
	sw_loop_start(s->loop);
	sw_carrier_start(s->carrier);
}

static void finish(struct stage *s)
{
	sw_carrier_stop(s->carrier);
	sw_loop_stop(s->loop);
	sw_loop_join(s->loop);
	sw_loop_finish(s->loop);
	sw_carrier_close(s->carrier);
	sw_loop_free(s->loop);
	test_unlisten(&s->listener);
	sw_arena_free(s->arena);
	for (unsigned i = 0; i < s->to; i++)
		SW_CHECK_INT(s->told[i].answers, 1);
}

static bool up(struct stage *s, struct test_bind *bind)
{
	return test_smsc_bind(&s->listener, NULL, SW_SMPP_OK, bind);
}

#define PART "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define THREE_PARTS PART PART PART PART

SW_TEST(smpp_answers_are_told)
{
	static const struct {
		uint32_t status;
		enum sw_submit_result result;
		int code;
	} rows[] = {
		{ SW_SMPP_OK, SW_SUBMIT_ACCEPTED, 0 },
		{ SW_SMPP_RSYSERR, SW_SUBMIT_BUSY, 30008 },
		{ SW_SMPP_RSUBMITFAIL, SW_SUBMIT_BUSY, 30008 },
		{ 0x64, SW_SUBMIT_BUSY, 30008 },
		{ SW_SMPP_RINVDSTADR, SW_SUBMIT_REFUSED, 30005 },
		{ SW_SMPP_RINVSRCADR, SW_SUBMIT_REFUSED, 21606 },
		{ SW_SMPP_RINVMSGLEN, SW_SUBMIT_REFUSED, 30019 },
		{ 0x450, SW_SUBMIT_REFUSED, 30008 },
	};
	struct stage s;
	struct test_bind bind;
	start(&s, "");
	SW_CHECK(up(&s, &bind));
	for (unsigned i = 0; i < SW_COUNTOF(rows); i++) {
		submit(&s, 1, "hello", SW_TRAFFIC_TRANSACTIONAL);
		SW_CHECK(test_bind_expect(&bind, SW_SMPP_SUBMIT_SM));
		SW_CHECK_STR(bind.pdu.u.sm.short_message, "hello");
		test_bind_answer(&bind, rows[i].status, "7");
		SW_CHECK(test_until(&s.answered, (int)i + 1));
		SW_CHECK_INT(s.told[i].said.result, rows[i].result);
		SW_CHECK_INT(s.told[i].said.code, rows[i].code);
	}
	SW_CHECK_STR(sw_str_of(s.told[0].ids), "7");
	finish(&s);
	test_bind_close(&bind);
}

/* A window smaller than the message: parts follow as answers come, and one of them is throttled and goes again. */
SW_TEST(smpp_parts_of_a_message)
{
	struct stage s;
	struct test_bind bind;
	start(&s, "window=1");
	SW_CHECK(up(&s, &bind));
	submit(&s, 1, THREE_PARTS, SW_TRAFFIC_TRANSACTIONAL);
	for (unsigned part = 1; part <= 3; part++) {
		SW_CHECK(test_bind_expect(&bind, SW_SMPP_SUBMIT_SM));
		SW_CHECK_INT(bind.pdu.u.sm.short_message.p[6], part);
		if (part == 2) {
			test_bind_answer(&bind, SW_SMPP_RTHROTTLED, NULL);
			SW_CHECK(test_bind_expect(&bind, SW_SMPP_SUBMIT_SM));
			SW_CHECK_INT(bind.pdu.u.sm.short_message.p[6], part);
		}
		const char id[2] = { (char)('a' + part), 0 };
		test_bind_answer(&bind, SW_SMPP_OK, id);
	}
	SW_CHECK(test_until(&s.answered, 1));
	SW_CHECK_INT(s.told[0].said.result, SW_SUBMIT_ACCEPTED);
	SW_CHECK_INT(s.told[0].said.parts, 3);
	SW_CHECK_STR(sw_str_of(s.told[0].ids), "b\nc\nd");
	/* One part refused: the rest is not sent. */
	submit(&s, 1, THREE_PARTS, SW_TRAFFIC_TRANSACTIONAL);
	SW_CHECK(test_bind_expect(&bind, SW_SMPP_SUBMIT_SM));
	test_bind_answer(&bind, SW_SMPP_OK, "x");
	SW_CHECK(test_bind_expect(&bind, SW_SMPP_SUBMIT_SM));
	test_bind_answer(&bind, SW_SMPP_RINVDSTADR, NULL);
	SW_CHECK(test_until(&s.answered, 2));
	SW_CHECK_INT(s.told[1].said.result, SW_SUBMIT_REFUSED);
	SW_CHECK_INT(s.told[1].said.code, 30005);
	/* One part not now, the others taken: that one again, and the message is whole. */
	submit(&s, 1, PART PART, SW_TRAFFIC_TRANSACTIONAL);
	SW_CHECK(test_bind_expect(&bind, SW_SMPP_SUBMIT_SM));
	test_bind_answer(&bind, SW_SMPP_OK, "1");
	SW_CHECK(test_bind_expect(&bind, SW_SMPP_SUBMIT_SM));
	test_bind_answer(&bind, SW_SMPP_RSYSERR, NULL);
	SW_CHECK(test_bind_expect(&bind, SW_SMPP_SUBMIT_SM));
	SW_CHECK_INT(bind.pdu.u.sm.short_message.p[6], 2);
	test_bind_answer(&bind, SW_SMPP_OK, "2");
	SW_CHECK(test_until(&s.answered, 3));
	SW_CHECK_STR(sw_str_of(s.told[2].ids), "1\n2");
	finish(&s);
	test_bind_close(&bind);
}

SW_TEST(smpp_throttling_puts_back_in_order)
{
	struct stage s;
	struct test_bind bind;
	start(&s, "window=4&window_min=4");
	SW_CHECK(up(&s, &bind));
	for (int i = 0; i < 4; i++)
		submit(&s, 1, i == 0 ? "0" : i == 1 ? "1" : i == 2 ? "2" : "3", SW_TRAFFIC_TRANSACTIONAL);
	uint32_t sequences[4];
	for (int i = 0; i < 4; i++) {
		SW_CHECK(test_bind_expect(&bind, SW_SMPP_SUBMIT_SM));
		sequences[i] = bind.pdu.sequence;
	}
	for (int i = 3; i >= 0; i--)
		test_bind_respond(&bind, SW_SMPP_SUBMIT_SM, sequences[i], SW_SMPP_RMSGQFUL, NULL);
	for (int i = 0; i < 4; i++) {
		SW_CHECK(test_bind_expect(&bind, SW_SMPP_SUBMIT_SM));
		SW_CHECK_INT(bind.pdu.u.sm.short_message.p[0], '0' + i);
		test_bind_answer(&bind, SW_SMPP_OK, "x");
	}
	SW_CHECK(test_until(&s.answered, 4));
	for (int i = 0; i < 4; i++)
		SW_CHECK_INT(s.told[i].said.result, SW_SUBMIT_ACCEPTED);
	finish(&s);
	test_bind_close(&bind);
}

SW_TEST(smpp_no_answer_is_unknown_and_may_come_late)
{
	struct stage s;
	struct test_bind bind;
	start(&s, "timeout_ms=100");
	SW_CHECK(up(&s, &bind));
	submit(&s, 1, PART PART, SW_TRAFFIC_TRANSACTIONAL);
	SW_CHECK(test_bind_expect(&bind, SW_SMPP_SUBMIT_SM));
	uint32_t first = bind.pdu.sequence;
	SW_CHECK(test_bind_expect(&bind, SW_SMPP_SUBMIT_SM));
	SW_CHECK(test_until(&s.answered, 1));
	SW_CHECK_INT(s.told[0].said.result, SW_SUBMIT_UNKNOWN);
	test_bind_answer(&bind, SW_SMPP_OK, "b");
	test_bind_respond(&bind, SW_SMPP_SUBMIT_SM, first, SW_SMPP_OK, "a");
	SW_CHECK(test_until(&s.late, 1));
	SW_CHECK_INT(s.late_said.result, SW_SUBMIT_ACCEPTED);
	SW_CHECK_INT(s.late_said.parts, 2);
	SW_CHECK_STR(sw_str_of(s.late_ids), "a\nb");
	submit(&s, 1, "hello", SW_TRAFFIC_TRANSACTIONAL);
	SW_CHECK(test_bind_expect(&bind, SW_SMPP_SUBMIT_SM));
	SW_CHECK(test_until(&s.answered, 2));
	test_bind_answer(&bind, SW_SMPP_RINVDSTADR, NULL);
	SW_CHECK(test_until(&s.late, 2));
	SW_CHECK_INT(s.late_said.result, SW_SUBMIT_REFUSED);
	finish(&s);
	test_bind_close(&bind);
}

/* One part is answered too late while the other is under way still, and throttled: it goes again. */
SW_TEST(smpp_a_late_answer_beside_a_part_under_way)
{
	struct stage s;
	struct test_bind bind;
	start(&s, "timeout_ms=1500");
	SW_CHECK(up(&s, &bind));
	submit(&s, 1, PART PART, SW_TRAFFIC_TRANSACTIONAL);
	SW_CHECK(test_bind_expect(&bind, SW_SMPP_SUBMIT_SM));
	uint32_t first = bind.pdu.sequence;
	SW_CHECK(test_bind_expect(&bind, SW_SMPP_SUBMIT_SM));
	uint32_t second = bind.pdu.sequence;
	submit(&s, 1, "its time is over after that of the first part", SW_TRAFFIC_TRANSACTIONAL);
	SW_CHECK(test_bind_expect(&bind, SW_SMPP_SUBMIT_SM));
	for (int i = 0; i < 3; i++) { /* until the second part is half a second younger */
		test_bind_respond(&bind, SW_SMPP_SUBMIT_SM, second, SW_SMPP_RTHROTTLED, NULL);
		SW_CHECK(test_bind_expect(&bind, SW_SMPP_SUBMIT_SM));
		SW_CHECK_INT(bind.pdu.u.sm.short_message.p[6], 2);
		second = bind.pdu.sequence;
	}
	SW_CHECK(test_until(&s.answered, 1));
	SW_CHECK_INT(s.told[1].said.result, SW_SUBMIT_UNKNOWN);
	test_bind_respond(&bind, SW_SMPP_SUBMIT_SM, first, SW_SMPP_RTHROTTLED, NULL);
	SW_CHECK(test_bind_expect(&bind, SW_SMPP_SUBMIT_SM));
	SW_CHECK_INT(bind.pdu.u.sm.short_message.p[6], 1);
	test_bind_answer(&bind, SW_SMPP_OK, "a");
	test_bind_respond(&bind, SW_SMPP_SUBMIT_SM, second, SW_SMPP_OK, "b");
	SW_CHECK(test_until(&s.answered, 2));
	SW_CHECK_INT(s.told[0].said.result, SW_SUBMIT_ACCEPTED);
	SW_CHECK_STR(sw_str_of(s.told[0].ids), "a\nb");
	finish(&s);
	test_bind_close(&bind);
}

/* Of what waits when a bind is lost, only what was in flight is unknown; the rest goes over the other bind. */
SW_TEST(smpp_lost_bind)
{
	struct stage s;
	struct test_bind one, two;
	start(&s, "binds=2&window=1");
	SW_CHECK(up(&s, &one));
	SW_CHECK(up(&s, &two));
	/* Both binds are known to be up when both have a message. */
	submit(&s, 2, "in flight", SW_TRAFFIC_TRANSACTIONAL);
	SW_CHECK(test_bind_expect(&one, SW_SMPP_SUBMIT_SM));
	SW_CHECK(test_bind_expect(&two, SW_SMPP_SUBMIT_SM));
	submit(&s, 3, "waiting", SW_TRAFFIC_TRANSACTIONAL);
	test_conn_reset(&one.conn);
	SW_CHECK(test_until(&s.answered, 1));
	for (int i = 0; i < 4; i++) {
		test_bind_answer(&two, SW_SMPP_OK, "x");
		if (i < 3)
			SW_CHECK(test_bind_expect(&two, SW_SMPP_SUBMIT_SM));
	}
	SW_CHECK(test_until(&s.answered, 5));
	SW_CHECK_INT((s.told[0].said.result == SW_SUBMIT_UNKNOWN) + (s.told[1].said.result == SW_SUBMIT_UNKNOWN), 1);
	for (int i = 2; i < 5; i++)
		SW_CHECK_INT(s.told[i].said.result, SW_SUBMIT_ACCEPTED);
	finish(&s);
	test_bind_close(&one);
	test_bind_close(&two);
}

SW_TEST(smpp_nobody_bound)
{
	struct stage s;
	struct test_bind bind;
	int places, taken;
	start(&s, "timeout_ms=150");
	SW_CHECK(!sw_carrier_is_up(s.carrier));
	submit(&s, 1, "123456", SW_TRAFFIC_OTP); /* goes elsewhere at once */
	SW_CHECK_INT(s.answered, 1);
	SW_CHECK_INT(s.told[0].said.result, SW_SUBMIT_BUSY);
	submit(&s, 1, "hello", SW_TRAFFIC_TRANSACTIONAL);
	SW_CHECK_INT(s.answered, 1);
	SW_CHECK(test_until(&s.answered, 2));
	SW_CHECK_INT(s.told[1].said.result, SW_SUBMIT_BUSY);
	submit(&s, 1, "hello", SW_TRAFFIC_TRANSACTIONAL);
	SW_CHECK(up(&s, &bind));
	SW_CHECK(test_bind_expect(&bind, SW_SMPP_SUBMIT_SM));
	sw_carrier_places(s.carrier, &places, &taken);
	SW_CHECK_INT(places, 264);
	test_bind_answer(&bind, SW_SMPP_OK, "1");
	SW_CHECK(test_until(&s.answered, 3));
	finish(&s);
	SW_CHECK(!sw_str_eq(s.told[2].said.ids, SW_STR_NULL));
	test_bind_close(&bind);
}

SW_TEST(smpp_one_time_passwords_go_first)
{
	struct stage s;
	struct test_bind bind;
	start(&s, "window=1");
	SW_CHECK(up(&s, &bind));
	submit(&s, 3, "marketing", SW_TRAFFIC_MARKETING);
	SW_CHECK(test_bind_expect(&bind, SW_SMPP_SUBMIT_SM));
	submit(&s, 1, "123456", SW_TRAFFIC_OTP);
	test_bind_answer(&bind, SW_SMPP_OK, "1");
	SW_CHECK(test_bind_expect(&bind, SW_SMPP_SUBMIT_SM));
	SW_CHECK_STR(bind.pdu.u.sm.short_message, "123456");
	finish(&s);
	test_bind_close(&bind);
}

/* A message that cannot be written is refused by itself; what is past its time is not sent. */
SW_TEST(smpp_messages_that_do_not_fit)
{
	struct stage s;
	struct test_bind bind;
	start(&s, "");
	SW_CHECK(up(&s, &bind));
	struct sw_message_out good = { .from = SW_S("Shop"), .to = SW_S("+14155550123"), .body = SW_S("x") };
	s.from = 0;
	s.to = 5;
	for (int i = 0; i < 5; i++)
		s.told[i].out = good;
	s.told[0].out.from = SW_S("a name that is too long");
	s.told[1].out.to = SW_S("nobody at all");
	s.told[2].out.media = 1;
	s.told[3].out.expires_us = 1;
	test_on_loop(s.loop, do_submit, &s);
	SW_CHECK(test_until(&s.answered, 4));
	static const int codes[] = { 21606, 30005, 30019, 30036 };
	for (int i = 0; i < 4; i++)
		SW_CHECK_INT(s.told[i].said.code, codes[i]);
	SW_CHECK(test_bind_expect(&bind, SW_SMPP_SUBMIT_SM));
	SW_CHECK_INT(bind.pdu.u.sm.source_ton, 5);
	test_bind_answer(&bind, SW_SMPP_OK, "1");
	SW_CHECK(test_until(&s.answered, 5));
	finish(&s);
	test_bind_close(&bind);
}

SW_TEST(smpp_what_is_not_stored_is_offered_again)
{
	struct stage s;
	struct test_bind bind;
	struct sw_smpp_sm sm = { .source = SW_S("1"), .destination = SW_S("2"), .short_message = SW_S("hi") };
	start(&s, "");
	SW_CHECK(up(&s, &bind));
	test_bind_deliver(&bind, &sm, SW_STR_NULL);
	SW_CHECK(test_bind_expect(&bind, SW_SMPP_DELIVER_SM | SW_SMPP_RESP));
	SW_CHECK_INT(bind.pdu.status, SW_SMPP_RX_T_APPN);
	sm.esm_class = SW_SMPP_ESM_RECEIPT;
	sm.short_message = SW_S("id:7 stat:ENROUTE"); /* not final: acknowledged, and nobody is told */
	test_bind_deliver(&bind, &sm, SW_STR_NULL);
	SW_CHECK(test_bind_expect(&bind, SW_SMPP_DELIVER_SM | SW_SMPP_RESP));
	SW_CHECK_INT(bind.pdu.status, SW_SMPP_OK);
	finish(&s);
	test_bind_close(&bind);
}

static void *stop_thread(void *arg)
{
	struct stage *s = arg;
	sw_carrier_stop(s->carrier);
	atomic_store(&s->drained, 1);
	return NULL;
}

/* Ending waits for answers under way, sends nothing new, and unbinds. */
SW_TEST(smpp_drains)
{
	struct stage s;
	struct test_bind bind;
	pthread_t thread;
	start(&s, "window=1");
	SW_CHECK(up(&s, &bind));
	submit(&s, 2, "hello", SW_TRAFFIC_TRANSACTIONAL);
	SW_CHECK(test_bind_expect(&bind, SW_SMPP_SUBMIT_SM));
	SW_CHECK_INT(pthread_create(&thread, NULL, stop_thread, &s), 0);
	SW_CHECK(test_until(&s.answered, 1));
	SW_CHECK_INT(s.told[1].said.result, SW_SUBMIT_BUSY);
	SW_CHECK(s.told[1].said.retry_us > 0); /* it costs the message no try */
	test_bind_answer(&bind, SW_SMPP_OK, "1");
	SW_CHECK(test_until(&s.answered, 2));
	SW_CHECK_INT(s.told[0].said.result, SW_SUBMIT_ACCEPTED);
	SW_CHECK(test_bind_expect(&bind, SW_SMPP_UNBIND));
	test_bind_answer(&bind, SW_SMPP_OK, NULL);
	SW_CHECK(test_until(&s.drained, 1));
	pthread_join(thread, NULL);
	finish(&s);
	test_bind_close(&bind);
}

/* An SMSC that answers nothing does not hold the end up for ever. */
SW_TEST(smpp_drains_without_answers)
{
	struct stage s;
	struct test_bind bind;
	start(&s, "");
	SW_CHECK(up(&s, &bind));
	submit(&s, 1, "hello", SW_TRAFFIC_TRANSACTIONAL);
	SW_CHECK(test_bind_expect(&bind, SW_SMPP_SUBMIT_SM));
	finish(&s);
	SW_CHECK_INT(s.told[0].said.result, SW_SUBMIT_UNKNOWN);
	test_bind_close(&bind);
}

SW_TEST(smpp_errors_of_receipts)
{
	static const struct {
		const char *text;
		int code;
	} rows[] = {
		{ "id:1 stat:UNDELIV err:027", 30003 }, { "id:1 stat:UNDELIV err:001", 30005 },
		{ "id:1 stat:UNDELIV err:11", 30006 },  { "id:1 stat:UNDELIV err:0099", 30004 },
		{ "id:1 stat:UNDELIV err:777", 30008 }, { "id:1 stat:EXPIRED err:000", 30003 },
		{ "id:1 stat:REJECTD", 30007 },         { "id:1 stat:UNKNOWN", 30008 },
		{ "id:1 stat:UNDELIV err:1E", 30004 },
	};
	struct sw_arena arena;
	struct smpp_options o;
	struct sw_str why;
	struct sw_smpp_receipt receipt;
	sw_arena_init(&arena);
	SW_CHECK_INT(smpp_options_parse(&arena, SW_S("smpp://i:p@h?err.99=30004&err.1e=30004"), &o, &why), 0);
	for (size_t i = 0; i < SW_COUNTOF(rows); i++) {
		SW_CHECK(sw_smpp_receipt_text(sw_str_of(rows[i].text), &receipt));
		SW_CHECK_INT(smpp_receipt_code(&o, &receipt), rows[i].code);
	}
	sw_arena_done(&arena);
}
