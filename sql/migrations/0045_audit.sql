-- Who changed what. Rows are never changed; no personal data of customers, only ids and what was set.
CREATE TABLE audit (
	id ID NOT NULL PRIMARY KEY,
	at INT64 NOT NULL,
	via TEXT NOT NULL,           -- page, key, command, system
	actor INT64,                 -- id of the person or key
	what TEXT NOT NULL,          -- audit_<what> tells it in words
	subject_type TEXT NOT NULL,  -- "" when it is the workspace itself
	subject INT64,
	before TEXT,
	after TEXT
);
CREATE INDEX audit_at ON audit (at, id);
CREATE INDEX audit_actor ON audit (actor, at);
CREATE INDEX audit_what ON audit (what, at);
