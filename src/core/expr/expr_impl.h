/* core/expr/expr_impl.h - the tree that parse.c makes and the others walk. */
#ifndef SW_CORE_EXPR_EXPR_IMPL_H
#define SW_CORE_EXPR_EXPR_IMPL_H

#include "core/expr.h"

enum sw_expr_kind {
	SW_EXPR_OR,
	SW_EXPR_AND,
	SW_EXPR_NOT,
	SW_EXPR_EQ,
	SW_EXPR_NE,
	SW_EXPR_LT,
	SW_EXPR_LE,
	SW_EXPR_GT,
	SW_EXPR_GE,
	SW_EXPR_IN,
	SW_EXPR_HAS,
	SW_EXPR_CONTAINS,
	SW_EXPR_TRUE,  /* the left side is there, and neither false nor null */
	SW_EXPR_NAME,  /* .path */
	SW_EXPR_VALUE, /* .value; a list of IN is an array */
};

struct sw_expr {
	enum sw_expr_kind kind;
	const struct sw_expr *left, *right;
	struct sw_str path;
	struct sw_json value;
};

#endif
