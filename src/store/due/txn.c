/* Due rows in transactions. */
#include "store/due.h"

#include "base/random.h"
#include "store/driver.h"

/* due_us first, big-endian: ids sort as the rows fire. */
static struct sw_id draw_id(int64_t due_us)
{
	struct sw_id id;
	for (unsigned i = 0; i < 8; i++)
		id.b[i] = (uint8_t)((uint64_t)due_us >> (56 - 8 * i));
	sw_random_bytes(id.b + 8, 8);
	return id;
}

static struct sw_due_note *add_note(struct sw_txn *txn, const struct sw_due *due)
{
	struct sw_due_note *note = SW_ARENA_NEW(txn->arena, struct sw_due_note);
	note->due = *due;
	*txn->due_tail = note;
	txn->due_tail = &note->next;
	return note;
}

static struct sw_str ref_kind(const struct sw_due *due)
{
	return (struct sw_str){ due->ref_kind, due->ref_kind[0] ? sizeof(due->ref_kind) : 0 };
}

void sw_txn_due(struct sw_txn *txn, struct sw_due *due)
{
	SW_BUG_ON(due->due_us < 0 || !due->kind);
	due->bucket = txn->bucket;
	due->id = draw_id(due->due_us);
	struct sw_due_note *note = add_note(txn, due);
	struct sw_due *copy = &note->due;
	copy->data = sw_str_dup(txn->arena, due->data);
	copy->restored = false;
	(void)sw_txn_do(txn, &sw_store_sql[SW_SQL_DUE_INSERT], SW_GUARD_ONE, SW_ECONFLICT, SW_ID(copy->id),
			SW_I(copy->bucket), SW_I(copy->due_us), SW_T(sw_str_of(copy->kind->name)), SW_ID(copy->account),
			SW_T(ref_kind(copy)), SW_ID(copy->ref), SW_I(copy->kind->cancellable), SW_I(copy->attempt),
			SW_T(copy->data));
}

void sw_txn_due_done(struct sw_txn *txn, const struct sw_due *due)
{
	(void)sw_txn_do(txn, &sw_store_sql[SW_SQL_DUE_DONE], SW_GUARD_ONE, SW_ECONFLICT, SW_ID(due->id),
			SW_I(due->bucket));
}

static void move(struct sw_txn *txn, const struct sw_due *due, int64_t due_us, int64_t attempts, enum sw_store_sql sql)
{
	SW_BUG_ON(due_us < 0);
	struct sw_due_note *note = add_note(txn, due);
	struct sw_due *moved = &note->due;
	moved->due_us = due_us;
	moved->id = draw_id(due_us);
	memcpy(moved->id.b + 8, due->id.b + 8, 8); /* what names it to others stays over attempts */
	moved->attempt += attempts;
	moved->restored = false;
	moved->data = sw_str_dup(txn->arena, due->data);
	(void)sw_txn_do(txn, &sw_store_sql[sql], SW_GUARD_ONE, SW_ECONFLICT, SW_ID(due->id), SW_I(due->bucket),
			SW_ID(moved->id), SW_I(due_us));
}

void sw_txn_due_again(struct sw_txn *txn, const struct sw_due *due, int64_t due_us)
{
	move(txn, due, due_us, 1, SW_SQL_DUE_MOVE);
}

void sw_txn_due_later(struct sw_txn *txn, const struct sw_due *due, int64_t due_us)
{
	move(txn, due, due_us, 0, SW_SQL_DUE_LATER);
}

void sw_txn_due_cancel(struct sw_txn *txn, const struct sw_due_kind *kind, struct sw_id account, struct sw_id ref)
{
	SW_BUG_ON(!kind->cancellable);
	const struct sw_due due = { .bucket = txn->bucket, .kind = kind, .account = account, .ref = ref };
	add_note(txn, &due)->cancelled = true;
	(void)sw_txn_do(txn, &sw_store_sql[SW_SQL_DUE_CANCEL], SW_GUARD_ANY, 0, SW_I(txn->bucket), SW_ID(ref),
			SW_T(sw_str_of(kind->name)), SW_ID(account));
}
