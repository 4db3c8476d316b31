-- What causes follow-ups, and what we did about it: the outer loop.
CREATE TABLE improvement (
	id ID NOT NULL PRIMARY KEY,
	title TEXT NOT NULL,
	note TEXT NOT NULL,
	state INT64 NOT NULL,          -- 0 found, 1 being worked on, 2 mended, 3 left as it is
	owner ID,
	said_json TEXT NOT NULL,       -- by language: what customers said, what we did
	is_public BOOL NOT NULL,
	made_at INT64 NOT NULL,
	mended_at INT64,
	telling_at INT64,              -- since when those who raised it are told
	removed_at INT64
);
-- Who is told, once: the row stands in the transaction of the mail.
CREATE TABLE improvement_told (
	improvement INT64 NOT NULL,
	customer INT64 NOT NULL,
	at INT64 NOT NULL,
	how TEXT NOT NULL,             -- mail, no_address, refused
	PRIMARY KEY (improvement, customer)
);
CREATE INDEX improvement_told_customer ON improvement_told (customer);
