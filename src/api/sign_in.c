/* Who is calling, and which account they may act on: the one place where accounts are kept apart. */
#include "api/api_impl.h"
#include "base/hash.h"
#include "base/log.h"
#include "core/auth/delegation.h"
#include "core/auth/login.h"
#include "loop/clock.h"

/* ---- failed attempts slow down, and leave a line in the log ---- */

/* What is no SID may be a secret in the wrong place: only its beginning is shown. */
static void tell_failure(struct sw_call *c, struct sw_str user, const char *why)
{
	static struct sw_log_turns turns;
	enum { SHOWN_MAX = 4 };
	struct sw_sid sid;
	int64_t left_out;
	bool whole = !user.n || sw_sid_parse(user, NULL, &sid) == 0;
	if (!sw_log_turn(&turns, &left_out))
		return;
	if (!whole)
		user = sw_str_fmt(c->arena, "%.*s...", SW_FMT(sw_str_sub(user, 0, SHOWN_MAX)));
	sw_warn("api", "sign-in failed", SW_KS("user", user), SW_KS("address", c->request->peer), SW_KC("why", why),
		SW_KI("left_out", left_out));
}

int sw_call_login_check(struct sw_call *c, struct sw_str user, struct sw_error *err)
{
	enum sw_login_place place;
	int64_t delay_s = sw_login_delay_s(user, c->request->peer, sw_mono_us(), &place);
	if (!delay_s)
		return 0;
	sw_count(&sw_api_metrics, API_LOGIN_DELAYED, 1);
	tell_failure(c, user, "too many failures before");
	sw_fail(err, 20429, "Too many failed attempts to sign in %s: try again in %lld s.", sw_login_rules[place].what,
		(long long)delay_s);
	err->retry_after_s = delay_s;
	return SW_EAPI;
}

void sw_call_login_done(struct sw_call *c, struct sw_str user, bool good)
{
	if (good) {
		sw_login_good(user, c->request->peer, sw_mono_us());
		return;
	}
	sw_count(&sw_api_metrics, API_LOGIN_FAILED, 1);
	tell_failure(c, user, "no such user, or another secret");
	sw_login_failed(user, c->request->peer, sw_mono_us());
}

/* ---- schemes ---- */

static int by_basic_wait(struct sw_call *c, struct sw_str given, struct sw_error *err)
{
	struct sw_str password, user;
	if (sw_base64_decode(c->arena, given, &password))
		return sw_fail(err, 20003, "Authenticate: what follows Basic is not base64 of USER:PASSWORD.");
	user = sw_str_cut(&password, ':');
	if (!password.p)
		return sw_fail(err, 20003, "Authenticate: what follows Basic has no colon between user and password.");
	user = sw_str_sub(user, 0, SW_SID_CHARS + 1); /* longer is no SID; a name without end is nobody's */
	int failed = sw_call_login_check(c, user, err);
	if (failed)
		return failed;
	failed = sw_caller_check_wait(c->task, c->core, user, password, &c->caller);
	if (!failed || failed == SW_EPERM)
		sw_call_login_done(c, user, !failed);
	return failed == SW_EPERM ? sw_fail(err, 20003, NULL) : sw_fail_internal(err, failed);
}

/* RFC 6750, section 3. */
#define BEARER "Bearer realm=\"" SW_REALM "\""
#define BEARER_INVALID BEARER ", error=\"invalid_token\""

/* Nobody guesses a signature of 256 bits, so failures here slow nobody down. */
static int by_bearer_wait(struct sw_call *c, struct sw_str given, struct sw_error *err)
{
	int failed = sw_caller_token_wait(c->task, c->core, given, &c->caller);
	c->challenge = BEARER;
	if (failed == SW_EPERM || failed == SW_ETIMEDOUT) {
		c->challenge = BEARER_INVALID;
		sw_count(&sw_api_metrics, API_LOGIN_FAILED, 1);
		tell_failure(c, SW_S(""),
			     failed == SW_EPERM ? "the access token is not valid" : "the access token expired");
		return sw_fail(err, failed == SW_EPERM ? 20101 : 20104, NULL);
	}
	return sw_fail_internal(err, failed);
}

static const struct {
	const char *name;
	int (*wait)(struct sw_call *c, struct sw_str given, struct sw_error *err);
} schemes[] = { { "Basic", by_basic_wait }, { "Bearer", by_bearer_wait } };

