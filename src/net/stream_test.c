#include "net/stream.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/test.h"
#include "base/time.h"
#include "loop/clock.h"
#include "net/test_peer.h"
#include "net/test_socket.h"

/* A client that notes what happens to it. */
struct client {
	struct sw_loop *loop;
	struct sw_stream_config config;
	struct sw_stream *stream;
	atomic_int opened, closed, drained, got;
	int err;
	char why[160];
	struct sw_buf in;
	struct sw_str to_write;
	unsigned times;
	bool finishes; /* as soon as bytes come */
};

static void on_open(void *owner)
{
	struct client *client = owner;
	atomic_fetch_add(&client->opened, 1);
}

static void on_bytes(void *owner, struct sw_str bytes)
{
	struct client *client = owner;
	sw_buf_add_str(&client->in, bytes);
	atomic_store(&client->got, (int)client->in.n);
	if (client->finishes && client->stream) {
		sw_stream_write(client->stream, SW_S("enough"));
		sw_stream_finish(client->stream);
		client->stream = NULL;
	}
}

static void on_drained(void *owner)
{
	struct client *client = owner;
	atomic_fetch_add(&client->drained, 1);
}

static void on_closed(void *owner, int err, const char *why)
{
	struct client *client = owner;
	client->err = err;
	client->stream = NULL;
	strncpy(client->why, why, sizeof(client->why) - 1);
	atomic_fetch_add(&client->closed, 1);
}

static void do_connect(void *arg)
{
	struct client *client = arg;
	client->stream = sw_stream_connect(client->loop, &client->config);
}

static void do_write(void *arg)
{
	struct client *client = arg;
	for (unsigned i = 0; i < client->times && client->stream; i++)
		sw_stream_write(client->stream, client->to_write);
}

static void do_close(void *arg)
{
	struct client *client = arg;
	if (client->stream)
		sw_stream_close(client->stream);
	client->stream = NULL;
}

static void client_start(struct client *client, const char *host, int port, struct sw_tls *tls)
{
	client->loop = sw_loop_new("client");
	client->config = (struct sw_stream_config){ .host = sw_str_of(host),
						    .port = port,
						    .tls = tls,
						    .connect_timeout_us = 2 * SW_US_PER_S,
						    .high_bytes = 64 * 1024,
						    .on_open = on_open,
						    .on_bytes = on_bytes,
						    .on_drained = on_drained,
						    .on_closed = on_closed,
						    .owner = client };
	sw_loop_start(client->loop);
	test_on_loop(client->loop, do_connect, client);
}

static void client_end(struct client *client)
{
	test_on_loop(client->loop, do_close, client);
	sw_loop_stop(client->loop);
	sw_loop_join(client->loop);
	sw_loop_free(client->loop);
	sw_buf_done(&client->in);
}

static void talk(const char *host, struct test_tls *peer_tls, struct sw_tls *tls)
{
	struct test_listener listener;
	struct test_conn conn;
	struct client client = { .to_write = SW_S("hello"), .times = 2 };
	test_listen(&listener);
	client_start(&client, host, listener.port, tls);
	SW_CHECK(test_accept(&listener, peer_tls, &conn));
	SW_CHECK(test_until(&client.opened, 1));
	test_on_loop(client.loop, do_write, &client);
	SW_CHECK(test_conn_want(&conn, 10));
	SW_CHECK_STR(sw_buf_str(&conn.in), "hellohello");
	test_conn_send(&conn, SW_S("welcome"));
	SW_CHECK(test_until(&client.got, 7));
	SW_CHECK_STR(sw_buf_str(&client.in), "welcome");
	/* What is written right before the end still arrives. */
	conn.in.n = 0;
	client.to_write = SW_S("bye");
	client.times = 1;
	test_on_loop(client.loop, do_write, &client);
	test_on_loop(client.loop, do_close, &client);
	SW_CHECK(test_conn_ended(&conn));
	SW_CHECK_STR(sw_buf_str(&conn.in), "bye");
	test_conn_close(&conn);
	client_end(&client);
	SW_CHECK_INT(client.closed, 0);
	test_unlisten(&listener);
}

SW_TEST(stream_talks_both_ways)
{
	talk("127.0.0.1", NULL, NULL);
	talk("localhost", NULL, NULL);
}

