/* Whether those who listen still may: their credentials are shown again, for them. */
#include <stdlib.h>

#include "api/live/live_impl.h"
#include "loop/loop.h"
#include "loop/task.h"

void sw_session_leave(struct sw_live *live)
{
	struct sw_session *session = live->session;
	sw_list_del(&live->session_node);
	if (!sw_list_empty(&session->lives))
		return;
	sw_list_del(&session->node);
	free(session);
}

struct sw_session *sw_session_join(struct sw_lives *here, struct sw_live *live, const struct sw_call *c,
				   const struct sw_route *route)
{
	struct sw_str shown = sw_http_field(&c->request->head, "Authorization");
	for (struct sw_list *at = here->sessions.next; at != &here->sessions; at = at->next) {
		struct sw_session *session = SW_CONTAINER(at, struct sw_session, node);
		struct sw_str known = { session->authorization, session->authorization_n };
		if (session->route != route || !sw_sid_eq(session->account, c->account->sid) ||
		    !sw_str_eq(known, shown))
			continue;
		sw_list_push(&session->lives, &live->session_node);
		return session;
	}
	struct sw_session *session = calloc(1, sizeof(*session) + shown.n);
	SW_BUG_ON(!session);
	session->route = route;
	session->account = c->account->sid;
	memcpy(session->peer, c->request->peer.p, c->request->peer.n < 47 ? c->request->peer.n : 47);
	session->authorization_n = shown.n;
	if (shown.n)
		memcpy(session->authorization, shown.p, shown.n);
	sw_list_init(&session->lives);
	sw_list_push(&session->lives, &live->session_node);
	sw_list_push(&here->sessions, &session->node);
	return session;
}

/* @return the code for which the listeners must go; 0: they may stay (also when nobody can say) */
static int refusal_wait(struct sw_task *task, struct sw_lives *here, const struct sw_session *session)
{
	struct sw_arena *arena = sw_task_arena(task);
	struct sw_error err = { 0 };
	struct sw_http_request *request = SW_ARENA_NEW(arena, struct sw_http_request);
	struct sw_call *c = SW_ARENA_NEW(arena, struct sw_call);
	struct sw_sid account = session->account;
	request->head.fields = 1;
	request->head.field[0] = (struct sw_http_field){
		SW_S("Authorization"),
		sw_str_dup(arena, (struct sw_str){ session->authorization, session->authorization_n })
	};
	request->peer = sw_str_dup(arena, sw_str_of(session->peer));
	*c = (struct sw_call){
		.api = here->api, .core = here->api->core, .task = task, .arena = arena, .request = request
	};
	c->endpoint = session->route->endpoint;
	c->path = c->query = c->base_url = SW_S("");
	int failed = sw_sign_in_wait(c, session->route, &err);
	if (!failed)
		failed = sw_call_enter_wait(c, account, &err);
	return failed == SW_EAPI && err.row->status >= 400 && err.row->status < 500 && err.row->status != 429
		       ? err.row->code
		       : 0;
}

struct check {
	struct check *next;
	struct sw_lives *here;
	struct sw_live keeper; /* stands in the session's list, so that it stays */
};

static struct sw_live *another(struct sw_session *session, const struct sw_live *keeper)
{
	for (struct sw_list *at = session->lives.next; at != &session->lives; at = at->next)
		if (SW_CONTAINER(at, struct sw_live, session_node) != keeper)
			return SW_CONTAINER(at, struct sw_live, session_node);
	return NULL;
}

static void check_one(struct sw_task *task, void *arg)
{
	struct check *check = arg;
	struct sw_session *session = check->keeper.session;
	int code = refusal_wait(task, check->here, session);
	struct sw_live *live;
	while (code && (live = another(session, &check->keeper))) {
		sw_count(&sw_live_metrics, SW_LIVE_REVOKED, 1);
		sw_live_end(live, code, NULL, false);
	}
	check->here->checks--;
	sw_session_leave(&check->keeper);
	free(check);
}

/* A task each: one arena would grow with their number. */
void sw_sessions_check(struct sw_lives *here)
{
	struct check *first = NULL;
	if (here->checks)
		return;
	for (struct sw_list *at = here->sessions.next; at != &here->sessions; at = at->next) {
		struct check *check = calloc(1, sizeof(*check));
		SW_BUG_ON(!check);
		*check = (struct check){ .next = first, .here = here };
		check->keeper.session = SW_CONTAINER(at, struct sw_session, node);
		sw_list_push(&check->keeper.session->lives, &check->keeper.session_node);
		here->checks++;
		first = check;
	}
	/* Behind the walk: a task that need not wait ends sessions at once. */
	for (struct check *next; first; first = next) {
		next = first->next;
		sw_task_spawn(here->loop, check_one, first);
	}
}
