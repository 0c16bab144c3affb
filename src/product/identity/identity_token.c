/*
 * Access tokens (RFC 6749): the grant client_credentials.  The other grants need a page on which a person consents;
 * there is none, and no application has a redirection URI, so they are refused as section 4.1.2.1 says: without
 * redirecting.
 */
#include "product/identity/identity.h"

#include "base/hash.h"
#include "core/auth/policy.h"
#include "wire/form/form.h"

struct token {
	struct sw_str grant_type, client_id, client_secret, scope, code, redirect_uri, audience, refresh_token;
	struct sw_sid account_sid;
	struct sw_str access_token, id_token, token_type;
	int64_t expires_in;
};

struct authorize {
	struct sw_str response_type, client_id, redirect_uri, scope, state, redirect_to;
};

static const char *const response_types[] = { "code", NULL };

/* clang-format off */
#define T struct token
static const struct sw_field fields[] = {
	{ .name = "access_token", .doc = "Signs in as Authorization: Bearer.", .type = SW_STR, .flags = SW_SECRET, SW_TEXT_AT(T, access_token) },
	{ .name = "refresh_token", .doc = "Null: ask for a new token instead.", .type = SW_STR, SW_TEXT_AT(T, refresh_token) },
	{ .name = "id_token", .doc = "Null: an application is no person.", .type = SW_STR, SW_TEXT_AT(T, id_token) },
	{ .name = "token_type", .doc = "bearer.", .type = SW_STR, SW_TEXT_AT(T, token_type) },
	{ .name = "expires_in", .doc = "Seconds that it lives.", .type = SW_INT, SW_INT_AT(T, expires_in) },
	{ 0 },
};

#define NO_PERSON .inert = "Only for grants with a person's consent, which are refused."
/* The names are those of RFC 6749 in IAM and OAuth v2, and capitals in OAuth v1. */
#define PARAMS(GRANT_TYPE, CLIENT_ID, CLIENT_SECRET, SCOPE, CODE, REDIRECT_URI, AUDIENCE, REFRESH_TOKEN) \
	{ .name = "grant_type", .param = GRANT_TYPE, .doc = "client_credentials.", .type = SW_STR, .flags = SW_REQUIRED, SW_TEXT_AT(T, grant_type), .max = 64, .used_by = "oauth.token", .example = "client_credentials" }, \
	{ .name = "client_id", .param = CLIENT_ID, .doc = "SID of the application; here with client_secret, or both as HTTP Basic.", .type = SW_STR, SW_TEXT_AT(T, client_id), .max = 64, .used_by = "oauth.token", .example = "OQ0123456789abcdef0123456789abcdef" }, \
	{ .name = "client_secret", .param = CLIENT_SECRET, .doc = "Its secret.", .type = SW_STR, .flags = SW_SECRET, SW_TEXT_AT(T, client_secret), .max = 128, .used_by = "oauth.token", .example = "secret-of-the-application" }, \
	{ .name = "scope", .param = SCOPE, .doc = "Permissions with blanks between, when the token is to have fewer than the application.", .type = SW_STR, SW_TEXT_AT(T, scope), .max = 4096, .used_by = "api.permission" }, \
	{ .name = "code", .param = CODE, .doc = "Code of a consent.", .type = SW_STR, SW_TEXT_AT(T, code), .max = 4096, NO_PERSON }, \
	{ .name = "redirect_uri", .param = REDIRECT_URI, .doc = "Where the code was sent.", .type = SW_STR, SW_TEXT_AT(T, redirect_uri), .max = 2048, NO_PERSON }, \
	{ .name = "audience", .param = AUDIENCE, .doc = "Whom the token is for.", .type = SW_STR, SW_TEXT_AT(T, audience), .max = 2048, .inert = "Every token is for this server." }, \
	{ .name = "refresh_token", .param = REFRESH_TOKEN, .doc = "A token to renew.", .type = SW_STR, SW_TEXT_AT(T, refresh_token), .max = 8192, NO_PERSON }
static const struct sw_field v1_params[] = {
	PARAMS("GrantType", "ClientId", "ClientSecret", "Scope", "Code", "RedirectUri", "Audience", "RefreshToken"),
	{ 0 },
};
static const struct sw_field v2_params[] = {
	PARAMS("grant_type", "client_id", "client_secret", "scope", "code", "redirect_uri", "audience", "refresh_token"),
	{ .name = "account_sid", .param = "account_sid", .doc = "A subaccount to act for, in the form or the query; the application's own account by default.", .type = SW_SID, .kinds = "AC", SW_SID_AT(T, account_sid), .used_by = "oauth.token" },
	{ 0 },
};

