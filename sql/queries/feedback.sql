-- name: feedback_put
INSERT INTO feedback (id, message, source, subject, import, at, purposes, submission, survey, question, version, wording, type, scale_min, scale_max,
	number, text, language, channel, location, weight, search, is_anonymous, read_language, sentiment, topics, signals, team, place, staff, sentiment_score, why)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32)
ON CONFLICT (message) DO NOTHING;

-- name: feedback_question_put
INSERT INTO feedback_question (question, survey, type, wording, scale_min, scale_max, first_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (question) DO UPDATE SET survey = coalesce(excluded.survey, feedback_question.survey), type = excluded.type,
	wording = coalesce(excluded.wording, feedback_question.wording), scale_min = coalesce(excluded.scale_min, feedback_question.scale_min),
	scale_max = coalesce(excluded.scale_max, feedback_question.scale_max);

-- name: feedback_anonymous_put
INSERT INTO feedback_anonymous (question) VALUES ($1) ON CONFLICT (question) DO NOTHING;

-- name: feedback_anonymous_questions
SELECT q.question AS id, q.survey, q.type, q.wording, q.scale_min, q.scale_max, 0, 0 FROM feedback_question q JOIN feedback_anonymous n ON n.question = q.question
ORDER BY q.first_at, q.question;

-- name: feedback_released_with
SELECT released FROM feedback WHERE question = $1 AND team = $2 AND place = $3 AND staff = $4 AND submission = $5 AND is_anonymous = 1 AND released IS NOT NULL LIMIT 1;

-- name: feedback_waiting
SELECT count(DISTINCT coalesce(submission, message)), max(at) FROM feedback WHERE question = $1 AND team = $2 AND place = $3 AND staff = $4 AND is_anonymous = 1 AND released IS NULL;

-- name: feedback_release
UPDATE feedback SET released = $5, at = $5 WHERE question = $1 AND team = $2 AND place = $3 AND staff = $4 AND is_anonymous = 1 AND released IS NULL;

-- name: feedback_release_with
UPDATE feedback SET released = $6, at = $6 WHERE question = $1 AND team = $2 AND place = $3 AND staff = $4 AND submission = $5 AND is_anonymous = 1 AND released IS NULL;

-- name: feedback_choices
SELECT team, place, staff, text, count(*) FROM feedback WHERE question = $1 AND is_anonymous = 1 AND released IS NOT NULL AND text IS NOT NULL GROUP BY team, place, staff, text
ORDER BY count(*) DESC, text LIMIT 1000;

-- name: feedback_remove_import
DELETE FROM feedback WHERE import = $1;

-- name: feedback_remove_subject
DELETE FROM feedback WHERE subject = $1;

-- name: feedback_question_tidy
DELETE FROM feedback_question WHERE NOT EXISTS (SELECT 1 FROM feedback f WHERE f.question = feedback_question.question);

-- name: feedback_questions
SELECT q.question AS id, q.survey, q.type, q.wording, q.scale_min, q.scale_max,
	CASE WHEN n.question IS NOT NULL AND EXISTS (SELECT 1 FROM feedback f WHERE f.question = q.question AND f.staff <> '') THEN 1 ELSE 0 END,
	(SELECT count(*) FROM (SELECT 1 FROM feedback f WHERE f.question = q.question LIMIT 300) answered)
FROM feedback_question q LEFT JOIN feedback_anonymous n ON n.question = q.question ORDER BY q.first_at, q.question;

-- name: feedback_question_first
SELECT first_at FROM feedback_question WHERE question = $1;

-- name: export_feedback
SELECT f.at, f.survey, f.submission, f.question, f.version, f.wording, f.type, f.number, f.text, f.language, f.channel, f.location, s.name AS source
FROM feedback f JOIN identity i ON i.subject = f.subject LEFT JOIN source s ON s.number = f.source WHERE i.customer = $1 ORDER BY f.at, f.id;

-- fragment: feedback_wanted
((f.is_anonymous IS NULL AND f.purposes & $2 <> 0) OR f.released IS NOT NULL)
	AND (CAST($3 AS TEXT) IS NULL OR f.question = $3)
	AND (CAST($4 AS TEXT) IS NULL OR f.language = $4)
	AND (CAST($5 AS TEXT) IS NULL OR f.channel = $5)
	AND ($6 = 0 OR ($6 = 1 AND f.type = 'nps' AND f.number >= 9) OR ($6 = 2 AND f.type = 'nps' AND f.number >= 7 AND f.number < 9) OR ($6 = 3 AND f.type = 'nps' AND f.number < 7)
		OR ($6 = 4 AND f.type = 'text'))
	AND (CAST($17 AS TEXT) IS NULL OR f.survey = $17)
	AND f.at >= $7 AND f.at < $8
	AND f.subject NOT IN (SELECT i.subject FROM consent_state c JOIN identity j ON j.subject = c.subject JOIN identity i ON i.customer = j.customer
		WHERE c.purpose = $9 AND NOT c.is_granted)

-- fragment: feedback_columns
SELECT f.id, f.at, f.question, CASE WHEN f.is_anonymous IS NULL THEN coalesce(f.wording, q.wording) ELSE q.wording END AS wording, f.type, f.number, f.scale_max, f.text, f.language, f.channel, f.location, f.survey,
	CASE WHEN f.is_anonymous IS NULL THEN f.submission END AS submission, f.weight, i.customer,
	coalesce(k.name, k.email, i.shown) AS person, f.read_language, f.sentiment, f.topics, f.signals, tc.at AS corrected_at, coalesce(nullif(tp.name, ''), tp.email) AS corrected_by, f.version

-- fragment: feedback_tables
FROM feedback f LEFT JOIN feedback_question q ON q.question = f.question LEFT JOIN identity i ON i.subject = f.subject LEFT JOIN customer k ON k.id = i.customer
	LEFT JOIN text_correction tc ON tc.id = (SELECT max(c.id) FROM text_correction c WHERE c.doc = f.id) LEFT JOIN person tp ON tp.id = tc.person

-- fragment: feedback_read_sqlite
(CAST($13 AS TEXT) IS NULL OR f.sentiment = $13) AND (CAST($14 AS TEXT) IS NULL OR instr($15 || f.topics, $14) > 0 OR instr($15 || f.topics, $16) > 0)

-- name: feedback_page_newest :sqlite
{{feedback_columns}} {{feedback_tables}}
WHERE {{feedback_wanted}} AND {{feedback_read_sqlite}} AND (CAST($10 AS TEXT) IS NULL OR instr(f.search, $10) > 0) AND (f.at, f.id) < ($11, $12) ORDER BY f.at DESC, f.id DESC LIMIT $1;

-- fragment: feedback_read_postgres
(CAST($13 AS TEXT) IS NULL OR f.sentiment = $13) AND (CAST($14 AS TEXT) IS NULL OR strpos($15 || f.topics, $14) > 0 OR strpos($15 || f.topics, $16) > 0)

-- name: feedback_page_newest :postgres
{{feedback_columns}} {{feedback_tables}}
WHERE {{feedback_wanted}} AND {{feedback_read_postgres}} AND (CAST($10 AS TEXT) IS NULL OR strpos(f.search, $10) > 0) AND (f.at, f.id) < ($11, $12) ORDER BY f.at DESC, f.id DESC LIMIT $1;

-- name: feedback_page_oldest :sqlite
{{feedback_columns}} {{feedback_tables}}
WHERE {{feedback_wanted}} AND {{feedback_read_sqlite}} AND (CAST($10 AS TEXT) IS NULL OR instr(f.search, $10) > 0) AND (f.at, f.id) > ($11, $12) ORDER BY f.at, f.id LIMIT $1;

-- name: feedback_page_oldest :postgres
{{feedback_columns}} {{feedback_tables}}
WHERE {{feedback_wanted}} AND {{feedback_read_postgres}} AND (CAST($10 AS TEXT) IS NULL OR strpos(f.search, $10) > 0) AND (f.at, f.id) > ($11, $12) ORDER BY f.at, f.id LIMIT $1;

-- name: feedback_count :sqlite
SELECT count(*) FROM feedback f WHERE {{feedback_wanted}} AND {{feedback_read_sqlite}} AND (CAST($10 AS TEXT) IS NULL OR instr(f.search, $10) > 0) AND $1 = 0 AND $11 = 0 AND $12 = 0;

-- name: feedback_count :postgres
SELECT count(*) FROM feedback f WHERE {{feedback_wanted}} AND {{feedback_read_postgres}} AND (CAST($10 AS TEXT) IS NULL OR strpos(f.search, $10) > 0) AND $1 = 0 AND $11 = 0 AND $12 = 0;

-- fragment: feedback_whole
SELECT w.answered, w.response, f.question, f.type, f.number, f.text, f.language, f.channel, f.location, f.weight, f.version, f.submission, i.customer
FROM wanted w JOIN feedback f ON f.survey = $17 AND coalesce(f.submission, f.message) = w.response LEFT JOIN identity i ON i.subject = f.subject
WHERE f.is_anonymous IS NULL AND f.purposes & $2 <> 0 ORDER BY w.answered, w.response, f.id;

-- name: feedback_responses :sqlite
WITH wanted AS (SELECT coalesce(f.submission, f.message) AS response, min(f.at) AS answered FROM feedback f
	WHERE {{feedback_wanted}} AND {{feedback_read_sqlite}} AND (CAST($10 AS TEXT) IS NULL OR instr(f.search, $10) > 0) AND $1 = 0 AND $11 = 0 AND $12 = 0 GROUP BY 1)
{{feedback_whole}}

-- name: feedback_responses :postgres
WITH wanted AS (SELECT coalesce(f.submission, f.message) AS response, min(f.at) AS answered FROM feedback f
	WHERE {{feedback_wanted}} AND {{feedback_read_postgres}} AND (CAST($10 AS TEXT) IS NULL OR strpos(f.search, $10) > 0) AND $1 = 0 AND $11 = 0 AND $12 = 0 GROUP BY 1)
{{feedback_whole}}

-- name: feedback_asked
SELECT f.question FROM feedback f LEFT JOIN feedback_question q ON q.question = f.question WHERE f.survey = $1 GROUP BY f.question, q.first_at ORDER BY q.first_at, min(f.id);

-- name: feedback_surveys
SELECT DISTINCT survey FROM feedback WHERE survey IS NOT NULL ORDER BY survey LIMIT 200;

-- name: feedback_survey_names
SELECT id, name FROM survey;

-- name: feedback_newest
SELECT max(at) FROM feedback WHERE is_anonymous IS NULL;

-- name: feedback_said
SELECT f.sentiment, f.topics FROM feedback f WHERE f.type = 'text' AND f.is_anonymous IS NULL AND f.at >= $1 AND f.at < $2 AND f.purposes & $3 <> 0
	AND f.subject NOT IN (SELECT i.subject FROM consent_state c JOIN identity j ON j.subject = c.subject JOIN identity i ON i.customer = j.customer WHERE c.purpose = $4 AND NOT c.is_granted);

-- name: feedback_languages
SELECT DISTINCT language FROM feedback WHERE language IS NOT NULL ORDER BY language LIMIT 50;

-- name: feedback_channels
SELECT DISTINCT channel FROM feedback WHERE channel IS NOT NULL ORDER BY channel LIMIT 50;

-- fragment: feedback_text_allowed
f.type = 'text' AND ((f.is_anonymous IS NULL AND f.purposes & $2 <> 0) OR f.released IS NOT NULL)
	AND f.subject NOT IN (SELECT i.subject FROM consent_state c JOIN identity j ON j.subject = c.subject JOIN identity i ON i.customer = j.customer
		WHERE c.purpose = $3 AND NOT c.is_granted)

-- name: feedback_text_one
SELECT f.at, f.text, f.read_language, f.sentiment, f.topics, f.signals, f.sentiment_score, f.why FROM feedback f WHERE f.id = $1 AND {{feedback_text_allowed}};

-- name: feedback_read
SELECT f.read_language, f.sentiment, f.topics, f.signals, f.why, f.sentiment_score FROM feedback f WHERE f.subject = $1 AND f.at = $2 AND f.text = $3 AND f.topics IS NOT NULL LIMIT 1;

-- name: feedback_text_set
UPDATE feedback SET read_language = $2, sentiment = $3, topics = $4, signals = $5, sentiment_score = $6, why = $7 WHERE id = $1;

-- name: feedback_labelled
SELECT f.id, f.text, f.read_language, s.type, s.number, s.scale_min, s.scale_max, c.value
FROM feedback f LEFT JOIN feedback s ON s.submission = f.submission AND coalesce(s.survey, '') = coalesce(f.survey, '') AND s.number IS NOT NULL AND s.type IN ('nps', 'csat', 'rating', 'ces')
	LEFT JOIN text_correction c ON c.doc = f.id AND c.aspect = $4 AND c.id = (SELECT max(d.id) FROM text_correction d WHERE d.doc = c.doc AND d.aspect = c.aspect)
WHERE {{feedback_text_allowed}} AND f.read_language IS NOT NULL AND (s.id IS NOT NULL OR c.id IS NOT NULL)
ORDER BY f.at DESC, f.id DESC, CASE s.type WHEN 'nps' THEN 0 WHEN 'csat' THEN 1 WHEN 'rating' THEN 2 ELSE 3 END, s.id LIMIT $1;

-- name: feedback_text_count
SELECT CAST(count(*) AS INT64) FROM feedback f WHERE f.type = 'text';

-- name: feedback_text_behind
SELECT f.id, f.text, f.read_language FROM feedback f WHERE f.type = 'text' AND f.id > $1 ORDER BY f.id LIMIT $2;

-- name: feedback_text_newest
SELECT f.id, f.at, f.text, f.topics FROM feedback f WHERE {{feedback_text_allowed}} ORDER BY f.at DESC, f.id DESC LIMIT $1;

-- fragment: feedback_text_columns
SELECT f.id, f.at, CASE WHEN f.is_anonymous IS NULL THEN f.subject ELSE 0 END AS subject, 0 AS by_hand, 'Survey Answered' AS event, f.channel, f.survey, CAST(NULL AS TEXT) AS url, f.text,
	f.read_language, f.sentiment, f.topics, f.signals, f.sentiment_score, f.why

-- name: feedback_text_each
{{feedback_text_columns}} FROM feedback f WHERE f.at >= $1 AND f.at < $4 AND f.topics IS NOT NULL AND {{feedback_text_allowed}} ORDER BY f.at, f.id;

-- name: feedback_text_of
{{feedback_text_columns}} FROM feedback f JOIN identity i ON i.subject = f.subject WHERE i.customer = $1 AND f.type = 'text' AND f.topics IS NOT NULL AND f.is_anonymous IS NULL AND f.purposes & $2 <> 0
ORDER BY f.at DESC, f.id DESC LIMIT $3;
