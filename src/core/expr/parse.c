/* Recursive descent, one token ahead; the grammar is in core/expr.h. */
#include <stdlib.h>

#include "core/expr/expr_impl.h"

enum token {
	T_END,
	T_WORD, /* a name, or a word of the language */
	T_TEXT,
	T_NUMBER,
	T_SIGN, /* ( ) [ ] , and operators, in .text */
	T_BAD,
};

struct parser {
	struct sw_arena *arena;
	struct sw_str all;
	size_t at; /* behind the token */
	enum token token;
	struct sw_str text; /* of the token; of T_TEXT what stands between the quotes */
	size_t begin;
	unsigned depth, nodes;
	int err;
	struct sw_expr_error *error;
};

static const struct sw_expr *parse_or(struct parser *p);

static const struct sw_expr *fail(struct parser *p, int err, const char *why)
{
	if (!p->err) {
		p->err = err;
		*p->error = (struct sw_expr_error){ p->begin, why };
	}
	return NULL;
}

/* ---- tokens ---- */

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static void take(struct parser *p, enum token token, size_t n)
{
	p->token = token;
	p->text = sw_str_sub(p->all, p->at, n);
	p->at += n;
}

static void take_text(struct parser *p, char quote)
{
	size_t end = p->at + 1;
	while (end < p->all.n && p->all.p[end] != quote)
		end++;
	if (end >= p->all.n) {
		p->token = T_BAD;
		fail(p, SW_EINVAL, "a text does not end");
		return;
	}
	p->token = T_TEXT;
	p->text = sw_str_sub(p->all, p->at + 1, end - p->at - 1);
	p->at = end + 1;
}

static size_t run_of(const struct parser *p, bool (*is)(char c))
{
	size_t n = 0;
	while (p->at + n < p->all.n && is(p->all.p[p->at + n]))
		n++;
	return n;
}

static bool in_name(char c)
{
	return is_letter(c) || is_digit(c) || c == '.' || c == '-';
}

static bool in_number(char c)
{
	return is_digit(c) || c == '.' || c == '-' || c == '+' || c == 'e' || c == 'E';
}

static void take_sign(struct parser *p)
{
	static const char *const signs[] = { "==", "!=", "<>", "<=", ">=", "&&", "||", "=",
					     "<",  ">",  "!",  "(",  ")",  "[",  "]",  "," };
	struct sw_str rest = sw_str_from(p->all, p->at);
	for (size_t i = 0; i < SW_COUNTOF(signs); i++)
		if (sw_str_starts(rest, sw_str_of(signs[i]))) {
			take(p, T_SIGN, strlen(signs[i]));
			return;
		}
	p->token = T_BAD;
	fail(p, SW_EINVAL, "this character has no meaning here");
}

static void next(struct parser *p)
{
	while (p->at < p->all.n && strchr(" \t\r\n", p->all.p[p->at]))
		p->at++;
	p->begin = p->at;
	if (p->at == p->all.n) {
		p->token = T_END;
		p->text = SW_S("");
		return;
	}
	char c = p->all.p[p->at];
	if (c == '"' || c == '\'')
		take_text(p, c);
	else if (is_letter(c))
		take(p, T_WORD, run_of(p, in_name));
	else if (is_digit(c) || c == '-')
		take(p, T_NUMBER, run_of(p, in_number));
	else
		take_sign(p);
}

static bool is_word(const struct parser *p, const char *word)
{
	return p->token == T_WORD && sw_str_eq_nocase(p->text, sw_str_of(word));
}

static bool is_sign(const struct parser *p, const char *sign)
{
	return p->token == T_SIGN && sw_str_is(p->text, sign);
}

static bool skip_sign(struct parser *p, const char *sign)
{
	bool there = is_sign(p, sign);
	if (there)
		next(p);
	return there;
}

/* ---- values ---- */

static struct sw_expr *node(struct parser *p, enum sw_expr_kind kind, const struct sw_expr *left,
			    const struct sw_expr *right)
{
	struct sw_expr *expr = SW_ARENA_NEW(p->arena, struct sw_expr);
	if (++p->nodes > SW_EXPR_NODES_MAX)
		fail(p, SW_ELIMIT, "there is too much in it");
	expr->kind = kind;
	expr->left = left;
	expr->right = right;
	return expr;
}

static bool parse_constant(struct parser *p, struct sw_json *ret)
{
	*ret = (struct sw_json){ .kind = SW_JSON_NULL };
	if (p->token == T_TEXT) {
		ret->kind = SW_JSON_STRING;
		ret->text = p->text;
	} else if (p->token == T_NUMBER) {
		const struct sw_json *number;
		if (sw_json_parse(p->arena, p->text, NULL, &number, NULL))
			return fail(p, SW_EINVAL, "this is no number"), false;
		*ret = *number;
	} else if (is_word(p, "true") || is_word(p, "false")) {
		ret->kind = SW_JSON_BOOL;
		ret->b = is_word(p, "true");
	} else if (!is_word(p, "null")) {
		return false;
	}
	next(p);
	return true;
}

static bool is_reserved(const struct parser *p)
{
	static const char *const words[] = { "and", "or", "not", "in", "has", "contains" };
	for (size_t i = 0; i < SW_COUNTOF(words); i++)
		if (is_word(p, words[i]))
			return true;
	return false;
}

