/*
 * Which message a report is about.
 *
 * The ids of answers are remembered here before the answer goes home, and stored in its transaction: a report is looked
 * for in memory, then in the store.  One that is found in neither may have overtaken its answer: it is stored, held and
 * told as soon as an answer names its id.
 */
#include "carrier/carrier_impl.h"

#include <stdlib.h>

#include "base/arena.h"
#include "core/core.h"
#include "loop/clock.h"
#include "loop/task.h"
#include "store/store.h"

enum {
	KNOWN_MAX = 65536,   /* ids in memory, a carrier */
	ORPHANS_MAX = 65536, /* reports held, a carrier */
	TELL_AGAIN_US = 1000 * 1000,
	FIRST_US = 500 * 1000,
	GUESS_US = 120 * 1000 * 1000, /* answers come sooner, or late */
};

/* The id of a part of a message, as an answer named it. */
struct known {
	struct sw_list node;
	struct sw_ticket ticket;
	unsigned part, parts;
	enum sw_receipt_state told; /* stored: what comes again is a repetition */
	char id[SW_CARRIER_ID_MAX];
	char to[32]; /* digits; empty: not told */
};

/* A report on its way to the sink, or held until an answer names its id. */
struct orphan {
	struct sw_list node;
	struct sw_carrier *carrier;
	struct sw_receipt receipt;
	struct sw_completion done; /* fn NULL: acknowledged long ago */
	struct sw_timer again;
	int64_t since_us;                        /* wall */
	char forms[ID_FORMS][SW_CARRIER_ID_MAX]; /* empty: not a number of that kind */
	char from[32], to[32];
	bool held; /* in the maps, and in the store */
};

static void forget_known(struct receipt_book *book, struct known *known)
{
	sw_list_del(&known->node);
	book->known_n--;
	if (sw_map_find(&book->known, sw_str_of(known->id)) == known)
		sw_map_take(&book->known, sw_str_of(known->id));
	free(known);
}

/* Out of the maps; it stays in the store until its transaction or the sweep. */
static void unhold(struct receipt_book *book, struct orphan *orphan)
{
	sw_list_del(&orphan->node);
	book->orphan_n--;
	orphan->held = false;
	for (unsigned i = 0; i < ID_FORMS; i++)
		if (sw_map_find(&book->orphans, sw_str_of(orphan->forms[i])) == orphan)
			sw_map_take(&book->orphans, sw_str_of(orphan->forms[i]));
}

static void orphan_free(struct orphan *orphan)
{
	sw_timer_stop(&orphan->again);
	free(orphan);
}

void sw_receipts_done(struct sw_carrier *carrier)
{
	struct receipt_book *book = &carrier->book;
	while (!sw_list_empty(&book->known_order))
		forget_known(book, SW_CONTAINER(book->known_order.next, struct known, node));
	while (!sw_list_empty(&book->orphan_order)) {
		struct orphan *orphan = SW_CONTAINER(book->orphan_order.next, struct orphan, node);
		unhold(book, orphan);
		orphan_free(orphan);
	}
	sw_map_done(&book->known);
	sw_map_done(&book->orphans);
}

void sw_receipts_init(struct sw_carrier *carrier)
{
	carrier->book.form = -1;
	sw_list_init(&carrier->book.known_order);
	sw_list_init(&carrier->book.orphan_order);
}

int sw_carrier_set_receipt_ids(struct sw_carrier *carrier, struct sw_str form)
{
	static const char *const names[ID_FORMS] = { [ID_TEXT] = "text", [ID_HEX] = "hex", [ID_DEC] = "dec" };
	for (int i = 0; i < ID_FORMS; i++)
		if (sw_str_is(form, names[i])) {
			carrier->book.form = i;
			return 0;
		}
	carrier->book.form = -1;
	return sw_str_is(form, "auto") ? 0 : SW_EINVAL;
}

static struct sw_store *store_of(const struct sw_carrier *carrier)
{
	return carrier->env.core ? carrier->env.core->store : NULL;
}

/* ---- ids of answers ---- */

