/*
 * Permissions of restricted keys, from the endpoint tables: "/twilio/GROUP/RESOURCE/ACTION".
 *
 * GROUP is the product's name, or the module's for the 2010 and the native API; RESOURCE the words of the path without
 * version, account and variables, nested ones with a dot; ACTION the first word of the operation.  So an endpoint
 * cannot come without its permission, and the same resource has the same one on every surface.
 */
#include <stdlib.h>

#include "api/api_impl.h"
#include "core/auth/policy.h"

enum { NEAR_MAX = 3, FAR = 12, NAME_SHOWN_MAX = 64 };

static bool is_variable(struct sw_str word)
{
	return word.n && word.p[0] == '{';
}

/* "IncomingPhoneNumbers" is "incoming-phone-numbers"; "dead_letters" is "dead-letters"; "SMS" is "sms". */
static void add_word(struct sw_buf *out, struct sw_str word)
{
	for (size_t i = 0; i < word.n; i++) {
		char c = word.p[i];
		bool capital = c >= 'A' && c <= 'Z';
		bool lower_before = i && word.p[i - 1] >= 'a' && word.p[i - 1] <= 'z';
		if (capital && lower_before)
			sw_buf_add_char(out, '-');
		sw_buf_add_char(out, capital ? (char)(c + 32) : c == '_' ? '-' : c);
	}
}

/* What the hosted service calls otherwise than its path. */
static struct sw_str alias(struct sw_str word)
{
	static const struct {
		const char *path, *name;
	} aliases[] = { { "Keys", "ApiKeys" }, { "SigningKeys", "ApiKeys" } };
	for (size_t i = 0; i < SW_COUNTOF(aliases); i++)
		if (sw_str_is(word, aliases[i].path))
			return sw_str_of(aliases[i].name);
	return word;
}

static void add_resource(struct sw_buf *out, const char *path)
{
	struct sw_str rest = sw_str_from(sw_str_of(path), 1), accounts = SW_S("Accounts");
	size_t before = out->n;
	if (sw_str_ends(rest, SW_S(".json")))
		rest.n -= 5;
	sw_str_cut(&rest, '/'); /* version */
	while (rest.p) {
		struct sw_str word = sw_str_cut(&rest, '/');
		ptrdiff_t suffix = sw_str_find(word, SW_S(".json"));
		if (suffix > 0)
			word.n = (size_t)suffix;
		if (is_variable(word) || (sw_str_eq(word, accounts) && rest.p && sw_str_index(rest, '/') >= 0))
			continue;
		if (out->n > before)
			sw_buf_add_char(out, '.');
		add_word(out, alias(word));
	}
}

static const char *action_of(const struct sw_endpoint *e)
{
	static const struct {
		const char *verb, *action;
	} verbs[] = { { "Create", "create" }, { "Fetch", "read" },   { "List", "list" },    { "Update", "update" },
		      { "Delete", "delete" }, { "Read", "read" },    { "GET", "read" },     { "POST", "create" },
		      { "PUT", "update" },    { "PATCH", "update" }, { "DELETE", "delete" } };
	for (size_t i = 0; i < SW_COUNTOF(verbs); i++) {
		struct sw_str verb = sw_str_of(verbs[i].verb);
		struct sw_str in = sw_str_of(verb.p[1] >= 'a' ? e->operation : e->method);
		if (sw_str_starts(in, verb))
			return e->flags & SW_LIST ? "list" : verbs[i].action;
	}
	return "read";
}

struct sw_str sw_permission_name(struct sw_arena *arena, const struct sw_module *module, const struct sw_endpoint *e)
{
	struct sw_buf name = { .arena = arena };
	bool shared = !e->product || strcmp(e->product, "api") == 0;
	sw_buf_add_fmt(&name, "/twilio/%s/", !shared ? e->product : module->group ? module->group : module->name);
	add_resource(&name, e->path);
	sw_buf_add_fmt(&name, "/%s", action_of(e));
	return sw_buf_str(&name);
}

/* Keys never change accounts and keys; a policy that names them may still let a key read. */
static bool for_keys(const struct sw_endpoint *e)
{
	return !(e->flags & SW_NO_KEYS) || strcmp(e->method, "GET") == 0;
}

static int refuse_key(struct sw_error *err)
{
	return sw_fail(err, 20006, "This needs the account's auth token; API keys and OAuth tokens do not suffice.");
}

int sw_call_operator_only(const struct sw_call *c, struct sw_error *err)
{
	if (!sw_sid_eq(c->caller.account->sid, c->core->operator_sid))
		return sw_fail(err, 20006, "Only the operator, the installation's first account, may do this.");
	return sw_sid_given(c->caller.key) ? refuse_key(err) : 0;
}

int sw_call_new_sid(const struct sw_call *c, const char *kind, struct sw_sid *ret, struct sw_error *err)
{
	struct sw_str given = c->request ? sw_http_field(&c->request->head, "Strowger-Sid") : SW_STR_NULL;
	*ret = sw_sid_new(kind, c->account->bucket);
	if (!given.p)
		return 0;
	int failed = sw_call_operator_only(c, err);
	if (!failed && sw_sid_parse(given, kind, ret))
		return sw_fail(err, 20001,
			       "The header 'Strowger-Sid' is not valid: it needs %s and 32 hexadecimal digits.", kind);
	return failed;
}

