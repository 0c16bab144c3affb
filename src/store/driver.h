/*
 * store/driver.h - what a database engine gives to this room.  Private to src/store.
 *
 * A driver gets jobs: transactions and reads.  It answers each exactly once through sw_answers_add()
 * and sw_answers_post(), from any thread.  Nothing of a job may be touched after it was posted.
 */
#ifndef SW_STORE_DRIVER_H
#define SW_STORE_DRIVER_H

#include <semaphore.h>

#include "base/buf.h"
#include "base/list.h"
#include "base/map.h"
#include "base/metrics.h"
#include "loop/loop.h"
#include "loop/task.h"
#include "store/due.h"
#include "store/query.h"
#include "store/store.h"

/* One thing asked of a driver. Lives in the asker's memory, which stays until it is answered. */
struct sw_job {
	struct sw_mail mail;  /* first: to the driver, then (for the first of a group) to the loop */
	struct sw_job *next;  /* answered in the same mail */
	struct sw_loop *loop; /* NULL: a plain thread waits on `done` */
	struct sw_wait wait;
	sem_t done;
	int err;
	struct sw_arena *rows; /* owned until handed to the asker; NULL: no rows */
	struct sw_txn *txn;    /* NULL: a read */
};

struct sw_step {
	const struct sw_sql *sql;
	unsigned stmt; /* place in the store's list of statements */
	enum sw_guard guard;
	int on_fail;
	unsigned n;
	const struct sw_val *v;
};

struct sw_txn {
	struct sw_job job;
	struct sw_store *store;
	struct sw_arena *arena;
	int bucket;
	struct sw_step *steps;
	unsigned n, cap;
	struct sw_id trace; /* zero: not traced */
	int64_t submitted_us;
	struct sw_result result;
	struct sw_due_note *due_notes; /* what the due queue learns after the commit, oldest first */
	struct sw_due_note **due_tail;
};

struct sw_read {
	struct sw_job job;
	unsigned stmt;      /* of the store's list, or SW_STMT_TEXT */
	struct sw_str text; /* SW_STMT_TEXT: the statement, NUL behind it; parameters numbered in order */
	const char *out;
	const struct sw_val *v;
	unsigned n;
	struct sw_rows result;
};

#define SW_STMT_TEXT UINT32_MAX

/* A wait for events of a bucket behind a number. Belongs to the driver between watch and its mails. */
struct sw_watch {
	struct sw_mail wake;   /* posted to the loop once, when the bucket has more */
	struct sw_mail cancel; /* to the driver, and posted back always */
	struct sw_list node;   /* the driver's */
	struct sw_store *store;
	struct sw_loop *loop;
	void (*on_wake)(struct sw_mail *mail);
	void (*on_cancelled)(struct sw_mail *mail);
	int bucket;
	int64_t after_seq;
};

struct sw_driver {
	const char *scheme; /* "sqlite:" */
	int (*open)(struct sw_store *store, struct sw_arena *arena, const struct sw_store_config *config,
		    struct sw_str where, struct sw_str *ret_why);
	void (*close)(struct sw_store *store);
	void (*commit)(struct sw_store *store, struct sw_txn *txn);
	void (*read)(struct sw_store *store, struct sw_read *read);
	void (*watch)(struct sw_store *store, struct sw_watch *watch);
	void (*unwatch)(struct sw_store *store, struct sw_watch *watch);
};

/* Checking statements without a store (check.c): a connection to an empty database with the schema. */
struct sw_checker {
	int (*open)(struct sw_arena *arena, const struct sw_store_config *config, void **ret_conn, struct sw_buf *why);
	void (*close)(void *conn);
	/** Prepare, compare with `in` and `out`; complaints go to why, a line each. */
	int (*prepare)(void *conn, const struct sw_sql *sql, struct sw_buf *why);
};
extern const struct sw_checker sw_checker_sqlite;

extern const struct sw_driver sw_driver_sqlite;

