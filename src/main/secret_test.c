#include "main/secret.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/test.h"

SW_TEST(secrets_of_urls)
{
	struct sw_arena arena;
	struct sw_str got, why;
	char path[] = "/tmp/strowger-secret-XXXXXX";
	int fd = mkstemp(path);
	SW_CHECK(write(fd, "p@ss:w/rd\nnot this\n", 19) == 19);
	close(fd);
	setenv("STROWGER_TEST_SECRET", "s3cret", 1);
	sw_arena_init(&arena);
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
	struct sw_str url = sw_str_fmt(&arena, "smpp://id:@%s@host", path);
	SW_CHECK_INT(secret_fill(&arena, url, &got, &why), 0);
	SW_CHECK_STR(got, "smpp://id:p%40ss%3Aw%2Frd@host");
	SW_CHECK_INT(secret_fill(&arena, SW_S("smpp://id:$NO_SUCH_NAME_1@host"), &got, &why), SW_EINVAL);
	SW_CHECK_STR(why, "the secret's variable NO_SUCH_NAME_1 is not set");
	SW_CHECK_INT(secret_fill(&arena, SW_S("smpp://id:@/no/such/file@host"), &got, &why), SW_EINVAL);
	SW_CHECK_STR(why, "the secret's file /no/such/file cannot be read");
	unlink(path);
	sw_arena_done(&arena);
}
