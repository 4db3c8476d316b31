-- The durable queue. States: 0 waiting, 1 running, 2 done, 3 failed, 4 cancelled (enum job_phase).

-- name: job_add
INSERT INTO job (id, kind, payload, state, unique_key, due_at_ms, added_at_ms) VALUES ($1, $2, $3, 0, $4, $5, $6)
ON CONFLICT (kind, unique_key) WHERE state = 0 DO UPDATE SET
	due_at_ms = CASE WHEN excluded.due_at_ms < job.due_at_ms THEN excluded.due_at_ms ELSE job.due_at_ms END
RETURNING id;

-- name: job_add_recurring
-- Nothing when one waits or runs already.
INSERT INTO job (id, kind, payload, state, unique_key, due_at_ms, added_at_ms)
SELECT CAST($1 AS INT64), CAST($2 AS TEXT), '{}', 0, 'schedule', CAST($3 AS INT64), CAST($4 AS INT64)
WHERE NOT EXISTS (SELECT 1 FROM job WHERE kind = $2 AND unique_key = 'schedule' AND state IN (0, 1));

-- name: job_next_due
SELECT min(due) AS due FROM (
	SELECT min(due_at_ms) AS due FROM job WHERE state = 0
	UNION ALL SELECT min(lease_until_ms) AS due FROM job WHERE state = 1) AS both_kinds;

-- name: job_due
SELECT id, kind, payload, attempts + CASE WHEN state = 1 THEN 1 ELSE 0 END AS attempts, unique_key, is_stop_asked FROM job
WHERE id = (SELECT id FROM (
		SELECT id, due_at_ms AS due FROM job WHERE state = 0 AND due_at_ms <= $1
		UNION ALL SELECT id, lease_until_ms AS due FROM job WHERE state = 1 AND lease_until_ms <= $1) AS both_kinds
	ORDER BY due, id LIMIT 1);

-- name: job_take
UPDATE job SET state = 1, lease = $2, lease_until_ms = $3, started_at_ms = $4, attempts = $5 WHERE id = $1;

-- name: job_progress
UPDATE job SET done = $3, total = $4, lease_until_ms = $5 WHERE id = $1 AND lease = $2 AND state = 1 RETURNING is_stop_asked;

-- name: job_end
UPDATE job SET state = $3, error = $4, attempts = $5, ended_at_ms = $6, lease = NULL, lease_until_ms = NULL
WHERE id = $1 AND lease = $2 AND state = 1;

-- name: job_again
-- Waits again, unless another of its kind and key waits already and does its work.
UPDATE job SET
	state = CASE WHEN EXISTS (SELECT 1 FROM job AS other WHERE other.kind = job.kind AND other.unique_key = job.unique_key AND other.state = 0) THEN 4 ELSE 0 END,
	error = $3, attempts = $4, due_at_ms = $5, lease = NULL, lease_until_ms = NULL
WHERE id = $1 AND lease = $2 AND state = 1;

-- name: job_cancel
UPDATE job SET state = 4, ended_at_ms = $2 WHERE id = $1 AND state = 0;

-- name: job_ask_stop
UPDATE job SET is_stop_asked = TRUE WHERE id = $1 AND state = 1;

-- name: job_get
SELECT id, kind, error, done, total, attempts, due_at_ms AS at, started_at_ms AS started, ended_at_ms AS ended,
	CASE state WHEN 0 THEN 'waiting' WHEN 1 THEN 'running' WHEN 2 THEN 'done' WHEN 3 THEN 'failed' ELSE 'cancelled' END AS state
FROM job WHERE id = $1;

-- name: jobs_clean
DELETE FROM job WHERE state IN (2, 3, 4) AND coalesce(ended_at_ms, due_at_ms) < $1;

-- name: job_newest
SELECT max(id) AS id FROM job WHERE kind = $1;
