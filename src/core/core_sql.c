/* Every statement of the room. */
#include "core/core.h"
#include "core/core_sql.h"

#define ACCOUNT_COLUMNS                                                                                \
	"account_sid, bucket, owner_sid, friendly_name, status, type, token, created_us, updated_us, " \
	"secondary_token, "                                                                            \
	"tier, auto_idempotency_s, first_call_us"
#define KEY_COLUMNS "sid, account_sid, friendly_name, secret, created_us, updated_us, policy"
#define APP_COLUMNS \
	"sid, account_sid, type, friendly_name, description, created_by, secret, policy, token_ttl_s, created_us"
#define NUMBER_COLUMNS                                                                                              \
	"sid, account_sid, phone_number, friendly_name, can_sms, can_mms, can_voice, config, version, created_us, " \
	"updated_us"
#define HOOK_COLUMNS "sid, url, reason, failing_since_us, failures, notices, rate, max_in_flight, strict_order"
#define DEAD_COLUMNS \
	"sid, endpoint_sid, ref_kind, ref_sid, token, method, url, data, attempts, error_code, why, status, event_us, time_us"
#define DEAD_OUT "bbtbttttiitiii"
/* $3 .. $7: behind and before which, of what endpoint, about what, answered how */
#define DEAD_FITS \
	"WHERE bucket = $1 AND account_sid = $2 AND sid > $3 AND sid < $4 AND ($5 IS NULL OR endpoint_sid = $5) " \
	"AND ($6 IS NULL OR ref_sid = $6) AND ($7 IS NULL OR status_class = $7)"
#define RESOURCE_COLUMNS "sid, doc, version, created_us, updated_us, parent_sid"