static int check_wait(struct sw_call *c, struct sw_error *err)
{
	struct sw_str rest = sw_str_trim(sw_http_field(&c->request->head, "Authorization"));
	if (!rest.n)
		return sw_fail(err, 20003, NULL);
	if (sw_http_field_count(&c->request->head, "Authorization") > 1)
		return sw_fail(err, 20003, "Authenticate: there is more than one Authorization.");
	struct sw_str scheme = sw_str_cut(&rest, ' ');
	for (size_t i = 0; i < SW_COUNTOF(schemes); i++)
		if (sw_str_eq_nocase(scheme, sw_str_of(schemes[i].name)))
			return schemes[i].wait(c, sw_str_trim(rest), err);
	return sw_fail(err, 20003, "Authenticate: the Authorization must be Basic or Bearer.");
}

void sw_sign_in_for_log_wait(struct sw_call *c)
{
	struct sw_error ignored = { 0 };
	bool shown = sw_http_field(&c->request->head, "Authorization").p != NULL;
	int failed = shown ? check_wait(c, &ignored) : 0;
	(void)failed; /* the answer is the same */
}

int sw_sign_in_wait(struct sw_call *c, const struct sw_route *route, struct sw_error *err)
{
	struct sw_str status;
	int failed = check_wait(c, err);
	if (failed)
		return failed;
	c->account = c->caller.account;
	failed = sw_account_status_wait(c->task, c->core, c->account, &status);
	if (failed)
		return sw_fail_internal(err, failed);
	if (sw_str_is(status, "closed"))
		return sw_fail(err, 10001, NULL);
	if (c->caller.session && !sw_str_is(status, "active")) {
		c->challenge = BEARER_INVALID;
		return sw_fail(err, 20101, "The account is %.*s, and its sessions rest.", SW_FMT(status));
	}
	return sw_permission_check(c, route, err);
}

/* ---- the account acted on ---- */

static int refuse_inactive_wait(struct sw_call *c, const struct sw_account *account, struct sw_error *err)
{
	struct sw_str status;
	int failed = sw_account_status_wait(c->task, c->core, account, &status);
	if (!failed && !sw_str_is(status, "active"))
		return sw_fail(err, 20005, "Account %.*s is %.*s.", SW_FMT(sw_sid_text(c->arena, account->sid)),
			       SW_FMT(status));
	return sw_fail_internal(err, failed);
}

/* Also of the caller himself, who may act for another account that is active. */
static int check_active_wait(struct sw_call *c, struct sw_error *err)
{
	if (sw_str_is(sw_str_of(c->endpoint->method), "GET") || c->endpoint->flags & SW_ANY_STATUS)
		return 0;
	int failed = refuse_inactive_wait(c, c->account, err);
	return failed || c->account == c->caller.account ? failed : refuse_inactive_wait(c, c->caller.account, err);
}

/* A stranger, unless the account let it act for it. */
static int check_delegation_wait(struct sw_call *c, const struct sw_account *account)
{
	bool writes = !sw_str_is(sw_str_of(c->endpoint->method), "GET");
	int failed = sw_delegation_check_wait(c->task, c->core, account, c->caller.account->sid, writes);
	return failed == SW_EPERM || c->endpoint->flags & SW_NO_KEYS ? SW_ENOTFOUND : failed;
}

/* It must be the caller, one of its subaccounts, or one that let it act: isolation in this one place. */
static int enter_wait(struct sw_call *c, struct sw_sid sid, struct sw_error *err)
{
	const struct sw_account *account = c->account;
	int failed = 0;
	if (!sw_sid_eq(sid, account->sid))
		failed = sw_account_get_wait(c->task, c->core, sid, &account);
	if (!failed && !sw_account_may(c->caller.account, account))
		failed = check_delegation_wait(c, account);
	if (failed == SW_ENOTFOUND)
		return sw_call_not_found(c, err);
	if (failed)
		return sw_fail_internal(err, failed);
	c->account = account;
	return 0;
}

int sw_call_enter_wait(struct sw_call *c, struct sw_sid account, struct sw_error *err)
{
	int failed = enter_wait(c, account, err);
	return failed ? failed : check_active_wait(c, err);
}

int sw_enter_account_wait(struct sw_call *c, const struct sw_match *match, struct sw_error *err)
{
	for (unsigned i = 0; i < match->route->path_n; i++) {
		struct sw_sid sid;
		if (strcmp(match->route->path[i]->name, "account_sid") != 0)
			continue;
		int failed =
			sw_sid_parse(match->value[i], "AC", &sid) ? sw_call_not_found(c, err) : enter_wait(c, sid, err);
		if (failed)
			return failed;
	}
	return check_active_wait(c, err);
}
