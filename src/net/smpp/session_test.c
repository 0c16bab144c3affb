#include "net/smpp/session.h"

#include <stdatomic.h>

#include "base/test.h"
#include "base/time.h"
#include "net/smpp/test_smsc.h"
#include "net/test_peer.h"

/* The owner of a session, who notes what he is told. */
struct esme {
	struct sw_loop *loop;
	struct test_listener listener;
	struct sw_smpp_session_config config;
	struct sw_smpp_session *session;
	atomic_int bound, ended, requests;
	atomic_int outcome[SW_SMPP_FORGOTTEN + 1];
	struct sw_smpp_end end;
	uint32_t status, asked; /* of the last outcome and request */
	bool respond;           /* to requests, at once */
	int64_t timeout_us;
	unsigned send; /* how many requests */
	int err;       /* of the last one */
};

static void on_bound(void *owner, const struct sw_smpp_pdu *answer)
{
	struct esme *esme = owner;
	(void)answer;
	atomic_fetch_add(&esme->bound, 1);
}

static void on_outcome(void *owner, void *request, enum sw_smpp_outcome outcome, const struct sw_smpp_pdu *pdu)
{
	struct esme *esme = owner;
	SW_CHECK(request == esme);
	esme->status = pdu ? pdu->status : 0;
	atomic_fetch_add(&esme->outcome[outcome], 1);
}

static void on_request(void *owner, const struct sw_smpp_pdu *pdu)
{
	struct esme *esme = owner;
	esme->asked = pdu->sequence;
	if (esme->respond)
		sw_smpp_session_respond(esme->session, pdu->command, pdu->sequence, SW_SMPP_OK);
	atomic_fetch_add(&esme->requests, 1);
}

static void on_ended(void *owner, const struct sw_smpp_end *end)
{
	struct esme *esme = owner;
	esme->session = NULL;
	esme->end = *end;
	esme->end.why = NULL;
	atomic_fetch_add(&esme->ended, 1);
}

static void do_open(void *arg)
{
	struct esme *esme = arg;
	esme->session = sw_smpp_session_open(esme->loop, &esme->config);
}

static void do_close(void *arg)
{
	struct esme *esme = arg;
	if (esme->session)
		sw_smpp_session_close(esme->session);
	esme->session = NULL;
}

static void do_unbind(void *arg)
{
	struct esme *esme = arg;
	sw_smpp_session_unbind(esme->session);
}

static void do_send(void *arg)
{
	struct esme *esme = arg;
	for (unsigned i = 0; i < esme->send; i++) {
		struct sw_smpp_fault fault;
		struct sw_smpp_pdu pdu = { .command = SW_SMPP_SUBMIT_SM };
		pdu.u.sm.short_message = SW_S("hi");
		esme->err = sw_smpp_session_request(esme->session, &pdu, esme->timeout_us, esme, &fault);
	}
}

static void start(struct esme *esme)
{
	test_listen(&esme->listener);
	esme->loop = sw_loop_new("esme");
	if (!esme->timeout_us)
		esme->timeout_us = 5 * SW_US_PER_S;
	esme->config = (struct sw_smpp_session_config){
		.host = SW_S("127.0.0.1"),
		.port = esme->listener.port,
		.command = SW_SMPP_BIND_TRANSCEIVER,
		.login = { .system_id = SW_S("id"), .password = SW_S("secret"), .interface_version = 0x34 },
		.name = SW_S("main"),
		.connect_timeout_us = 2 * SW_US_PER_S,
		.enquire_us = esme->config.enquire_us ? esme->config.enquire_us : 30 * SW_US_PER_S,
		.window_max = 10,
		.owed_max = 20,
		.on_bound = on_bound,
		.on_outcome = on_outcome,
		.on_request = on_request,
		.on_ended = on_ended,
		.owner = esme,
	};
	sw_loop_start(esme->loop);
	test_on_loop(esme->loop, do_open, esme);
}

static bool bind_up(struct esme *esme, struct test_bind *bind)
{
	return test_smsc_bind(&esme->listener, NULL, SW_SMPP_OK, bind) && test_until(&esme->bound, 1);
}

static void finish(struct esme *esme, struct test_bind *bind)
{
	test_on_loop(esme->loop, do_close, esme);
	sw_loop_stop(esme->loop);
	sw_loop_join(esme->loop);
	sw_loop_free(esme->loop);
	test_unlisten(&esme->listener);
	test_bind_close(bind);
}

