-- The attempt log, in a database of its own: requests to customers' URLs, many to a row (store/attempt/record.c).
-- id is the time of writing in microseconds, never the same twice.
CREATE TABLE attempt_block (
	id BIGINT NOT NULL PRIMARY KEY,
	first_us BIGINT NOT NULL,
	last_us BIGINT NOT NULL,
	bytes BIGINT NOT NULL,
	data BYTEA NOT NULL
);

-- Whose requests are in a row.
CREATE TABLE attempt_account (
	id BIGINT NOT NULL,
	account_sid BYTEA NOT NULL,
	PRIMARY KEY (id, account_sid)
) /*sqlite WITHOUT ROWID*/;

CREATE INDEX attempt_account_by_account ON attempt_account (account_sid, id);
