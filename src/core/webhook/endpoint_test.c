#include "base/test.h"
#include "core/core_fixture.h"
#include "core/webhook/endpoint.h"

enum { ASKERS = SW_HOOK_PATHS_MAX + 30 };

static struct {
	struct core_fixture *fixture;
	int started, ended, shared;
} all;

static void ask(struct sw_task *task, void *arg)
{
	const struct core_fixture *f = all.fixture;
	struct sw_hook *hook = NULL;
	(void)arg;
	struct sw_str url = sw_str_fmt(sw_task_arena(task), "https://example.org/%d", all.started++);
	SW_CHECK_INT(sw_hook_of_wait(task, &f->core, &f->account, url, &hook), 0);
	all.shared += hook && sw_str_is(hook->url, "https://example.org/*");
	SW_CHECK(hook && (sw_str_eq(hook->url, url) || sw_str_is(hook->url, "https://example.org/*")));
	all.ended++;
}

static void meet_at_once(struct sw_task *task, struct core_fixture *f)
{
	all.fixture = f;
	for (int i = 0; i < ASKERS; i++)
		sw_task_spawn(f->loop, ask, NULL);
	while (all.ended < ASKERS && !sw_sleep_wait(task, 1000))
		;
	SW_CHECK_INT(all.shared, ASKERS - SW_HOOK_PATHS_MAX);
}

SW_TEST(paths_met_at_the_same_time_do_not_overrun_the_limit)
{
	core_fixture_play(NULL, meet_at_once);
}
