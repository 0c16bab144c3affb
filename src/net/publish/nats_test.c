/* JetStream as it is: real servers, killed in between. */
#include <nats/nats.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/map.h"
#include "base/num.h"
#include "base/test.h"
#include "base/time.h"
#include "loop/clock.h"
#include "net/publish/test_nats.h"
#include "net/publish/test_publish.h"
#include "net/test_socket.h"

static const struct sw_publish_config local = { .allow_loopback = true };
static struct test_nats servers;

static bool start(unsigned n, bool jetstream, const char *extra)
{
	servers = (struct test_nats){ .jetstream = jetstream, .extra = extra };
	if (test_nats_start(&servers, n))
		return true;
	printf("# there is no nats-server: skipped\n");
	return false;
}

/* ---- reading a stream, with nothing of ours ---- */

struct got {
	struct sw_str id, key; /* the key stands behind the last blank of the body */
};

/* A consumer may lose its server too, and goes on when it has found another: it gets ten seconds. */
static size_t read_stream(struct sw_arena *arena, struct got *got, size_t want, size_t max)
{
	jsStreamInfo *info = NULL;
	natsConnection *connection = NULL;
	natsSubscription *sub = NULL;
	jsCtx *js = NULL;
	jsSubOptions options;
	size_t n = 0;
	char url[64];
	natsMsg *msg;
	snprintf(url, sizeof(url), "nats://127.0.0.1:%d", servers.port[servers.n - 1]);
	jsSubOptions_Init(&options);
	options.Ordered = true;
	SW_CHECK_INT(natsConnection_ConnectTo(&connection, url), NATS_OK);
	SW_CHECK_INT(natsConnection_JetStream(&js, connection, NULL), NATS_OK);
	SW_CHECK_INT(js_SubscribeSync(&sub, js, "ev.>", NULL, &options, NULL), NATS_OK);
	for (int idle = 0; n < max && idle < (n < want ? 10 : 1);) {
		const char *id = NULL;
		if (natsSubscription_NextMsg(&msg, sub, 1000) != NATS_OK) {
			idle++;
			continue;
		}
		struct sw_str body = { natsMsg_GetData(msg), (size_t)natsMsg_GetDataLength(msg) };
		natsMsgHeader_Get(msg, "Nats-Msg-Id", &id);
		got[n].id = sw_str_dup(arena, sw_str_of(id));
		got[n++].key = sw_str_dup(arena, sw_str_from(body, (size_t)sw_str_find(body, SW_S(" k")) + 1));
		natsMsg_Destroy(msg);
	}
	SW_CHECK_INT(js_GetStreamInfo(&info, js, "EV", NULL, NULL), NATS_OK);
	SW_CHECK_INT(info ? info->State.Msgs : 0, want);
	jsStreamInfo_Destroy(info);
	natsSubscription_Destroy(sub);
	jsCtx_Destroy(js);
	natsConnection_Destroy(connection);
	return n;
}

/* Every item once, and those of a key in order: ids of a key grow. */
static void check_stream(struct sw_arena *arena, size_t want)
{
	struct got *got = SW_ARENA_ARRAY(arena, struct got, want + 100);
	struct sw_map last = { 0 };
	size_t n = read_stream(arena, got, want, want + 100), late = 0;
	for (size_t i = 0; i < n; i++) {
		struct got *before = sw_map_put(&last, got[i].key, &got[i]);
		late += before && sw_str_cmp(before->id, got[i].id) >= 0;
	}
	SW_CHECK_INT(n, want);
	SW_CHECK_INT(late, 0);
	sw_map_done(&last);
}

/* ---- three servers, one of them killed ---- */

enum { ITEMS = 6000, BATCH = 500, KEYS = 83 };

static void publish_through_kills(struct sw_task *task, struct sw_publish *publish)
{
	struct sw_arena *arena = sw_task_arena(task);
	struct sw_publish_item *items = test_publish_items(arena, "k", ITEMS, KEYS);
	struct sw_publish_target target = {
		test_nats_url(arena, &servers, "", "ev?stream=EV&replicas=3&timeout_ms=5000"), false
	};
	/* A cluster takes a while before it makes streams. */
	SW_CHECK_INT(test_publish_all(task, publish, &target, items, BATCH, 600), 0);
	for (size_t at = BATCH; at < ITEMS; at += BATCH) {
		if (at == 2 * BATCH)
			test_nats_kill(&servers, 0);
		if (at == 5 * BATCH)
			test_nats_restart(&servers, 0);
		if (at == 7 * BATCH) /* the leader is one of these two, or moves again */
			test_nats_kill(&servers, 1);
		if (at == 9 * BATCH)
			test_nats_restart(&servers, 1);
		SW_CHECK_INT(test_publish_all(task, publish, &target, items + at, BATCH, 600), 0);
	}
	check_stream(arena, ITEMS);
}

