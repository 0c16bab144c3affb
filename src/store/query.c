/* Composed SELECTs: names come from the definition, values are bound, the text is the cache's key. */
#include "store/query.h"

#include "store/driver.h"

enum { WHERE_MAX = SW_QUERY_VALUES_MAX - 4 };

struct condition {
	const char *column;
	enum sw_op op;
};

struct sw_query {
	struct sw_arena *arena;
	const struct sw_query_def *def;
	struct condition where[WHERE_MAX];
	struct sw_val v[WHERE_MAX];
	unsigned n;
	struct sw_page_key page;
	bool paged;
};

struct sw_query *sw_query_new(struct sw_arena *arena, const struct sw_query_def *def)
{
	struct sw_query *query = SW_ARENA_NEW(arena, struct sw_query);
	query->arena = arena;
	query->def = def;
	return query;
}

/* SW_ID points into the caller's frame: ids are copied. */
static struct sw_val keep(struct sw_query *query, struct sw_val v)
{
	if (v.kind == SW_VAL_BLOB)
		v.s = sw_str_dup(query->arena, v.s);
	return v;
}

static bool value_is(char type, const struct sw_val *v)
{
	static const char kinds[] = { [SW_VAL_INT] = 'i', [SW_VAL_TEXT] = 't', [SW_VAL_BLOB] = 'b' };
	return v->kind > SW_VAL_NULL && v->kind < SW_VAL_SEQ && kinds[v->kind] == type;
}

static const struct sw_query_column *find_column(const struct sw_query_def *def, const char *name)
{
	for (const struct sw_query_column *c = def->columns; c && c->name; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

void sw_query_where(struct sw_query *query, const char *column, enum sw_op op, struct sw_val value)
{
	const struct sw_query_column *found = find_column(query->def, column);
	SW_BUG_ON(!found || !value_is(found->type, &value) || query->n == WHERE_MAX);
	query->where[query->n] = (struct condition){ found->name, op };
	query->v[query->n++] = keep(query, value);
}

void sw_query_page(struct sw_query *query, const struct sw_page_key *page)
{
	SW_BUG_ON(page->limit < 0 || page->offset < 0);
	query->page = *page;
	query->page.after = keep(query, page->after);
	query->page.before = keep(query, page->before);
	query->paged = true;
}

/* Rows before a key are read backwards from it, then turned round. */
static bool reads_backwards(const struct sw_query *query)
{
	return query->paged && query->page.before.kind != SW_VAL_NULL;
}

static void add_condition(struct sw_buf *text, const char *column, const char *op, unsigned *n)
{
	sw_buf_add_fmt(text, " %s %s %s $%u", *n ? "AND" : "WHERE", column, op, *n + 1);
	*n += 1;
}

/* The text and, in the same order, the values. */
struct sw_str sw_query_compose(struct sw_query *query, struct sw_val values[SW_QUERY_VALUES_MAX], unsigned *ret_n)
{
	static const char *const ops[] = {
		[SW_OP_EQ] = "=", [SW_OP_LT] = "<", [SW_OP_LE] = "<=", [SW_OP_GT] = ">", [SW_OP_GE] = ">=",
	};
	const struct sw_query_def *def = query->def;
	const struct sw_page_key *page = &query->page;
	struct sw_buf text = { .arena = query->arena };
	unsigned n = 0;
	sw_buf_add_cstr(&text, def->select);
	for (unsigned i = 0; i < query->n; i++) {
		values[n] = query->v[i];
		add_condition(&text, query->where[i].column, ops[query->where[i].op], &n);
	}
	if (query->paged) {
		bool backwards = reads_backwards(query);
		if (page->after.kind != SW_VAL_NULL) {
			SW_BUG_ON(!value_is(def->key_type, &page->after));
			values[n] = page->after;
			add_condition(&text, def->key, page->ascending ? ">" : "<", &n);
		}
		if (backwards) {
			SW_BUG_ON(!value_is(def->key_type, &page->before));
			values[n] = page->before;
			add_condition(&text, def->key, page->ascending ? "<" : ">", &n);
		}
		sw_buf_add_fmt(&text, " ORDER BY %s %s LIMIT $%u", def->key,
			       page->ascending != backwards ? "ASC" : "DESC", n + 1);
		values[n++] = SW_I(page->limit);
		if (page->offset) {
			sw_buf_add_fmt(&text, " OFFSET $%u", n + 1);
			values[n++] = SW_I(page->offset);
		}
	}
	sw_buf_add(&text, "", 1);
	*ret_n = n;
	return (struct sw_str){ text.p, text.n - 1 };
}

struct sw_str sw_query_text(struct sw_query *query)
{
	struct sw_val values[SW_QUERY_VALUES_MAX];
	unsigned n;
	return sw_query_compose(query, values, &n);
}

int sw_query_run_wait(struct sw_task *task, struct sw_store *store, struct sw_query *query, struct sw_rows *ret)
{
	struct sw_read *read = SW_ARENA_NEW(query->arena, struct sw_read);
	struct sw_val *values = SW_ARENA_ARRAY(query->arena, struct sw_val, SW_QUERY_VALUES_MAX);
	read->text = sw_query_compose(query, values, &read->n);
	read->v = values;
	read->out = query->def->out;
	int err = sw_store_read_text(task, store, query->arena, read, ret);
	if (err || !reads_backwards(query))
		return err;
	struct sw_row *rows = (struct sw_row *)(uintptr_t)ret->row; /* in our arena: ours to turn round */
	for (size_t i = 0; i < ret->n / 2; i++) {
		struct sw_row row = rows[i];
		rows[i] = rows[ret->n - 1 - i];
		rows[ret->n - 1 - i] = row;
	}
	return 0;
}

int sw_query_run_now(struct sw_store *store, struct sw_query *query, struct sw_rows *ret)
{
	return sw_query_run_wait(NULL, store, query, ret);
}
