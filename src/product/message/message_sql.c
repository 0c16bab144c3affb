/* Every statement of the room. */
#include "product/message/message.h"

#define COLUMNS                                                                                                        \
	"sid, account_sid, direction, status, from_address, to_address, body, num_segments, num_media, error_code, "   \
	"price_micros, price_unit, carrier, carrier_id, route, options, expires_us, created_us, sent_us, updated_us, " \
	"parts_open, price_sid"
#define COLUMN_TYPES "bbiitttiiIitTTTTiiIiIB"
#define WHERE_ONE " WHERE bucket = $1 AND account_sid = $2 AND sid = $3"

/* clang-format off */
const struct sw_sql message_sql[SQL_MESSAGE_N] = {
	[SQL_MESSAGE_INSERT] = { "message.insert",
				 "INSERT INTO message (bucket, account_sid, sid, direction, status, from_address, to_address, body, "
				 "num_segments, num_media, price_micros, price_unit, carrier, route, options, expires_us, created_us, updated_us, sent_us, error_code, price_sid) "
				 "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $17, $18, $19, $20)",
				 "ibbiitttiiitTTTiiIIB", .bulk = true },
	[SQL_MESSAGE_GET] = { "message.get", "SELECT " COLUMNS " FROM message" WHERE_ONE, "ibb", COLUMN_TYPES },
	[SQL_MESSAGE_CLAIM] = { "message.claim",
				"UPDATE message SET status = $1, carrier = $6, updated_us = $7 "
				"WHERE bucket = $3 AND account_sid = $4 AND sid = $5 AND status = $2 RETURNING " COLUMNS,
				"iiibbti", COLUMN_TYPES },
	[SQL_MESSAGE_STEP] = { "message.step",
			       "UPDATE message SET status = $1, error_code = COALESCE($6, error_code), carrier_id = COALESCE($7, carrier_id), "
			       "sent_us = COALESCE($8, sent_us), updated_us = $9, parts_open = COALESCE($10, parts_open) "
			       "WHERE bucket = $3 AND account_sid = $4 AND sid = $5 AND status = $2",
			       "iiibbITIiI" },
	[SQL_MESSAGE_PART] = { "message.part",
			       "UPDATE message SET parts_open = $5 WHERE bucket = $1 AND account_sid = $2 AND sid = $3 AND parts_open = $4",
			       "ibbii" },
	[SQL_MESSAGE_REDACT] = { "message.redact", "UPDATE message SET body = '', updated_us = $4" WHERE_ONE, "ibbi" },
	[SQL_MESSAGE_DELETE] = { "message.delete", "DELETE FROM message" WHERE_ONE " AND status = $4", "ibbi" },
	[SQL_MEDIA_INSERT] = { "media.insert",
			       "INSERT INTO media (bucket, account_sid, message_sid, sid, content_type, content, created_us) "
			       "VALUES ($1, $2, $3, $4, $5, $6, $7)",
			       "ibbbtbi" },
	[SQL_MEDIA_GET] = { "media.get",
			    "SELECT sid, account_sid, message_sid, content_type, created_us FROM media"
			    " WHERE bucket = $1 AND account_sid = $2 AND message_sid = $3 AND sid = $4",
			    "ibbb", "bbbti" },
	[SQL_MEDIA_CONTENT] = { "media.content",
				"SELECT content_type, content FROM media WHERE bucket = $1 AND account_sid = $2 AND message_sid = $3 AND sid = $4",
				"ibbb", "tb" },
	[SQL_MEDIA_DELETE] = { "media.delete",
			       "DELETE FROM media WHERE bucket = $1 AND account_sid = $2 AND message_sid = $3 AND sid = $4", "ibbb" },
	[SQL_MEDIA_DELETE_ALL] = { "media.delete_all", "DELETE FROM media WHERE bucket = $1 AND account_sid = $2 AND message_sid = $3", "ibb" },
	[SQL_FEEDBACK_PUT] = { "feedback.put",
			       "INSERT INTO message_feedback (bucket, account_sid, message_sid, outcome, created_us, updated_us) "
			       "VALUES ($1, $2, $3, $4, $5, $5) ON CONFLICT (bucket, account_sid, message_sid) "
			       "DO UPDATE SET outcome = excluded.outcome, updated_us = excluded.updated_us",
			       "ibbti" },
	[SQL_FEEDBACK_GET] = { "feedback.get",
			       "SELECT outcome, created_us, updated_us FROM message_feedback WHERE bucket = $1 AND account_sid = $2 AND message_sid = $3",
			       "ibb", "tii" },
	[SQL_FEEDBACK_DELETE] = { "feedback.delete",
				  "DELETE FROM message_feedback WHERE bucket = $1 AND account_sid = $2 AND message_sid = $3", "ibb" },
	/* Each one statement, so one snapshot. */
	[SQL_MESSAGE_PROOF_PAID] = { "message.proof_paid",
				     "SELECT m.account_sid, m.sid, m.num_media, m.status, m.price_micros, COALESCE(p.micros, 0), COALESCE(r.micros, 0) "
				     "FROM message m JOIN account a ON a.bucket = m.bucket AND a.account_sid = m.account_sid "
				     "LEFT JOIN ledger p ON p.bucket = m.bucket AND p.account_sid = a.owner_sid AND p.sid = m.sid AND p.reason = 'message' "
				     "AND p.spent_by = m.account_sid "
				     "LEFT JOIN ledger r ON r.bucket = m.bucket AND r.account_sid = a.owner_sid AND r.sid = m.sid AND r.reason = 'refund' "
				     "WHERE COALESCE(p.micros, 0) <> -m.price_micros "
				     "OR COALESCE(r.micros, 0) <> CASE WHEN m.status IN ($1, $2) THEN m.price_micros ELSE 0 END LIMIT 20",
				     "ii", "bbiiiii" },
	[SQL_MESSAGE_PROOF_LEDGER] = { "message.proof_ledger",
				       "SELECT l.account_sid, l.sid, l.reason, l.micros FROM ledger l WHERE l.reason IN ('message', 'refund') "
				       "AND NOT EXISTS (SELECT 1 FROM message m WHERE m.bucket = l.bucket AND m.account_sid = l.spent_by AND m.sid = l.sid) "
				       "AND (l.bucket, l.sid) NOT IN (SELECT e.bucket, e.sid FROM event e WHERE e.type = 'message.deleted') LIMIT 20",
				       "", "bbti" },
	[SQL_MESSAGE_PROOF_COUNT] = { "message.proof_count", "SELECT COUNT(*) FROM message", "", "i" },
};
/* clang-format on */

const struct sw_sql_table message_sql_table = { "message", message_sql, SQL_MESSAGE_N };

/* To and From have no index: each would cost as much as the row itself; a list goes back in time by sid. */
const struct sw_query_def message_list = {
	.name = "message.list",
	.select = "SELECT " COLUMNS " FROM message",
	.out = COLUMN_TYPES,
	.key = "sid",
	.key_type = 'b',
	.columns = (const struct sw_query_column[]){ { "bucket", 'i' },
						     { "account_sid", 'b' },
						     { "sid", 'b' },
						     { "to_address", 't' },
						     { "from_address", 't' },
						     { "sent_us", 'i' },
						     { "status", 'i' },
						     { 0 } },
};

const struct sw_query_def message_media_list = {
	.name = "media.list",
	.select = "SELECT sid, account_sid, message_sid, content_type, created_us FROM media",
	.out = "bbbti",
	.key = "sid",
	.key_type = 'b',
	.columns = (const struct sw_query_column[]){ { "bucket", 'i' },
						     { "account_sid", 'b' },
						     { "message_sid", 'b' },
						     { "created_us", 'i' },
						     { 0 } },
};
