/* The room's own statements and metrics. */
#include "store/driver.h"

const struct sw_sql sw_store_sql[SW_STORE_SQL_N] = {
	[SW_SQL_EVENT_INSERT] = {
		.name = "event.insert",
		.text = "INSERT INTO event (bucket, seq, account_sid, type, kind, sid, time_us, data)"
			" VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
		.in = "iibttbit",
		.bulk = true,
	},
	[SW_SQL_EVENT_LAST] = {
		.name = "event.last",
		.text = "SELECT seq FROM event WHERE bucket = $1 ORDER BY seq DESC LIMIT 1",
		.in = "i",
		.out = "i",
	},
	[SW_SQL_EVENT_FIRST] = {
		.name = "event.first",
		.text = "SELECT seq FROM event WHERE bucket = $1 ORDER BY seq LIMIT 1",
		.in = "i",
		.out = "i",
	},
	[SW_SQL_SEQ_LOAD] = {
		.name = "event_seq.load",
		.text = "SELECT seq FROM event_seq WHERE bucket = $1",
		.in = "i",
		.out = "i",
	},
	[SW_SQL_SEQ_RAISE] = {
		.name = "event_seq.raise",
		.text = "INSERT INTO event_seq (bucket, seq) VALUES ($1, $2)"
			" ON CONFLICT (bucket) DO UPDATE SET seq = excluded.seq",
		.in = "ii",
	},
	[SW_SQL_DUE_INSERT] = {
		.name = "due.insert",
		.text = "INSERT INTO due (id, bucket, due_us, kind, account_sid, ref_kind, ref_sid, cancellable, attempt, data)"
			" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
		.in = "biitbtbiiT",
		.bulk = true,
	},
	[SW_SQL_DUE_DONE] = {
		.name = "due.done",
		.text = "DELETE FROM due WHERE id = $1 AND bucket = $2",
		.in = "bi",
	},
	[SW_SQL_DUE_MOVE] = {
		.name = "due.move",
		.text = "UPDATE due SET id = $3, due_us = $4, attempt = attempt + 1 WHERE id = $1 AND bucket = $2",
		.in = "bibi",
	},
	[SW_SQL_DUE_LATER] = {
		.name = "due.later",
		.text = "UPDATE due SET id = $3, due_us = $4 WHERE id = $1 AND bucket = $2",
		.in = "bibi",
	},
	[SW_SQL_DUE_CANCEL] = {
		.name = "due.cancel",
		.text = "DELETE FROM due WHERE bucket = $1 AND ref_sid = $2 AND kind = $3 AND account_sid = $4"
			" AND cancellable = 1",
		.in = "ibtb",
	},
	[SW_SQL_DUE_WINDOW] = {
		.name = "due.window",
		.text = "SELECT id, bucket, due_us, kind, account_sid, ref_kind, ref_sid, attempt, data FROM due"
			" WHERE id > $1 AND id < $2 ORDER BY id LIMIT $3",
		.in = "bbi",
		.out = "biitbtbiT",
	},
	[SW_SQL_DUE_NEXT] = {
		.name = "due.next",
		.text = "SELECT due_us FROM due WHERE id > $1 ORDER BY id LIMIT 1",
		.in = "b",
		.out = "i",
	},
	[SW_SQL_DUE_STILL] = {
		.name = "due.still",
		.text = "SELECT attempt FROM due WHERE id = $1 AND bucket = $2",
		.in = "bi",
		.out = "i",
	},
};

const struct sw_sql_table sw_store_sql_table = { .room = "store", .rows = sw_store_sql, .n = SW_STORE_SQL_N };

static const struct sw_metric metrics[STORE_METRIC_N] = {
	[STORE_QUEUE] = { "strowger_store_queue_transactions", "Transactions sent and not answered yet.", SW_GAUGE },
	[STORE_UNITS] = { "strowger_store_transactions_total", "Transactions committed.", SW_COUNTER },
	[STORE_COMMITS] = { "strowger_store_commits_total", "Physical commits; each carries many transactions.",
			    SW_COUNTER },
	[STORE_GUARD_FAILURES] = { "strowger_store_guard_failures_total", "Transactions refused by a guard.",
				   SW_COUNTER },
	[STORE_REPLAYS] = { "strowger_store_replays_total",
			    "Groups run again with a savepoint for each transaction, because one of them failed.",
			    SW_COUNTER },
	[STORE_FAILURES] = { "strowger_store_failures_total", "Transactions failed by the disk or the engine.",
			     SW_COUNTER },
	[STORE_READS] = { "strowger_store_queries_total", "Queries answered.", SW_COUNTER },
	[STORE_COMMIT_US] = { "strowger_store_commit_seconds", "A physical commit, from begin to durable.",
			      SW_HISTOGRAM_US },
	[STORE_ANSWER_US] = { "strowger_store_transaction_seconds", "A transaction, from being sent to durable.",
			      SW_HISTOGRAM_US },
	[STORE_CHECKPOINT_US] = { "strowger_store_checkpoint_seconds", "Moving the write-ahead log into the database.",
				  SW_HISTOGRAM_US },
};
struct sw_metric_set sw_store_metrics = SW_METRIC_SET(metrics);
