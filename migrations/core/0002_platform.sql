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

-- Money. Which row of the price book made an entry, and for how much of it; NULL: entered before there was a book.
ALTER TABLE ledger ADD COLUMN kind TEXT;
ALTER TABLE ledger ADD COLUMN price_sid BYTEA;
ALTER TABLE ledger ADD COLUMN quantity BIGINT;

-- The operator's price book, in his own bucket; few rows, read whole. Empty text and a zero payer: any.
CREATE TABLE price (
	bucket BIGINT NOT NULL,
	account_sid BYTEA NOT NULL,
	sid BYTEA NOT NULL,
	product TEXT NOT NULL,
	payer BYTEA NOT NULL,
	country TEXT NOT NULL,
	carrier TEXT NOT NULL,
	direction TEXT NOT NULL,
	micros BIGINT NOT NULL,
	from_us BIGINT NOT NULL,
	until_us BIGINT NOT NULL,
	created_us BIGINT NOT NULL,
	updated_us BIGINT NOT NULL,
	version BIGINT NOT NULL,
	PRIMARY KEY (bucket, account_sid, sid)
);

-- What the operator gave a master account, once by his own reference; each has its ledger row.
CREATE TABLE credit (
	bucket BIGINT NOT NULL,
	account_sid BYTEA NOT NULL,
	reference TEXT NOT NULL,
	sid BYTEA NOT NULL,
	micros BIGINT NOT NULL,
	note TEXT NOT NULL,
	time_us BIGINT NOT NULL,
	PRIMARY KEY (bucket, account_sid, reference)
);

-- Usage by day (of UTC, since 1970), kind of use (product/usage, never renumbered), and whether subaccounts' is in it;
-- and how far the event log was counted.
CREATE TABLE usage_day (
	bucket BIGINT NOT NULL,
	account_sid BYTEA NOT NULL,
	whole BIGINT NOT NULL,
	day BIGINT NOT NULL,
	leaf BIGINT NOT NULL,
	items BIGINT NOT NULL,
	units BIGINT NOT NULL,
	micros BIGINT NOT NULL,
	PRIMARY KEY (bucket, account_sid, whole, day, leaf)
);

CREATE TABLE usage_cursor (
	bucket BIGINT NOT NULL PRIMARY KEY,
	seq BIGINT NOT NULL,
	time_us BIGINT NOT NULL
);

-- What is used of daily and monthly quotas. period: days or months since 1970, by name ("send/day").
CREATE TABLE quota (
	bucket BIGINT NOT NULL,
	account_sid BYTEA NOT NULL,
	name TEXT NOT NULL,
	period BIGINT NOT NULL,
	used BIGINT NOT NULL,
	PRIMARY KEY (bucket, account_sid, name, period)
);

-- Applications that sign in with access tokens, which they get for their SID (OQ) and secret.
CREATE TABLE oauth_app (
	bucket BIGINT NOT NULL,
	account_sid BYTEA NOT NULL,
	sid BYTEA NOT NULL,
	type TEXT NOT NULL,
	friendly_name TEXT NOT NULL,
	description TEXT NOT NULL,
	created_by TEXT NOT NULL,
	secret BYTEA NOT NULL,
	policy TEXT NOT NULL,
	token_ttl_s BIGINT NOT NULL,
	created_us BIGINT NOT NULL,
	PRIMARY KEY (bucket, account_sid, sid)
);

-- Whom an account does not write to: countries it switched off, and people by what they last said of a sender.
CREATE TABLE geo_block (
	bucket BIGINT NOT NULL,
	account_sid BYTEA NOT NULL,
	country TEXT NOT NULL,
	PRIMARY KEY (bucket, account_sid, country)
);

CREATE TABLE consent (
	bucket BIGINT NOT NULL,
	account_sid BYTEA NOT NULL,
	contact TEXT NOT NULL,
	sender TEXT NOT NULL,
	opted_out BIGINT NOT NULL,
	source TEXT NOT NULL,
	said_us BIGINT NOT NULL,
	PRIMARY KEY (bucket, account_sid, contact, sender)
);

CREATE TABLE contact (
	bucket BIGINT NOT NULL,
	account_sid BYTEA NOT NULL,
	contact TEXT NOT NULL,
	country TEXT NOT NULL,
	zip_code TEXT NOT NULL,
	PRIMARY KEY (bucket, account_sid, contact)
);

-- Accounts that others let act for them, through a Connect application.
CREATE TABLE delegation (
	bucket BIGINT NOT NULL,
	account_sid BYTEA NOT NULL,
	to_sid BYTEA NOT NULL,
	app_sid BYTEA NOT NULL,
	may_write BIGINT NOT NULL,
	PRIMARY KEY (bucket, account_sid, to_sid, app_sid)
);

-- Who still uses what is deprecated, by account and key (or OAuth application, or the account's own token).
CREATE TABLE deprecated_use (
	bucket BIGINT NOT NULL,
	account_sid BYTEA NOT NULL,
	caller TEXT NOT NULL,
	what TEXT NOT NULL,
	sdk TEXT NOT NULL,
	first_us BIGINT NOT NULL,
	last_us BIGINT NOT NULL,
	uses BIGINT NOT NULL,
	stage BIGINT NOT NULL,
	PRIMARY KEY (bucket, account_sid, caller, what)
);
