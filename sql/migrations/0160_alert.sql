-- Rules that watch a figure, what they raised, and what is known of each figure's past days.
CREATE TABLE alert_rule (
	id ID NOT NULL PRIMARY KEY,
	name TEXT NOT NULL,           -- '' of a sample that was not renamed
	sample TEXT NOT NULL,         -- key of tables/alert_samples.def, or ''
	figure TEXT NOT NULL,         -- key of tables/alert_figures.def
	subject TEXT NOT NULL,        -- what the figure is of: a question, a segment, an event, a search; or ''
	question TEXT NOT NULL,       -- JSON: what is asked
	value TEXT NOT NULL,          -- where in the answer the figure stands
	condition INT64 NOT NULL,     -- enum alert_condition
	limit_value REAL NOT NULL,    -- above or below it; unusual: so many spreads
	window_days INT64 NOT NULL,
	least_n INT64 NOT NULL,
	calm_hours INT64 NOT NULL,
	made_at INT64 NOT NULL,
	changed_at INT64 NOT NULL,
	removed_at INT64,
	next_at INT64 NOT NULL,
	state INT64 NOT NULL,         -- enum alert_state
	calm_since INT64,
	alert ID,                     -- the open one
	checked_at INT64,
	now_value REAL,
	now_n INT64,
	usual REAL,
	low REAL,
	high REAL,
	problem TEXT NOT NULL         -- why it could not be asked, or ''
);
CREATE TABLE alert_recipient (
	rule ID NOT NULL,
	person ID NOT NULL,
	PRIMARY KEY (rule, person)
);
CREATE TABLE alert (
	id ID NOT NULL PRIMARY KEY,
	rule ID NOT NULL,
	raised_at INT64 NOT NULL,
	last_at INT64 NOT NULL,       -- when the condition held last
	cleared_at INT64,
	times INT64 NOT NULL,         -- how often it came back before it had been calm for long enough
	condition INT64 NOT NULL,     -- the rule as it was then
	limit_value REAL NOT NULL,
	value REAL NOT NULL,
	n INT64,
	usual REAL,
	low REAL,
	high REAL,
	is_held BOOL NOT NULL,        -- past the most of a day: told in the summary
	noticed_at INT64,
	acknowledged_at INT64,
	acknowledged_by TEXT,
	snoozed_until INT64
);
CREATE INDEX alert_of_rule ON alert (rule, raised_at);
CREATE INDEX alert_raised ON alert (raised_at);
CREATE TABLE alert_seen (
	alert ID NOT NULL,
	person ID NOT NULL,
	PRIMARY KEY (alert, person)
);
CREATE TABLE alert_day (
	rule ID NOT NULL,
	day INT64 NOT NULL,           -- its midnight, UTC ms
	value REAL,
	n INT64,
	se REAL,
	PRIMARY KEY (rule, day)
);
