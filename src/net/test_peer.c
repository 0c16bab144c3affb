#include "net/test_peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/list.h"
#include "base/num.h"
#include "base/test.h"
#include "loop/clock.h"
#include "loop/task.h"

#define PATIENCE_US (5 * INT64_C(1000000))

/* ---- server ---- */

static void reply_text(struct sw_http_request *request, int status, struct sw_str body)
{
	struct sw_http_reply reply = { .status = status, .content_type = SW_S("text/plain"), .body = body };
	sw_http_reply(request, &reply);
}

static void echo(struct sw_http_request *request)
{
	struct sw_http_head *head = &request->head;
	struct sw_str agent = sw_http_field(head, "User-Agent");
	reply_text(request, 201,
		   sw_str_fmt(request->arena, "%.*s %.*s [%.*s] %.*s", SW_FMT(head->method_text), SW_FMT(head->target),
			      SW_FMT(agent), SW_FMT(request->body)));
}

static void sleep_task(struct sw_task *task, void *arg)
{
	SW_CHECK_INT(sw_sleep_wait(task, 5000), 0);
	echo(arg);
}

/* Two pieces and a last one, or (a query) pieces for as long as the client stays. */
struct streamed {
	struct sw_http_stream *stream;
	struct test_server *server;
	bool sending, gone;
};

static void on_stream_end(void *owner)
{
	struct streamed *streamed = owner;
	atomic_fetch_add(&streamed->server->streams_ended, 1);
	streamed->gone = true;
	if (!streamed->sending)
		free(streamed);
}

static void on_stream_ending(void *owner)
{
	sw_http_stream_end(((struct streamed *)owner)->stream, SW_S("bye"));
	on_stream_end(owner);
}

/* Until the kernel takes no more. */
static void on_stream_drained(void *owner)
{
	static const char many[32 * 1024];
	struct streamed *streamed = owner;
	struct test_server *server = streamed->server;
	int queued = 0;
	streamed->sending = true;
	while (!streamed->gone && !queued)
		queued = (int)sw_http_stream_send(streamed->stream, (struct sw_str){ many, sizeof(many) });
	if (queued > atomic_load(&server->queued_most))
		atomic_store(&server->queued_most, queued);
	streamed->sending = false;
	if (streamed->gone)
		free(streamed);
}

static void stream(struct test_server *server, struct sw_http_request *request)
{
	static const struct sw_http_stream_events events = { on_stream_end, on_stream_drained, on_stream_ending };
	const struct sw_http_reply reply = { .status = 200, .content_type = SW_S("text/plain") };
	bool for_ever = request->head.query.p != NULL;
	struct streamed *streamed = calloc(1, sizeof(*streamed));
	SW_BUG_ON(!streamed);
	streamed->server = server;
	streamed->stream = sw_http_stream_begin(request, &reply, 0, &events, streamed);
	SW_BUG_ON(!streamed->stream);
	if (for_ever)
		return; /* its head is queued: what comes next is said by drained() */
	(void)sw_http_stream_send(streamed->stream, SW_S("one "));
	(void)sw_http_stream_send(streamed->stream, SW_S("and two "));
	sw_http_stream_end(streamed->stream, SW_S("and three"));
	on_stream_end(streamed);
}

static void on_request(void *owner, struct sw_http_request *request)
{
	struct test_server *server = owner;
	struct sw_str path = request->head.path;
	atomic_fetch_add(&server->requests, 1);
	if (sw_str_is(path, "/echo") || sw_str_is(path, "/small")) {
		echo(request);
	} else if (sw_str_is(path, "/sleep")) {
		sw_task_spawn(server->loop, sleep_task, request);
	} else if (sw_str_is(path, "/hold") && !atomic_load(&server->ending)) {
		server->hold[atomic_load(&server->held)] = request;
		atomic_fetch_add(&server->held, 1);
	} else if (sw_str_is(path, "/stream")) {
		stream(server, request);
	} else if (sw_str_is(path, "/big")) {
		char *bytes = sw_arena_alloc(request->arena, TEST_BIG_BYTES);
		memset(bytes, 'b', TEST_BIG_BYTES);
		reply_text(request, 200, (struct sw_str){ bytes, TEST_BIG_BYTES });
	} else if (sw_str_is(path, "/close")) {
		struct sw_http_reply reply = { .status = 200, .body = SW_S("bye"), .close = true };
		sw_http_reply(request, &reply);
	} else if (sw_str_is(path, "/inject")) {
		struct sw_http_header evil = { SW_S("Location"), SW_S("/x\r\nSet-Cookie: a=b") };
		struct sw_http_reply reply = { .status = 204, .headers = &evil, .headers_n = 1 };
		sw_http_reply(request, &reply);
	} else {
		reply_text(request, 404, SW_S("no"));
	}
}

static struct sw_http_verdict on_head(void *owner, const struct sw_http_head *head)
{
	(void)owner;
	return (struct sw_http_verdict){ .body_max = sw_str_is(head->path, "/small") ? 10 : -1 };
}

void test_server_start(struct test_server *server, const struct sw_http_limits *limits)
{
	test_server_start_tls(server, limits, NULL);
}

