/* The rules of changing a number. */
#include "product/number/number.h"

#include "core/core_sql.h"
#include "loop/clock.h"
#include "loop/task.h"
#include "wire/phone/phone.h"

/* Kept in the document: what can be updated, but the name, which is a column, and the owner. */
static bool is_config(const struct sw_field *field)
{
	return field->flags & SW_UPDATE && strcmp(field->name, "friendly_name") != 0 &&
	       strcmp(field->name, "target_account_sid") != 0;
}

struct sw_str number_config(struct sw_arena *arena, const struct number *number)
{
	struct sw_buf text = { .arena = arena };
	struct sw_json_out out = { .buf = &text };
	sw_json_object(&out);
	for (const struct sw_field *f = number_params; f->name; f++) {
		if (!is_config(f) || sw_field_absent(f, number))
			continue;
		sw_json_key(&out, sw_str_of(f->name));
		sw_field_render(f, number_params, SW_STYLE_STORED, SW_STR_NULL, number, &out);
	}
	sw_json_end_object(&out);
	return sw_buf_str(&text);
}

static void read_config(struct sw_arena *arena, struct sw_str config, struct number *ret)
{
	const struct sw_json *doc = NULL;
	struct sw_error ignored;
	if (sw_json_parse(arena, config, NULL, &doc, NULL))
		return;
	for (const struct sw_json *m = doc->child; m; m = m->next) {
		/* What the table no longer has, or no longer accepts, reads as absent. */
		const struct sw_field *field = sw_schema_find(number_params, m->name);
		if (field && is_config(field) && sw_field_parse_json(arena, field, m->name, m, false, ret, &ignored))
			continue;
	}
}

static void fill_defaults(struct sw_arena *arena, struct number *number)
{
	struct sw_error ignored;
	for (const struct sw_field *f = number_fields; f->name; f++)
		if (f->def && sw_field_absent(f, number))
			SW_BUG_ON(sw_field_parse(arena, f, SW_S("default"), sw_str_of(f->def), number, &ignored));
}

static struct sw_str type_of(struct sw_str e164)
{
	struct sw_phone phone;
	if (sw_phone_parse(e164, &phone))
		return SW_S("local");
	return phone.type == SW_PHONE_TOLL_FREE ? SW_S("toll-free")
	       : phone.type == SW_PHONE_MOBILE  ? SW_S("mobile")
						: SW_S("local");
}

static const char *word(bool yes)
{
	return yes ? "true" : "false";
}

void number_show(struct sw_arena *arena, const struct sw_number *row, struct number *ret)
{
	sw_schema_clear(number_fields, ret);
	ret->account_sid = row->account;
	ret->sid = row->sid;
	ret->target_account_sid = (struct sw_sid){ 0 };
	ret->phone_number = row->phone_number;
	ret->friendly_name = row->friendly_name;
	ret->date_created = row->created_us;
	ret->date_updated = row->updated_us;
	ret->type = type_of(row->phone_number);
	ret->capabilities = sw_str_fmt(arena, "{\"voice\":%s,\"sms\":%s,\"mms\":%s,\"fax\":false}",
				       word(row->can_voice), word(row->can_sms), word(row->can_mms));
	ret->capitals = sw_str_fmt(arena, "{\"Voice\":%s,\"SMS\":%s,\"MMS\":%s}", word(row->can_voice),
				   word(row->can_sms), word(row->can_mms));
	read_config(arena, row->config, ret);
	fill_defaults(arena, ret);
}

/* ---- checking ---- */

static int check_exists_wait(struct sw_call *c, struct sw_sid sid, int code, const char *what, struct sw_error *err)
{
	struct sw_rows rows;
	if (!sw_sid_given(sid))
		return 0;
	struct sw_str kind = sw_str_dup(c->arena, (struct sw_str){ sid.kind, 2 });
	int failed = sw_query_wait(c->task, c->core->store, c->arena, CORE_SQL(SQL_RESOURCE_GET), &rows,
				   SW_I(c->account->bucket), SW_ID(c->account->sid.id), SW_T(kind), SW_ID(sid.id));
	if (failed)
		return sw_fail_internal(err, failed);
	if (rows.n)
		return 0;
	return sw_fail(err, code, "There is no %s %.*s under this account.", what, SW_FMT(sw_sid_text(c->arena, sid)));
}

/* Kinds of resources that this server does not have cannot be referred to. */
static int check_unsupported(const struct number *args, struct sw_error *err)
{
	const struct {
		struct sw_sid sid;
		const char *what;
	} never[] = { { args->bundle_sid, "BundleSid" },
		      { args->identity_sid, "IdentitySid" },
		      { args->trunk_sid, "TrunkSid" } };
	for (size_t i = 0; i < SW_COUNTOF(never); i++)
		if (sw_sid_given(never[i].sid))
			return sw_fail(err, 20001,
				       "The parameter '%s' is not valid: this server has no such resources yet.",
				       never[i].what);
	if (sw_str_is(args->emergency_status, "Active"))
		return sw_fail(err, 20001,
			       "Emergency calling is not offered by this server, so EmergencyStatus cannot be Active.");
	return 0;
}

static int check_wait(struct sw_call *c, const struct number *args, struct sw_error *err)
{
	int failed = check_unsupported(args, err);
	if (!failed)
		failed = check_exists_wait(c, args->sms_application_sid, 22108, "application", err);
	if (!failed)
		failed = check_exists_wait(c, args->voice_application_sid, 22108, "application", err);
	if (!failed)
		failed = check_exists_wait(c, args->address_sid, 20001, "address", err);
	return failed ? failed : check_exists_wait(c, args->emergency_address_sid, 20001, "address", err);
}

