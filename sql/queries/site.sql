-- name: site_all
SELECT id, name, origins FROM site WHERE removed_at IS NULL ORDER BY id LIMIT 100;

-- name: site_by_id
SELECT id, name, origins FROM site WHERE id = $1 AND removed_at IS NULL;

-- name: site_add
INSERT INTO site (id, name, origins, made_at) VALUES ($1, $2, $3, $4);

-- name: site_change
UPDATE site SET name = $2, origins = $3 WHERE id = $1 AND removed_at IS NULL;

-- name: site_remove
UPDATE site SET removed_at = $2 WHERE id = $1 AND removed_at IS NULL;

-- name: site_restore
UPDATE site SET removed_at = NULL WHERE id = $1 AND removed_at IS NOT NULL;

-- fragment: showing_columns
SELECT p.survey, p.site, p.is_on, p.kind, p.places, p.starts, p.event, p.scroll_pct, p.delay_s, p.percent, p.gap_days

-- name: site_showing
{{showing_columns}} FROM site_survey p WHERE p.survey = $1;

-- name: site_showings
-- Those that are shown on a site now.
{{showing_columns}} FROM site_survey p JOIN survey s ON s.id = p.survey
WHERE p.site = $1 AND p.is_on AND s.state = 1 AND s.removed_at IS NULL ORDER BY p.survey LIMIT 50;

-- name: site_showing_put
INSERT INTO site_survey (survey, site, is_on, kind, places, starts, event, scroll_pct, delay_s, percent, gap_days, changed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
ON CONFLICT (survey) DO UPDATE SET site = excluded.site, is_on = excluded.is_on, kind = excluded.kind, places = excluded.places, starts = excluded.starts, event = excluded.event,
	scroll_pct = excluded.scroll_pct, delay_s = excluded.delay_s, percent = excluded.percent, gap_days = excluded.gap_days, changed_at = excluded.changed_at;
