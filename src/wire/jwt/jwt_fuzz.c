/* Any text as a token: refused, or with its signature taken off and made again the same. */
#include "base/arena.h"
#include "wire/jwt/jwt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sw_arena arena;
	const struct sw_json *claims;
	struct sw_str text = { (const char *)data, size }, key = SW_S("key");
	sw_arena_init(&arena);
	if (!sw_jwt_verify(&arena, key, text, &claims))
		SW_BUG_ON(claims->kind != SW_JSON_OBJECT);
	/* What we sign, we take: a JSON object and nothing else. */
	const struct sw_json *object;
	bool is_object =
		size < 4096 && !sw_json_parse(&arena, text, NULL, &object, NULL) && object->kind == SW_JSON_OBJECT;
	int err = sw_jwt_verify(&arena, key, sw_jwt_sign(&arena, key, text), &claims);
	SW_BUG_ON(size < 4096 && (err == 0) != is_object);
	sw_arena_done(&arena);
	return 0;
}
