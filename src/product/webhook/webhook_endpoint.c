/* Customers' endpoints over HTTP: how they do, and what may be set of them. */
#include "product/webhook/webhook.h"

#include "core/webhook/endpoint.h"
#include "loop/clock.h"
#include "loop/task.h"

static const char *const statuses[] = { "enabled", "disabled", NULL };
static const char *const reasons[] = { "failing", "gone", "requested", NULL };
static const char *const breakers[] = {
	[SW_HOOK_CLOSED] = "closed", [SW_HOOK_OPEN] = "open", [SW_HOOK_HALF_OPEN] = "half_open", NULL
};

struct endpoint {
	struct sw_sid id, account_sid;
	struct sw_str url, status, reason, breaker, notices;
	int64_t date_next_probe, date_failing_since, failures, requests, failed, success_percent, latency_p50_us,
		latency_p95_us, in_flight, rate, max_in_flight;
	int8_t strict_order;
};

/* clang-format off */
#define E struct endpoint
enum { RATE_MAX = 100000, IN_FLIGHT_MAX = 32 };
#define TIME(member, doc_) { .name = #member, .doc = doc_, .type = SW_TIME, SW_INT_AT(E, member) }
#define NUMBER(member, doc_) { .name = #member, .doc = doc_, .type = SW_INT, SW_INT_AT(E, member) }
static const struct sw_field fields[] = {
	{ .name = "id", .doc = "Identifier, made of the account and the URL.", .type = SW_SID, .kinds = SW_HOOK_SID, SW_SID_AT(E, id) },
	{ .name = "account_sid", .doc = "Account it belongs to.", .type = SW_SID, .kinds = "AC", SW_SID_AT(E, account_sid) },
	{ .name = "url", .doc = "Scheme, host, port and path; one with * for its path stands for all further ones of that host.", .type = SW_STR, SW_TEXT_AT(E, url) },
	{ .name = "status", .doc = "disabled: its callbacks are given up at once.", .type = SW_ENUM, .values = statuses, SW_TEXT_AT(E, status) },
	{ .name = "reason", .doc = "Why it is disabled: failing (five days), gone (it answered 410), requested.", .type = SW_ENUM, .values = reasons, SW_TEXT_AT(E, reason) },
	{ .name = "breaker", .doc = "open: its callbacks wait; half_open: one was let through.", .type = SW_ENUM, .values = breakers, SW_TEXT_AT(E, breaker) },
	TIME(date_next_probe, "When one callback is let through; null: the breaker is closed."),
	TIME(date_failing_since, "Since when its callbacks do nothing but fail; null: they do not."),
	NUMBER(failures, "Failures since then."),
	{ .name = "notices", .doc = "Hours of failing that were told of so far, of 1, 24 and 72.", .type = SW_JSON, SW_TEXT_AT(E, notices) },
	NUMBER(requests, "Requests of the last five to ten minutes."),
	NUMBER(failed, "Those of them that failed."),
	NUMBER(success_percent, "Share of them that did not fail; null: there were none."),
	NUMBER(latency_p50_us, "How long half of those that were answered took at most."),
	NUMBER(latency_p95_us, "How long 95 of 100 took at most."),
	NUMBER(in_flight, "Callbacks under way now."),
	NUMBER(rate, "Callbacks a second at most; null: as many as the host takes."),
	NUMBER(max_in_flight, "Callbacks under way at once at most; null: as many as the host takes."),
	{ .name = "strict_order", .doc = "Whether a callback that failed holds back those behind it about the same SID.", .type = SW_BOOL, SW_BOOL_AT(E, strict_order) },
	{ 0 },
};
#define ONE { .name = "id", .doc = "Identifier of the endpoint.", .type = SW_SID, .flags = SW_PATH, .kinds = SW_HOOK_SID, SW_SID_AT(E, id) }
static const struct sw_field one_params[] = { ONE, { 0 } };
static const struct sw_field update_params[] = {
	ONE,
	{ .name = "status", .doc = "enabled: as if it had never failed; disabled: its callbacks are given up.", .type = SW_ENUM, .values = statuses, SW_TEXT_AT(E, status), .used_by = "core.webhook" },
	{ .name = "rate", .doc = "Callbacks a second at most; 0: no limit.", .type = SW_INT, .min = 0, .max = RATE_MAX, SW_INT_AT(E, rate), .used_by = "core.webhook", .example = "50" },
	{ .name = "max_in_flight", .doc = "Callbacks under way at once at most, to 32; 0: as many as the host takes.", .type = SW_INT, .min = 0, .max = IN_FLIGHT_MAX, SW_INT_AT(E, max_in_flight), .used_by = "core.webhook" },
	{ .name = "strict_order", .doc = "true: a callback that failed holds back those behind it about the same SID, at most ten minutes.", .type = SW_BOOL, SW_BOOL_AT(E, strict_order), .used_by = "core.webhook" },
	{ 0 },
};
/* clang-format on */

