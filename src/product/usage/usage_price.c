/* The price book over HTTP: everybody reads what applies to him, the operator writes. */
#include "product/usage/usage.h"

#include "core/money/country.h"
#include "core/money/price.h"
#include "loop/clock.h"

/* Each product and what a unit of it is. */
static const char *const products[] = {
	"sms",          "mms",           "channel",          "call",         "call-toll-free", "trunk",
	"number-local", "number-mobile", "number-toll-free", "verification", "lookup",         NULL
};
static const char *const units[] = { "segment", "message", "message", "minute",       "minute", "minute",
				     "month",   "month",   "month",   "verification", "lookup" };
static const char *const directions[] = { "inbound", "outbound", "any", NULL };
static const char *const sources[] = { "operator", "default", NULL };

struct price {
	struct sw_sid sid, account_sid;
	struct sw_str product, unit, country, carrier, direction, currency, source;
	int64_t amount, valid_from, valid_until, date_created, date_updated;
};

/* clang-format off */
#define P struct price
#define AMOUNT { .name = "amount", .doc = "What a unit costs, a decimal number, not negative.", .type = SW_MICROS, .min = 4, SW_INT_AT(P, amount), .used_by = "price.find", .example = "0.0075"
#define CURRENCY { .name = "currency", .doc = "Must be the installation's currency.", .type = SW_STR, .max = 3, SW_TEXT_AT(P, currency), .used_by = "price.create" }
#define FROM { .name = "valid_from", .doc = "When it begins to count; absent: at once.", .type = SW_TIME, SW_INT_AT(P, valid_from), .used_by = "price.find" }
#define UNTIL { .name = "valid_until", .doc = "When it counts no more; absent: never.", .type = SW_TIME, SW_INT_AT(P, valid_until), .used_by = "price.find" }
#define ONE { .name = "sid", .doc = "SID of the row.", .type = SW_SID, .flags = SW_PATH, .kinds = "PI", SW_SID_AT(P, sid) }

const struct sw_field usage_price_fields[] = {
	{ .name = "sid", .doc = "Identifier of the row.", .type = SW_SID, .kinds = "PI", SW_SID_AT(P, sid) },
	{ .name = "account_sid", .doc = "Master account it is for; null: any.", .type = SW_SID, .kinds = "AC", SW_SID_AT(P, account_sid) },
	AMOUNT },
	{ .name = "carrier", .doc = "Carrier it is for; null: any.", .type = SW_STR, SW_TEXT_AT(P, carrier) },
	{ .name = "country", .doc = "Country it is for; null: any.", .type = SW_STR, SW_TEXT_AT(P, country) },
	{ .name = "currency", .doc = "Currency of the amount.", .type = SW_STR, SW_TEXT_AT(P, currency) },
	{ .name = "date_created", .doc = "When it was made; null: it is a default.", .type = SW_TIME, SW_INT_AT(P, date_created) },
	{ .name = "date_updated", .doc = "When it last changed.", .type = SW_TIME, SW_INT_AT(P, date_updated) },
	{ .name = "direction", .doc = "Which way it is for; null: both.", .type = SW_STR, SW_TEXT_AT(P, direction) },
	{ .name = "product", .doc = "What it is a price of.", .type = SW_ENUM, .values = products, SW_TEXT_AT(P, product) },
	{ .name = "source", .doc = "operator, or default: the program's own.", .type = SW_ENUM, .values = sources, SW_TEXT_AT(P, source) },
	{ .name = "unit", .doc = "What the amount is for: a segment, a message, a minute and so on.", .type = SW_STR, SW_TEXT_AT(P, unit) },
	{ .name = "valid_from", .doc = "When it began to count; null: always did.", .type = SW_TIME, SW_INT_AT(P, valid_from) },
	{ .name = "valid_until", .doc = "When it counts no more; null: never.", .type = SW_TIME, SW_INT_AT(P, valid_until) },
	{ 0 },
};

