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
#include "store/event.h"

struct sw_expr;

/* GET /v1/events/stream (event_stream.c) */
extern const struct sw_endpoint event_stream_endpoints[];

/** Is what is behind the cursor still there? 0: the beginning. @return 0, SW_EAPI (20414) */
int event_cursor_check_wait(struct sw_call *c, int64_t cursor, struct sw_error *err);
/** An event as GET /v1/events shows it. */
void event_render(struct sw_arena *arena, int bucket, const struct sw_event *e, struct sw_buf *out);
/** Is the condition true of it? NULL: always. */
bool event_is_wanted(struct sw_arena *arena, const struct sw_expr *condition, const struct sw_event *event);

extern const struct sw_module event_module;

#endif
