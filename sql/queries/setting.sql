-- name: setting_all
SELECT name, value FROM setting;

-- name: setting_put
INSERT INTO setting (name, value, changed_at) VALUES ($1, $2, $3)
ON CONFLICT (name) DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at;
