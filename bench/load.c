/*
 * load - HTTP load for `make bench`: keep-alive connections, closed loop or paced.  One line of figures.
 *
 *	load --url http://127.0.0.1:8080/path [--user NAME:PASSWORD] [--body FORM] [--header 'NAME: VALUE']...
 *	     [--connections 64] [--requests N | --seconds S] [--rate PER_SECOND] [--expect STATUS] [--name WORD]
 *	     [--trace FILE] [--refused STATUS]
 *
 * With a body it posts a form, without it gets.  {n} in the path, the body or a header becomes the number of the
 *request, seven digits.  --trace writes when each began (trace.h).  With --rate a request's latency counts from when it
 *was due, so that a server that stops for a while is charged for all that should have been sent meanwhile.  An error is
 *another status than expected (any 2xx), or a connection lost under way.  Exit status 1 with errors.
 *
 * --refused is for overload, with --rate: what is due while no connection is free is not sent at all ("missed"), so
 *that the generator makes no queue; replies of that status are counted apart, and the latencies are those of the
 *others, from when each was sent.
 */
#include <errno.h>
#include <getopt.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/list.h"
#include "base/num.h"
#include "loop/clock.h"
#include "trace.h"

struct conn {
	int fd;
	bool busy, writing;
	int64_t due_us; /* of the request under way */
	struct sw_buf out, in;
	size_t sent;
	struct sw_list idle;
};

static struct {
	struct sw_arena arena;
	struct addrinfo *address;
	struct sw_str template; /* head and body with {n}; {length} of the body's */
	struct sw_buf headers;
	struct sw_str url, user, body, name, trace_file;
	struct trace trace;
	int64_t connections, requests, seconds, rate, expect, refused_status;
	int epoll;
	struct conn *conn;
	struct sw_list idle;
	int64_t started, ended, errors, refused, missed, begin_us, end_us;
	uint32_t *latency_us;
	size_t latencies, latencies_cap;
	int first_bad_status;
} load = { .connections = 64, .name = { "load", 4 } };

static void die(const char *what)
{
	fprintf(stderr, "load: %s\n", what);
	exit(2);
}

/* ---- requests ---- */

static void add_numbered(struct sw_buf *out, struct sw_str text, int64_t number)
{
	for (;;) {
		ptrdiff_t at = sw_str_find(text, SW_S("{n}"));
		if (at < 0)
			break;
		sw_buf_add_str(out, sw_str_sub(text, 0, (size_t)at));
		sw_buf_add_fmt(out, "%07lld", (long long)number);
		text = sw_str_from(text, (size_t)at + 3);
	}
	sw_buf_add_str(out, text);
}

static void prepare(void)
{
	struct sw_str rest = load.url, authority, port;
	if (!sw_str_starts(rest, SW_S("http://")))
		die("--url must begin with http://");
	rest = sw_str_from(rest, 7);
	authority = sw_str_cut(&rest, '/');
	struct sw_str path = rest.p ? sw_str_fmt(&load.arena, "/%.*s", SW_FMT(rest)) : SW_S("/");
	struct sw_buf head = { .arena = &load.arena };
	sw_buf_add_fmt(&head, "%s %.*s HTTP/1.1\r\nHost: %.*s\r\n", load.body.p ? "POST" : "GET", SW_FMT(path),
		       SW_FMT(authority));
	if (load.user.p) {
		struct sw_str secret = sw_base64_encode(&load.arena, load.user);
		sw_buf_add_fmt(&head, "Authorization: Basic %.*s\r\n", SW_FMT(secret));
	}
	sw_buf_add_str(&head, sw_buf_str(&load.headers));
	if (load.body.p) {
		struct sw_buf body = { .arena = &load.arena };
		add_numbered(&body, load.body, 0);
		sw_buf_add_fmt(&head, "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %zu\r\n",
			       body.n);
	}
	sw_buf_add(&head, "\r\n", 2);
	sw_buf_add_str(&head, load.body);
	load.template = sw_buf_str(&head);

	port = authority;
	struct sw_str host = sw_str_cut(&port, ':');
	struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM };
	if (getaddrinfo(sw_str_cstr(&load.arena, host), port.p ? sw_str_cstr(&load.arena, port) : "80", &hints,
			&load.address) != 0)
		die("the host has no address");
}

static void watch(struct conn *conn, int op)
{
	struct epoll_event event = { .events = EPOLLIN | (conn->writing ? EPOLLOUT : 0u), .data.ptr = conn };
	if (epoll_ctl(load.epoll, op, conn->fd, &event) != 0)
		die("epoll_ctl failed");
}

static void conn_open(struct conn *conn)
{
	int one = 1;
	conn->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	setsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (conn->fd < 0 ||
	    (connect(conn->fd, load.address->ai_addr, load.address->ai_addrlen) != 0 && errno != EINPROGRESS))
		die("no connection");
	conn->in.n = conn->out.n = conn->sent = 0;
	conn->writing = false;
	watch(conn, EPOLL_CTL_ADD);
}

