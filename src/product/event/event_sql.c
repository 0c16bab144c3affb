/* Every statement of the room. */
#include "product/event/event_sink.h"

/* clang-format off */
const struct sw_sql event_sql[SQL_EVENT_N] = {
	[SQL_EVENT_SINK_GET] = { "event_sink.get",
		"SELECT seq, status, subscriptions, failing_us, notices, replay_seq, changes, why FROM event_sink WHERE bucket = $1 AND account_sid = $2 AND sid = $3",
		"ibb", "iiiiiiit" },
	/* It begins where the log ends. */
	[SQL_EVENT_SINK_PUT] = { "event_sink.put",
		"INSERT INTO event_sink (bucket, account_sid, sid, kind, seq, status, subscriptions, failing_us, notices, replay_seq, why) "
		"SELECT $1, $2, $3, $4, COALESCE((SELECT seq FROM event_seq WHERE bucket = $1), 0), 0, $5, 0, 0, 0, ''", "ibbti" },
	[SQL_EVENT_SINK_DROP] = { "event_sink.drop", "DELETE FROM event_sink WHERE bucket = $1 AND account_sid = $2 AND sid = $3 AND (subscriptions = 0 OR kind = 'EU')", "ibb" },
	[SQL_EVENT_SINK_COUNT] = { "event_sink.count",
		"SELECT COUNT(*), COALESCE(CAST(SUM(subscriptions) AS BIGINT), 0) FROM event_sink WHERE bucket = $1 AND account_sid = $2 AND kind = $3", "ibt", "ii" },
	[SQL_EVENT_SINK_ALL] = { "event_sink.all", "SELECT bucket, account_sid, sid, kind FROM event_sink", "", "ibbt" },
	[SQL_EVENT_SINK_USE] = { "event_sink.use",
		"UPDATE event_sink SET subscriptions = subscriptions + $4 WHERE bucket = $1 AND account_sid = $2 AND sid = $3", "ibbi" },
	/* Something arrived, or nothing was wanted: $6 tells which. One who moved the cursor meanwhile is not overruled. */
	[SQL_EVENT_SINK_MOVE] = { "event_sink.move",
		"UPDATE event_sink SET seq = $4, status = CASE WHEN $6 = 1 THEN 2 ELSE status END, "
		"failing_us = CASE WHEN $6 = 1 THEN 0 ELSE failing_us END, notices = CASE WHEN $6 = 1 THEN 0 ELSE notices END, "
		"why = CASE WHEN $6 = 1 THEN '' ELSE why END "
		"WHERE bucket = $1 AND account_sid = $2 AND sid = $3 AND seq = $5", "ibbiii" },
	[SQL_EVENT_SINK_FAIL] = { "event_sink.fail",
		"UPDATE event_sink SET failing_us = $4, notices = $5, why = $6 WHERE bucket = $1 AND account_sid = $2 AND sid = $3", "ibbiit" },
	[SQL_EVENT_SINK_STATUS] = { "event_sink.status",
		"UPDATE event_sink SET status = $4, failing_us = 0, notices = 0, changes = changes + 1 WHERE bucket = $1 AND account_sid = $2 AND sid = $3", "ibbi" },
	[SQL_EVENT_SINK_REPLAY] = { "event_sink.replay",
		"UPDATE event_sink SET seq = $4, failing_us = 0, notices = 0, changes = changes + 1, status = CASE WHEN status = 3 THEN 0 ELSE status END, "
		"replay_seq = COALESCE((SELECT seq FROM event_seq WHERE bucket = $1), 0) WHERE bucket = $1 AND account_sid = $2 AND sid = $3", "ibbi" },
	[SQL_EVENT_OLDEST] = { "event.oldest", "SELECT seq, time_us FROM event WHERE bucket = $1 ORDER BY seq LIMIT $2", "ii", "ii" },
	/* How far everybody has read: usage, and the sinks that are not switched off. No row: usage has not begun. */
	[SQL_EVENT_NEEDED] = { "event.needed",
		"SELECT u.seq, COALESCE((SELECT MIN(s.seq) FROM event_sink s WHERE s.bucket = $1 AND s.status <> 3), u.seq) FROM usage_cursor u WHERE u.bucket = $1",
		"i", "ii" },
	[SQL_EVENT_DROP] = { "event.drop", "DELETE FROM event WHERE bucket = $1 AND seq <= $2", "ii" },
	[SQL_EVENT_BUCKETS] = { "event.buckets", "SELECT DISTINCT bucket FROM balance", "", "i" },
	/* The newest event before a time: the log is in the order of its commits, and those are in time. */
	[SQL_EVENT_BEFORE] = { "event.before",
		"SELECT COALESCE(MAX(seq), 0) FROM event WHERE bucket = $1 AND time_us < $2", "ii", "i" },
};
/* clang-format on */

const struct sw_sql_table event_sql_table = { "event", event_sql, SQL_EVENT_N };
