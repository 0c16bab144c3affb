/* Which events of a page a sink is given, and how they look there. */
#include "product/event/event.h"
#include "product/event/event_follow.h"

#include "loop/task.h"

static bool is_of(const struct event_follower *f, const struct event_wanted *w, const struct event_out *out)
{
	const struct sw_event *e = out->event;
	bool own = sw_id_eq(e->account, f->account), found = false;
	if ((!own && !w->subaccounts) || (e->seq <= w->since_seq && e->seq > f->state.replay_seq))
		return false;
	for (size_t i = 0; i < w->types_n && !found; i++)
		found = w->types[i] == out->type;
	return found;
}

/* A filter of the contract looks at the data as they go out, a native one at the event as GET /v1/events shows it. */
static bool passes(struct sw_arena *arena, const struct event_follower *f, const struct sw_expr *filter,
		   const struct event_out *out)
{
	struct sw_buf text = { .arena = arena };
	struct sw_json_out json = { .buf = &text };
	const struct sw_json *data;
	if (!filter || f->native)
		return event_is_wanted(arena, filter, out->event);
	sw_cloud_event_data(arena, out->type, out->event, &json);
	return sw_json_parse(arena, sw_buf_str(&text), NULL, &data, NULL) == 0 &&
	       sw_expr_eval(filter, sw_expr_get_json, (void *)(uintptr_t)data);
}

static bool choose(struct sw_arena *arena, const struct event_follower *f, const struct event_out *out)
{
	bool wanted = sw_str_is(out->event->type, "sink.tested") && sw_id_eq(out->event->sid, f->sink.id);
	for (size_t i = 0; i < f->wanted_n && !wanted; i++)
		wanted = is_of(f, &f->wanted[i], out) && passes(arena, f, f->wanted[i].filter, out);
	return wanted;
}

static bool may_be_seen(const struct event_follower *f, const struct sw_account *account, const struct sw_event *event)
{
	return sw_id_eq(event->account, f->account) || sw_id_eq(account->owner.id, f->account);
}

static void render(struct sw_arena *arena, const struct event_follower *f, struct event_out *out)
{
	struct sw_buf text = { .arena = arena };
	struct sw_json_out json = { .buf = &text };
	if (f->native) {
		out->id = sw_str_fmt(arena, "%d-%lld", f->bucket, (long long)out->event->seq);
		event_render(arena, f->bucket, out->event, &text);
	} else {
		out->id = sw_event_id(arena, f->bucket, out->event->seq);
		sw_cloud_event(arena, out->type, f->bucket, out->event, f->core->public_url, &json);
	}
	out->json = sw_buf_str(&text);
}

int event_choose_wait(struct sw_task *task, const struct event_follower *f, const struct sw_event *events, size_t n,
		      struct event_out *outs, size_t *ret_n)
{
	struct sw_arena *arena = sw_task_arena(task);
	*ret_n = 0;
	for (size_t i = 0; i < n; i++) {
		struct event_out *out = &outs[*ret_n];
		const struct sw_account *account;
		*out = (struct event_out){ .event = &events[i],
					   .type = sw_event_type_find(f->core->events, events[i].type) };
		if (!out->type)
			continue;
		int err = sw_account_get_wait(task, f->core, sw_sid_of("AC", events[i].account), &account);
		if (err && err != SW_ENOTFOUND)
			return err;
		if (err || !may_be_seen(f, account, &events[i]) || !choose(arena, f, out))
			continue;
		render(arena, f, out);
		(*ret_n)++;
	}
	return 0;
}
