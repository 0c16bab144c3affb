#include "core/webhook/line.h"

#include "base/arena.h"
#include "base/list.h"
#include "base/map.h"
#include "base/ref.h"
#include "base/time.h"
#include "core/core_sql.h"
#include "loop/clock.h"
#include "loop/loop.h"
#include "loop/task.h"

struct line {
	struct sw_list waiting; /* struct place */
	bool deferred;          /* nobody is being served: the first, of this id, comes again from the due queue */
	struct sw_id first;
};

struct place {
	struct sw_wait wait;
	struct sw_list node;
};

/* A callback that failed, and those behind it that came meanwhile. */
struct hold {
	uint8_t holder[8]; /* the end of its row's id, which stays */
	int64_t until_us, next_us, behind;
};

/* A loop's, both by SID. */
struct lines {
	struct sw_map lines, holds;
};

enum { BEHIND_US = 1000 }; /* between those held back: they come again in their order */

static void drop_all(struct sw_map *map)
{
	size_t cursor = 0;
	void *value;
	while (sw_map_next(map, &cursor, NULL, &value))
		sw_unref(value);
	sw_map_done(map);
}

static void drop_lines(void *value)
{
	struct lines *lines = value;
	drop_all(&lines->lines);
	drop_all(&lines->holds);
}

static struct lines *here(void)
{
	static struct sw_loop_local lines = { .bytes = sizeof(struct lines), .drop = drop_lines };
	return sw_loop_local(sw_loop_current(), &lines);
}

static struct sw_str line_key(const struct sw_due *due)
{
	return (struct sw_str){ (const char *)due->ref.b, sizeof(due->ref.b) };
}

static void give_up_place(struct sw_wait *wait)
{
	sw_list_del(&SW_CONTAINER(wait, struct place, wait)->node);
}

int sw_line_enter_wait(struct sw_task *task, const struct sw_due *due)
{
	struct line *line = sw_map_find(&here()->lines, line_key(due));
	if (!line) {
		line = sw_new(struct line, NULL);
		sw_list_init(&line->waiting);
		sw_map_put(&here()->lines, line_key(due), line);
		return 0;
	}
	if (line->deferred) {
		bool mine = sw_id_eq(line->first, due->id);
		line->deferred = !mine;
		return mine ? 0 : SW_EBUSY;
	}
	struct place place = { .wait = { .task = task, .abandon = give_up_place } };
	sw_list_push(&line->waiting, &place.node);
	return sw_wait_begin(&place.wait);
}

void sw_line_leave(const struct sw_due *due, bool deferred)
{
	struct line *line = sw_map_find(&here()->lines, line_key(due));
	struct sw_list *next;
	while ((next = sw_list_pop(&line->waiting))) {
		sw_wait_end(&SW_CONTAINER(next, struct place, node)->wait, deferred ? SW_EBUSY : 0);
		if (!deferred)
			return; /* the line is theirs now */
	}
	line->deferred = deferred;
	line->first = due->id;
	if (!deferred)
		sw_unref(sw_map_take(&here()->lines, line_key(due)));
}

/* ---- strict order ---- */

static struct sw_str holder_of(const struct sw_due *due)
{
	return (struct sw_str){ (const char *)due->id.b + 8, 8 };
}

static struct hold *put_hold(const struct sw_due *due, struct sw_str holder, int64_t until_us, int64_t next_us)
{
	struct hold *hold = sw_new(struct hold, NULL);
	memcpy(hold->holder, holder.p, sizeof(hold->holder));
	hold->until_us = until_us;
	hold->next_us = next_us;
	struct hold *old = sw_map_put(&here()->holds, line_key(due), hold);
	if (old)
		sw_unref(old);
	return hold;
}

static bool is_holder(const struct hold *hold, const struct sw_due *due)
{
	return hold && memcmp(hold->holder, due->id.b + 8, sizeof(hold->holder)) == 0;
}

bool sw_line_holds(const struct sw_due *due)
{
	return is_holder(sw_map_find(&here()->holds, line_key(due)), due);
}

/* What another run of the process left. */
static int load_hold_wait(struct sw_task *task, struct sw_store *store, const struct sw_due *due, struct hold **ret)
{
	struct sw_rows rows;
	int err = sw_query_wait(task, store, sw_task_arena(task), CORE_SQL(SQL_HOLD_GET), &rows, SW_I(due->bucket),
				SW_ID(due->ref));
	*ret = sw_map_find(&here()->holds, line_key(due));
	if (!err && rows.n && !*ret && sw_row_str(rows.row[0], 0).n == 8)
		*ret = put_hold(due, sw_row_str(rows.row[0], 0), sw_row_int(rows.row[0], 1),
				sw_row_int(rows.row[0], 2));
	return err;
}

int sw_line_held_wait(struct sw_task *task, struct sw_store *store, const struct sw_due *due, int64_t *ret_us)
{
	struct hold *hold = sw_map_find(&here()->holds, line_key(due));
	int64_t now = sw_wall_us();
	int err = !hold && due->restored ? load_hold_wait(task, store, due, &hold) : 0;
	/* One that was sent before was let through then. */
	if (err || !hold || due->attempt || is_holder(hold, due) || now >= hold->until_us)
		return err;
	*ret_us = (hold->next_us > now ? hold->next_us : now) + BEHIND_US * ++hold->behind;
	return SW_EBUSY;
}

void sw_line_hold(struct sw_txn *txn, const struct sw_due *due, int64_t next_us)
{
	struct hold *hold = sw_map_find(&here()->holds, line_key(due));
	if (is_holder(hold, due)) {
		hold->next_us = next_us;
		hold->behind = 0;
	} else if (due->attempt == 0) {
		hold = put_hold(due, holder_of(due), sw_wall_us() + SW_HOLD_MAX_S * SW_US_PER_S, next_us);
	} else {
		return;
	}
	sw_txn_do(txn, CORE_SQL(SQL_HOLD_PUT), SW_GUARD_ONE, SW_ECONFLICT, SW_I(due->bucket), SW_ID(due->ref),
		  SW_B(holder_of(due)), SW_I(hold->until_us), SW_I(next_us));
}

void sw_line_release(struct sw_txn *txn, const struct sw_due *due)
{
	if (!sw_line_holds(due))
		return;
	sw_unref(sw_map_take(&here()->holds, line_key(due)));
	sw_txn_do(txn, CORE_SQL(SQL_HOLD_DROP), SW_GUARD_ANY, 0, SW_I(due->bucket), SW_ID(due->ref));
}
