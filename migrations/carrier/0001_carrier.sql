-- What networks call the parts of messages whose receipts are awaited. Looked up without knowing the account.
CREATE TABLE carrier_part (
	carrier TEXT NOT NULL,
	id TEXT NOT NULL,
	bucket SMALLINT NOT NULL,
	account_sid BYTEA NOT NULL,
	sid BYTEA NOT NULL,
	kind TEXT NOT NULL,
	part SMALLINT NOT NULL,
	parts SMALLINT NOT NULL,
	to_address TEXT NOT NULL,
	created_us BIGINT NOT NULL,
	PRIMARY KEY (carrier, id)
) /*sqlite WITHOUT ROWID*/;

-- Reports of ids that no answer has named yet.
CREATE TABLE carrier_orphan (
	carrier TEXT NOT NULL,
	id TEXT NOT NULL,
	state SMALLINT NOT NULL,
	code BIGINT NOT NULL,
	from_address TEXT NOT NULL,
	to_address TEXT NOT NULL,
	done_date TEXT NOT NULL,
	created_us BIGINT NOT NULL,
	PRIMARY KEY (carrier, id)
) /*sqlite WITHOUT ROWID*/;

-- Messages that a network may or may not have.
CREATE TABLE carrier_unknown (
	sid BYTEA NOT NULL PRIMARY KEY,
	carrier TEXT NOT NULL,
	from_address TEXT NOT NULL,
	to_address TEXT NOT NULL,
	bucket SMALLINT NOT NULL,
	account_sid BYTEA NOT NULL,
	kind TEXT NOT NULL,
	created_us BIGINT NOT NULL
) /*sqlite WITHOUT ROWID*/;

CREATE INDEX carrier_unknown_by_address ON carrier_unknown (carrier, to_address, from_address);

-- Inbound messages that were taken lately, by their digest: what a network repeats is dropped.
CREATE TABLE carrier_inbound (
	digest BYTEA NOT NULL PRIMARY KEY,
	created_us BIGINT NOT NULL
) /*sqlite WITHOUT ROWID*/;
