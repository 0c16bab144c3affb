/*
 * api/api.h - the HTTP surface as tables: endpoints, and the call a handler sees.
 *
 * A struct sw_endpoint row gives method, path, parameters, reply fields and handler.  From the rows come routing,
 * decoding into the handler's struct, errors, rendering, paging, idempotency, OpenAPI and `strowger check`.  No handler
 * sees a raw request or writes JSON:
 *
 *	static int fetch(struct sw_call *c, struct sw_error *err)
 *	{
 *		const struct fetch_args *args = c->args;
 *		struct message *m = c->result;
 *		...
 *		return 0;                                     a read: the engine renders c->result
 *		return sw_call_commit_wait(c, txn, err);      a write: c->result is complete before
 *	}
 *
 * Thread: tables are registered at start; calls run in tasks of any loop.
 */
#ifndef SW_API_API_H
#define SW_API_API_H

#include "core/account.h"
#include "core/event/event_type.h"
#include "core/idempotency.h"
#include "core/limit/gate.h"
#include "core/limit/limit.h"
#include "core/resource.h"
#include "core/schema.h"
#include "net/http_server.h"
#include "store/query.h"

struct sw_api;
struct sw_call;

typedef int sw_handler_fn(struct sw_call *call, struct sw_error *err);

enum {
	SW_LIST = 1 << 0,       /* the reply is a page of `fields` under list_key */
	SW_OPEN = 1 << 1,       /* no credentials needed */
	SW_ANY_STATUS = 1 << 2, /* works on suspended accounts too */
	SW_NO_KEYS = 1 << 3,    /* not with an API key: needs the auth token */
	SW_READS = 1 << 4,      /* a POST that changes nothing: no idempotency */
	SW_RAW = 1 << 5,        /* the handler sets body and content_type itself: stored content, never JSON */
	SW_FREE_BODY = 1 << 7,  /* the handler reads request->body itself: whoever calls has a form of his own */
	SW_OWN_CURSOR = 1 << 6, /* SW_LIST, native: rows have no SID to page by; the handler reads page.cursor and sets
				   page.next */
	SW_WAITS = 1 << 9,      /* may wait for something to happen: how long it takes says nothing of the load */
	SW_AUDIT = 1 << 8,      /* a change of configuration: who made it is written down in its commit */
	SW_JSON_BODY = 1 << 10, /* a contract's endpoint whose body is JSON */
	SW_UNLOGGED = 1 << 12,  /* not in the request log: it shows that */
	SW_BY_SECRET =
		1 << 11, /* for whoever shows a secret by Basic, whatever a key's policy says; not with a token */
};

struct sw_endpoint {
	const char *method, *path; /* method NULL ends a table; path as in the contract, ".json" and all */
	const char *operation;     /* "CreateMessage"; unique */
	const char *doc;           /* one sentence */
	enum sw_style style;
	const char *product; /* "api", "messaging": host label or prefix; NULL: native, no prefix */
	const struct sw_field *params;
	size_t args_bytes;
	const struct sw_field *fields; /* of the reply or of one row of the list; NULL: no body */
	size_t result_bytes;
	int status; /* of success */
	sw_handler_fn *handler;
	unsigned flags;
	const char *list_key;
	int64_t body_max;       /* bytes; 0: the server's default */
	const char *rate_class; /* "read", "write", "send", "bulk" (core/limit/tier.h) */
	const char *urgent;     /* a word that bodies of urgent requests have; the handler then calls sw_call_admit() */
	const void *about;      /* the handler's: a struct sw_resource_type … */
	const struct sw_deprecation *deprecated; /* the whole endpoint; NULL: not */
	unsigned accept;                         /* field flags that make a parameter (declared resources); 0: all */
	const char *sdk; /* what SDKs call it when the path does not say: "sinks().sinkTest"; "": they do not know it */
	const char
		*contract;   /* its name in the contract and the SDK for Go, if not ours; "": that SDK cannot be used */
	const char *example; /* SW_FREE_BODY: a query as it may come, and behind \n a form */
	const int *errors; /* codes of its handler's own, ended by 0: SW_ERRORS(21606, …); others follow from the row */
	const char *refused; /* why it answers with an error always; NULL: it does not */
};

