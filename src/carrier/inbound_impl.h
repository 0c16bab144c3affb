/* What the files of inbound messages share; on the carrier's loop. */
#ifndef SW_INBOUND_IMPL_H
#define SW_INBOUND_IMPL_H

#include "base/time.h"
#include "carrier/carrier_impl.h"
#include "carrier/inbound.h"

#define SW_INBOUND_WAIT_US (10 * 60 * SW_US_PER_S) /* for the missing parts; for repetitions */

enum { SPENT_MAX = 256 };

/* A message whose parts the product has ended, or refused to take: rows may be left. */
struct spent {
	struct sw_id key;
	int64_t until_us;
};

struct inbound_book {
	struct sw_carrier *carrier;
	struct sw_map seen, sets;
	struct sw_list taken, order; /* oldest first; order: sets */
	unsigned taken_n, sets_n, pieces_n;
	struct spent spent[SPENT_MAX];
	unsigned spent_n;
	struct sw_timer purge;
	bool stopped;
};

static inline struct sw_str sw_inbound_key(const struct sw_id *id)
{
	return (struct sw_str){ (const char *)id->b, sizeof(id->b) };
}

/* ---- inbound.c ---- */

/* Without NULs: such is no character of a message, and no text of the store may hold one. */
struct sw_str sw_inbound_text(struct sw_arena *arena, struct sw_str text);

/* ---- inbound_seen.c: repetitions ---- */

/* The same content gets another digest each time it comes over connections that are up. */
struct sw_id sw_inbound_digest(struct inbound_book *book, struct sw_id content, uint64_t connection);
/* It was not stored, so it has not come yet. */
void sw_inbound_untake(struct inbound_book *book, struct sw_id content, uint64_t connection);
void sw_inbound_seen_done(struct inbound_book *book);

/* ---- inbound_parts.c ---- */

/* A part is stored, since then (wall): its message is told when it was the last. */
void sw_inbound_note_piece(struct sw_carrier *carrier, struct sw_id key, unsigned total, unsigned number,
			   int64_t first_us);
void sw_inbound_parts_done(struct inbound_book *book);

#endif
