/* Kafka as librdkafka's own mock cluster plays it: real sockets, three brokers that can go away. */
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdio.h>

#include "base/map.h"
#include "base/test.h"
#include "base/time.h"
#include "loop/clock.h"
#include "net/publish/test_publish.h"

enum { PARTITIONS = 4 };

static const struct sw_publish_config local = { .allow_loopback = true };

static struct {
	rd_kafka_t *host; /* the library keeps a mock cluster in a client */
	rd_kafka_mock_cluster_t *cluster;
} world;

static void cluster_run(void (*fn)(struct sw_task *task, struct sw_publish *publish))
{
	char why[200];
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_conf_set(conf, "log_level", "0", why, sizeof(why));
	world.host = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
	world.cluster = rd_kafka_mock_cluster_new(world.host, 3);
	SW_CHECK(world.cluster && rd_kafka_mock_topic_create(world.cluster, "ev", PARTITIONS, 3) == 0);
	test_publish_run(&local, fn);
	rd_kafka_mock_cluster_destroy(world.cluster);
	rd_kafka_destroy(world.host);
}

static struct sw_publish_target target(struct sw_arena *arena, const char *rest, bool trusted)
{
	return (struct sw_publish_target){
		sw_str_fmt(arena, "kafka://%s/%s", rd_kafka_mock_cluster_bootstraps(world.cluster), rest), trusted
	};
}

/* ---- reading the topic, with nothing of ours ---- */

/* What the topic has so far: ids, and the last body of each key. */
struct topic_read {
	struct sw_map ids, last;
	size_t n, late;
};

/* An item whose time was over may be published again while the first try is still on its way: the same id again. */
static void check_message(struct sw_arena *arena, const rd_kafka_message_t *message, struct topic_read *read)
{
	struct sw_str key = { message->key, message->key_len }, body = { message->payload, message->len };
	rd_kafka_headers_t *headers = NULL;
	const void *type = NULL, *id = NULL;
	size_t type_n = 0, id_n = 0;
	SW_CHECK_INT(rd_kafka_message_headers(message, &headers), 0);
	rd_kafka_header_get_last(headers, "content-type", &type, &type_n);
	rd_kafka_header_get_last(headers, "id", &id, &id_n);
	SW_CHECK_STR(((struct sw_str){ type, type_n }), "application/cloudevents+json");
	SW_CHECK(sw_str_starts(body, (struct sw_str){ id, id_n }) && sw_str_ends(body, key));
	struct sw_str *copy = SW_ARENA_NEW(arena, struct sw_str);
	*copy = sw_str_dup(arena, body);
	struct sw_str name = { copy->p, id_n };
	if (sw_map_find(&read->ids, name))
		return;
	sw_map_put(&read->ids, name, copy);
	struct sw_str *before = sw_map_put(&read->last, key, copy);
	read->late += before && sw_str_cmp(*before, *copy) >= 0;
	read->n++;
}

/* Every item, those of a key in order. */
static void check_topic(struct sw_arena *arena, size_t want)
{
	char why[200];
	struct topic_read read = { 0 };
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_conf_set(conf, "bootstrap.servers", rd_kafka_mock_cluster_bootstraps(world.cluster), why, sizeof(why));
	rd_kafka_conf_set(conf, "group.id", "check", why, sizeof(why));
	rd_kafka_t *reader = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof(why));
	rd_kafka_topic_partition_list_t *all = rd_kafka_topic_partition_list_new(PARTITIONS);
	for (int i = 0; i < PARTITIONS; i++)
		rd_kafka_topic_partition_list_add(all, "ev", i)->offset = RD_KAFKA_OFFSET_BEGINNING;
	SW_CHECK_INT(rd_kafka_assign(reader, all), 0);
	for (int idle = 0; idle < (read.n < want ? 60 : 1);) {
		rd_kafka_message_t *message = rd_kafka_consumer_poll(reader, 500);
		if (message && !message->err)
			check_message(arena, message, &read);
		else
			idle++;
		if (message)
			rd_kafka_message_destroy(message);
	}
	SW_CHECK_INT(read.n, want);
	SW_CHECK_INT(read.late, 0);
	rd_kafka_topic_partition_list_destroy(all);
	rd_kafka_consumer_close(reader);
	rd_kafka_destroy(reader);
	sw_map_done(&read.last);
	sw_map_done(&read.ids);
}

/* ---- tests ---- */

static void bring_back(struct sw_task *task, void *arg)
{
	bool *back = arg;
	SW_CHECK_INT(sw_sleep_wait(task, 10 * 1000), 0);
	SW_CHECK_INT(rd_kafka_mock_broker_set_down(world.cluster, 1), 0);
	SW_CHECK_INT(sw_sleep_wait(task, 500 * 1000), 0);
	SW_CHECK_INT(rd_kafka_mock_broker_set_up(world.cluster, 1), 0);
	*back = true;
}

static void publish_through_a_failure(struct sw_task *task, struct sw_publish *publish)
{
	struct sw_arena *arena = sw_task_arena(task);
	struct sw_publish_item *items = test_publish_items(arena, "f", 4000, 91);
	struct sw_publish_target to = target(arena, "ev?timeout_ms=5000", false);
	SW_CHECK_INT(test_publish_all(task, publish, &to, items, 500, 20), 0);
	bool back = false;
	sw_task_spawn(sw_task_loop(task), bring_back, &back);
	for (size_t at = 500; at < 4000; at += 500)
		SW_CHECK_INT(test_publish_all(task, publish, &to, items + at, 500, 20), 0);
	/* All may be taken while the broker is away; the topic is read when it is there again. */
	while (!back)
		SW_CHECK_INT(sw_sleep_wait(task, 10 * 1000), 0);
	check_topic(arena, 4000);
}

