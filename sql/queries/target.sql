-- name: target_all
SELECT t.id, t.metric, t.scope, t.value, t.due_day AS due, t.owner, coalesce(nullif(p.name, ''), p.email) AS owner_name, t.currency FROM target t
LEFT JOIN person p ON p.id = t.owner WHERE t.removed_at IS NULL ORDER BY t.due_day, t.metric, t.scope;

-- name: target_of_scope
SELECT t.id, t.metric, t.scope, t.value, t.due_day AS due, t.owner, coalesce(nullif(p.name, ''), p.email) AS owner_name, t.currency FROM target t
LEFT JOIN person p ON p.id = t.owner WHERE t.removed_at IS NULL AND t.scope = $1 ORDER BY t.metric;

-- name: target_put
INSERT INTO target (id, metric, scope, value, due_day, owner, set_at, currency) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (metric, scope) DO UPDATE SET value = excluded.value, currency = excluded.currency, due_day = excluded.due_day, owner = excluded.owner, set_at = excluded.set_at, removed_at = NULL;

-- name: target_remove
UPDATE target SET removed_at = $2 WHERE id = $1 AND removed_at IS NULL;

-- name: target_restore
UPDATE target SET removed_at = NULL WHERE id = $1 AND removed_at IS NOT NULL;

-- name: target_person
SELECT id FROM person WHERE id = $1 AND removed_at IS NULL;
