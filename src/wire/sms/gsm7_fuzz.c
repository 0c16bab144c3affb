/* Plans cover the text without gap, parts fit and cut no character, codes go both ways. */
#include "base/arena.h"
#include "base/utf8.h"
#include "wire/sms/gsm7.h"
#include "wire/sms/sms.h"
#include "wire/sms/ucs2.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct sw_str decode(struct sw_arena *arena, const struct sw_sms_plan *plan, const struct sw_sms_part *part)
{
	return plan->encoding == SW_SMS_GSM7 ? sw_gsm7_decode(arena, plan->septets + part->at, part->n)
					     : sw_ucs2_decode(arena, plan->ucs2_units + part->at, part->n);
}

/* Parts decoded one by one give the text again: so none was cut within a character. */
static void check_parts(struct sw_arena *arena, const struct sw_sms_plan *plan, enum sw_sms_header header)
{
	struct sw_str text = plan->text;
	struct sw_sms_part *parts;
	size_t n = sw_sms_parts(arena, plan, header, &parts), at = 0;

	SW_BUG_ON(n < plan->segments || (header == SW_SMS_REFERENCE_8BIT && n != plan->segments));
	for (size_t i = 0; i < n; i++) {
		struct sw_str part = decode(arena, plan, &parts[i]);

		SW_BUG_ON(parts[i].at != at || !sw_str_starts(text, part));
		at += parts[i].n;
		text = sw_str_from(text, part.n);
	}
	SW_BUG_ON(at != plan->units || text.n);
}

static void check_packing(struct sw_arena *arena, const uint8_t *septets, size_t n, unsigned fill_bits)
{
	size_t bytes = sw_gsm7_packed_bytes(n, fill_bits);
	uint8_t *packed = (uint8_t *)sw_arena_bytes(arena, bytes + 1);
	uint8_t *back = (uint8_t *)sw_arena_bytes(arena, n + 1);

	sw_gsm7_pack(septets, n, fill_bits, packed);
	sw_gsm7_unpack(packed, n, fill_bits, back);
	SW_BUG_ON(n && memcmp(septets, back, n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sw_str input = { (const char *)data, size };
	struct sw_arena arena;
	struct sw_sms_plan plan;

	sw_arena_init(&arena);
	for (int smart = 0; smart < 2; smart++)
		if (sw_sms_plan(&arena, input, smart, &plan) == 0) {
			SW_BUG_ON(plan.segments == 0 || !sw_utf8_valid(plan.text));
			check_parts(&arena, &plan, SW_SMS_REFERENCE_8BIT);
			check_parts(&arena, &plan, SW_SMS_REFERENCE_16BIT);
			if (plan.septets)
				check_packing(&arena, plan.septets, plan.units, size % 7);
		} else {
			SW_BUG_ON(sw_utf8_valid(input));
		}
	SW_BUG_ON(!sw_utf8_valid(sw_gsm7_decode(&arena, data, size)));
	if (size > 1) {
		uint16_t *units = SW_ARENA_ARRAY(&arena, uint16_t, size);

		sw_ucs2_from_bytes(data, size, units);
		SW_BUG_ON(!sw_utf8_valid(sw_ucs2_decode(&arena, units, size / 2)));
		sw_gsm7_unpack(data, (size * 8 - 6) / 7, 6, (uint8_t *)sw_arena_bytes(&arena, size * 2));
	}
	sw_arena_done(&arena);
	return 0;
}