/* The page asked for and, after sw_call_list_wait(), what surrounds it. */
struct sw_page {
	int64_t number, size;
	struct sw_id after, before; /* from the token; zero: none */
	char kind[2];               /* letters of the rows' SIDs, for tokens */
	char token_kind[2];         /* as the token has them */
	bool has_next, has_previous;
	struct sw_id first, last;
	int64_t rows;
	bool ascending;             /* oldest first; set before sw_call_list_wait() */
	struct sw_str cursor, next; /* SW_OWN_CURSOR: as asked, as answered */
};

struct sw_call {
	struct sw_api *api;
	const struct sw_core *core;
	struct sw_task *task;
	struct sw_arena *arena; /* the task's */
	const struct sw_endpoint *endpoint;
	struct sw_caller caller;
	const char *challenge;            /* WWW-Authenticate of a 401; NULL: none was tried */
	const struct sw_account *account; /* acted on: the one in the path, else the caller's */
	void *args;
	void *result; /* all absent at first */
	struct sw_page page;
	struct sw_buf items;       /* rows rendered so far */
	struct sw_str base_url;    /* "http://host/prefix", for absolute URLs */
	struct sw_str path, query; /* as asked, without prefix */
	struct sw_str prefix;      /* of the product: "/messaging"; absent or "": none */
	struct sw_form filters;    /* the query's pairs */
	struct sw_str request_id;
	const struct sw_http_request *request; /* NULL: in-process */
	struct sw_idempotency idempotency;
	const struct sw_account *keys_of; /* whose idempotency keys count: c->account before sw_call_enter_wait() */
	bool key_open;                    /* nothing was looked up or committed under the key so far */
	struct sw_pass pass;              /* what limits gave */
	int64_t start_us, routed_us, decoded_us; /* monotonic, for the flight recorder */
	/* the reply */
	int status;
	struct sw_str body;         /* absent: none */
	struct sw_str content_type; /* SW_RAW */
	bool replayed;
	/* SW_AUDIT: what is changed (absent: the reply's or the path's sid) and how (absent: not said) */
	struct sw_sid changed;
	struct sw_str changes;
	struct sw_http_header headers[16]; /* besides content type and length */
	unsigned headers_n;
	const struct sw_live_kind *live; /* the reply goes on (api/live/live.h); NULL: it does not */
	void *live_owner;
	unsigned live_place;
};

/**
 * Render c->result, add the idempotency row when the request has a key, commit, wait.
 * Guards that fail become their catalogue code; a key that somebody else used meanwhile becomes a replay.
 * @return 0 (the reply is ready), SW_EAPI, or a negative sw_err given as a step's on_fail
 */
int sw_call_commit_wait(struct sw_call *c, struct sw_txn *txn, struct sw_error *err) SW_MUST_CHECK;
/**
 * Read, change and commit, again from the start as long as others change the same row in between (SW_ECONFLICT):
 * without If-Match the last word counts, and nobody is told that others spoke too. Tries for ten seconds, with growing
 * pauses.
 * @param once  leaves nothing behind when it fails; its parameters are c's
 * @return what once returned, SW_EAPI (20409) after ten seconds
 */
int sw_call_until_alone_wait(struct sw_call *c, int (*once)(struct sw_call *c, struct sw_error *err),
			     struct sw_error *err) SW_MUST_CHECK;
/** New transaction in the bucket of c->account. */
struct sw_txn *sw_call_txn(struct sw_call *c);
/** A header of the reply; name and value must live as long as the call. */
void sw_call_header(struct sw_call *c, struct sw_str name, struct sw_str value);
/** A second look at the overload, when the parameters say how important a request is. In-process calls always pass.
 * @return 0, SW_EAPI (503) */
int sw_call_admit(struct sw_call *c, enum sw_level level, struct sw_error *err) SW_MUST_CHECK;
/** Tell the flight recorder which SID this request serves: its steps so far are written down under it. */
void sw_call_trace(struct sw_call *c, struct sw_id id);

