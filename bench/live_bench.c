/*
 * What listeners of the event log cost: live_bench PORT BASIC PID LISTENERS SECONDS.  Opens LISTENERS streams of
 * GET /v1/events/stream (BASIC: base64 of user:password), reads them for SECONDS while somebody else makes events, and
 * looks at the memory of process PID before, with all of them idle, and at its highest.  One line.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"

static double now_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A line of /proc/PID/status, kB. */
static long memory_kb(const char *pid, const char *name)
{
	char path[64], line[256];
	long kb = 0;
	snprintf(path, sizeof(path), "/proc/%s/status", pid);
	FILE *file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file))
		if (strncmp(line, name, strlen(name)) == 0)
			kb = strtol(line + strlen(name) + 1, NULL, 10);
	if (file)
		fclose(file);
	return kb;
}

static double cpu_s(const char *pid)
{
	char path[64], text[1024] = "";
	snprintf(path, sizeof(path), "/proc/%s/stat", pid);
	FILE *file = fopen(path, "r");
	if (!file)
		return 0;
	size_t n = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	unsigned long user = 0, system = 0;
	char *at = n ? strrchr(text, ')') : NULL;
	if (at)
		(void)sscanf(at + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system);
	return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static int open_one(int port, const char *basic)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				       .sin_port = htons((uint16_t)port) };
	char request[512];
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int n = snprintf(request, sizeof(request),
			 "GET /v1/events/stream HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic %s\r\n\r\n", basic);
	SW_BUG_ON(connect(fd, (struct sockaddr *)&address, sizeof(address)) || send(fd, request, (size_t)n, 0) != n);
	n = (int)recv(fd, request, 12, MSG_WAITALL);
	SW_BUG_ON(n != 12 || memcmp(request + 9, "200", 3) != 0);
	return fd;
}

static long count_events(const char *bytes, size_t n)
{
	long events = 0;
	for (const char *at = bytes; (at = memmem(at, n - (size_t)(at - bytes), "\ndata: ", 7)); at += 7)
		events++;
	return events;
}

int main(int argc, char **argv)
{
	static char bytes[256 * 1024];
	if (argc < 6)
		return 2;
	const char *pid = argv[3];
	int port = (int)strtol(argv[1], NULL, 10), listeners = (int)strtol(argv[4], NULL, 10), epoll = epoll_create1(0);
	long before_kb = memory_kb(pid, "VmRSS:"), events = 0, first_events = 0, closed = 0, highest_kb = 0;
	long long total = 0;
	for (int i = 0; i < listeners; i++) {
		int fd = open_one(port, argv[2]);
		struct epoll_event wanted = { .events = EPOLLIN, .data.fd = fd };
		SW_BUG_ON(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &wanted));
	}
	usleep(300000);
	long idle_kb = memory_kb(pid, "VmRSS:");
	puts("listening");
	fflush(stdout);
	double start_s = now_s(), end_s = start_s + strtod(argv[5], NULL), cpu = cpu_s(pid), looked_s = start_s;
	int first = -1;
	while (now_s() < end_s) {
		struct epoll_event ready[256];
		int n = epoll_wait(epoll, ready, 256, 100);
		for (int i = 0; i < n; i++) {
			ssize_t got = recv(ready[i].data.fd, bytes, sizeof(bytes), 0);
			if (got <= 0) {
				closed++;
				close(ready[i].data.fd);
				continue;
			}
			total += got;
			/* One of them is counted: looking at all would be what is measured. */
			first = first < 0 ? ready[i].data.fd : first;
			if (ready[i].data.fd == first)
				first_events += count_events(bytes, (size_t)got);
		}
		if (now_s() - looked_s > 0.05) {
			looked_s = now_s();
			long kb = memory_kb(pid, "VmRSS:");
			highest_kb = kb > highest_kb ? kb : highest_kb;
		}
	}
	double took_s = now_s() - start_s;
	events = first_events;
	printf("live: %d listeners, %.0f events/s each, %.0f MB/s, %.1f kB a listener idle, %.1f kB at its highest, "
	       "%.0f %% of a core, %ld closed\n",
	       listeners, (double)events / took_s, (double)total / took_s / 1e6,
	       (double)(idle_kb - before_kb) / listeners, (double)(highest_kb - before_kb) / listeners,
	       (cpu_s(pid) - cpu) / took_s * 100, closed);
	return 0;
}
