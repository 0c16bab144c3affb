#include "base/ref.h"
#include "base/test.h"
#include "core/core_fixture.h"
#include "core/money/price.h"

enum { NOW = 1000 };

static struct sw_sid numbered(unsigned n)
{
	return sw_sid_of("PI", (struct sw_id){ { 1, (uint8_t)n } });
}

static const struct sw_id payer = { { 7 } };

/* The row that wins, by its number; 0: none of the operator's. */
static unsigned winner(const struct sw_price_book *book, const struct sw_price_query *q)
{
	const struct sw_price *row = sw_price_book_find(book, q);
	return row && row->sid.id.b[0] == 1 ? row->sid.id.b[1] : 0;
}

SW_TEST(the_most_specific_row_wins)
{
	const struct sw_price rows[] = {
		{ .sid = numbered(1), .product = SW_S("sms"), .micros = 1, .until_us = SW_PRICE_FOREVER_US },
		{ .sid = numbered(2),
		  .product = SW_S("sms"),
		  .direction = SW_S("outbound"),
		  .micros = 2,
		  .until_us = SW_PRICE_FOREVER_US },
		{ .sid = numbered(3),
		  .product = SW_S("sms"),
		  .carrier = SW_S("main"),
		  .micros = 3,
		  .until_us = SW_PRICE_FOREVER_US },
		{ .sid = numbered(4),
		  .product = SW_S("sms"),
		  .country = SW_S("DE"),
		  .micros = 4,
		  .until_us = SW_PRICE_FOREVER_US },
		{ .sid = numbered(5),
		  .product = SW_S("sms"),
		  .country = SW_S("DE"),
		  .carrier = SW_S("main"),
		  .micros = 5,
		  .until_us = SW_PRICE_FOREVER_US },
		{ .sid = numbered(6),
		  .product = SW_S("sms"),
		  .payer = payer,
		  .micros = 6,
		  .until_us = SW_PRICE_FOREVER_US },
		{ .sid = numbered(7), .product = SW_S("mms"), .micros = 7, .until_us = SW_PRICE_FOREVER_US },
	};
	const struct {
		const char *country, *carrier, *direction;
		bool payer;
		unsigned want;
	} cases[] = {
		{ "US", "other", "inbound", false, 1 }, { "US", "other", "outbound", false, 2 },
		{ "US", "main", "outbound", false, 3 }, { "DE", "other", "outbound", false, 4 },
		{ "DE", "main", "outbound", false, 5 }, { "DE", "main", "outbound", true, 6 },
		{ NULL, NULL, "outbound", false, 2 },
	};
	struct sw_price_book *book = sw_price_book_new(rows, SW_COUNTOF(rows));
	for (size_t i = 0; i < SW_COUNTOF(cases); i++) {
		const struct sw_price_query q = {
			.product = SW_S("sms"),
			.country = cases[i].country ? sw_str_of(cases[i].country) : SW_STR_NULL,
			.carrier = cases[i].carrier ? sw_str_of(cases[i].carrier) : SW_STR_NULL,
			.direction = sw_str_of(cases[i].direction),
			.payer = cases[i].payer ? payer : (struct sw_id){ { 0 } },
			.at_us = NOW,
		};
		SW_CHECK_INT(winner(book, &q), cases[i].want);
	}
	sw_unref(book);
}

SW_TEST(a_price_switches_at_its_time)
{
	const struct sw_price rows[] = {
		{ .sid = numbered(1), .product = SW_S("sms"), .country = SW_S("DE"), .micros = 1, .until_us = NOW },
		{ .sid = numbered(2),
		  .product = SW_S("sms"),
		  .country = SW_S("DE"),
		  .micros = 2,
		  .from_us = NOW,
		  .until_us = NOW + 10 },
		{ .sid = numbered(3), .product = SW_S("sms"), .micros = 3, .from_us = NOW, .until_us = NOW + 20 },
	};
	struct sw_price_book *book = sw_price_book_new(rows, SW_COUNTOF(rows));
	struct sw_price_query q = { .product = SW_S("sms"), .country = SW_S("DE"), .direction = SW_S("outbound") };
	static const struct {
		int64_t at;
		unsigned want;
	} cases[] = { { NOW - 1, 1 }, { NOW, 2 }, { NOW + 9, 2 }, { NOW + 10, 3 }, { NOW + 19, 3 }, { NOW + 20, 0 } };
	for (size_t i = 0; i < SW_COUNTOF(cases); i++) {
		q.at_us = cases[i].at;
		SW_CHECK_INT(winner(book, &q), cases[i].want);
	}
	SW_CHECK_INT(sw_price_book_find(book, &q)->micros, 75000); /* the default is beneath */
	sw_unref(book);
}

