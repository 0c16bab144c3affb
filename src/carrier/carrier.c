#include "carrier/carrier_impl.h"

#include <ctype.h>
#include <stdlib.h>

#include "base/arena.h"

static void free_parts(struct sw_carrier *carrier)
{
	sw_receipts_done(carrier);
	sw_inbound_done(carrier);
	free(carrier->name);
	free(carrier);
}

enum { NAME_MAX_CHARACTERS = 32 };

void sw_carrier_close(struct sw_carrier *carrier)
{
	if (!carrier)
		return;
	carrier->kind->close(carrier->state);
	free_parts(carrier);
}

/* It stands in paths, events, rows and logs as it is. */
static bool is_name(struct sw_str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (!isalnum((unsigned char)name.p[i]) && name.p[i] != '-' && name.p[i] != '_')
			return false;
	return name.n > 0 && name.n <= NAME_MAX_CHARACTERS;
}

int sw_carrier_open(struct sw_arena *arena, const struct sw_carrier_kind *const *kinds, struct sw_str name,
		    struct sw_str url, const struct sw_carrier_env *env, struct sw_carrier **ret,
		    struct sw_str *ret_why)
{
	if (!is_name(name)) {
		*ret_why = sw_str_fmt(arena, "a name has up to %d letters, digits, '-' and '_'", NAME_MAX_CHARACTERS);
		return SW_EINVAL;
	}
	struct sw_str rest = url, scheme = sw_str_cut(&rest, ':');
	const struct sw_carrier_kind *const *kind = kinds;
	while (*kind && !sw_str_is(scheme, (*kind)->scheme))
		kind++;
	if (!*kind || !rest.p) {
		struct sw_buf why = { .arena = arena };
		sw_buf_add_fmt(&why, "no carrier speaks '%.*s'; known are", SW_FMT(scheme));
		for (; *kinds; kinds++)
			sw_buf_add_fmt(&why, " %s:", (*kinds)->scheme);
		*ret_why = sw_buf_str(&why);
		return SW_ENOTFOUND;
	}
	struct sw_carrier *carrier = calloc(1, sizeof(*carrier));
	SW_BUG_ON(!carrier);
	*carrier = (struct sw_carrier){ .kind = *kind, .env = *env, .name = strndup(name.p, name.n) };
	sw_carrier_places_init(carrier);
	sw_receipts_init(carrier);
	sw_inbound_init(carrier);
	carrier->opening = arena;
	int err = carrier->kind->open(carrier, url, &carrier->state, ret_why);
	if (err) {
		free_parts(carrier);
		return err;
	}
	carrier->opening = NULL;
	*ret = carrier;
	return 0;
}

/* ---- beginning and ending ---- */

static void deliver_start(struct sw_mail *mail)
{
	struct sw_carrier *carrier = SW_CONTAINER(mail, struct sw_carrier, start);
	if (carrier->stopped)
		return;
	sw_receipts_start(carrier);
	sw_inbound_start(carrier);
	if (carrier->kind->start)
		carrier->kind->start(carrier->state);
}

void sw_carrier_start(struct sw_carrier *carrier)
{
	carrier->start.deliver = deliver_start;
	sw_loop_post(carrier->env.loop, &carrier->start);
}

static void refuse_receipt(void *owner, const struct sw_receipt *receipt, struct sw_completion done)
{
	(void)owner;
	(void)receipt;
	done.fn(done.arg, SW_ECLOSED);
}

static void refuse_inbound(void *owner, const struct sw_inbound *inbound, struct sw_completion done)
{
	(void)owner;
	(void)inbound;
	done.fn(done.arg, SW_ECLOSED);
}

static void ignore_late(void *owner, struct sw_carrier *carrier, const struct sw_ticket *ticket,
			const struct sw_submitted *submitted)
{
	(void)owner;
	(void)carrier;
	(void)ticket;
	(void)submitted;
}

static void on_drained(void *arg)
{
	struct sw_carrier *carrier = arg;
	carrier->stopped = true;
	carrier->sink = (struct sw_carrier_sink){ refuse_receipt, refuse_inbound, ignore_late, NULL };
	sw_carrier_serve_queue(carrier);
	if (carrier->kind->stop)
		carrier->kind->stop(carrier->state);
	sw_receipts_stop(carrier);
	sw_inbound_stop(carrier);
	sem_post(&carrier->stop_done);
}

