-- Saved answers: one text a language, with fields that are filled for the customer who is answered.
CREATE TABLE macro (
	id ID NOT NULL PRIMARY KEY,
	name TEXT NOT NULL,
	folded TEXT NOT NULL,
	sort_key BLOB NOT NULL,
	removed_at INT64
);
CREATE TABLE macro_text (
	macro ID NOT NULL,
	language TEXT NOT NULL,
	text TEXT NOT NULL,
	PRIMARY KEY (macro, language)
);
