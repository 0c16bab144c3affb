#include "base/test.h"
#include "core/expr.h"
#include "store/query.h"

#define DATA                                                                                                    \
	"{\"type\":\"message.failed\",\"n\":5,\"text\":\"5\",\"yes\":true,\"no\":false,\"nil\":null,\"a-b\":1," \
	"\"list\":[1,\"x\",true],\"data\":{\"error_code\":30003,\"deep\":{\"er\":\"z\"}},\"word\":\"hello world\"}"

static const struct {
	const char *text;
	bool is;
} rows[] = {
	{ "type == 'message.failed'", true },
	{ "type = \"message.failed\"", true },
	{ "type != 'message.failed'", false },
	{ "type <> 'x'", true },
	{ "n == 5 AND data.error_code == 30003", true },
	{ "n == 5 and data.error_code == 30004", false },
	{ "n == 4 OR data.error_code IN [30003, 30004]", true },
	{ "data.error_code not in [1,2]", true },
	{ "data.deep.er == 'z' && n >= 5 && n <= 5 && n > 4 && n < 6", true },
	{ "text == 5", true },
	{ "text > 4.5", true },
	{ "n == '5'", true },
	{ "type > 'message'", true },
	{ "type < 'message'", false },
	{ "yes", true },
	{ "no", false },
	{ "nil", false },
	{ "n", true },
	{ "absent", false },
	{ "absent == null", true },
	{ "absent != 1", true },
	{ "absent < 1", false },
	{ "NOT absent < 1", true },
	{ "nil == null AND NOT yes == null", true },
	{ "list HAS 'x' and list has 1 and list has true", true },
	{ "list HAS '1'", true },
	{ "list HAS 2", false },
	{ "word CONTAINS 'o w'", true },
	{ "word CONTAINS 'O'", false },
	{ "n CONTAINS '5'", false },
	{ "yes == true and no == false", true },
	{ "yes == 1", false },
	{ "a-b == 1", true },
	{ "n == -5 or n == 5e0", true },
	{ "NOT (yes AND no) AND !no", true },
	{ "yes OR no AND no", true },
	{ "(yes OR no) AND no", false },
	{ "n IN []", false },
	{ "1 == 1", true },
	{ "'x' == type", false },
	{ "data.deep", true },
	{ "data.deep == data.deep", false }, /* objects are never equal */
	{ "type.x == null", true },
	{ "data.error_code.x == null", true },
};

SW_TEST(conditions_hold_or_do_not)
{
	struct sw_arena arena;
	const struct sw_json *data;
	sw_arena_init(&arena);
	SW_CHECK_INT(sw_json_parse(&arena, SW_S(DATA), NULL, &data, NULL), 0);
	for (size_t i = 0; i < SW_COUNTOF(rows); i++) {
		const struct sw_expr *expr;
		struct sw_expr_error error;
		if (sw_expr_parse(&arena, sw_str_of(rows[i].text), &expr, &error))
			sw_test_fail(__FILE__, __LINE__, "%s: at %zu: %s", rows[i].text, error.at, error.why);
		else if (sw_expr_eval(expr, sw_expr_get_json, (void *)(uintptr_t)data) != rows[i].is)
			sw_test_fail(__FILE__, __LINE__, "%s", rows[i].text);
	}
	sw_arena_done(&arena);
}

