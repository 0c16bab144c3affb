/* Every statement of the room. */
#include "product/usage/usage_count.h"

/* clang-format off */
const struct sw_sql usage_sql[SQL_USAGE_N] = {
	[SQL_USAGE_EVENTS] = { "usage.events",
			 "SELECT seq, account_sid, sid, data FROM event WHERE bucket = $1 AND seq > $2 AND type IN "
			 "('message.queued', 'message.scheduled', 'message.accepted', 'message.received', 'message.failed', 'message.canceled') "
			 "ORDER BY seq LIMIT $3", "iii", "ibbt" },
	[SQL_USAGE_CURSOR] = { "usage.cursor", "SELECT seq, time_us FROM usage_cursor WHERE bucket = $1", "i", "ii" },
	[SQL_USAGE_MOVE] = { "usage.move",
		       "INSERT INTO usage_cursor (bucket, seq, time_us) VALUES ($1, $2, $3) ON CONFLICT (bucket) "
		       "DO UPDATE SET seq = excluded.seq, time_us = excluded.time_us WHERE usage_cursor.seq = $4", "iiii" },
	[SQL_USAGE_ADD] = { "usage.add",
		      "INSERT INTO usage_day (bucket, account_sid, whole, day, leaf, items, units, micros) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) "
		      "ON CONFLICT (bucket, account_sid, whole, day, leaf) DO UPDATE SET items = usage_day.items + excluded.items, "
		      "units = usage_day.units + excluded.units, micros = usage_day.micros + excluded.micros", "ibiiiiii" },
	[SQL_USAGE_DAYS] = { "usage.days",
		       "SELECT day, leaf, items, units, micros FROM usage_day WHERE bucket = $1 AND account_sid = $2 AND whole = $3 "
		       "AND day >= $4 AND day <= $5 ORDER BY day, leaf", "ibiii", "iiiii" },
	/* The days, if any, and how far they were counted, of one moment. */
	[SQL_USAGE_PROOF] = { "usage.proof",
			      "SELECT c.seq, d.account_sid, d.whole, d.day, d.leaf, d.items, d.units, d.micros FROM usage_cursor c "
			      "LEFT JOIN usage_day d ON d.bucket = c.bucket WHERE c.bucket = $1", "i", "iBIIIIII" },
	[SQL_USAGE_FIRST] = { "usage.first", "SELECT seq FROM event WHERE bucket = $1 ORDER BY seq LIMIT 1", "i", "i" },
	[SQL_USAGE_BUCKETS] = { "usage.buckets", "SELECT DISTINCT bucket FROM balance", "", "i" },
};
/* clang-format on */

const struct sw_sql_table usage_sql_table = { "usage", usage_sql, SQL_USAGE_N };