SW_TEST(defaults_are_asked_last)
{
	const struct sw_price any = {
		.sid = numbered(9), .product = SW_S("sms"), .micros = 9, .until_us = SW_PRICE_FOREVER_US
	};
	struct sw_price_book *book = sw_price_book_new(NULL, 0);
	struct sw_price_query q = {
		.product = SW_S("sms"), .country = SW_S("GB"), .direction = SW_S("outbound"), .at_us = NOW
	};
	SW_CHECK_INT(sw_price_book_find(book, &q)->micros, 40000);
	q.country = SW_S("IE");
	SW_CHECK_INT(sw_price_book_find(book, &q)->micros, 60000);
	q.direction = SW_S("inbound");
	SW_CHECK(!sw_price_book_find(book, &q));
	q.product = SW_S("tea");
	SW_CHECK(!sw_price_book_find(book, &q));
	sw_unref(book);
	book = sw_price_book_new(&any, 1);
	q = (struct sw_price_query){
		.product = SW_S("sms"), .country = SW_S("GB"), .direction = SW_S("outbound"), .at_us = NOW
	};
	SW_CHECK_INT(winner(book, &q), 9); /* though the default names the country */
	sw_unref(book);
}

SW_TEST(countries_of_numbers)
{
	SW_CHECK_STR(sw_price_country(SW_S("+14155552671")), "US");
	SW_CHECK_STR(sw_price_country(SW_S("+15005550010")), "US");
	SW_CHECK_STR(sw_price_country(SW_S("+442079460000")), "GB");
	SW_CHECK(!sw_price_country(SW_S("whatsapp:+14155552671")).p);
	SW_CHECK(!sw_price_country(SW_S("+80012345678")).p);
}

static void book_body(struct sw_task *task, struct core_fixture *f)
{
	struct sw_arena *arena = sw_task_arena(task);
	struct sw_price found, row = { .sid = numbered(1),
				       .product = SW_S("sms"),
				       .country = SW_S("US"),
				       .micros = 11,
				       .until_us = SW_PRICE_FOREVER_US };
	const struct sw_price_query q = {
		.product = SW_S("sms"), .country = SW_S("US"), .direction = SW_S("outbound"), .at_us = NOW
	};
	struct sw_result result;
	SW_CHECK_INT(sw_price_find_wait(task, &f->core, &q, &found), 0);
	SW_CHECK_INT(found.micros, 7500);
	struct sw_txn *txn = sw_txn_new(f->core.store, arena, f->account.bucket);
	sw_price_insert(&f->core, arena, txn, &row);
	SW_CHECK_INT(sw_commit_wait(task, txn, NULL), 0);
	SW_CHECK_INT(sw_price_find_wait(task, &f->core, &q, &found), 0);
	SW_CHECK_INT(found.micros, 7500); /* fresh enough to be trusted */
	sw_price_forget();
	SW_CHECK_INT(sw_price_find_wait(task, &f->core, &q, &found), 0);
	SW_CHECK_INT(found.micros, 11);
	row.sid = numbered(2);
	txn = sw_txn_new(f->core.store, arena, f->account.bucket);
	sw_price_insert(&f->core, arena, txn, &row);
	SW_CHECK_INT(sw_commit_wait(task, txn, &result), SW_EGUARD); /* the same scope at the same time */
	SW_CHECK_INT(result.code, 20409);
	row.sid = numbered(1);
	row.version = 1;
	row.until_us = NOW;
	txn = sw_txn_new(f->core.store, arena, f->account.bucket);
	sw_price_update(&f->core, arena, txn, &row);
	SW_CHECK_INT(sw_commit_wait(task, txn, NULL), 0);
	row.sid = numbered(2);
	row.from_us = NOW;
	row.until_us = SW_PRICE_FOREVER_US;
	row.micros = 22;
	txn = sw_txn_new(f->core.store, arena, f->account.bucket);
	sw_price_insert(&f->core, arena, txn, &row);
	SW_CHECK_INT(sw_commit_wait(task, txn, NULL), 0);
	row.version = 1;
	row.from_us = NOW - 1;
	txn = sw_txn_new(f->core.store, arena, f->account.bucket);
	sw_price_update(&f->core, arena, txn, &row);
	SW_CHECK_INT(sw_commit_wait(task, txn, &result), SW_EGUARD); /* back over the first one's time */
	SW_CHECK_INT(result.code, 20409);
	sw_price_forget();
	SW_CHECK_INT(sw_price_find_wait(task, &f->core, &q, &found), 0);
	SW_CHECK_INT(found.micros, 22);
}

SW_TEST(the_book_is_kept_and_asked_again)
{
	core_fixture_play(NULL, book_body);
}