SW_TEST(kafka_keeps_order_and_loses_nothing_when_a_broker_fails)
{
	cluster_run(publish_through_a_failure);
}

static void publish_through_refusals(struct sw_task *task, struct sw_publish *publish)
{
	struct sw_arena *arena = sw_task_arena(task);
	struct sw_publish_item *items = test_publish_items(arena, "p", 300, 11);
	struct sw_publish_target to = target(arena, "ev?timeout_ms=5000", false);
	rd_kafka_mock_push_request_errors(world.cluster, 0 /* Produce */, 4, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
					  RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
					  RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND,
					  RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT);
	SW_CHECK_INT(test_publish_all(task, publish, &to, items, 300, 20), 0);
	check_topic(arena, 300);
}

SW_TEST(kafka_repeats_what_a_broker_could_not_take)
{
	cluster_run(publish_through_refusals);
}

static void be_told(struct sw_task *task, struct sw_publish *publish)
{
	static const struct {
		rd_kafka_resp_err_t code;
		enum sw_publish_error error;
	} rows[] = {
		{ RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, SW_PUBLISH_AUTH },
		{ RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, SW_PUBLISH_NO_PLACE },
	};
	struct sw_arena *arena = sw_task_arena(task);
	struct sw_publish_item *items = test_publish_items(arena, "t", 2, 1);
	struct sw_published results[2];
	for (size_t i = 0; i < SW_COUNTOF(rows); i++) {
		struct sw_publish_target to = target(arena, i ? "t1?timeout_ms=1500" : "t0?timeout_ms=1500", false);
		rd_kafka_mock_topic_set_error(world.cluster, i ? "t1" : "t0", rows[i].code);
		SW_CHECK_INT(sw_publish_batch_wait(task, publish, &to, items, 2, results), SW_EIO);
		if (results[0].error != rows[i].error)
			sw_test_fail(__FILE__, __LINE__, "row %zu: %s %.*s", i, sw_publish_error_name(results[0].error),
				     SW_FMT(results[0].why));
		SW_CHECK(results[1].error && results[1].retryable); /* behind it */
	}
	struct sw_publish_target to = target(arena, "ev?timeout_ms=4000", false);
	rd_kafka_mock_push_request_errors(world.cluster, 0, 1, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
	SW_CHECK_INT(sw_publish_batch_wait(task, publish, &to, items, 1, results), SW_EIO);
	SW_CHECK_INT(results[0].error, SW_PUBLISH_TOO_LARGE);
}

SW_TEST(kafka_failures_have_names)
{
	cluster_run(be_told);
}

static void lose_all(struct sw_task *task, struct sw_publish *publish)
{
	struct sw_arena *arena = sw_task_arena(task);
	struct sw_publish_item *items = test_publish_items(arena, "l", 2, 2);
	struct sw_published results[2];
	struct sw_publish_target to = target(arena, "ev?timeout_ms=1000", false);
	SW_CHECK_INT(test_publish_all(task, publish, &to, items, 1, 20), 0);
	for (int broker = 1; broker <= 3; broker++)
		SW_CHECK_INT(rd_kafka_mock_broker_set_down(world.cluster, broker), 0);
	SW_CHECK_INT(sw_publish_batch_wait(task, publish, &to, items + 1, 1, results), SW_EAGAIN);
	SW_CHECK(results[0].error == SW_PUBLISH_UNREACHABLE || results[0].error == SW_PUBLISH_TIMEOUT);
	for (int broker = 1; broker <= 3; broker++)
		SW_CHECK_INT(rd_kafka_mock_broker_set_up(world.cluster, broker), 0);
	SW_CHECK_INT(test_publish_all(task, publish, &to, items + 1, 1, 20), 0);
	check_topic(arena, 2);
}

SW_TEST(kafka_comes_back_when_all_brokers_were_away)
{
	cluster_run(lose_all);
}

/* The brokers that a broker names are checked too: the mock's are all on the loopback. */
static void stay_out(struct sw_task *task, struct sw_publish *publish)
{
	struct sw_arena *arena = sw_task_arena(task);
	struct sw_published result;
	struct sw_publish *strict = sw_publish_new(&(struct sw_publish_config){ 0 });
	struct sw_publish_target to = target(arena, "ev?timeout_ms=4000", false);
	(void)publish;
	SW_CHECK_INT(sw_publish_batch_wait(task, strict, &to, test_publish_items(arena, "x", 1, 1), 1, &result),
		     SW_EIO);
	SW_CHECK_INT(result.error, SW_PUBLISH_REFUSED_ADDRESS);
	to.trusted = true;
	SW_CHECK_INT(sw_publish_batch_wait(task, strict, &to, test_publish_items(arena, "x", 1, 1), 1, &result), 0);
	sw_publish_free(strict);
	check_topic(arena, 1);
}

SW_TEST(kafka_customers_stay_out_of_the_inside)
{
	cluster_run(stay_out);
}
