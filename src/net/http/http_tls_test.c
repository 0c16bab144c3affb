/* The HTTP server over TLS; the client is OpenSSL on a blocking socket. */
#include <openssl/ssl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/num.h"
#include "base/test.h"
#include "base/time.h"
#include "loop/clock.h"
#include "net/authority.h"
#include "net/metrics.h"
#include "net/test_peer.h"
#include "net/test_socket.h"

#define HOST "Host: x\r\n"
#define GET "GET /echo HTTP/1.1\r\n" HOST "\r\n"

static const struct sw_str local = { "localhost", 9 };

/* A server and those who trust it. */
struct world {
	struct sw_arena *arena;
	struct sw_authority *authority;
	struct sw_tls *tls;
	struct test_server server;
	SSL_CTX *ctx;
	char file[64];
};

static struct sw_tls *issue(struct world *w)
{
	struct sw_str chain, key;
	struct sw_tls *tls;
	const char *why;
	sw_authority_issue(w->arena, w->authority, &local, 1, 1, &chain, &key);
	SW_BUG_ON(sw_tls_server_new(w->arena, chain, key, &tls, &why));
	return tls;
}

static void world_open(struct world *w, const struct sw_http_limits *limits)
{
	struct sw_str why;
	*w = (struct world){ .arena = sw_arena_new() };
	snprintf(w->file, sizeof(w->file), "/tmp/strowger-tls-test-%d.pem", getpid());
	SW_BUG_ON(sw_authority_open(w->arena, sw_str_of(w->file), &local, 1, &w->authority, &why));
	w->tls = issue(w);
	w->ctx = SSL_CTX_new(TLS_client_method());
	SW_BUG_ON(SSL_CTX_load_verify_file(w->ctx, w->file) != 1);
	SSL_CTX_set_verify(w->ctx, SSL_VERIFY_PEER, NULL);
	test_server_start_tls(&w->server, limits, w->tls);
}

static void world_close(struct world *w)
{
	test_server_stop(&w->server);
	sw_tls_free(w->tls);
	sw_authority_free(w->authority);
	SSL_CTX_free(w->ctx);
	unlink(w->file);
	sw_arena_free(w->arena);
}

