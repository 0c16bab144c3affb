/* kafka: - by librdkafka. Its callbacks run where we poll, but for connecting: that one only looks at an address. */
#include <errno.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/log.h"
#include "base/num.h"
#include "base/time.h"
#include "loop/clock.h"
#include "net/publish/publish_impl.h"

enum { RETRY_US = 500 * 1000 };

struct kafka {
	struct sw_outlet *outlet;
	rd_kafka_t *client;
	rd_kafka_queue_t *events;
	struct sw_mail wake;
	atomic_bool woken;
	atomic_bool refused; /* an address was not allowed; set by the library's threads */
	bool heard;          /* a broker has answered */
	bool fatal;          /* this client can go on no more */
	int64_t retry_at_us, asked_us;
	enum sw_publish_error topic_error; /* as of asked_us; OK: none */
};

/* ---- what the library's threads call ---- */

static int on_connect(int fd, const struct sockaddr *address, int bytes, const char *id, void *opaque)
{
	struct kafka *kafka = opaque;
	(void)id;
	if (!sw_publish_may_reach(kafka->outlet, address)) {
		atomic_store(&kafka->refused, true);
		return EACCES;
	}
	return connect(fd, address, (socklen_t)bytes) == 0 || errno == EINPROGRESS ? 0 : errno;
}

static void on_wake(struct sw_mail *mail);

static void on_events(rd_kafka_t *client, void *opaque)
{
	struct kafka *kafka = opaque;
	(void)client;
	if (!atomic_exchange(&kafka->woken, true)) {
		kafka->wake.deliver = on_wake;
		sw_loop_post(kafka->outlet->loop, &kafka->wake);
	}
}

static void on_log(const rd_kafka_t *client, int level, const char *facility, const char *text)
{
	(void)client;
	(void)level;
	sw_debug("net", "librdkafka", SW_KC("about", facility), SW_KC("says", text));
}

/* ---- what happens where we poll ---- */

static const struct {
	rd_kafka_resp_err_t code;
	enum sw_publish_error error;
} errors[] = {
	{ RD_KAFKA_RESP_ERR_NO_ERROR, SW_PUBLISH_OK },
	{ RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, SW_PUBLISH_TOO_LARGE },
	{ RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, SW_PUBLISH_TOO_LARGE },
	{ RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, SW_PUBLISH_NO_PLACE },
	{ RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, SW_PUBLISH_NO_PLACE },
	{ RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, SW_PUBLISH_NO_PLACE },
	{ RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, SW_PUBLISH_NO_PLACE },
	{ RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, SW_PUBLISH_AUTH },
	{ RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, SW_PUBLISH_AUTH },
	{ RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, SW_PUBLISH_AUTH },
	{ RD_KAFKA_RESP_ERR__AUTHENTICATION, SW_PUBLISH_AUTH },
	{ RD_KAFKA_RESP_ERR__SSL, SW_PUBLISH_TLS },
	{ RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, SW_PUBLISH_TIMEOUT },
	{ RD_KAFKA_RESP_ERR__TIMED_OUT, SW_PUBLISH_TIMEOUT },
	{ RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, SW_PUBLISH_TIMEOUT },
	{ RD_KAFKA_RESP_ERR__PURGE_QUEUE, SW_PUBLISH_UNREACHABLE },
	{ RD_KAFKA_RESP_ERR__PURGE_INFLIGHT, SW_PUBLISH_TIMEOUT },
	{ RD_KAFKA_RESP_ERR__TRANSPORT, SW_PUBLISH_UNREACHABLE },
	{ RD_KAFKA_RESP_ERR__RESOLVE, SW_PUBLISH_UNREACHABLE },
	{ RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, SW_PUBLISH_UNREACHABLE },
	{ RD_KAFKA_RESP_ERR__QUEUE_FULL, SW_PUBLISH_BUSY },
};

static enum sw_publish_error error_of(rd_kafka_resp_err_t code)
{
	for (size_t i = 0; i < SW_COUNTOF(errors); i++)
		if (errors[i].code == code)
			return errors[i].error;
	return SW_PUBLISH_REFUSED;
}

