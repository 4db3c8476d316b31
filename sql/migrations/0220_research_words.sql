-- The words of files that were filed with research, as they were read; no row: not read yet.
CREATE TABLE research_words (
	research ID NOT NULL PRIMARY KEY,
	state INT64 NOT NULL,     -- enum research_file_state
	text TEXT NOT NULL
);
-- Changes with the bytes, so that what was read of the file before is not kept for the one that took its place.
ALTER TABLE research_file ADD COLUMN stamp INT64 NOT NULL DEFAULT 0;