static const struct sw_field create_params[] = {
	{ .name = "product", .doc = "What it is a price of.", .type = SW_ENUM, .flags = SW_REQUIRED, .values = products, SW_TEXT_AT(P, product), .used_by = "price.find" },
	AMOUNT, .flags = SW_REQUIRED },
	CURRENCY,
	{ .name = "account_sid", .doc = "Master account it is for; absent: any.", .type = SW_SID, .kinds = "AC", SW_SID_AT(P, account_sid), .used_by = "price.find" },
	{ .name = "country", .doc = "Country it is for, two capital letters of ISO 3166; absent or any: any.", .type = SW_STR, .max = 3, SW_TEXT_AT(P, country), .used_by = "price.find", .example = "DE" },
	{ .name = "carrier", .doc = "Carrier it is for, by its configured name; absent or any: any.", .type = SW_STR, .max = 64, SW_TEXT_AT(P, carrier), .used_by = "price.find" },
	{ .name = "direction", .doc = "Which way it is for; absent or any: both.", .type = SW_ENUM, .values = directions, SW_TEXT_AT(P, direction), .used_by = "price.find" },
	FROM,
	UNTIL,
	{ 0 },
};
static const struct sw_field update_params[] = { ONE, AMOUNT }, CURRENCY, FROM, UNTIL, { 0 } };
static const struct sw_field one_params[] = { ONE, { 0 } };
static const struct sw_field list_params[] = {
	{ .name = "product", .doc = "Only prices of this product.", .type = SW_ENUM, .flags = SW_QUERY, .values = products, SW_TEXT_AT(P, product) },
	{ .name = "country", .doc = "Only rows for this country.", .type = SW_STR, .flags = SW_QUERY, .max = 3, SW_TEXT_AT(P, country) },
	{ .name = "carrier", .doc = "Only rows for this carrier.", .type = SW_STR, .flags = SW_QUERY, .max = 64, SW_TEXT_AT(P, carrier) },
	{ .name = "source", .doc = "Only the operator's rows, or only defaults.", .type = SW_ENUM, .flags = SW_QUERY, .values = sources, SW_TEXT_AT(P, source) },
	{ 0 },
};
/* clang-format on */

static int64_t or_none(int64_t value, int64_t none)
{
	return value == none ? SW_NONE : value;
}

static void show(const struct sw_call *c, const struct sw_price *row, struct price *ret)
{
	*ret = (struct price){
		.sid = row->sid,
		.account_sid = sw_id_is_zero(row->payer) ? usage_no_sid : sw_sid_of("AC", row->payer),
		.product = row->product,
		.country = row->country,
		.carrier = row->carrier,
		.direction = row->direction,
		.currency = c->core->currency,
		.source = sw_str_of(sources[row->version == 0]),
		.amount = row->micros,
		.valid_from = or_none(row->from_us, 0),
		.valid_until = or_none(row->until_us, SW_PRICE_FOREVER_US),
		.date_created = or_none(row->created_us, 0),
		.date_updated = or_none(row->updated_us, 0),
	};
	for (size_t i = 0; products[i]; i++)
		if (sw_str_is(row->product, products[i]))
			ret->unit = sw_str_of(units[i]);
}

/* ---- checks ---- */

static void any_is_absent(struct sw_str *text)
{
	if (sw_str_is(*text, "any"))
		*text = SW_STR_NULL;
}

static int check_amount(const struct sw_call *c, const struct price *args, struct sw_error *err)
{
	if (args->currency.p && !sw_str_eq(args->currency, c->core->currency))
		return sw_fail(err, 20001, "The parameter 'currency' must be %.*s, the installation's currency.",
			       SW_FMT(c->core->currency));
	if (args->amount != SW_NONE && (args->amount < 0 || args->amount > SW_PRICE_MAX_MICROS))
		return sw_fail(err, 20001, "The parameter 'amount' must be from 0 to 1000000.");
	return 0;
}

static int check_times(const struct sw_price *row, struct sw_error *err)
{
	return row->from_us < row->until_us
		       ? 0
		       : sw_fail(err, 20001, "The parameter 'valid_until' must be later than 'valid_from'.");
}

static int check_scope_wait(struct sw_call *c, const struct price *args, struct sw_error *err)
{
	const struct sw_account *payer;
	if (args->country.p && !sw_country_find(args->country))
		return sw_fail(err, 20001,
			       "The parameter 'country' is not valid: '%.*s' is not two capital letters of ISO 3166 "
			       "with phone numbers, nor any.",
			       SW_FMT(args->country));
	if (!sw_sid_given(args->account_sid))
		return 0;
	int failed = sw_account_get_wait(c->task, c->core, args->account_sid, &payer);
	if (failed && failed != SW_ENOTFOUND)
		return sw_fail_internal(err, failed);
	return !failed && sw_sid_eq(payer->sid, payer->owner)
		       ? 0
		       : sw_fail(err, 20001, "The parameter 'account_sid' is not a master account of this server.");
}

