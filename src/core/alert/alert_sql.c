/* Every statement of the folder. */
#include "core/alert/alert_sql.h"

#define ALARM_COLUMNS                                                                                                  \
	"sid, friendly_name, description, query_type, query, trigger_value, time_window, webhook, console_indicator, " \
	"enabled, fired_us, created_us, updated_us"
#define ALARM_OUT "bttttittiiiii"
#define TOP                                                                                              \
	"SELECT code, method, path, sdk, CAST(SUM(n) AS BIGINT) AS total, MIN(first_us), MAX(last_us), " \
	"COUNT(DISTINCT account_sid) FROM error_count WHERE "
#define TOP_ORDER " GROUP BY code, method, path, sdk ORDER BY total DESC, code, method, path, sdk LIMIT "
/* Of a master account or subaccount that is measured: 0 is not. */
#define CALLED "first_call_us > 0 AND created_us >= $1"

/* clang-format off */
const struct sw_sql sw_alert_rows[SQL_ALERT_N] = {
	[SQL_ALERT_PUT] = { "alert.put",
			    "INSERT INTO alert (bucket, account_sid, sid, level, code, why, resource_kind, resource_sid, service_kind, service_sid, "
			    "api_version, method, url, variables, request_headers, response_headers, response_body, first_us, last_us, n) "
			    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20) "
			    "ON CONFLICT (bucket, account_sid, sid) DO UPDATE SET last_us = excluded.last_us, n = alert.n + excluded.n",
			    "ibbiittbtbtttttttiii" },
	[SQL_ALERT_COUNT] = { "alert.count",
			      "INSERT INTO alert_count (bucket, account_sid, minute, code, level, n) VALUES ($1, $2, $3, $4, $5, $6) "
			      "ON CONFLICT (bucket, account_sid, minute, code, level) DO UPDATE SET n = alert_count.n + excluded.n",
			      "ibiiii" },
	[SQL_ALERT_SUM] = { "alert.sum",
			    "SELECT code, level, CAST(SUM(n) AS BIGINT) FROM alert_count WHERE bucket = $1 AND account_sid = $2 AND minute > $3 "
			    "GROUP BY code, level",
			    "ibi", "iii" },
	[SQL_ALERT_SWEEP] = { "alert.sweep",
			      "DELETE FROM alert WHERE bucket = $1 AND account_sid = $2 AND sid IN "
			      "(SELECT sid FROM alert WHERE bucket = $1 AND account_sid = $2 AND sid < $3 ORDER BY sid LIMIT 500)",
			      "ibb" },
	[SQL_ALERT_SWEEP_COUNTS] = { "alert.sweep_counts", "DELETE FROM alert_count WHERE bucket = $1 AND account_sid = $2 AND minute < $3", "ibi" },
	[SQL_ALERT_SWEEP_ERRORS] = { "alert.sweep_errors", "DELETE FROM error_count WHERE bucket = $1 AND account_sid = $2 AND slot < $3", "ibi" },
	[SQL_ALERT_SWEEP_BEGIN] = { "alert.sweep_begin", "INSERT INTO alert_sweep (bucket, account_sid) VALUES ($1, $2) ON CONFLICT DO NOTHING", "ib" },
	[SQL_ALARM_ALL] = { "alarm.all", "SELECT " ALARM_COLUMNS " FROM alarm WHERE bucket = $1 AND account_sid = $2", "ib", ALARM_OUT },
	[SQL_ALARM_INSERT] = { "alarm.insert",
			       "INSERT INTO alarm (bucket, account_sid, sid, friendly_name, description, query_type, query, trigger_value, time_window, "
			       "webhook, console_indicator, enabled, fired_us, created_us, updated_us) "
			       "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, $13, $13)",
			       "ibbttttittiii" },
	[SQL_ALARM_UPDATE] = { "alarm.update",
			       "UPDATE alarm SET friendly_name = $4, description = $5, query_type = $6, query = $7, trigger_value = $8, time_window = $9, "
			       "webhook = $10, console_indicator = $11, enabled = $12, updated_us = $13 "
			       "WHERE bucket = $1 AND account_sid = $2 AND sid = $3",
			       "ibbttttittiii" },
	[SQL_ALARM_ENABLE] = { "alarm.enable", "UPDATE alarm SET enabled = $4, updated_us = $5 WHERE bucket = $1 AND account_sid = $2 AND sid = $3", "ibbii" },
	[SQL_ALARM_DELETE] = { "alarm.delete", "DELETE FROM alarm WHERE bucket = $1 AND account_sid = $2 AND sid = $3", "ibb" },
	/* Once a window, whoever looks: the guard decides. */
	[SQL_ALARM_FIRE] = { "alarm.fire",
			     "UPDATE alarm SET fired_us = $4 WHERE bucket = $1 AND account_sid = $2 AND sid = $3 AND fired_us = $5 AND enabled = 1", "ibbii" },
	[SQL_ERROR_COUNT] = { "error.count",
			      "INSERT INTO error_count (bucket, account_sid, slot, code, method, path, sdk, n, first_us, last_us) "
			      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (bucket, account_sid, slot, code, method, path, sdk) "
			      "DO UPDATE SET n = error_count.n + excluded.n, last_us = excluded.last_us",
			      "ibiitttiii" },
	[SQL_ERROR_TOP] = { "error.top", TOP "bucket = $1 AND account_sid = $2 AND slot >= $3" TOP_ORDER "$4", "ibii", "itttiiii" },
	[SQL_ERROR_TOP_ALL] = { "error.top_all", TOP "slot >= $1" TOP_ORDER "$2", "ii", "itttiiii" },
	[SQL_FIRST_CALL_PUT] = { "account.first_call",
				 "UPDATE account SET first_call_us = $3 WHERE bucket = $1 AND account_sid = $2 AND first_call_us IS NULL "
				 "RETURNING created_us",
				 "ibi", "i" },
	[SQL_FIRST_CALL_COUNT] = { "account.first_call_count",
				   "SELECT COUNT(*), CAST(COALESCE(SUM(CASE WHEN first_call_us > 0 THEN 1 ELSE 0 END), 0) AS BIGINT) FROM account "
				   "WHERE created_us >= $1 AND (first_call_us IS NULL OR first_call_us > 0)", "i", "ii" },
	[SQL_FIRST_CALL_NTH] = { "account.first_call_nth",
				 "SELECT first_call_us - created_us AS took FROM account WHERE " CALLED " ORDER BY took LIMIT 1 OFFSET $2", "ii", "i" },
};
/* clang-format on */

const struct sw_sql_table sw_alert_sql = { "alert", sw_alert_rows, SQL_ALERT_N };

const struct sw_query_def sw_alert_list = {
	.name = "alert.list",
	.select = "SELECT sid, level, code, why, resource_kind, resource_sid, service_kind, service_sid, api_version, "
		  "method, url, variables, request_headers, response_headers, response_body, first_us, last_us, n FROM "
		  "alert",
	.out = "biittbtbtttttttiii",
	.key = "sid",
	.key_type = 'b',
	.columns = (const struct sw_query_column[]){ { "bucket", 'i' },
						     { "account_sid", 'b' },
						     { "sid", 'b' },
						     { "level", 'i' },
						     { "first_us", 'i' },
						     { "last_us", 'i' },
						     { 0 } },
};

const struct sw_query_def sw_alarm_list = {
	.name = "alarm.list",
	.select = "SELECT " ALARM_COLUMNS " FROM alarm",
	.out = ALARM_OUT,
	.key = "sid",
	.key_type = 'b',
	.columns = (const struct sw_query_column[]){ { "bucket", 'i' }, { "account_sid", 'b' }, { "sid", 'b' }, { 0 } },
};
