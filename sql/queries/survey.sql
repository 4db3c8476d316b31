-- name: survey_all
SELECT s.id, s.name, s.state, s.is_anonymous, s.version, s.changed_at, v.definition_json,
	(SELECT count(*) FROM survey_submission x WHERE x.survey = s.id) AS submissions
FROM survey s JOIN survey_version v ON v.survey = s.id AND v.number = s.version WHERE s.removed_at IS NULL ORDER BY s.sort_key, s.id;

-- name: survey_by_id
SELECT s.id, s.name, s.state, s.is_anonymous, s.version, s.changed_at, v.definition_json,
	(SELECT count(*) FROM survey_submission x WHERE x.survey = s.id) AS submissions
FROM survey s JOIN survey_version v ON v.survey = s.id AND v.number = s.version WHERE s.id = $1 AND s.removed_at IS NULL;

-- name: survey_add
INSERT INTO survey (id, name, sort_key, state, is_anonymous, version, made_at, changed_at) VALUES ($1, $2, $3, 0, $4, 1, $5, $5);

-- name: survey_change
UPDATE survey SET name = $2, sort_key = $3, is_anonymous = $4, version = version + 1, changed_at = $5 WHERE id = $1 AND removed_at IS NULL;

-- name: survey_version_add
INSERT INTO survey_version (survey, number, definition_json, made_by, made_at) SELECT s.id, s.version, $2, $3, $4 FROM survey s WHERE s.id = $1;

-- name: survey_versions
SELECT number, made_at, made_by FROM survey_version WHERE survey = $1 AND number < $2 ORDER BY number DESC LIMIT 20;

-- name: survey_version_get
SELECT definition_json FROM survey_version WHERE survey = $1 AND number = $2;

-- name: survey_question_answered
SELECT 1 FROM feedback WHERE survey = $1 AND (question = $2 OR question = $3) LIMIT 1;

-- name: survey_set_state
UPDATE survey SET state = $2, changed_at = $3 WHERE id = $1 AND removed_at IS NULL;

-- name: survey_remove
UPDATE survey SET removed_at = $2 WHERE id = $1 AND removed_at IS NULL;

-- name: survey_restore
UPDATE survey SET removed_at = NULL WHERE id = $1 AND removed_at IS NOT NULL;

-- name: survey_submission_add
INSERT INTO survey_submission (survey, submission, is_invited, answered_at, is_on_site) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (survey, submission) DO NOTHING;

-- name: survey_submissions_of_answers
INSERT INTO survey_submission (survey, submission, is_invited, answered_at, is_on_site)
SELECT $1, f.submission, FALSE, min(f.at), FALSE FROM feedback f WHERE f.survey = $2 AND f.submission IS NOT NULL GROUP BY f.submission
ON CONFLICT (survey, submission) DO NOTHING;

-- name: survey_submission_is
SELECT count(*) FROM survey_submission WHERE survey = $1 AND submission = $2;

-- name: survey_quota_rows
SELECT question, value, answered FROM survey_quota WHERE survey = $1;

-- name: survey_quota_count
INSERT INTO survey_quota (survey, question, value, answered) VALUES ($1, $2, $3, 1)
ON CONFLICT (survey, question, value) DO UPDATE SET answered = survey_quota.answered + 1 WHERE survey_quota.answered < $4;

-- name: survey_flood_forget
DELETE FROM survey_flood WHERE hour < $1;

-- name: survey_flood_rows
SELECT CAST(coalesce(sum(CASE WHEN address = $2 THEN answered ELSE 0 END), 0) AS BIGINT) AS address, CAST(coalesce(sum(CASE WHEN address <> $2 THEN answered ELSE 0 END), 0) AS BIGINT) AS link
FROM survey_flood WHERE survey = $1 AND hour = $3 AND address IN ($2, $4);

-- name: survey_flood_count
INSERT INTO survey_flood (survey, address, hour, answered) VALUES ($1, $2, $3, 1)
ON CONFLICT (survey, address, hour) DO UPDATE SET answered = survey_flood.answered + 1;

-- name: survey_groups
SELECT id, team, place, staff, people FROM survey_group WHERE survey = $1 AND removed_at IS NULL ORDER BY team, place, staff;

-- name: survey_group_get
SELECT id, team, place, staff, people FROM survey_group WHERE survey = $1 AND id = $2 AND removed_at IS NULL;

-- name: survey_group_put
INSERT INTO survey_group (id, survey, team, place, staff, people, made_at, removed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, NULL)
ON CONFLICT (survey, team, place, staff) DO UPDATE SET people = excluded.people, removed_at = NULL;

-- name: survey_group_remove
UPDATE survey_group SET removed_at = $3 WHERE survey = $1 AND id = $2;

-- name: survey_ticket_is
SELECT count(*) FROM survey_ticket WHERE survey = $1 AND mark = $2;

-- name: survey_ticket_use
INSERT INTO survey_ticket (survey, mark) VALUES ($1, $2) ON CONFLICT (survey, mark) DO NOTHING;
