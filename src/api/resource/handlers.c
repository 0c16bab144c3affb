/* Declared resources over HTTP: the handlers that serve them all. */
#include "api/resource/resource_impl.h"
#include "base/random.h"
#include "core/cache.h"
#include "core/core_sql.h"
#include "loop/clock.h"
#include "loop/task.h"

#define DAY_US (INT64_C(24) * 3600 * 1000000)

static const struct sw_resource_args *args_of(const struct sw_call *c)
{
	const struct sw_resource_type *type = c->endpoint->about;
	return (const struct sw_resource_args *)(const void *)((const char *)c->args + type->bytes);
}

/* ---- finding ---- */

/* What a path says of one level: a SID, or a name where the type takes names. */
static int find_wait(struct sw_call *c, const struct sw_resource_type *type, struct sw_sid sid, struct sw_str name,
		     struct sw_id parent, struct sw_stored *ret)
{
	bool named = !sw_sid_given(sid) && sw_sid_parse(name, type->def->kind, &sid);
	if (named)
		return sw_resource_named_wait(c->task, c->core, type, c->account, parent, name, ret);
	int failed = sw_resource_get_wait(c->task, c->core, type, c->account, sid, ret);
	return !failed && !sw_id_eq(ret->parent, parent) ? SW_ENOTFOUND : failed;
}

/* The resources that this one belongs to, outermost first: each must be there, under the one before. */
static int enter_parents_wait(struct sw_call *c, const struct sw_resource_type *type, struct sw_id *ret_parent,
			      struct sw_sid *ret_sids)
{
	const struct sw_resource_args *args = args_of(c);
	const struct sw_resource_type *chain[SW_RESOURCE_LEVELS];
	unsigned levels = sw_resource_level(type->def);
	*ret_parent = (struct sw_id){ { 0 } };
	for (unsigned i = levels; i-- > 0;)
		chain[i] = type = type->parent;
	for (unsigned i = 0; i < levels; i++) {
		struct sw_stored stored;
		int failed = find_wait(c, chain[i], args->sid[i], args->name[i], *ret_parent, &stored);
		if (failed)
			return failed;
		ret_sids[i] = stored.sid;
		*ret_parent = stored.sid.id;
	}
	return 0;
}

/* The one that a call is about. By key, its name stands among the parameters. */
static int load_wait(struct sw_call *c, struct sw_stored *ret, struct sw_error *err)
{
	const struct sw_resource_type *type = c->endpoint->about;
	const struct sw_resource_args *args = args_of(c);
	struct sw_sid above[SW_RESOURCE_LEVELS];
	struct sw_id parent;
	unsigned level = sw_resource_level(type->def);
	int failed = enter_parents_wait(c, type, &parent, above);
	if (!failed && type->def->flags & SW_BY_KEY)
		failed = sw_resource_named_wait(
			c->task, c->core, type, c->account, parent,
			*(const struct sw_str *)(const void *)((const char *)c->args + type->unique->at), ret);
	else if (!failed)
		failed = find_wait(c, type, args->sid[level], args->name[level], parent, ret);
	if (failed == SW_ENOTFOUND)
		return sw_call_not_found(c, err);
	c->changed = failed ? c->changed : ret->sid;
	return sw_fail_internal(err, failed);
}

/* ---- versions: RFC 9110 section 8.8.3 and 13.1.1 ---- */

static void show_version(struct sw_call *c, int64_t version)
{
	if (c->request)
		sw_call_header(c, SW_S("ETag"), sw_str_fmt(c->arena, "\"%lld\"", (long long)version));
}

static struct sw_str wanted_version(const struct sw_call *c)
{
	return c->request ? sw_http_field(&c->request->head, "If-Match") : SW_STR_NULL;
}

static int check_version(struct sw_call *c, int64_t version, struct sw_error *err)
{
	struct sw_str rest = wanted_version(c);
	struct sw_str have = sw_str_fmt(c->arena, "\"%lld\"", (long long)version);
	if (!rest.p)
		return 0;
	while (rest.p) {
		struct sw_str one = sw_str_trim(sw_str_cut(&rest, ','));
		if (sw_str_is(one, "*") || sw_str_eq(one, have))
			return 0;
	}
	return sw_fail(err, 20412, "The resource is at version %.*s, which If-Match does not name.", SW_FMT(have));
}

/* ---- changing ---- */

static struct sw_resource_change change_of(struct sw_call *c, struct sw_txn *txn, void *object, const void *before,
					   struct sw_id parent)
{
	return (struct sw_resource_change){
		.task = c->task,
		.core = c->core,
		.account = c->account,
		.type = c->endpoint->about,
		.object = object,
		.before = before,
		.parent = parent,
		.txn = txn,
	};
}

