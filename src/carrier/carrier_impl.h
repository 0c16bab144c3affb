/* What the files of this room share about a carrier. */
#ifndef SW_CARRIER_IMPL_H
#define SW_CARRIER_IMPL_H

#include <semaphore.h>
#include <stdatomic.h>

#include "base/list.h"
#include "base/map.h"
#include "base/metrics.h"
#include "carrier/carrier.h"
#include "core/core.h"
#include "loop/loop.h"
#include "loop/timer.h"
#include "store/store.h"

enum sw_carrier_statement {
	SW_SQL_PART_PUT,
	SW_SQL_PART_FIND,
	SW_SQL_PART_END,
	SW_SQL_PART_OLD,
	SW_SQL_ORPHAN_PUT,
	SW_SQL_ORPHAN_LIST,
	SW_SQL_ORPHAN_END,
	SW_SQL_ORPHAN_SWEEP,
	SW_SQL_UNKNOWN_PUT,
	SW_SQL_UNKNOWN_FIND,
	SW_SQL_UNKNOWN_END,
	SW_SQL_INBOUND_PUT,
	SW_SQL_INBOUND_SWEEP,
	SW_SQL_PIECE_PUT,
	SW_SQL_PIECE_GET,
	SW_SQL_PIECE_LIST,
	SW_SQL_PIECE_END,
	SW_SQL_PIECE_PURGE,
	SW_CARRIER_SQL_N
};
#define CARRIER_SQL(n) (&sw_carrier_sql.rows[n])

/* How the id of a receipt is compared with that of the answer. */
enum id_form { ID_TEXT, ID_HEX, ID_DEC, ID_FORMS };

/* Ids of answers, newest last, and reports that wait for theirs. */
struct receipt_book {
	struct sw_map known, orphans;
	struct sw_list known_order, orphan_order;
	unsigned known_n, orphan_n;
	unsigned looking;           /* held reports that are looked for again, a task each */
	int form;                   /* enum id_form; -1: any */
	uint64_t matched[ID_FORMS]; /* how often each form led to a message */
	struct sw_timer sweep;
	unsigned sweeps;
	bool stopped;
};

enum sw_carrier_metric {
	SW_CARRIER_SUBMITTED,
	SW_CARRIER_ACCEPTED,
	SW_CARRIER_REFUSED,
	SW_CARRIER_BUSY,
	SW_CARRIER_UNKNOWN,
	SW_CARRIER_LATE,
	SW_CARRIER_LATENCY,
	SW_CARRIER_REPORTS,
	SW_CARRIER_REPORTS_AGAIN,
	SW_CARRIER_REPORTS_HELD,
	SW_CARRIER_REPORTS_UNMATCHED,
	SW_CARRIER_PLACES,
	SW_CARRIER_HOOKS_REFUSED,
	SW_CARRIER_METRICS
};

struct sw_carrier {
	const struct sw_carrier_kind *kind;
	void *state;
	struct sw_carrier_env env;
	struct sw_carrier_sink sink;
	char *name;
	bool stopped;
	atomic_int places, taken; /* taken may pass places when those shrink */
	atomic_int queueing;      /* tasks that wait for a place */
	atomic_bool nudged;
	struct sw_list queue; /* their trips, oldest first */
	struct sw_mail nudge, start, stop;
	sem_t stop_done;
	struct receipt_book book;
	struct inbound_book *inbound;
	struct sw_arena *opening; /* the caller's, while it opens */
	atomic_llong counts[SW_CARRIER_METRICS];
};

/* NULL: it keeps nothing. */
static inline struct sw_store *sw_carrier_store(const struct sw_carrier *carrier)
{
	return carrier->env.core ? carrier->env.core->store : NULL;
}

/* inbound.c, on the carrier's loop but where its life begins and ends */
void sw_inbound_init(struct sw_carrier *carrier);
void sw_inbound_start(struct sw_carrier *carrier);
void sw_inbound_stop(struct sw_carrier *carrier);
void sw_inbound_done(struct sw_carrier *carrier);

/* Of one carrier, and of all. Thread: any. */
void sw_carrier_count(struct sw_carrier *carrier, enum sw_carrier_metric metric, int64_t n);

/* place.c */
void sw_carrier_places_init(struct sw_carrier *carrier);
/* Those who wait get places while there are any; SW_ECLOSED for all when it stopped. */
void sw_carrier_serve_queue(struct sw_carrier *carrier);

/* receipt.c, on the carrier's loop but where its life begins and ends */
void sw_receipts_init(struct sw_carrier *carrier);
void sw_receipts_start(struct sw_carrier *carrier);
void sw_receipts_stop(struct sw_carrier *carrier);
void sw_receipts_done(struct sw_carrier *carrier);
/* The ids of an accepted answer; before it goes home. Reports that came earlier are told to the sink. */
void sw_receipts_remember(struct sw_carrier *carrier, const struct sw_ticket *ticket, struct sw_str to,
			  const struct sw_submitted *submitted);

enum { SW_LOOK_AGAIN_MAX = 500 }; /* held reports looked for in the store again at a time */
/* A row of SW_SQL_ORPHAN_LIST is looked for again, and held; not while SW_LOOK_AGAIN_MAX are. */
void sw_receipts_take_back(struct sw_carrier *carrier, struct sw_row row);
/* Give up reports held since before then. @return how many */
unsigned sw_receipts_expire(struct sw_carrier *carrier, int64_t before_us);
/* Look for some of those that are held in the store again: meanwhile their message may be one of unknown outcome. */
void sw_receipts_look_again(struct sw_carrier *carrier);

/* receipt_id.c: an id as it is kept and looked for: lower case, without leading zeros. @return 0, SW_EINVAL */
int sw_receipt_id(struct sw_str id, char ret[SW_CARRIER_ID_MAX]);
/* The same of a report read as if it were in that form. @return 0, SW_EINVAL (it is no number of that kind) */
int sw_receipt_id_as(struct sw_str id, enum id_form form, char ret[SW_CARRIER_ID_MAX]);
/* "+44 20…" -> "4420…" */
struct sw_str sw_receipt_digits(struct sw_str address, char ret[32]);

#endif