SW_TEST(what_does_not_parse_is_told_with_its_place)
{
	static const struct {
		const char *text;
		size_t at;
		const char *why;
	} wrong[] = {
		{ "", 0, "a name or a value" },
		{ "a ==", 4, "a name or a value" },
		{ "a == 'x", 5, "does not end" },
		{ "a b", 2, "AND or OR" },
		{ "(a", 2, ") is missing" },
		{ "a)", 1, "AND or OR" },
		{ "a IN 1", 5, "a list is missing" },
		{ "a IN [1 2]", 8, "a comma or ]" },
		{ "a IN [b]", 6, "a value is missing" },
		{ "a IN [1", 7, "a comma or ]" },
		{ "a NOT 1", 6, "IN is missing" },
		{ "a == 1-2", 5, "no number" },
		{ "a == #", 5, "no meaning" },
		{ "AND a", 0, "a name or a value" },
		{ "a == in", 5, "a name or a value" },
		{ "a AND", 5, "a name or a value" },
	};
	struct sw_arena arena;
	sw_arena_init(&arena);
	for (size_t i = 0; i < SW_COUNTOF(wrong); i++) {
		const struct sw_expr *expr;
		struct sw_expr_error error;
		SW_CHECK_INT(sw_expr_parse(&arena, sw_str_of(wrong[i].text), &expr, &error), SW_EINVAL);
		if (error.at != wrong[i].at || !strstr(error.why, wrong[i].why))
			sw_test_fail(__FILE__, __LINE__, "%s: at %zu: %s", wrong[i].text, error.at, error.why);
	}
	sw_arena_done(&arena);
}

SW_TEST(bounds_hold)
{
	struct sw_arena arena;
	struct sw_buf deep = { 0 }, many = { 0 }, lots = { 0 };
	const struct sw_expr *expr;
	struct sw_expr_error error;
	sw_arena_init(&arena);
	for (int i = 0; i < SW_EXPR_DEPTH_MAX + 1; i++)
		sw_buf_add_cstr(&deep, i % 2 ? "NOT " : "(");
	for (int i = 0; i < SW_EXPR_NODES_MAX; i++)
		sw_buf_add_cstr(&many, i ? "|| a" : "a");
	for (int i = 0; i < SW_EXPR_CHARS_MAX + 1; i++)
		sw_buf_add_char(&lots, 'a');
	SW_CHECK_INT(sw_expr_parse(&arena, sw_buf_str(&deep), &expr, &error), SW_ELIMIT);
	SW_CHECK_INT(sw_expr_parse(&arena, sw_buf_str(&many), &expr, &error), SW_ELIMIT);
	SW_CHECK_INT(sw_expr_parse(&arena, sw_buf_str(&lots), &expr, &error), SW_ELIMIT);
	sw_buf_done(&deep);
	sw_buf_done(&many);
	sw_buf_done(&lots);
	sw_arena_done(&arena);
}

SW_TEST(columns_go_into_the_query_and_the_rest_stays)
{
	static const struct sw_query_column declared[] = { { "type", 't' }, { "n", 'i' }, { 0 } };
	static const struct sw_query_def def = {
		.name = "t", .select = "SELECT id FROM t", .out = "i", .key = "id", .key_type = 'i', .columns = declared
	};
	static const struct sw_expr_column columns[] = { { "type", "type", 't' }, { "count", "n", 'i' }, { 0 } };
	static const struct {
		const char *text, *has;
		bool whole;
	} pushed[] = {
		{ "type == 'a' AND count >= 5", "type = $1 AND n >= $2", true },
		{ "type == 'a' AND other == 5", "type = $1", false },
		{ "type == 'a' OR count == 5", "", false },
		{ "NOT type == 'a'", "", false },
		{ "count == '5'", "", false }, /* a text that is a number: only memory knows */
		{ "type == 5", "", false },
		{ "count == 1.5", "", false },
	};
	struct sw_arena arena;
	sw_arena_init(&arena);
	for (size_t i = 0; i < SW_COUNTOF(pushed); i++) {
		const struct sw_expr *expr;
		struct sw_expr_error error;
		const struct sw_page_key page = { .limit = 1 };
		struct sw_query *query = sw_query_new(&arena, &def);
		SW_CHECK_INT(sw_expr_parse(&arena, sw_str_of(pushed[i].text), &expr, &error), 0);
		SW_CHECK(sw_expr_where(expr, columns, query) == pushed[i].whole);
		sw_query_page(query, &page);
		struct sw_str text = sw_query_text(query);
		if (sw_str_find(text, sw_str_of(pushed[i].has)) < 0 ||
		    (!pushed[i].has[0] && sw_str_find(text, SW_S("WHERE")) >= 0))
			sw_test_fail(__FILE__, __LINE__, "%s: %.*s", pushed[i].text, SW_FMT(text));
	}
	sw_arena_done(&arena);
}
