-- fragment: plan_columns
SELECT p.id, p.survey, p.kind, p.state, p.channel, p.purpose, p.about, p.event, p.condition_json, p.delay_ms, p.segment, p.size, p.percent, p.every_days, p.next_at, p.started_at, p.made_by, s.name AS survey_name
FROM invite_plan p JOIN survey s ON s.id = p.survey

-- name: invite_plans
{{plan_columns}} WHERE p.survey = $1 ORDER BY p.id DESC LIMIT 100;

-- name: invite_plan_by_id
{{plan_columns}} WHERE p.id = $1;

-- name: invite_plans_listening
{{plan_columns}} WHERE p.kind = 0 AND p.state = 0;

-- name: invite_plans_due
{{plan_columns}} WHERE p.kind = 1 AND p.state = 0 AND p.next_at <= $1 ORDER BY p.next_at, p.id LIMIT 1;

-- name: invite_awaited
SELECT DISTINCT event FROM invite_plan WHERE kind = 0 AND state = 0;

-- name: invite_plan_add
INSERT INTO invite_plan (id, survey, kind, state, channel, purpose, about, event, condition_json, delay_ms, segment, size, percent, every_days, made_at, made_by)
VALUES ($1, $2, $3, 1, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15);

-- name: invite_plan_set_state
-- Begun again it hears what happens from then on; a sample is drawn at once the first time.
UPDATE invite_plan SET state = $2, started_at = CASE WHEN $2 = 0 THEN $3 ELSE started_at END, next_at = CASE WHEN $2 = 0 AND kind = 1 AND NOT EXISTS (SELECT 1 FROM invite_run r WHERE r.plan = invite_plan.id) THEN $3 ELSE next_at END
WHERE id = $1 AND state <> 2 AND state <> $2;

-- name: invite_plan_next
UPDATE invite_plan SET next_at = $3 WHERE id = $1 AND next_at = $2 AND state = 0;

-- name: invite_plan_stop_waiting
UPDATE invite SET state = 2, reason = 'stopped', is_untold = TRUE WHERE plan = $1 AND state = 0;

-- name: invite_hold_all
-- Of a backup: what waited then may have been sent since.
UPDATE invite_plan SET state = 1 WHERE state = 0;

-- name: invite_hold_hand
UPDATE invite SET state = 2, reason = 'stopped', is_untold = TRUE WHERE plan IS NULL AND state = 0;

-- name: invite_run_add
INSERT INTO invite_run (id, plan, survey, at, eligible, sampled) VALUES ($1, $2, $3, $4, $5, $6);

-- name: invite_add
INSERT INTO invite (id, survey, plan, subject, cause, event_at, channel, state, reason, due_at, since_at, is_untold, made_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, 0, '', $8, $8, FALSE, $9)
ON CONFLICT (survey, subject, cause) DO NOTHING;

-- name: invite_take
-- The one that is longest due, of a plan that runs or of none.
SELECT v.id, v.survey, v.plan, v.subject, v.event_at, v.channel, v.since_at, v.reason, i.customer
FROM invite v LEFT JOIN identity i ON i.subject = v.subject LEFT JOIN invite_plan p ON p.id = v.plan
WHERE v.state = 0 AND v.due_at <= $1 AND (v.plan IS NULL OR p.state = 0) AND (v.channel <> 'email' OR $2) AND (v.channel <> 'sms' OR $3) ORDER BY v.due_at, v.id LIMIT 1;

-- name: invite_next_due
SELECT min(v.due_at) FROM invite v LEFT JOIN invite_plan p ON p.id = v.plan
WHERE v.state = 0 AND (v.plan IS NULL OR p.state = 0) AND (v.channel <> 'email' OR $1) AND (v.channel <> 'sms' OR $2);

-- name: invite_next_sample
SELECT min(next_at) FROM invite_plan WHERE kind = 1 AND state = 0;

-- name: invite_sent
UPDATE invite SET state = 1, reason = '', mail = $2, submission = $3, sent_at = $4, sms = $5, is_untold = TRUE WHERE id = $1 AND state = 0;

-- name: invite_skipped
UPDATE invite SET state = 2, reason = $2, is_untold = TRUE WHERE id = $1 AND state = 0;

-- name: invite_put_off
UPDATE invite SET due_at = $2, reason = $3 WHERE id = $1 AND state = 0;

-- name: invite_drop
DELETE FROM invite WHERE id = $1 AND state = 0;

-- name: invite_delivered
UPDATE invite SET delivered_at = (SELECT m.ended_at FROM mail m WHERE m.id = invite.mail), is_untold = TRUE
WHERE delivered_at IS NULL AND mail IS NOT NULL AND EXISTS (SELECT 1 FROM mail m WHERE m.id = invite.mail AND m.state = 2);

-- name: invite_undelivered
-- $1: since when mails are looked at that ended badly; they may have been delivered before they came back.
UPDATE invite SET state = 2, reason = 'undelivered', delivered_at = NULL, is_untold = TRUE
WHERE state = 1 AND opened_at IS NULL AND done_at IS NULL AND mail IN (SELECT m.id FROM mail m WHERE m.state IN (3, 4) AND m.ended_at >= $1);

-- name: invite_sms_delivered
UPDATE invite SET delivered_at = (SELECT m.ended_at FROM sms m WHERE m.id = invite.sms), is_untold = TRUE
WHERE delivered_at IS NULL AND sms IS NOT NULL AND EXISTS (SELECT 1 FROM sms m WHERE m.id = invite.sms AND m.state = 2);

-- name: invite_sms_undelivered
UPDATE invite SET state = 2, reason = 'undelivered', is_untold = TRUE
WHERE delivered_at IS NULL AND state = 1 AND sms IS NOT NULL AND EXISTS (SELECT 1 FROM sms m WHERE m.id = invite.sms AND m.state = 3);

