/* Declared resources over HTTP: their endpoints, made from one table. */
#include "api/resource/resource_impl.h"
#include "api/sample/sample.h"

struct maker {
	const char *verb, *method;
	bool instance;
	unsigned without, accept, flags;
	int status;
	sw_handler_fn *handler;
	const char *doc, *rate_class;
};

static const struct maker makers[] = {
	{ "Create", "POST", false, SW_NO_CREATE, SW_CREATE, SW_AUDIT, 201, sw_resource_create,
	  "Create one of the account's", "write" },
	{ "List", "GET", false, 0, SW_INDEXED | SW_QUERY, SW_LIST, 200, sw_resource_list_all, "List the account's",
	  "read" },
	{ "Fetch", "GET", true, 0, SW_PATH, 0, 200, sw_resource_fetch, "Fetch one of the account's", "read" },
	{ "Update", "POST", true, SW_NO_UPDATE, SW_UPDATE, SW_AUDIT, 200, sw_resource_change,
	  "Change one of the account's", "write" },
	{ "Delete", "DELETE", true, SW_NO_DELETE, SW_PATH, SW_AUDIT, 204, sw_resource_remove,
	  "Delete one of the account's", "write" },
};

unsigned sw_resource_level(const struct sw_resource *def)
{
	unsigned level = 0;
	for (const struct sw_resource *p = def->parent; p; p = p->parent)
		level++;
	SW_BUG_ON(level >= SW_RESOURCE_LEVELS);
	return level;
}

static const struct sw_resource *ancestor(const struct sw_resource *def, unsigned level)
{
	for (unsigned i = sw_resource_level(def); i > level; i--)
		def = def->parent;
	return def;
}

static const char *instance_path(struct sw_arena *arena, const struct sw_resource_type *type, const char *list,
				 enum sw_style style)
{
	const struct sw_resource *def = type->def;
	struct sw_str path = sw_str_of(list);
	bool json = sw_str_ends(path, SW_S(".json"));
	if (def->flags & SW_BY_KEY)
		return list;
	return sw_str_fmt(arena, "%.*s/{%.*s}%s", (int)(json ? path.n - 5 : path.n), path.p,
			  SW_FMT(sw_field_param(arena, type->sid, style)), json ? ".json" : "")
		.p;
}

/* ---- parameters ---- */

/* The table of one endpoint's parameters while it grows. */
struct params {
	struct sw_arena *arena;
	const struct sw_resource_type *type;
	const struct maker *maker;
	enum sw_style style;
	struct sw_field *v;
	unsigned n, cap;
};

static void add(struct params *p, struct sw_field field)
{
	SW_BUG_ON(p->n + 1 >= p->cap); /* one stays empty: the table's end */
	p->v[p->n++] = field;
}

#define ARGS_AT(type, member) ((type)->bytes + offsetof(struct sw_resource_args, member))

static void add_own(struct params *p)
{
	bool by_key = p->type->def->flags & SW_BY_KEY && p->maker->instance;
	for (const struct sw_field *f = p->type->fields; f->name; f++) {
		bool key = by_key && f == p->type->unique;
		if ((!(f->flags & p->maker->accept) && !key) || !sw_field_bytes(f))
			continue;
		struct sw_field field = *f;
		field.def = NULL; /* defaults are laid under the whole object, not taken for given */
		if (p->maker->flags & SW_LIST || key)
			field.flags |= SW_QUERY;
		if (p->maker->accept != SW_CREATE && !key)
			field.flags &= ~(unsigned)SW_REQUIRED;
		add(p, field);
	}
}

/* "{ServiceSid}" in a path: the field service_sid, of the SIDs (or names) of that level. */
static void add_level(struct params *p, struct sw_str variable, unsigned level)
{
	const struct sw_resource *def = ancestor(p->type->def, level);
	bool by_name = def->flags & SW_BY_NAME;
	size_t at = by_name ? ARGS_AT(p->type, name) + level * sizeof(struct sw_str)
			    : ARGS_AT(p->type, sid) + level * sizeof(struct sw_sid);
	add(p, (struct sw_field){
		       .name = sw_str_cstr(p->arena, sw_snake(p->arena, sw_str_cstr(p->arena, variable))),
		       .param = sw_str_cstr(p->arena, variable),
		       .doc = by_name ? "SID or unique name." : "SID of the resource.",
		       .type = by_name ? SW_STR : SW_SID,
		       .flags = SW_PATH,
		       .kinds = by_name ? NULL : def->kind,
		       .example = by_name ? sw_sample_sid(p->arena, def->kind) : NULL,
		       .at = at,
	       });
}

