#include "core/fsm.h"

enum { VALUES_MAX = 24 };

const struct sw_fsm_rule *sw_fsm_find(const struct sw_fsm *fsm, unsigned from, unsigned on)
{
	for (unsigned i = 0; i < fsm->n_rules; i++)
		if (fsm->rules[i].from == from && fsm->rules[i].on == on)
			return &fsm->rules[i];
	return NULL;
}

bool sw_fsm_final(const struct sw_fsm *fsm, unsigned state)
{
	for (unsigned i = 0; i < fsm->n_rules; i++)
		if (fsm->rules[i].from == state && fsm->rules[i].to != state)
			return false;
	return true;
}

unsigned sw_fsm_state(const struct sw_fsm *fsm, struct sw_str name)
{
	for (unsigned i = 1; i <= fsm->n_states; i++)
		if (sw_str_is(name, fsm->states[i]))
			return i;
	return 0;
}

unsigned sw_fsm_step(struct sw_txn *txn, const struct sw_fsm *fsm, const struct sw_fsm_rule *rule,
		     const struct sw_sql *sql, const struct sw_val *values, unsigned n, struct sw_event *event)
{
	struct sw_val all[VALUES_MAX] = { SW_I(rule->to), SW_I(rule->from) };
	SW_BUG_ON(n + 2 > VALUES_MAX);
	for (unsigned i = 0; i < n; i++)
		all[i + 2] = values[i];
	unsigned step = sw_txn_step(txn, sql, SW_GUARD_ONE, SW_ECONFLICT, all, n + 2);
	event->type = sw_fsm_event_type(sw_txn_arena(txn), fsm, rule->to);
	sw_txn_event(txn, event);
	return step;
}

struct sw_str sw_fsm_event_type(struct sw_arena *arena, const struct sw_fsm *fsm, unsigned state)
{
	struct sw_buf type = { .arena = arena };
	sw_buf_add_cstr(&type, fsm->name);
	sw_buf_add_char(&type, '.');
	sw_buf_add_cstr(&type, fsm->states[state]);
	return sw_buf_str(&type);
}

static bool reachable(const struct sw_fsm *fsm, unsigned state)
{
	unsigned seen = fsm->initial, before;
	do {
		before = seen;
		for (unsigned i = 0; i < fsm->n_rules; i++)
			if (seen & 1u << fsm->rules[i].from)
				seen |= 1u << fsm->rules[i].to;
	} while (seen != before);
	return seen & 1u << state;
}

void sw_fsm_check(const struct sw_fsm *fsm, struct sw_buf *complaints)
{
	for (unsigned i = 0; i < fsm->n_rules; i++) {
		const struct sw_fsm_rule *r = &fsm->rules[i];
		if (!r->from || !r->to || !r->on || r->from > fsm->n_states || r->to > fsm->n_states ||
		    r->on > fsm->n_events)
			sw_buf_add_fmt(complaints, "fsm %s: rule %u names an unknown state or event\n", fsm->name, i);
		else if (sw_fsm_find(fsm, r->from, r->on) != r)
			sw_buf_add_fmt(complaints, "fsm %s: two rules for %s on %s\n", fsm->name, fsm->states[r->from],
				       fsm->events[r->on]);
		if (!r->why || !r->why[0])
			sw_buf_add_fmt(complaints, "fsm %s: rule %u does not say why\n", fsm->name, i);
	}
	for (unsigned s = 1; s <= fsm->n_states; s++)
		if (!reachable(fsm, s))
			sw_buf_add_fmt(complaints, "fsm %s: state %s cannot be reached\n", fsm->name, fsm->states[s]);
}

void sw_fsm_mermaid(const struct sw_fsm *fsm, struct sw_buf *out)
{
	sw_buf_add_cstr(out, "stateDiagram-v2\n");
	for (unsigned s = 1; s <= fsm->n_states; s++)
		if (fsm->initial & 1u << s)
			sw_buf_add_fmt(out, "    [*] --> %s\n", fsm->states[s]);
	for (unsigned i = 0; i < fsm->n_rules; i++)
		sw_buf_add_fmt(out, "    %s --> %s: %s\n", fsm->states[fsm->rules[i].from],
			       fsm->states[fsm->rules[i].to], fsm->events[fsm->rules[i].on]);
	for (unsigned s = 1; s <= fsm->n_states; s++)
		if (sw_fsm_final(fsm, s))
			sw_buf_add_fmt(out, "    %s --> [*]\n", fsm->states[s]);
}
