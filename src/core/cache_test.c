#include "core/cache.h"
#include "core/core_fixture.h"

#include <semaphore.h>

#include "base/list.h"
#include "base/test.h"
#include "loop/loop.h"

struct thing {
	struct sw_cached cached;
	int value;
};

static const struct sw_str name = { "number", 6 }, other = { "owner", 5 };

static struct thing *make(int value)
{
	struct thing *thing = SW_CACHE_NEW(struct thing, name);
	thing->cached.exists = true;
	thing->value = value;
	return thing;
}

static int value_of(const struct thing *thing)
{
	return thing ? thing->value : -1;
}

/* ---- one loop ---- */

static void keeps(struct sw_task *task, struct core_fixture *f)
{
	(void)f;
	SW_CHECK_INT(value_of(sw_cache_find(task, name)), -1);
	sw_cache_put(task, name, make(1));
	SW_CHECK_INT(value_of(sw_cache_find(task, name)), 1);
	SW_CHECK_INT(sw_sleep_wait(task, SW_CACHE_US + 1000), 0);
	SW_CHECK_INT(value_of(sw_cache_find(task, name)), -1);
	SW_CHECK_INT(value_of(sw_cache_find_stale(task, name)), 1);
	sw_cache_forget(name);
	SW_CHECK_INT(value_of(sw_cache_find_stale(task, name)), -1);
}

SW_TEST(an_entry_is_fresh_for_a_while_and_serves_a_slow_store_until_it_is_forgotten)
{
	core_fixture_play(NULL, keeps);
}

static void reads_while_it_changes(struct sw_task *task, struct core_fixture *f)
{
	(void)f;
	struct thing *slow = make(1); /* its rows are read … */
	sw_cache_forget(name);        /* … when they change */
	SW_CHECK_INT(value_of(sw_cache_settle(task, name, slow, 0)), 1);
	SW_CHECK_INT(value_of(sw_cache_find(task, name)), -1);
	SW_CHECK_INT(value_of(sw_cache_find_stale(task, name)), -1);
}

SW_TEST(what_was_read_before_a_change_is_not_kept_behind_it)
{
	core_fixture_play(NULL, reads_while_it_changes);
}

static void depends(struct sw_task *task, struct core_fixture *f)
{
	(void)f;
	struct thing *thing = make(1);
	sw_cache_depends(&thing->cached, other);
	SW_CHECK_INT(value_of(sw_cache_put(task, name, thing)), 1);
	SW_CHECK(sw_cache_is_current(&thing->cached));
	sw_cache_forget(other);
	SW_CHECK(!sw_cache_is_current(&thing->cached));
	SW_CHECK_INT(value_of(sw_cache_find(task, name)), -1);
	SW_CHECK_INT(value_of(sw_cache_hold(task, make(2))), 2);
	SW_CHECK_INT(value_of(sw_cache_find(task, name)), -1);
}

SW_TEST(an_entry_falls_with_any_name_that_it_depends_on)
{
	core_fixture_play(NULL, depends);
}

/* ---- two loops ---- */

struct messenger {
	struct sw_mail mail;
	sem_t done;
};

static void forget_there(struct sw_mail *mail)
{
	sw_cache_forget(name);
	sem_post(&SW_CONTAINER(mail, struct messenger, mail)->done);
}

static void hears_of(struct sw_task *task, struct core_fixture *f)
{
	(void)f;
	struct sw_loop *elsewhere = sw_loop_new("elsewhere");
	struct messenger messenger = { .mail.deliver = forget_there };
	SW_CHECK_INT(sem_init(&messenger.done, 0, 0), 0);
	sw_loop_start(elsewhere);
	sw_cache_put(task, name, make(1));
	SW_CHECK_INT(value_of(sw_cache_find(task, name)), 1);
	sw_loop_post(elsewhere, &messenger.mail);
	SW_CHECK_INT(sem_wait(&messenger.done), 0);
	SW_CHECK_INT(value_of(sw_cache_find(task, name)), -1);
	SW_CHECK_INT(value_of(sw_cache_find_stale(task, name)), -1);
	sw_loop_stop(elsewhere);
	sw_loop_join(elsewhere);
	sw_loop_free(elsewhere);
	sem_destroy(&messenger.done);
}

SW_TEST(what_one_loop_forgets_every_loop_has_forgotten)
{
	core_fixture_play(NULL, hears_of);
}
