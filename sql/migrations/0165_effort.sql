-- Efforts: what the organisation does, or could do, for its customers; people decide to start, stop or continue each.
CREATE TABLE effort (
	id ID NOT NULL PRIMARY KEY,
	name TEXT NOT NULL,
	description TEXT NOT NULL,
	kind INT64 NOT NULL,           -- 0 standing, 1 a one-off gesture, counted apart
	cost TEXT,                     -- a decimal
	cost_currency TEXT,
	per INT64 NOT NULL,            -- 0 once, 1 a month, 2 a year, 3 each customer it is given to
	owner ID,
	event TEXT NOT NULL,           -- the touchpoint at which it is met
	stage INT64 NOT NULL,
	figure TEXT NOT NULL,          -- the question whose number it should move; its members say which number
	expected INT64 NOT NULL,       -- 0 to rise, 1 to fall
	watch_days INT64 NOT NULL,     -- as long before the change as after it
	decision INT64 NOT NULL,       -- 0 undecided, 1 start, 2 stop, 3 continue: that of the last row of effort_decision
	decided_day INT64,
	effect_day INT64,
	signal_day INT64,              -- of the first evidence
	signal TEXT,                   -- key of the evidence it was taken from
	evidence_json TEXT,            -- as it was then
	improvement ID,
	made_at INT64 NOT NULL,
	removed_at INT64
);
CREATE TABLE effort_decision (
	id ID NOT NULL PRIMARY KEY,
	effort INT64 NOT NULL,
	decision INT64 NOT NULL,
	why TEXT NOT NULL,
	day INT64 NOT NULL,
	effect_day INT64,
	person ID,
	who TEXT NOT NULL,             -- of what is no person: the key's name
	at INT64 NOT NULL
);
CREATE INDEX effort_decision_effort ON effort_decision (effort);
-- Evidence that was put aside, with what it said then: it comes back when it is clearly worse.
CREATE TABLE effort_aside (
	id ID NOT NULL PRIMARY KEY,
	signal TEXT NOT NULL,
	name TEXT NOT NULL,
	why TEXT NOT NULL,
	bound REAL NOT NULL,           -- the interval's end that the evidence has to pass to come back
	person ID,
	who TEXT NOT NULL,
	at INT64 NOT NULL,
	removed_at INT64
);
