/* core/alert/alert_sql.h - the statements of this folder, by number; their text is in alert_sql.c. */
#ifndef SW_CORE_ALERT_ALERT_SQL_H
#define SW_CORE_ALERT_ALERT_SQL_H

#include "store/query.h"

enum {
	SQL_ALERT_PUT,
	SQL_ALERT_COUNT,
	SQL_ALERT_SUM,
	SQL_ALERT_SWEEP,
	SQL_ALERT_SWEEP_COUNTS,
	SQL_ALERT_SWEEP_ERRORS,
	SQL_ALERT_SWEEP_BEGIN,
	SQL_ALARM_ALL,
	SQL_ALARM_INSERT,
	SQL_ALARM_UPDATE,
	SQL_ALARM_ENABLE,
	SQL_ALARM_DELETE,
	SQL_ALARM_FIRE,
	SQL_ERROR_COUNT,
	SQL_ERROR_TOP,
	SQL_ERROR_TOP_ALL,
	SQL_FIRST_CALL_PUT,
	SQL_FIRST_CALL_COUNT,
	SQL_FIRST_CALL_NTH,
	SQL_ALERT_N
};

extern const struct sw_sql sw_alert_rows[SQL_ALERT_N];
#define ALERT_SQL(number) (&sw_alert_rows[number])

extern const struct sw_sql_table sw_alert_sql;
extern const struct sw_query_def sw_alert_list, sw_alarm_list;

#endif
