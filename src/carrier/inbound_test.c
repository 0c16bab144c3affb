/* Inbound messages in parts, and what a network repeats, on a store in memory. */
#include "carrier/inbound.h"

#include <stdlib.h>

#include "base/test.h"
#include "base/time.h"
#include "carrier/carrier_impl.h"
#include "carrier/null/null.h"
#include "core/core_fixture.h"
#include "core/core_sql.h"
#include "loop/clock.h"
#include "loop/task.h"

enum { TOLD_MAX = 16 };

struct stage {
	struct core_fixture fixture;
	struct sw_carrier *carrier;
	unsigned told, repeated, answered;
	int err;    /* of the last piece */
	int refuse; /* what the sink answers instead of storing */
	char body[TOLD_MAX][64];
	int code[TOLD_MAX];
	unsigned segments[TOLD_MAX];
	void (*play)(struct stage *s, struct sw_task *task);
};

/* The sink stores as a product does. */
struct visit {
	struct stage *stage;
	const struct sw_inbound *inbound;
	struct sw_completion done;
};

static void visit_task(struct sw_task *task, void *arg)
{
	struct visit visit = *(struct visit *)arg;
	struct stage *s = visit.stage;
	struct sw_txn *txn = sw_txn_new(s->fixture.core.store, sw_task_arena(task), 1);
	struct sw_result result;
	free(arg);
	sw_carrier_txn_inbound(txn, visit.inbound);
	int err = sw_commit_wait(task, txn, &result);
	if (err == SW_EGUARD && result.code == SW_EEXIST) {
		s->repeated++;
		err = 0;
	} else if (!err) {
		struct sw_str body = visit.inbound->body;
		memcpy(s->body[s->told], body.p, body.n < 63 ? body.n : 63);
		s->code[s->told] = visit.inbound->code;
		s->segments[s->told++] = visit.inbound->segments;
	}
	visit.done.fn(visit.done.arg, err);
}

static void on_inbound(void *owner, const struct sw_inbound *inbound, struct sw_completion done)
{
	struct stage *s = owner;
	if (s->refuse) {
		done.fn(done.arg, s->refuse);
		return;
	}
	struct visit *visit = malloc(sizeof(*visit));
	*visit = (struct visit){ s, inbound, done };
	(void)sw_task_spawn(s->fixture.loop, visit_task, visit);
}

static void open_carrier(struct stage *s)
{
	static const struct sw_carrier_kind *const kinds[] = { &sw_carrier_null, NULL };
	const struct sw_carrier_env env = { .core = &s->fixture.core, .loop = s->fixture.loop };
	const struct sw_carrier_sink sink = { .inbound = on_inbound, .owner = s };
	struct sw_str why;
	SW_BUG_ON(sw_carrier_open(s->fixture.arena, kinds, SW_S("main"), SW_S("null:"), &env, &s->carrier, &why));
	sw_carrier_set_sink(s->carrier, &sink);
}

static void play(struct sw_task *task, struct core_fixture *fixture)
{
	struct stage *s = SW_CONTAINER(fixture, struct stage, fixture);
	sw_carrier_start(s->carrier);
	s->play(s, task);
}

static void run(void (*body)(struct stage *s, struct sw_task *task))
{
	static const struct sw_sql_table *const tables[] = { &sw_core_sql, &sw_carrier_sql, NULL };
	struct stage *s = calloc(1, sizeof(*s));
	s->play = body;
	core_fixture_open(&s->fixture, tables);
	open_carrier(s);
	core_fixture_run(&s->fixture, play);
	sw_inbound_stop(s->carrier);
	sw_loop_finish(s->fixture.loop);
	sw_carrier_close(s->carrier);
	core_fixture_close(&s->fixture);
	free(s);
}

static void on_done(void *arg, int err)
{
	struct stage *s = arg;
	s->err = err;
	s->answered++;
}

/* Let what is under way end. */
static void settle(struct stage *s, struct sw_task *task, unsigned answered, unsigned told)
{
	for (int i = 0; i < 500 && (s->answered < answered || s->told < told); i++)
		SW_CHECK_INT(sw_sleep_wait(task, 10 * SW_US_PER_MS), 0);
	SW_CHECK_INT(s->answered, answered);
	SW_CHECK_INT(s->told, told);
}

static void take(struct stage *s, const char *from, uint64_t connection, struct sw_str octets, unsigned number,
		 unsigned total, enum sw_charset charset)
{
	const struct sw_inbound_piece piece = { .from = sw_str_of(from),
						.to = SW_S("+15005550006"),
						.octets = octets,
						.whole = octets,
						.charset = charset,
						.kind = total ? SW_PIECE_UDH8 : SW_PIECE_WHOLE,
						.reference = 5,
						.total = (uint8_t)total,
						.number = (uint8_t)number,
						.connection = connection };
	sw_inbound_take(s->carrier, &piece, (struct sw_completion){ on_done, s });
}

