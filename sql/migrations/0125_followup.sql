-- Follow-ups: what a touchpoint asks of us. Rules make them; each is of one customer, found through the subject, so that it follows
-- joins and their undoing.
CREATE TABLE followup_rule (
	id ID NOT NULL PRIMARY KEY,
	name TEXT NOT NULL,            -- '' : that of the sample, in the reader's language
	sample TEXT,                   -- the ready-made one it began as
	kind INT64 NOT NULL,           -- 0 a touchpoint, 1 a silence
	events TEXT NOT NULL,          -- names of touchpoints, a line each
	condition_json TEXT NOT NULL,  -- '' : all of them
	silence_factor REAL,           -- of a silence: so many times the customer's usual gap between orders
	owner ID,                      -- a person …
	owner_role TEXT,               -- … or those of a role, by turns
	turn INT64 NOT NULL,
	due_hours INT64 NOT NULL,
	most_a_day INT64 NOT NULL,
	is_on BOOL NOT NULL,
	held_back INT64 NOT NULL,      -- past the most of a day
	changed_at INT64 NOT NULL,
	removed_at INT64
);
CREATE TABLE followup (
	id ID NOT NULL PRIMARY KEY,
	rule INT64 NOT NULL,
	subject INT64 NOT NULL,
	import INT64 NOT NULL,
	event TEXT NOT NULL,           -- the first touchpoint's; '' of a silence
	channel TEXT,
	quote TEXT,
	score REAL,
	score_most REAL,
	touched_at INT64 NOT NULL,
	touchpoints INT64 NOT NULL,    -- how many came while it was open
	state INT64 NOT NULL,          -- 0 open, 1 being worked on, 2 closed
	outcome INT64,
	owner ID,
	improvement ID,                -- the cause behind it
	made_at INT64 NOT NULL,
	due_at INT64 NOT NULL,
	closed_at INT64,
	closings INT64 NOT NULL,
	told_at INT64,
	search TEXT NOT NULL           -- quote and event, folded
);
CREATE INDEX followup_subject ON followup (subject);
CREATE INDEX followup_due ON followup (state, due_at);
CREATE INDEX followup_rule_made ON followup (rule, made_at);
CREATE INDEX followup_improvement ON followup (improvement) WHERE improvement IS NOT NULL;

-- A touchpoint makes a rule act once, however often the log is read.
CREATE TABLE followup_touchpoint (
	rule INT64 NOT NULL,
	message TEXT NOT NULL,
	followup INT64 NOT NULL,
	subject INT64 NOT NULL,
	import INT64 NOT NULL,
	at INT64 NOT NULL,
	PRIMARY KEY (rule, message)
);
CREATE INDEX followup_touchpoint_of ON followup_touchpoint (followup);
CREATE INDEX followup_touchpoint_subject ON followup_touchpoint (subject);
CREATE INDEX followup_touchpoint_import ON followup_touchpoint (import);

-- What was done, and how it stood before, so that it can be undone. action: one act on several has one number.
CREATE TABLE followup_step (
	id ID NOT NULL PRIMARY KEY,
	action INT64 NOT NULL,
	followup INT64 NOT NULL,
	at INT64 NOT NULL,
	who TEXT NOT NULL,
	what TEXT NOT NULL,            -- note, assigned, begun, closed, reopened, told, touchpoint, undone
	text TEXT,
	state INT64 NOT NULL,          -- before it
	owner ID,
	outcome INT64,
	closed_at INT64
);
CREATE INDEX followup_step_of ON followup_step (followup, id);
CREATE INDEX followup_step_action ON followup_step (action);

-- What customers are written to, where it was changed; else the words of i18n.
CREATE TABLE followup_letter (
	language TEXT NOT NULL PRIMARY KEY,
	subject TEXT NOT NULL,
	text TEXT NOT NULL
);

INSERT INTO followup_rule (id, name, sample, kind, events, condition_json, silence_factor, owner, owner_role, turn, due_hours, most_a_day, is_on, held_back, changed_at) VALUES
	(1, '', 'unhappy', 0, 'Survey Answered', '{"any":[{"all":[{"name":"answer:type","is":"nps"},{"name":"number","at_most":6}]},{"all":[{"name":"answer:type","is":"csat"},{"name":"number","at_most":2}]},{"all":[{"name":"survey","is":"nps"},{"name":"score","at_most":6}]}]}', NULL, NULL, 'agent', 0, 48, 50, FALSE, 0, 0),
	(2, '', 'effort', 0, 'Survey Answered', '{"any":[{"all":[{"name":"answer:type","is":"ces"},{"name":"number","at_most":3}]},{"name":"text:effort","is":"high"}]}', NULL, NULL, 'agent', 0, 48, 50, FALSE, 0, 0),
	(3, '', 'angry', 0, 'Survey Answered
Complaint Made
Customer Replied
Message Received', '{"any":[{"name":"text:emotion","contains":"angry"},{"all":[{"name":"text:sentiment","is":"neg"},{"name":"text:urgency","is":"high"}]}]}', NULL, NULL, 'agent', 0, 8, 50, FALSE, 0, 0),
	(4, '', 'complaint', 0, 'Complaint Made', '', NULL, NULL, 'agent', 0, 24, 50, FALSE, 0, 0),
	(5, '', 'public', 0, 'Review Posted
Marketplace Review Posted
Mention Posted', '{"any":[{"name":"rating","at_most":2},{"all":[{"name":"rating","exists":false},{"name":"text:sentiment","is":"neg"}]}]}', NULL, NULL, 'manager', 0, 24, 30, FALSE, 0, 0),
	(6, '', 'silence', 1, '', '', 3, NULL, 'manager', 0, 168, 20, FALSE, 0, 0);