#define A struct authorize
static const struct sw_field authorize_fields[] = {
	{ .name = "redirect_to", .doc = "The callback URL.", .type = SW_STR, SW_TEXT_AT(A, redirect_to) },
	{ 0 },
};
#define AUTHORIZE(RESPONSE_TYPE, CLIENT_ID, REDIRECT_URI, SCOPE, STATE) { \
	{ .name = "response_type", .param = RESPONSE_TYPE, .doc = "code.", .type = SW_ENUM, .flags = SW_REQUIRED | SW_QUERY, .values = response_types, SW_TEXT_AT(A, response_type) }, \
	{ .name = "client_id", .param = CLIENT_ID, .doc = "SID of the application.", .type = SW_STR, .flags = SW_REQUIRED | SW_QUERY, SW_TEXT_AT(A, client_id), .max = 64, .example = "OQ0123456789abcdef0123456789abcdef" }, \
	{ .name = "redirect_uri", .param = REDIRECT_URI, .doc = "Where to send the code.", .type = SW_STR, .flags = SW_QUERY, SW_TEXT_AT(A, redirect_uri), .max = 2048 }, \
	{ .name = "scope", .param = SCOPE, .doc = "Permissions asked for.", .type = SW_STR, .flags = SW_QUERY, SW_TEXT_AT(A, scope), .max = 4096 }, \
	{ .name = "state", .param = STATE, .doc = "Given back to the application.", .type = SW_STR, .flags = SW_QUERY, SW_TEXT_AT(A, state), .max = 4096 }, \
	{ 0 }, }
static const struct sw_field authorize_v1_params[] = AUTHORIZE("ResponseType", "ClientId", "RedirectUri", "Scope", "State");
static const struct sw_field authorize_v2_params[] = AUTHORIZE("response_type", "client_id", "redirect_uri", "scope", "state");
/* clang-format on */

/* The account that the token acts for: one that is closed gets none. */
static int choose_account_wait(struct sw_call *c, const struct sw_oauth_app *app, struct sw_sid wanted,
			       struct sw_error *err)
{
	const struct sw_account *own, *account;
	struct sw_str status = SW_S("");
	int failed = sw_account_get_wait(c->task, c->core, app->account, &own);
	account = own;
	if (!failed && sw_sid_given(wanted))
		failed = sw_account_get_wait(c->task, c->core, wanted, &account);
	if (failed == SW_ENOTFOUND || (!failed && !sw_account_may(own, account)))
		return sw_fail(err, 20001,
			       "account_sid is neither the application's account nor one of its subaccounts.");
	if (!failed)
		failed = sw_account_status_wait(c->task, c->core, account, &status);
	if (!failed && sw_str_is(status, "closed"))
		return sw_fail(err, 10001, NULL);
	c->account = account;
	return sw_fail_internal(err, failed);
}

/* RFC 6749, section 2.3.1: in the form, or as HTTP Basic of both in form encoding, not in two ways at once. */
static int read_client(struct sw_call *c, const struct token *args, struct sw_str *ret_id, struct sw_str *ret_secret,
		       struct sw_error *err)
{
	struct sw_str rest = sw_str_trim(sw_http_field(&c->request->head, "Authorization")), secret;
	*ret_id = args->client_id;
	*ret_secret = args->client_secret;
	if (rest.n) {
		if (args->client_secret.p)
			return sw_fail(err, 20001,
				       "invalid_request: the client signs in twice, by Basic and in the form.");
		struct sw_str scheme = sw_str_cut(&rest, ' ');
		if (!sw_str_eq_nocase(scheme, SW_S("Basic")) || sw_base64_decode(c->arena, sw_str_trim(rest), &secret))
			return sw_fail(err, 20001,
				       "invalid_request: the Authorization is not Basic CLIENT_ID:CLIENT_SECRET.");
		struct sw_str id = sw_str_cut(&secret, ':');
		if (!secret.p || sw_percent_decode(c->arena, id, ret_id) ||
		    sw_percent_decode(c->arena, secret, ret_secret))
			return sw_fail(err, 20001,
				       "invalid_request: the Authorization is not Basic CLIENT_ID:CLIENT_SECRET.");
	}
	for (unsigned i = 0; i < 2; i++)
		if (!(i ? ret_secret : ret_id)->n)
			return sw_fail(err, 20001, "invalid_request: the %s is required, in the form or by HTTP Basic.",
				       i ? "client_secret" : "client_id");
	return 0;
}