-- name: invite_redelivered
-- Sent again by a person after it was refused.
UPDATE invite SET state = 1, reason = '' WHERE state = 2 AND reason = 'undelivered' AND delivered_at IS NOT NULL;

-- name: invite_untold
SELECT v.id, v.survey, v.channel, v.state, v.reason, v.sent_at, v.delivered_at, v.opened_at, v.started_at, i.customer, s.name, v.made_at
FROM invite v JOIN identity i ON i.subject = v.subject JOIN survey s ON s.id = v.survey WHERE v.is_untold ORDER BY v.id LIMIT 200;

-- name: invite_told
UPDATE invite SET is_untold = FALSE WHERE id = $1;

-- name: invite_told_nobody
UPDATE invite SET is_untold = FALSE WHERE is_untold AND NOT EXISTS (SELECT 1 FROM identity i WHERE i.subject = invite.subject);

-- name: invite_opened
UPDATE invite SET opened_at = coalesce(opened_at, $3), is_untold = TRUE WHERE survey = $1 AND submission = $2 AND opened_at IS NULL;

-- name: invite_started
UPDATE invite SET opened_at = coalesce(opened_at, $3), started_at = $3, is_untold = TRUE WHERE survey = $1 AND submission = $2 AND started_at IS NULL;

-- name: invite_done
UPDATE invite SET opened_at = coalesce(opened_at, $3), started_at = coalesce(started_at, $3), done_at = $3, is_untold = TRUE WHERE survey = $1 AND submission = $2 AND done_at IS NULL;

-- name: invite_funnel
SELECT CAST(count(*) AS INT64), CAST(coalesce(sum(CASE WHEN state = 0 THEN 1 ELSE 0 END), 0) AS INT64), CAST(count(sent_at) AS INT64), CAST(count(delivered_at) AS INT64), CAST(count(opened_at) AS INT64),
	CAST(count(started_at) AS INT64), CAST(count(done_at) AS INT64)
FROM invite WHERE survey = $1;

-- name: invite_decide
-- Somebody who is on the page now: asked or skipped at once.
INSERT INTO invite (id, survey, plan, subject, cause, event_at, channel, state, reason, due_at, since_at, is_untold, made_at, submission, sent_at, delivered_at)
VALUES ($1, $2, NULL, $3, $4, NULL, 'web', $5, $6, $7, $7, TRUE, $7, $8, $9, $9)
ON CONFLICT (survey, subject, cause) DO NOTHING;

-- name: invite_last_on_site
SELECT CAST(max(v.sent_at) AS INT64) FROM invite v JOIN identity i ON i.subject = v.subject WHERE i.customer = $1 AND v.survey = $2 AND v.channel = 'web';

-- name: invite_visitor_count
INSERT INTO invite_visitor (survey, step, visitors) VALUES ($1, $2, 1)
ON CONFLICT (survey, step) DO UPDATE SET visitors = invite_visitor.visitors + 1;

-- name: invite_visitors
SELECT step, visitors FROM invite_visitor WHERE survey = $1
UNION ALL SELECT 'done', count(*) FROM survey_submission WHERE survey = $1 AND is_on_site AND NOT is_invited;

-- name: invite_runs
SELECT CAST(coalesce(sum(eligible), 0) AS INT64), CAST(coalesce(sum(sampled), 0) AS INT64) FROM invite_run WHERE survey = $1;

-- name: invite_reasons
SELECT reason, CAST(count(*) AS INT64) FROM invite WHERE survey = $1 AND state = 2 GROUP BY reason ORDER BY count(*) DESC, reason;

-- name: invite_list
-- $2: 0 all, 1 waiting, 2 sent, 3 delivered, 4 opened, 5 started, 6 done, 7 skipped, of that reason.
SELECT v.id, v.channel, v.state, v.reason, v.due_at, v.made_at, v.sent_at, v.delivered_at, v.opened_at, v.started_at, v.done_at, i.customer, coalesce(k.name, k.email, i.shown) AS person
FROM invite v LEFT JOIN identity i ON i.subject = v.subject LEFT JOIN customer k ON k.id = i.customer
WHERE v.survey = $1 AND ($2 = 0 OR ($2 = 1 AND v.state = 0) OR ($2 = 2 AND v.sent_at IS NOT NULL) OR ($2 = 3 AND v.delivered_at IS NOT NULL) OR ($2 = 4 AND v.opened_at IS NOT NULL)
	OR ($2 = 5 AND v.started_at IS NOT NULL) OR ($2 = 6 AND v.done_at IS NOT NULL) OR ($2 = 7 AND v.state = 2))
	AND (CAST($3 AS TEXT) = '' OR v.reason = $3)
ORDER BY v.id DESC LIMIT 200;

-- name: invite_of_plan
SELECT CAST(count(*) AS INT64), CAST(count(sent_at) AS INT64), CAST(count(done_at) AS INT64) FROM invite WHERE plan = $1;

-- name: invite_remove_subject
DELETE FROM invite WHERE subject = $1;

-- name: export_invites
SELECT s.name AS survey, v.channel, v.state, v.reason, v.made_at, v.sent_at, v.delivered_at, v.opened_at, v.started_at, v.done_at
FROM invite v JOIN identity i ON i.subject = v.subject JOIN survey s ON s.id = v.survey WHERE i.customer = $1 ORDER BY v.id;

-- name: export_mails
SELECT m.kind, m.recipient, m.subject AS title, m.language, m.state, m.made_at, m.ended_at FROM mail m JOIN identity i ON i.subject = m.customer_subject WHERE i.customer = $1 ORDER BY m.id;
