-- Parts of inbound messages whose other parts are still to come. key: which message; octets: of the text, unpacked.
CREATE TABLE carrier_inbound_part (
	key BYTEA NOT NULL,
	part SMALLINT NOT NULL,
	total SMALLINT NOT NULL,
	carrier TEXT NOT NULL,
	from_address TEXT NOT NULL,
	to_address TEXT NOT NULL,
	charset SMALLINT NOT NULL,
	octets BYTEA NOT NULL,
	created_us BIGINT NOT NULL,
	PRIMARY KEY (key, part)
) /*sqlite WITHOUT ROWID*/;