SW_TEST(stream_talks_over_tls)
{
	struct sw_arena arena;
	struct sw_str why;
	struct sw_tls *tls;
	struct test_tls *peer = test_tls_new();
	sw_arena_init(&arena);
	SW_CHECK_INT(sw_tls_new(&arena, sw_str_of(test_tls_ca_file(peer)), true, &tls, &why), 0);
	talk("127.0.0.1", peer, tls);
	talk("localhost", peer, tls);
	sw_tls_free(tls);
	SW_CHECK_INT(sw_tls_new(&arena, SW_STR_NULL, false, &tls, &why), 0);
	talk("127.0.0.1", peer, tls);
	sw_tls_free(tls);
	SW_CHECK_INT(sw_tls_new(&arena, SW_S("/nowhere/ca.pem"), true, &tls, &why), SW_EINVAL);
	SW_CHECK(sw_str_starts(why, SW_S("the CA file /nowhere/ca.pem cannot be read: ")));
	test_tls_free(peer);
	sw_arena_done(&arena);
}

/* Connect to a peer that does something else than the client wants, and say how that ends. */
static void fails_with(struct client *client, int err, const char *why)
{
	SW_CHECK(test_until(&client->closed, 1));
	SW_CHECK_INT(client->err, err);
	if (!strstr(client->why, why))
		sw_test_fail(__FILE__, __LINE__, "'%s' does not say '%s'", client->why, why);
	client_end(client);
}

SW_TEST(stream_refuses_a_wrong_certificate)
{
	struct sw_arena arena;
	struct sw_str why;
	struct sw_tls *tls;
	struct test_tls *peer = test_tls_new();
	struct test_listener listener;
	struct test_conn conn;
	struct client stranger = { 0 }, plain = { 0 };
	sw_arena_init(&arena);
	test_listen(&listener);
	SW_CHECK_INT(sw_tls_new(&arena, SW_STR_NULL, true, &tls, &why), 0);
	client_start(&stranger, "127.0.0.1", listener.port, tls);
	SW_CHECK(!test_accept(&listener, peer, &conn));
	fails_with(&stranger, SW_EPERM, "self-signed certificate");
	test_conn_close(&conn);
	sw_tls_free(tls);
	/* The right authority, but not for this host. */
	SW_CHECK_INT(sw_tls_new(&arena, sw_str_of(test_tls_ca_file(peer)), true, &tls, &why), 0);
	struct client other = { 0 };
	client_start(&other, "127.0.0.2", listener.port, tls);
	SW_CHECK(test_until(&other.closed, 1)); /* nobody listens there */
	client_end(&other);
	/* A peer that speaks no TLS. */
	client_start(&plain, "127.0.0.1", listener.port, tls);
	SW_CHECK(test_accept(&listener, NULL, &conn));
	test_conn_send(&conn, SW_S("\0\0\0\x10 no TLS here at all"));
	fails_with(&plain, SW_EIO, "the TLS handshake failed");
	test_conn_close(&conn);
	sw_tls_free(tls);
	test_unlisten(&listener);
	test_tls_free(peer);
	sw_arena_done(&arena);
}

SW_TEST(stream_says_why_it_ended)
{
	struct test_listener listener;
	struct test_conn conn;
	struct client client = { 0 }, reset = { 0 }, refused = { 0 }, nameless = { 0 };
	test_listen(&listener);
	client_start(&client, "127.0.0.1", listener.port, NULL);
	SW_CHECK(test_accept(&listener, NULL, &conn));
	SW_CHECK(test_until(&client.opened, 1));
	test_conn_close(&conn);
	fails_with(&client, SW_ECLOSED, "closed the connection");
	client_start(&reset, "127.0.0.1", listener.port, NULL);
	SW_CHECK(test_accept(&listener, NULL, &conn));
	SW_CHECK(test_until(&reset.opened, 1));
	test_conn_reset(&conn);
	fails_with(&reset, SW_ECLOSED, "connection reset");
	test_unlisten(&listener);
	client_start(&refused, "127.0.0.1", listener.port, NULL);
	fails_with(&refused, SW_EIO, "connection refused");
	client_start(&nameless, "no-such-host.invalid", 1, NULL);
	fails_with(&nameless, SW_ENOTFOUND, "name");
}

SW_TEST(stream_handshake_has_a_time_limit)
{
	struct sw_arena arena;
	struct sw_str why;
	struct sw_tls *tls;
	struct test_listener listener;
	struct client client = { 0 };
	sw_arena_init(&arena);
	test_listen(&listener);
	SW_CHECK_INT(sw_tls_new(&arena, SW_STR_NULL, true, &tls, &why), 0);
	client_start(&client, "127.0.0.1", listener.port, tls); /* nobody accepts */
	fails_with(&client, SW_ETIMEDOUT, "handshake takes too long");
	sw_tls_free(tls);
	test_unlisten(&listener);
	sw_arena_done(&arena);
}