static struct known *known_new(struct receipt_book *book, const struct sw_ticket *ticket, const char *id, unsigned part,
			       unsigned parts)
{
	struct known *known = calloc(1, sizeof(*known));
	SW_BUG_ON(!known);
	*known = (struct known){ .ticket = *ticket, .part = part, .parts = parts };
	memcpy(known->id, id, sizeof(known->id));
	sw_list_push(&book->known_order, &known->node);
	book->known_n++;
	sw_map_put(&book->known, sw_str_of(known->id), known); /* an id used again: the newer message has it */
	if (book->known_n > KNOWN_MAX)
		forget_known(book, SW_CONTAINER(book->known_order.next, struct known, node));
	return known;
}

/* ---- to the sink ---- */

static void tell(struct orphan *orphan);

/* So that what the network says again is known for that, also of an id that no answer named. */
static void note_told(struct receipt_book *book, const struct orphan *orphan)
{
	const struct sw_receipt *receipt = &orphan->receipt;
	struct known *known = sw_map_find(&book->known, sw_str_of(receipt->id));
	if (!known)
		known = known_new(book, &receipt->ticket, receipt->id, receipt->part, receipt->parts);
	if (sw_id_eq(known->ticket.sid, receipt->ticket.sid))
		known->told = receipt->state;
}

static void on_tell_again(struct sw_timer *timer)
{
	tell(SW_CONTAINER(timer, struct orphan, again));
}

static void on_told(void *arg, int err)
{
	struct orphan *orphan = arg;
	struct sw_carrier *carrier = orphan->carrier;
	sw_clock_busy(-1);
	if (!err) {
		note_told(&carrier->book, orphan);
	} else if (!orphan->done.fn && !carrier->book.stopped) { /* nobody offers it again but this memory */
		sw_timer_start(carrier->env.loop, &orphan->again, SW_CLOCK_MONO, sw_mono_us() + TELL_AGAIN_US,
			       on_tell_again);
		return;
	}
	if (orphan->done.fn)
		orphan->done.fn(orphan->done.arg, err);
	orphan_free(orphan);
}

static void tell(struct orphan *orphan)
{
	const struct sw_carrier_sink *sink = sw_carrier_get_sink(orphan->carrier);
	sw_clock_busy(1);
	sink->receipt(sink->owner, &orphan->receipt, (struct sw_completion){ on_told, orphan });
}

static void address(struct orphan *orphan, const struct sw_ticket *ticket, const char *id, unsigned part,
		    unsigned parts)
{
	orphan->receipt.ticket = *ticket;
	orphan->receipt.part = part;
	orphan->receipt.parts = parts;
	memcpy(orphan->receipt.id, id, SW_CARRIER_ID_MAX);
}

/*
 * An id read as a number of the other kind may be that of another message.  It counts only while this carrier's ids
 * never agreed as they stand, and for messages to the recipient that the report names, as far as the last digits go
 * (networks write the rest in their own ways).
 */
static bool other_form_fits(const struct receipt_book *book, const char *told, const char *kept)
{
	enum { LAST_DIGITS = 7 };
	size_t a = strlen(told), b = strlen(kept), n = a < b ? a : b;
	n = n < LAST_DIGITS ? n : LAST_DIGITS;
	return book->matched[ID_TEXT] == 0 && memcmp(told + a - n, kept + b - n, n) == 0;
}

static void remember(struct sw_carrier *carrier, const struct sw_ticket *ticket, struct sw_str to, struct sw_str id,
		     unsigned part, unsigned parts)
{
	struct receipt_book *book = &carrier->book;
	char kept[SW_CARRIER_ID_MAX] = "";
	if (sw_receipt_id(id, kept))
		return;
	struct known *known = known_new(book, ticket, kept, part, parts);
	sw_receipt_digits(to, known->to);
	struct orphan *orphan = book->orphan_n ? sw_map_find(&book->orphans, sw_str_of(known->id)) : NULL;
	if (!orphan ||
	    (strcmp(orphan->forms[ID_TEXT], known->id) != 0 && !other_form_fits(book, orphan->to, known->to)))
		return;
	unhold(book, orphan);
	address(orphan, ticket, known->id, part, parts);
	tell(orphan);
}

void sw_receipts_remember(struct sw_carrier *carrier, const struct sw_ticket *ticket, struct sw_str to,
			  const struct sw_submitted *submitted)
{
	struct sw_str rest = submitted->ids;
	for (unsigned part = 0; part < submitted->parts; part++)
		remember(carrier, ticket, to, sw_str_cut(&rest, '\n'), part, submitted->parts);
}