int sw_permission_check(const struct sw_call *c, const struct sw_route *route, struct sw_error *err)
{
	const struct sw_caller *caller = &c->caller;
	if (route->endpoint->flags & SW_BY_SECRET)
		return caller->secret.p
			       ? 0
			       : sw_fail(err, 20006,
					 "This needs HTTP Basic, with an auth token or an API key's secret; the "
					 "token of a session or of OAuth does not suffice.");
	if (!sw_sid_given(caller->key))
		return 0;
	if (route->endpoint->flags & SW_NO_KEYS && (!caller->policy || !for_keys(route->endpoint)))
		return refuse_key(err);
	if ((caller->policy && !sw_policy_allows(caller->policy, route->permission)) ||
	    (caller->scope && !sw_policy_allows(caller->scope, route->permission)))
		return sw_fail(err, 70051, "Authorization Error: required permission %.*s is missing",
			       SW_FMT(route->permission));
	return 0;
}

/* ---- the names there are ---- */

static int by_text(const void *a, const void *b)
{
	return sw_str_cmp(*(const struct sw_str *)a, *(const struct sw_str *)b);
}

struct sw_strs sw_api_permissions(const struct sw_api *api, struct sw_arena *arena, bool keys)
{
	size_t n = sw_router_count(api->router);
	struct sw_strs all = { .v = SW_ARENA_ARRAY(arena, struct sw_str, n + 1) };
	for (size_t i = 0; i < n; i++) {
		const struct sw_route *route = sw_router_at(api->router, i);
		if (!(route->endpoint->flags & (SW_OPEN | SW_BY_SECRET)) && (!keys || for_keys(route->endpoint)))
			all.v[all.n++] = route->permission;
	}
	qsort(all.v, all.n, sizeof(*all.v), by_text);
	size_t kept = 0;
	for (size_t i = 0; i < all.n; i++)
		if (i == 0 || !sw_str_eq(all.v[i], all.v[kept - 1]))
			all.v[kept++] = all.v[i];
	all.n = kept;
	return all;
}

/* Levenshtein: letters to change, add or take away. */
static size_t distance(struct sw_arena *arena, struct sw_str a, struct sw_str b)
{
	size_t *row = SW_ARENA_ARRAY(arena, size_t, b.n + 1);
	for (size_t k = 0; k <= b.n; k++)
		row[k] = k;
	for (size_t i = 1; i <= a.n; i++) {
		size_t corner = row[0];
		row[0] = i;
		for (size_t k = 1; k <= b.n; k++) {
			size_t change = corner + (a.p[i - 1] != b.p[k - 1]);
			corner = row[k];
			size_t least = row[k] < row[k - 1] ? row[k] + 1 : row[k - 1] + 1;
			row[k] = change < least ? change : least;
		}
	}
	return row[b.n];
}

static void add_near(struct sw_arena *arena, const struct sw_strs *all, struct sw_str name, struct sw_buf *out)
{
	name = sw_str_sub(name, 0, 120);
	for (size_t wanted = 1, found = 0; wanted < FAR && found < NEAR_MAX; wanted++)
		for (size_t i = 0; i < all->n && found < NEAR_MAX; i++)
			if (distance(arena, name, all->v[i]) == wanted)
				sw_buf_add_fmt(out, "%s%.*s", found++ ? ", " : " Near it: ", SW_FMT(all->v[i]));
}

/* Nothing near: perhaps its writer thinks of another form. */
static void add_form(struct sw_buf *out)
{
	if (!out->n)
		sw_buf_add_cstr(out, " The form is /twilio/GROUP/RESOURCE/ACTION, the action may be *; list: "
				     "/iam/v1/Roles/IX00000000000000000000000000000002/Permissions");
}

static int check_names(struct sw_call *c, const struct sw_strs *names, const struct sw_strs *all, struct sw_error *err)
{
	for (size_t i = 0; i < names->n; i++) {
		struct sw_buf near = { .arena = c->arena };
		bool known = false;
		for (size_t k = 0; k < all->n && !known; k++)
			known = sw_permission_covers(names->v[i], all->v[k]);
		if (known)
			continue;
		add_near(c->arena, all, names->v[i], &near);
		add_form(&near);
		return sw_fail(err, 70002, "assertion '%.*s' is invalid: there is no such permission.%.*s",
			       SW_FMT(sw_str_sub(names->v[i], 0, NAME_SHOWN_MAX)), SW_FMT(sw_buf_str(&near)));
	}
	return 0;
}

int sw_call_policy_check(struct sw_call *c, struct sw_str policy, struct sw_error *err)
{
	struct sw_policy parsed;
	struct sw_str why;
	if (sw_policy_parse(c->arena, policy, &parsed, &why))
		return sw_fail(err, 70002, "The Policy is not valid: %.*s.", SW_FMT(why));
	struct sw_strs all = sw_api_permissions(c->api, c->arena, true);
	int failed = check_names(c, &parsed.allow, &all, err);
	return failed ? failed : check_names(c, &parsed.deny, &all, err);
}

int sw_call_scope_check(struct sw_call *c, struct sw_str scope, struct sw_error *err)
{
	struct sw_policy parsed;
	if (sw_policy_parse_scope(c->arena, scope, &parsed))
		return sw_fail(err, 70002, "A scope may have at most %d permissions.", SW_POLICY_MAX);
	struct sw_strs all = sw_api_permissions(c->api, c->arena, true);
	return check_names(c, &parsed.allow, &all, err);
}
