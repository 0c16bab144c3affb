-- What every request needs. `bucket` is the shard key: a master account and its subaccounts share one.

-- Looked up without knowing the account: AC and SK SIDs (16 raw bytes), phone numbers (their text as bytes).
CREATE TABLE directory (
	kind TEXT NOT NULL,
	key BYTEA NOT NULL,
	bucket BIGINT NOT NULL,
	account_sid BYTEA NOT NULL,
	PRIMARY KEY (kind, key)
);

-- Facts about this installation, such as its first account.
CREATE TABLE setting (
	name TEXT NOT NULL PRIMARY KEY,
	value TEXT NOT NULL
);

CREATE TABLE account (
	bucket BIGINT NOT NULL,
	account_sid BYTEA NOT NULL,
	owner_sid BYTEA NOT NULL,
	friendly_name TEXT NOT NULL,
	status TEXT NOT NULL,
	type TEXT NOT NULL,
	token BYTEA NOT NULL,
	created_us BIGINT NOT NULL,
	updated_us BIGINT NOT NULL,
	PRIMARY KEY (bucket, account_sid)
);

-- One row a master account; subaccounts spend their owner's.
CREATE TABLE balance (
	bucket BIGINT NOT NULL,
	account_sid BYTEA NOT NULL,
	micros BIGINT NOT NULL,
	currency TEXT NOT NULL,
	PRIMARY KEY (bucket, account_sid)
);

-- Every movement of money, once by SID and reason; the sum of an account's rows is its balance.
CREATE TABLE ledger (
	bucket BIGINT NOT NULL,
	account_sid BYTEA NOT NULL,
	sid BYTEA NOT NULL,
	reason TEXT NOT NULL,
	micros BIGINT NOT NULL,
	spent_by BYTEA NOT NULL,
	time_us BIGINT NOT NULL,
	PRIMARY KEY (bucket, account_sid, sid, reason)
);

CREATE TABLE api_key (
	bucket BIGINT NOT NULL,
	account_sid BYTEA NOT NULL,
	sid BYTEA NOT NULL,
	friendly_name TEXT NOT NULL,
	secret BYTEA NOT NULL,
	created_us BIGINT NOT NULL,
	updated_us BIGINT NOT NULL,
	PRIMARY KEY (bucket, account_sid, sid)
);

CREATE TABLE phone_number (
	bucket BIGINT NOT NULL,
	account_sid BYTEA NOT NULL,
	sid BYTEA NOT NULL,
	phone_number TEXT NOT NULL,
	friendly_name TEXT NOT NULL,
	can_sms BIGINT NOT NULL,
	can_mms BIGINT NOT NULL,
	can_voice BIGINT NOT NULL,
	config TEXT NOT NULL,
	version BIGINT NOT NULL,
	created_us BIGINT NOT NULL,
	updated_us BIGINT NOT NULL,
	PRIMARY KEY (bucket, account_sid, sid)
);

-- The answer to a request with an idempotency key, stored in the commit that made its effect.
CREATE TABLE idempotency (
	bucket BIGINT NOT NULL,
	account_sid BYTEA NOT NULL,
	key TEXT NOT NULL,
	fingerprint BYTEA NOT NULL,
	status BIGINT NOT NULL,
	body TEXT NOT NULL,
	created_us BIGINT NOT NULL,
	PRIMARY KEY (bucket, account_sid, key)
);
-- Rows are swept by age; the index grows at its end, so it costs little.
CREATE INDEX idempotency_age ON idempotency (bucket, created_us);

-- Declared resources: one document a row; what lists filter by stands in resource_key too.
CREATE TABLE resource (
	bucket BIGINT NOT NULL,
	account_sid BYTEA NOT NULL,
	kind TEXT NOT NULL,
	sid BYTEA NOT NULL,
	parent_sid BYTEA NOT NULL,
	unique_name TEXT,
	doc TEXT NOT NULL,
	version BIGINT NOT NULL,
	created_us BIGINT NOT NULL,
	updated_us BIGINT NOT NULL,
	PRIMARY KEY (bucket, account_sid, kind, sid)
);

CREATE TABLE resource_key (
	bucket BIGINT NOT NULL,
	account_sid BYTEA NOT NULL,
	kind TEXT NOT NULL,
	parent_sid BYTEA NOT NULL,
	field TEXT NOT NULL,
	value TEXT NOT NULL,
	sid BYTEA NOT NULL,
	PRIMARY KEY (bucket, account_sid, kind, field, value, sid)
);
