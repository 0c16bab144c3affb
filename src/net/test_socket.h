/*
 * net/test_socket.h - for tests: the other side of a client's connection, on blocking sockets, plain or TLS.
 *
 * The test's own thread plays the peer while a loop runs on another: the script reads from top to bottom.  Every wait
 * gives up after five seconds.
 */
#ifndef SW_NET_TEST_SOCKET_H
#define SW_NET_TEST_SOCKET_H

#include "base/buf.h"
#include "loop/loop.h"

struct test_tls;

struct test_listener {
	int fd, port;
};

struct test_conn {
	int fd; /* -1: closed */
	void *ssl;
	struct sw_buf in; /* read and not consumed */
};

void test_listen(struct test_listener *listener);
void test_unlisten(struct test_listener *listener);
/** tls: NULL for plain. @return false when nobody came, or the handshake failed */
bool test_accept(struct test_listener *listener, struct test_tls *tls, struct test_conn *conn);
void test_conn_close(struct test_conn *conn);
/** Close so that the client gets a reset. */
void test_conn_reset(struct test_conn *conn);
void test_conn_send(struct test_conn *conn, struct sw_str bytes);
/** Until conn->in holds n bytes. @return false at the end, or too late */
bool test_conn_want(struct test_conn *conn, size_t n);
/** Until the client closes. @return false when it does not */
bool test_conn_ended(struct test_conn *conn);

/** A self-signed certificate for localhost and 127.0.0.1; its PEM file, with the key, lies at ca_file. */
struct test_tls *test_tls_new(void);
const char *test_tls_ca_file(const struct test_tls *tls);
void test_tls_free(struct test_tls *tls);

/** Run fn(arg) on the loop and wait for its end. */
void test_on_loop(struct sw_loop *loop, void (*fn)(void *arg), void *arg);

#endif
