-- name: audit_add
INSERT INTO audit (id, at, via, actor, what, subject_type, subject, before, after)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: audit_count
SELECT CAST(count(*) AS INT64) FROM audit
WHERE (CAST($1 AS INT64) = 0 OR actor = $1) AND (CAST($2 AS TEXT) = '' OR what = $2) AND at >= $3 AND at < $4;

-- name: audit_before
SELECT a.id, a.at, a.via, a.what, a.subject_type, a.subject, a.before, a.after, p.name, p.email, k.name, s.name, s.email
FROM audit a LEFT JOIN person p ON p.id = a.actor LEFT JOIN api_key k ON k.id = a.actor
	LEFT JOIN person s ON s.id = a.subject AND a.subject_type = 'person'
WHERE (CAST($1 AS INT64) = 0 OR a.actor = $1) AND (CAST($2 AS TEXT) = '' OR a.what = $2) AND a.at >= $3 AND a.at < $4 AND a.id < $5
ORDER BY a.id DESC LIMIT $6;

-- name: audit_after
SELECT a.id, a.at, a.via, a.what, a.subject_type, a.subject, a.before, a.after, p.name, p.email, k.name, s.name, s.email
FROM audit a LEFT JOIN person p ON p.id = a.actor LEFT JOIN api_key k ON k.id = a.actor
	LEFT JOIN person s ON s.id = a.subject AND a.subject_type = 'person'
WHERE (CAST($1 AS INT64) = 0 OR a.actor = $1) AND (CAST($2 AS TEXT) = '' OR a.what = $2) AND a.at >= $3 AND a.at < $4 AND a.id > $5
ORDER BY a.id LIMIT $6;

-- name: audit_people
SELECT p.id, p.name, p.email FROM person p WHERE EXISTS (SELECT 1 FROM audit a WHERE a.actor = p.id)
ORDER BY p.made_at, p.id LIMIT 500;

-- name: audit_kinds
SELECT DISTINCT what FROM audit ORDER BY what;
