-- name: want_scores
SELECT f.question, q.wording, f.number, f.scale_max, f.at FROM feedback f JOIN identity i ON i.subject = f.subject LEFT JOIN feedback_question q ON q.question = f.question
WHERE i.customer = $1 AND f.number IS NOT NULL AND f.type IN ('nps', 'csat', 'ces', 'rating') ORDER BY f.question, f.at;
