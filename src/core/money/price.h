/*
 * core/money/price.h - the price book: what one unit of a product costs, by whom, where to, over whom, which way and
 * when.
 *
 * A row names a product and may name a payer, a country, a carrier and a direction; what it leaves out it does not
 * care about.  Of the rows that fit and are valid at the time the most specific one wins: naming the payer counts for
 * more than the country, that for more than the carrier, that for more than the direction.  Rows of one and the same
 * scope are never valid at the same time, so one row is always the answer.  The operator's rows come first; when none
 * of a product's fits, the program's own defaults are asked the same way.
 *
 * Amounts are micros of the installation's currency a unit (segment, message, minute, month …); a charge is the unit
 * price times a whole quantity, so nothing is ever rounded.  What was charged once is never priced again.
 *
 * The book is kept per loop; a change is seen by every loop at once, by other processes within SW_PRICE_FRESH_US.
 * Thread: tasks of any loop; the book itself one thread at a time.
 */
#ifndef SW_CORE_MONEY_PRICE_H
#define SW_CORE_MONEY_PRICE_H

#include "core/account.h"
#include "store/query.h"

#define SW_PRICE_FRESH_US (500 * 1000)
#define SW_PRICE_MAX_MICROS (INT64_C(1000000) * 1000000)
#define SW_PRICE_FOREVER_US INT64_MAX

/* "any" is absent text and a zero id. */
struct sw_price {
	struct sw_sid sid;                       /* PI */
	struct sw_str product;                   /* "sms" */
	struct sw_id payer;                      /* master account */
	struct sw_str country;                   /* ISO 3166, "US" */
	struct sw_str carrier;                   /* a configured carrier's name */
	struct sw_str direction;                 /* "inbound", "outbound" */
	int64_t micros;                          /* a unit */
	int64_t from_us, until_us;               /* wall; until is not part of it */
	int64_t created_us, updated_us, version; /* 0: a default */
};

/* What is about to be charged. */
struct sw_price_query {
	struct sw_str product, country, carrier, direction;
	struct sw_id payer;
	int64_t at_us;
};

struct sw_price_book;

/** A book of these rows over the defaults; texts are copied. The caller's reference. */
struct sw_price_book *sw_price_book_new(const struct sw_price *rows, size_t n);
/** @return the row that sets the price, borrowed from the book; NULL: none does, it is free */
const struct sw_price *sw_price_book_find(const struct sw_price_book *book, const struct sw_price_query *query);
/** Every row, by SID from the last to the first: the operator's, then the defaults. @return how many */
size_t sw_price_book_rows(const struct sw_price_book *book, const struct sw_price **ret);

/** The book as of now; held until the task's arena is cleared. @return 0 or a store error */
int sw_price_book_wait(struct sw_task *task, const struct sw_core *core,
		       const struct sw_price_book **ret) SW_MUST_CHECK;
/** The row that sets the price; a zero SID and price when none does: it is free. @return 0 or a store error */
int sw_price_find_wait(struct sw_task *task, const struct sw_core *core, const struct sw_price_query *query,
		       struct sw_price *ret) SW_MUST_CHECK;
/** The country that a number's price goes by: North America's shared codes count as the United States; absent: not
 * known. Static. */
struct sw_str sw_price_country(struct sw_str number);

/** Steps that add, change and delete a row of the operator. Guards: 20409 (another row of the same scope is valid
 * then), SW_ECONFLICT (version), SW_ENOTFOUND. sw_price_forget() after the commit. */
void sw_price_insert(const struct sw_core *core, struct sw_arena *arena, struct sw_txn *txn,
		     const struct sw_price *price);
void sw_price_update(const struct sw_core *core, struct sw_arena *arena, struct sw_txn *txn,
		     const struct sw_price *price);
void sw_price_delete(const struct sw_core *core, struct sw_arena *arena, struct sw_txn *txn,
		     const struct sw_price *price);
/** This loop asks the store again at its next look. */
void sw_price_forget(void);

/* The program's own rows, in price_default.c. Numbers are part of their SIDs: never used again for another. */
struct sw_price_default {
	unsigned number;
	const char *product, *country, *direction; /* NULL: any */
	int64_t micros;
};
extern const struct sw_price_default sw_price_defaults[];
extern const size_t sw_price_defaults_n;

#endif
