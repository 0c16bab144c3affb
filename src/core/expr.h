/*
 * core/expr.h - conditions that customers write: `type == "message.failed" AND data.error_code IN [30003, 30004]`.
 *
 * One language for filters of events and subscriptions, workflows and rules:
 *
 *	condition   a == 1   a != 1   a < 1   a <= 1   a > 1   a >= 1   a IN [1, "x"]   a NOT IN [..]   a HAS "x"
 *	            a CONTAINS "x"   a (alone: it is there, and neither false nor null)
 *	joined by   AND OR NOT, or && || !, and parentheses; NOT binds closest, then AND
 *	values      'text' "text" 12 -1.5 true false null, or another name
 *	names       letters, digits, _ and -, with dots between: data.error_code
 *
 * Words may be written in either case; = and == are one, <> and != too.  A name that is not there is null: it equals
 *null and nothing else, and compares with nothing.  Numbers compare as numbers, also when one side is a text of one;
 *other kinds are never equal.  HAS asks whether a list has a value, CONTAINS whether a text has another in it.
 *
 * Evaluated in memory (sw_expr_eval) or, as far as columns go, in the store (sw_expr_where).
 * Ownership: a parsed expression lives in the arena and borrows the text.
 * Thread: any; parsed ones are constant.
 */
#ifndef SW_CORE_EXPR_H
#define SW_CORE_EXPR_H

#include "base/arena.h"
#include "base/str.h"
#include "wire/json/json.h"

struct sw_expr;
struct sw_query;

enum { SW_EXPR_CHARS_MAX = 4096, SW_EXPR_DEPTH_MAX = 32, SW_EXPR_NODES_MAX = 512 };

/* Where and why a text does not parse. */
struct sw_expr_error {
	size_t at;       /* byte, from 0 */
	const char *why; /* static: "a value is missing" */
};

/** @return 0, SW_EINVAL (*ret_error says where and why), SW_ELIMIT (the bounds above) */
int sw_expr_parse(struct sw_arena *arena, struct sw_str text, const struct sw_expr **ret,
		  struct sw_expr_error *ret_error) SW_MUST_CHECK;

/** The value of a name, NULL when there is none; may be called often. path: "data.error_code" */
typedef const struct sw_json *sw_expr_get_fn(void *context, struct sw_str path);
bool sw_expr_eval(const struct sw_expr *expr, sw_expr_get_fn *get, void *context);
/** A getter for a JSON object: context is the object; dots go into members. */
const struct sw_json *sw_expr_get_json(void *object, struct sw_str path);

/* What a name is in the store. */
struct sw_expr_column {
	const char *name; /* in the expression; NULL ends */
	const char *column;
	char type; /* i or t, as the column is declared */
};

/**
 * Narrow a query by what of the expression it can do: comparisons of a column with a constant, joined by AND.
 * @return true when that is the whole expression; false: rows must still be evaluated
 */
bool sw_expr_where(const struct sw_expr *expr, const struct sw_expr_column *columns, struct sw_query *query);

#endif
