/*
 * api/gather.h - what is counted a second on each loop before it is written, so that who calls a thousand times a
 * second costs one write.  What a crash forgets is that second.
 *
 * Thread: tasks of any loop; what is gathered belongs to the loop.
 */
#ifndef SW_API_GATHER_H
#define SW_API_GATHER_H

#include "base/arena.h"
#include "base/map.h"

struct sw_core;
struct sw_task;

enum sw_gather { SW_GATHER_DEPRECATED, SW_GATHER_FAULTS, SW_GATHER_FIRST_CALLS, SW_GATHERS };

struct sw_gathered {
	struct sw_arena arena; /* for the entries */
	struct sw_map entries;
	const struct sw_core *core;
	void (*write_wait)(struct sw_task *task, struct sw_gathered *gathered);
};

/** What this loop has of a kind; when there is nothing yet, a task writes it with write_wait a second from now. */
struct sw_gathered *sw_gathered_here(enum sw_gather kind, const struct sw_core *core,
				     void (*write_wait)(struct sw_task *task, struct sw_gathered *gathered));

#endif
