-- name: want_mentions
SELECT m.at, coalesce(m.text, m.title, ''), m.url FROM mention m JOIN identity i ON i.subject = m.joined WHERE i.customer = $1 ORDER BY m.at;

-- name: want_scores
SELECT f.question, q.wording, f.number, f.scale_max, f.at FROM feedback f JOIN identity i ON i.subject = f.subject LEFT JOIN feedback_question q ON q.question = f.question
WHERE i.customer = $1 AND f.number IS NOT NULL AND f.type IN ('nps', 'csat', 'ces', 'rating') ORDER BY f.question, f.at;
