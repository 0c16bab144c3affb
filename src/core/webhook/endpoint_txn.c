/* What becomes of an endpoint, in transactions: its row and its events. */
#include "base/buf.h"
#include "base/time.h"
#include "core/core_sql.h"
#include "core/webhook.h"
#include "core/webhook/endpoint.h"
#include "loop/clock.h"
#include "wire/json/json.h"

void sw_txn_hook_save(struct sw_txn *txn, struct sw_hook *hook)
{
	const char *reason = sw_hook_status_name(hook);
	bool enabled = atomic_load(&hook->status) == SW_HOOK_ENABLED;
	sw_txn_do(txn, CORE_SQL(SQL_HOOK_PUT), SW_GUARD_ONE, SW_ECONFLICT, SW_I(hook->bucket), SW_ID(hook->account),
		  SW_ID(hook->id), SW_T(hook->url), SW_T(enabled ? SW_S("enabled") : SW_S("disabled")),
		  SW_T(sw_str_of(reason)), SW_I(atomic_load(&hook->failing_since_us)),
		  SW_I(atomic_load(&hook->failures)), SW_I(atomic_load(&hook->notices)), SW_I(atomic_load(&hook->rate)),
		  SW_I(atomic_load(&hook->max_in_flight)), SW_I(atomic_load(&hook->strict_order)), SW_I(sw_wall_us()));
}

static void add_time(struct sw_json_out *out, const char *name, int64_t us)
{
	char text[SW_TIME_BUF];
	sw_json_add_str(out, name, us ? sw_time_rfc3339(us, text) : SW_STR_NULL);
}

void sw_txn_hook_event(struct sw_txn *txn, struct sw_hook *hook, const char *type)
{
	struct sw_buf text = { .arena = sw_txn_arena(txn) };
	struct sw_json_out out = { .buf = &text };
	int64_t now = sw_wall_us(), since = atomic_load(&hook->failing_since_us), n, bad;
	bool enabled = atomic_load(&hook->status) == SW_HOOK_ENABLED;
	bool open = atomic_load(&hook->state) != SW_HOOK_CLOSED;
	sw_hook_window(hook, now, &n, &bad);
	sw_json_object(&out);
	sw_json_add_str(&out, "url", hook->url);
	sw_json_add_str(&out, "status", enabled ? SW_S("enabled") : SW_S("disabled"));
	sw_json_add_str(&out, "reason", enabled ? SW_STR_NULL : sw_str_of(sw_hook_status_name(hook)));
	sw_json_add_int(&out, "requests", n);
	sw_json_add_int(&out, "failed", bad);
	add_time(&out, "next_probe", open ? atomic_load(&hook->probe_us) : 0);
	add_time(&out, "failing_since", since);
	sw_json_add_int(&out, "failing_for_s", since ? (now - since) / SW_US_PER_S : 0);
	sw_json_end_object(&out);
	sw_event_add(txn, hook->account, sw_sid_of(SW_HOOK_SID, hook->id), type, sw_buf_str(&text));
}

void sw_txn_hook(struct sw_txn *txn, struct sw_hook *hook, unsigned changes)
{
	static const struct {
		unsigned change;
		const char *type;
		int metric;
	} events[] = {
		{ SW_HOOK_OPENED, "webhook.endpoint_opened", SW_ENDPOINT_OPENED },
		{ SW_HOOK_CLOSES, "webhook.endpoint_closed", SW_ENDPOINT_CLOSED },
		{ SW_HOOK_NOTICE, "webhook.endpoint_failing", SW_ENDPOINT_FAILING },
		{ SW_HOOK_DISABLED, "webhook.endpoint_disabled", SW_ENDPOINT_DISABLED },
	};
	for (size_t i = 0; i < SW_COUNTOF(events); i++)
		if (changes & events[i].change) {
			sw_txn_hook_event(txn, hook, events[i].type);
			sw_count(&sw_webhook_metrics, (unsigned)events[i].metric, 1);
		}
	if (changes & (SW_HOOK_NOTICE | SW_HOOK_DISABLED | SW_HOOK_REMEMBER | SW_HOOK_RECOVERED))
		sw_txn_hook_save(txn, hook);
}
