/*
 * store/attempt/log.h - what the files of the attempt log share.  Private to src/store.
 *
 * record.c  attempts as bytes
 * log.c     chunks in the making, the thread that writes them, and the limits
 * read.c    lists
 */
#ifndef SW_STORE_ATTEMPT_LOG_H
#define SW_STORE_ATTEMPT_LOG_H

#include "base/buf.h"
#include "base/metrics.h"
#include "store/attempt.h"
#include "store/query.h"

/* ---- record.c ---- */

enum { SW_ATTEMPT_TEXTS = 11 };

/* Records are written as what differs from the one before, so both sides keep that. */
struct sw_attempt_writer {
	struct sw_buf last[SW_ATTEMPT_TEXTS]; /* on the heap */
};
struct sw_attempt_reader {
	struct sw_arena *arena; /* texts */
	struct sw_str rest;     /* of the row */
	struct sw_str last[SW_ATTEMPT_TEXTS];
};

/** The next record depends on none. */
void sw_attempt_writer_reset(struct sw_attempt_writer *writer);
void sw_attempt_writer_done(struct sw_attempt_writer *writer);
/** Append a record, without its id. */
void sw_attempt_encode(struct sw_attempt_writer *writer, const struct sw_attempt *attempt, struct sw_buf *out);
/** The next record of a row. @return 0, SW_ENOTFOUND (no more), SW_ECORRUPT */
int sw_attempt_decode(struct sw_attempt_reader *reader, struct sw_attempt *ret) SW_MUST_CHECK;

/** The id of a row's n-th attempt, and back. */
struct sw_id sw_attempt_id(int64_t block, uint32_t n);
int64_t sw_attempt_block(struct sw_id id, uint32_t *ret_n);

/* ---- log.c ---- */

enum {
	SW_SQL_ATTEMPT_PUT,
	SW_SQL_ATTEMPT_OF,
	SW_SQL_ATTEMPT_GET,
	SW_SQL_ATTEMPT_SIZE,
	SW_SQL_ATTEMPT_FORGET,
	SW_SQL_ATTEMPT_DROP,
	SW_ATTEMPT_SQL_N,
};
extern const struct sw_sql sw_attempt_rows[SW_ATTEMPT_SQL_N];
extern const struct sw_sql_table sw_attempt_sql;
extern const struct sw_query_def sw_attempt_query;

struct sw_store *sw_attempt_store(const struct sw_attempt_log *log);

enum sw_attempt_metric {
	SW_ATTEMPT_WRITTEN,
	SW_ATTEMPT_LEFT_OUT,
	SW_ATTEMPT_DROPPED,
	SW_ATTEMPT_BYTES,
	SW_ATTEMPT_METRICS,
};

#endif
