/* Limits and overload at the edge: who is let in, and what the reply's headers say of it. */
#include "api/api_impl.h"
#include "base/log.h"
#include "base/random.h"

/* The level of an endpoint's requests, as far as the endpoint alone says. */
static const struct {
	enum sw_level one, list;
} class_levels[SW_RATE_CLASSES] = {
	[SW_RATE_READ] = { SW_LEVEL_READ, SW_LEVEL_LIST },
	[SW_RATE_WRITE] = { SW_LEVEL_WRITE, SW_LEVEL_WRITE },
	[SW_RATE_SEND] = { SW_LEVEL_SEND, SW_LEVEL_SEND },
	[SW_RATE_BULK] = { SW_LEVEL_BULK, SW_LEVEL_BULK },
};

static enum sw_level level_of(const struct sw_endpoint *e, const struct sw_http_request *request)
{
	enum sw_rate_class rate_class = sw_rate_class_of(e->rate_class);
	/* Perhaps: the handler takes a second look, with sw_call_admit(). */
	if (e->urgent && sw_str_find(request->body, sw_str_of(e->urgent)) >= 0)
		return SW_LEVEL_URGENT;
	return e->flags & SW_LIST ? class_levels[rate_class].list : class_levels[rate_class].one;
}

bool sw_gate_request(struct sw_arrival *arrival, const struct sw_http_request *request)
{
	arrival->gated = arrival->match.route && !(arrival->match.route->endpoint->flags & SW_WAITS);
	if (!arrival->gated)
		return true;
	arrival->level = level_of(arrival->match.route->endpoint, request);
	return sw_gate_enter(arrival->level);
}

int64_t sw_gate_retry_s(void)
{
	return 1 + (int64_t)sw_random_below(3); /* not all at once again */
}

static int shed(struct sw_error *err)
{
	sw_fail(err, 20503, "The server has more to do than it can in time; nothing was done. Try again.");
	err->retry_after_s = sw_gate_retry_s();
	return SW_EAPI;
}

int sw_call_admit(struct sw_call *c, enum sw_level level, struct sw_error *err)
{
	return !c->request || sw_gate_still(level) ? 0 : shed(err);
}

static void tell_refusal(struct sw_call *c, const struct sw_error *err)
{
	static struct sw_log_turns turns;
	int64_t left_out;
	if (err->row->code != 20429 || !sw_log_turn(&turns, &left_out))
		return;
	sw_info("api", "refused by a limit",
		SW_KS("account", c->account ? sw_sid_text(c->arena, c->account->sid) : SW_S("")),
		SW_KS("address", c->request->peer), SW_KC("why", sw_error_message(err)), SW_KI("left_out", left_out));
}

int sw_limit_call_wait(struct sw_call *c, struct sw_error *err)
{
	const struct sw_rate address = { c->core->address_rate_s, 1 };
	int failed = c->endpoint->flags & SW_OPEN
			     ? sw_limit_address(c->request->peer, &address, err)
			     : sw_limit_enter_wait(c->task, c->core, c->account, c->caller.key,
						   sw_rate_class_of(c->endpoint->rate_class), &c->pass, err);
	if (failed == SW_EAPI)
		tell_refusal(c, err);
	return failed;
}

void sw_limit_headers(struct sw_call *c)
{
	if (!c->pass.limited)
		return;
	struct sw_buf text = { .arena = c->arena };
	sw_buf_reserve(&text, 64);
	sw_limit_format(&c->pass, &text);
	struct sw_str policy = sw_limit_policy(&c->pass);
	if (policy.p)
		sw_call_header(c, SW_S("RateLimit-Policy"), policy);
	if (text.n)
		sw_call_header(c, SW_S("RateLimit"), sw_buf_str(&text));
	struct sw_buf count = { .arena = c->arena };
	sw_buf_add_int(&count, c->pass.under_way);
	sw_call_header(c, SW_S("Twilio-Concurrent-Requests"), sw_buf_str(&count));
}
