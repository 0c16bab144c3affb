/*
 * base/trace.h - flight recorder: the last steps each thread took, by the id they served.
 *
 * A step is a room and a few words, both static strings ("store", "message.insert").
 * Each thread has a ring of SW_TRACE_RING steps, so memory is bounded and a step costs
 * tens of nanoseconds.  `strowger tail --trace SID` reads them; a test compares them
 * with ARCHITECTURE.md.
 * Thread: any; a reader may miss a step that is being overwritten, never see half of one.
 */
#ifndef SW_BASE_TRACE_H
#define SW_BASE_TRACE_H

#include "base/id.h"
#include "base/str.h"

#define SW_TRACE_RING 16384

struct sw_trace_step {
	int64_t time_us; /* monotonic */
	uint64_t order;  /* within its thread: steps may share a microsecond */
	struct sw_id id;
	const char *room; /* static */
	const char *what; /* static */
};

void sw_trace(struct sw_id id, const char *room, const char *what);
/** The same for a step taken earlier, before its id was known. time_us: monotonic */
void sw_trace_at(struct sw_id id, int64_t time_us, const char *room, const char *what);
/** Steps of id over all threads, oldest first, in the arena. @return how many */
size_t sw_trace_find(struct sw_arena *arena, struct sw_id id, struct sw_trace_step **ret);

#endif
