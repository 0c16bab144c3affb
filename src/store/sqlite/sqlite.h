/*
 * store/sqlite/sqlite.h - the SQLite driver's inside.  Private to this folder.
 *
 * One connection writes (writer.c, a thread of its own), N connections read (reader.c, a thread each).
 * A connection is used by its own thread only; SQLite's own locks are off.
 */
#ifndef SW_STORE_SQLITE_SQLITE_H
#define SW_STORE_SQLITE_SQLITE_H

#include <pthread.h>
#include <sqlite3.h>

#include "store/driver.h"

struct sw_sqlite_stmt {
	sqlite3_stmt *stmt; /* NULL until first used */
	const char *out;
	unsigned out_n;
	int *place;         /* of $1, $2 … in SQLite's numbering; NULL: the same */
	struct sw_list age; /* composed texts: least recently used first */
	struct sw_str text;
};

struct sw_sqlite_conn {
	sqlite3 *db;
	struct sw_store *store;
	struct sw_sqlite_stmt *stmts; /* by statement number */
	struct sw_map texts;          /* composed SELECTs by text */
	struct sw_list by_age;
	unsigned text_n;
};

struct sw_sqlite_writer;
struct sw_sqlite_readers;
struct sw_sqlite_checkpoint;

struct sw_sqlite {
	bool read_only; /* no lock, no writer, no checkpoints */
	bool attempts;  /* the attempt log's */
	char *dir, *path;
	int lock_fd;
	bool temporary; /* sqlite::memory: a directory that goes away with the store */
	struct sw_sqlite_writer *writer;
	struct sw_sqlite_readers *readers;
	struct sw_sqlite_checkpoint *checkpoint;
};

/* ---- vfs.c ---- */

#define SW_SQLITE_VFS "strowger"
void sw_sqlite_vfs_register(void);

/* ---- conn.c ---- */

enum sw_sqlite_use { SW_SQLITE_WRITER, SW_SQLITE_READER, SW_SQLITE_MOVER };

int sw_sqlite_open(struct sw_sqlite_conn *conn, struct sw_store *store, const char *path, enum sw_sqlite_use use,
		   struct sw_buf *why) SW_MUST_CHECK;
void sw_sqlite_close(struct sw_sqlite_conn *conn);
/** A code of SQLite as enum sw_err. */
int sw_sqlite_err(int rc);
/** Prepare one statement and compare its parameters and columns with its row. Complaints go to why. */
int sw_sqlite_prepare(sqlite3 *db, const struct sw_sql *sql, struct sw_sqlite_stmt *ret, unsigned flags,
		      struct sw_buf *why) SW_MUST_CHECK;
void sw_sqlite_finalize(struct sw_sqlite_stmt *stmt);
/** A statement of the store's list, prepared when first asked for. */
int sw_sqlite_statement(struct sw_sqlite_conn *conn, unsigned number, struct sw_sqlite_stmt **ret) SW_MUST_CHECK;
/** A composed SELECT, from the cache. */
int sw_sqlite_text(struct sw_sqlite_conn *conn, struct sw_str text, const char *out,
		   struct sw_sqlite_stmt **ret) SW_MUST_CHECK;

/* Where the values of one run come from and its rows go. */
struct sw_sqlite_run {
	const struct sw_val *v;
	unsigned n;
	int64_t *seq;           /* counter for SW_SEQ; NULL: none allowed */
	struct sw_arena **rows; /* made when the first row comes */
	struct sw_rows result;
	int64_t changed; /* rows returned, or changed where none can be returned */
};

/** Bind, step to the end, reset. @return a code of SQLite: SQLITE_DONE when all went well */
int sw_sqlite_run(struct sw_sqlite_conn *conn, struct sw_sqlite_stmt *stmt, struct sw_sqlite_run *run);
int sw_sqlite_exec(void *db, const char *sql, struct sw_buf *why);
extern const struct sw_schema_ops sw_sqlite_schema;

/* ---- writer.c, checkpoint.c, reader.c ---- */

int sw_sqlite_writer_start(struct sw_store *store, struct sw_sqlite_conn *conn, struct sw_sqlite_writer **ret);
void sw_sqlite_writer_stop(struct sw_sqlite_writer *writer);
void sw_sqlite_writer_post(struct sw_sqlite_writer *writer, struct sw_mail *mail);
void sw_sqlite_commit(struct sw_store *store, struct sw_txn *txn);
void sw_sqlite_watch(struct sw_store *store, struct sw_watch *watch);
void sw_sqlite_unwatch(struct sw_store *store, struct sw_watch *watch);

int sw_sqlite_checkpoint_start(struct sw_store *store, struct sw_sqlite_checkpoint **ret,
			       struct sw_buf *why) SW_MUST_CHECK;
void sw_sqlite_checkpoint_stop(struct sw_sqlite_checkpoint *checkpoint);
/** Behind each group: begin or finish moving the log. pages: in the log now. Thread: the writer's. */
void sw_sqlite_checkpoint_turn(struct sw_sqlite_checkpoint *checkpoint, sqlite3 *writer, int pages);

int sw_sqlite_readers_start(struct sw_store *store, unsigned n, struct sw_sqlite_readers **ret,
			    struct sw_buf *why) SW_MUST_CHECK;
void sw_sqlite_readers_stop(struct sw_sqlite_readers *readers);
void sw_sqlite_read(struct sw_store *store, struct sw_read *read);

#endif
