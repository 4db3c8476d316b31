-- name: article_put
INSERT INTO article (id, external, language, title, body, plain, category, visibility, is_published, created_at, changed_at, folded)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11)
ON CONFLICT (external, language) DO UPDATE SET title = excluded.title, body = excluded.body, plain = excluded.plain, category = excluded.category, visibility = excluded.visibility,
	is_published = excluded.is_published, changed_at = excluded.changed_at, folded = excluded.folded, removed_at = NULL
WHERE article.title <> excluded.title OR article.body <> excluded.body OR article.category <> excluded.category OR article.visibility <> excluded.visibility
	OR article.is_published <> excluded.is_published OR article.removed_at IS NOT NULL;

-- name: article_id
SELECT id FROM article WHERE external = $1 AND language = $2;

-- name: article_public
SELECT external, title, body, category, language, changed_at, plain, slug FROM article WHERE id = $1 AND removed_at IS NULL AND is_published AND visibility = 0;

-- name: article_public_list
SELECT id, title, category, substr(plain, 1, 200), slug FROM article WHERE language = $1 AND removed_at IS NULL AND is_published AND visibility = 0 ORDER BY category, title, id LIMIT $2;

-- name: article_languages
SELECT id, language, title, slug FROM article WHERE external = $1 AND removed_at IS NULL AND is_published AND visibility = 0 ORDER BY language;

-- name: article_public_languages
SELECT language, count(*) FROM article WHERE removed_at IS NULL AND is_published AND visibility = 0 GROUP BY language ORDER BY language;

-- name: article_of_slug
SELECT a.id, a.slug FROM article_slug s JOIN article a ON a.id = s.article WHERE s.slug = $1;

-- name: article_slug_take
INSERT INTO article_slug (slug, article) VALUES ($1, $2) ON CONFLICT (slug) DO UPDATE SET article = article_slug.article WHERE article_slug.article = excluded.article;

-- name: article_sitemap
SELECT id, slug, changed_at FROM article WHERE removed_at IS NULL AND is_published AND visibility = 0 ORDER BY id LIMIT 50000;

-- ---- in the console ----

-- fragment: article_columns
SELECT a.id, a.external, a.language, coalesce(a.draft_title, a.title), coalesce(a.draft_body, a.body), a.category, a.visibility, a.is_published, a.draft_body IS NOT NULL, a.is_in_review, a.publish_at, a.slug, a.owner,
	coalesce(nullif(p.name, ''), p.email), a.review_on, a.changed_at,
	(SELECT CAST(count(*) AS INT64) FROM article_vote v WHERE v.article = a.id), (SELECT CAST(count(*) AS INT64) FROM article_vote v WHERE v.article = a.id AND v.is_helpful)
FROM article a LEFT JOIN person p ON p.id = a.owner

-- name: article_get
{{article_columns}} WHERE a.id = $1 AND a.removed_at IS NULL;

-- name: article_list
-- Of states 0 is any, 1 published, 2 not published, 3 in review, 4 something is under way, 5 its review is due ($5 is today).
{{article_columns}} WHERE a.removed_at IS NULL AND (CAST($1 AS TEXT) = '' OR a.language = $1) AND (CAST($2 AS TEXT) = '' OR a.category = $2) AND (CAST($3 AS TEXT) = '' OR replace(a.folded, $3, '') <> a.folded)
	AND (CAST($4 AS INT64) = 0 OR ($4 = 1 AND a.is_published) OR ($4 = 2 AND NOT a.is_published) OR ($4 = 3 AND a.is_in_review) OR ($4 = 4 AND a.draft_body IS NOT NULL) OR ($4 = 5 AND a.review_on <= CAST($5 AS INT64)))
	AND (a.changed_at < $6 OR (a.changed_at = $6 AND a.id < $7))
ORDER BY a.changed_at DESC, a.id DESC LIMIT 51;

-- name: article_completeness
SELECT language, CAST(count(*) AS INT64), CAST(sum(CASE WHEN is_published THEN 1 ELSE 0 END) AS INT64) FROM article WHERE removed_at IS NULL GROUP BY language ORDER BY language;

-- name: article_count
SELECT CAST(count(*) AS INT64), CAST(coalesce(sum(CASE WHEN review_on <= $1 THEN 1 ELSE 0 END), 0) AS INT64), CAST(count(DISTINCT external) AS INT64) FROM article WHERE removed_at IS NULL;

