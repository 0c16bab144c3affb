/* One connection: pragmas, prepared statements, binding by name, rows into arenas. */
#include "store/sqlite/sqlite.h"

#include <stdio.h>
#include <stdlib.h>

enum { TEXTS_MAX = 128 };

void sw_sqlite_finalize(struct sw_sqlite_stmt *stmt)
{
	sqlite3_finalize(stmt->stmt);
	free(stmt->place);
	*stmt = (struct sw_sqlite_stmt){ 0 };
}

static void drop_text(struct sw_sqlite_conn *conn, struct sw_sqlite_stmt *stmt)
{
	sw_list_del(&stmt->age);
	(void)sw_map_take(&conn->texts, stmt->text);
	free((char *)(uintptr_t)stmt->text.p);
	sw_sqlite_finalize(stmt);
	free(stmt);
	conn->text_n--;
}

void sw_sqlite_close(struct sw_sqlite_conn *conn)
{
	if (!conn->db)
		return;
	for (unsigned i = 0; i < conn->store->stmt_n; i++)
		sw_sqlite_finalize(&conn->stmts[i]);
	while (!sw_list_empty(&conn->by_age))
		drop_text(conn, SW_CONTAINER(conn->by_age.next, struct sw_sqlite_stmt, age));
	sw_map_done(&conn->texts);
	free(conn->stmts);
	sqlite3_close(conn->db);
	conn->db = NULL;
}

int sw_sqlite_err(int rc)
{
	static const struct {
		int rc, err;
	} map[] = {
		{ SQLITE_OK, 0 },
		{ SQLITE_DONE, 0 },
		{ SQLITE_ROW, 0 },
		{ SQLITE_FULL, SW_ENOSPC },
		{ SQLITE_CONSTRAINT, SW_EGUARD },
		{ SQLITE_CORRUPT, SW_ECORRUPT },
		{ SQLITE_NOTADB, SW_ECORRUPT },
		{ SQLITE_BUSY, SW_EBUSY },
		{ SQLITE_LOCKED, SW_EBUSY },
		{ SQLITE_ERROR, SW_EINVAL },
		{ SQLITE_TOOBIG, SW_ELIMIT },
		{ SQLITE_READONLY, SW_EPERM },
		{ SQLITE_PERM, SW_EPERM },
	};
	for (unsigned i = 0; i < SW_COUNTOF(map); i++)
		if (map[i].rc == (rc & 0xff))
			return map[i].err;
	return SW_EIO;
}

int sw_sqlite_exec(void *db, const char *sql, struct sw_buf *why)
{
	char *words = NULL;
	int rc = sqlite3_exec(db, sql, NULL, NULL, &words);
	if (rc != SQLITE_OK && why)
		sw_buf_add_fmt(why, "%s", words ? words : sqlite3_errstr(rc));
	sqlite3_free(words);
	return sw_sqlite_err(rc);
}

/* All keep their temporary b-trees in memory; the log is moved by checkpoint.c only. */
static const char *const pragmas[] = {
	[SW_SQLITE_WRITER] = "PRAGMA page_size=4096; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
			     "PRAGMA wal_autocheckpoint=0; PRAGMA cache_size=-131072; PRAGMA temp_store=MEMORY;"
			     "PRAGMA journal_size_limit=268435456;",
	[SW_SQLITE_READER] = "PRAGMA query_only=ON; PRAGMA cache_size=-8192; PRAGMA temp_store=MEMORY;",
	/* without a read no connection knows that there is a log */
	[SW_SQLITE_MOVER] = "PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; PRAGMA cache_size=-512;"
			    "PRAGMA user_version;",
};

/* Of the attempt log: a commit is not synced, and what it wrote is seldom read again. */
static const char relaxed[] = "PRAGMA synchronous=NORMAL; PRAGMA cache_size=-4096;";