SW_TEST(session_binds_sends_and_unbinds)
{
	struct esme esme = { .send = 3 };
	struct test_bind bind;
	start(&esme);
	SW_CHECK(bind_up(&esme, &bind));
	SW_CHECK_STR(bind.pdu.u.bind.system_id, "id");
	SW_CHECK_STR(bind.pdu.u.bind.password, "secret");
	SW_CHECK_INT(bind.pdu.u.bind.interface_version, 0x34);
	test_on_loop(esme.loop, do_send, &esme);
	for (int i = 0; i < 3; i++) {
		SW_CHECK(test_bind_expect(&bind, SW_SMPP_SUBMIT_SM));
		SW_CHECK_INT(bind.pdu.sequence, 2 + i);
	}
	/* Answers in any order; a nack is one too. */
	test_bind_respond(&bind, SW_SMPP_SUBMIT_SM, 4, SW_SMPP_OK, "c");
	test_bind_respond(&bind, SW_SMPP_SUBMIT_SM, 2, SW_SMPP_RTHROTTLED, NULL);
	SW_CHECK(test_until(&esme.outcome[SW_SMPP_ANSWERED], 2));
	SW_CHECK_INT(esme.status, SW_SMPP_RTHROTTLED);
	test_bind_respond(&bind, (uint32_t)SW_SMPP_GENERIC_NACK, 3, SW_SMPP_RINVCMDID, NULL);
	SW_CHECK(test_until(&esme.outcome[SW_SMPP_ANSWERED], 3));
	SW_CHECK_INT(esme.status, SW_SMPP_RINVCMDID);
	/* Strays are passed over. */
	test_bind_respond(&bind, SW_SMPP_SUBMIT_SM, 4, SW_SMPP_OK, "again");
	test_bind_respond(&bind, SW_SMPP_SUBMIT_SM, 0, SW_SMPP_OK, "zero");
	test_on_loop(esme.loop, do_unbind, &esme);
	SW_CHECK(test_bind_expect(&bind, SW_SMPP_UNBIND));
	test_bind_answer(&bind, SW_SMPP_OK, NULL);
	SW_CHECK(test_until(&esme.ended, 1));
	SW_CHECK_INT(esme.end.kind, SW_SMPP_END_UNBOUND);
	SW_CHECK_INT(esme.outcome[SW_SMPP_ANSWERED], 3);
	SW_CHECK(test_conn_ended(&bind.conn));
	finish(&esme, &bind);
}

SW_TEST(session_says_that_its_bind_was_refused)
{
	struct esme esme = { 0 };
	struct test_bind bind;
	start(&esme);
	SW_CHECK(test_smsc_bind(&esme.listener, NULL, SW_SMPP_RINVPASWD, &bind));
	SW_CHECK(test_until(&esme.ended, 1));
	SW_CHECK_INT(esme.end.kind, SW_SMPP_END_REFUSED);
	SW_CHECK_INT(esme.end.status, SW_SMPP_RINVPASWD);
	finish(&esme, &bind);
}

SW_TEST(session_keeps_to_its_window)
{
	struct esme esme = { .send = 11 };
	struct test_bind bind;
	start(&esme);
	SW_CHECK(bind_up(&esme, &bind));
	test_on_loop(esme.loop, do_send, &esme);
	SW_CHECK_INT(esme.err, SW_EAGAIN);
	for (int i = 0; i < 10; i++) {
		SW_CHECK(test_bind_expect(&bind, SW_SMPP_SUBMIT_SM));
		test_bind_answer(&bind, SW_SMPP_OK, "x");
	}
	SW_CHECK(test_until(&esme.outcome[SW_SMPP_ANSWERED], 10));
	esme.send = 1;
	test_on_loop(esme.loop, do_send, &esme);
	SW_CHECK_INT(esme.err, 0);
	SW_CHECK(test_bind_expect(&bind, SW_SMPP_SUBMIT_SM));
	test_conn_reset(&bind.conn);
	SW_CHECK(test_until(&esme.ended, 1));
	SW_CHECK_INT(esme.end.kind, SW_SMPP_END_LOST);
	SW_CHECK_INT(esme.outcome[SW_SMPP_LOST], 1);
	finish(&esme, &bind);
}

SW_TEST(session_times_requests_out_and_takes_late_answers)
{
	struct esme esme = { .send = 2, .timeout_us = 20 * SW_US_PER_MS };
	struct test_bind bind;
	start(&esme);
	SW_CHECK(bind_up(&esme, &bind));
	test_on_loop(esme.loop, do_send, &esme);
	SW_CHECK(test_until(&esme.outcome[SW_SMPP_TIMED_OUT], 2));
	SW_CHECK(test_bind_expect(&bind, SW_SMPP_SUBMIT_SM));
	test_bind_answer(&bind, SW_SMPP_OK, "late");
	SW_CHECK(test_until(&esme.outcome[SW_SMPP_LATE], 1));
	test_conn_reset(&bind.conn);
	SW_CHECK(test_until(&esme.ended, 1));
	SW_CHECK_INT(esme.outcome[SW_SMPP_FORGOTTEN], 1);
	SW_CHECK_INT(esme.outcome[SW_SMPP_LOST], 0);
	finish(&esme, &bind);
}