void sw_carrier_late_answer(struct sw_carrier *carrier, const struct sw_ticket *ticket,
			    const struct sw_submitted *submitted)
{
	sw_carrier_count(carrier, SW_CARRIER_LATE, 1);
	if (submitted->result == SW_SUBMIT_ACCEPTED && submitted->receipt_expected)
		sw_receipts_remember(carrier, ticket, SW_STR_NULL, submitted);
	carrier->sink.late(carrier->sink.owner, carrier, ticket, submitted);
}

/* ---- looking for a report's message ---- */

static bool form_allowed(const struct receipt_book *book, unsigned form)
{
	return book->form < 0 || book->form == (int)form;
}

/*
 * In memory.  Other forms than the text count only once they led to messages, unless the store was asked for the text
 * (sure): it may have the older message that is meant.
 */
static struct known *find_known(struct receipt_book *book, const struct orphan *orphan, bool sure)
{
	for (unsigned i = 0; i < ID_FORMS; i++) {
		if (!orphan->forms[i][0] || (i != ID_TEXT && !sure && !book->matched[i]))
			continue;
		struct known *known = sw_map_find(&book->known, sw_str_of(orphan->forms[i]));
		if (!known || (i != ID_TEXT && !other_form_fits(book, orphan->to, known->to)))
			continue;
		book->matched[i]++;
		return known;
	}
	return NULL;
}

static int find_stored_wait(struct sw_task *task, struct orphan *orphan)
{
	struct sw_carrier *carrier = orphan->carrier;
	struct receipt_book *book = &carrier->book;
	struct sw_rows rows;
	int err = sw_query_wait(task, store_of(carrier), sw_task_arena(task), CARRIER_SQL(SW_SQL_PART_FIND), &rows,
				SW_T(sw_str_of(carrier->name)), SW_T(sw_str_of(orphan->forms[ID_TEXT])),
				SW_T(sw_str_of(orphan->forms[ID_HEX])), SW_T(sw_str_of(orphan->forms[ID_DEC])));
	if (err)
		return err;
	int best = -1;
	unsigned best_row = 0;
	for (int i = 0; i < ID_FORMS && best < 0; i++)
		for (unsigned row = 0; row < rows.n && best < 0; row++) {
			char to[32];
			bool same = sw_str_is(sw_row_str(rows.row[row], 0), orphan->forms[i]);
			sw_receipt_digits(sw_row_str(rows.row[row], 7), to);
			if (same && (i == ID_TEXT || other_form_fits(book, orphan->to, to))) {
				best = i;
				best_row = row;
			}
		}
	if (best < 0)
		return SW_ENOTFOUND;
	book->matched[best]++;
	struct sw_row row = rows.row[best_row];
	const char *kind = sw_row_str(row, 4).p;
	const struct sw_ticket ticket = {
		(int)sw_row_int(row, 1), sw_row_id(row, 2), sw_row_id(row, 3), { kind[0], kind[1] }
	};
	address(orphan, &ticket, orphan->forms[best], (unsigned)sw_row_int(row, 5), (unsigned)sw_row_int(row, 6));
	return 0;
}

/* Not while an answer on its way may name it: the report would be taken for that of another message to that number. */
static bool may_guess(const struct orphan *orphan)
{
	return atomic_load(&orphan->carrier->taken) <= 0 || sw_wall_us() - orphan->since_us >= GUESS_US;
}

/* The only message to that number whose answer never came. */
static int find_unknown_wait(struct sw_task *task, struct orphan *orphan)
{
	struct sw_carrier *carrier = orphan->carrier;
	struct sw_rows rows;
	if (!orphan->to[0])
		return SW_ENOTFOUND;
	int err = sw_query_wait(task, store_of(carrier), sw_task_arena(task), CARRIER_SQL(SW_SQL_UNKNOWN_FIND), &rows,
				SW_T(sw_str_of(carrier->name)), SW_T(sw_str_of(orphan->to)),
				SW_T(sw_str_of(orphan->from)));
	if (err || rows.n != 1)
		return err ? err : SW_ENOTFOUND;
	const char *kind = sw_row_str(rows.row[0], 3).p;
	const struct sw_ticket ticket = { (int)sw_row_int(rows.row[0], 1),
					  sw_row_id(rows.row[0], 2),
					  sw_row_id(rows.row[0], 0),
					  { kind[0], kind[1] } };
	address(orphan, &ticket, orphan->forms[ID_TEXT], 0, 1);
	orphan->receipt.guessed = true;
	return 0;
}

