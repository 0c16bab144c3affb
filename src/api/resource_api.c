/* Declared resources over HTTP: five endpoints from one table, and the handlers that serve them all. */
#include "api/api_impl.h"
#include "core/core_sql.h"
#include "loop/clock.h"

enum { UPDATE_TRIES = 5 };

/* Places of the path's variables in the arguments: behind the resource's own fields. */
struct path_args {
	struct sw_sid account, sid;
};

static const struct path_args *path_of(const struct sw_call *c)
{
	const struct sw_resource_type *type = c->endpoint->about;
	return (const struct path_args *)(const void *)((const char *)c->args + type->bytes);
}

static struct sw_resource_change change_of(struct sw_call *c, struct sw_txn *txn, void *object, const void *before)
{
	return (struct sw_resource_change){
		.task = c->task,
		.core = c->core,
		.account = c->account,
		.type = c->endpoint->about,
		.object = object,
		.before = before,
		.txn = txn,
	};
}

static int check(struct sw_call *c, void *object, const void *before, struct sw_error *err)
{
	const struct sw_resource_type *type = c->endpoint->about;
	const struct sw_resource_change change = change_of(c, NULL, object, before);
	return type->def->check ? type->def->check(&change, err) : 0;
}

static int load_wait(struct sw_call *c, struct sw_stored *ret, struct sw_error *err)
{
	int failed = sw_resource_get_wait(c->task, c->core, c->endpoint->about, c->account, path_of(c)->sid, ret);
	if (failed == SW_ENOTFOUND)
		return sw_fail(err, 20404, "The requested resource %.*s was not found", SW_FMT(c->path));
	return sw_fail_internal(err, failed);
}

/* Values decoded from the request, laid over an object. */
static void lay_over(const struct sw_resource_type *type, const void *args, unsigned accept, void *object)
{
	for (const struct sw_field *f = type->fields; f->name; f++)
		if (f->flags & accept && !sw_field_absent(f, args))
			memcpy((char *)object + f->at, (const char *)args + f->at, sw_type_bytes(f->type));
}

static void fill_defaults(struct sw_call *c, const struct sw_resource_type *type, void *object)
{
	for (const struct sw_field *f = type->fields; f->name; f++) {
		struct sw_error ignored;
		if (f->def && sw_type_bytes(f->type) && sw_field_absent(f, object))
			SW_BUG_ON(sw_field_parse(c->arena, f, SW_S("default"), sw_str_of(f->def), object, &ignored));
	}
}

static int create(struct sw_call *c, struct sw_error *err)
{
	const struct sw_resource_type *type = c->endpoint->about;
	struct sw_sid sid = sw_sid_new(type->def->kind, c->account->bucket);
	int64_t now = sw_wall_us();
	void *object = sw_resource_object(c->arena, type, c->account, sid, now, now);
	lay_over(type, c->args, SW_CREATE, object);
	fill_defaults(c, type, object);
	int failed = check(c, object, NULL, err);
	if (failed)
		return failed;
	struct sw_txn *txn = sw_call_txn(c);
	const struct sw_resource_change change = change_of(c, txn, object, NULL);
	sw_txn_trace(txn, sid.id);
	sw_resource_insert(c->arena, &change);
	c->result = object;
	return sw_call_commit_wait(c, txn, err);
}

static int fetch(struct sw_call *c, struct sw_error *err)
{
	struct sw_stored stored;
	int failed = load_wait(c, &stored, err);
	if (!failed)
		c->result = stored.object;
	return failed;
}

static int update_once(struct sw_call *c, struct sw_error *err)
{
	const struct sw_resource_type *type = c->endpoint->about;
	struct sw_stored stored;
	int failed = load_wait(c, &stored, err);
	if (failed)
		return failed;
	void *object = sw_resource_object(c->arena, type, c->account, stored.sid, 0, 0);
	memcpy(object, stored.object, type->bytes);
	lay_over(type, c->args, SW_UPDATE, object);
	if (type->date_updated)
		*(int64_t *)(void *)((char *)object + type->date_updated->at) = sw_wall_us();
	failed = check(c, object, stored.object, err);
	if (failed)
		return failed;
	struct sw_txn *txn = sw_call_txn(c);
	const struct sw_resource_change change = change_of(c, txn, object, stored.object);
	sw_resource_update(c->arena, &change, stored.version);
	c->result = object;
	return sw_call_commit_wait(c, txn, err);
}

