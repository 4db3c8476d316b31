-- name: directory_get
SELECT id FROM directory;

-- name: directory_set
INSERT INTO directory (id) VALUES ($1);
