/*
 * product/number/number.h - the account's phone numbers over HTTP; the table is core/number.h's.
 *
 * What a number does with calls and messages is a JSON document in its row (config), written and read by the rows of
 * number_config below: guarded by the row's version.
 */
#ifndef NUMBER_H
#define NUMBER_H

#include "api/api.h"
#include "core/number.h"

/* What is shown of a number, and what an update asks for (absent: unchanged). */
struct number {
	struct sw_sid account_sid, sid, target_account_sid;
	struct sw_str phone_number, friendly_name, capabilities, capitals, type, status, origin, address_requirements;
	struct sw_str api_version, emergency_status, emergency_address_status, voice_receive_mode;
	struct sw_str sms_url, sms_method, sms_fallback_url, sms_fallback_method, status_callback,
		status_callback_method;
	struct sw_str voice_url, voice_method, voice_fallback_url, voice_fallback_method;
	struct sw_sid sms_application_sid, voice_application_sid, address_sid, emergency_address_sid, bundle_sid,
		identity_sid, trunk_sid;
	int64_t date_created, date_updated;
	int8_t beta, voice_caller_id_lookup;
};

extern const struct sw_field number_params[], number_fields[], number_dependent_fields[];
extern const struct sw_endpoint number_short_endpoints[], number_sender_endpoints[];
extern const struct sw_module number_module;

/** A row as it is shown. */
void number_show(struct sw_arena *arena, const struct sw_number *row, struct number *ret);
/** The row that the path names. @return 0, SW_EAPI */
int number_get_wait(struct sw_call *c, struct sw_number *ret, struct sw_error *err) SW_MUST_CHECK;
/** The document of a row, from what is shown. */
struct sw_str number_config(struct sw_arena *arena, const struct number *number);
/** Change a number as asked: check, write, try again when others were faster. */
int number_update_wait(struct sw_call *c, struct sw_error *err) SW_MUST_CHECK;

#endif
