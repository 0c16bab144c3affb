/* Who calls: by a secret, by an access token that an OAuth application was given, or by the token of a session. */
#include "base/hash.h"
#include "base/time.h"
#include "core/auth/credential.h"
#include "loop/clock.h"
#include "loop/task.h"
#include "wire/jwt/jwt.h"

/* A key has one secret, an account one or two. */
enum { SECRETS = 2 };

static unsigned secrets_of(const struct credential *c, struct sw_str ret[SECRETS])
{
	bool is_key = c->sid.kind[0] == 'S';
	ret[0] = is_key ? c->key.secret : c->account.token;
	ret[1] = is_key ? SW_STR_NULL : c->account.secondary_token;
	return ret[1].p ? 2 : 1;
}

/* Its secret that is the one given; absent: none is. All are looked at. */
static struct sw_str secret_shown(const struct credential *c, struct sw_str password)
{
	struct sw_str all[SECRETS], right = SW_STR_NULL;
	for (unsigned i = secrets_of(c, all); i-- > 0;)
		if (sw_equal_secret(password, all[i]))
			right = all[i];
	return right;
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
	struct sw_str secret = c->cached.exists ? secret_shown(c, password) : SW_STR_NULL;
	if (!secret.p) {
		*ret = (struct sw_caller){ .claimed = c->cached.exists ? &c->account : NULL };
		return SW_EPERM;
	}
	become(c, ret);
	ret->secret = secret;
	return 0;
}

/* ---- signed tokens ---- */

#define ISSUER "strowger"

static struct sw_str keyed_digest(struct sw_arena *arena, struct sw_str key, struct sw_str text)
{
	uint8_t *digest = sw_arena_alloc(arena, 32);
	sw_hmac_sha256(key, text, digest);
	return (struct sw_str){ (const char *)digest, 32 };
}

/* A key of its own for each purpose: what is signed here can be mistaken for nothing else. */
static struct sw_str derived_key(const struct sw_core *core, struct sw_arena *arena, struct sw_str purpose)
{
	return keyed_digest(arena, (struct sw_str){ (const char *)core->seal_key, sizeof(core->seal_key) }, purpose);
}

static struct sw_str signing_key(const struct sw_core *core, struct sw_arena *arena)
{
	return derived_key(core, arena, SW_S("oauth access token, HS256"));
}

struct claims {
	struct sw_sid account, client; /* client: OQ of an application, AC or SK of a session */
	struct sw_str scope, bound;    /* bound: of a session, to the secret that made it */
	int64_t ttl_s;
};

static struct sw_str sign(const struct sw_core *core, struct sw_arena *arena, const struct claims *c, int64_t now_s)
{
	struct sw_buf claims = { .arena = arena };
	struct sw_json_out out = { .buf = &claims };
	sw_json_object(&out);
	sw_json_add_str(&out, "iss", SW_S(ISSUER));
	sw_json_add_str(&out, "sub", sw_sid_text(arena, c->account));
	sw_json_add_str(&out, "client_id", sw_sid_text(arena, c->client));
	if (c->scope.p)
		sw_json_add_str(&out, "scope", c->scope);
	if (c->bound.p)
		sw_json_add_str(&out, "bound", c->bound);
	sw_json_add_int(&out, "iat", now_s);
	sw_json_add_int(&out, "exp", now_s + c->ttl_s);
	sw_json_end_object(&out);
	return sw_jwt_sign(arena, signing_key(core, arena), sw_buf_str(&claims));
}

struct sw_str sw_access_token(const struct sw_core *core, struct sw_arena *arena, const struct sw_oauth_app *app,
			      struct sw_sid account, struct sw_str scope)
{
	const struct claims claims = { account, app->sid, scope, SW_STR_NULL, app->token_ttl_s };
	return sign(core, arena, &claims, sw_wall_us() / SW_US_PER_S);
}

/* What a session says of the secret behind it: nobody finds the secret by it, and another secret has another. */
static struct sw_str binding(const struct sw_core *core, struct sw_arena *arena, struct sw_str secret)
{
	return sw_base64_encode(arena,
				keyed_digest(arena, derived_key(core, arena, SW_S("session, bound secret")), secret));
}

struct sw_str sw_session_token(const struct sw_core *core, struct sw_arena *arena, const struct sw_caller *caller,
			       int64_t *ret_expires_us)
{
	int64_t now_s = sw_wall_us() / SW_US_PER_S;
	const struct claims claims = {
		.account = caller->account->sid,
		.client = sw_sid_given(caller->key) ? caller->key : caller->account->sid,
		.bound = binding(core, arena, caller->secret),
		.ttl_s = SW_SESSION_TTL_S,
	};
	SW_BUG_ON(!caller->secret.p);
	*ret_expires_us = (now_s + claims.ttl_s) * SW_US_PER_S;
	return sign(core, arena, &claims, now_s);
}

/* A session ends with its secret: when no secret of the credential is the one that it was made by. */
static bool is_bound(const struct sw_core *core, struct sw_arena *arena, const struct credential *c,
		     struct sw_str bound)
{
	struct sw_str all[SECRETS];
	bool right = false;
	for (unsigned i = secrets_of(c, all); i-- > 0;)
		right = sw_equal_secret(bound, binding(core, arena, all[i])) || right;
	return right;
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

/* The application or credential that a token names; a session must be bound to the secret that this still has. */
static int find_client_wait(struct sw_task *task, const struct sw_core *core, const struct sw_json *claims,
			    const struct credential **ret)
{
	struct sw_str client = sw_json_get_str(claims, "client_id");
	struct sw_sid sid;
	if (sw_sid_parse(client, "AC,SK", &sid))
		return find_app_wait(task, core, client, ret);
	int err = sw_credential_find_wait(task, core, sid, ret);
	if (err)
		return err;
	bool good =
		(*ret)->cached.exists && is_bound(core, sw_task_arena(task), *ret, sw_json_get_str(claims, "bound"));
	return good ? 0 : SW_EPERM;
}

int sw_caller_token_wait(struct sw_task *task, const struct sw_core *core, struct sw_str token, struct sw_caller *ret)
{
	struct sw_arena *arena = sw_task_arena(task);
	const struct sw_json *claims, *expires;
	const struct credential *client;
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
	int err = find_client_wait(task, core, claims, &client);
	if (!err)
		err = sw_account_get_wait(task, core, subject, &account);
	if (err || !sw_account_may(&client->account, account))
		return err && err != SW_ENOTFOUND ? err : SW_EPERM;
	become(client, ret);
	ret->account = account;
	ret->session = client->sid.kind[0] != 'O';
	if (sw_json_get_str(claims, "scope").p) {
		struct sw_policy *scope = SW_ARENA_NEW(arena, struct sw_policy);
		ret->scope = scope;
		err = sw_policy_parse_scope(arena, sw_json_get_str(claims, "scope"), scope);
	}
	return err ? SW_EPERM : 0;
}
