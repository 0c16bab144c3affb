/*
 * Use of what is deprecated: told in the reply's headers, counted by account and key, refused when its time has come.
 *
 * Counts are gathered (api/gather.h), so that somebody who calls a thousand times a second costs one write.
 */
#include "api/api_impl.h"
#include "api/gather.h"
#include "base/log.h"
#include "base/time.h"
#include "core/alert/alert.h"
#include "core/core_sql.h"
#include "core/deprecation.h"
#include "loop/clock.h"
#include "loop/task.h"
#include "store/event.h"

enum { USES_MAX = 4096, CODE_DEPRECATED = 20416 };

/* Uses of one thing by one caller since the last writing. */
struct use {
	const struct sw_deprecation *deprecation;
	int bucket;
	struct sw_sid account;
	struct sw_str caller, what, sdk;
	int64_t first_us, last_us, uses;
};

/* ---- writing ---- */

static void notice_step(struct sw_txn *txn, struct sw_arena *arena, const struct use *u)
{
	const struct sw_deprecation *d = u->deprecation;
	const struct sw_event event = {
		.account = u->account.id,
		.type = SW_S("deprecation.noticed"),
		.kind = SW_S("AC"),
		.sid = u->account.id,
		.time_us = u->last_us,
		.data = sw_str_fmt(arena,
				   "{\"what\":\"%.*s\",\"caller\":\"%.*s\",\"since\":\"%s\",\"sunset\":%s%s%s,"
				   "\"replacement\":\"%s\"}",
				   SW_FMT(u->what), SW_FMT(u->caller), d->since, d->sunset ? "\"" : "",
				   d->sunset ? d->sunset : "null", d->sunset ? "\"" : "", d->replacement),
	};
	sw_txn_event(txn, &event);
	const struct sw_alert alert = {
		.account = u->account.id,
		.code = CODE_DEPRECATED,
		.why = sw_str_fmt(arena, "%.*s is deprecated since %s%s%s: use %s.", SW_FMT(u->what), d->since,
				  d->sunset ? " and goes on " : "", d->sunset ? d->sunset : "", d->replacement),
		.about = u->what,
	};
	sw_txn_alert(txn, &alert);
}

/* The count, and the event when its user was not told at this stage yet: a guard decides, so two loops tell once. */
static int write_wait(struct sw_task *task, const struct sw_core *core, const struct use *u)
{
	struct sw_arena *arena = sw_task_arena(task);
	struct sw_txn *txn = sw_txn_new(core->store, arena, u->bucket);
	int64_t stage = sw_deprecation_stage(u->deprecation, u->last_us);
	sw_txn_do(txn, CORE_SQL(SQL_DEPRECATED_COUNT), SW_GUARD_ANY, 0, SW_I(u->bucket), SW_ID(u->account.id),
		  SW_T(u->caller), SW_T(u->what), SW_T(u->sdk), SW_I(u->first_us), SW_I(u->last_us), SW_I(u->uses));
	int err = sw_commit_wait(task, txn, NULL);
	if (err)
		return err;
	txn = sw_txn_new(core->store, arena, u->bucket);
	sw_txn_do(txn, CORE_SQL(SQL_DEPRECATED_TELL), SW_GUARD_ONE, SW_EEXIST, SW_I(u->bucket), SW_ID(u->account.id),
		  SW_T(u->caller), SW_T(u->what), SW_I(stage));
	notice_step(txn, arena, u);
	err = sw_commit_wait(task, txn, NULL);
	return err == SW_EGUARD ? 0 : err; /* told before */
}

static void write_all_wait(struct sw_task *task, struct sw_gathered *g)
{
	size_t cursor = 0;
	void *value;
	while (sw_map_next(&g->entries, &cursor, NULL, &value)) {
		const struct use *u = value;
		int err = write_wait(task, g->core, u);
		if (err && err != SW_ECANCELED)
			sw_warn("api", "use of something deprecated was not counted", SW_KS("what", u->what),
				SW_KERR(err));
	}
}

/* ---- gathering ---- */