static int update(struct sw_call *c, struct sw_error *err)
{
	int failed = SW_ECONFLICT;
	for (int i = 0; i < UPDATE_TRIES && failed == SW_ECONFLICT; i++)
		failed = update_once(c, err);
	return failed;
}

static int delete_one(struct sw_call *c, struct sw_error *err)
{
	struct sw_stored stored;
	int failed = load_wait(c, &stored, err);
	if (failed)
		return failed;
	struct sw_txn *txn = sw_call_txn(c);
	const struct sw_resource_change change = change_of(c, txn, NULL, stored.object);
	sw_resource_delete(c->arena, &change);
	return sw_call_commit_wait(c, txn, err);
}

/* ---- lists ---- */

static struct sw_str filter_text(struct sw_call *c, const struct sw_field *field)
{
	return field->flags & SW_INDEXED ? sw_resource_index_text(c->arena, field, c->args) : SW_STR_NULL;
}

/* The first filter went through resource_key; all are compared here, so a page may come out short. */
static int read_row(struct sw_call *c, struct sw_row row, void *result, struct sw_error *err)
{
	const struct sw_resource_type *type = c->endpoint->about;
	struct sw_stored stored;
	int failed = sw_resource_read(c->arena, type, c->account, row, &stored);
	if (failed)
		return sw_fail_internal(err, failed);
	for (const struct sw_field *f = type->fields; f->name; f++) {
		struct sw_str value = filter_text(c, f);
		if (value.p && !sw_str_eq(value, sw_resource_index_text(c->arena, f, stored.object)))
			return SW_ENOTFOUND;
	}
	memcpy(result, stored.object, type->bytes);
	return 0;
}

static struct sw_query *filtered(struct sw_call *c, const struct sw_resource_type *type)
{
	for (const struct sw_field *f = type->fields; f->name; f++) {
		struct sw_str value = filter_text(c, f);
		if (!value.p)
			continue;
		struct sw_query *query = sw_query_new(c->arena, &sw_resource_filtered);
		sw_query_where(query, "k.bucket", SW_OP_EQ, SW_I(c->account->bucket));
		sw_query_where(query, "k.account_sid", SW_OP_EQ, SW_ID(c->account->sid.id));
		sw_query_where(query, "k.kind", SW_OP_EQ, SW_T(sw_str_of(type->def->kind)));
		sw_query_where(query, "k.field", SW_OP_EQ, SW_T(sw_str_of(f->name)));
		sw_query_where(query, "k.value", SW_OP_EQ, SW_T(value));
		return query;
	}
	return NULL;
}

static int list(struct sw_call *c, struct sw_error *err)
{
	const struct sw_resource_type *type = c->endpoint->about;
	struct sw_query *query = filtered(c, type);
	if (!query) {
		query = sw_query_new(c->arena, &sw_resource_list);
		sw_query_where(query, "bucket", SW_OP_EQ, SW_I(c->account->bucket));
		sw_query_where(query, "account_sid", SW_OP_EQ, SW_ID(c->account->sid.id));
		sw_query_where(query, "kind", SW_OP_EQ, SW_T(sw_str_of(type->def->kind)));
	}
	c->result = sw_arena_alloc(c->arena, type->bytes);
	return sw_call_list_wait(c, query, type->def->kind, read_row, err);
}

/* ---- endpoints from the table ---- */

struct maker {
	const char *verb, *method;
	bool instance;
	unsigned without, accept, flags;
	int status;
	sw_handler_fn *handler;
	const char *doc;
};

