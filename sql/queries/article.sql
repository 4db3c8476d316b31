-- name: article_put
INSERT INTO article (id, external, language, title, body, plain, category, visibility, is_published, created_at, changed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)
ON CONFLICT (external, language) DO UPDATE SET title = excluded.title, body = excluded.body, plain = excluded.plain, category = excluded.category, visibility = excluded.visibility,
	is_published = excluded.is_published, changed_at = excluded.changed_at, removed_at = NULL
WHERE article.title <> excluded.title OR article.body <> excluded.body OR article.category <> excluded.category OR article.visibility <> excluded.visibility
	OR article.is_published <> excluded.is_published OR article.removed_at IS NOT NULL;

-- name: article_id
SELECT id FROM article WHERE external = $1 AND language = $2;

-- name: article_public
SELECT external, title, body, category, language, changed_at, plain FROM article WHERE id = $1 AND removed_at IS NULL AND is_published AND visibility = 0;

-- name: article_public_list
SELECT id, title, category, substr(plain, 1, 200) FROM article WHERE language = $1 AND removed_at IS NULL AND is_published AND visibility = 0 ORDER BY category, title, id LIMIT $2;

-- name: article_languages
SELECT id, language, title FROM article WHERE external = $1 AND removed_at IS NULL AND is_published AND visibility = 0 ORDER BY language;

-- name: article_public_languages
SELECT language, count(*) FROM article WHERE removed_at IS NULL AND is_published AND visibility = 0 GROUP BY language ORDER BY language;