/**
 * Act on another account from here on: the caller's own or one of its subaccounts, for endpoints that name it elsewhere
 * than in the path.
 * @return 0, SW_EAPI (404: no such account for this caller; 20005: not active, unless the request only reads)
 */
int sw_call_enter_wait(struct sw_call *c, struct sw_sid account, struct sw_error *err) SW_MUST_CHECK;
/** What only the operator may do, with the auth token; such endpoints have SW_NO_KEYS too. @return 0, SW_EAPI (20006)
 */
int sw_call_operator_only(const struct sw_call *c, struct sw_error *err) SW_MUST_CHECK;
/**
 * The SID of what is about to be created: a new one, or that of the header Strowger-Sid, by which the operator brings
 * in what had it elsewhere, so that programs which name it go on (`strowger import`).
 * @param kind  two letters
 * @return 0, SW_EAPI (20001: no SID of this kind; 20006: not the operator)
 */
int sw_call_new_sid(const struct sw_call *c, const char *kind, struct sw_sid *ret, struct sw_error *err) SW_MUST_CHECK;
/** Check a policy's form and that each permission it names exists. @return 0, SW_EAPI (70002) */
int sw_call_policy_check(struct sw_call *c, struct sw_str policy, struct sw_error *err) SW_MUST_CHECK;
/** The same for the scope of a token. */
int sw_call_scope_check(struct sw_call *c, struct sw_str scope, struct sw_error *err) SW_MUST_CHECK;
/** Every permission there is, each once, in order. @param keys  only what an API key may ask for */
struct sw_strs sw_api_permissions(const struct sw_api *api, struct sw_arena *arena, bool keys);
/** Is this attempt to sign in to be refused for those before it? @return 0, SW_EAPI (429 with Retry-After) */
int sw_call_login_check(struct sw_call *c, struct sw_str user, struct sw_error *err) SW_MUST_CHECK;
/** How the attempt ended: counts for the next. */
void sw_call_login_done(struct sw_call *c, struct sw_str user, bool good);

/** Where the page about an error code is: the server's own pages have no product's prefix. */
struct sw_str sw_call_error_page(const struct sw_call *c, int code);
/** What is not there for this caller: 20404. @return SW_EAPI */
int sw_call_not_found(const struct sw_call *c, struct sw_error *err);

/** Fill a result struct from one row. @return 0, SW_ENOTFOUND (leave the row out), SW_EAPI */
typedef int sw_call_read_fn(struct sw_call *c, struct sw_row row, void *result, struct sw_error *err);
/**
 * Run the list's query for the page asked for and render its rows.  Column 0 of the definition is the key.
 * @param kind  two letters for page tokens
 */
int sw_call_list_wait(struct sw_call *c, struct sw_query *query, const char kind[2], sw_call_read_fn *read,
		      struct sw_error *err) SW_MUST_CHECK;
/** Run the query for the one row of that SID, which becomes c->result. @return 0, SW_EAPI (20404) */
int sw_call_fetch_wait(struct sw_call *c, struct sw_query *query, struct sw_sid sid, sw_call_read_fn *read,
		       struct sw_error *err) SW_MUST_CHECK;
/** Add every given SW_QUERY parameter to the query by its column. */
void sw_call_where(struct sw_call *c, struct sw_query *query);
/** Render one row of a list that no query gives. */
void sw_call_add_row(struct sw_call *c, const void *result);
/** Such a list in the contract's styles: how many rows come before the page asked for. kind: letters for its tokens */
int64_t sw_call_place(struct sw_call *c, const char kind[2]);
/** True when the row at that place, from 0, is not for this page any more: it begins the next. */
bool sw_call_place_full(struct sw_call *c, int64_t place);

/* ---- in-process calls ---- */

/**
 * Call an endpoint by operation name on behalf of an account: same validation, no authentication, no limits.
 * @param key  idempotency key, derived from the caller's SID; absent: none
 * @return 0 (ret_status, ret_body filled: also an error's), SW_ENOTFOUND (no such operation), or a store error
 */
