-- Improvements, causes, and what was done about them. States: 0 found, 1 being worked on, 2 mended, 3 left as it is.

-- fragment: improvement_columns
SELECT m.id, m.title, m.note, m.state, m.owner, coalesce(nullif(p.name, ''), p.email) AS owner_name, m.said_json, m.is_public, m.made_at, m.mended_at, m.telling_at,
	(SELECT CAST(count(DISTINCT i.customer) AS INT64) FROM followup f JOIN identity i ON i.subject = f.subject WHERE f.improvement = m.id) AS customers,
	(SELECT CAST(count(*) AS INT64) FROM improvement_told t WHERE t.improvement = m.id AND t.how = 'mail') AS told,
	(SELECT min(f.touched_at) FROM followup f WHERE f.improvement = m.id) AS first_at
FROM improvement m LEFT JOIN person p ON p.id = m.owner

-- name: improvement_all
{{improvement_columns}} WHERE m.removed_at IS NULL ORDER BY m.state, m.id DESC LIMIT 500;

-- name: improvement_by_id
{{improvement_columns}} WHERE m.removed_at IS NULL AND m.id = $1;

-- name: improvement_public
SELECT m.said_json, m.mended_at FROM improvement m WHERE m.removed_at IS NULL AND m.is_public AND m.state = 2 ORDER BY m.mended_at DESC LIMIT 200;

-- name: improvement_names
SELECT id, title FROM improvement WHERE removed_at IS NULL AND (state < 2 OR id = $1) ORDER BY id DESC LIMIT 200;

-- name: improvement_add
INSERT INTO improvement (id, title, note, state, owner, said_json, is_public, made_at) VALUES ($1, $2, $3, 0, $4, '[]', FALSE, $5);

-- name: improvement_change
UPDATE improvement SET title = $2, note = $3, state = $4, owner = $5, said_json = $6, is_public = $7, mended_at = $8 WHERE id = $1 AND removed_at IS NULL;

-- name: improvement_begin_telling
UPDATE improvement SET telling_at = $2 WHERE id = $1 AND state = 2;

-- name: improvement_remove
UPDATE improvement SET removed_at = $2, is_public = FALSE WHERE id = $1 AND removed_at IS NULL;

-- name: improvement_restore
UPDATE improvement SET removed_at = NULL WHERE id = $1 AND removed_at IS NOT NULL;

-- name: improvement_untold
SELECT DISTINCT i.customer FROM followup f JOIN identity i ON i.subject = f.subject
WHERE f.improvement = $1 AND NOT EXISTS (SELECT 1 FROM improvement_told t WHERE t.improvement = $1 AND t.customer = i.customer) ORDER BY i.customer LIMIT 50;

-- name: improvement_told_add
INSERT INTO improvement_told (improvement, customer, at, how) VALUES ($1, $2, $3, $4) ON CONFLICT (improvement, customer) DO NOTHING;

-- name: improvement_followups
SELECT f.id, f.touched_at, f.quote, f.event, i.customer, coalesce(k.called, k.name, k.email, i.shown) AS person, t.how
FROM followup f LEFT JOIN identity i ON i.subject = f.subject LEFT JOIN customer k ON k.id = i.customer
LEFT JOIN improvement_told t ON t.improvement = f.improvement AND t.customer = i.customer
WHERE f.improvement = $1 ORDER BY f.touched_at DESC, f.id LIMIT 200;
