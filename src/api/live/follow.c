#include "api/live/follow.h"

#include "base/buf.h"
#include "base/ref.h"
#include "loop/loop.h"
#include "loop/task.h"

/* Who follows on a loop, and the one task that looks for all of them. */
struct watch {
	struct sw_list followers;
	size_t n;
	bool running;
};

static void follower_destroy(void *object)
{
	struct sw_follower *follower = object;
	sw_list_del(&follower->node);
	sw_arena_done(&follower->arena);
}

void *sw_follower_new(size_t bytes, const struct sw_follow_kind *kind)
{
	struct sw_follower *follower = sw_ref_new(bytes, follower_destroy);
	sw_list_init(&follower->node);
	sw_arena_init(&follower->arena);
	follower->kind = kind;
	return follower;
}

static void watch_init(void *object)
{
	sw_list_init(&((struct watch *)object)->followers);
}

static struct watch *watch_here(void)
{
	static struct sw_loop_local watches = { .bytes = sizeof(struct watch), .init = watch_init };
	return sw_loop_local(sw_loop_current(), &watches);
}

/* ---- looking ---- */

/* Runs in a task for this alone: its arena is cleared behind each batch. */
static int catch_up_wait(struct sw_task *task, struct sw_follower *follower)
{
	bool more = true;
	int err = 0;
	while (!err && follower->live && !follower->full && more) {
		struct sw_buf lines = { .arena = sw_task_arena(task) };
		uint64_t news = follower->kind->news(follower);
		err = follower->kind->next_wait(task, follower, &lines, &more);
		if (!err && follower->live) {
			follower->seen = news;
			if (lines.n)
				follower->full = !sw_live_send(follower->live, sw_buf_str(&lines));
		}
		sw_arena_clear(sw_task_arena(task));
	}
	return err == SW_ECANCELED ? err : 0;
}

static void look(struct sw_task *task, void *arg)
{
	struct watch *watch = arg;
	int err = 0;
	while (!err && !sw_list_empty(&watch->followers)) {
		/* Who is served goes to the end: the list may change meanwhile. */
		for (size_t n = watch->n; n && !err && !sw_list_empty(&watch->followers); n--) {
			struct sw_follower *follower =
				sw_ref(SW_CONTAINER(watch->followers.next, struct sw_follower, node));
			sw_list_del(&follower->node);
			sw_list_push(&watch->followers, &follower->node);
			if (follower->seen != follower->kind->news(follower))
				err = catch_up_wait(task, follower);
			sw_unref(follower);
		}
		if (!err)
			err = sw_sleep_wait(task, sw_live_limits.look_us);
	}
	watch->running = false;
}

/* ---- a listener ---- */

static void on_begun(struct sw_live *live, struct sw_task *task, void *owner)
{
	struct watch *watch = watch_here();
	struct sw_follower *follower = owner;
	follower->live = live;
	sw_list_push(&watch->followers, &follower->node);
	watch->n++;
	if (watch->running)
		return;
	watch->running = true;
	sw_task_spawn(sw_task_loop(task), look, watch);
}

static void on_room(void *owner)
{
	struct sw_follower *follower = owner;
	follower->full = false;
	follower->seen = 0;
}

static void on_beat(void *owner, struct sw_buf *out)
{
	const struct sw_follower *follower = owner;
	struct sw_arena arena;
	sw_arena_init(&arena);
	sw_buf_add_fmt(out, "id: %.*s\n", SW_FMT(follower->kind->place(follower, &arena)));
	sw_arena_done(&arena);
}

static void on_gone(void *owner)
{
	struct sw_follower *follower = owner;
	if (follower->live)
		watch_here()->n--;
	follower->live = NULL;
	sw_list_del(&follower->node);
	sw_unref(follower);
}

int sw_call_follow(struct sw_call *c, struct sw_follower *follower, struct sw_error *err)
{
	static const struct sw_live_kind kind = {
		.begun = on_begun, .room = on_room, .beat = on_beat, .gone = on_gone
	};
	int failed = sw_call_live(c, &kind, follower, err);
	if (failed)
		sw_unref(follower);
	return failed;
}

void sw_follow_add(struct sw_buf *lines, struct sw_str id, const struct sw_field *fields, const void *row)
{
	struct sw_json_out json = { .buf = lines };
	sw_buf_add_fmt(lines, "id: %.*s\ndata: ", SW_FMT(id));
	sw_json_object(&json);
	sw_schema_render(fields, SW_STYLE_NATIVE, SW_S(""), row, &json);
	sw_json_end_object(&json);
	sw_buf_add_cstr(lines, "\n\n");
}

struct sw_str sw_follow_cursor(const struct sw_call *c, struct sw_str param)
{
	struct sw_str cursor = c->request ? sw_http_field(&c->request->head, "Last-Event-ID") : SW_STR_NULL;
	return cursor.n ? cursor : param;
}
