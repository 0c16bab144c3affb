#include "carrier/inbound.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/time.h"
#include "carrier/carrier_impl.h"
#include "core/core.h"
#include "loop/clock.h"
#include "loop/task.h"

#define WAIT_US (10 * 60 * SW_US_PER_S) /* for the missing parts; for repetitions */
#define DOUBT_US (2 * 60 * SW_US_PER_S) /* before a connection ends, answers may have been lost */
#define RETRY_US (5 * SW_US_PER_S)      /* when the sink could not store a message */
#define PURGE_US (10 * SW_US_PER_S)

enum { PART_MISSING = 30009, SPENT_MAX = 256 };

/* How often a content came over connections that are up. */
struct seen {
	struct sw_id content;
	unsigned count;
};

/* One that came. */
struct taken {
	struct sw_list node;
	struct seen *seen;
	uint64_t connection;
	int64_t at_us;
};

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

/* A message whose parts the product has ended, or refused to take: rows may be left. */
struct spent {
	struct sw_id key;
	int64_t until_us;
};

struct inbound_book {
	struct sw_carrier *carrier;
	struct sw_map seen, sets;
	struct sw_list taken, order; /* oldest first; order: sets */
	unsigned taken_n, sets_n, pieces_n;
	struct spent spent[SPENT_MAX];
	unsigned spent_n;
	struct sw_timer purge;
	bool stopped;
};

/* A piece on its way to the store or the sink. */
struct arrival {
	struct sw_arena *arena; /* where it lives */
	struct sw_carrier *carrier;
	struct sw_inbound_piece piece;
	struct sw_inbound inbound;
	struct sw_id key; /* of the message's parts; of a whole message: its content */
	struct sw_completion done;
};

static struct sw_str key_of(const struct sw_id *id)
{
	return (struct sw_str){ (const char *)id->b, sizeof(id->b) };
}

static struct sw_store *store_of(const struct sw_carrier *carrier)
{
	return carrier->env.core ? carrier->env.core->store : NULL;
}

/* ---- repetitions ---- */

static void uncount(struct inbound_book *book, struct taken *taken)
{
	struct seen *seen = taken->seen;
	sw_list_del(&taken->node);
	free(taken);
	book->taken_n--;
	if (--seen->count)
		return;
	sw_map_take(&book->seen, key_of(&seen->content));
	free(seen);
}

static void forget_old(struct inbound_book *book, int64_t now)
{
	while (!sw_list_empty(&book->taken)) {
		struct taken *oldest = SW_CONTAINER(book->taken.next, struct taken, node);
		if (book->taken_n <= SW_INBOUND_SEEN_MAX && now - oldest->at_us < WAIT_US)
			return;
		uncount(book, oldest);
	}
}

/* The same content gets another digest each time it comes over connections that are up. */
static struct sw_id digest_of(struct inbound_book *book, struct sw_id content, uint64_t connection)
{
	struct seen *seen = sw_map_find(&book->seen, key_of(&content));
	struct taken *taken = calloc(1, sizeof(*taken));
	SW_BUG_ON(!taken);
	if (!seen) {
		seen = calloc(1, sizeof(*seen));
		SW_BUG_ON(!seen);
		seen->content = content;
		sw_map_put(&book->seen, key_of(&seen->content), seen);
	}
	struct sw_id digest = content;
	for (int i = 0; i < 4; i++)
		digest.b[i] ^= (uint8_t)(seen->count >> 8 * i);
	seen->count++;
	*taken = (struct taken){ .seen = seen, .connection = connection, .at_us = sw_mono_us() };
	sw_list_push(&book->taken, &taken->node);
	book->taken_n++;
	forget_old(book, taken->at_us);
	return digest;
}

void sw_inbound_connection_ended(struct sw_carrier *carrier, uint64_t connection)
{
	struct inbound_book *book = carrier->inbound;
	int64_t now = sw_mono_us();
	for (struct sw_list *node = book->taken.prev, *before; node != &book->taken; node = before) {
		struct taken *taken = SW_CONTAINER(node, struct taken, node);
		before = node->prev;
		if (now - taken->at_us > DOUBT_US)
			return;
		if (taken->connection == connection)
			uncount(book, taken);
	}
}

/* It was not stored, so it has not come yet. */
static void untake(struct inbound_book *book, struct sw_id content, uint64_t connection)
{
	for (struct sw_list *node = book->taken.prev; node != &book->taken; node = node->prev) {
		struct taken *taken = SW_CONTAINER(node, struct taken, node);
		if (taken->connection != connection || !sw_id_eq(taken->seen->content, content))
			continue;
		uncount(book, taken);
		return;
	}
}

/* ---- names of contents and messages ---- */

static void add_field(struct sw_buf *buf, struct sw_str field)
{
	sw_buf_add_int(buf, (int64_t)field.n);
	sw_buf_add_char(buf, ':');
	sw_buf_add_str(buf, field);
}

