/* Places, and which message a report is about, on a store in memory. */
#include "base/test.h"
#include "base/time.h"
#include "carrier/carrier_impl.h"
#include "core/core_fixture.h"
#include "core/core_sql.h"
#include "loop/clock.h"
#include "loop/task.h"

/* ---- a network that names messages as the test says ---- */

static const char *next_ids;

static int open_test(struct sw_carrier *carrier, struct sw_str url, void **ret_state, struct sw_str *ret_why)
{
	(void)ret_why;
	*ret_state = carrier;
	if (sw_str_is(url, "test:down"))
		sw_carrier_set_places(carrier, 0);
	return 0;
}

static void close_test(void *state)
{
	(void)state;
}

static void submit_test(void *state, const struct sw_message_out *out, sw_submitted_fn *done, void *arg)
{
	struct sw_submitted said = {
		.result = SW_SUBMIT_ACCEPTED, .ids = sw_str_of(next_ids), .parts = 1, .receipt_expected = true
	};
	(void)state;
	(void)out;
	for (const char *p = next_ids; *p; p++)
		said.parts += *p == '\n';
	done(arg, &said);
}

static const struct sw_carrier_kind test_kind = { .scheme = "test",
						  .doc = "For tests.",
						  .open = open_test,
						  .close = close_test,
						  .submit = submit_test,
						  .receipts_by_id = true };

/* ---- the sink: notes what it is told, and stores it when the test says so ---- */

static struct sw_receipt told;
static atomic_int told_n;
static int told_err;

static void on_receipt(void *owner, const struct sw_receipt *receipt, struct sw_completion done)
{
	(void)owner;
	told = *receipt;
	atomic_fetch_add(&told_n, 1);
	done.fn(done.arg, told_err);
}

static void on_inbound(void *owner, const struct sw_inbound *inbound, struct sw_completion done)
{
	(void)owner;
	(void)inbound;
	done.fn(done.arg, 0);
}

static void on_late(void *owner, struct sw_carrier *carrier, const struct sw_ticket *ticket,
		    const struct sw_submitted *submitted)
{
	(void)owner;
	(void)carrier;
	(void)ticket;
	(void)submitted;
}

/* ---- the stage: one loop for the carrier and the test ---- */

struct stage {
	struct core_fixture fixture;
	struct sw_store *store;
	struct sw_loop *loop;
	struct sw_carrier *carrier;
	void (*play)(struct stage *stage, struct sw_task *task);
};

static void play(struct sw_task *task, struct core_fixture *fixture)
{
	struct stage *stage = SW_CONTAINER(fixture, struct stage, fixture);
	sw_carrier_start(stage->carrier);
	stage->play(stage, task);
}

static void run(const char *url, void (*body)(struct stage *stage, struct sw_task *task))
{
	static const struct sw_sql_table *const tables[] = { &sw_core_sql, &sw_carrier_sql, NULL };
	static const struct sw_carrier_kind *const kinds[] = { &test_kind, NULL };
	static const struct sw_carrier_sink sink = { .receipt = on_receipt, .inbound = on_inbound, .late = on_late };
	struct stage s = { .play = body };
	struct sw_str why;
	core_fixture_open(&s.fixture, tables);
	s.loop = s.fixture.loop;
	s.store = s.fixture.core.store;
	const struct sw_carrier_env env = { .core = &s.fixture.core, .loop = s.loop };
	SW_BUG_ON(sw_carrier_open(s.fixture.arena, kinds, SW_S("main"), sw_str_of(url), &env, &s.carrier, &why));
	sw_carrier_set_sink(s.carrier, &sink);
	atomic_store(&told_n, 0);
	told_err = 0;
	core_fixture_run(&s.fixture, play);
	sw_receipts_stop(s.carrier);
	sw_loop_finish(s.loop);
	sw_carrier_close(s.carrier);
	core_fixture_close(&s.fixture);
}

/* ---- helpers of the plays ---- */

static struct sw_ticket ticket_of(unsigned n)
{
	struct sw_ticket ticket = { .bucket = 1, .kind = { 'S', 'M' } };
	ticket.account.b[0] = 1;
	ticket.sid.b[15] = (uint8_t)n;
	return ticket;
}

static struct sw_message_out message(unsigned n)
{
	return (struct sw_message_out){ .ticket = ticket_of(n),
					.from = SW_S("+15005550006"),
					.to = SW_S("+14155552671"),
					.body = SW_S("hello"),
					.traffic = SW_TRAFFIC_TRANSACTIONAL };
}

