#include <stdlib.h>

#include "api/router.h"
#include "base/map.h"

enum { METHODS_MAX = 6, ROUTES_MAX = 4096 };

/* One segment of a path. A variable is the child under `variable`. */
struct node {
	struct node *child, *next, *variable;
	struct sw_str text;
	struct sw_route *route[METHODS_MAX];
};

struct product {
	struct product *next;
	const char *name;
	struct node root;
};

struct sw_router {
	struct sw_arena arena; /* everything below */
	struct product *products;
	struct sw_map operations;
	const struct sw_route *routes[ROUTES_MAX];
	size_t n;
};

void sw_router_free(struct sw_router *router)
{
	if (!router)
		return;
	sw_map_done(&router->operations);
	sw_arena_done(&router->arena);
	free(router);
}

struct sw_router *sw_router_new(void)
{
	struct sw_router *router = calloc(1, sizeof(*router));
	SW_BUG_ON(!router);
	sw_arena_init(&router->arena);
	return router;
}

static struct product *product_find(const struct sw_router *router, struct sw_str name)
{
	for (struct product *p = router->products; p; p = p->next)
		if (sw_str_eq_nocase(name, sw_str_of(p->name)))
			return p;
	return NULL;
}

static struct product *product_get(struct sw_router *router, const char *name)
{
	struct product *product = product_find(router, sw_str_of(name));
	if (product)
		return product;
	product = SW_ARENA_NEW(&router->arena, struct product);
	*product = (struct product){ .name = name, .next = router->products };
	router->products = product;
	return product;
}

static struct node *child_find(const struct node *node, struct sw_str text)
{
	for (struct node *child = node->child; child; child = child->next)
		if (sw_str_eq(child->text, text))
			return child;
	return NULL;
}

static bool is_variable(struct sw_str segment)
{
	return segment.n > 2 && segment.p[0] == '{';
}

static struct node *child_get(struct sw_router *router, struct node *node, struct sw_str segment)
{
	struct node *child = is_variable(segment) ? node->variable : child_find(node, segment);
	if (child)
		return child;
	child = SW_ARENA_NEW(&router->arena, struct node);
	child->text = segment;
	if (is_variable(segment)) {
		node->variable = child;
	} else {
		child->next = node->child;
		node->child = child;
	}
	return child;
}

/* "{Sid}.json" is a variable in a file name: the suffix is a segment of its own in the tree. */
static struct sw_str split_suffix(struct sw_str path, struct sw_str *ret_suffix)
{
	*ret_suffix = SW_S("");
	if (!sw_str_ends(path, SW_S(".json")))
		return path;
	*ret_suffix = SW_S(".json");
	return sw_str_sub(path, 0, path.n - 5);
}

static const struct sw_field *path_field(struct sw_arena *arena, const struct sw_endpoint *e, struct sw_str variable)
{
	for (const struct sw_field *f = e->params; f && f->name; f++)
		if (f->flags & SW_PATH && sw_str_eq(sw_field_param(arena, f, e->style), variable))
			return f;
	return NULL;
}

static struct sw_route *route_new(struct sw_router *router, const struct sw_endpoint *e)
{
	struct sw_route *route = SW_ARENA_NEW(&router->arena, struct sw_route);
	unsigned n = 0;
	while (e->params && e->params[n].name)
		n++;
	SW_BUG_ON(n > SW_FIELDS_MAX);
	route->endpoint = e;
	route->deprecates = e->deprecated != NULL;
	for (unsigned i = 0; i < n; i++)
		route->deprecates |= e->params[i].deprecated != NULL;
	route->names = SW_ARENA_ARRAY(&router->arena, struct sw_str, n + 1);
	for (unsigned i = 0; i < n; i++)
		route->names[i] = sw_field_param(&router->arena, &e->params[i], e->style);
	return route;
}

static void put_route(struct node *node, struct sw_route *route)
{
	for (unsigned i = 0; i < METHODS_MAX; i++) {
		SW_BUG_ON(node->route[i] && strcmp(node->route[i]->endpoint->method, route->endpoint->method) == 0);
		if (!node->route[i]) {
			node->route[i] = route;
			return;
		}
	}
	sw_bug(__FILE__, __LINE__, "more methods on one path than METHODS_MAX");
}

