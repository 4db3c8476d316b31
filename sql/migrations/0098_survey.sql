-- Surveys: what is asked, a row a version, so that an answer stays tied to what was asked. definition_json: as GET /surveys/ID
-- gives it.
CREATE TABLE survey (
	id ID NOT NULL PRIMARY KEY,
	name TEXT NOT NULL,
	sort_key BLOB NOT NULL,
	state INT64 NOT NULL, -- draft, open, closed
	is_anonymous BOOL NOT NULL,
	version INT64 NOT NULL,
	made_at INT64 NOT NULL,
	changed_at INT64 NOT NULL,
	removed_at INT64
);
CREATE TABLE survey_version (
	survey INT64 NOT NULL,
	number INT64 NOT NULL,
	definition_json TEXT NOT NULL,
	made_by TEXT NOT NULL,
	made_at INT64 NOT NULL,
	PRIMARY KEY (survey, number)
) WITHOUT ROWID;
-- What was answered: a submission is taken once. Names nobody.
CREATE TABLE survey_submission (
	survey INT64 NOT NULL,
	submission TEXT NOT NULL,
	is_invited BOOL NOT NULL,
	answered_at INT64 NOT NULL,
	PRIMARY KEY (survey, submission)
) WITHOUT ROWID;
