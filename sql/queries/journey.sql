-- name: journey_all
SELECT j.id, j.name, j.version, j.owner, j.changed_at, v.note, v.design_json FROM journey j JOIN journey_version v ON v.journey = j.id AND v.number = j.version
WHERE j.removed_at IS NULL ORDER BY j.sort_key, j.id;

-- name: journey_by_id
SELECT j.id, j.name, v.number AS version, j.owner, v.made_at AS changed_at, v.note, v.design_json FROM journey j
JOIN journey_version v ON v.journey = j.id AND v.number = CASE WHEN $2 > 0 THEN $2 ELSE j.version END
WHERE j.id = $1 AND j.removed_at IS NULL;

-- name: journey_versions
SELECT number, note, made_by, made_at FROM journey_version WHERE journey = $1 ORDER BY number DESC;

-- name: journey_add
INSERT INTO journey (id, name, sort_key, version, owner, made_at, changed_at) VALUES ($1, $2, $3, 1, $4, $5, $5);

-- name: journey_change
UPDATE journey SET name = $2, sort_key = $3, version = version + 1, changed_at = $4 WHERE id = $1 AND removed_at IS NULL;

-- name: journey_version_add
INSERT INTO journey_version (journey, number, note, design_json, made_by, made_at)
SELECT j.id, j.version, $2, $3, $4, $5 FROM journey j WHERE j.id = $1;

-- name: journey_remove
UPDATE journey SET removed_at = $2 WHERE id = $1 AND removed_at IS NULL;

-- name: journey_restore
UPDATE journey SET removed_at = NULL WHERE id = $1 AND removed_at IS NOT NULL;
