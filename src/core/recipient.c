#include "core/recipient.h"

#include "core/cache.h"
#include "core/core_sql.h"
#include "loop/task.h"
#include "wire/phone/phone.h"

/* What a loop remembers of one account. */
struct entry {
	struct sw_cached cached;
	struct sw_str blocked; /* ",DE,FR," */
	bool opt_outs;         /* somebody opted out of something */
};

static struct sw_str name_of(struct sw_arena *arena, const struct sw_account *account)
{
	return sw_cache_name(arena, account->sid, SW_S("recipients"));
}

void sw_recipient_forget(struct sw_task *task, const struct sw_account *account)
{
	sw_cache_forget(name_of(sw_task_arena(task), account));
}

static int load_wait(struct sw_task *task, const struct sw_core *core, const struct sw_account *account,
		     struct entry *entry)
{
	struct sw_arena *arena = sw_task_arena(task);
	struct sw_buf blocked = { .arena = &entry->cached.arena };
	struct sw_rows rows;
	int err = sw_query_wait(task, core->store, arena, CORE_SQL(SQL_GEO_LIST), &rows, SW_I(account->bucket),
				SW_ID(account->sid.id));
	if (err)
		return err;
	sw_buf_add_char(&blocked, ',');
	for (size_t i = 0; i < rows.n; i++)
		sw_buf_add_fmt(&blocked, "%.*s,", SW_FMT(sw_row_str(rows.row[i], 0)));
	entry->blocked = sw_buf_str(&blocked);
	err = sw_query_wait(task, core->store, arena, CORE_SQL(SQL_CONSENT_ANY), &rows, SW_I(account->bucket),
			    SW_ID(account->sid.id));
	entry->opt_outs = !err && rows.n;
	return err;
}

static int find_wait(struct sw_task *task, const struct sw_core *core, const struct sw_account *account,
		     const struct entry **ret)
{
	struct sw_str name = name_of(sw_task_arena(task), account);
	*ret = sw_cache_find(task, name);
	if (*ret)
		return 0;
	struct entry *entry = SW_CACHE_NEW(struct entry, name);
	int err = load_wait(task, core, account, entry);
	*ret = sw_cache_settle(task, name, entry, err);
	return err;
}

int sw_geo_blocked_wait(struct sw_task *task, const struct sw_core *core, const struct sw_account *account,
			struct sw_str *ret)
{
	const struct entry *entry;
	int err = find_wait(task, core, account, &entry);
	*ret = err ? SW_STR_NULL : entry->blocked;
	return err;
}

static bool is_blocked(struct sw_str blocked, struct sw_str recipient)
{
	struct sw_phone phone;
	char word[] = ",??,";
	if (blocked.n <= 1 || sw_phone_parse(recipient, &phone) || !phone.region[0])
		return false;
	memcpy(word + 1, phone.region, 2);
	return sw_str_find(blocked, sw_str_of(word)) >= 0;
}

int sw_recipient_check_wait(struct sw_task *task, const struct sw_core *core, const struct sw_account *account,
			    struct sw_str sender, struct sw_str recipient)
{
	const struct entry *entry;
	struct sw_rows rows;
	int err = find_wait(task, core, account, &entry);
	if (err)
		return err;
	if (is_blocked(entry->blocked, recipient))
		return 21408;
	if (!entry->opt_outs)
		return 0;
	err = sw_query_wait(task, core->store, sw_task_arena(task), CORE_SQL(SQL_CONSENT_GET), &rows,
			    SW_I(account->bucket), SW_ID(account->sid.id), SW_T(recipient), SW_T(sender));
	if (err)
		return err;
	return rows.n && sw_row_int(rows.row[0], 0) ? 21610 : 0;
}

void sw_geo_set(struct sw_txn *txn, const struct sw_account *account, struct sw_str country, bool enabled)
{
	sw_txn_do(txn, enabled ? CORE_SQL(SQL_GEO_ALLOW) : CORE_SQL(SQL_GEO_BLOCK), SW_GUARD_ANY, 0,
		  SW_I(account->bucket), SW_ID(account->sid.id), SW_T(country));
}

void sw_consent_put(struct sw_txn *txn, const struct sw_account *account, const struct sw_consent *consent)
{
	sw_txn_do(txn, CORE_SQL(SQL_CONSENT_PUT), SW_GUARD_ANY, 0, SW_I(account->bucket), SW_ID(account->sid.id),
		  SW_T(consent->contact), SW_T(consent->sender), SW_I(consent->opted_out), SW_T(consent->source),
		  SW_I(consent->said_us));
}

void sw_contact_put(struct sw_txn *txn, const struct sw_account *account, struct sw_str contact, struct sw_str country,
		    struct sw_str zip_code)
{
	sw_txn_do(txn, CORE_SQL(SQL_CONTACT_PUT), SW_GUARD_ANY, 0, SW_I(account->bucket), SW_ID(account->sid.id),
		  SW_T(contact), SW_T(country), SW_T(zip_code.p ? zip_code : SW_S("")));
}
