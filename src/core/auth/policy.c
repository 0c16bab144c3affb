#include "core/auth/policy.h"

#include "base/arena.h"
#include "wire/json/json.h"

static bool ends_word(struct sw_str s, size_t i)
{
	return i == s.n || s.p[i] == '/' || s.p[i] == '.';
}

/* Hyphens and the last 's' of a word are passed over. */
static size_t skip(struct sw_str s, size_t i)
{
	while (i < s.n && (s.p[i] == '-' || (s.p[i] == 's' && ends_word(s, i + 1))))
		i++;
	return i;
}

bool sw_permission_covers(struct sw_str name, struct sw_str permission)
{
	size_t a = skip(name, 0), b = skip(permission, 0);
	while (a < name.n && b < permission.n && name.p[a] == permission.p[b]) {
		a = skip(name, a + 1);
		b = skip(permission, b + 1);
	}
	if (a == name.n && b == permission.n)
		return true;
	/* "…/RESOURCE/" and the star for the action, which is one word. */
	return a + 1 == name.n && name.p[a] == '*' && a > 0 && name.p[a - 1] == '/' && b > 0 &&
	       permission.p[b - 1] == '/' && sw_str_index(sw_str_from(permission, b), '/') < 0;
}

static bool among(const struct sw_strs *names, struct sw_str permission)
{
	for (size_t i = 0; i < names->n; i++)
		if (sw_permission_covers(names->v[i], permission))
			return true;
	return false;
}

bool sw_policy_allows(const struct sw_policy *policy, struct sw_str permission)
{
	return among(&policy->allow, permission) && !among(&policy->deny, permission);
}

static int read_list(struct sw_arena *arena, const struct sw_json *list, struct sw_strs *ret)
{
	if (list->kind != SW_JSON_ARRAY || list->n > SW_POLICY_MAX)
		return SW_EINVAL;
	*ret = (struct sw_strs){ .v = SW_ARENA_ARRAY(arena, struct sw_str, list->n + 1) };
	for (const struct sw_json *item = list->child; item; item = item->next) {
		if (item->kind != SW_JSON_STRING)
			return SW_EINVAL;
		ret->v[ret->n++] = item->text;
	}
	return 0;
}

int sw_policy_parse(struct sw_arena *arena, struct sw_str json, struct sw_policy *ret, struct sw_str *ret_why)
{
	const struct sw_json *object;
	*ret = (struct sw_policy){ 0 };
	*ret_why = SW_S("it must be a JSON object such as {\"allow\":[\"/twilio/messaging/messages/read\"]}");
	if (sw_json_parse(arena, json, NULL, &object, NULL) || object->kind != SW_JSON_OBJECT)
		return SW_EINVAL;
	for (const struct sw_json *m = object->child; m; m = m->next) {
		bool allow = sw_str_is(m->name, "allow"), deny = sw_str_is(m->name, "deny");
		if (!allow && !deny)
			*ret_why = sw_str_fmt(arena, "'%.*s' is neither 'allow' nor 'deny'", SW_FMT(m->name));
		else
			*ret_why = sw_str_fmt(arena, "'%.*s' must be an array of at most %d permissions",
					      SW_FMT(m->name), SW_POLICY_MAX);
		if ((!allow && !deny) || read_list(arena, m, allow ? &ret->allow : &ret->deny))
			return SW_EINVAL;
	}
	return 0;
}

int sw_policy_parse_scope(struct sw_arena *arena, struct sw_str scope, struct sw_policy *ret)
{
	*ret = (struct sw_policy){ .allow.v = SW_ARENA_ARRAY(arena, struct sw_str, SW_POLICY_MAX) };
	while (scope.p) {
		struct sw_str name = sw_str_cut(&scope, ' ');
		if (name.n && ret->allow.n == SW_POLICY_MAX)
			return SW_EINVAL;
		if (name.n)
			ret->allow.v[ret->allow.n++] = name;
	}
	return 0;
}
