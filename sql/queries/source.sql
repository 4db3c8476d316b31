-- name: import_next_number
SELECT CAST(coalesce(max(number), 0) + 1 AS BIGINT) FROM import;

-- name: import_add
INSERT INTO import (number, id, source, kind, state, file_name, file_path, mapping, bytes, bytes_done, rows_read, rows_kept, rows_known,
	rows_rejected, touchpoints, made_at, made_by, started_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 0, 0, 0, 0, 0, $10, $11, $12);

-- name: import_put_progress
UPDATE import SET state = $2, bytes_done = $3, rows_read = $4, rows_kept = $5, rows_known = $6, rows_rejected = $7, touchpoints = $8,
	error = $9, ended_at = $10
WHERE number = $1;

-- The rows of files whose lines are stored, for a longer version of a file.
-- name: order_rows_of_source
SELECT o.number, l.row_hash FROM orders o LEFT JOIN order_line l ON l.order_id = o.id WHERE o.source = $1;

-- name: source_list
SELECT number, id, name, kind, consent, purposes, made_at, ended_at FROM source ORDER BY CASE WHEN ended_at IS NULL THEN 0 ELSE 1 END, number;

-- name: source_by_id
SELECT number, id, name, kind, consent, purposes, made_at, ended_at FROM source WHERE id = $1;

-- name: source_reopen
UPDATE source SET ended_at = NULL WHERE number = $1;

-- name: source_reopen_keys
UPDATE api_key SET ended_at = NULL WHERE source = $1 AND ended_at = $2;

-- name: source_drops
SELECT source, reason, CAST(sum(times) AS BIGINT), max(day) FROM drop_count WHERE day >= $1 GROUP BY source, reason ORDER BY 3 DESC;

-- name: source_known_rows
SELECT source, CAST(sum(rows_known) AS BIGINT) FROM import GROUP BY source;

-- name: source_keys
SELECT id, name, kind, hint, role, made_at, made_by, last_used_at, ended_at FROM api_key WHERE source = $1 ORDER BY made_at, id;
