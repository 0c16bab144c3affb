#include "carrier/carrier_api.h"

#include "base/log.h"
#include "carrier/carrier_impl.h"
#include "core/number.h"

/* Set before the loops run, constant from then on. */
static struct sw_carrier *const *served;
static unsigned served_n;

void sw_carriers_serve(struct sw_carrier *const *carriers, unsigned n)
{
	served = carriers;
	served_n = n;
}

static struct sw_carrier *find(struct sw_str name)
{
	for (unsigned i = 0; i < served_n; i++)
		if (sw_str_is(name, sw_carrier_name(served[i])))
			return served[i];
	return NULL;
}

/* Carriers are the operator's: subaccounts neither see nor play them. */
static int check_operator(const struct sw_call *c, struct sw_error *err)
{
	return sw_sid_eq(c->account->owner, c->account->sid)
		       ? 0
		       : sw_fail(err, 20006, "Messages are simulated with a master account's credentials only.");
}

/* ---- what there is ---- */

struct carrier_view {
	struct sw_str name, scheme;
	int8_t up;
	int64_t places, in_use;
	int64_t submitted, accepted, refused, busy, unknown, late;
	int64_t receipts, repeated, held, unmatched;
};

#define COUNT(member, metric) offsetof(struct carrier_view, member), metric
static const struct {
	size_t at;
	enum sw_carrier_metric metric;
} counts[] = {
	{ COUNT(submitted, SW_CARRIER_SUBMITTED) }, { COUNT(accepted, SW_CARRIER_ACCEPTED) },
	{ COUNT(refused, SW_CARRIER_REFUSED) },     { COUNT(busy, SW_CARRIER_BUSY) },
	{ COUNT(unknown, SW_CARRIER_UNKNOWN) },     { COUNT(late, SW_CARRIER_LATE) },
	{ COUNT(receipts, SW_CARRIER_REPORTS) },    { COUNT(repeated, SW_CARRIER_REPORTS_AGAIN) },
	{ COUNT(held, SW_CARRIER_REPORTS_HELD) },   { COUNT(unmatched, SW_CARRIER_REPORTS_UNMATCHED) },
};

static void view(struct sw_carrier *carrier, struct carrier_view *ret)
{
	int places, taken;
	sw_carrier_places(carrier, &places, &taken);
	*ret = (struct carrier_view){
		.name = sw_str_of(sw_carrier_name(carrier)),
		.scheme = sw_str_of(sw_carrier_kind_of(carrier)->scheme),
		.up = sw_carrier_is_up(carrier),
		.places = places == SW_PLACES_UNLIMITED ? SW_NONE : places,
		.in_use = taken,
	};
	for (size_t i = 0; i < SW_COUNTOF(counts); i++)
		*(int64_t *)(void *)((char *)ret + counts[i].at) = atomic_load(&carrier->counts[counts[i].metric]);
}

static int list(struct sw_call *c, struct sw_error *err)
{
	int failed = sw_sid_eq(c->account->sid, c->core->operator_sid)
			     ? 0
			     : sw_fail(err, 20006, "Carriers are seen by the first account of the installation only.");
	for (unsigned i = 0; i < served_n && !failed; i++) {
		struct carrier_view row;
		view(served[i], &row);
		sw_call_add_row(c, &row);
	}
	return failed;
}

/* ---- what gateways tell us ---- */

struct hook_args {
	struct sw_str name;
};

static struct sw_str target_of(const struct sw_call *c)
{
	const struct sw_http_head *head = &c->request->head;
	return head->query.p ? sw_str_fmt(c->arena, "%.*s?%.*s", SW_FMT(head->path), SW_FMT(head->query)) : head->path;
}

/* Strangers can cause these lines. */
static void tell_refused(const struct sw_call *c, struct sw_str carrier, const char *what, struct sw_str why)
{
	static struct sw_log_turns turns;
	int64_t left_out;
	if (sw_log_turn(&turns, &left_out))
		sw_warn("carrier", what, SW_KS("carrier", carrier), SW_KS("path", c->path), SW_KS("why", why),
			SW_KI("left_out", left_out));
}