static struct sw_id hash_of(const struct sw_buf *buf)
{
	uint8_t sum[32];
	struct sw_id id;
	sw_sha256(sw_buf_str(buf), sum);
	memcpy(id.b, sum, sizeof(id.b));
	return id;
}

/* Which message a part belongs to, and with its octets which part it is. */
static void name_piece(const struct sw_carrier *carrier, const struct sw_inbound_piece *piece, struct sw_id *ret_key,
		       struct sw_id *ret_content)
{
	struct sw_buf buf = { 0 };
	add_field(&buf, sw_str_of(carrier->name));
	add_field(&buf, piece->from);
	add_field(&buf, piece->to);
	sw_buf_add_fmt(&buf, "%d %u %u.", (int)piece->kind, piece->reference, piece->total);
	*ret_key = hash_of(&buf);
	sw_buf_add_fmt(&buf, "%u %d.", piece->number, (int)piece->charset);
	add_field(&buf, piece->whole);
	*ret_content = hash_of(&buf);
	sw_buf_done(&buf);
}

/* ---- whole messages ---- */

/* A NUL is no character of a message, and no text of the store may hold one. */
static struct sw_str without_nul(struct sw_arena *arena, struct sw_str text)
{
	if (!text.n || !memchr(text.p, 0, text.n))
		return text;
	struct sw_buf out = { .arena = arena };
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i])
			sw_buf_add_char(&out, text.p[i]);
	return sw_buf_str(&out);
}

static struct arrival *arrival_new(struct sw_carrier *carrier, const struct sw_inbound_piece *piece,
				   struct sw_completion done)
{
	struct sw_arena *arena = sw_arena_new();
	struct arrival *arrival = SW_ARENA_NEW(arena, struct arrival);
	arrival->arena = arena;
	arrival->carrier = carrier;
	arrival->done = done;
	arrival->piece = *piece;
	arrival->piece.from = sw_str_dup(arena, piece->from);
	arrival->piece.to = sw_str_dup(arena, piece->to);
	arrival->piece.octets = sw_str_dup(arena, piece->octets);
	return arrival;
}

static void on_whole_stored(void *arg, int err)
{
	struct arrival *arrival = arg;
	struct sw_completion done = arrival->done;
	if (err)
		untake(arrival->carrier->inbound, arrival->key, arrival->piece.connection);
	sw_arena_free(arrival->arena);
	done.fn(done.arg, err);
}

static void tell_whole(struct arrival *arrival, struct sw_id digest)
{
	struct sw_carrier *carrier = arrival->carrier;
	const struct sw_inbound_piece *piece = &arrival->piece;
	arrival->inbound = (struct sw_inbound){
		.from = piece->from,
		.to = piece->to,
		.body = without_nul(arrival->arena, sw_charset_decode(arrival->arena, piece->charset, piece->octets)),
		.carrier = carrier,
		.digest = digest,
	};
	carrier->sink.inbound(carrier->sink.owner, &arrival->inbound,
			      (struct sw_completion){ on_whole_stored, arrival });
}

/* ---- messages in parts ---- */

static void set_free(struct inbound_book *book, struct set *set)
{
	sw_timer_stop(&set->timer);
	sw_list_del(&set->node);
	sw_map_take(&book->sets, key_of(&set->key));
	book->sets_n--;
	book->pieces_n -= set->n;
	free(set);
}

static int purge_wait(struct sw_task *task, struct sw_carrier *carrier)
{
	struct inbound_book *book = carrier->inbound;
	struct sw_txn *txn = sw_txn_new(store_of(carrier), sw_task_arena(task), 1);
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
	return without_nul(arena, sw_buf_str(&text));
}

