#include "api/router.h"
#include "base/test.h"

struct args {
	struct sw_sid account_sid, sid;
};

/* clang-format off */
static const struct sw_field one[] = {
	{ .name = "account_sid", .doc = "Account.", .type = SW_SID, .flags = SW_PATH, .kinds = "AC", SW_SID_AT(struct args, account_sid) },
	{ .name = "sid", .doc = "SID.", .type = SW_SID, .flags = SW_PATH, .kinds = "SM", SW_SID_AT(struct args, sid) },
	{ 0 },
};
static const struct sw_field native[] = {
	{ .name = "sid", .doc = "SID.", .type = SW_SID, .flags = SW_PATH, .kinds = "SM", SW_SID_AT(struct args, sid) },
	{ 0 },
};
static const struct sw_endpoint rows[] = {
	{ "GET", "/2010-04-01/Accounts/{AccountSid}/Messages.json", "List", "x.", SW_STYLE_2010, "api", one },
	{ "POST", "/2010-04-01/Accounts/{AccountSid}/Messages.json", "Create", "x.", SW_STYLE_2010, "api", one },
	{ "GET", "/2010-04-01/Accounts/{AccountSid}/Messages/{Sid}.json", "Fetch", "x.", SW_STYLE_2010, "api", one },
	{ "GET", "/2010-04-01/Accounts/{AccountSid}/Messages/{Sid}", "Content", "x.", SW_STYLE_2010, "api", one },
	{ "GET", "/2010-04-01/Accounts/{AccountSid}/Messages/Special.json", "Special", "x.", SW_STYLE_2010, "api", one },
	{ "GET", "/v1/messages/{sid}", "Native", "x.", SW_STYLE_NATIVE, NULL, native },
	{ "GET", "/v1/Services/{Sid}", "Service", "x.", SW_STYLE_V1, "messaging", one },
	{ 0 },
};
/* clang-format on */

SW_TEST(paths_hosts_and_prefixes_find_their_endpoints)
{
	static const struct {
		const char *method, *host, *path, *operation, *prefix, *value;
		bool known;
	} cases[] = {
		{ "GET", "localhost:8080", "/2010-04-01/Accounts/AC1/Messages.json", "List", "", "AC1", true },
		{ "POST", "api.twilio.com", "/2010-04-01/Accounts/AC1/Messages.json", "Create", "", "AC1", true },
		{ "GET", "localhost", "/api/2010-04-01/Accounts/AC1/Messages.json", "List", "/api", "AC1", true },
		{ "GET", "localhost", "/2010-04-01/Accounts/AC%31/Messages/SM1.json", "Fetch", "", "AC1", true },
		{ "GET", "localhost", "/2010-04-01/Accounts/AC1/Messages/SM1", "Content", "", "AC1", true },
		{ "GET", "localhost", "/2010-04-01/Accounts/AC1/Messages/Special.json", "Special", "", "AC1", true },
		{ "GET", "localhost", "/v1/messages/SM1", "Native", "", "SM1", true },
		{ "GET", "messaging.example.org", "/v1/Services/MG1", "Service", "", "MG1", true },
		{ "GET", "localhost", "/messaging/v1/Services/MG1", "Service", "/messaging", "MG1", true },
		{ "GET", "MESSAGING.example.org:443", "/v1/Services/MG1", "Service", "", "MG1", true },
		{ "DELETE", "localhost", "/2010-04-01/Accounts/AC1/Messages.json", NULL, "", NULL, true },
		{ "GET", "localhost", "/v1/Services/MG1", NULL, "", NULL, false },
		{ "GET", "localhost", "/2010-04-01/Accounts/AC1/Messages", NULL, "", NULL, false },
		{ "GET", "localhost", "/2010-04-01/Accounts/AC1/Messages/", NULL, "", NULL, false },
		{ "GET", "localhost", "/2010-04-01/Accounts//Messages.json", NULL, "", NULL, false },
		{ "GET", "localhost", "/2010-04-01/Accounts/AC%zz/Messages.json", NULL, "", NULL, false },
		{ "GET", "localhost", "/", NULL, "", NULL, false },
		{ "GET", "localhost", "*", NULL, "", NULL, false },
		{ "GET", "localhost", "", NULL, "", NULL, false },
		{ "GET", "localhost", "/messaging", NULL, "", NULL, false },
	};
	struct sw_router *router = sw_router_new();
	struct sw_arena arena;
	sw_arena_init(&arena);
	for (const struct sw_endpoint *e = rows; e->method; e++)
		sw_router_add(router, e);
	for (size_t i = 0; i < SW_COUNTOF(cases); i++) {
		struct sw_match match;
		sw_router_find(router, &arena, sw_str_of(cases[i].method), sw_str_of(cases[i].host),
			       sw_str_of(cases[i].path), &match);
		const char *operation = match.route ? match.route->endpoint->operation : NULL;
		bool same = operation && cases[i].operation ? strcmp(operation, cases[i].operation) == 0
							    : operation == cases[i].operation;
		if (!same || match.path_known != cases[i].known)
			sw_test_fail(__FILE__, __LINE__, "%s %s%s: found %s", cases[i].method, cases[i].host,
				     cases[i].path, operation ? operation : "nothing");
		if (cases[i].operation) {
			SW_CHECK_STR(match.prefix, cases[i].prefix);
			SW_CHECK_STR(match.value[0], cases[i].value);
		}
	}
	SW_CHECK(sw_router_operation(router, "Fetch") && !sw_router_operation(router, "Nothing"));
	sw_arena_done(&arena);
	sw_router_free(router);
}

SW_TEST(hosted_names_are_whole_domains)
{
	SW_CHECK(sw_hosted(SW_S("api.twilio.com")) && sw_hosted(SW_S("API.Dublin.ie1.Twilio.com:443")));
	SW_CHECK(sw_hosted(SW_S("twilio.com")) && sw_hosted(SW_S("api.twilio.com.:443")));
	SW_CHECK(!sw_hosted(SW_S("eviltwilio.com")) && !sw_hosted(SW_S("twilio.com.example.org")));
	SW_CHECK(!sw_hosted(SW_S("")) && !sw_hosted(SW_S("localhost:8080")) && !sw_hosted(SW_S(".com")));
}