static void add_path(struct params *p, const char *path)
{
	struct sw_str rest = sw_str_of(path);
	unsigned level = 0;
	for (sw_str_cut(&rest, '{'); rest.p; sw_str_cut(&rest, '{')) {
		struct sw_str variable = sw_str_cut(&rest, '}');
		if (sw_str_is(variable, "AccountSid"))
			add(p, (struct sw_field){ .name = "account_sid",
						  .doc = "The account.",
						  .type = SW_SID,
						  .flags = SW_PATH,
						  .kinds = "AC",
						  .at = ARGS_AT(p->type, account) });
		else
			add_level(p, variable, level++);
	}
	bool item = p->maker->instance && !(p->type->def->flags & SW_BY_KEY);
	SW_BUG_ON(level != sw_resource_level(p->type->def) + item);
}

static void add_range(struct params *p, const struct sw_field *date, const size_t at[3])
{
	static const struct {
		enum sw_op op;
		const char *doc;
	} rows[] = {
		{ SW_OP_EQ, "Only of this day." },
		{ SW_OP_LE, "Only until then." },
		{ SW_OP_GE, "Only from then on." },
	};
	for (size_t i = 0; date && date->flags & SW_RANGE && i < SW_COUNTOF(rows); i++)
		add(p, (struct sw_field){ .name = date->name,
					  .doc = rows[i].doc,
					  .type = SW_TIME,
					  .flags = SW_QUERY,
					  .op = rows[i].op,
					  .at = at[i] });
}

static void add_list(struct params *p)
{
	static const char *const orders[] = { "asc", "desc", NULL };
	const struct sw_resource_type *t = p->type;
	const size_t created[] = { ARGS_AT(t, created), ARGS_AT(t, created_to), ARGS_AT(t, created_from) };
	const size_t updated[] = { ARGS_AT(t, updated), ARGS_AT(t, updated_to), ARGS_AT(t, updated_from) };
	add_range(p, t->date_created, created);
	add_range(p, t->date_updated, updated);
	if (p->style == SW_STYLE_NATIVE || t->def->flags & SW_ORDERED)
		add(p, (struct sw_field){ .name = "order",
					  .doc = "desc: newest first, the default; asc: oldest first.",
					  .type = SW_ENUM,
					  .flags = SW_QUERY,
					  .values = orders,
					  .at = ARGS_AT(t, order) });
}

static struct sw_field *make_params(struct sw_arena *arena, const struct sw_resource_type *type,
				    const struct maker *maker, enum sw_style style, const char *path)
{
	enum { MORE = 16 }; /* of the path, of lists, and the end */
	unsigned n = 0;
	while (type->fields[n].name)
		n++;
	struct params p = { arena, type, maker, style, SW_ARENA_ARRAY(arena, struct sw_field, n + MORE), 0, n + MORE };
	add_own(&p);
	add_path(&p, path);
	if (maker->flags & SW_LIST)
		add_list(&p);
	return p.v;
}

/* ---- endpoints ---- */

static struct sw_endpoint make(struct sw_arena *arena, const struct sw_resource_type *type, const struct maker *m,
			       enum sw_style style, const char *list)
{
	const struct sw_resource *def = type->def;
	bool native = style == SW_STYLE_NATIVE;
	const char *path = m->instance ? instance_path(arena, type, list, style) : list;
	return (struct sw_endpoint){
		/* The native style changes with PATCH; the contract's styles have POST for it. */
		.method = native && m->without == SW_NO_UPDATE ? "PATCH" : m->method,
		.path = path,
		.operation = sw_str_fmt(arena, "%s%s", m->verb, def->name).p,
		.doc = sw_str_fmt(arena, "%s %s.", m->doc, def->plural).p,
		.style = style,
		.product = native ? NULL : def->product,
		.params = make_params(arena, type, m, style, path),
		.args_bytes = type->bytes + sizeof(struct sw_resource_args),
		.fields = m->status == 204 ? NULL : type->fields,
		.result_bytes = type->bytes,
		.status = m->status,
		.handler = m->handler,
		.flags = m->flags,
		.list_key = def->list_key,
		.rate_class = m->rate_class,
		.about = type,
		.sdk = native ? NULL : def->sdk,
		.errors = m->without == SW_NO_DELETE ? def->undeletable : NULL,
	};
}

size_t sw_resource_endpoints(struct sw_arena *arena, const struct sw_resource_type *type, struct sw_endpoint *ret)
{
	const struct sw_resource *def = type->def;
	size_t n = 0;
	for (size_t i = 0; i < SW_COUNTOF(makers); i++) {
		bool without =
			def->without & makers[i].without || (def->flags & SW_BY_KEY && makers[i].flags & SW_LIST);
		if (!without)
			ret[n++] = make(arena, type, &makers[i], def->style, def->path);
		else if (def->native) /* what the contract lacks */
			ret[n++] = make(arena, type, &makers[i], SW_STYLE_NATIVE, def->native);
	}
	return n;
}
