-- What went wrong, for the account that it happened to; and what is counted of it.

-- One row for what is alike within a window (core/alert/alert.h): n times from first_us to last_us. The request and its answer
-- are those of the first time. Keys are new SIDs (NO), so it grows at its end. level: 0 error, 1 warning, 2 notice, 3 debug.
CREATE TABLE alert (
	bucket BIGINT NOT NULL,
	account_sid BYTEA NOT NULL,
	sid BYTEA NOT NULL,
	level BIGINT NOT NULL,
	code BIGINT NOT NULL,
	why TEXT NOT NULL,
	resource_kind TEXT NOT NULL,
	resource_sid BYTEA NOT NULL,
	service_kind TEXT NOT NULL,
	service_sid BYTEA NOT NULL,
	api_version TEXT NOT NULL,
	method TEXT NOT NULL,
	url TEXT NOT NULL,
	variables TEXT NOT NULL,
	request_headers TEXT NOT NULL,
	response_headers TEXT NOT NULL,
	response_body TEXT NOT NULL,
	first_us BIGINT NOT NULL,
	last_us BIGINT NOT NULL,
	n BIGINT NOT NULL,
	PRIMARY KEY (bucket, account_sid, sid)
);

-- Every alert by the minute (since 1970), for alarms: what the rows above leave out is counted here.
CREATE TABLE alert_count (
	bucket BIGINT NOT NULL,
	account_sid BYTEA NOT NULL,
	minute BIGINT NOT NULL,
	code BIGINT NOT NULL,
	level BIGINT NOT NULL,
	n BIGINT NOT NULL,
	PRIMARY KEY (bucket, account_sid, minute, code, level)
);

-- Accounts whose old rows are swept by a due row.
CREATE TABLE alert_sweep (
	bucket BIGINT NOT NULL,
	account_sid BYTEA NOT NULL,
	PRIMARY KEY (bucket, account_sid)
);

CREATE TABLE alarm (
	bucket BIGINT NOT NULL,
	account_sid BYTEA NOT NULL,
	sid BYTEA NOT NULL,
	friendly_name TEXT NOT NULL,
	description TEXT NOT NULL,
	query_type TEXT NOT NULL,
	query TEXT NOT NULL,
	trigger_value BIGINT NOT NULL,
	time_window TEXT NOT NULL,
	webhook TEXT NOT NULL,
	console_indicator BIGINT NOT NULL,
	enabled BIGINT NOT NULL,
	fired_us BIGINT NOT NULL,
	created_us BIGINT NOT NULL,
	updated_us BIGINT NOT NULL,
	PRIMARY KEY (bucket, account_sid, sid)
);

-- Requests that were answered with an error, by slot of ten minutes (since 1970). Zero account: nobody who is known.
CREATE TABLE error_count (
	bucket BIGINT NOT NULL,
	account_sid BYTEA NOT NULL,
	slot BIGINT NOT NULL,
	code BIGINT NOT NULL,
	method TEXT NOT NULL,
	path TEXT NOT NULL,
	sdk TEXT NOT NULL,
	n BIGINT NOT NULL,
	first_us BIGINT NOT NULL,
	last_us BIGINT NOT NULL,
	PRIMARY KEY (bucket, account_sid, slot, code, method, path, sdk)
);

-- When an account's first request was answered well. NULL: not yet; 0: it is older than this column.
ALTER TABLE account ADD COLUMN first_call_us BIGINT;
UPDATE account SET first_call_us = 0;