void test_server_start_tls(struct test_server *server, const struct sw_http_limits *limits, struct sw_tls *tls)
{
	*server = (struct test_server){ .loop = sw_loop_new("test") };
	struct sw_http_server_config config = { .address = SW_S("127.0.0.1"),
						.limits = limits,
						.on_head = on_head,
						.on_request = on_request,
						.owner = server,
						.tls = tls,
						.hsts_s = 60 };
	SW_BUG_ON(sw_http_server_open(server->loop, &config, &server->server) != 0);
	server->port = sw_http_server_port(server->server);
	sw_loop_start(server->loop);
}

struct order {
	struct sw_mail mail;
	struct test_server *server;
};

static void give_order(struct test_server *server, void (*deliver)(struct sw_mail *mail))
{
	struct order *order = calloc(1, sizeof(*order));
	*order = (struct order){ .mail.deliver = deliver, .server = server };
	sw_loop_post(server->loop, &order->mail);
}

static struct test_server *take_order(struct sw_mail *mail)
{
	struct order *order = SW_CONTAINER(mail, struct order, mail);
	struct test_server *server = order->server;
	free(order);
	return server;
}

static void on_release(struct sw_mail *mail)
{
	struct test_server *server = take_order(mail);
	int n = atomic_exchange(&server->held, 0);
	for (int i = 0; i < n; i++)
		echo(server->hold[i]);
}

static void on_drained(void *arg)
{
	atomic_fetch_add(&((struct test_server *)arg)->drained, 1);
}

static void on_drain(struct sw_mail *mail)
{
	struct test_server *server = take_order(mail);
	sw_http_server_drain(server->server, on_drained, server);
}

void test_server_release(struct test_server *server)
{
	give_order(server, on_release);
}

void test_server_drain(struct test_server *server)
{
	give_order(server, on_drain);
}

void test_server_stop(struct test_server *server)
{
	atomic_store(&server->ending, true);
	test_server_release(server);
	if (!atomic_load(&server->drained))
		test_server_drain(server);
	SW_CHECK(test_until(&server->drained, 1));
	sw_loop_stop(server->loop);
	sw_loop_join(server->loop);
	sw_loop_free(server->loop);
}

bool test_until(atomic_int *counter, int want)
{
	int64_t end_us = sw_mono_us() + PATIENCE_US;
	while (atomic_load(counter) < want && sw_mono_us() < end_us)
		poll(NULL, 0, 1);
	return atomic_load(counter) >= want;
}

/* ---- client ---- */

int peer_connect(int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
	SW_BUG_ON(fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

void peer_send(int fd, struct sw_str bytes)
{
	while (bytes.n) {
		ssize_t n = send(fd, bytes.p, bytes.n, MSG_NOSIGNAL);
		if (n <= 0)
			return;
		bytes = sw_str_from(bytes, (size_t)n);
	}
}

/* @return bytes read, 0 at the end, -1 on a reset or when nothing comes */
static ssize_t read_some(int fd, struct sw_buf *buf)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	if (poll(&wait, 1, (int)(PATIENCE_US / 1000)) <= 0)
		return -1;
	char *at = sw_buf_reserve(buf, 64 * 1024);
	ssize_t n = recv(fd, at, 64 * 1024, 0);
	if (n > 0)
		buf->n += (size_t)n;
	return n;
}

bool peer_read_to_end(int fd, struct sw_buf *buf)
{
	ssize_t n;
	while ((n = read_some(fd, buf)) > 0)
		;
	return n == 0;
}

static size_t length_of(struct sw_str head)
{
	ptrdiff_t at = sw_str_find(head, SW_S("Content-Length: "));
	int64_t length = 0;
	if (at < 0)
		return 0;
	struct sw_str rest = sw_str_from(head, (size_t)at + 16);
	SW_CHECK_INT(sw_num_parse(sw_str_cut(&rest, '\r'), &length), 0);
	return (size_t)length;
}

int peer_read_reply(int fd, struct sw_buf *buf, bool no_body, struct sw_buf *ret_reply)
{
	for (;;) {
		struct sw_str got = sw_buf_str(buf);
		ptrdiff_t end = sw_str_find(got, SW_S("\r\n\r\n"));
		size_t head = end < 0 ? 0 : (size_t)end + 4;
		size_t all = end < 0 ? 0 : head + (no_body ? 0 : length_of(sw_str_sub(got, 0, head)));
		if (head && got.n >= all) {
			int64_t status = 0;
			SW_CHECK_INT(sw_num_parse(sw_str_sub(got, 9, 3), &status), 0);
			if (ret_reply) {
				ret_reply->n = 0;
				sw_buf_add(ret_reply, got.p, all);
			}
			sw_buf_drop(buf, all);
			return (int)status;
		}
		ssize_t n = read_some(fd, buf);
		if (n <= 0)
			return (int)n;
	}
}

int peer_ask(int port, struct sw_str bytes, struct sw_buf *ret_reply)
{
	struct sw_buf buf = { 0 };
	int fd = peer_connect(port);
	peer_send(fd, bytes);
	int status = peer_read_reply(fd, &buf, false, ret_reply);
	close(fd);
	sw_buf_done(&buf);
	return status;
}
