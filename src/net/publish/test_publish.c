#include "net/publish/test_publish.h"

#include "base/test.h"

static struct {
	struct sw_publish *publish;
	void (*fn)(struct sw_task *task, struct sw_publish *publish);
} world;

static void run(struct sw_task *task, void *arg)
{
	(void)arg;
	world.fn(task, world.publish);
	sw_loop_stop(sw_task_loop(task));
}

void test_publish_run(const struct sw_publish_config *config,
		      void (*fn)(struct sw_task *task, struct sw_publish *publish))
{
	struct sw_loop *loop = sw_loop_new("asker");
	world.publish = sw_publish_new(config);
	world.fn = fn;
	sw_task_spawn(loop, run, NULL);
	sw_loop_run(loop);
	sw_publish_free(world.publish);
	sw_loop_free(loop);
}

struct sw_publish_item *test_publish_items(struct sw_arena *arena, const char *prefix, size_t n, size_t keys)
{
	struct sw_publish_item *items = SW_ARENA_ARRAY(arena, struct sw_publish_item, n);
	for (size_t i = 0; i < n; i++)
		items[i] = (struct sw_publish_item){
			.key = sw_str_fmt(arena, "k%zu", i % keys),
			.id = sw_str_fmt(arena, "%s-%04zu", prefix, i),
			.subject = SW_S("a.b"),
			.content_type = SW_S("application/cloudevents+json"),
			.body = sw_str_fmt(arena, "%s-%04zu of k%zu", prefix, i, i % keys),
		};
	return items;
}

size_t test_publish_all(struct sw_task *task, struct sw_publish *publish, const struct sw_publish_target *target,
			const struct sw_publish_item *items, size_t n, int tries)
{
	struct sw_arena *arena = sw_task_arena(task);
	struct sw_publish_item *left = SW_ARENA_ARRAY(arena, struct sw_publish_item, n);
	struct sw_published *results = SW_ARENA_ARRAY(arena, struct sw_published, n);
	memcpy(left, items, n * sizeof(*items));
	for (; n && tries > 0; tries--) {
		size_t kept = 0;
		if (sw_publish_batch_wait(task, publish, target, left, n, results) == 0)
			return 0;
		for (size_t i = 0; i < n; i++) {
			if (results[i].error && !results[i].retryable)
				sw_test_fail(__FILE__, __LINE__, "%.*s failed: %.*s", SW_FMT(left[i].id),
					     SW_FMT(results[i].why));
			if (results[i].error)
				left[kept++] = left[i];
		}
		n = kept;
		if (sw_sleep_wait(task, 100 * 1000))
			break;
	}
	return n;
}
