#include "core/money/price.h"

#include <stdatomic.h>

#include "base/buf.h"
#include "base/map.h"
#include "base/ref.h"
#include "core/core_sql.h"
#include "core/money/country.h"
#include "loop/clock.h"
#include "loop/loop.h"
#include "loop/task.h"
#include "wire/phone/phone.h"

enum { SCOPE_DIRECTION = 1, SCOPE_CARRIER = 2, SCOPE_COUNTRY = 4, SCOPE_PAYER = 8, SCOPES = 16, SCOPE_CHARS = 256 };

/* Rows of one scope, which differ by their time. */
struct row {
	struct sw_price price;
	struct row *next;
};

struct sw_price_book {
	struct sw_arena arena;
	struct sw_map scopes[2]; /* operator's, defaults: scope text -> struct row */
	uint16_t used[2];        /* bits of the kinds of scope there are */
	struct sw_price *rows;
	size_t n;
	struct sw_str version;
	int64_t checked_us; /* monotonic */
	uint32_t changes;   /* as many as it knows of */
};

static void book_destroy(void *object)
{
	struct sw_price_book *book = object;
	sw_map_done(&book->scopes[0]);
	sw_map_done(&book->scopes[1]);
	sw_arena_done(&book->arena);
}

static void drop_book(void *book)
{
	sw_unref(book);
}

/* ---- scopes ---- */

static bool add(char *text, size_t *n, struct sw_str part)
{
	if (*n + part.n + 1 > SCOPE_CHARS)
		return false;
	if (part.n)
		memcpy(text + *n, part.p, part.n);
	text[*n + part.n] = '\n';
	*n += part.n + 1;
	return true;
}

/* @return absent when it is longer than any row's */
static struct sw_str scope_text(const struct sw_price_query *q, unsigned scope, char text[SCOPE_CHARS])
{
	struct sw_str payer = { (const char *)q->payer.b, sizeof(q->payer.b) };
	const struct {
		unsigned bit;
		struct sw_str part;
	} parts[] = { { SCOPE_COUNTRY, q->country },
		      { SCOPE_CARRIER, q->carrier },
		      { SCOPE_DIRECTION, q->direction },
		      { SCOPE_PAYER, payer } };
	size_t n = 0;
	bool fits = add(text, &n, q->product);
	for (size_t i = 0; i < SW_COUNTOF(parts); i++)
		fits = fits && add(text, &n, scope & parts[i].bit ? parts[i].part : SW_S(""));
	return fits ? (struct sw_str){ text, n } : SW_STR_NULL;
}

static unsigned scope_of(const struct sw_price_query *q)
{
	return (q->direction.n ? SCOPE_DIRECTION : 0u) | (q->carrier.n ? SCOPE_CARRIER : 0u) |
	       (q->country.n ? SCOPE_COUNTRY : 0u) | (sw_id_is_zero(q->payer) ? 0u : SCOPE_PAYER);
}

/* ---- the book ---- */

static void put(struct sw_price_book *book, bool is_default, const struct sw_price *price)
{
	char text[SCOPE_CHARS];
	const struct sw_price_query q = { price->product,   price->country, price->carrier,
					  price->direction, price->payer,   0 };
	struct sw_str key = scope_text(&q, scope_of(&q), text);
	struct row *row = SW_ARENA_NEW(&book->arena, struct row);
	if (!key.p)
		return;
	row->price = *price;
	row->next = sw_map_find(&book->scopes[is_default], key);
	sw_map_put(&book->scopes[is_default], key, row);
	book->used[is_default] |= (uint16_t)(1u << scope_of(&q));
}

static struct sw_str copy(struct sw_price_book *book, struct sw_str text)
{
	return text.n ? sw_str_dup(&book->arena, text) : SW_STR_NULL;
}

static struct sw_str known(const char *text)
{
	return text ? sw_str_of(text) : SW_STR_NULL;
}

static struct sw_price of_default(const struct sw_price_default *d)
{
	struct sw_id id = { { 0 } };
	id.b[14] = (uint8_t)(d->number >> 8);
	id.b[15] = (uint8_t)d->number;
	return (struct sw_price){
		.sid = sw_sid_of("PI", id),
		.product = sw_str_of(d->product),
		.country = known(d->country),
		.direction = known(d->direction),
		.micros = d->micros,
		.until_us = SW_PRICE_FOREVER_US,
	};
}

