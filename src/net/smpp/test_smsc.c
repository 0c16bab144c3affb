#include "net/smpp/test_smsc.h"

void test_bind_close(struct test_bind *bind)
{
	test_conn_close(&bind->conn);
	sw_buf_done(&bind->bytes);
}

static bool read_any(struct test_bind *bind)
{
	struct sw_smpp_fault fault;
	struct test_conn *conn = &bind->conn;
	size_t n = 0;
	int err;
	while ((err = sw_smpp_frame(sw_buf_str(&conn->in), &n, &fault)) == SW_EMORE)
		if (!test_conn_want(conn, conn->in.n + 1))
			return false;
	if (err)
		return false;
	bind->bytes.n = 0;
	sw_buf_add(&bind->bytes, conn->in.p, n);
	sw_buf_drop(&conn->in, n);
	return sw_smpp_decode(sw_buf_str(&bind->bytes), &bind->pdu, &fault) == 0;
}

bool test_bind_read(struct test_bind *bind)
{
	while (read_any(bind)) {
		if (bind->pdu.command != SW_SMPP_ENQUIRE_LINK)
			return true;
		test_bind_answer(bind, SW_SMPP_OK, NULL);
	}
	return false;
}

bool test_bind_expect(struct test_bind *bind, uint32_t command)
{
	return (command == SW_SMPP_ENQUIRE_LINK ? read_any(bind) : test_bind_read(bind)) &&
	       bind->pdu.command == command;
}

void test_bind_send(struct test_bind *bind, const struct sw_smpp_pdu *pdu)
{
	struct sw_smpp_fault fault;
	struct sw_buf out = { 0 };
	SW_BUG_ON(sw_smpp_encode(&out, pdu, &fault));
	test_conn_send(&bind->conn, sw_buf_str(&out));
	sw_buf_done(&out);
}

void test_bind_respond(struct test_bind *bind, uint32_t command, uint32_t sequence, uint32_t status, const char *id)
{
	struct sw_smpp_pdu pdu = { .command = command | SW_SMPP_RESP, .sequence = sequence, .status = status };
	if (id)
		pdu.u.name = sw_str_of(id);
	test_bind_send(bind, &pdu);
}

void test_bind_answer(struct test_bind *bind, uint32_t status, const char *id)
{
	test_bind_respond(bind, bind->pdu.command, bind->pdu.sequence, status, id);
}

bool test_smsc_bind(struct test_listener *listener, struct test_tls *tls, uint32_t status, struct test_bind *bind)
{
	*bind = (struct test_bind){ 0 };
	if (!test_accept(listener, tls, &bind->conn) || !read_any(bind))
		return false;
	test_bind_answer(bind, status, "smsc");
	return true;
}

uint32_t test_bind_deliver(struct test_bind *bind, const struct sw_smpp_sm *sm, struct sw_str tlvs)
{
	struct sw_smpp_pdu pdu = { .command = SW_SMPP_DELIVER_SM, .sequence = ++bind->sequence, .tlvs = tlvs };
	pdu.u.sm = *sm;
	test_bind_send(bind, &pdu);
	return pdu.sequence;
}
