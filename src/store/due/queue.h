/*
 * store/due/queue.h - the due rows held in memory.  Private to this room.
 *
 * A shard for each loop holds the rows whose ref hashes to it; only that loop touches it.  Rows come in by mail,
 * from a commit (sw_due_committed) or from the loader (load.c), a task of the first loop that reads the table
 * in the order of firing.
 *
 * What is in memory: every row up to the loader's cursor, and rows committed since with a due time before
 * accept_us.  A row that a commit does not bring here is behind the cursor and will be read: the loader raises
 * accept_us before it reads, so a row committed after its snapshot is accepted by the one who committed it.
 */
#ifndef SW_STORE_DUE_QUEUE_H
#define SW_STORE_DUE_QUEUE_H

#include "loop/timer.h"
#include "store/driver.h"

enum {
	SW_DUE_KINDS = 64,
	SW_DUE_WINDOW_US = 60 * 1000000,
	SW_DUE_LEAD_US = 30 * 1000000, /* read so long before the first row beyond the window is due */
};

enum sw_due_state { SW_DUE_WAITING, SW_DUE_READY, SW_DUE_RUNNING, SW_DUE_OVER };

/* A row in memory. */
struct sw_due_entry {
	struct sw_mail mail; /* first: on its way to the shard */
	struct sw_due_shard *shard;
	struct sw_due_entry *chain; /* others of the same hash */
	struct sw_timer timer;
	struct sw_list node; /* in shard.ready or shard.over */
	enum sw_due_state state;
	unsigned failures;
	struct sw_due due; /* its text stands behind the entry */
	char text[];
};

struct sw_due_shard {
	struct sw_due_queue *queue;
	struct sw_loop *loop;
	struct sw_due_entry **table; /* by hash of ref */
	size_t table_n, entry_n;
	struct sw_list ready[SW_DUE_KINDS]; /* due, waiting for a free place */
	struct sw_list over;                /* done while the loader may have an older picture of the table */
	struct sw_list soon;                /* done outside the store: their rows are deleted together */
	unsigned soon_n;
	struct sw_timer soon_timer;
	unsigned running;
	bool pumping, stopped;
	atomic_bool loading;               /* the loader reads; set by it, cleared here */
	atomic_bool blocked[SW_DUE_KINDS]; /* ready rows and no place */
	atomic_bool nudged;
	struct sw_mail nudge, stop;
};

struct sw_due_queue {
	struct sw_store *store;
	const struct sw_due_kind *const *kinds;
	unsigned kind_n;
	struct sw_loop *home; /* the loader's */
	atomic_int running[SW_DUE_KINDS];
	atomic_llong backlog;
	atomic_uint held; /* entries in memory */
	_Atomic int64_t accept_us;
	_Atomic int64_t far_us; /* earliest row known to be only in the table */
	atomic_bool full;       /* the loader stopped before the end of its window */
	atomic_bool lost;       /* rows before the cursor were turned away: read from the beginning */
	atomic_bool stopping;
	atomic_bool kicked;
	struct sw_mail kick;
	sem_t stopped;
	/* the loader's own */
	struct sw_id cursor; /* all up to here were read */
	struct sw_timer alarm;
	bool loading;
	unsigned shard_n;
	struct sw_due_shard shard[];
};

/* ---- shard.c ---- */

void sw_due_shard_init(struct sw_due_queue *queue, unsigned i, struct sw_loop *loop);
void sw_due_shard_done(struct sw_due_shard *shard);
struct sw_due_shard *sw_due_shard_of(struct sw_due_queue *queue, const struct sw_due *due);
/** A copy on the heap, counted as held. */
struct sw_due_entry *sw_due_entry_new(struct sw_due_queue *queue, const struct sw_due *due);
/** Take an entry in, or free it when its row is here already. On the shard's loop. */
void sw_due_shard_add(struct sw_due_shard *shard, struct sw_due_entry *entry);
/** Drop what waits of one kind about one ref. On the shard's loop. */
void sw_due_shard_cancel(struct sw_due_shard *shard, const struct sw_due *due);
/** The loader's page has arrived: nothing older than it will come. On the shard's loop. */
void sw_due_shard_page_end(struct sw_due_shard *shard);
void sw_due_shard_stop(struct sw_due_shard *shard);
/** Its row is gone, or is not for this memory any more. */
void sw_due_shard_drop(struct sw_due_entry *entry);

/* ---- soon.c; on the shard's loop ---- */

void sw_due_soon_add(struct sw_due_shard *shard, struct sw_due_entry *entry);
/** Delete what is left, now. */
void sw_due_soon_stop(struct sw_due_shard *shard);

/* ---- load.c ---- */

/** Look at what to read next. Thread: any. */
void sw_due_kick(struct sw_due_queue *queue);
void sw_due_on_kick(struct sw_mail *mail);
/** Rows were let go: go on reading when there is room again. Thread: any. */
void sw_due_released(struct sw_due_queue *queue);

static inline struct sw_id sw_due_last_id(int64_t due_us)
{
	struct sw_id id;
	memset(id.b, 0xff, sizeof(id.b));
	for (unsigned i = 0; i < 8; i++)
		id.b[i] = (uint8_t)((uint64_t)due_us >> (56 - 8 * i));
	return id;
}

#endif
