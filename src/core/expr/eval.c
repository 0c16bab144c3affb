#include <math.h>
#include <stdlib.h>

#include "core/expr/expr_impl.h"

struct evaluation {
	sw_expr_get_fn *get;
	void *context;
};

static const struct sw_json *value_of(const struct evaluation *e, const struct sw_expr *expr)
{
	return expr->kind == SW_EXPR_VALUE ? &expr->value : e->get(e->context, expr->path);
}

static bool is_null(const struct sw_json *value)
{
	return !value || value->kind == SW_JSON_NULL;
}

/* A number, or a text that is one. */
static bool number_of(const struct sw_json *value, double *ret)
{
	char text[64], *end;
	if (value->kind == SW_JSON_NUMBER) {
		*ret = value->number;
		return true;
	}
	if (value->kind != SW_JSON_STRING || value->text.n == 0 || value->text.n >= sizeof(text))
		return false;
	memcpy(text, value->text.p, value->text.n);
	text[value->text.n] = 0;
	*ret = strtod(text, &end);
	return end == text + value->text.n && isfinite(*ret);
}

/* One side is a number: then both must be. */
static bool as_numbers(const struct sw_json *a, const struct sw_json *b, double *ret_a, double *ret_b)
{
	return (a->kind == SW_JSON_NUMBER || b->kind == SW_JSON_NUMBER) && number_of(a, ret_a) && number_of(b, ret_b);
}

static bool equal(const struct sw_json *a, const struct sw_json *b)
{
	double x, y;
	if (is_null(a) || is_null(b))
		return is_null(a) && is_null(b);
	if (as_numbers(a, b, &x, &y))
		return x == y;
	if (a->kind != b->kind)
		return false;
	return a->kind == SW_JSON_STRING ? sw_str_eq(a->text, b->text) : a->kind == SW_JSON_BOOL && a->b == b->b;
}

/* @return false when they have no order */
static bool compare(const struct sw_json *a, const struct sw_json *b, int *ret)
{
	double x, y;
	if (is_null(a) || is_null(b))
		return false;
	if (as_numbers(a, b, &x, &y)) {
		*ret = (x > y) - (x < y);
		return true;
	}
	if (a->kind != SW_JSON_STRING || b->kind != SW_JSON_STRING)
		return false;
	size_t n = a->text.n < b->text.n ? a->text.n : b->text.n;
	int order = n ? memcmp(a->text.p, b->text.p, n) : 0;
	*ret = order ? order : (a->text.n > b->text.n) - (a->text.n < b->text.n);
	return true;
}

static bool has(const struct sw_json *list, const struct sw_json *value)
{
	if (is_null(list) || list->kind != SW_JSON_ARRAY)
		return false;
	for (const struct sw_json *item = list->child; item; item = item->next)
		if (equal(item, value))
			return true;
	return false;
}

static bool contains(const struct sw_json *text, const struct sw_json *part)
{
	return !is_null(text) && !is_null(part) && text->kind == SW_JSON_STRING && part->kind == SW_JSON_STRING &&
	       sw_str_find(text->text, part->text) >= 0;
}

static bool is_true(const struct sw_json *value)
{
	return !is_null(value) && (value->kind != SW_JSON_BOOL || value->b);
}

static bool in_order(enum sw_expr_kind kind, int order)
{
	return kind == SW_EXPR_LT   ? order < 0
	       : kind == SW_EXPR_LE ? order <= 0
	       : kind == SW_EXPR_GT ? order > 0
				    : order >= 0;
}

static bool condition(const struct evaluation *e, const struct sw_expr *expr)
{
	const struct sw_json *a = value_of(e, expr->left), *b = expr->right ? value_of(e, expr->right) : NULL;
	int order;
	switch (expr->kind) {
	case SW_EXPR_EQ:
		return equal(a, b);
	case SW_EXPR_NE:
		return !equal(a, b);
	case SW_EXPR_IN:
		return has(b, a);
	case SW_EXPR_HAS:
		return has(a, b);
	case SW_EXPR_CONTAINS:
		return contains(a, b);
	case SW_EXPR_TRUE:
		return is_true(a);
	default:
		return compare(a, b, &order) && in_order(expr->kind, order);
	}
}

static bool eval(const struct evaluation *e, const struct sw_expr *expr)
{
	switch (expr->kind) {
	case SW_EXPR_OR:
		return eval(e, expr->left) || eval(e, expr->right);
	case SW_EXPR_AND:
		return eval(e, expr->left) && eval(e, expr->right);
	case SW_EXPR_NOT:
		return !eval(e, expr->left);
	default:
		return condition(e, expr);
	}
}

bool sw_expr_eval(const struct sw_expr *expr, sw_expr_get_fn *get, void *context)
{
	const struct evaluation e = { get, context };
	return eval(&e, expr);
}

const struct sw_json *sw_expr_get_json(void *object, struct sw_str path)
{
	const struct sw_json *value = object;
	while (value && path.p) {
		struct sw_str name = sw_str_cut(&path, '.');
		const struct sw_json *member = value->kind == SW_JSON_OBJECT ? value->child : NULL;
		while (member && !sw_str_eq(member->name, name))
			member = member->next;
		value = member;
	}
	return value;
}
