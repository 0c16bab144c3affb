/*
 * store/query.h - composed SELECTs: filters and keyset paging over declared columns.
 *
 * A definition names the columns a list may be filtered by; nothing else can get into the text.
 *
 *	static const struct sw_query_def messages = {
 *		.name = "message.list", .select = "SELECT sid, … FROM message", .out = "b…", .key = "sid",
 *		.columns = (const struct sw_query_column[]){ { "bucket", 'i' }, { "to_addr", 't' }, { 0 } } };
 *	struct sw_query *q = sw_query_new(arena, &messages);
 *	sw_query_where(q, "bucket", SW_OP_EQ, SW_I(bucket));
 *	sw_query_page(q, &page);          ORDER BY sid DESC LIMIT n, behind or before the page's key
 *	err = sw_query_run_wait(task, store, q, &rows);
 *
 * Lives in the arena.  Texts are cached and prepared once per shape.  sw_query_def rows are listed in a
 * struct sw_query_table so that tools/check-sql prepares every column and order on both engines.
 */
#ifndef SW_STORE_QUERY_H
#define SW_STORE_QUERY_H

#include "store/store.h"

enum sw_op { SW_OP_EQ, SW_OP_LT, SW_OP_LE, SW_OP_GT, SW_OP_GE };

struct sw_query_column {
	const char *name; /* NULL ends */
	char type;        /* i t b */
};

struct sw_query_def {
	const char *name;
	const char *select; /* up to FROM and joins, without WHERE */
	const char *out;    /* as sw_sql.out */
	const char *key;    /* column of the order and of the page tokens */
	char key_type;      /* b or i */
	const struct sw_query_column *columns;
};

struct sw_query_table {
	const char *room;
	const struct sw_query_def *rows;
	unsigned n;
};

/* A page asked for: newest (largest key) first unless ascending. */
struct sw_page_key {
	struct sw_val after;  /* rows behind this key in list order; SW_VAL_NULL: from the start */
	struct sw_val before; /* the last `limit` rows before this key; answered in list order */
	int64_t offset;       /* rows to skip; 0 with a key */
	int64_t limit;
	bool ascending;
};

struct sw_query;

struct sw_query *sw_query_new(struct sw_arena *arena, const struct sw_query_def *def);
/** A column that the definition does not have is a bug (aborts). */
void sw_query_where(struct sw_query *query, const char *column, enum sw_op op, struct sw_val value);
void sw_query_page(struct sw_query *query, const struct sw_page_key *page);
/** The statement as composed so far: for tests and tools/check-sql. In the arena. */
struct sw_str sw_query_text(struct sw_query *query);
int sw_query_run_wait(struct sw_task *task, struct sw_store *store, struct sw_query *query,
		      struct sw_rows *ret) SW_MUST_CHECK;
int sw_query_run_now(struct sw_store *store, struct sw_query *query, struct sw_rows *ret) SW_MUST_CHECK;

#endif