SW_TEST(nats_keeps_order_and_loses_nothing_when_servers_are_killed)
{
	if (!start(3, true, NULL))
		return;
	test_publish_run(&local, publish_through_kills);
	test_nats_stop(&servers);
}

/* ---- three servers, of which one comes later ---- */

static void publish_while_a_cluster_forms(struct sw_task *task, struct sw_publish *publish)
{
	struct sw_arena *arena = sw_task_arena(task);
	struct sw_publish_item *items = test_publish_items(arena, "f", 10, 3);
	struct sw_published results[10];
	const struct sw_publish_target target = {
		test_nats_url(arena, &servers, "", "ev?stream=EV&replicas=3&timeout_ms=2000"), false
	};
	/* The two are up, and have a leader after three seconds. */
	for (int k = 0; k < 3;) {
		SW_CHECK(sw_publish_batch_wait(task, publish, &target, items, 10, results) != 0);
		for (int i = 0; i < 10; i++)
			SW_CHECK(results[i].error && results[i].retryable);
		k += results[0].error != SW_PUBLISH_UNREACHABLE || !results[0].retryable;
		SW_CHECK_INT(sw_sleep_wait(task, 10 * 1000), 0);
	}
	test_nats_restart(&servers, 2);
	SW_CHECK_INT(test_publish_all(task, publish, &target, items, 10, 100), 0);
	check_stream(arena, 10);
}

SW_TEST(nats_waits_for_a_cluster_that_lacks_a_server)
{
	if (!start(3, true, NULL))
		return;
	test_nats_kill(&servers, 2);
	test_publish_run(&local, publish_while_a_cluster_forms);
	test_nats_stop(&servers);
}

/* ---- one server, killed while a batch is under way ---- */

static void kill_and_restart(struct sw_task *task, void *arg)
{
	(void)arg;
	SW_CHECK_INT(sw_sleep_wait(task, 20 * 1000), 0);
	test_nats_kill(&servers, 0);
	SW_CHECK_INT(sw_sleep_wait(task, 300 * 1000), 0);
	test_nats_restart(&servers, 0);
}

static void publish_through_a_restart(struct sw_task *task, struct sw_publish *publish)
{
	struct sw_arena *arena = sw_task_arena(task);
	struct sw_publish_item *items = test_publish_items(arena, "r", 4000, 7);
	struct sw_publish_target target = { test_nats_url(arena, &servers, "", "ev?stream=EV"), false };
	SW_CHECK_INT(test_publish_all(task, publish, &target, items, 7, 100), 0);
	sw_task_spawn(sw_task_loop(task), kill_and_restart, NULL);
	SW_CHECK_INT(test_publish_all(task, publish, &target, items + 7, 4000 - 7, 100), 0);
	check_stream(arena, 4000);
}

SW_TEST(nats_goes_on_behind_a_restart)
{
	if (!start(1, true, NULL))
		return;
	test_publish_run(&local, publish_through_a_restart);
	test_nats_stop(&servers);
}

/* ---- what goes wrong, and how it is said ---- */

/* Until the server is up, then the result of the first item. */
static struct sw_published publish_one(struct sw_task *task, struct sw_publish *publish, struct sw_str url,
				       const struct sw_publish_item *item)
{
	const struct sw_publish_target target = { url, false };
	struct sw_published result = { SW_PUBLISH_UNREACHABLE };
	for (int i = 0; i < 100 && result.error == SW_PUBLISH_UNREACHABLE; i++) {
		if (sw_publish_batch_wait(task, publish, &target, item, 1, &result) == 0 ||
		    sw_sleep_wait(task, 100 * 1000))
			break;
	}
	return result;
}

static void check_failed(struct sw_published result, enum sw_publish_error error, const char *why)
{
	if (result.error != error || sw_str_find(result.why, sw_str_of(why)) < 0)
		sw_test_fail(__FILE__, __LINE__, "got %s '%.*s', want %s '%s'", sw_publish_error_name(result.error),
			     SW_FMT(result.why), sw_publish_error_name(error), why);
}