static int take_hook(struct sw_call *c, bool inbound, struct sw_error *err)
{
	const struct hook_args *args = c->args;
	struct sw_carrier *carrier = find(args->name);
	const struct sw_carrier_kind *kind = carrier ? sw_carrier_kind_of(carrier) : NULL;
	const struct sw_http_head *head = &c->request->head;
	const struct sw_carrier_hook hook = {
		.inbound = inbound,
		.authorization = sw_http_field(head, "Authorization"),
		.content_type = sw_http_field(head, "Content-Type"),
		.signature = sw_http_field(head, "X-Twilio-Signature"),
		.target = target_of(c),
		.body = c->request->body,
		.query = &c->filters,
	};
	struct sw_str said = SW_STR_NULL;
	int failed = kind && kind->hook ? kind->hook(sw_carrier_state(carrier), c->task, &hook, &said) : SW_ENOTFOUND;
	if (failed == SW_ENOTFOUND)
		return sw_call_not_found(c, err);
	if (failed == SW_EPERM || failed == SW_EINVAL)
		sw_carrier_count(carrier, SW_CARRIER_HOOKS_REFUSED, 1);
	if (failed == SW_EPERM && said.p)
		tell_refused(c, args->name, "what a gateway told us is refused", said);
	if (failed == SW_EPERM)
		return said.p ? sw_fail(err, 20006, "%.*s", SW_FMT(said)) : sw_fail(err, 20003, NULL);
	if (failed == SW_EINVAL) {
		tell_refused(c, args->name, "what a gateway told us cannot be read", said);
		return sw_fail(err, 20001, "%.*s", SW_FMT(said));
	}
	c->body = said;
	c->content_type = kind->hook_type ? sw_str_of(kind->hook_type) : SW_S("text/plain; charset=utf-8");
	return sw_fail_internal(err, failed);
}

static int receipts(struct sw_call *c, struct sw_error *err)
{
	return take_hook(c, false, err);
}

static int inbound(struct sw_call *c, struct sw_error *err)
{
	return take_hook(c, true, err);
}

/* ---- inbound messages played by hand ---- */

struct simulated {
	struct sw_str name, from, to, body;
};

static int simulate(struct sw_call *c, struct sw_error *err)
{
	const struct simulated *args = c->args;
	struct sw_carrier *carrier = find(args->name);
	struct sw_number number;
	int failed = check_operator(c, err);
	if (failed)
		return failed;
	if (!carrier || !sw_carrier_kind_of(carrier)->simulated)
		return sw_fail(err, 20404, "There is no simulated carrier %.*s", SW_FMT(args->name));
	failed = sw_number_find_wait(c->task, c->core, c->account, args->to, &number);
	if (failed == SW_ENOTFOUND)
		return sw_fail(err, 20001, "to: the account does not own the number %.*s", SW_FMT(args->to));
	const struct sw_inbound message = { args->from, args->to, args->body, .carrier = carrier };
	if (!failed)
		failed = sw_carrier_inbound_wait(c->task, carrier, &message);
	*(struct simulated *)c->result = *args;
	return sw_fail_internal(err, failed);
}

/* ---- tables ---- */