static void tell_task(struct sw_task *task, void *arg)
{
	struct telling *telling = arg;
	struct set *set = telling->set;
	struct sw_carrier *carrier = set->carrier;
	struct sw_rows rows;
	int err = sw_query_wait(task, store_of(carrier), telling->arena, CARRIER_SQL(SW_SQL_PIECE_GET), &rows,
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
	struct set *set = sw_map_find(&book->sets, key_of(&key));
	if (!set) {
		set = calloc(1, sizeof(*set));
		SW_BUG_ON(!set);
		*set = (struct set){ .carrier = carrier, .key = key, .total = total, .first_us = first_us };
		sw_map_put(&book->sets, key_of(&set->key), set);
		sw_list_push(&book->order, &set->node);
		book->sets_n++;
	}
	if (first_us < set->first_us)
		set->first_us = first_us;
	if (!set->told)
		sw_timer_start(carrier->env.loop, &set->timer, SW_CLOCK_WALL, set->first_us + WAIT_US, on_set_timer);
	return set;
}

static void note_piece(struct sw_carrier *carrier, struct sw_id key, unsigned total, unsigned number, int64_t first_us)
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

/* Stored with its digest; @return SW_EEXIST: a repetition */
static int store_piece_wait(struct sw_task *task, struct arrival *arrival, struct sw_id digest, int64_t now)
{
	const struct sw_inbound_piece *piece = &arrival->piece;
	struct sw_txn *txn = sw_txn_new(store_of(arrival->carrier), sw_task_arena(task), 1);
	struct sw_result result;
	sw_txn_do(txn, CARRIER_SQL(SW_SQL_INBOUND_PUT), SW_GUARD_ONE, SW_EEXIST, SW_ID(digest), SW_I(now));
	sw_txn_do(txn, CARRIER_SQL(SW_SQL_PIECE_PUT), SW_GUARD_ONE, SW_ECONFLICT, SW_ID(arrival->key),
		  SW_I(piece->number), SW_I(piece->total), SW_T(sw_str_of(arrival->carrier->name)), SW_T(piece->from),
		  SW_T(piece->to), SW_I(piece->charset), SW_B(piece->octets), SW_I(now));
	int err = sw_commit_wait(task, txn, &result);
	return err == SW_EGUARD ? result.code : err;
}

static void piece_task(struct sw_task *task, void *arg)
{
	struct arrival *arrival = arg;
	struct sw_carrier *carrier = arrival->carrier;
	struct sw_completion done = arrival->done;
	struct sw_inbound_piece piece = arrival->piece;
	struct sw_id content = arrival->inbound.digest; /* kept there meanwhile */
	struct sw_id digest = digest_of(carrier->inbound, content, piece.connection), key = arrival->key;
	int64_t now = sw_wall_us();
	int err = store_piece_wait(task, arrival, digest, now);
	sw_arena_free(arrival->arena);
	if (err && err != SW_EEXIST)
		untake(carrier->inbound, content, piece.connection);
	done.fn(done.arg, err == SW_EEXIST ? 0 : err);
	if (!err && !carrier->inbound->stopped)
		note_piece(carrier, key, piece.total, piece.number, now);
}

void sw_inbound_take(struct sw_carrier *carrier, const struct sw_inbound_piece *piece, struct sw_completion done)
{
	struct sw_id key, content;
	name_piece(carrier, piece, &key, &content);
	bool whole = piece->kind == SW_PIECE_WHOLE || piece->total < 2;
	if (!whole && (!store_of(carrier) || carrier->inbound->stopped)) {
		done.fn(done.arg, SW_ECLOSED);
		return;
	}
	struct arrival *arrival = arrival_new(carrier, piece, done);
	if (whole) {
		arrival->key = content;
		tell_whole(arrival, digest_of(carrier->inbound, content, piece->connection));
		return;
	}
	arrival->key = key;
	arrival->inbound.digest = content;
	(void)sw_task_spawn(carrier->env.loop, piece_task, arrival);
}

void sw_carrier_txn_inbound(struct sw_txn *txn, const struct sw_inbound *inbound)
{
	if (!sw_id_is_zero(inbound->digest))
		sw_txn_do(txn, CARRIER_SQL(SW_SQL_INBOUND_PUT), SW_GUARD_ONE, SW_EEXIST, SW_ID(inbound->digest),
			  SW_I(sw_wall_us()));
	if (!sw_id_is_zero(inbound->parts))
		sw_txn_do(txn, CARRIER_SQL(SW_SQL_PIECE_END), SW_GUARD_ANY, 0, SW_ID(inbound->parts));
}

/* ---- beginning and ending ---- */

static void load_task(struct sw_task *task, void *arg)
{
	struct sw_carrier *carrier = arg;
	struct sw_rows rows;
	int err = sw_query_wait(task, store_of(carrier), sw_task_arena(task), CARRIER_SQL(SW_SQL_PIECE_LIST), &rows,
				SW_T(sw_str_of(carrier->name)));
	if (err)
		sw_warn("carrier", "parts of inbound messages stored before the start could not be read", SW_KERR(err));
	for (size_t i = 0; i < rows.n && !err && !carrier->inbound->stopped; i++)
		note_piece(carrier, sw_row_id(rows.row[i], 0), (unsigned)sw_row_int(rows.row[i], 2),
			   (unsigned)sw_row_int(rows.row[i], 1), sw_row_int(rows.row[i], 3));
}

void sw_inbound_init(struct sw_carrier *carrier)
{
	struct inbound_book *book = calloc(1, sizeof(*book));
	SW_BUG_ON(!book);
	book->carrier = carrier;
	sw_list_init(&book->taken);
	sw_list_init(&book->order);
	carrier->inbound = book;
}

void sw_inbound_start(struct sw_carrier *carrier)
{
	if (store_of(carrier))
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

void sw_inbound_done(struct sw_carrier *carrier)
{
	struct inbound_book *book = carrier->inbound;
	while (!sw_list_empty(&book->order))
		set_free(book, SW_CONTAINER(book->order.next, struct set, node));
	while (!sw_list_empty(&book->taken))
		uncount(book, SW_CONTAINER(book->taken.next, struct taken, node));
	sw_timer_stop(&book->purge);
	sw_map_done(&book->seen);
	sw_map_done(&book->sets);
	free(book);
}