/* Send, with these ids for an answer, and store the answer. */
static void send(struct stage *s, struct sw_task *task, unsigned n, const char *ids)
{
	const struct sw_message_out out = message(n);
	struct sw_submitted said;
	next_ids = ids;
	SW_CHECK_INT(sw_carrier_admit_wait(task, s->carrier, SW_US_PER_S), 0);
	SW_CHECK_INT(sw_carrier_submit_wait(task, s->carrier, &out, &said), 0);
	SW_CHECK_STR(said.ids, ids);
	struct sw_txn *txn = sw_txn_new(s->store, sw_task_arena(task), 1);
	sw_carrier_txn_sent(txn, s->carrier, &out.ticket, out.to, &said);
	SW_CHECK_INT(sw_commit_wait(task, txn, NULL), 0);
}

struct report_wait {
	struct sw_wait wait;
};

static void on_reported(void *arg, int err)
{
	struct report_wait *report = arg;
	sw_wait_end(&report->wait, err);
}

/* A report, and what its completion said. */
static int report(struct stage *s, struct sw_task *task, const char *id, enum sw_receipt_state state)
{
	struct report_wait wait = { .wait = { .task = task } };
	const struct sw_report report = {
		.id = sw_str_of(id), .state = state, .from = SW_S("15005550006"), .to = SW_S("14155552671")
	};
	sw_carrier_report(s->carrier, &report, (struct sw_completion){ on_reported, &wait });
	return sw_wait_begin(&wait.wait);
}

/* Another start of the program, as far as memory goes. */
static void forget(struct stage *s)
{
	sw_receipts_stop(s->carrier);
	sw_receipts_done(s->carrier);
	s->carrier->book = (struct receipt_book){ 0 };
	sw_receipts_init(s->carrier);
	sw_receipts_start(s->carrier);
}

static int64_t rows_of(struct stage *s, struct sw_task *task, const char *id)
{
	struct sw_rows rows;
	struct sw_str text = sw_str_of(id);
	SW_CHECK_INT(sw_query_wait(task, s->store, sw_task_arena(task), CARRIER_SQL(SW_SQL_PART_FIND), &rows,
				   SW_T(SW_S("main")), SW_T(text), SW_T(text), SW_T(text)),
		     0);
	return (int64_t)rows.n;
}

/* ---- which message ---- */

SW_TEST(an_id_is_compared_as_text_and_number)
{
	char id[SW_CARRIER_ID_MAX];
	SW_CHECK_INT(sw_receipt_id(SW_S("000ABC"), id), 0);
	SW_CHECK_STR(sw_str_of(id), "abc");
	SW_CHECK_INT(sw_receipt_id(SW_S("0000"), id), 0);
	SW_CHECK_STR(sw_str_of(id), "0");
	SW_CHECK_INT(sw_receipt_id(SW_S(""), id), SW_EINVAL);
	SW_CHECK_INT(sw_receipt_id_as(SW_S("00ff"), ID_HEX, id), 0);
	SW_CHECK_STR(sw_str_of(id), "255");
	SW_CHECK_INT(sw_receipt_id_as(SW_S("0255"), ID_DEC, id), 0);
	SW_CHECK_STR(sw_str_of(id), "ff");
	SW_CHECK_INT(sw_receipt_id_as(SW_S("18446744073709551615"), ID_DEC, id), 0);
	SW_CHECK_STR(sw_str_of(id), "ffffffffffffffff");
	SW_CHECK_INT(sw_receipt_id_as(SW_S("18446744073709551616"), ID_DEC, id), SW_EINVAL);
	SW_CHECK_INT(sw_receipt_id_as(SW_S("12x"), ID_HEX, id), SW_EINVAL);
	SW_CHECK_INT(sw_receipt_id_as(SW_S("5f2b-11"), ID_DEC, id), SW_EINVAL);
}

struct pair {
	const char *answer, *report;
};

/* From memory, then from the store. */
static void find_pairs(struct stage *s, struct sw_task *task, const struct pair *pairs, unsigned n)
{
	for (unsigned start = 0; start < 2; start++)
		for (unsigned i = 0; i < n; i++) {
			send(s, task, i, pairs[i].answer);
			if (start)
				forget(s);
			SW_CHECK_INT(report(s, task, pairs[i].report, SW_RECEIPT_DELIVERED), 0);
			SW_CHECK_INT(told.ticket.sid.b[15], i);
			SW_CHECK_INT(told.ticket.bucket, 1);
			SW_CHECK_INT(told.parts, 1);
			SW_CHECK(memcmp(told.ticket.kind, "SM", 2) == 0);
		}
	SW_CHECK_INT(atomic_load(&told_n), 2 * n);
}

