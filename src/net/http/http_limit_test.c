#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/test.h"
#include "base/time.h"
#include "loop/clock.h"
#include "net/test_peer.h"

#define HOST "Host: x\r\n"

static struct sw_http_limits small_limits(void)
{
	struct sw_http_limits limits = sw_http_default_limits;
	limits.head_bytes = 1000;
	limits.headers = 8;
	limits.target_bytes = 100;
	limits.body_bytes = 1000;
	return limits;
}

static void add_many(struct sw_buf *buf, char c, size_t n)
{
	while (n--)
		sw_buf_add_char(buf, c);
}

static void check_ask(struct test_server *server, struct sw_buf *request, int want)
{
	int status = peer_ask(server->port, sw_buf_str(request), NULL);
	SW_CHECK_INT(status, want);
	request->n = 0;
}

SW_TEST(sizes_have_limits)
{
	struct test_server server;
	struct sw_http_limits limits = small_limits();
	struct sw_buf request = { 0 };
	test_server_start(&server, &limits);

	sw_buf_add_cstr(&request, "GET /echo?");
	add_many(&request, 'a', 94);
	sw_buf_add_cstr(&request, " HTTP/1.1\r\n" HOST "\r\n");
	check_ask(&server, &request, 201);
	sw_buf_add_cstr(&request, "GET /echo?");
	add_many(&request, 'a', 95);
	sw_buf_add_cstr(&request, " HTTP/1.1\r\n" HOST "\r\n");
	check_ask(&server, &request, 414);

	sw_buf_add_cstr(&request, "GET /echo HTTP/1.1\r\n" HOST "X: ");
	add_many(&request, 'a', 990);
	sw_buf_add_cstr(&request, "\r\n\r\n");
	check_ask(&server, &request, 431);
	sw_buf_add_cstr(&request, "GET /echo HTTP/1.1\r\n" HOST);
	for (int i = 0; i < 8; i++)
		sw_buf_add_cstr(&request, "X: y\r\n");
	sw_buf_add_cstr(&request, "\r\n");
	check_ask(&server, &request, 431);

	sw_buf_add_cstr(&request, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 1000\r\n\r\n");
	add_many(&request, 'a', 1000);
	check_ask(&server, &request, 201);
	sw_buf_add_cstr(&request, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 1001\r\n\r\n");
	check_ask(&server, &request, 413);
	sw_buf_add_cstr(&request,
			"POST /small HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nb\r\nelevenbytes\r\n");
	check_ask(&server, &request, 413);
	sw_buf_add_cstr(&request, "POST /small HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\n0123456789");
	check_ask(&server, &request, 201);
	sw_buf_done(&request);
	test_server_stop(&server);
}

SW_TEST(a_refusal_is_read_although_the_client_still_sends)
{
	struct test_server server;
	struct sw_buf request = { 0 }, buf = { 0 };
	test_server_start(&server, NULL);
	sw_buf_add_cstr(&request, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 8000000\r\n\r\n");
	add_many(&request, 'a', 8000000);
	int fd = peer_connect(server.port);
	peer_send(fd, sw_buf_str(&request));
	SW_CHECK_INT(peer_read_reply(fd, &buf, false, NULL), 413);
	SW_CHECK(peer_read_to_end(fd, &buf));
	close(fd);
	sw_buf_done(&request);
	sw_buf_done(&buf);
	test_server_stop(&server);
}

/* One byte each few milliseconds: the limit counts from the first. @return the reply's status */
static int trickle(int port, struct sw_str start, struct sw_str drop, int64_t *ret_took_us)
{
	struct sw_buf buf = { 0 };
	int fd = peer_connect(port), status = 0;
	int64_t start_us = sw_mono_us();
	peer_send(fd, start);
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	for (int i = 0; i < 1000 && poll(&wait, 1, 5) == 0; i++)
		peer_send(fd, drop);
	status = peer_read_reply(fd, &buf, false, NULL);
	*ret_took_us = sw_mono_us() - start_us;
	close(fd);
	sw_buf_done(&buf);
	return status;
}

SW_TEST(slow_clients_are_refused)
{
	struct test_server server;
	struct sw_http_limits limits = sw_http_default_limits;
	limits.head_timeout_us = 60 * SW_US_PER_MS;
	limits.body_timeout_us = 80 * SW_US_PER_MS;
	int64_t took_us = 0;
	test_server_start(&server, &limits);
	SW_CHECK_INT(trickle(server.port, SW_S("GET /echo HTTP/1.1\r\nX: "), SW_S("y"), &took_us), 408);
	SW_CHECK(took_us >= limits.head_timeout_us && took_us < 2 * SW_US_PER_S);
	SW_CHECK_INT(trickle(server.port, SW_S("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 9999\r\n\r\n"),
			     SW_S("y"), &took_us),
		     408);
	SW_CHECK(took_us >= limits.body_timeout_us && took_us < 2 * SW_US_PER_S);
	SW_CHECK_INT(trickle(server.port, SW_S("POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"),
			     SW_S("1\r\ny\r\n"), &took_us),
		     408);
	test_server_stop(&server);
}

SW_TEST(idle_connections_are_closed)
{
	struct test_server server;
	struct sw_http_limits limits = sw_http_default_limits;
	struct sw_buf buf = { 0 };
	limits.idle_timeout_us = 40 * SW_US_PER_MS;
	test_server_start(&server, &limits);
	int fresh = peer_connect(server.port), used = peer_connect(server.port);
	peer_send(used, SW_S("GET /echo HTTP/1.1\r\n" HOST "\r\n"));
	SW_CHECK_INT(peer_read_reply(used, &buf, false, NULL), 201);
	SW_CHECK_INT(peer_read_reply(used, &buf, false, NULL), 0);
	SW_CHECK_INT(peer_read_reply(fresh, &buf, false, NULL), 0);
	close(fresh);
	close(used);
	sw_buf_done(&buf);
	test_server_stop(&server);
}

SW_TEST(a_client_that_does_not_read_is_closed)
{
	struct test_server server;
	struct sw_http_limits limits = sw_http_default_limits;
	struct sw_buf buf = { 0 };
	limits.write_timeout_us = 50 * SW_US_PER_MS;
	test_server_start(&server, &limits);
	int fd = peer_connect(server.port), bytes = 4096;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	for (int i = 0; i < 4; i++)
		peer_send(fd, SW_S("GET /big HTTP/1.1\r\n" HOST "\r\n"));
	/* Gone when its side is closed: POLLHUP or POLLERR, without reading a byte. */
	struct pollfd wait = { .fd = fd, .events = POLLRDHUP };
	SW_CHECK_INT(poll(&wait, 1, 5000), 1);
	close(fd);
	sw_buf_done(&buf);
	test_server_stop(&server);
}

SW_TEST(connections_have_a_limit)
{
	struct test_server server;
	struct sw_http_limits limits = sw_http_default_limits;
	struct sw_buf buf = { 0 }, reply = { 0 };
	limits.connections = 2;
	test_server_start(&server, &limits);
	int a = peer_connect(server.port), b = peer_connect(server.port), c = peer_connect(server.port);
	SW_CHECK_INT(peer_read_reply(c, &buf, false, &reply), 503);
	SW_CHECK(sw_str_find(sw_buf_str(&reply), SW_S("Retry-After: 1")) > 0);
	SW_CHECK(peer_read_to_end(c, &buf));
	peer_send(a, SW_S("GET /echo HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n"));
	SW_CHECK_INT(peer_read_reply(a, &buf, false, NULL), 201);
	SW_CHECK(peer_read_to_end(a, &buf));
	/* There is room again, at the latest one turn of the loop later. */
	int status = 0;
	for (int i = 0; i < 100 && status != 201; i++)
		status = peer_ask(server.port, SW_S("GET /echo HTTP/1.1\r\n" HOST "\r\n"), NULL);
	SW_CHECK_INT(status, 201);
	close(a);
	close(b);
	close(c);
	sw_buf_done(&buf);
	sw_buf_done(&reply);
	test_server_stop(&server);
}

SW_TEST(requests_have_a_limit)
{
	struct test_server server;
	struct sw_http_limits limits = sw_http_default_limits;
	struct sw_buf buf = { 0 }, reply = { 0 };
	limits.requests = 1;
	test_server_start(&server, &limits);
	int a = peer_connect(server.port), b = peer_connect(server.port);
	peer_send(a, SW_S("GET /hold HTTP/1.1\r\n" HOST "\r\n"));
	SW_CHECK(test_until(&server.held, 1));
	peer_send(b, SW_S("GET /echo HTTP/1.1\r\n" HOST "\r\n"));
	SW_CHECK_INT(peer_read_reply(b, &buf, false, &reply), 503);
	SW_CHECK(sw_str_find(sw_buf_str(&reply), SW_S("Retry-After: 1")) > 0);
	test_server_release(&server);
	SW_CHECK_INT(peer_read_reply(a, &buf, false, NULL), 201);
	/* The connection that was refused goes on. */
	peer_send(b, SW_S("GET /echo HTTP/1.1\r\n" HOST "\r\n"));
	SW_CHECK_INT(peer_read_reply(b, &buf, false, NULL), 201);
	close(a);
	close(b);
	sw_buf_done(&buf);
	sw_buf_done(&reply);
	test_server_stop(&server);
}

SW_TEST(draining_finishes_what_runs)
{
	struct test_server server;
	struct sw_buf buf = { 0 }, reply = { 0 };
	test_server_start(&server, NULL);
	int idle = peer_connect(server.port), held = peer_connect(server.port), half = peer_connect(server.port);
	peer_send(half, SW_S("GET /ec"));
	peer_send(held, SW_S("GET /hold HTTP/1.1\r\n" HOST "\r\n"));
	SW_CHECK(test_until(&server.held, 1));
	test_server_drain(&server);
	SW_CHECK_INT(peer_read_reply(idle, &buf, false, NULL), 0);
	SW_CHECK_INT(atomic_load(&server.drained), 0);
	peer_send(half, SW_S("ho HTTP/1.1\r\n" HOST "\r\n"));
	SW_CHECK_INT(peer_read_reply(half, &buf, false, &reply), 201);
	SW_CHECK(sw_str_find(sw_buf_str(&reply), SW_S("Connection: close")) > 0);
	test_server_release(&server);
	SW_CHECK_INT(peer_read_reply(held, &buf, false, &reply), 201);
	SW_CHECK(sw_str_find(sw_buf_str(&reply), SW_S("Connection: close")) > 0);
	SW_CHECK(peer_read_to_end(held, &buf));
	close(idle);
	close(held);
	close(half);
	SW_CHECK(test_until(&server.drained, 1));
	sw_buf_done(&buf);
	sw_buf_done(&reply);
	test_server_stop(&server);
}

SW_TEST(draining_does_not_wait_for_slow_clients)
{
	struct test_server server;
	test_server_start(&server, NULL);
	int half = peer_connect(server.port), body = peer_connect(server.port);
	peer_send(half, SW_S("GET /ec"));
	peer_send(body, SW_S("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\nabc"));
	peer_send(half, SW_S("ho"));
	int64_t begin_us = sw_mono_us();
	test_server_drain(&server);
	SW_CHECK(test_until(&server.drained, 1));
	SW_CHECK(sw_mono_us() - begin_us < 5000000);
	close(half);
	close(body);
	test_server_stop(&server);
}