static bool dial(struct world *w, struct test_conn *conn)
{
	const struct timeval limit = { .tv_sec = 5 };
	*conn = (struct test_conn){ .fd = peer_connect(w->server.port), .ssl = SSL_new(w->ctx) };
	setsockopt(conn->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	SSL_set_fd(conn->ssl, conn->fd);
	SSL_set_tlsext_host_name(conn->ssl, "localhost");
	SSL_set1_host(conn->ssl, "localhost");
	return SSL_connect(conn->ssl) == 1;
}

/* One reply with a Content-Length, in the arena. @return its status; 0: none */
static int reply(struct world *w, struct test_conn *conn, struct sw_str *ret)
{
	for (size_t want = 1; test_conn_want(conn, want); want = conn->in.n + 1) {
		struct sw_str got = sw_buf_str(&conn->in);
		ptrdiff_t end = sw_str_find(got, SW_S("\r\n\r\n")), at = sw_str_find(got, SW_S("Content-Length: "));
		int64_t length = 0, status = 0;
		if (end < 0)
			continue;
		struct sw_str rest = sw_str_from(got, at < 0 ? 0 : (size_t)at + 16);
		SW_CHECK(at < 0 || sw_num_parse(sw_str_cut(&rest, '\r'), &length) == 0);
		size_t all = (size_t)end + 4 + (size_t)length;
		if (got.n < all)
			continue;
		SW_CHECK_INT(sw_num_parse(sw_str_sub(got, 9, 3), &status), 0);
		*ret = sw_str_dup(w->arena, sw_str_sub(got, 0, all));
		sw_buf_drop(&conn->in, all);
		return (int)status;
	}
	return 0;
}

static int ask(struct world *w, struct test_conn *conn, struct sw_str bytes, struct sw_str *ret)
{
	test_conn_send(conn, bytes);
	return reply(w, conn, ret);
}

/* @return whether the server said goodbye before it closed */
static bool said_goodbye(struct test_conn *conn)
{
	char byte;
	int n;
	while ((n = SSL_read(conn->ssl, &byte, 1)) > 0)
		;
	return SSL_get_error(conn->ssl, n) == SSL_ERROR_ZERO_RETURN;
}

SW_TEST(requests_are_answered_over_tls)
{
	struct world w;
	struct test_conn conn;
	struct sw_str got;
	world_open(&w, NULL);
	SW_CHECK(dial(&w, &conn));
	SW_CHECK_INT(ask(&w, &conn, SW_S(GET), &got), 201);
	SW_CHECK(sw_str_find(got, SW_S("\r\nStrict-Transport-Security: max-age=60\r\n")) > 0);
	SW_CHECK_INT(ask(&w, &conn, SW_S(GET GET GET), &got), 201);
	SW_CHECK_INT(reply(&w, &conn, &got), 201);
	SW_CHECK_INT(reply(&w, &conn, &got), 201);
	const struct sw_str piecewise = SW_S("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello");
	for (size_t i = 0; i < piecewise.n; i++)
		test_conn_send(&conn, sw_str_sub(piecewise, i, 1));
	SW_CHECK_INT(reply(&w, &conn, &got), 201);
	SW_CHECK(sw_str_ends(got, SW_S("] hello")));
	test_conn_send(&conn, SW_S("POST /echo HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n"));
	SW_CHECK_INT(reply(&w, &conn, &got), 100);
	SW_CHECK_INT(ask(&w, &conn, SW_S("hi"), &got), 201);
	SW_CHECK_INT(ask(&w, &conn, SW_S("GET /close HTTP/1.1\r\n" HOST "\r\n"), &got), 200);
	SW_CHECK(said_goodbye(&conn));
	test_conn_close(&conn);
	world_close(&w);
}

SW_TEST(a_megabyte_goes_each_way_over_tls)
{
	struct world w;
	struct test_conn conn;
	struct sw_buf request = { 0 };
	struct sw_str got;
	const size_t n = 1024 * 1024;
	world_open(&w, NULL);
	SW_CHECK(dial(&w, &conn));
	for (int turn = 0; turn < 3; turn++) {
		request.n = 0;
		sw_buf_add_fmt(&request, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: %zu\r\n\r\n", n);
		for (size_t i = 0; i < n; i++)
			sw_buf_add_char(&request, (char)('a' + (i + (size_t)turn) % 23));
		SW_CHECK_INT(ask(&w, &conn, sw_buf_str(&request), &got), 201);
		struct sw_str body = sw_str_from(sw_buf_str(&request), request.n - n);
		SW_CHECK(sw_str_ends(got, body));
	}
	SW_CHECK_INT(ask(&w, &conn, SW_S("GET /big HTTP/1.1\r\n" HOST "\r\n"), &got), 200);
	SW_CHECK(got.n > TEST_BIG_BYTES && got.p[got.n - 1] == 'b');
	sw_buf_done(&request);
	test_conn_close(&conn);
	world_close(&w);
}

SW_TEST(streams_go_over_tls_and_stay_bounded)
{
	struct world w;
	struct test_conn conn, slow;
	world_open(&w, NULL);
	SW_CHECK(dial(&w, &conn));
	test_conn_send(&conn, SW_S("GET /stream HTTP/1.1\r\n" HOST "\r\n"));
	SW_CHECK(test_conn_ended(&conn));
	SW_CHECK(sw_str_ends(sw_buf_str(&conn.in), SW_S("and three\r\n0\r\n\r\n")));
	test_conn_close(&conn);
	SW_CHECK(dial(&w, &conn));
	test_conn_send(&conn, SW_S("GET /stream HTTP/1.0\r\n\r\n"));
	SW_CHECK(said_goodbye(&conn)); /* or its end would not be known */
	test_conn_close(&conn);

	SW_CHECK(dial(&w, &slow));
	test_conn_send(&slow, SW_S("GET /stream?ever HTTP/1.1\r\n" HOST "\r\n"));
	SW_CHECK(test_until(&w.server.queued_most, 1));
	/* One piece, its chunk's ends, and what its records weigh more. */
	SW_CHECK(atomic_load(&w.server.queued_most) < 33 * 1024);
	SW_CHECK(test_conn_want(&slow, 8 * 1024 * 1024));
	test_conn_close(&slow);
	SW_CHECK(dial(&w, &slow));
	test_conn_send(&slow, SW_S("GET /stream?ever HTTP/1.1\r\n" HOST "\r\n"));
	SW_CHECK(test_conn_want(&slow, 1));
	test_conn_reset(&slow);
	SW_CHECK(test_until(&w.server.streams_ended, 4));
	world_close(&w);
}

SW_TEST(a_handshake_has_a_time_limit)
{
	struct world w;
	struct sw_http_limits limits = sw_http_default_limits;
	struct sw_buf buf = { 0 };
	limits.head_timeout_us = 50 * SW_US_PER_MS;
	world_open(&w, &limits);
	int64_t start_us = sw_mono_us();
	int silent = peer_connect(w.server.port), halfway = peer_connect(w.server.port);
	peer_send(halfway, SW_S("\x16\x03\x01\x02\x00\x01"));
	SW_CHECK(peer_read_to_end(silent, &buf) && peer_read_to_end(halfway, &buf));
	int64_t took_us = sw_mono_us() - start_us;
	SW_CHECK(took_us >= limits.head_timeout_us && took_us < 3 * SW_US_PER_S);
	SW_CHECK_INT(buf.n, 0);
	sw_buf_done(&buf);
	close(silent);
	close(halfway);
	world_close(&w);
}

SW_TEST(what_is_no_tls_is_closed)
{
	static const struct sw_str words[] = { SW_S(GET), SW_S("nonsense that is long enough for a record\r\n\r\n"),
					       SW_S("\0\0\0\0\0\0\0\0\0\0\0\0") };
	struct world w;
	struct test_conn conn;
	struct sw_str got;
	sw_net_register_metrics();
	world_open(&w, NULL);
	for (size_t i = 0; i < SW_COUNTOF(words); i++) {
		struct sw_buf buf = { 0 };
		int64_t before = sw_metric_value(&sw_http_metrics, SW_HTTP_SHAKES_FAILED);
		int fd = peer_connect(w.server.port);
		peer_send(fd, words[i]);
		SW_CHECK(peer_read_to_end(fd, &buf));
		SW_CHECK(buf.n <= 7); /* an alert */
		SW_CHECK_INT(sw_metric_value(&sw_http_metrics, SW_HTTP_SHAKES_FAILED), before + 1);
		close(fd);
		sw_buf_done(&buf);
	}
	struct linger hard = { .l_onoff = 1 };
	int fd = peer_connect(w.server.port);
	peer_send(fd, SW_S("\x16\x03\x01"));
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(fd);
	SW_CHECK_INT(atomic_load(&w.server.requests), 0);
	SW_CHECK(dial(&w, &conn));
	SW_CHECK_INT(ask(&w, &conn, SW_S(GET), &got), 201);
	/* Behind the handshake too. */
	SW_CHECK(send(conn.fd, "GET / HTTP/1.1\r\n\r\n", 18, MSG_NOSIGNAL) == 18);
	SW_CHECK(SSL_read(conn.ssl, &(char){ 0 }, 1) <= 0);
	test_conn_close(&conn);
	world_close(&w);
}

SW_TEST(old_protocols_are_refused_and_renegotiation_too)
{
	struct world w;
	struct test_conn conn;
	struct sw_str got;
	world_open(&w, NULL);
	SSL_CTX_set_security_level(w.ctx, 0);
	SSL_CTX_set_min_proto_version(w.ctx, TLS1_VERSION);
	SSL_CTX_set_max_proto_version(w.ctx, TLS1_1_VERSION);
	SW_CHECK(!dial(&w, &conn));
	test_conn_close(&conn);
	SSL_CTX_set_max_proto_version(w.ctx, TLS1_2_VERSION);
	SW_CHECK(dial(&w, &conn));
	SW_CHECK_INT(ask(&w, &conn, SW_S(GET), &got), 201);
	SSL_renegotiate(conn.ssl);
	SW_CHECK(SSL_do_handshake(conn.ssl) != 1 || ask(&w, &conn, SW_S(GET), &got) != 201);
	test_conn_close(&conn);
	world_close(&w);
}

SW_TEST(a_client_may_say_goodbye_and_still_get_its_answer)
{
	struct world w;
	struct test_conn conn;
	struct sw_str got;
	world_open(&w, NULL);
	SW_CHECK(dial(&w, &conn));
	test_conn_send(&conn, SW_S("GET /hold HTTP/1.1\r\n" HOST "\r\n"));
	SW_CHECK(test_until(&w.server.held, 1));
	SSL_shutdown(conn.ssl);
	shutdown(conn.fd, SHUT_WR);
	test_server_release(&w.server);
	SW_CHECK_INT(reply(&w, &conn, &got), 201);
	SW_CHECK(test_conn_ended(&conn));
	test_conn_close(&conn);
	world_close(&w);
}

/* It could make the server answer for ever into a queue. */
SW_TEST(key_updates_that_are_not_read_end_the_connection)
{
	struct world w;
	struct test_conn conn;
	world_open(&w, NULL);
	SW_CHECK(dial(&w, &conn));
	bool closed = false;
	for (int i = 0; i < 1000000 && !closed; i++)
		closed = SSL_key_update(conn.ssl, SSL_KEY_UPDATE_REQUESTED) != 1 || SSL_do_handshake(conn.ssl) != 1;
	SW_CHECK(closed);
	test_conn_close(&conn);
	world_close(&w);
}

SW_TEST(one_connection_too_many_is_told_so)
{
	struct world w;
	struct sw_http_limits limits = sw_http_default_limits;
	struct test_conn first, second;
	struct sw_str got;
	limits.connections = 1;
	world_open(&w, &limits);
	SW_CHECK(dial(&w, &first) && dial(&w, &second));
	SW_CHECK_INT(reply(&w, &second, &got), 503);
	SW_CHECK_INT(ask(&w, &first, SW_S(GET), &got), 201);
	test_conn_close(&second);
	test_conn_close(&first);
	world_close(&w);
}

static void change(void *arg)
{
	struct world *w = arg;
	struct sw_tls *tls = issue(w);
	sw_http_server_set_tls(w->server.server, tls);
	sw_tls_free(tls);
}

static ASN1_INTEGER *serial(struct test_conn *conn)
{
	return X509_get_serialNumber(SSL_get0_peer_certificate(conn->ssl));
}

SW_TEST(new_connections_see_the_new_certificate)
{
	struct world w;
	struct test_conn old, same, new;
	struct sw_str got;
	world_open(&w, NULL);
	SW_CHECK(dial(&w, &old) && dial(&w, &same));
	SW_CHECK_INT(ASN1_INTEGER_cmp(serial(&old), serial(&same)), 0);
	test_on_loop(w.server.loop, change, &w);
	SW_CHECK(dial(&w, &new));
	SW_CHECK(ASN1_INTEGER_cmp(serial(&old), serial(&new)) != 0);
	SW_CHECK_INT(ask(&w, &old, SW_S(GET), &got), 201);
	SW_CHECK_INT(ask(&w, &new, SW_S(GET), &got), 201);
	test_conn_close(&old);
	test_conn_close(&same);
	test_conn_close(&new);
	world_close(&w);
}

SW_TEST(a_server_that_ends_says_goodbye)
{
	struct world w;
	struct test_conn idle, held;
	struct sw_str got;
	world_open(&w, NULL);
	SW_CHECK(dial(&w, &idle) && dial(&w, &held));
	SW_CHECK_INT(ask(&w, &idle, SW_S(GET), &got), 201);
	test_conn_send(&held, SW_S("GET /hold HTTP/1.1\r\n" HOST "\r\n"));
	SW_CHECK(test_until(&w.server.held, 1));
	test_server_drain(&w.server);
	SW_CHECK(said_goodbye(&idle));
	test_server_release(&w.server);
	SW_CHECK_INT(reply(&w, &held, &got), 201);
	SW_CHECK(said_goodbye(&held));
	SW_CHECK(test_until(&w.server.drained, 1));
	test_conn_close(&idle);
	test_conn_close(&held);
	world_close(&w);
}
