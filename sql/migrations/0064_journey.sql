-- Journeys as they are meant: whose, in which stages, with which needs and promises. Every change is a version of its own, so
-- that versions can be laid over each other. design_json: as GET /journeys/designs/ID gives it.
CREATE TABLE journey (
	id ID NOT NULL PRIMARY KEY,
	name TEXT NOT NULL,
	sort_key BLOB NOT NULL,
	version INT64 NOT NULL,
	owner TEXT NOT NULL,
	made_at INT64 NOT NULL,
	changed_at INT64 NOT NULL,
	removed_at INT64
);
CREATE TABLE journey_version (
	journey INT64 NOT NULL,
	number INT64 NOT NULL,
	note TEXT NOT NULL,
	design_json TEXT NOT NULL,
	made_by TEXT NOT NULL,
	made_at INT64 NOT NULL,
	PRIMARY KEY (journey, number)
) WITHOUT ROWID;