/* clang-format off */
const struct sw_sql sw_core_rows[SQL_CORE_N] = {
	[SQL_DIRECTORY_GET] = { "directory.get", "SELECT bucket, account_sid FROM directory WHERE kind = $1 AND key = $2", "tb", "ib" },
	[SQL_DIRECTORY_PUT] = { "directory.put",
				"INSERT INTO directory (kind, key, bucket, account_sid) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING", "tbib" },
	[SQL_DIRECTORY_DROP] = { "directory.drop", "DELETE FROM directory WHERE kind = $1 AND key = $2", "tb" },
	[SQL_SETTING_GET] = { "setting.get", "SELECT value FROM setting WHERE name = $1", "t", "t" },
	[SQL_SETTING_PUT] = { "setting.put",
			      "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value", "tt" },
	[SQL_SETTING_LIST] = { "setting.list", "SELECT name, value FROM setting WHERE name >= $1 AND name < $2 ORDER BY name", "tt", "tt" },
	[SQL_SETTING_DROP] = { "setting.drop", "DELETE FROM setting WHERE name = $1", "t" },
	[SQL_ACCOUNT_GET] = { "account.get", "SELECT " ACCOUNT_COLUMNS " FROM account WHERE bucket = $1 AND account_sid = $2", "ib",
			      "bibtttbiiBtiI" },
	[SQL_ACCOUNT_INSERT] = { "account.insert",
				 "INSERT INTO account (bucket, account_sid, owner_sid, friendly_name, status, type, token, created_us, updated_us) "
				 "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)",
				 "ibbtttbi" },
	[SQL_ACCOUNT_UPDATE] = { "account.update",
				 "UPDATE account SET friendly_name = COALESCE($4, friendly_name), status = COALESCE($5, status), updated_us = $3 "
				 "WHERE bucket = $1 AND account_sid = $2 AND status <> 'closed'",
				 "ibiTT" },
	[SQL_ACCOUNT_TOKEN] = { "account.token", "UPDATE account SET token = $4, updated_us = $3 WHERE bucket = $1 AND account_sid = $2", "ibib" },
	[SQL_ACCOUNT_SETTINGS] = { "account.settings",
				   "UPDATE account SET tier = COALESCE($4, tier), auto_idempotency_s = COALESCE($5, auto_idempotency_s), updated_us = $3 "
				   "WHERE bucket = $1 AND account_sid = $2 AND status <> 'closed'",
				   "ibiTI" },
	[SQL_ACCOUNT_OF_TIER] = { "account.of_tier", "SELECT account_sid FROM account WHERE tier = $1 LIMIT 1", "t", "b" },
	[SQL_QUOTA_GET] = { "quota.get", "SELECT used FROM quota WHERE bucket = $1 AND account_sid = $2 AND name = $3 AND period = $4", "ibti", "i" },
	[SQL_QUOTA_TAKE] = { "quota.take",
			     "INSERT INTO quota (bucket, account_sid, name, period, used) VALUES ($1, $2, $3, $4, $5) "
			     "ON CONFLICT (bucket, account_sid, name, period) DO UPDATE SET used = quota.used + $5 WHERE quota.used + $5 <= $6 "
			     "RETURNING used",
			     "ibtiii", "i" },
	[SQL_QUOTA_FORGET] = { "quota.forget", "DELETE FROM quota WHERE bucket = $1 AND account_sid = $2 AND name = $3 AND period < $4", "ibti" },
	[SQL_QUOTA_RETURN] = { "quota.return",
			       "UPDATE quota SET used = used - $5 WHERE bucket = $1 AND account_sid = $2 AND name = $3 AND period = $4", "ibtii" },
	[SQL_TOKEN_SECOND] = { "token.second",
			       "UPDATE account SET secondary_token = $4, updated_us = $3 "
			       "WHERE bucket = $1 AND account_sid = $2 AND secondary_token IS NULL",
			       "ibib" },
	[SQL_TOKEN_PROMOTE] = { "token.promote",
				"UPDATE account SET token = secondary_token, secondary_token = NULL, updated_us = $3 "
				"WHERE bucket = $1 AND account_sid = $2 AND secondary_token = $4",
				"ibib" },
	[SQL_TOKEN_DROP] = { "token.drop",
			     "UPDATE account SET secondary_token = NULL, updated_us = $3 "
			     "WHERE bucket = $1 AND account_sid = $2 AND secondary_token IS NOT NULL",
			     "ibi" },
	[SQL_BALANCE_GET] = { "balance.get", "SELECT micros, currency FROM balance WHERE bucket = $1 AND account_sid = $2", "ib", "it" },
	[SQL_BALANCE_INSERT] = { "balance.insert", "INSERT INTO balance (bucket, account_sid, micros, currency) VALUES ($1, $2, $3, $4)", "ibit" },
	[SQL_BALANCE_DEBIT] = { "balance.debit",
				"UPDATE balance SET micros = micros - $3 WHERE bucket = $1 AND account_sid = $2 AND micros >= $3", "ibi" },
	/* Past its largest whole number the store would go on with an inexact one. */
	[SQL_BALANCE_CREDIT] = { "balance.credit",
				 "UPDATE balance SET micros = micros + $3 WHERE bucket = $1 AND account_sid = $2 AND micros <= 9223372036854775807 - $3", "ibi" },
	[SQL_LEDGER_INSERT] = { "ledger.insert",
				"INSERT INTO ledger (bucket, account_sid, sid, reason, micros, spent_by, time_us, kind, price_sid, quantity) "
				"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING",
				"ibbtibitBi", .bulk = true },
	[SQL_LEDGER_PAGE] = { "ledger.page",
			      "SELECT l.sid, l.reason, l.micros, l.spent_by, l.time_us, l.kind, l.price_sid, l.quantity, "
			      "CASE WHEN l.reason = 'credit' THEN (SELECT c.reference FROM credit c WHERE c.bucket = l.bucket "
			      "AND c.account_sid = l.account_sid AND c.sid = l.sid) END FROM ledger l "
			      "WHERE l.bucket = $1 AND l.account_sid = $2 AND (l.sid, l.reason) < ($3, $4) "
			      "AND l.spent_by = COALESCE($5, l.spent_by) ORDER BY l.sid DESC, l.reason DESC LIMIT $6",
			      "ibbtBi", "btibiTBIT" },
	[SQL_BALANCE_CHARGE] = { "balance.charge", "UPDATE balance SET micros = micros - $3 WHERE bucket = $1 AND account_sid = $2", "ibi" },
	[SQL_PRICE_ALL] = { "price.all",
			    "SELECT sid, product, payer, country, carrier, direction, micros, from_us, until_us, created_us, updated_us, version "
			    "FROM price WHERE bucket = $1 AND account_sid = $2 ORDER BY sid DESC", "ib", "btbtttiiiiii" },
	[SQL_PRICE_INSERT] = { "price.insert",
			       "INSERT INTO price (bucket, account_sid, sid, product, payer, country, carrier, direction, micros, from_us, "
			       "until_us, created_us, updated_us, version) SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, 1 "
			       "WHERE NOT EXISTS (SELECT 1 FROM price WHERE bucket = $1 AND account_sid = $2 AND product = $4 AND payer = $5 "
			       "AND country = $6 AND carrier = $7 AND direction = $8 AND from_us < $11 AND until_us > $10)",
			       "ibbtbtttiiii" },
	[SQL_PRICE_UPDATE] = { "price.update",
			       "UPDATE price SET micros = $5, from_us = $6, until_us = $7, updated_us = $8, version = version + 1 "
			       "WHERE bucket = $1 AND account_sid = $2 AND sid = $3 AND version = $4", "ibbiiiii" },
	/* One row: of its scope none else is valid at the same time. */
	[SQL_PRICE_ALONE] = { "price.alone",
			      "SELECT p.sid FROM price p JOIN price o ON o.bucket = p.bucket AND o.account_sid = p.account_sid "
			      "AND o.product = p.product AND o.payer = p.payer AND o.country = p.country AND o.carrier = p.carrier "
			      "AND o.direction = p.direction AND o.from_us < p.until_us AND o.until_us > p.from_us "
			      "WHERE p.bucket = $1 AND p.account_sid = $2 AND p.sid = $3", "ibb", "b" },
	[SQL_PRICE_DELETE] = { "price.delete", "DELETE FROM price WHERE bucket = $1 AND account_sid = $2 AND sid = $3", "ibb" },
	[SQL_CREDIT_INSERT] = { "credit.insert",
				"INSERT INTO credit (bucket, account_sid, reference, sid, micros, note, time_us) "
				"VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING", "ibtbiti" },
	[SQL_CREDIT_GET] = { "credit.get",
			     "SELECT sid, micros, note, time_us FROM credit WHERE bucket = $1 AND account_sid = $2 AND reference = $3",
			     "ibt", "biti" },
	/* One statement, one snapshot: also of a store that a server writes to. */
	[SQL_PROOF_BALANCE] = { "proof.balance",
				"SELECT b.bucket, b.account_sid, b.micros, b.currency, "
				"(SELECT CAST(COALESCE(SUM(l.micros), 0) AS BIGINT) FROM ledger l WHERE l.bucket = b.bucket AND l.account_sid = b.account_sid), "
				"(SELECT COUNT(*) FROM ledger l WHERE l.bucket = b.bucket AND l.account_sid = b.account_sid) "
				"FROM balance b ORDER BY b.bucket, b.account_sid", "", "ibitii" },
	[SQL_PROOF_CREDIT] = { "proof.credit",
			       "SELECT c.account_sid, c.sid, c.micros, COALESCE(l.micros, 0) FROM credit c LEFT JOIN ledger l ON l.bucket = c.bucket "
			       "AND l.account_sid = c.account_sid AND l.sid = c.sid AND l.reason = 'credit' WHERE COALESCE(l.micros, 0) <> c.micros "
			       "UNION ALL SELECT l.account_sid, l.sid, 0, l.micros FROM ledger l WHERE l.reason = 'credit' AND (l.bucket, l.sid) "
			       "NOT IN (SELECT bucket, sid FROM credit) LIMIT 20", "", "bbii" },
	[SQL_PROOF_EVENTS] = { "proof.events", "SELECT type, COUNT(*) FROM event GROUP BY type", "", "ti" },
	[SQL_PROOF_OWNERS] = { "proof.owners", "SELECT account_sid, owner_sid FROM account WHERE bucket = $1", "i", "bb" },
	[SQL_LEDGER_SUM] = { "ledger.sum", "SELECT COALESCE(CAST(SUM(micros) AS BIGINT), 0), COUNT(*) FROM ledger WHERE bucket = $1 AND account_sid = $2", "ib", "ii" },
	[SQL_KEY_GET] = { "key.get", "SELECT " KEY_COLUMNS " FROM api_key WHERE bucket = $1 AND account_sid = $2 AND sid = $3", "ibb", "bbtbiiT" },
	[SQL_KEY_INSERT] = { "key.insert",
			     "INSERT INTO api_key (bucket, account_sid, sid, friendly_name, secret, policy, created_us, updated_us) "
			     "VALUES ($1, $2, $3, $4, $5, $6, $7, $7)",
			     "ibbtbTi" },
	[SQL_KEY_UPDATE] = { "key.update",
			     "UPDATE api_key SET friendly_name = COALESCE($5, friendly_name), policy = COALESCE($6, policy), updated_us = $4 "
			     "WHERE bucket = $1 AND account_sid = $2 AND sid = $3",
			     "ibbiTT" },
	[SQL_KEY_DELETE] = { "key.delete", "DELETE FROM api_key WHERE bucket = $1 AND account_sid = $2 AND sid = $3", "ibb" },
	[SQL_APP_GET] = { "oauth_app.get", "SELECT " APP_COLUMNS " FROM oauth_app WHERE bucket = $1 AND account_sid = $2 AND sid = $3",
			  "ibb", "bbttttbtii" },
	[SQL_APP_INSERT] = { "oauth_app.insert",
			     "INSERT INTO oauth_app (bucket, account_sid, sid, type, friendly_name, description, created_by, secret, policy, "
			     "token_ttl_s, created_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
			     "ibbttttbtii" },
	[SQL_APP_UPDATE] = { "oauth_app.update",
			     "UPDATE oauth_app SET type = $4, friendly_name = $5, description = $6, policy = $7, token_ttl_s = $8 "
			     "WHERE bucket = $1 AND account_sid = $2 AND sid = $3",
			     "ibbtttti" },
	[SQL_APP_DELETE] = { "oauth_app.delete", "DELETE FROM oauth_app WHERE bucket = $1 AND account_sid = $2 AND sid = $3", "ibb" },
	[SQL_NUMBER_FIND] = { "number.find",
			      "SELECT " NUMBER_COLUMNS " FROM phone_number WHERE bucket = $1 AND account_sid = $2 AND phone_number = $3", "ibt",
			      "bbttiiitiii" },
	[SQL_NUMBER_GET] = { "number.get", "SELECT " NUMBER_COLUMNS " FROM phone_number WHERE bucket = $1 AND account_sid = $2 AND sid = $3",
			     "ibb", "bbttiiitiii" },
	[SQL_NUMBER_INSERT] = { "number.insert",
				"INSERT INTO phone_number (bucket, account_sid, sid, phone_number, friendly_name, can_sms, can_mms, can_voice, "
				"config, version, created_us, updated_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, $10, $10)",
				"ibbttiiiti" },
	[SQL_NUMBER_UPDATE] = { "number.update",
				"UPDATE phone_number SET friendly_name = $5, config = $6, version = version + 1, updated_us = $7 "
				"WHERE bucket = $1 AND account_sid = $2 AND sid = $3 AND version = $4",
				"ibbitti" },
	[SQL_NUMBER_MOVE] = { "number.move",
			      "UPDATE phone_number SET account_sid = $5, friendly_name = $6, config = $7, version = version + 1, updated_us = $8 "
			      "WHERE bucket = $1 AND account_sid = $2 AND sid = $3 AND version = $4",
			      "ibbibtti" },
	[SQL_NUMBER_DELETE] = { "number.delete", "DELETE FROM phone_number WHERE bucket = $1 AND account_sid = $2 AND sid = $3", "ibb" },
	[SQL_IDEMPOTENCY_GET] = { "idempotency.get",
				  "SELECT fingerprint, status, body, created_us FROM idempotency WHERE bucket = $1 AND account_sid = $2 AND key = $3",
				  "ibt", "biti" },
	[SQL_IDEMPOTENCY_INSERT] = { "idempotency.insert",
				     "INSERT INTO idempotency (bucket, account_sid, key, fingerprint, status, body, created_us) "
				     "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
				     "ibtbiti", .bulk = true },
	[SQL_IDEMPOTENCY_SWEEP] = { "idempotency.sweep",
				    "DELETE FROM idempotency WHERE bucket = $1 AND created_us < $2 AND key IN "
				    "(SELECT key FROM idempotency WHERE bucket = $1 AND created_us < $2 ORDER BY created_us LIMIT 500)",
				    "ii" },
	[SQL_IDEMPOTENCY_EXPIRE] = { "idempotency.expire",
				     "DELETE FROM idempotency WHERE bucket = $1 AND account_sid = $2 AND key = $3 AND created_us < $4", "ibti" },
	[SQL_RESOURCE_GET] = { "resource.get",
			       "SELECT " RESOURCE_COLUMNS " FROM resource WHERE bucket = $1 AND account_sid = $2 AND kind = $3 AND sid = $4",
			       "ibtb", "btiiib" },
	[SQL_RESOURCE_NAMED] = { "resource.named",
				 "SELECT " RESOURCE_COLUMNS " FROM resource WHERE bucket = $1 AND account_sid = $2 AND kind = $3 AND "
				 "parent_sid = $4 AND unique_name = $5",
				 "ibtbt", "btiiib" },
	[SQL_RESOURCE_CHILDREN] = { "resource.children",
				    "SELECT " RESOURCE_COLUMNS " FROM resource WHERE bucket = $1 AND account_sid = $2 AND kind = $3 AND "
				    "parent_sid = $4 LIMIT 100",
				    "ibtb", "btiiib" },
	[SQL_RESOURCE_INSERT] = { "resource.insert",
				  "INSERT INTO resource (bucket, account_sid, kind, sid, parent_sid, unique_name, doc, version, created_us, updated_us) "
				  "VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, $8)",
				  "ibtbbTti", .bulk = true },
	[SQL_RESOURCE_UPDATE] = { "resource.update",
				  "UPDATE resource SET doc = $6, version = version + 1, updated_us = $7, unique_name = $8 "
				  "WHERE bucket = $1 AND account_sid = $2 AND kind = $3 AND sid = $4 AND version = $5",
				  "ibtbitiT" },
	[SQL_RESOURCE_DELETE] = { "resource.delete",
				  "DELETE FROM resource WHERE bucket = $1 AND account_sid = $2 AND kind = $3 AND sid = $4 AND version = $5",
				  "ibtbi" },
	[SQL_RESOURCE_THERE] = { "resource.there",
				 "SELECT sid FROM resource WHERE bucket = $1 AND account_sid = $2 AND kind = $3 AND sid = $4", "ibtb", "b" },
	[SQL_RESOURCE_KEY_INSERT] = { "resource.key.insert",
				      "INSERT INTO resource_key (bucket, account_sid, kind, parent_sid, field, value, sid) "
				      "VALUES ($1, $2, $3, $4, $5, $6, $7)",
				      "ibtbttb", .bulk = true },
	[SQL_RESOURCE_KEY_CLEAR] = { "resource.key.clear",
				     "DELETE FROM resource_key WHERE bucket = $1 AND account_sid = $2 AND kind = $3 AND field = $4 AND value = $5 AND sid = $6",
				     "ibtttb" },
	[SQL_GEO_LIST] = { "geo.list", "SELECT country FROM geo_block WHERE bucket = $1 AND account_sid = $2", "ib", "t" },
	[SQL_GEO_ALLOW] = { "geo.allow", "DELETE FROM geo_block WHERE bucket = $1 AND account_sid = $2 AND country = $3", "ibt" },
	[SQL_GEO_BLOCK] = { "geo.block", "INSERT INTO geo_block (bucket, account_sid, country) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", "ibt" },
	[SQL_CONSENT_ANY] = { "consent.any", "SELECT 1 FROM consent WHERE bucket = $1 AND account_sid = $2 AND opted_out = 1 LIMIT 1", "ib", "i" },
	[SQL_CONSENT_GET] = { "consent.get",
			      "SELECT opted_out FROM consent WHERE bucket = $1 AND account_sid = $2 AND contact = $3 AND sender = $4", "ibtt", "i" },
	[SQL_CONSENT_PUT] = { "consent.put",
			      "INSERT INTO consent (bucket, account_sid, contact, sender, opted_out, source, said_us) "
			      "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (bucket, account_sid, contact, sender) DO UPDATE SET "
			      "opted_out = excluded.opted_out, source = excluded.source, said_us = excluded.said_us "
			      "WHERE excluded.said_us >= consent.said_us",
			      "ibttiti" },
	[SQL_CONTACT_PUT] = { "contact.put",
			      "INSERT INTO contact (bucket, account_sid, contact, country, zip_code) VALUES ($1, $2, $3, $4, $5) "
			      "ON CONFLICT (bucket, account_sid, contact) DO UPDATE SET country = excluded.country, zip_code = excluded.zip_code",
			      "ibttt" },
	[SQL_DELEGATION_GET] = { "delegation.get", "SELECT may_write FROM delegation WHERE bucket = $1 AND account_sid = $2 AND to_sid = $3", "ibb", "i" },
	[SQL_DELEGATION_PUT] = { "delegation.put", "INSERT INTO delegation (bucket, account_sid, to_sid, app_sid, may_write) VALUES ($1, $2, $3, $4, $5)", "ibbbi" },
	[SQL_DELEGATION_DROP] = { "delegation.drop",
				  "DELETE FROM delegation WHERE bucket = $1 AND account_sid = $2 AND to_sid = $3 AND app_sid = $4", "ibbb" },
	[SQL_DEPRECATED_COUNT] = { "deprecated.count",
				   "INSERT INTO deprecated_use (bucket, account_sid, caller, what, sdk, first_us, last_us, uses, stage) "
				   "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0) ON CONFLICT (bucket, account_sid, caller, what) DO UPDATE SET "
				   "sdk = excluded.sdk, last_us = excluded.last_us, uses = deprecated_use.uses + excluded.uses",
				   "ibtttiii" },
	[SQL_DEPRECATED_TELL] = { "deprecated.tell",
				  "UPDATE deprecated_use SET stage = $5 WHERE bucket = $1 AND account_sid = $2 AND caller = $3 AND what = $4 AND stage < $5",
				  "ibtti" },
	/* Of an account and its subaccounts, which are in its bucket. */
	[SQL_DEPRECATED_USERS] = { "deprecated.users",
				   "SELECT d.account_sid, d.caller, d.sdk, d.first_us, d.last_us, d.uses FROM deprecated_use d "
				   "JOIN account a ON a.bucket = d.bucket AND a.account_sid = d.account_sid "
				   "WHERE d.bucket = $1 AND d.what = $2 AND (a.account_sid = $3 OR a.owner_sid = $3) "
				   "ORDER BY d.last_us DESC LIMIT 500",
				   "itb", "bttiii" },
	[SQL_DEPRECATED_ALL] = { "deprecated.all",
				 "SELECT account_sid, caller, sdk, first_us, last_us, uses FROM deprecated_use WHERE what = $1 "
				 "ORDER BY last_us DESC LIMIT 500",
				 "t", "bttiii" },
	[SQL_AUDIT_INSERT] = { "audit.insert",
			       "INSERT INTO audit (bucket, account_sid, sid, time_us, event_type, resource_kind, resource_sid, actor, request_id, "
			       "source_ip, changes) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
			       "ibbittbtttt", .bulk = true },
	[SQL_HOOK_GET] = { "webhook_endpoint.get", "SELECT " HOOK_COLUMNS " FROM webhook_endpoint WHERE bucket = $1 AND account_sid = $2 AND sid = $3", "ibb",
			   "bttiiiiii" },
	[SQL_HOOK_LIST] = { "webhook_endpoint.list",
			    "SELECT sid FROM webhook_endpoint WHERE bucket = $1 AND account_sid = $2 AND sid > $3 ORDER BY sid LIMIT $4", "ibbi", "b" },
	[SQL_HOOK_PUT] = { "webhook_endpoint.put",
			   "INSERT INTO webhook_endpoint (bucket, account_sid, sid, url, status, reason, failing_since_us, failures, notices, rate, "
			   "max_in_flight, strict_order, updated_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) "
			   "ON CONFLICT (bucket, account_sid, sid) DO UPDATE SET status = excluded.status, reason = excluded.reason, "
			   "failing_since_us = excluded.failing_since_us, failures = excluded.failures, notices = excluded.notices, "
			   "rate = excluded.rate, max_in_flight = excluded.max_in_flight, strict_order = excluded.strict_order, "
			   "updated_us = excluded.updated_us",
			   "ibbtttiiiiiii" },
	[SQL_HOLD_GET] = { "webhook_hold.get", "SELECT holder, until_us, next_us FROM webhook_hold WHERE bucket = $1 AND ref_sid = $2", "ib", "bii" },
	[SQL_HOLD_PUT] = { "webhook_hold.put",
			   "INSERT INTO webhook_hold (bucket, ref_sid, holder, until_us, next_us) VALUES ($1, $2, $3, $4, $5) "
			   "ON CONFLICT (bucket, ref_sid) DO UPDATE SET holder = excluded.holder, until_us = excluded.until_us, next_us = excluded.next_us",
			   "ibbii" },
	[SQL_HOLD_DROP] = { "webhook_hold.drop", "DELETE FROM webhook_hold WHERE bucket = $1 AND ref_sid = $2", "ib" },
	[SQL_HOLD_SWEEP] = { "webhook_hold.sweep", "DELETE FROM webhook_hold WHERE bucket = $1 AND until_us < $2", "ii" },
	[SQL_DEAD_INSERT] = { "webhook_dead_letter.insert",
			      "INSERT INTO webhook_dead_letter (bucket, account_sid, sid, endpoint_sid, ref_kind, ref_sid, token, method, url, data, "
			      "attempts, error_code, why, status, status_class, event_us, time_us) "
			      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
			      "ibbbtbttttiititii" },
	[SQL_DEAD_GET] = { "webhook_dead_letter.get", "SELECT " DEAD_COLUMNS " FROM webhook_dead_letter WHERE bucket = $1 AND account_sid = $2 AND sid = $3",
			   "ibb", DEAD_OUT },
	[SQL_DEAD_NEXT] = { "webhook_dead_letter.next", "SELECT " DEAD_COLUMNS " FROM webhook_dead_letter " DEAD_FITS " ORDER BY sid LIMIT $8", "ibbbBBTi",
			    DEAD_OUT },
	[SQL_DEAD_COUNT] = { "webhook_dead_letter.count", "SELECT COUNT(*) FROM webhook_dead_letter " DEAD_FITS, "ibbbBBT", "i" },
	[SQL_DEAD_DELETE] = { "webhook_dead_letter.delete", "DELETE FROM webhook_dead_letter WHERE bucket = $1 AND account_sid = $2 AND sid = $3", "ibb" },
	[SQL_DEAD_SWEEP] = { "webhook_dead_letter.sweep",
			     "DELETE FROM webhook_dead_letter WHERE bucket = $1 AND sid IN "
			     "(SELECT sid FROM webhook_dead_letter WHERE bucket = $1 AND sid < $2 ORDER BY sid LIMIT $3)",
			     "ibi" },
	[SQL_REPLAY_INSERT] = { "webhook_replay.insert",
				"INSERT INTO webhook_replay (bucket, account_sid, sid, status, filter, endpoint_sid, ref_sid, status_class, after_sid, "
				"before_sid, total, replayed, created_us, updated_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)",
				"ibbttBBTbbiii" },
	[SQL_REPLAY_GET] = { "webhook_replay.get",
			     "SELECT sid, status, filter, total, replayed, created_us, updated_us, endpoint_sid, ref_sid, status_class, after_sid, before_sid "
			     "FROM webhook_replay WHERE bucket = $1 AND account_sid = $2 AND sid = $3",
			     "ibb", "bttiiiiBBTbb" },
	[SQL_REPLAY_STEP] = { "webhook_replay.step",
			      "UPDATE webhook_replay SET status = $4, after_sid = $5, replayed = replayed + $6, updated_us = $7 "
			      "WHERE bucket = $1 AND account_sid = $2 AND sid = $3",
			      "ibbtbii" },
	[SQL_REPLAY_SWEEP] = { "webhook_replay.sweep",
			       "DELETE FROM webhook_replay WHERE bucket = $1 AND sid IN "
			       "(SELECT sid FROM webhook_replay WHERE bucket = $1 AND sid < $2 AND status <> 'running' ORDER BY sid LIMIT $3)",
			       "ibi" },
};
/* clang-format on */

