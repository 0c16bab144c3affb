/*
 * product/identity/identity.h - what the files of this room share: credentials over HTTP.
 *
 * The rows are core/account.h's, the checks of every request api/sign_in.c's.  Every change writes its event in the
 * same transaction and is seen by every loop at its next request; tokens and secrets never stand in an event.
 */
#ifndef IDENTITY_H
#define IDENTITY_H

#include "api/api.h"

#define ACCOUNT_PATH(T)                                                                                        \
	{                                                                                                      \
		.name = "account_sid", .doc = "The account.", .type = SW_SID, .flags = SW_PATH, .kinds = "AC", \
		SW_SID_AT(T, account_sid)                                                                      \
	}

extern const struct sw_endpoint identity_app_endpoints[], identity_ice_endpoints[], identity_key_endpoints[],
	identity_master_endpoints[], identity_role_endpoints[], identity_rotate_endpoints[],
	identity_session_endpoints[], identity_token_endpoints[];
extern const struct sw_module identity_module;

/** {"friendly_name":…} */
struct sw_str identity_event_data(struct sw_arena *arena, struct sw_str friendly_name);

#endif
