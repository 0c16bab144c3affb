/* What is decoded and encoded again decodes to the same pairs. */
#include "base/arena.h"
#include "base/utf8.h"
#include "wire/form/form.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sw_str input = { (const char *)data, size }, text;
	struct sw_arena arena;
	struct sw_buf again = { .arena = &arena };
	struct sw_form form, back;

	sw_arena_init(&arena);
	if (sw_form_decode(&arena, input, 50, &form) == 0) {
		for (size_t i = 0; i < form.n; i++) {
			SW_BUG_ON(!sw_utf8_valid(form.v[i].name) || !sw_utf8_valid(form.v[i].value));
			sw_form_add(&again, form.v[i].name, form.v[i].value);
		}
		SW_BUG_ON(sw_form_decode(&arena, sw_buf_str(&again), 50, &back) || back.n != form.n);
		for (size_t i = 0; i < form.n; i++)
			SW_BUG_ON(!sw_str_eq(form.v[i].name, back.v[i].name) ||
				  !sw_str_eq(form.v[i].value, back.v[i].value));
	}
	if (sw_percent_decode(&arena, input, &text) == 0) {
		again.n = 0;
		sw_percent_encode(&again, text);
		SW_BUG_ON(sw_percent_decode(&arena, sw_buf_str(&again), &input) || !sw_str_eq(input, text));
	}
	sw_arena_done(&arena);
	return 0;
}
