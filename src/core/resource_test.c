#include "base/test.h"
#include "core/core_fixture.h"
#include "core/core_sql.h"
#include "core/resource.h"

/* clang-format off */
static const struct sw_field fields[] = {
	{ .name = "sid", .doc = "SID.", .type = SW_SID, .kinds = "WG" },
	{ .name = "account_sid", .doc = "Account.", .type = SW_SID, .kinds = "AC" },
	{ .name = "friendly_name", .doc = "Name.", .type = SW_STR, .flags = SW_WRITE | SW_INDEXED, .max = 64 },
	{ .name = "size", .doc = "Size.", .type = SW_INT, .flags = SW_WRITE | SW_INDEXED },
	{ .name = "tags", .doc = "Tags.", .type = SW_STRS, .flags = SW_WRITE, .max = 5 },
	{ .name = "date_created", .doc = "Created.", .type = SW_TIME },
	{ .name = "date_updated", .doc = "Updated.", .type = SW_TIME },
	{ .name = "uri", .doc = "URI.", .type = SW_PATTERN, .pattern = "/2010-04-01/Accounts/{account_sid}/Widgets/{sid}.json" },
	{ 0 },
};
/* clang-format on */

static int hooks_run;

static void created(const struct sw_resource_change *change)
{
	(void)change;
	hooks_run++;
}

static const struct sw_resource widget = {
	.name = "BigWidget",
	.plural = "widgets",
	.doc = "A widget.",
	.kind = "WG",
	.path = "/2010-04-01/Accounts/{AccountSid}/Widgets.json",
	.list_key = "widgets",
	.product = "api",
	.style = SW_STYLE_2010,
	.fields = fields,
	.created = created,
};

static void set_text(const struct sw_resource_type *type, void *object, const char *name, const char *text)
{
	*(struct sw_str *)(void *)((char *)object + sw_schema_find(type->fields, sw_str_of(name))->at) =
		sw_str_of(text);
}

static size_t indexed(struct sw_task *task, struct core_fixture *f, const char *field, const char *value)
{
	struct sw_rows rows;
	struct sw_query *query = sw_query_new(sw_task_arena(task), &sw_resource_filtered);
	const struct sw_page_key page = { .limit = 10 };
	sw_query_where(query, "k.bucket", SW_OP_EQ, SW_I(f->account.bucket));
	sw_query_where(query, "k.account_sid", SW_OP_EQ, SW_ID(f->account.sid.id));
	sw_query_where(query, "k.kind", SW_OP_EQ, SW_T(SW_S("WG")));
	sw_query_where(query, "k.field", SW_OP_EQ, SW_T(sw_str_of(field)));
	sw_query_where(query, "k.value", SW_OP_EQ, SW_T(sw_str_of(value)));
	sw_query_page(query, &page);
	SW_CHECK_INT(sw_query_run_wait(task, f->core.store, query, &rows), 0);
	return rows.n;
}

static struct sw_resource_change change_of(struct sw_task *task, struct core_fixture *f, void *object,
					   const void *before)
{
	return (struct sw_resource_change){
		.task = task,
		.core = &f->core,
		.account = &f->account,
		.type = f->user,
		.object = object,
		.before = before,
		.txn = sw_txn_new(f->core.store, sw_task_arena(task), f->account.bucket),
	};
}

static void live(struct sw_task *task, struct core_fixture *f)
{
	const struct sw_resource_type *type = f->user;
	struct sw_arena *arena = sw_task_arena(task);
	struct sw_sid sid = sw_sid_new("WG", f->account.bucket);
	void *object = sw_resource_object(arena, type, &f->account, sid, 5, 6);
	set_text(type, object, "friendly_name", "first");
	struct sw_resource_change change = change_of(task, f, object, NULL);
	sw_resource_insert(arena, &change);
	SW_CHECK_INT(sw_commit_wait(task, change.txn, NULL), 0);
	SW_CHECK_INT(hooks_run, 1);

	struct sw_stored stored, again;
	SW_CHECK_INT(sw_resource_get_wait(task, &f->core, type, &f->account, sid, &stored), 0);
	SW_CHECK_STR(sw_resource_text(type, stored.object, "friendly_name"), "first");
	SW_CHECK(sw_sid_eq(sw_resource_sid(type, stored.object), sid));
	SW_CHECK_INT(indexed(task, f, "friendly_name", "first"), 1);

	void *after = sw_resource_object(arena, type, &f->account, sid, 5, 7);
	set_text(type, after, "friendly_name", "second");
	change = change_of(task, f, after, stored.object);
	sw_resource_update(arena, &change, stored.version);
	SW_CHECK_INT(sw_commit_wait(task, change.txn, NULL), 0);
	SW_CHECK_INT(indexed(task, f, "friendly_name", "first"), 0);
	SW_CHECK_INT(indexed(task, f, "friendly_name", "second"), 1);

	struct sw_result result;
	change = change_of(task, f, after, stored.object);
	sw_resource_update(arena, &change, stored.version); /* of a version that is gone */
	SW_CHECK_INT(sw_commit_wait(task, change.txn, &result), SW_EGUARD);
	SW_CHECK_INT(result.code, SW_ECONFLICT);

	SW_CHECK_INT(sw_resource_get_wait(task, &f->core, type, &f->account, sid, &again), 0);
	change = change_of(task, f, NULL, stored.object);
	sw_resource_delete(arena, &change, stored.version);
	SW_CHECK_INT(sw_commit_wait(task, change.txn, &result), SW_EGUARD);
	SW_CHECK_INT(result.code, SW_ECONFLICT);
	change = change_of(task, f, NULL, again.object);
	sw_resource_delete(arena, &change, again.version);
	SW_CHECK_INT(sw_commit_wait(task, change.txn, NULL), 0);
	SW_CHECK_INT(indexed(task, f, "friendly_name", "second"), 0);
	SW_CHECK_INT(sw_resource_get_wait(task, &f->core, type, &f->account, sid, &again), SW_ENOTFOUND);
}

SW_TEST(a_declared_resource_lives_and_its_index_follows)
{
	struct core_fixture f;
	core_fixture_open(&f, NULL);
	const struct sw_resource_type *type = sw_resource_compile(f.arena, &widget);
	f.user = (void *)(uintptr_t)type;
	hooks_run = 0;
	core_fixture_run(&f, live);
	core_fixture_close(&f);
}
