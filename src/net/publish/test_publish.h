/*
 * net/publish/test_publish.h - for tests: a task with a publishing of its own.
 */
#ifndef SW_NET_PUBLISH_TEST_PUBLISH_H
#define SW_NET_PUBLISH_TEST_PUBLISH_H

#include "loop/loop.h"
#include "loop/task.h"
#include "net/publish.h"

/** Run fn(task, publish) to its end on a loop of its own. */
void test_publish_run(const struct sw_publish_config *config,
		      void (*fn)(struct sw_task *task, struct sw_publish *publish));
/** n items of `keys` keys in turn: id "PREFIX-0007", key "k3", subject "a.b", body "PREFIX-0007 of k3". */
struct sw_publish_item *test_publish_items(struct sw_arena *arena, const char *prefix, size_t n, size_t keys);
/** Publish again what failed and may be tried again, in order, until all is taken or tries are over. @return what is
 * not */
size_t test_publish_all(struct sw_task *task, struct sw_publish *publish, const struct sw_publish_target *target,
			const struct sw_publish_item *items, size_t n, int tries);

#endif