struct sw_store {
	const struct sw_driver *driver;
	void *engine;
	const struct sw_sql_table **tables; /* by address of their rows */
	unsigned *first;                    /* number of a table's first statement */
	unsigned table_n, stmt_n;
	unsigned queue_max;
	atomic_uint queued;
	atomic_bool closed;
	unsigned due_max;
	_Atomic(struct sw_due_queue *) due; /* NULL until sw_due_start() */
};

/** Number of a statement in the store's list; a row of a table that was not given to sw_store_open() is a bug. */
unsigned sw_store_number(const struct sw_store *store, const struct sw_sql *sql);
/** Statement by number. */
const struct sw_sql *sw_store_statement(const struct sw_store *store, unsigned number);

/* ---- answers, grouped by loop: one mail for each loop ---- */

#define SW_ANSWER_LOOPS 64

struct sw_answers {
	unsigned n;
	struct {
		struct sw_loop *loop;
		struct sw_job *head, *tail;
	} group[SW_ANSWER_LOOPS];
};

void sw_answers_add(struct sw_answers *answers, struct sw_job *job);
void sw_answers_post(struct sw_answers *answers);

/* ---- composed SELECTs (query.c) ---- */

#define SW_QUERY_VALUES_MAX 20

/** The text, NUL behind it, and the values of $1, $2 … in order. */
struct sw_str sw_query_compose(struct sw_query *query, struct sw_val values[SW_QUERY_VALUES_MAX], unsigned *ret_n);

/* ---- migrations: what the runner needs of an engine ---- */

struct sw_schema_ops {
	/** Run one or more statements. @return 0 or an error, with the engine's words added to why */
	int (*exec)(void *conn, const char *sql, struct sw_buf *why);
	/** Rows of a SELECT, by letters of out. */
	int (*select)(void *conn, struct sw_arena *arena, const char *sql, const char *out, struct sw_rows *ret,
		      struct sw_buf *why);
};

int sw_migrate(const struct sw_schema_ops *ops, void *conn, struct sw_arena *arena,
	       const struct sw_store_config *config, struct sw_buf *why) SW_MUST_CHECK;

/* ---- due queue (due/) ---- */

/* After a commit: a row that was inserted, or a reference whose rows were cancelled. In the txn's arena. */
struct sw_due_note {
	struct sw_due_note *next;
	bool cancelled;
	struct sw_due due;
};

/** Tell the due queue; on the thread that asked for the commit. */
void sw_due_committed(struct sw_store *store, const struct sw_due_note *notes);
void sw_due_free(struct sw_store *store);

/** Run a composed SELECT (query.c). task NULL: from a plain thread. */
int sw_store_read_text(struct sw_task *task, struct sw_store *store, struct sw_arena *arena, struct sw_read *read,
		       struct sw_rows *ret) SW_MUST_CHECK;

/* ---- the room's own tables ---- */

enum sw_store_sql {
	SW_SQL_EVENT_INSERT,
	SW_SQL_EVENT_LAST,
	SW_SQL_EVENT_FIRST,
	SW_SQL_SEQ_LOAD,
	SW_SQL_SEQ_RAISE,
	SW_SQL_DUE_INSERT,
	SW_SQL_DUE_DONE,
	SW_SQL_DUE_MOVE,
	SW_SQL_DUE_LATER,
	SW_SQL_DUE_CANCEL,
	SW_SQL_DUE_WINDOW,
	SW_SQL_DUE_NEXT,
	SW_SQL_DUE_STILL,
	SW_STORE_SQL_N,
};
extern const struct sw_sql sw_store_sql[SW_STORE_SQL_N];
extern const struct sw_sql_table sw_store_sql_table;
extern const struct sw_query_table sw_store_query_table;

enum sw_store_metric {
	STORE_QUEUE,
	STORE_UNITS,
	STORE_COMMITS,
	STORE_GUARD_FAILURES,
	STORE_REPLAYS,
	STORE_FAILURES,
	STORE_READS,
	STORE_COMMIT_US,
	STORE_ANSWER_US,
	STORE_CHECKPOINT_US,
	STORE_METRIC_N,
};
extern struct sw_metric_set sw_store_metrics;

#endif
