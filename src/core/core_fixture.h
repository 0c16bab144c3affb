/* core/core_fixture.h - a core on a store in memory, and a task to test in; for tests of this room and those above. */
#ifndef SW_CORE_CORE_FIXTURE_H
#define SW_CORE_CORE_FIXTURE_H

#include "core/account.h"
#include "loop/task.h"

struct core_fixture {
	struct sw_arena *arena;
	struct sw_core core;
	struct sw_account account;
	struct sw_loop *loop;
	void (*body)(struct sw_task *task, struct core_fixture *fixture);
	void *user;
};

/** Open a store in memory with these tables (NULL: core's), make the first account. */
void core_fixture_open(struct core_fixture *fixture, const struct sw_sql_table *const *tables);
/** Run body in a task of the fixture's loop until it returns. */
void core_fixture_run(struct core_fixture *fixture, void (*body)(struct sw_task *task, struct core_fixture *fixture));
void core_fixture_close(struct core_fixture *fixture);
/** All three, for a test that needs nothing before or after. */
void core_fixture_play(const struct sw_sql_table *const *tables,
		       void (*body)(struct sw_task *task, struct core_fixture *fixture));

#endif
