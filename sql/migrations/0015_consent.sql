CREATE TABLE purpose (
	bit INT64 NOT NULL PRIMARY KEY,
	name TEXT NOT NULL UNIQUE,
	title TEXT NOT NULL,         -- absent words come from the catalogue: purpose_<name>
	aliases TEXT NOT NULL,       -- category names of consent tools that mean it, separated by commas
	is_enforced BOOL NOT NULL,
	made_at INT64 NOT NULL
);

-- The ledger: what a subject agreed to or refused, when, where and in which words. Rows are never changed.
CREATE TABLE consent (
	id ID NOT NULL PRIMARY KEY,
	subject INT64 NOT NULL,
	purpose INT64 NOT NULL,
	is_granted BOOL NOT NULL,
	at INT64 NOT NULL,
	how TEXT NOT NULL,           -- carried, stated, file, hand
	source INT64 NOT NULL,
	wording TEXT,
	actor TEXT
);
CREATE INDEX consent_subject ON consent (subject, purpose, at);

-- The latest word of a subject per purpose, kept beside the ledger for speed.
CREATE TABLE consent_state (
	subject INT64 NOT NULL,
	purpose INT64 NOT NULL,
	is_granted BOOL NOT NULL,
	at INT64 NOT NULL,
	how TEXT NOT NULL,
	PRIMARY KEY (subject, purpose)
);

-- Category names that no purpose answers to: kept, not enforced.
CREATE TABLE consent_category (
	name TEXT NOT NULL PRIMARY KEY,
	times INT64 NOT NULL,
	last_at INT64 NOT NULL
);
