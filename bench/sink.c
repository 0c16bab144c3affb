/*
 * sink - takes the callbacks of numbered messages and, at the end, tells what came of them.  One line of figures.
 *
 *	sink --requests N [--port P] [--final WORD]... [--load FILE] [--smsc FILE] [--quiet-s 5] [--name WORD]
 *
 * Without a final word no callback is expected: a message is done when the carrier answered.
 *
 * Prints `port P` first.  Each callback names its message by `n=` in the query; it is a final one when the request
 *holds one of the final words (`MessageStatus=delivered`, or what a gateway writes into the URL).  Ends when N messages
 *have their final callback, or when nothing came for so many seconds
 * (a minute before the first).  With the traces of the load (column 0: request
 *begun) and of the carrier (columns: submitted, answered, receipt sent, receipt acknowledged) it tells latencies.
 */
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/arena.h"
#include "base/num.h"
#include "loop/clock.h"
#include "trace.h"

enum { IN_MAX = 65536, WORDS_MAX = 8, EVENTS = 64, FIRST_WITHIN_US = 60 * 1000000 };
enum { AT_REQUEST = 0, AT_SUBMIT = 0, AT_ANSWER, AT_RECEIPT };

struct conn {
	int fd;
	size_t n;
	char in[IN_MAX];
};

static struct {
	int64_t requests, port, quiet_s;
	struct sw_str load_file, smsc_file, name, words[WORDS_MAX];
	unsigned words_n;
	int epoll, listener;
	uint64_t *final_us;
	int64_t calls, finals, again, first_us, last_us;
} sink = { .requests = 1000, .quiet_s = 5, .name = { "sink", 4 }, .first_us = 0 };

static void die(const char *what)
{
	fprintf(stderr, "sink: %s\n", what);
	exit(2);
}

/* ---- callbacks ---- */

static void take(struct sw_str request)
{
	ptrdiff_t at = sw_str_find(request, SW_S("n="));
	bool final = false;
	uint64_t n = 0;
	if (at < 0)
		return;
	for (size_t i = (size_t)at + 2; i < request.n && request.p[i] >= '0' && request.p[i] <= '9'; i++)
		n = n * 10 + (uint64_t)(request.p[i] - '0');
	for (unsigned i = 0; i < sink.words_n; i++)
		final = final || sw_str_find(request, sink.words[i]) >= 0;
	sink.calls++;
	sink.last_us = sw_mono_us();
	if (!final || n >= (uint64_t)sink.requests)
		return;
	if (sink.final_us[n])
		sink.again++;
	else
		sink.finals++;
	if (!sink.final_us[n])
		sink.final_us[n] = (uint64_t)sink.last_us;
}

static size_t body_bytes(struct sw_str head)
{
	for (struct sw_str line = sw_str_cut(&head, '\n'); line.p; line = sw_str_cut(&head, '\n'))
		if (line.n > 15 && strncasecmp(line.p, "content-length:", 15) == 0)
			return (size_t)strtoul(line.p + 15, NULL, 10);
	return 0;
}

static bool answer(struct conn *conn, unsigned n)
{
	static const char reply[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
	char all[sizeof(reply) * 64];
	size_t bytes = 0;
	for (unsigned i = 0; i < n && bytes + sizeof(reply) < sizeof(all); i++, bytes += sizeof(reply) - 1)
		memcpy(all + bytes, reply, sizeof(reply) - 1);
	return send(conn->fd, all, bytes, MSG_NOSIGNAL) == (ssize_t)bytes;
}

static bool conn_read(struct conn *conn)
{
	ssize_t got = recv(conn->fd, conn->in + conn->n, sizeof(conn->in) - conn->n, 0);
	if (got <= 0)
		return got < 0 && errno == EAGAIN;
	conn->n += (size_t)got;
	size_t at = 0;
	unsigned answered = 0;
	for (;;) {
		struct sw_str rest = { conn->in + at, conn->n - at };
		ptrdiff_t head = sw_str_find(rest, SW_S("\r\n\r\n"));
		if (head < 0)
			break;
		size_t all = (size_t)head + 4 + body_bytes(sw_str_sub(rest, 0, (size_t)head));
		if (all > rest.n)
			break;
		take(sw_str_sub(rest, 0, all));
		at += all;
		answered++;
	}
	memmove(conn->in, conn->in + at, conn->n - at);
	conn->n -= at;
	return conn->n < sizeof(conn->in) && (!answered || answer(conn, answered));
}

/* ---- connections ---- */

static void watch(int fd, void *ptr)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = ptr };
	if (epoll_ctl(sink.epoll, EPOLL_CTL_ADD, fd, &event) != 0)
		die("epoll_ctl failed");
}

