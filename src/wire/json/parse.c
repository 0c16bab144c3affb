#include <cjson/cJSON.h>
#include <math.h>

#include "base/arena.h"
#include "base/map.h"
#include "wire/json/scan.h"

#define EXACT_END 9007199254740992.0 /* 2^53 */
#define FEW_MEMBERS 32               /* compared one with another; more go through a map */

static const struct sw_json_bounds default_bounds = { .depth = 32, .nodes = 100000 };

struct copy {
	struct sw_arena *arena;
	const char *why;
};

static int copy_number(struct copy *copy, const cJSON *from, struct sw_json *to)
{
	to->number = from->valuedouble;
	if (!isfinite(to->number)) {
		copy->why = "a number out of range";
		return SW_EINVAL;
	}
	to->is_int = to->number > -EXACT_END && to->number < EXACT_END && to->number == trunc(to->number);
	if (to->is_int)
		to->i = (int64_t)to->number;
	return 0;
}

static bool repeats(const struct sw_json *object)
{
	struct sw_map map = { 0 };
	bool found = false;

	if (object->n <= FEW_MEMBERS) {
		for (const struct sw_json *a = object->child; a; a = a->next)
			for (const struct sw_json *b = object->child; b != a; b = b->next)
				if (sw_str_eq(a->name, b->name))
					return true;
		return false;
	}
	for (struct sw_json *a = object->child; a && !found; a = a->next)
		found = sw_map_put(&map, a->name, a) != NULL;
	sw_map_done(&map);
	return found;
}

static int copy_value(struct copy *copy, const cJSON *from, struct sw_json *to);

static int copy_children(struct copy *copy, const cJSON *from, struct sw_json *to)
{
	struct sw_json **end = &to->child;

	for (const cJSON *item = from->child; item; item = item->next) {
		struct sw_json *child = SW_ARENA_NEW(copy->arena, struct sw_json);
		int err = copy_value(copy, item, child);

		if (err)
			return err;
		if (to->kind == SW_JSON_OBJECT)
			child->name = sw_str_dup(copy->arena, sw_str_of(item->string));
		*end = child;
		end = &child->next;
		to->n++;
	}
	if (to->kind == SW_JSON_OBJECT && repeats(to)) {
		copy->why = "a member name stands twice";
		return SW_EINVAL;
	}
	return 0;
}

static int copy_value(struct copy *copy, const cJSON *from, struct sw_json *to)
{
	static const struct {
		int type;
		enum sw_json_kind kind;
	} kinds[] = {
		{ cJSON_NULL, SW_JSON_NULL },     { cJSON_False, SW_JSON_BOOL },    { cJSON_True, SW_JSON_BOOL },
		{ cJSON_Number, SW_JSON_NUMBER }, { cJSON_String, SW_JSON_STRING }, { cJSON_Array, SW_JSON_ARRAY },
		{ cJSON_Object, SW_JSON_OBJECT },
	};

	for (size_t i = 0; i < SW_COUNTOF(kinds); i++)
		if ((from->type & 0xFF) == kinds[i].type)
			to->kind = kinds[i].kind;
	to->b = (from->type & 0xFF) == cJSON_True;
	if (to->kind == SW_JSON_STRING)
		to->text = sw_str_dup(copy->arena, sw_str_of(from->valuestring));
	return to->kind == SW_JSON_NUMBER ? copy_number(copy, from, to) : copy_children(copy, from, to);
}

static struct sw_json_bounds bounds_of(const struct sw_json_bounds *given)
{
	struct sw_json_bounds bounds = given ? *given : default_bounds;

	SW_BUG_ON(bounds.depth > SW_JSON_DEPTH_MAX);
	if (bounds.depth == 0)
		bounds.depth = default_bounds.depth;
	if (bounds.nodes == 0)
		bounds.nodes = default_bounds.nodes;
	return bounds;
}

int sw_json_parse(struct sw_arena *arena, struct sw_str text, const struct sw_json_bounds *given,
		  const struct sw_json **ret, const char **ret_why)
{
	struct sw_json_bounds bounds = bounds_of(given);
	struct copy copy = { .arena = arena };
	struct sw_json *root;
	const char *end = NULL;
	cJSON *tree = NULL;
	int err = sw_json_scan(text, &bounds, &copy.why);

	if (!err) {
		tree = text.n ? cJSON_ParseWithLengthOpts(text.p, text.n, &end, 0) : NULL;
		/* All tokens were checked, so only blanks may stand behind the value. */
		if (!tree || sw_str_trim(sw_str_from(text, (size_t)(end - text.p))).n) {
			copy.why = tree ? "more than one value" : "the tokens are in no order";
			err = SW_EINVAL;
		}
	}
	if (!err) {
		root = SW_ARENA_NEW(arena, struct sw_json);
		err = copy_value(&copy, tree, root);
		*ret = err ? *ret : root;
	}
	cJSON_Delete(tree);
	if (err && ret_why)
		*ret_why = copy.why;
	return err;
}

const struct sw_json *sw_json_get(const struct sw_json *object, const char *name)
{
	struct sw_str want = sw_str_of(name);

	if (!object || object->kind != SW_JSON_OBJECT)
		return NULL;
	for (const struct sw_json *member = object->child; member; member = member->next)
		if (sw_str_eq(member->name, want))
			return member;
	return NULL;
}

struct sw_str sw_json_get_str(const struct sw_json *object, const char *name)
{
	const struct sw_json *member = sw_json_get(object, name);

	return member ? member->text : SW_STR_NULL;
}