/* Somebody else may take the name until the commit: the store's guard then says the same with fewer words. */
static int check_name_wait(struct sw_call *c, const struct sw_resource_change *change, struct sw_error *err)
{
	const struct sw_resource_type *type = change->type;
	struct sw_stored other;
	if (!type->unique || sw_field_absent(type->unique, change->object))
		return 0;
	struct sw_str name = sw_resource_text(type, change->object, type->unique->name);
	int failed = sw_resource_named_wait(c->task, c->core, type, c->account, change->parent, name, &other);
	if (failed == SW_ENOTFOUND)
		return 0;
	if (failed)
		return sw_fail_internal(err, failed);
	if (change->before && sw_sid_eq(other.sid, sw_resource_sid(type, change->before)))
		return 0;
	return sw_fail(err, type->unique->taken ? type->unique->taken : 20409,
		       "The %s '%.*s' is taken by %.*s; choose another, or change that one.", type->unique->name,
		       SW_FMT(sw_str_sub(name, 0, 64)), SW_FMT(sw_sid_text(c->arena, other.sid)));
}

static int check_wait(struct sw_call *c, const struct sw_resource_change *change, struct sw_error *err)
{
	int failed = change->type->def->check ? change->type->def->check(change, err) : 0;
	return failed ? failed : check_name_wait(c, change, err);
}

/* Behind the steps that store it: what is filled in here is not kept. */
static int show_wait(struct sw_call *c, const struct sw_stored *stored, struct sw_error *err)
{
	const struct sw_resource_type *type = c->endpoint->about;
	const struct sw_resource_change change = change_of(c, NULL, stored->object, NULL, stored->parent);
	return type->def->show_wait ? sw_fail_internal(err, type->def->show_wait(&change)) : 0;
}

/* Values decoded from the request, laid over an object. */
static void lay_over(const struct sw_resource_type *type, const void *args, unsigned accept, void *object)
{
	for (const struct sw_field *f = type->fields; f->name; f++)
		if (f->flags & accept && f != type->account_sid && !sw_field_absent(f, args))
			memcpy((char *)object + f->at, (const char *)args + f->at, sw_field_bytes(f));
}

static void fill_defaults(struct sw_call *c, const struct sw_resource_type *type, void *object)
{
	for (const struct sw_field *f = type->fields; f->name; f++) {
		struct sw_error ignored;
		if (f->def && sw_field_bytes(f) && sw_field_absent(f, object))
			SW_BUG_ON(sw_field_parse(c->arena, f, SW_S("default"), sw_str_of(f->def), object, &ignored));
	}
}

/* Fields that show what it belongs to are called as the path's variables are. */
static void fill_parents(const struct sw_call *c, const struct sw_resource_type *type, const struct sw_sid *above,
			 void *object)
{
	const struct sw_field *params = c->endpoint->params;
	for (const struct sw_field *f = type->fields; f->name; f++) {
		unsigned level = 0;
		for (const struct sw_field *p = params; f->flags & SW_PARENT && p->name; p++) {
			if (!(p->flags & SW_PATH) || strcmp(p->name, "account_sid") == 0)
				continue;
			if (strcmp(p->name, f->name) == 0)
				memcpy((char *)object + f->at, &above[level], sizeof(above[level]));
			level++;
		}
	}
}

/* Some are made for a subaccount by naming it among the parameters. */
static int enter_named_account_wait(struct sw_call *c, const struct sw_resource_type *type, struct sw_error *err)
{
	const struct sw_field *f = type->account_sid;
	if (!f || !(f->flags & SW_CREATE) || sw_field_absent(f, c->args))
		return 0;
	return sw_call_enter_wait(c, *(const struct sw_sid *)(const void *)((const char *)c->args + f->at), err);
}

/* One that it had elsewhere may be here already. */
static int new_sid_wait(struct sw_call *c, const struct sw_resource_type *type, struct sw_sid *ret,
			struct sw_error *err)
{
	struct sw_stored there;
	int failed = sw_call_new_sid(c, type->def->kind, ret, err);
	if (failed || !c->request || !sw_http_field(&c->request->head, "Strowger-Sid").p)
		return failed;
	failed = sw_resource_get_wait(c->task, c->core, type, c->account, *ret, &there);
	if (failed == SW_ENOTFOUND)
		return 0;
	return failed ? sw_fail_internal(err, failed)
		      : sw_fail(err, 20409, "%.*s is here already; change it instead.",
				SW_FMT(sw_sid_text(c->arena, *ret)));
}

