/*
 * Senders: whatever an account may put into From.  Numbers come to accounts by contracts with carriers, which no API
 * knows of, so whoever runs the server says what belongs to whom.
 */
#include "product/number/number.h"

#include "core/core_sql.h"
#include "loop/task.h"
#include "wire/phone/phone.h"

struct sender {
	struct sw_sid sid, account_sid;
	struct sw_str sender, friendly_name;
	int64_t date_created, date_updated;
};

/* clang-format off */
#define S struct sender
#define KINDS "PN,SC,AI"
#define OF { .name = "account_sid", .doc = "The account; the caller's by default, any for the operator.", .type = SW_SID, .kinds = "AC", SW_SID_AT(S, account_sid), .used_by = "number.sender" }
#define ONE { .name = "sid", .doc = "SID of the sender.", .type = SW_SID, .flags = SW_PATH, .kinds = KINDS, SW_SID_AT(S, sid) }
static const struct sw_field create_params[] = {
	OF,
	{ .name = "sender", .doc = "A number in E.164, a short code, a name of at most 11 characters, or a channel address.", .type = SW_PHONE, .flags = SW_REQUIRED | SW_ANY_SENDER, SW_TEXT_AT(S, sender), .used_by = "message.create", .example = "+4915112345678" },
	{ .name = "friendly_name", .doc = "A name for people; the sender by default.", .type = SW_STR, SW_TEXT_AT(S, friendly_name), .max = 64, .used_by = "number.list", .example = "Our shop" },
	{ 0 },
};
static const struct sw_field one_params[] = { OF, ONE, { 0 } };
static const struct sw_field list_params[] = {
	OF,
	{ .name = "sender", .doc = "Only this one.", .type = SW_STR, .flags = SW_QUERY, SW_TEXT_AT(S, sender), .max = 64, .column = "phone_number" },
	{ .name = "friendly_name", .doc = "Only those of this name.", .type = SW_STR, .flags = SW_QUERY, SW_TEXT_AT(S, friendly_name), .max = 64, .column = "friendly_name" },
	{ 0 },
};
static const struct sw_field fields[] = {
	{ .name = "sid", .doc = "Identifier: PN of a number, SC of a short code, AI of a name.", .type = SW_SID, .kinds = KINDS, SW_SID_AT(S, sid) },
	{ .name = "account_sid", .doc = "Account that owns it.", .type = SW_SID, .kinds = "AC", SW_SID_AT(S, account_sid) },
	{ .name = "sender", .doc = "What stands in From.", .type = SW_STR, SW_TEXT_AT(S, sender) },
	{ .name = "friendly_name", .doc = "Its name for people.", .type = SW_STR, SW_TEXT_AT(S, friendly_name) },
	{ .name = "date_created", .doc = "When the account got it.", .type = SW_TIME, SW_INT_AT(S, date_created) },
	{ .name = "date_updated", .doc = "When it last changed.", .type = SW_TIME, SW_INT_AT(S, date_updated) },
	{ 0 },
};
/* clang-format on */

static void show(const struct sw_number *n, struct sender *ret)
{
	*ret = (struct sender){
		.sid = n->sid,
		.account_sid = n->account,
		.sender = n->phone_number,
		.friendly_name = n->friendly_name,
		.date_created = n->created_us,
		.date_updated = n->updated_us,
	};
}

/* The account named becomes the call's; others than the operator name their own and their subaccounts'. */
static int enter(struct sw_call *c, struct sw_error *err)
{
	const struct sender *args = c->args;
	const struct sw_account *account = c->account;
	if (!sw_sid_given(args->account_sid))
		return 0;
	if (!sw_sid_eq(c->caller.account->sid, c->core->operator_sid))
		return sw_call_enter_wait(c, args->account_sid, err);
	int failed = sw_account_get_wait(c->task, c->core, args->account_sid, &account);
	if (failed == SW_ENOTFOUND)
		return sw_fail(err, 20404, "There is no account %.*s.",
			       SW_FMT(sw_sid_text(c->arena, args->account_sid)));
	c->account = account;
	return sw_fail_internal(err, failed);
}

static int operator_only(struct sw_call *c, struct sw_error *err)
{
	int failed = sw_call_operator_only(c, err);
	return failed ? failed : enter(c, err);
}

/* The sender is somebody's, or the SID that the operator chose is another sender's. */
static int taken_wait(struct sw_call *c, struct sw_sid sid, struct sw_error *err)
{
	const struct sender *args = c->args;
	struct sw_number other;
	int failed = sw_number_get_wait(c->task, c->core, c->account, sid, &other);
	if (!failed && !sw_str_eq(other.phone_number, args->sender))
		return sw_fail(err, 20409, "%.*s is the SID of %.*s already.", SW_FMT(sw_sid_text(c->arena, sid)),
			       SW_FMT(other.phone_number));
	if (failed && failed != SW_ENOTFOUND)
		return sw_fail_internal(err, failed);
	return sw_fail(err, 20409, "The sender %.*s belongs to an account already.", SW_FMT(args->sender));
}

