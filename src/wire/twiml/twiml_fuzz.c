/* Whatever comes in: a tree within the limits whose texts are UTF-8, or a fault that says where. */
#include "base/arena.h"
#include "base/utf8.h"
#include "wire/twiml/twiml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned elements;

static void look(const struct sw_twiml *node, unsigned depth)
{
	SW_BUG_ON(depth > SW_TWIML_DEPTH + 1 || node->line == 0 || node->column == 0);
	SW_BUG_ON(!node->name.p == !node->text.p || !sw_utf8_valid(node->name.p ? node->name : node->text));
	elements += node->name.p != NULL;
	SW_BUG_ON(node->attributes_n > SW_TWIML_ATTRIBUTES);
	for (unsigned i = 0; i < node->attributes_n; i++) {
		struct sw_str value = node->attributes[i].value;
		SW_BUG_ON(!sw_utf8_valid(value) || !sw_twiml_get(node, node->attributes[i].name.p).p);
	}
	for (const struct sw_twiml *child = node->child; child; child = child->next)
		look(child, depth + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sw_arena arena;
	const struct sw_twiml *root = NULL;
	struct sw_twiml_fault fault = { 0 };
	sw_arena_init(&arena);
	elements = 0;
	if (sw_twiml_parse(&arena, (struct sw_str){ (const char *)data, size }, &root, &fault) == 0) {
		look(root, 1);
		SW_BUG_ON(elements > SW_TWIML_ELEMENTS || !sw_str_is(root->name, "Response"));
		SW_BUG_ON(!sw_utf8_valid(sw_twiml_text(&arena, root)));
	} else {
		SW_BUG_ON(!fault.kind || !fault.why || !fault.line || !fault.column);
	}
	sw_arena_done(&arena);
	return 0;
}
