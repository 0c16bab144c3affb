#include "net/publish/test_nats.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/file.h"

static const char *program(void)
{
	static const char *const places[] = { "/usr/sbin/nats-server", "/usr/bin/nats-server",
					      "/usr/local/bin/nats-server" };
	for (size_t i = 0; i < SW_COUNTOF(places); i++)
		if (access(places[i], X_OK) == 0)
			return places[i];
	return NULL;
}

/* Free now, and kept until all are chosen, so that no two are the same. */
static int take_port(int *ret_fd)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(address);
	*ret_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	SW_BUG_ON(bind(*ret_fd, (struct sockaddr *)&address, n) ||
		  getsockname(*ret_fd, (struct sockaddr *)&address, &n));
	return ntohs(address.sin_port);
}

static void run(const struct test_nats *nats, unsigned i)
{
	char port[16], name[16], store[96], log[96], cluster[64], routes[256] = "";
	size_t at = 0;
	snprintf(port, sizeof(port), "%d", nats->port[i]);
	snprintf(name, sizeof(name), "n%u", i);
	snprintf(store, sizeof(store), "%s/store%u", nats->folder, i);
	snprintf(log, sizeof(log), "%s/log%u", nats->folder, i);
	snprintf(cluster, sizeof(cluster), "nats://127.0.0.1:%d", nats->cluster_port[i]);
	for (unsigned k = 0; k < nats->n; k++)
		at += (size_t)snprintf(routes + at, sizeof(routes) - at, "%snats://127.0.0.1:%d", k ? "," : "",
				       nats->cluster_port[k]);
	const char *args[32] = { program(), "-a", "127.0.0.1", "-p", port, "-n", name, "-l", log };
	size_t n = 9;
	if (nats->jetstream) {
		args[n++] = "-js";
		args[n++] = "-sd";
		args[n++] = store;
	}
	if (nats->n > 1) {
		args[n++] = "--cluster_name";
		args[n++] = "test";
		args[n++] = "--cluster";
		args[n++] = cluster;
		args[n++] = "--routes";
		args[n++] = routes;
	}
	if (nats->pem) {
		args[n++] = "--tls";
		args[n++] = "--tlscert";
		args[n++] = nats->pem;
		args[n++] = "--tlskey";
		args[n++] = nats->pem;
	}
	if (nats->extra)
		args[n++] = nats->extra;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	execv(args[0], (char *const *)(uintptr_t)args);
	_exit(127);
}

void test_nats_restart(struct test_nats *nats, unsigned i)
{
	pid_t pid = fork();
	SW_BUG_ON(pid < 0);
	if (pid == 0)
		run(nats, i);
	nats->pid[i] = pid;
}

bool test_nats_start(struct test_nats *nats, unsigned n)
{
	int fds[TEST_NATS_MAX * 2];
	struct sw_arena arena;
	struct sw_str folder;
	if (!program())
		return false;
	nats->n = n;
	sw_arena_init(&arena);
	SW_BUG_ON(sw_folder_draw(&arena, "/tmp/strowger-nats", &folder));
	snprintf(nats->folder, sizeof(nats->folder), "%s", folder.p);
	sw_arena_done(&arena);
	for (unsigned i = 0; i < n; i++) {
		nats->port[i] = take_port(&fds[2 * i]);
		nats->cluster_port[i] = take_port(&fds[2 * i + 1]);
	}
	for (unsigned i = 0; i < 2 * n; i++)
		close(fds[i]);
	for (unsigned i = 0; i < n; i++)
		test_nats_restart(nats, i);
	return true;
}

void test_nats_kill(struct test_nats *nats, unsigned i)
{
	if (!nats->pid[i])
		return;
	kill(nats->pid[i], SIGKILL);
	waitpid(nats->pid[i], NULL, 0);
	nats->pid[i] = 0;
}

void test_nats_stop(struct test_nats *nats)
{
	for (unsigned i = 0; i < nats->n; i++)
		test_nats_kill(nats, i);
	(void)sw_folder_remove(nats->folder);
}

struct sw_str test_nats_url(struct sw_arena *arena, const struct test_nats *nats, const char *credentials,
			    const char *place)
{
	struct sw_buf url = { .arena = arena };
	sw_buf_add_fmt(&url, "nats://%s", credentials);
	for (unsigned i = 0; i < nats->n; i++)
		sw_buf_add_fmt(&url, "%s127.0.0.1:%d", i ? "," : "", nats->port[i]);
	sw_buf_add_fmt(&url, "/%s", place);
	return sw_buf_str(&url);
}
