/*
 * net/publish/test_nats.h - for tests and benches: real nats-server processes with JetStream, in a cluster of their
 * own on free ports of the loopback, with stores in a temporary folder.
 */
#ifndef SW_NET_PUBLISH_TEST_NATS_H
#define SW_NET_PUBLISH_TEST_NATS_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/str.h"

#define TEST_NATS_MAX 3

struct test_nats {
	unsigned n;
	bool jetstream;
	const char *extra; /* one argument more for each, such as "--user=u"; NULL: none */
	const char *pem;   /* certificate and key: over TLS; NULL: plain */
	pid_t pid[TEST_NATS_MAX];
	int port[TEST_NATS_MAX], cluster_port[TEST_NATS_MAX];
	char folder[64];
};

/** @return false: there is no nats-server program */
bool test_nats_start(struct test_nats *nats, unsigned n);
/** SIGKILL, and wait for its end. */
void test_nats_kill(struct test_nats *nats, unsigned i);
void test_nats_restart(struct test_nats *nats, unsigned i);
/** Kill what runs, remove the folder. */
void test_nats_stop(struct test_nats *nats);
/** "nats://127.0.0.1:1,127.0.0.1:2/PLACE" */
struct sw_str test_nats_url(struct sw_arena *arena, const struct test_nats *nats, const char *credentials,
			    const char *place);

#endif
