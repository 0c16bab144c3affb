/* api/request/request_impl.h - what the files of this folder share. */
#ifndef SW_API_REQUEST_REQUEST_IMPL_H
#define SW_API_REQUEST_REQUEST_IMPL_H

#include "api/api_impl.h"
#include "api/request/request.h"
#include "base/list.h"

enum { REQUEST_LOOPS_MAX = 64, REQUEST_LOOP_LAST = 0xff };

/* When a request was answered, and on which loop: no two are equal. It is a cursor, too. */
struct request_key {
	int64_t us;
	unsigned loop;
};

/* A request. Its texts stand behind it; of what is kept they only ever go. */
struct request_record {
	struct sw_list node;
	struct request_key key;
	size_t bytes;                       /* of it all */
	struct sw_sid account, owner;       /* in whose log it is, and whose subaccount that is */
	struct sw_sid acted_on;             /* another account's only when that let the caller in */
	struct sw_sid caller, caller_owner; /* who signed in */
	struct sw_sid api_key, resource;    /* absent: an auth token; nothing in particular */
	const struct sw_endpoint *endpoint; /* NULL: no such path */
	int status, code;                   /* code 0: none */
	int64_t duration_us;
	size_t request_bytes, response_bytes; /* of the bodies when they were whole */
	struct sw_str id, method, path, user_agent, source_ip, request_body, response_body;
};

/* What a list or stream asks for. */
struct request_wanted {
	struct sw_sid viewer;               /* its own requests and its subaccounts' */
	struct sw_str method, path, search; /* absent: any */
	int64_t status, code;               /* SW_NONE: any; status 4: 4xx */
};

/** The same for longer than who asks: its texts are copied into the arena. */
static inline struct request_wanted request_wanted_dup(struct sw_arena *arena, struct request_wanted wanted)
{
	wanted.method = sw_str_dup(arena, wanted.method);
	wanted.path = sw_str_dup(arena, wanted.path);
	wanted.search = sw_str_dup(arena, wanted.search);
	return wanted;
}

/* mask.c */

/** JSON that this server wrote, without secrets: at most `most` bytes of it. */
struct sw_str request_mask_own(struct sw_arena *arena, struct sw_str text, const struct sw_strs *secrets, size_t most);
/** The same of what others wrote, which is read with care, and is not kept when it cannot be. */
struct sw_str request_mask(struct sw_arena *arena, struct sw_str text, const struct sw_strs *secrets, size_t most);

/* ring.c */

/** A place among the loops; NULL when none is registered there. */
struct sw_loop *request_loop_at(unsigned at);
/** Changes whenever any loop keeps a request. */
uint64_t request_news(void);
/** Behind everything that is kept now, on every loop. */
int64_t request_now_us(void);
/** Keep a copy of the record on this loop, stamped with now. */
void request_ring_put(struct request_record *r);
/**
 * This loop's records that are wanted, behind `from` (forward: oldest first) or before it (newest first), copied into
 * the arena.  Whatever is kept from now on lies behind settle_us.
 * @return how many, at most `most`
 */
size_t request_ring_read(struct sw_arena *arena, const struct request_wanted *wanted, struct request_key from,
			 bool forward, int64_t settle_us, size_t most, const struct request_record **ret);

/* ask.c */

struct request_ask {
	struct request_wanted wanted;
	struct request_key from;
	bool forward;
	size_t most;
};
struct request_answer {
	const struct request_record **records; /* in order, held by the task's arena */
	size_t n;
	bool more;
	struct request_key until; /* forward: everything up to here is in it */
};
/** Ask every loop. @return 0, SW_ECANCELED */
int request_ask_wait(struct sw_task *task, const struct request_ask *ask, struct request_answer *ret) SW_MUST_CHECK;

static inline int request_key_cmp(struct request_key a, struct request_key b)
{
	if (a.us != b.us)
		return a.us < b.us ? -1 : 1;
	return a.loop == b.loop ? 0 : a.loop < b.loop ? -1 : 1;
}

#endif