/* ---- holding ---- */

static void hold(struct orphan *orphan)
{
	struct receipt_book *book = &orphan->carrier->book;
	orphan->held = true;
	book->orphan_n++;
	sw_list_push(&book->orphan_order, &orphan->node);
	for (unsigned i = 0; i < ID_FORMS; i++) {
		struct sw_str form = sw_str_of(orphan->forms[i]);
		if (form.n && (i == ID_TEXT || !sw_map_find(&book->orphans, form)))
			sw_map_put(&book->orphans, form, orphan);
	}
}

static int store_orphan_wait(struct sw_task *task, struct orphan *orphan)
{
	struct sw_carrier *carrier = orphan->carrier;
	const struct sw_receipt *receipt = &orphan->receipt;
	struct sw_txn *txn = sw_txn_new(store_of(carrier), sw_task_arena(task), 1);
	sw_txn_do(txn, CARRIER_SQL(SW_SQL_ORPHAN_PUT), SW_GUARD_ONE, SW_EEXIST, SW_T(sw_str_of(carrier->name)),
		  SW_T(sw_str_of(receipt->held)), SW_I(receipt->state), SW_I(receipt->code),
		  SW_T(sw_str_of(orphan->from)), SW_T(sw_str_of(orphan->to)), SW_T(sw_str_of(receipt->done_date)),
		  SW_I(orphan->since_us));
	return sw_commit_wait(task, txn, NULL);
}

/*
 * It is in the maps while it is stored: an answer may name it meanwhile, and then it goes its way; the row that this
 * leaves behind is swept.
 */
static void hold_wait(struct sw_task *task, struct orphan *orphan)
{
	struct sw_completion done = orphan->done;
	struct receipt_book *book = &orphan->carrier->book;
	if (book->orphan_n >= ORPHANS_MAX) {
		sw_carrier_count(orphan->carrier, SW_CARRIER_REPORTS_UNMATCHED, 1);
		orphan_free(orphan);
		done.fn(done.arg, 0);
		return;
	}
	struct orphan *kept = malloc(sizeof(*kept));
	SW_BUG_ON(!kept);
	*kept = *orphan;
	kept->done = (struct sw_completion){ 0 };
	sw_list_init(&kept->node);
	sw_carrier_count(orphan->carrier, SW_CARRIER_REPORTS_HELD, 1);
	hold(kept);
	int err = store_orphan_wait(task, orphan);
	orphan_free(orphan);
	done.fn(done.arg, err);
}

static int find_meanwhile(struct orphan *orphan, bool sure)
{
	struct known *known = find_known(&orphan->carrier->book, orphan, sure);
	if (!known)
		return SW_ENOTFOUND;
	address(orphan, &known->ticket, known->id, known->part, known->parts);
	return 0;
}

static void look_task(struct sw_task *task, void *arg)
{
	struct orphan *orphan = arg;
	struct receipt_book *book = &orphan->carrier->book;
	bool again = !orphan->done.fn;
	sw_clock_busy(1);
	/* Nothing is known of this carrier's ids yet: an answer on its way may have this one as it stands. */
	bool first =
		!again && book->form < 0 && !book->matched[ID_TEXT] && !book->matched[ID_HEX] && !book->matched[ID_DEC];
	int err = first ? sw_sleep_wait(task, FIRST_US) : 0;
	if (!err)
		err = find_meanwhile(orphan, false);
	if (err == SW_ENOTFOUND)
		err = find_stored_wait(task, orphan);
	/* The answer may have come while the store was asked, each time. */
	if (err == SW_ENOTFOUND)
		err = find_meanwhile(orphan, true);
	if (err == SW_ENOTFOUND && may_guess(orphan))
		err = find_unknown_wait(task, orphan);
	if (err == SW_ENOTFOUND)
		err = find_meanwhile(orphan, true);
	if (!err) {
		tell(orphan);
	} else if (err == SW_ENOTFOUND && orphan->done.fn) {
		hold_wait(task, orphan);
	} else if (orphan->done.fn) {
		sw_clock_busy(1);
		on_told(orphan, err);
	} else if (book->stopped) {
		orphan_free(orphan);
	} else {
		hold(orphan); /* also when the store could not be asked: later, then */
	}
	book->looking -= again;
	sw_clock_busy(-1);
}

