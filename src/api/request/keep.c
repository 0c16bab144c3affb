/* A request and its answer, as the log keeps them. */
#include "api/request/request_impl.h"
#include "loop/clock.h"

/* What is created is in the reply, what is changed in the path. */
static struct sw_sid resource_of(const struct sw_call *c, const struct sw_error *err)
{
	struct sw_sid made = { 0 };
	if (!err && !c->replayed && c->result && !(c->endpoint->flags & SW_LIST))
		made = sw_call_sid_in(c->endpoint->fields, c->result);
	return sw_sid_given(made) ? made : sw_call_path_sid(c);
}

/* Of a path that there is not nobody knows what is secret in its query. */
static struct sw_str target_of(const struct sw_call *c, const struct sw_route *route)
{
	const struct sw_http_head *head = &c->request->head;
	struct sw_str path = sw_str_sub(head->path, 0, sw_request_limits.path_bytes);
	if (!head->query.n || !route)
		return path;
	struct sw_str query = request_mask(c->arena, head->query, &route->secret_params, sw_request_limits.path_bytes);
	return sw_str_fmt(c->arena, "%.*s?%.*s", SW_FMT(path), SW_FMT(query));
}

/* What a stranger sent under an account's name is not the account's to keep. */
static void add_bodies(const struct sw_call *c, const struct sw_route *route, const struct sw_http_reply *reply,
		       struct request_record *r)
{
	static const struct sw_strs none;
	unsigned flags = c->endpoint ? c->endpoint->flags : 0;
	bool asked = c->account && route && c->request->body.n && !(flags & SW_FREE_BODY);
	bool answered = reply->body.n && !(r->status < 400 && flags & SW_RAW);
	r->request_bytes = c->request->body.n;
	r->response_bytes = reply->body.n;
	if (asked)
		r->request_body =
			request_mask(c->arena, c->request->body, &route->secret_params, sw_request_limits.body_bytes);
	if (answered)
		r->response_body =
			request_mask_own(c->arena, reply->body, r->code || !route ? &none : &route->secret_fields,
					 sw_request_limits.body_bytes);
}

void sw_request_keep(const struct sw_call *c, const struct sw_route *route, const struct sw_error *err,
		     const struct sw_http_reply *reply)
{
	const struct sw_account *caller = c->caller.account ? c->caller.account : c->caller.claimed;
	const struct sw_account *account = c->account ? c->account : caller;
	if (!account || (route && route->endpoint->flags & SW_UNLOGGED))
		return;
	if (!caller)
		caller = account; /* it signed in by the body, for a token */
	if (!sw_account_may(caller, account))
		account = caller; /* the operator, or an account that was let in: what they do is theirs to see */
	struct request_record r = {
		.acted_on = c->account ? c->account->sid : account->sid,
		.id = c->request_id,
		.account = account->sid,
		.owner = account->owner,
		.caller = caller->sid,
		.caller_owner = caller->owner,
		.api_key = c->caller.key,
		.endpoint = c->endpoint,
		.status = reply->status,
		.code = err ? err->row->code : 0,
		.duration_us = sw_mono_us() - c->start_us,
		.method = c->request->head.method_text,
		.path = target_of(c, route),
		.user_agent =
			sw_str_sub(sw_http_field(&c->request->head, "User-Agent"), 0, sw_request_limits.agent_bytes),
		.source_ip = c->request->peer,
		.resource = resource_of(c, err),
	};
	add_bodies(c, route, reply, &r);
	request_ring_put(&r);
}