-- name: article_categories
SELECT category FROM article WHERE removed_at IS NULL AND category <> '' GROUP BY category ORDER BY category LIMIT 200;

-- name: article_siblings
SELECT id, language, is_published, draft_body IS NOT NULL FROM article WHERE external = $1 AND removed_at IS NULL ORDER BY language;

-- name: article_add
INSERT INTO article (id, external, language, title, body, plain, category, visibility, is_published, created_at, changed_at, folded, draft_title, draft_body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, FALSE, $9, $9, $10, $4, $5) ON CONFLICT (external, language) DO NOTHING;

-- name: article_set
UPDATE article SET draft_title = $2, draft_body = $3, category = $4, visibility = $5, slug = $6, owner = $7, review_on = $8, changed_at = $9, folded = $10 WHERE id = $1 AND removed_at IS NULL;

-- name: article_set_review
UPDATE article SET is_in_review = $2, publish_at = $3 WHERE id = $1;

-- name: article_publish
UPDATE article SET title = $2, body = $3, plain = $4, folded = $5, changed_at = $6, is_published = TRUE, draft_title = NULL, draft_body = NULL, is_in_review = FALSE, publish_at = NULL WHERE id = $1;

-- name: article_unpublish
UPDATE article SET is_published = FALSE, draft_title = coalesce(draft_title, title), draft_body = coalesce(draft_body, body), changed_at = $2 WHERE id = $1 AND is_published AND removed_at IS NULL;

-- name: article_draft
UPDATE article SET draft_title = $2, draft_body = $3, is_in_review = FALSE, changed_at = $4 WHERE id = $1;

-- name: article_remove
UPDATE article SET removed_at = $2 WHERE id = $1 AND removed_at IS NULL;

-- name: article_restore
UPDATE article SET removed_at = NULL WHERE id = $1 AND removed_at IS NOT NULL;

-- name: article_due
SELECT id FROM article WHERE publish_at <= $1 AND removed_at IS NULL ORDER BY publish_at LIMIT 100;

-- name: article_version_add
INSERT INTO article_version (id, article, at, who, title, body) VALUES ($1, $2, $3, $4, $5, $6);

-- name: article_versions
SELECT id, at, who, title FROM article_version WHERE article = $1 ORDER BY id DESC LIMIT 50;

-- name: article_version_get
SELECT title, body FROM article_version WHERE id = $1 AND article = $2;

-- ---- what readers say ----

-- name: article_vote_add
-- At most $6 a day for all.
INSERT INTO article_vote (id, article, at, is_helpful, text) SELECT CAST($1 AS INT64), CAST($2 AS INT64), CAST($3 AS INT64), CAST($4 AS BOOL), CAST($5 AS TEXT) WHERE (SELECT count(*) FROM article_vote WHERE at > $3 - 86400000) < CAST($6 AS INT64);

-- name: article_votes_against
SELECT at, text FROM article_vote WHERE article = $1 AND NOT is_helpful AND text <> '' ORDER BY id DESC LIMIT 20;

-- name: article_missed_add
-- At most $4 kinds a day.
INSERT INTO article_missed (language, question, n, last_at) SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), 1, CAST($3 AS INT64) WHERE (SELECT count(*) FROM article_missed WHERE last_at > $3 - 86400000) < CAST($4 AS INT64)
ON CONFLICT (language, question) DO UPDATE SET n = article_missed.n + 1, last_at = excluded.last_at;

-- name: article_missed
SELECT language, question, n, last_at FROM article_missed WHERE (CAST($1 AS TEXT) = '' OR language = $1) ORDER BY n DESC, last_at DESC LIMIT 100;

-- name: article_missed_forget
DELETE FROM article_missed WHERE language = $1 AND question = $2;

-- name: article_missed_clean
DELETE FROM article_missed WHERE last_at < $1;

-- name: article_unhelpful
SELECT a.id, a.title, a.language, CAST(count(*) AS INT64), CAST(sum(CASE WHEN v.is_helpful THEN 1 ELSE 0 END) AS INT64) FROM article_vote v JOIN article a ON a.id = v.article WHERE a.removed_at IS NULL
GROUP BY a.id, a.title, a.language HAVING sum(CASE WHEN v.is_helpful THEN 0 ELSE 1 END) > 0 ORDER BY sum(CASE WHEN v.is_helpful THEN 0 ELSE 1 END) DESC, a.id LIMIT 50;
