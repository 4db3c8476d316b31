-- Texts that the search index has yet to learn of: in the transaction of their change.
CREATE TABLE search_note (
	kind INT64 NOT NULL,
	doc ID NOT NULL,
	stamp INT64 NOT NULL,
	PRIMARY KEY (kind, doc)
);

-- Which index belongs to these records: one row.
CREATE TABLE search_state (
	id INT64 NOT NULL PRIMARY KEY,
	generation INT64 NOT NULL
);
