/* Who calls: by a secret, or by an access token that an OAuth application was given. */
#include "base/time.h"
#include "core/auth/credential.h"
#include "loop/clock.h"
#include "loop/task.h"
#include "wire/jwt/jwt.h"

static bool is_secret(const struct credential *c, struct sw_str password)
{
	bool right = false;
	if (c->sid.kind[0] == 'S')
		return sw_equal_secret(password, c->key.secret);
	if (c->account.secondary_token.p)
		right = sw_equal_secret(password, c->account.secondary_token);
	return sw_equal_secret(password, c->account.token) || right; /* both are looked at */
}

static void become(const struct credential *c, struct sw_caller *ret)
{
	*ret = (struct sw_caller){ .account = &c->account, .policy = c->restricted ? &c->policy : NULL };
	if (c->sid.kind[0] != 'A')
		ret->key = c->sid;
}

int sw_caller_check_wait(struct sw_task *task, const struct sw_core *core, struct sw_str user, struct sw_str password,
			 struct sw_caller *ret)
{
	const struct credential *c;
	struct sw_sid sid;
	if (sw_sid_parse(user, "AC,SK", &sid))
		return SW_EPERM;
	int err = sw_credential_find_wait(task, core, sid, &c);
	if (err)
		return err;
	if (!c->cached.exists || !is_secret(c, password))
		return SW_EPERM;
	become(c, ret);
	return 0;
}

/* ---- access tokens ---- */

#define ISSUER "strowger"

/* A key of its own for each purpose: what is signed here can be mistaken for nothing else. */
static struct sw_str signing_key(const struct sw_core *core, struct sw_arena *arena)
{
	uint8_t *key = sw_arena_alloc(arena, 32);
	sw_hmac_sha256((struct sw_str){ (const char *)core->seal_key, sizeof(core->seal_key) },
		       SW_S("oauth access token, HS256"), key);
	return (struct sw_str){ (const char *)key, 32 };
}

struct sw_str sw_access_token(const struct sw_core *core, struct sw_arena *arena, const struct sw_oauth_app *app,
			      struct sw_sid account, struct sw_str scope)
{
	struct sw_buf claims = { .arena = arena };
	struct sw_json_out out = { .buf = &claims };
	int64_t now_s = sw_wall_us() / SW_US_PER_S;
	sw_json_object(&out);
	sw_json_add_str(&out, "iss", SW_S(ISSUER));
	sw_json_add_str(&out, "sub", sw_sid_text(arena, account));
	sw_json_add_str(&out, "client_id", sw_sid_text(arena, app->sid));
	if (scope.p)
		sw_json_add_str(&out, "scope", scope);
	sw_json_add_int(&out, "iat", now_s);
	sw_json_add_int(&out, "exp", now_s + app->token_ttl_s);
	sw_json_end_object(&out);
	return sw_jwt_sign(arena, signing_key(core, arena), sw_buf_str(&claims));
}

static int find_app_wait(struct sw_task *task, const struct sw_core *core, struct sw_str client_id,
			 const struct credential **ret)
{
	struct sw_sid sid;
	if (sw_sid_parse(client_id, "OQ", &sid))
		return SW_EPERM;
	int err = sw_credential_find_wait(task, core, sid, ret);
	return err ? err : (*ret)->cached.exists ? 0 : SW_EPERM;
}

int sw_oauth_app_check_wait(struct sw_task *task, const struct sw_core *core, struct sw_str client_id,
			    struct sw_str secret, const struct sw_oauth_app **ret)
{
	const struct credential *c;
	int err = find_app_wait(task, core, client_id, &c);
	if (err)
		return err;
	*ret = &c->app;
	return sw_equal_secret(secret, c->app.secret) ? 0 : SW_EPERM;
}

int sw_caller_token_wait(struct sw_task *task, const struct sw_core *core, struct sw_str token, struct sw_caller *ret)
{
	struct sw_arena *arena = sw_task_arena(task);
	const struct sw_json *claims, *expires;
	const struct credential *app;
	const struct sw_account *account;
	struct sw_sid subject;
	if (sw_jwt_verify(arena, signing_key(core, arena), token, &claims))
		return SW_EPERM;
	expires = sw_json_get(claims, "exp");
	if (!sw_str_is(sw_json_get_str(claims, "iss"), ISSUER) || !expires || !expires->is_int ||
	    sw_sid_parse(sw_json_get_str(claims, "sub"), "AC", &subject))
		return SW_EPERM;
	if (expires->i <= sw_wall_us() / SW_US_PER_S)
		return SW_ETIMEDOUT;
	int err = find_app_wait(task, core, sw_json_get_str(claims, "client_id"), &app);
	if (!err)
		err = sw_account_get_wait(task, core, subject, &account);
	if (err || !sw_account_may(&app->account, account))
		return err && err != SW_ENOTFOUND ? err : SW_EPERM;
	become(app, ret);
	ret->account = account;
	if (sw_json_get_str(claims, "scope").p) {
		struct sw_policy *scope = SW_ARENA_NEW(arena, struct sw_policy);
		ret->scope = scope;
		err = sw_policy_parse_scope(arena, sw_json_get_str(claims, "scope"), scope);
	}
	return err ? SW_EPERM : 0;
}
