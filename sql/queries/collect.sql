-- name: source_all
SELECT number, id, name, kind, consent, purposes FROM source WHERE ended_at IS NULL ORDER BY number;

-- name: source_by_name
SELECT number, id, kind, consent, purposes FROM source WHERE name = $1;

-- name: source_next_number
SELECT CAST(coalesce(max(number), 0) + 1 AS BIGINT) FROM source;

-- name: source_add
INSERT INTO source (number, id, name, kind, consent, purposes, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: source_end
UPDATE source SET ended_at = $2 WHERE number = $1 AND ended_at IS NULL;

-- name: key_all_live
SELECT id, kind, name, source, role, hash FROM api_key WHERE ended_at IS NULL;

-- name: key_add
INSERT INTO api_key (id, kind, name, source, role, hash, hint, made_at, made_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: key_end
UPDATE api_key SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL;

-- name: key_end_of_source
UPDATE api_key SET ended_at = $2 WHERE source = $1 AND ended_at IS NULL;

-- name: drop_count_add
INSERT INTO drop_count (day, source, reason, times) VALUES ($1, $2, $3, $4)
ON CONFLICT (day, source, reason) DO UPDATE SET times = drop_count.times + excluded.times;

-- name: filing_all
SELECT event, family, stage, channel, delivered_by FROM touchpoint_filing;

-- name: applier_position
SELECT position FROM applier WHERE name = $1;

-- name: applier_put
INSERT INTO applier (name, position) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET position = excluded.position;

-- name: unapplied_add
INSERT INTO unapplied (position, is_note, subject, import, source, purposes, time_ms, received_ms, type, channel, body, error, kept_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT (position) DO NOTHING;

-- name: unapplied_after
SELECT position, is_note, subject, import, source, purposes, time_ms, received_ms, type, channel, body FROM unapplied WHERE position > $1 ORDER BY position LIMIT 200;

-- name: unapplied_count
SELECT count(*) FROM unapplied;

-- name: unapplied_done
DELETE FROM unapplied WHERE position = $1;

-- name: unapplied_forget
DELETE FROM unapplied WHERE subject = $1;

-- name: unapplied_forget_import
DELETE FROM unapplied WHERE import = $1;