/* clang-format off */
#define NUMBER_OF(member) .type = SW_INT, SW_INT_AT(struct carrier_view, member)
static const struct sw_field carrier_fields[] = {
	{ .name = "name", .doc = "Its name in the settings.", .type = SW_STR, SW_TEXT_AT(struct carrier_view, name) },
	{ .name = "scheme", .doc = "Its kind.", .type = SW_STR, SW_TEXT_AT(struct carrier_view, scheme) },
	{ .name = "up", .doc = "Whether it takes messages at all now.", .type = SW_BOOL, SW_BOOL_AT(struct carrier_view, up) },
	{ .name = "places", .doc = "How many messages it takes at once; null: any number.", NUMBER_OF(places) },
	{ .name = "in_use", .doc = "How many it has: waiting, or handed over and not answered.", NUMBER_OF(in_use) },
	{ .name = "submitted", .doc = "Messages handed over since the start.", NUMBER_OF(submitted) },
	{ .name = "accepted", .doc = "Of these, taken by the network.", NUMBER_OF(accepted) },
	{ .name = "refused", .doc = "Refused for good.", NUMBER_OF(refused) },
	{ .name = "busy", .doc = "Put off: they were tried again.", NUMBER_OF(busy) },
	{ .name = "unknown", .doc = "Not answered.", NUMBER_OF(unknown) },
	{ .name = "late", .doc = "Answered after they had been given up.", NUMBER_OF(late) },
	{ .name = "receipts", .doc = "Delivery reports that came.", NUMBER_OF(receipts) },
	{ .name = "receipts_repeated", .doc = "Of these, known already.", NUMBER_OF(repeated) },
	{ .name = "receipts_held", .doc = "Came before the answer that names their message.", NUMBER_OF(held) },
	{ .name = "receipts_unmatched", .doc = "Their message was never found.", NUMBER_OF(unmatched) },
	{ 0 },
};
#define CARRIER_NAME(T, example_) { .name = "name", .doc = "The carrier's name in the settings.", .type = SW_STR, .flags = SW_PATH | SW_REQUIRED, SW_TEXT_AT(T, name), .min = 1, .max = 64, .used_by = "carrier", .example = example_ }
static const struct sw_field hook_params[] = {
	CARRIER_NAME(struct hook_args, "gateway"),
	{ 0 },
};
static const struct sw_field simulate_params[] = {
	CARRIER_NAME(struct simulated, "sim"),
	{ .name = "from", .doc = "Who sends it.", .type = SW_PHONE, .flags = SW_REQUIRED | SW_ANY_SENDER, SW_TEXT_AT(struct simulated, from), .used_by = "carrier", .example = "+14155550100" },
	{ .name = "to", .doc = "A number of the account.", .type = SW_PHONE, .flags = SW_REQUIRED, SW_TEXT_AT(struct simulated, to), .used_by = "carrier", .example = "+15005550006" },
	{ .name = "body", .doc = "What it says.", .type = SW_STR, .flags = SW_REQUIRED | SW_EMPTY_OK, SW_TEXT_AT(struct simulated, body), .max = 1600, .used_by = "carrier", .example = "Hello" },
	{ 0 },
};
static const struct sw_field simulate_fields[] = {
	{ .name = "from", .doc = "Who sent it.", .type = SW_STR, SW_TEXT_AT(struct simulated, from) },
	{ .name = "to", .doc = "The number that received it.", .type = SW_STR, SW_TEXT_AT(struct simulated, to) },
	{ .name = "body", .doc = "What it says.", .type = SW_STR, SW_TEXT_AT(struct simulated, body) },
	{ 0 },
};

#define HOOK SW_STYLE_NATIVE, .params = hook_params, .args_bytes = sizeof(struct hook_args), .status = 200, .flags = SW_OPEN | SW_RAW | SW_FREE_BODY, .rate_class = "write", .errors = SW_ERRORS(20003, 20006)
static const struct sw_endpoint endpoints[] = {
	{ "GET", "/v1/carriers", "ListCarriers", "List the carriers, what they take and what they did.", SW_STYLE_NATIVE, .fields = carrier_fields, .result_bytes = sizeof(struct carrier_view), .status = 200, .handler = list, .flags = SW_LIST | SW_OWN_CURSOR, .rate_class = "read" },
	{ "POST", "/v1/carriers/{name}/receipts", "ReceiveCarrierReceipts", "What a carrier's gateway says of delivery, in its own words and with its own secret.", HOOK, .handler = receipts, .example = "token=secret-of-the-gateway\nmessageId=0A0000000123ABCD1&status=delivered" },
	{ "GET", "/v1/carriers/{name}/receipts", "ReceiveCarrierReceiptsByGet", "The same in a query.", HOOK, .handler = receipts, .example = "token=secret-of-the-gateway&messageId=0A0000000123ABCD1&status=delivered" },
	{ "POST", "/v1/carriers/{name}/inbound", "ReceiveCarrierInbound", "A message that came over a carrier's gateway, in its own words and with its own secret.", HOOK, .handler = inbound, .example = "token=secret-of-the-gateway\nmsisdn=15005550010&to=15005550006&text=Hello" },
	{ "GET", "/v1/carriers/{name}/inbound", "ReceiveCarrierInboundByGet", "The same in a query.", HOOK, .handler = inbound, .example = "token=secret-of-the-gateway&msisdn=15005550010&to=15005550006&text=Hello" },
	{ "POST", "/v1/carriers/{name}/simulate", "SimulateInbound", "Play an inbound message of a simulated carrier.", SW_STYLE_NATIVE, .params = simulate_params, .args_bytes = sizeof(struct simulated), .fields = simulate_fields, .result_bytes = sizeof(struct simulated), .status = 201, .handler = simulate, .flags = SW_READS, .rate_class = "send" },
	{ 0 },
};
/* clang-format on */

const struct sw_module sw_carrier_module = { .name = "carrier", .group = "carriers", .endpoints = endpoints };
