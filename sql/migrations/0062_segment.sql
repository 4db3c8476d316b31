-- Stored conditions of customers. condition_json: the closed language of questions; form: the fields of the page it was built on.
CREATE TABLE segment (
	id ID NOT NULL PRIMARY KEY,
	name TEXT NOT NULL,
	sort_key BLOB NOT NULL,
	description TEXT NOT NULL,
	condition_json TEXT NOT NULL,
	form TEXT NOT NULL,
	owner TEXT NOT NULL,
	made_at INT64 NOT NULL,
	changed_at INT64 NOT NULL,
	removed_at INT64
);
