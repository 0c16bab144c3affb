#include "core/audit.h"

#include "core/core_sql.h"
#include "loop/clock.h"

void sw_audit_add(struct sw_txn *txn, const struct sw_account *account, struct sw_audit *a)
{
	/* The caller's struct may be gone when the transaction runs. */
	const struct sw_str kind =
		sw_str_dup(sw_txn_arena(txn), (struct sw_str){ a->resource.kind, sw_sid_given(a->resource) ? 2 : 0 });
	a->sid = sw_sid_new("AE", account->bucket);
	a->time_us = sw_wall_us();
	sw_txn_do(txn, CORE_SQL(SQL_AUDIT_INSERT), SW_GUARD_ONE, SW_EEXIST, SW_I(account->bucket),
		  SW_ID(account->sid.id), SW_ID(a->sid.id), SW_I(a->time_us), SW_T(a->event_type), SW_T(kind),
		  SW_ID(a->resource.id), SW_T(a->actor), SW_T(a->request_id), SW_T(a->source_ip), SW_T(a->changes));
}

void sw_audit_read(struct sw_row row, struct sw_audit *ret)
{
	struct sw_str kind = sw_row_str(row, 4);
	*ret = (struct sw_audit){
		.sid = sw_sid_of("AE", sw_row_id(row, 0)),
		.time_us = sw_row_int(row, 2),
		.event_type = sw_row_str(row, 3),
		.actor = sw_row_str(row, 6),
		.request_id = sw_row_str(row, 7),
		.source_ip = sw_row_str(row, 8),
		.changes = sw_row_str(row, 9),
	};
	if (kind.n == 2)
		ret->resource = sw_sid_of(kind.p, sw_row_id(row, 5));
}
