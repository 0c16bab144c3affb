/*
 * core/auth/policy.h - what a restricted key or an OAuth application may do: lists of permission names.
 *
 *	{"allow":["/twilio/messaging/messages/create","/twilio/phone-numbers/incoming-phone-numbers/read"],"deny":[…]}
 *
 * A permission is "/twilio/GROUP/RESOURCE/ACTION"; the actions are create, read, list, update and delete, and "*"
 *stands for all five.  "deny" weighs more than "allow".  Which names exist is told by the endpoint tables
 *(api/permission.h). The hosted service spells its own names unevenly ("services.phonenumbers",
 *"services.destination-alpha-senders", "verification"), so hyphens and the 's' of a plural make no difference here.
 *
 * Thread: any.  Parsed texts live in the arena.
 */
#ifndef SW_CORE_POLICY_H
#define SW_CORE_POLICY_H

#include "base/str.h"

enum { SW_POLICY_MAX = 100 }; /* permissions in one list */

struct sw_policy {
	struct sw_strs allow, deny;
};

/** @param json  text of the object; unknown members are refused. @return 0, SW_EINVAL (*ret_why says what is wrong) */
int sw_policy_parse(struct sw_arena *arena, struct sw_str json, struct sw_policy *ret,
		    struct sw_str *ret_why) SW_MUST_CHECK;
/** The scope of an access token: names with blanks between. @return 0, SW_EINVAL (too many) */
int sw_policy_parse_scope(struct sw_arena *arena, struct sw_str scope, struct sw_policy *ret) SW_MUST_CHECK;
bool sw_policy_allows(const struct sw_policy *policy, struct sw_str permission);
/** True when `name`, which may end in "*", covers the permission. */
bool sw_permission_covers(struct sw_str name, struct sw_str permission);

#endif
