/*
 * store/store.h - durable state: transactions as lists of named statements, and queries.
 *
 * A transaction is a list of prepared statements with bound values, each with a guard and the
 * error to answer when the guard fails.  It is sent whole; the results come back to the caller's
 * loop after the commit reached the disk.  It touches one bucket and can be run again word for
 * word after a serialization error.  Nothing here names an engine.
 *
 *	struct sw_txn *txn = sw_txn_new(store, arena, bucket);
 *	sw_txn_do(txn, &message_sql[SQL_DEBIT], SW_GUARD_ONE, 20003, SW_I(bucket), SW_ID(account), SW_I(price));
 *	sw_txn_event(txn, &event);
 *	err = sw_commit_wait(task, txn, &result);
 *
 * Statements are rows of const tables (struct sw_sql_table) given to sw_store_open(); the address of
 * a row is its handle.  $1, $2 … are bound by name.  The name of a row is its metric label, its trace
 * step and its server-side name.
 *
 * A key that is there already (unique or primary) is a failed guard, whatever the guard.
 *
 * Ownership: a transaction lives in the caller's arena and borrows every text and blob until it
 * completes.  Results live in an arena of their own, tied to the caller's arena by sw_arena_hold().
 * Thread: build, submit and receive on one loop (or one thread without a loop for the _now calls).
 * Errors: SW_EGUARD (result.failed and result.code say which), SW_ENOSPC, SW_EIO, SW_ELIMIT (queue
 * full: answer 503 and Retry-After), SW_ECLOSED.
 */
#ifndef SW_STORE_STORE_H
#define SW_STORE_STORE_H

#include "base/arena.h"
#include "base/id.h"
#include "base/str.h"

struct sw_buf;
struct sw_query_table;
struct sw_store;
struct sw_task;
struct sw_txn;

#define SW_BUCKETS 4096

/* ---- values ---- */

enum sw_val_kind { SW_VAL_NULL, SW_VAL_INT, SW_VAL_TEXT, SW_VAL_BLOB, SW_VAL_SEQ };

struct sw_val {
	enum sw_val_kind kind;
	int64_t i;
	struct sw_str s; /* TEXT and BLOB: borrowed */
};

#define SW_I(int_) ((struct sw_val){ .kind = SW_VAL_INT, .i = (int64_t)(int_) })
/* Text; absent (p == NULL) is bound as NULL. */
#define SW_T(str_) (sw_val_text(str_))
#define SW_B(str_) (sw_val_blob(str_))
/* A 16-byte id; the id must live as long as the transaction's arena: it is copied into it by sw_txn_do. */
#define SW_ID(id_) ((struct sw_val){ .kind = SW_VAL_BLOB, .s = { (const char *)(id_).b, 16 } })
#define SW_NULL ((struct sw_val){ .kind = SW_VAL_NULL })
/* The next event number of the transaction's bucket, filled in by the driver at commit. */
#define SW_SEQ ((struct sw_val){ .kind = SW_VAL_SEQ })

static inline struct sw_val sw_val_text(struct sw_str s)
{
	return (struct sw_val){ .kind = s.p ? SW_VAL_TEXT : SW_VAL_NULL, .s = s };
}

static inline struct sw_val sw_val_blob(struct sw_str s)
{
	return (struct sw_val){ .kind = s.p ? SW_VAL_BLOB : SW_VAL_NULL, .s = s };
}

/* ---- statements ---- */

struct sw_sql {
	const char *name; /* "message.insert"; unique in the program */
	const char *text; /* one statement both engines accept; parameters $1 .. $n */
	const char *in;   /* a letter a parameter: i int64, t text, b blob; upper case: may be NULL */
	const char *out;  /* a letter a result column, the same letters; NULL or "": no rows */
	const char *pg;   /* PostgreSQL's text where the common one cannot do; rare */
	bool bulk;        /* may be folded with its neighbours by a driver that gains from it */
};

