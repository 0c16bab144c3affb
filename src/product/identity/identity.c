#include "product/identity/identity.h"

#include "loop/clock.h"

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

static const struct sw_endpoint *const tables[] = { identity_app_endpoints,    identity_ice_endpoints,
						    identity_key_endpoints,    identity_master_endpoints,
						    identity_rotate_endpoints, identity_role_endpoints,
						    identity_token_endpoints,  NULL };

const struct sw_module identity_module = { .name = "identity", .group = "iam", .more = tables };
