/* Messages of which parts are stored: told to the sink when all have come, or when the time is over. */
#include "carrier/inbound_impl.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/log.h"
#include "loop/clock.h"
#include "loop/task.h"

#define RETRY_US (5 * SW_US_PER_S) /* when the sink could not store a message */
#define PURGE_US (10 * SW_US_PER_S)

enum { PART_MISSING = 30009 };

/* A message of which parts are stored. */
struct set {
	struct sw_list node;
	struct sw_carrier *carrier;
	struct sw_id key;
	uint64_t have[4]; /* bit: part */
	unsigned n, total;
	int64_t first_us; /* wall */
	bool told;        /* to the sink, which has not answered yet */
	struct sw_timer timer;
};

static void set_free(struct inbound_book *book, struct set *set)
{
	sw_timer_stop(&set->timer);
	sw_list_del(&set->node);
	sw_map_take(&book->sets, sw_inbound_key(&set->key));
	book->sets_n--;
	book->pieces_n -= set->n;
	free(set);
}

void sw_inbound_parts_done(struct inbound_book *book)
{
	while (!sw_list_empty(&book->order))
		set_free(book, SW_CONTAINER(book->order.next, struct set, node));
	sw_timer_stop(&book->purge);
	sw_map_done(&book->sets);
}

static int purge_wait(struct sw_task *task, struct sw_carrier *carrier)
{
	struct inbound_book *book = carrier->inbound;
	struct sw_txn *txn = sw_txn_new(sw_carrier_store(carrier), sw_task_arena(task), 1);
	for (unsigned i = 0; i < book->spent_n; i++)
		sw_txn_do(txn, CARRIER_SQL(SW_SQL_PIECE_PURGE), SW_GUARD_ANY, 0, SW_ID(book->spent[i].key),
			  SW_I(book->spent[i].until_us));
	book->spent_n = 0;
	return sw_commit_wait(task, txn, NULL);
}

static void purge_task(struct sw_task *task, void *arg)
{
	int err = purge_wait(task, arg);
	if (err && err != SW_ECANCELED && err != SW_ECLOSED)
		sw_warn("carrier", "parts of inbound messages that are over could not be deleted", SW_KERR(err));
}

static void on_purge(struct sw_timer *timer)
{
	struct inbound_book *book = SW_CONTAINER(timer, struct inbound_book, purge);
	struct sw_carrier *carrier = book->carrier;
	if (book->spent_n)
		(void)sw_task_spawn(carrier->env.loop, purge_task, carrier);
}

/* Mostly the product's transaction has deleted the rows; not so when nobody owns the number. */
static void note_spent(struct sw_carrier *carrier, const struct set *set)
{
	struct inbound_book *book = carrier->inbound;
	if (book->spent_n == SPENT_MAX || book->stopped)
		return; /* read again after a restart, and told again */
	book->spent[book->spent_n++] = (struct spent){ set->key, sw_wall_us() };
	if (!book->purge.slot)
		sw_timer_start(carrier->env.loop, &book->purge, SW_CLOCK_MONO, sw_mono_us() + PURGE_US, on_purge);
}

struct telling {
	struct sw_arena *arena;
	struct set *set;
	struct sw_inbound inbound;
};

static void on_set_timer(struct sw_timer *timer);

static void on_set_stored(void *arg, int err)
{
	struct telling *telling = arg;
	struct set *set = telling->set;
	struct sw_carrier *carrier = set->carrier;
	sw_arena_free(telling->arena);
	sw_clock_busy(-1);
	set->told = false;
	if (!err) {
		note_spent(carrier, set);
		set_free(carrier->inbound, set);
	} else if (!carrier->inbound->stopped) {
		sw_warn("carrier", "an inbound message could not be stored; again in five seconds",
			SW_KC("carrier", carrier->name), SW_KERR(err));
		sw_timer_start(carrier->env.loop, &set->timer, SW_CLOCK_WALL, sw_wall_us() + RETRY_US, on_set_timer);
	}
}

/* Parts that follow each other are decoded together: a character may straddle two. */
static struct sw_str join(struct sw_arena *arena, const struct sw_rows *rows)
{
	struct sw_buf text = { .arena = arena }, run = { .arena = arena };
	for (size_t i = 0; i < rows->n; i++) {
		struct sw_row row = rows->row[i];
		int64_t part = sw_row_int(row, 0), charset = sw_row_int(row, 2);
		bool last = i + 1 == rows->n || sw_row_int(rows->row[i + 1], 0) != part + 1 ||
			    sw_row_int(rows->row[i + 1], 2) != charset;
		sw_buf_add_str(&run, sw_row_str(row, 5));
		if (!last)
			continue;
		sw_buf_add_str(&text, sw_charset_decode(arena, (enum sw_charset)charset, sw_buf_str(&run)));
		run.n = 0;
	}
	return sw_inbound_text(arena, sw_buf_str(&text));
}

