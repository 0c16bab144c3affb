/* Which message a report is about: by the ids of answers, in memory and in the store, or the only one it can be. */
#include "carrier/receipt_impl.h"

#include <string.h>

#include "core/core.h"
#include "loop/clock.h"
#include "loop/task.h"

enum { FIRST_US = 500 * 1000, GUESS_US = 120 * 1000 * 1000 /* answers come sooner, or late */ };

void sw_receipt_address(struct orphan *orphan, const struct sw_ticket *ticket, const char *id, unsigned part,
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
bool sw_receipt_form_fits(const struct receipt_book *book, const char *told, const char *kept)
{
	enum { LAST_DIGITS = 7 };
	size_t a = strlen(told), b = strlen(kept), n = a < b ? a : b;
	n = n < LAST_DIGITS ? n : LAST_DIGITS;
	return book->matched[ID_TEXT] == 0 && memcmp(told + a - n, kept + b - n, n) == 0;
}

/*
 * In memory.  Other forms than the text count only once they led to messages, unless the store was asked for the text
 * (sure): it may have the older message that is meant.
 */
struct known *sw_receipt_find_known(struct receipt_book *book, const struct orphan *orphan, bool sure)
{
	for (unsigned i = 0; i < ID_FORMS; i++) {
		if (!orphan->forms[i][0] || (i != ID_TEXT && !sure && !book->matched[i]))
			continue;
		struct known *known = sw_map_find(&book->known, sw_str_of(orphan->forms[i]));
		if (!known || (i != ID_TEXT && !sw_receipt_form_fits(book, orphan->to, known->to)))
			continue;
		book->matched[i]++;
		return known;
	}
	return NULL;
}

static int find_in_memory(struct orphan *orphan, bool sure)
{
	struct known *known = sw_receipt_find_known(&orphan->carrier->book, orphan, sure);
	if (!known)
		return SW_ENOTFOUND;
	sw_receipt_address(orphan, &known->ticket, known->id, known->part, known->parts);
	return 0;
}

static int find_stored_wait(struct sw_task *task, struct orphan *orphan)
{
	struct sw_carrier *carrier = orphan->carrier;
	struct receipt_book *book = &carrier->book;
	struct sw_rows rows;
	int err = sw_query_wait(task, sw_carrier_store(carrier), sw_task_arena(task), CARRIER_SQL(SW_SQL_PART_FIND),
				&rows, SW_T(sw_str_of(carrier->name)), SW_T(sw_str_of(orphan->forms[ID_TEXT])),
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
			if (same && (i == ID_TEXT || sw_receipt_form_fits(book, orphan->to, to))) {
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
	sw_receipt_address(orphan, &ticket, orphan->forms[best], (unsigned)sw_row_int(row, 5),
			   (unsigned)sw_row_int(row, 6));
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
	int err = sw_query_wait(task, sw_carrier_store(carrier), sw_task_arena(task), CARRIER_SQL(SW_SQL_UNKNOWN_FIND),
				&rows, SW_T(sw_str_of(carrier->name)), SW_T(sw_str_of(orphan->to)),
				SW_T(sw_str_of(orphan->from)));
	if (err || rows.n != 1)
		return err ? err : SW_ENOTFOUND;
	const char *kind = sw_row_str(rows.row[0], 3).p;
	const struct sw_ticket ticket = { (int)sw_row_int(rows.row[0], 1),
					  sw_row_id(rows.row[0], 2),
					  sw_row_id(rows.row[0], 0),
					  { kind[0], kind[1] } };
	sw_receipt_address(orphan, &ticket, orphan->forms[ID_TEXT], 0, 1);
	orphan->receipt.guessed = true;
	return 0;
}

int sw_receipt_find_wait(struct sw_task *task, struct orphan *orphan, bool again)
{
	const struct receipt_book *book = &orphan->carrier->book;
	/* Nothing is known of this carrier's ids yet: an answer on its way may have this one as it stands. */
	bool first =
		!again && book->form < 0 && !book->matched[ID_TEXT] && !book->matched[ID_HEX] && !book->matched[ID_DEC];
	int err = first ? sw_sleep_wait(task, FIRST_US) : 0;
	if (!err)
		err = find_in_memory(orphan, false);
	if (err == SW_ENOTFOUND)
		err = find_stored_wait(task, orphan);
	/* The answer may have come while the store was asked, each time. */
	if (err == SW_ENOTFOUND)
		err = find_in_memory(orphan, true);
	if (err == SW_ENOTFOUND && may_guess(orphan))
		err = find_unknown_wait(task, orphan);
	if (err == SW_ENOTFOUND)
		err = find_in_memory(orphan, true);
	return err;
}
