-- What a figure is to reach, by when, and who answers for it. scope: '' the whole, 'product:CODE', 'family:NAME'.
CREATE TABLE target (
	id ID NOT NULL PRIMARY KEY,
	metric TEXT NOT NULL,
	scope TEXT NOT NULL,
	value REAL NOT NULL,
	due_day INT64 NOT NULL,
	owner ID,
	set_at INT64 NOT NULL,
	removed_at INT64,
	UNIQUE (metric, scope)
);