/* The account the number is to go to; *ret stays NULL when it stays. */
static int find_target_wait(struct sw_call *c, const struct number *args, const struct sw_account **ret,
			    struct sw_error *err)
{
	struct sw_sid sid = args->target_account_sid;
	if (!sw_sid_given(sid) || sw_sid_eq(sid, c->account->sid))
		return 0;
	int failed = sw_account_get_wait(c->task, c->core, sid, ret);
	if (failed && failed != SW_ENOTFOUND)
		return sw_fail_internal(err, failed);
	/* Both must be the caller's: who acts for another account cannot take its numbers away. */
	if (failed || !sw_account_may(c->caller.account, c->account) || !sw_account_may(c->caller.account, *ret))
		return sw_fail(err, 20001, "AccountSid %.*s is neither this account nor one of its subaccounts.",
			       SW_FMT(sw_sid_text(c->arena, sid)));
	return sw_str_is((*ret)->status, "active")
		       ? 0
		       : sw_fail(err, 20001, "The account that AccountSid names is not active.");
}

/* ---- writing ---- */

/* Applications and addresses belong to the account that the number leaves. */
static void leave_behind(struct number *n)
{
	n->sms_application_sid = n->voice_application_sid = SW_SID_CLEARED;
	n->address_sid = n->emergency_address_sid = (struct sw_sid){ 0 };
}

static void move(struct sw_call *c, struct sw_txn *txn, const struct sw_number *row, const struct sw_account *to,
		 struct number *n)
{
	struct sw_str number = sw_str_dup(c->arena, row->phone_number), data;
	leave_behind(n);
	data = sw_str_fmt(c->arena, "{\"from\":\"%.*s\",\"to\":\"%.*s\"}",
			  SW_FMT(sw_sid_text(c->arena, c->account->sid)), SW_FMT(sw_sid_text(c->arena, to->sid)));
	sw_txn_do(txn, CORE_SQL(SQL_NUMBER_MOVE), SW_GUARD_ONE, SW_ECONFLICT, SW_I(c->account->bucket),
		  SW_ID(c->account->sid.id), SW_ID(n->sid.id), SW_I(row->version), SW_ID(to->sid.id),
		  SW_T(n->friendly_name), SW_T(number_config(c->arena, n)), SW_I(n->date_updated));
	sw_txn_do(txn, CORE_SQL(SQL_DIRECTORY_DROP), SW_GUARD_ONE, SW_ECONFLICT, SW_T(SW_S("PN")), SW_B(number));
	sw_txn_do(txn, CORE_SQL(SQL_DIRECTORY_PUT), SW_GUARD_ONE, SW_ECONFLICT, SW_T(SW_S("PN")), SW_B(number),
		  SW_I(to->bucket), SW_ID(to->sid.id));
	sw_event_add(txn, c->account->sid.id, n->sid, "phone_number.transferred", data);
	sw_event_add(txn, to->sid.id, n->sid, "phone_number.transferred", data);
	n->account_sid = to->sid;
}

int number_get_wait(struct sw_call *c, struct sw_number *ret, struct sw_error *err)
{
	const struct number *args = c->args;
	int failed = sw_number_get_wait(c->task, c->core, c->account, args->sid, ret);
	return failed == SW_ENOTFOUND ? sw_call_not_found(c, err) : sw_fail_internal(err, failed);
}

static void change(struct sw_call *c, struct sw_txn *txn, const struct sw_number *row, const struct number *n)
{
	struct sw_str config = number_config(c->arena, n);
	sw_txn_do(txn, CORE_SQL(SQL_NUMBER_UPDATE), SW_GUARD_ONE, SW_ECONFLICT, SW_I(c->account->bucket),
		  SW_ID(c->account->sid.id), SW_ID(n->sid.id), SW_I(row->version), SW_T(n->friendly_name), SW_T(config),
		  SW_I(n->date_updated));
	sw_event_add(txn, c->account->sid.id, n->sid,
		     n->sid.kind[0] == 'P' ? "phone_number.updated" : "short_code.updated", config);
}

static int update_once(struct sw_call *c, struct sw_error *err)
{
	const struct number *args = c->args;
	const struct sw_account *to = NULL;
	struct number *n = c->result;
	struct sw_number row;
	int failed = find_target_wait(c, args, &to, err);
	if (!failed)
		failed = number_get_wait(c, &row, err);
	if (failed)
		return failed;
	number_show(c->arena, &row, n);
	for (const struct sw_field *f = number_params; f->name; f++)
		if (f->flags & SW_UPDATE && !sw_field_absent(f, args))
			memcpy((char *)n + f->at, (const char *)args + f->at, sw_field_bytes(f));
	n->date_updated = sw_wall_us();
	struct sw_txn *txn = sw_call_txn(c);
	sw_txn_trace(txn, n->sid.id);
	if (to)
		move(c, txn, &row, to, n);
	else
		change(c, txn, &row, n);
	failed = sw_call_commit_wait(c, txn, err);
	if (!failed)
		sw_number_forget(c->arena, c->account, n->phone_number);
	if (!failed && to)
		sw_number_forget(c->arena, to, n->phone_number);
	return failed;
}

int number_update_wait(struct sw_call *c, struct sw_error *err)
{
	int failed = check_wait(c, c->args, err);
	return failed ? failed : sw_call_until_alone_wait(c, update_once, err);
}