int sw_api_call_wait(struct sw_task *task, struct sw_api *api, const struct sw_account *account, const char *operation,
		     const struct sw_form *form, struct sw_str key, int *ret_status,
		     struct sw_str *ret_body) SW_MUST_CHECK;

/* ---- the whole ---- */

/* A page for people, open to everybody who can reach the port. */
struct sw_web_ask {
	struct sw_arena *arena;
	struct sw_str path, query; /* as asked */
	struct sw_str rest;        /* of the path, behind the row's: "", "/21211" */
	struct sw_str base_url;    /* "http://127.0.0.1:8080" */
};
/* A file that lies in the program, compressed when it was built.  A coding that is absent was not worth it. */
struct sw_web_file {
	struct sw_str path, type;
	struct sw_str plain, gzip, brotli;
	struct sw_str digest; /* of plain: the strong ETag begins with it */
	bool immutable;       /* its name changes with its content */
};
struct sw_web_page {
	const char *path; /* NULL ends a table; the first row that fits is asked, and the next when it answers 404 */
	bool below;       /* paths under it too */
	const char *type;
	int (*write)(struct sw_api *api, const struct sw_web_ask *ask, struct sw_buf *out); /* an HTTP status */
	const struct sw_web_file *(*file)(const struct sw_web_ask *ask); /* in place of type and write; NULL: 404 */
	const char *policy; /* its Content-Security-Policy; NULL: text, our style and nothing else */
};
/** Whether the row is for ask->path; what of that is behind the row's is ask->rest then. */
bool sw_web_fits(const struct sw_web_page *page, struct sw_web_ask *ask);

/* What a product brings; listed in main/modules.c. */
struct sw_module {
	const char *name;
	const char *group;                          /* of its permissions, "messaging"; NULL: its name */
	const struct sw_endpoint *endpoints;        /* NULL: none */
	const struct sw_endpoint *const *more;      /* further tables of endpoints, NULL-terminated; NULL: none */
	const struct sw_resource *const *resources; /* NULL-terminated; NULL: none */
	const struct sw_sql_table *sql;             /* NULL: none */
	const struct sw_query_def *const *queries;  /* NULL-terminated; NULL: none */
	const struct sw_due_kind *const *dues;      /* NULL-terminated; NULL: none */
	const struct sw_fsm_events *fsm;            /* a machine, and what its events are; NULL: none */
	const struct sw_event_row *events; /* what it writes besides its machine's and resources'; NULL: none */
	struct sw_metric_set *metrics;     /* NULL: none */
	const struct sw_web_page *pages;   /* NULL: none */
};

struct sw_api *sw_api_new(const struct sw_core *core, const struct sw_module *const *modules);
void sw_api_free(struct sw_api *api);
/** For net/http_server.h: request complete. owner: the api. */
void sw_api_on_request(void *owner, struct sw_http_request *request);
struct sw_str sw_api_error_body(void *owner, int status, const char *why, struct sw_buf *buf);
/** Every endpoint in order, declared resources included. */
const struct sw_endpoint *sw_api_endpoint(const struct sw_api *api, size_t i);
/** The type of a declared resource by its name; one that no module declares is a bug. */
const struct sw_resource_type *sw_api_resource(const struct sw_api *api, const char *name);
/** Every type of event that the modules write. */
const struct sw_event_catalogue *sw_api_events(const struct sw_api *api);
/** The whole surface as OpenAPI 3.0 JSON. samples_base: with x-codeSamples for a server there; absent: without them */
void sw_api_openapi(const struct sw_api *api, struct sw_str samples_base, struct sw_buf *out);
/** Complaints about tables, a line each; nothing when all is well. */
void sw_api_check(const struct sw_api *api, struct sw_buf *complaints);
/** Writable fields without effect yet, with the reason: Markdown. */
void sw_api_inert(const struct sw_api *api, struct sw_buf *out);

extern struct sw_metric_set sw_api_metrics;
/* Follows the deletion of a resource that others belong to; listed in main/modules.c. */
extern const struct sw_due_kind sw_resource_cascade_due;

#endif
