-- Follow-ups. States: 0 open, 1 being worked on, 2 closed.

-- fragment: followup_rule_columns
SELECT r.id, r.name, r.sample, r.kind, r.events, r.condition_json, r.silence_factor, r.owner, r.owner_role, r.turn, r.due_hours, r.most_a_day, r.is_on, r.held_back, r.changed_at,
	(SELECT CAST(count(*) AS INT64) FROM followup f WHERE f.rule = r.id AND f.state < 2) AS open_n,
	(SELECT CAST(count(*) AS INT64) FROM followup f WHERE f.rule = r.id) AS n
FROM followup_rule r

-- name: followup_rule_all
{{followup_rule_columns}} WHERE r.removed_at IS NULL ORDER BY r.id;

-- name: followup_rule_by_id
{{followup_rule_columns}} WHERE r.removed_at IS NULL AND r.id = $1;

-- name: followup_rule_on
SELECT id, events, condition_json FROM followup_rule WHERE is_on AND kind = 0 AND removed_at IS NULL ORDER BY id;

-- name: followup_rule_add
INSERT INTO followup_rule (id, name, kind, events, condition_json, silence_factor, owner, owner_role, turn, due_hours, most_a_day, is_on, held_back, changed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10, FALSE, 0, $11);

-- name: followup_rule_change
UPDATE followup_rule SET name = $2, kind = $3, events = $4, condition_json = $5, silence_factor = $6, owner = $7, owner_role = $8, due_hours = $9, most_a_day = $10, changed_at = $11
WHERE id = $1 AND removed_at IS NULL;

-- name: followup_rule_turn_on
UPDATE followup_rule SET is_on = $2, held_back = 0, changed_at = $3 WHERE id = $1 AND removed_at IS NULL;

-- name: followup_rule_remove
UPDATE followup_rule SET removed_at = $2, is_on = FALSE WHERE id = $1 AND removed_at IS NULL;

-- name: followup_rule_restore
UPDATE followup_rule SET removed_at = NULL WHERE id = $1 AND removed_at IS NOT NULL;

-- name: followup_rule_made_since
SELECT CAST(count(*) AS INT64) FROM followup WHERE rule = $1 AND made_at >= $2;

-- name: followup_rule_hold_back
UPDATE followup_rule SET held_back = held_back + 1 WHERE id = $1;

-- name: followup_rule_take_turn
UPDATE followup_rule SET turn = turn + 1 WHERE id = $1 RETURNING turn;

-- name: followup_people
SELECT id, coalesce(nullif(name, ''), email) AS name, role FROM person WHERE removed_at IS NULL AND (name <> '' OR email IS NOT NULL) ORDER BY id;

-- name: followup_touchpoint_add
INSERT INTO followup_touchpoint (rule, message, followup, subject, import, at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (rule, message) DO NOTHING;

-- name: followup_open_of
SELECT f.id FROM followup f LEFT JOIN identity i ON i.subject = f.subject
WHERE f.rule = $1 AND f.state < 2 AND f.mention IS NULL AND (f.subject = $2 OR i.customer = $3) ORDER BY f.id LIMIT 1;

-- name: followup_again
UPDATE followup SET touchpoints = touchpoints + 1 WHERE id = $1;

-- name: followup_add
INSERT INTO followup (id, rule, subject, import, event, channel, quote, score, score_most, touched_at, touchpoints, state, owner, made_at, due_at, closings, search, mention)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, 0, $11, $12, $13, 0, $14, $15);

-- fragment: followup_columns
SELECT f.id, f.rule, f.event, f.channel, coalesce(f.quote, n.text, n.title) AS quote, f.score, f.score_most, f.touched_at, f.touchpoints, f.state, f.outcome, f.owner, f.improvement, f.made_at, f.due_at, f.closed_at, f.closings, f.told_at,
	r.name AS rule_name, r.sample, i.customer, coalesce(k.called, k.name, k.email, i.shown) AS person, coalesce(nullif(p.name, ''), p.email) AS owner_name, m.title AS improvement_title, f.mention, n.url AS mention_url
