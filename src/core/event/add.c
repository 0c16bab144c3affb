#include "base/arena.h"
#include "core/event/event_type.h"
#include "loop/clock.h"

void sw_event_add(struct sw_txn *txn, struct sw_id account, struct sw_sid sid, const char *type, struct sw_str data)
{
	const struct sw_event event = {
		.account = account,
		.type = sw_str_of(type),
		.kind = sw_str_dup(sw_txn_arena(txn), (struct sw_str){ sid.kind, sizeof(sid.kind) }),
		.sid = sid.id,
		.time_us = sw_wall_us(),
		.data = data,
	};
	sw_txn_event(txn, &event);
}
