-- Links for one answer each that were used. The mark is a keyed hash: without the directory's secret it tells no link, and it is kept
-- without a time, in the order of chance, beside nothing of the answer.
CREATE TABLE survey_ticket (
	survey ID NOT NULL REFERENCES survey (id),
	mark BLOB NOT NULL,
	PRIMARY KEY (survey, mark)
) WITHOUT ROWID;
