/* Every statement of the room. */
#include "carrier/carrier_impl.h"

/* clang-format off */
static const struct sw_sql rows[SW_CARRIER_SQL_N] = {
	[SW_SQL_PART_PUT] = { "carrier.part.put",
			      "INSERT INTO carrier_part (carrier, id, bucket, account_sid, sid, kind, part, parts, to_address, created_us) "
			      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (carrier, id) DO UPDATE SET bucket = excluded.bucket, "
			      "account_sid = excluded.account_sid, sid = excluded.sid, kind = excluded.kind, part = excluded.part, "
			      "parts = excluded.parts, to_address = excluded.to_address, created_us = excluded.created_us",
			      "ttibbtiiti" },
	[SW_SQL_PART_FIND] = { "carrier.part.find",
			       "SELECT id, bucket, account_sid, sid, kind, part, parts, to_address FROM carrier_part WHERE carrier = $1 AND id IN ($2, $3, $4)",
			       "tttt", "tibbtiit" },
	[SW_SQL_PART_END] = { "carrier.part.end", "DELETE FROM carrier_part WHERE carrier = $1 AND id = $2", "tt" },
	[SW_SQL_PART_OLD] = { "carrier.part.old", "SELECT id FROM carrier_part WHERE carrier = $1 AND created_us < $2 LIMIT $3", "tii", "t" },
	[SW_SQL_ORPHAN_PUT] = { "carrier.orphan.put",
				"INSERT INTO carrier_orphan (carrier, id, state, code, from_address, to_address, done_date, created_us) "
				"VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (carrier, id) DO UPDATE SET state = excluded.state, "
				"code = excluded.code, done_date = excluded.done_date",
				"ttiittti" },
	[SW_SQL_ORPHAN_LIST] = { "carrier.orphan.list",
				 "SELECT id, state, code, from_address, to_address, done_date, created_us FROM carrier_orphan "
				 "WHERE carrier = $1 AND id > $2 ORDER BY id LIMIT $3",
				 "tti", "tiittti" },
	[SW_SQL_ORPHAN_END] = { "carrier.orphan.end", "DELETE FROM carrier_orphan WHERE carrier = $1 AND id = $2", "tt" },
	[SW_SQL_ORPHAN_SWEEP] = { "carrier.orphan.sweep", "DELETE FROM carrier_orphan WHERE carrier = $1 AND created_us < $2", "ti" },
	[SW_SQL_UNKNOWN_PUT] = { "carrier.unknown.put",
				 "INSERT INTO carrier_unknown (sid, carrier, from_address, to_address, bucket, account_sid, kind, created_us) "
				 "VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (sid) DO UPDATE SET carrier = excluded.carrier",
				 "btttibti" },
	[SW_SQL_UNKNOWN_FIND] = { "carrier.unknown.find",
				  "SELECT sid, bucket, account_sid, kind FROM carrier_unknown "
				  "WHERE carrier = $1 AND to_address = $2 AND from_address = $3 LIMIT 2",
				  "ttt", "bibt" },
	[SW_SQL_UNKNOWN_END] = { "carrier.unknown.end", "DELETE FROM carrier_unknown WHERE sid = $1", "b" },
	[SW_SQL_INBOUND_PUT] = { "carrier.inbound.put", "INSERT INTO carrier_inbound (digest, created_us) VALUES ($1, $2) ON CONFLICT (digest) DO NOTHING", "bi" },
	[SW_SQL_INBOUND_SWEEP] = { "carrier.inbound.sweep", "DELETE FROM carrier_inbound WHERE created_us < $1", "i" },
	[SW_SQL_PIECE_PUT] = { "carrier.piece.put",
			       "INSERT INTO carrier_inbound_part (key, part, total, carrier, from_address, to_address, charset, octets, created_us) "
			       "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (key, part) DO UPDATE SET charset = excluded.charset, "
			       "octets = excluded.octets",
			       "biitttibi" },
	[SW_SQL_PIECE_GET] = { "carrier.piece.get",
			       "SELECT part, total, charset, from_address, to_address, octets FROM carrier_inbound_part WHERE key = $1 ORDER BY part",
			       "b", "iiittb" },
	[SW_SQL_PIECE_LIST] = { "carrier.piece.list", "SELECT key, part, total, created_us FROM carrier_inbound_part WHERE carrier = $1 ORDER BY created_us",
				"t", "biii" },
	[SW_SQL_PIECE_END] = { "carrier.piece.end", "DELETE FROM carrier_inbound_part WHERE key = $1", "b" },
	[SW_SQL_PIECE_PURGE] = { "carrier.piece.purge", "DELETE FROM carrier_inbound_part WHERE key = $1 AND created_us <= $2", "bi" },
};
/* clang-format on */

const struct sw_sql_table sw_carrier_sql = { "carrier", rows, SW_CARRIER_SQL_N };
