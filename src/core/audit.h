/*
 * core/audit.h - who changed what: one row a change of configuration, in the commit that makes it.
 *
 * The event log says that a resource changed and what it is now; this says by whom, from where, with which request, and
 * what it was before.  Values of secrets never stand here.
 *
 * Thread: as store.h.
 */
#ifndef SW_CORE_AUDIT_H
#define SW_CORE_AUDIT_H

#include "core/account.h"

struct sw_audit {
	struct sw_sid sid;        /* AE…; drawn by sw_audit_add() */
	struct sw_str event_type; /* "application.updated" */
	struct sw_sid resource;   /* what was changed */
	struct sw_str actor;      /* SID of the account or key that did it; "system" */
	struct sw_str request_id; /* "RQ…" */
	struct sw_str source_ip;  /* of the peer; "" in-process */
	struct sw_str changes;    /* {"name":{"previous":…,"updated":…}}; {} when not said */
	int64_t time_us;
};

/** A step that writes it down for the account; texts are borrowed as in sw_txn_do(). */
void sw_audit_add(struct sw_txn *txn, const struct sw_account *account, struct sw_audit *audit);
/** One row of sw_audit_list. */
void sw_audit_read(struct sw_row row, struct sw_audit *ret);

#endif