FROM followup f LEFT JOIN followup_rule r ON r.id = f.rule LEFT JOIN mention n ON n.id = f.mention LEFT JOIN identity i ON i.subject = coalesce(n.joined, f.subject) LEFT JOIN customer k ON k.id = i.customer
LEFT JOIN person p ON p.id = f.owner LEFT JOIN improvement m ON m.id = f.improvement

-- fragment: followup_wanted
(CAST($2 AS INT64) = 4 OR ($2 = 3 AND f.state = 2) OR ($2 < 3 AND f.state < 2))
	AND ($2 <> 0 OR f.owner = $3) AND ($2 <> 2 OR f.due_at < $4) AND ($2 <> 5 OR f.due_at < $5)
	AND (CAST($6 AS INT64) = 0 OR f.rule = $6)
	AND (CAST($7 AS TEXT) IS NULL OR replace(f.search, $7, '') <> f.search OR replace(k.search, $7, '') <> k.search)

-- name: followup_page
{{followup_columns}}
WHERE {{followup_wanted}}
ORDER BY CASE CAST($8 AS INT64) WHEN 0 THEN f.due_at WHEN 1 THEN -f.made_at WHEN 2 THEN f.made_at ELSE -f.closed_at END, f.id LIMIT $1 OFFSET $9;

-- name: followup_count
SELECT CAST(count(*) AS INT64) FROM followup f LEFT JOIN mention n ON n.id = f.mention LEFT JOIN identity i ON i.subject = coalesce(n.joined, f.subject) LEFT JOIN customer k ON k.id = i.customer
WHERE {{followup_wanted}} AND $1 = 0;

-- name: followup_views
SELECT CAST(coalesce(sum(CASE WHEN state < 2 AND owner = $1 THEN 1 ELSE 0 END), 0) AS INT64),
	CAST(coalesce(sum(CASE WHEN state < 2 THEN 1 ELSE 0 END), 0) AS INT64),
	CAST(coalesce(sum(CASE WHEN state < 2 AND due_at < $2 THEN 1 ELSE 0 END), 0) AS INT64),
	CAST(coalesce(sum(CASE WHEN state = 2 THEN 1 ELSE 0 END), 0) AS INT64) FROM followup;

-- name: followup_by_id
{{followup_columns}} WHERE f.id = $1;

-- name: followup_set
UPDATE followup SET state = $2, owner = $3, outcome = $4, closed_at = $5, closings = closings + $6 WHERE id = $1;

-- name: followup_all
SELECT id, quote FROM followup ORDER BY touched_at, id;

-- name: followup_set_times
UPDATE followup SET made_at = $2, due_at = $3, told_at = $4 WHERE id = $1;

-- name: followup_set_improvement
UPDATE followup SET improvement = $2 WHERE id = $1;

-- name: followup_set_told
UPDATE followup SET told_at = $2 WHERE id = $1;

-- name: followup_step_add
INSERT INTO followup_step (id, action, followup, at, who, what, text, state, owner, outcome, closed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11);

-- name: followup_steps
SELECT at, who, what, text FROM followup_step WHERE followup = $1 ORDER BY id DESC LIMIT 200;

-- name: followup_steps_of_action
SELECT s.followup, s.state, s.owner, s.outcome, s.closed_at, (SELECT max(l.id) FROM followup_step l WHERE l.followup = s.followup) = s.id FROM followup_step s WHERE s.action = $1;

-- name: followup_of_customer
SELECT f.id, f.state, f.made_at FROM followup f LEFT JOIN mention n ON n.id = f.mention JOIN identity i ON i.subject = coalesce(n.joined, f.subject) WHERE i.customer = $1 ORDER BY f.id DESC LIMIT 20;

-- name: followup_contact
SELECT k.email, k.called, k.language, k.number FROM customer k WHERE k.id = $1;

-- name: followup_letter
SELECT subject, text FROM followup_letter WHERE language = $1;

-- name: followup_letter_put
INSERT INTO followup_letter (language, subject, text) VALUES ($1, $2, $3) ON CONFLICT (language) DO UPDATE SET subject = excluded.subject, text = excluded.text;