static void texts(struct stage *s, struct sw_task *task)
{
	static const struct pair pairs[] = { { "plain-1", "plain-1" },
					     { "ABCDEF-2", "abcdef-2" },
					     { "0000000017", "17" } };
	find_pairs(s, task, pairs, SW_COUNTOF(pairs));
}

static void hexadecimal(struct stage *s, struct sw_task *task)
{
	static const struct pair pairs[] = { { "4e20", "20000" }, { "00004E21", "0000020001" } };
	find_pairs(s, task, pairs, SW_COUNTOF(pairs));
	struct sw_txn *txn = sw_txn_new(s->store, sw_task_arena(task), 1);
	SW_CHECK_INT(rows_of(s, task, "4e21"), 1);
	sw_carrier_txn_receipt(txn, &told);
	SW_CHECK_INT(sw_commit_wait(task, txn, NULL), 0);
	SW_CHECK_INT(rows_of(s, task, "4e21"), 0);
}

static void decimal(struct stage *s, struct sw_task *task)
{
	static const struct pair pairs[] = { { "30000", "7530" }, { "0000030001", "7531" } };
	find_pairs(s, task, pairs, SW_COUNTOF(pairs));
}

/* Decimal 25 is hexadecimal 19: the id as it stands goes first, wherever it is kept. */
static void misleading(struct stage *s, struct sw_task *task)
{
	send(s, task, 1, "19");
	forget(s);
	send(s, task, 2, "25");
	send(s, task, 3, "13");
	SW_CHECK_INT(report(s, task, "19", SW_RECEIPT_DELIVERED), 0);
	SW_CHECK_INT(told.ticket.sid.b[15], 1);
	forget(s);
	SW_CHECK_INT(report(s, task, "13", SW_RECEIPT_DELIVERED), 0);
	SW_CHECK_INT(told.ticket.sid.b[15], 3);
	SW_CHECK_INT(atomic_load(&told_n), 2);
}

SW_TEST(an_id_is_not_taken_for_a_number_while_a_message_has_it_as_text)
{
	run("test:", misleading);
}

SW_TEST(a_report_finds_its_message_whatever_the_form_of_its_id)
{
	run("test:", texts);
	run("test:", hexadecimal);
	run("test:", decimal);
}

static void parts(struct stage *s, struct sw_task *task)
{
	send(s, task, 7, "p-1\np-2\np-3");
	SW_CHECK_INT(report(s, task, "p-3", SW_RECEIPT_DELIVERED), 0);
	SW_CHECK_INT(told.part, 2);
	SW_CHECK_INT(told.parts, 3);
	SW_CHECK_INT(report(s, task, "p-3", SW_RECEIPT_DELIVERED), 0); /* the network says it twice */
	SW_CHECK_INT(atomic_load(&told_n), 1);
	SW_CHECK_INT(report(s, task, "p-3", SW_RECEIPT_READ), 0); /* that is news */
	SW_CHECK_INT(atomic_load(&told_n), 2);
	told_err = SW_EIO; /* not stored: the network is not told that we have it */
	SW_CHECK_INT(report(s, task, "p-1", SW_RECEIPT_UNDELIVERED), SW_EIO);
	told_err = 0;
	SW_CHECK_INT(report(s, task, "p-1", SW_RECEIPT_UNDELIVERED), 0);
	SW_CHECK_INT(told.state, SW_RECEIPT_UNDELIVERED);
	SW_CHECK_INT(atomic_load(&told_n), 4);
}

SW_TEST(each_part_has_its_own_report_and_repetitions_are_dropped)
{
	run("test:", parts);
}

