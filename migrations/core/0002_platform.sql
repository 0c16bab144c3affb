-- The platform contract: rotation of auth tokens, restricted keys, tiers, the duplicate guard, who changed what.

ALTER TABLE account ADD COLUMN secondary_token BYTEA;
-- Empty: the owner's, and a master account's is the installation's default.
ALTER TABLE account ADD COLUMN tier TEXT NOT NULL DEFAULT '';
-- Seconds in which equal POSTs of one key are one; 0: off.
ALTER TABLE account ADD COLUMN auto_idempotency_s BIGINT NOT NULL DEFAULT 0;

-- What a restricted key may do, as JSON; NULL: everything that a key may.
ALTER TABLE api_key ADD COLUMN policy TEXT;

-- NULLs differ from each other: only resources that have a name are held against others.
CREATE UNIQUE INDEX resource_name ON resource (bucket, account_sid, kind, parent_sid, unique_name);

-- Who changed what: one row a change of configuration, in the commit that makes it. Keys are new SIDs (AE), so it
-- grows at its end.
CREATE TABLE audit (
	bucket BIGINT NOT NULL,
	account_sid BYTEA NOT NULL,
	sid BYTEA NOT NULL,
	time_us BIGINT NOT NULL,
	event_type TEXT NOT NULL,
	resource_kind TEXT NOT NULL,
	resource_sid BYTEA NOT NULL,
	actor TEXT NOT NULL,
	request_id TEXT NOT NULL,
	source_ip TEXT NOT NULL,
	changes TEXT NOT NULL,
	PRIMARY KEY (bucket, account_sid, sid)
);
