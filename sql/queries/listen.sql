-- fragment: listen_source_columns
SELECT id, kind, name, address, tag, is_named, every_s, state, etag, modified, since, preview_json, tried_at, heard_at, next_at, outcome, detail, failures,
	rating, rating_max, ratings, (SELECT count(*) FROM mention m WHERE m.source = listen_source.id) AS heard
FROM listen_source

-- name: listen_source_all
{{listen_source_columns}} WHERE removed_at IS NULL ORDER BY id;

-- name: listen_source_by_id
{{listen_source_columns}} WHERE id = $1 AND removed_at IS NULL;

-- name: listen_source_due
{{listen_source_columns}} WHERE removed_at IS NULL AND kind <> 3 AND next_at <= $1 AND (state = 1 OR (state = 0 AND tried_at IS NULL)) ORDER BY next_at, id LIMIT 1;

-- name: listen_source_same
SELECT id FROM listen_source WHERE kind = $1 AND address = $2 AND tag = $3 AND kind <> 3 AND removed_at IS NULL;

-- name: listen_source_add
INSERT INTO listen_source (id, kind, name, address, tag, is_named, every_s, state, key, next_at, failures, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, $10);

-- name: listen_source_tried
UPDATE listen_source SET tried_at = $2, heard_at = CASE WHEN $3 THEN $2 ELSE heard_at END, next_at = $4, outcome = $5, detail = $6, failures = $7, etag = $8, modified = $9, since = $10,
	preview_json = $11, rating = $12, rating_max = $13, ratings = $14, name = $15, state = $16
WHERE id = $1;

-- name: listen_source_state
UPDATE listen_source SET state = $2, next_at = $3, preview_json = NULL WHERE id = $1 AND removed_at IS NULL;

-- name: listen_source_now
UPDATE listen_source SET next_at = $2 WHERE id = $1 AND removed_at IS NULL;

-- name: listen_source_remove
UPDATE listen_source SET removed_at = $2 WHERE id = $1 AND removed_at IS NULL;

-- name: listen_source_restore
UPDATE listen_source SET removed_at = NULL WHERE id = $1 AND removed_at IS NOT NULL;

-- name: listen_source_of_key
{{listen_source_columns}} WHERE key = $1 AND removed_at IS NULL;

-- name: listen_source_heard
UPDATE listen_source SET heard_at = $2, outcome = 'done' WHERE id = $1;

-- name: mention_known
SELECT count(*) FROM mention WHERE key = $1;

-- name: mention_put
INSERT INTO mention (id, key, source, subject, at, heard_at, network, url, title, text, author, author_url, language, rating, rating_max, sentiment, topics, signals,
	sentiment_score, why)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
ON CONFLICT DO NOTHING;

-- fragment: mention_allowed
NOT EXISTS (SELECT 1 FROM identity i JOIN identity j ON j.customer = i.customer JOIN consent_state c ON c.subject = j.subject
	WHERE (i.subject = m.subject OR i.subject = m.joined) AND c.purpose = $1 AND NOT c.is_granted)

-- fragment: mention_columns
SELECT m.id, m.at, m.network, m.url, m.title, m.text, m.author, m.language, m.rating, m.rating_max, m.sentiment, m.topics, m.signals, m.source, s.name AS source_name,
	i.customer, m.joined
FROM mention m LEFT JOIN listen_source s ON s.id = m.source LEFT JOIN identity i ON i.subject = coalesce(m.joined, CASE WHEN m.subject <> 0 THEN m.subject END)

-- name: mention_by_id
{{mention_columns}} WHERE m.id = $2 AND {{mention_allowed}};

-- name: mention_each
{{mention_columns}} WHERE {{mention_allowed}} AND m.at >= $2 AND m.at < $3 ORDER BY m.at DESC, m.id DESC;

-- name: mention_join
UPDATE mention SET joined = $2, note = $3, basis = $4 WHERE id = $1;

-- name: mention_is_of
SELECT count(*) FROM mention m JOIN identity i ON i.customer = $2 WHERE m.id = $1 AND (i.shown IN (m.author, m.author_url) OR i.value IN (m.author, m.author_url) OR '@' || i.shown = m.author);

-- name: mention_note_subject
INSERT INTO search_note (kind, doc, stamp) SELECT $2, id, $3 FROM mention WHERE (subject = $1 OR joined = $1) AND id > 0 ON CONFLICT (kind, doc) DO UPDATE SET stamp = excluded.stamp;

-- name: mention_forget_subject
DELETE FROM mention WHERE subject = $1 OR joined = $1;

-- name: export_mention
SELECT m.at, m.network, m.url, m.title, m.text, m.author, m.rating, m.note FROM mention m JOIN identity i ON i.subject = coalesce(m.joined, m.subject) WHERE i.customer = $1 ORDER BY m.at, m.id;

