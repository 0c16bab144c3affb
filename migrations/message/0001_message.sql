-- One row a message; it sorts by sid, which carries the time, so the table grows at its end.
CREATE TABLE message (
	bucket BIGINT NOT NULL,
	account_sid BYTEA NOT NULL,
	sid BYTEA NOT NULL,
	direction SMALLINT NOT NULL,
	status SMALLINT NOT NULL,
	from_address TEXT NOT NULL,
	to_address TEXT NOT NULL,
	body TEXT NOT NULL,
	num_segments BIGINT NOT NULL,
	num_media BIGINT NOT NULL,
	error_code BIGINT,
	price_micros BIGINT NOT NULL,
	price_unit TEXT NOT NULL,
	carrier TEXT,
	carrier_id TEXT,
	route TEXT,
	options TEXT,
	expires_us BIGINT NOT NULL,
	created_us BIGINT NOT NULL,
	sent_us BIGINT,
	updated_us BIGINT NOT NULL,
	PRIMARY KEY (bucket, account_sid, sid)
);

CREATE TABLE media (
	bucket BIGINT NOT NULL,
	account_sid BYTEA NOT NULL,
	message_sid BYTEA NOT NULL,
	sid BYTEA NOT NULL,
	content_type TEXT NOT NULL,
	content BYTEA NOT NULL,
	created_us BIGINT NOT NULL,
	PRIMARY KEY (bucket, account_sid, message_sid, sid)
);

CREATE TABLE message_feedback (
	bucket BIGINT NOT NULL,
	account_sid BYTEA NOT NULL,
	message_sid BYTEA NOT NULL,
	outcome TEXT NOT NULL,
	created_us BIGINT NOT NULL,
	updated_us BIGINT NOT NULL,
	PRIMARY KEY (bucket, account_sid, message_sid)
);