const struct sw_sql_table sw_core_sql = { "core", sw_core_rows, SQL_CORE_N };

/* Accounts have random SIDs; their list goes by SID all the same, which is stable while pages are turned. */
const struct sw_query_def sw_account_list = {
	.name = "account.list",
	.select = "SELECT " ACCOUNT_COLUMNS " FROM account",
	.out = "bibtttbiiBtiI",
	.key = "account_sid",
	.key_type = 'b',
	.columns = (const struct sw_query_column[]){ { "bucket", 'i' },
						     { "account_sid", 'b' },
						     { "owner_sid", 'b' },
						     { "friendly_name", 't' },
						     { "status", 't' },
						     { 0 } },
};

const struct sw_query_def sw_key_list = {
	.name = "key.list",
	.select = "SELECT " KEY_COLUMNS " FROM api_key",
	.out = "bbtbiiT",
	.key = "sid",
	.key_type = 'b',
	.columns = (const struct sw_query_column[]){ { "bucket", 'i' }, { "account_sid", 'b' }, { 0 } },
};

const struct sw_query_def sw_number_list = {
	.name = "number.list",
	.select = "SELECT " NUMBER_COLUMNS " FROM phone_number",
	.out = "bbttiiitiii",
	.key = "sid",
	.key_type = 'b',
	.columns = (const struct sw_query_column[]){ { "bucket", 'i' },
						     { "account_sid", 'b' },
						     { "friendly_name", 't' },
						     { "phone_number", 't' },
						     { 0 } },
};

