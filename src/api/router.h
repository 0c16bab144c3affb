/*
 * api/router.h - from method, host and path to an endpoint: a tree of path segments made at start.
 *
 * The product is the first label of the host ("messaging.example.org") or the first segment of the path
 * ("/messaging/v1/Services"); what belongs to no product goes to "api" and the native endpoints, which share one tree.
 */
#ifndef SW_API_ROUTER_H
#define SW_API_ROUTER_H

#include "api/api.h"

enum { SW_PATH_VARIABLES = 6, SW_PATH_SEGMENTS = 16 };

/* An endpoint with what is computed from it once. */
struct sw_route {
	const struct sw_endpoint *endpoint;
	struct sw_str permission;                       /* what a restricted key needs: api/permission.c */
	struct sw_str *names;                           /* parameter names, one a field */
	const struct sw_field *path[SW_PATH_VARIABLES]; /* fields of the path's variables, in order */
	unsigned path_n;
	struct sw_strs secret_params, secret_fields; /* names that the request log hides: api/request/mask.c */
	bool deprecates;                             /* it, or one of its parameters, is deprecated */
};

struct sw_match {
	const struct sw_route *route;           /* NULL: no such path, or not this method */
	bool path_known;                        /* the path exists: 405 */
	const char *allow[8];                   /* methods there */
	struct sw_str value[SW_PATH_VARIABLES]; /* decoded */
	struct sw_str prefix;                   /* "/messaging", "" */
	struct sw_str path;                     /* behind the prefix */
};

struct sw_router;

struct sw_router *sw_router_new(void);
void sw_router_free(struct sw_router *router);
/** Two endpoints for one method and path are a bug. Copies nothing: the row must live on. */
struct sw_route *sw_router_add(struct sw_router *router, const struct sw_endpoint *endpoint);
/** Percent escapes of variables are decoded into the arena. */
void sw_router_find(const struct sw_router *router, struct sw_arena *arena, struct sw_str method, struct sw_str host,
		    struct sw_str path, struct sw_match *ret);
/** By operation name; NULL when there is none. */
const struct sw_route *sw_router_operation(const struct sw_router *router, const char *operation);
size_t sw_router_count(const struct sw_router *router);
const struct sw_route *sw_router_at(const struct sw_router *router, size_t i);

/*
 * The names of the hosted services whose APIs are served here: domains, and what is below them; ends with an absent
 * one. Under these a request can only have come through `strowger run`, or somebody's name server: over TLS either way.
 */
extern const struct sw_str sw_hosted_names[];
/** @param host  in any case, with or without a port */
bool sw_hosted(struct sw_str host);

#endif