static int64_t or_none(int64_t value)
{
	return value ? value : SW_NONE;
}

static struct sw_str notices_of(struct sw_arena *arena, unsigned given)
{
	struct sw_buf text = { .arena = arena };
	struct sw_json_out out = { .buf = &text };
	sw_json_array(&out);
	for (unsigned i = 0; i < SW_HOOK_NOTICES; i++)
		if (given & 1u << i)
			sw_json_int(&out, sw_hook_notice_h[i]);
	sw_json_end_array(&out);
	return sw_buf_str(&text);
}

static void show(struct sw_arena *arena, struct sw_hook *hook, struct endpoint *ret)
{
	struct sw_hook_summary sum = sw_hook_summary(hook, sw_wall_us());
	bool enabled = atomic_load(&hook->status) == SW_HOOK_ENABLED;
	int breaker = atomic_load(&hook->state);
	*ret = (struct endpoint){
		.id = sw_sid_of(SW_HOOK_SID, hook->id),
		.account_sid = sw_sid_of("AC", hook->account),
		.url = hook->url,
		.status = sw_str_of(statuses[!enabled]),
		.reason = enabled ? SW_STR_NULL : sw_str_of(sw_hook_status_name(hook)),
		.breaker = sw_str_of(breakers[breaker]),
		.notices = notices_of(arena, atomic_load(&hook->notices)),
		.date_next_probe = breaker == SW_HOOK_CLOSED ? SW_NONE : atomic_load(&hook->probe_us),
		.date_failing_since = or_none(atomic_load(&hook->failing_since_us)),
		.failures = atomic_load(&hook->failures),
		.requests = sum.requests,
		.failed = sum.failed,
		.success_percent = sum.requests ? (sum.requests - sum.failed) * 100 / sum.requests : SW_NONE,
		.latency_p50_us = or_none(sum.p50_us),
		.latency_p95_us = or_none(sum.p95_us),
		.in_flight = atomic_load(&hook->in_flight),
		.rate = or_none(atomic_load(&hook->rate)),
		.max_in_flight = or_none(atomic_load(&hook->max_in_flight)),
		.strict_order = atomic_load(&hook->strict_order),
	};
}

static int list(struct sw_call *c, struct sw_error *err)
{
	struct sw_sid after = { 0 };
	size_t n, size = (size_t)c->page.size;
	struct sw_hook **hooks = SW_ARENA_ARRAY(c->arena, struct sw_hook *, size + 1);
	struct endpoint row;
	if (c->page.cursor.p && sw_sid_parse(c->page.cursor, SW_HOOK_SID, &after))
		return sw_fail(err, 20001, "The cursor is not one that this server gave.");
	int failed = sw_hook_list_wait(c->task, c->core, c->account, after.id, size + 1, hooks, &n);
	if (failed)
		return sw_fail_internal(err, failed);
	for (size_t i = 0; i < n && i < size; i++) {
		show(c->arena, hooks[i], &row);
		sw_call_add_row(c, &row);
	}
	if (n > size)
		c->page.next = sw_sid_text(c->arena, sw_sid_of(SW_HOOK_SID, hooks[size - 1]->id));
	return 0;
}

