/* Whatever is typed parses or is told where and why not; what parses is evaluated without harm, twice the same. */
#include "core/expr.h"

#include "base/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sw_str text = { (const char *)data, size };
	struct sw_arena arena;
	const struct sw_json *object;
	const struct sw_expr *expr;
	struct sw_expr_error error;
	sw_arena_init(&arena);
	SW_BUG_ON(sw_json_parse(&arena, SW_S("{\"a\":1,\"b\":\"x\",\"c\":[1,\"x\"],\"d\":{\"e\":null}}"), NULL, &object,
				NULL));
	if (sw_expr_parse(&arena, text, &expr, &error))
		SW_BUG_ON(!error.why || error.at > size);
	else
		SW_BUG_ON(sw_expr_eval(expr, sw_expr_get_json, (void *)(uintptr_t)object) !=
			  sw_expr_eval(expr, sw_expr_get_json, (void *)(uintptr_t)object));
	sw_arena_done(&arena);
	return 0;
}
