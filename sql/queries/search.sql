-- name: search_note
INSERT INTO search_note (kind, doc, stamp) VALUES ($1, $2, $3) ON CONFLICT (kind, doc) DO UPDATE SET stamp = excluded.stamp;

-- name: search_noted
SELECT kind, doc, stamp FROM search_note ORDER BY stamp LIMIT $1;

-- name: search_indexed
DELETE FROM search_note WHERE kind = $1 AND doc = $2 AND stamp = $3;

-- name: search_generation
SELECT generation FROM search_state WHERE id = 1;

-- name: search_set_generation
INSERT INTO search_state (id, generation) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET generation = excluded.generation;

-- name: search_mention
SELECT coalesce(title, ''), coalesce(text, '') FROM mention WHERE id = $1;

-- name: search_all_mention
INSERT INTO search_note (kind, doc, stamp) SELECT $1, id, $2 FROM mention WHERE id > 0 ON CONFLICT (kind, doc) DO UPDATE SET stamp = excluded.stamp;

-- name: search_research
SELECT r.title, CASE WHEN COALESCE(w.text, '') = '' THEN r.text WHEN r.text = '' THEN w.text ELSE r.text || ' … ' || w.text END AS text FROM research r LEFT JOIN research_words w ON w.research = r.id WHERE r.id = $1 AND r.removed_at IS NULL;

-- name: search_all_research
INSERT INTO search_note (kind, doc, stamp) SELECT $1, id, $2 FROM research WHERE id > 0 ON CONFLICT (kind, doc) DO UPDATE SET stamp = excluded.stamp;

-- name: search_article
SELECT title, plain, language FROM article WHERE id = $1 AND removed_at IS NULL AND is_published AND visibility = 0;

-- name: search_all_article
INSERT INTO search_note (kind, doc, stamp) SELECT $1, id, $2 FROM article WHERE id > 0 ON CONFLICT (kind, doc) DO UPDATE SET stamp = excluded.stamp;
