/* Where messages go, and on which loops. */
#include "product/message/message.h"

/* Set once before anything is sent, constant from then on. */
static struct message_roads roads;

const struct message_roads *message_roads(void)
{
	return &roads;
}

void message_set_roads(const struct message_roads *given)
{
	SW_BUG_ON(given->loops_n == 0 || given->carriers_n > MESSAGE_CARRIERS_MAX);
	roads = *given;
	for (unsigned i = 0; i < roads.carriers_n; i++)
		sw_carrier_set_sink(roads.carriers[i], &message_sink);
}

struct sw_loop *message_loop(struct sw_id sid)
{
	struct sw_loop *loop = sw_due_loop(roads.core->store, sid);
	return loop ? loop : roads.loops[0];
}

/* A customer's message never ends in a simulation because the real carrier is down. */
static unsigned candidates(struct sw_carrier *ret[])
{
	unsigned n = 0;
	for (unsigned i = 0; i < roads.carriers_n; i++)
		if (!sw_carrier_pretends(roads.carriers[i]))
			ret[n++] = roads.carriers[i];
	for (unsigned i = 0; n == 0 && i < roads.carriers_n; i++)
		ret[i] = roads.carriers[i];
	return n ? n : roads.carriers_n;
}

/* In the order of the configuration, those that are up first; each further try begins one later. */
struct sw_carrier *message_route(int64_t tries, const char **ret_why)
{
	struct sw_carrier *ways[MESSAGE_CARRIERS_MAX];
	unsigned n = candidates(ways);
	if (n == 0)
		return NULL;
	unsigned first = (unsigned)(tries % n);
	for (unsigned i = 0; i < n; i++) {
		struct sw_carrier *carrier = ways[(first + i) % n];
		if (!sw_carrier_is_up(carrier))
			continue;
		*ret_why = n == 1            ? "the only carrier"
			   : tries && i == 0 ? "the next carrier, after one that could not"
			   : i == 0          ? "the first carrier configured"
					     : "the first carrier that is up";
		return carrier;
	}
	*ret_why = n == 1 ? "the only carrier; it is down" : "all carriers are down: the first";
	return ways[first];
}

struct sw_carrier *message_carrier_named(struct sw_str name)
{
	for (unsigned i = 0; i < roads.carriers_n; i++)
		if (sw_str_is(name, sw_carrier_name(roads.carriers[i])))
			return roads.carriers[i];
	return NULL;
}

/* ---- which message is spoken of ---- */

struct message_ref message_ref_of_call(const struct sw_call *c, struct sw_sid sid)
{
	return (struct message_ref){
		c->core, c->account->bucket, c->account->sid.id, sid.id, { sid.kind[0], sid.kind[1] }
	};
}

struct message_ref message_ref_of_due(const struct sw_due *due)
{
	return (struct message_ref){
		roads.core, due->bucket, due->account, due->ref, { due->ref_kind[0], due->ref_kind[1] }
	};
}

struct message_ref message_ref_of_ticket(const struct sw_ticket *ticket)
{
	return (struct message_ref){
		roads.core, ticket->bucket, ticket->account, ticket->sid, { ticket->kind[0], ticket->kind[1] }
	};
}
