#include "main/secret.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/test.h"

SW_TEST(secrets_of_urls)
{
	struct sw_arena arena;
	struct sw_str got, why;
	setenv("STROWGER_TEST_SECRET", "s3cret", 1);
	sw_arena_init(&arena);
	struct sw_str path = sw_str_fmt(&arena, "%s/secret", sw_test_folder());
	SW_CHECK_INT(sw_file_write(&arena, path, SW_S("p@ss:w/rd\nnot this\n"), 0600), 0);
	const struct {
		const char *url, *filled;
	} rows[] = {
		{ "smpp://id:$STROWGER_TEST_SECRET@host:2775?binds=2", "smpp://id:s3cret@host:2775?binds=2" },
		{ "smpp://id:plain@host", "smpp://id:plain@host" },
		{ "smpp://id:%24NAME@host", "smpp://id:%24NAME@host" },
		{ "smpp://id@host", "smpp://id@host" },
		{ "sim:?reply=a:$b@c", "sim:?reply=a:$b@c" },
		{ "http://host/path?x=a:@b", "http://host/path?x=a:@b" },
	};
	for (size_t i = 0; i < SW_COUNTOF(rows); i++) {
		SW_CHECK_INT(secret_fill(&arena, sw_str_of(rows[i].url), &got, &why), 0);
		SW_CHECK_STR(got, rows[i].filled);
	}
	struct sw_str url = sw_str_fmt(&arena, "smpp://id:@%.*s@host", SW_FMT(path));
	SW_CHECK_INT(secret_fill(&arena, url, &got, &why), 0);
	SW_CHECK_STR(got, "smpp://id:p%40ss%3Aw%2Frd@host");
	SW_CHECK_INT(secret_fill(&arena, SW_S("smpp://id:$NO_SUCH_NAME_1@host"), &got, &why), SW_EINVAL);
	SW_CHECK_STR(why, "the secret's variable NO_SUCH_NAME_1 is not set");
	SW_CHECK_INT(secret_fill(&arena, SW_S("smpp://id:@/no/such/file@host"), &got, &why), SW_EINVAL);
	SW_CHECK_STR(why, "the secret's file /no/such/file cannot be read");
	sw_arena_done(&arena);
}
