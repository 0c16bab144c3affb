/* What is read and written again reads as the same tree, and is then written the same. */
#include "base/arena.h"
#include "base/utf8.h"
#include "wire/json/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool same(const struct sw_json *a, const struct sw_json *b)
{
	const struct sw_json *x = a->child, *y = b->child;

	if (a->kind != b->kind || a->b != b->b || a->is_int != b->is_int || a->i != b->i || a->n != b->n ||
	    a->number != b->number || !sw_str_eq(a->name, b->name) || !sw_str_eq(a->text, b->text))
		return false;
	for (; x && y; x = x->next, y = y->next)
		if (!same(x, y))
			return false;
	return !x && !y;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct sw_json_bounds bounds = { .depth = 20, .nodes = 500 };
	struct sw_str input = { (const char *)data, size };
	struct sw_arena arena;
	struct sw_buf first = { .arena = &arena }, second = { .arena = &arena };
	struct sw_json_out out = { .buf = &first };
	const struct sw_json *tree, *again;
	const char *why = NULL;

	sw_arena_init(&arena);
	if (sw_json_parse(&arena, input, &bounds, &tree, &why) == 0) {
		sw_json_value(&out, tree);
		SW_BUG_ON(!sw_utf8_valid(sw_buf_str(&first)));
		SW_BUG_ON(sw_json_parse(&arena, sw_buf_str(&first), &bounds, &again, &why) || !same(tree, again));
		out = (struct sw_json_out){ .buf = &second };
		sw_json_value(&out, again);
		SW_BUG_ON(!sw_str_eq(sw_buf_str(&first), sw_buf_str(&second)));
	} else {
		SW_BUG_ON(!why);
	}
	/* Any bytes may be written as a string. */
	first.n = 0;
	out = (struct sw_json_out){ .buf = &first };
	sw_json_str(&out, input);
	SW_BUG_ON(!sw_utf8_valid(sw_buf_str(&first)));
	sw_arena_done(&arena);
	return 0;
}