struct sw_price_book *sw_price_book_new(const struct sw_price *rows, size_t n)
{
	struct sw_price_book *book = sw_new(struct sw_price_book, book_destroy);
	sw_arena_init(&book->arena);
	book->rows = SW_ARENA_ARRAY(&book->arena, struct sw_price, n + sw_price_defaults_n);
	for (size_t i = 0; i < n; i++) {
		struct sw_price *row = &book->rows[book->n++];
		*row = rows[i];
		row->product = copy(book, rows[i].product);
		row->country = copy(book, rows[i].country);
		row->carrier = copy(book, rows[i].carrier);
		row->direction = copy(book, rows[i].direction);
		put(book, false, row);
	}
	for (size_t i = sw_price_defaults_n; i-- > 0;) {
		book->rows[book->n] = of_default(&sw_price_defaults[i]);
		put(book, true, &book->rows[book->n++]);
	}
	return book;
}

static const struct sw_price *find_in(const struct sw_price_book *book, bool is_default, const struct sw_price_query *q)
{
	char text[SCOPE_CHARS];
	for (unsigned scope = SCOPES; scope-- > 0;) {
		if (!(book->used[is_default] >> scope & 1) || scope & ~scope_of(q))
			continue;
		struct sw_str key = scope_text(q, scope, text);
		const struct row *row = key.p ? sw_map_find(&book->scopes[is_default], key) : NULL;
		for (; row; row = row->next)
			if (row->price.from_us <= q->at_us && q->at_us < row->price.until_us)
				return &row->price;
	}
	return NULL;
}

const struct sw_price *sw_price_book_find(const struct sw_price_book *book, const struct sw_price_query *query)
{
	const struct sw_price *row = find_in(book, false, query);
	return row ? row : find_in(book, true, query);
}

size_t sw_price_book_rows(const struct sw_price_book *book, const struct sw_price **ret)
{
	*ret = book->rows;
	return book->n;
}

/* ---- one a loop ---- */

static void drop_kept(void *kept)
{
	sw_unref(*(struct sw_price_book **)kept);
}

/* Where it is kept: NULL until the first is read. */
static struct sw_price_book **here(void)
{
	static struct sw_loop_local books = { .bytes = sizeof(struct sw_price_book *), .drop = drop_kept };
	return sw_loop_local(sw_loop_current(), &books);
}

static void keep(struct sw_price_book *book)
{
	sw_unref(*here());
	*here() = book;
}

/* Changes made in this process. */
static _Atomic uint32_t changes;

void sw_price_forget(void)
{
	atomic_fetch_add(&changes, 1);
}

static struct sw_str any_if_empty(struct sw_row row, unsigned column)
{
	struct sw_str text = sw_row_str(row, column);
	return text.n ? text : SW_STR_NULL;
}

static struct sw_price read_row(struct sw_row row)
{
	return (struct sw_price){
		.sid = sw_sid_of("PI", sw_row_id(row, 0)),
		.product = sw_row_str(row, 1),
		.payer = sw_row_id(row, 2),
		.country = any_if_empty(row, 3),
		.carrier = any_if_empty(row, 4),
		.direction = any_if_empty(row, 5),
		.micros = sw_row_int(row, 6),
		.from_us = sw_row_int(row, 7),
		.until_us = sw_row_int(row, 8),
		.created_us = sw_row_int(row, 9),
		.updated_us = sw_row_int(row, 10),
		.version = sw_row_int(row, 11),
	};
}

static int load_wait(struct sw_task *task, const struct sw_core *core, struct sw_str version,
		     struct sw_price_book **ret)
{
	struct sw_arena *arena = sw_task_arena(task);
	struct sw_rows rows;
	int err = sw_query_wait(task, core->store, arena, CORE_SQL(SQL_PRICE_ALL), &rows,
				SW_I(sw_sid_account_bucket(core->operator_sid.id)), SW_ID(core->operator_sid.id));
	if (err)
		return err;
	struct sw_price *prices = SW_ARENA_ARRAY(arena, struct sw_price, rows.n + 1);
	for (size_t i = 0; i < rows.n; i++)
		prices[i] = read_row(rows.row[i]);
	*ret = sw_price_book_new(prices, rows.n);
	(*ret)->version = sw_str_dup(&(*ret)->arena, version);
	return 0;
}

