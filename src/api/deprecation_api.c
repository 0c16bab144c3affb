/* GET /v1/deprecations: what is leaving, when, what to use instead, and who still calls it. */
#include "api/api_impl.h"
#include "core/core_sql.h"
#include "core/deprecation.h"
#include "loop/clock.h"

enum { CALLERS_MAX = 500 };

static const char *const phases[] = { "announced", "brown-out", "gone", NULL };

struct caller {
	struct sw_sid account_sid;
	struct sw_str caller, sdk;
	int64_t date_first_used, date_last_used, uses;
};

struct deprecation {
	struct sw_str name, operation, parameter, replacement, why, phase;
	int64_t since, sunset, date_next_brown_out, uses;
	struct sw_objects callers;
};

/* clang-format off */
#define C struct caller
static const struct sw_field caller_rows[] = {
	{ .name = "account_sid", .doc = "Account called for.", .type = SW_SID, .kinds = "AC", SW_SID_AT(C, account_sid) },
	{ .name = "caller", .doc = "SID of the API key, or of the account whose token was used.", .type = SW_STR, SW_TEXT_AT(C, caller) },
	{ .name = "sdk", .doc = "User-Agent of the last call.", .type = SW_STR, SW_TEXT_AT(C, sdk) },
	{ .name = "date_first_used", .doc = "First call.", .type = SW_TIME, SW_INT_AT(C, date_first_used) },
	{ .name = "date_last_used", .doc = "Last call.", .type = SW_TIME, SW_INT_AT(C, date_last_used) },
	{ .name = "uses", .doc = "Calls so far.", .type = SW_INT, SW_INT_AT(C, uses) },
	{ 0 },
};
#define D struct deprecation
static const struct sw_field fields[] = {
	{ .name = "name", .doc = "Operation, or operation and parameter.", .type = SW_STR, SW_TEXT_AT(D, name) },
	{ .name = "operation", .doc = "The operation.", .type = SW_STR, SW_TEXT_AT(D, operation) },
	{ .name = "parameter", .doc = "The parameter; null when the whole operation leaves.", .type = SW_STR, SW_TEXT_AT(D, parameter) },
	{ .name = "phase", .doc = "announced: works; brown-out: refused for some minutes; gone: refused.", .type = SW_ENUM, .values = phases, SW_TEXT_AT(D, phase) },
	{ .name = "since", .doc = "Deprecated from then on.", .type = SW_TIME, SW_INT_AT(D, since) },
	{ .name = "sunset", .doc = "Refused from then on; null: it stays.", .type = SW_TIME, SW_INT_AT(D, sunset) },
	{ .name = "date_next_brown_out", .doc = "When it is refused for some minutes next.", .type = SW_TIME, SW_INT_AT(D, date_next_brown_out) },
	{ .name = "replacement", .doc = "What to use instead.", .type = SW_STR, SW_TEXT_AT(D, replacement) },
	{ .name = "why", .doc = "Why it leaves.", .type = SW_STR, SW_TEXT_AT(D, why) },
	{ .name = "uses", .doc = "Calls so far, of all callers shown.", .type = SW_INT, SW_INT_AT(D, uses) },
	{ .name = "callers", .doc = "Who called it, the latest first, at most 500: of the account and its subaccounts; of everybody for whoever runs the server.", .type = SW_OBJECTS, SW_OBJECTS_AT(D, callers, caller_rows, C), .max = CALLERS_MAX },
	{ 0 },
};
/* clang-format on */

static int load_callers_wait(struct sw_call *c, struct deprecation *d)
{
	bool everybody = sw_sid_eq(c->caller.account->sid, c->core->operator_sid);
	struct sw_rows rows;
	int failed = everybody ? sw_query_wait(c->task, c->core->store, c->arena, CORE_SQL(SQL_DEPRECATED_ALL), &rows,
					       SW_T(d->name))
			       : sw_query_wait(c->task, c->core->store, c->arena, CORE_SQL(SQL_DEPRECATED_USERS), &rows,
					       SW_I(c->account->bucket), SW_T(d->name), SW_ID(c->account->sid.id));
	if (failed)
		return failed;
	struct caller *callers = SW_ARENA_ARRAY(c->arena, struct caller, rows.n);
	for (size_t i = 0; i < rows.n; i++) {
		struct sw_sid account = sw_sid_of("AC", sw_row_id(rows.row[i], 0));
		callers[d->callers.n++] = (struct caller){
			.account_sid = account,
			.caller = sw_row_str(rows.row[i], 1),
			.sdk = sw_row_str(rows.row[i], 2),
			.date_first_used = sw_row_int(rows.row[i], 3),
			.date_last_used = sw_row_int(rows.row[i], 4),
			.uses = sw_row_int(rows.row[i], 5),
		};
		d->uses += sw_row_int(rows.row[i], 5);
	}
	d->callers.v = callers;
	return 0;
}

static int add_wait(struct sw_call *c, const struct sw_route *route, const struct sw_deprecation *row, unsigned param)
{
	struct deprecation d = {
		.name = sw_deprecation_name(c->arena, route, param),
		.operation = sw_str_of(route->endpoint->operation),
		.parameter = param == SW_WHOLE ? SW_STR_NULL : route->names[param],
		.phase = sw_str_of(sw_phase_name(sw_deprecation_phase(row, sw_wall_us(), NULL))),
		.since = sw_deprecation_day(row->since),
		.sunset = sw_deprecation_day(row->sunset),
		.date_next_brown_out = sw_deprecation_next_brown_out(row, sw_wall_us()),
		.replacement = sw_str_of(row->replacement),
		.why = sw_str_of(row->why),
	};
	int failed = load_callers_wait(c, &d);
	if (!failed)
		sw_call_add_row(c, &d);
	return failed;
}

/* All at once: there are never many. */
static int list(struct sw_call *c, struct sw_error *err)
{
	int failed = 0;
	const struct sw_route *route;
	for (size_t i = 0; (route = sw_router_at(c->api->router, i)) && !failed; i++) {
		const struct sw_endpoint *e = route->endpoint;
		if (e->deprecated)
			failed = add_wait(c, route, e->deprecated, SW_WHOLE);
		for (unsigned k = 0; route->deprecates && e->params && e->params[k].name && !failed; k++)
			if (e->params[k].deprecated)
				failed = add_wait(c, route, e->params[k].deprecated, k);
	}
	return sw_fail_internal(err, failed);
}

static const struct sw_endpoint endpoints[] = {
	{ "GET", "/v1/deprecations", "ListDeprecations", "List what is leaving the API, and who still calls it.",
	  SW_STYLE_NATIVE, .fields = fields, .result_bytes = sizeof(struct deprecation), .status = 200, .handler = list,
	  .flags = SW_LIST | SW_OWN_CURSOR, .rate_class = "read" },
	{ 0 },
};

static const struct sw_field notice_data[] = {
	SW_EVENT_TEXT("what", "Operation or parameter that is leaving."),
	SW_EVENT_TEXT("caller", "Key or account that calls it."),
	SW_EVENT_TEXT("since", "Day from which it is deprecated."),
	SW_EVENT_TEXT("sunset", "Day from which it is refused."),
	SW_EVENT_TEXT("replacement", "What to use instead."),
	{ 0 },
};
static const struct sw_event_row events[] = {
	{ "deprecation.noticed", "Something that is leaving was called, for the first time at this stage.", notice_data,
	  NULL, NULL },
	{ 0 },
};

const struct sw_module sw_deprecation_module = { .name = "deprecation", .endpoints = endpoints, .events = events };
