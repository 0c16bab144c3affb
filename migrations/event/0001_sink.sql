-- Event Streams. How far each sink was served, and how it fares; what it is stands with the other resources.
-- kind: letters of its SID: DG, or EU for what is sink and subscription in one.
-- seq: the last event of the bucket's log that it was given or did not want. status: event/event_sink.h.
-- failing_us: since when only failures; 0: none. notices: how many were given of it.
-- replay_seq: events up to here are given to every subscription, also to one made later.
CREATE TABLE event_sink (
	bucket BIGINT NOT NULL,
	account_sid BYTEA NOT NULL,
	sid BYTEA NOT NULL,
	kind TEXT NOT NULL,
	seq BIGINT NOT NULL,
	status BIGINT NOT NULL,
	subscriptions BIGINT NOT NULL,
	failing_us BIGINT NOT NULL,
	notices BIGINT NOT NULL,
	replay_seq BIGINT NOT NULL,
	why TEXT NOT NULL,
	PRIMARY KEY (bucket, account_sid, sid)
);
