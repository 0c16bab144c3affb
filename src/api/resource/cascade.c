/*
 * When a resource goes, what belonged to it follows: in batches, from the due queue, so that a parent of a million
 * children is gone at once and nobody waits.  Until the last one is gone its path does not lead to it any more, since
 * every path is walked from the outermost resource.
 */
#include "api/resource/resource_impl.h"
#include "core/core_sql.h"
#include "loop/clock.h"
#include "loop/task.h"

/* Types by the name of their kind; due rows outlive a process, so they name a kind and not a place in memory. */
static const struct sw_api *serving;

void sw_resource_serve(const struct sw_api *api)
{
	serving = api;
}

void sw_resource_cascade(struct sw_txn *txn, const struct sw_resource_type *type, const struct sw_account *account,
			 struct sw_sid parent)
{
	struct sw_due due = {
		.due_us = sw_wall_us(),
		.kind = &sw_resource_cascade_due,
		.account = account->sid.id,
		.ref_kind = { parent.kind[0], parent.kind[1] },
		.ref = parent.id,
		.data = sw_resource_kind(type),
	};
	sw_txn_due(txn, &due);
}

static int delete_children(struct sw_task *task, const struct sw_account *account, const struct sw_resource_type *type,
			   struct sw_txn *txn, const struct sw_rows *rows)
{
	struct sw_arena *arena = sw_task_arena(task);
	for (size_t i = 0; i < rows->n; i++) {
		struct sw_stored stored;
		int err = sw_resource_read(arena, serving->core, type, account, rows->row[i], &stored);
		if (err)
			return err;
		const struct sw_resource_change change = {
			.task = task,
			.core = serving->core,
			.account = account,
			.type = type,
			.before = stored.object,
			.parent = stored.parent,
			.txn = txn,
		};
		sw_resource_delete(arena, &change, stored.version);
		if (type->has_children)
			sw_resource_cascade(txn, type, account, stored.sid);
	}
	return 0;
}

/* One batch of one kind of children; 0 in *ret_n: there are none left. */
static int batch_wait(struct sw_task *task, const struct sw_account *account, const struct sw_due *due,
		      struct sw_txn *txn, size_t *ret_n)
{
	*ret_n = 0;
	for (size_t i = 0; i < serving->types_n && *ret_n == 0; i++) {
		const struct sw_resource_type *type = serving->types[i];
		struct sw_rows rows;
		if (!type->parent || !sw_str_eq(sw_resource_kind(type->parent), due->data))
			continue;
		int err = sw_query_wait(task, serving->core->store, sw_task_arena(task),
					CORE_SQL(SQL_RESOURCE_CHILDREN), &rows, SW_I(account->bucket),
					SW_ID(account->sid.id), SW_T(sw_resource_kind(type)), SW_ID(due->ref));
		if (!err)
			err = delete_children(task, account, type, txn, &rows);
		if (err)
			return err;
		*ret_n = rows.n;
	}
	return 0;
}

static int run(struct sw_task *task, struct sw_store *store, const struct sw_due *due)
{
	const struct sw_account *account;
	size_t n;
	int err = sw_account_get_wait(task, serving->core, sw_sid_of("AC", due->account), &account);
	if (err)
		return err;
	struct sw_txn *txn = sw_txn_new(store, sw_task_arena(task), due->bucket);
	err = batch_wait(task, account, due, txn, &n);
	if (err)
		return err;
	if (n)
		sw_txn_due_again(txn, due, sw_wall_us());
	else
		sw_txn_due_done(txn, due);
	return sw_commit_wait(task, txn, NULL);
}

const struct sw_due_kind sw_resource_cascade_due = { .name = "resource.cascade", .run = run, .max_running = 4 };
