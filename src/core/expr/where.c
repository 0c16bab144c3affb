/* What of an expression the store can do. */
#include "core/expr/expr_impl.h"
#include "store/query.h"

static const struct sw_expr_column *column_of(const struct sw_expr_column *columns, struct sw_str path)
{
	for (; columns->name; columns++)
		if (sw_str_is(path, columns->name))
			return columns;
	return NULL;
}

static bool op_of(enum sw_expr_kind kind, enum sw_op *ret)
{
	static const struct {
		enum sw_expr_kind kind;
		enum sw_op op;
	} ops[] = { { SW_EXPR_EQ, SW_OP_EQ },
		    { SW_EXPR_LT, SW_OP_LT },
		    { SW_EXPR_LE, SW_OP_LE },
		    { SW_EXPR_GT, SW_OP_GT },
		    { SW_EXPR_GE, SW_OP_GE } };
	for (size_t i = 0; i < SW_COUNTOF(ops); i++)
		if (ops[i].kind == kind) {
			*ret = ops[i].op;
			return true;
		}
	return false;
}

/* A text column and a text, a number column and a whole number: anything else compares by rules the store lacks. */
static bool bind(const struct sw_expr_column *column, const struct sw_json *value, struct sw_val *ret)
{
	if (column->type == 't' && value->kind == SW_JSON_STRING)
		*ret = SW_T(value->text);
	else if (column->type == 'i' && value->kind == SW_JSON_NUMBER && value->is_int)
		*ret = SW_I(value->i);
	else
		return false;
	return true;
}

static bool where(const struct sw_expr *expr, const struct sw_expr_column *columns, struct sw_query *query)
{
	enum sw_op op;
	struct sw_val value;
	if (expr->kind == SW_EXPR_AND) {
		bool left = where(expr->left, columns, query), right = where(expr->right, columns, query);
		return left && right;
	}
	if (!op_of(expr->kind, &op) || expr->left->kind != SW_EXPR_NAME || expr->right->kind != SW_EXPR_VALUE)
		return false;
	const struct sw_expr_column *column = column_of(columns, expr->left->path);
	if (!column || !bind(column, &expr->right->value, &value))
		return false;
	sw_query_where(query, column->column, op, value);
	return true;
}

bool sw_expr_where(const struct sw_expr *expr, const struct sw_expr_column *columns, struct sw_query *query)
{
	return where(expr, columns, query);
}