SW_TEST(session_forgets_when_too_many_are_late)
{
	struct esme esme = { .send = 10, .timeout_us = 1 };
	struct test_bind bind;
	start(&esme);
	SW_CHECK(bind_up(&esme, &bind));
	for (int round = 1; round <= 5; round++) {
		test_on_loop(esme.loop, do_send, &esme);
		SW_CHECK_INT(esme.err, 0);
		SW_CHECK(test_until(&esme.outcome[SW_SMPP_TIMED_OUT], 10 * round));
	}
	SW_CHECK_INT(esme.outcome[SW_SMPP_FORGOTTEN], 50 - 31);
	finish(&esme, &bind);
}

SW_TEST(session_asks_a_silent_peer_and_gives_it_up)
{
	struct esme esme = { .config.enquire_us = 50 * SW_US_PER_MS };
	struct test_bind bind;
	start(&esme);
	SW_CHECK(bind_up(&esme, &bind));
	SW_CHECK(test_bind_expect(&bind, SW_SMPP_ENQUIRE_LINK));
	test_bind_answer(&bind, SW_SMPP_OK, NULL);
	SW_CHECK(test_bind_expect(&bind, SW_SMPP_ENQUIRE_LINK));
	SW_CHECK(test_until(&esme.ended, 1));
	SW_CHECK_INT(esme.end.kind, SW_SMPP_END_LOST);
	finish(&esme, &bind);
}

SW_TEST(session_answers_the_peer)
{
	struct esme esme = { .respond = true };
	struct test_bind bind;
	struct sw_smpp_sm sm = { .source = SW_S("1"), .destination = SW_S("2"), .short_message = SW_S("hi") };
	start(&esme);
	SW_CHECK(bind_up(&esme, &bind));
	const struct sw_smpp_pdu enquire = { .command = SW_SMPP_ENQUIRE_LINK, .sequence = 77 };
	test_bind_send(&bind, &enquire);
	SW_CHECK(test_bind_expect(&bind, SW_SMPP_ENQUIRE_LINK | SW_SMPP_RESP) && bind.pdu.sequence == 77);
	uint32_t sequence = test_bind_deliver(&bind, &sm, SW_STR_NULL);
	SW_CHECK(test_bind_expect(&bind, SW_SMPP_DELIVER_SM | SW_SMPP_RESP) && bind.pdu.sequence == sequence);
	SW_CHECK_INT(bind.pdu.status, SW_SMPP_OK);
	const struct sw_smpp_pdu unbind = { .command = SW_SMPP_UNBIND, .sequence = 78 };
	test_bind_send(&bind, &unbind);
	SW_CHECK(test_bind_expect(&bind, SW_SMPP_UNBIND | SW_SMPP_RESP) && bind.pdu.sequence == 78);
	SW_CHECK(test_until(&esme.ended, 1));
	finish(&esme, &bind);
}

/* Bytes that a peer sends, and the status of the answer. */
static const struct {
	struct sw_str bytes;
	uint32_t command, sequence, status;
} broken[] = {
#define BROKEN(command, sequence, status, literal)                             \
	{                                                                      \
		{ "" literal, sizeof(literal) - 1 }, command, sequence, status \
	}
	BROKEN((uint32_t)SW_SMPP_GENERIC_NACK, 5, SW_SMPP_RINVCMDID, "\0\0\0\x12\0\0\x77\x77\0\0\0\0\0\0\0\x05hm"),
	BROKEN(SW_SMPP_DELIVER_SM | SW_SMPP_RESP, 6, SW_SMPP_RINVCMDLEN, "\0\0\0\x11\0\0\0\x05\0\0\0\0\0\0\0\x06\0"),
	BROKEN(SW_SMPP_DELIVER_SM | SW_SMPP_RESP, 7, SW_SMPP_RINVMSGLEN,
	       "\0\0\0\x25\0\0\0\x05\0\0\0\0\0\0\0\x07\0\1\1\61\0\1\1\62\0\0\0\0\0\0\0\0\0\0\x09hi"),
	BROKEN(SW_SMPP_DELIVER_SM | SW_SMPP_RESP, 8, SW_SMPP_RINVOPTPARSTREAM,
	       "\0\0\0\x28\0\0\0\x05\0\0\0\0\0\0\0\x08\0\1\1\61\0\1\1\62\0\0\0\0\0\0\0\0\0\0\x02hi\x04\x24\0"),
	BROKEN((uint32_t)SW_SMPP_GENERIC_NACK, 9, SW_SMPP_RINVCMDID,
	       "\0\0\0\x25\0\0\0\x04\0\0\0\0\0\0\0\x09\0\1\1\61\0\1\1\62\0\0\0\0\0\0\0\0\0\0\x02hi"),
#undef BROKEN
};

