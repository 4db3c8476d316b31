-- name: segment_all
SELECT id, name, description, condition_json, form, owner, changed_at FROM segment WHERE removed_at IS NULL ORDER BY sort_key, id;

-- name: segment_by_id
SELECT id, name, description, condition_json, form, owner, changed_at FROM segment WHERE id = $1 AND removed_at IS NULL;

-- name: segment_condition
SELECT condition_json FROM segment WHERE id = $1 AND removed_at IS NULL;

-- name: segment_add
INSERT INTO segment (id, name, sort_key, description, condition_json, form, owner, made_at, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: segment_change
UPDATE segment SET name = $2, sort_key = $3, description = $4, condition_json = $5, form = $6, changed_at = $7 WHERE id = $1 AND removed_at IS NULL;

-- name: segment_remove
UPDATE segment SET removed_at = $2 WHERE id = $1 AND removed_at IS NULL;

-- name: segment_restore
UPDATE segment SET removed_at = NULL WHERE id = $1 AND removed_at IS NOT NULL;

-- name: trait_names
SELECT DISTINCT name FROM trait ORDER BY name LIMIT 200;

-- name: segment_state
SELECT CAST(coalesce(max(CASE WHEN removed_at > changed_at THEN removed_at ELSE changed_at END), 0) + count(removed_at) AS INT64) FROM segment;
