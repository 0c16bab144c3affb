/* Repetitions of inbound messages: what the head of inbound.h says of them. */
#include "carrier/inbound_impl.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/time.h"
#include "loop/clock.h"

#define DOUBT_US (2 * 60 * SW_US_PER_S) /* before a connection ends, answers may have been lost */

/* How often a content came over connections that are up. */
struct seen {
	struct sw_id content;
	unsigned count;
};

/* One that came. */
struct taken {
	struct sw_list node;
	struct seen *seen;
	uint64_t connection;
	int64_t at_us;
};

static void uncount(struct inbound_book *book, struct taken *taken)
{
	struct seen *seen = taken->seen;
	sw_list_del(&taken->node);
	free(taken);
	book->taken_n--;
	if (--seen->count)
		return;
	sw_map_take(&book->seen, sw_inbound_key(&seen->content));
	free(seen);
}

void sw_inbound_seen_done(struct inbound_book *book)
{
	while (!sw_list_empty(&book->taken))
		uncount(book, SW_CONTAINER(book->taken.next, struct taken, node));
	sw_map_done(&book->seen);
}

static void forget_old(struct inbound_book *book, int64_t now)
{
	while (!sw_list_empty(&book->taken)) {
		struct taken *oldest = SW_CONTAINER(book->taken.next, struct taken, node);
		if (book->taken_n <= SW_INBOUND_SEEN_MAX && now - oldest->at_us < SW_INBOUND_WAIT_US)
			return;
		uncount(book, oldest);
	}
}

struct sw_id sw_inbound_digest(struct inbound_book *book, struct sw_id content, uint64_t connection)
{
	struct seen *seen = sw_map_find(&book->seen, sw_inbound_key(&content));
	struct taken *taken = calloc(1, sizeof(*taken));
	SW_BUG_ON(!taken);
	if (!seen) {
		seen = calloc(1, sizeof(*seen));
		SW_BUG_ON(!seen);
		seen->content = content;
		sw_map_put(&book->seen, sw_inbound_key(&seen->content), seen);
	}
	struct sw_id digest = content;
	for (int i = 0; i < 4; i++)
		digest.b[i] ^= (uint8_t)(seen->count >> 8 * i);
	seen->count++;
	*taken = (struct taken){ .seen = seen, .connection = connection, .at_us = sw_mono_us() };
	sw_list_push(&book->taken, &taken->node);
	book->taken_n++;
	forget_old(book, taken->at_us);
	return digest;
}

void sw_inbound_connection_ended(struct sw_carrier *carrier, uint64_t connection)
{
	struct inbound_book *book = carrier->inbound;
	int64_t now = sw_mono_us();
	for (struct sw_list *node = book->taken.prev, *before; node != &book->taken; node = before) {
		struct taken *taken = SW_CONTAINER(node, struct taken, node);
		before = node->prev;
		if (now - taken->at_us > DOUBT_US)
			return;
		if (taken->connection == connection)
			uncount(book, taken);
	}
}

void sw_inbound_untake(struct inbound_book *book, struct sw_id content, uint64_t connection)
{
	for (struct sw_list *node = book->taken.prev; node != &book->taken; node = node->prev) {
		struct taken *taken = SW_CONTAINER(node, struct taken, node);
		if (taken->connection != connection || !sw_id_eq(taken->seen->content, content))
			continue;
		uncount(book, taken);
		return;
	}
}

struct sw_id sw_inbound_digest_of_id(struct sw_arena *arena, const struct sw_carrier *carrier, struct sw_str id)
{
	uint8_t digest[32];
	struct sw_id ret = { 0 };
	if (!id.n)
		return ret;
	sw_sha256(sw_str_fmt(arena, "%s\n%.*s", sw_carrier_name(carrier), SW_FMT(id)), digest);
	memcpy(ret.b, digest, sizeof(ret.b));
	return ret;
}
