#include "wire/jwt/jwt.h"

#include "base/arena.h"
#include "base/hash.h"

enum { MAC_BYTES = 32 };

#define HEADER SW_S("{\"alg\":\"HS256\",\"typ\":\"JWT\"}")

/* RFC 4648 section 5, without padding: the standard alphabet with two other letters. */
static struct sw_str encode(struct sw_arena *arena, struct sw_str bytes)
{
	struct sw_str text = sw_base64_encode(arena, bytes);
	char *p = sw_arena_bytes(arena, text.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < text.n && text.p[i] != '='; i++)
		p[n++] = text.p[i] == '+' ? '-' : text.p[i] == '/' ? '_' : text.p[i];
	return (struct sw_str){ p, n };
}

static int decode(struct sw_arena *arena, struct sw_str text, struct sw_str *ret)
{
	size_t n = (text.n + 3) / 4 * 4;
	char *p = sw_arena_bytes(arena, n + 1);
	if (text.n == 0 || text.n % 4 == 1)
		return SW_EINVAL;
	for (size_t i = 0; i < n; i++) {
		char c = i < text.n ? text.p[i] : '=';
		if (i < text.n && (c == '+' || c == '/' || c == '='))
			return SW_EINVAL;
		p[i] = c == '-' ? '+' : c == '_' ? '/' : c;
	}
	int err = sw_base64_decode(arena, (struct sw_str){ p, n }, ret);
	if (err)
		return err;
	/* Bits behind the last byte must be zero: one token, one text. */
	return sw_str_eq(encode(arena, *ret), text) ? 0 : SW_EINVAL;
}

static struct sw_str mac(struct sw_arena *arena, struct sw_str key, struct sw_str signed_part)
{
	uint8_t *out = sw_arena_alloc(arena, MAC_BYTES);
	sw_hmac_sha256(key, signed_part, out);
	return (struct sw_str){ (const char *)out, MAC_BYTES };
}

struct sw_str sw_jwt_sign(struct sw_arena *arena, struct sw_str key, struct sw_str claims)
{
	struct sw_str head =
		sw_str_fmt(arena, "%.*s.%.*s", SW_FMT(encode(arena, HEADER)), SW_FMT(encode(arena, claims)));
	return sw_str_fmt(arena, "%.*s.%.*s", SW_FMT(head), SW_FMT(encode(arena, mac(arena, key, head))));
}

static int parse(struct sw_arena *arena, struct sw_str part, const struct sw_json **ret)
{
	struct sw_str text;
	if (decode(arena, part, &text) || sw_json_parse(arena, text, NULL, ret, NULL))
		return SW_EINVAL;
	return (*ret)->kind == SW_JSON_OBJECT ? 0 : SW_EINVAL;
}

int sw_jwt_verify(struct sw_arena *arena, struct sw_str key, struct sw_str token, const struct sw_json **ret_claims)
{
	const struct sw_json *header;
	struct sw_str rest = token, given;
	struct sw_str head = sw_str_cut(&rest, '.'), claims = sw_str_cut(&rest, '.'), signature = rest;
	if (token.n > SW_JWT_MAX || !signature.p || sw_str_index(signature, '.') >= 0)
		return SW_EINVAL;
	if (parse(arena, head, &header) || !sw_str_is(sw_json_get_str(header, "alg"), "HS256") ||
	    sw_json_get(header, "crit") || decode(arena, signature, &given))
		return SW_EINVAL;
	struct sw_str signed_part = { token.p, head.n + 1 + claims.n };
	if (!sw_equal_secret(mac(arena, key, signed_part), given))
		return SW_EPERM;
	return parse(arena, claims, ret_claims);
}