int sw_sqlite_open(struct sw_sqlite_conn *conn, struct sw_store *store, const char *path, enum sw_sqlite_use use,
		   struct sw_buf *why)
{
	const struct sw_sqlite *self = store->engine;
	*conn = (struct sw_sqlite_conn){ .store = store };
	sw_list_init(&conn->by_age);
	/* What joins the writes of a commit needs the sync behind it. */
	int rc = sqlite3_open_v2(path, &conn->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
				 use == SW_SQLITE_WRITER && !self->attempts ? SW_SQLITE_VFS : NULL);
	int err = sw_sqlite_err(rc);
	if (!err) {
		sqlite3_extended_result_codes(conn->db, 1);
		sqlite3_busy_timeout(conn->db, 5000);
		err = sw_sqlite_exec(conn->db, pragmas[use], why);
		if (!err && self->attempts && use == SW_SQLITE_WRITER)
			err = sw_sqlite_exec(conn->db, relaxed, why);
		if (self->read_only)
			sqlite3_db_config(conn->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	} else {
		sw_buf_add_cstr(why, sqlite3_errstr(rc));
	}
	if (err) {
		sqlite3_close(conn->db);
		conn->db = NULL;
		return err;
	}
	conn->stmts = calloc(store->stmt_n, sizeof(*conn->stmts));
	SW_BUG_ON(!conn->stmts);
	return 0;
}

/* ---- preparing ---- */

/* "$1" is a name to SQLite, which numbers names by first appearance. */
static int place_parameters(const struct sw_sql *sql, struct sw_sqlite_stmt *stmt, struct sw_buf *why)
{
	unsigned n = (unsigned)strlen(sql->in ? sql->in : "");
	bool same = true;
	if (sqlite3_bind_parameter_count(stmt->stmt) != (int)n) {
		sw_buf_add_fmt(why, "%s: the text has %d parameters, `in` declares %u\n", sql->name,
			       sqlite3_bind_parameter_count(stmt->stmt), n);
		return SW_EINVAL;
	}
	int *place = calloc(n ? n : 1, sizeof(*place));
	SW_BUG_ON(!place);
	stmt->place = place;
	for (unsigned i = 0; i < n; i++) {
		char name[16];
		snprintf(name, sizeof(name), "$%u", i + 1);
		place[i] = sqlite3_bind_parameter_index(stmt->stmt, name);
		if (!place[i]) {
			sw_buf_add_fmt(why, "%s: parameter %s is declared and not in the text\n", sql->name, name);
			return SW_EINVAL;
		}
		same = same && place[i] == (int)i + 1;
	}
	if (same) {
		free(place);
		stmt->place = NULL;
	}
	return 0;
}

int sw_sqlite_prepare(sqlite3 *db, const struct sw_sql *sql, struct sw_sqlite_stmt *ret, unsigned flags,
		      struct sw_buf *why)
{
	const char *tail = "";
	*ret = (struct sw_sqlite_stmt){ .out = sql->out ? sql->out : "" };
	ret->out_n = (unsigned)strlen(ret->out);
	int rc = sqlite3_prepare_v3(db, sql->text, -1, flags, &ret->stmt, &tail);
	int err = sw_sqlite_err(rc);
	if (err || !ret->stmt) {
		sw_buf_add_fmt(why, "%s: %s\n", sql->name, rc ? sqlite3_errmsg(db) : "the text is empty");
		return SW_EINVAL;
	}
	if (tail[strspn(tail, " \t\n;")]) {
		sw_buf_add_fmt(why, "%s: more than one statement\n", sql->name);
		err = SW_EINVAL;
	} else if (sqlite3_column_count(ret->stmt) != (int)ret->out_n) {
		sw_buf_add_fmt(why, "%s: the text gives %d columns, `out` declares %u\n", sql->name,
			       sqlite3_column_count(ret->stmt), ret->out_n);
		err = SW_EINVAL;
	} else {
		err = place_parameters(sql, ret, why);
	}
	if (err)
		sw_sqlite_finalize(ret);
	return err;
}

int sw_sqlite_statement(struct sw_sqlite_conn *conn, unsigned number, struct sw_sqlite_stmt **ret)
{
	struct sw_sqlite_stmt *stmt = &conn->stmts[number];
	*ret = stmt;
	if (stmt->stmt)
		return 0;
	struct sw_buf why = { 0 };
	int err = sw_sqlite_prepare(conn->db, sw_store_statement(conn->store, number), stmt, SQLITE_PREPARE_PERSISTENT,
				    &why);
	sw_buf_done(&why);
	return err;
}

int sw_sqlite_text(struct sw_sqlite_conn *conn, struct sw_str text, const char *out, struct sw_sqlite_stmt **ret)
{
	struct sw_sqlite_stmt *stmt = sw_map_find(&conn->texts, text);
	if (stmt) {
		sw_list_del(&stmt->age);
		sw_list_push(&conn->by_age, &stmt->age);
		*ret = stmt;
		return 0;
	}
	if (conn->text_n == TEXTS_MAX)
		drop_text(conn, SW_CONTAINER(conn->by_age.next, struct sw_sqlite_stmt, age));
	stmt = calloc(1, sizeof(*stmt));
	char *copy = malloc(text.n + 1);
	SW_BUG_ON(!stmt || !copy);
	memcpy(copy, text.p, text.n);
	copy[text.n] = 0;
	int rc = sqlite3_prepare_v3(conn->db, copy, (int)text.n + 1, SQLITE_PREPARE_PERSISTENT, &stmt->stmt, NULL);
	if (rc != SQLITE_OK) {
		free(copy);
		free(stmt);
		return sw_sqlite_err(rc);
	}
	stmt->out = out;
	stmt->out_n = (unsigned)strlen(out);
	stmt->text = (struct sw_str){ copy, text.n };
	sw_list_push(&conn->by_age, &stmt->age);
	(void)sw_map_put(&conn->texts, stmt->text, stmt);
	conn->text_n++;
	*ret = stmt;
	return 0;
}

/* ---- running ---- */

static int bind(sqlite3_stmt *stmt, int place, const struct sw_val *v, int64_t *seq)
{
	switch (v->kind) {
	case SW_VAL_NULL:
		return sqlite3_bind_null(stmt, place);
	case SW_VAL_INT:
		return sqlite3_bind_int64(stmt, place, v->i);
	case SW_VAL_TEXT:
		return sqlite3_bind_text64(stmt, place, v->s.p, v->s.n, SQLITE_STATIC, SQLITE_UTF8);
	case SW_VAL_BLOB:
		return sqlite3_bind_blob64(stmt, place, v->s.p, v->s.n, SQLITE_STATIC);
	case SW_VAL_SEQ:
		SW_BUG_ON(!seq);
		return sqlite3_bind_int64(stmt, place, ++*seq);
	}
	return SQLITE_MISUSE;
}

static struct sw_str copy_bytes(struct sw_arena *arena, const void *p, int n)
{
	char *copy = sw_arena_bytes(arena, (size_t)n + 1);
	if (n)
		memcpy(copy, p, (size_t)n);
	copy[n] = 0;
	return (struct sw_str){ copy, (size_t)n };
}

static struct sw_val column(struct sw_arena *arena, sqlite3_stmt *stmt, int i, char letter)
{
	struct sw_val v = { .kind = SW_VAL_NULL };
	if (sqlite3_column_type(stmt, i) == SQLITE_NULL)
		return v;
	switch (letter | 0x20) {
	case 'i':
		v.kind = SW_VAL_INT;
		v.i = sqlite3_column_int64(stmt, i);
		break;
	case 't':
		v.kind = SW_VAL_TEXT;
		v.s.p = (const char *)sqlite3_column_text(stmt, i);
		v.s = copy_bytes(arena, v.s.p, sqlite3_column_bytes(stmt, i));
		break;
	default:
		v.kind = SW_VAL_BLOB;
		v.s.p = sqlite3_column_blob(stmt, i);
		v.s = copy_bytes(arena, v.s.p, sqlite3_column_bytes(stmt, i));
		break;
	}
	return v;
}

static void take_row(struct sw_sqlite_stmt *stmt, struct sw_sqlite_run *run, size_t *cap)
{
	if (!*run->rows)
		*run->rows = sw_arena_new();
	struct sw_arena *arena = *run->rows;
	if (run->result.n == *cap) {
		*cap = *cap ? 2 * *cap : 4;
		struct sw_row *rows = SW_ARENA_ARRAY(arena, struct sw_row, *cap);
		if (run->result.n)
			memcpy(rows, run->result.row, run->result.n * sizeof(*rows));
		run->result.row = rows;
	}
	struct sw_val *v = SW_ARENA_ARRAY(arena, struct sw_val, stmt->out_n);
	for (unsigned i = 0; i < stmt->out_n; i++)
		v[i] = column(arena, stmt->stmt, (int)i, stmt->out[i]);
	((struct sw_row *)(uintptr_t)run->result.row)[run->result.n++].v = v;
}

int sw_sqlite_run(struct sw_sqlite_conn *conn, struct sw_sqlite_stmt *stmt, struct sw_sqlite_run *run)
{
	size_t cap = 0;
	int rc = SQLITE_OK;
	for (unsigned i = 0; i < run->n && rc == SQLITE_OK; i++)
		rc = bind(stmt->stmt, stmt->place ? stmt->place[i] : (int)i + 1, &run->v[i], run->seq);
	if (rc != SQLITE_OK)
		return rc;
	while ((rc = sqlite3_step(stmt->stmt)) == SQLITE_ROW)
		if (stmt->out_n)
			take_row(stmt, run, &cap);
	run->changed = stmt->out_n ? (int64_t)run->result.n : sqlite3_changes64(conn->db);
	sqlite3_reset(stmt->stmt);
	return rc;
}

/* ---- for the migration runner ---- */

static int schema_select(void *db, struct sw_arena *arena, const char *sql, const char *out, struct sw_rows *ret,
			 struct sw_buf *why)
{
	const struct sw_sql row = { .name = "schema", .text = sql, .out = out };
	struct sw_sqlite_stmt stmt;
	int err = sw_sqlite_prepare(db, &row, &stmt, 0, why);
	if (err)
		return err;
	struct sw_sqlite_conn conn = { .db = db };
	struct sw_arena *rows = arena;
	struct sw_sqlite_run run = { .rows = &rows };
	int rc = sw_sqlite_run(&conn, &stmt, &run);
	*ret = run.result;
	sw_sqlite_finalize(&stmt);
	return sw_sqlite_err(rc);
}

/* What stands in a comment that begins with "sqlite" is meant for this engine. */
static int schema_exec(void *db, const char *sql, struct sw_buf *why)
{
	static const char mark[] = "/*sqlite ";
	struct sw_buf text = { 0 };
	sw_buf_add(&text, sql, strlen(sql) + 1);
	for (char *at = strstr(text.p, mark); at; at = strstr(at, mark)) {
		memset(at, ' ', sizeof(mark) - 1);
		char *end = strstr(at, "*/");
		if (end)
			memset(end, ' ', 2);
	}
	int err = sw_sqlite_exec(db, text.p, why);
	sw_buf_done(&text);
	return err;
}

const struct sw_schema_ops sw_sqlite_schema = { .exec = schema_exec, .select = schema_select };
