/* A head is judged the same whole and byte by byte, and nothing points outside of it. */
#include "wire/http/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct sw_http_bounds bounds = { .head_bytes = 700, .target_bytes = 100, .fields = 10, .proxy = true };

static void check_inside(struct sw_str part, struct sw_str input)
{
	bool inside = part.p >= input.p && part.p + part.n <= input.p + input.n;

	SW_BUG_ON(part.p && !inside && !sw_str_is(part, "/"));
}

static void check_head(const struct sw_http_head *head, struct sw_str input)
{
	SW_BUG_ON(head->bytes > input.n || head->bytes < 4 || head->fields > bounds.fields);
	SW_BUG_ON(head->chunked && head->content_length >= 0);
	SW_BUG_ON(head->minor == 1 && sw_http_field_count(head, "host") != 1);
	SW_BUG_ON(sw_http_field_count(head, "content-length") != (head->content_length >= 0));
	check_inside(head->target, input);
	check_inside(head->path, input);
	check_inside(head->query, input);
	check_inside(head->host, input);
	for (unsigned i = 0; i < head->fields; i++) {
		check_inside(head->field[i].name, input);
		check_inside(head->field[i].value, input);
		SW_BUG_ON(sw_str_index(head->field[i].value, '\n') >= 0 || head->field[i].name.n == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sw_str input = { (const char *)data, size };
	struct sw_http_refusal whole_refusal = { 0 }, slow_refusal = { 0 };
	static struct sw_http_head whole, slow;
	size_t scanned = 0;
	int whole_err = sw_http_parse_head(input, &bounds, &scanned, &whole, &whole_refusal);
	int slow_err = SW_EMORE;

	scanned = 0;
	for (size_t n = 0; n <= size && slow_err == SW_EMORE; n++)
		slow_err = sw_http_parse_head(sw_str_sub(input, 0, n), &bounds, &scanned, &slow, &slow_refusal);
	SW_BUG_ON(whole_err != slow_err || whole_refusal.status != slow_refusal.status);
	SW_BUG_ON((whole_err == SW_EINVAL) != (whole_refusal.why != NULL));
	if (whole_err == 0) {
		check_head(&whole, input);
		SW_BUG_ON(whole.bytes != slow.bytes || whole.content_length != slow.content_length);
	}
	return 0;
}