const struct sw_query_def sw_resource_list = {
	.name = "resource.list",
	.select = "SELECT " RESOURCE_COLUMNS " FROM resource",
	.out = "btiiib",
	.key = "sid",
	.key_type = 'b',
	.columns = (const struct sw_query_column[]){ { "bucket", 'i' },
						     { "account_sid", 'b' },
						     { "kind", 't' },
						     { "parent_sid", 'b' },
						     { "created_us", 'i' },
						     { "updated_us", 'i' },
						     { 0 } },
};

/* One filter goes through resource_key; further ones are applied to the documents. */
const struct sw_query_def sw_resource_filtered = {
	.name = "resource.filtered",
	.select = "SELECT r.sid, r.doc, r.version, r.created_us, r.updated_us, r.parent_sid FROM resource_key k "
		  "JOIN resource r ON r.bucket = k.bucket AND r.account_sid = k.account_sid AND r.kind = k.kind AND "
		  "r.sid = k.sid",
	.out = "btiiib",
	.key = "k.sid",
	.key_type = 'b',
	.columns = (const struct sw_query_column[]){ { "k.bucket", 'i' },
						     { "k.account_sid", 'b' },
						     { "k.kind", 't' },
						     { "k.field", 't' },
						     { "k.value", 't' },
						     { "k.parent_sid", 'b' },
						     { "r.created_us", 'i' },
						     { "r.updated_us", 'i' },
						     { 0 } },
};

const struct sw_query_def sw_audit_list = {
	.name = "audit.list",
	.select = "SELECT sid, account_sid, time_us, event_type, resource_kind, resource_sid, actor, request_id, "
		  "source_ip, changes FROM audit",
	.out = "bbittbtttt",
	.key = "sid",
	.key_type = 'b',
	.columns = (const struct sw_query_column[]){ { "bucket", 'i' },
						     { "account_sid", 'b' },
						     { "sid", 'b' },
						     { "event_type", 't' },
						     { "resource_sid", 'b' },
						     { "actor", 't' },
						     { "source_ip", 't' },
						     { "time_us", 'i' },
						     { 0 } },
};

const struct sw_query_def sw_dead_letter_list = {
	.name = "webhook_dead_letter.list",
	.select = "SELECT " DEAD_COLUMNS " FROM webhook_dead_letter",
	.out = DEAD_OUT,
	.key = "sid",
	.key_type = 'b',
	.columns = (const struct sw_query_column[]){ { "bucket", 'i' },
						     { "account_sid", 'b' },
						     { "endpoint_sid", 'b' },
						     { "ref_sid", 'b' },
						     { "status_class", 't' },
						     { "url", 't' },
						     { "time_us", 'i' },
						     { 0 } },
};
