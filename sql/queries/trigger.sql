-- fragment: trigger_columns
SELECT id, promise, kind, cost, given_by, words, remarkable, repeatable, reasonable, relevant FROM talk_trigger

-- name: trigger_all
{{trigger_columns}} WHERE removed_at IS NULL ORDER BY id LIMIT 50;

-- name: trigger_by_id
{{trigger_columns}} WHERE removed_at IS NULL AND id = $1;

-- name: trigger_add
INSERT INTO talk_trigger (id, promise, kind, cost, given_by, words, remarkable, repeatable, reasonable, relevant, made_at, changed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11);

-- name: trigger_change
UPDATE talk_trigger SET promise = $2, kind = $3, cost = $4, given_by = $5, words = $6, remarkable = $7, repeatable = $8, reasonable = $9, relevant = $10, changed_at = $11
WHERE id = $1 AND removed_at IS NULL;

-- name: trigger_remove
UPDATE talk_trigger SET removed_at = $2 WHERE id = $1 AND removed_at IS NULL;

-- name: trigger_restore
UPDATE talk_trigger SET removed_at = NULL WHERE id = $1 AND removed_at IS NOT NULL;

-- name: trigger_told_answers
SELECT CAST(count(*) AS INT64), CAST(coalesce(sum(CASE WHEN f.text = 'true' THEN 1 ELSE 0 END), 0) AS INT64) FROM feedback f
WHERE f.question = 'told' AND f.purposes & $1 <> 0;
