/* api/api_impl.h - what the files of this room share. */
#ifndef SW_API_API_IMPL_H
#define SW_API_API_IMPL_H

#include "api/api.h"
#include "api/router.h"
#include "base/metrics.h"

struct sw_api {
	struct sw_arena arena; /* endpoints of declared resources */
	const struct sw_core *core;
	const struct sw_module *const *modules;
	struct sw_router *router;
	struct sw_resource_type **types; /* of declared resources */
	size_t types_n;
	struct sw_event_catalogue *events;
};

enum {
	API_REQUESTS,
	API_REFUSED,
	API_FAILED,
	API_REPLAYED,
	API_LATENCY,
	API_LOGIN_FAILED,
	API_LOGIN_DELAYED,
	API_UNCOUNTED,
	API_METRICS_N,
};

#define SW_REALM "Strowger API" /* of WWW-Authenticate */

/* A request that was read, and where it goes; in its arena. */
struct sw_arrival {
	struct sw_api *api;
	struct sw_match match;
	enum sw_level level;
	bool gated;        /* counted by the gate until it is answered */
	int64_t refuse_us; /* when its refusal is answered */
};

/* The stages of a request, in order; api/serve.c calls them. */

/** The overload's first look. @return false: refuse it */
bool sw_gate_request(struct sw_arrival *arrival, const struct sw_http_request *request);
/** Seconds for Retry-After of what the overload refused. */
int64_t sw_gate_retry_s(void);

/** Check the credentials and what they may: c->caller, c->account. @return 0, SW_EAPI */
int sw_sign_in_wait(struct sw_call *c, const struct sw_route *route, struct sw_error *err) SW_MUST_CHECK;
/** Who asks for what is not there, for the request log: only c->caller. */
void sw_sign_in_for_log_wait(struct sw_call *c);
/** The account that the path names, if any, becomes c->account. @return 0, SW_EAPI */
int sw_enter_account_wait(struct sw_call *c, const struct sw_match *match, struct sw_error *err) SW_MUST_CHECK;

/** The permission that an endpoint needs, "/twilio/messaging/messages/read", from its module, path and operation. */
struct sw_str sw_permission_name(struct sw_arena *arena, const struct sw_module *module, const struct sw_endpoint *e);
/** May the caller's key do this? @return 0, SW_EAPI (70051) */
int sw_permission_check(const struct sw_call *c, const struct sw_route *route, struct sw_error *err) SW_MUST_CHECK;

/** Held against the limits of the account entered, or of the address: c->pass. @return 0, SW_EAPI */
int sw_limit_call_wait(struct sw_call *c, struct sw_error *err) SW_MUST_CHECK;
/** What the limits say, as headers of the reply. */
void sw_limit_headers(struct sw_call *c);

/* Pages: the parameters that every list has. */
extern const struct sw_field sw_page_fields[];
/** Read the page asked for. */
int sw_page_decode(struct sw_call *c, struct sw_error *err) SW_MUST_CHECK;
/** The list's body from c->items and c->page. */
void sw_page_render(struct sw_call *c);

/** The parameters of a request's body. @return 0, SW_EAPI */
int sw_input_decode(struct sw_call *c, const struct sw_http_request *request, struct sw_input *ret,
		    struct sw_error *err) SW_MUST_CHECK;

/** Decode, run the handler, render. values: of the path's variables. @return 0, SW_EAPI */
int sw_call_run_wait(struct sw_call *c, const struct sw_route *route, const struct sw_str *values,
		     struct sw_input *input, struct sw_error *err) SW_MUST_CHECK;
/** Claim the key and, when it was seen lately, look for a stored answer. @return 0 (c->replayed tells), SW_EAPI */
int sw_call_replay_wait(struct sw_call *c, struct sw_error *err) SW_MUST_CHECK;
/** The member `sid` of an object; absent when its fields have none. */
struct sw_sid sw_call_sid_in(const struct sw_field *fields, const void *object);
/** The last SID of the path, unless it is the account's. */
struct sw_sid sw_call_path_sid(const struct sw_call *c);
/** c->result as JSON into c->body. */
void sw_call_render(struct sw_call *c);
/** Complaints about an endpoint of the native style that is unlike its neighbours. */
void sw_check_native(const struct sw_endpoint *endpoint, struct sw_buf *complaints);
/** Tell, count and, when its time has come, refuse what is deprecated. @return 0, SW_EAPI */
int sw_deprecation_check(struct sw_call *c, const struct sw_route *route, const struct sw_input *input,
			 struct sw_error *err) SW_MUST_CHECK;
/** "CreateThing", or "CreateThing.Colour" of its param-th parameter. */
enum { SW_WHOLE = UINT32_MAX >> 1 };
struct sw_str sw_deprecation_name(struct sw_arena *arena, const struct sw_route *route, unsigned param);
/* GET /v1/deprecations */
extern const struct sw_module sw_deprecation_module;

/** What made the request: the beginning of its User-Agent; "": it does not say. */
struct sw_str sw_agent_of(const struct sw_http_request *request);
/** Count a request that was answered with an error, and make it an alert of the account. */
void sw_fault_count(const struct sw_call *c, const struct sw_error *err, const struct sw_http_reply *reply);
/** The first request of an account that was answered well: when it was is written down. */
void sw_fault_first_call(const struct sw_call *c);

/** "/messaging/v1/Services": with the product's prefix. */
struct sw_str sw_endpoint_path(struct sw_arena *arena, const struct sw_endpoint *e);

/** An error's body in the contract's form. */
struct sw_str sw_error_render(const struct sw_call *c, const struct sw_error *err);

/** Endpoints of a declared resource, for the life of the api. @return how many, written to ret (room for 5) */
size_t sw_resource_endpoints(struct sw_arena *arena, const struct sw_resource_type *type, struct sw_endpoint *ret);
/** The api whose types the due queue works with; NULL: none. */
void sw_resource_serve(const struct sw_api *api);

/* POST /v1/clock; added when the core has a virtual clock. */
extern const struct sw_module sw_clock_module;
/** Before the module is added: its rehearsal of a deprecation begins now. */
void sw_clock_rehearse(int64_t now_us);

/** "https://api.example.org": how the client reached us, for absolute URLs. */
struct sw_str sw_request_base(struct sw_arena *arena, const struct sw_http_request *request);
/** Pages: the server's own (/healthz, /metrics, /openapi.json) and those of the modules. @return true when answered */
bool sw_builtin_serve(struct sw_api *api, struct sw_http_request *request);

#endif
