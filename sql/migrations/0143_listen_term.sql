-- What is counted among the mentions: one's own names, and competitors, each as a query.
CREATE TABLE listen_term (
	id ID NOT NULL PRIMARY KEY,
	kind INT64 NOT NULL,      -- enum term_kind
	name TEXT NOT NULL,
	query TEXT NOT NULL,
	made_at INT64 NOT NULL,
	removed_at INT64
);
