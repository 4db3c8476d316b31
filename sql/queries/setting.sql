-- name: setting_all
SELECT name, value FROM setting;

-- name: setting_put
INSERT INTO setting (name, value, changed_at) VALUES ($1, $2, $3)
ON CONFLICT (name) DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at;

-- name: filing_put
INSERT INTO touchpoint_filing (event, family, stage, channel, delivered_by, changed_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (event) DO UPDATE SET family = excluded.family, stage = excluded.stage, channel = excluded.channel,
	delivered_by = excluded.delivered_by, changed_at = excluded.changed_at;

-- name: filing_remove
DELETE FROM touchpoint_filing WHERE event = $1;
