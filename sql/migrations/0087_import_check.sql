-- The whole file of a draft, read as it would be imported. A changed mapping begins a new one: the version tells an older job
-- that nobody waits for what it finds.
CREATE TABLE import_check (
	import INT64 NOT NULL PRIMARY KEY, -- its number
	version INT64 NOT NULL,
	state TEXT NOT NULL,               -- waiting, running, done, failed
	bytes_done INT64 NOT NULL,
	rows_read INT64 NOT NULL,
	rows_kept INT64 NOT NULL,          -- would be
	rows_rejected INT64 NOT NULL,
	reasons TEXT,
	error TEXT,
	started_at INT64,
	ended_at INT64
);
