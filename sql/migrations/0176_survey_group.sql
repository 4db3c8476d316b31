-- Teams and places that are asked by a link of their own; nobody in them is known.
CREATE TABLE survey_group (
	id ID NOT NULL PRIMARY KEY,
	survey ID NOT NULL,
	team TEXT NOT NULL,
	place TEXT NOT NULL,
	staff INT64 NOT NULL,
	people INT64 NOT NULL,
	made_at INT64 NOT NULL,
	removed_at INT64,
	UNIQUE (survey, team, place, staff)
);
