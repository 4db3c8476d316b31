-- Articles of the knowledge base: a row a language. Those of one external id are one article in several languages.
CREATE TABLE article (
	id ID NOT NULL PRIMARY KEY,
	external TEXT NOT NULL,
	language TEXT NOT NULL,
	title TEXT NOT NULL,
	body TEXT NOT NULL,
	plain TEXT NOT NULL,
	category TEXT NOT NULL,
	visibility INT64 NOT NULL,
	is_published BOOL NOT NULL,
	created_at INT64 NOT NULL,
	changed_at INT64 NOT NULL,
	removed_at INT64,
	UNIQUE (external, language)
);