static void look_again(struct orphan *orphan)
{
	orphan->carrier->book.looking++;
	(void)sw_task_spawn(orphan->carrier->env.loop, look_task, orphan);
}

static struct orphan *orphan_new(struct sw_carrier *carrier, struct sw_str id, struct sw_str from, struct sw_str to)
{
	struct orphan *orphan = calloc(1, sizeof(*orphan));
	SW_BUG_ON(!orphan);
	orphan->carrier = carrier;
	orphan->receipt.carrier = carrier;
	orphan->since_us = sw_wall_us();
	sw_list_init(&orphan->node);
	for (unsigned i = 0; i < ID_FORMS; i++)
		if (!form_allowed(&carrier->book, i) || sw_receipt_id_as(id, i, orphan->forms[i]))
			orphan->forms[i][0] = 0;
	if (sw_receipt_id(id, orphan->receipt.held))
		orphan->receipt.held[0] = 0;
	sw_receipt_digits(from, orphan->from);
	sw_receipt_digits(to, orphan->to);
	return orphan;
}

void sw_carrier_report(struct sw_carrier *carrier, const struct sw_report *report, struct sw_completion done)
{
	sw_carrier_count(carrier, SW_CARRIER_REPORTS, 1);
	struct orphan *orphan = orphan_new(carrier, report->id, report->from, report->to);
	struct sw_receipt *receipt = &orphan->receipt;
	orphan->done = done;
	receipt->state = report->state;
	receipt->code = report->code;
	if (report->done_date.n < sizeof(receipt->done_date) && report->done_date.n)
		memcpy(receipt->done_date, report->done_date.p, report->done_date.n);
	struct known *known = find_known(&carrier->book, orphan, false);
	if (known && known->told >= report->state) {
		sw_carrier_count(carrier, SW_CARRIER_REPORTS_AGAIN, 1);
		orphan_free(orphan);
		done.fn(done.arg, 0);
	} else if (known) {
		address(orphan, &known->ticket, known->id, known->part, known->parts);
		receipt->held[0] = 0;
		tell(orphan);
	} else if (store_of(carrier) && !carrier->book.stopped) {
		(void)sw_task_spawn(carrier->env.loop, look_task, orphan);
	} else {
		orphan_free(orphan);
		done.fn(done.arg, SW_ECLOSED);
	}
}

/* ---- over time ---- */

void sw_receipts_take_back(struct sw_carrier *carrier, struct sw_row row)
{
	struct orphan *orphan = orphan_new(carrier, sw_row_str(row, 0), sw_row_str(row, 3), sw_row_str(row, 4));
	struct sw_str date = sw_row_str(row, 5);
	orphan->receipt.state = (enum sw_receipt_state)sw_row_int(row, 1);
	orphan->receipt.code = (int)sw_row_int(row, 2);
	if (date.n < sizeof(orphan->receipt.done_date) && date.n)
		memcpy(orphan->receipt.done_date, date.p, date.n);
	orphan->since_us = sw_row_int(row, 6);
	look_again(orphan);
}

unsigned sw_receipts_expire(struct sw_carrier *carrier, int64_t before_us)
{
	struct receipt_book *book = &carrier->book;
	unsigned n = 0;
	for (struct sw_list *node = book->orphan_order.next, *next; node != &book->orphan_order; node = next) {
		struct orphan *orphan = SW_CONTAINER(node, struct orphan, node);
		next = node->next;
		if (orphan->since_us >= before_us)
			continue;
		unhold(book, orphan);
		orphan_free(orphan);
		n++;
	}
	sw_carrier_count(carrier, SW_CARRIER_REPORTS_UNMATCHED, n);
	return n;
}

void sw_receipts_look_again(struct sw_carrier *carrier)
{
	struct receipt_book *book = &carrier->book;
	unsigned n = book->orphan_n;
	for (; n && book->looking < SW_LOOK_AGAIN_MAX && !sw_list_empty(&book->orphan_order); n--) {
		struct orphan *orphan = SW_CONTAINER(book->orphan_order.next, struct orphan, node);
		unhold(book, orphan);
		look_again(orphan);
	}
}
