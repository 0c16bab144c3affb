/* The ledger and the operator's credit over HTTP. */
#include "product/usage/usage.h"
#include "product/usage/usage_count.h"

#include "core/core_sql.h"
#include "core/money/ledger.h"
#include "loop/clock.h"
#include "loop/task.h"

enum { CURSOR_SID_CHARS = 32 };
static const int64_t credit_max_micros = INT64_C(1000000000) * 1000000;

struct entry {
	struct sw_sid account_sid, price_sid, spent_by;
	struct sw_str sid, reason, currency, reference;
	int64_t amount, quantity, unit_amount, date_created;
};

struct list_args {
	struct sw_str sid;
};

struct credit {
	struct sw_sid sid, account_sid;
	struct sw_str currency, reference, note;
	int64_t amount, date_created;
};

/* clang-format off */
#define E struct entry
static const struct sw_field entry_fields[] = {
	{ .name = "account_sid", .doc = "Account that pays.", .type = SW_SID, .kinds = "AC", SW_SID_AT(E, account_sid) },
	{ .name = "amount", .doc = "What the balance changed by; negative: spent.", .type = SW_MICROS, .min = 4, SW_INT_AT(E, amount) },
	{ .name = "currency", .doc = "Currency of the amount.", .type = SW_STR, SW_TEXT_AT(E, currency) },
	{ .name = "date_created", .doc = "When it was entered.", .type = SW_TIME, SW_INT_AT(E, date_created) },
	{ .name = "price_sid", .doc = "Row of the price book that set the price; null: none, as for credit.", .type = SW_SID, .kinds = "PI", SW_SID_AT(E, price_sid) },
	{ .name = "price_unit_amount", .doc = "What that row asked for a unit.", .type = SW_MICROS, .min = 4, SW_INT_AT(E, unit_amount) },
	{ .name = "price_quantity", .doc = "How many units.", .type = SW_INT, SW_INT_AT(E, quantity) },
	{ .name = "reason", .doc = "opening, message, refund or credit; once for each SID.", .type = SW_STR, SW_TEXT_AT(E, reason) },
	{ .name = "reference", .doc = "The operator's reference of a credit.", .type = SW_STR, SW_TEXT_AT(E, reference) },
	{ .name = "sid", .doc = "What was paid or given back: a message, or the credit itself.", .type = SW_STR, SW_TEXT_AT(E, sid) },
	{ .name = "spent_by", .doc = "Account that caused it: the payer or one of its subaccounts.", .type = SW_SID, .kinds = "AC", SW_SID_AT(E, spent_by) },
	{ 0 },
};
static const struct sw_field list_params[] = {
	{ .name = "sid", .doc = "Only entries about this SID.", .type = SW_STR, .flags = SW_QUERY, SW_TEXT_AT(struct list_args, sid), .max = SW_SID_CHARS },
	{ 0 },
};

#define C struct credit
static const struct sw_field credit_params[] = {
	{ .name = "account_sid", .doc = "Account to credit. A subaccount has no money of its own: named here, the master account that pays for it gets the credit. Absent: the operator's own.", .type = SW_SID, .kinds = "AC", SW_SID_AT(C, account_sid), .used_by = "credit.create" },
	{ .name = "amount", .doc = "What to put on the balance, a decimal number; negative: what to take back, at most what is there.", .type = SW_MICROS, .flags = SW_REQUIRED, .min = 2, SW_INT_AT(C, amount), .used_by = "credit.create", .example = "10.00" },
	{ .name = "currency", .doc = "Must be the installation's currency.", .type = SW_STR, .max = 3, SW_TEXT_AT(C, currency), .used_by = "credit.create" },
	{ .name = "reference", .doc = "Your own name for it, such as an invoice's number: once for each account, so that repeating does no harm.", .type = SW_STR, .flags = SW_REQUIRED, .min = 1, .max = 100, SW_TEXT_AT(C, reference), .used_by = "credit.create", .example = "invoice 4711" },
	{ .name = "note", .doc = "What it is for, at most 200 characters.", .type = SW_STR, .max = 200, SW_TEXT_AT(C, note), .used_by = "credit.created event" },
	{ 0 },
};
static const struct sw_field credit_fields[] = {
	{ .name = "sid", .doc = "Identifier, also of its ledger entry.", .type = SW_SID, .kinds = "LE", SW_SID_AT(C, sid) },
	{ .name = "account_sid", .doc = "Master account that got it.", .type = SW_SID, .kinds = "AC", SW_SID_AT(C, account_sid) },
	{ .name = "amount", .doc = "What was put on the balance.", .type = SW_MICROS, .min = 2, SW_INT_AT(C, amount) },
	{ .name = "currency", .doc = "Its currency.", .type = SW_STR, SW_TEXT_AT(C, currency) },
	{ .name = "date_created", .doc = "When it was given.", .type = SW_TIME, SW_INT_AT(C, date_created) },
	{ .name = "note", .doc = "What it is for.", .type = SW_STR, SW_TEXT_AT(C, note) },
	{ .name = "reference", .doc = "The operator's own name for it.", .type = SW_STR, SW_TEXT_AT(C, reference) },
	{ 0 },
};
/* clang-format on */

