-- Efforts and what was decided of them. Decisions: 0 undecided, 1 start, 2 stop, 3 continue.

-- fragment: effort_columns
SELECT e.id, e.name, e.description, e.kind, e.cost, e.cost_currency, e.per, e.owner, coalesce(nullif(p.name, ''), p.email) AS owner_name, e.event, e.stage, e.figure, e.expected, e.watch_days,
	e.decision, e.decided_day, e.effect_day, e.signal_day, e.signal, e.evidence_json AS evidence, e.improvement, m.title AS improvement_title, e.made_at
FROM effort e LEFT JOIN person p ON p.id = e.owner LEFT JOIN improvement m ON m.id = e.improvement AND m.removed_at IS NULL

-- name: effort_all
{{effort_columns}} WHERE e.removed_at IS NULL ORDER BY e.id DESC LIMIT 500;

-- name: effort_by_id
{{effort_columns}} WHERE e.removed_at IS NULL AND e.id = $1;

-- name: effort_add
INSERT INTO effort (id, name, description, kind, cost, cost_currency, per, owner, event, stage, figure, expected, watch_days, decision, signal_day, signal, evidence_json, improvement, made_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0, $14, $15, $16, $17, $18);

-- name: effort_change
UPDATE effort SET name = $2, description = $3, kind = $4, cost = $5, cost_currency = $6, per = $7, owner = $8, event = $9, stage = $10, figure = $11, expected = $12, watch_days = $13, signal_day = $14,
	improvement = $15
WHERE id = $1 AND removed_at IS NULL;

-- name: effort_decide
UPDATE effort SET decision = $2, decided_day = $3, effect_day = $4 WHERE id = $1 AND removed_at IS NULL;

-- name: effort_decision_add
INSERT INTO effort_decision (id, effort, decision, why, day, effect_day, person, who, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: effort_decisions
SELECT d.decision, d.why, d.day, d.effect_day, coalesce(nullif(p.name, ''), p.email, d.who) AS who, d.at
FROM effort_decision d LEFT JOIN person p ON p.id = d.person WHERE d.effort = $1 ORDER BY d.at DESC, d.id DESC LIMIT 200;

-- name: effort_remove
UPDATE effort SET removed_at = $2 WHERE id = $1 AND removed_at IS NULL;

-- name: effort_restore
UPDATE effort SET removed_at = NULL WHERE id = $1 AND removed_at IS NOT NULL;

-- name: effort_signals
SELECT signal FROM effort WHERE removed_at IS NULL AND signal IS NOT NULL;

-- name: effort_asides
SELECT a.id, a.signal, a.name, a.why, a.bound, coalesce(nullif(p.name, ''), p.email, a.who) AS who, a.at
FROM effort_aside a LEFT JOIN person p ON p.id = a.person WHERE a.removed_at IS NULL ORDER BY a.at DESC, a.id DESC LIMIT 200;

-- name: effort_aside_add
INSERT INTO effort_aside (id, signal, name, why, bound, person, who, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: effort_aside_remove
UPDATE effort_aside SET removed_at = $2 WHERE id = $1 AND removed_at IS NULL;

