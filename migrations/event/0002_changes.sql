-- How often somebody else than the sink's own task changed how it is to be served: a new configuration, a test, a replay.
-- The task compares it and begins again, also in the middle of a page that the sink does not take.
ALTER TABLE event_sink ADD COLUMN changes BIGINT NOT NULL DEFAULT 0;
