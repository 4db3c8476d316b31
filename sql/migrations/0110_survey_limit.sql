-- How many gave an answer that has a quota, since it has one; and how many answered by a link in an hour, in all (address
-- empty) and from one address (a keyed hash, forgotten with its hour). Neither says who answered what.
CREATE TABLE survey_quota (
	survey INT64 NOT NULL,
	question TEXT NOT NULL,
	value TEXT NOT NULL,
	answered INT64 NOT NULL,
	PRIMARY KEY (survey, question, value)
) WITHOUT ROWID;
CREATE TABLE survey_flood (
	survey INT64 NOT NULL,
	address BLOB NOT NULL,
	hour INT64 NOT NULL,
	answered INT64 NOT NULL,
	PRIMARY KEY (survey, address, hour)
) WITHOUT ROWID;
