#include "product/identity/identity.h"

#include "loop/clock.h"
#include "store/event.h"

void identity_event(struct sw_call *c, struct sw_txn *txn, struct sw_id account, struct sw_sid sid, const char *type,
		    struct sw_str data)
{
	const struct sw_event event = {
		.account = account,
		.type = sw_str_of(type),
		.kind = sw_str_dup(c->arena, (struct sw_str){ sid.kind, 2 }),
		.sid = sid.id,
		.time_us = sw_wall_us(),
		.data = data,
	};
	sw_txn_event(txn, &event);
}

struct sw_str identity_event_data(struct sw_arena *arena, struct sw_str friendly_name)
{
	struct sw_buf text = { .arena = arena };
	struct sw_json_out out = { .buf = &text };
	sw_json_object(&out);
	sw_json_plain_key(&out, "friendly_name");
	sw_json_str(&out, friendly_name);
	sw_json_end_object(&out);
	return sw_buf_str(&text);
}

int identity_not_found(const struct sw_call *c, struct sw_error *err)
{
	return sw_fail(err, 20404, "The requested resource %.*s was not found", SW_FMT(c->path));
}

static const struct sw_endpoint *const tables[] = { identity_app_endpoints,    identity_ice_endpoints,
						    identity_key_endpoints,    identity_master_endpoints,
						    identity_rotate_endpoints, identity_role_endpoints,
						    identity_token_endpoints,  NULL };

const struct sw_module identity_module = { .name = "identity", .group = "iam", .more = tables };
