/*
 * Which message a report is about.
 *
 * The ids of answers are remembered here before the answer goes home, and stored in its transaction: a report is looked
 * for in memory, then in the store (receipt_find.c).  One that is found in neither may have overtaken its answer: it is
 * stored, held and told as soon as an answer names its id.
 */
#include "carrier/receipt_impl.h"

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
	    (strcmp(orphan->forms[ID_TEXT], known->id) != 0 && !sw_receipt_form_fits(book, orphan->to, known->to)))
		return;
	unhold(book, orphan);
	sw_receipt_address(orphan, ticket, known->id, part, parts);
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
	struct sw_txn *txn = sw_txn_new(sw_carrier_store(carrier), sw_task_arena(task), 1);
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

static void look_task(struct sw_task *task, void *arg)
{
	struct orphan *orphan = arg;
	struct receipt_book *book = &orphan->carrier->book;
	bool again = !orphan->done.fn;
	sw_clock_busy(1);
	int err = sw_receipt_find_wait(task, orphan, again);
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

static bool form_allowed(const struct receipt_book *book, unsigned form)
{
	return book->form < 0 || book->form == (int)form;
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
	struct known *known = sw_receipt_find_known(&carrier->book, orphan, false);
	if (known && known->told >= report->state) {
		sw_carrier_count(carrier, SW_CARRIER_REPORTS_AGAIN, 1);
		orphan_free(orphan);
		done.fn(done.arg, 0);
	} else if (known) {
		sw_receipt_address(orphan, &known->ticket, known->id, known->part, known->parts);
		receipt->held[0] = 0;
		tell(orphan);
	} else if (sw_carrier_store(carrier) && !carrier->book.stopped) {
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
