/*
 * api/request/request.h - the request log: what an account asked the API lately, and what it was answered.
 *
 * Each loop keeps the records of its own requests in memory, the oldest making room for the newest; whoever reads asks
 * every loop by mail.  Nothing is stored: a restart begins anew.  Secrets never get in: Authorization is not looked at,
 * and values of fields that the tables call SW_SECRET are replaced before anything is kept.
 *
 * mask.c         what of a request and its answer may be kept
 * keep.c         a record of a request
 * ring.c         a loop's records
 * ask.c          asking all loops
 * request_api.c  GET /v1/requests and its stream
 *
 * Thread: tasks of any loop.
 */
#ifndef SW_API_REQUEST_REQUEST_H
#define SW_API_REQUEST_REQUEST_H

#include "api/api.h"

struct sw_route;

struct sw_request_limits {
	size_t bytes;      /* of the process; each loop that has requests has an equal part */
	size_t body_bytes; /* kept of each body */
	size_t mask_bytes; /* a body that may hold a secret is kept up to this length */
	size_t path_bytes, agent_bytes;
	unsigned batch; /* records that a loop hands to a stream at once */
};
extern const struct sw_request_limits sw_request_limits;

/** Names of the route's secrets, found once. */
void sw_request_secrets(struct sw_arena *arena, struct sw_route *route);
/** Keep what was asked and answered. err: NULL when it went well; route: NULL when there is no such path */
void sw_request_keep(const struct sw_call *c, const struct sw_route *route, const struct sw_error *err,
		     const struct sw_http_reply *reply);

/**
 * Form or JSON that others wrote, with three stars for users and passwords of the URLs in it; absent when that cannot be
 * told, or the text is too long to be looked through.
 */
struct sw_str sw_request_hide_users(struct sw_arena *arena, struct sw_str text);

/** What people wrote to each other is gone: bodies that tell of this resource of the account go too, on every loop. */
void sw_request_forget(struct sw_sid account, struct sw_sid resource);

/* GET /v1/requests */
extern const struct sw_module sw_request_module;

#endif
