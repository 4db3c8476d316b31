CREATE TABLE source (
	number INT64 NOT NULL PRIMARY KEY, -- 1..65535, in every event
	id ID NOT NULL UNIQUE,
	name TEXT NOT NULL UNIQUE,
	kind TEXT NOT NULL,          -- website, server, file, hand
	consent TEXT NOT NULL,       -- assured or carried
	purposes INT64 NOT NULL,     -- what an assured source vouches for
	made_at INT64 NOT NULL,
	ended_at INT64
);

CREATE TABLE api_key (
	id ID NOT NULL PRIMARY KEY,
	kind TEXT NOT NULL,          -- write or secret
	name TEXT NOT NULL,
	source INT64,                -- of a write key
	role TEXT,                   -- of a secret key
	hash BLOB NOT NULL UNIQUE,   -- BLAKE2b-256, keyed with the directory's secret
	hint TEXT NOT NULL,          -- its first letters
	made_at INT64 NOT NULL,
	made_by TEXT NOT NULL,
	last_used_at INT64,
	ended_at INT64
);

CREATE TABLE import (
	number INT64 NOT NULL PRIMARY KEY, -- in every event of it
	id ID NOT NULL UNIQUE,
	source INT64,
	kind TEXT,                   -- segment, orders, events, customers
	state TEXT NOT NULL,         -- uploaded, running, done, failed, undone
	file_name TEXT NOT NULL,
	file_path TEXT,              -- inside the directory, until the import ended
	mapping TEXT,
	bytes INT64 NOT NULL,
	bytes_done INT64 NOT NULL,
	rows_read INT64 NOT NULL,
	rows_kept INT64 NOT NULL,
	rows_known INT64 NOT NULL,   -- were there already
	rows_rejected INT64 NOT NULL,
	touchpoints INT64 NOT NULL,
	error TEXT,
	job INT64,
	made_at INT64 NOT NULL,
	made_by TEXT NOT NULL,
	started_at INT64,
	ended_at INT64,
	undone_at INT64
);

-- What was not kept, by day and reason. The same counts are under /metrics.
CREATE TABLE drop_count (
	day INT64 NOT NULL,          -- ms of midnight UTC
	source INT64 NOT NULL,
	reason TEXT NOT NULL,
	times INT64 NOT NULL,
	PRIMARY KEY (day, source, reason)
);

-- A workspace's own filing of event names; rows of tables/touchpoints.def are the default.
CREATE TABLE touchpoint_filing (
	event TEXT NOT NULL PRIMARY KEY,
	family INT64 NOT NULL,
	stage INT64 NOT NULL,
	channel TEXT NOT NULL,
	delivered_by INT64 NOT NULL,
	changed_at INT64 NOT NULL
);

-- How far each follower of the log is; written in the transaction of its results.
CREATE TABLE applier (
	name TEXT NOT NULL PRIMARY KEY,
	position INT64 NOT NULL
);
