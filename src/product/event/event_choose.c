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

/* filtered: also by the filters, which look at nothing but what the account may see */
static bool is_wanted(struct sw_arena *arena, const struct event_follower *f, const struct event_out *out,
		      bool filtered)
{
	bool wanted = sw_str_is(out->event->type, "sink.tested") && sw_id_eq(out->event->sid, f->sink.id);
	for (size_t i = 0; i < f->wanted_n && !wanted; i++)
		wanted = is_of(f, &f->wanted[i], out) && (!filtered || passes(arena, f, f->wanted[i].filter, out));
	return wanted;
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
	struct event_sight sight = { .viewer = sw_sid_of("AC", f->account), .master = true };
	int err = 0;
	*ret_n = 0;
	for (size_t i = 0; i < n && !err; i++) {
		struct event_out *out = &outs[*ret_n];
		bool seen = false;
		*out = (struct event_out){ .event = &events[i],
					   .type = sw_event_type_find(f->core->events, events[i].type) };
		/* Most are not wanted: no account is looked up for them. */
		if (!out->type || !is_wanted(arena, f, out, false))
			continue;
		err = event_sight_wait(task, f->core, &sight, events[i].account, &seen);
		if (!seen || !is_wanted(arena, f, out, true))
			continue;
		render(arena, f, out);
		(*ret_n)++;
	}
	event_sight_done(&sight);
	return err;
}