static void add_latency(int64_t us)
{
	if (load.latencies == load.latencies_cap) {
		load.latencies_cap = load.latencies_cap ? load.latencies_cap * 2 : 65536;
		load.latency_us = realloc(load.latency_us, load.latencies_cap * sizeof(uint32_t));
		if (!load.latency_us)
			abort();
	}
	load.latency_us[load.latencies++] = (uint32_t)(us > UINT32_MAX ? UINT32_MAX : us);
}

enum outcome { FAILED, DONE, REFUSED };

static void conn_done(struct conn *conn, enum outcome outcome)
{
	if (!conn->busy)
		return;
	conn->busy = false;
	load.ended++;
	load.errors += outcome == FAILED;
	load.refused += outcome == REFUSED;
	if (outcome != REFUSED)
		add_latency(sw_mono_us() - conn->due_us);
	sw_list_push(&load.idle, &conn->idle);
}

static void conn_again(struct conn *conn, enum outcome outcome)
{
	close(conn->fd);
	conn_done(conn, outcome);
	conn_open(conn);
}

static void conn_write(struct conn *conn)
{
	while (conn->sent < conn->out.n) {
		ssize_t n = send(conn->fd, conn->out.p + conn->sent, conn->out.n - conn->sent, MSG_NOSIGNAL);
		if (n < 0)
			break;
		conn->sent += (size_t)n;
	}
	bool writing = conn->sent < conn->out.n;
	if (writing == conn->writing)
		return;
	conn->writing = writing;
	watch(conn, EPOLL_CTL_MOD);
}

static void fire(struct conn *conn, int64_t due_us)
{
	sw_list_del(&conn->idle);
	conn->busy = true;
	conn->due_us = due_us;
	conn->out.n = conn->sent = 0;
	trace_note(load.trace, (uint64_t)load.started, 0, (uint64_t)due_us);
	add_numbered(&conn->out, load.template, load.started++);
	conn_write(conn);
}

/* ---- replies ---- */

/* @return bytes of the reply, 0 while it is not whole */
static size_t reply_bytes(struct sw_str in, bool *ret_close)
{
	ptrdiff_t end = sw_str_find(in, SW_S("\r\n\r\n"));
	int64_t length = 0;
	if (end < 0)
		return 0;
	struct sw_str head = sw_str_sub(in, 0, (size_t)end);
	while (head.p) {
		struct sw_str value = sw_str_cut(&head, '\n'), name = sw_str_cut(&value, ':');
		if (sw_str_eq_nocase(name, SW_S("Content-Length")) && sw_num_parse(sw_str_trim(value), &length) != 0)
			die("the reply's length is no number");
		if (sw_str_eq_nocase(name, SW_S("Connection")))
			*ret_close = sw_str_eq_nocase(sw_str_trim(value), SW_S("close"));
	}
	size_t all = (size_t)end + 4 + (size_t)length;
	return in.n >= all ? all : 0;
}

static enum outcome outcome_of(struct sw_str in)
{
	int64_t status = 0;
	if (sw_num_parse(sw_str_sub(in, 9, 3), &status) != 0)
		return FAILED;
	if (load.refused_status && status == load.refused_status)
		return REFUSED;
	bool ok = load.expect ? status == load.expect : status / 100 == 2;
	if (!ok && !load.first_bad_status)
		load.first_bad_status = (int)status;
	return ok ? DONE : FAILED;
}

static void conn_read(struct conn *conn)
{
	ssize_t n = recv(conn->fd, sw_buf_reserve(&conn->in, 16384), 16384, 0);
	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		conn_again(conn, FAILED);
		return;
	}
	conn->in.n += (size_t)n;
	bool closes = false;
	size_t all = reply_bytes(sw_buf_str(&conn->in), &closes);
	if (!all)
		return;
	enum outcome outcome = outcome_of(sw_buf_str(&conn->in));
	sw_buf_drop(&conn->in, all);
	if (closes)
		conn_again(conn, outcome);
	else
		conn_done(conn, outcome);
}

/* ---- the run ---- */

static bool more_to_start(int64_t now_us)
{
	return load.requests ? load.started < load.requests : now_us < load.end_us;
}

/* Start what may be started. @return microseconds until the next is due, -1: none */
static int64_t start_due(void)
{
	for (;;) {
		int64_t now_us = sw_mono_us(), due_us = now_us;
		if (!more_to_start(now_us))
			return -1;
		if (load.rate)
			due_us = load.begin_us + (load.started + load.missed) * 1000000 / load.rate;
		if (load.refused_status && due_us <= now_us && sw_list_empty(&load.idle)) {
			load.missed += (now_us - due_us) * load.rate / 1000000 + 1;
			continue;
		}
		if (sw_list_empty(&load.idle))
			return -1;
		if (due_us > now_us)
			return due_us - now_us;
		if (load.refused_status)
			due_us = now_us;
		fire(SW_CONTAINER(load.idle.next, struct conn, idle), due_us);
	}
}