static void early(struct stage *s, struct sw_task *task)
{
	SW_CHECK_INT(report(s, task, "20002", SW_RECEIPT_DELIVERED), 0); /* stored: acknowledged */
	SW_CHECK_INT(report(s, task, "early-2", SW_RECEIPT_UNDELIVERED), 0);
	SW_CHECK_INT(atomic_load(&told_n), 0);
	send(s, task, 1, "4E22"); /* the answer is in hexadecimal */
	SW_CHECK_INT(atomic_load(&told_n), 1);
	SW_CHECK_INT(told.ticket.sid.b[15], 1);
	SW_CHECK_INT(told.state, SW_RECEIPT_DELIVERED);
	SW_CHECK_STR(sw_str_of(told.held), "20002");
	forget(s); /* what is held outlives the program */
	for (int i = 0; i < 400 && s->carrier->book.orphan_n < 2; i++)
		SW_CHECK_INT(sw_sleep_wait(task, 5000), 0);
	send(s, task, 2, "EARLY-2");
	SW_CHECK_INT(told.ticket.sid.b[15], 2);
	SW_CHECK_INT(told.state, SW_RECEIPT_UNDELIVERED);
	SW_CHECK_INT(report(s, task, "never", SW_RECEIPT_DELIVERED), 0);
	SW_CHECK_INT(sw_clock_advance_wait(task, 12 * 60 * SW_US_PER_S), 0);
	for (int i = 0; i < 400 && s->carrier->book.orphan_n; i++)
		SW_CHECK_INT(sw_sleep_wait(task, 5000), 0);
	SW_CHECK_INT(s->carrier->book.orphan_n, 0);
	int before = atomic_load(&told_n);
	send(s, task, 3, "never"); /* given up after ten minutes */
	SW_CHECK_INT(atomic_load(&told_n), before);
}

SW_TEST(a_report_that_overtook_its_answer_is_held)
{
	run("test:", early);
}

/* A task has a stack, and a process can have only so many of them: held reports come back a few at a time. */
static void flood(struct stage *s, struct sw_task *task)
{
	enum { FLOOD = 2000 };
	/* The one reader answers in turn: after these the carrier's own start has found nothing to come back. */
	for (int i = 0; i < 3; i++)
		SW_CHECK_INT(rows_of(s, task, "none"), 0);
	struct sw_txn *txn = sw_txn_new(s->store, sw_task_arena(task), 1);
	for (int i = 0; i < FLOOD; i++)
		sw_txn_do(txn, CARRIER_SQL(SW_SQL_ORPHAN_PUT), SW_GUARD_ONE, SW_EEXIST, SW_T(SW_S("main")),
			  SW_T(sw_str_fmt(sw_task_arena(task), "flood-%d", i)), SW_I(SW_RECEIPT_DELIVERED), SW_I(0),
			  SW_T(SW_S("15005550006")), SW_T(SW_S("14155552671")), SW_T(SW_S("")), SW_I(sw_wall_us()));
	SW_CHECK_INT(sw_commit_wait(task, txn, NULL), 0);
	forget(s);
	/* The last ones are counted before the tasks that looked for them end. */
	for (int i = 0; i < 4000 && (s->carrier->book.orphan_n < FLOOD || s->carrier->book.looking); i++) {
		SW_CHECK(s->carrier->book.looking <= SW_LOOK_AGAIN_MAX);
		SW_CHECK_INT(sw_sleep_wait(task, 1000), 0);
	}
	SW_CHECK_INT(s->carrier->book.orphan_n, FLOOD);
	SW_CHECK_INT(s->carrier->book.looking, 0);
}

SW_TEST(held_reports_come_back_a_few_at_a_time)
{
	run("test:", flood);
}

static void unknown(struct stage *s, struct sw_task *task)
{
	const struct sw_message_out out = message(9);
	struct sw_txn *txn = sw_txn_new(s->store, sw_task_arena(task), 1);
	sw_carrier_txn_unknown(txn, s->carrier, &out);
	SW_CHECK_INT(sw_commit_wait(task, txn, NULL), 0);
	SW_CHECK_INT(report(s, task, "nobody-knows", SW_RECEIPT_DELIVERED), 0);
	SW_CHECK_INT(told.ticket.sid.b[15], 9);
	const struct sw_message_out second = message(10);
	txn = sw_txn_new(s->store, sw_task_arena(task), 1);
	sw_carrier_txn_unknown(txn, s->carrier, &second);
	SW_CHECK_INT(sw_commit_wait(task, txn, NULL), 0);
	SW_CHECK_INT(report(s, task, "nobody-knows-2", SW_RECEIPT_DELIVERED), 0); /* two could be meant: held */
	SW_CHECK_INT(atomic_load(&told_n), 1);
	txn = sw_txn_new(s->store, sw_task_arena(task), 1);
	sw_carrier_txn_known(txn, out.ticket.sid);
	SW_CHECK_INT(sw_commit_wait(task, txn, NULL), 0);
	SW_CHECK_INT(report(s, task, "nobody-knows-3", SW_RECEIPT_DELIVERED), 0);
	SW_CHECK_INT(told.ticket.sid.b[15], 10);
}

