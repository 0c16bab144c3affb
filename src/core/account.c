#include "core/account.h"
#include "core/core_sql.h"
#include "core/idempotency.h"
#include "core/money/ledger.h"
#include "core/number.h"
#include "loop/clock.h"
#include "loop/task.h"

/* ---- reading rows ---- */

static int unseal(const struct sw_core *core, struct sw_arena *arena, struct sw_sid about, struct sw_str sealed,
		  struct sw_str *ret)
{
	char text[SW_SID_CHARS];
	return sw_unseal(arena, core->seal_key, sw_sid_format(about, text), sealed, ret);
}

struct sw_str sw_secret_seal(const struct sw_core *core, struct sw_arena *arena, struct sw_sid about,
			     struct sw_str secret)
{
	char text[SW_SID_CHARS];
	return sw_seal(arena, core->seal_key, sw_sid_format(about, text), secret);
}

struct sw_str sw_secret_new(struct sw_arena *arena)
{
	struct sw_sid drawn = sw_sid_random("XX");
	return sw_str_from(sw_sid_text(arena, drawn), 2);
}

int sw_account_read(const struct sw_core *core, struct sw_arena *arena, struct sw_row row, struct sw_account *ret)
{
	*ret = (struct sw_account){
		.sid = sw_sid_of("AC", sw_row_id(row, 0)),
		.bucket = (int)sw_row_int(row, 1),
		.owner = sw_sid_of("AC", sw_row_id(row, 2)),
		.friendly_name = sw_str_dup(arena, sw_row_str(row, 3)),
		.status = sw_str_dup(arena, sw_row_str(row, 4)),
		.type = sw_str_dup(arena, sw_row_str(row, 5)),
		.created_us = sw_row_int(row, 7),
		.updated_us = sw_row_int(row, 8),
		.tier = sw_str_dup(arena, sw_row_str(row, 10)),
		.auto_idempotency_s = sw_row_int(row, 11),
		.first_call_us = sw_row_null(row, 12) ? INT64_MIN : sw_row_int(row, 12),
	};
	int err = unseal(core, arena, ret->sid, sw_row_str(row, 6), &ret->token);
	struct sw_str second = sw_row_str(row, 9);
	return err || !second.p ? err : unseal(core, arena, ret->sid, second, &ret->secondary_token);
}

int sw_account_fresh_wait(struct sw_task *task, const struct sw_core *core, struct sw_arena *arena, int64_t bucket,
			  struct sw_id account, struct sw_account *ret)
{
	struct sw_rows rows;
	int err = sw_query_wait(task, core->store, sw_task_arena(task), CORE_SQL(SQL_ACCOUNT_GET), &rows, SW_I(bucket),
				SW_ID(account));
	if (err || rows.n == 0)
		return err ? err : SW_ENOTFOUND;
	return sw_account_read(core, arena, rows.row[0], ret);
}

int sw_key_read(const struct sw_core *core, struct sw_arena *arena, struct sw_row row, struct sw_api_key *ret)
{
	*ret = (struct sw_api_key){
		.sid = sw_sid_of("SK", sw_row_id(row, 0)),
		.account = sw_sid_of("AC", sw_row_id(row, 1)),
		.friendly_name = sw_str_dup(arena, sw_row_str(row, 2)),
		.created_us = sw_row_int(row, 4),
		.updated_us = sw_row_int(row, 5),
	};
	if (sw_row_str(row, 6).p)
		ret->policy = sw_str_dup(arena, sw_row_str(row, 6));
	return unseal(core, arena, ret->sid, sw_row_str(row, 3), &ret->secret);
}

int sw_oauth_app_read(const struct sw_core *core, struct sw_arena *arena, struct sw_row row, struct sw_oauth_app *ret)
{
	*ret = (struct sw_oauth_app){
		.sid = sw_sid_of("OQ", sw_row_id(row, 0)),
		.account = sw_sid_of("AC", sw_row_id(row, 1)),
		.type = sw_str_dup(arena, sw_row_str(row, 2)),
		.friendly_name = sw_str_dup(arena, sw_row_str(row, 3)),
		.description = sw_str_dup(arena, sw_row_str(row, 4)),
		.created_by = sw_str_dup(arena, sw_row_str(row, 5)),
		.policy = sw_str_dup(arena, sw_row_str(row, 7)),
		.token_ttl_s = sw_row_int(row, 8),
		.created_us = sw_row_int(row, 9),
	};
	return unseal(core, arena, ret->sid, sw_row_str(row, 6), &ret->secret);
}

/* ---- making ---- */

