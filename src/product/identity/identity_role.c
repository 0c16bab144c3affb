/* What may be asked for: the permissions of the two roles there are, from the endpoint tables. */
#include "product/identity/identity.h"

#include "base/hash.h"

struct permission {
	struct sw_sid role_sid, sid;
	struct sw_str namespace, product, resource, action, description;
};

static const struct {
	const char *sid, *name;
	bool keys;
} roles[] = {
	{ "IX00000000000000000000000000000001", "the auth token", false },
	{ "IX00000000000000000000000000000002", "a standard API key", true },
};

/* clang-format off */
#define P struct permission
static const struct sw_field params[] = {
	{ .name = "role_sid", .doc = "IX, 31 zeros and 1 is the auth token's role, and 2 that of a standard API key.", .type = SW_SID, .flags = SW_PATH, .kinds = "IX", .example = "IX00000000000000000000000000000001", SW_SID_AT(P, role_sid) },
	{ 0 },
};
static const struct sw_field fields[] = {
	{ .name = "sid", .doc = "Identifier, the same on every installation.", .type = SW_SID, .kinds = "IZ", SW_SID_AT(P, sid) },
	{ .name = "namespace", .doc = "twilio.", .type = SW_STR, SW_TEXT_AT(P, namespace) },
	{ .name = "product", .doc = "Second word of the permission.", .type = SW_STR, SW_TEXT_AT(P, product) },
	{ .name = "resource", .doc = "Third word of the permission.", .type = SW_STR, SW_TEXT_AT(P, resource) },
	{ .name = "action", .doc = "create, read, list, update or delete.", .type = SW_STR, SW_TEXT_AT(P, action) },
	{ .name = "externalDescription", .doc = "What it allows.", .type = SW_STR, SW_TEXT_AT(P, description) },
	{ 0 },
};
/* clang-format on */

static struct sw_sid sid_of(struct sw_str permission)
{
	uint8_t digest[32];
	struct sw_id id;
	sw_sha256(permission, digest);
	memcpy(id.b, digest, sizeof(id.b));
	return sw_sid_of("IZ", id);
}

static void add(struct sw_call *c, struct sw_str permission)
{
	struct permission row = { .sid = sid_of(permission), .namespace = SW_S("twilio") };
	struct sw_str rest = sw_str_from(permission, 1);
	sw_str_cut(&rest, '/');
	row.product = sw_str_cut(&rest, '/');
	row.resource = sw_str_cut(&rest, '/');
	row.action = rest;
	row.description = sw_str_fmt(c->arena, "Allows to %.*s %.*s", SW_FMT(row.action), SW_FMT(row.resource));
	sw_call_add_row(c, &row);
}

/* Where the page begins and ends among all. */
static void show_page(struct sw_call *c, const struct sw_strs *all)
{
	struct sw_page *page = &c->page;
	size_t size = (size_t)page->size, from = (size_t)page->number * size;
	for (size_t i = 0; i < all->n; i++) {
		struct sw_id id = sid_of(all->v[i]).id;
		if (sw_id_eq(id, page->after))
			from = i + 1;
		if (sw_id_eq(id, page->before))
			from = i > size ? i - size : 0;
	}
	size_t end = from + size < all->n ? from + size : all->n;
	for (size_t i = from; i < end; i++)
		add(c, all->v[i]);
	memcpy(page->kind, "IZ", 2);
	page->has_next = end < all->n;
	page->has_previous = from > 0 && from < all->n;
	if (from < end) {
		page->first = sid_of(all->v[from]).id;
		page->last = sid_of(all->v[end - 1]).id;
	}
}

static int list(struct sw_call *c, struct sw_error *err)
{
	const struct permission *args = c->args;
	for (size_t i = 0; i < SW_COUNTOF(roles); i++) {
		struct sw_strs all;
		if (!sw_str_is(sw_sid_text(c->arena, args->role_sid), roles[i].sid))
			continue;
		all = sw_api_permissions(c->api, c->arena, roles[i].keys);
		show_page(c, &all);
		return 0;
	}
	return sw_call_not_found(c, err);
}

/* clang-format off */
const struct sw_endpoint identity_role_endpoints[] = {
	{ "GET", "/v1/Roles/{RoleSid}/Permissions", "ListRolePermission", "List the permissions of a role.", SW_STYLE_V1, "iam", params, sizeof(struct permission), fields, sizeof(struct permission), 200, list, .flags = SW_LIST, .list_key = "permissions", .rate_class = "read", .sdk = "rolePermission" },
	{ 0 },
};
/* clang-format on */
