/* The first line is a Content-Type, the rest a body; what is taken is text within its bounds. */
#include "base/arena.h"
#include "base/utf8.h"
#include "wire/multipart/multipart.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sw_str body = { (const char *)data, size };
	struct sw_str type = sw_str_cut(&body, '\n');
	struct sw_str boundary = SW_S("b");
	struct sw_arena arena;
	struct sw_form form;

	sw_arena_init(&arena);
	if (sw_multipart_boundary(&arena, type, &boundary) == 0)
		SW_BUG_ON(boundary.n == 0 || boundary.n > 70);
	if (body.p && sw_multipart_decode(&arena, body, boundary, 20, &form) == 0) {
		SW_BUG_ON(form.n > 20);
		for (size_t i = 0; i < form.n; i++)
			SW_BUG_ON(!sw_utf8_valid(form.v[i].name) || !sw_utf8_valid(form.v[i].value));
	}
	sw_arena_done(&arena);
	return 0;
}
