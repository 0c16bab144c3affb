/* Proving the tables of statements: on SQLite here, on PostgreSQL by a script. */
#include "store/attempt/log.h"
#include "store/driver.h"

#include <stdio.h>

typedef void check_fn(void *arg, const struct sw_sql *sql);

/* Letters of the values of a composed query. */
static const char *letters_of(struct sw_arena *arena, const struct sw_val *v, unsigned n)
{
	static const char letters[] = { [SW_VAL_INT] = 'i', [SW_VAL_TEXT] = 't', [SW_VAL_BLOB] = 'b' };
	char *in = sw_arena_alloc(arena, n + 1);
	for (unsigned i = 0; i < n; i++)
		in[i] = letters[v[i].kind];
	return in;
}

static struct sw_val sample(char type)
{
	if (type == 'i')
		return SW_I(1);
	struct sw_str s = SW_S("0123456789abcdef");
	return type == 't' ? SW_T(s) : SW_B(s);
}

/* One shape of a composed query, as if it were a row of a table. */
static void check_shape(struct sw_arena *arena, const struct sw_query_def *def, const struct sw_query_column *column,
			const struct sw_page_key *page, check_fn *fn, void *arg)
{
	static const char *const ways[] = { "after", "before" };
	struct sw_val values[SW_QUERY_VALUES_MAX];
	unsigned n;
	struct sw_query *query = sw_query_new(arena, def);
	if (column->name)
		sw_query_where(query, column->name, SW_OP_EQ, sample(column->type));
	sw_query_page(query, page);
	struct sw_str text = sw_query_compose(query, values, &n);
	struct sw_str name =
		sw_str_fmt(arena, "%s(%s, %s, %s)", def->name, column->name ? column->name : "",
			   ways[page->before.kind != SW_VAL_NULL], page->ascending ? "ascending" : "descending");
	fn(arg,
	   &(struct sw_sql){ .name = name.p, .text = text.p, .in = letters_of(arena, values, n), .out = def->out });
}

static void check_def(struct sw_arena *arena, const struct sw_query_def *def, check_fn *fn, void *arg)
{
	struct sw_val key = sample(def->key_type);
	const struct sw_query_column none = { 0 };
	for (unsigned way = 0; way < 4; way++) {
		struct sw_page_key page = { .limit = 1, .ascending = way & 1 };
		*(way & 2 ? &page.before : &page.after) = key;
		check_shape(arena, def, &none, &page, fn, arg);
	}
	struct sw_page_key page = { .limit = 1, .after = key };
	for (const struct sw_query_column *c = def->columns; c && c->name; c++)
		check_shape(arena, def, c, &page, fn, arg);
}

static void each_statement(struct sw_arena *arena, const struct sw_store_config *config, check_fn *fn, void *arg)
{
	const struct sw_sql_table *const own[] = { &sw_store_sql_table, &sw_attempt_sql };
	for (unsigned t = 0; t < SW_COUNTOF(own); t++)
		for (unsigned i = 0; i < own[t]->n; i++)
			fn(arg, &own[t]->rows[i]);
	for (unsigned t = 0; config->tables && config->tables[t]; t++)
		for (unsigned i = 0; i < config->tables[t]->n; i++)
			fn(arg, &config->tables[t]->rows[i]);
	for (unsigned i = 0; i < sw_store_query_table.n; i++)
		check_def(arena, &sw_store_query_table.rows[i], fn, arg);
	check_def(arena, &sw_attempt_query, fn, arg);
	for (unsigned t = 0; config->queries && config->queries[t]; t++)
		for (unsigned i = 0; i < config->queries[t]->n; i++)
			check_def(arena, &config->queries[t]->rows[i], fn, arg);
}

/* ---- on SQLite ---- */

struct check {
	void *conn;
	struct sw_map names;
	struct sw_buf *complaints;
	int n;
};

static bool letters_are_known(const char *letters)
{
	return !letters || letters[strspn(letters, "itbITB")] == 0;
}

static void check_one(void *arg, const struct sw_sql *sql)
{
	struct check *check = arg;
	if (!sql->name || !sql->text) {
		sw_buf_add_cstr(check->complaints, "a row of a statement table lacks its name or its text\n");
		check->n++;
		return;
	}
	if (sw_map_put(&check->names, sw_str_of(sql->name), check)) {
		sw_buf_add_fmt(check->complaints, "%s: two statements have this name\n", sql->name);
		check->n++;
	}
	if (!letters_are_known(sql->in) || !letters_are_known(sql->out)) {
		sw_buf_add_fmt(check->complaints, "%s: `in` and `out` are made of the letters i t b I T B\n",
			       sql->name);
		check->n++;
		return;
	}
	check->n += sw_checker_sqlite.prepare(check->conn, sql, check->complaints) != 0;
}

int sw_store_check(struct sw_arena *arena, const struct sw_store_config *config, struct sw_buf *complaints)
{
	struct check check = { .complaints = complaints };
	struct sw_store_config all = *config;
	all.url = NULL; /* every migration in one database */
	if (sw_checker_sqlite.open(arena, &all, &check.conn, complaints) != 0) {
		sw_buf_add_char(complaints, '\n');
		return 1;
	}
	each_statement(arena, config, check_one, &check);
	sw_checker_sqlite.close(check.conn);
	sw_map_done(&check.names);
	return check.n;
}

/* ---- for PostgreSQL ---- */

static void script_one(void *arg, const struct sw_sql *sql)
{
	struct sw_buf *script = arg;
	static const char *const types[] = { ['i'] = "bigint", ['t'] = "text", ['b'] = "bytea" };
	sw_buf_add_fmt(script, "PREPARE \"%.60s\"", sql->name);
	for (const char *c = sql->in; c && *c; c++)
		sw_buf_add_fmt(script, "%s%s", c == sql->in ? " (" : ", ", types[*c | 0x20]);
	sw_buf_add_fmt(script, "%s AS %s;\nDEALLOCATE ALL;\n", sql->in && *sql->in ? ")" : "",
		       sql->pg ? sql->pg : sql->text);
}

void sw_store_check_script(struct sw_arena *arena, const struct sw_store_config *config, struct sw_buf *script)
{
	sw_buf_add_cstr(script, "\\set ON_ERROR_STOP on\n");
	for (const struct sw_migration *m = config->migrations; m && m->room; m++)
		sw_buf_add_fmt(script, "-- %s/%04u_%s\nBEGIN;\n%s\nCOMMIT;\n", m->room, m->number, m->name, m->sql);
	each_statement(arena, config, script_one, script);
}