struct sw_route *sw_router_add(struct sw_router *router, const struct sw_endpoint *e)
{
	struct sw_route *route = route_new(router, e);
	struct node *node = &product_get(router, e->product ? e->product : "api")->root;
	struct sw_str suffix, rest = split_suffix(sw_str_from(sw_str_of(e->path), 1), &suffix);
	while (rest.p) {
		struct sw_str segment = sw_str_cut(&rest, '/');
		if (is_variable(segment)) {
			SW_BUG_ON(route->path_n == SW_PATH_VARIABLES);
			const struct sw_field *field =
				path_field(&router->arena, e, sw_str_sub(segment, 1, segment.n - 2));
			SW_BUG_ON(!field);
			route->path[route->path_n++] = field;
		}
		node = child_get(router, node, segment);
	}
	if (suffix.n)
		node = child_get(router, node, suffix);
	put_route(node, route);
	SW_BUG_ON(router->n == ROUTES_MAX);
	router->routes[router->n++] = route;
	SW_BUG_ON(sw_map_put(&router->operations, sw_str_of(e->operation), route));
	return route;
}

static const struct node *walk(const struct node *node, struct sw_arena *arena, struct sw_str path,
			       struct sw_match *ret)
{
	unsigned variables = 0;
	struct sw_str suffix, rest = split_suffix(sw_str_from(path, 1), &suffix);
	while (rest.p && node) {
		struct sw_str segment = sw_str_cut(&rest, '/');
		const struct node *child = child_find(node, segment);
		if (!child && node->variable && segment.n) {
			if (variables == SW_PATH_VARIABLES ||
			    sw_percent_decode(arena, segment, &ret->value[variables++]))
				return NULL;
			child = node->variable;
		}
		node = child;
	}
	return node && suffix.n ? child_find(node, suffix) : node;
}

void sw_router_find(const struct sw_router *router, struct sw_arena *arena, struct sw_str method, struct sw_str host,
		    struct sw_str path, struct sw_match *ret)
{
	struct sw_str label = host, rest = sw_str_from(path, 1);
	*ret = (struct sw_match){ .prefix = SW_S(""), .path = path };
	const struct product *product = product_find(router, sw_str_cut(&label, '.'));
	if (!product || !label.p) {
		struct sw_str first = sw_str_cut(&rest, '/');
		product = rest.p ? product_find(router, first) : NULL;
		if (product && !sw_str_is(first, product->name))
			product = NULL; /* hosts have no case, paths do: /Accounts/… is no product */
		if (product) {
			ret->prefix = sw_str_sub(path, 0, first.n + 1);
			ret->path = sw_str_from(path, first.n + 1);
		} else {
			product = product_find(router, SW_S("api"));
		}
	}
	const struct node *node = product && ret->path.n ? walk(&product->root, arena, ret->path, ret) : NULL;
	for (unsigned i = 0; node && i < METHODS_MAX && node->route[i]; i++) {
		ret->path_known = true;
		ret->allow[i] = node->route[i]->endpoint->method;
		if (sw_str_is(method, node->route[i]->endpoint->method))
			ret->route = node->route[i];
	}
}

const struct sw_route *sw_router_operation(const struct sw_router *router, const char *operation)
{
	return sw_map_find(&router->operations, sw_str_of(operation));
}

size_t sw_router_count(const struct sw_router *router)
{
	return router->n;
}

const struct sw_route *sw_router_at(const struct sw_router *router, size_t i)
{
	return i < router->n ? router->routes[i] : NULL;
}

/* ---- hosted names ---- */

const struct sw_str sw_hosted_names[] = { { "twilio.com", 10 }, { NULL, 0 } };

bool sw_hosted(struct sw_str host)
{
	struct sw_str name = sw_str_cut(&host, ':');
	if (sw_str_ends(name, SW_S("."))) /* "api.twilio.com." is the same name, written whole */
		name = sw_str_sub(name, 0, name.n - 1);
	for (const struct sw_str *h = sw_hosted_names; h->p; h++) {
		struct sw_str end = sw_str_from(name, name.n > h->n ? name.n - h->n : 0);
		bool below = name.n > h->n && name.p[name.n - h->n - 1] == '.';
		if (sw_str_eq_nocase(end, *h) && (below || name.n == h->n))
			return true;
	}
	return false;
}
