/*
 * core/fsm.h - state machines as const arrays; the one function in the program that changes a status.
 *
 * A machine is a table of {from, on, to, why}.  sw_fsm_step() finds the row, adds the compare-and-set statement with
 * its guard and the event row to the transaction, and tells what to do besides (act bits, the product's own).
 * No row for (from, on) means the event comes too late or too early: the caller counts it and moves on; it is never
 * an error towards the customer, since late receipts are normal.
 *
 * States and events are small enums of the product; state 0 is unused.  Stored as integers: never renumbered.
 */
#ifndef SW_CORE_FSM_H
#define SW_CORE_FSM_H

#include "base/buf.h"
#include "core/sid.h"
#include "store/event.h"

struct sw_fsm_rule {
	unsigned char from, on, to;
	unsigned act; /* bits, the product's own */
	const char *why;
};

struct sw_fsm {
	const char *name;          /* "message": event types are name.state */
	const char *const *states; /* [1 .. n_states] */
	const char *const *events; /* [1 .. n_events] */
	unsigned n_states, n_events;
	unsigned initial; /* bits of states an object may begin in */
	const struct sw_fsm_rule *rules;
	unsigned n_rules;
};

/** @return the rule, or NULL when `on` means nothing in state `from` */
const struct sw_fsm_rule *sw_fsm_find(const struct sw_fsm *fsm, unsigned from, unsigned on);
/** True when no rule leads out of the state. */
bool sw_fsm_final(const struct sw_fsm *fsm, unsigned state);
/** The state's number by its name; 0 when there is none. */
unsigned sw_fsm_state(const struct sw_fsm *fsm, struct sw_str name);

/**
 * Add one change of state to the transaction.
 * @param sql     sets the new state where the old one still stands: $1 new state, $2 old state, then `values`; changes
 * one row
 * @param values  bound from $3 on
 * @param event   account, kind, sid, time and data filled; its type is set here
 * @return the number of the statement's step in the transaction; its guard fails with SW_ECONFLICT
 */
unsigned sw_fsm_step(struct sw_txn *txn, const struct sw_fsm *fsm, const struct sw_fsm_rule *rule,
		     const struct sw_sql *sql, const struct sw_val *values, unsigned n, struct sw_event *event);
/** The event type of a state ("message.sent"), in the arena. */
struct sw_str sw_fsm_event_type(struct sw_arena *arena, const struct sw_fsm *fsm, unsigned state);

/** Complaints about a table, a line each: doubled cells, unreachable states, unknown numbers. */
void sw_fsm_check(const struct sw_fsm *fsm, struct sw_buf *complaints);
/** The machine as a Mermaid state diagram. */
void sw_fsm_mermaid(const struct sw_fsm *fsm, struct sw_buf *out);

#endif
