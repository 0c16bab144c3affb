/* Every value of a receipt lies within its text; alphabets give UTF-8 whatever the octets. */
#include "base/arena.h"
#include "base/utf8.h"
#include "wire/smpp/coding.h"
#include "wire/smpp/receipt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct sw_str value, struct sw_str text)
{
	SW_BUG_ON(value.p && (value.p < text.p || value.p + value.n > text.p + text.n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sw_str text = { (const char *)data, size };
	struct sw_smpp_receipt r;
	struct sw_arena arena;
	sw_smpp_receipt_text(text, &r);
	const struct sw_str values[] = { r.id, r.sub, r.dlvrd, r.submit_date, r.done_date, r.stat, r.err, r.text };
	for (size_t i = 0; i < SW_COUNTOF(values); i++)
		check(values[i], text);
	sw_arena_init(&arena);
	for (int charset = SW_CHARSET_GSM7; charset <= SW_CHARSET_UCS2; charset++)
		SW_BUG_ON(!sw_utf8_valid(sw_charset_decode(&arena, (enum sw_charset)charset, text)));
	for (size_t header = 0; header < 8; header++)
		sw_smpp_unpack(&arena, text, header);
	sw_arena_done(&arena);
	return 0;
}
