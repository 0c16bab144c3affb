#include "core/secret.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/test.h"

SW_TEST(secrets_are_themselves_or_named)
{
	struct sw_arena arena;
	struct sw_str got, why = SW_STR_NULL;
	setenv("STROWGER_TEST_SECRET", "in the environment", 1);
	setenv("STROWGER_TEST_EMPTY", "", 1);
	sw_arena_init(&arena);
	struct sw_str path = sw_str_fmt(&arena, "%s/secret", sw_test_folder());
	SW_CHECK_INT(sw_file_write(&arena, path, SW_S(" in a file \r\nnot this\n"), 0600), 0);
	const struct {
		struct sw_str setting;
		bool named;
		const char *secret;
	} rows[] = {
		{ SW_S("plain$@"), false, "plain$@" },
		{ SW_S(""), false, "" },
		{ SW_S("$STROWGER_TEST_SECRET"), true, "in the environment" },
		{ SW_S("$STROWGER_TEST_EMPTY"), true, "" },
		{ SW_S("@/dev/null"), true, "" },
		{ sw_str_fmt(&arena, "@%.*s", SW_FMT(path)), true, "in a file" },
	};
	for (size_t i = 0; i < SW_COUNTOF(rows); i++) {
		SW_CHECK(sw_secret_is_named(rows[i].setting) == rows[i].named);
		SW_CHECK_INT(sw_secret_read(&arena, rows[i].setting, &got, &why), 0);
		SW_CHECK_STR(got, rows[i].secret);
	}
	static const struct {
		const char *setting, *why;
	} wrong[] = {
		{ "$NO_SUCH_NAME_1", "the secret's variable NO_SUCH_NAME_1 is not set" },
		{ "@/no/such/file", "the secret's file /no/such/file cannot be read" },
		{ "@/tmp", "the secret's file /tmp cannot be read" },
		{ "$", "the secret's variable  is not set" },
	};
	for (size_t i = 0; i < SW_COUNTOF(wrong); i++) {
		SW_CHECK_INT(sw_secret_read(&arena, sw_str_of(wrong[i].setting), &got, &why), SW_EINVAL);
		SW_CHECK_STR(why, wrong[i].why);
	}
	sw_arena_done(&arena);
}