SW_TEST(session_survives_bad_pdus_and_leaves_bad_framing)
{
	struct esme esme = { .respond = true, .send = 1 };
	struct test_bind bind;
	start(&esme);
	SW_CHECK(bind_up(&esme, &bind));
	for (size_t i = 0; i < SW_COUNTOF(broken); i++) {
		test_conn_send(&bind.conn, broken[i].bytes);
		SW_CHECK(test_bind_read(&bind));
		if (bind.pdu.command != broken[i].command || bind.pdu.sequence != broken[i].sequence ||
		    bind.pdu.status != broken[i].status)
			sw_test_fail(__FILE__, __LINE__, "row %zu: %s 0x%x", i, sw_smpp_command_name(bind.pdu.command),
				     bind.pdu.status);
	}
	SW_CHECK_INT(esme.requests, 0);
	/* A response that is broken still says that there was one. */
	test_on_loop(esme.loop, do_send, &esme);
	SW_CHECK(test_bind_expect(&bind, SW_SMPP_SUBMIT_SM));
	char response[] = "\0\0\0\x12\x80\0\0\x04\0\0\0\0\0\0\0\0hm";
	response[15] = (char)bind.pdu.sequence;
	test_conn_send(&bind.conn, (struct sw_str){ response, 18 });
	SW_CHECK(test_until(&esme.outcome[SW_SMPP_ANSWERED], 1));
	test_conn_send(&bind.conn, SW_S("GET / HTTP/1.1\r\n"));
	SW_CHECK(test_bind_expect(&bind, (uint32_t)SW_SMPP_GENERIC_NACK));
	SW_CHECK_INT(bind.pdu.status, SW_SMPP_RINVCMDLEN);
	SW_CHECK(test_until(&esme.ended, 1));
	SW_CHECK_INT(esme.end.kind, SW_SMPP_END_LOST);
	finish(&esme, &bind);
}

static void do_respond(void *arg)
{
	struct esme *esme = arg;
	int n = atomic_load(&esme->requests);
	esme->respond = true;
	for (int i = 0; i < n; i++)
		sw_smpp_session_respond(esme->session, SW_SMPP_DELIVER_SM, 1, SW_SMPP_OK);
}

/* A PDU that arrives byte by byte, and more of them than the owner can store. */
SW_TEST(session_bounds_what_a_peer_may_leave_open)
{
	enum { FLOOD = 20000 };
	struct esme esme = { 0 };
	struct test_bind bind;
	struct sw_smpp_fault fault;
	struct sw_buf flood = { 0 };
	struct sw_smpp_pdu pdu = { .command = SW_SMPP_DELIVER_SM, .sequence = 1 };
	start(&esme);
	SW_CHECK(bind_up(&esme, &bind));
	pdu.u.sm.short_message = SW_S("a text of some length, so that a flood is more than a buffer holds");
	SW_CHECK_INT(sw_smpp_encode(&flood, &pdu, &fault), 0);
	for (size_t i = 0; i < flood.n; i++)
		test_conn_send(&bind.conn, (struct sw_str){ flood.p + i, 1 });
	SW_CHECK(test_until(&esme.requests, 1));
	size_t one = flood.n;
	sw_buf_reserve(&flood, one * FLOOD);
	for (int i = 1; i < FLOOD; i++)
		sw_buf_add(&flood, flood.p, one);
	/* It stops reading until it may answer. */
	const struct sw_str half = { flood.p, one * 900 };
	test_conn_send(&bind.conn, half);
	SW_CHECK(test_until(&esme.requests, 20));
	test_on_loop(esme.loop, do_respond, &esme);
	test_conn_send(&bind.conn, sw_str_sub(sw_buf_str(&flood), 0, one * (FLOOD - 901)));
	SW_CHECK(test_until(&esme.requests, FLOOD));
	for (int i = 0; i < FLOOD; i++)
		if (!test_bind_expect(&bind, SW_SMPP_DELIVER_SM | SW_SMPP_RESP)) {
			sw_test_fail(__FILE__, __LINE__, "answer %d is missing", i);
			break;
		}
	sw_buf_done(&flood);
	finish(&esme, &bind);
}
