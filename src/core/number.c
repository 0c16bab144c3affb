#include "core/cache.h"
#include "core/core_sql.h"
#include "core/number.h"
#include "loop/clock.h"
#include "loop/task.h"

const char *sw_number_kind(struct sw_str phone_number)
{
	char first = phone_number.n ? phone_number.p[0] : 0;
	return first == '+' ? "PN" : first >= '0' && first <= '9' ? "SC" : "AI";
}

void sw_number_read(struct sw_row row, struct sw_number *ret)
{
	*ret = (struct sw_number){
		.sid = sw_sid_of(sw_number_kind(sw_row_str(row, 2)), sw_row_id(row, 0)),
		.account = sw_sid_of("AC", sw_row_id(row, 1)),
		.phone_number = sw_row_str(row, 2),
		.friendly_name = sw_row_str(row, 3),
		.can_sms = sw_row_int(row, 4),
		.can_mms = sw_row_int(row, 5),
		.can_voice = sw_row_int(row, 6),
		.config = sw_row_str(row, 7),
		.version = sw_row_int(row, 8),
		.created_us = sw_row_int(row, 9),
		.updated_us = sw_row_int(row, 10),
	};
}

struct entry {
	struct sw_cached cached;
	struct sw_number number;
};

static int load_wait(struct sw_task *task, const struct sw_core *core, const struct sw_account *account,
		     struct sw_str phone_number, struct entry *entry)
{
	struct sw_rows rows;
	int err = sw_query_wait(task, core->store, &entry->cached.arena, CORE_SQL(SQL_NUMBER_FIND), &rows,
				SW_I(account->bucket), SW_ID(account->sid.id), SW_T(phone_number));
	if (err)
		return err;
	entry->cached.exists = rows.n == 1;
	if (rows.n == 1)
		sw_number_read(rows.row[0], &entry->number);
	return 0;
}

void sw_number_forget(struct sw_arena *arena, const struct sw_account *account, struct sw_str phone_number)
{
	sw_cache_forget(sw_cache_name(arena, account->sid, phone_number));
}

int sw_number_find_wait(struct sw_task *task, const struct sw_core *core, const struct sw_account *account,
			struct sw_str phone_number, struct sw_number *ret)
{
	struct sw_str name = sw_cache_name(sw_task_arena(task), account->sid, phone_number);
	const struct entry *found = sw_cache_find(task, name);
	if (!found) {
		struct entry *entry = SW_CACHE_NEW(struct entry, name);
		int err = load_wait(task, core, account, phone_number, entry);
		found = sw_cache_settle(task, name, entry, err);
		if (err)
			return err;
	}
	if (!found->cached.exists)
		return SW_ENOTFOUND;
	*ret = found->number;
	return 0;
}

int sw_number_get_wait(struct sw_task *task, const struct sw_core *core, const struct sw_account *account,
		       struct sw_sid sid, struct sw_number *ret)
{
	struct sw_rows rows;
	int err = sw_query_wait(task, core->store, sw_task_arena(task), CORE_SQL(SQL_NUMBER_GET), &rows,
				SW_I(account->bucket), SW_ID(account->sid.id), SW_ID(sid.id));
	if (err || rows.n == 0)
		return err ? err : SW_ENOTFOUND;
	sw_number_read(rows.row[0], ret);
	return sw_sid_eq(ret->sid, sid) ? 0 : SW_ENOTFOUND; /* a short code is no number */
}

struct sw_number sw_number_add(struct sw_arena *arena, struct sw_txn *txn, const struct sw_account *account,
			       struct sw_sid sid, struct sw_str phone_number, struct sw_str friendly_name, int taken)
{
	struct sw_str copy = sw_str_dup(arena, phone_number);
	const struct sw_number n = {
		.sid = sid,
		.account = account->sid,
		.phone_number = copy,
		.friendly_name = friendly_name.p ? friendly_name : copy,
		.config = SW_S("{}"),
		.can_sms = true,
		.can_mms = true,
		.can_voice = copy.n && copy.p[0] == '+',
		.version = 1,
		.created_us = sw_wall_us(),
		.updated_us = sw_wall_us(),
	};
	sw_txn_do(txn, CORE_SQL(SQL_DIRECTORY_PUT), SW_GUARD_ONE, taken, SW_T(SW_S("PN")), SW_B(copy),
		  SW_I(account->bucket), SW_ID(account->sid.id));
	sw_txn_do(txn, CORE_SQL(SQL_NUMBER_INSERT), SW_GUARD_ONE, taken, SW_I(account->bucket), SW_ID(account->sid.id),
		  SW_ID(n.sid.id), SW_T(copy), SW_T(n.friendly_name), SW_I(n.can_sms), SW_I(n.can_mms),
		  SW_I(n.can_voice), SW_T(n.config), SW_I(n.created_us));
	return n;
}

struct sw_sid sw_number_insert(struct sw_arena *arena, struct sw_txn *txn, const struct sw_account *account,
			       struct sw_str phone_number)
{
	struct sw_sid sid = sw_sid_new(sw_number_kind(phone_number), account->bucket);
	return sw_number_add(arena, txn, account, sid, phone_number, SW_STR_NULL, SW_EEXIST).sid;
}

void sw_number_remove(struct sw_txn *txn, const struct sw_number *n, const struct sw_account *account)
{
	sw_txn_do(txn, CORE_SQL(SQL_NUMBER_DELETE), SW_GUARD_ONE, SW_ENOTFOUND, SW_I(account->bucket),
		  SW_ID(account->sid.id), SW_ID(n->sid.id));
	sw_txn_do(txn, CORE_SQL(SQL_DIRECTORY_DROP), SW_GUARD_ANY, 0, SW_T(SW_S("PN")), SW_B(n->phone_number));
}
