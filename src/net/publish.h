/*
 * net/publish.h - events out to a broker: NATS JetStream, Kafka, and what stands in for them.
 *
 * A target is a URL with options.  Whoever publishes names it each time; connections are made when they are needed,
 * shared by everybody who names the same URL, and closed when nobody did for a while.  A batch is answered when the
 * broker has said for each item that it is stored, or why not.
 *
 *	nats://[user:password@|token@]host[:4222][,host…]/SUBJECT     tls://… the same over TLS
 *	     stream=NAME      made when no stream covers the subject (without it that is an error)
 *	     replicas=1..5    of a stream that is made; 1
 *	     max_age_h=N      hours that it keeps; 0: for ever
 *	     server_name=…    the name that certificates carry; needed when tls:// names several hosts
 *	kafka://[user:password@]host[:9092][,host…]/TOPIC
 *	     tls=1            over TLS
 *	     sasl=plain|scram-sha-256|scram-sha-512      how a password is shown; plain
 *	null:                 everything is taken and forgotten
 *	sim://NAME            in memory, with errors and delays that a test scripts: net/publish/sim.h
 *	and for all of them   timeout_ms=N   how long an item may take, with everything; 10000
 *
 * Where an item goes: NATS to SUBJECT.<subject>, with the headers Nats-Msg-Id and Content-Type; Kafka to TOPIC, with
 * the key (which chooses the partition) and the headers id and content-type.
 *
 * Order.  Items of one key are sent one behind the other, each when the broker has acknowledged the one before, also
 * across batches; different keys go side by side.  When one fails, those of its key that wait behind it are not sent
 * and fail with SW_PUBLISH_BEHIND: publish them again, in order.  An item that is published twice (after a time-out)
 * has the same id: JetStream drops the second within the stream's window, a Kafka consumer compares the header.
 *
 * Reach.  A customer's target may only lead to addresses that the courier would connect to (net/courier/reach.h).
 * Kafka: each address is checked when its socket is about to be connected, those that brokers advertise too.  NATS:
 * libnats connects by itself, so names are resolved and checked here and it is given addresses, never names; servers
 * that a server advertises are not used.  So a name that changes between check and connection gains nothing.
 *
 * Threads: a connection has a thread, and its library some; none of them touches another loop but by mail.
 * sw_publish_batch_wait from a task of any loop; the rest from the thread that owns the publishing.
 */
#ifndef SW_NET_PUBLISH_H
#define SW_NET_PUBLISH_H

#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

struct sw_publish;
struct sw_task;

struct sw_publish_config {
	bool allow_private, allow_loopback; /* customers' targets may reach those: as sw_courier_config */
	struct sw_str ca_file;              /* absent: the system's */
};

struct sw_publish_target {
	struct sw_str url;
	bool trusted;        /* the operator's own, not a customer's: any address, any scheme */
	struct sw_str owner; /* whose connections are counted together; absent: nobody's */
};

struct sw_publish_item {
	struct sw_str key;          /* what order is kept for, such as a resource's SID; absent: none */
	struct sw_str id;           /* of the event; needed */
	struct sw_str subject;      /* behind the URL's: "message.delivered"; absent: none. Kafka does not use it */
	struct sw_str content_type; /* absent: none */
	struct sw_str body;
};

enum sw_publish_error {
	SW_PUBLISH_OK,
	SW_PUBLISH_BAD_TARGET, /* the URL is malformed, or of a scheme that customers may not name */
	SW_PUBLISH_BAD_ITEM,   /* no id, a control character in id or content type, no subject by the broker's rules */
	SW_PUBLISH_REFUSED_ADDRESS,
	SW_PUBLISH_UNREACHABLE, /* no name, no connection, or it was lost and did not come back in time */
	SW_PUBLISH_TLS,
	SW_PUBLISH_AUTH,     /* wrong credentials, or no right to publish there */
	SW_PUBLISH_NO_PLACE, /* no stream covers the subject; no such topic */
	SW_PUBLISH_TOO_LARGE,
	SW_PUBLISH_REFUSED, /* the broker says no: a full stream, a policy */
	SW_PUBLISH_TIMEOUT, /* connected, but no acknowledgement in time: it may be stored */
	SW_PUBLISH_BUSY,    /* too much waits for this target, or there are too many targets */
	SW_PUBLISH_BEHIND,  /* not sent: an earlier one of its key failed */
	SW_PUBLISH_CLOSED,
	SW_PUBLISH_CANCELED,
	SW_PUBLISH_ERRORS
};

struct sw_published {
	enum sw_publish_error error;
	bool retryable;    /* the same item may be taken later, without anybody mending anything at this end */
	bool duplicate;    /* the broker had it already */
	struct sw_str why; /* a sentence for people, without secrets; absent when it was taken */
};

struct sw_publish_limits {
	unsigned targets;       /* connections at once */
	unsigned owner_targets; /* of one owner */
	unsigned batch_items;   /* of one call */
	unsigned waiting;       /* items of one target that wait or are under way; more are BUSY */
	unsigned inflight;      /* of one target, sent and not acknowledged */
	int64_t idle_us;        /* a connection that nobody used is closed */
	int64_t connect_us;     /* one try */
	int64_t timeout_us;     /* an item, without timeout_ms */
	int64_t resend_us;      /* NATS: no acknowledgement after so long: sent again */
	int64_t shutdown_us;    /* for what is under way when everything ends */
	size_t item_bytes;      /* body; a broker may allow less */
};
extern const struct sw_publish_limits sw_publish_limits;

/** Texts of the config are copied. */
struct sw_publish *sw_publish_new(const struct sw_publish_config *config);
/** End what is under way with SW_PUBLISH_CLOSED, close connections, join their threads. The loops that wait must still
 * exist. */
void sw_publish_stop(struct sw_publish *publish);
/** The same if need be, and free: nobody may ask any more. NULL is accepted. */
void sw_publish_free(struct sw_publish *publish);

/**
 * Publish n items (at most sw_publish_limits.batch_items) and wait until the broker answered for each, or its time is
 * over. Texts are copied; the sentences of results live in the task's arena.
 * @param results  n of them, all filled, also on failure
 * @return 0 when all were taken; else SW_EAGAIN (some failed, and each that did may be tried again), SW_EIO (some
 * failed for good), SW_ELIMIT (too many items), SW_ECLOSED, SW_ECANCELED
 */
int sw_publish_batch_wait(struct sw_task *task, struct sw_publish *publish, const struct sw_publish_target *target,
			  const struct sw_publish_item *items, size_t n, struct sw_published *results) SW_MUST_CHECK;

/** Look at a target without connecting. @return 0, or SW_EINVAL and in *ret_why a sentence, in the arena. Thread: any.
 */
int sw_publish_check(struct sw_arena *arena, const struct sw_publish_target *target,
		     struct sw_str *ret_why) SW_MUST_CHECK;

/** "unreachable", "auth" …: for logs and metrics; static. */
const char *sw_publish_error_name(enum sw_publish_error error);

#endif
