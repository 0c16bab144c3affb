#include "api/gather.h"

#include <stdlib.h>

#include "base/time.h"
#include "core/core.h"
#include "loop/loop.h"
#include "loop/task.h"

static const int64_t gather_us = SW_US_PER_S;

static void gathered_free(struct sw_gathered *g)
{
	sw_map_done(&g->entries);
	sw_arena_done(&g->arena);
	free(g);
}

/* What a loop gathers now, by kind. The tasks that write own it: they run to their end, also when the loop cancels
 * them. */
struct gathers {
	struct sw_gathered *now[SW_GATHERS];
};

static struct gathers *gathers_here(void)
{
	static struct sw_loop_local gathers = { .bytes = sizeof(struct gathers) };
	return sw_loop_local(sw_loop_current(), &gathers);
}

static void write_task(struct sw_task *task, void *arg)
{
	struct sw_gathered *g = arg;
	int err = sw_sleep_wait(task, gather_us);
	struct gathers *all = gathers_here();
	for (int i = 0; i < SW_GATHERS; i++)
		if (all->now[i] == g)
			all->now[i] = NULL; /* what comes later begins anew */
	if (err != SW_ECANCELED)
		g->write_wait(task, g);
	gathered_free(g);
}

struct sw_gathered *sw_gathered_here(enum sw_gather kind, const struct sw_core *core,
				     void (*write_wait)(struct sw_task *task, struct sw_gathered *gathered))
{
	struct gathers *all = gathers_here();
	struct sw_gathered *g = all->now[kind];
	if (g)
		return g;
	g = all->now[kind] = calloc(1, sizeof(*g));
	SW_BUG_ON(!g);
	sw_arena_init(&g->arena);
	g->core = core;
	g->write_wait = write_wait;
	sw_task_spawn(sw_loop_current(), write_task, g);
	return g;
}