static int find(struct sw_call *c, struct sw_sid id, struct sw_hook **ret, struct sw_error *err)
{
	int failed = sw_hook_get_wait(c->task, c->core, c->account, id.id, ret);
	if (failed == SW_ENOTFOUND)
		return sw_call_not_found(c, err);
	return sw_fail_internal(err, failed);
}

static int fetch(struct sw_call *c, struct sw_error *err)
{
	const struct endpoint *args = c->args;
	struct sw_hook *hook;
	int failed = find(c, args->id, &hook, err);
	if (!failed)
		show(c->arena, hook, c->result);
	return failed;
}

/* ---- changing ---- */

static void apply(struct sw_hook *hook, const struct endpoint *args)
{
	if (args->rate != SW_NONE)
		atomic_store(&hook->rate, args->rate);
	if (args->max_in_flight != SW_NONE)
		atomic_store(&hook->max_in_flight, args->max_in_flight);
	if (args->strict_order >= 0)
		atomic_store(&hook->strict_order, args->strict_order != 0);
	if (args->status.p && sw_str_is(args->status, "enabled"))
		sw_hook_enable(hook);
	else if (args->status.p)
		atomic_store(&hook->status, SW_HOOK_REQUESTED);
}

/* What the audit log tells of it. */
static struct sw_str changes_of(struct sw_call *c, const struct endpoint *args)
{
	struct sw_buf text = { .arena = c->arena };
	struct sw_json_out out = { .buf = &text };
	sw_json_object(&out);
	for (const struct sw_field *f = update_params + 1; f->name; f++)
		if (!sw_field_absent(f, args)) {
			sw_json_plain_key(&out, f->name);
			sw_field_render(f, update_params, SW_STYLE_NATIVE, SW_STR_NULL, args, &out);
		}
	sw_json_end_object(&out);
	return sw_buf_str(&text);
}

static int update(struct sw_call *c, struct sw_error *err)
{
	const struct endpoint *args = c->args;
	struct sw_hook *hook;
	int failed = find(c, args->id, &hook, err);
	if (failed)
		return failed;
	bool was = atomic_load(&hook->status) == SW_HOOK_ENABLED;
	apply(hook, args);
	bool is = atomic_load(&hook->status) == SW_HOOK_ENABLED;
	struct sw_txn *txn = sw_call_txn(c);
	sw_txn_hook_save(txn, hook);
	sw_txn_hook_event(txn, hook,
			  was == is ? "webhook.endpoint_updated"
			  : is      ? "webhook.endpoint_enabled"
				    : "webhook.endpoint_disabled");
	c->changed = args->id;
	c->changes = changes_of(c, args);
	show(c->arena, hook, c->result);
	return sw_call_commit_wait(c, txn, err);
}

/* clang-format off */
#define REPLY .fields = fields, .result_bytes = sizeof(E), .status = 200
const struct sw_endpoint webhook_endpoint_endpoints[] = {
	{ "GET", "/v1/webhooks/endpoints", "ListWebhookEndpoints", "List the account's endpoints that were asked since the start, or are remembered, and how they do.", .style = SW_STYLE_NATIVE, REPLY, .handler = list, .flags = SW_LIST | SW_OWN_CURSOR, .rate_class = "read" },
	{ "GET", "/v1/webhooks/endpoints/{id}", "GetWebhookEndpoint", "Show one endpoint.", .style = SW_STYLE_NATIVE, .params = one_params, .args_bytes = sizeof(E), REPLY, .handler = fetch, .rate_class = "read" },
	{ "PATCH", "/v1/webhooks/endpoints/{id}", "UpdateWebhookEndpoint", "Enable or disable an endpoint, and set its limits.", .style = SW_STYLE_NATIVE, .params = update_params, .args_bytes = sizeof(E), REPLY, .handler = update, .flags = SW_AUDIT, .rate_class = "write" },
	{ 0 },
};
/* clang-format on */