static int commit_wait(struct sw_call *c, struct sw_txn *txn, struct sw_error *err)
{
	int failed = sw_call_commit_wait(c, txn, err);
	sw_cache_forget(sw_resource_cache_name(c->arena, c->endpoint->about, c->account));
	return failed;
}

int sw_resource_create(struct sw_call *c, struct sw_error *err)
{
	const struct sw_resource_type *type = c->endpoint->about;
	struct sw_sid above[SW_RESOURCE_LEVELS], sid;
	struct sw_id parent;
	int64_t now = sw_wall_us();
	int failed = enter_named_account_wait(c, type, err);
	if (failed)
		return failed;
	failed = new_sid_wait(c, type, &sid, err);
	if (failed)
		return failed;
	failed = enter_parents_wait(c, type, &parent, above);
	if (failed)
		return failed == SW_ENOTFOUND ? sw_call_not_found(c, err) : sw_fail_internal(err, failed);
	void *object = sw_resource_object(c->arena, type, c->account, sid, now, now);
	lay_over(type, c->args, SW_CREATE, object);
	fill_parents(c, type, above, object);
	fill_defaults(c, type, object);
	struct sw_resource_change change = change_of(c, NULL, object, NULL, parent);
	failed = check_wait(c, &change, err);
	if (failed)
		return failed;
	change.txn = sw_call_txn(c);
	sw_txn_trace(change.txn, sid.id);
	sw_resource_insert(c->arena, &change);
	c->result = object;
	c->changed = sid;
	c->changes = sw_resource_changes(c->arena, type, NULL, object);
	show_version(c, 1);
	failed = show_wait(c, &(struct sw_stored){ .object = object, .parent = parent }, err);
	return failed ? failed : commit_wait(c, change.txn, err);
}

int sw_resource_fetch(struct sw_call *c, struct sw_error *err)
{
	struct sw_stored stored;
	int failed = load_wait(c, &stored, err);
	if (failed)
		return failed;
	c->result = stored.object;
	show_version(c, stored.version);
	return show_wait(c, &stored, err);
}

/* As it is now, unless the caller means another version. */
static int load_to_change_wait(struct sw_call *c, struct sw_stored *ret, struct sw_error *err)
{
	int failed = load_wait(c, ret, err);
	return failed ? failed : check_version(c, ret->version, err);
}

static int update_once(struct sw_call *c, struct sw_error *err)
{
	const struct sw_resource_type *type = c->endpoint->about;
	struct sw_stored stored;
	int failed = load_to_change_wait(c, &stored, err);
	if (failed)
		return failed;
	void *object = sw_resource_object(c->arena, type, c->account, stored.sid, 0, 0);
	memcpy(object, stored.object, type->bytes);
	lay_over(type, c->args, SW_UPDATE, object);
	if (type->date_updated)
		*(int64_t *)(void *)((char *)object + type->date_updated->at) = sw_wall_us();
	struct sw_resource_change change = change_of(c, NULL, object, stored.object, stored.parent);
	failed = check_wait(c, &change, err);
	if (failed)
		return failed;
	change.txn = sw_call_txn(c);
	sw_resource_update(c->arena, &change, stored.version);
	c->result = object;
	c->changes = sw_resource_changes(c->arena, type, stored.object, object);
	failed = show_wait(c, &(struct sw_stored){ .object = object, .parent = stored.parent }, err);
	if (!failed)
		failed = commit_wait(c, change.txn, err);
	if (!failed)
		show_version(c, stored.version + 1);
	return failed;
}

int sw_resource_change(struct sw_call *c, struct sw_error *err)
{
	return sw_call_until_alone_wait(c, update_once, err);
}

static int remove_once(struct sw_call *c, struct sw_error *err)
{
	const struct sw_resource_type *type = c->endpoint->about;
	struct sw_stored stored;
	int failed = load_to_change_wait(c, &stored, err);
	if (failed)
		return failed;
	struct sw_txn *txn = sw_call_txn(c);
	const struct sw_resource_change change = change_of(c, txn, NULL, stored.object, stored.parent);
	sw_resource_delete(c->arena, &change, stored.version);
	if (type->has_children)
		sw_resource_cascade(txn, type, c->account, stored.sid);
	c->changes = sw_resource_changes(c->arena, type, stored.object, NULL);
	return commit_wait(c, txn, err);
}

int sw_resource_remove(struct sw_call *c, struct sw_error *err)
{
	return sw_call_until_alone_wait(c, remove_once, err);
}

/* ---- lists ---- */