static void ask_for_no_stream(struct sw_task *task, struct sw_publish *publish)
{
	struct sw_arena *arena = sw_task_arena(task);
	struct sw_publish_item item = *test_publish_items(arena, "e", 1, 1);
	check_failed(publish_one(task, publish, test_nats_url(arena, &servers, "", "nowhere"), &item),
		     SW_PUBLISH_NO_PLACE, "No stream covers the subject nowhere.a.b");
	SW_CHECK_INT(publish_one(task, publish, test_nats_url(arena, &servers, "", "ev?stream=EV"), &item).error, 0);
	struct sw_published again =
		publish_one(task, publish, test_nats_url(arena, &servers, "", "ev?stream=EV"), &item);
	SW_CHECK(again.error == SW_PUBLISH_OK && again.duplicate);
	check_failed(publish_one(task, publish, test_nats_url(arena, &servers, "", "other?stream=EV"), &item),
		     SW_PUBLISH_NO_PLACE, "The stream EV exists, but does not cover the subject other");
	check_failed(publish_one(task, publish, test_nats_url(arena, &servers, "", "three?stream=T&replicas=3"), &item),
		     SW_PUBLISH_NO_PLACE, "The stream T could not be made: ");
}

SW_TEST(nats_needs_a_stream_or_makes_one)
{
	if (!start(1, true, NULL))
		return;
	test_publish_run(&local, ask_for_no_stream);
	test_nats_stop(&servers);
}

static void ask_without_jetstream(struct sw_task *task, struct sw_publish *publish)
{
	struct sw_arena *arena = sw_task_arena(task);
	struct sw_publish_item item = *test_publish_items(arena, "e", 1, 1);
	check_failed(publish_one(task, publish, test_nats_url(arena, &servers, "", "ev?stream=EV"), &item),
		     SW_PUBLISH_NO_PLACE, "JetStream does not answer on this server");
}

SW_TEST(nats_without_jetstream_is_said)
{
	if (!start(1, false, NULL))
		return;
	test_publish_run(&local, ask_without_jetstream);
	test_nats_stop(&servers);
}

static void sign_in(struct sw_task *task, struct sw_publish *publish)
{
	struct sw_arena *arena = sw_task_arena(task);
	struct sw_publish_item item = *test_publish_items(arena, "e", 1, 1);
	check_failed(publish_one(task, publish, test_nats_url(arena, &servers, "wrong@", "ev?stream=EV"), &item),
		     SW_PUBLISH_AUTH, "The broker does not accept the credentials");
	SW_CHECK_INT(publish_one(task, publish, test_nats_url(arena, &servers, "s3cret@", "ev?stream=EV"), &item).error,
		     0);
	item.body = (struct sw_str){ sw_arena_alloc(arena, 999 * 1000), 999 * 1000 };
	item.id = SW_S("large");
	SW_CHECK_INT(publish_one(task, publish, test_nats_url(arena, &servers, "s3cret@", "ev?stream=EV"), &item).error,
		     0);
}

SW_TEST(nats_credentials_are_shown)
{
	if (!start(1, true, "--auth=s3cret"))
		return;
	test_publish_run(&local, sign_in);
	test_nats_stop(&servers);
}

/* ---- TLS ---- */

static void talk_in_private(struct sw_task *task, struct sw_publish *publish)
{
	struct sw_arena *arena = sw_task_arena(task);
	struct sw_publish_item item = *test_publish_items(arena, "e", 1, 1);
	const struct sw_publish_config config = { .allow_loopback = true, .ca_file = sw_str_of(servers.pem) };
	struct sw_publish *knows = sw_publish_new(&config);
	int port = servers.port[0];
	struct sw_published got =
		publish_one(task, knows, sw_str_fmt(arena, "tls://localhost:%d/ev?stream=EV", port), &item);
	if (got.error)
		sw_test_fail(__FILE__, __LINE__, "%.*s", SW_FMT(got.why));
	/* Another's certificate, one that nobody vouches for, and no TLS at all. */
	check_failed(publish_one(task, knows,
				 sw_str_fmt(arena, "tls://localhost:%d/ev?server_name=other.example", port), &item),
		     SW_PUBLISH_TLS, "No TLS connection could be made");
	check_failed(publish_one(task, publish, sw_str_fmt(arena, "tls://localhost:%d/ev", port), &item),
		     SW_PUBLISH_TLS, "No TLS connection could be made");
	check_failed(publish_one(task, knows, sw_str_fmt(arena, "nats://localhost:%d/ev", port), &item), SW_PUBLISH_TLS,
		     "No TLS connection could be made");
	sw_publish_free(knows);
}

SW_TEST(nats_checks_certificates)
{
	struct test_tls *tls = test_tls_new();
	servers = (struct test_nats){ .jetstream = true, .pem = test_tls_ca_file(tls) };
	if (test_nats_start(&servers, 1)) {
		test_publish_run(&local, talk_in_private);
		test_nats_stop(&servers);
	}
	test_tls_free(tls);
}
