/*
 * product/event/event.h - reading the event log over HTTP, and the flight recorder of one SID.
 *
 * GET /v1/events is a log to follow: oldest first, its cursor is the number of the last event looked at, and it may
 * wait for more (wait_s).  A master account sees its subaccounts' events too; other accounts that share the bucket
 * are skipped.
 */
#ifndef EVENT_H
#define EVENT_H

#include "api/api.h"
#include "base/map.h"
#include "store/event.h"

struct sw_expr;

/* GET /v1/events/stream (event_stream.c) */
extern const struct sw_endpoint event_stream_endpoints[];

/* What a request asks for, as it says it. */
struct event_asked {
	struct sw_str type, sid, filter;
};
/** As the log's filter, for the caller's account, and its condition (NULL: none). @return 0, SW_EAPI */
int event_asked_read(struct sw_call *c, const struct event_asked *asked, struct sw_event_filter *ret,
		     const struct sw_expr **ret_condition, struct sw_error *err) SW_MUST_CHECK;

/* Whose events an account sees: its own and, when it is a master, its subaccounts'. */
struct event_sight {
	struct sw_sid viewer;
	bool master;
	struct sw_map known; /* account id -> whether it is seen */
};
static inline struct event_sight event_sight_of(const struct sw_account *account)
{
	return (struct event_sight){ .viewer = account->sid, .master = sw_sid_eq(account->sid, account->owner) };
}
void event_sight_done(struct event_sight *sight);
/** *ret: are events of that account seen? @return 0 or a store error */
int event_sight_wait(struct sw_task *task, const struct sw_core *core, struct event_sight *sight, struct sw_id account,
		     bool *ret) SW_MUST_CHECK;

/** Is what is behind the cursor still there? 0: the beginning. @return 0, SW_EAPI (20414) */
int event_cursor_check_wait(struct sw_call *c, int64_t cursor, struct sw_error *err);
/** An event as GET /v1/events shows it. */
void event_render(struct sw_arena *arena, int bucket, const struct sw_event *e, struct sw_buf *out);
/** Is the condition true of it? NULL: always. */
bool event_is_wanted(struct sw_arena *arena, const struct sw_expr *condition, const struct sw_event *event);

extern const struct sw_module event_module;

#endif