static void tell_task(struct sw_task *task, void *arg)
{
	struct telling *telling = arg;
	struct set *set = telling->set;
	struct sw_carrier *carrier = set->carrier;
	struct sw_rows rows;
	int err = sw_query_wait(task, sw_carrier_store(carrier), telling->arena, CARRIER_SQL(SW_SQL_PIECE_GET), &rows,
				SW_ID(set->key));
	if (err || !rows.n) {
		on_set_stored(telling, err);
		return;
	}
	telling->inbound = (struct sw_inbound){
		.from = sw_row_str(rows.row[0], 3),
		.to = sw_row_str(rows.row[0], 4),
		.body = join(telling->arena, &rows),
		.carrier = carrier,
		.code = rows.n < set->total ? PART_MISSING : 0,
		.segments = (unsigned)rows.n,
		.parts = set->key,
	};
	if (telling->inbound.code)
		sw_warn("carrier", "an inbound message is told without the parts that never came",
			SW_KC("carrier", carrier->name), SW_KI("parts", rows.n), SW_KI("of", set->total));
	carrier->sink.inbound(carrier->sink.owner, &telling->inbound, (struct sw_completion){ on_set_stored, telling });
}

static void tell_set(struct set *set)
{
	if (set->told || set->carrier->inbound->stopped)
		return;
	struct sw_arena *arena = sw_arena_new();
	struct telling *telling = SW_ARENA_NEW(arena, struct telling);
	*telling = (struct telling){ .arena = arena, .set = set };
	set->told = true;
	sw_timer_stop(&set->timer);
	sw_clock_busy(+1);
	(void)sw_task_spawn(set->carrier->env.loop, tell_task, telling);
}

static void on_set_timer(struct sw_timer *timer)
{
	tell_set(SW_CONTAINER(timer, struct set, timer));
}

static struct set *set_of(struct sw_carrier *carrier, struct sw_id key, unsigned total, int64_t first_us)
{
	struct inbound_book *book = carrier->inbound;
	struct set *set = sw_map_find(&book->sets, sw_inbound_key(&key));
	if (!set) {
		set = calloc(1, sizeof(*set));
		SW_BUG_ON(!set);
		*set = (struct set){ .carrier = carrier, .key = key, .total = total, .first_us = first_us };
		sw_map_put(&book->sets, sw_inbound_key(&set->key), set);
		sw_list_push(&book->order, &set->node);
		book->sets_n++;
	}
	if (first_us < set->first_us)
		set->first_us = first_us;
	if (!set->told)
		sw_timer_start(carrier->env.loop, &set->timer, SW_CLOCK_WALL, set->first_us + SW_INBOUND_WAIT_US,
			       on_set_timer);
	return set;
}

void sw_inbound_note_piece(struct sw_carrier *carrier, struct sw_id key, unsigned total, unsigned number,
			   int64_t first_us)
{
	struct inbound_book *book = carrier->inbound;
	struct set *set = set_of(carrier, key, total, first_us);
	uint64_t bit = UINT64_C(1) << number % 64;
	if (!(set->have[number / 64] & bit)) {
		set->have[number / 64] |= bit;
		set->n++;
		book->pieces_n++;
	}
	if (set->n == set->total)
		tell_set(set);
	/* A flood of parts without end: the oldest is told as it is. */
	struct sw_list *node = book->order.next;
	unsigned over = book->sets_n > SW_INBOUND_SETS_MAX || book->pieces_n > SW_INBOUND_PIECES_MAX;
	while (over && node != &book->order && SW_CONTAINER(node, struct set, node)->told)
		node = node->next;
	if (over && node != &book->order)
		tell_set(SW_CONTAINER(node, struct set, node));
}

/* ---- beginning and ending ---- */

static void load_task(struct sw_task *task, void *arg)
{
	struct sw_carrier *carrier = arg;
	struct sw_rows rows;
	int err = sw_query_wait(task, sw_carrier_store(carrier), sw_task_arena(task), CARRIER_SQL(SW_SQL_PIECE_LIST),
				&rows, SW_T(sw_str_of(carrier->name)));
	if (err)
		sw_warn("carrier", "parts of inbound messages stored before the start could not be read", SW_KERR(err));
	for (size_t i = 0; i < rows.n && !err && !carrier->inbound->stopped; i++)
		sw_inbound_note_piece(carrier, sw_row_id(rows.row[i], 0), (unsigned)sw_row_int(rows.row[i], 2),
				      (unsigned)sw_row_int(rows.row[i], 1), sw_row_int(rows.row[i], 3));
}

void sw_inbound_start(struct sw_carrier *carrier)
{
	if (sw_carrier_store(carrier))
		(void)sw_task_spawn(carrier->env.loop, load_task, carrier);
}

void sw_inbound_stop(struct sw_carrier *carrier)
{
	struct inbound_book *book = carrier->inbound;
	book->stopped = true;
	sw_timer_stop(&book->purge);
	for (struct sw_list *node = book->order.next; node != &book->order; node = node->next)
		sw_timer_stop(&SW_CONTAINER(node, struct set, node)->timer);
}
