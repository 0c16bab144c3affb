#include "core/core_fixture.h"

#include <stdio.h>

#include "base/log.h"
#include "core/alert/alert_sql.h"
#include "loop/loop.h"

void core_fixture_open(struct core_fixture *f, const struct sw_sql_table *const *tables)
{
	static const struct sw_sql_table *const own[] = { &sw_core_sql, &sw_alert_sql, NULL };
	const struct sw_store_config config = {
		.url = "sqlite::memory:", .tables = tables ? tables : own, .migrations = sw_migrations, .readers = 1
	};
	struct sw_str why;
	struct sw_store *store;
	bool created;
	sw_log_set_level(SW_LOG_ERROR);
	*f = (struct core_fixture){ .arena = sw_arena_new(), .loop = sw_loop_new("test") };
	if (sw_store_open(f->arena, &config, &store, &why))
		fprintf(stderr, "# %.*s\n", SW_FMT(why));
	sw_core_init(&f->core, store);
	SW_BUG_ON(sw_core_load_key(&f->core, f->arena, SW_STR_NULL, &why));
	SW_BUG_ON(sw_account_bootstrap_now(&f->core, f->arena, SW_S(""), SW_S(""), &f->account, &created, &why) ||
		  !created);
	f->core.operator_sid = f->account.sid;
}

static void run_body(struct sw_task *task, void *arg)
{
	struct core_fixture *f = arg;
	f->body(task, f);
	sw_loop_stop(f->loop);
}

void core_fixture_run(struct core_fixture *f, void (*body)(struct sw_task *task, struct core_fixture *fixture))
{
	f->body = body;
	sw_task_spawn(f->loop, run_body, f);
	sw_loop_run(f->loop);
}

void core_fixture_close(struct core_fixture *f)
{
	sw_loop_free(f->loop);
	sw_store_close(f->core.store);
	sw_arena_free(f->arena);
}

void core_fixture_play(const struct sw_sql_table *const *tables,
		       void (*body)(struct sw_task *task, struct core_fixture *fixture))
{
	struct core_fixture f;
	core_fixture_open(&f, tables);
	core_fixture_run(&f, body);
	core_fixture_close(&f);
}
