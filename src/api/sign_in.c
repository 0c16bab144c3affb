/* Who is calling, and which account they may act on: the one place where accounts are kept apart. */
#include "api/api_impl.h"
#include "base/hash.h"

static int read_basic(struct sw_arena *arena, struct sw_str header, struct sw_str *ret_user,
		      struct sw_str *ret_password)
{
	struct sw_str plain, rest = header;
	if (!sw_str_eq_nocase(sw_str_cut(&rest, ' '), SW_S("Basic")) || !rest.p ||
	    sw_base64_decode(arena, sw_str_trim(rest), &plain))
		return SW_EPERM;
	*ret_password = plain;
	*ret_user = sw_str_cut(ret_password, ':');
	return ret_password->p ? 0 : SW_EPERM;
}

int sw_sign_in_wait(struct sw_call *c, const struct sw_http_request *request, struct sw_error *err)
{
	struct sw_str user, password;
	int failed = read_basic(c->arena, sw_http_field(&request->head, "Authorization"), &user, &password);
	if (!failed)
		failed = sw_caller_check_wait(c->task, c->core, user, password, &c->caller);
	if (failed == SW_EPERM)
		return sw_fail(err, 20003, NULL);
	if (failed)
		return sw_fail_internal(err, failed);
	c->account = c->caller.account;
	if (sw_str_is(c->account->status, "closed"))
		return sw_fail(err, 10001, NULL);
	if (c->endpoint->flags & SW_NO_KEYS && sw_sid_given(c->caller.key))
		return sw_fail(err, 20006, "This needs the account's auth token, not an API key.");
	return 0;
}

/* The account that the path names must be the caller or one of its subaccounts: isolation in this one place. */
int sw_enter_account_wait(struct sw_call *c, const struct sw_match *match, struct sw_error *err)
{
	for (unsigned i = 0; i < match->route->path_n; i++) {
		struct sw_sid sid;
		if (strcmp(match->route->path[i]->name, "account_sid") != 0)
			continue;
		int failed = sw_sid_parse(match->value[i], "AC", &sid) ? SW_ENOTFOUND : 0;
		if (!failed && !sw_sid_eq(sid, c->account->sid))
			failed = sw_account_get_wait(c->task, c->core, sid, &c->account);
		if (failed == SW_ENOTFOUND || (!failed && !sw_account_may(c->caller.account, c->account)))
			return sw_fail(err, 20404, "The requested resource %.*s was not found", SW_FMT(c->path));
		if (failed)
			return sw_fail_internal(err, failed);
	}
	if (sw_str_is(sw_str_of(c->endpoint->method), "GET") || c->endpoint->flags & SW_ANY_STATUS)
		return 0;
	struct sw_str status;
	int failed = sw_account_status_wait(c->task, c->core, c->account, &status);
	if (!failed && !sw_str_is(status, "active"))
		return sw_fail(err, 20005, "Account %.*s is %.*s.", SW_FMT(sw_sid_text(c->arena, c->account->sid)),
			       SW_FMT(status));
	return sw_fail_internal(err, failed);
}