static void gather(const struct sw_call *c, const struct sw_deprecation *d, struct sw_str what)
{
	struct sw_gathered *g = sw_gathered_here(SW_GATHER_DEPRECATED, c->core, write_all_wait);
	struct sw_sid caller = sw_sid_given(c->caller.key) ? c->caller.key : c->caller.account->sid;
	struct sw_str name = sw_str_fmt(c->arena, "%.*s %.*s %.*s", SW_FMT(sw_sid_text(c->arena, c->account->sid)),
					SW_FMT(sw_sid_text(c->arena, caller)), SW_FMT(what));
	struct use *u = sw_map_find(&g->entries, name);
	if (!u && g->entries.used >= USES_MAX)
		return;
	if (!u) {
		u = SW_ARENA_NEW(&g->arena, struct use);
		*u = (struct use){
			.deprecation = d,
			.bucket = c->account->bucket,
			.account = c->account->sid,
			.caller = sw_sid_text(&g->arena, caller),
			.what = sw_str_dup(&g->arena, what),
			.sdk = sw_str_dup(&g->arena, sw_agent_of(c->request)),
			.first_us = sw_wall_us(),
		};
		sw_map_put(&g->entries, name, u);
	}
	u->last_us = sw_wall_us();
	u->uses++;
}

/* ---- what a caller is told ---- */

static void tell(struct sw_call *c, const struct sw_deprecation *d)
{
	char text[SW_TIME_BUF];
	sw_call_header(c, SW_S("Deprecation"),
		       sw_str_fmt(c->arena, "@%lld", (long long)(sw_deprecation_day(d->since) / SW_US_PER_S)));
	if (d->sunset)
		sw_call_header(c, SW_S("Sunset"),
			       sw_str_dup(c->arena, sw_time_http(sw_deprecation_day(d->sunset), text)));
	sw_call_header(c, SW_S("Link"),
		       sw_str_fmt(c->arena, "<%.*s/docs/deprecations>; rel=\"deprecation\"; type=\"text/html\"",
				  SW_FMT(c->base_url)));
}

static int refuse(struct sw_call *c, const struct sw_deprecation *d, struct sw_str what, enum sw_phase phase,
		  int64_t until_us, struct sw_error *err)
{
	(void)c;
	if (phase == SW_PHASE_GONE)
		return sw_fail(err, 20410, "%.*s is gone since %s: use %s.", SW_FMT(what), d->sunset, d->replacement);
	sw_fail(err, 20410, "%.*s goes on %s and is refused for some minutes already: use %s.", SW_FMT(what), d->sunset,
		d->replacement);
	err->retry_after_s = (until_us - sw_wall_us()) / SW_US_PER_S + 1;
	return SW_EAPI;
}

/* One use; the first thing that is told of stands in the headers. */
static int judge(struct sw_call *c, const struct sw_deprecation *d, struct sw_str what, bool *told,
		 struct sw_error *err)
{
	int64_t until_us = 0, now_us = sw_wall_us();
	if (now_us < sw_deprecation_day(d->since))
		return 0;
	gather(c, d, what);
	if (!*told)
		tell(c, d);
	*told = true;
	enum sw_phase phase = sw_deprecation_phase(d, now_us, &until_us);
	return phase == SW_PHASE_ANNOUNCED ? 0 : refuse(c, d, what, phase, until_us, err);
}

struct sw_str sw_deprecation_name(struct sw_arena *arena, const struct sw_route *route, unsigned param)
{
	const struct sw_endpoint *e = route->endpoint;
	return param == SW_WHOLE ? sw_str_of(e->operation)
				 : sw_str_fmt(arena, "%s.%.*s", e->operation, SW_FMT(route->names[param]));
}

int sw_deprecation_check(struct sw_call *c, const struct sw_route *route, const struct sw_input *input,
			 struct sw_error *err)
{
	const struct sw_endpoint *e = c->endpoint;
	bool told = false;
	if (!route->deprecates || !c->request || e->flags & SW_OPEN)
		return 0;
	int failed =
		e->deprecated ? judge(c, e->deprecated, sw_deprecation_name(c->arena, route, SW_WHOLE), &told, err) : 0;
	for (unsigned i = 0; !failed && e->params && e->params[i].name; i++)
		if (e->params[i].deprecated && sw_input_has(input, &e->params[i], route->names[i]))
			failed = judge(c, e->params[i].deprecated, sw_deprecation_name(c->arena, route, i), &told, err);
	return failed;
}
