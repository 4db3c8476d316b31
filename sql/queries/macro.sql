-- name: macro_all
-- Every text of what is not removed, a macro's texts behind each other.
SELECT m.id, m.name, m.folded, t.language, t.text FROM macro m JOIN macro_text t ON t.macro = m.id
WHERE m.removed_at IS NULL ORDER BY m.sort_key, m.id, t.language;

-- name: macro_same
SELECT id FROM macro WHERE folded = $1 AND removed_at IS NULL;

-- name: macro_count
SELECT CAST(count(*) AS INT64) FROM macro WHERE removed_at IS NULL;

-- name: macro_add
INSERT INTO macro (id, name, folded, sort_key) VALUES ($1, $2, $3, $4);

-- name: macro_change
UPDATE macro SET name = $2, folded = $3, sort_key = $4 WHERE id = $1 AND removed_at IS NULL;

-- name: macro_texts_remove
DELETE FROM macro_text WHERE macro = $1;

-- name: macro_text_add
INSERT INTO macro_text (macro, language, text) VALUES ($1, $2, $3);

-- name: macro_remove
UPDATE macro SET removed_at = $2 WHERE id = $1 AND removed_at IS NULL;

-- name: macro_restore
UPDATE macro SET removed_at = NULL WHERE id = $1 AND removed_at IS NOT NULL;
