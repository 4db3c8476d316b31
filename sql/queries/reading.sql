-- name: text_correction_add
INSERT INTO text_correction (id, doc, aspect, language, value, was, person, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: text_correction_standing
SELECT c.aspect, c.value FROM text_correction c
WHERE c.doc = $1 AND c.id = (SELECT max(d.id) FROM text_correction d WHERE d.doc = c.doc AND d.aspect = c.aspect);

-- name: text_correction_one
SELECT c.doc, c.aspect, (SELECT CAST(count(*) AS INT64) FROM text_correction d WHERE d.doc = c.doc AND d.aspect = c.aspect AND d.id > c.id)
FROM text_correction c WHERE c.id = $1;

-- name: text_correction_remove
DELETE FROM text_correction WHERE id = $1;

-- name: text_correction_of
SELECT c.id, c.aspect, c.value, c.was, c.at, coalesce(nullif(p.name, ''), p.email) AS person,
	(SELECT CAST(count(*) AS INT64) FROM text_correction d WHERE d.doc = c.doc AND d.aspect = c.aspect AND d.id > c.id) AS later
FROM text_correction c LEFT JOIN person p ON p.id = c.person WHERE c.doc = $1 ORDER BY c.id DESC;

-- name: text_correction_tidy
DELETE FROM text_correction WHERE NOT EXISTS (SELECT 1 FROM feedback f WHERE f.id = text_correction.doc)
	AND NOT EXISTS (SELECT 1 FROM mention m WHERE m.id = text_correction.doc) AND NOT EXISTS (SELECT 1 FROM verbatim v WHERE v.id = text_correction.doc);

-- name: text_correction_agreements
SELECT c.aspect, coalesce(c.language, 'und') AS language, CAST(count(*) AS INT64) AS looked_at, CAST(sum(CASE WHEN c.value <> c.was THEN 1 ELSE 0 END) AS INT64) AS disagreed
FROM text_correction c
WHERE c.id = (SELECT max(d.id) FROM text_correction d WHERE d.doc = c.doc AND d.aspect = c.aspect)
GROUP BY c.aspect, coalesce(c.language, 'und') ORDER BY c.aspect, looked_at DESC, language;

-- name: topic_version_newest
SELECT v.id, v.at, v.topics, v.rules, v.moved, coalesce(nullif(p.name, ''), p.email) AS person FROM topic_version v LEFT JOIN person p ON p.id = v.person ORDER BY v.id DESC LIMIT 2;

-- name: topic_version_add
INSERT INTO topic_version (id, at, person, topics, rules, moved) VALUES ($1, $2, $3, $4, $5, $6);

-- name: reading_state
-- What changes when texts stand otherwise than before: what people said and took back, what is read anew, whose mentions are.
SELECT
	CAST((SELECT coalesce(max(id), 0) FROM text_correction) AS BIGINT), CAST((SELECT count(*) FROM text_correction) AS BIGINT),
	CAST((SELECT coalesce(max(id), 0) FROM job WHERE kind = 'reread') AS BIGINT), CAST((SELECT coalesce(max(done), 0) FROM job WHERE kind = 'reread') AS BIGINT),
	CAST((SELECT coalesce(max(ended_at_ms), 0) FROM job WHERE kind = 'reread') AS BIGINT), CAST((SELECT count(*) FROM mention WHERE joined IS NOT NULL) AS BIGINT);

-- name: reading_newest_at
SELECT max(a.at) FROM (SELECT max(at) AS at FROM feedback WHERE topics IS NOT NULL AND at <= $1 UNION ALL SELECT max(at) AS at FROM mention WHERE at <= $1
	UNION ALL SELECT max(at) AS at FROM verbatim WHERE at <= $1) a;

-- name: topic_asides
SELECT a.id, a.language, a.name, a.at, coalesce(nullif(p.name, ''), p.email) AS person FROM topic_aside a LEFT JOIN person p ON p.id = a.person
WHERE a.removed_at IS NULL ORDER BY a.at DESC, a.id DESC LIMIT 500;

-- name: topic_aside_add
INSERT INTO topic_aside (id, language, name, person, at) VALUES ($1, $2, $3, $4, $5);

-- name: topic_aside_remove
UPDATE topic_aside SET removed_at = $2 WHERE id = $1 AND removed_at IS NULL;