static int create(struct sw_call *c, struct sw_error *err)
{
	const struct sender *args = c->args;
	struct sw_sid sid;
	int failed = operator_only(c, err);
	if (!failed)
		failed = sw_call_new_sid(c, sw_number_kind(args->sender), &sid, err);
	if (failed)
		return failed;
	if (sw_str_is(c->account->status, "closed"))
		return sw_fail(err, 20005, "The account is closed.");
	struct sw_txn *txn = sw_call_txn(c);
	struct sw_number row = sw_number_add(c->arena, txn, c->account, sid, args->sender, args->friendly_name, 20409);
	sw_txn_trace(txn, row.sid.id);
	sw_event_add(txn, c->account->sid.id, row.sid, "sender.created",
		     sw_str_fmt(c->arena, "{\"sender\":\"%.*s\"}", SW_FMT(args->sender)));
	show(&row, c->result);
	failed = sw_call_commit_wait(c, txn, err);
	if (failed && err->row && err->row->code == 20409 && !err->detail[0])
		return taken_wait(c, sid, err);
	sw_number_forget(c->arena, c->account, args->sender);
	return failed;
}

static int load(struct sw_call *c, struct sw_number *ret, struct sw_error *err)
{
	const struct sender *args = c->args;
	int failed = sw_number_get_wait(c->task, c->core, c->account, args->sid, ret);
	return failed == SW_ENOTFOUND ? sw_call_not_found(c, err) : sw_fail_internal(err, failed);
}

static int fetch(struct sw_call *c, struct sw_error *err)
{
	struct sw_number row;
	int failed = enter(c, err);
	if (!failed)
		failed = load(c, &row, err);
	if (!failed)
		show(&row, c->result);
	return failed;
}

static int take_away(struct sw_call *c, struct sw_error *err)
{
	struct sw_number row;
	int failed = operator_only(c, err);
	if (!failed)
		failed = load(c, &row, err);
	if (failed)
		return failed;
	struct sw_txn *txn = sw_call_txn(c);
	sw_number_remove(txn, &row, c->account);
	sw_event_add(txn, c->account->sid.id, row.sid, "sender.deleted",
		     sw_str_fmt(c->arena, "{\"sender\":\"%.*s\"}", SW_FMT(row.phone_number)));
	failed = sw_call_commit_wait(c, txn, err);
	sw_number_forget(c->arena, c->account, row.phone_number);
	return failed;
}

static int read_row(struct sw_call *c, struct sw_row row, void *result, struct sw_error *err)
{
	struct sw_number number;
	(void)c;
	(void)err;
	sw_number_read(row, &number);
	show(&number, result);
	return 0;
}

static int list(struct sw_call *c, struct sw_error *err)
{
	struct sw_query *query = sw_query_new(c->arena, &sw_number_list);
	int failed = enter(c, err);
	if (failed)
		return failed;
	sw_query_where(query, "bucket", SW_OP_EQ, SW_I(c->account->bucket));
	sw_query_where(query, "account_sid", SW_OP_EQ, SW_ID(c->account->sid.id));
	sw_call_where(c, query);
	return sw_call_list_wait(c, query, "PN", read_row, err);
}

/* clang-format off */
#define NATIVE .style = SW_STYLE_NATIVE, .args_bytes = sizeof(S)
#define REPLY .fields = fields, .result_bytes = sizeof(S)
const struct sw_endpoint number_sender_endpoints[] = {
	{ "POST", "/v1/senders", "CreateSender", "Give an account a sender; for the operator.", NATIVE, .params = create_params, REPLY, .status = 201, .handler = create, .flags = SW_NO_KEYS | SW_AUDIT, .rate_class = "write" },
	{ "GET", "/v1/senders", "ListSenders", "List an account's senders.", NATIVE, .params = list_params, REPLY, .status = 200, .handler = list, .flags = SW_LIST, .rate_class = "read" },
	{ "GET", "/v1/senders/{sid}", "GetSender", "Fetch a sender.", NATIVE, .params = one_params, REPLY, .status = 200, .handler = fetch, .rate_class = "read" },
	{ "DELETE", "/v1/senders/{sid}", "DeleteSender", "Take a sender away; for the operator.", NATIVE, .params = one_params, .status = 204, .handler = take_away, .flags = SW_NO_KEYS | SW_AUDIT, .rate_class = "write" },
	{ 0 },
};
/* clang-format on */