static const struct maker makers[] = {
	{ "Create", "POST", false, SW_NO_CREATE, SW_CREATE, 0, 201, create, "Create one of the account's" },
	{ "List", "GET", false, 0, SW_INDEXED, SW_LIST, 200, list, "List the account's" },
	{ "Fetch", "GET", true, 0, SW_HIDDEN, 0, 200, fetch, "Fetch one of the account's" },
	{ "Update", "POST", true, SW_NO_UPDATE, SW_UPDATE, 0, 200, update, "Change one of the account's" },
	{ "Delete", "DELETE", true, SW_NO_DELETE, SW_HIDDEN, 0, 204, delete_one, "Delete one of the account's" },
};

static const char *instance_path(struct sw_arena *arena, const struct sw_resource *def)
{
	struct sw_str path = sw_str_of(def->path);
	bool json = sw_str_ends(path, SW_S(".json"));
	return sw_str_fmt(arena, "%.*s/{%s}%s", (int)(json ? path.n - 5 : path.n), path.p,
			  def->style == SW_STYLE_NATIVE ? "sid" : "Sid", json ? ".json" : "")
		.p;
}

/* The native style changes with PATCH; the contract's styles have POST for it. */
static const char *method_of(const struct maker *maker, enum sw_style style)
{
	return style == SW_STYLE_NATIVE && maker->without == SW_NO_UPDATE ? "PATCH" : maker->method;
}

/* Parameters of one endpoint: the accepted fields with their places, and the path's variables behind them. */
static struct sw_field *make_params(struct sw_arena *arena, const struct sw_resource_type *type,
				    const struct maker *maker)
{
	unsigned n = 0, k = 0;
	while (type->fields[n].name)
		n++;
	struct sw_field *params = SW_ARENA_ARRAY(arena, struct sw_field, n + 3);
	for (unsigned i = 0; i < n; i++) {
		if (!(type->fields[i].flags & maker->accept) || !sw_type_bytes(type->fields[i].type))
			continue;
		params[k] = type->fields[i];
		params[k].def = NULL; /* defaults are laid under the whole object, not taken for given */
		if (maker->flags & SW_LIST)
			params[k].flags = (params[k].flags & ~(unsigned)SW_REQUIRED) | SW_QUERY;
		if (maker->accept != SW_CREATE)
			params[k].flags &= ~(unsigned)SW_REQUIRED;
		k++;
	}
	params[k++] = (struct sw_field){ .name = "account_sid",
					 .doc = "The account.",
					 .type = SW_SID,
					 .flags = SW_PATH,
					 .kinds = "AC",
					 .at = type->bytes + offsetof(struct path_args, account) };
	if (maker->instance)
		params[k] = (struct sw_field){ .name = "sid",
					       .doc = "SID of the resource.",
					       .type = SW_SID,
					       .flags = SW_PATH,
					       .kinds = type->def->kind,
					       .at = type->bytes + offsetof(struct path_args, sid) };
	return params;
}

size_t sw_resource_endpoints(struct sw_arena *arena, const struct sw_resource *def, struct sw_endpoint *ret)
{
	const struct sw_resource_type *type = sw_resource_compile(arena, def);
	size_t n = 0;
	for (size_t i = 0; i < SW_COUNTOF(makers); i++) {
		const struct maker *m = &makers[i];
		if (def->without & m->without)
			continue;
		ret[n++] = (struct sw_endpoint){
			.method = method_of(m, def->style),
			.path = m->instance ? instance_path(arena, def) : def->path,
			.operation = sw_str_fmt(arena, "%s%s", m->verb, def->name).p,
			.doc = sw_str_fmt(arena, "%s %s.", m->doc, def->plural).p,
			.style = def->style,
			.product = def->product,
			.params = make_params(arena, type, m),
			.args_bytes = type->bytes + sizeof(struct path_args),
			.fields = m->status == 204 ? NULL : type->fields,
			.result_bytes = type->bytes,
			.status = m->status,
			.handler = m->handler,
			.flags = m->flags,
			.list_key = def->list_key,
			.rate_class = m->flags & SW_LIST || m->status == 200 ? "read" : "write",
			.about = type,
		};
	}
	return n;
}