static void take_text(struct stage *s, const char *from, uint64_t connection, const char *text, unsigned number,
		      unsigned total)
{
	take(s, from, connection, sw_str_of(text), number, total, SW_CHARSET_LATIN1);
}

static void play_repetitions(struct stage *s, struct sw_task *task)
{
	take_text(s, "+1", 1, "yes", 0, 0);
	take_text(s, "+1", 1, "yes", 0, 0); /* said twice */
	take_text(s, "+1", 2, "yes", 0, 0); /* over another connection that is up: said again */
	take_text(s, "+2", 1, "yes", 0, 0);
	settle(s, task, 4, 4);
	sw_inbound_connection_ended(s->carrier, 1);
	take_text(s, "+1", 3, "yes", 0, 0); /* what connection 1 may not have been told */
	take_text(s, "+1", 3, "yes", 0, 0);
	take_text(s, "+2", 3, "yes", 0, 0);
	settle(s, task, 7, 4);
	SW_CHECK_INT(s->repeated, 3);
	take_text(s, "+1", 3, "yes", 0, 0); /* all of those are known: this one is new */
	take_text(s, "+1", 3, "no", 0, 0);
	settle(s, task, 9, 6);
	/* Not stored: it has not come. */
	s->refuse = SW_EIO;
	take_text(s, "+1", 3, "maybe", 0, 0);
	settle(s, task, 10, 6);
	SW_CHECK_INT(s->err, SW_EIO);
	s->refuse = 0;
	take_text(s, "+1", 3, "maybe", 0, 0);
	settle(s, task, 11, 7);
	SW_CHECK_INT(s->repeated, 3);
}

SW_TEST(inbound_repetitions)
{
	run(play_repetitions);
}

static void play_parts(struct stage *s, struct sw_task *task)
{
	take_text(s, "+1", 1, "two", 2, 2);
	take_text(s, "+2", 1, "four", 2, 2); /* another sender, the same reference */
	take_text(s, "+1", 1, "TWO", 2, 2);  /* replaces itself */
	settle(s, task, 3, 0);
	take_text(s, "+1", 1, "one", 1, 2);
	settle(s, task, 4, 1);
	SW_CHECK_STR(sw_str_of(s->body[0]), "oneTWO");
	SW_CHECK_INT(s->segments[0], 2);
	SW_CHECK_INT(s->code[0], 0);
	take_text(s, "+2", 1, "three", 1, 2);
	settle(s, task, 5, 2);
	SW_CHECK_STR(sw_str_of(s->body[1]), "threefour");
	/* A surrogate pair cut apart. */
	take(s, "+3", 1, SW_S("\0a\xd8\x3d"), 1, 2, SW_CHARSET_UCS2);
	take(s, "+3", 1, SW_S("\xde\0\0b"), 2, 2, SW_CHARSET_UCS2);
	settle(s, task, 7, 3);
	SW_CHECK_STR(sw_str_of(s->body[2]), "a\xf0\x9f\x98\x80"
					    "b");
	/* The last part again, over a new connection: the message was told. */
	sw_inbound_connection_ended(s->carrier, 1);
	take(s, "+3", 2, SW_S("\xde\0\0b"), 2, 2, SW_CHARSET_UCS2);
	settle(s, task, 8, 3);
	SW_CHECK_INT(s->err, 0);
	SW_CHECK_INT(sw_clock_advance_wait(task, 601 * SW_US_PER_S), 0);
	settle(s, task, 8, 3);
}

SW_TEST(inbound_parts)
{
	run(play_parts);
}

static void play_missing(struct stage *s, struct sw_task *task)
{
	take_text(s, "+1", 1, "one", 1, 3);
	take_text(s, "+1", 1, "three", 3, 3);
	settle(s, task, 2, 0);
	SW_CHECK_INT(sw_clock_advance_wait(task, 300 * SW_US_PER_S), 0);
	/* A restart: the carrier is new, the store is the same. */
	sw_inbound_stop(s->carrier);
	struct sw_carrier *before = s->carrier;
	open_carrier(s);
	sw_carrier_start(s->carrier);
	take_text(s, "+2", 1, "later", 1, 2);
	settle(s, task, 3, 0);
	SW_CHECK_INT(sw_clock_advance_wait(task, 301 * SW_US_PER_S), 0);
	settle(s, task, 3, 1);
	SW_CHECK_STR(sw_str_of(s->body[0]), "onethree");
	SW_CHECK_INT(s->code[0], 30009);
	SW_CHECK_INT(s->segments[0], 2);
	s->refuse = SW_EIO; /* the store is full for a while */
	SW_CHECK_INT(sw_clock_advance_wait(task, 300 * SW_US_PER_S), 0);
	s->refuse = 0;
	SW_CHECK_INT(sw_clock_advance_wait(task, 6 * SW_US_PER_S), 0);
	settle(s, task, 3, 2);
	SW_CHECK_STR(sw_str_of(s->body[1]), "later");
	sw_carrier_close(before);
}

SW_TEST(inbound_parts_that_never_come)
{
	run(play_missing);
}
