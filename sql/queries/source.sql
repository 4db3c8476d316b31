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

-- name: import_list
SELECT i.id, i.file_name, i.kind, i.state, i.made_by, i.started_at, i.rows_kept, i.rows_rejected, i.made_at FROM import i ORDER BY i.number DESC LIMIT 200;

-- name: import_get
SELECT i.number, i.id, i.source, i.kind, i.state, i.file_name, i.file_path, i.mapping, i.bytes, i.bytes_done, i.rows_read, i.rows_kept, i.rows_known,
	i.rows_rejected, i.touchpoints, i.error, i.job, i.made_at, i.made_by, i.started_at, i.ended_at, i.undone_at, s.id AS source_id, s.name AS source_name
FROM import i LEFT JOIN source s ON s.number = i.source WHERE i.id = $1;

-- name: import_put_draft
UPDATE import SET kind = $2, mapping = $3 WHERE number = $1 AND state = 'draft';

-- name: import_start
UPDATE import SET state = 'waiting', kind = $2, mapping = $3, source = $4, job = $5, started_at = $6 WHERE number = $1;

-- name: import_put_state
UPDATE import SET state = $2, undone_at = $3 WHERE number = $1;

-- name: import_reasons_put
UPDATE import SET reasons = $2 WHERE number = $1;

-- name: import_reasons
SELECT reasons FROM import WHERE number = $1;

-- name: order_forget_source
DELETE FROM orders WHERE source = $1;

-- name: order_line_forget_source
DELETE FROM order_line WHERE order_id IN (SELECT id FROM orders WHERE source = $1);

-- name: order_subjects_of_source
SELECT DISTINCT subject FROM orders WHERE source = $1 AND subject <> 0;

-- What a replay without an import keeps, clears and dates (collect/replay.c).
-- name: replay_pairs
SELECT a, b FROM edge UNION SELECT a, b FROM join_suggestion;

-- name: replay_identities
SELECT subject, kind, value, shown, source, seen_at, customer, born FROM identity ORDER BY subject;

-- name: replay_edges
SELECT a, b, made_at, rule FROM edge WHERE undone_at IS NULL ORDER BY made_at, id;

-- name: replay_words
SELECT subject, purpose, is_granted, at, how, source, wording, actor FROM consent
WHERE actor IS NOT NULL OR (how = 'carried' AND NOT is_granted) ORDER BY at, id;

-- name: replay_edge_forget
DELETE FROM edge WHERE (a = $1 OR b = $1) AND rule <> 'by_hand' AND undone_at IS NULL;

-- name: replay_edge_forget_all
DELETE FROM edge WHERE a = $1 OR b = $1;

-- name: replay_suggestion_forget
DELETE FROM join_suggestion WHERE (a = $1 OR b = $1) AND decided_at IS NULL;

-- name: replay_illegal_forget
DELETE FROM illegal_identity WHERE reason = 'too_many'
	AND EXISTS (SELECT 1 FROM identity i WHERE i.subject = $1 AND i.kind = illegal_identity.kind AND i.value = illegal_identity.value);

-- name: replay_edge_date
UPDATE edge SET made_at = $3 WHERE a = $1 AND b = $2 AND undone_at IS NULL AND rule <> 'by_hand';

-- name: replay_name_move
UPDATE customer_name SET subject = $2 WHERE subject = $1 AND NOT EXISTS (SELECT 1 FROM customer_name n WHERE n.subject = $2);

-- name: identity_forget
DELETE FROM identity WHERE subject = $1;

-- name: identity_source_forget
DELETE FROM identity_source WHERE subject = $1;

-- name: consent_forget
DELETE FROM consent WHERE subject = $1;

-- name: consent_state_forget
DELETE FROM consent_state WHERE subject = $1;

-- name: trait_forget
DELETE FROM trait WHERE subject = $1;

-- name: customer_forget
DELETE FROM customer WHERE id = $1 OR merged_into = $1;

-- name: import_check_begin
INSERT INTO import_check (import, version, state, bytes_done, rows_read, rows_kept, rows_rejected)
VALUES ($1, 1, 'waiting', 0, 0, 0, 0)
ON CONFLICT (import) DO UPDATE SET version = import_check.version + 1, state = 'waiting', bytes_done = 0, rows_read = 0, rows_kept = 0,
	rows_rejected = 0, reasons = NULL, error = NULL, started_at = NULL, ended_at = NULL
RETURNING version;

-- name: import_check_get
SELECT version, state, bytes_done, rows_read, rows_kept, rows_rejected, reasons, error, started_at, ended_at FROM import_check
WHERE import = $1;

-- A check of which a newer one was begun writes nothing.
-- name: import_check_start
UPDATE import_check SET state = 'running', started_at = $3, bytes_done = 0, rows_read = 0, rows_kept = 0, rows_rejected = 0, reasons = NULL
WHERE import = $1 AND version = $2;

-- name: import_check_put
UPDATE import_check SET state = $3, bytes_done = $4, rows_read = $5, rows_kept = $6, rows_rejected = $7, reasons = $8, error = $9,
	ended_at = $10
WHERE import = $1 AND version = $2;

-- name: import_check_forget
DELETE FROM import_check WHERE import = $1;

-- name: import_forget_draft
DELETE FROM import WHERE number = $1 AND state = 'draft';
