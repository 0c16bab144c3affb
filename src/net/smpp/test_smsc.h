/* net/smpp/test_smsc.h - for tests: a scripted SMSC on blocking sockets (net/test_socket.h), played by the test's
 * thread. */
#ifndef SW_NET_SMPP_TEST_SMSC_H
#define SW_NET_SMPP_TEST_SMSC_H

#include "net/test_socket.h"
#include "wire/smpp/smpp.h"

/* One bind, seen from the SMSC. */
struct test_bind {
	struct test_conn conn;
	struct sw_buf bytes;    /* of the PDU read last */
	struct sw_smpp_pdu pdu; /* read last */
	uint32_t sequence;      /* of its own requests */
};

/** Wait for a connection and its bind, and answer that with status. @return false when none came */
bool test_smsc_bind(struct test_listener *listener, struct test_tls *tls, uint32_t status, struct test_bind *bind);
void test_bind_close(struct test_bind *bind);
/** The next PDU that is no enquire_link (those are answered). @return false at the end, or too late */
bool test_bind_read(struct test_bind *bind);
/** The next PDU, and it is this command. */
bool test_bind_expect(struct test_bind *bind, uint32_t command);
/** Answer the PDU read last. id: NULL for none. */
void test_bind_answer(struct test_bind *bind, uint32_t status, const char *id);
/** Answer any request. */
void test_bind_respond(struct test_bind *bind, uint32_t command, uint32_t sequence, uint32_t status, const char *id);
void test_bind_send(struct test_bind *bind, const struct sw_smpp_pdu *pdu);
/** A deliver_sm. @return its sequence number */
uint32_t test_bind_deliver(struct test_bind *bind, const struct sw_smpp_sm *sm, struct sw_str tlvs);

#endif