static void run(void)
{
	load.begin_us = sw_mono_us();
	load.end_us = load.begin_us + load.seconds * 1000000;
	for (;;) {
		struct epoll_event event[256];
		int64_t next_us = start_due();
		if (load.ended == load.started && !more_to_start(sw_mono_us()))
			break;
		struct timespec timeout = { next_us / 1000000, next_us % 1000000 * 1000 };
		int n = epoll_pwait2(load.epoll, event, 256, next_us < 0 ? NULL : &timeout, NULL);
		for (int i = 0; i < n; i++) {
			struct conn *conn = event[i].data.ptr;
			if (event[i].events & EPOLLOUT)
				conn_write(conn);
			if (event[i].events & (EPOLLIN | EPOLLERR | EPOLLHUP))
				conn_read(conn);
		}
	}
	load.end_us = sw_mono_us();
}

static int by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return x < y ? -1 : x > y;
}

static double percentile_ms(unsigned percent)
{
	size_t i = load.latencies * percent / 100;
	return load.latencies ? load.latency_us[i < load.latencies ? i : load.latencies - 1] / 1000.0 : 0;
}

static void report(void)
{
	double seconds = (double)(load.end_us - load.begin_us) / 1e6;
	qsort(load.latency_us, load.latencies, sizeof(uint32_t), by_size);
	printf("%.*s: %.0f/s, %lld requests in %.1f s, %lld errors", SW_FMT(load.name), (double)load.ended / seconds,
	       (long long)load.ended, seconds, (long long)load.errors);
	if (load.first_bad_status)
		printf(" (first status %d)", load.first_bad_status);
	if (load.refused_status)
		printf(", %lld done, %lld refused, %lld missed", (long long)(load.ended - load.refused - load.errors),
		       (long long)load.refused, (long long)load.missed);
	printf(", p50 %.2f ms, p99 %.2f ms, max %.2f ms, %lld connections\n", percentile_ms(50), percentile_ms(99),
	       percentile_ms(100), (long long)load.connections);
}

/* ---- options: a row each ---- */

static void add_header(struct sw_str text)
{
	sw_buf_add_str(&load.headers, text);
	sw_buf_add(&load.headers, "\r\n", 2);
}

static const struct {
	const char *name;
	struct sw_str *text;
	int64_t *number;
	void (*add)(struct sw_str text);
} options[] = {
	{ "url", .text = &load.url },
	{ "user", .text = &load.user },
	{ "body", .text = &load.body },
	{ "name", .text = &load.name },
	{ "trace", .text = &load.trace_file },
	{ "header", .add = add_header },
	{ "connections", .number = &load.connections },
	{ "requests", .number = &load.requests },
	{ "seconds", .number = &load.seconds },
	{ "rate", .number = &load.rate },
	{ "expect", .number = &load.expect },
	{ "refused", .number = &load.refused_status },
};

static void parse_options(int argc, char **argv)
{
	struct option names[SW_COUNTOF(options) + 1] = { 0 };
	int i;
	for (size_t k = 0; k < SW_COUNTOF(options); k++)
		names[k] = (struct option){ .name = options[k].name, .has_arg = required_argument };
	while (getopt_long(argc, argv, "", names, &i) == 0) {
		struct sw_str text = sw_str_of(optarg);
		if (options[i].text)
			*options[i].text = text;
		else if (options[i].add)
			options[i].add(text);
		else if (sw_num_parse(text, options[i].number) != 0 || *options[i].number < 0)
			die("a number is malformed");
	}
	if (!load.url.p || load.connections < 1 || optind < argc)
		die("usage: load --url http://HOST:PORT/PATH [--user NAME:PASSWORD] [--body FORM] [--header 'N: V'] "
		    "[--connections N] [--requests N | --seconds S] [--rate R] [--expect STATUS] [--name WORD] "
		    "[--trace FILE] [--refused STATUS]");
	if (!load.requests && !load.seconds)
		load.seconds = 5;
}

int main(int argc, char **argv)
{
	parse_options(argc, argv);
	prepare();
	sw_list_init(&load.idle);
	load.epoll = epoll_create1(EPOLL_CLOEXEC);
	load.conn = calloc((size_t)load.connections, sizeof(*load.conn));
	if (!load.conn || load.epoll < 0)
		die("no memory or no epoll");
	for (int64_t i = 0; i < load.connections; i++) {
		sw_list_push(&load.idle, &load.conn[i].idle);
		conn_open(&load.conn[i]);
	}
	if (load.trace_file.p)
		load.trace = trace_open(load.trace_file.p, true);
	run();
	report();
	return load.errors ? 1 : 0;
}
