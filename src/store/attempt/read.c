/* Lists: rows of the account, newest first, a few at a time, each opened and looked through; and the same forward. */
#include "store/attempt/log.h"

#include "loop/task.h"

enum {
	ROWS_AT_ONCE = 4,
	ROWS_MAX = 64, /* of one list: some 3 MB */
};

struct list {
	const struct sw_attempt_filter *filter;
	struct sw_attempt *found;
	size_t n;
	struct sw_id last; /* looked at */
};

static bool is_wanted(const struct sw_attempt_filter *filter, const struct sw_attempt *a)
{
	if (!sw_id_eq(a->account, filter->account) || (filter->since_us && a->started_us < filter->since_us) ||
	    (filter->until_us && a->started_us > filter->until_us))
		return false;
	return !filter->wanted || filter->wanted(a, filter->arg);
}

static uint32_t count_records(struct sw_str row)
{
	uint32_t n = 0;
	for (size_t length = 0; row.n >= 4; row = sw_str_from(row, 4 + length), n++) {
		const uint8_t *p = (const uint8_t *)row.p;
		length = (size_t)p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16 | (size_t)p[3] << 24;
		if (length > row.n - 4)
			break;
	}
	return n;
}

/* The row's records in order, with their ids, up to what cannot be read. @return how many */
static uint32_t open_row(struct sw_arena *arena, struct sw_row row, struct sw_attempt **ret)
{
	struct sw_attempt_reader reader = { .arena = arena, .rest = sw_row_str(row, 1) };
	uint32_t max = count_records(reader.rest), n = 0;
	*ret = SW_ARENA_ARRAY(arena, struct sw_attempt, max + 1);
	for (; n < max && sw_attempt_decode(&reader, &(*ret)[n]) == 0; n++)
		(*ret)[n].id = sw_attempt_id(sw_row_int(row, 0), n);
	return n;
}

/* Last first. */
static void look_through(struct sw_arena *arena, struct list *list, struct sw_row row)
{
	struct sw_attempt *all;
	uint32_t n = open_row(arena, row, &all), before_n;
	if (sw_attempt_block(list->filter->before, &before_n) == sw_row_int(row, 0) && n > before_n)
		n = before_n;
	while (n-- > 0 && list->n < list->filter->limit) {
		list->last = all[n].id;
		if (is_wanted(list->filter, &all[n]))
			list->found[list->n++] = all[n];
	}
	if (list->n < list->filter->limit) /* to its end */
		list->last = sw_attempt_id(sw_row_int(row, 0), 0);
}

static struct sw_query *next_rows(struct sw_arena *arena, const struct list *list)
{
	const struct sw_attempt_filter *filter = list->filter;
	struct sw_query *query = sw_query_new(arena, &sw_attempt_query);
	uint32_t n = 0;
	sw_query_where(query, "a.account_sid", SW_OP_EQ, SW_ID(filter->account));
	if (filter->since_us)
		sw_query_where(query, "b.last_us", SW_OP_GE, SW_I(filter->since_us));
	if (filter->until_us)
		sw_query_where(query, "b.first_us", SW_OP_LE, SW_I(filter->until_us));
	if (!sw_id_is_zero(list->last))
		sw_query_where(query, "a.id", SW_OP_LT, SW_I(sw_attempt_block(list->last, &n)));
	else if (!sw_id_is_zero(filter->before)) {
		/* The row that `before` is in, when it has older ones. */
		int64_t block = sw_attempt_block(filter->before, &n);
		sw_query_where(query, "a.id", n ? SW_OP_LE : SW_OP_LT, SW_I(block));
	}
	sw_query_page(query, &(struct sw_page_key){ .limit = ROWS_AT_ONCE });
	return query;
}

int sw_attempt_list_wait(struct sw_task *task, struct sw_attempt_log *log, struct sw_arena *arena,
			 const struct sw_attempt_filter *filter, struct sw_attempt **ret, size_t *ret_n,
			 struct sw_id *ret_next)
{
	struct list list = { .filter = filter, .found = SW_ARENA_ARRAY(arena, struct sw_attempt, filter->limit + 1) };
	struct sw_id next = { { 0 } };
	for (unsigned rows_n = 0; log && list.n < filter->limit; rows_n += ROWS_AT_ONCE) {
		struct sw_rows rows;
		int err = sw_query_run_wait(task, sw_attempt_store(log), next_rows(arena, &list), &rows);
		if (err)
			return err;
		for (size_t i = 0; i < rows.n && list.n < filter->limit; i++)
			look_through(arena, &list, rows.row[i]);
		bool end = rows.n < ROWS_AT_ONCE && list.n < filter->limit;
		next = end ? (struct sw_id){ { 0 } } : list.last;
		if (end || rows_n >= ROWS_MAX)
			break;
	}
	*ret = list.found;
	*ret_next = next;
	*ret_n = list.n;
	return 0;
}

/* ---- forward ---- */

int sw_attempt_follow_wait(struct sw_task *task, struct sw_attempt_log *log, struct sw_arena *arena,
			   const struct sw_attempt_filter *filter, struct sw_id *at, struct sw_attempt **ret,
			   size_t *ret_n, bool *ret_more)
{
	struct sw_rows rows;
	uint32_t at_n;
	*ret_more = false;
	*ret_n = 0;
	if (!log)
		return 0;
	struct sw_query *query = sw_query_new(arena, &sw_attempt_query);
	int64_t block = sw_attempt_block(*at, &at_n);
	sw_query_where(query, "a.account_sid", SW_OP_EQ, SW_ID(filter->account));
	sw_query_where(query, "a.id", at_n == UINT32_MAX ? SW_OP_GT : SW_OP_GE, SW_I(block));
	sw_query_page(query, &(struct sw_page_key){ .limit = 1, .ascending = true });
	int err = sw_query_run_wait(task, sw_attempt_store(log), query, &rows);
	if (err || !rows.n)
		return err;
	uint32_t n = open_row(arena, rows.row[0], ret);
	for (uint32_t i = sw_row_int(rows.row[0], 0) == block ? at_n + 1 : 0; i < n; i++)
		if (is_wanted(filter, &(*ret)[i]))
			(*ret)[(*ret_n)++] = (*ret)[i];
	*ret_more = true;
	*at = sw_attempt_id(sw_row_int(rows.row[0], 0), UINT32_MAX);
	return 0;
}

int sw_attempt_get_wait(struct sw_task *task, struct sw_attempt_log *log, struct sw_arena *arena, struct sw_id account,
			struct sw_id id, struct sw_attempt *ret)
{
	struct sw_rows rows;
	uint32_t n;
	int64_t block = sw_attempt_block(id, &n);
	if (!log)
		return SW_ENOTFOUND;
	int err = sw_query_wait(task, sw_attempt_store(log), arena, &sw_attempt_rows[SW_SQL_ATTEMPT_GET], &rows,
				SW_I(block));
	if (err)
		return err;
	struct sw_attempt_reader reader = { .arena = arena, .rest = rows.n ? sw_row_str(rows.row[0], 0) : SW_STR_NULL };
	for (uint32_t i = 0; i <= n; i++)
		if (sw_attempt_decode(&reader, ret))
			return SW_ENOTFOUND;
	ret->id = id;
	return sw_id_eq(ret->account, account) && sw_id_eq(sw_attempt_id(block, n), id) ? 0 : SW_ENOTFOUND;
}
