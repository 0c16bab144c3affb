#include "store/store_fixture.h"

#include "base/test.h"

const struct sw_sql test_sql[TEST_SQL_N] = {
	[TEST_PUT] = { .name = "test.put",
		       .text = "INSERT INTO purse (id, amount, note) VALUES ($1, $2, $3)",
		       .in = "biT" },
	[TEST_ADD] = { .name = "test.add", .text = "UPDATE purse SET amount = amount + $2 WHERE id = $1", .in = "bi" },
	[TEST_TAKE] = { .name = "test.take",
			.text = "UPDATE purse SET amount = amount - $2 WHERE id = $1 AND amount >= $2 RETURNING amount",
			.in = "bi",
			.out = "i" },
	[TEST_GET] = { .name = "test.get",
		       .text = "SELECT amount, note FROM purse WHERE id = $1",
		       .in = "b",
		       .out = "iT" },
	/* $2 comes before $1: bound by name */
	[TEST_SET] = { .name = "test.set", .text = "UPDATE purse SET amount = $2 WHERE id = $1", .in = "bi" },
	[TEST_COUNT_DUE] = { .name = "test.count_due",
			     .text = "SELECT count(*) FROM due WHERE due_us > $1",
			     .in = "i",
			     .out = "i" },
	[TEST_EVENTS] = { .name = "test.events",
			  .text = "SELECT COUNT(*), COALESCE(MAX(seq), 0) FROM event WHERE bucket = $1",
			  .in = "i",
			  .out = "ii" },
};
static const struct sw_sql_table table = { "test", test_sql, TEST_SQL_N };
static const struct sw_sql_table *const tables[] = { &table, NULL };

static const struct sw_migration *test_migrations(void)
{
	static struct sw_migration list[64];
	unsigned n = 0;
	for (; sw_migrations[n].room; n++)
		list[n] = sw_migrations[n];
	SW_BUG_ON(n + 2 > SW_COUNTOF(list));
	list[n] = (struct sw_migration){ "test", 1, "purse",
					 "CREATE TABLE purse (id BYTEA NOT NULL PRIMARY KEY, amount BIGINT NOT NULL,"
					 " note TEXT);" };
	return list;
}

struct sw_store_config test_config(const char *url)
{
	return (struct sw_store_config){ .url = url, .tables = tables, .migrations = test_migrations(), .readers = 2 };
}

struct sw_store *test_store(struct sw_arena *arena, const char *url, unsigned due_max)
{
	struct sw_store_config config = test_config(url);
	config.due_max = due_max;
	struct sw_store *store = NULL;
	struct sw_str why;
	if (sw_store_open(arena, &config, &store, &why) != 0)
		sw_test_fail(__FILE__, __LINE__, "%.*s", SW_FMT(why));
	return store;
}

struct sw_id test_id(unsigned n)
{
	struct sw_id id = { { 0x10 } };
	id.b[12] = (uint8_t)(n >> 24);
	id.b[13] = (uint8_t)(n >> 16);
	id.b[14] = (uint8_t)(n >> 8);
	id.b[15] = (uint8_t)n;
	return id;
}
