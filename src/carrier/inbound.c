/* Inbound messages as they come: whole ones to the sink, parts to the store (inbound_parts.c). */
#include "carrier/inbound_impl.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/hash.h"
#include "loop/clock.h"
#include "loop/task.h"

/* A piece on its way to the store or the sink. */
struct arrival {
	struct sw_arena *arena; /* where it lives */
	struct sw_carrier *carrier;
	struct sw_inbound_piece piece;
	struct sw_inbound inbound;
	struct sw_id key; /* of the message's parts; of a whole message: its content */
	struct sw_completion done;
};

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

struct sw_str sw_inbound_text(struct sw_arena *arena, struct sw_str text)
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
		sw_inbound_untake(arrival->carrier->inbound, arrival->key, arrival->piece.connection);
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
		.body = sw_inbound_text(arrival->arena,
					sw_charset_decode(arrival->arena, piece->charset, piece->octets)),
		.carrier = carrier,
		.digest = digest,
	};
	carrier->sink.inbound(carrier->sink.owner, &arrival->inbound,
			      (struct sw_completion){ on_whole_stored, arrival });
}

/* ---- messages in parts ---- */

/* Stored with its digest; @return SW_EEXIST: a repetition */
static int store_piece_wait(struct sw_task *task, struct arrival *arrival, struct sw_id digest, int64_t now)
{
	const struct sw_inbound_piece *piece = &arrival->piece;
	struct sw_txn *txn = sw_txn_new(sw_carrier_store(arrival->carrier), sw_task_arena(task), 1);
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
	struct sw_id digest = sw_inbound_digest(carrier->inbound, content, piece.connection), key = arrival->key;
	int64_t now = sw_wall_us();
	int err = store_piece_wait(task, arrival, digest, now);
	sw_arena_free(arrival->arena);
	if (err && err != SW_EEXIST)
		sw_inbound_untake(carrier->inbound, content, piece.connection);
	done.fn(done.arg, err == SW_EEXIST ? 0 : err);
	if (!err && !carrier->inbound->stopped)
		sw_inbound_note_piece(carrier, key, piece.total, piece.number, now);
}

void sw_inbound_take(struct sw_carrier *carrier, const struct sw_inbound_piece *piece, struct sw_completion done)
{
	struct sw_id key, content;
	name_piece(carrier, piece, &key, &content);
	bool whole = piece->kind == SW_PIECE_WHOLE || piece->total < 2;
	if (!whole && (!sw_carrier_store(carrier) || carrier->inbound->stopped)) {
		done.fn(done.arg, SW_ECLOSED);
		return;
	}
	struct arrival *arrival = arrival_new(carrier, piece, done);
	if (whole) {
		arrival->key = content;
		tell_whole(arrival, sw_inbound_digest(carrier->inbound, content, piece->connection));
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

void sw_inbound_init(struct sw_carrier *carrier)
{
	struct inbound_book *book = calloc(1, sizeof(*book));
	SW_BUG_ON(!book);
	book->carrier = carrier;
	sw_list_init(&book->taken);
	sw_list_init(&book->order);
	carrier->inbound = book;
}

void sw_inbound_done(struct sw_carrier *carrier)
{
	struct inbound_book *book = carrier->inbound;
	sw_inbound_parts_done(book);
	sw_inbound_seen_done(book);
	free(book);
}
