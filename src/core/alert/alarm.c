#include "core/alert/alarm.h"

#include "base/buf.h"
#include "base/num.h"
#include "base/time.h"
#include "core/alert/alert.h"
#include "core/alert/alert_sql.h"
#include "core/callback.h"
#include "core/event/event_type.h"
#include "loop/clock.h"
#include "loop/task.h"
#include "wire/json/json.h"

const char *const sw_alarm_windows[] = { "FIVE_MINS", "FIFTEEN_MINS", "ONE_HOUR", "TWELVE_HOURS", "ONE_DAY", NULL };
static const int64_t window_minutes[] = { 5, 15, 60, 720, 1440 };
const char *const sw_alarm_query_types[] = { "ERROR_CODE", "LOG_LEVEL", "ALL", NULL };

void sw_alarm_read(struct sw_row row, struct sw_alarm *ret)
{
	*ret = (struct sw_alarm){
		.sid = sw_sid_of("AK", sw_row_id(row, 0)),
		.friendly_name = sw_row_str(row, 1),
		.description = sw_row_str(row, 2),
		.query_type = sw_row_str(row, 3),
		.query = sw_row_str(row, 4),
		.trigger_value = sw_row_int(row, 5),
		.time_window = sw_row_str(row, 6),
		.webhook = sw_row_str(row, 7),
		.console_indicator = sw_row_int(row, 8),
		.enabled = sw_row_int(row, 9),
		.fired_us = sw_row_int(row, 10),
		.created_us = sw_row_int(row, 11),
		.updated_us = sw_row_int(row, 12),
	};
}

/* ---- what is counted ---- */

static int level_of(struct sw_str word)
{
	for (int i = 0; sw_alert_levels[i]; i++)
		if (sw_str_eq_nocase(word, sw_str_of(sw_alert_levels[i])))
			return i;
	return -1;
}

static bool has_code(struct sw_str query, int64_t code)
{
	int64_t one;
	while (query.n) {
		struct sw_str word = sw_str_trim(sw_str_cut(&query, ','));
		if (sw_num_parse(word, &one) == 0 && one == code)
			return true;
	}
	return false;
}

const char *sw_alarm_query_wrong(struct sw_str query_type, struct sw_str query)
{
	int64_t code;
	if (sw_str_is(query_type, "ALL"))
		return query.n ? "must be left out where queryType is ALL" : NULL;
	if (sw_str_is(query_type, "LOG_LEVEL"))
		return level_of(query) < 0 ? "must be error, warning, notice or debug" : NULL;
	if (!query.n)
		return "must be an error code, or several with commas between";
	while (query.n)
		if (sw_num_parse(sw_str_trim(sw_str_cut(&query, ',')), &code) || code < 1 || code > INT32_MAX)
			return "must be an error code, or several with commas between";
	return NULL;
}

static bool counts(const struct sw_alarm *a, int64_t code, int64_t level)
{
	if (sw_str_is(a->query_type, "ERROR_CODE"))
		return has_code(a->query, code);
	return sw_str_is(a->query_type, "ALL") || level == level_of(a->query);
}

static int64_t minutes_of(const struct sw_alarm *a)
{
	for (size_t i = 0; sw_alarm_windows[i]; i++)
		if (sw_str_is(a->time_window, sw_alarm_windows[i]))
			return window_minutes[i];
	return window_minutes[0];
}

static int sum_wait(struct sw_task *task, const struct sw_core *core, const struct sw_account *account,
		    const struct sw_alarm *a, int64_t now_us, int64_t *ret)
{
	struct sw_rows rows;
	int64_t minute = now_us / SW_US_PER_S / 60 - minutes_of(a);
	int err = sw_query_wait(task, core->store, sw_task_arena(task), ALERT_SQL(SQL_ALERT_SUM), &rows,
				SW_I(account->bucket), SW_ID(account->sid.id), SW_I(minute));
	*ret = 0;
	for (size_t i = 0; !err && i < rows.n; i++)
		if (counts(a, sw_row_int(rows.row[i], 0), sw_row_int(rows.row[i], 1)))
			*ret += sw_row_int(rows.row[i], 2);
	return err;
}

/* ---- firing ---- */

