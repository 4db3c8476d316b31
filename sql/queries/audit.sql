-- name: audit_add
INSERT INTO audit (id, at, via, actor, what, subject_type, subject, before, after)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);
