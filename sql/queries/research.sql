-- fragment: research_columns
SELECT r.id, r.kind, r.title, r.text, r.link, r.source, r.day, r.stage, r.topic, r.persona, r.file_name, r.file_type, r.file_bytes, r.made_by, r.made_at, COALESCE(w.state, 0) AS file_state
FROM research r LEFT JOIN research_words w ON w.research = r.id

-- name: research_all
{{research_columns}}
WHERE r.removed_at IS NULL AND ($1 < 0 OR r.kind = $1) AND ($2 < 0 OR r.stage = $2) AND (CAST($3 AS TEXT) IS NULL OR r.topic = $3) AND (CAST($4 AS TEXT) IS NULL OR r.persona = $4)
ORDER BY r.day DESC, r.id DESC LIMIT $5;

-- name: research_by_id
{{research_columns}} WHERE r.id = $1 AND r.removed_at IS NULL;

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
INSERT INTO research_file (research, bytes, stamp) VALUES ($1, $2, $3) ON CONFLICT (research) DO UPDATE SET bytes = excluded.bytes, stamp = excluded.stamp;

-- name: research_file_get
SELECT bytes FROM research_file WHERE research = $1;

-- name: research_file_unread
SELECT f.research, f.bytes, f.stamp FROM research_file f LEFT JOIN research_words w ON w.research = f.research WHERE f.research > $1 AND w.research IS NULL ORDER BY f.research LIMIT 1;

-- name: research_words_put
INSERT INTO research_words (research, state, text) SELECT f.research, $3, $4 FROM research_file f WHERE f.research = $1 AND f.stamp = $2 ON CONFLICT (research) DO NOTHING;

-- name: research_words_get
SELECT text FROM research_words WHERE research = $1;

-- name: research_words_forget
DELETE FROM research_words WHERE research = $1;

-- name: research_remove
UPDATE research SET removed_at = $2 WHERE id = $1 AND removed_at IS NULL;

-- name: research_restore
UPDATE research SET removed_at = NULL WHERE id = $1 AND removed_at IS NOT NULL;
