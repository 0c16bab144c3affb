#include "product/identity/identity.h"

#include "loop/clock.h"

struct sw_str identity_event_data(struct sw_arena *arena, struct sw_str friendly_name)
{
	struct sw_buf text = { .arena = arena };
	struct sw_json_out out = { .buf = &text };
	sw_json_object(&out);
	sw_json_add_str(&out, "friendly_name", friendly_name);
	sw_json_end_object(&out);
	return sw_buf_str(&text);
}

static const struct sw_endpoint *const tables[] = {
	identity_app_endpoints,     identity_ice_endpoints,    identity_key_endpoints,
	identity_master_endpoints,  identity_rotate_endpoints, identity_role_endpoints,
	identity_session_endpoints, identity_token_endpoints,  NULL
};

static const struct sw_field named[] = { SW_EVENT_TEXT("friendly_name", "Its name for people."), { 0 } };

static const struct sw_event_row events[] = {
	{ "key.created", "An API key was created.", named, NULL, NULL },
	{ "key.updated", "An API key was changed.", named, NULL, NULL },
	{ "key.deleted", "An API key was revoked.", NULL, NULL, NULL },
	{ "oauth_app.created", "An OAuth application was created.", named, NULL, NULL },
	{ "oauth_app.updated", "An OAuth application was changed.", named, NULL, NULL },
	{ "oauth_app.deleted", "An OAuth application was deleted, and its tokens with it.", NULL, NULL, NULL },
	{ "auth_token.secondary_created", "The account got a secondary auth token.", NULL, NULL, NULL },
	{ "auth_token.promoted", "The secondary auth token became the primary one.", NULL, NULL, NULL },
	{ "auth_token.secondary_deleted", "The secondary auth token was revoked.", NULL, NULL, NULL },
	{ 0 },
};

const struct sw_module identity_module = { .name = "identity", .group = "iam", .more = tables, .events = events };
