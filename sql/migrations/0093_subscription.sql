-- Pages that are sent by mail each week.
CREATE TABLE subscription (
	id ID NOT NULL PRIMARY KEY,
	person INT64 NOT NULL,      -- who gets it
	made_by INT64 NOT NULL,     -- who asked for it; 0: a key
	page TEXT NOT NULL,         -- path and query
	title TEXT NOT NULL,        -- of the page, when it was last drawn
	weekday INT64 NOT NULL,     -- 0 Monday … 6 Sunday, in the workspace's time zone
	hour INT64 NOT NULL,
	next_at INT64 NOT NULL,
	tries INT64 NOT NULL,       -- that failed, of the next one
	made_at INT64 NOT NULL,
	sent_at INT64,
	outcome TEXT,               -- what became of the last one: sent, denied, gone, failed
	removed_at INT64
);
CREATE INDEX subscription_due ON subscription (next_at) WHERE removed_at IS NULL;
CREATE UNIQUE INDEX subscription_once ON subscription (person, page) WHERE removed_at IS NULL;