struct sw_sql_table {
	const char *room;
	const struct sw_sql *rows;
	unsigned n;
};

/* Schema changes of one room, numbered from 1 without gaps, never edited once released. */
struct sw_migration {
	const char *room;
	unsigned number;
	const char *name;
	const char *sql; /* one or more statements, ';' behind each */
};

/* Those of migrations/, embedded by the build: store, core, then by room name. */
extern const struct sw_migration sw_migrations[];

/* ---- opening ---- */

struct sw_store_config {
	const char *url;                          /* "sqlite:DIR"; "sqlite::memory:" keeps nothing (tests) */
	const struct sw_sql_table *const *tables; /* NULL-terminated; this room's own is added */
	const struct sw_query_table *const
		*queries; /* NULL-terminated or NULL: composed SELECTs (store/query.h), for checks */
	const struct sw_migration *migrations; /* NULL room ends */
	unsigned readers;                      /* reader threads; 0: number of cores */
	unsigned queue_max;                    /* transactions waiting before SW_ELIMIT; 0: 16384 */
	unsigned due_max;                      /* due rows held in memory; 0: 65536 */
	bool no_migrate;                       /* refuse an old schema instead of raising it */
	/* The attempt log's database (store/attempt.h): attempts.db beside the other, with migrations of its own, and
	 * what was committed last may be lost with the machine's power. */
	bool attempts;
	bool read_only; /* only queries, also beside a server that runs; refuses an old schema, and leaves no trace */
};

/**
 * Open, migrate, prepare every statement, start the writer and the readers.
 * @param ret_why  on failure: what was wrong and what to do, static or in the arena
 * @return 0, SW_EINVAL (URL, statement), SW_EIO, SW_EBUSY (another process has it), SW_ECORRUPT (schema newer than the
 * program)
 */
int sw_store_open(struct sw_arena *arena, const struct sw_store_config *config, struct sw_store **ret,
		  struct sw_str *ret_why) SW_MUST_CHECK;
/** Finish what was submitted, then close. Completions still reach their loops. After sw_due_stop(). */
void sw_store_close(struct sw_store *store);

/**
 * Apply the migrations to an empty SQLite database in memory and prepare every statement and every shape of
 * the composed ones there; compare number and types of parameters and columns with `in` and `out`.
 * config: tables, queries and migrations are used.
 * @return number of complaints; each is a line in `complaints`
 */
int sw_store_check(struct sw_arena *arena, const struct sw_store_config *config, struct sw_buf *complaints);
/** The same statements as a script for psql: migrations, then PREPARE with the declared types (tools/check-sql). */
void sw_store_check_script(struct sw_arena *arena, const struct sw_store_config *config, struct sw_buf *script);

/* ---- transactions ---- */

enum sw_guard {
	SW_GUARD_ANY,         /* any number of rows changed or returned */
	SW_GUARD_ONE,         /* exactly one */
	SW_GUARD_AT_MOST_ONE, /* none or one */
};

/* One row of a result: values in the order of `out`; texts and blobs live in the result's arena. */
struct sw_row {
	const struct sw_val *v;
};

struct sw_rows {
	const struct sw_row *row;
	size_t n;
};

struct sw_step_result {
	int64_t changed; /* rows changed or returned */
	struct sw_rows rows;
};

struct sw_result {
	struct sw_step_result *step; /* by the number sw_txn_do() gave */
	unsigned n;
	unsigned failed; /* SW_EGUARD: step whose guard failed */
	int code;        /* SW_EGUARD: on_fail of that step */
	int64_t seq;     /* number of the last event written, 0: none */
};

struct sw_txn *sw_txn_new(struct sw_store *store, struct sw_arena *arena, int bucket);
/** The id whose flight recorder gets this transaction's statements (base/trace.h). */
void sw_txn_trace(struct sw_txn *txn, struct sw_id id);
/** Append a step. on_fail: a code of the error catalogue, or a negative enum sw_err. @return its number */
unsigned sw_txn_step(struct sw_txn *txn, const struct sw_sql *sql, enum sw_guard guard, int on_fail,
		     const struct sw_val *values, unsigned n);
