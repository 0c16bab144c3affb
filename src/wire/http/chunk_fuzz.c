/* A chunked body is decoded the same whole and byte by byte, and never past its bound. */
#include "base/buf.h"
#include "wire/http/http.h"

#define BODY_MAX 1000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int decode(struct sw_str input, size_t step, struct sw_buf *out, size_t *ret_used)
{
	struct sw_http_chunks chunks = { 0 };
	size_t at = 0;
	int err = SW_EMORE;

	while (err == SW_EMORE && at < input.n) {
		struct sw_str piece = sw_str_sub(input, at, step);
		size_t had = piece.n;

		err = sw_http_dechunk(&chunks, &piece, out, BODY_MAX);
		SW_BUG_ON(err == SW_EMORE && piece.n);
		at += had - piece.n;
	}
	*ret_used = at;
	return err;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sw_str input = { (const char *)data, size };
	struct sw_buf whole = { 0 }, slow = { 0 };
	size_t whole_used, slow_used;
	int err = decode(input, size, &whole, &whole_used);

	SW_BUG_ON(decode(input, 1, &slow, &slow_used) != err);
	SW_BUG_ON(whole_used != slow_used || whole.n > BODY_MAX);
	SW_BUG_ON(!sw_str_eq(sw_buf_str(&whole), sw_buf_str(&slow)));
	sw_buf_done(&whole);
	sw_buf_done(&slow);
	return 0;
}