void sw_account_insert(const struct sw_core *core, struct sw_arena *arena, struct sw_txn *txn, int64_t opening_micros,
		       const struct sw_account *a)
{
	struct sw_str token = sw_secret_seal(core, arena, a->sid, a->token);
	sw_txn_do(txn, CORE_SQL(SQL_DIRECTORY_PUT), SW_GUARD_ONE, SW_EEXIST, SW_T(SW_S("AC")), SW_ID(a->sid.id),
		  SW_I(a->bucket), SW_ID(a->sid.id));
	sw_txn_do(txn, CORE_SQL(SQL_ACCOUNT_INSERT), SW_GUARD_ONE, SW_EEXIST, SW_I(a->bucket), SW_ID(a->sid.id),
		  SW_ID(a->owner.id), SW_T(a->friendly_name), SW_T(a->status), SW_T(a->type), SW_B(token),
		  SW_I(a->created_us));
	if (!sw_sid_eq(a->sid, a->owner))
		return;
	sw_txn_do(txn, CORE_SQL(SQL_BALANCE_INSERT), SW_GUARD_ONE, SW_EEXIST, SW_I(a->bucket), SW_ID(a->sid.id),
		  SW_I(0), SW_T(core->currency));
	sw_ledger_credit(txn, a, &(struct sw_ledger_entry){ sw_sid_new("LE", a->bucket), "opening", opening_micros });
	sw_idempotency_begin_sweep(txn, a);
}

static int find_first_now(const struct sw_core *core, struct sw_arena *arena, struct sw_sid sid, struct sw_account *ret)
{
	struct sw_rows rows;
	int err = sw_query_now(core->store, arena, CORE_SQL(SQL_DIRECTORY_GET), &rows, SW_T(SW_S("AC")), SW_ID(sid.id));
	if (err || rows.n == 0)
		return err ? err : SW_ENOTFOUND;
	err = sw_query_now(core->store, arena, CORE_SQL(SQL_ACCOUNT_GET), &rows, SW_I(sw_row_int(rows.row[0], 0)),
			   SW_ID(sid.id));
	if (err || rows.n == 0)
		return err ? err : SW_ENOTFOUND;
	return sw_account_read(core, arena, rows.row[0], ret);
}

static int make_first_now(const struct sw_core *core, struct sw_arena *arena, struct sw_sid sid, struct sw_str token,
			  struct sw_account *ret)
{
	static const char *const numbers[] = { "+15005550006", "+15005550010" };
	if (!sw_sid_given(sid))
		sid = sw_sid_random("AC");
	*ret = (struct sw_account){
		.sid = sid,
		.owner = sid,
		.bucket = sw_sid_account_bucket(sid.id),
		.friendly_name = SW_S("First account"),
		.status = SW_S("active"),
		.type = SW_S("Full"),
		.token = token.n ? token : sw_secret_new(arena),
		.created_us = sw_wall_us(),
		.updated_us = sw_wall_us(),
	};
	struct sw_txn *txn = sw_txn_new(core->store, arena, ret->bucket);
	sw_account_insert(core, arena, txn, core->opening_micros, ret);
	for (size_t i = 0; i < SW_COUNTOF(numbers); i++)
		sw_number_insert(arena, txn, ret, sw_str_of(numbers[i]));
	sw_txn_do(txn, CORE_SQL(SQL_SETTING_PUT), SW_GUARD_ANY, 0, SW_T(SW_S("first_account")),
		  SW_T(sw_sid_text(arena, sid)));
	return sw_commit_now(txn, NULL);
}

static int replace_token_now(const struct sw_core *core, struct sw_arena *arena, struct sw_account *account,
			     struct sw_str token)
{
	account->token = token;
	struct sw_txn *txn = sw_txn_new(core->store, arena, account->bucket);
	sw_txn_do(txn, CORE_SQL(SQL_ACCOUNT_TOKEN), SW_GUARD_ONE, SW_ENOTFOUND, SW_I(account->bucket),
		  SW_ID(account->sid.id), SW_I(sw_wall_us()), SW_B(sw_secret_seal(core, arena, account->sid, token)));
	return sw_commit_now(txn, NULL);
}

int sw_account_bootstrap_now(const struct sw_core *core, struct sw_arena *arena, struct sw_str sid_text,
			     struct sw_str token, struct sw_account *ret, bool *ret_created, struct sw_str *ret_why)
{
	struct sw_sid sid = { 0 };
	struct sw_rows rows;
	*ret_why = SW_S("the store refused");
	if (sid_text.n && sw_sid_parse(sid_text, "AC", &sid)) {
		*ret_why = SW_S("STROWGER_ACCOUNT_SID must be AC and 32 hex digits");
		return SW_EINVAL;
	}
	int err = sw_query_now(core->store, arena, CORE_SQL(SQL_SETTING_GET), &rows, SW_T(SW_S("first_account")));
	if (err)
		return err;
	if (!sw_sid_given(sid) && rows.n && sw_sid_parse(sw_row_str(rows.row[0], 0), "AC", &sid))
		return SW_ECORRUPT;
	bool taken = rows.n > 0;
	err = sw_sid_given(sid) ? find_first_now(core, arena, sid, ret) : SW_ENOTFOUND;
	*ret_created = err == SW_ENOTFOUND;
	if (err == SW_ENOTFOUND && taken) {
		*ret_why = sw_str_fmt(arena,
				      "this store was made for account %.*s: give that SID, or none, or another store",
				      SW_FMT(sw_row_str(rows.row[0], 0)));
		return SW_EEXIST;
	}
	if (err == SW_ENOTFOUND)
		return make_first_now(core, arena, sid, token, ret);
	if (err == SW_ECORRUPT)
		*ret_why = SW_S("the auth token cannot be opened: the installation key is not the one this store was "
				"made with");
	if (err == 0 && token.n && !sw_str_eq(token, ret->token))
		err = replace_token_now(core, arena, ret, token);
	return err;
}
