/*
 * base/test.h - the unit test harness: TAP on standard output.
 *
 *	SW_TEST(a_receipt_that_overtakes_the_ack)
 *	{
 *		SW_CHECK(x == y);
 *		SW_CHECK_STR(got, "expected");
 *	}
 *
 * Tests register themselves; every *_test.c of a room is linked with base/test_main.c.
 * After each test the count of live references must be what it was before, and its folders are removed.
 * Run one:  build/tests/base_test NAME
 */
#ifndef SW_BASE_TEST_H
#define SW_BASE_TEST_H

#include "base/str.h"

typedef void sw_test_fn(void);

struct sw_test_row {
	const char *name, *file;
	sw_test_fn *fn;
	struct sw_test_row *next;
};

void sw_test_register(struct sw_test_row *row);
/** Record a failure; the test goes on. */
void sw_test_fail(const char *file, int line, const char *format, ...) SW_PRINTF(3, 4);
/** A new folder, until the test ends. */
const char *sw_test_folder(void);
void sw_test_check_str(const char *file, int line, struct sw_str got, struct sw_str want);
void sw_test_check_int(const char *file, int line, int64_t got, int64_t want);

#define SW_TEST(name_)                                                                    \
	static void test_##name_(void);                                                   \
	__attribute__((constructor)) static void register_##name_(void)                   \
	{                                                                                 \
		static struct sw_test_row row = { #name_, __FILE__, test_##name_, NULL }; \
		sw_test_register(&row);                                                   \
	}                                                                                 \
	static void test_##name_(void)

#define SW_CHECK(condition)                                                 \
	do {                                                                \
		if (!(condition))                                           \
			sw_test_fail(__FILE__, __LINE__, "%s", #condition); \
	} while (0)
#define SW_CHECK_STR(got, want_cstr) sw_test_check_str(__FILE__, __LINE__, (got), sw_str_of(want_cstr))
#define SW_CHECK_INT(got, want) sw_test_check_int(__FILE__, __LINE__, (int64_t)(got), (int64_t)(want))

#endif