static void do_hold(void *arg)
{
	struct client *client = arg;
	sw_stream_set_reading(client->stream, false);
}

static void do_release(void *arg)
{
	struct client *client = arg;
	sw_stream_set_reading(client->stream, true);
}

SW_TEST(stream_writes_in_order_and_says_when_it_is_drained)
{
	enum { PIECE = 1000, PIECES = 5000 };
	static char piece[PIECE];
	struct test_listener listener;
	struct test_conn conn;
	struct client client = { .to_write = { piece, PIECE }, .times = PIECES };
	for (size_t i = 0; i < PIECE; i++)
		piece[i] = (char)('a' + i % 26);
	test_listen(&listener);
	client_start(&client, "127.0.0.1", listener.port, NULL);
	SW_CHECK(test_accept(&listener, NULL, &conn));
	SW_CHECK(test_until(&client.opened, 1));
	test_on_loop(client.loop, do_write, &client);
	SW_CHECK(test_conn_want(&conn, (size_t)PIECE * PIECES));
	bool same = true;
	for (size_t i = 0; i < conn.in.n; i++)
		same = same && conn.in.p[i] == piece[i % PIECE];
	SW_CHECK(same);
	SW_CHECK(test_until(&client.drained, 1));
	/* Held bytes stay with the peer. */
	test_on_loop(client.loop, do_hold, &client);
	test_conn_send(&conn, SW_S("later"));
	client.times = 1;
	test_on_loop(client.loop, do_write, &client);
	SW_CHECK(test_conn_want(&conn, (size_t)PIECE * (PIECES + 1)));
	SW_CHECK_INT(client.got, 0);
	test_on_loop(client.loop, do_release, &client);
	SW_CHECK(test_until(&client.got, 5));
	test_conn_close(&conn);
	client_end(&client);
	test_unlisten(&listener);
}

static void do_secure(void *arg)
{
	struct client *client = arg;
	sw_stream_write(client->stream, SW_S("plain"));
	sw_stream_secure(client->stream, client->config.tls, SW_S(""), SW_US_PER_S);
	SW_CHECK_INT(client->closed, 0);
}

/* Whoever calls still has what on_closed frees. */
SW_TEST(stream_tells_of_its_end_from_the_loop_alone)
{
	struct sw_arena arena;
	struct sw_str why;
	struct sw_tls *tls;
	struct test_listener listener;
	struct test_conn conn;
	struct client client = { 0 };
	sw_arena_init(&arena);
	test_listen(&listener);
	SW_CHECK_INT(sw_tls_new(&arena, SW_STR_NULL, true, &tls, &why), 0);
	client_start(&client, "127.0.0.1", listener.port, NULL);
	SW_CHECK(test_accept(&listener, NULL, &conn));
	SW_CHECK(test_until(&client.opened, 1));
	test_on_loop(client.loop, do_hold, &client);
	test_conn_reset(&conn);
	client.config.tls = tls;
	test_on_loop(client.loop, do_secure, &client);
	fails_with(&client, SW_ECLOSED, "connection reset");
	sw_tls_free(tls);
	test_unlisten(&listener);
	sw_arena_done(&arena);
}

SW_TEST(stream_that_finishes_gives_nothing_more)
{
	static const char much[3 * 4096];
	struct sw_arena arena;
	struct sw_str why;
	struct sw_tls *tls;
	struct test_tls *peer = test_tls_new();
	struct test_listener listener;
	struct test_conn conn;
	struct client client = { .finishes = true };
	sw_arena_init(&arena);
	test_listen(&listener);
	SW_CHECK_INT(sw_tls_new(&arena, SW_STR_NULL, false, &tls, &why), 0);
	client_start(&client, "127.0.0.1", listener.port, tls);
	SW_CHECK(test_accept(&listener, peer, &conn));
	test_conn_send(&conn, (struct sw_str){ much, sizeof(much) });
	SW_CHECK(test_conn_ended(&conn));
	SW_CHECK_STR(sw_buf_str(&conn.in), "enough");
	SW_CHECK_INT(client.got, 4096); /* what is decrypted at once */
	test_conn_close(&conn);
	client_end(&client);
	sw_tls_free(tls);
	test_unlisten(&listener);
	test_tls_free(peer);
	sw_arena_done(&arena);
}