/* ---- the ledger ---- */

/* A cursor is 32 hex digits and the reason of the last entry shown. */
static int read_cursor(struct sw_str text, struct sw_id *ret_sid, struct sw_str *ret_reason)
{
	struct sw_sid sid;
	char with_kind[SW_SID_CHARS] = { 'L', 'E' };
	if (text.n <= CURSOR_SID_CHARS)
		return SW_EINVAL;
	memcpy(with_kind + 2, text.p, CURSOR_SID_CHARS);
	int err = sw_sid_parse((struct sw_str){ with_kind, sizeof(with_kind) }, "LE", &sid);
	if (err)
		return err;
	*ret_sid = sid.id;
	*ret_reason = sw_str_from(text, CURSOR_SID_CHARS);
	return 0;
}

static struct sw_str write_cursor(struct sw_arena *arena, struct sw_row row)
{
	struct sw_str sid = sw_sid_text(arena, sw_sid_of("LE", sw_row_id(row, 0)));
	return sw_str_fmt(arena, "%.*s%.*s", SW_FMT(sw_str_from(sid, 2)), SW_FMT(sw_row_str(row, 1)));
}

/* Entries from before there was a price book say neither kind nor price. */
static void show_entry(const struct sw_call *c, struct sw_row row, struct entry *ret)
{
	struct sw_str kind = sw_row_str(row, 5), reason = sw_row_str(row, 1);
	const char *old_kind = sw_str_is(reason, "opening") ? "AC" : "SM";
	int64_t quantity = sw_row_int(row, 7), micros = sw_row_int(row, 2);
	bool priced = quantity > 0 && !sw_row_null(row, 6);
	*ret = (struct entry){
		.sid = sw_sid_text(c->arena, sw_sid_of(kind.n == 2 ? kind.p : old_kind, sw_row_id(row, 0))),
		.account_sid = c->account->owner,
		.price_sid = priced ? sw_sid_of("PI", sw_row_id(row, 6)) : usage_no_sid,
		.spent_by = sw_sid_of("AC", sw_row_id(row, 3)),
		.reason = reason,
		.currency = c->core->currency,
		.reference = sw_row_str(row, 8),
		.amount = micros,
		.quantity = priced ? quantity : SW_NONE,
		.unit_amount = priced ? (micros < 0 ? -micros : micros) / quantity : SW_NONE,
		.date_created = sw_row_int(row, 4),
	};
}

