/*
 * core/error.h - what an API caller is told: filled only from the catalogue core/errors.def.
 *
 *	return sw_fail(err, 21211, "The 'To' number %.*s is not a valid phone number.", SW_FMT(to));
 *
 * The catalogue gives code, HTTP status, message, cause and what to do next; the same rows make the error
 * body, the page at more_info and `strowger openapi`.  Words are our own.
 *
 * Thread: any.
 */
#ifndef SW_CORE_ERROR_H
#define SW_CORE_ERROR_H

#include "base/str.h"

struct sw_error_row {
	int code, status;
	const char *message, *cause, *action;
};

struct sw_error {
	const struct sw_error_row *row; /* NULL: nothing failed */
	char detail[240];               /* what was wrong this time; "": the row's message serves */
	int64_t retry_after_s;          /* 0: not said */
};

/** The row of a code. @return NULL when the catalogue does not have it */
const struct sw_error_row *sw_error_find(int code);
const struct sw_error_row *sw_error_rows(size_t *ret_n);

/** Fill *err from the catalogue (an unknown code is a bug). format may be NULL. @return SW_EAPI, so that callers can
 * return it */
int sw_fail(struct sw_error *err, int code, const char *format, ...) SW_PRINTF(3, 4);
/** Fill *err for an internal error: full disk and full queues are 503 with Retry-After, the rest 500. @return SW_EAPI;
 * 0 and SW_EAPI are passed through */
int sw_fail_internal(struct sw_error *err, int internal);
/** The sentence to show. */
const char *sw_error_message(const struct sw_error *err);

/* A list of codes in a table, ended by 0. */
#define SW_ERRORS(...) ((const int[]){ __VA_ARGS__, 0 })

#endif
