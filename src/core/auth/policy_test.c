#include "base/arena.h"
#include "base/buf.h"
#include "base/test.h"
#include "core/auth/policy.h"

SW_TEST(a_permission_is_covered_by_its_name_in_any_of_the_usual_spellings)
{
	static const struct {
		const char *name, *permission;
		bool covered;
	} cases[] = {
		{ "/twilio/messaging/messages/read", "/twilio/messaging/messages/read", true },
		{ "/twilio/messaging/messages/read", "/twilio/messaging/messages/list", false },
		{ "/twilio/messaging/messages/read", "/twilio/messaging/messages.media/read", false },
		{ "/twilio/messaging/messages/*", "/twilio/messaging/messages/delete", true },
		{ "/twilio/messaging/messages/*", "/twilio/messaging/messages.media/delete", false },
		{ "/twilio/messaging/*", "/twilio/messaging/messages/delete", false },
		{ "/twilio/*", "/twilio/messaging/messages/delete", false },
		{ "*", "/twilio/messaging/messages/delete", false },
		{ "/twilio/messaging/messages*", "/twilio/messaging/messages/delete", false },
		{ "/twilio/verify/verification/create", "/twilio/verify/verifications/create", true },
		{ "/twilio/messaging/services.phonenumbers/list", "/twilio/messaging/services.phone-numbers/list",
		  true },
		{ "/twilio/messaging/message/read", "/twilio/messaging/messages/read", true },
		{ "/twilio/messaging/messages/rea", "/twilio/messaging/messages/read", false },
		{ "/twilio/messaging/messages/reads", "/twilio/messaging/messages/read", true },
		{ "", "/twilio/messaging/messages/read", false },
		{ "/twilio/messaging/messages/", "/twilio/messaging/messages/read", false },
	};
	for (size_t i = 0; i < SW_COUNTOF(cases); i++)
		if (sw_permission_covers(sw_str_of(cases[i].name), sw_str_of(cases[i].permission)) != cases[i].covered)
			sw_test_fail(__FILE__, __LINE__, "%s and %s", cases[i].name, cases[i].permission);
}

SW_TEST(a_policy_allows_what_it_lists_and_does_not_deny)
{
	struct sw_arena arena;
	struct sw_policy policy;
	struct sw_str why, read = SW_S("/twilio/messaging/messages/read"),
			   del = SW_S("/twilio/messaging/messages/delete");
	sw_arena_init(&arena);
	SW_CHECK_INT(sw_policy_parse(&arena,
				     SW_S("{\"allow\":[\"/twilio/messaging/messages/*\"],"
					  "\"deny\":[\"/twilio/messaging/messages/delete\"]}"),
				     &policy, &why),
		     0);
	SW_CHECK(sw_policy_allows(&policy, read) && !sw_policy_allows(&policy, del));
	SW_CHECK_INT(sw_policy_parse(&arena, SW_S("{}"), &policy, &why), 0);
	SW_CHECK(!sw_policy_allows(&policy, read));
	SW_CHECK_INT(sw_policy_parse_scope(&arena, SW_S(" /twilio/messaging/messages/read  x"), &policy), 0);
	SW_CHECK_INT((long)policy.allow.n, 2);
	SW_CHECK(sw_policy_allows(&policy, read) && !sw_policy_allows(&policy, del));
	sw_arena_done(&arena);
}

SW_TEST(what_is_no_policy_is_refused)
{
	static const char *const bad[] = {
		"",
		"null",
		"[]",
		"\"allow\"",
		"{\"allow\":1}",
		"{\"allow\":[1]}",
		"{\"alow\":[]}",
		"{\"allow\":[],\"allow\":[]}",
		"{\"allow\":[[]]}",
	};
	struct sw_arena arena;
	struct sw_policy policy;
	struct sw_str why;
	sw_arena_init(&arena);
	for (size_t i = 0; i < SW_COUNTOF(bad); i++) {
		SW_CHECK_INT(sw_policy_parse(&arena, sw_str_of(bad[i]), &policy, &why), SW_EINVAL);
		SW_CHECK(why.n > 0);
	}
	struct sw_buf many = { .arena = &arena };
	sw_buf_add_cstr(&many, "{\"allow\":[\"a\"");
	for (int i = 0; i < SW_POLICY_MAX; i++)
		sw_buf_add_cstr(&many, ",\"a\"");
	sw_buf_add_cstr(&many, "]}");
	SW_CHECK_INT(sw_policy_parse(&arena, sw_buf_str(&many), &policy, &why), SW_EINVAL);
	sw_arena_done(&arena);
}
