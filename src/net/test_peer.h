/*
 * net/test_peer.h - for tests: a server on a loop thread of its own, and a client on raw blocking sockets.
 *
 * Paths that the server knows: /echo (201, what it got), /sleep (the same from a task, 5 ms later), /hold (kept
 * until test_server_release()), /big (4 MB), /close (asks for close), /stream (pieces;
 * with a query without end), /inject (a header with a line end), anything
 * else: 404.  Targets below /small may have bodies of 10 bytes.
 */
#ifndef SW_NET_TEST_PEER_H
#define SW_NET_TEST_PEER_H

#include <stdatomic.h>

#include "base/buf.h"
#include "loop/loop.h"
#include "net/http_server.h"

#define TEST_BIG_BYTES (4 * 1024 * 1024)

struct test_server {
	struct sw_loop *loop;
	struct sw_http_server *server;
	int port;
	atomic_int held, drained, requests, streams_ended;
	atomic_int queued_most;           /* what a stream's piece left queued, bytes */
	atomic_bool ending;               /* nothing is held any more */
	struct sw_http_request *hold[64]; /* the loop's */
};

void test_server_start(struct test_server *server, const struct sw_http_limits *limits);
struct sw_tls;
/** The same over TLS, with Strict-Transport-Security of 60 s. */
void test_server_start_tls(struct test_server *server, const struct sw_http_limits *limits, struct sw_tls *tls);
/** Answer everything that is held. Thread: any. */
void test_server_release(struct test_server *server);
void test_server_drain(struct test_server *server);
/** Release, drain, stop and free. */
void test_server_stop(struct test_server *server);
/** Until counter >= want; false after five seconds. */
bool test_until(atomic_int *counter, int want);

int peer_connect(int port);
void peer_send(int fd, struct sw_str bytes);
/** Append what comes until the peer closes. @return false on a reset or after five seconds */
bool peer_read_to_end(int fd, struct sw_buf *buf);
/** Read one reply with Content-Length (or without a body), from *buf first. @return its status; 0: closed, -1: error */
int peer_read_reply(int fd, struct sw_buf *buf, bool no_body, struct sw_buf *ret_reply);
/** Connect, send, shut down nothing, read one reply, close. @return the status */
int peer_ask(int port, struct sw_str bytes, struct sw_buf *ret_reply);

#endif
