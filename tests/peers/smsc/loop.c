#include "loop.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

enum { EVENTS_A_TURN = 64 };

int64_t now_us;
static int epoll = -1;
static bool ended;
static struct job **heap;
static size_t jobs, heap_size;
static uint64_t order, state = 1;

void die(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	fputs("smsc: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(2);
}

void *allocate(size_t n)
{
	void *p = calloc(1, n);
	if (!p)
		die("out of memory");
	return p;
}

static void read_clock(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	now_us = (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

void loop_open(void)
{
	epoll = epoll_create1(EPOLL_CLOEXEC);
	if (epoll < 0)
		die("epoll: %s", strerror(errno));
	read_clock();
}

static void control(int what, struct source *source, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.ptr = source };
	if (epoll_ctl(epoll, what, source->fd, &e) != 0)
		die("epoll: %s", strerror(errno));
}

void loop_add(struct source *source, uint32_t events)
{
	control(EPOLL_CTL_ADD, source, events);
}

void loop_change(struct source *source, uint32_t events)
{
	control(EPOLL_CTL_MOD, source, events);
}

void loop_remove(struct source *source)
{
	control(EPOLL_CTL_DEL, source, 0);
}

static bool before(const struct job *a, const struct job *b)
{
	return a->due_us != b->due_us ? a->due_us < b->due_us : a->order < b->order;
}

void job_at(struct job *job, int64_t due_us)
{
	job->due_us = due_us;
	job->order = order++;
	if (jobs == heap_size) {
		heap_size = heap_size ? heap_size * 2 : 1024;
		heap = realloc(heap, heap_size * sizeof *heap);
		if (!heap)
			die("out of memory");
	}
	size_t i = jobs++;
	for (; i && before(job, heap[(i - 1) / 2]); i = (i - 1) / 2)
		heap[i] = heap[(i - 1) / 2];
	heap[i] = job;
}

static struct job *take_first(void)
{
	struct job *first = heap[0], *last = heap[--jobs];
	size_t i = 0;
	for (size_t child; (child = 2 * i + 1) < jobs; i = child) {
		if (child + 1 < jobs && before(heap[child + 1], heap[child]))
			child++;
		if (!before(heap[child], last))
			break;
		heap[i] = heap[child];
	}
	heap[i] = last;
	return first;
}

void loop_run(void (*turn)(void))
{
	while (!ended) {
		int64_t wait = jobs ? heap[0]->due_us - now_us : 1000000;
		wait = wait < 0 ? 0 : wait;
		struct timespec t = { .tv_sec = wait / 1000000, .tv_nsec = wait % 1000000 * 1000 };
		struct epoll_event events[EVENTS_A_TURN];
		int n = epoll_pwait2(epoll, events, EVENTS_A_TURN, &t, NULL);
		read_clock();
		for (int i = 0; i < n; i++) {
			struct source *source = events[i].data.ptr;
			source->ready(source, events[i].events);
		}
		while (jobs && heap[0]->due_us <= now_us) {
			struct job *job = take_first();
			job->run(job);
		}
		turn();
	}
	free(heap);
}

void loop_end(void)
{
	ended = true;
}

/* splitmix64 */
uint64_t random_below(uint64_t n)
{
	uint64_t z = state += 0x9E3779B97F4A7C15;
	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
	z = (z ^ z >> 27) * 0x94D049BB133111EB;
	return n ? (z ^ z >> 31) % n : 0;
}

void random_seed(uint64_t seed)
{
	state = seed;
}

int listen_on(const char *address, int *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)*port) };
	if (inet_pton(AF_INET, address, &a.sin_addr) != 1)
		die("%s is no IPv4 address", address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;
	socklen_t n = sizeof a;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, n) != 0 || listen(fd, 128) != 0)
		die("port %d: %s", *port, strerror(errno));
	getsockname(fd, (struct sockaddr *)&a, &n);
	*port = ntohs(a.sin_port);
	return fd;
}