/* Message 9 is unknown. A report to its number may be about one that is under way; one that is known comes again. */
static void unknown_beside_others(struct stage *s, struct sw_task *task)
{
	const struct sw_message_out lost = message(9), lost_too = message(10), out = message(1);
	struct sw_submitted said;
	struct sw_txn *txn = sw_txn_new(s->store, sw_task_arena(task), 1);
	sw_carrier_txn_unknown(txn, s->carrier, &lost);
	SW_CHECK_INT(sw_commit_wait(task, txn, NULL), 0);
	SW_CHECK_INT(sw_carrier_admit_wait(task, s->carrier, SW_US_PER_S), 0);
	SW_CHECK_INT(report(s, task, "one", SW_RECEIPT_DELIVERED), 0);
	SW_CHECK_INT(atomic_load(&told_n), 0);
	next_ids = "one";
	SW_CHECK_INT(sw_carrier_submit_wait(task, s->carrier, &out, &said), 0);
	SW_CHECK_INT(atomic_load(&told_n), 1);
	SW_CHECK_INT(told.ticket.sid.b[15], 1);
	SW_CHECK_INT(report(s, task, "nine", SW_RECEIPT_DELIVERED), 0);
	SW_CHECK_INT(told.ticket.sid.b[15], 9);
	txn = sw_txn_new(s->store, sw_task_arena(task), 1);
	sw_carrier_txn_known(txn, lost.ticket.sid);
	sw_carrier_txn_unknown(txn, s->carrier, &lost_too);
	SW_CHECK_INT(sw_commit_wait(task, txn, NULL), 0);
	SW_CHECK_INT(report(s, task, "nine", SW_RECEIPT_DELIVERED), 0);
	SW_CHECK_INT(atomic_load(&told_n), 2);
}

SW_TEST(a_report_without_an_answer_finds_the_only_message_it_can_be_about)
{
	run("test:", unknown);
	run("test:", unknown_beside_others);
}

/* ---- places ---- */

struct visitor {
	struct stage *stage;
	int err;
	bool done;
};

static void visit(struct sw_task *task, void *arg)
{
	struct visitor *visitor = arg;
	visitor->err = sw_carrier_admit_wait(task, visitor->stage->carrier, 60 * SW_US_PER_S);
	visitor->done = true;
}

static void wait_for(struct sw_task *task, const bool *done)
{
	for (int i = 0; i < 400 && !*done; i++)
		SW_CHECK_INT(sw_sleep_wait(task, 5000), 0);
	SW_CHECK(*done);
}

static void places(struct stage *s, struct sw_task *task)
{
	struct visitor first = { .stage = s }, second = { .stage = s }, third = { .stage = s };
	SW_CHECK(!sw_carrier_is_up(s->carrier));
	SW_CHECK_INT(sw_carrier_admit_wait(task, s->carrier, 1000), SW_ETIMEDOUT);
	(void)sw_task_spawn(s->loop, visit, &first);
	(void)sw_task_spawn(s->loop, visit, &second);
	(void)sw_task_spawn(s->loop, visit, &third);
	SW_CHECK(!first.done && !second.done);
	SW_CHECK_INT(sw_sleep_wait(task, 1000), 0);
	sw_carrier_set_places(s->carrier, 1);
	SW_CHECK(sw_carrier_is_up(s->carrier));
	wait_for(task, &first.done);
	SW_CHECK(first.err == 0 && !second.done);
	sw_carrier_release(s->carrier);
	wait_for(task, &second.done);
	SW_CHECK(second.err == 0 && !third.done);
	sw_carrier_set_places(s->carrier, 0); /* the bind is lost: who has a place keeps it */
	sw_carrier_release(s->carrier);
	SW_CHECK_INT(sw_sleep_wait(task, 5000), 0);
	SW_CHECK(!third.done);
	sw_carrier_set_places(s->carrier, 1);
	wait_for(task, &third.done);
	sw_carrier_release(s->carrier);
	int n, taken;
	sw_carrier_places(s->carrier, &n, &taken);
	SW_CHECK(n == 1 && taken == 0);
}

SW_TEST(places_are_given_in_turn_and_none_while_the_carrier_is_down)
{
	run("test:down", places);
}