static const struct sw_expr *parse_operand(struct parser *p)
{
	struct sw_json value;
	if (p->err)
		return NULL;
	if (parse_constant(p, &value)) {
		struct sw_expr *expr = node(p, SW_EXPR_VALUE, NULL, NULL);
		expr->value = value;
		return expr;
	}
	if (p->token != T_WORD || is_reserved(p))
		return fail(p, SW_EINVAL, "a name or a value is missing");
	struct sw_expr *expr = node(p, SW_EXPR_NAME, NULL, NULL);
	expr->path = p->text;
	next(p);
	return expr;
}

static const struct sw_expr *parse_list(struct parser *p)
{
	struct sw_expr *list = node(p, SW_EXPR_VALUE, NULL, NULL);
	struct sw_json **end = &list->value.child;
	list->value.kind = SW_JSON_ARRAY;
	if (!skip_sign(p, "["))
		return fail(p, SW_EINVAL, "a list is missing: [1, 2]");
	while (!is_sign(p, "]") && !p->err) {
		struct sw_json *item = SW_ARENA_NEW(p->arena, struct sw_json);
		if (!parse_constant(p, item))
			return fail(p, SW_EINVAL, "a value is missing");
		if (++p->nodes > SW_EXPR_NODES_MAX)
			return fail(p, SW_ELIMIT, "there is too much in it");
		*end = item;
		end = &item->next;
		list->value.n++;
		if (!is_sign(p, "]") && !skip_sign(p, ","))
			return fail(p, SW_EINVAL, "a comma or ] is missing");
	}
	next(p);
	return list;
}

/* ---- conditions ---- */

static const struct {
	const char *text;
	enum sw_expr_kind kind;
} operators[] = {
	{ "==", SW_EXPR_EQ }, { "=", SW_EXPR_EQ },  { "!=", SW_EXPR_NE }, { "<>", SW_EXPR_NE },
	{ "<", SW_EXPR_LT },  { "<=", SW_EXPR_LE }, { ">", SW_EXPR_GT },	 { ">=", SW_EXPR_GE },
}, words[] = {
	{ "has", SW_EXPR_HAS }, { "contains", SW_EXPR_CONTAINS },
};

static const struct sw_expr *parse_in(struct parser *p, const struct sw_expr *left)
{
	next(p);
	const struct sw_expr *list = parse_list(p);
	return node(p, SW_EXPR_IN, left, list);
}

static const struct sw_expr *parse_condition(struct parser *p)
{
	const struct sw_expr *left = parse_operand(p);
	for (size_t i = 0; i < SW_COUNTOF(operators) && !p->err; i++)
		if (is_sign(p, operators[i].text)) {
			next(p);
			return node(p, operators[i].kind, left, parse_operand(p));
		}
	for (size_t i = 0; i < SW_COUNTOF(words) && !p->err; i++)
		if (is_word(p, words[i].text)) {
			next(p);
			return node(p, words[i].kind, left, parse_operand(p));
		}
	if (is_word(p, "in"))
		return parse_in(p, left);
	if (is_word(p, "not")) {
		next(p);
		if (!is_word(p, "in"))
			return fail(p, SW_EINVAL, "IN is missing behind NOT");
		return node(p, SW_EXPR_NOT, parse_in(p, left), NULL);
	}
	return node(p, SW_EXPR_TRUE, left, NULL);
}

static const struct sw_expr *parse_not(struct parser *p)
{
	const struct sw_expr *expr;
	if (p->err)
		return NULL;
	if (++p->depth > SW_EXPR_DEPTH_MAX)
		return fail(p, SW_ELIMIT, "it is nested too deep");
	if (is_word(p, "not") || is_sign(p, "!")) {
		next(p);
		expr = node(p, SW_EXPR_NOT, parse_not(p), NULL);
	} else if (skip_sign(p, "(")) {
		expr = parse_or(p);
		if (!skip_sign(p, ")"))
			fail(p, SW_EINVAL, ") is missing");
	} else {
		expr = parse_condition(p);
	}
	p->depth--;
	return expr;
}

static const struct sw_expr *parse_and(struct parser *p)
{
	const struct sw_expr *expr = parse_not(p);
	while (!p->err && (is_word(p, "and") || is_sign(p, "&&"))) {
		next(p);
		expr = node(p, SW_EXPR_AND, expr, parse_not(p));
	}
	return expr;
}

static const struct sw_expr *parse_or(struct parser *p)
{
	const struct sw_expr *expr = parse_and(p);
	while (!p->err && (is_word(p, "or") || is_sign(p, "||"))) {
		next(p);
		expr = node(p, SW_EXPR_OR, expr, parse_and(p));
	}
	return expr;
}

int sw_expr_parse(struct sw_arena *arena, struct sw_str text, const struct sw_expr **ret,
		  struct sw_expr_error *ret_error)
{
	struct parser p = { .arena = arena, .all = text, .error = ret_error };
	*ret_error = (struct sw_expr_error){ 0 };
	if (text.n > SW_EXPR_CHARS_MAX) {
		fail(&p, SW_ELIMIT, "it is too long");
		return p.err;
	}
	next(&p);
	*ret = parse_or(&p);
	if (!p.err && p.token != T_END)
		fail(&p, SW_EINVAL, "AND or OR is missing");
	return p.err;
}