/* ---- handlers ---- */

static int commit(struct sw_call *c, struct sw_txn *txn, const struct sw_price *row, const char *type,
		  struct sw_error *err)
{
	struct sw_buf data = { .arena = c->arena };
	struct sw_json_out out = { .buf = &data };
	struct price shown;
	show(c, row, &shown);
	sw_json_object(&out);
	sw_schema_render(usage_price_fields, SW_STYLE_NATIVE, SW_S(""), &shown, &out);
	sw_json_end_object(&out);
	sw_event_add(txn, c->account->sid.id, row->sid, type, sw_buf_str(&data));
	int failed = sw_call_commit_wait(c, txn, err);
	sw_price_forget();
	if (failed == SW_EAPI && err->row->code == 20409)
		return sw_fail(err, 20409,
			       "Another row of the same product, account, country, carrier and direction is valid at "
			       "that time; end it first (valid_until).");
	return failed;
}

static int create(struct sw_call *c, struct sw_error *err)
{
	struct price *args = c->args;
	int failed = sw_call_operator_only(c, err);
	any_is_absent(&args->country);
	any_is_absent(&args->carrier);
	any_is_absent(&args->direction);
	if (!failed)
		failed = check_amount(c, args, err);
	if (!failed)
		failed = check_scope_wait(c, args, err);
	if (failed)
		return failed;
	const struct sw_price row = {
		.sid = sw_sid_new("PI", c->account->bucket),
		.product = args->product,
		.payer = args->account_sid.id,
		.country = args->country,
		.carrier = args->carrier,
		.direction = args->direction,
		.micros = args->amount,
		.from_us = args->valid_from == SW_NONE ? 0 : args->valid_from,
		.until_us = args->valid_until == SW_NONE ? SW_PRICE_FOREVER_US : args->valid_until,
		.created_us = sw_wall_us(),
		.updated_us = sw_wall_us(),
		.version = 1,
	};
	failed = check_times(&row, err);
	if (failed)
		return failed;
	struct sw_txn *txn = sw_call_txn(c);
	sw_price_insert(c->core, c->arena, txn, &row);
	show(c, &row, c->result);
	return commit(c, txn, &row, "price.created", err);
}

static bool may_see(const struct sw_call *c, const struct sw_price *row)
{
	return sw_id_is_zero(row->payer) || sw_id_eq(row->payer, c->account->owner.id) ||
	       sw_sid_eq(c->account->sid, c->core->operator_sid);
}

/* fresh: as the store has it, not half a second old. */
static int find(struct sw_call *c, bool fresh, struct sw_price *ret, struct sw_error *err)
{
	const struct price *args = c->args;
	const struct sw_price_book *book;
	const struct sw_price *rows;
	if (fresh)
		sw_price_forget();
	int failed = sw_price_book_wait(c->task, c->core, &book);
	size_t n = failed ? 0 : sw_price_book_rows(book, &rows);
	for (size_t i = 0; i < n; i++)
		if (sw_sid_eq(rows[i].sid, args->sid) && may_see(c, &rows[i])) {
			*ret = rows[i];
			return 0;
		}
	return failed ? sw_fail_internal(err, failed) : sw_call_not_found(c, err);
}

static int fetch(struct sw_call *c, struct sw_error *err)
{
	struct sw_price row;
	int failed = find(c, true, &row, err);
	if (!failed)
		show(c, &row, c->result);
	return failed;
}

static int find_own(struct sw_call *c, struct sw_price *ret, struct sw_error *err)
{
	int failed = sw_call_operator_only(c, err);
	if (!failed)
		failed = find(c, true, ret, err);
	if (!failed && ret->version == 0)
		return sw_fail(err, 20001,
			       "Defaults stay as they are; make a row of your own, which goes before them.");
	return failed;
}