static int list(struct sw_call *c, struct sw_error *err)
{
	const struct list_args *args = c->args;
	struct sw_sid about = { 0 };
	struct sw_id from;
	struct sw_str reason = SW_S("");
	memset(from.b, 0xff, sizeof(from.b));
	if (args->sid.p && sw_sid_parse(args->sid, NULL, &about))
		return sw_fail(err, 20001,
			       "The parameter 'sid' is not valid: '%.*s' is not a SID (two letters and 32 hex digits).",
			       SW_FMT(args->sid));
	if (args->sid.p) {
		from = about.id;
		reason = SW_S("~"); /* behind every reason */
	}
	if (c->page.cursor.p && read_cursor(c->page.cursor, &from, &reason))
		return sw_fail(err, 20001, "The cursor is not one that this server gave.");
	bool master = sw_sid_eq(c->account->sid, c->account->owner); /* a subaccount sees what it spent itself */
	struct sw_rows rows;
	int failed = sw_query_wait(c->task, c->core->store, c->arena, CORE_SQL(SQL_LEDGER_PAGE), &rows,
				   SW_I(c->account->bucket), SW_ID(c->account->owner.id), SW_ID(from), SW_T(reason),
				   master ? SW_NULL : SW_ID(c->account->sid.id), SW_I(c->page.size + 1));
	if (failed)
		return sw_fail_internal(err, failed);
	for (size_t i = 0; i < rows.n; i++) {
		struct entry entry;
		if (args->sid.p && !sw_id_eq(sw_row_id(rows.row[i], 0), about.id))
			break;
		if (c->page.rows == c->page.size) {
			c->page.next = write_cursor(c->arena, rows.row[i - 1]);
			break;
		}
		show_entry(c, rows.row[i], &entry);
		sw_call_add_row(c, &entry);
	}
	return 0;
}

/* ---- credit ---- */

static int check_credit(const struct sw_call *c, const struct credit *args, struct sw_error *err)
{
	int failed = sw_call_operator_only(c, err);
	if (failed)
		return failed;
	if (args->currency.p && !sw_str_eq(args->currency, c->core->currency))
		return sw_fail(err, 20001, "The parameter 'currency' must be %.*s, the installation's currency.",
			       SW_FMT(c->core->currency));
	if (args->amount == 0 || args->amount > credit_max_micros || args->amount < -credit_max_micros)
		return sw_fail(err, 20001,
			       "The parameter 'amount' must be at most 1000000000, or its negative, and not 0.");
	return 0;
}

/* The master account that pays for the one named becomes the call's: credit stands in its bucket. */
static int enter_payer_wait(struct sw_call *c, const struct credit *args, struct sw_error *err)
{
	const struct sw_account *account = c->account;
	int failed = 0;
	if (sw_sid_given(args->account_sid))
		failed = sw_account_get_wait(c->task, c->core, args->account_sid, &account);
	if (!failed)
		failed = sw_account_get_wait(c->task, c->core, account->owner, &account);
	if (failed == SW_ENOTFOUND)
		return sw_fail(err, 20001, "The parameter 'account_sid' is not an account of this server.");
	c->account = account;
	return sw_fail_internal(err, failed);
}

static int find_credit_wait(struct sw_call *c, const struct credit *args, struct credit *ret, bool *ret_found,
			    struct sw_error *err)
{
	struct sw_rows rows;
	int failed = sw_query_wait(c->task, c->core->store, c->arena, CORE_SQL(SQL_CREDIT_GET), &rows,
				   SW_I(c->account->bucket), SW_ID(c->account->sid.id), SW_T(args->reference));
	if (failed)
		return sw_fail_internal(err, failed);
	*ret_found = rows.n > 0;
	if (!rows.n)
		return 0;
	ret->sid = sw_sid_of("LE", sw_row_id(rows.row[0], 0));
	ret->amount = sw_row_int(rows.row[0], 1);
	ret->note = sw_row_str(rows.row[0], 2);
	ret->date_created = sw_row_int(rows.row[0], 3);
	return ret->amount == args->amount
		       ? 0
		       : sw_fail(err, 20409, "The reference '%.*s' was used before, for another amount.",
				 SW_FMT(args->reference));
}