/* A topic that may not be written is no error of the library: it waits. So it is asked when time is over. Blocks. */
static enum sw_publish_error look_at_topic(struct kafka *kafka)
{
	const struct rd_kafka_metadata *found = NULL;
	if (kafka->asked_us && sw_mono_us() - kafka->asked_us < SW_US_PER_S)
		return kafka->topic_error;
	rd_kafka_topic_t *topic = rd_kafka_topic_new(kafka->client, kafka->outlet->url.place.p, NULL);
	kafka->topic_error = SW_PUBLISH_OK;
	if (topic && rd_kafka_metadata(kafka->client, 0, topic, &found, 500) == RD_KAFKA_RESP_ERR_NO_ERROR) {
		enum sw_publish_error error = found->topic_cnt ? error_of(found->topics[0].err) : SW_PUBLISH_OK;
		if (error == SW_PUBLISH_AUTH || error == SW_PUBLISH_NO_PLACE)
			kafka->topic_error = error;
	}
	if (found)
		rd_kafka_metadata_destroy(found);
	if (topic)
		rd_kafka_topic_destroy(topic);
	kafka->asked_us = sw_mono_us();
	return kafka->topic_error;
}

static void on_delivered(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque)
{
	struct kafka *kafka = opaque;
	struct sw_outlet *outlet = kafka->outlet;
	struct sw_entry *entry = message->_private;
	enum sw_publish_error error = error_of(message->err);
	bool connection = error == SW_PUBLISH_TIMEOUT || error == SW_PUBLISH_UNREACHABLE;
	(void)client;
	if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
		kafka->heard = true;
		sw_outlet_connected(outlet);
	}
	if (error == SW_PUBLISH_TIMEOUT && !outlet->trouble && !outlet->ending && look_at_topic(kafka))
		sw_entry_end(outlet, entry, kafka->topic_error, NULL);
	else if (outlet->ending && connection)
		sw_entry_end(outlet, entry, SW_PUBLISH_CLOSED, NULL);
	else if (connection && outlet->trouble) /* that is why */
		sw_entry_end(outlet, entry, outlet->trouble, outlet->why);
	else
		sw_entry_end(outlet, entry, error, error == SW_PUBLISH_REFUSED ? rd_kafka_err2str(message->err) : NULL);
}

static void on_error(rd_kafka_t *client, int code, const char *reason, void *opaque)
{
	struct kafka *kafka = opaque;
	enum sw_publish_error error = error_of(code);
	char why[SW_PUBLISH_WHY_BYTES];
	if (code == RD_KAFKA_RESP_ERR__FATAL) {
		kafka->fatal = true;
		error = error_of(rd_kafka_fatal_error(client, why, sizeof(why)));
	}
	if (atomic_exchange(&kafka->refused, false))
		error = SW_PUBLISH_REFUSED_ADDRESS;
	else if (error == SW_PUBLISH_REFUSED && !kafka->fatal)
		return; /* about one request; its message says more */
	/* Where a customer's name leads inside is nobody's business. */
	snprintf(why, sizeof(why), error == SW_PUBLISH_REFUSED_ADDRESS ? "%s" : "%s Kafka's library says: %s.",
		 sw_publish_error_text(error), reason);
	/* One broker of several may be away. */
	if (error == SW_PUBLISH_UNREACHABLE && code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && !kafka->fatal)
		return;
	if (kafka->outlet->trouble && error == SW_PUBLISH_UNREACHABLE)
		return; /* a better reason is known */
	sw_outlet_lost(kafka->outlet, error, why);
}

/* ---- a client ---- */

static bool set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
	char why[200];
	if (rd_kafka_conf_set(conf, name, value, why, sizeof(why)) == RD_KAFKA_CONF_OK)
		return true;
	sw_error_log("net", "librdkafka does not take a setting", SW_KC("name", name), SW_KC("why", why));
	return false;
}

static bool set_number(rd_kafka_conf_t *conf, const char *name, int64_t value)
{
	char text[24];
	snprintf(text, sizeof(text), "%lld", (long long)value);
	return set(conf, name, text);
}