#define sw_txn_do(txn, sql, guard, on_fail, ...)                                              \
	sw_txn_step((txn), (sql), (guard), (on_fail), (const struct sw_val[]){ __VA_ARGS__ }, \
		    (unsigned)(sizeof((const struct sw_val[]){ __VA_ARGS__ }) / sizeof(struct sw_val)))
int sw_txn_bucket(const struct sw_txn *txn);
/** The arena that the transaction lives in: for texts that must last as long. */
struct sw_arena *sw_txn_arena(const struct sw_txn *txn);
struct sw_store *sw_txn_store(const struct sw_txn *txn);

/** Send and wait for the commit, in a task. ret may be NULL. */
int sw_commit_wait(struct sw_task *task, struct sw_txn *txn, struct sw_result *ret) SW_MUST_CHECK;
/** The same from a plain thread (start-up, tools, tests): blocks. */
int sw_commit_now(struct sw_txn *txn, struct sw_result *ret) SW_MUST_CHECK;

/** Run one that removes SW_SWEEP_SLICE rows at most until it removes fewer, so that nobody waits long for the writer.
 */
int sw_sweep_step_wait(struct sw_task *task, struct sw_store *store, int bucket, const struct sw_sql *sql,
		       const struct sw_val *values, unsigned n) SW_MUST_CHECK;
#define sw_sweep_wait(task, store, bucket, sql, ...)                                                 \
	sw_sweep_step_wait((task), (store), (bucket), (sql), (const struct sw_val[]){ __VA_ARGS__ }, \
			   (unsigned)(sizeof((const struct sw_val[]){ __VA_ARGS__ }) / sizeof(struct sw_val)))
#define SW_SWEEP_SLICE 500

/* ---- queries: one SELECT, on a reader; sees every commit answered before it was asked ---- */

int sw_query_step_wait(struct sw_task *task, struct sw_store *store, struct sw_arena *arena, const struct sw_sql *sql,
		       const struct sw_val *values, unsigned n, struct sw_rows *ret) SW_MUST_CHECK;
#define sw_query_wait(task, store, arena, sql, ret, ...)                                            \
	sw_query_step_wait((task), (store), (arena), (sql), (const struct sw_val[]){ __VA_ARGS__ }, \
			   (unsigned)(sizeof((const struct sw_val[]){ __VA_ARGS__ }) / sizeof(struct sw_val)), (ret))
int sw_query_step_now(struct sw_store *store, struct sw_arena *arena, const struct sw_sql *sql,
		      const struct sw_val *values, unsigned n, struct sw_rows *ret) SW_MUST_CHECK;
#define sw_query_now(store, arena, sql, ret, ...)                                          \
	sw_query_step_now((store), (arena), (sql), (const struct sw_val[]){ __VA_ARGS__ }, \
			  (unsigned)(sizeof((const struct sw_val[]){ __VA_ARGS__ }) / sizeof(struct sw_val)), (ret))

/* Reading a row, by column. Absent text has p == NULL; a NULL integer is 0. */
static inline int64_t sw_row_int(struct sw_row row, unsigned column)
{
	return row.v[column].i;
}
static inline bool sw_row_null(struct sw_row row, unsigned column)
{
	return row.v[column].kind == SW_VAL_NULL;
}
static inline struct sw_str sw_row_str(struct sw_row row, unsigned column)
{
	return row.v[column].s;
}
/** A 16-byte blob; anything else gives zeros. */
static inline struct sw_id sw_row_id(struct sw_row row, unsigned column)
{
	struct sw_id id = { { 0 } };
	if (row.v[column].s.n == sizeof(id.b))
		memcpy(id.b, row.v[column].s.p, sizeof(id.b));
	return id;
}

#endif