static void deliver_stop(struct sw_mail *mail)
{
	struct sw_carrier *carrier = SW_CONTAINER(mail, struct sw_carrier, stop);
	if (carrier->kind->drain)
		carrier->kind->drain(carrier->state, on_drained, carrier);
	else
		on_drained(carrier);
}

void sw_carrier_stop(struct sw_carrier *carrier)
{
	sem_init(&carrier->stop_done, 0, 0);
	carrier->stop.deliver = deliver_stop;
	sw_loop_post(carrier->env.loop, &carrier->stop);
	while (sem_wait(&carrier->stop_done))
		;
	sem_destroy(&carrier->stop_done);
}

/* ---- what it is ---- */

void sw_carrier_set_sink(struct sw_carrier *carrier, const struct sw_carrier_sink *sink)
{
	carrier->sink = *sink;
}

const struct sw_carrier_sink *sw_carrier_get_sink(const struct sw_carrier *carrier)
{
	return &carrier->sink;
}

bool sw_carrier_pretends(const struct sw_carrier *carrier)
{
	return carrier->kind->pretends;
}

const char *sw_carrier_name(const struct sw_carrier *carrier)
{
	return carrier->name;
}

struct sw_arena *sw_carrier_opening(const struct sw_carrier *carrier)
{
	return carrier->opening;
}

struct sw_loop *sw_carrier_loop(struct sw_carrier *carrier)
{
	return carrier->env.loop;
}

const struct sw_carrier_env *sw_carrier_env_of(const struct sw_carrier *carrier)
{
	return &carrier->env;
}

const struct sw_carrier_kind *sw_carrier_kind_of(const struct sw_carrier *carrier)
{
	return carrier->kind;
}

void *sw_carrier_state(const struct sw_carrier *carrier)
{
	return carrier->state;
}

int sw_carrier_precheck(const struct sw_carrier *carrier, struct sw_str from, struct sw_str to)
{
	return carrier->kind->precheck ? carrier->kind->precheck(from, to) : 0;
}

/* ---- what is counted, over all carriers ---- */

static const struct sw_metric rows[SW_CARRIER_METRICS] = {
	[SW_CARRIER_SUBMITTED] = { "strowger_carrier_submitted_total", "Messages handed to carriers.", SW_COUNTER },
	[SW_CARRIER_ACCEPTED] = { "strowger_carrier_accepted_total", "Messages that networks took.", SW_COUNTER },
	[SW_CARRIER_REFUSED] = { "strowger_carrier_refused_total", "Messages that networks refused for good.",
				 SW_COUNTER },
	[SW_CARRIER_BUSY] = { "strowger_carrier_busy_total", "Messages that could not be handed over at the time.",
			      SW_COUNTER },
	[SW_CARRIER_UNKNOWN] = { "strowger_carrier_unknown_total", "Messages whose outcome is unknown: no answer came.",
				 SW_COUNTER },
	[SW_CARRIER_LATE] = { "strowger_carrier_late_answers_total", "Answers that came after their time limit.",
			      SW_COUNTER },
	[SW_CARRIER_LATENCY] = { "strowger_carrier_answer_seconds",
				 "From handing a message over to the answer, seconds.", SW_HISTOGRAM_US },
	[SW_CARRIER_REPORTS] = { "strowger_carrier_reports_total", "Delivery reports that came in.", SW_COUNTER },
	[SW_CARRIER_REPORTS_AGAIN] = { "strowger_carrier_reports_repeated_total",
				       "Delivery reports that were known already.", SW_COUNTER },
	[SW_CARRIER_REPORTS_HELD] = { "strowger_carrier_reports_held_total",
				      "Delivery reports that came before the answer that names their message.",
				      SW_COUNTER },
	[SW_CARRIER_REPORTS_UNMATCHED] = { "strowger_carrier_reports_unmatched_total",
					   "Delivery reports whose message was never found.", SW_COUNTER },
	[SW_CARRIER_HOOKS_REFUSED] = { "strowger_carrier_hooks_refused_total",
				       "Requests of gateways with a wrong secret, or that could not be read.",
				       SW_COUNTER },
	[SW_CARRIER_PLACES] = { "strowger_carrier_places", "Messages that the carriers would take at once.", SW_GAUGE },
};

struct sw_metric_set sw_carrier_metrics = SW_METRIC_SET(rows);

void sw_carrier_count(struct sw_carrier *carrier, enum sw_carrier_metric metric, int64_t n)
{
	atomic_fetch_add_explicit(&carrier->counts[metric], n, memory_order_relaxed);
	sw_count(&sw_carrier_metrics, metric, n);
}
