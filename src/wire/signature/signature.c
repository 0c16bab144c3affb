#include "wire/signature/signature.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/hash.h"

static int by_name_and_value(const void *a, const void *b)
{
	const struct sw_form_pair *x = a, *y = b;
	int order = sw_str_cmp(x->name, y->name);
	return order ? order : sw_str_cmp(x->value, y->value);
}

static void add_sorted(struct sw_arena *arena, struct sw_buf *out, const struct sw_form *params)
{
	struct sw_form_pair *pairs = SW_ARENA_ARRAY(arena, struct sw_form_pair, params->n + 1);
	memcpy(pairs, params->v, params->n * sizeof(*pairs));
	qsort(pairs, params->n, sizeof(*pairs), by_name_and_value);
	for (size_t i = 0; i < params->n; i++) {
		if (i && by_name_and_value(&pairs[i - 1], &pairs[i]) == 0)
			continue;
		sw_buf_add_str(out, pairs[i].name);
		sw_buf_add_str(out, pairs[i].value);
	}
}

struct sw_str sw_twilio_signature(struct sw_arena *arena, struct sw_str token, struct sw_str url,
				  const struct sw_form *params)
{
	struct sw_buf text = { .arena = arena };
	uint8_t mac[20];
	sw_buf_reserve(&text, 1024);
	sw_buf_add_str(&text, url);
	if (params && params->n)
		add_sorted(arena, &text, params);
	sw_hmac_sha1(token, sw_buf_str(&text), mac);
	return sw_base64_encode(arena, (struct sw_str){ (const char *)mac, sizeof(mac) });
}

struct sw_str sw_standard_signature(struct sw_arena *arena, struct sw_str key, struct sw_str id, int64_t time_s,
				    struct sw_str body)
{
	struct sw_buf text = { .arena = arena };
	uint8_t mac[32];
	sw_buf_reserve(&text, id.n + body.n + 32);
	sw_buf_add_str(&text, id);
	sw_buf_add_char(&text, '.');
	sw_buf_add_int(&text, time_s);
	sw_buf_add_char(&text, '.');
	sw_buf_add_str(&text, body);
	sw_hmac_sha256(key, sw_buf_str(&text), mac);
	struct sw_str encoded = sw_base64_encode(arena, (struct sw_str){ (const char *)mac, sizeof(mac) });
	return sw_str_fmt(arena, "v1,%.*s", SW_FMT(encoded));
}
