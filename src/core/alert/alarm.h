/*
 * core/alert/alarm.h - alarms: a customer is told when so many alerts of a kind came within a window.
 *
 * An account's alarms are looked at two seconds behind its alerts, by a due row (alert.c), and counted in whole
 * minutes. An alarm fires once a window, whoever looks: a guard in its own commit decides.  That commit has the event
 * alarm.triggered and, where the alarm has a webhook, its callback.
 *
 * Thread: tasks of any loop.
 */
#ifndef SW_CORE_ALERT_ALARM_H
#define SW_CORE_ALERT_ALARM_H

#include "core/account.h"
#include "store/due.h"

enum { SW_ALARMS_MAX = 100 }; /* of an account */

struct sw_alarm {
	struct sw_sid sid; /* AK */
	struct sw_str friendly_name, description;
	struct sw_str query_type; /* ERROR_CODE, LOG_LEVEL, ALL */
	struct sw_str query;      /* codes with commas between, a level, "" */
	struct sw_str time_window, webhook;
	int64_t trigger_value, fired_us, created_us, updated_us;
	bool console_indicator, enabled;
};

/* The contract's words; NULL ends. */
extern const char *const sw_alarm_windows[], *const sw_alarm_query_types[];

/** One row of alarm.get and alarm.list; texts are the row's. */
void sw_alarm_read(struct sw_row row, struct sw_alarm *ret);
/** What is wrong with the query, as a sentence; NULL: nothing. */
const char *sw_alarm_query_wrong(struct sw_str query_type, struct sw_str query);
/** Look at each alarm of an account, and let fire those that must. */
int sw_alarms_look_wait(struct sw_task *task, const struct sw_core *core,
			const struct sw_account *account) SW_MUST_CHECK;

#endif
