#include "main/modules.h"

#include "carrier/carrier_api.h"
#include "carrier/http/http.h"
#include "carrier/null/null.h"
#include "carrier/sim/sim.h"
#include "carrier/smpp/smpp.h"
#include "carrier/twilio/twilio.h"
#include "console/console.h"
#include "core/alert/alert.h"
#include "core/alert/alert_sql.h"
#include "core/callback.h"
#include "core/core_sql.h"
#include "core/idempotency.h"
#include "core/webhook/dead.h"
#include "product/account/account.h"
#include "product/debugger/debugger.h"
#include "product/event/event.h"
#include "product/identity/identity.h"
#include "product/limit/limit.h"
#include "product/listen/listen.h"
#include "product/message/message.h"
#include "product/number/number.h"
#include "product/usage/usage.h"
#include "product/webhook/webhook.h"

const struct sw_module *const sw_modules[] = {
	&account_module,
	&identity_module,
	&message_module,
	&number_module,
	&event_module,
	&debugger_module,
	&listen_module,
	&limit_module,
	&usage_module,
	&webhook_module,
	&sw_carrier_module,
	&console_module,
	NULL,
};

const struct sw_carrier_kind *const sw_carrier_kinds[] = {
	&sw_carrier_sim,  &sw_carrier_null,   &sw_carrier_smpp,        &sw_carrier_smpps,
	&sw_carrier_http, &sw_carrier_twilio, &sw_carrier_twilio_http, NULL,
};

static const struct sw_query_def *const core_queries[] = {
	&sw_account_list, &sw_key_list,   &sw_number_list, &sw_resource_list,    &sw_resource_filtered,
	&sw_audit_list,   &sw_alert_list, &sw_alarm_list,  &sw_dead_letter_list, NULL,
};

const struct sw_sql_table *const *sw_module_tables(struct sw_arena *arena)
{
	const struct sw_sql_table **list =
		SW_ARENA_ARRAY(arena, const struct sw_sql_table *, SW_COUNTOF(sw_modules) + 3);
	unsigned n = 0;
	list[n++] = &sw_core_sql;
	list[n++] = &sw_alert_sql;
	list[n++] = &sw_carrier_sql;
	for (const struct sw_module *const *m = sw_modules; *m; m++)
		if ((*m)->sql)
			list[n++] = (*m)->sql;
	return list;
}

static const struct sw_query_table *query_table(struct sw_arena *arena, const char *room,
						const struct sw_query_def *const *queries)
{
	unsigned n = 0;
	while (queries[n])
		n++;
	struct sw_query_def *rows = SW_ARENA_ARRAY(arena, struct sw_query_def, n);
	struct sw_query_table *table = SW_ARENA_NEW(arena, struct sw_query_table);
	for (unsigned i = 0; i < n; i++)
		rows[i] = *queries[i];
	*table = (struct sw_query_table){ .room = room, .rows = rows, .n = n };
	return table;
}

const struct sw_query_table *const *sw_module_queries(struct sw_arena *arena)
{
	const struct sw_query_table **list =
		SW_ARENA_ARRAY(arena, const struct sw_query_table *, SW_COUNTOF(sw_modules) + 1);
	unsigned n = 0;
	list[n++] = query_table(arena, "core", core_queries);
	for (const struct sw_module *const *m = sw_modules; *m; m++)
		if ((*m)->queries)
			list[n++] = query_table(arena, (*m)->name, (*m)->queries);
	return list;
}

const struct sw_due_kind *const *sw_module_dues(struct sw_arena *arena)
{
	enum { KINDS_MAX = 256 };
	const struct sw_due_kind **list = SW_ARENA_ARRAY(arena, const struct sw_due_kind *, KINDS_MAX);
	unsigned n = 0;
	list[n++] = &sw_idempotency_sweep;
	list[n++] = &sw_callback_due;
	list[n++] = &sw_replay_due;
	list[n++] = &sw_alert_watch_due;
	list[n++] = &sw_alert_sweep_due;
	list[n++] = &sw_resource_cascade_due;
	for (const struct sw_module *const *m = sw_modules; *m; m++)
		for (const struct sw_due_kind *const *d = (*m)->dues; d && *d; d++) {
			SW_BUG_ON(n + 1 == KINDS_MAX);
			list[n++] = *d;
		}
	return list;
}