static struct sw_str filter_text(struct sw_call *c, const struct sw_field *field)
{
	return field->flags & SW_INDEXED ? sw_resource_index_text(c->arena, field, c->args) : SW_STR_NULL;
}

/* Do the filters of such fields (SW_INDEXED: stored, SW_QUERY: filled in) let an object through? */
static bool is_asked_for(struct sw_call *c, const struct sw_resource_type *type, unsigned flags, const void *object)
{
	for (const struct sw_field *f = type->fields; f->name; f++) {
		struct sw_str value = f->flags & flags ? sw_resource_index_text(c->arena, f, c->args) : SW_STR_NULL;
		if (value.p && !sw_str_eq(value, sw_resource_index_text(c->arena, f, object)))
			return false;
	}
	return true;
}

/* The first filter went through resource_key; all are compared here, so a page may come out short. */
static int read_row(struct sw_call *c, struct sw_row row, void *result, struct sw_error *err)
{
	const struct sw_resource_type *type = c->endpoint->about;
	struct sw_stored stored;
	int failed = sw_resource_read(c->arena, c->core, type, c->account, row, &stored);
	if (failed)
		return sw_fail_internal(err, failed);
	if (!is_asked_for(c, type, SW_INDEXED, stored.object))
		return SW_ENOTFOUND;
	memcpy(result, stored.object, type->bytes);
	stored.object = result;
	failed = show_wait(c, &stored, err);
	return failed || is_asked_for(c, type, SW_QUERY, result) ? failed : SW_ENOTFOUND;
}

/* Columns of the two queries; the filtered one goes through resource_key. */
struct columns {
	const char *bucket, *account, *kind, *parent, *created, *updated;
};
static const struct columns plain_columns = {
	"bucket", "account_sid", "kind", "parent_sid", "created_us", "updated_us"
};
static const struct columns key_columns = { "k.bucket",     "k.account_sid", "k.kind",
					    "k.parent_sid", "r.created_us",  "r.updated_us" };

static void where_time(struct sw_query *query, const char *column, int64_t day, int64_t from, int64_t to)
{
	if (day != SW_NONE) {
		day -= day % DAY_US;
		sw_query_where(query, column, SW_OP_GE, SW_I(day));
		sw_query_where(query, column, SW_OP_LT, SW_I(day + DAY_US));
	}
	if (from != SW_NONE)
		sw_query_where(query, column, SW_OP_GE, SW_I(from));
	if (to != SW_NONE)
		sw_query_where(query, column, SW_OP_LE, SW_I(to));
}

static struct sw_query *query_of(struct sw_call *c, const struct sw_resource_type *type, struct sw_id parent)
{
	const struct sw_resource_args *args = args_of(c);
	const struct sw_field *by = type->fields;
	while (by->name && !filter_text(c, by).p)
		by++;
	const struct columns *at = by->name ? &key_columns : &plain_columns;
	struct sw_query *query = sw_query_new(c->arena, by->name ? &sw_resource_filtered : &sw_resource_list);
	sw_query_where(query, at->bucket, SW_OP_EQ, SW_I(c->account->bucket));
	sw_query_where(query, at->account, SW_OP_EQ, SW_ID(c->account->sid.id));
	sw_query_where(query, at->kind, SW_OP_EQ, SW_T(sw_resource_kind(type)));
	if (type->def->parent)
		sw_query_where(query, at->parent, SW_OP_EQ, SW_ID(parent));
	if (by->name) {
		sw_query_where(query, "k.field", SW_OP_EQ, SW_T(sw_str_of(by->name)));
		sw_query_where(query, "k.value", SW_OP_EQ, SW_T(filter_text(c, by)));
	}
	if (type->date_created && type->date_created->flags & SW_RANGE)
		where_time(query, at->created, args->created, args->created_from, args->created_to);
	if (type->date_updated && type->date_updated->flags & SW_RANGE)
		where_time(query, at->updated, args->updated, args->updated_from, args->updated_to);
	return query;
}

int sw_resource_list_all(struct sw_call *c, struct sw_error *err)
{
	const struct sw_resource_type *type = c->endpoint->about;
	struct sw_sid above[SW_RESOURCE_LEVELS];
	struct sw_id parent;
	int failed = enter_parents_wait(c, type, &parent, above);
	if (failed)
		return failed == SW_ENOTFOUND ? sw_call_not_found(c, err) : sw_fail_internal(err, failed);
	c->page.ascending = sw_str_is(args_of(c)->order, "asc");
	c->result = sw_arena_alloc(c->arena, type->bytes);
	return sw_call_list_wait(c, query_of(c, type, parent), type->def->kind, read_row, err);
}