static int update_once(struct sw_call *c, struct sw_error *err)
{
	const struct price *args = c->args;
	struct sw_price row;
	int failed = check_amount(c, args, err);
	if (!failed)
		failed = find_own(c, &row, err);
	if (failed)
		return failed;
	if (args->amount != SW_NONE)
		row.micros = args->amount;
	if (args->valid_from != SW_NONE)
		row.from_us = args->valid_from;
	if (args->valid_until != SW_NONE)
		row.until_us = args->valid_until;
	row.updated_us = sw_wall_us();
	failed = check_times(&row, err);
	if (failed)
		return failed;
	struct sw_txn *txn = sw_call_txn(c);
	sw_price_update(c->core, c->arena, txn, &row);
	show(c, &row, c->result);
	return commit(c, txn, &row, "price.updated", err);
}

static int update(struct sw_call *c, struct sw_error *err)
{
	return sw_call_until_alone_wait(c, update_once, err);
}

static int delete_one(struct sw_call *c, struct sw_error *err)
{
	struct sw_price row;
	int failed = find_own(c, &row, err);
	if (failed)
		return failed;
	struct sw_txn *txn = sw_call_txn(c);
	sw_price_delete(c->core, c->arena, txn, &row);
	return commit(c, txn, &row, "price.deleted", err);
}

static bool wanted(struct sw_str filter, struct sw_str value)
{
	return !filter.p || sw_str_eq(filter, value) || (sw_str_is(filter, "any") && !value.p);
}

static int list(struct sw_call *c, struct sw_error *err)
{
	const struct price *args = c->args;
	const struct sw_price_book *book;
	const struct sw_price *rows;
	struct sw_sid behind = { 0 };
	if (c->page.cursor.p && sw_sid_parse(c->page.cursor, "PI", &behind))
		return sw_fail(err, 20001, "The cursor is not one that this server gave.");
	int failed = sw_price_book_wait(c->task, c->core, &book);
	if (failed)
		return sw_fail_internal(err, failed);
	size_t n = sw_price_book_rows(book, &rows);
	for (size_t i = 0; i < n; i++) {
		struct price shown;
		show(c, &rows[i], &shown);
		if (!may_see(c, &rows[i]) || !wanted(args->product, shown.product) ||
		    !wanted(args->country, shown.country) || !wanted(args->carrier, shown.carrier) ||
		    !wanted(args->source, shown.source))
			continue;
		if (sw_sid_given(behind) && memcmp(rows[i].sid.id.b, behind.id.b, sizeof(behind.id.b)) >= 0)
			continue;
		if (c->page.rows == c->page.size) {
			c->page.next = sw_sid_text(c->arena, sw_sid_of("PI", c->page.last));
			break;
		}
		sw_call_add_row(c, &shown);
		c->page.last = rows[i].sid.id;
	}
	return 0;
}

/* clang-format off */
#define NATIVE .style = SW_STYLE_NATIVE
#define REPLY .fields = usage_price_fields, .result_bytes = sizeof(struct price)
#define ARGS(params_) .params = params_, .args_bytes = sizeof(struct price)

const struct sw_endpoint usage_price_endpoints[] = {
	{ "POST", "/v1/prices", "CreatePrice", "Add a row to the price book; the operator's.", NATIVE, ARGS(create_params), REPLY, .status = 201, .handler = create, .flags = SW_NO_KEYS | SW_AUDIT, .rate_class = "write" },
	{ "GET", "/v1/prices", "ListPrices", "List the prices that apply to the account, the operator's rows before the defaults.", NATIVE, ARGS(list_params), REPLY, .status = 200, .handler = list, .flags = SW_LIST | SW_OWN_CURSOR, .rate_class = "read" },
	{ "GET", "/v1/prices/{sid}", "GetPrice", "Fetch a row of the price book.", NATIVE, ARGS(one_params), REPLY, .status = 200, .handler = fetch, .rate_class = "read" },
	{ "PATCH", "/v1/prices/{sid}", "UpdatePrice", "Change what a row asks from now on, or when it counts; the operator's.", NATIVE, ARGS(update_params), REPLY, .status = 200, .handler = update, .flags = SW_NO_KEYS | SW_AUDIT, .rate_class = "write" },
	{ "DELETE", "/v1/prices/{sid}", "DeletePrice", "Take a row out of the price book; the operator's.", NATIVE, ARGS(one_params), .status = 204, .handler = delete_one, .flags = SW_NO_KEYS | SW_AUDIT, .rate_class = "write" },
	{ 0 },
};
/* clang-format on */
