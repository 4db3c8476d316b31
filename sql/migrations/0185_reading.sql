-- How an answer's text was read, as of mentions; topics NULL: it was not read (yet).
ALTER TABLE feedback ADD COLUMN read_language TEXT;
ALTER TABLE feedback ADD COLUMN sentiment TEXT;
ALTER TABLE feedback ADD COLUMN topics TEXT;
ALTER TABLE feedback ADD COLUMN signals TEXT;

-- What a person said of a reading. The newest of a text and aspect holds; no reading replaces it. Goes with its text.
CREATE TABLE text_correction (
	id ID NOT NULL PRIMARY KEY,
	doc ID NOT NULL,               -- feedback or mention
	aspect INT64 NOT NULL,         -- enum reading_aspect
	language TEXT,                 -- of the text, as it was read
	value TEXT NOT NULL,           -- lines where an aspect has several
	was TEXT NOT NULL,             -- as the program had read it; the same: a person confirmed it
	person ID,
	at INT64 NOT NULL
);
CREATE INDEX text_correction_doc ON text_correction (doc, aspect, id);
