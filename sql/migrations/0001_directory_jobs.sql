-- The id of the data directory that this database belongs to: one row.
CREATE TABLE directory (
	id ID PRIMARY KEY
);

-- The durable queue (src/jobs/DESIGN.md).
CREATE TABLE job (
	id ID PRIMARY KEY,
	kind TEXT NOT NULL,
	payload TEXT NOT NULL,
	state INT64 NOT NULL,              -- enum job_phase
	unique_key TEXT,                   -- at most one waiting job of a kind has it
	due_at_ms INT64 NOT NULL,
	attempts INT64 NOT NULL DEFAULT 0, -- that counted
	lease ID,                          -- the worker's token while it runs
	lease_until_ms INT64,
	is_stop_asked BOOL NOT NULL DEFAULT FALSE,
	done INT64 NOT NULL DEFAULT 0,
	total INT64 NOT NULL DEFAULT 0,
	error TEXT,
	added_at_ms INT64 NOT NULL,
	started_at_ms INT64,
	ended_at_ms INT64
);
CREATE UNIQUE INDEX job_unique_waiting ON job (kind, unique_key) WHERE state = 0;
CREATE INDEX job_due ON job (due_at_ms) WHERE state = 0;
CREATE INDEX job_lease ON job (lease_until_ms) WHERE state = 1;
