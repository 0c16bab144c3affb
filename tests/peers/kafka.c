/*
 * A Kafka cluster of three brokers for tests, as librdkafka plays one: kafka TOPIC PARTITIONS.  Prints "ready HOST:PORT,…";
 * then lines come in: "down N" and "up N" (a broker, from 1), "read N" (N messages from the beginning, a line each:
 * partition, key in hex, id, value), and the end of the input ends it.
 */
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
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

static int read_all(const char *bootstrap, const char *topic, int partitions, long wanted)
{
	char why[256];
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_topic_partition_list_t *all = rd_kafka_topic_partition_list_new(partitions);
	rd_kafka_conf_set(conf, "bootstrap.servers", bootstrap, why, sizeof(why));
	rd_kafka_conf_set(conf, "group.id", "test", why, sizeof(why));
	rd_kafka_t *reader = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof(why));
	if (!reader)
		return fail(why);
	for (int i = 0; i < partitions; i++)
		rd_kafka_topic_partition_list_add(all, topic, i)->offset = RD_KAFKA_OFFSET_BEGINNING;
	rd_kafka_assign(reader, all);
	rd_kafka_topic_partition_list_destroy(all);
	for (long n = 0; n < wanted;) {
		rd_kafka_message_t *message = rd_kafka_consumer_poll(reader, POLL_MS);
		if (message && !message->err) {
			print(message);
			n++;
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

int main(int argc, char **argv)
{
	char why[256], line[64];
	int partitions = argc == 3 ? (int)strtol(argv[2], NULL, 10) : 0;
	if (partitions < 1 || partitions > PARTITIONS_MAX)
		return fail("usage: kafka TOPIC PARTITIONS");
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_conf_set(conf, "log_level", "0", why, sizeof(why));
	rd_kafka_t *host = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
	rd_kafka_mock_cluster_t *cluster = host ? rd_kafka_mock_cluster_new(host, BROKERS) : NULL;
	if (!cluster || rd_kafka_mock_topic_create(cluster, argv[1], partitions, BROKERS))
		return fail("the cluster could not be made");
	const char *bootstrap = rd_kafka_mock_cluster_bootstraps(cluster);
	printf("ready %s\n", bootstrap);
	fflush(stdout);
	int code = 0;
	while (!code && fgets(line, sizeof(line), stdin)) {
		long n = strtol(line + strcspn(line, " "), NULL, 10);
		if (strncmp(line, "down ", 5) == 0)
			rd_kafka_mock_broker_set_down(cluster, (int)n);
		else if (strncmp(line, "up ", 3) == 0)
			rd_kafka_mock_broker_set_up(cluster, (int)n);
		else if (strncmp(line, "read ", 5) == 0)
			code = read_all(bootstrap, argv[1], partitions, n);
		else
			code = fail("what?");
	}
	rd_kafka_mock_cluster_destroy(cluster);
	rd_kafka_destroy(host);
	return code;
}
