-- When somebody is there to answer.
CREATE TABLE service_calendar (
	id ID NOT NULL PRIMARY KEY,
	name TEXT NOT NULL,
	zone TEXT NOT NULL,            -- '' : the workspace's
	hours TEXT NOT NULL,           -- seven days from Monday, a line each: 09:00-12:00, 13:00-17:00
	holidays TEXT NOT NULL,        -- a line each: 2026-12-25 Christmas
	removed_at INT64
);
-- How soon customers are to be answered. The most particular one that fits holds.
CREATE TABLE service_level (
	id ID NOT NULL PRIMARY KEY,
	name TEXT NOT NULL,
	priority INT64,                -- absent: any
	channel TEXT NOT NULL,         -- '' : any
	calendar INT64,                -- absent: every hour counts
	first_ms INT64,                -- absent: no such target
	next_ms INT64,
	resolution_ms INT64,
	does_pause BOOL NOT NULL,      -- the clock of resolution stands while we wait for the customer
	warn_pct INT64 NOT NULL,       -- warned when so much of the time is used
	removed_at INT64
);
ALTER TABLE conversation ADD COLUMN due_at INT64;            -- what is due next
ALTER TABLE conversation ADD COLUMN due_what INT64;          -- 0 first response, 1 next response, 2 resolution
ALTER TABLE conversation ADD COLUMN warn_at INT64;
ALTER TABLE conversation ADD COLUMN due_marked INT64;        -- 1 warned, 2 overdue
ALTER TABLE conversation ADD COLUMN resolution_met INT64;    -- of a solved one that had a target: 1 in time, 0 late
ALTER TABLE conversation_message ADD COLUMN due_at INT64;    -- of an answer: until when it was due
CREATE INDEX conversation_due ON conversation (state, (coalesce(due_at, 4000000000000000 - changed_at)), id);
CREATE INDEX conversation_watched ON conversation (warn_at) WHERE due_at IS NOT NULL AND state < 2;