static bool set_security(struct kafka *kafka, rd_kafka_conf_t *conf, struct sw_arena *arena)
{
	const struct sw_publish_url *url = &kafka->outlet->url;
	struct sw_str file = kafka->outlet->publish->config.ca_file;
	bool sasl = url->user.p;
	bool well = set(conf, "security.protocol",
			url->tls ? (sasl ? "sasl_ssl" : "ssl")
			: sasl   ? "sasl_plaintext"
				 : "plaintext");
	if (url->tls && file.n)
		well &= set(conf, "ssl.ca.location", sw_str_cstr(arena, file));
	if (sasl) {
		struct sw_str mechanism = url->sasl.n ? url->sasl : SW_S("plain");
		well &= set(conf, "sasl.mechanism",
			    sw_str_is(mechanism, "plain")           ? "PLAIN"
			    : sw_str_is(mechanism, "scram-sha-256") ? "SCRAM-SHA-256"
								    : "SCRAM-SHA-512");
		well &= set(conf, "sasl.username", sw_str_cstr(arena, url->user));
		well &= set(conf, "sasl.password", sw_str_cstr(arena, url->password));
	}
	return well;
}

static bool set_all(struct kafka *kafka, rd_kafka_conf_t *conf, struct sw_arena *arena)
{
	const struct sw_publish_url *url = &kafka->outlet->url;
	struct sw_buf servers = { .arena = arena };
	for (size_t i = 0; i < url->hosts_n; i++) {
		bool v6 = sw_str_index(url->hosts[i].name, ':') >= 0;
		sw_buf_add_fmt(&servers, v6 ? "%s[%.*s]:%d" : "%s%.*s:%d", i ? "," : "", SW_FMT(url->hosts[i].name),
			       url->hosts[i].port);
	}
	rd_kafka_conf_set_opaque(conf, kafka);
	rd_kafka_conf_set_dr_msg_cb(conf, on_delivered);
	rd_kafka_conf_set_error_cb(conf, on_error);
	rd_kafka_conf_set_log_cb(conf, on_log);
	rd_kafka_conf_set_connect_cb(conf, on_connect);
	return set(conf, "bootstrap.servers", sw_str_cstr(arena, sw_buf_str(&servers))) &
	       set(conf, "client.id", "strowger") & set(conf, "enable.idempotence", "true") & set(conf, "acks", "all") &
	       set(conf, "partitioner", "murmur2_random") & set(conf, "linger.ms", "2") &
	       set_number(conf, "message.timeout.ms", url->timeout_ms) &
	       set_number(conf, "message.max.bytes", (int64_t)sw_publish_limits.item_bytes + 4096) &
	       set_number(conf, "socket.connection.setup.timeout.ms", sw_publish_limits.connect_us / 1000) &
	       set_number(conf, "topic.metadata.propagation.max.ms", 1000) &
	       set_number(conf, "reconnect.backoff.ms", 100) & set_number(conf, "reconnect.backoff.max.ms", 2000) &
	       set_security(kafka, conf, arena);
}

