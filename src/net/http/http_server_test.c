#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/test.h"
#include "net/test_peer.h"

#define HOST "Host: x\r\n"
#define POST "POST /echo HTTP/1.1\r\n" HOST

/* What RFC 9112 says about each; the peer reads an answer, never a reset. */
static const struct {
	const char *what;
	struct sw_str bytes;
	int status;
	const char *body; /* its end; NULL: any */
} framing[] = {
	{ "get", SW_S("GET /echo?a=b HTTP/1.1\r\n" HOST "\r\n"), 201, "GET /echo?a=b [] " },
	{ "post", SW_S(POST "Content-Length: 5\r\n\r\nhello"), 201, "] hello" },
	{ "empty line first", SW_S("\r\nGET /echo HTTP/1.1\r\n" HOST "\r\n"), 201, "GET /echo [] " },
	{ "absolute target", SW_S("GET http://x/echo HTTP/1.1\r\n" HOST "\r\n"), 201, "GET http://x/echo [] " },
	{ "chunked body", SW_S(POST "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n"), 201,
	  "] hello!" },
	{ "chunk extension and trailer",
	  SW_S(POST "Transfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n"), 201, "] hello" },
	{ "length and coding", SW_S(POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400,
	  NULL },
	{ "two lengths", SW_S(POST "Content-Length: 31\r\nContent-Length: 5\r\n\r\nhello"), 400, NULL },
	{ "length with sign", SW_S(POST "Content-Length: +5\r\n\r\nhello"), 400, NULL },
	{ "negative length", SW_S(POST "Content-Length: -5\r\n\r\nhello"), 400, NULL },
	{ "space before colon", SW_S(POST "Content-Length : 5\r\n\r\nhello"), 400, NULL },
	{ "empty field name", SW_S("GET /echo HTTP/1.1\r\n" HOST ": x\r\n\r\n"), 400, NULL },
	{ "NUL in value", SW_S("GET /echo HTTP/1.1\r\n" HOST "X: a\0b\r\n\r\n"), 400, NULL },
	{ "folded field", SW_S("GET /echo HTTP/1.1\r\n" HOST "X: a\r\n b\r\n\r\n"), 400, NULL },
	{ "bare line feed", SW_S("GET /echo HTTP/1.1\nHost: x\n\n"), 400, NULL },
	{ "coding not known", SW_S(POST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"), 501, NULL },
	{ "chunked not last", SW_S(POST "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n"), 400, NULL },
	{ "chunk size with prefix", SW_S(POST "Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n"), 400,
	  NULL },
	{ "chunk without line end", SW_S(POST "Transfer-Encoding: chunked\r\n\r\n5\r\nhelloX0\r\n\r\n"), 400, NULL },
	{ "no host", SW_S("GET /echo HTTP/1.1\r\n\r\n"), 400, NULL },
	{ "two hosts", SW_S("GET /echo HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"), 400, NULL },
	{ "another version", SW_S("GET /echo HTTP/2.0\r\n" HOST "\r\n"), 505, NULL },
	{ "no http", SW_S("\x16\x03\x01\x02hello"), 400, NULL },
	{ "1.0", SW_S("GET /echo HTTP/1.0\r\n\r\n"), 201, "GET /echo [] " },
	{ "not found", SW_S("GET /nowhere HTTP/1.1\r\n" HOST "\r\n"), 404, "no" },
};

SW_TEST(framing_is_strict)
{
	struct test_server server;
	struct sw_buf reply = { 0 };
	test_server_start(&server, NULL);
	for (size_t i = 0; i < SW_COUNTOF(framing); i++) {
		int status = peer_ask(server.port, framing[i].bytes, &reply);
		if (status != framing[i].status)
			sw_test_fail(__FILE__, __LINE__, "%s: got %d, want %d", framing[i].what, status,
				     framing[i].status);
		if (framing[i].body && !sw_str_ends(sw_buf_str(&reply), sw_str_of(framing[i].body)))
			sw_test_fail(__FILE__, __LINE__, "%s: \"%.*s\"", framing[i].what, SW_FMT(sw_buf_str(&reply)));
	}
	sw_buf_done(&reply);
	test_server_stop(&server);
}

/* The same answers however the bytes are cut. */
SW_TEST(byte_by_byte)
{
	struct test_server server;
	struct sw_buf reply = { 0 }, buf = { 0 };
	test_server_start(&server, NULL);
	for (size_t i = 0; i < SW_COUNTOF(framing); i++) {
		int fd = peer_connect(server.port);
		for (size_t at = 0; at < framing[i].bytes.n; at++)
			peer_send(fd, sw_str_sub(framing[i].bytes, at, 1));
		buf.n = 0;
		int status = peer_read_reply(fd, &buf, false, &reply);
		if (status != framing[i].status)
			sw_test_fail(__FILE__, __LINE__, "%s: got %d, want %d", framing[i].what, status,
				     framing[i].status);
		close(fd);
	}
	sw_buf_done(&reply);
	sw_buf_done(&buf);
	test_server_stop(&server);
}

SW_TEST(pipelined_requests_are_answered_in_order)
{
	struct test_server server;
	struct sw_buf buf = { 0 }, reply = { 0 };
	test_server_start(&server, NULL);
	int fd = peer_connect(server.port);
	/* The slow one stands between fast ones; the last half comes later. */
	peer_send(fd, SW_S(POST "Content-Length: 1\r\n\r\n1GET /sleep?2 HTTP/1.1\r\n" HOST
				"\r\nHEAD /echo?3 HTTP/1.1\r\n" HOST "\r\nGET /echo?4 HTT"));
	SW_CHECK_INT(peer_read_reply(fd, &buf, false, &reply), 201);
	SW_CHECK(sw_str_ends(sw_buf_str(&reply), SW_S("] 1")));
	peer_send(fd, SW_S("P/1.1\r\n" HOST "\r\n"));
	SW_CHECK_INT(peer_read_reply(fd, &buf, false, &reply), 201);
	SW_CHECK(sw_str_ends(sw_buf_str(&reply), SW_S("GET /sleep?2 [] ")));
	SW_CHECK_INT(peer_read_reply(fd, &buf, true, &reply), 201);
	/* HEAD: the length of what GET would say, and nothing behind it. */
	SW_CHECK(sw_str_find(sw_buf_str(&reply), SW_S("Content-Length: 16\r\n")) > 0);
	SW_CHECK_INT(peer_read_reply(fd, &buf, false, &reply), 201);
	SW_CHECK(sw_str_ends(sw_buf_str(&reply), SW_S("GET /echo?4 [] ")));
	SW_CHECK_INT(buf.n, 0);
	close(fd);
	sw_buf_done(&buf);
	sw_buf_done(&reply);
	test_server_stop(&server);
}

SW_TEST(a_thousand_pipelined)
{
	struct test_server server;
	struct sw_buf buf = { 0 }, all = { 0 };
	test_server_start(&server, NULL);
	int fd = peer_connect(server.port), wrong = 0;
	for (int i = 0; i < 1000; i++)
		sw_buf_add_fmt(&all, "GET /%s?%d HTTP/1.1\r\n" HOST "\r\n", i % 100 == 50 ? "sleep" : "echo", i);
	peer_send(fd, sw_buf_str(&all));
	for (int i = 0; i < 1000; i++)
		wrong += peer_read_reply(fd, &buf, false, NULL) != 201;
	SW_CHECK_INT(wrong, 0);
	SW_CHECK_INT(atomic_load(&server.requests), 1000);
	close(fd);
	sw_buf_done(&buf);
	sw_buf_done(&all);
	test_server_stop(&server);
}

SW_TEST(continue_is_said_when_a_body_is_wanted)
{
	struct test_server server;
	struct sw_buf buf = { 0 }, reply = { 0 };
	test_server_start(&server, NULL);
	int fd = peer_connect(server.port);
	peer_send(fd, SW_S(POST "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n"));
	SW_CHECK_INT(peer_read_reply(fd, &buf, true, NULL), 100);
	peer_send(fd, SW_S("hello"));
	SW_CHECK_INT(peer_read_reply(fd, &buf, false, &reply), 201);
	SW_CHECK(sw_str_ends(sw_buf_str(&reply), SW_S("] hello")));
	/* No need to say it when the body is there already. */
	peer_send(fd, SW_S(POST "Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello"));
	SW_CHECK_INT(peer_read_reply(fd, &buf, false, NULL), 201);
	/* Nor to invite a body that will not be taken. */
	peer_send(fd, SW_S("POST /small HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 11\r\n\r\n"));
	SW_CHECK_INT(peer_read_reply(fd, &buf, false, NULL), 413);
	SW_CHECK(peer_read_to_end(fd, &buf));
	close(fd);
	sw_buf_done(&buf);
	sw_buf_done(&reply);
	test_server_stop(&server);
}

static bool says(const struct sw_buf *reply, const char *text)
{
	return sw_str_find(sw_buf_str(reply), sw_str_of(text)) >= 0;
}

SW_TEST(keep_alive_and_close)
{
	struct test_server server;
	struct sw_buf buf = { 0 }, reply = { 0 };
	test_server_start(&server, NULL);
	static const struct {
		struct sw_str bytes;
		int status;
		bool stays;
		const char *field; /* what the reply says */
	} row[] = {
		{ SW_S("GET /echo HTTP/1.1\r\n" HOST "\r\n"), 201, true, "Date: " },
		{ SW_S("GET /echo HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n"), 201, false, "Connection: close" },
		{ SW_S("GET /echo HTTP/1.0\r\n\r\n"), 201, false, "Connection: close" },
		{ SW_S("GET /echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"), 201, true, "Connection: keep-alive" },
		{ SW_S("GET /close HTTP/1.1\r\n" HOST "\r\n"), 200, false, "Connection: close" },
		{ SW_S("GET /inject HTTP/1.1\r\n" HOST "\r\n"), 204, true, "204 No Content" },
	};
	for (size_t i = 0; i < SW_COUNTOF(row); i++) {
		int fd = peer_connect(server.port);
		peer_send(fd, row[i].bytes);
		SW_CHECK_INT(peer_read_reply(fd, &buf, false, &reply), row[i].status);
		SW_CHECK(says(&reply, row[i].field));
		SW_CHECK(!says(&reply, "Set-Cookie"));
		SW_CHECK_INT(says(&reply, "Connection: close"), !row[i].stays);
		SW_CHECK_INT(says(&reply, "Content-Length: "), row[i].status != 204);
		if (row[i].stays) {
			peer_send(fd, SW_S("GET /echo HTTP/1.1\r\n" HOST "\r\n"));
			SW_CHECK_INT(peer_read_reply(fd, &buf, false, NULL), 201);
		} else {
			SW_CHECK(peer_read_to_end(fd, &buf));
		}
		SW_CHECK_INT(buf.n, 0);
		close(fd);
	}
	sw_buf_done(&buf);
	sw_buf_done(&reply);
	test_server_stop(&server);
}

SW_TEST(a_reply_that_goes_on)
{
	struct test_server server;
	struct sw_buf buf = { 0 };
	test_server_start(&server, NULL);
	static const struct {
		struct sw_str bytes;
		const char *field, *body;
	} row[] = {
		{ SW_S("GET /stream HTTP/1.1\r\n" HOST "\r\n"), "Transfer-Encoding: chunked",
		  "\r\n\r\n4\r\none \r\n8\r\nand two \r\n9\r\nand three\r\n0\r\n\r\n" },
		{ SW_S("GET /stream HTTP/1.0\r\n\r\n"), "Connection: close", "\r\n\r\none and two and three" },
	};
	for (size_t i = 0; i < SW_COUNTOF(row); i++) {
		int fd = peer_connect(server.port);
		peer_send(fd, row[i].bytes);
		SW_CHECK(peer_read_to_end(fd, &buf));
		SW_CHECK(says(&buf, row[i].field));
		SW_CHECK(!says(&buf, "Content-Length"));
		SW_CHECK(sw_str_ends(sw_buf_str(&buf), sw_str_of(row[i].body)));
		buf.n = 0;
		close(fd);
	}
	SW_CHECK(test_until(&server.streams_ended, 2));
	sw_buf_done(&buf);
	test_server_stop(&server);
}

/* One client leaves in the middle, another does not read, a third is there when the server ends. */
SW_TEST(streams_end_with_their_clients_and_with_the_server)
{
	static const struct sw_str ask = SW_S("GET /stream?on HTTP/1.1\r\n" HOST "\r\n");
	struct test_server server;
	char bytes[4096];
	test_server_start(&server, NULL);
	int leaves = peer_connect(server.port), deaf = peer_connect(server.port);
	peer_send(leaves, ask);
	peer_send(deaf, ask);
	SW_CHECK(recv(leaves, bytes, sizeof(bytes), 0) > 0 && recv(deaf, bytes, sizeof(bytes), 0) > 0);
	close(leaves);
	SW_CHECK(test_until(&server.streams_ended, 1));
	test_server_stop(&server);
	SW_CHECK_INT(atomic_load(&server.streams_ended), 2);
	close(deaf);
}

SW_TEST(a_client_that_closed_its_side_is_answered)
{
	struct test_server server;
	struct sw_buf buf = { 0 };
	test_server_start(&server, NULL);
	int fd = peer_connect(server.port);
	peer_send(fd, SW_S("GET /sleep HTTP/1.1\r\n" HOST "\r\nGET /sleep HTTP/1.1\r\n" HOST "\r\n"));
	shutdown(fd, SHUT_WR);
	SW_CHECK_INT(peer_read_reply(fd, &buf, false, NULL), 201);
	SW_CHECK_INT(peer_read_reply(fd, &buf, false, NULL), 201);
	SW_CHECK_INT(peer_read_reply(fd, &buf, false, NULL), 0);
	close(fd);
	sw_buf_done(&buf);
	test_server_stop(&server);
}

SW_TEST(a_client_that_vanished_drops_its_reply)
{
	struct test_server server;
	test_server_start(&server, NULL);
	int fd = peer_connect(server.port), other = peer_connect(server.port);
	peer_send(fd, SW_S("GET /hold HTTP/1.1\r\n" HOST "\r\n"));
	SW_CHECK(test_until(&server.held, 1));
	/* A reset, not a polite end. */
	struct linger hard = { .l_onoff = 1 };
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(fd);
	/* The server has seen it when it answers the next one. */
	peer_send(other, SW_S("GET /echo HTTP/1.1\r\n" HOST "\r\n"));
	struct sw_buf buf = { 0 };
	SW_CHECK_INT(peer_read_reply(other, &buf, false, NULL), 201);
	test_server_release(&server);
	peer_send(other, SW_S("GET /echo HTTP/1.1\r\n" HOST "\r\n"));
	SW_CHECK_INT(peer_read_reply(other, &buf, false, NULL), 201);
	close(other);
	sw_buf_done(&buf);
	test_server_stop(&server);
}

SW_TEST(a_large_reply_arrives_whole)
{
	struct test_server server;
	struct sw_buf buf = { 0 }, reply = { 0 };
	test_server_start(&server, NULL);
	int fd = peer_connect(server.port);
	peer_send(fd, SW_S("GET /big HTTP/1.1\r\n" HOST "\r\nGET /echo HTTP/1.1\r\n" HOST "\r\n"));
	SW_CHECK_INT(peer_read_reply(fd, &buf, false, &reply), 200);
	SW_CHECK(reply.n > TEST_BIG_BYTES);
	SW_CHECK_INT(reply.p[reply.n - 1], 'b');
	SW_CHECK_INT(peer_read_reply(fd, &buf, false, NULL), 201);
	close(fd);
	sw_buf_done(&buf);
	sw_buf_done(&reply);
	test_server_stop(&server);
}

static void no_request(void *owner, struct sw_http_request *request)
{
	(void)owner;
	(void)request;
}

SW_TEST(a_port_in_use_is_told)
{
	struct test_server server;
	test_server_start(&server, NULL);
	struct sw_loop *loop = sw_loop_new("second");
	struct sw_http_server *second = NULL;
	struct sw_http_server_config config = { .address = SW_S("127.0.0.1"),
						.port = server.port,
						.on_request = no_request };
	SW_CHECK_INT(sw_http_server_open(loop, &config, &second), SW_EBUSY);
	config.address = SW_S("localhost");
	SW_CHECK_INT(sw_http_server_open(loop, &config, &second), SW_EINVAL);
	config.address = SW_S("127.0.0.1");
	config.join = true;
	SW_CHECK_INT(sw_http_server_open(loop, &config, &second), 0);
	sw_http_server_drain(second, NULL, NULL);
	sw_loop_free(loop);
	test_server_stop(&server);
}
