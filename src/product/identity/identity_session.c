/* Sessions: a signed token in the place of a secret, for programs that should not keep one, such as a console. */
#include "product/identity/identity.h"

struct session {
	struct sw_sid account_sid, key_sid;
	struct sw_str token;
	int64_t date_expires;
};

/* clang-format off */
#define S struct session
static const struct sw_field fields[] = {
	{ .name = "account_sid", .doc = "The account that signed in.", .type = SW_SID, .kinds = "AC", SW_SID_AT(S, account_sid) },
	{ .name = "token", .doc = "Signs in as Authorization: Bearer, with the permissions of the credential that it was made with; shown this once.", .type = SW_STR, .flags = SW_SECRET, SW_TEXT_AT(S, token) },
	{ .name = "date_expires", .doc = "When it ends; earlier when its credential does.", .type = SW_TIME, SW_INT_AT(S, date_expires) },
	{ .name = "key_sid", .doc = "API key that made it; null when an auth token did.", .type = SW_SID, .kinds = "SK", SW_SID_AT(S, key_sid) },
	{ 0 },
};
/* clang-format on */

static int create(struct sw_call *c, struct sw_error *err)
{
	struct session *session = c->result;
	(void)err;
	session->account_sid = c->caller.account->sid;
	session->key_sid = c->caller.key;
	session->token = sw_session_token(c->core, c->arena, &c->caller, &session->date_expires);
	sw_call_header(c, SW_S("Cache-Control"), SW_S("no-store"));
	return 0;
}

/* clang-format off */
const struct sw_endpoint identity_session_endpoints[] = {
	{ "POST", "/v1/sessions", "CreateSession", "Sign in once, and go on with a token that is as good for twelve hours.", SW_STYLE_NATIVE, .fields = fields, .result_bytes = sizeof(struct session), .status = 201, .handler = create, .flags = SW_READS | SW_BY_SECRET, .rate_class = "write" },
	{ 0 },
};
/* clang-format on */
