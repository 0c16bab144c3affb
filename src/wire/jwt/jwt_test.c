#include "base/arena.h"
#include "base/test.h"
#include "wire/jwt/jwt.h"

/* RFC 7515 appendix A.1: its key, its token. */
#define RFC_TOKEN                                                                                         \
	"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."                                                       \
	"eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ." \
	"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

static const uint8_t rfc_key[] = { 3,   35,  53, 75,  43,  15, 165, 188, 131, 126, 6,   101, 119, 123, 166, 143,
				   90,  179, 40, 230, 240, 84, 201, 40,  169, 15,  132, 178, 210, 80,  46,  191,
				   211, 251, 90, 146, 210, 6,  71,  239, 150, 138, 180, 195, 119, 98,  61,  34,
				   61,  46,  33, 114, 5,   46, 79,  8,   192, 205, 154, 245, 103, 208, 128, 163 };

SW_TEST(a_token_of_the_rfc_is_good)
{
	struct sw_arena arena;
	const struct sw_json *claims;
	const struct sw_str key = { (const char *)rfc_key, sizeof(rfc_key) };
	sw_arena_init(&arena);
	SW_CHECK_INT(sw_jwt_verify(&arena, key, SW_S(RFC_TOKEN), &claims), 0);
	SW_CHECK_STR(sw_json_get_str(claims, "iss"), "joe");
	sw_arena_done(&arena);
}

SW_TEST(a_token_that_was_touched_is_refused)
{
	struct sw_arena arena;
	const struct sw_json *claims;
	sw_arena_init(&arena);
	struct sw_str key = SW_S("0123456789abcdef"), token = sw_jwt_sign(&arena, key, SW_S("{\"sub\":\"a\"}"));
	SW_CHECK_INT(sw_jwt_verify(&arena, key, token, &claims), 0);
	SW_CHECK_STR(sw_json_get_str(claims, "sub"), "a");
	SW_CHECK_INT(sw_jwt_verify(&arena, SW_S("0123456789abcdeg"), token, &claims), SW_EPERM);
	for (size_t i = 0; i < token.n; i++) {
		char *changed = sw_str_cstr(&arena, token);
		changed[i] = changed[i] == 'A' ? 'B' : 'A';
		SW_CHECK(sw_jwt_verify(&arena, key, (struct sw_str){ changed, token.n }, &claims) != 0);
		SW_CHECK(sw_jwt_verify(&arena, key, (struct sw_str){ token.p, i }, &claims) != 0);
	}
	sw_arena_done(&arena);
}

SW_TEST(other_algorithms_are_refused)
{
	static const char *const bad[] = {
		"eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.",                        /* none */
		"eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.AAAA",                    /* none, with a signature */
		"eyJhbGciOiJIUzUxMiJ9.eyJzdWIiOiJhIn0.AAAA",                   /* HS512 */
		"eyJhbGciOiJIUzI1NiIsImNyaXQiOlsieCJdfQ.eyJzdWIiOiJhIn0.AAAA", /* crit */
		"",
		".",
		"..",
		"...",
		"a.b.c",
		"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0",
	};
	struct sw_arena arena;
	const struct sw_json *claims;
	sw_arena_init(&arena);
	for (size_t i = 0; i < SW_COUNTOF(bad); i++)
		SW_CHECK_INT(sw_jwt_verify(&arena, SW_S("k"), sw_str_of(bad[i]), &claims), SW_EINVAL);
	sw_arena_done(&arena);
}