-- name: followup_closed_times
-- Of those that are closed or whose time is up.
SELECT f.rule, coalesce(r.name, '') AS name, r.sample, coalesce(p.role, '') AS team, f.made_at, f.closed_at, f.due_at
FROM followup f LEFT JOIN followup_rule r ON r.id = f.rule LEFT JOIN person p ON p.id = f.owner
WHERE f.made_at >= $1 AND (f.closed_at IS NOT NULL OR f.due_at < $2) ORDER BY f.rule, f.id;

-- name: followup_behaviour
-- From when it was closed, or ought to have been, whether the customer ordered again within 90 days; with what is known of them before.
SELECT f.rule, CASE WHEN f.state = 2 AND f.outcome IN (0, 1) AND f.closed_at <= f.due_at THEN 1 ELSE 0 END AS is_recovered,
	(SELECT CAST(count(*) AS INT64) FROM orders o JOIN identity j ON j.subject = o.subject WHERE j.customer = i.customer AND o.kind = 0 AND o.cancelled_at IS NULL AND o.at < f.touched_at) AS before_n,
	(SELECT CAST(count(*) AS INT64) FROM orders o JOIN identity j ON j.subject = o.subject WHERE j.customer = i.customer AND o.kind = 0 AND o.cancelled_at IS NULL
		AND o.at > CASE WHEN f.closed_at < f.due_at THEN f.closed_at ELSE f.due_at END AND o.at <= CASE WHEN f.closed_at < f.due_at THEN f.closed_at ELSE f.due_at END + $2) AS after_n
FROM followup f JOIN identity i ON i.subject = f.subject
WHERE CASE WHEN f.closed_at < f.due_at THEN f.closed_at ELSE f.due_at END <= $1 - $2 ORDER BY f.id;

-- name: followup_silent
-- Customers who ordered at least three times and are silent for longer than so many of their mean gaps; the most valuable first.
SELECT k.id, i.subject, k.last_order_at, k.orders, k.first_order_at FROM customer k JOIN identity i ON i.customer = k.id
WHERE k.erased_at IS NULL AND k.merged_into IS NULL AND k.orders >= 3 AND k.last_order_at > k.first_order_at
	AND $1 - k.last_order_at > CAST($2 AS REAL) * (k.last_order_at - k.first_order_at) / (k.orders - 1) AND $1 - k.last_order_at > $3 AND k.last_order_at > $4
	AND i.subject = (SELECT min(j.subject) FROM identity j WHERE j.customer = k.id)
	AND NOT EXISTS (SELECT 1 FROM followup_touchpoint t JOIN identity j ON j.subject = t.subject WHERE t.rule = $5 AND j.customer = k.id AND t.at = k.last_order_at)
ORDER BY k.orders DESC, k.id LIMIT $6;

-- name: followup_touchpoint_remove_subject
DELETE FROM followup_touchpoint WHERE subject = $1;

-- name: followup_step_remove_subject
DELETE FROM followup_step WHERE followup IN (SELECT id FROM followup WHERE subject = $1 OR mention IN (SELECT id FROM mention WHERE joined = $1));

-- name: followup_of_mention
{{followup_columns}} WHERE f.mention = $1 ORDER BY f.id DESC LIMIT 20;

-- name: followup_mention
SELECT m.at, m.network, m.url, coalesce(m.text, m.title, ''), m.rating, m.rating_max FROM mention m WHERE m.id = $1;

-- name: followup_remove_subject
DELETE FROM followup WHERE subject = $1 OR mention IN (SELECT id FROM mention WHERE joined = $1);

-- name: followup_touchpoint_remove_import
DELETE FROM followup_touchpoint WHERE import = $1;

-- name: followup_step_remove_import
DELETE FROM followup_step WHERE followup IN (SELECT id FROM followup WHERE import = $1);

-- name: followup_remove_import
DELETE FROM followup WHERE import = $1;

-- name: export_followups
SELECT f.made_at, f.event, f.quote, f.state, f.closed_at, f.told_at FROM followup f JOIN identity i ON i.subject = f.subject WHERE i.customer = $1 ORDER BY f.id;

-- name: export_followup_steps
SELECT s.at, s.what, s.text FROM followup_step s JOIN followup f ON f.id = s.followup JOIN identity i ON i.subject = f.subject WHERE i.customer = $1 ORDER BY s.id;
