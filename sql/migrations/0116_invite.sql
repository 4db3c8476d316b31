-- Who is asked to answer a survey: plans that find customers, and one row for each customer and cause.
CREATE TABLE invite_plan (
	id ID NOT NULL PRIMARY KEY,
	survey INT64 NOT NULL,
	kind INT64 NOT NULL,           -- after a touchpoint, a sample of a segment
	state INT64 NOT NULL,          -- running, paused, stopped
	channel TEXT NOT NULL,
	purpose INT64 NOT NULL,
	about TEXT NOT NULL,           -- what is open and asked about: tables/contact_holds.def, or ''
	event TEXT NOT NULL,
	condition_json TEXT,           -- of the touchpoint and its customer; NULL: any
	delay_ms INT64 NOT NULL,
	segment INT64,
	size INT64 NOT NULL,           -- customers a time, at most; 0: no limit
	percent INT64 NOT NULL,        -- of the segment; 0: the size decides
	every_days INT64 NOT NULL,     -- 0: once
	next_at INT64,                 -- of a running sample
	started_at INT64,              -- touchpoints before it do not count
	made_at INT64 NOT NULL,
	made_by TEXT NOT NULL
);
CREATE INDEX invite_plan_survey ON invite_plan (survey, id);

-- Each time that a sample was drawn.
CREATE TABLE invite_run (
	id ID NOT NULL PRIMARY KEY,
	plan INT64 NOT NULL,
	survey INT64 NOT NULL,
	at INT64 NOT NULL,
	eligible INT64 NOT NULL,
	sampled INT64 NOT NULL
);
CREATE INDEX invite_run_survey ON invite_run (survey);

CREATE TABLE invite (
	id ID NOT NULL PRIMARY KEY,
	survey INT64 NOT NULL,
	plan INT64,                    -- NULL: by hand
	subject INT64 NOT NULL,
	cause TEXT NOT NULL,           -- the touchpoint's message, the run, or the hand: nobody is asked twice for one cause
	event_at INT64,
	channel TEXT NOT NULL,
	state INT64 NOT NULL,          -- waiting, sent, skipped
	reason TEXT NOT NULL,          -- of tables/contact_reasons.def: why it waits or was skipped
	due_at INT64 NOT NULL,
	since_at INT64 NOT NULL,       -- when it was due first
	mail INT64,
	submission TEXT,               -- of its link
	is_untold BOOL NOT NULL,       -- a step is not on the time line yet
	made_at INT64 NOT NULL,
	sent_at INT64,
	delivered_at INT64,
	opened_at INT64,
	started_at INT64,
	done_at INT64
);
CREATE UNIQUE INDEX invite_cause ON invite (survey, subject, cause);
CREATE INDEX invite_due ON invite (due_at, id) WHERE state = 0;
CREATE INDEX invite_told ON invite (id) WHERE is_untold;
CREATE INDEX invite_submission ON invite (submission);
CREATE INDEX invite_subject ON invite (subject);
CREATE INDEX invite_mail ON invite (mail) WHERE delivered_at IS NULL;
CREATE INDEX invite_survey ON invite (survey, id);

-- Whom a mail goes to, when that is a customer: erased with them.
ALTER TABLE mail ADD COLUMN customer_subject INT64;
CREATE INDEX mail_customer ON mail (customer_subject) WHERE customer_subject IS NOT NULL;