static void open_listener(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons((uint16_t)sink.port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int one = 1;
	sink.listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	setsockopt(sink.listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(sink.listener, (struct sockaddr *)&address, size) != 0 || listen(sink.listener, 1024) != 0 ||
	    getsockname(sink.listener, (struct sockaddr *)&address, &size) != 0)
		die("the port cannot be had");
	sink.epoll = epoll_create1(EPOLL_CLOEXEC);
	watch(sink.listener, NULL);
	printf("port %d\n", ntohs(address.sin_port));
	fflush(stdout);
}

static void accept_all(void)
{
	int fd, one = 1;
	while ((fd = accept4(sink.listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		struct conn *conn = calloc(1, sizeof(*conn));
		if (!conn)
			die("no memory");
		conn->fd = fd;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		watch(fd, conn);
	}
}

/* The row that was the last to be seen done moves on: each is looked at once. */
static void count_answered(struct trace smsc)
{
	while (sink.finals < sink.requests && smsc.row[sink.finals][AT_ANSWER]) {
		sink.finals++;
		sink.last_us = sw_mono_us();
	}
}

static void run(void)
{
	struct trace smsc = { 0 };
	struct epoll_event events[EVENTS];
	while (sink.finals < sink.requests && (!sink.last_us || sw_mono_us() - sink.last_us < sink.quiet_s * 1000000)) {
		if (!sink.words_n && !smsc.row && sink.smsc_file.p && access(sink.smsc_file.p, R_OK) == 0)
			smsc = trace_open(sink.smsc_file.p, false);
		if (!sink.words_n && smsc.row)
			count_answered(smsc);
		int n = epoll_wait(sink.epoll, events, EVENTS, 100);
		for (int i = 0; i < n; i++) {
			struct conn *conn = events[i].data.ptr;
			if (!conn) {
				accept_all();
			} else if (!conn_read(conn)) {
				close(conn->fd);
				free(conn);
			}
		}
	}
}

/* ---- what came of it ---- */

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

/* Percentiles of to - from over the messages that have both. */
static void latency(const char *name, const uint64_t *from, size_t from_step, const uint64_t *to, size_t to_step)
{
	uint64_t *us = calloc((size_t)sink.requests, sizeof(*us));
	size_t n = 0;
	if (!us)
		die("no memory");
	for (size_t i = 0; i < (size_t)sink.requests; i++) {
		uint64_t a = from[i * from_step], b = to[i * to_step];
		if (a && b)
			us[n++] = b > a ? b - a : 0;
	}
	qsort(us, n, sizeof(*us), by_size);
	if (n)
		printf(", %s p50 %.2f ms p99 %.2f ms", name, (double)us[n / 2] / 1000, (double)us[n * 99 / 100] / 1000);
	free(us);
}

static void report(void)
{
	struct trace load = { 0 }, smsc = { 0 };
	uint64_t begun = 0, ended = 0;
	if (sink.load_file.p)
		load = trace_open(sink.load_file.p, false);
	if (sink.smsc_file.p)
		smsc = trace_open(sink.smsc_file.p, false);
	for (size_t i = 0; i < (size_t)sink.requests; i++) {
		uint64_t end = sink.final_us[i]            ? sink.final_us[i]
			       : smsc.row && !sink.words_n ? smsc.row[i][AT_ANSWER]
							   : 0;
		if (load.row && load.row[i][AT_REQUEST] && (!begun || load.row[i][AT_REQUEST] < begun))
			begun = load.row[i][AT_REQUEST];
		ended = end > ended ? end : ended;
	}
	double seconds = ended > begun && begun ? (double)(ended - begun) / 1e6 : 0;
	printf("%.*s: %.0f/s, %lld of %lld done, %lld callbacks, %lld final ones twice", SW_FMT(sink.name),
	       seconds > 0 ? (double)sink.requests / seconds : 0, (long long)sink.finals, (long long)sink.requests,
	       (long long)sink.calls, (long long)sink.again);
	if (load.row && smsc.row)
		latency("request to submit", &load.row[0][AT_REQUEST], TRACE_COLUMNS, &smsc.row[0][AT_SUBMIT],
			TRACE_COLUMNS);
	if (smsc.row)
		latency("receipt to callback", &smsc.row[0][AT_RECEIPT], TRACE_COLUMNS, sink.final_us, 1);
	printf("\n");
}

static void add_word(const char *word)
{
	if (sink.words_n == WORDS_MAX)
		die("too many final words");
	sink.words[sink.words_n++] = sw_str_of(word);
}

static const struct {
	const char *name;
	int64_t *number;
	struct sw_str *text;
} options[] = {
	{ "requests", .number = &sink.requests },
	{ "port", .number = &sink.port },
	{ "quiet-s", .number = &sink.quiet_s },
	{ "load", .text = &sink.load_file },
	{ "smsc", .text = &sink.smsc_file },
	{ "name", .text = &sink.name },
	{ "final", NULL, NULL },
};

int main(int argc, char **argv)
{
	struct option names[SW_COUNTOF(options) + 1] = { 0 };
	int i;
	for (size_t k = 0; k < SW_COUNTOF(options); k++)
		names[k] = (struct option){ .name = options[k].name, .has_arg = required_argument };
	while ((i = 0, getopt_long(argc, argv, "", names, &i)) == 0) {
		if (options[i].text)
			*options[i].text = sw_str_of(optarg);
		else if (!options[i].number)
			add_word(optarg);
		else if (sw_num_parse(sw_str_of(optarg), options[i].number) != 0)
			die("a number is malformed");
	}
	if (optind < argc || sink.requests < 1 || sink.requests > TRACE_ROWS)
		die("usage: sink --requests N [--port P] [--final WORD]... [--load FILE] [--smsc FILE] [--quiet-s S] "
		    "[--name WORD]");
	sink.final_us = calloc((size_t)sink.requests, sizeof(uint64_t));
	if (!sink.final_us)
		die("no memory");
	open_listener();
	sink.last_us = sw_mono_us() + FIRST_WITHIN_US;
	run();
	report();
	return sink.finals == sink.requests ? 0 : 1;
}
