/*
 * A Kafka cluster of three brokers for tests, as librdkafka plays one: kafka TOPIC PARTITIONS.  Prints "ready
 * HOST:PORT,…"; then lines come in: "down N" and "up N" (a broker, from 1), "read" (all messages of the topic, a line
 * each: partition, key in hex, id, value; then "end"), and the end of the input ends it.  With the addresses of brokers
 * it plays none and reads from those.
 */
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BROKERS = 3, POLL_MS = 500, PARTITIONS_MAX = 64 };

static int fail(const char *what)
{
	fprintf(stderr, "kafka: %s\n", what);
	return 1;
}

static void print(const rd_kafka_message_t *message)
{
	rd_kafka_headers_t *headers = NULL;
	const void *id = "";
	size_t id_n = 0;
	if (rd_kafka_message_headers(message, &headers) == 0)
		rd_kafka_header_get_last(headers, "id", &id, &id_n);
	printf("%d\t", message->partition);
	for (size_t i = 0; i < message->key_len; i++)
		printf("%02x", ((const unsigned char *)message->key)[i]);
	printf("\t%.*s\t%.*s\n", (int)id_n, (const char *)id, (int)message->len, (const char *)message->payload);
}

/* Everything that there is now. */
static int read_all(const char *bootstrap, const char *topic, int partitions)
{
	char why[256];
	bool ended[PARTITIONS_MAX] = { false };
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_topic_partition_list_t *all = rd_kafka_topic_partition_list_new(partitions);
	rd_kafka_conf_set(conf, "bootstrap.servers", bootstrap, why, sizeof(why));
	rd_kafka_conf_set(conf, "group.id", "test", why, sizeof(why));
	rd_kafka_conf_set(conf, "enable.partition.eof", "true", why, sizeof(why));
	rd_kafka_t *reader = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof(why));
	if (!reader)
		return fail(why);
	for (int i = 0; i < partitions; i++)
		rd_kafka_topic_partition_list_add(all, topic, i)->offset = RD_KAFKA_OFFSET_BEGINNING;
	rd_kafka_assign(reader, all);
	rd_kafka_topic_partition_list_destroy(all);
	for (int left = partitions; left > 0;) {
		rd_kafka_message_t *message = rd_kafka_consumer_poll(reader, POLL_MS);
		if (message && !message->err)
			print(message);
		if (message && message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF && !ended[message->partition]) {
			ended[message->partition] = true;
			left--;
		}
		if (message)
			rd_kafka_message_destroy(message);
	}
	puts("end");
	fflush(stdout);
	rd_kafka_consumer_close(reader);
	rd_kafka_destroy(reader);
	return 0;
}

/* Three brokers, or NULL. */
static rd_kafka_mock_cluster_t *play(rd_kafka_t *host, const char *topic, int partitions)
{
	rd_kafka_mock_cluster_t *cluster = host ? rd_kafka_mock_cluster_new(host, BROKERS) : NULL;
	if (cluster && rd_kafka_mock_topic_create(cluster, topic, partitions, BROKERS)) {
		rd_kafka_mock_cluster_destroy(cluster);
		cluster = NULL;
	}
	return cluster;
}

int main(int argc, char **argv)
{
	char why[256], line[64];
	bool plays = argc == 3;
	int partitions = argc == 3 || argc == 4 ? (int)strtol(argv[2], NULL, 10) : 0;
	if (partitions < 1 || partitions > PARTITIONS_MAX)
		return fail("usage: kafka TOPIC PARTITIONS [HOST:PORT,...]");
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_conf_set(conf, "log_level", "0", why, sizeof(why));
	rd_kafka_t *host = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
	rd_kafka_mock_cluster_t *cluster = plays ? play(host, argv[1], partitions) : NULL;
	if (!host || (plays && !cluster))
		return fail("the cluster could not be made");
	const char *bootstrap = plays ? rd_kafka_mock_cluster_bootstraps(cluster) : argv[3];
	printf("ready %s\n", bootstrap);
	fflush(stdout);
	int code = 0;
	while (!code && fgets(line, sizeof(line), stdin)) {
		long n = strtol(line + strcspn(line, " "), NULL, 10);
		if (plays && strncmp(line, "down ", 5) == 0)
			rd_kafka_mock_broker_set_down(cluster, (int)n);
		else if (plays && strncmp(line, "up ", 3) == 0)
			rd_kafka_mock_broker_set_up(cluster, (int)n);
		else if (strcmp(line, "read\n") == 0)
			code = read_all(bootstrap, argv[1], partitions);
		else
			code = fail("what?");
	}
	if (cluster)
		rd_kafka_mock_cluster_destroy(cluster);
	rd_kafka_destroy(host);
	return code;
}
