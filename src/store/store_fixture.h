/* What the tests of this room share: a table of purses and a store with it. */
#ifndef SW_STORE_STORE_FIXTURE_H
#define SW_STORE_STORE_FIXTURE_H

#include "store/store.h"

enum { TEST_PUT, TEST_ADD, TEST_TAKE, TEST_GET, TEST_SET, TEST_COUNT_DUE, TEST_EVENTS, TEST_SQL_N };
extern const struct sw_sql test_sql[TEST_SQL_N];

struct sw_id test_id(unsigned n);
/** Opens; a failure is a failure of the test. due_max 0: the usual. */
struct sw_store *test_store(struct sw_arena *arena, const char *url, unsigned due_max);
/** The configuration behind test_store(). */
struct sw_store_config test_config(const char *url);

#endif
