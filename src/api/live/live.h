/*
 * api/live/live.h - replies that go on: server-sent events (WHATWG HTML, section 9.2) to listeners.
 *
 * A handler (of an endpoint with SW_RAW and SW_WAITS) checks what was asked for, calls sw_call_live() and returns 0:
 * the reply begins, and begun() goes on in the request's task.  From then on the listener costs its connection and what
 * its owner keeps; tasks are for catching up.
 *
 * What all listeners have in common is done here: places (so many an account and in all), heartbeats, credentials that
 * are checked again twice a second, clients that do not read, and the end of the server.  A stream that the server ends
 * says so last:
 *
 *	event: end
 *	data: {"code":20431,"message":"…","reconnect":true}
 *
 * Ownership: the owner is the kind's; gone() is the last that it hears.
 * Thread: a listener belongs to the loop of its request.
 */
#ifndef SW_API_LIVE_LIVE_H
#define SW_API_LIVE_LIVE_H

#include "api/api.h"

struct sw_live;

struct sw_live_kind {
	/** The reply has begun. From a task; may wait, and the listener may be gone behind each wait. */
	void (*begun)(struct sw_live *live, struct sw_task *task, void *owner);
	/** What was queued is with the kernel, behind a sw_live_send() that answered false. May be NULL. */
	void (*room)(void *owner);
	/** Lines to add to a heartbeat, such as "id: 7\n". May be NULL. */
	void (*beat)(void *owner, struct sw_buf *out);
	/** The stream is gone. */
	void (*gone)(void *owner);
};

struct sw_live_limits {
	int64_t of_account, in_all; /* listeners of this process */
	size_t queue_bytes;         /* more is not sent to a client that does not read */
	int send_buffer_bytes;      /* of the kernel */
	int64_t stall_us;           /* without a byte read while some are queued: the end */
	int64_t beat_us, check_us;
	int64_t look_us; /* how often followers of a log look for news */
};
extern const struct sw_live_limits sw_live_limits;

/** From a handler: take a place. @return 0, SW_EAPI (429; or the caller is in-process) */
int sw_call_live(struct sw_call *c, const struct sw_live_kind *kind, void *owner, struct sw_error *err) SW_MUST_CHECK;

/** Send lines of the protocol. gone() may be called before it returns. @return true: there is room for more; false:
 * wait for room(), or it is gone */
bool sw_live_send(struct sw_live *live, struct sw_str lines);
/** End it: the last event has the catalogue's code, a message (NULL: the catalogue's) and whether coming again helps.
 */
void sw_live_end(struct sw_live *live, int code, const char *message, bool reconnect);

enum { SW_LIVE_LISTENERS, SW_LIVE_BEGUN, SW_LIVE_SLOW, SW_LIVE_REVOKED, SW_LIVE_METRICS_N };
extern struct sw_metric_set sw_live_metrics;

#endif
