/* Statements against the schema, in memory: sw_store_check() without a store. */
#include "store/sqlite/sqlite.h"

static int check_open(struct sw_arena *arena, const struct sw_store_config *config, void **ret_conn, struct sw_buf *why)
{
	sqlite3 *db = NULL;
	int rc = sqlite3_open_v2(":memory:", &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
	int err = sw_sqlite_err(rc);
	if (!err)
		err = sw_migrate(&sw_sqlite_schema, db, arena, config, why);
	if (err) {
		sqlite3_close(db);
		return err;
	}
	*ret_conn = db;
	return 0;
}

static void check_close(void *conn)
{
	sqlite3_close(conn);
}

/* The letter that a column's declared type asks for; 0: an expression, any. */
static char letter_of(const char *declared)
{
	static const struct {
		const char *type;
		char letter;
	} types[] = { { "BIGINT", 'i' }, { "SMALLINT", 'i' }, { "TEXT", 't' }, { "BYTEA", 'b' } };
	for (unsigned i = 0; declared && i < SW_COUNTOF(types); i++)
		if (sqlite3_stricmp(declared, types[i].type) == 0)
			return types[i].letter;
	return 0;
}

static bool is_nullable(sqlite3 *db, sqlite3_stmt *stmt, int i)
{
	const char *table = sqlite3_column_table_name(stmt, i), *column = sqlite3_column_origin_name(stmt, i);
	int not_null = 1;
	if (table && column)
		(void)sqlite3_table_column_metadata(db, NULL, table, column, NULL, NULL, &not_null, NULL, NULL);
	return !not_null;
}

static int check_prepare(void *conn, const struct sw_sql *sql, struct sw_buf *why)
{
	struct sw_sqlite_stmt stmt;
	int err = sw_sqlite_prepare(conn, sql, &stmt, 0, why);
	if (err)
		return err;
	for (int i = 0; i < (int)stmt.out_n; i++) {
		char letter = stmt.out[i], declared = letter_of(sqlite3_column_decltype(stmt.stmt, i));
		if (declared && declared != (letter | 0x20)) {
			sw_buf_add_fmt(why, "%s: column %s is '%c' in `out` and %s in the schema\n", sql->name,
				       sqlite3_column_name(stmt.stmt, i), letter,
				       sqlite3_column_decltype(stmt.stmt, i));
			err = SW_EINVAL;
		} else if ((letter & 0x20) && is_nullable(conn, stmt.stmt, i)) {
			sw_buf_add_fmt(why, "%s: column %s may be NULL: write '%c' in `out`\n", sql->name,
				       sqlite3_column_name(stmt.stmt, i), letter & ~0x20);
			err = SW_EINVAL;
		}
	}
	sw_sqlite_finalize(&stmt);
	return err;
}

const struct sw_checker sw_checker_sqlite = { .open = check_open, .close = check_close, .prepare = check_prepare };
