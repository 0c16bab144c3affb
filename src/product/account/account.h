/*
 * product/account/account.h - what the files of this room share.
 *
 * Accounts are a typed table of core/account.h; applications, addresses and caller ids are declared resources.
 * Every change writes its event in the same transaction; tokens and secrets never stand in an event.
 */
#ifndef ACCOUNT_H
#define ACCOUNT_H

#include "api/api.h"

/* For every path below an account: the engine lets in only the caller itself and its subaccounts. */
#define ACCOUNT_PATH(T)                                                                                        \
	{                                                                                                      \
		.name = "account_sid", .doc = "The account.", .type = SW_SID, .flags = SW_PATH, .kinds = "AC", \
		SW_SID_AT(T, account_sid)                                                                      \
	}

extern const struct sw_endpoint account_endpoints[], account_caller_endpoints[], account_connect_endpoints[],
	account_contact_endpoints[], account_settings_endpoints[];
extern const struct sw_resource account_application, account_address, account_caller_id, account_connect_app,
	account_authorized_connect_app, account_credential_aws, account_credential_public_key, account_safelist;
extern const struct sw_module account_module;

/** {"friendly_name":…,"status":…} with what was given. */
struct sw_str account_event_data(struct sw_arena *arena, struct sw_str friendly_name, struct sw_str status);

#endif