static void client_free(struct kafka *kafka)
{
	if (!kafka->client)
		return;
	rd_kafka_purge(kafka->client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
	rd_kafka_queue_cb_event_enable(kafka->events, NULL, NULL);
	while (rd_kafka_poll(kafka->client, 0) > 0)
		;
	(void)rd_kafka_flush(kafka->client, 500); /* serves what is left */
	rd_kafka_queue_destroy(kafka->events);
	rd_kafka_destroy(kafka->client);
	kafka->client = NULL;
}

static void client_new(struct kafka *kafka)
{
	struct sw_outlet *outlet = kafka->outlet;
	struct sw_arena arena;
	char why[SW_PUBLISH_WHY_BYTES] = "A setting is not accepted.";
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	sw_arena_init(&arena);
	kafka->fatal = kafka->heard = false;
	if (set_all(kafka, conf, &arena))
		kafka->client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
	sw_arena_done(&arena);
	if (!kafka->client) {
		rd_kafka_conf_destroy(conf);
		kafka->retry_at_us = sw_mono_us() + RETRY_US;
		sw_outlet_lost(outlet, outlet->url.tls ? SW_PUBLISH_TLS : SW_PUBLISH_UNREACHABLE, why);
		return;
	}
	kafka->events = rd_kafka_queue_get_main(kafka->client);
	rd_kafka_queue_cb_event_enable(kafka->events, on_events, kafka);
}

/* ---- the kind ---- */

/* Nothing was ever heard, and why is known: nobody need wait until the time is over. */
static void give_up(struct kafka *kafka)
{
	if (!kafka->client || kafka->heard || !kafka->outlet->trouble)
		return;
	rd_kafka_purge(kafka->client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_NON_BLOCKING);
	while (rd_kafka_poll(kafka->client, 0) > 0)
		;
	client_free(kafka);
	kafka->retry_at_us = sw_mono_us() + RETRY_US;
}

static void serve(struct kafka *kafka)
{
	atomic_store(&kafka->woken, false);
	while (kafka->client && rd_kafka_poll(kafka->client, 0) > 0)
		;
	if (kafka->fatal)
		client_free(kafka);
	give_up(kafka);
	sw_outlet_pump(kafka->outlet);
}

/* Stays with the outlet until that ends: a wake-up may be on its way at any time. */
static void on_wake(struct sw_mail *mail)
{
	struct kafka *kafka = SW_CONTAINER(mail, struct kafka, wake);
	if (kafka->outlet->state)
		serve(kafka);
}

static void kafka_open(struct sw_outlet *outlet)
{
	struct kafka *kafka = SW_ARENA_NEW(&outlet->arena, struct kafka);
	kafka->outlet = outlet;
	outlet->state = kafka;
}

static bool kafka_ready(struct sw_outlet *outlet)
{
	struct kafka *kafka = outlet->state;
	if (kafka->client)
		return true;
	if (sw_mono_us() >= kafka->retry_at_us && !outlet->ending) {
		outlet->trouble = SW_PUBLISH_OK;
		client_new(kafka);
	}
	if (kafka->client)
		return true;
	sw_outlet_fail_all(outlet, outlet->trouble ? outlet->trouble : SW_PUBLISH_CLOSED,
			   outlet->trouble ? outlet->why : NULL);
	return false;
}

static void kafka_send(struct sw_outlet *outlet, struct sw_entry *entry)
{
	struct kafka *kafka = outlet->state;
	const struct sw_publish_item *item = entry->item;
	rd_kafka_headers_t *headers = rd_kafka_headers_new(2);
	rd_kafka_header_add(headers, "id", -1, item->id.p, (ssize_t)item->id.n);
	if (item->content_type.n)
		rd_kafka_header_add(headers, "content-type", -1, item->content_type.p, (ssize_t)item->content_type.n);
	entry->held = true;
	rd_kafka_resp_err_t code =
		rd_kafka_producev(kafka->client, RD_KAFKA_V_TOPIC(outlet->url.place.p),
				  RD_KAFKA_V_KEY(item->key.n ? item->key.p : NULL, item->key.n),
				  RD_KAFKA_V_VALUE((void *)(uintptr_t)item->body.p, item->body.n),
				  RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE(entry), RD_KAFKA_V_END);
	if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
		return; /* text and entry stay until the delivery report */
	rd_kafka_headers_destroy(headers);
	sw_entry_end(outlet, entry, error_of(code), NULL);
}

static void kafka_tick(struct sw_outlet *outlet)
{
	if (outlet->ending && sw_mono_us() >= outlet->end_by_us)
		client_free(outlet->state); /* ends what it still has */
	serve(outlet->state);
}

static void kafka_close(struct sw_outlet *outlet)
{
	client_free(outlet->state);
}

static const char *kafka_check(const struct sw_publish_url *url)
{
	for (size_t i = 0; i < url->place.n; i++) {
		char c = url->place.p[i];
		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
		      c == '_' || c == '-'))
			return "A topic's name has letters, digits and . _ - only.";
	}
	if (url->user.p && !url->password.p)
		return "A user needs a password: kafka://user:password@host/TOPIC.";
	if (url->sasl.n && !sw_str_is(url->sasl, "plain") && !sw_str_is(url->sasl, "scram-sha-256") &&
	    !sw_str_is(url->sasl, "scram-sha-512"))
		return "The option 'sasl' must be plain, scram-sha-256 or scram-sha-512.";
	return NULL;
}

static const char *const kafka_options[] = { "tls", "sasl", NULL };

const struct sw_publish_kind sw_publish_kafka = {
	.scheme = "kafka",
	.port = 9092,
	.needs_host = true,
	.needs_place = true,
	.place = "topic",
	.options = kafka_options,
	.check = kafka_check,
	.open = kafka_open,
	.ready = kafka_ready,
	.send = kafka_send,
	.tick = kafka_tick,
	.close = kafka_close,
};