/* The names of the contract where it has them. */
static struct sw_str told(struct sw_arena *arena, const struct sw_account *account, const struct sw_alarm *a,
			  int64_t count, int64_t now_us)
{
	struct sw_buf text = { .arena = arena };
	struct sw_json_out out = { .buf = &text };
	char time[SW_TIME_BUF];
	sw_json_object(&out);
	sw_json_add_str(&out, "alertConfigSid", sw_sid_text(arena, a->sid));
	sw_json_add_str(&out, "accountSid", sw_sid_text(arena, account->sid));
	sw_json_add_str(&out, "friendlyName", a->friendly_name);
	sw_json_add_str(&out, "queryType", a->query_type);
	sw_json_add_str(&out, "query", a->query.n ? a->query : SW_STR_NULL);
	sw_json_add_int(&out, "triggerValue", a->trigger_value);
	sw_json_add_str(&out, "timeWindow", a->time_window);
	sw_json_add_int(&out, "count", count);
	sw_json_add_str(&out, "dateTriggered", sw_time_rfc3339(now_us, time));
	sw_json_end_object(&out);
	return sw_buf_str(&text);
}

static struct sw_str event_data(struct sw_arena *arena, const struct sw_alarm *a, int64_t count)
{
	struct sw_buf text = { .arena = arena };
	struct sw_json_out out = { .buf = &text };
	sw_json_object(&out);
	sw_json_add_str(&out, "friendly_name", a->friendly_name);
	sw_json_add_str(&out, "query_type", a->query_type);
	sw_json_add_str(&out, "query", a->query);
	sw_json_add_int(&out, "trigger_value", a->trigger_value);
	sw_json_add_str(&out, "time_window", a->time_window);
	sw_json_add_int(&out, "count", count);
	sw_json_add_bool(&out, "console_indicator", a->console_indicator);
	sw_json_end_object(&out);
	return sw_buf_str(&text);
}

static void call_back(struct sw_txn *txn, const struct sw_account *account, const struct sw_alarm *a, int64_t count,
		      int64_t now_us)
{
	const struct sw_callback callback = {
		.account = account->sid.id,
		.ref_kind = { 'A', 'K' },
		.ref = a->sid.id,
		.method = SW_S("POST"),
		.url = a->webhook,
		.json = told(sw_txn_arena(txn), account, a, count, now_us),
		.event_time_us = now_us,
	};
	if (a->webhook.n)
		sw_txn_callback(txn, &callback);
}

static int fire_wait(struct sw_task *task, const struct sw_core *core, const struct sw_account *account,
		     const struct sw_alarm *a, int64_t count, int64_t now_us)
{
	struct sw_txn *txn = sw_txn_new(core->store, sw_task_arena(task), account->bucket);
	sw_txn_do(txn, ALERT_SQL(SQL_ALARM_FIRE), SW_GUARD_ONE, SW_ECONFLICT, SW_I(account->bucket),
		  SW_ID(account->sid.id), SW_ID(a->sid.id), SW_I(now_us), SW_I(a->fired_us));
	sw_event_add(txn, account->sid.id, a->sid, "alarm.triggered", event_data(sw_task_arena(task), a, count));
	call_back(txn, account, a, count, now_us);
	int err = sw_commit_wait(task, txn, NULL);
	return err == SW_EGUARD ? 0 : err; /* another look was first, or it was switched off */
}

static int look_wait(struct sw_task *task, const struct sw_core *core, const struct sw_account *account,
		     const struct sw_alarm *a)
{
	int64_t count, now_us = sw_wall_us();
	if (!a->enabled || now_us - a->fired_us < minutes_of(a) * 60 * SW_US_PER_S)
		return 0;
	int err = sum_wait(task, core, account, a, now_us, &count);
	return err || count < a->trigger_value ? err : fire_wait(task, core, account, a, count, now_us);
}

int sw_alarms_look_wait(struct sw_task *task, const struct sw_core *core, const struct sw_account *account)
{
	struct sw_rows rows;
	int err = sw_query_wait(task, core->store, sw_task_arena(task), ALERT_SQL(SQL_ALARM_ALL), &rows,
				SW_I(account->bucket), SW_ID(account->sid.id));
	for (size_t i = 0; !err && i < rows.n; i++) {
		struct sw_alarm alarm;
		sw_alarm_read(rows.row[i], &alarm);
		err = look_wait(task, core, account, &alarm);
	}
	return err;
}
