/*
 * net/publish/nats_impl.h - what nats.c and nats_stream.c share.
 */
#ifndef SW_NET_PUBLISH_NATS_IMPL_H
#define SW_NET_PUBLISH_NATS_IMPL_H

#include <nats/nats.h>

#include "net/publish/publish_impl.h"

enum { NATS_SLOTS = 8192, NATS_SUBJECT_BYTES = 512 };

/* What was sent and not acknowledged, found by the last part of the acknowledgement's subject. */
struct nats_slot {
	uint64_t token;
	struct sw_entry *entry;
};

struct nats {
	struct sw_outlet *outlet;
	natsConnection *connection; /* NULL: none, not even one that is lost and looked for */
	natsSubscription *acks;
	char inbox[64];
	struct nats_slot slots[NATS_SLOTS];
	uint64_t next_token;
	int64_t retry_at_us, backoff_us;
	int64_t unsure_until_us; /* the server did not say what streams there are */
	struct sw_arena scratch;
	void *ended; /* counts callbacks that come last */
};

/** The subject of an item. @return false: too long */
bool nats_subject(const struct nats *nats, const struct sw_publish_item *item, char out[NATS_SUBJECT_BYTES]);
/** End an entry by the body of its acknowledgement. */
void nats_take_ack(struct nats *nats, struct sw_entry *entry, struct sw_str body);

enum nats_stream { NATS_STREAM_THERE, NATS_STREAM_NONE, NATS_STREAM_UNSURE };
/** Is there a stream for the subject? One is made when the URL names it. why: of NONE. Blocks. */
enum nats_stream nats_find_stream(struct nats *nats, const char *subject, char why[SW_PUBLISH_WHY_BYTES]);

#endif