static int give_wait(struct sw_call *c, const struct credit *args, struct credit *result, struct sw_error *err)
{
	struct sw_txn *txn = sw_call_txn(c);
	bool back = args->amount < 0;
	const struct sw_ledger_entry entry = {
		.sid = result->sid,
		.reason = "credit",
		.micros = back ? -args->amount : args->amount,
	};
	sw_txn_do(txn, CORE_SQL(SQL_CREDIT_INSERT), SW_GUARD_ONE, SW_EEXIST, SW_I(c->account->bucket),
		  SW_ID(c->account->sid.id), SW_T(args->reference), SW_ID(result->sid.id), SW_I(args->amount),
		  SW_T(result->note), SW_I(result->date_created));
	if (back)
		sw_ledger_debit(txn, c->account, &entry, SW_ELIMIT);
	else
		sw_ledger_credit(txn, c->account, &entry);
	struct sw_buf data = { .arena = c->arena };
	struct sw_json_out out = { .buf = &data };
	sw_json_object(&out);
	sw_schema_render(credit_fields, SW_STYLE_NATIVE, SW_S(""), result, &out);
	sw_json_end_object(&out);
	sw_event_add(txn, c->account->sid.id, result->sid, "credit.created", sw_buf_str(&data));
	return sw_call_commit_wait(c, txn, err);
}

static int create_credit(struct sw_call *c, struct sw_error *err)
{
	const struct credit *args = c->args;
	struct credit *result = c->result;
	bool found = false;
	int failed = check_credit(c, args, err);
	if (!failed)
		failed = enter_payer_wait(c, args, err);
	if (failed)
		return failed;
	*result = *args;
	result->sid = sw_sid_new("LE", c->account->bucket);
	result->account_sid = c->account->sid;
	result->currency = c->core->currency;
	result->note = args->note.p ? args->note : SW_S("");
	result->date_created = sw_wall_us();
	failed = find_credit_wait(c, args, result, &found, err);
	if (failed || found)
		return failed;
	failed = give_wait(c, args, result, err);
	if (failed == SW_ELIMIT)
		return sw_fail(err, 20001,
			       args->amount > 0 ? "The balance of %.*s is too large for more credit."
						: "The balance of %.*s is less than that; take back what is left.",
			       SW_FMT(sw_sid_text(c->arena, c->account->sid)));
	return failed == SW_EEXIST ? find_credit_wait(c, args, result, &found, err) : failed;
}

/* clang-format off */
const struct sw_endpoint usage_ledger_endpoints[] = {
	{ "GET", "/v1/ledger", "ListLedger", "List what changed the balance of the account that pays, newest first.", SW_STYLE_NATIVE, NULL, list_params, sizeof(struct list_args), entry_fields, sizeof(struct entry), 200, list, .flags = SW_LIST | SW_OWN_CURSOR, .rate_class = "read" },
	{ "POST", "/v1/credits", "CreateCredit", "Put money on the balance of an account, or take it back; the operator's, once by reference.", SW_STYLE_NATIVE, NULL, credit_params, sizeof(struct credit), credit_fields, sizeof(struct credit), 201, create_credit, .flags = SW_NO_KEYS | SW_AUDIT, .rate_class = "write" },
	{ 0 },
};
/* clang-format on */

static const struct sw_endpoint *const more[] = { usage_ledger_endpoints, usage_record_endpoints,
						  usage_pricing_endpoints, NULL };
static const struct sw_resource *const resources[] = { &usage_trigger, NULL };

static const struct sw_field fired_data[] = {
	SW_EVENT_TEXT("usage_category", "What was watched."),
	SW_EVENT_TEXT("trigger_value", "Value at which it fires."),
	SW_EVENT_TEXT("current_value", "Value that was reached."),
	{ 0 },
};
static const struct sw_event_row events[] = {
	{ "usage.trigger.fired", "Usage reached the value of a trigger.", fired_data, NULL,
	  "Strowger.UsageTriggerFired" },
	{ "credit.created", "The operator put something on the balance, or took it back.", credit_fields, NULL, NULL },
	{ "price.created", "The operator added a row to the price book.", usage_price_fields, NULL, NULL },
	{ "price.updated", "The operator changed a price.", usage_price_fields, NULL, NULL },
	{ "price.deleted", "The operator removed a price.", usage_price_fields, NULL, NULL },
	{ 0 },
};

const struct sw_module usage_module = { .name = "usage",
					.endpoints = usage_price_endpoints,
					.more = more,
					.resources = resources,
					.sql = &usage_sql_table,
					.events = events };
