-- name: verbatim_put
INSERT INTO verbatim (id, key, source, subject, import, at, purposes, is_by_hand, event, channel, text, language, sentiment, topics, signals, sentiment_score, why)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
ON CONFLICT (key) DO NOTHING;

-- name: verbatim_known
SELECT 1 FROM verbatim WHERE key = $1;

-- name: verbatim_read
SELECT v.language, v.sentiment, v.topics, v.signals, v.why, v.sentiment_score FROM verbatim v WHERE v.key = $1;

-- name: verbatim_remove_import
DELETE FROM verbatim WHERE import = $1;

-- name: verbatim_remove_subject
DELETE FROM verbatim WHERE subject = $1;

-- fragment: verbatim_text_allowed
v.purposes & $2 <> 0
	AND v.subject NOT IN (SELECT i.subject FROM consent_state c JOIN identity j ON j.subject = c.subject JOIN identity i ON i.customer = j.customer
		WHERE c.purpose = $3 AND NOT c.is_granted)

-- name: verbatim_text_one
SELECT v.at, v.text, v.language, v.sentiment, v.topics, v.signals, v.sentiment_score, v.why FROM verbatim v WHERE v.id = $1 AND {{verbatim_text_allowed}};

-- name: verbatim_text_set
UPDATE verbatim SET language = $2, sentiment = $3, topics = $4, signals = $5, sentiment_score = $6, why = $7 WHERE id = $1;

-- name: verbatim_text_count
SELECT CAST(count(*) AS INT64) FROM verbatim v;

-- name: verbatim_text_behind
SELECT v.id, v.text, v.language FROM verbatim v WHERE v.id > $1 ORDER BY v.id LIMIT $2;

-- name: verbatim_text_newest
SELECT v.id, v.at, v.text, v.topics FROM verbatim v WHERE {{verbatim_text_allowed}} ORDER BY v.at DESC, v.id DESC LIMIT $1;

-- fragment: verbatim_text_columns
SELECT v.id, v.at, v.subject, CASE WHEN v.is_by_hand THEN 1 ELSE 0 END AS by_hand, v.event, v.channel, CAST(NULL AS TEXT) AS survey, CAST(NULL AS TEXT) AS url, v.text,
	v.language, v.sentiment, v.topics, v.signals, v.sentiment_score, v.why

-- name: verbatim_text_each
{{verbatim_text_columns}} FROM verbatim v WHERE v.at >= $1 AND v.at < $4 AND {{verbatim_text_allowed}} ORDER BY v.at, v.id;

-- name: verbatim_text_of
{{verbatim_text_columns}} FROM verbatim v JOIN identity i ON i.subject = v.subject WHERE i.customer = $1 AND v.purposes & $2 <> 0 ORDER BY v.at DESC, v.id DESC LIMIT $3;

-- name: verbatim_labelled
SELECT v.id, v.text, v.language, CAST(NULL AS TEXT) AS type, CAST(NULL AS REAL) AS number, 1.0 AS least, 1.0 AS most, c.value
FROM verbatim v JOIN text_correction c ON c.doc = v.id AND c.aspect = $4 AND c.id = (SELECT max(d.id) FROM text_correction d WHERE d.doc = c.doc AND d.aspect = c.aspect)
WHERE {{verbatim_text_allowed}} AND v.language IS NOT NULL ORDER BY v.at DESC, v.id DESC LIMIT $1;