-- name: listen_term_all
SELECT id, kind, name, query FROM listen_term WHERE removed_at IS NULL ORDER BY kind, id;

-- name: listen_term_add
INSERT INTO listen_term (id, kind, name, query, made_at) VALUES ($1, $2, $3, $4, $5);

-- name: listen_term_remove
UPDATE listen_term SET removed_at = $2 WHERE id = $1 AND removed_at IS NULL;

-- name: listen_term_restore
UPDATE listen_term SET removed_at = NULL WHERE id = $1 AND removed_at IS NOT NULL;

-- name: mention_first
SELECT id FROM mention LIMIT 1;

-- name: mention_languages
SELECT DISTINCT language FROM mention WHERE language IS NOT NULL ORDER BY language LIMIT 50;

-- name: mention_newest
SELECT max(at) FROM mention WHERE at <= $1;

-- name: mention_one
SELECT m.at, m.network, m.url, m.title, m.text, m.author, m.note, m.joined, i.customer, m.basis FROM mention m
LEFT JOIN identity i ON i.subject = coalesce(m.joined, CASE WHEN m.subject <> 0 THEN m.subject END) WHERE m.id = $2 AND {{mention_allowed}};

-- name: mention_told
SELECT m.at, m.network, m.title, m.text, m.author, m.language, m.sentiment, m.topics, m.signals, coalesce(m.joined, m.subject), m.rating, m.rating_max FROM mention m WHERE m.id = $2 AND {{mention_allowed}};

-- fragment: mention_text_allowed
$2 <> 0 AND NOT EXISTS (SELECT 1 FROM identity i JOIN identity j ON j.customer = i.customer JOIN consent_state c ON c.subject = j.subject
	WHERE (i.subject = m.subject OR i.subject = m.joined) AND c.purpose = $3 AND NOT c.is_granted)

-- fragment: mention_text_words
CASE WHEN m.title IS NULL THEN coalesce(m.text, '') ELSE m.title || ' ' || coalesce(m.text, '') END

-- name: mention_text_one
SELECT m.at, {{mention_text_words}} AS words, m.language, m.sentiment, m.topics, m.signals, m.sentiment_score, m.why FROM mention m WHERE m.id = $1 AND {{mention_text_allowed}};

-- name: mention_read
SELECT m.language, m.sentiment, m.topics, m.signals, m.why, m.sentiment_score FROM mention m WHERE m.id = $1;

-- name: mention_text_set
UPDATE mention SET language = $2, sentiment = $3, topics = $4, signals = $5, sentiment_score = $6, why = $7 WHERE id = $1;

-- name: mention_labelled
SELECT m.id, {{mention_text_words}} AS words, m.language, CASE WHEN m.rating IS NOT NULL THEN 'rating' END AS type, m.rating, 1.0 AS least, m.rating_max, c.value
FROM mention m LEFT JOIN text_correction c ON c.doc = m.id AND c.aspect = $4 AND c.id = (SELECT max(d.id) FROM text_correction d WHERE d.doc = c.doc AND d.aspect = c.aspect)
WHERE {{mention_text_allowed}} AND m.language IS NOT NULL AND (m.rating IS NOT NULL OR c.id IS NOT NULL)
ORDER BY m.at DESC, m.id DESC LIMIT $1;

-- name: mention_text_count
SELECT CAST(count(*) AS INT64) FROM mention m;

-- name: mention_text_behind
SELECT m.id, {{mention_text_words}} AS words, m.language FROM mention m WHERE m.id > $1 ORDER BY m.id LIMIT $2;

-- name: mention_text_newest
SELECT m.id, m.at, {{mention_text_words}} AS words, m.topics FROM mention m WHERE {{mention_text_allowed}} ORDER BY m.at DESC, m.id DESC LIMIT $1;

-- name: listen_source_secret
SELECT secret FROM listen_source WHERE id = $1 AND removed_at IS NULL;

-- name: listen_source_secret_put
UPDATE listen_source SET secret = $2 WHERE id = $1 AND kind = 3 AND removed_at IS NULL;

-- fragment: mention_text_columns
SELECT m.id, m.at, coalesce(m.joined, m.subject) AS subject, 0 AS by_hand, CASE WHEN m.network = 'review' THEN 'Review Posted' ELSE 'Mention Posted' END AS event, m.network, CAST(NULL AS TEXT) AS survey, m.url,
	{{mention_text_words}} AS words, m.language, m.sentiment, m.topics, m.signals, m.sentiment_score, m.why

-- name: mention_text_each
{{mention_text_columns}} FROM mention m WHERE m.at >= $1 AND m.at < $4 AND {{mention_text_allowed}} ORDER BY m.at, m.id;

-- name: mention_text_of
{{mention_text_columns}} FROM mention m JOIN identity i ON i.subject = coalesce(m.joined, m.subject) WHERE i.customer = $1 AND $2 <> 0 ORDER BY m.at DESC, m.id DESC LIMIT $3;
