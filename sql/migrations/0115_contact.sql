-- The contact policy: how often at most, and what was decided for whom.
CREATE TABLE contact_cap (
	id ID NOT NULL PRIMARY KEY,
	most INT64 NOT NULL,
	days INT64 NOT NULL,         -- rolling
	channel TEXT NOT NULL,       -- '' = any
	trait TEXT NOT NULL,         -- '' = every customer, else those whose trait has the value
	value TEXT NOT NULL,
	made_at INT64 NOT NULL
);

-- Each decision: reason '' = contacted.
CREATE TABLE contact (
	id ID NOT NULL PRIMARY KEY,
	subject INT64 NOT NULL,
	at INT64 NOT NULL,
	topic TEXT NOT NULL,
	channel TEXT NOT NULL,
	what TEXT NOT NULL,          -- the survey, as people read it
	reason TEXT NOT NULL
);
CREATE INDEX contact_subject ON contact (subject, at);
CREATE INDEX contact_at ON contact (at, id);

-- What customers want, said by themselves. No row: wanted.
CREATE TABLE contact_preference (
	subject INT64 NOT NULL,
	topic TEXT NOT NULL,
	channel TEXT NOT NULL,
	is_wanted BOOL NOT NULL,
	at INT64 NOT NULL,
	PRIMARY KEY (subject, topic, channel)
) WITHOUT ROWID;

CREATE INDEX mail_bounced ON mail (recipient) WHERE state = 4;
