-- Every change, one row; seq counts without gaps in each bucket.
CREATE TABLE event (
	bucket SMALLINT NOT NULL,
	seq BIGINT NOT NULL,
	account_sid BYTEA NOT NULL,
	type TEXT NOT NULL,
	kind TEXT NOT NULL,
	sid BYTEA NOT NULL,
	time_us BIGINT NOT NULL,
	data TEXT NOT NULL,
	PRIMARY KEY (bucket, seq)
) /*sqlite WITHOUT ROWID*/;

CREATE TABLE event_seq (
	bucket SMALLINT NOT NULL PRIMARY KEY,
	seq BIGINT NOT NULL
) /*sqlite WITHOUT ROWID*/;

-- What must happen.  The first eight bytes of id are due_us, so the key is the order of firing.
CREATE TABLE due (
	id BYTEA NOT NULL,
	bucket SMALLINT NOT NULL,
	due_us BIGINT NOT NULL,
	kind TEXT NOT NULL,
	account_sid BYTEA NOT NULL,
	ref_kind TEXT NOT NULL,
	ref_sid BYTEA NOT NULL,
	cancellable SMALLINT NOT NULL,
	attempt BIGINT NOT NULL,
	data TEXT,
	PRIMARY KEY (id, bucket)
) /*sqlite WITHOUT ROWID*/;

-- Only kinds that are ever cancelled pay for finding their rows by reference.
CREATE INDEX due_by_ref ON due (bucket, ref_sid) WHERE cancellable = 1;
