-- fragment: research_columns
SELECT id, kind, title, text, link, source, day, stage, topic, persona, file_name, file_type, file_bytes, made_by, made_at FROM research

-- name: research_all
{{research_columns}}
WHERE removed_at IS NULL AND ($1 < 0 OR kind = $1) AND ($2 < 0 OR stage = $2) AND (CAST($3 AS TEXT) IS NULL OR topic = $3) AND (CAST($4 AS TEXT) IS NULL OR persona = $4)
ORDER BY day DESC, id DESC LIMIT $5;

-- name: research_by_id
{{research_columns}} WHERE id = $1 AND removed_at IS NULL;

-- name: research_topics
SELECT DISTINCT topic FROM research WHERE removed_at IS NULL AND topic <> '' ORDER BY topic LIMIT 100;

-- name: research_personas
SELECT DISTINCT persona FROM research WHERE removed_at IS NULL AND persona <> '' ORDER BY persona LIMIT 100;

-- name: research_add
INSERT INTO research (id, kind, title, text, link, source, day, stage, topic, persona, file_name, file_type, file_bytes, made_by, made_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15);

-- name: research_change
UPDATE research SET kind = $2, title = $3, text = $4, link = $5, source = $6, day = $7, stage = $8, topic = $9, persona = $10 WHERE id = $1 AND removed_at IS NULL;

-- name: research_set_file
UPDATE research SET file_name = $2, file_type = $3, file_bytes = $4 WHERE id = $1;

-- name: research_file_put
INSERT INTO research_file (research, bytes) VALUES ($1, $2) ON CONFLICT (research) DO UPDATE SET bytes = excluded.bytes;

-- name: research_file_get
SELECT bytes FROM research_file WHERE research = $1;

-- name: research_remove
UPDATE research SET removed_at = $2 WHERE id = $1 AND removed_at IS NULL;

-- name: research_restore
UPDATE research SET removed_at = NULL WHERE id = $1 AND removed_at IS NOT NULL;