static int check_client_wait(struct sw_call *c, const struct token *args, const struct sw_oauth_app **ret,
			     struct sw_error *err)
{
	struct sw_str id, secret;
	int failed = read_client(c, args, &id, &secret, err);
	if (!failed)
		failed = sw_call_login_check(c, id, err);
	if (failed)
		return failed;
	failed = sw_oauth_app_check_wait(c->task, c->core, id, secret, ret);
	if (!failed || failed == SW_EPERM)
		sw_call_login_done(c, id, !failed);
	if (failed == SW_EPERM)
		return sw_fail(err, 20403, "invalid_client: the client id and client secret do not match.");
	return sw_fail_internal(err, failed);
}

/* Known names, and none that the application lacks: a token never has more than was said. */
static int check_scope(struct sw_call *c, const struct sw_oauth_app *app, struct sw_str scope, struct sw_error *err)
{
	struct sw_policy policy, asked;
	struct sw_str why;
	int failed = scope.p ? sw_call_scope_check(c, scope, err) : 0;
	if (failed || !scope.p)
		return failed;
	if (sw_policy_parse(c->arena, app->policy, &policy, &why) || sw_policy_parse_scope(c->arena, scope, &asked))
		return sw_fail_internal(err, SW_ECORRUPT);
	for (size_t i = 0; i < asked.allow.n; i++)
		if (!sw_policy_allows(&policy, asked.allow.v[i]))
			return sw_fail(err, 70002, "invalid_scope: the application itself may not %.*s.",
				       SW_FMT(sw_str_sub(asked.allow.v[i], 0, 120)));
	return 0;
}

static int create(struct sw_call *c, struct sw_error *err)
{
	const struct token *args = c->args;
	struct token *result = c->result;
	const struct sw_oauth_app *app;
	struct sw_str query = sw_form_get(&c->filters, "account_sid");
	struct sw_sid account = args->account_sid;
	if (!sw_str_is(args->grant_type, "client_credentials"))
		return sw_fail(err, 20001,
			       "unsupported_grant_type: only client_credentials is offered, since there is no page on "
			       "which a person could consent.");
	if (query.p && sw_sid_parse(query, "AC", &account))
		return sw_fail(err, 20001, "account_sid must be AC and 32 hex digits.");
	int failed = check_client_wait(c, args, &app, err);
	if (!failed)
		failed = choose_account_wait(c, app, account, err);
	if (!failed)
		failed = check_scope(c, app, args->scope, err);
	if (failed)
		return failed;
	*result = (struct token){
		.access_token = sw_access_token(c->core, c->arena, app, c->account->sid, args->scope),
		.token_type = SW_S("bearer"),
		.expires_in = app->token_ttl_s,
	};
	sw_call_header(c, SW_S("Cache-Control"), SW_S("no-store"));
	return 0;
}

static int authorize(struct sw_call *c, struct sw_error *err)
{
	(void)c;
	return sw_fail(err, 20001,
		       "unauthorized_client: no application here has a redirection URI, so nobody is sent there; "
		       "applications sign in by client_credentials at /oauth/v2/token.");
}

/* clang-format off */
#define TOKEN(product_, path_, name_, status_, params_) \
	{ "POST", path_, name_, "Get an access token for an application's SID and secret.", SW_STYLE_V1, product_, params_, sizeof(struct token), fields, sizeof(struct token), status_, create, .flags = SW_OPEN | SW_READS, .rate_class = "write", .errors = SW_ERRORS(10001, 20403, 70002) }
#define ASK(path_, name_, params_) \
	{ "GET", path_, name_, "Ask a person to consent; refused, since no application has a redirection URI.", SW_STYLE_V1, "oauth", params_, sizeof(struct authorize), authorize_fields, sizeof(struct authorize), 302, authorize, .flags = SW_OPEN, .refused = "No application here has a redirection URI.", .rate_class = "read" }
const struct sw_endpoint identity_token_endpoints[] = {
	TOKEN("iam", "/v1/token", "CreateIamToken", 201, v2_params),
	TOKEN("oauth", "/v1/token", "CreateOauth1Token", 201, v1_params),
	TOKEN("oauth", "/v2/token", "CreateOauth2Token", 200, v2_params),
	ASK("/v1/authorize", "FetchAuthorize", authorize_v1_params),
	ASK("/v2/authorize", "FetchOauth2Authorize", authorize_v2_params),
	{ 0 },
};
/* clang-format on */
