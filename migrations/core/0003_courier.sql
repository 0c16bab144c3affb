-- Endpoints of customers: what they set of them, and what must outlive a restart of their health.  sid is made of the
-- account and the URL.  Rows are there only for endpoints that have something to remember.
CREATE TABLE webhook_endpoint (
	bucket BIGINT NOT NULL,
	account_sid BYTEA NOT NULL,
	sid BYTEA NOT NULL,
	url TEXT NOT NULL,
	status TEXT NOT NULL,
	reason TEXT NOT NULL,
	failing_since_us BIGINT NOT NULL,
	failures BIGINT NOT NULL,
	notices BIGINT NOT NULL,
	rate BIGINT NOT NULL,
	max_in_flight BIGINT NOT NULL,
	strict_order BIGINT NOT NULL,
	updated_us BIGINT NOT NULL,
	PRIMARY KEY (bucket, account_sid, sid)
);

-- In strict order: the callback that failed, by the last bytes of its due row's id, holds back those behind it.
CREATE TABLE webhook_hold (
	bucket BIGINT NOT NULL,
	ref_sid BYTEA NOT NULL,
	holder BYTEA NOT NULL,
	until_us BIGINT NOT NULL,
	next_us BIGINT NOT NULL,
	PRIMARY KEY (bucket, ref_sid)
) /*sqlite WITHOUT ROWID*/;

-- Callbacks that were given up, as their due rows had them. Kept for some days, sent again when asked for.
CREATE TABLE webhook_dead_letter (
	bucket BIGINT NOT NULL,
	account_sid BYTEA NOT NULL,
	sid BYTEA NOT NULL,
	endpoint_sid BYTEA NOT NULL,
	ref_kind TEXT NOT NULL,
	ref_sid BYTEA NOT NULL,
	token TEXT NOT NULL,
	method TEXT NOT NULL,
	url TEXT NOT NULL,
	data TEXT NOT NULL,
	attempts BIGINT NOT NULL,
	error_code BIGINT NOT NULL,
	why TEXT NOT NULL,
	status BIGINT NOT NULL,
	status_class TEXT NOT NULL,
	event_us BIGINT NOT NULL,
	time_us BIGINT NOT NULL,
	PRIMARY KEY (bucket, account_sid, sid)
);

-- The old go, whosever they are.
CREATE INDEX webhook_dead_letter_by_age ON webhook_dead_letter (bucket, sid);

-- Dead letters on their way again: those of a filter, from the oldest on.
CREATE TABLE webhook_replay (
	bucket BIGINT NOT NULL,
	account_sid BYTEA NOT NULL,
	sid BYTEA NOT NULL,
	status TEXT NOT NULL,
	filter TEXT NOT NULL,
	endpoint_sid BYTEA,
	ref_sid BYTEA,
	status_class TEXT,
	after_sid BYTEA NOT NULL,
	before_sid BYTEA NOT NULL,
	total BIGINT NOT NULL,
	replayed BIGINT NOT NULL,
	created_us BIGINT NOT NULL,
	updated_us BIGINT NOT NULL,
	PRIMARY KEY (bucket, account_sid, sid)
);