/* The version is read before the rows: what changes in between is read once more, never missed. */
static int refresh_wait(struct sw_task *task, const struct sw_core *core)
{
	struct sw_price_book *book = *here();
	struct sw_rows rows;
	uint32_t known = atomic_load(&changes);
	if (book)
		book->checked_us = sw_mono_us(); /* one task asks; the others go on with what there is, if nothing changed */
	int err = sw_query_wait(task, core->store, sw_task_arena(task), CORE_SQL(SQL_SETTING_GET), &rows,
				SW_T(SW_S("prices")));
	if (err)
		return err;
	struct sw_str version = rows.n ? sw_row_str(rows.row[0], 0) : SW_S("");
	book = *here();
	if (book && sw_str_eq(book->version, version)) {
		book->changes = known;
		return 0;
	}
	struct sw_price_book *fresh;
	int64_t asked_us = sw_mono_us();
	err = load_wait(task, core, version, &fresh);
	if (err)
		return err;
	fresh->checked_us = asked_us;
	fresh->changes = known;
	keep(fresh);
	return 0;
}

int sw_price_book_wait(struct sw_task *task, const struct sw_core *core, const struct sw_price_book **ret)
{
	struct sw_price_book *book = *here();
	if (!book || book->changes != atomic_load(&changes) ||
	    sw_mono_us() - book->checked_us >= SW_PRICE_FRESH_US) {
		int err = refresh_wait(task, core);
		if (err)
			return err;
		book = *here();
	}
	sw_arena_hold(sw_task_arena(task), drop_book, sw_ref(book));
	*ret = book;
	return 0;
}

int sw_price_find_wait(struct sw_task *task, const struct sw_core *core, const struct sw_price_query *query,
		       struct sw_price *ret)
{
	const struct sw_price_book *book;
	int err = sw_price_book_wait(task, core, &book);
	if (err)
		return err;
	const struct sw_price *row = sw_price_book_find(book, query);
	*ret = row ? *row : (struct sw_price){ 0 };
	return 0;
}

struct sw_str sw_price_country(struct sw_str number)
{
	struct sw_phone phone;
	if (sw_phone_parse(number, &phone))
		return SW_STR_NULL;
	if (phone.calling_code == 1 && !phone.region[0])
		return SW_S("US");
	const struct sw_country *country = sw_country_find(sw_str_of(phone.region));
	return country ? sw_str_of(country->code) : SW_STR_NULL;
}

/* ---- changes ---- */

/* Every change has a name of its own, so that two at the same time cannot look like none. */
static void raise_version(struct sw_arena *arena, struct sw_txn *txn)
{
	sw_txn_do(txn, CORE_SQL(SQL_SETTING_PUT), SW_GUARD_ANY, 0, SW_T(SW_S("prices")),
		  SW_T(sw_sid_text(arena, sw_sid_random("PI"))));
}

static struct sw_val text_or_empty(struct sw_str text)
{
	return SW_T(text.p ? text : SW_S(""));
}

void sw_price_insert(const struct sw_core *core, struct sw_arena *arena, struct sw_txn *txn, const struct sw_price *p)
{
	sw_txn_do(txn, CORE_SQL(SQL_PRICE_INSERT), SW_GUARD_ONE, 20409, SW_I(sw_txn_bucket(txn)),
		  SW_ID(core->operator_sid.id), SW_ID(p->sid.id), SW_T(p->product), SW_ID(p->payer),
		  text_or_empty(p->country), text_or_empty(p->carrier), text_or_empty(p->direction), SW_I(p->micros),
		  SW_I(p->from_us), SW_I(p->until_us), SW_I(p->created_us));
	raise_version(arena, txn);
}

void sw_price_update(const struct sw_core *core, struct sw_arena *arena, struct sw_txn *txn, const struct sw_price *p)
{
	sw_txn_do(txn, CORE_SQL(SQL_PRICE_UPDATE), SW_GUARD_ONE, SW_ECONFLICT, SW_I(sw_txn_bucket(txn)),
		  SW_ID(core->operator_sid.id), SW_ID(p->sid.id), SW_I(p->version), SW_I(p->micros), SW_I(p->from_us),
		  SW_I(p->until_us), SW_I(p->updated_us));
	/* Behind the change, so that the row itself is as it will be. */
	sw_txn_do(txn, CORE_SQL(SQL_PRICE_ALONE), SW_GUARD_ONE, 20409, SW_I(sw_txn_bucket(txn)),
		  SW_ID(core->operator_sid.id), SW_ID(p->sid.id));
	raise_version(arena, txn);
}

void sw_price_delete(const struct sw_core *core, struct sw_arena *arena, struct sw_txn *txn, const struct sw_price *p)
{
	sw_txn_do(txn, CORE_SQL(SQL_PRICE_DELETE), SW_GUARD_ONE, SW_ENOTFOUND, SW_I(sw_txn_bucket(txn)),
		  SW_ID(core->operator_sid.id), SW_ID(p->sid.id));
	raise_version(arena, txn);
}
