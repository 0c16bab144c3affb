/* api/live/live_impl.h - what live.c, session.c and api/serve.c share. */
#ifndef SW_API_LIVE_LIVE_IMPL_H
#define SW_API_LIVE_LIVE_IMPL_H

#include "api/api_impl.h"
#include "api/live/live.h"
#include "base/list.h"
#include "loop/timer.h"

/* One set of credentials with an endpoint: its listeners are checked together. */
struct sw_session {
	struct sw_list node, lives;
	const struct sw_route *route;
	struct sw_sid account; /* acted on */
	char peer[48];
	size_t authorization_n;
	char authorization[];
};

struct sw_live {
	struct sw_list node, session_node; /* of the loop; of the session */
	struct sw_session *session;
	struct sw_http_stream *stream;
	const struct sw_live_kind *kind;
	void *owner;
	int64_t moved_us; /* when last a byte of what is queued went */
	int64_t beat_us;
	size_t queued; /* when last looked */
	unsigned place;
	bool full;
	bool *gone; /* set when it is freed; NULL: nobody asks */
};

/* What a loop has. */
struct sw_lives {
	struct sw_list lives, sessions;
	struct sw_timer timer;
	struct sw_loop *loop;
	struct sw_api *api;
	unsigned checks; /* under way */
	int64_t checked_us;
};

/** The handler failed behind sw_call_live(). */
void sw_live_abandon(struct sw_call *c);
/** Answer with the head; then begun(). */
void sw_live_begin(struct sw_call *c, struct sw_http_request *request, const struct sw_http_reply *reply,
		   const struct sw_route *route);

/* session.c */
struct sw_session *sw_session_join(struct sw_lives *here, struct sw_live *live, const struct sw_call *c,
				   const struct sw_route *route);
void sw_session_leave(struct sw_live *live);
/** Check each session's credentials again; those that are good no more end. Spawns a task. */
void sw_sessions_check(struct sw_lives *here);

#endif
